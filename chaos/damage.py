"""Products that are damaged, replaced or gone: refused or made again, never taken as they are."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from chaos import children
from chaos.report import raised, tell
from chaos.stage import Stage, judge, make_stage, read
from skyseg.errors import SkysegError

PROMISED_NONE = (
    *("mixed", "of other inputs", "no way out", "inputs changed", "another error", "hung"),
)
BLOCK = 2880


def _flip(path: Path, pick: random.Random, stage: Stage) -> None:
    content = bytearray(path.read_bytes())
    content[pick.randrange(len(content))] ^= 1 << pick.randrange(8)
    path.write_bytes(content)


def _cut(path: Path, pick: random.Random, stage: Stage) -> None:
    os.truncate(path, pick.randrange(path.stat().st_size))


def _cut_at_block(path: Path, pick: random.Random, stage: Stage) -> None:
    os.truncate(path, BLOCK * pick.randrange(path.stat().st_size // BLOCK))


def _clear(path: Path, pick: random.Random, stage: Stage) -> None:
    content = bytearray(path.read_bytes())
    start = pick.randrange(len(content))
    length = pick.choice([8, 80, 512, BLOCK])
    content[start : start + length] = bytes(len(content[start : start + length]))
    path.write_bytes(content)


def _lengthen(path: Path, pick: random.Random, stage: Stage) -> None:
    with path.open("ab") as file:
        file.write(pick.randbytes(pick.choice([1, 100, BLOCK])))


def _change_card(path: Path, pick: random.Random, stage: Stage) -> None:
    content = bytearray(path.read_bytes())
    card = 80 * pick.randrange(2 * BLOCK // 80)
    content[card : card + 80] = pick.choice(
        [b"END", b"NAXIS   = -1", b"NAXIS1  = 99999999999", b"RUNID   = 7", b"\xff" * 80, b"X = '"]
    ).ljust(80)
    path.write_bytes(content)


def _remove(path: Path, pick: random.Random, stage: Stage) -> None:
    path.unlink()


def _fill(path: Path, pick: random.Random, stage: Stage) -> None:
    path.write_bytes(pick.randbytes(pick.choice([0, 1, BLOCK, 20_000])))


def _exchange(path: Path, pick: random.Random, stage: Stage) -> None:
    other = pick.choice([each for each in stage.witness.paths if each != path])
    shutil.copyfile(other, path)


def _put_input(path: Path, pick: random.Random, stage: Stage) -> None:
    path.unlink()
    path.symlink_to(stage.folder / "sci.fits")


def _put_link(path: Path, pick: random.Random, stage: Stage) -> None:
    path.unlink()
    path.symlink_to(pick.choice([path, path.with_name("nothing")]))


def _put_folder(path: Path, pick: random.Random, stage: Stage) -> None:
    path.unlink()
    path.mkdir()


def _put_pipe(path: Path, pick: random.Random, stage: Stage) -> None:
    path.unlink()
    os.mkfifo(path)


Damage = Callable[[Path, random.Random, Stage], None]
DAMAGES: Final[dict[Damage, int]] = {
    _flip: 8, _cut: 3, _cut_at_block: 3, _clear: 4, _lengthen: 1, _change_card: 4, _remove: 1,
    _fill: 2, _exchange: 2, _put_input: 1, _put_link: 1, _put_folder: 1, _put_pipe: 1,
}  # fmt: skip
"""How products are damaged, and how often."""


def campaign(seed: int, number: int) -> Counter[str]:
    """Damage one product a number of times; read, ask again, and replace it."""
    pick = random.Random(seed)
    counts: Counter[str] = Counter()
    with make_stage(seed) as stage:
        inputs = {each: each.read_bytes() for each in stage.folder.glob("*.fits")}
        for damage in pick.choices(list(DAMAGES), list(DAMAGES.values()), k=number):
            stage.set(made=True)
            path = pick.choice(list(stage.witness.paths))
            damage(path, pick, stage)
            ended = children.run(partial(_ask, stage, damage))
            came = ended.value or ["hung" if ended.hung else "another error"]
            changed = any(each.read_bytes() != content for each, content in inputs.items())
            came += ["inputs changed"] * changed
            counts.update(each for each in came if not each.startswith("("))
            if any(each in PROMISED_NONE for each in came):
                why = ended.error or ended.signal or ""
                tell("damage", f"{damage.__name__} of {path.name}: {', '.join(came)} {why}")
    return counts


def _ask(stage: Stage, damage: Damage) -> list[str]:
    """Read by a band that is open, ask again, replace; what came of the three."""
    try:
        came = _came_of_reading("open band: ", stage)
        band = stage.band("A")
        try:
            band.segment()
        except SkysegError:
            came.append("segment: refused")
        else:
            assert band.products is not None
            found = read(band.products)
            what = "made again" if band.products.made else "loaded"
            came.append(f"segment: {what}{', reading refused' if None in found else ''}")
            came += judge(found, stage.whole, "A")
        try:
            band.segment(overwrite=True)
        except SkysegError:
            # a folder is not removed for anybody
            return came + ["no way out"] * (damage is not _put_folder)
        assert band.products is not None
        found = read(band.products)
        return came + ["no way out"] * (None in found) + judge(found, stage.whole, "A")
    except Exception as error:  # noqa: BLE001
        return ["another error", f"({raised(error)})"]


def _came_of_reading(who: str, stage: Stage) -> list[str]:
    found = read(stage.witness)
    wrong = judge(found, stage.whole, "A")
    return wrong or [f"{who}{'refused' if None in found else 'harmless'}"]
