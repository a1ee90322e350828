"""The answer to why equals what the engine did, and what it would do."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from skyseg import BandData, Parameters
from skyseg.assessment import Change, Why, why
from skyseg.assessment.clean_verdict import find_turning_param, retrace
from skyseg.assessment.explaining import explain, look_around
from skyseg.assessment.threshold_tree import grow_tree
from skyseg.engine import Deblended, Mask, PixelLists, deblend, segment_image
from skyseg.engine.cleaning import Cleaned
from skyseg.engine.previews import Look, Previewer
from skyseg.errors import ParameterError

SETS = {
    "default": Parameters(),
    "crowded": Parameters(deblend_nthresh=64, deblend_mincont=0.0001),
    "deep": Parameters(detect_thresh=1.0, back_type="AUTO", back_size=32, deblend_mincont=0.001),
    "in sigma of the filtered sky": Parameters(thresh_unit="filtered", detect_thresh=4.0),
    "a level": Parameters(thresh_type="ABSOLUTE", detect_thresh=0.03),
    "a surface brightness": Parameters(
        thresh_type="ABSOLUTE", detect_thresh=(25.5, 28.9), pixel_scale=0.04
    ),
}  # fmt: skip
PART = np.s_[:300, 420:772]


@pytest.fixture(scope="module")
def maps(imaging_dir: Path) -> tuple[Any, Any]:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    band = BandData.from_files(folder / "uds-b-f444w_sci.fits", wht=folder / "uds-b-f444w_wht.fits")
    return band.load_sci()[PART], band.load_err()[PART]


def _crowd(shape: tuple[int, int] = (150, 150), n: int = 60) -> Any:
    """Blends of many peaks on noise."""
    rng = np.random.default_rng(4)
    light = np.zeros(shape)
    light[rng.integers(0, shape[0], n), rng.integers(0, shape[1], n)] = rng.uniform(50, 3000, n)
    light[rng.integers(0, shape[0], n), rng.integers(0, shape[1], n)] += 150
    return (gaussian_filter(light, 3) + rng.normal(0, 1, shape)).astype(np.float32)


def _look(sci: Any, err: Any, parameters: Parameters, **others: Any) -> Look:
    return Previewer(sci, err, "rms_err", **others).look(parameters, np.s_[:, :])


def _regions(seen: Look) -> list[PixelLists]:
    every, found = seen.found.regions, []
    for first, stop in zip(every.start[:-1], every.start[1:], strict=True):
        own = slice(first, stop)
        start = np.array([0, stop - first])
        lists = every.index[own], every.value[own], every.threshold[own]
        found.append(PixelLists(every.shape, start, *lists))
    return found


def _list_cores(found: Deblended) -> list[Any]:
    """Pixels of each source's core."""
    pixels = np.split(found.pixels.index, found.pixels.start[1:-1])
    return [own[:core] for own, core in zip(pixels, found.core, strict=True)]


@pytest.mark.parametrize("nthresh", [3, 32, 64])
@pytest.mark.parametrize("mincont", [0.0, 0.0002, 0.005, 0.1, 1.0])
def test_the_tree_has_the_sources_that_the_engine_splits(nthresh: int, mincont: float) -> None:
    sci = _crowd()
    n_split = 0
    for region in _regions(_look(sci, np.ones_like(sci), Parameters(detect_thresh=0.6))):
        found = deblend(region, nthresh, mincont)
        tree = grow_tree(region, nthresh, mincont)
        assert tree.n_sources == len(found.parent)
        chosen = [each for each in tree.branches if each.is_source]
        if not chosen:
            continue
        n_split += 1
        cores = _list_cores(found)
        at = [each.y * region.shape[1] + each.x for each in chosen]
        holder = [next(k for k, core in enumerate(cores) if peak in core) for peak in at]
        assert sorted(holder) == list(range(len(cores)))
        assert [each.area for each in chosen] == [len(cores[k]) for k in holder]
    assert n_split > 0 or mincont == 1.0


def _run(maps: tuple[Any, Any], parameters: Parameters) -> Any:
    return _look(*maps, parameters).sources.draw_labels()


