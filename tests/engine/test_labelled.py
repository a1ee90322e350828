"""Measuring a label map as somebody has drawn it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skyseg import BandData, Parameters
from skyseg.engine import segment_image
from skyseg.engine.labelled import measure_labels
from skyseg.engine.types import ErrType

# without blends, and without detections too small to be sources
PARAMETERS = Parameters(clean=False, deblend_mincont=1.0, detect_minarea=1)
DIAMETERS = (8.0, 12.5)


@pytest.mark.parametrize("err_type", ["rms_err", "wht", "none"])
def test_labels_of_a_run_without_blends_are_measured_as_the_run_did(
    imaging_dir: Path, err_type: ErrType
) -> None:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    band = BandData.from_files(folder / "uds-b-f444w_sci.fits", wht=folder / "uds-b-f444w_wht.fits")
    sci = band.load_sci()
    err = {"rms_err": band.load_err, "wht": band.load_wht, "none": lambda: None}[err_type]()
    run = segment_image(sci, err, err_type, PARAMETERS, DIAMETERS)
    again = measure_labels(sci, err, err_type, run.labels, PARAMETERS, DIAMETERS)
    assert again.keys() == run.columns.keys()
    for name in ("NUMBER", "ISOAREAF_IMAGE", "XMIN_IMAGE", "YMAX_IMAGE", "FLUX_ISO"):
        np.testing.assert_array_equal(again[name], run.columns[name])
    for name in ("X_IMAGE", "Y_IMAGE", "A_IMAGE", "FLUX_APER", "FLUX_AUTO", "FLUX_RADIUS"):
        np.testing.assert_allclose(again[name], run.columns[name], rtol=1e-6)


def test_a_label_drawn_on_the_sky_has_a_position_and_a_flux() -> None:
    image = np.random.default_rng(1).normal(-0.5, 0.1, (60, 80)).astype(np.float32)
    labels = np.zeros(image.shape, np.int32)
    labels[20:25, 30:34] = 12
    labels[50, 70] = 3
    found = measure_labels(image, np.ones_like(image), "rms_err", labels, Parameters(), DIAMETERS)
    assert found["NUMBER"].tolist() == [3, 12]
    np.testing.assert_allclose(found["X_IMAGE"], [71, 32.5], atol=0.6)
    np.testing.assert_allclose(found["Y_IMAGE"], [51, 23], atol=0.6)
    assert found["ISOAREAF_IMAGE"].tolist() == [1, 20]
    np.testing.assert_allclose(found["FLUX_ISO"][1], image[20:25, 30:34].sum(), rtol=1e-5)


def test_a_map_without_labels_gives_no_rows() -> None:
    image = np.ones((30, 30), np.float32)
    found = measure_labels(image, image, "rms_err", np.zeros((30, 30), np.int32), Parameters())
    assert {len(column) for column in found.values()} == {0}


def test_a_label_on_bad_pixels_is_measured_without_an_error_map_too() -> None:
    image = np.random.default_rng(2).normal(0, 1, (60, 80)).astype(np.float32)
    image[20:30, 20:30] += 50
    image[24:26, 24:26] = np.nan
    labels = np.zeros(image.shape, np.int32)
    labels[20:30, 20:30] = 3
    columns = measure_labels(image, None, "none", labels, Parameters(), DIAMETERS)
    assert columns["FLUX_ISO"] == pytest.approx(96 * 50, rel=0.02)
    assert np.isfinite([columns["X_IMAGE"], columns["FLUX_AUTO"], columns["FLUXERR_AUTO"]]).all()
