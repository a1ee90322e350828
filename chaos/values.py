"""Hostile values: whatever number a parameter, an argument, a header or a pixel has, a run ends.

``python chaos/values.py [--seed N] [--number N]`` runs bands with values drawn from the seed.
Each run has to make products or to raise an error of skyseg's own; none may crash, hang or
raise anything else. The exit status says whether that held.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import random
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROMISED_NONE = ("crashed", "hung", "another error")
LIMIT = 300.0

NUMBERS = (
    *(0, 1, -1, 2, 3, 0.5, 1.5, -0.0, 2**31 - 1, 2**31, 2**53, 2**63, -(2**63), 10**30, -(10**400)),
    *(1e-320, 1e-60, 1e-30, 1e-10, 1e6, 1e10, 1e15, 1e19, 1e30, 1e38, 3.4e38, 1e60, 1e300, 1.7e308),
    *(-1e-30, -1e19, -1e38, -1e300, float("inf"), float("-inf"), float("nan")),
)
PIXELS = tuple(value for value in NUMBERS if isinstance(value, float))
CARDS = (
    *("PIXAR_A2", "PIXAR_SR", "PHOTMJSR", "PHOTFLAM", "PHOTPLAM", "GAIN", "SATURATE", "BSCALE"),
    *("BZERO", "CRPIX1", "CRVAL1", "CRVAL2", "CD1_1", "CD1_2", "CD2_2", "EQUINOX", "EXPTIME"),
)
METHODS = (*["skyseg"] * 5, "sep", "photutils", "sextractor")


def draw_cases(seed: int, number: int) -> Iterator[dict[str, Any]]:
    """Draw what runs are done with."""
    from skyseg.engine.parameters import Parameters

    pick = random.Random(seed)
    for place in range(number):
        case: dict[str, Any] = {
            "seed": seed + place,
            "shape": pick.choice([(40, 50), (40, 50), (1, 1), (1, 60), (60, 1), (3, 4)]),
            "err_type": pick.choice(["rms_err", "wht", "none"]),
            "method": pick.choice(METHODS),
            "arguments": {}, "parameters": {}, "cards": {}, "pixels": {},
        }  # fmt: skip
        for kind in pick.choices(
            ["arguments", "parameters", "cards", "pixels"], [3, 6, 3, 2], k=pick.choice([1, 1, 2])
        ):
            name = pick.choice(_names(kind, Parameters))
            case[kind][name] = _draw(pick, kind, name, Parameters)
        yield case


def _names(kind: str, parameters: Any) -> list[str]:
    return {
        "arguments": ["aper_diams", "pix_scale", "zero_point"],
        "parameters": list(parameters.names()),
        "cards": list(CARDS),
        "pixels": ["sci", "err"],
    }[kind]


def _draw(pick: random.Random, kind: str, name: str, parameters: Any) -> Any:
    if kind == "pixels":
        return [pick.choice(PIXELS) for _ in range(pick.choice([1, 5, 20]))]
    if name in ("aper_diams", "pix_scale"):
        # a quantity holds no other number
        values = [pick.choice(PIXELS) for _ in range(pick.randint(1, 3))]
        return values if name == "aper_diams" else values[0]
    if kind != "parameters":
        return pick.choice(NUMBERS)
    about = parameters.describe(name)
    if about.choices:
        return pick.choice(about.choices)
    if about.kind is bool:
        return pick.random() < 0.5
    # limits themselves, which have to be safe, beside anything
    numbers = [*NUMBERS, *(each for each in (about.low, about.high) if each is not None)]
    if about.kind is tuple and pick.random() < 0.9:
        return [pick.choice(numbers) for _ in range(2)]
    return pick.choice(numbers)


def run_case(case: dict[str, Any], folder: Path) -> str:
    """Segment a band as a case says; what came of it."""
    import numpy as np
    from astropy import units as u
    from astropy.io import fits

    from skyseg import Data
    from skyseg.engine.parameters import Parameters
    from skyseg.errors import SkysegError
    from skyseg.survey import BandData

    rng = np.random.default_rng(case["seed"])
    sci = rng.normal(0, 1, case["shape"])
    y, x = np.mgrid[: case["shape"][0], : case["shape"][1]]
    for cx, cy in ((20, 20), (26, 21), (44, 5)):
        sci += 60 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 9)
    maps = {"sci": sci, "err": np.ones(case["shape"])}
    for name, values in case["pixels"].items():
        with np.errstate(over="ignore"):
            places = rng.integers(0, sci.size, len(values))
            maps[name].flat[places] = np.array(values, np.float64)
    header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg"})
    header.update({"CUNIT2": "deg", "CRVAL1": 5.0, "CRVAL2": 5.0, "CD1_1": -1e-5, "CD2_2": 1e-5})
    paths = {}
    for name, values in maps.items():
        paths[name] = folder / f"{name}.fits"
        with np.errstate(over="ignore"):
            hdu = fits.PrimaryHDU(values.astype(np.float32), header)
        hdu.writeto(paths[name], overwrite=True)
    _write_cards(paths["sci"], case["cards"])
    arguments = case["arguments"]
    try:
        band = BandData.from_files(
            paths["sci"],
            paths["err"] if case["err_type"] == "rms_err" else None,
            paths["err"] if case["err_type"] == "wht" else None,
            zero_point=arguments.get("zero_point"),
            pix_scale=arguments["pix_scale"] * u.arcsec if "pix_scale" in arguments else None,
            work_dir=folder,
        )
        diameters = arguments.get("aper_diams")
        Data([band]).segment(
            case["err_type"],
            case["method"],
            Parameters(**case["parameters"]),
            None if diameters is None else diameters * u.arcsec,
            overwrite=True,
            progress=False,
        )
        band.load_cat()
        band.load_seg()
    except SkysegError:
        return "refused"
    except ExceptionGroup as group:
        return "refused" if group.split(SkysegError)[1] is None else "another error"
    return "made"


def _write_cards(path: Path, cards: dict[str, Any]) -> None:
    """Write cards as they are, in place of those of their names: no library would write all."""
    block = path.read_bytes()
    for name, value in cards.items():
        text = {"inf": "INF", "-inf": "-INF", "nan": "NAN"}.get(str(value), str(value))[:60].upper()
        card = f"{name:8}= {text:>20}".ljust(80).encode()
        head = block[: block.index(b"END".ljust(80)) + 80]
        found = next((at for at in range(0, len(head), 80) if head[at : at + 8] == card[:8]), None)
        if found is None:
            end = len(head) - 80
            # the padding behind END has room for one more card
            block = block[:end] + card + block[end : end + 80] + block[end + 160 :]
        else:
            block = block[:found] + card + block[found + 80 :]
    path.write_bytes(block)


def _work(said: Path) -> None:
    """Run the cases of the standard input, and write what came of each into a file."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, said.open("w") as out:
        for line in sys.stdin:
            faulthandler.dump_traceback_later(LIMIT, exit=True)
            try:
                came, why = run_case(json.loads(line), Path(folder)), ""
            except Exception:  # noqa: BLE001
                came, why = "another error", traceback.format_exc()
            out.write(json.dumps([came, why]) + "\n")
            out.flush()


