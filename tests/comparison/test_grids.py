"""Maps on different pixel grids of the same sky are compared on one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from astropy.wcs import WCS

from skyseg.comparison import compare
from skyseg.errors import ComparisonError

Labels = npt.NDArray[np.int32]
MakeWcs = Callable[..., WCS]


def test_a_cutout_is_the_same_where_both_have_pixels(field: Labels, sky: MakeWcs) -> None:
    cutout = field[2:50, 4:80]
    comparison = compare((field, sky()), (cutout, sky(crpix=(36, 28))))
    assert comparison.reprojected
    assert comparison.counts["matched"] == 6 == sum(comparison.counts.values())
    assert np.all(np.asarray(comparison.table["iou"]) == 1)
    np.testing.assert_array_equal(comparison.relabelled_b[2:50, 4:80], cutout)
    assert "onto the grid of map a" in comparison.notes[0]


def test_sources_outside_the_other_map_are_left_out_and_said_so(
    field: Labels, sky: MakeWcs
) -> None:
    comparison = compare((field, sky()), (field[:, :40], sky()))
    assert comparison.counts["lost"] == 0
    assert comparison.counts["matched"] == 3
    assert "50.0% of that grid" in comparison.notes[1]
    assert "240 pixels" in comparison.notes[1]


def test_a_finer_grid_is_brought_onto_the_coarser(field: Labels, sky: MakeWcs) -> None:
    fine = np.kron(field, np.ones((2, 2), dtype=np.int32))
    wcs = sky(scale=0.02, crpix=(79.5, 59.5))
    comparison = compare((field, sky()), (fine, wcs))
    assert comparison.counts["matched"] == 6 == sum(comparison.counts.values())
    back = compare((fine, wcs), (field, sky()))
    assert back.counts["matched"] == 6
    assert back.difference_map.shape == fine.shape


def test_a_rotated_map_finds_its_sources(field: Labels, sky: MakeWcs) -> None:
    turned = np.rot90(field)
    wcs = sky(crpix=(30, field.shape[1] + 1 - 40), rotation=90)
    comparison = compare((field, sky()), (turned, wcs))
    assert comparison.counts["matched"] == 6 == sum(comparison.counts.values())
    np.testing.assert_array_equal(comparison.relabelled_b, field)


@pytest.mark.parametrize("offset", [2**24, 2**40, 2**60])
def test_labels_beyond_what_floats_hold_survive(field: Labels, sky: MakeWcs, offset: int) -> None:
    large = np.where(field > 0, field.astype(np.int64) + offset, 0)
    comparison = compare((field, sky()), (large[1:], sky(crpix=(40, 29))))
    labels = np.concatenate(list(comparison.table["labels_b"]))
    assert sorted(labels) == [offset + number for number in range(1, 7)]


def test_grids_a_hundredth_of_a_pixel_apart_are_the_same(field: Labels, sky: MakeWcs) -> None:
    assert not compare((field, sky()), (field, sky(crpix=(40.01, 30)))).reprojected
    assert compare((field, sky()), (field, sky(crpix=(41, 30)))).reprojected


def test_one_wcs_is_enough_where_shapes_agree(field: Labels, sky: MakeWcs) -> None:
    comparison = compare(field, (field, sky()))
    assert not comparison.reprojected
    assert np.all(np.isfinite(comparison.table["ra"]))


@pytest.mark.parametrize("crval", [(34.5, -5.2), (214.4, 5.2)])
def test_maps_that_do_not_overlap_are_refused(
    field: Labels, sky: MakeWcs, crval: tuple[float, float]
) -> None:
    with pytest.raises(ComparisonError, match="map a and map b do not overlap on the sky"):
        compare((field, sky()), (field, sky(crval=crval)))


def test_a_negative_label_is_refused_before_it_is_brought_anywhere(
    field: Labels, sky: MakeWcs
) -> None:
    with pytest.raises(ComparisonError, match="map b has the negative label"):
        compare((field, sky()), (-field[1:], sky()))
