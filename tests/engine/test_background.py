"""The mesh background, against sep and against what must hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import sep
from hypothesis import given
from hypothesis import strategies as st

from skyseg.engine import draw_background, measure_mesh, measure_weight_factor
from skyseg.engine.background import Mesh, draw_background_part
from skyseg.engine.rows import Window

FloatImage = npt.NDArray[np.float32]
Maker = Callable[[tuple[int, int], int, int], FloatImage]


def _good(image: FloatImage) -> npt.NDArray[np.bool_]:
    return np.zeros(image.shape, np.bool_)


@pytest.mark.parametrize("size", [32, 64, 77])
def test_the_meshes_are_those_of_sep(crowded_field: Maker, size: int) -> None:
    image = crowded_field((300, 350), 120, 3) + np.linspace(0, 5, 350, dtype=np.float32)
    mesh = measure_mesh(image, _good(image), size, 3)
    other = sep.Background(image, bw=size, bh=size, fw=3, fh=3)
    np.testing.assert_allclose(draw_background(mesh), other.back(), atol=0.02)
    np.testing.assert_allclose(mesh.global_sigma, other.globalrms, rtol=0.005)


def test_bad_pixels_are_not_read(crowded_field: Maker) -> None:
    image = crowded_field((200, 200), 60, 1)
    bad = np.random.default_rng(0).random(image.shape) < 0.2
    one, other = image.copy(), image.copy()
    one[bad], other[bad] = np.nan, 1e6
    first, second = measure_mesh(one, bad, 64, 3), measure_mesh(other, bad, 64, 3)
    np.testing.assert_array_equal(first.level, second.level)
    np.testing.assert_array_equal(first.sigma, second.sigma)


def test_a_mesh_without_sky_takes_the_level_of_its_neighbours() -> None:
    image = np.random.default_rng(2).normal(7, 1, (192, 192)).astype(np.float32)
    bad = _good(image)
    bad[64:128, 64:128] = True
    mesh = measure_mesh(image, bad, 64, 1)
    around = [mesh.level[0, 1], mesh.level[1, 0], mesh.level[1, 2], mesh.level[2, 1]]
    np.testing.assert_allclose(mesh.level[1, 1], np.mean(around), rtol=1e-6)


def test_a_constant_image_has_its_level_and_no_noise() -> None:
    image = np.full((100, 130), 3.5, np.float32)
    mesh = measure_mesh(image, _good(image), 64, 3)
    np.testing.assert_array_equal(draw_background(mesh), image)
    assert (mesh.sigma == 0).all()
    assert mesh.global_sigma == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (63, 65), (64, 64), (130, 3)])
def test_the_background_has_the_shape_of_the_image(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(4).normal(size=shape).astype(np.float32)
    found = draw_background(measure_mesh(image, _good(image), 64, 3))
    assert found.shape == shape
    assert np.isfinite(found).all()


@given(
    meshes=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    size=st.integers(1, 20),
    part=st.tuples(*(st.integers(0, 100) for _ in range(4))),
)
def test_a_part_of_the_background_is_that_of_the_whole(
    meshes: tuple[int, int], size: int, part: tuple[int, int, int, int]
) -> None:
    level = np.random.default_rng(6).normal(size=meshes).astype(np.float32)
    # the last meshes stick out of the image
    shape = (max(meshes[0] * size - 1, 1), max(meshes[1] * size - 1, 1))
    mesh = Mesh(level, np.ones_like(level), size, shape)
    y, x = np.sort(np.mod(part[:2], shape[0] + 1)), np.sort(np.mod(part[2:], shape[1] + 1))
    found = draw_background_part(mesh, Window(y[0], y[1], x[0], x[1]))
    np.testing.assert_array_equal(found, draw_background(mesh)[y[0] : y[1], x[0] : x[1]])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 400.0])
def test_a_relative_weight_is_scaled_to_the_noise_of_the_image(scale: float) -> None:
    rng = np.random.default_rng(5)
    noise = np.where(np.arange(400) < 200, 1.0, 3.0) * np.ones((400, 1))
    image = (rng.normal(size=(400, 400)) * noise).astype(np.float32)
    weight = (scale / noise**2).astype(np.float32)
    factor = measure_weight_factor(image, weight, _good(image), 64, 3)
    np.testing.assert_allclose(factor, np.sqrt(scale), rtol=0.03)


def test_an_image_without_noise_says_that_its_weight_cannot_be_scaled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    image = np.ones((80, 80), np.float32)
    assert measure_weight_factor(image, image, _good(image), 64, 3) == 1
    assert "cannot be scaled" in caplog.text