def campaign(seed: int, number: int) -> Counter[str]:
    """Run cases; count what came of them, and print those that skyseg promises not to have."""
    cases = list(draw_cases(seed, number))
    counts: Counter[str] = Counter()
    while cases:
        outcomes = _run_some(cases[:100])
        for case, (came, why) in zip(cases, outcomes, strict=False):
            counts[came] += 1
            if came in PROMISED_NONE:
                sys.stderr.write(f"{came}: {json.dumps(case)}\n{why[-1500:]}\n")
        cases = cases[len(outcomes) :]
    return counts


def _run_some(cases: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Run cases in a process of their own, until it ends; what came of those that were run."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "said")
        done = subprocess.run(
            [sys.executable, "-P", __file__, "--work", said],
            input="".join(json.dumps(case) + "\n" for case in cases),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        outcomes = [tuple(json.loads(line)) for line in said.read_text().splitlines()]
    if len(outcomes) < len(cases):
        hung = "Timeout (" in done.stderr
        outcomes.append(("hung" if hung else "crashed", f"{done.returncode}: {done.stderr}"))
    return outcomes


def main() -> int:
    """Run the campaign; the exit status is 1 where something came that is promised not to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        _work(given.work)
        return 0
    counts = campaign(given.seed, given.number)
    told = "".join(f", {counts[each]} {each}" for each in ("made", "refused", *PROMISED_NONE))
    sys.stdout.write(f"values: seed {given.seed}, {given.number} runs{told}\n")
    return int(any(counts[each] for each in PROMISED_NONE))


if __name__ == "__main__":
    sys.exit(main())
