"""Regions of DS9: drawn to the pixel, and found by band in folders such as galfind's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.wcs import WCS

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ParameterError
from skyseg.masks.bits import MaskBit
from skyseg.masks.regions import draw_regions, find_region_file

SHAPE = (60, 80)


def drawn(tmp_path: Path, text: str, wcs: WCS | None = None) -> np.ndarray:
    path = tmp_path / "shapes.reg"
    path.write_text(text)
    bits = np.zeros(SHAPE, np.int32)
    draw_regions(bits, path, wcs)
    return bits


def test_pixels_whose_centre_lies_in_a_shape_are_drawn(tmp_path: Path) -> None:
    bits = drawn(tmp_path, "image\ncircle(31,21,10)\nbox(5,5,6,4,0)\n")
    y, x = np.indices(SHAPE)
    circle = np.hypot(x - 30, y - 20) < 10
    box = (np.abs(x - 4) < 3) & (np.abs(y - 4) < 2)
    assert np.array_equal(bits > 0, circle | box)
    assert set(np.unique(bits)) == {0, int(MaskBit.REGION)}


def test_a_shape_with_a_minus_is_taken_out(tmp_path: Path) -> None:
    bits = drawn(tmp_path, "image\ncircle(31,21,10)\n-circle(31,21,4)\n")
    assert not bits[20, 30]
    assert bits[20, 37]


def test_a_shape_whose_text_names_a_bit_has_it(tmp_path: Path) -> None:
    bits = drawn(tmp_path, "image\ncircle(31,21,4) # text={artefact}\ncircle(11,11,4)\n")
    assert bits[20, 30] == MaskBit.ARTEFACT
    assert bits[10, 10] == MaskBit.REGION


def test_shapes_on_the_sky_lie_where_the_wcs_puts_them(tmp_path: Path) -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 2.0], [41.0, 31.0]
    wcs.wcs.cdelt = [-1 / 3600, 1 / 3600]
    text = 'icrs\ncircle(150.0,2.0,5.3")\n'
    bits = drawn(tmp_path, text, wcs)
    y, x = np.indices(SHAPE)
    assert np.array_equal(bits > 0, np.hypot(x - 40, y - 30) < 5.3)
    with pytest.raises(ParameterError, match="no WCS"):
        drawn(tmp_path, text)


def test_shapes_off_the_image_and_points_draw_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert not drawn(tmp_path, "image\ncircle(900,900,10)\npoint(5,5)\n").any()
    assert "1 regions without pixels" in caplog.text


def test_the_file_of_a_band_is_found_by_its_name(tmp_path: Path) -> None:
    manual = tmp_path / "manual"
    manual.mkdir()
    for name in ("F444W_JOF.reg", "f444w_JOF_clean.reg", "F200W_JOF.reg", "F200W+F444W.reg"):
        (manual / name).write_text("image\n")
    assert find_region_file(tmp_path, "F444W") == manual / "f444w_JOF_clean.reg"
    assert find_region_file(tmp_path, "F200W") == manual / "F200W_JOF.reg"
    assert find_region_file(tmp_path, "F115W") is None
    with pytest.raises(DataNotFoundError, match=r"no region file in .*; .*F115W\.reg"):
        find_region_file(manual / "none", "F115W")
    (manual / "f444w_clean2.reg").write_text("image\n")
    (manual / "f444w_clean.reg").write_text("image\n")
    with pytest.raises(AmbiguousDataError, match="all of F444W"):
        find_region_file(tmp_path, "F444W")


def test_what_is_no_region_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no DS9 region file"):
        draw_regions(np.zeros(SHAPE, np.int32), tmp_path / "none.reg", None)


@pytest.mark.parametrize(
    "shape",
    ["circle(30,20,1e6)", "box(0,0,1e9,1e9,0)", "polygon(-1e7,-1e7,1e7,-1e7,1e7,1e7,-1e7,1e7)"],
)
def test_a_shape_far_larger_than_the_image_covers_all_of_it(tmp_path: Path, shape: str) -> None:
    assert drawn(tmp_path, f"image\n{shape}\n").all()


def test_shapes_behind_the_image_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0, 2.0]
    text = 'icrs\ncircle(330,-2,5")\npolygon(150,2,330,-2,10,30)\ncircle(nan,2,3")\n'
    assert not drawn(tmp_path, text, wcs).any()
    assert "3 regions without pixels" in caplog.text
