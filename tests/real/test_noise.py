"""In every weighting mode the engine finds the pixels, and the errors, of the real program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from skyseg import Parameters
from skyseg.engine import Flag, Previewer, draw_background, measure_mesh, segment_image
from skyseg.engine.types import ErrType

from .conftest import Run

FloatImage = npt.NDArray[np.float32]

ERR_TYPES: dict[str, ErrType] = {
    "NONE": "none", "BACKGROUND": "none", "MAP_RMS": "rms_err", "MAP_VAR": "rms_err",
    "MAP_WEIGHT": "wht",
}  # fmt: skip


def _field(shape: tuple[int, int], seed: int) -> tuple[FloatImage, FloatImage]:
    """Round sources in noise that varies over the image, on an uneven sky, and its rms."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    rms = 1 + 0.5 * np.sin(x / 29 + seed) + y / (2 * max(shape))
    image = rng.normal(size=shape)
    for _ in range(max(1, image.size // 2500)):
        cy, cx, width = rng.uniform(0, shape[0]), rng.uniform(0, shape[1]), rng.uniform(1, 3)
        image += 10 ** rng.uniform(1, 2) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2 / width**2)
    sky = rng.uniform(0, 2, (shape[0] // 20 + 1, shape[1] // 20 + 1)).repeat(20, 0).repeat(20, 1)
    image = image * rms + sky[: shape[0], : shape[1]]
    return image.astype(np.float32), rms.astype(np.float32)


def _err(weight_type: str, rms: FloatImage) -> FloatImage | None:
    maps = {"MAP_RMS": rms, "MAP_VAR": 5 * rms**2, "MAP_WEIGHT": 1 / (7 * rms**2)}
    return maps.get(weight_type)


def _check(
    run_program: Run, sci: FloatImage, err: FloatImage | None, weight_type: str, **values: Any
) -> None:
    parameters = Parameters(weight_type=weight_type, **values)
    program = run_program(sci, err, parameters)
    found = segment_image(sci, err, ERR_TYPES[weight_type], parameters, (10.0,))
    np.testing.assert_array_equal(found.labels > 0, program.labels > 0)
    place = found.columns["X_IMAGE"][:, None], found.columns["Y_IMAGE"][:, None]
    apart = np.hypot(place[0] - program.columns["X_IMAGE"], place[1] - program.columns["Y_IMAGE"])
    ours, theirs = np.nonzero(apart < 1e-3)
    assert len(ours) >= 0.6 * apart.shape[1]
    # the program draws lots for the pixels of blends
    alone = (found.columns["FLAGS"][ours] & Flag.MERGED) == 0
    ours, theirs = ours[alone], theirs[alone]
    for name in ("FLUXERR_APER", "FLUXERR_ISO"):
        error = found.columns[name].reshape(len(apart), -1)[ours, 0]
        near = np.isclose(error, program.columns[name][theirs], rtol=1e-3, equal_nan=True)
        assert near.sum() >= 0.8 * len(near), name


@pytest.mark.parametrize("back_type", ["MANUAL", "AUTO"])
@pytest.mark.parametrize("weight_type", ERR_TYPES)
@pytest.mark.parametrize("shape", [(130, 170), (40, 30), (9, 140), (5, 65)])
def test_every_weight_type_gives_the_foreground_and_errors_of_the_program(
    run_program: Run, weight_type: str, back_type: str, shape: tuple[int, int]
) -> None:
    sci, rms = _field(shape, seed=shape[0])
    _check(run_program, sci, _err(weight_type, rms), weight_type, back_type=back_type, back_size=32)


@pytest.mark.parametrize("weight_type", ["NONE", "MAP_RMS"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (2, 2), (3, 3), (40, 3)])
def test_the_smallest_images_are_those_of_the_program(
    run_program: Run, weight_type: str, shape: tuple[int, int]
) -> None:
    sci, rms = _field(shape, 6)
    sci[sci.shape[0] // 2 :] += 20
    parameters = Parameters(weight_type=weight_type, detect_minarea=1)
    err, err_type = _err(weight_type, rms), ERR_TYPES[weight_type]
    program = run_program(sci, err, parameters)
    found = segment_image(sci, err, err_type, parameters).labels > 0
    np.testing.assert_array_equal(found, program.labels > 0)
    part = slice(0, shape[0]), slice(0, shape[1])
    preview = Previewer(sci, err, err_type).run(parameters, part)
    np.testing.assert_array_equal(preview.labels > 0, found)


@pytest.mark.parametrize("weight_type", ["NONE", "BACKGROUND"])
def test_a_pixel_without_value_hides_what_the_kernel_smears_it_over(
    run_program: Run, weight_type: str
) -> None:
    sci, _ = _field((130, 170), 1)
    sci[np.random.default_rng(1).random(sci.shape) < 0.002] = np.nan
    sci[40:80, 60:90] = np.nan
    _check(run_program, sci, None, weight_type, back_size=32, back_type="AUTO")


@pytest.mark.parametrize("weight_type", ["NONE", "BACKGROUND"])
@pytest.mark.parametrize("weight_gain", [True, False])
def test_the_gain_follows_the_noise_where_that_varies(
    run_program: Run, weight_type: str, weight_gain: bool
) -> None:
    sci, _ = _field((130, 170), 5)
    values = {"gain": 2.0, "weight_gain": weight_gain, "back_type": "AUTO"}
    _check(run_program, sci, None, weight_type, **values)


@pytest.mark.parametrize("weight_type", ["MAP_VAR", "MAP_WEIGHT"])
def test_a_relative_map_may_be_taken_as_it_is_and_the_gain_goes_with_it(
    run_program: Run, weight_type: str
) -> None:
    sci, rms = _field((130, 170), 2)
    err = _err(weight_type, rms)
    _check(run_program, sci, err, weight_type, rescale_weights=False, gain=2.0)
    _check(run_program, sci, err, weight_type, rescale_weights=True, gain=2.0)


@pytest.mark.parametrize("rescaled", [True, False])
@pytest.mark.parametrize(
    ("weight_type", "thresh"),
    [("MAP_RMS", 1.4), ("MAP_VAR", 1.3), ("MAP_VAR", 9.0), ("MAP_WEIGHT", 0.5),
     ("MAP_WEIGHT", 0.05)],
)  # fmt: skip
def test_the_weight_threshold_is_that_of_the_program(
    run_program: Run, weight_type: str, thresh: float, rescaled: bool
) -> None:
    sci, rms = _field((130, 170), 3)
    values = {"weight_thresh": thresh, "rescale_weights": rescaled, "back_type": "AUTO"}
    _check(run_program, sci, _err(weight_type, rms), weight_type, **values)


@pytest.mark.parametrize("scale", [1.0, 1e-12])
@pytest.mark.parametrize("bad", [9e29, 1e30, 3e30])
def test_a_variance_of_1e30_is_the_mark_of_a_bad_pixel(
    run_program: Run, bad: float, scale: float
) -> None:
    sci, rms = _field((130, 170), 7)
    variance = (rms * scale) ** 2
    variance[20:50, 30:60] = bad
    sci[20:50, 30:60] = 0
    _check(run_program, sci * scale, variance, "MAP_VAR", back_type="AUTO", back_size=32)


@pytest.mark.parametrize("weight_type", ERR_TYPES)
def test_the_median_of_meshes_acts_only_from_a_difference_on(
    run_program: Run, weight_type: str
) -> None:
    sci, rms = _field((130, 170), 4)
    values = {"back_size": 20, "back_filtthresh": 0.4, "back_type": "AUTO"}
    _check(run_program, sci, _err(weight_type, rms), weight_type, **values)


@pytest.mark.parametrize(("rms", "bad"), [(1e15, False), (1.001e15, True)])
def test_an_rms_is_bad_where_its_square_is_no_variance(
    run_program: Run, rms: float, bad: bool
) -> None:
    sci = np.full((60, 60), 20, np.float32)
    err = np.ones_like(sci)
    err[20:30, 20:30] = rms
    values = Parameters(filter=False, weight_type="MAP_RMS")
    program = run_program(sci, err, values)
    found = segment_image(sci, err, "rms_err", values)
    np.testing.assert_array_equal(found.labels > 0, program.labels > 0)
    assert found.facts["n_bad"] == (100 if bad else 0)


def test_the_sky_that_is_subtracted_has_the_bits_of_the_program(
    run_program: Run, tmp_path: Path
) -> None:
    sci, rms = _field((300, 330), 2)
    sci += 300 + 0.05 * np.arange(330, dtype=np.float32)
    parameters = Parameters(back_type="AUTO")
    run_program(sci, rms, parameters, WEIGHT_TYPE="MAP_RMS", CHECKIMAGE_TYPE="BACKGROUND")
    ours = draw_background(measure_mesh(sci, np.zeros(sci.shape, bool), 64, 3))
    assert (ours == fits.getdata(tmp_path / "seg")).mean() > 0.999
