"""The method ``sextractor``: the real program, run as a subprocess on the maps of a band."""

from __future__ import annotations

import logging
import math
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.kernels import make_kernel
from skyseg.errors import MethodError
from skyseg.methods import catalogue
from skyseg.methods._maps import read_maps
from skyseg.methods._sextractor_settings import PROGRAM_NAMES
from skyseg.methods.base import WEIGHT_TYPES, Outcome, Request
from skyseg.methods.columns import AskedColumn, find_column

logger = logging.getLogger(__name__)

Value = TypeVar("Value", np.int32, np.float32)

_OTHERWISE: Final = "use the method 'skyseg'"
_DATA_FOLDERS: Final = ("source-extractor", "sextractor")
_LEAST_PIXEL_STACK: Final = 5_000_000
_OBJECT_STACK: Final = 65_000
_BUFFER_LINES: Final = 8, 65_534  # the fewest and the most that the program takes
_SPOILS_THE_MAP: Final = "pixel stack overflow"
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

# Of the two runs where BACK_TYPE is MANUAL: the first measures the mesh model, the second detects.
_BACKGROUND_ONLY: Final = {
    "BACK_TYPE": "AUTO",
    "CATALOG_TYPE": "NONE",
    "CHECKIMAGE_TYPE": "BACKGROUND",
    "CHECKIMAGE_NAME": "bkg.fits",
    "DETECT_THRESH": "1e29",
    "FILTER": "N",
}
_SEGMENTATION_ONLY: Final = {"CHECKIMAGE_TYPE": "SEGMENTATION", "CHECKIMAGE_NAME": "seg.fits"}


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


class SExtractorMethod:
    """Source Extractor itself, as a segmentation method."""

    folder = "SExtractor"
    folder_setting = "sex_dir"

    def version(self) -> str:
        """Return the program's name and version.

        Raises
        ------
        MethodError
            If the program is not installed; the message says how to install it.
        """
        return f"SExtractor {find_program().version}"

    def run(self, request: Request) -> Outcome:
        """Extract the sources of one band with SExtractor.

        The program sees copies of the maps in a temporary folder: bad pixels
        have value 0 there, and weight 0 or rms 1e30. MEMORY_BUFSIZE is the
        height of the image, so that its result does not depend on it. Where
        ``back_type`` is MANUAL, the mesh model of the background is measured by
        a second run of the program with BACK_TYPE AUTO that detects nothing.

        Raises
        ------
        MethodError
            If the program is not installed, fails, or runs out of its stacks.
        ImageError
            If the maps hold no good pixel.
        """
        program = find_program()
        sci, err, bad = read_maps(request)
        try:
            with tempfile.TemporaryDirectory(prefix="skyseg-") as name:
                folder = Path(name)
                request.report(0.0, "writing the maps for SExtractor")
                bad_value = np.float32(1e30 if request.err_type == "rms_err" else 0.0)
                fits.writeto(folder / "sci.fits", np.where(bad, np.float32(0), sci))
                fits.writeto(folder / "err.fits", np.where(bad, bad_value, err))
                return _run_in(folder, program, request, int(np.count_nonzero(bad)))
        except OSError as error:
            raise MethodError(
                f"the temporary files of SExtractor cannot be written or read ({error})",
                hint="free space there or set TMPDIR",
                where=request.name,
            ) from error


