"""Facts of whole images that were measured before, for as long as their maps stay as they are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final

from skyseg.engine.rows import state_of

if TYPE_CHECKING:
    from skyseg.engine.image_facts import ImageFacts
    from skyseg.engine.maps import Maps
    from skyseg.engine.noise import NoiseSource
    from skyseg.engine.parameters import Parameters
    from skyseg.engine.scaling import Scale
    from skyseg.engine.seen_pixels import SeenPixels

_MOST_MESHES: Final = 2**20
"""Meshes of all images whose facts are kept: about 40 bytes each."""

_MOST_SCALES: Final = 2**10

_kept: Final[OrderedDict[Hashable, ImageFacts]] = OrderedDict()
_scales: Final[OrderedDict[Hashable, Scale]] = OrderedDict()
_pixels: Final[dict[Hashable, SeenPixels]] = {}
"""Those of one image: the last that was detected in."""

_lock: Final = Lock()


def name_facts(maps: Maps, sky: Parameters, hole_rows: Sequence[int]) -> Hashable | None:
    """Return what facts depend on; None where a map does not tell its pixels from others.

    Parameters
    ----------
    maps : Maps
        The image.
    sky : Parameters
        What they are measured by; see `skyseg.engine.whole_image.keep_sky`.
    hole_rows : sequence of int
        Rows at which filling is followed.
    """
    states = _tell_states(maps)
    return None if states is None else (states, maps.err_type, sky, tuple(hole_rows))


def name_scale(maps: Maps, source: NoiseSource) -> Hashable | None:
    """Return what the scale of maps depends on; None where a map does not tell its pixels."""
    states = _tell_states(maps)
    return None if states is None else (states, source)


def name_pixels(maps: Maps, parameters: Parameters) -> Hashable | None:
    """Return what is detected depends on; None where a map does not tell its pixels."""
    states = _tell_states(maps)
    return None if states is None else (states, maps.err_type, parameters)


def _tell_states(maps: Maps) -> Hashable | None:
    mask = maps.mask if maps.mask is not None and maps.mask.excluded else None
    read = [maps.sci, *([] if maps.err is None else [maps.err])]
    states = [state_of(rows) for rows in (*read, *([] if mask is None else [mask.rows]))]
    return None if None in states else (*states, 0 if mask is None else mask.excluded)


def find_facts(name: Hashable | None) -> ImageFacts | None:
    """Return facts that were measured before, or None."""
    with _lock:
        if name is None or name not in _kept:
            return None
        _kept.move_to_end(name)
        return _kept[name]


def keep_facts(name: Hashable | None, facts: ImageFacts) -> ImageFacts:
    """Keep facts for the next time, and let go of those that were asked for longest ago."""
    if name is not None:
        with _lock:
            _kept[name] = facts
            while sum(each.raw.image[0].size for each in _kept.values()) > _MOST_MESHES:
                _kept.popitem(last=False)
    return facts


def find_scale(name: Hashable | None) -> Scale | None:
    """Return a scale that was chosen before, or None."""
    with _lock:
        return None if name is None else _scales.get(name)


def keep_scale(name: Hashable | None, scale: Scale) -> Scale:
    """Keep a scale for the next time, and let go of the one that was chosen longest ago."""
    if name is not None:
        with _lock:
            _scales[name] = scale
            if len(_scales) > _MOST_SCALES:
                _scales.popitem(last=False)
    return scale


def find_pixels(name: Hashable | None) -> SeenPixels | None:
    """Return the pixels that were detected before, or None."""
    with _lock:
        return None if name is None else _pixels.get(name)


def keep_pixels(name: Hashable | None, pixels: SeenPixels) -> None:
    """Keep detected pixels for the next time, if they are not too many, and let go of others."""
    if name is not None and pixels.is_whole:
        with _lock:
            _pixels.clear()
            _pixels[name] = pixels


def forget_facts() -> None:
    """Measure all images anew, whatever their maps tell."""
    with _lock:
        _kept.clear()
        _scales.clear()
        _pixels.clear()
