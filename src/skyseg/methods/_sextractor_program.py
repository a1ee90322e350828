"""The program SExtractor: found, run once, and what it says."""

from __future__ import annotations

import logging
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from skyseg.errors import MethodError
from skyseg.methods._children import run_child
from skyseg.methods._sextractor_settings import PROGRAM_NAMES, dump_defaults, find_installed

logger = logging.getLogger(__name__)

OTHERWISE: Final = "use the method 'skyseg'"
_DATA_FOLDERS: Final = ("source-extractor", "sextractor")
_SPOILS_THE_MAP: Final = "pixel stack overflow"
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SETTING: Final = re.compile(r"^#?([A-Z][A-Z_]+)\b", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """The SExtractor that is installed.

    Attributes
    ----------
    path : Path
        The executable.
    version : str
        For example ``"2.25.0"``.
    network : Path or None
        Its ``default.nnw``, which CLASS_STAR needs.
    """

    path: Path
    version: str
    network: Path | None


def find_program() -> Program:
    """Find the installed SExtractor under any of its names.

    Raises
    ------
    MethodError
        If it is not installed, or what has its name is something else.
    """
    found = find_installed()
    if found is None:
        raise MethodError(
            f"SExtractor is not installed (looked for {', '.join(PROGRAM_NAMES)})",
            hint="install it with 'apt install source-extractor', 'conda install -c conda-forge "
            "astromatic-source-extractor' or 'brew install sextractor', "
            f"or {OTHERWISE}, which needs no program",
        )
    answer = _call([found, "--version"], Path.cwd())
    match = re.search(r"extractor\s+version\s+(\S+)", answer.stdout + answer.stderr, re.IGNORECASE)
    if match is None:
        raise MethodError(
            f"{found} does not answer --version as SExtractor does",
            hint=f"put the real program first in PATH or {OTHERWISE}",
        )
    path = Path(found)
    return Program(path, match.group(1), _network(path))


def _network(program: Path) -> Path | None:
    """Find default.nnw in the data folder beside the program."""
    prefixes = (program.parent.parent, program.resolve().parent.parent)
    candidates = (
        prefix / "share" / folder / "default.nnw" for prefix in prefixes for folder in _DATA_FOLDERS
    )
    return next((path for path in candidates if path.is_file()), None)


def known_settings(program: Program) -> frozenset[str]:
    """Return the names of all settings that this version of the program has."""
    return frozenset(_SETTING.findall(dump_defaults(str(program.path))))


def extract(
    program: Program,
    image: str,
    config: str,
    settings: Mapping[str, str],
    folder: Path,
    name: str,
) -> None:
    """Run the program once, log its warnings, and raise where it failed.

    Parameters
    ----------
    program : Program
        What to run.
    image, config : str
        The image and the configuration file, as the program is to read their names.
    settings : mapping of str to str
        What goes before the configuration file.
    folder : Path
        Where it is run: names without a path are looked up there.
    name : str
        What the maps are, for messages.

    Raises
    ------
    MethodError
        If it fails, or runs out of its stacks.
    """
    options = [part for key, value in settings.items() for part in (f"-{key}", value)]
    answer = _call([str(program.path), image, "-c", config, *options], folder)
    said = [
        text for line in _ESCAPES.sub("", answer.stderr).splitlines() if (text := line.strip(" >"))
    ]
    if answer.returncode != 0:
        reason = " ".join(said[-1:]) or "no message"
        raise MethodError(
            f"SExtractor ended with status {answer.returncode} ({reason})",
            hint=f"correct the parameters or {OTHERWISE}",
            where=name,
        )
    for line in said:
        if _SPOILS_THE_MAP in line.lower():
            raise MethodError(
                f"SExtractor met more source pixels than it can hold ({line})",
                hint=f"raise detect_thresh or {OTHERWISE}",
                where=name,
            )
        logger.warning("%s: SExtractor says %s", name, line)


def _call(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return run_child(command, folder)
    except OSError as error:
        raise MethodError(
            f"{command[0]} cannot be started ({error.strerror})",
            hint=f"repair it or {OTHERWISE}",
        ) from error