def _values(change: Change, parameters: Parameters) -> tuple[Parameters, Parameters]:
    """Parameters at which the answer is as it was, and is another one, as near as can be."""
    up = change.side in ("above", "from")
    if change.parameter == "detect_minarea":
        steps = (0, 1) if up else (1, 0)
        return tuple(parameters.replace(detect_minarea=int(change.value) + step) for step in steps)  # type: ignore[return-value]
    value = change.value
    step = 1e-6 * abs(value)
    pair: list[Any] = [value - step, value + step] if up else [value + step, value - step]
    if isinstance(parameters.detect_thresh, tuple) and change.parameter == "detect_thresh":
        pair = [(each, parameters.detect_thresh[1]) for each in pair]
    return tuple(parameters.replace(**{change.parameter: each}) for each in pair)  # type: ignore[return-value]


def _check_change(maps: tuple[Any, Any], told: Why, change: Change) -> None:
    parameters, at = told.parameters, (told.y, told.x)
    if change.effect == "merge":
        same, other = (_has_core(maps, told, each) for each in _values(change, parameters))
        assert (same, other) == (True, False)
        return
    if change.effect == "split":
        parameters = parameters.replace(clean=False)
    same, other = (_run(maps, each) for each in _values(change, parameters))
    if change.effect in ("detect", "lose"):
        assert (same[at] > 0, other[at] > 0) == (change.effect == "lose", change.effect == "detect")
    elif change.effect == "split":
        own = _run(maps, parameters)
        mine = own == own[at]
        assert len(np.unique(same[mine])) == 1
        assert len(np.unique(other[mine])) > 1
    else:
        alone = [np.count_nonzero(each == each[at]) for each in (same, other)]
        assert (alone[1] < alone[0]) == (change.effect == "keep")


def _has_core(maps: tuple[Any, Any], told: Why, parameters: Parameters) -> bool:
    """Whether the engine makes a source of the branch that a source was made of."""
    assert told.branch is not None
    peak = told.branch.y * maps[0].shape[1] + told.branch.x
    region = next(each for each in _regions(_look(*maps, parameters)) if peak in each.index)
    found = deblend(region, parameters.deblend_nthresh, parameters.deblend_mincont)
    return any(peak in core and len(core) == told.branch.area for core in _list_cores(found))


