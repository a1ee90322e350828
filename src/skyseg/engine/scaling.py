"""Powers of two that bring maps of any unit to numbers whose squares single precision holds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from skyseg.engine._arrays import as_image
from skyseg.engine.bad_pixels import BAD_VARIANCE, HIGHEST_RMS
from skyseg.engine.canvases import Canvas, Pack
from skyseg.engine.known_facts import find_scale, keep_scale, name_scale
from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Rows, Window, spread_windows, state_of
from skyseg.engine.scatter import median_of
from skyseg.engine.types import Columns, FloatImage
from skyseg.errors import ImageError

_ORDINARY: Final = 40
"""Exponents of two up to which maps are worked as they are."""

_MARK: Final = 100
"""Exponent of the values, of about 1e30, that mark bad pixels of an ordinary image."""

_FARTHEST: Final = 90
_BOUNDS: Final = frozenset({"weight_thresh", "back_filtthresh", "detect_thresh", "analysis_thresh"})
_HIGHEST: Final = 1e30
"""The highest of these parameters that is allowed."""

_LEVELS: Final = ("THRESHOLD", "ANALYSIS_THRESHOLD", "BACKGROUND")


@dataclass(frozen=True)
class Scale:
    """By which powers of two maps are divided before they are worked.

    Attributes
    ----------
    sci, err : int
        Exponents of image and error map.
    source : NoiseSource
        What the error map holds.
    """

    sci: int
    err: int
    source: NoiseSource

    def scale_maps(self, maps: Maps) -> Maps:
        """Return the maps as they are worked."""
        is_variance = self.source.weight_type == "MAP_VAR"
        if not (self.sci or self.err or is_variance):
            return maps
        # far above an image of large numbers a value is the mark of a bad pixel still
        highest = 2.0 ** min(max(_MARK - self.sci, _ORDINARY), _MARK)
        sci = _ScaledRows(maps.sci, self.sci, highest)
        # the mark of a bad pixel in SExtractor's maps of variance, whatever their scale
        worst = float(np.ldexp(np.float32(BAD_VARIANCE), -self.err)) if is_variance else np.inf
        err = None if maps.err is None else _ScaledRows(maps.err, self.err, worst)
        return replace(maps, sci=sci, err=err)

    def scale_parameters(self, parameters: Parameters) -> Parameters:
        """Return the parameters with what is in the unit of a map scaled with it."""
        down = 2.0**-self.sci
        changes: dict[str, Any] = {
            name: getattr(parameters, name) * down
            for name in ("back_value", "back_filtthresh", "satur_level")
        }
        changes["gain"] = parameters.gain / down
        if parameters.weight_thresh is not None:
            changes["weight_thresh"] = parameters.weight_thresh * 2.0**-self.err
        for name in ("detect_thresh", "analysis_thresh"):
            value = getattr(parameters, name)
            if isinstance(value, tuple):
                changes[name] = (value[0], value[1] + 2.5 * np.log10(down))
            elif parameters.thresh_type == "ABSOLUTE":
                changes[name] = value * down
        # no value of a scaled map lies beyond the highest that these may have
        for name in _BOUNDS & changes.keys():
            if isinstance(changes[name], float):
                changes[name] = min(changes[name], _HIGHEST)
        return parameters.replace(**changes) if self.sci or self.err else parameters

    def scale_canvas(self, canvas: Canvas) -> Canvas:
        """Return a canvas that draws the background in the unit of the image."""
        return _ScaledCanvas(canvas, 2.0**self.sci) if self.sci else canvas

    def restore_columns(self, columns: Columns) -> Columns:
        """Return measurements in the unit of the image."""
        if not self.sci:
            return columns
        up = 2.0**self.sci
        return {
            name: values * up if is_in_image_unit(name) else values
            for name, values in columns.items()
        }

    def restore_facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return facts of the image in its unit and that of its error map."""
        sign = -1 if self.source.weight_type == "MAP_WEIGHT" else 1
        factor = 2.0 ** (self.sci - sign * self.err / 2) if self.source.rescaled else 1.0
        return facts | {
            "weight_factor": facts["weight_factor"] * factor,
            "noise": facts["noise"] * 2.0**self.sci,
        }


