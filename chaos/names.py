"""Names and links that try to lead elsewhere: nothing is written but among the products."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import astropy.units as u

from chaos import children
from chaos.report import raised, tell
from chaos.stage import write_inputs
from skyseg import BandData
from skyseg.errors import SkysegError
from skyseg.products import Products

PROMISED_NONE = ("written elsewhere", "inputs changed", "not read again", "another error", "hung")

NAMES: Final = (
    *("..", ".", "", "/", "../..", "../../outside", "/etc", "a/b", "a\\b", "~", "~root", "~nouser"),
    *("-rf", "--overwrite", "*", "?", "[a]", "a[0]", "{overwrite}", "{0}", "%s", "%n%d", "$HOME"),
    *("`id`", "$(id)", "a;id", "a|id", "a&b", "a\nb", "a\tb", "a\rb", " ", " a ", "a ", ".a", "a."),
    *("'", '"', "''", "a'b''c", "a/", "\0", "a\0b", "\x1b[2J", "\u202eabc", "\u00e9", "e\u0301"),
    *("\u661f", "\U0001f30c", "\udcff", "a" * 255, "a" * 300, "\u00e9" * 130, "CON", "nul.fits"),
    *("_seg", "a_bkg", "a_seg.fits", "<b>", "a.fits[0]", "a,b", "a=b", "a:b", "1", "None", "True"),
)
PIECES: Final = ("a", "..", "/", "~", "*", "[", "]", "{", "}", "%", "'", "\\", "\n", "\u661f", " ")
ARGUMENTS: Final = ("survey", "version", "band", "instrument", "file", "work_dir", "method")
LINKS: Final = (
    *("work to outside", "product to input", "product to outside", "folder to outside", "loop"),
    *("input by link", "hard link of input"),
)


def campaign(seed: int, number: int) -> Counter[str]:
    """Segment a number of bands whose names, or folders, are hostile."""
    pick = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(number):
        case = (
            ("link", pick.choice(LINKS))
            if pick.random() < 0.3
            else (pick.choice(ARGUMENTS), _draw_name(pick))
        )
        with TemporaryDirectory(prefix="chaos") as name:
            folder = Path(name).resolve()
            (folder / "in").mkdir()
            (folder / "outside").mkdir()
            (folder / "outside" / "kept").write_text("kept")
            write_inputs(folder / "in", seed)
            before = _files(folder)
            ended = children.run(partial(_run, folder, *case))
            came = ended.value or ["hung" if ended.hung else "another error"]
            came += _changes(before, _files(folder), case)
        counts.update(each for each in came if not each.startswith("("))
        if any(each in PROMISED_NONE for each in came):
            why = ended.error or ended.signal or ""
            tell("names", f"{case!r}: {', '.join(came)} {why}")
    return counts


def _draw_name(pick: random.Random) -> str:
    if pick.random() < 0.6:
        return pick.choice(NAMES)
    return "".join(pick.choices(PIECES, k=pick.randint(1, 6)))


def _run(folder: Path, what: str, value: str) -> list[str]:
    """Segment with something hostile, and read; what came of it."""
    os.chdir(folder / "in")
    names: dict[str, Any] = {"survey": "s", "version": "v", "band": "b", "instrument": "i"}
    sci, work, method = folder / "in" / "sci.fits", str(folder / "work"), "skyseg"
    try:
        if what in names:
            names[what] = value
        elif what == "file":
            names = {}
            sci = shutil.copyfile(sci, folder / "work_in" / value) if _fits(folder, value) else sci
        elif what == "work_dir":
            # relative, as a person may give it; what leads out of it is theirs to say
            work = f"{folder}/work/{value.replace('/', '').replace('..', '')}"
        elif what == "method":
            method = value
        else:
            sci = _link(folder, value, names)
        products = _segment(sci, folder, work, names, method)
    except SkysegError:
        return ["refused"]
    except Exception as error:  # noqa: BLE001
        return ["another error", f"({raised(error)})"]
    again = _segment(sci, folder, work, names, method)
    loaded = again.load_cat(), again.load_seg(), again.load_bkg()
    fine = not again.made and again.run_id == products.run_id and len(loaded[0]) > 0
    return ["done"] if fine else ["not read again"]


def _segment(
    sci: Path, folder: Path, work: str, names: dict[str, Any], method: str, **how: Any
) -> Products:
    band = BandData.from_files(
        sci,
        folder / "in" / "err_A.fits",
        zero_point=28.0,
        pix_scale=0.04 * u.arcsec,
        work_dir=work,
        **names,
    )
    band.segment(method=method, **how)
    assert band.products is not None
    return band.products


def _fits(folder: Path, name: str) -> bool:
    """Tell whether a file can have a name, and make the folder for it."""
    (folder / "work_in").mkdir()
    try:
        (folder / "work_in" / name).touch(exist_ok=False)
    except (OSError, ValueError):
        return False
    return True


def _link(folder: Path, kind: str, names: dict[str, Any]) -> Path:
    """Lay a link in the way; return the science image."""
    sci, work, outside = folder / "in" / "sci.fits", folder / "work", folder / "outside"
    if kind == "work to outside":
        # a person's own choice of a place: followed
        work.symlink_to(outside / "work")
        (outside / "work").mkdir()
    elif kind == "folder to outside":
        (outside / "work").mkdir()
        work.mkdir()
        (work / "skyseg").symlink_to(outside / "work")
    elif kind == "loop":
        work.symlink_to(work)
    elif kind == "input by link":
        link = folder / "in" / "link.fits"
        link.symlink_to(sci)
        return link
    else:
        made = _segment(sci, folder, str(work), names, "skyseg")
        for path in made.paths:
            path.unlink()
            if kind == "product to input":
                path.symlink_to(sci)
            elif kind == "product to outside":
                path.symlink_to(outside / "kept")
            else:
                path.hardlink_to(sci)
        _segment(sci, folder, str(work), names, "skyseg", overwrite=True)
    return sci


def _files(folder: Path) -> dict[str, bytes]:
    """Contents of all files, by paths, as links are not followed."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            found[str(path.relative_to(folder))] = b"" if path.is_symlink() else path.read_bytes()
    return found


def _changes(before: dict[str, bytes], now: dict[str, bytes], case: tuple[str, str]) -> list[str]:
    """Tell whether anything but products was changed, or anything is where none belongs."""
    allowed = ("work/", "work_in/", "outside/work/")
    kept = all(now.get(path) == content for path, content in before.items())
    new = [path for path in now if path not in before and not path.startswith(allowed)]
    new = [path for path in new if path not in ("in/link.fits", "work")]
    return ["inputs changed"] * (not kept) + ["written elsewhere", *new] * bool(new)
