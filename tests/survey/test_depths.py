"""Depths of bands: equal to what is counted out, and to known noise; loaded, stale, whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable
from scipy.ndimage import gaussian_filter

from skyseg import BandData, Data
from skyseg.engine.depths import sum_light
from skyseg.engine.parameters import Parameters
from skyseg.errors import BatchError, ParameterError, ProductError, StaleProductError
from skyseg.products.depths import DepthMap
from skyseg.samples import simulate_image

_DIAMETERS = [0.21, 0.53, 1.03] * u.arcsec


@pytest.fixture
def data(imaging_dir: Path) -> Data:
    """The two bands of UDS-B, whose products lie in a folder of the test's own."""
    return Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)


def _weights(diameter: float) -> Any:
    """Parts of pixels inside a circle in the middle of one, of 5 x 5 points each."""
    half = int(diameter / 2) + 2
    offset = (np.arange(5 * (2 * half + 1)) - 5 * half - 2) / 5
    inside = np.hypot(offset[:, None], offset) < diameter / 2
    side = 2 * half + 1
    return inside.reshape(side, 5, side, 5).mean(axis=(1, 3)), half


def _scatter(flux: Any) -> float:
    return float(1.482602218 * np.median(np.abs(flux - np.median(flux))))


@pytest.mark.parametrize("back_type", ["AUTO", "MANUAL"])
def test_depths_are_those_counted_out_aperture_by_aperture(
    data: Data, back_type: Literal["AUTO", "MANUAL"]
) -> None:
    band, detection = data["F115W"], data["F444W"]
    detection.segment()
    band.segment()
    parameters = Parameters(back_type=back_type, back_value=0.0)
    band.run_depths(detection, parameters=parameters, aper_diams=_DIAMETERS, n_nearest=20)
    assert band.depths is not None
    table, found = band.depths.table, band.depths.apertures
    sky = band.load_bkg() if back_type == "AUTO" else 0.0
    image, labels = band.load_sci() - sky, detection.load_seg()
    for number, diameter in enumerate(_DIAMETERS.value, start=1):
        own = found[found["APER"] == number]
        assert len(own) == table["N_APER"][number - 1] > 20
        weights, half = _weights(diameter / 0.04)
        flux = []
        for row in own:
            y, x = row["Y_IMAGE"] - 1, row["X_IMAGE"] - 1
            part = np.s_[y - half : y + half + 1, x - half : x + half + 1]
            assert not np.any(labels[part][weights > 0])
            flux.append(np.sum((image[part] * weights)[weights > 0]))
        measured = np.asarray(getattr(own["FLUX"], "value", own["FLUX"]))
        np.testing.assert_allclose(measured, flux, atol=1e-3 * _scatter(flux))
        depth = band.zero_point - 2.5 * np.log10(5 * _scatter(np.array(measured)))
        assert table["DEPTH"][number - 1].value == pytest.approx(depth, abs=1e-6)
        away = np.hypot(own["X_IMAGE"] - own["X_IMAGE"][7], own["Y_IMAGE"] - own["Y_IMAGE"][7])
        # where the last of the nearest are as far as others, either may count
        sizes = np.sort(away)
        if sizes[19] < sizes[20]:
            near = measured[np.argsort(away)[:20]]
            local = band.zero_point - 2.5 * np.log10(5 * _scatter(near))
            assert own["LOC_DEPTH"][7].value == pytest.approx(local, abs=1e-4)


def _noise_band(folder: Path, sigma: float, zero_point: float = 28.0) -> BandData:
    rng = np.random.default_rng(5)
    noise = rng.normal(0, sigma, (900, 900)).astype(np.float32)
    noise[400:420, 400:420] += 100 * sigma
    fits.writeto(folder / "noise_sci.fits", noise)
    fits.writeto(folder / "noise_err.fits", np.full_like(noise, sigma))
    return BandData.from_files(
        folder / "noise_sci.fits", folder / "noise_err.fits", band="F444W",
        zero_point=zero_point, pix_scale=0.03 * u.arcsec,
    )  # fmt: skip


def test_depths_are_within_three_percent_of_the_noise(tmp_path: Path) -> None:
    band = _noise_band(tmp_path, 2.0)
    band.segment()
    band.run_depths(aper_diams=[0.24, 0.48] * u.arcsec)
    assert band.depths is not None
    for diameter, depth in zip((8.0, 16.0), band.depths.table["DEPTH"].value, strict=True):
        flux = 5 * 2.0 * np.sqrt(np.sum(_weights(diameter)[0] ** 2))
        assert 10 ** (-0.4 * (depth - 28.0)) == pytest.approx(flux, rel=0.03)
    assert band.depths.beta == pytest.approx(0.5, abs=0.06)
    cells = band.depths.map
    assert cells.depth.shape == (2, 100, 100)
    assert cells.covered.sum() == 900 * 900
    assert np.nanstd(cells.depth[0]) < 0.15


