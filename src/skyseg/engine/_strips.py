"""The work on one strip of an image: pure functions, for any thread or machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from skyseg.engine._borders import CutRegions, Edges, part_at_borders
from skyseg.engine._compact import Compact
from skyseg.engine._isophotes import measure_isophotes
from skyseg.engine.background import Mesh, MeshRule, round_background
from skyseg.engine.canvases import Pack
from skyseg.engine.detection import connect
from skyseg.engine.image_facts import StripFacts
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage, RawPart, measure_raw
from skyseg.engine.rows import Window
from skyseg.engine.runs import NO_RUNS, Drawing, Runs
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import deblend_regions
from skyseg.engine.thresholding import Foreground, find_in_maps, scan_rows
from skyseg.engine.types import Columns, IntArray

if TYPE_CHECKING:
    from skyseg.engine._spread import SpreadDrawing


@dataclass(frozen=True)
class Work:
    """What every strip of an image needs to know.

    Attributes
    ----------
    image : PreparedImage
        The image, of which each strip reads its part.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    columns : frozenset of str
        What is measured.
    """

    image: PreparedImage
    aper_diams: tuple[float, ...]
    columns: frozenset[str]

    @property
    def mesh(self) -> Mesh:
        """Background level and noise of the image."""
        assert self.image.mesh is not None
        return self.image.mesh

    @property
    def parameters(self) -> Parameters:
        """The extraction parameters."""
        return self.image.parameters

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the image."""
        return self.image.maps.shape


@dataclass(frozen=True)
class Found(Compact):
    """Sources of some regions, before CLEAN."""

    shapes: Shapes
    flags: IntArray
    isophotes: Columns
    first: IntArray
    last: IntArray
    runs: Runs
    small: Runs

    @property
    def without_pixels(self) -> Found:
        """The same sources, without their runs."""
        return replace(self, runs=NO_RUNS, small=NO_RUNS)


@dataclass(frozen=True)
class FoundStrip:
    """What a strip holds: sources of whole regions, and regions that may go on beyond it.

    With what it tells of the image, if that was measured, and its pixels above the threshold, if
    they are to be kept.
    """

    stop: int
    found: Found
    cut: CutRegions
    edges: Edges
    facts: tuple[StripFacts, ...] = ()
    pixels: Foreground | None = None

    def tell(self) -> tuple[int, Found, Edges]:
        """Return what has to be known to go on, and the row after the last."""
        return self.stop, self.found, self.edges

    def tell_without_pixels(self) -> tuple[int, Found, Edges]:
        """Return the same, without the runs of whole sources."""
        return self.stop, self.found.without_pixels, self.edges


@dataclass(frozen=True)
class FoundCut:
    """Sources of regions that strips share, and the rows that these lie in."""

    rows: tuple[int, int]
    found: Found

    def tell(self) -> tuple[tuple[int, int], Found]:
        """Return what has to be known to go on."""
        return self.rows, self.found

    def tell_without_pixels(self) -> tuple[tuple[int, int], Found]:
        """Return the same, without the runs of the sources."""
        return self.rows, self.found.without_pixels


class FoundPart(NamedTuple):
    """Sources, the rows that they lie in, and what stands for what has their pixels.

    They are in ``found`` where nothing does.
    """

    found: Found
    rows: tuple[int, int]
    kept: Any


def detect_strips(
    work: Work, within: Window, strips: Sequence[tuple[int, int]], *, keeps_pixels: bool = False
) -> FoundStrip:
    """Find the sources of consecutive strips, and the regions that reach out of them.

    The strips, which are worked one by one, are one in what is found.
    """
    seen = [
        _threshold(work, within, strip, work.image.read_raw(_surround(work, within, strip)))
        for strip in strips
    ]
    return _find_sources(work, within, strips, seen, keeps_pixels=keeps_pixels)


