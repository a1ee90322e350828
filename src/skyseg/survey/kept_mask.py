"""How a mask on disk was made, so that it is loaded, or made again, by the same arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg.errors import ParameterError
from skyseg.imaging import MapRef
from skyseg.masks.star_lists import KnownStars
from skyseg.products.fits_files import read_header
from skyseg.products.input_maps import list_named_inputs
from skyseg.products.masks import find_mask

if TYPE_CHECKING:
    from astropy.io import fits

    from skyseg.survey.band import BandData


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
        header = read_header(find_mask(band._make_mask_paths(work_dir).cat))
    except ParameterError:
        return {}
    return {} if header is None else find_mask_arguments(header)


def find_mask_arguments(header: fits.Header) -> dict[str, Any]:
    """Return the arguments by which a mask was made.

    A list of stars is known by its checksum alone, and is one that cannot be drawn again.

    Parameters
    ----------
    header : Header
        That of the mask.

    Returns
    -------
    dict
        Those of `skyseg.BandData.mask`.
    """
    stars, method = str(header["STARS"]), str(header["METHOD"])
    arguments: dict[str, Any] = {"method": method, "regions": find_mask_regions(header)}
    is_list = stars.startswith("list ")
    arguments["stars"] = KnownStars(stars.removeprefix("list ")) if is_list else stars == "found"
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
