"""Roman's L3 mosaics in ASDF, made by roman_datamodels itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import ICRS, SkyCoord
from astropy.modeling import models

from skyseg import BandData, Data
from skyseg.errors import DataNotFoundError, ImageError
from skyseg.imaging import BandMaps
from skyseg.imaging.reading import is_seekable, list_hdus

datamodels = pytest.importorskip("roman_datamodels.datamodels")
asdf = pytest.importorskip("asdf")
gwcs = pytest.importorskip("gwcs")

pytestmark = pytest.mark.filterwarnings("ignore::asdf.exceptions.AsdfWarning")

SHAPE = (120, 150)
SCALE = 0.055
NAME = "r00001_p_270p65x48y69_f158_coadd.asdf"


def make_wcs(curl: float = 0.0) -> Any:
    """A rotated gnomonic projection, as of the sky cells; with a curl that is no polynomial."""
    ny, nx = SHAPE
    angle = np.radians(30)
    matrix = np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    to_plane = models.Shift(-(nx - 1) / 2) & models.Shift(-(ny - 1) / 2)
    if curl:
        bent = models.Sine1D(amplitude=curl, frequency=0.2) & models.Const1D(0.0)
        both = models.Mapping((0, 1, 0, 1)) | (models.Identity(2) & bent)
        sums = models.Polynomial2D(1, c1_0=1, c0_1=1)
        to_plane = to_plane | both | models.Mapping((0, 2, 1, 3)) | (sums & sums.copy())
    sky = models.Pix2Sky_TAN() | models.RotateNative2Celestial(10.0, -20.0, 180.0)
    plane = models.AffineTransformation2D(matrix=matrix * SCALE / 3600)
    frames = gwcs.coordinate_frames
    detector = frames.Frame2D(name="detector", unit=(u.pix, u.pix))
    icrs = frames.CelestialFrame(name="icrs", reference_frame=ICRS(), unit=(u.deg, u.deg))
    wcs = gwcs.WCS([(detector, to_plane | plane | sky), (icrs, None)])
    wcs.bounding_box = ((-0.5, nx - 0.5), (-0.5, ny - 0.5))
    return wcs


@pytest.fixture
def mosaic(tmp_path: Path) -> Callable[..., Path]:
    """Write a mosaic with sources on noise; return its path."""

    def write(name: str = NAME, wcs: Any = None, **options: Any) -> Path:
        model = datamodels.MosaicModel.create_fake_data(shape=SHAPE)
        y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
        image = np.random.default_rng(1).normal(0, 0.01, SHAPE)
        for cx, cy in ((40, 30), (100, 80)):
            image += 2 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8)
        image[5, 6] = np.nan
        model.data = image.astype(np.float32)
        model.err = np.full(SHAPE, 0.01, np.float32)
        model.weight = np.linspace(1, 2, SHAPE[1], dtype=np.float32) * np.ones(SHAPE, np.float32)
        model.meta.instrument.optical_element = "F158"
        model.meta.wcs = make_wcs() if wcs is None else wcs
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        model.to_asdf(path, **options)
        return path

    return write


def test_a_mosaic_tells_band_unit_zero_point_and_positions(mosaic: Callable[..., Path]) -> None:
    maps = BandMaps.from_files(mosaic())
    assert (maps.band, maps.instrument, maps.facility) == ("F158", "Roman_WFI", "Roman")
    assert maps.survey == "r00001_p_270p65x48y69_f158_coadd"
    assert maps.unit == "MJy/sr"
    assert maps.pix_scale.to_value(u.arcsec) == pytest.approx(SCALE, rel=1e-6)
    flux = (1 * u.MJy / u.sr * (SCALE * u.arcsec) ** 2).to(u.ABmag)
    assert maps.zero_point == pytest.approx(flux.value, abs=1e-5)
    assert [str(ref).rpartition("[")[2] for ref in (maps.sci, maps.err, maps.wht)] == [
        *("SCI]", "ERR]", "WHT]")
    ]
    x, y = np.array([0.0, 149.0, 70.3]), np.array([0.0, 119.0, 11.7])
    apart = maps.wcs.pixel_to_world(x, y).separation(SkyCoord(*make_wcs()(x, y), unit="deg"))
    assert apart.max() < 1e-3 * SCALE * u.arcsec


@pytest.mark.parametrize("compression", [None, "lz4"])
def test_pixels_are_those_of_the_mosaic_compressed_or_not(
    mosaic: Callable[..., Path], compression: str | None
) -> None:
    path = mosaic(all_array_compression=compression)
    maps = BandMaps.from_files(path)
    with asdf.open(path) as file:
        model = file["roman"]
        for values, load in ((model["data"], maps.load_sci), (model["err"], maps.load_err),
                             (model["weight"], maps.load_wht)):  # fmt: skip
            np.testing.assert_array_equal(load(), values)
        part = np.s_[3:40, 5:150]
        np.testing.assert_array_equal(maps.load_part("WHT", part), model["weight"][part])
    assert maps.load_sci().dtype == np.dtype("f4")
    assert is_seekable(path) == (compression is None)


def test_a_mosaic_is_segmented_by_err_and_by_weight_and_never_changed(
    mosaic: Callable[..., Path],
) -> None:
    path = mosaic()
    before = path.read_bytes()
    band = BandData.from_files(path)
    for err_type in ("rms_err", "wht"):
        band.segment(err_type, aper_diams=[0.3] * u.arcsec)
        cat = band.load_cat()
        assert len(cat) == 2
        found = SkyCoord(cat["ALPHA_J2000"], cat["DELTA_J2000"])
        truth = SkyCoord(*make_wcs()(np.array([40, 100]), np.array([30, 80])), unit="deg")
        assert found.separation(truth).max() < 0.1 * SCALE * u.arcsec
        light = 2 * 2 * np.pi * 4
        expected = band.zero_point - 2.5 * np.log10(light)
        np.testing.assert_allclose(cat["MAG_AUTO"].value, expected, atol=0.1)
    assert path.read_bytes() == before


def test_mosaics_are_found_in_an_archive_beside_fits(
    mosaic: Callable[..., Path], tmp_path: Path
) -> None:
    mosaic(f"roman/HLWAS/Roman_WFI/v1/55mas/{NAME}")
    other = tmp_path / "roman/HLWAS/Roman_WFI/v1/55mas/association.asdf"
    asdf.AsdfFile({"anything": 1}).write_to(other)
    assert list_hdus(other).hdus == ()
    data = Data.from_survey_version("HLWAS", "v1", data_dir=tmp_path)
    assert [band.band for band in data] == ["F158"]
    with pytest.raises(ImageError, match=r"association.asdf holds no 2-D image"):
        BandData.from_files(other)


def test_a_wcs_that_fits_cannot_follow_is_said(
    mosaic: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        BandMaps.from_files(mosaic("curl_f158.asdf", make_wcs(curl=2.0)))
    assert "has a WCS that FITS can" in caplog.text


def test_what_cannot_be_read_is_said_with_what_to_do(
    tmp_path: Path, mosaic: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataNotFoundError, match=r"none.asdf does not exist"):
        list_hdus(tmp_path / "none.asdf")
    (tmp_path / "text.asdf").write_text("no ASDF")
    with pytest.raises(ImageError, match=r"text.asdf cannot be read as ASDF \(.*\); replace it"):
        list_hdus(tmp_path / "text.asdf")
    cut = tmp_path / "cut.asdf"
    cut.write_bytes(mosaic().read_bytes()[:20000])
    with pytest.raises(ImageError, match=r"cut.asdf cannot be read as ASDF"):
        BandMaps.from_files(cut, band="F158").load_sci()
    other = mosaic("another_f158.asdf")
    monkeypatch.setitem(sys.modules, "asdf", None)
    with pytest.raises(ImageError, match="not installed; install skyseg with the extra 'roman'"):
        list_hdus(other)