def test_the_map_lies_on_the_sky_as_the_band_does(data: Data) -> None:
    band = data["F444W"]
    band.segment()
    band.run_depths()
    assert band.depths is not None
    cells = band.depths.map
    assert cells.wcs is not None
    assert band.wcs is not None
    step = -(-max(band.shape) // 100)
    middle = (step - 1) / 2
    here = cells.wcs.pixel_to_world(10, 20)
    there = band.wcs.pixel_to_world(10 * step + middle, 20 * step + middle)
    assert here.separation(there).arcsec < 1e-3
    bad = ~np.isfinite(band.load_sci()) | ~(band.load_wht() > 0)
    assert cells.covered.sum() == np.count_nonzero(~bad)
    assert np.isnan(cells.depth[0][cells.covered == 0]).all()


def test_masked_pixels_hold_no_aperture_and_are_no_area(data: Data) -> None:
    band = data["F444W"]
    band.segment()
    band.mask(edge_distance=30, stars=False)
    band.run_depths(mask=True)
    assert band.depths is not None
    masked, found = band.load_mask() != 0, band.depths.apertures
    x, y = np.asarray(found["X_IMAGE"]) - 1, np.asarray(found["Y_IMAGE"]) - 1
    assert len(found)
    assert not masked[y, x].any()
    assert band.depths.map.covered.sum() == np.count_nonzero(~masked)
    with pytest.raises(StaleProductError, match="exclude"):
        band.run_depths()


def test_what_fits_is_loaded_and_what_has_changed_is_stale(data: Data) -> None:
    band, detection = data["F115W"], data["F444W"]
    with pytest.raises(ProductError, match="has not been segmented"):
        band.run_depths(detection)
    detection.segment()
    band.run_depths(detection)
    assert band.depths is not None
    assert band.depths.made
    first = band.depths.table
    band.run_depths(detection)
    assert not band.depths.made
    assert np.array_equal(band.depths.table["DEPTH"], first["DEPTH"])
    with pytest.raises(StaleProductError, match=r"NSIGMA|nsigma"):
        band.run_depths(detection, n_sigma=3)
    detection.segment(overwrite=True)
    with pytest.raises(StaleProductError, match="run of the detection was"):
        band.run_depths(detection)
    band.run_depths(detection, overwrite=True)
    assert band.depths_path is not None
    assert band.depths_path.name == "UDS-B_F115W_F444W_v1_depths.fits"


def test_depths_of_few_apertures_are_made_and_doubted(
    imaging_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    band = Data.from_survey_version("XDF", "v1", data_dir=imaging_dir, zero_point=26.0)["F160W"]
    band.segment()
    band.run_depths(band, aper_diams=[0.3, 2.0, 5.0] * u.arcsec, work_dir=tmp_path)
    small, large, huge = band.depths.table["N_APER"]
    assert small > 100 > 30 > large > 1 >= huge
    (said,) = [each.getMessage() for each in caplog.records if "apertures" in each.getMessage()]
    assert f"{large} of 2 arcsec, {huge} of 5 arcsec, which tell no depths" in said
    assert "0.3 arcsec" not in said


def test_a_file_that_has_lost_its_map_is_damaged(data: Data) -> None:
    band = data["F444W"]
    band.segment()
    band.run_depths()
    assert band.depths_path is not None
    with fits.open(band.depths_path) as hdus:
        end = hdus["COVERED"].fileinfo()["hdrLoc"]
    with band.depths_path.open("r+b") as stream:
        stream.truncate(end)
    with pytest.raises(ProductError, match="damaged"):
        band.run_depths()


def test_a_catalogue_gets_local_depths(data: Data) -> None:
    band = data["F444W"]
    with pytest.raises(ProductError, match="no depths"):
        band.append_loc_depth_cols(None)  # type: ignore[arg-type]
    band.segment()
    band.run_depths(aper_diams=_DIAMETERS)
    table = band.load_cat()
    band.append_loc_depth_cols(table)
    assert band.depths is not None
    assert table["LOC_DEPTH_APER"].shape == (len(table), 3)
    middle = np.median(table["LOC_DEPTH_APER"].value, axis=0)
    np.testing.assert_allclose(middle, band.depths.table["DEPTH"].value, atol=0.3)
    with pytest.raises(ParameterError, match="X_IMAGE"):
        band.append_loc_depth_cols(table["NUMBER",])


def test_a_band_appends_no_column_to_the_catalogue_of_another(data: Data, tmp_path: Path) -> None:
    band, other = data["F444W"], data["F115W"]
    psf = tmp_path / "psf.fits"
    fits.writeto(psf, np.ones((99, 99)), fits.Header({"PIXELSCL": 0.04}))
    for each in (band, other):
        each.segment(aper_diams=_DIAMETERS)
    band.run_depths(aper_diams=_DIAMETERS)
    appending: list[Callable[[QTable], None]] = [
        band.append_loc_depth_cols,
        band.append_empty_error_cols,
        lambda table: band.append_aper_corr_cols(table, psf),
    ]
    band.perform_forced_phot(other, aper_diams=_DIAMETERS)
    theirs, forced, own = other.load_cat(), band.load_forced_phot(), band.load_cat()
    before = theirs.colnames
    for append in appending:
        with pytest.raises(ParameterError, match=r"another band or run than the last of .*F444W"):
            append(theirs)
        for table in (forced, own):
            append(table)
    assert theirs.colnames == before
    assert "FLUXERR_APER_EMPTY" in forced.colnames
    unknown = own["X_IMAGE", "Y_IMAGE"]
    unknown.meta.clear()
    band.append_empty_error_cols(unknown)
    assert len(unknown["FLUXERR_APER_EMPTY"]) == len(own)


def test_errors_of_empty_apertures_are_right_where_the_noise_is_drizzled(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    noise = gaussian_filter(rng.normal(0, 1, (600, 600)), 0.8)
    noise /= noise.std()
    y, x = np.mgrid[:600, :600]
    light = np.zeros_like(noise)
    for at_y, at_x in rng.uniform(40, 560, (60, 2)):
        light += 60 * np.exp(-((y - at_y) ** 2 + (x - at_x) ** 2) / 8)
    fits.writeto(tmp_path / "sci.fits", (light + noise).astype(np.float32))
    fits.writeto(tmp_path / "err.fits", np.ones(noise.shape, np.float32))
    band = BandData.from_files(
        tmp_path / "sci.fits", err=tmp_path / "err.fits", pix_scale=0.04 * u.arcsec,
        zero_point=28.0, survey="drizzled", band="F444W",
    )  # fmt: skip
    band.segment(aper_diams=_DIAMETERS)
    band.run_depths(aper_diams=_DIAMETERS)
    table = band.load_cat()
    band.append_empty_error_cols(table)
    truth = [
        np.std(sum_light(noise.astype(np.float32), *rng.uniform(30, 570, (2, 4000)), each / 0.04))
        for each in _DIAMETERS.to_value(u.arcsec)
    ]
    empty = np.median(np.asarray(table["FLUXERR_APER_EMPTY"]), axis=0)
    plain = np.median(np.asarray(table["FLUXERR_APER"]), axis=0)
    np.testing.assert_allclose(empty, truth, rtol=0.12)
    assert (plain < 0.65 * empty)[-1]
    assert table["FLUXERR_APER_EMPTY"].unit == table["FLUXERR_APER"].unit
    with pytest.raises(ParameterError, match="X_IMAGE"):
        band.append_empty_error_cols(table["NUMBER",])


def test_all_bands_have_depths_past_one_that_fails(half_archive: Path, tmp_path: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=half_archive)
    with pytest.raises(BatchError, match="F444W") as failed:
        data.run_depths("F115W", err_type="rms_err", progress=False)
    assert set(failed.value.errors) == {"F444W"}
    assert data["F115W"].depths is not None
    axes = data.plot_depths(save=tmp_path / "area.png")
    assert axes.get_ylabel().startswith("area")
    assert (tmp_path / "area.png").stat().st_size > 1000
    data["F115W"].plot_depths(save=tmp_path / "map.png")
    with pytest.raises(ParameterError, match="aper"):
        data.plot_depths(9)


def test_area_by_depth_is_counted_out() -> None:
    from skyseg.plotting.depths import measure_area_by_depth

    depth = np.array([[[28.0, 29.0], [np.nan, 28.5]]], np.float32)
    cells = DepthMap(depth, np.array([[10, 20], [0, 40]], np.int32), None)
    at, area = measure_area_by_depth(cells, 0, 60.0)
    assert at.tolist() == [28.0, 28.5, 29.0]
    assert area.tolist() == [70.0, 60.0, 20.0]


def test_local_depths_of_a_simulated_survey_follow_its_noise(tmp_path: Path) -> None:
    image = simulate_image("F444W", shape=(900, 900), n_sources=30, seed=3)
    for name, pixels in (("sci", image.sci), ("err", image.err)):
        fits.writeto(tmp_path / f"sim_{name}.fits", pixels, image.header)
    band = BandData.from_files(tmp_path / "sim_sci.fits", tmp_path / "sim_err.fits", band="F444W")
    band.segment()
    band.run_depths(aper_diams=[0.2] * u.arcsec, n_nearest=400)
    assert band.depths is not None
    found = band.depths.apertures
    y, x = (np.asarray(found[name]) for name in ("Y_IMAGE", "X_IMAGE"))
    ratios = []
    for place in range(0, len(found), len(found) // 40):
        near = np.argsort(np.hypot(x - x[place], y - y[place]))[:400]
        noise = np.median(image.err[y[near] - 1, x[near] - 1])
        flux = 5 * noise * np.sqrt(np.sum(_weights(0.2 / 0.03)[0] ** 2))
        ratios.append(10 ** (-0.4 * (found["LOC_DEPTH"][place].value - band.zero_point)) / flux)
    assert np.median(ratios) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(
    "change", [{"n_sigma": 0}, {"n_nearest": 1}, {"n_nearest": 2.5}, {"n_sigma": "5"}]
)
def test_numbers_that_cannot_be_are_refused(data: Data, change: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        data["F444W"].run_depths(**change)
