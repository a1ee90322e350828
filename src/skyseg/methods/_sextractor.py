"""The method ``sextractor``: the real program, run as a subprocess on the maps of a band."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine import Window
from skyseg.engine.flag_maps import FLAG_COLUMNS, as_flags
from skyseg.engine.kernels import Kernel, KernelName, make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.errors import MethodError
from skyseg.methods import catalogue
from skyseg.methods._children import scratch_folder
from skyseg.methods._maps import read_maps
from skyseg.methods._sextractor_program import (
    OTHERWISE,
    Program,
    extract,
    find_program,
    known_settings,
)
from skyseg.methods.base import WEIGHT_TYPES, Outcome, Request
from skyseg.methods.columns import AskedColumn, find_column
from skyseg.methods.kernel_file import spell_kernel
from skyseg.methods.own_folders import OWN_FOLDERS
from skyseg.writing import find_remedy

logger = logging.getLogger(__name__)

Value = TypeVar("Value", np.int32, np.float32)

_LEAST_PIXEL_STACK: Final = 5_000_000
_OBJECT_STACK: Final = 65_000
_BUFFER_LINES: Final = 8, 65_534  # the fewest and the most that the program takes

# A measurement that the program gives in another form alone.
_NAMED_OTHERWISE: Final = {"ANALYSIS_THRESHOLD": "MU_THRESHOLD"}

# Of the two runs where BACK_TYPE is MANUAL: the first measures the mesh model, the second detects.
_BACKGROUND_ONLY: Final = {
    "BACK_TYPE": "AUTO",
    "CATALOG_TYPE": "NONE",
    "CHECKIMAGE_TYPE": "BACKGROUND",
    "CHECKIMAGE_NAME": "bkg.fits",
    "DETECT_THRESH": "1e29",
    "FILTER": "N",
}
SEGMENTATION_ONLY: Final = {"CHECKIMAGE_TYPE": "SEGMENTATION", "CHECKIMAGE_NAME": "seg.fits"}


class SExtractorMethod:
    """Source Extractor itself, as a segmentation method."""

    folder, folder_setting = OWN_FOLDERS["sextractor"]
    finds_noise = True

    def threshold_rms(self, _request: Request) -> float:
        """Return what a threshold of 1 is on the filtered image, in rms of the error map."""
        return 1.0

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
        have value 0 there, and weight 0 or rms 1e30; without an error map they have
        the median of the image, and a caveat says so. MEMORY_BUFSIZE is the
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
        with working_folder(request) as folder:
            request.report(0.0, "writing the maps for SExtractor")
            n_bad = write_maps(folder, request)
            return _run_in(folder, program, request, n_bad)


@contextmanager
def working_folder(request: Request) -> Iterator[Path]:
    """Make a folder for what the program reads and writes; what fails there is an error of ours.

    Raises
    ------
    MethodError
        If the folder, or a file in the block, cannot be written or read.
    """
    try:
        with scratch_folder() as folder:
            yield folder
    except OSError as error:
        raise MethodError(
            f"the temporary files of SExtractor cannot be written or read ({error})",
            hint=find_remedy(error, "set TMPDIR to another folder"),
            where=request.name,
        ) from error


def write_maps(folder: Path, request: Request, header: fits.Header | None = None) -> int:
    """Write sci.fits and err.fits with bad pixels as the program knows them; count these.

    The header is that of sci.fits.

    Raises
    ------
    ImageError
        If the maps hold no good pixel.
    """
    sci, err, bad = read_maps(request)
    if err is None:
        value = np.median(sci[~bad]) if bad.any() else np.float32(0)
    else:
        value = np.float32(0)
        bad_err = np.float32(1e30 if request.err_type == "rms_err" else 0)
        fits.writeto(folder / "err.fits", np.where(bad, bad_err, err))
    image = np.where(bad, value, sci)
    fits.writeto(folder / "sci.fits", image, header, output_verify="ignore")
    return int(np.count_nonzero(bad))


def _run_in(folder: Path, program: Program, request: Request, n_bad: int) -> Outcome:
    """Run the program in a folder that holds the maps, and take its output."""
    parameters = request.parameters
    asked, unknown = part_settings(parameters, program)
    settings = asked | write_files(folder, program, request)
    lines = (f"{key} {value}\n" for key, value in settings.items())
    (folder / "run.sex").write_text("".join(lines))
    changes: dict[str, str] = {}
    if parameters.back_type == "MANUAL":
        request.report(0.1, "measuring the background with SExtractor")
        extract(program, "sci.fits", "run.sex", _BACKGROUND_ONLY, folder, request.name)
        changes = SEGMENTATION_ONLY
    request.report(0.3, "running SExtractor")
    extract(program, "sci.fits", "run.sex", changes, folder, request.name)
    request.report(0.9, "reading SExtractor's output")
    measured = read_measurements(folder / "cat.fits")
    if "MU_THRESHOLD" in measured:
        zero_point = float(settings.get("MAG_ZEROPOINT", 0))
        level = 10 ** (-0.4 * (measured.pop("MU_THRESHOLD").astype(np.float64) - zero_point))
        measured["ANALYSIS_THRESHOLD"] = level * request.sky_pix_scale**2
    return Outcome(
        seg=read_image(folder / "seg.fits", request, np.int32),
        bkg=read_image(folder / "bkg.fits", request, np.float32),
        cat=catalogue.build(measured, request),
        version=f"SExtractor {program.version}",
        facts={"n_bad": n_bad},
        caveats=tuple(_caveats(request, program, unknown, n_bad)),
    )


def _caveats(
    request: Request, program: Program, unknown: Mapping[str, str], n_bad: int
) -> Iterator[str]:
    """Say what the program does otherwise than the parameters ask."""
    for text in name_unknown(unknown):
        yield f"{text} is not followed: SExtractor {program.version} has no such setting"
    if request.err is None and n_bad:
        yield "bad pixels count as sky, at the median of the image: there is no map to mark them in"


def name_unknown(unknown: Mapping[str, str]) -> list[str]:
    """Name the settings that a version does not have and that ask for more than it does."""
    usual = Parameters().to_sextractor()
    return [f"{key} {value}" for key, value in unknown.items() if value != usual.get(key)]


def part_settings(
    parameters: Parameters, program: Program
) -> tuple[dict[str, str], dict[str, str]]:
    """Part the settings that are asked for into those that the program has, and others."""
    asked = parameters.to_sextractor()
    asked.pop("FLAG_IMAGE", None)
    known = known_settings(program) or asked.keys()
    return (
        {key: value for key, value in asked.items() if key in known},
        {key: value for key, value in asked.items() if key not in known},
    )


def write_files(
    folder: Path, program: Program, request: Request, *, computed: bool = False
) -> dict[str, str]:
    """Write the files that the program reads besides the maps; settings that go with a request.

    With ``computed`` the program is asked for columns that follow from others as well.
    """
    diameters = [repr(diameter / request.pix_scale) for diameter in request.aper_diams]
    (folder / "columns.param").write_text(
        "".join(f"{name}\n" for name in _list_columns(program, request, computed=computed))
    )
    (folder / "kernel.conv").write_text(_kernel_text(request.parameters.filter_name))
    fewest, most = _BUFFER_LINES
    settings = {
        "FILTER_NAME": "kernel.conv",
        "PARAMETERS_NAME": "columns.param",
        "CATALOG_NAME": "cat.fits",
        "CATALOG_TYPE": "FITS_1.0",
        "CHECKIMAGE_TYPE": "SEGMENTATION,BACKGROUND",
        "CHECKIMAGE_NAME": "seg.fits,bkg.fits",
        "WEIGHT_TYPE": choose_weight_type(request),
        "WEIGHT_IMAGE": "err.fits",
        "PHOT_APERTURES": ",".join(diameters),
        "PIXEL_SCALE": repr(request.sky_pix_scale),
        "MEMORY_BUFSIZE": str(min(max(request.sci.shape[0], fewest), most)),
        "MEMORY_PIXSTACK": str(max(_LEAST_PIXEL_STACK, math.prod(request.sci.shape) // 4)),
        "MEMORY_OBJSTACK": str(_OBJECT_STACK),
        "VERBOSE_TYPE": "QUIET",
    }
    if request.err is None:
        del settings["WEIGHT_IMAGE"]
    if request.flags is not None:
        rows = as_flags(request.flags, request.shape)
        fits.writeto(folder / "flag.fits", rows.read(Window(0, rows.shape[0], 0, rows.shape[1])))
        settings["FLAG_IMAGE"] = "flag.fits"
    if program.network:
        shutil.copyfile(program.network, folder / "default.nnw")
        settings["STARNNW_NAME"] = "default.nnw"
    else:
        logger.warning(
            "%s: no default.nnw near %s, so CLASS_STAR is NaN", request.name, program.path
        )
    return settings


def _list_columns(program: Program, request: Request, *, computed: bool) -> list[str]:
    """List what the program is to measure, as its ``.param`` file has it."""
    marks = () if request.flags is None else FLAG_COLUMNS
    names = dict.fromkeys(
        name
        for column, _ in catalogue.list_columns(request, marks)
        for name in ((column.name,) if computed else column.made_of or (column.name,))
    )
    names = dict.fromkeys(_NAMED_OTHERWISE.get(name, name) for name in names)
    wanted = [find_column(name) for name in names if program.network or name != "CLASS_STAR"]
    circles = catalogue.count_circles(request)
    sizes = (
        circles if each.per_aperture else catalogue.count_values(each, request) for each in wanted
    )
    return [
        str(AskedColumn(each.name, size)) for each, size in zip(wanted, sizes, strict=True)
    ]  # fmt: skip


def choose_weight_type(request: Request) -> str:
    """Return WEIGHT_TYPE of a request."""
    return request.parameters.weight_type or WEIGHT_TYPES[request.err_type]


def _kernel_text(kernel: KernelName | Kernel) -> str:
    """Write a kernel, one that is shipped by its weights, as the program's file has it."""
    if not isinstance(kernel, Kernel):
        kernel = Kernel(kernel, tuple(map(tuple, make_kernel(kernel).tolist())), norm=False)
    return "\n".join(spell_kernel(kernel)) + "\n"


def read_image(path: Path, request: Request, dtype: type[Value]) -> npt.NDArray[Value]:
    """Read a check image in native byte order."""
    with fits.open(path, memmap=False) as hdus:
        data = hdus[0].data
    if data is None or data.shape != request.sci.shape:
        raise MethodError(
            f"SExtractor left no whole {path.name}",
            hint=f"{OTHERWISE} or report it",
            where=request.name,
        )
    return np.asarray(data).astype(dtype, copy=False)


def read_measurements(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Read the program's catalogue as native arrays."""
    with fits.open(path, memmap=False) as hdus:
        rows = hdus["OBJECTS"].data
        found = {name: np.asarray(rows[name]) for name in rows.names}
    return {name: values.astype(values.dtype.newbyteorder("=")) for name, values in found.items()}