def detect_and_measure(
    work: Work, strips: Sequence[tuple[int, int]], *, keeps_pixels: bool = False
) -> FoundStrip:
    """Do as `detect_strips` in a whole image, and measure the strips by the same reading."""
    within, seen, facts = Window(0, work.shape[0], 0, work.shape[1]), [], []
    for strip in strips:
        raw = work.image.read_raw(_surround(work, within, strip))
        facts.append(measure_raw(raw, strip, work.image.source, MeshRule.of(work.parameters)))
        seen.append(_threshold(work, within, strip, raw))
    found = _find_sources(work, within, strips, seen, keeps_pixels=keeps_pixels)
    return replace(found, facts=tuple(facts))


def _find_sources(
    work: Work, within: Window, strips: Sequence[tuple[int, int]], seen: Sequence[Foreground], *,
    keeps_pixels: bool,
) -> FoundStrip:  # fmt: skip
    """Find the sources of consecutive strips by their pixels above the threshold."""
    start, stop = strips[0][0], strips[-1][1]
    goes_on = start > within.y0, stop < within.y1
    found = Foreground.join(seen)
    whole, cut, edges = part_at_borders(found, (start, stop), goes_on)
    kept = replace(found, values=found.values[:2].copy()) if keeps_pixels else None
    return FoundStrip(stop, _deblend(work, whole), cut, edges, pixels=kept)


def deblend_cut(work: Work, pieces: tuple[Sequence[FoundStrip], Sequence[IntArray]]) -> FoundCut:
    """Put regions of strips, from the first one on, together, and find their sources."""
    cut = [strip.cut.take(regions) for strip, regions in zip(*pieces, strict=True)]
    seen, width = Foreground.join(cut), work.shape[1]
    rows = int(seen.start[0]) // width, int(seen.start[-1]) // width + 1
    return FoundCut(rows, _deblend(work, seen))


def _surround(work: Work, within: Window, strip: tuple[int, int]) -> Window:
    """Return a strip of a window with the rows that the kernel reaches."""
    halo = len(work.image.kernel) // 2
    return replace(
        within, y0=max(strip[0] - halo, within.y0), y1=min(strip[1] + halo, within.y1)
    )  # fmt: skip


def _threshold(work: Work, within: Window, strip: tuple[int, int], raw: RawPart) -> Foreground:
    """Find the pixels above the threshold in a strip, from its first row to before its last.

    Outside the window all is zero.
    """
    (start, stop), read = strip, raw.window
    image, variance, _ = work.image.prepare(raw)
    image, variance = np.ascontiguousarray(image), np.ascontiguousarray(variance)
    hidden, own = work.image.hide_bad(image, variance), replace(within, y0=start, y1=stop)
    if work.image.sky_scale is None:
        found = scan_rows(
            hidden,
            variance,
            work.image.kernel,
            work.image.detection_threshold,
            read.shape,
            (0, start - read.y0, stop - read.y0),
        ).placed(read, work.shape)
    else:
        inside = slice(start - read.y0, stop - read.y0)
        maps = (*work.image.filter(image, variance, read), hidden, variance)
        found = find_in_maps(*(each[inside] for each in maps)).placed(own, work.shape)
    mask = work.image.maps.mask
    return found if mask is None else mask.clear(found, own)


def _deblend(work: Work, whole: Foreground) -> Found:
    """Deblend whole regions and measure the sources' own pixels."""
    complete = connect(whole, work.parameters.detect_minarea)
    found = deblend_regions(complete.regions, work.parameters)
    light, variance = np.take(complete.values, found.order, axis=1)
    sky = np.zeros(len(found.flags))
    isophotes = measure_isophotes(
        light, variance, found.pixels, found.shapes, work.parameters, work.image.levels, sky,
        work.columns,
    )  # fmt: skip
    isophotes |= {"footprint": found.pixels.area, "sky": sky}
    return Found(
        found.shapes, found.flags, isophotes, found.pixels.first, found.last,
        Runs.of(found.pixels), Runs.of_small(complete.small, work.shape[1]),
    )  # fmt: skip


def draw_strip(work: Work, pack: Pack, labels: Drawing | SpreadDrawing) -> Any:
    """Draw labels and background of some rows, and pack them."""
    return pack(labels.draw(), round_background(work.mesh, labels.window))
