"""Masks as galfind makes them: kept where they are, and of a stack those of its bands."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.types import LabelImage
from skyseg.errors import Advice, ParameterError, StaleProductError
from skyseg.imaging import MapRef
from skyseg.imaging.reading import list_hdus
from skyseg.masks.bits import MaskBit
from skyseg.products.fits_files import read_header
from skyseg.products.input_maps import InputMap
from skyseg.products.masks import MaskRecipe, find_mask, load_or_make_mask, read_mask
from skyseg.products.names import make_map_path
from skyseg.settings import config
from skyseg.survey import BandData

ALL = "MASK"
"""Name of the map of all that is masked."""

GIVEN = "given"
"""How masks were made that were given."""

logger = logging.getLogger(__name__)


def make_mask(
    band: BandData, method: str, given: str | Path | None, edge: float, *, overwrite: bool
) -> Path:
    """Make the mask of a band, or keep that of the same method, whatever it was made from.

    Parameters
    ----------
    band : BandData
        The band.
    method : {"auto", "manual"}
        As in `skyseg.BandData.mask`; regions are those of the folder ``Masks/SURVEY/reg``.
    given : str, Path or None
        A mask that is to be taken.
    edge : float
        How near to what is not covered is masked, in pixels.
    overwrite : bool
        Whether to make it whatever is there.

    Returns
    -------
    Path
        Its file.

    Raises
    ------
    SkysegError
        As `skyseg.BandData.mask` does.
    """
    if given is not None:
        return _take(band, Path(given))
    how = check_method(method)
    regions = None if how == "auto" else Path(config["Masking"]["MASK_DIR"]) / band.survey / "reg"
    folder = _find_folder(how)
    try:
        band.mask(how, edge_distance=edge, regions=regions, overwrite=overwrite, work_dir=folder)
    except StaleProductError as error:
        found = band.find_mask(folder)
        logger.warning(Advice(f"{error.what}; the mask is taken as it is", "{overwrite} makes it"))
        return found
    return band.find_mask()


def check_method(method: str) -> str:
    """Return the method that is meant.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if method.lower() not in ("auto", "manual"):
        raise ParameterError(f"is {method!r}", hint="give 'auto' or 'manual'", argument="method")
    return method.lower()


def _find_folder(method: str) -> Path | None:
    """Return the folder of masks that would else be in the place of those of ``"auto"``."""
    return None if method == "auto" else Path(config["Masking"]["MASK_DIR"]) / method


def _take(band: BandData, path: Path) -> Path:
    """Take a mask of skyseg as it is, and the pixels that any other marks."""
    try:
        return find_mask(path)
    except ParameterError:
        names = [each.name for each in list_hdus(path).hdus] if path.is_file() else []
    source = f"{path}[{ALL}]" if ALL in names else path
    band.mask(source, overwrite=True, work_dir=_find_folder(GIVEN))
    return band.find_mask()


def combine_masks(stack: BandData, masks: Sequence[Path], method: str, *, overwrite: bool) -> Path:
    """Make the mask of a stack: what is masked in any of its bands.

    Parameters
    ----------
    stack : BandData
        The stack.
    masks : sequence of Path
        Masks of its bands.
    method : {"auto", "manual", "given"}
        How these were made.
    overwrite : bool
        Whether to make it whatever is there.

    Raises
    ------
    StaleProductError
        If that on disk was made from something else.
    ProductError
        If one cannot be read or written.
    """
    paths = make_map_path(
        "mask", instrument=stack.instrument, version=stack.version, survey=stack.survey,
        band=stack.band, work_dir=_find_folder(method) or stack.work_dir,
    )  # fmt: skip

    def combine() -> tuple[LabelImage, dict[str, float]]:
        bits = np.zeros(stack.shape, np.int32)
        for path in masks:
            bits |= read_mask(path)[0]
        return bits, {}

    inputs = tuple(InputMap.of("MASK", MapRef.parse(path, None)) for path in masks)
    recipe = MaskRecipe(settings={"METHOD": "combined"}, inputs=inputs)
    load_or_make_mask(paths, recipe, combine, wcs=stack.wcs, overwrite=overwrite)
    return paths.cat


def tell_args(path: Path) -> dict[str, Any]:
    """Tell how a mask was made, in galfind's words."""
    header = read_header(path) or fits.Header()
    told: dict[str, Any] = {"method": str(header.get("METHOD", "")).strip()}
    if "EDGEDIST" in header:
        told["edge_mask_distance"] = float(header["EDGEDIST"])
    return told


def load_masks(path: Path) -> tuple[dict[str, npt.NDArray[np.int64]], dict[str, fits.Header]]:
    """Read a mask as maps of 0 and 1: of all that is masked, and of each bit.

    Returns
    -------
    masks : dict of str to ndarray of int64, shape (ny, nx)
        ``"MASK"``, and those of `skyseg.masks.bits.MaskBit`.
    headers : dict of str to Header
        By the same names.
    """
    bits, header = read_mask(path)
    masks = {ALL: (bits != 0).astype(np.int64)}
    masks |= {str(bit.name): ((bits & int(bit)) != 0).astype(np.int64) for bit in MaskBit}
    return masks, {name: header.copy() for name in masks}