def find_program() -> Program:
    """Find the installed SExtractor under any of its names.

    Raises
    ------
    MethodError
        If it is not installed, or what has its name is something else.
    """
    found = next(filter(None, map(shutil.which, PROGRAM_NAMES)), None)
    if found is None:
        raise MethodError(
            f"SExtractor is not installed (looked for {', '.join(PROGRAM_NAMES)})",
            hint="install it with 'apt install source-extractor', 'conda install -c conda-forge "
            "astromatic-source-extractor' or 'brew install sextractor', "
            f"or {_OTHERWISE}, which needs no program",
        )
    answer = _call([found, "--version"], Path.cwd())
    match = re.search(r"extractor\s+version\s+(\S+)", answer.stdout + answer.stderr, re.IGNORECASE)
    if match is None:
        raise MethodError(
            f"{found} does not answer --version as SExtractor does",
            hint=f"put the real program first in PATH or {_OTHERWISE}",
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


def _run_in(folder: Path, program: Program, request: Request, n_bad: int) -> Outcome:
    """Run the program in a folder that holds the maps, and take its output."""
    settings = _settings(folder, program, request)
    if request.parameters.back_type == "MANUAL":
        request.report(0.1, "measuring the background with SExtractor")
        _extract(folder, program, request, {**settings, **_BACKGROUND_ONLY})
        settings |= _SEGMENTATION_ONLY
    request.report(0.3, "running SExtractor")
    _extract(folder, program, request, settings)
    request.report(0.9, "reading SExtractor's output")
    measured = _measurements(folder / "cat.fits")
    return Outcome(
        seg=_image(folder / "seg.fits", request, np.int32),
        bkg=_image(folder / "bkg.fits", request, np.float32),
        cat=catalogue.build(measured, request),
        version=f"SExtractor {program.version}",
        facts={"n_bad": n_bad},
    )


def _settings(folder: Path, program: Program, request: Request) -> dict[str, str]:
    """SExtractor's settings for a request; writes the files that they name."""
    diameters = [f"{diameter / request.pix_scale:.8g}" for diameter in request.aper_diams]
    (folder / "columns.param").write_text(
        "".join(f"{name}\n" for name in _list_columns(program, request))
    )
    rows = make_kernel(request.parameters.filter_name)
    table = "\n".join(" ".join(f"{value:.9g}" for value in row) for row in rows)
    (folder / "kernel.conv").write_text(f"CONV NONORM\n{table}\n")
    fewest, most = _BUFFER_LINES
    settings = {
        **request.parameters.to_sextractor(),
        "FILTER_NAME": "kernel.conv",
        "PARAMETERS_NAME": "columns.param",
        "CATALOG_NAME": "cat.fits",
        "CATALOG_TYPE": "FITS_1.0",
        "CHECKIMAGE_TYPE": "SEGMENTATION,BACKGROUND",
        "CHECKIMAGE_NAME": "seg.fits,bkg.fits",
        "WEIGHT_TYPE": WEIGHT_TYPES[request.err_type],
        "WEIGHT_IMAGE": "err.fits",
        "PHOT_APERTURES": ",".join(diameters),
        "PIXEL_SCALE": f"{request.pix_scale:.10g}",
        "MEMORY_BUFSIZE": str(min(max(request.sci.shape[0], fewest), most)),
        "MEMORY_PIXSTACK": str(max(_LEAST_PIXEL_STACK, math.prod(request.sci.shape) // 4)),
        "MEMORY_OBJSTACK": str(_OBJECT_STACK),
        "VERBOSE_TYPE": "QUIET",
    }
    if program.network:
        shutil.copyfile(program.network, folder / "default.nnw")
        settings["STARNNW_NAME"] = "default.nnw"
    else:
        logger.warning(
            "%s: no default.nnw near %s, so CLASS_STAR is NaN", request.name, program.path
        )
    return settings


def _list_columns(program: Program, request: Request) -> list[str]:
    """List what the program is to measure, as its ``.param`` file has it."""
    names = dict.fromkeys(
        name
        for column, _ in catalogue.list_columns(request)
        for name in column.made_of or (column.name,)
    )
    return [
        str(AskedColumn(column.name, catalogue.count_values(column, request)))
        for column in map(find_column, names)
        if program.network or column.name != "CLASS_STAR"
    ]


def _extract(folder: Path, program: Program, request: Request, settings: Mapping[str, str]) -> None:
    """Run the program once, log its warnings, and raise where it failed."""
    lines = (f"{key} {value}\n" for key, value in settings.items())
    (folder / "run.sex").write_text("".join(lines))
    answer = _call([str(program.path), "sci.fits", "-c", "run.sex"], folder)
    said = [
        text for line in _ESCAPES.sub("", answer.stderr).splitlines() if (text := line.strip(" >"))
    ]
    if answer.returncode != 0:
        reason = " ".join(said[-1:]) or "no message"
        raise MethodError(
            f"SExtractor ended with status {answer.returncode} ({reason})",
            hint=f"correct the parameters or {_OTHERWISE}",
            where=request.name,
        )
    for line in said:
        if _SPOILS_THE_MAP in line.lower():
            raise MethodError(
                f"SExtractor met more source pixels than it can hold ({line})",
                hint=f"raise detect_thresh or {_OTHERWISE}",
                where=request.name,
            )
        logger.warning("%s: SExtractor says %s", request.name, line)


def _call(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise MethodError(
            f"{command[0]} cannot be started ({error.strerror})",
            hint=f"repair it or {_OTHERWISE}",
        ) from error


def _image(path: Path, request: Request, dtype: type[Value]) -> npt.NDArray[Value]:
    """Read a check image in native byte order."""
    with fits.open(path, memmap=False) as hdus:
        data = hdus[0].data
    if data is None or data.shape != request.sci.shape:
        raise MethodError(
            f"SExtractor left no whole {path.name}",
            hint=f"{_OTHERWISE} or report it",
            where=request.name,
        )
    return np.asarray(data).astype(dtype, copy=False)


def _measurements(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Read the program's catalogue as native arrays."""
    with fits.open(path, memmap=False) as hdus:
        rows = hdus["OBJECTS"].data
        found = {name: np.asarray(rows[name]) for name in rows.names}
    return {name: values.astype(values.dtype.newbyteorder("=")) for name, values in found.items()}
