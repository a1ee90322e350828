"""Thresholds and saturation of isolated sources, against the program itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from skyseg import methods
from skyseg.engine import Parameters
from skyseg.engine.flags import Flag
from skyseg.engine.types import ErrType
from skyseg.methods.base import Request

_COUNTS = ("ISOAREA_IMAGE", "ISOAREAF_IMAGE", "FLAGS", "XMIN_IMAGE", "YMAX_IMAGE")
_VALUES = (
    "X_IMAGE", "Y_IMAGE", "A_IMAGE", "B_IMAGE", "FWHM_IMAGE", "FLUX_ISO", "FLUXERR_ISO",
    "FLUX_AUTO", "FLUXERR_AUTO", "KRON_RADIUS", "FLUX_RADIUS", "SNR_WIN",
)  # fmt: skip


@pytest.fixture(scope="module")
def field() -> npt.NDArray[np.float32]:
    """Twelve sources far from one another, in unit noise."""
    y, x = np.indices((150, 200))
    image = np.random.default_rng(4).normal(size=x.shape)
    for k in range(12):
        cy, cx = 25.3 + 50 * (k // 4), 25.6 + 49.5 * (k % 4)
        distance2 = (x - cx) ** 2 + ((y - cy) / (1 - 0.04 * k)) ** 2
        image += 25 * 1.5**k * np.exp(-distance2 / (2 * (1.5 + 0.1 * k) ** 2))
    return image.astype(np.float32)


def _run(
    method: str, sci: npt.NDArray[np.float32], err_type: ErrType, values: dict[str, Any]
) -> Any:
    slope = np.linspace(1, 1.6, sci.shape[1], dtype=np.float32)
    noise = np.broadcast_to(slope, sci.shape).copy()
    parameters = Parameters(clean=False, deblend_mincont=1.0, pixel_scale=0.5).replace(**values)
    request = Request(
        sci=sci, err=noise if err_type == "rms_err" else 3 / noise**2, err_type=err_type,
        parameters=parameters, aper_diams=(4.0,), pix_scale=0.5, zero_point=np.nan, sky=None,
    )  # fmt: skip
    cat = methods.run(method, request).cat
    return cat[np.lexsort((cat["X_IMAGE"].value, cat["Y_IMAGE"].value.round(-1)))]


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
@pytest.mark.parametrize(
    ("thresh_type", "detect", "analysis"),
    [
        ("RELATIVE", 2.5, 8.0),
        ("RELATIVE", 6.0, 1.5),
        ("RELATIVE", 2.5, (24.0, 26.0)),
        ("ABSOLUTE", 4.0, 2.0),
        ("ABSOLUTE", (24.0, 27.0), (23.5, 27.0)),
    ],
)
def test_every_measurement_is_sextractors_at_any_pair_of_thresholds(
    field: npt.NDArray[np.float32], err_type: ErrType, thresh_type: str, detect: Any, analysis: Any
) -> None:
    values = {"thresh_type": thresh_type, "detect_thresh": detect, "analysis_thresh": analysis}
    theirs, ours = (_run(name, field, err_type, values) for name in ("sextractor", "skyseg"))
    assert len(ours) == len(theirs) >= 10
    for name in _COUNTS:
        np.testing.assert_array_equal(ours[name], theirs[name], name)
    for name in _VALUES:
        np.testing.assert_allclose(
            np.asarray(ours[name]), np.asarray(theirs[name]), rtol=1e-3, err_msg=name
        )


@pytest.mark.parametrize(
    "background", [{"back_type": "AUTO", "back_size": 50}, {"back_value": 900.0}], ids=str
)
def test_saturation_is_a_level_over_the_sky(
    field: npt.NDArray[np.float32], background: dict[str, Any]
) -> None:
    clipped = np.minimum(field, 400) + 900
    values = {"satur_level": 1290.0, "detect_thresh": 5.0, **background}
    theirs, ours = (_run(name, clipped, "rms_err", values) for name in ("sextractor", "skyseg"))
    saturated = (ours["FLAGS"] & Flag.SATURATED) != 0
    assert 2 <= saturated.sum() < len(ours)
    np.testing.assert_array_equal(ours["FLAGS"], theirs["FLAGS"])
    np.testing.assert_allclose(ours["FWHM_IMAGE"].value, theirs["FWHM_IMAGE"].value, rtol=1e-3)
