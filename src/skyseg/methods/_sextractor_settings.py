"""SExtractor's settings as the program reads them: its files' grammar and its own defaults."""

from __future__ import annotations

import codecs
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Final

from skyseg.writing import read_small

PROGRAM_NAMES: Final = ("source-extractor", "sex", "sextractor")
"""What the program is called, where it is installed."""

_SEPARATORS: Final = re.compile(r'[\t\r "=,;]+')
_OF_NAMES: Final = ("_NAME", "_IMAGE", "_KEY", "_SUFFIX")
_VARIABLE: Final = re.compile(r"\$(?:\{([^}]*)\}?|(\w+))")

# What `source-extractor -dd` tells of version 2.28, as far as it decides what is extracted.
_OF_2_28: Final = """
DETECT_TYPE CCD
DETECT_MINAREA 5
DETECT_MAXAREA 0
THRESH_TYPE RELATIVE
DETECT_THRESH 1.5
ANALYSIS_THRESH 1.5
FILTER Y
FILTER_NAME default.conv
FILTER_THRESH
DEBLEND_NTHRESH 32
DEBLEND_MINCONT 0.005
CLEAN Y
CLEAN_PARAM 1.0
MASK_TYPE CORRECT
RESCALE_WEIGHTS Y
WEIGHT_GAIN Y
WEIGHT_THRESH
FLAG_TYPE OR
DGEO_TYPE NONE
PHOT_APERTURES 5
PHOT_AUTOPARAMS 2.5, 3.5
PHOT_PETROPARAMS 2.0, 3.5
PHOT_AUTOAPERS 0.0, 0.0
PHOT_FLUXFRAC 0.5
SATUR_LEVEL 50000.0
SATUR_KEY SATURATE
GAIN 0.0
GAIN_KEY GAIN
PIXEL_SCALE 1.0
SEEING_FWHM 1.2
BACK_TYPE AUTO
BACK_VALUE 0.0
BACK_SIZE 64
BACK_FILTERSIZE 3
BACK_PEARSON 2.5
BACK_FILTTHRESH 0.0
BACKPHOTO_TYPE GLOBAL
BACKPHOTO_THICK 24
HEADER_SUFFIX .head
FITS_UNSIGNED N
INTERP_MAXXLAG 16
INTERP_MAXYLAG 16
INTERP_TYPE ALL
"""


class UnknownVariableError(ValueError):
    """A value names an environment variable that is not set."""


@dataclass(frozen=True)
class Setting:
    """One setting of a configuration file.

    Attributes
    ----------
    line : int
        Number of its line, from 1; 0 is a default of the program.
    key : str
        Its name, in capitals.
    tokens : tuple of str
        Its values.
    """

    line: int
    key: str
    tokens: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Its values in words."""
        return ", ".join(self.tokens) or "empty"


def read_text(path: Path) -> str:
    """Return the text of one of SExtractor's files, in UTF-8 or Latin-1.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    content = read_small(path).removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_settings(text: str) -> list[Setting]:
    """Take a configuration file apart as the program does.

    Found by running version 2.25: keys in either case; a ``#`` begins a comment, but in the
    middle of a name it belongs to that; blanks, tabs, ``=``, ``,``, ``;`` and ``"`` part
    values; ``$NAME`` and ``${NAME}`` stand for variables of the environment; a list ends
    with its line.

    Raises
    ------
    UnknownVariableError
        If a variable is not set; the message is the whole sentence but for the file.

    Examples
    --------
    >>> parse_settings("phot_apertures = 5, 7.5  # pixels")
    [Setting(line=1, key='PHOT_APERTURES', tokens=('5', '7.5'))]
    """
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        all_words = filter(None, _SEPARATORS.split(line))
        words = list(takewhile(lambda word: not word.startswith("#"), all_words))
        if words:
            key = words[0].upper()
            if not key.endswith(_OF_NAMES):
                words = [word.partition("#")[0] for word in words]
            tokens = tuple(_expanded(word, number, key) for word in words[1:])
            found.append(Setting(number, key, tokens))
    return found


def _expanded(word: str, number: int, key: str) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2] or ""
        if name not in os.environ:
            raise UnknownVariableError(
                f"line {number}: {key} names the environment variable {name!r}, which is not set"
            )
        return os.environ[name]

    return _VARIABLE.sub(value, word)


def find_installed() -> str | None:
    """Return the path of the installed program under the first of its names; None without one."""
    return next(filter(None, map(shutil.which, PROGRAM_NAMES)), None)


def program_defaults() -> tuple[str, dict[str, Setting]]:
    """Return what SExtractor takes for settings that a file leaves out.

    Returns
    -------
    version : str
        Of which program: the installed one, else 2.28.
    settings : dict of str to Setting
        By key; line 0. A setting that the installed program does not know is as in 2.28.
    """
    program = find_installed()
    dump = "" if program is None else dump_defaults(program)
    version = re.search(r"extractor\s+(\d\S*)", dump, re.IGNORECASE)
    told = parse_settings(_OF_2_28) + parse_settings(dump if version else "")
    settings = {each.key: Setting(0, each.key, each.tokens) for each in told}
    return version[1] if version else "2.28", settings


def dump_defaults(program: str) -> str:
    """Return what a program prints as its defaults, or nothing where it does not."""
    return _dump(program, Path(program).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _dump(program: str, changed: int) -> str:
    try:
        answer = subprocess.run(
            [program, "-dd"],
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return answer.stdout if answer.returncode == 0 else ""
