"""Why the map of a band is as it is: the answer is of the run that made it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from skyseg import BandData, Data, Edits, why
from skyseg.errors import MethodError, ParameterError, ProductError


@pytest.fixture
def band(bands: Data) -> BandData:
    return bands["F444W"]


def test_each_pixel_has_the_label_of_the_map(band: BandData) -> None:
    labels = band.load_seg()
    rng = np.random.default_rng(5)
    places = [*rng.choice(np.argwhere(labels > 0), 5), *rng.choice(np.argwhere(labels == 0), 3)]
    for y, x in places:
        told = band.why(int(x), int(y))
        assert (told.x, told.y, told.label) == (x, y, labels[y, x])
        assert (told.source is not None) == (labels[y, x] > 0)
        if told.source is not None:
            assert told.source.label == told.label


def test_the_answer_of_a_band_is_that_of_its_arrays(band: BandData) -> None:
    assert band.products is not None
    recipe = band.products.recipe
    err = band.err_rows() if recipe.err_type == "rms_err" else band.wht_rows()
    for x, y in ((630, 278), (597, 26), (237, 54), (5, 5)):
        of_band = str(band.why(x, y)).replace(f", of {band.name}:", ":")
        of_arrays = str(why(band.sci_rows(), err, recipe.err_type, recipe.parameters, x, y))
        for mine, other in zip(of_band.splitlines(), of_arrays.splitlines(), strict=True):
            # the sky's scatter is that of fewer meshes, and the map of it is rounded
            if not mine.startswith(("Filtered", "Background")):
                assert mine == other


def test_a_source_is_answered_for_at_its_brightest_pixel(band: BandData) -> None:
    told = band.why(source=3)
    assert told.label == 3
    assert told.tree is not None
    assert (told.filtered, told.x, told.y) in [
        (each.peak, each.x, each.y) for each in told.tree.branches
    ]


def test_a_position_on_the_sky_is_the_pixel_there(band: BandData) -> None:
    sky = band.wcs.pixel_to_world(630, 278)
    assert str(band.why(sky)) == str(band.why(630, 278))
    assert str(band.why(sky.to_string("decimal", precision=8))) == str(band.why(630, 278))


def test_a_region_has_the_answer_of_the_whole_with_its_own_numbers(
    band: BandData, tmp_path: Path
) -> None:
    whole = band.why(630, 278)
    part = band.copy()
    part.segment(region=np.s_[150:300, 500:700], work_dir=tmp_path)
    told = part.why(130, 128)
    assert told.label == part.load_seg()[128, 130] > 0
    assert told.changes == whole.changes
    assert told.filtered == whole.filtered
    assert part.why(source=told.label).label == told.label


def test_an_edit_is_told_beside_the_run(band: BandData, tmp_path: Path) -> None:
    mine = band.copy()
    mine.segment(work_dir=tmp_path)
    label = int(mine.load_seg()[278, 630])
    edits = Edits(mine)
    edits.delete(label)
    mine.segment(work_dir=tmp_path, edits=edits)
    told = mine.why(630, 278)
    assert (told.label, told.edited_label) == (label, 0)
    assert "Edits have put it into no source" in str(told)


def test_what_cannot_be_answered_is_refused(band: BandData, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"pixel \(5000, 5\) is outside the image of"):
        band.why(5000, 5)
    with pytest.raises(ParameterError, match=r"^12 -10 is outside the image of .* inside it$"):
        band.why(SkyCoord("12 -10", unit="deg"))
    with pytest.raises(ParameterError, match="9999"):
        band.why(source=9999)
    for arguments in ({}, {"x": 5}, {"x": 5, "y": 5, "source": 1}):
        with pytest.raises(ParameterError, match="one place is given"):
            band.why(**arguments)
    other = band.copy()
    other.segment(method="sep", work_dir=tmp_path)
    with pytest.raises(MethodError, match="sep"):
        other.why(5, 5)


def test_a_pixel_that_no_threshold_would_detect_says_why(band: BandData) -> None:
    told = band.why(0, 0)
    assert told.changes == ()
    assert str(told).endswith(
        "No detect_thresh would give the pixel a label: its filtered light is not above the sky."
    )


def test_a_band_that_was_not_segmented_has_no_answer(bands: Data) -> None:
    fresh = BandData(bands["F444W"].maps)
    with pytest.raises(ProductError, match="segmented"):
        fresh.why(5, 5)
