"""Bands combined into one to detect in: on which grid, on which scale, where the stack lies."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg.engine.bad_pixels import HIGHEST_RMS
from skyseg.engine.dask_mapper import DaskMapper
from skyseg.engine.mappers import Mapper, report_each
from skyseg.engine.rows import Rows
from skyseg.engine.stacking import (
    Layer,
    StackedPixels,
    StackMethod,
    check_stack_method,
    is_in_noise_units,
    stack_images,
    strip_rows,
)
from skyseg.engine.types import ErrType, Progress, check_err_type
from skyseg.errors import Advice, DataNotFoundError, ImageError, ParameterError
from skyseg.imaging import BandMaps, MapRef
from skyseg.imaging.grids import TOLERANCE, largest_offset
from skyseg.imaging.reading import is_seekable
from skyseg.imaging.resampling import ResampledRows
from skyseg.products.names import make_map_path
from skyseg.products.stacks import StackRecipe, load_or_make_stack
from skyseg.survey._order import find_place
from skyseg.survey.band_extraction import list_inputs
from skyseg.survey.clusters import connected
from skyseg.survey.progress import follow
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from distributed import Client

    from skyseg.survey.band import BandData

_NANOJANSKY: Final = 31.4
"""AB magnitude of a nanojansky, which is the unit of a stack of flux."""

_BAD: Final = 1e30
_SUFFIX: Final = re.compile(r"(?P<bands>.*?)(?:_(?P<method>CHI|CHI_MEAN|MAX_SNR))?(?P<wht>_WHT)?")

_BYTES_A_PIXEL: Final = 8
"""Of each band, image and error map."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StackKey:
    """What the name of a stack says of it.

    Attributes
    ----------
    bands : tuple of str
        Keys of its bands.
    method : {"ivw", "chi", "chi_mean", "max_snr"}
        How they are combined.
    err_type : {"rms_err", "wht"}
        Where the noise comes from.
    """

    bands: tuple[str, ...]
    method: StackMethod
    err_type: ErrType

    @classmethod
    def parse(cls, text: str) -> StackKey:
        """Read the name of a stack.

        Examples
        --------
        >>> StackKey.parse("F277W+F444W_CHI_WHT")
        StackKey(bands=('F277W', 'F444W'), method='chi', err_type='wht')
        """
        found = _SUFFIX.fullmatch(text.upper())
        assert found is not None
        return cls(
            tuple(each.strip() for each in found["bands"].split("+")),
            check_stack_method((found["method"] or "ivw").lower()),
            "wht" if found["wht"] else "rms_err",
        )


def name_stack(members: Sequence[BandMaps], method: StackMethod, err_type: ErrType) -> str:
    """Name a stack by its bands; what is not usual of it follows."""
    times = Counter(each.band for each in members)
    names = [each.band if times[each.band] == 1 else f"{each.instrument} {each.band}"
             for each in members]  # fmt: skip
    of_method = "" if method == "ivw" else f"_{method.upper()}"
    return "+".join(names) + of_method + ("_WHT" if err_type == "wht" else "")


