"""Any two maps compared, and where the result may be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import Data
from skyseg.comparison.classes import DifferenceClass
from skyseg.errors import ComparisonError, ParameterError
from skyseg.panel.compared_maps import check_belongs, compare_named, name_classes


def test_any_two_maps_are_compared_under_the_names_that_are_shown(
    bands: Data, tmp_path: Path
) -> None:
    band = bands["F444W"]
    labels, header = band.load_seg(), band.wcs.to_header()
    fits.writeto(tmp_path / "cut.fits", labels[50:250, 100:700].astype(np.int16), None)
    moved = header.copy()
    moved["CRPIX1"] -= 100
    moved["CRPIX2"] -= 50
    fits.writeto(tmp_path / "mine.fits", labels[50:250, 100:700].astype(np.int16), moved)
    found = compare_named(band, tmp_path / "mine.fits", ("F444W SEG rms_err", "mine"))
    assert (found.a.name, found.b.name) == ("F444W SEG rms_err", "mine")
    assert found.reprojected and found.a.shape == band.shape
    assert found.counts["matched"] > 20
    with pytest.raises(ComparisonError, match="of different shapes need a celestial WCS each"):
        compare_named(band, tmp_path / "cut.fits")


def test_a_comparison_of_another_band_is_refused_though_its_pixels_fit(bands: Data) -> None:
    of_blue = compare_named(bands["F115W"], bands["F115W"])
    check_belongs(of_blue, bands["F115W"])
    with pytest.raises(ParameterError, match="is not of UDS-B v1 F444W; choose its band first"):
        check_belongs(of_blue, bands["F444W"])
    check_belongs(compare_named(bands["F115W"], bands["F444W"]), bands["F444W"])


def test_a_comparison_of_arrays_is_drawn_on_its_own_pixels(bands: Data) -> None:
    band = bands["F444W"]
    labels = band.load_seg()
    check_belongs(compare_named(labels, labels), band)
    elsewhere = band.wcs.deepcopy()
    elsewhere.wcs.crval += 1
    with pytest.raises(ParameterError, match="lies on other pixels than UDS-B v1 F444W"):
        check_belongs(compare_named((labels, elsewhere), (labels, elsewhere)), band)
    with pytest.raises(ParameterError, match="lies on other pixels"):
        check_belongs(compare_named(labels[:50], labels[:50]), band)


def test_classes_are_named_by_the_sides() -> None:
    named = name_classes("F444W SEG rms_err", "F444W SEG wht")
    assert named[DifferenceClass.ONLY_A] == "only in rms_err"
    assert named[DifferenceClass.ONLY_B] == "only in wht"
    assert named[DifferenceClass.BOTH] == "same source in both"
