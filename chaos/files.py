"""Damaged FITS files through the shell: none crashes it, holds it, or passes for whole.

``python chaos/files.py [--seed N] [--number N] [--first N]`` prints counts. Each file comes of
the seed and its own number alone: ``--first N --number 1`` makes one again. The exit status is 1
where something came that is promised not to.
"""

from __future__ import annotations

import argparse
import faulthandler
import gzip
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

import numpy as np
from astropy.io import fits

_BLOCK: Final = 2880
_CARD: Final = 80
_LIMIT: Final = 20.0
"""Seconds that a file may take."""

_MOST_MEMORY: Final = 1 << 20
"""Peak of the process, in kB."""

PROMISED_NONE: Final = ("crashed", "hung", "fault of skyseg", "silently other", "memory")
_FAULT: Final = "a fault of skyseg"
_VALUES: Final = (
    "-1", "0", "1", "7", "999999999", "1000000000", "9223372036854775807", "-9223372036854775808",
    "9" * 60, "1E+999999", "-1E+308", "1E-60", "1e-30", "nan", "NaN", "inf", "T", "F", "'", "''",
    "'x", "'RA---ZZZ'", "'DEC--TAN'", "'10**999999999 Jy'", "'10**(-99999) Jy'", "'Jy/0'", "'F444W",
    "'/'", "(1,2)", "(1E+999, 0)", "'\\x00'", "' ' / ' '", "", "= =", "'%s{overwrite}'", "2**31",
    "1.5.5", "'" + "Jy*" * 22 + "'",
)  # fmt: skip
_DAMAGES: Final = "flip", "flips", "cut", "cut", "block", "drop", "value", "value", "value"
_KEYS: Final = (
    "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "EXTEND", "EXTNAME", "EXTVER",
    "BUNIT", "RADESYS", "CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CRPIX1", "CD1_1", "CD2_2",
    "CUNIT1", "EQUINOX", "FILTER", "PUPIL", "DETECTOR", "INSTRUME", "TELESCOP", "BSCALE", "BZERO",
    "BLANK", "PIXAR_A2", "PIXAR_SR", "PHOTFLAM", "PHOTPLAM", "ZEROPNT", "MAGZERO", "EXPTIME",
    "GAIN", "SATURATE", "DATASUM", "CHECKSUM", "TFIELDS", "TFORM1", "TTYPE1", "ZIMAGE", "ZNAXIS1",
    "ZNAXIS2", "ZTILE1", "ZTILE2", "ZCMPTYPE", "ZBITPIX", "ZQUANTIZ", "ZNAME1", "ZVAL1", "THEAP",
    "XTENSION", "SIMPLE", "WCSAXES", "A_ORDER", "A_2_0", "PV1_1", "LONPOLE",
)  # fmt: skip


