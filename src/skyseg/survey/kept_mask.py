"""How a mask on disk was made, so that it is loaded, or made again, by the same arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from skyseg.errors import ParameterError, ProductError
from skyseg.imaging import MapRef
from skyseg.products.fits_files import read_header
from skyseg.products.input_maps import list_named_inputs
from skyseg.products.masks import find_mask, read_mask_stars

if TYPE_CHECKING:
    from astropy.io import fits

    from skyseg.survey.band import BandData

_TOLD: Final = ("METHOD", "EDGEDIST", "DQBITS", "STARS", "SPIKEANG")


def read_mask_arguments(band: BandData, work_dir: str | Path | None) -> dict[str, Any]:
    """Return the arguments by which the mask of a band is as it was made.

    Parameters
    ----------
    band : BandData
        The band.
    work_dir : str, Path or None
        Folder for the products; None is that of the band.

    Returns
    -------
    dict
        Those of `skyseg.BandData.mask`; empty where there is no mask.

    Raises
    ------
    ProductError
        If it cannot be read.
    """
    try:
        path = find_mask(band._make_mask_paths(work_dir).cat)
    except ParameterError:
        return {}
    return find_mask_arguments(path)


def find_mask_arguments(path: Path) -> dict[str, Any]:
    """Return the arguments by which a mask was made; a list of stars is kept in its file.

    Parameters
    ----------
    path : Path
        The mask.

    Returns
    -------
    dict
        Those of `skyseg.BandData.mask`.

    Raises
    ------
    ProductError
        If it cannot be read, or an earlier skyseg made it, which did not keep all of them.
    """
    header = read_header(path) or {}
    if any(key not in header for key in _TOLD):
        raise ProductError(
            f"{path} does not say by which stars it was made, as it is of an earlier skyseg",
            hint="make it again with {make_mask}, {overwrite}",
        )
    stars, method = str(header["STARS"]), str(header["METHOD"])
    arguments: dict[str, Any] = {"method": method, "regions": find_mask_regions(header)}
    is_list = stars.startswith("list ")
    arguments["stars"] = read_mask_stars(path) if is_list else stars == "found"
    if method == "auto":
        arguments["edge_distance"] = float(header["EDGEDIST"])
    if method == "file":
        arguments["method"] = _find_given(header)
        dq_bits = str(header["DQBITS"])
        arguments["dq_bits"] = None if dq_bits == "any" else int(dq_bits)
    angle = str(header["SPIKEANG"])
    return arguments | ({} if angle == "found" else {"spike_angle": float(angle)})


def find_mask_regions(header: fits.Header) -> Path | None:
    """Return the region file that a mask was made of; None where it was of none."""
    named = list_named_inputs(dict(header))
    return next((path for role, path, _ in named if role == "REGIONS"), None)


def _find_given(header: fits.Header) -> MapRef:
    for role, path, ext in list_named_inputs(dict(header)):
        if role == "MASK":
            return MapRef(path, ext)
    raise ParameterError("the mask does not say of which map it is", hint="make it again")
