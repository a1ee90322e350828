"""A region that is segmented has the sources of a run of the whole image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from regions import CirclePixelRegion, PixCoord

from skyseg import BandData, Data
from skyseg.cli.listing import list_products
from skyseg.errors import ParameterError

PART = slice(60, 220), slice(300, 520)
TEXT = "[301:520,61:220]"


@pytest.fixture(scope="module")
def whole(imaging_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> BandData:
    """A band with products of the whole image."""
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    work_dir = tmp_path_factory.mktemp("work")
    band = BandData.from_files(
        folder / "uds-b-f444w_sci.fits", wht=folder / "uds-b-f444w_wht.fits", work_dir=work_dir
    )
    band.segment()
    return band


@pytest.fixture
def band(whole: BandData) -> BandData:
    return whole.copy()


def test_seg_bkg_and_catalogue_are_those_of_the_whole_run(whole: BandData, band: BandData) -> None:
    band.segment(region=PART)
    labels, inside = band.load_seg(), whole.load_seg()[PART]
    numbers = np.unique(inside[inside > 0])
    np.testing.assert_array_equal(
        labels, np.where(inside > 0, np.searchsorted(numbers, inside) + 1, 0)
    )
    np.testing.assert_array_equal(band.load_bkg(), whole.load_bkg()[PART])
    cat, all_of_it = band.load_cat(), whole.load_cat()
    rows = all_of_it[np.isin(all_of_it["NUMBER"], numbers)]
    assert len(cat) == len(rows) == 3
    for name in ("FLUX_AUTO", "MAG_APER", "FLUXERR_ISO", "FLAGS", "A_IMAGE"):
        np.testing.assert_array_equal(cat[name], rows[name], err_msg=name)
    for name, start in (("X_IMAGE", 300), ("YMAX_IMAGE", 60)):
        np.testing.assert_array_equal(u.Quantity(cat[name]).value + start, rows[name].value)
    for name in ("ALPHA_J2000", "DELTA_J2000"):
        np.testing.assert_allclose(cat[name].value, rows[name].value, rtol=0, atol=1e-11)


def test_products_say_of_which_region_they_are_and_stand_beside_the_others(
    whole: BandData, band: BandData
) -> None:
    band.segment(region=PART)
    assert band.seg_path is not None and whole.seg_path is not None
    assert band.seg_path.name.endswith("_v0_x301-520_y61-220_seg.fits")
    assert band.seg_path.parent == whole.seg_path.parent
    header = fits.getheader(band.seg_path, 1)
    assert header["REGION"] == TEXT
    assert fits.getheader(whole.seg_path, 1)["REGION"] == "all"
    place = np.array([10.0, 200.0]), np.array([20.0, 3.0])
    sky = WCS(header).pixel_to_world(*place)
    expected = whole.wcs.pixel_to_world(place[0] + 300, place[1] + 60)
    assert sky.separation(expected).max() < 1e-6 * u.arcsec
    again = whole.copy()
    again.segment(**band.seg_args)
    assert not again.products.made and again.seg_path == band.seg_path
    again.segment(region=((50, 50), 40))
    assert again.products.made
    listed = {each["region"] for each in list_products([band]) if each["parameters"] == "default"}
    assert listed >= {None, TEXT, "[31:70,31:70]"}
    with pytest.raises(ParameterError, match="ends as the names of products of a region do"):
        band.segment(parameters=_named(band, "a_x1-2_y3-4"))


def _named(band: BandData, name: str) -> Path:
    path = Path(band.work_dir or "") / f"{name}.toml"
    path.write_text("detect_thresh = 2.0\n")
    return path


def _part(band: BandData, region: Any) -> str | None:
    band.segment(region=region)
    return band.products.region if band.products else ""


def test_a_region_is_whatever_the_house_calls_one(whole: BandData, band: BandData) -> None:
    centre = whole.wcs.pixel_to_world(409.5, 139.5)
    size = u.Quantity([220, 160]) * whole.pix_scale
    assert _part(band, (centre, size)) == TEXT
    assert _part(band, ((409.5, 139.5), (220, 160))) == TEXT
    circle = CirclePixelRegion(PixCoord(409.5, 139.5), 20)
    assert _part(band, circle) == "[391:430,121:160]"
    row = whole.load_cat()[20]
    wanted = _part(whole.copy(), ((row["X_IMAGE"].value - 1, row["Y_IMAGE"].value - 1), 50))
    assert _part(whole.copy(), (int(row["NUMBER"]), 50)) == wanted
    # the NUMBER of a source of a region
    band.segment(region=PART)
    inside = band.load_cat()[2]
    x, y = inside["X_IMAGE"].value - 1 + 300, inside["Y_IMAGE"].value - 1 + 60
    assert _part(band, (int(inside["NUMBER"]), 50)) == _part(whole.copy(), ((x, y), 50))
    assert _part(band, np.s_[:, :]) is None
    assert band.seg_path == whole.seg_path
    with pytest.raises(ParameterError, match=r"\(5000, 10\) is no pixel of the image of 772 x 300"):
        band.segment(region=((5000, 10), 20))


def test_what_is_shown_and_compared_of_a_region_is_cut_to_it(
    whole: BandData, band: BandData
) -> None:
    band.segment(region=PART)
    np.testing.assert_array_equal(band.load_part("SEG", np.s_[5:9, :]), band.load_seg()[5:9])
    shown = band.with_products(None)
    assert shown.shape == band.load_seg().shape
    np.testing.assert_array_equal(shown.load_sci(), whole.load_sci()[PART])
    np.testing.assert_array_equal(shown.load_err(), whole.load_err()[PART])
    np.testing.assert_array_equal(
        shown.load_part("WHT", np.s_[3:6, 2:9]), whole.load_wht()[PART][3:6, 2:9]
    )
    header = shown.load_sci(incl_hdr=True)[1]
    assert (header["NAXIS1"], header["NAXIS2"]) == (220, 160)
    assert header["CRPIX1"] == whole.header["CRPIX1"] - 300
    assert band.shape == whole.shape
    ax = band.plot("SCI", overlay=True)
    assert ax.get_xlim() == (-0.5, 219.5)
    other = band.with_products("wht")
    assert (other.products.recipe.err_type, other.products.region) == ("wht", TEXT)
    assert other.shape == (160, 220)
    compared = band.difference("rms_err", "wht")
    assert compared.a.labels.shape == compared.b.labels.shape == (160, 220)
    twice = shown.copy()
    twice.segment()
    assert twice.seg_path == band.seg_path


@pytest.mark.parametrize("method", ["sep", "photutils"])
def test_other_methods_take_a_region_for_an_image_and_say_so(band: BandData, method: str) -> None:
    band.segment(method=method, region=PART)
    assert band.load_seg().shape == (160, 220)
    header = fits.getheader(band.cat_path, 1)
    caveats = [header[key] for key in header if key.startswith("CAVEAT")]
    assert any(
        each.startswith("the region was segmented as an image of its own") for each in caveats
    )


def test_all_bands_are_segmented_in_a_region_of_the_sky(imaging_dir: Path, tmp_path: Path) -> None:
    data = Data.from_survey_version("XDF", "v1", data_dir=imaging_dir, work_dir=tmp_path)
    ny, nx = data.bands[0].shape
    centre = data.bands[0].wcs.pixel_to_world(nx / 2, ny / 2)
    data.segment(region=(centre, 4 * u.arcsec), progress=False)
    assert {band.load_seg().shape for band in data} == {data.bands[0].with_products(None).shape}
    assert all(band.products.region for band in data)
