"""Why the map is as it is at a pixel: what each step of a run made of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from skyseg.assessment.answers import Change, Effect, SourceSeen, Taken, Why
from skyseg.assessment.clean_verdict import find_turning_param, retrace
from skyseg.assessment.detection_limit import find_detection_limit
from skyseg.assessment.threshold_tree import Branch, ThresholdTree, grow_tree
from skyseg.engine.background import draw_background_part
from skyseg.engine.cleaning import Cleaned
from skyseg.engine.detection import PixelLists
from skyseg.engine.filtering import convolve
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.maps import make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.parameters import Parameters
from skyseg.engine.previews import Look, Previewer
from skyseg.engine.rows import Rows, Window
from skyseg.engine.scaling import choose_scale
from skyseg.engine.sky_noise import measure_noise
from skyseg.engine.types import ErrType, LabelImage, Slices
from skyseg.engine.whole_image import measure_facts
from skyseg.errors import check_kind
from skyseg.imaging.regions import find_pixel


def why(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None, err_type: ErrType,
    parameters: Parameters, x: float, y: float, *, mask: Mask | None = None,
) -> Why:  # fmt: skip
    """Tell what each step of a run makes of a pixel, and what would change that.

    Parameters
    ----------
    sci, err, err_type, parameters, mask
        As for `skyseg.engine.segment_image`.
    x, y : float
        The pixel: column and row, from 0.

    Returns
    -------
    Why
        Printed, it is told in words; pixels count from 0.

    Raises
    ------
    ImageError
        If one of the maps is no image, or they differ in shape.
    ParameterError
        If the pixel lies outside the image, or another argument is not what is asked for.

    Examples
    --------
    >>> image = np.zeros((60, 60), np.float32)
    >>> image[10:14, 20:24], image[40:44, 20:23] = 50, 4
    >>> told = why(image, np.ones_like(image), "rms_err", Parameters(), 21, 41)
    >>> told.verdict, str(told.changes[0])
    ('source', 'detect_thresh from 1.874 on would leave the pixel without a label')
    """
    check_kind(parameters, Parameters, "parameters", "give Parameters")
    maps = make_maps(sci, err, err_type, mask=mask)
    row, column = find_pixel((x, y), maps.shape)
    scale = choose_scale(maps, parameters)
    facts = measure_facts(
        scale.scale_maps(maps), scale.scale_parameters(parameters), mapper=ThreadMapper()
    )
    here = Window(row, row + 1, column, column + 1)
    noise = measure_noise(sci, err, err_type, parameters, mask=mask)
    seen = Previewer(sci, err, err_type, mask=mask).look(parameters, np.s_[:, :])
    return explain(
        seen, parameters, (row, column), filtered_sigma=noise.filtered_sigma,
        background=float(draw_background_part(facts.mesh, here)[0, 0]) * 2.0**scale.sci,
    )  # fmt: skip


def look_around(previewer: Previewer, parameters: Parameters, place: tuple[int, int]) -> Look:
    """Segment what decides about a pixel: its region, and what CLEAN compares with that.

    Parameters
    ----------
    previewer : Previewer
        The image, with a catalogue of the whole of it.
    parameters : Parameters
        The extraction parameters.
    place : tuple of int
        Row and column of the pixel.
    """
    reach = parameters.detect_minarea
    box = place[0] - reach, place[0] + reach + 1, place[1] - reach, place[1] + reach + 1
    seen = previewer.look(parameters, _as_slices(box))
    region = _find_region(seen, (place[0] - seen.window.y0, place[1] - seen.window.x0))
    if region is None:
        return seen
    y, x = np.divmod(region.index, region.shape[1])
    y, x = y + seen.window.y0, x + seen.window.x0
    wider = min(box[0], y.min()), max(box[1], y.max() + 1), min(box[2], x.min()), max(
        box[3], x.max() + 1
    )  # fmt: skip
    return seen if wider == box else previewer.look(parameters, _as_slices(wider))


def explain(
    seen: Look, parameters: Parameters, place: tuple[int, int], *, name: str = "",
    filtered_sigma: float = np.nan, background: float = np.nan,
    labels: LabelImage | None = None, corner: tuple[int, int] = (0, 0),
) -> Why:  # fmt: skip
    """Tell what a run made of a pixel, by what was seen around it.

    Parameters
    ----------
    seen : Look
        The part that it is in.
    parameters : Parameters
        Those of the run.
    place : tuple of int
        Row and column of the pixel in the whole image.
    name : str
        Of the image.
    filtered_sigma : float
        Scatter of the filtered sky over what the error map tells; not used where thresholds are
        in units of it.
    background : float
        The mesh background at the pixel.
    labels : ndarray of int32, shape (ny, nx), optional
        Labels of the part, by the run; by default those of what was seen.
    corner : tuple of int
        Row and column of the whole image from which pixels are counted.
    """
    row, column = place[0] - seen.window.y0, place[1] - seen.window.x0
    here = _Here(seen, parameters, (row, column), corner, labels)
    light, threshold = here.light, here.threshold
    rms, scale = _find_noise(seen, place, filtered_sigma)
    found = Why(
        name, place[1] - corner[1], place[0] - corner[0], "below", 0, parameters, light, threshold,
        light / rms, light / rms / scale, 0, here.is_bad, here.bits, background,
    )  # fmt: skip
    if here.is_excluded:
        return replace(found, verdict="excluded")
    found = replace(found, changes=here.list_detection_changes())
    if not light > threshold:
        return found
    region = _find_region(seen, (row, column))
    if region is None:
        return replace(found, verdict="small", area=here.count_small())
    return here.add_source(replace(found, area=int(region.area[0])), region)


class _Here:
    """A pixel in what was seen around it."""

    def __init__(
        self, seen: Look, parameters: Parameters, at: tuple[int, int], corner: tuple[int, int],
        labels: LabelImage | None,
    ) -> None:  # fmt: skip
        self._seen, self._parameters, self._at = seen, parameters, at
        self._unit = 2.0**seen.exponent
        self._shift = seen.window.y0 - corner[0], seen.window.x0 - corner[1]
        self._labels = seen.sources.draw_labels() if labels is None else labels
        self._owners = _draw_owners(seen)
        self.light = float(seen.filtered[at]) * self._unit
        self.threshold = float(seen.threshold[at]) * self._unit
        y, x = at[0] + seen.window.y0, at[1] + seen.window.x0
        here = Window(y, y + 1, x, x + 1)
        self.is_bad = bool(seen.image.read_marked(here)[2][0, 0])
        mask = seen.image.maps.mask
        value = 0 if mask is None else int(mask.rows.read(here)[0, 0])
        self.bits = () if mask is None else tuple(n for n, bit in mask.bits.items() if value & bit)
        self.is_excluded = mask is not None and bool(mask.find_excluded(here)[0, 0])

    def list_detection_changes(self) -> tuple[Change, ...]:
        """Tell which detect_thresh, and which detect_minarea, decides otherwise."""
        seen, least = self._seen, self._parameters.detect_minarea
        is_detected = self.light > self.threshold
        region = _find_region(seen, self._at) if is_detected else None
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = seen.filtered.astype(np.float64) / seen.threshold
        limit = find_detection_limit(parts, self._at, least)
        effect: Effect = "detect" if region is None else "lose"
        changes = []
        if limit is not None and limit > 0:
            changes.append(_change_threshold(seen, self._parameters, limit, effect))
        if region is not None:
            changes.append(Change("detect_minarea", int(region.area[0]), "above", "lose"))
        elif is_detected:
            changes.append(Change("detect_minarea", self.count_small(), "up to", "detect"))
        return tuple(changes)

    def count_small(self) -> int:
        """Count the pixels above the threshold that are connected with this one."""
        from scipy import ndimage

        above = self._seen.filtered > self._seen.threshold
        parts, _ = ndimage.label(above, np.ones((3, 3)))
        return int(np.count_nonzero(parts == parts[self._at]))

    def add_source(self, found: Why, region: PixelLists) -> Why:
        """Add what deblending and CLEAN made of the region."""
        sources, parameters = self._seen.sources, self._parameters
        source = int(self._owners[self._at])
        tree = grow_tree(region, parameters.deblend_nthresh, parameters.deblend_mincont)
        chosen = [each for each in tree.branches if each.is_source]
        branch = next((each for each in chosen if self._owners[each.y, each.x] == source), None)
        all_of = np.unique(self._owners.ravel()[region.index])
        took = np.flatnonzero(sources.absorber == source)
        lost = self._retrace(source)
        return replace(
            found,
            verdict="source" if lost is None else "absorbed",
            label=int(self._labels[self._at]),
            source=self._see(source),
            tree=self._move(tree),
            branch=None if branch is None else self._move(tree).branches[branch.number],
            others=tuple(self._see(int(each)) for each in all_of if each != source),
            lost=lost,
            took=tuple(
                each for other in took if other != source if (each := self._retrace(int(other)))
            ),
            changes=found.changes + _list_deblending_changes(tree, branch) + self._clean(source),
        )

    def _clean(self, source: int) -> tuple[Change, ...]:
        if not self._parameters.clean:
            return ()
        beta = self._parameters.clean_param
        turning = find_turning_param(self._seen.sources.shapes, source, beta)
        if turning is None:
            return ()
        value, owner = turning
        if owner == source:
            return (Change("clean_param", value, "from", "keep"),)
        return (Change("clean_param", value, "up to", "absorb"),)

    def _retrace(self, source: int) -> Taken | None:
        sources = self._seen.sources
        cleaned = Cleaned(sources.absorber, sources.trigger)
        contest = retrace(sources.shapes, cleaned, source, self._parameters.clean_param)
        if contest is None:
            return None
        return Taken(
            self._see(source), self._see(contest.winner), contest.wings * self._unit,
            contest.mark * self._unit,
        )  # fmt: skip

    def _see(self, source: int) -> SourceSeen:
        shapes, (down, right) = self._seen.sources.shapes, self._shift
        own = np.flatnonzero(self._owners.ravel() == source)
        return SourceSeen(
            int(self._labels.ravel()[own[0]]), float(shapes.x[source]) + right,
            float(shapes.y[source]) + down, len(own),
        )  # fmt: skip

    def _move(self, tree: ThresholdTree) -> ThresholdTree:
        """Return a tree in the pixels of the whole image and its unit."""
        (down, right), unit = self._shift, self._unit
        branches = tuple(
            replace(
                each, x=each.x + right, y=each.y + down, threshold=each.threshold * unit,
                peak=each.peak * unit,
            )
            for each in tree.branches
        )  # fmt: skip
        return ThresholdTree(branches, tree.levels * unit, tree.mincont)


def _as_slices(box: tuple[int, int, int, int]) -> Slices:
    y0, y1, x0, x1 = (max(int(each), 0) for each in box)
    return slice(y0, y1), slice(x0, x1)


def _find_region(seen: Look, at: tuple[int, int]) -> PixelLists | None:
    """Return the region of enough pixels that a pixel is in."""
    regions = seen.found.regions
    place = np.flatnonzero(regions.index == at[0] * regions.shape[1] + at[1])
    if not len(place):
        return None
    number = int(np.searchsorted(regions.start, place[0], side="right")) - 1
    own = slice(regions.start[number], regions.start[number + 1])
    return PixelLists(
        regions.shape, np.array([0, own.stop - own.start]), regions.index[own],
        regions.value[own], regions.threshold[own],
    )  # fmt: skip


def _draw_owners(seen: Look) -> LabelImage:
    """Draw which source deblending gave each pixel to; -1 for none."""
    runs = seen.sources.runs
    owners = np.full(seen.sources.shape, -1, np.int32)
    pixels = runs.list_pixels(seen.sources.shape, np.arange(len(seen.sources.flags)))
    owners.ravel()[pixels.index] = np.repeat(np.arange(len(pixels)), pixels.area)
    return owners


def _find_noise(seen: Look, place: tuple[int, int], filtered_sigma: float) -> tuple[float, float]:
    """Rms of the filtered image at a pixel by the error map, and the scatter of the sky over it."""
    reach = max(seen.image.kernel.shape) // 2
    (y, x), (ny, nx) = place, seen.image.maps.shape
    window = Window(
        max(y - reach, 0), min(y + reach + 1, ny), max(x - reach, 0), min(x + reach + 1, nx)
    )
    variance = convolve(seen.image.read(window)[1], seen.image.noise_kernel)
    rms = float(np.sqrt(variance[y - window.y0, x - window.x0])) * 2.0**seen.exponent
    if seen.image.sky_scale is None:
        return rms, filtered_sigma
    here = Window(y, y + 1, x, x + 1)
    return rms, float(seen.image.sky_scale.draw(here)[0, 0])


def _change_threshold(seen: Look, parameters: Parameters, factor: float, effect: Effect) -> Change:
    """Tell which detect_thresh is so many times as high."""
    thresh, lowers = parameters.detect_thresh, effect == "detect"
    if isinstance(thresh, tuple) and seen.image.detection_threshold.level:
        mag = thresh[0] - 2.5 * float(np.log10(factor))
        return Change("detect_thresh", mag, "above" if lowers else "up to", effect)
    number = thresh[0] if isinstance(thresh, tuple) else thresh
    return Change("detect_thresh", number * factor, "below" if lowers else "from", effect)


def _list_deblending_changes(tree: ThresholdTree, branch: Branch | None) -> tuple[Change, ...]:
    changes: list[Change] = []
    split = tree.find_splitting_mincont(tree.branches[0] if branch is None else branch)
    if split is not None:
        changes.append(Change("deblend_mincont", split, "below", "split"))
    merge = None if branch is None else tree.find_merging_mincont(branch)
    if merge is not None:
        changes.append(Change("deblend_mincont", merge, "from", "merge"))
    return tuple(changes)
