"""The mask of a band: what it is made of, where it lies, and the area that it leaves."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Table

from skyseg.engine.maps import Maps
from skyseg.engine.rows import Window, choose_strips
from skyseg.engine.segmentation import report_within
from skyseg.engine.types import BoolImage, ErrType, LabelImage, Progress, tell_nobody
from skyseg.errors import Advice, DataNotFoundError, ImageError, ParameterError, verbatim
from skyseg.imaging import BandMaps, MapRef
from skyseg.imaging.rows import MarkRows
from skyseg.masks.bits import MaskBit
from skyseg.masks.edges import draw_edges, mark_bad
from skyseg.masks.regions import draw_regions, find_region_file
from skyseg.masks.star_lists import StarList, read_star_list
from skyseg.masks.stars import SPIKES, draw_stars, find_spike_angle, find_stars
from skyseg.products.input_maps import InputMap
from skyseg.products.masks import MaskRecipe, load_or_make_mask
from skyseg.products.names import SingleFile
from skyseg.survey.band_extraction import list_inputs

_BAD, _EDGES, _STARS = 0.2, 0.4, 0.95
"""Parts of the work that are done when bad pixels, edges and stars are."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class MaskSource:
    """What a mask is made of, settled.

    Attributes
    ----------
    method : {"auto", "manual", "file"}
        How its bits are found.
    edge_distance : float
        In pixels.
    regions : Path or None
        DS9 file.
    given : MapRef or None
        A FITS mask or DQ map.
    dq_bits : int or None
        Which bits of that count; None for any value but 0.
    finds_stars : bool
        Whether stars are looked for.
    stars : StarList or None
        Those that are given.
    spike_angle : float or None
        In degrees; None where it is looked for.
    """

    method: str
    edge_distance: float
    regions: Path | None = None
    given: MapRef | None = None
    dq_bits: int | None = None
    finds_stars: bool = False
    stars: StarList | None = None
    spike_angle: float | None = None


def settle_source(
    maps: BandMaps,
    method: str | Path | MapRef,
    edge_distance: u.Quantity | float,
    regions: str | Path | None,
    dq_bits: int | Sequence[int] | None,
    stars: bool | str | Path | Table = True,
    spike_angle: float | None = None,
) -> MaskSource:
    """Settle what a mask is made of; the arguments are those of `skyseg.BandData.mask`.

    Raises
    ------
    SkysegError
        If one is not allowed, or there is no such file.
    """
    named, given, shapes = str(method), None, regions
    if named not in ("auto", "manual"):
        path = Path(named).expanduser()
        if path.is_dir() or path.suffix == ".reg":
            named, shapes = _refuse_both(regions, path), path
        else:
            named, given = "file", MapRef.parse(method, None)
    elif named == "manual" and regions is None:
        raise ParameterError(
            "is 'manual', and there are no regions", hint="give {mask_regions}, a file or a folder",
            argument="method",
        )  # fmt: skip
    if dq_bits is not None and given is None:
        raise ParameterError(
            "is given, and no map that it is of", hint="give the map as method",
            argument="dq_bits",
        )  # fmt: skip
    found = None if shapes is None else Path(shapes).expanduser().absolute()
    if found is not None and found.is_dir():
        found = _find_of_band(found, maps, needed=named == "manual")
    elif found is not None and not found.exists():
        raise DataNotFoundError(f"{found} does not exist", hint="correct the path")
    return MaskSource(
        method=named,
        edge_distance=_in_pixels(edge_distance, maps.pix_scale),
        regions=found,
        given=given,
        dq_bits=_sum_bits(dq_bits),
        finds_stars=stars is True and named == "auto",
        stars=None if isinstance(stars, bool) else _read_stars(stars, maps),
        spike_angle=None if spike_angle is None else _check_angle(spike_angle),
    )