def stack_maps(
    members: Sequence[BandMaps],
    *,
    method: str = "ivw",
    err_type: ErrType | None = None,
    reproject: bool = False,
    overwrite: bool = False,
    work_dir: str | Path | None = None,
    progress: Progress | None = None,
    mapper: Mapper | None = None,
) -> tuple[BandMaps, bool]:
    """Make the stack of bands, or take that on disk.

    Parameters
    ----------
    members : sequence of BandMaps
        The bands, in the order of their wavelengths; the first one's grid is that of the
        stack.
    method, err_type, reproject, overwrite, work_dir
        As for `skyseg.Data.stack`.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.
    mapper : Mapper, optional
        How strips are worked; by default in threads.

    Returns
    -------
    maps : BandMaps
        Those of the stack.
    made : bool
        Whether it was made.

    Raises
    ------
    SkysegError
        As `skyseg.Data.stack` does.
    """
    how = check_stack_method(method)
    noise = check_err_type("rms_err" if err_type is None else err_type)
    zero_points = find_zero_points(members, how, noise)
    first = members[0]
    away = [not _is_on_grid(first, each) for each in members]
    scales = [
        _scale(first, each, zero_point, is_away)
        for each, zero_point, is_away in zip(members, zero_points, away, strict=True)
    ]
    identity = identify_stack(members, name_stack(members, how, noise))
    path = make_map_path("stack", **identity, work_dir=work_dir)
    if overwrite or not path.cat.exists():
        _check_grids(members, away, reproject=reproject)
    recipe = StackRecipe(
        name=identity["band"],
        instrument=identity["instrument"],
        method=how,
        settings={
            "STACKED": ", ".join(f"{each.instrument} {each.band}" for each in members),
            "ERRTYPE": noise,
            "ZPOINTS": " ".join("-" if each is None else f"{each:.6f}" for each in zero_points),
            "RESAMPLE": _join(compress((each.band for each in members), away)) or "-",
        },
        inputs=tuple(given for each in members for given in list_inputs(each, noise)),
        unit="" if is_in_noise_units(how) else "nJy",
    )

    def make() -> Iterator[StackedPixels]:
        layers = [
            _make_layer(first, each, scale, noise, is_away)
            for each, scale, is_away in zip(members, scales, away, strict=True)
        ]
        height = _choose_height(members, noise)
        strips = stack_images(layers, how, noise, rows=height, mapper=mapper)
        count = -(-first.shape[0] // height)
        tell = progress or (lambda part, text: None)
        return _tell_uncovered(report_each(strips, tell, count, "stacking"), members)

    made = load_or_make_stack(
        path, recipe, make, shape=first.shape, wcs=first.wcs, overwrite=overwrite
    )
    logger.info("%s: stack %s: %s", identity["band"], "made" if made else "loaded", path.cat)
    sci, err, wht = (MapRef.parse(f"{path.cat}[{role}]") for role in ("SCI", "ERR", "WHT"))
    maps = BandMaps(
        facility=_join(each.facility for each in members),
        instrument=identity["instrument"],
        version=identity["version"],
        survey=identity["survey"],
        band=identity["band"],
        sci=sci,
        err=err,
        wht=wht,
        pix_scale=first.pix_scale,
    )
    return maps, made


def identify_stack(members: Sequence[BandMaps], name: str) -> dict[str, str]:
    """Return what tells a stack from others, by its members in their order and its name."""
    return {
        "instrument": _join(each.instrument for each in members),
        "version": _join(each.version for each in members),
        "survey": members[0].survey,
        "band": name,
    }


def find_stack_file(bands: Iterable[BandData], name: str) -> Path:
    """Return where the stack of some bands that has a name is, or would be, on disk."""
    members = sorted(bands, key=find_place)
    identity = identify_stack([each.maps for each in members], name)
    return make_map_path("stack", **identity, work_dir=members[0].work_dir).cat


def check_one_grid(bands: Iterable[BandData]) -> None:
    """Check that bands lie on one pixel grid, as those of a stack do that is not reprojected.

    Raises
    ------
    ImageError
        If they do not.
    """
    members = [each.maps for each in sorted(bands, key=find_place)]
    away = [not _is_on_grid(members[0], each) for each in members]
    _check_grids(members, away, reproject=False)


def stack_bands(
    bands: Iterable[BandData],
    *,
    work_dir: str | Path | None = None,
    progress: Progress | bool | None = None,
    client: Client | str | None = None,
    **how: Any,
) -> BandData:
    """Make the stack of bands, or take that on disk; a stack among them stands for its bands.

    Parameters
    ----------
    bands : iterable of BandData
        The bands, in any order.
    work_dir, progress, client
        As for `skyseg.Data.stack`.
    **how
        Further arguments of `stack_maps`.

    Returns
    -------
    BandData
        Its folder and its apertures are those of the first band.
    """
    single = (each for band in bands for each in band.members or (band,))
    members = tuple(sorted(single, key=find_place))
    if not members:
        raise ParameterError("there is no band", hint="give two or more")
    first = members[0]
    folder = first.work_dir if work_dir is None else make_absolute(work_dir, "work_dir")
    with follow(progress) as tell, connected(client) as cluster:
        maps, made = stack_maps(
            [each.maps.cut(None) for each in members],
            work_dir=folder,
            progress=tell,
            mapper=None if cluster is None else DaskMapper(cluster),
            **how,
        )
    stack = type(first)(maps, work_dir=folder)
    stack.members, stack.stack_made = members, made
    stack.take_aper_diams(first)
    return stack


def _check_members(members: Sequence[BandMaps], err_type: ErrType) -> None:
    if err_type == "none":
        raise ParameterError(
            "is 'none', and bands are weighed by their noise",
            hint="use 'rms_err' or 'wht'", argument="err_type",
        )  # fmt: skip
    if len(members) < 2:
        raise ParameterError("one band is no stack", hint="give two or more bands")
    surveys = sorted({each.survey for each in members})
    if len(surveys) > 1:
        raise ParameterError(
            f"the bands are of several surveys, {', '.join(surveys)}", hint="stack those of one"
        )
    for each in members:
        if list(members).count(each) > 1:
            raise ParameterError(f"{each.name} is there twice", hint="give each band once")
        if each.err is None and each.wht is None:
            raise DataNotFoundError(
                f"{each.name} has neither an ERR nor a WHT map, and bands are weighed by their "
                "noise",
                hint="leave it out of the stack",
            )


def _is_on_grid(first: BandMaps, other: BandMaps) -> bool:
    if first.shape != other.shape:
        return False
    if first.wcs is None or other.wcs is None:
        return True
    return largest_offset(first.wcs, other.wcs, first.shape) <= TOLERANCE


def _check_grids(members: Sequence[BandMaps], away: Sequence[bool], *, reproject: bool) -> None:
    """Refuse bands that lie on several grids and are not, or cannot be, brought onto one."""
    first = members[0]
    for each, is_away in zip(members, away, strict=True):
        if not is_away:
            continue
        told = f"{each.name} does not lie on the pixel grid of {first.name}"
        if not reproject:
            raise ImageError(
                told,
                hint="detect in a stack made by {reproject}, and to measure these bands too give "
                "maps that were brought onto one grid, as by the package reproject",
            )
        if first.wcs is None or each.wcs is None:
            raise ImageError(
                f"{told}, and one of them has no WCS", hint="give maps with a celestial WCS"
            )
        logger.info("%s is brought onto the pixel grid of %s", each.name, first.name)


def find_zero_points(
    members: Sequence[BandMaps], method: StackMethod, err_type: ErrType
) -> list[float | None]:
    """Find what brings the fluxes of bands that can be stacked onto one scale.

    Parameters
    ----------
    members : sequence of BandMaps
        The bands.
    method : {"ivw", "chi", "chi_mean", "max_snr"}
        How they are combined.
    err_type : {"rms_err", "wht"}
        What they are weighed by.

    Returns
    -------
    list of float or None
        The zero point of each; None for all where noise is the unit.

    Raises
    ------
    SkysegError
        If they cannot be stacked, whatever is on disk.
    """
    _check_members(members, err_type)
    if is_in_noise_units(method):
        return [None] * len(members)
    unknown = [each.name for each in members if math.isnan(each.known_zero_point)]
    if unknown:
        raise ParameterError(
            f"the zero point of {', '.join(unknown)} is unknown, so that fluxes cannot be brought "
            "onto one scale",
            hint="give {zero_point}, or use the method 'chi', 'chi_mean' or 'max_snr'",
        )
    return [each.zero_point for each in members]


def _scale(first: BandMaps, other: BandMaps, zero_point: float | None, is_away: bool) -> float:
    """Return what one unit of a pixel is in nJy, on the grid of the first band."""
    if zero_point is None:
        return 1.0
    area = float((first.pix_scale / other.pix_scale) ** 2) if is_away else 1.0
    return area * 10 ** (0.4 * (_NANOJANSKY - zero_point))


def _make_layer(
    first: BandMaps, other: BandMaps, scale: float, err_type: ErrType, is_away: bool
) -> Layer:
    noise = other.noise_rows(err_type)
    assert noise is not None
    if not is_away:
        return Layer(other.sci_rows(), noise, scale)
    least = 0.0, HIGHEST_RMS if err_type == "rms_err" else np.inf
    return Layer(
        _resampled(first, other, other.sci_rows(), (-_BAD, _BAD)),
        _resampled(first, other, noise, least),
        scale,
    )


def _resampled(
    first: BandMaps, other: BandMaps, rows: Rows, limits: tuple[float, float]
) -> ResampledRows:
    assert first.wcs is not None and other.wcs is not None
    height = strip_rows(first.shape[1])
    return ResampledRows(rows, other.wcs, first.wcs, first.shape, height, limits)


def _choose_height(members: Sequence[BandMaps], err_type: ErrType) -> int:
    """Choose how many rows are stacked at a time: all where a file can only be read whole."""
    ny, nx = members[0].shape
    height = strip_rows(nx)
    files = {given.ref.path for each in members for given in list_inputs(each, err_type)}
    packed = sorted(path.name for path in files if not is_seekable(path))
    if not packed:
        return height
    if ny > height:
        gigabytes = _BYTES_A_PIXEL * len(members) * ny * nx / 1e9
        logger.warning(
            Advice(
                f"{', '.join(packed)} can only be unpacked whole, so that all bands are stacked "
                f"in one piece, in {gigabytes:.1f} GB of memory or more",
                "unpack such files where memory is short",
                where=members[0].survey,
            )
        )
    return ny


def _tell_uncovered(
    strips: Iterable[StackedPixels], members: Sequence[BandMaps]
) -> Iterator[StackedPixels]:
    """Pass the strips of a stack on, and then say which bands have no good pixel in any."""
    covering = np.zeros(len(members), np.bool_)
    for strip in strips:
        covering |= strip.covering
        yield strip
    for each in compress(members, ~covering):
        what = "has no pixel with a measurement in the stack, and adds nothing to it"
        logger.warning(Advice(what, "check its maps if it should have some", where=each.name))


def _join(names: Iterable[str]) -> str:
    return "+".join(dict.fromkeys(names))
