"""What is advised is as pure as was asked for, and finds more than what is too careful."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.assessment.fields import draw_field

from skyseg import Parameters, advise, why
from skyseg.assessment.advising import spell_kernel
from skyseg.engine import Mask, segment_image
from skyseg.errors import ImageError, ParameterError
from skyseg.methods import parameter_sets

SHAPE = (400, 400)


def _field(smoothed: float = 0.0) -> tuple[Any, Any]:
    return draw_field(SHAPE, 90, (1, 12), smoothed, least=0.2)


@pytest.mark.parametrize(
    ("smoothed", "told"),
    [(0.0, 1.0), (0.7, 1.0), (0.0, 0.5)],
    ids=["white", "drizzled", "off by 2"],
)
def test_three_noises_get_the_purity_that_is_asked_for(smoothed: float, told: float) -> None:
    sci, real = _field(smoothed)
    err = np.full(SHAPE, told, np.float32)
    found = advise(sci, err)
    labels = segment_image(sci, err, found.err_type, found.parameters).labels
    is_real = np.isin(np.unique(labels[labels > 0]), labels[real])
    assert is_real.mean() > 0.975
    assert abs(is_real.mean() - found.best.purity) < 0.02
    as_it_is = segment_image(sci, err, "rms_err", Parameters()).labels
    was_real = np.isin(np.unique(as_it_is[as_it_is > 0]), as_it_is[real])
    assert found.as_it_is is not None
    too_careful = found.as_it_is.sigma > 5
    assert is_real.sum() >= was_real.sum() + too_careful or was_real.mean() < 0.9
    assert abs(found.as_it_is.purity - was_real.mean()) < 0.06


def test_the_advice_does_not_depend_on_the_unit_of_the_error_map() -> None:
    sci, _ = _field()
    one = advise(sci, np.ones(SHAPE, np.float32))
    half = advise(sci, np.full(SHAPE, 0.5, np.float32))
    assert one.best.sigma == half.best.sigma
    assert np.isclose(half.best.thresh, 2 * one.best.thresh, rtol=0.01)
    tiny = advise(sci * np.float32(2.0**-60), np.full(SHAPE, 2.0**-60, np.float32))
    assert str(tiny) == str(one)


def test_settings_that_find_hardly_fewer_are_kept() -> None:
    sci, _ = _field()
    own = Parameters(filter_name="gauss_4.0_7x7")
    found = advise(sci, np.ones(SHAPE, np.float32), parameters=own)
    most = max(each.n_real for each in found.options)
    assert found.best.n_real >= 0.9 * most
    mine = [each for each in found.options if each.curve.kernel == own.filter_name]
    if max(each.n_real for each in mine) > 0.98 * most:
        assert found.parameters.filter_name == own.filter_name


def test_what_a_mask_excludes_is_not_counted() -> None:
    sci, _ = _field()
    sci[:100, :100] -= 50 * (np.arange(100) % 7 == 0)
    bits = np.zeros(SHAPE, np.int32)
    bits[:110, :110] = 1
    err = np.ones(SHAPE, np.float32)
    mask = Mask.of(bits, {"BLEMISH": 1}, excluded=1)
    with pytest.raises(ParameterError, match="no threshold"):
        advise(sci, err, purity=0.999)
    assert advise(sci, err, purity=0.99, mask=mask).best.sigma < 6


def test_a_purity_below_1_without_negative_detections_is_explained() -> None:
    sci, _ = _field()
    found = advise(sci, np.ones(SHAPE, np.float32), purity=0.95)
    rows = found.table
    assert ((rows["N_NEGATIVE"] == 0) & (rows["PURITY"] < 1)).any()
    last = str(found).splitlines()[-1]
    assert last.startswith("Noise is what the negative has or, where it is more, the tail fitted")
    assert last.endswith("purity can be below 1 where the negative has none.")


def test_it_is_told_in_words_with_a_table() -> None:
    sci, _ = _field()
    found = advise(sci, np.ones(SHAPE, np.float32), np.ones(SHAPE, np.float32), purity=0.95)
    told = str(found)
    assert f"detect_thresh {found.best.thresh:g}" in told
    assert "As it is (rms_err, gauss_2.5_5x5, 9 pixels" in told
    assert set(found.table["ERR_TYPE"]) == {"rms_err", "wht"}
    assert (found.table["PURITY"] >= 0.95).all()
    level = advise(sci, np.ones(SHAPE, np.float32), parameters=Parameters(
        thresh_type="ABSOLUTE", detect_thresh=3.0
    ))  # fmt: skip
    assert level.as_it_is is None
    assert level.parameters.thresh_type == "RELATIVE"


@pytest.mark.parametrize("purity", [0.0, 1.0, 5.0, "0.9", None])
def test_what_is_no_purity_is_refused(purity: Any) -> None:
    with pytest.raises(ParameterError, match="purity"):
        advise(np.zeros((60, 60)), np.ones((60, 60)), purity=purity)


def test_parameters_that_are_none_and_places_that_are_none_are_refused() -> None:
    sky = np.zeros((60, 60)), np.ones((60, 60))
    with pytest.raises(ParameterError, match="parameters is 5; give Parameters"):
        advise(*sky, parameters=5)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"\('a', None\) is no place"):
        why(*sky, "rms_err", Parameters(), "a", None)  # type: ignore[arg-type]


def test_a_kernel_goes_by_its_name() -> None:
    own = parameter_sets.find("cold").values.filter_name
    assert [spell_kernel(each) for each in (own, "gauss_2.5_5x5", None)] == [
        "tophat_9.0_9x9", "gauss_2.5_5x5", "none",
    ]  # fmt: skip


def test_the_unit_of_the_threshold_is_that_of_the_settings() -> None:
    sci, _ = _field(0.7)
    own = Parameters(thresh_unit="filtered", detect_thresh=4.0, analysis_thresh=4.0)
    found = advise(sci, np.full(SHAPE, 2.0, np.float32), parameters=own, purity=0.95)
    assert found.parameters.thresh_unit == found.best.thresh_unit == "filtered"
    assert found.parameters.detect_thresh == found.best.thresh == round(found.best.sigma, 2)
    assert f"detect_thresh {found.best.thresh:g} (thresh_unit filtered)" in str(found)
    usual = advise(sci, np.full(SHAPE, 2.0, np.float32), purity=0.95)
    assert usual.parameters.thresh_unit == "rms"
    assert "(thresh_unit rms)" in str(usual)


@pytest.mark.parametrize("thresh", [4.0, 4.37, 3.12])
def test_as_it_is_is_at_the_threshold_of_the_settings(thresh: float) -> None:
    sci, _ = _field()
    own = Parameters(thresh_unit="filtered", detect_thresh=thresh, analysis_thresh=thresh)
    found = advise(sci, np.ones(SHAPE, np.float32), parameters=own, purity=0.95)
    assert found.as_it_is is not None
    assert np.isclose(found.as_it_is.sigma, thresh)
    assert f"{thresh:.2f} sigma)" in str(found)


@pytest.mark.parametrize("smoothed", [0.0, 0.7])
def test_as_it_is_has_the_sigma_that_a_run_of_the_settings_tells(smoothed: float) -> None:
    sci, _ = draw_field((800, 800), 90, (1, 12), smoothed, least=0.2)
    err = np.ones((800, 800), np.float32)
    found = advise(sci, err, purity=0.95)
    own = segment_image(sci, err, "rms_err", Parameters()).facts
    assert found.as_it_is is not None
    assert np.isclose(found.as_it_is.sigma, 1.8 / own["filtered_sigma"], rtol=1e-3)


@pytest.mark.parametrize(("scatter", "said"), [(0.0, "nothing is"), (1.0, "nothing but noise is")])
def test_a_field_without_sources_is_said_to_be_one(scatter: float, said: str) -> None:
    sci = np.random.default_rng(2).normal(0, 1, (200, 200)) * scatter
    with pytest.raises(ImageError, match=f"{said} detected from 3 sigma on"):
        advise(sci, np.ones((200, 200)), purity=0.99)


def test_a_single_detection_has_a_purity_between_0_and_1() -> None:
    image = np.random.default_rng(1).normal(0, 1, (120, 120))
    image[50:54, 60:64] += 60
    best = advise(image, np.ones_like(image), purity=0.9).best
    assert (best.n_real, best.purity, best.purity_error) == (1, 1, 1)