def _find_of_band(folder: Path, maps: BandMaps, *, needed: bool) -> Path | None:
    """Find the region file of a band; where it is not needed, there may be others' alone."""
    found = find_region_file(folder, maps.band)
    if found is not None:
        return found
    what, name = f"there is no region file of {maps.band} in {folder}", verbatim(maps.band)
    if needed:
        raise DataNotFoundError(what, hint=f"give its path, or name it as {name}.reg")
    hint = f"name one as {name}.reg if it should have some"
    logger.warning(Advice(f"{what}, so its mask has no regions", hint, where=maps.name))
    return None


def _read_stars(stars: str | Path | Table, maps: BandMaps) -> StarList:
    if maps.wcs is None or np.isnan(maps.zero_point):
        raise ParameterError(
            f"is given, and {maps.name} has no {'WCS' if maps.wcs is None else 'zero point'}",
            hint="have stars found in the image", argument="stars",
        )  # fmt: skip
    return read_star_list(stars)


def _check_angle(angle: float) -> float:
    try:
        value = float(angle)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise ParameterError(
            f"is {angle!r}", hint="give degrees from x towards y", argument="spike_angle"
        )
    return value % 360


def _refuse_both(regions: str | Path | None, path: Path) -> str:
    if regions is not None:
        raise ParameterError(
            f"and the method {str(path)!r} both name regions", hint="give one of them",
            argument="regions",
        )  # fmt: skip
    return "manual"


def _in_pixels(distance: u.Quantity | float, pix_scale: u.Quantity) -> float:
    try:
        quantity = u.Quantity(distance)
        if quantity.unit.is_equivalent(u.deg):
            quantity = quantity / pix_scale
        elif quantity.unit == u.pix:
            quantity = quantity / u.pix
        value = float(quantity.to_value(u.dimensionless_unscaled))
    except (TypeError, ValueError, u.UnitsError) as error:
        raise ParameterError(
            f"is {distance!r}", hint="give a number of pixels or an angle",
            argument="edge_distance",
        ) from error  # fmt: skip
    if not 0 <= value <= 10_000:
        raise ParameterError(
            f"is {distance}", hint="give 0 to 10000 pixels", argument="edge_distance"
        )
    return value


def _sum_bits(dq_bits: int | Sequence[int] | None) -> int | None:
    if dq_bits is None:
        return None
    values = [dq_bits] if isinstance(dq_bits, int | np.integer) else list(dq_bits)
    total = 0
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ParameterError(
                f"has {value!r}", hint="give values of bits such as 1 and 512",
                argument="dq_bits",
            )  # fmt: skip
        total |= int(value)
    if total >= 2**63:
        raise ParameterError(f"is {dq_bits!r}", hint="give bits below 2^63", argument="dq_bits")
    return total


def make_mask(
    maps: BandMaps,
    source: MaskSource,
    paths: SingleFile,
    *,
    overwrite: bool = False,
    progress: Progress = tell_nobody,
) -> bool:
    """Make the mask of a band, or take that on disk where it fits; tell whether it was made.

    Raises
    ------
    SkysegError
        As `skyseg.BandData.mask` does.
    """
    err_type: ErrType = "none" if maps.err is None and maps.wht is None else "rms_err"
    inputs = list_inputs(maps, err_type)
    if source.regions is not None:
        inputs += (InputMap.of("REGIONS", MapRef(source.regions, 0)),)
    if source.given is not None:
        inputs += (InputMap.of("MASK", source.given),)
    settings = {
        "METHOD": source.method,
        "EDGEDIST": f"{source.edge_distance:g}",
        "DQBITS": "any" if source.dq_bits is None else str(source.dq_bits),
        "STARS": _tell_stars(source),
        "SPIKEANG": "found" if source.spike_angle is None else f"{source.spike_angle:g}",
    }
    return load_or_make_mask(
        paths,
        MaskRecipe(settings=settings, inputs=inputs, stars=source.stars),
        lambda: _draw(maps, source, err_type, progress),
        wcs=maps.wcs,
        overwrite=overwrite,
    )