@pytest.mark.parametrize("name", SETS)
def test_what_is_said_to_change_the_answer_does(maps: tuple[Any, Any], name: str) -> None:
    parameters = SETS[name]
    seen = _look(*maps, parameters)
    labels = seen.sources.draw_labels()
    rng = np.random.default_rng(7)
    by_source = [np.argwhere(labels == number) for number in np.unique(labels)]
    places = [tuple(rng.choice(own).tolist()) for own in by_source[:: max(len(by_source) // 6, 1)]]
    close = (seen.filtered > 0.5 * seen.threshold) & (labels == 0)
    places += [tuple(rng.choice(np.argwhere(close)).tolist()) for _ in range(2)]
    for y, x in places:
        told = explain(seen, parameters, (y, x))
        assert told.label == labels[y, x]
        assert (told.verdict in ("source", "absorbed")) == (labels[y, x] > 0)
        for change in told.changes:
            _check_change(maps, told, change)


def test_every_kind_of_change_is_foreseen_in_a_crowd() -> None:
    sci = _crowd()
    crowd = sci, np.ones_like(sci)
    parameters = Parameters(detect_thresh=0.35, deblend_mincont=0.002)
    seen = _look(*crowd, parameters)
    labels = seen.sources.draw_labels()
    every = np.arange(len(seen.sources.absorber))
    lists = seen.sources.runs.list_pixels(seen.sources.shape, every)
    small = np.flatnonzero((seen.filtered > seen.threshold) & (labels == 0))
    times = dict.fromkeys(("detect", "lose", "split", "merge", "keep", "absorb"), 0)
    for index in (*small[:1], *lists.first):
        told = explain(seen, parameters, divmod(int(index), labels.shape[1]))
        for change in told.changes:
            times[change.effect] += 1
            if times[change.effect] < 3:
                _check_change(crowd, told, change)
    assert min(times.values()) > 0


def test_who_lost_it_to_whom_in_clean_is_retraced() -> None:
    sci = _crowd((300, 300), 200)
    parameters = Parameters(detect_thresh=0.3, deblend_mincont=0.0001)
    sources = _look(sci, np.ones_like(sci), parameters).sources
    cleaned = Cleaned(sources.absorber, sources.trigger)
    own = np.arange(len(sources.absorber))
    assert np.count_nonzero(sources.absorber != own) > 20
    for source in own:
        contest = retrace(sources.shapes, cleaned, int(source), 1.0)
        assert (contest is None) == (sources.absorber[source] == source)
        if contest is not None:
            assert contest.wings > contest.mark
            assert sources.absorber[contest.winner] == contest.owner == sources.absorber[source]


def test_a_part_gives_the_answer_of_the_whole(maps: tuple[Any, Any]) -> None:
    parameters = SETS["crowded"]
    catalogue = segment_image(*maps, "rms_err", parameters).columns
    whole, part = Previewer(*maps, "rms_err"), Previewer(*maps, "rms_err", catalogue)
    seen = whole.look(parameters, np.s_[:, :])
    labels = seen.sources.draw_labels()
    for place in [(278, 630 - 420), (26, 597 - 420), (5, 5), (290, 20)]:
        around = look_around(part, parameters, place)
        mine = labels[around.window.y0 : around.window.y1, around.window.x0 : around.window.x1]
        told = explain(around, parameters, place, labels=mine)
        assert str(told) == str(explain(seen, parameters, place))
        assert around.window.shape != seen.sources.shape


def test_the_mask_and_bad_pixels_are_told(maps: tuple[Any, Any]) -> None:
    sci, err = maps[0].copy(), maps[1].copy()
    sci[30, 40] = np.nan
    bits = np.zeros(sci.shape, np.int32)
    bits[50:60, 50:60], bits[70:80, 70:80] = 1, 2
    mask = Mask.of(bits, {"STAR": 1, "EDGE": 2}, excluded=1)
    told = why(sci, err, "rms_err", Parameters(), 55, 55, mask=mask)
    assert (told.verdict, told.bits, told.label, told.changes) == ("excluded", ("STAR",), 0, ())
    assert "excluded from detection by the mask" in str(told)
    told = why(sci, err, "rms_err", Parameters(), 75, 75, mask=mask)
    assert (told.verdict, told.bits) == ("below", ("EDGE",))
    told = why(sci, err, "rms_err", Parameters(), 40, 30)
    assert told.is_bad
    assert "The pixel is bad" in str(told)


def test_light_is_told_in_the_unit_of_the_image_and_in_both_sigmas(maps: tuple[Any, Any]) -> None:
    sci, err = maps
    usual = why(sci, err, "rms_err", Parameters(), 210, 278)
    tiny = why(
        sci * np.float32(2.0**-60), err * np.float32(2.0**-60), "rms_err", Parameters(), 210, 278
    )
    assert math.isclose(tiny.filtered, usual.filtered * 2.0**-60, rel_tol=1e-6)
    assert math.isclose(
        usual.rms_sigma / usual.filtered_sigma, tiny.rms_sigma / tiny.filtered_sigma
    )
    assert math.isclose(usual.rms_sigma * usual.threshold, 1.8 * usual.filtered, rel_tol=1e-6)
    filtered = why(sci, err, "rms_err", SETS["in sigma of the filtered sky"], 210, 278)
    assert math.isclose(
        filtered.filtered_sigma * filtered.threshold, 4 * filtered.filtered, rel_tol=1e-6
    )


def test_a_place_outside_the_image_is_refused(maps: tuple[Any, Any]) -> None:
    with pytest.raises(ParameterError, match=r"\(-1, 5\) is outside the image of 352 x 300 pixels"):
        why(*maps, "rms_err", Parameters(), -1, 5)


def test_no_clean_param_is_told_where_none_decides_otherwise(maps: tuple[Any, Any]) -> None:
    shapes = _look(*maps, Parameters()).sources.shapes
    assert find_turning_param(shapes.take(np.array([0])), 0, 1.0) is None


def test_no_light_tells_no_sigma_of_the_threshold() -> None:
    told = str(why(np.zeros((60, 60)), np.ones((60, 60)), "rms_err", Parameters(), 9, 9))
    assert "Filtered light 0: 0 sigma by the error map; threshold 1.8." in told
    assert "nan" not in told
