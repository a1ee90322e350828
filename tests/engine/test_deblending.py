"""Splitting regions into sources, against a tree built with plain Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skyseg.engine import Deblended, PixelLists, deblend, detect, filter_image, make_kernel

FloatImage = npt.NDArray[np.float32]
Maker = Callable[[tuple[int, int], int, int], FloatImage]
EIGHT = np.ones((3, 3))


def _regions(image: FloatImage, threshold: float = 2.0) -> PixelLists:
    smooth = filter_image(image, make_kernel("gauss_2.0_3x3"))
    return detect(smooth, np.full_like(smooth, threshold), 5).regions


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    n_sources=st.integers(1, 25),
    nthresh=st.sampled_from([1, 2, 8, 32, 64]),
    mincont=st.sampled_from([0.0, 0.0001, 0.005, 0.1, 1.0]),
)
def test_a_region_holds_the_sources_that_a_tree_of_thresholds_finds(
    crowded_field: Maker, seed: int, n_sources: int, nthresh: int, mincont: float
) -> None:
    regions = _regions(crowded_field((36, 40), n_sources, seed))
    found = deblend(regions, nthresh, mincont)
    for i in range(len(regions)):
        cores = _cores_by_hand(regions, i, nthresh, mincont)
        sources = [_pixels(found.pixels, k) for k in np.flatnonzero(found.parent == i)]
        assert len(sources) == max(len(cores), 1)
        for core in cores:
            assert sum(core <= set(source.tolist()) for source in sources) == 1
        assert found.split[found.parent == i].all() == (len(sources) > 1)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), n_sources=st.integers(1, 40))
def test_every_source_is_8_connected_and_every_pixel_has_one(
    crowded_field: Maker, seed: int, n_sources: int
) -> None:
    regions = _regions(crowded_field((40, 50), n_sources, seed), 1.5)
    found = deblend(regions, 64, 0.0001)
    assert np.sort(found.pixels.index).tolist() == np.sort(regions.index).tolist()
    np.testing.assert_array_equal(found.pixels.value, regions.value[found.order])
    _check_connected(found)


@pytest.mark.parametrize("band", ["f115w", "f444w"])
def test_every_source_of_a_real_image_is_8_connected(imaging_dir: Path, band: str) -> None:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    image = fits.getdata(folder / f"uds-b-{band}_sci.fits").astype(np.float32)
    regions = _regions(image, 3 * float(np.median(np.abs(image))))
    _check_connected(deblend(regions, 64, 0.0001))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), n_sources=st.integers(1, 30))
def test_the_sources_of_a_region_share_its_light_and_its_area(
    crowded_field: Maker, seed: int, n_sources: int
) -> None:
    regions = _regions(crowded_field((36, 40), n_sources, seed))
    found = deblend(regions, 32, 0.001)
    light = np.add.reduceat(regions.value.astype(np.float64), regions.start[:-1])
    shared = np.bincount(found.parent, found.moments[:, 5], len(regions))
    np.testing.assert_allclose(shared, light, rtol=1e-9)
    areas = np.bincount(found.parent, found.moments[:, 6], len(regions))
    np.testing.assert_allclose(areas, regions.area, rtol=1e-9)


def test_two_peaks_are_split_where_the_fainter_holds_enough_of_the_light() -> None:
    y, x = np.indices((30, 50))
    image = 100 * np.exp(-((x - 15) ** 2 + (y - 15) ** 2) / 18)
    image += 20 * np.exp(-((x - 28) ** 2 + (y - 15) ** 2) / 18)
    regions = detect(image.astype(np.float32), np.ones((30, 50), np.float32), 5).regions
    assert len(regions) == 1
    assert len(deblend(regions, 32, 0.005).pixels) == 2
    assert len(deblend(regions, 32, 0.5).pixels) == 1
    assert len(deblend(regions, 1, 0.005).pixels) == 1


def test_a_split_source_stands_where_its_peak_is_and_unsplit_ones_at_their_barycentre() -> None:
    y, x = np.indices((30, 60))
    image = 50 * np.exp(-((x - 15) ** 2 + (y - 15) ** 2) / 18)
    image += 50 * np.exp(-((x - 27) ** 2 + (y - 15) ** 2) / 18)
    image += 50 * np.exp(-((x - 48) ** 2 + (y - 15) ** 2) / 18)
    regions = detect(image.astype(np.float32), np.ones((30, 60), np.float32), 5).regions
    found = deblend(regions, 32, 0.005)
    positions = sorted(zip(found.moments[:, 0], found.split, strict=True))
    assert [split for _, split in positions] == [True, True, False]
    np.testing.assert_allclose([position for position, _ in positions], [15, 27, 48], atol=0.2)


def _check_connected(found: Deblended) -> None:
    labels = found.pixels.draw_labels()
    for k, window in enumerate(ndimage.find_objects(labels), start=1):
        assert ndimage.label(labels[window] == k, EIGHT)[1] == 1


def _pixels(lists: PixelLists, k: int) -> npt.NDArray[np.int64]:
    return lists.index[lists.start[k] : lists.start[k + 1]]


def _cores_by_hand(regions: PixelLists, i: int, nthresh: int, mincont: float) -> list[set[int]]:
    """Cores of the sources, by labelling the region anew at every threshold."""
    part = slice(regions.start[i], regions.start[i + 1])
    image = np.zeros(regions.shape, np.float32)
    image.ravel()[regions.index[part]] = regions.value[part]
    lowest, peak = np.float64(regions.threshold[part].min()), np.float64(image.max())
    total = np.float64(np.float32(regions.value[part].astype(np.float64).sum()))
    steps = [np.float32(lowest * (peak / lowest) ** (k / nthresh)) for k in range(nthresh)]
    above: list[tuple[set[int], list[set[int]]]] = []
    for k in range(nthresh - 1, 0, -1):
        here = []
        for node in _components(image > steps[k]) if k else []:
            here.append((node, *_outcome(node, above, image, total * mincont, steps, k)))
        above = here
    return _outcome(set(regions.index[part].tolist()), above, image, total * mincont, steps, 0)[0]


def _outcome(
    node: set[int], above: list[tuple[set[int], list[set[int]]]], image: FloatImage,
    contrast: float, steps: list[np.float32], k: int,
) -> tuple[list[set[int]]]:  # fmt: skip
    """Cores inside a node: those of its children, or those children that stand out."""
    children = [(child, cores) for child, cores in above if child <= node]
    standing = [child for child, _ in children if _excess(child, image, steps[k + 1]) > contrast]
    cores = [core for _, inner in children for core in inner]
    if len(standing) > 1:
        split = {frozenset(child) for child, inner in children if inner}
        cores += [child for child in standing if frozenset(child) not in split]
    return (cores,)


def _excess(node: set[int], image: FloatImage, step: np.float32) -> float:
    light = np.float32(image.ravel()[list(node)].astype(np.float64).sum())
    return float(light - step * np.float32(len(node)))


def _components(mask: npt.NDArray[np.bool_]) -> list[set[int]]:
    labels, n = ndimage.label(mask, EIGHT)
    found = [set(np.flatnonzero(labels == k).tolist()) for k in range(1, n + 1)]
    return [pixels for pixels in found if len(pixels) >= 3]