def choose_scale(maps: Maps, parameters: Parameters) -> Scale:
    """Choose the powers of two that maps are divided by; 0 for ordinary ones.

    Of maps that tell their state this is done once while they stay as they are.

    Parameters
    ----------
    maps : Maps
        The maps, of which some blocks are read.
    parameters : Parameters
        Those of the noise are used.

    Raises
    ------
    ImageError
        If image and error map are so far apart that no scale fits both.
    ParameterError
        If ``weight_type`` contradicts the error type.
    """
    source = NoiseSource.of(maps.err_type, parameters)
    name = name_scale(maps, source)
    return find_scale(name) or keep_scale(name, _choose_by_blocks(maps, source))


def _choose_by_blocks(maps: Maps, source: NoiseSource) -> Scale:
    parts = [maps.read(window) for window in spread_windows(maps.shape)]
    peak = _find_level([_find_peak(sci) for sci, _ in parts])
    level = _find_level([_find_middle(err, source) for _, err in parts if err is not None])
    if source.weight_type == "MAP_RMS":
        exponent = _exponent_of(level if 0 < level < HIGHEST_RMS else peak)
        if exponent and _exponent_of(peak, 0) - exponent > _FARTHEST:
            raise ImageError(
                f"is {level:.3g} where the image is {peak:.3g}, beyond 32-bit numbers",
                hint="check its unit and its kind", argument="err", where=maps.name,
            )  # fmt: skip
        return Scale(exponent, exponent, source)
    sign = {"MAP_VAR": 2, "MAP_WEIGHT": -2}.get(source.weight_type, 0)
    if sign and not source.rescaled and level > 0:
        exponent = _exponent_of(level ** (1 / sign))
        return Scale(exponent, sign * exponent, source)
    exponent = _exponent_of(peak)
    if source.thresh is not None:
        return Scale(exponent, sign * exponent, source)
    return Scale(exponent, 2 * _exponent_of(level**0.5), source)


def is_in_image_unit(name: str) -> bool:
    """Tell whether a column is in the unit of the image.

    Examples
    --------
    >>> [is_in_image_unit(name) for name in ("FLUX_AUTO", "FLUXERR_ISO", "FLUX_RADIUS")]
    [True, True, False]
    """
    return name in _LEVELS or (
        name.startswith(("FLUX_", "FLUXERR_")) and not name.startswith("FLUX_RADIUS")
    )


@dataclass(frozen=True, eq=False)
class _ScaledRows:
    """A map whose values are divided by a power of two, NaN where they are then too high."""

    rows: Rows
    exponent: int
    highest: float

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows.shape

    @property
    def state(self) -> Hashable | None:
        of_map = state_of(self.rows)
        return None if of_map is None else (of_map, self.exponent, self.highest)

    def read(self, window: Window) -> FloatImage:
        with np.errstate(over="ignore"):
            values = np.ldexp(as_image(self.rows.read(window), "image"), -self.exponent)
        values[np.abs(values) >= self.highest] = np.nan
        return values


class _ScaledCanvas:
    """A canvas whose background has another unit than that of the work."""

    def __init__(self, canvas: Canvas, factor: float) -> None:
        self.row_step = canvas.row_step
        self._canvas, self._factor = canvas, factor

    def packer(self, step: float) -> Pack:
        return self._canvas.packer(step * self._factor)

    def write(self, first: int, packed: Any) -> None:
        self._canvas.write(first, packed)


def _find_peak(sci: FloatImage) -> float:
    """Largest absolute value of a block, of those that are no marks of a bad pixel."""
    size = np.abs(sci)
    return float(size[size < BAD_VARIANCE].max(initial=0.0))


def _find_middle(err: FloatImage, source: NoiseSource) -> float:
    """Median of the good values of an error map in a block; 0 where there is none."""
    good = err[np.isfinite(err) & (err > 0)].astype(np.float64)
    marks = {"MAP_RMS": HIGHEST_RMS, "MAP_VAR": float(BAD_VARIANCE)}
    usual = good[good < marks.get(source.weight_type, np.inf)]
    return median_of(usual if usual.size else good) if good.size else 0.0


def _find_level(values: list[float]) -> float:
    """Median of what is above 0, or 0 where values are so far apart that it says nothing."""
    found = [value for value in values if value > 0]
    if not found or np.log2(max(found)) - np.log2(median_of(found)) > _ORDINARY:
        return 0.0
    return median_of(found)


def _exponent_of(level: float, ordinary: int = _ORDINARY) -> int:
    """Exponent of two of a level, 0 for an ordinary or an unknown one."""
    exponent = int(np.frexp(level)[1])
    return exponent if level > 0 and abs(exponent) > ordinary else 0
