"""An image to which light is added here and there, segmented there as in a run of all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from skyseg.engine._strips import Work
from skyseg.engine.background import MeshRule
from skyseg.engine.image_facts import ImageFacts, RawMeshes, filter_meshes, measure_meshes
from skyseg.engine.mappers import Mapper
from skyseg.engine.maps import Maps
from skyseg.engine.measuring import as_measurements, make_columns
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.parts import Surrounded, find_seen, find_surrounded
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Rows, Window
from skyseg.engine.scaling import Scale, choose_scale
from skyseg.engine.segmentation import measure_whole
from skyseg.engine.sources import Sources
from skyseg.engine.types import Columns, FloatImage, LabelImage
from skyseg.engine.whole_image import needs_facts

_MARGIN: Final = 96
_WORTH_WHOLE: Final = 0.5


@dataclass(frozen=True)
class Place:
    """Where something has changed.

    Attributes
    ----------
    core : Window
        Sources with a pixel in it are wanted.
    view : Window
        The part in which their labels are wanted.
    """

    core: Window
    view: Window


@dataclass(frozen=True, eq=False)
class PlaceSources:
    """The sources of a place.

    Attributes
    ----------
    labels : ndarray of int32, shape of the view
        Their pixels by NUMBER; 0 elsewhere.
    columns : dict of str to ndarray
        What was measured of them; positions are those in the whole image. NUMBER is one of
        this place alone.
    """

    labels: LabelImage
    columns: Columns


@dataclass(frozen=True, eq=False)
class ChangingImage:
    """An image that has been measured, for others that differ from it here and there.

    Attributes
    ----------
    maps : Maps
        The image and its error map.
    parameters : Parameters
        The extraction parameters.
    scale : Scale
        What maps and parameters are divided by before they are worked.
    facts : ImageFacts
        What was measured of the whole image.

    Examples
    --------
    >>> from skyseg.engine.maps import make_maps
    >>> from skyseg.engine.rows import ArrayRows
    >>> sky = np.zeros((40, 40), np.float32)
    >>> changed = sky.copy()
    >>> changed[10:14, 20:24] = 50
    >>> image = ChangingImage.of(make_maps(sky, np.ones_like(sky), "rms_err"), Parameters())
    >>> part = Window(8, 16, 18, 26)
    >>> (found,) = image.segment(ArrayRows(changed), [part], [Place(part, part)], ["FLUX_ISO"])
    >>> found.columns["FLUX_ISO"].tolist()
    [800.0]
    """

    maps: Maps
    parameters: Parameters
    scale: Scale
    facts: ImageFacts

    @classmethod
    def of(cls, maps: Maps, parameters: Parameters, mapper: Mapper = map) -> ChangingImage:
        """Measure an image.

        Raises
        ------
        ImageError
            If no pixel is good.
        ParameterError
            If ``weight_type`` contradicts the error type.
        """
        scale = choose_scale(maps, parameters)
        facts = measure_whole(
            scale.scale_maps(maps), scale.scale_parameters(parameters), None, mapper, _tell_nobody
        )
        return cls(replace(maps, flags=None), parameters, scale, facts)

    @property
    def noise(self) -> float:
        """Its global noise, by the meshes of its background."""
        return self.facts.mesh.global_sigma * 2.0**self.scale.sci

    def prepare(self) -> PreparedImage:
        """Return the image as it was measured, as detection works on it."""
        return PreparedImage.of(
            self.scale.scale_maps(self.maps), self.facts,
            self.scale.scale_parameters(self.parameters),
        )  # fmt: skip

    def segment(
        self, sci: Rows, changed: Sequence[Window], places: Sequence[Place],
        columns: Collection[str], mapper: Mapper = map,
    ) -> list[PlaceSources]:  # fmt: skip
        """Segment a changed image at some places, as in a run of the whole of it.

        Parameters
        ----------
        sci : Rows
            The changed image; it holds values in the same pixels.
        changed : sequence of Window
            All parts in which it differs from the one that was measured.
        places : sequence of Place
            Where sources are wanted.
        columns : collection of str
            What is measured of them, of `skyseg.engine.MEASUREMENTS`; NUMBER is always.
        mapper : callable
            Applies a function to tasks; see `skyseg.engine.mappers`.

        Returns
        -------
        list of PlaceSources
            Those of each place. Sky, noise and the scale of weights are measured anew in the
            meshes that changed. The scatter of the filtered sky, and which weights are bad, are
            those of the image as it was where the parameters ask for them.
        """
        parameters = self.scale.scale_parameters(self.parameters)
        maps = self.scale.scale_maps(replace(self.maps, sci=sci))
        facts = follow_change(self.facts, maps, parameters, changed)
        image = PreparedImage.of(maps, facts, parameters)
        work = Work(image, (), as_measurements(columns))
        ny, nx = maps.shape
        sides = ([side + 2 * _MARGIN for side in place.core.shape] for place in places)
        if sum(height * width for height, width in sides) < _WORTH_WHOLE * ny * nx:
            found = list(mapper(partial(_segment_place, work), places))
        else:
            whole = find_surrounded(work, Window(0, ny, 0, nx), 0, mapper, _tell_nobody)
            measured = _measure(work, whole)
            found = [_take(whole.sources, measured, place) for place in places]
        restore = self.scale.restore_columns
        return [replace(each, columns=restore(each.columns)) for each in found]


def follow_change(
    facts: ImageFacts, maps: Maps, parameters: Parameters, changed: Sequence[Window]
) -> ImageFacts:
    """Measure what is known of a whole image anew, where it has changed.

    Parameters
    ----------
    facts : ImageFacts
        Facts of the image as it was.
    maps : Maps
        The image as it is.
    parameters : Parameters
        Those that the facts were measured with.
    changed : sequence of Window
        All parts in which the two differ.
    """
    source, rule = NoiseSource.of(maps.err_type, parameters), MeshRule.of(parameters)
    if not needs_facts(source, parameters):
        return facts
    raw = RawMeshes(_copy(facts.raw.image), None if facts.raw.err is None else _copy(facts.raw.err))
    for row, first, stop in _list_meshes(changed, rule.size, facts.raw.image[0].shape):
        window = Window(
            row * rule.size, min((row + 1) * rule.size, maps.shape[0]),
            first * rule.size, min(stop * rule.size, maps.shape[1]),
        )  # fmt: skip
        fresh, _ = measure_meshes(maps, source, rule, window)
        for old, new in ((raw.image, fresh.image), (raw.err, fresh.err)):
            for known, value in zip(old or (), new or (), strict=True):
                known[row, first:stop] = value[0]
    mesh, factor, noise = filter_meshes(raw, maps, parameters)
    return replace(facts, mesh=mesh, weight_factor=factor, noise=noise, raw=raw)


def _copy(meshes: tuple[FloatImage, FloatImage]) -> tuple[FloatImage, FloatImage]:
    return meshes[0].copy(), meshes[1].copy()


def _list_meshes(
    windows: Sequence[Window], size: int, shape: tuple[int, ...]
) -> Iterator[tuple[int, int, int]]:
    """List the meshes that windows reach into: row, first and stop of each run along it."""
    touched = np.zeros((shape[0], shape[1] + 2), np.int8)
    for each in windows:
        rows = slice(each.y0 // size, -(-each.y1 // size))
        touched[rows, each.x0 // size + 1 : -(-each.x1 // size) + 1] = 1
    edges = np.diff(touched, axis=1)
    (row, first), (_, stop) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    yield from zip(row.tolist(), first.tolist(), stop.tolist(), strict=True)


def _segment_place(work: Work, place: Place) -> PlaceSources:
    """Segment what surrounds a place."""
    found = find_surrounded(work, place.core, _MARGIN, map, _tell_nobody)
    return _take(found.sources, _measure(work, found), place)


def _measure(work: Work, found: Surrounded) -> Columns:
    return make_columns(
        found.sources, found.isophotes, found.photometry, work.mesh, work.columns
    )  # fmt: skip


def _take(sources: Sources, measured: Columns, place: Place) -> PlaceSources:
    """Take the sources with a pixel in the core of a place."""
    seen = find_seen(sources, place.core)
    labels = sources.labels_in(place.view).draw()
    labels[~np.isin(labels, sources.number[sources.kept[seen]])] = 0
    return PlaceSources(labels, {name: values[seen] for name, values in measured.items()})


def _tell_nobody(_part: float, _what: str) -> None:
    """Have nobody to tell."""
