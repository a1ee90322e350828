"""The noise of an image against its error map."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg.engine.rows import ArrayRows, Window
from skyseg.engine.types import ErrType, FloatImage
from skyseg.errors import ImageError
from skyseg.imaging.noise import (
    check_noise,
    check_scale,
    check_sky,
    doubt_kind,
    forget_samples,
    sample_noise,
)

SHAPE = (256, 320)


def _depth(varies: bool) -> FloatImage:
    """Rms of the noise: one level, or one that rises from left to right."""
    ramp = np.linspace(1, 3, SHAPE[1], dtype=np.float32) if varies else np.ones(SHAPE[1])
    return np.broadcast_to(ramp, SHAPE).astype(np.float32)


def _image(rms: FloatImage, level: float = 0.01, sources: int = 30) -> FloatImage:
    """Noise of an rms times a level, with sources far above it."""
    rng = np.random.default_rng(1)
    image = rng.normal(0, 1, SHAPE) * rms
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for cx, cy in rng.uniform(0, SHAPE[0], (sources, 2)):
        image += 300 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8)
    return (image * level).astype(np.float32)


def _said(sci: FloatImage, noise: FloatImage, given: ErrType, wanted: ErrType | None = None) -> str:
    doubt = check_noise(ArrayRows(sci), ArrayRows(noise), given, wanted or given, "F444W")
    return "" if doubt is None else str(doubt)


@pytest.mark.parametrize("varies", [False, True])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.5])
def test_an_rms_is_an_rms(varies: bool, factor: float) -> None:
    rms = _depth(varies)
    assert _said(_image(rms), factor * rms * 0.01, "rms_err") == ""


@pytest.mark.parametrize("varies", [False, True])
@pytest.mark.parametrize("factor", [1e-4, 1.0, 1000.0])
def test_a_weight_may_have_any_level(varies: bool, factor: float) -> None:
    rms = _depth(varies)
    assert _said(_image(rms, level=3.0), factor / (rms * 3.0) ** 2, "wht") == ""


@pytest.mark.parametrize("varies", [False, True])
def test_a_weight_given_as_an_rms_is_said(varies: bool) -> None:
    rms = _depth(varies)
    said = _said(_image(rms), 1 / (rms * 0.01) ** 2, "rms_err")
    assert said.startswith("F444W: its error map is ")
    assert said.endswith(
        "as a weight would be; if it is one, give it as wht= and use the error type wht"
    )


def test_an_exposure_map_given_as_an_rms_is_said() -> None:
    rms = _depth(True)
    said = _said(_image(rms), 0.01 / rms**2, "rms_err")
    assert "as a weight would be" in said
    seconds = np.full(SHAPE, 1.5e6, np.float32)
    said = _said(_image(_depth(False)), seconds, "rms_err")
    assert "so it is hardly the rms of it; check its unit and its kind" in said


@pytest.mark.parametrize("varies", [False, True])
def test_an_rms_given_as_a_weight_is_said(varies: bool) -> None:
    rms = _depth(varies)
    said = _said(_image(rms), rms * 0.01, "wht")
    assert said.endswith(
        "as an rms would be; if it is one, give it as err= and use the error type rms_err"
    )


def test_a_relative_weight_makes_no_rms() -> None:
    rms = _depth(True)
    weight = 1 / rms**2
    assert _said(_image(rms), weight, "wht") == ""
    said = _said(_image(rms), weight, "wht", "rms_err")
    assert said.endswith("so the weight is a relative one; use the error type wht")


def test_an_image_without_noise_or_good_pixels_is_left_to_the_methods() -> None:
    smooth = _image(np.zeros(SHAPE, np.float32))
    assert _said(smooth, np.ones(SHAPE, np.float32), "wht") == ""
    empty = np.full(SHAPE, np.nan, np.float32)
    assert _said(empty, np.ones(SHAPE, np.float32), "rms_err") == ""
    assert _said(_image(_depth(False)), np.zeros(SHAPE, np.float32), "rms_err") == ""
    one = np.ones((1, 1), np.float32)
    assert _said(one, one, "rms_err") == ""


@pytest.mark.parametrize("level", [7e-23, 1e-30, 1e20])
@pytest.mark.parametrize("kind", ["rms_err", "wht", "relative"])
def test_noise_beyond_32_bits_is_refused_for_both_error_types_alike(
    level: float, kind: str
) -> None:
    sci = _image(_depth(False), level)
    with np.errstate(over="ignore", under="ignore"):
        maps = {
            "rms_err": np.full(SHAPE, level, np.float32),
            "wht": np.full(SHAPE, 1 / level**2, np.float64).astype(np.float32),
            "relative": np.ones(SHAPE, np.float32),
        }
    given: ErrType = "rms_err" if kind == "rms_err" else "wht"
    with pytest.raises(ImageError, match=r"F444W: the noise is .*, whose square is beyond 32-bit"):
        check_scale(ArrayRows(sci), ArrayRows(maps[kind]), given, "F444W")


@pytest.mark.parametrize("level", [1e-18, 1e-10, 1e10])
def test_other_scales_are_taken(level: float) -> None:
    sci, rms = _image(_depth(False), level), _depth(False) * np.float32(level)
    check_scale(ArrayRows(sci), ArrayRows(rms), "rms_err", "F444W")
    assert _said(sci, rms, "rms_err") == ""


def test_noise_is_measured_beside_bad_pixels_and_sources() -> None:
    image = _image(_depth(False))
    image[:, ::7] = np.nan
    np.testing.assert_allclose(np.median(sample_noise(ArrayRows(image)).sigma), 0.01, rtol=0.1)


def test_nothing_is_said_of_no_blocks() -> None:
    assert doubt_kind(np.array([]), np.array([]), "wht") is None


class _CountedRows(ArrayRows):
    """An image whose file has a state, as one on disk, and that counts what is read of it."""

    state = "as it was"
    count = 0

    def read(self, window: Window) -> FloatImage:
        type(self).count += 1
        return super().read(window)


def test_the_blocks_of_an_image_are_read_once_while_its_file_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget_samples()
    image = _CountedRows(_image(_depth(varies=True)))
    first = sample_noise(image)
    read = _CountedRows.count
    check_sky(image, None, 0.0)
    assert sample_noise(image) is first
    assert _CountedRows.count == read > 0
    monkeypatch.setattr(_CountedRows, "state", "changed")
    assert sample_noise(image) is not first
    forget_samples()
    sample_noise(image)
    assert _CountedRows.count == 3 * read
