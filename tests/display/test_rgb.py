"""Three images as one in colour."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg.display.rgb import compose_rgb, resample
from skyseg.display.scales import choose_limits


@pytest.fixture
def noise() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [
        (level + scale * rng.normal(0, 1, (300, 40))).astype(np.float32)
        for level, scale in ((0, 1), (50, 9), (-2, 0.01))
    ]


def test_the_sky_is_grey_and_a_source_of_one_band_has_its_colour(noise: list[np.ndarray]) -> None:
    limits = [choose_limits(image, "SCI", "auto") for image in noise]
    sky = compose_rgb(noise, limits).reshape(-1, 3).mean(axis=0)
    assert np.ptp(sky) < 8
    noise[0][100:110, 10:20] += 100
    red, green, blue = compose_rgb(noise, limits)[105, 15]
    assert red > 200
    assert max(green, blue) < 60


def test_blank_pixels_are_as_the_sky(noise: list[np.ndarray]) -> None:
    limits = [choose_limits(image, "SCI", "auto") for image in noise]
    for image in noise:
        image[:5] = np.nan
    assert compose_rgb(noise, limits)[:5].max() < 100


def test_an_image_of_other_pixels_is_brought_to_the_place() -> None:
    image = np.arange(12.0).reshape(3, 4)
    turned = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])
    np.testing.assert_array_equal(resample(image, turned, (4, 3)), image.T)
    moved = resample(image, np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1.0]]), (3, 4))
    np.testing.assert_array_equal(moved[:2], image[1:])
    assert np.isnan(moved[2]).all()