def _tell_stars(source: MaskSource) -> str:
    if source.stars is not None:
        return f"list {source.stars.digest}"
    return "found" if source.finds_stars else "none"


def _draw(
    maps: BandMaps, source: MaskSource, err_type: ErrType, progress: Progress
) -> tuple[LabelImage, dict[str, float]]:
    noise = None if err_type == "none" else maps.noise_rows(err_type, None)
    engine_maps = Maps(maps.sci_rows(), noise, err_type, maps.name)
    bits = np.zeros(maps.shape, np.int32)
    distance = source.edge_distance if source.method == "auto" else 0.0
    bad = mark_bad(engine_maps, report_within(progress, 0.0, _BAD))
    draw_edges(bits, bad, distance, progress=report_within(progress, _BAD, _EDGES))
    if source.given is not None:
        _draw_given(bits, maps.mark_rows(source.given, source.dq_bits))
    if is_empty := bool(bad.all()):
        what = "has no pixel with a measurement, so all of its mask is BAD"
        logger.warning(Advice(what, "check its maps if it should have some", where=maps.name))
    tell_stars = report_within(progress, _EDGES, _STARS)
    facts = _draw_stars(bits, engine_maps, maps, source, tell_stars, is_empty=is_empty)
    progress(_STARS, "writing")
    if source.regions is not None:  # last, so that a minus takes out what was found too
        draw_regions(bits, source.regions, maps.wcs)
    return bits, facts


def _draw_stars(
    bits: LabelImage, engine_maps: Maps, maps: BandMaps, source: MaskSource, progress: Progress,
    *, is_empty: bool,
) -> dict[str, float]:  # fmt: skip
    """Draw stars and their spikes; return how many there are, and where the spikes stand."""
    if not source.finds_stars and source.stars is None:
        return {}
    if is_empty:  # by whose noise stars would be drawn
        return {"NSTARS": 0}
    stars = find_stars(engine_maps, progress)
    if source.stars is not None:
        x, y = source.stars.place(maps.wcs)
        flux = 10 ** (-0.4 * (source.stars.mag - maps.zero_point)) / stars.noise
        on_plane = np.isfinite(x) & np.isfinite(y)
        stars = replace(stars, x=x[on_plane], y=y[on_plane], flux=flux[on_plane])
    spikes = SPIKES.get(maps.facility.lower(), 0)
    angle = source.spike_angle
    if angle is None:
        angle = find_spike_angle(engine_maps, stars, spikes)
    draw_stars(bits, stars, spikes, angle)
    facts: dict[str, float] = {"NSTARS": len(stars.flux)}
    return facts if angle is None or not spikes else facts | {"SPIKEDEG": round(angle, 3)}


def _draw_given(bits: LabelImage, rows: MarkRows) -> None:
    """Draw what a FITS mask or a DQ map marks."""
    for start, stop in choose_strips(rows.shape, None):
        marked = rows.read(Window(start, stop, 0, rows.shape[1]))
        bits[start:stop][marked] |= MaskBit.FLAGGED


def measure_area(
    masks: Iterable[LabelImage], excluded: MaskBit, pix_scale: u.Quantity
) -> u.Quantity:
    """Measure the area that masks on one grid leave, all of them, in arcmin2.

    Raises
    ------
    ImageError
        If they differ in shape.
    """
    masked: BoolImage | None = None
    for bits in masks:
        masked = np.zeros(bits.shape, np.bool_) if masked is None else masked
        if bits.shape != masked.shape:
            raise ImageError(
                f"masks of {masked.shape} and {bits.shape} pixels are of different grids",
                hint="measure the area of each band",
            )
        masked |= (bits & int(excluded)) != 0
    assert masked is not None
    unmasked = masked.size - int(np.count_nonzero(masked))
    return (unmasked * pix_scale**2).to(u.arcmin**2)