def make_originals(folder: Path) -> list[Path]:
    """Write the whole files that damaged ones are made of, with checksums in their headers."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:64, :80]
    sci = random.normal(size=(64, 80)).astype(np.float32)
    sci += 60 * np.exp(-((x - 30) ** 2 + (y - 20) ** 2) / 8).astype(np.float32)
    cards = {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 53.0, "CRVAL2": -27.0,
        "CRPIX1": 40.5, "CRPIX2": 32.5, "CD1_1": -1e-5, "CD2_2": 1e-5, "CUNIT1": "deg",
        "CUNIT2": "deg", "RADESYS": "ICRS", "BUNIT": "nJy", "FILTER": "F444W", "PUPIL": "CLEAR",
        "INSTRUME": "NIRCAM", "DETECTOR": "NRCA5", "TELESCOP": "JWST", "PIXAR_A2": 1e-3,
        "EXPTIME": 100.0, "MAGZERO": 28.0, "EQUINOX": 2000.0,
    }  # fmt: skip
    paths = []
    for name, kind in (("a.fits", fits.ImageHDU), ("b.fits.fz", fits.CompImageHDU)):
        hdus = fits.HDUList([fits.PrimaryHDU(header=fits.Header(cards))])
        for role, pixels in (("SCI", sci), ("ERR", np.ones_like(sci))):
            hdus.append(kind(pixels, fits.Header(cards), name=role))
        paths.append(folder / name)
        hdus.writeto(paths[-1], checksum=True)
    paths.append(folder / "c.fits.gz")
    paths[-1].write_bytes(gzip.compress(paths[0].read_bytes(), 6, mtime=0))
    return paths


def damage(content: bytes, random: np.random.Generator, packed: bool) -> bytes:
    """Return the bytes of a file with one damage, or a few."""
    changed = bytearray(content)
    kind = random.choice(_DAMAGES)
    if packed and kind in ("block", "drop", "value") and random.random() < 0.8:
        return gzip.compress(damage(gzip.decompress(content), random, packed=False), 1, mtime=0)
    if kind in ("flip", "flips"):
        for place in random.integers(0, len(changed), 1 if kind == "flip" else 30):
            changed[place] ^= 1 << int(random.integers(8))
    elif kind == "cut":
        blocks = len(changed) // _BLOCK
        place = random.integers(blocks) * _BLOCK if random.random() < 0.7 else 0
        del changed[place or random.integers(1, len(changed)) :]
    elif kind == "block":
        place = int(random.integers(max(1, len(changed) // _BLOCK))) * _BLOCK
        block = bytes(changed[place : place + _BLOCK])
        what = (b"", block * 2, bytes(len(block)), random.bytes(len(block)))
        changed[place : place + _BLOCK] = what[random.integers(len(what))]
    else:
        _change_card(changed, random, drop=kind == "drop")
    return bytes(changed)


def _change_card(content: bytearray, random: np.random.Generator, *, drop: bool) -> None:
    places: list[int] = []
    while not places:
        key = f"{_KEYS[random.integers(len(_KEYS))]:8}="[:9].encode()
        places = [at for at in range(0, len(content), _CARD) if content[at : at + 9] == key]
        if random.random() < 0.01:
            return
    at = places[random.integers(len(places))]
    value = "" if drop else _VALUES[random.integers(len(_VALUES))]
    card = "" if drop else f"{content[at : at + 8].decode()}= {value:>20}"
    content[at : at + _CARD] = f"{card:80}"[:_CARD].encode("latin-1")


def judge(number: int, seed: int, originals: list[Path], folder: Path) -> dict[str, object]:
    """Make a damaged file, give it to the shell, and say what came of it."""
    from skyseg.cli import main
    from skyseg.errors import SkysegError
    from skyseg.imaging.reading import read_image

    random = np.random.default_rng([seed, number])
    original = originals[number % len(originals)]
    content = original.read_bytes()
    damaged = damage(content, random, packed=original.suffix == ".gz")
    path = folder / f"{number}{''.join(original.suffixes)}"
    path.write_bytes(damaged)
    out = folder / f"{number}"
    begin = time.monotonic()
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        maps = ["--sci", f"{path}[SCI]", "--err", f"{path}[ERR]", "--band", "F444W"]
        calls = [["segment", *maps, "--out", str(out), "--overwrite"]]
        if number % 4 == 0:
            calls.append(["info", str(path)])
        codes = [main(each) for each in calls]
    seconds = time.monotonic() - begin
    silent = False
    if not any(codes) and not said.getvalue():
        try:
            found, whole = (read_image(each, 1) for each in (path, original))
            silent = not np.array_equal(found, whole, equal_nan=True)
        except SkysegError:
            silent = True
    path.unlink()
    words = said.getvalue()
    return {
        "number": number,
        "codes": codes,
        "words": words,
        "fault of skyseg": _FAULT in words,
        "silently other": silent,
        "hung": seconds > _LIMIT,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _MOST_MEMORY,
    }


def work(first: int, last: int, seed: int) -> None:
    """Judge some files in this process, a line of JSON for each on stdout."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        originals = make_originals(folder)
        for number in range(first, last):
            faulthandler.dump_traceback_later(3 * _LIMIT, exit=True)
            sys.stdout.write(json.dumps(judge(number, seed, originals, folder)) + "\n")
            sys.stdout.flush()
    faulthandler.cancel_dump_traceback_later()


def campaign(seed: int, number: int, first: int = 0) -> Counter[str]:
    """Judge files in processes of their own, each gone on with after one that ended early."""
    counts: Counter[str] = Counter(taken=0, refused=0)
    last = first + number
    while first < last:
        arguments = ["--work", "--seed", str(seed), "--first", str(first)]
        process = subprocess.run(
            [sys.executable, "-P", __file__, *arguments, "--number", str(last - first)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        for line in process.stdout.splitlines():
            result = json.loads(line)
            first = result["number"] + 1
            counts["refused" if any(result["codes"]) else "taken"] += 1
            for name in set(result) & set(PROMISED_NONE):
                if result[name]:
                    counts[name] += 1
                    _tell(name, seed, result["number"], result["words"])
        if first < last:
            name = "hung" if "Timeout (" in process.stderr else "crashed"
            counts[name] += 1
            _tell(name, seed, first, f"{process.returncode} {process.stderr[:2000]}")
            first += 1
    return counts


def _tell(name: str, seed: int, number: int, words: str) -> None:
    sys.stderr.write(f"files: {name}, seed {seed}, file {number}: {words.strip()}\n")


def main() -> int:
    """Run the campaign; the exit status is 1 where something came that is promised not to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.first, given.first + given.number, given.seed)
        return 0
    counts = campaign(given.seed, given.number, given.first)
    told = "".join(f", {counts[each]} {each}" for each in ("taken", "refused", *PROMISED_NONE))
    sys.stdout.write(f"files: seed {given.seed}, {given.number} files{told}\n")
    return int(any(counts[each] for each in PROMISED_NONE))


if __name__ == "__main__":
    sys.exit(main())
