"""The catalogue of a survey: columns a band, one unit, what is not covered, past what fails."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable

from skyseg import BandData, Data
from skyseg.engine.flags import Flag
from skyseg.errors import BatchError, ParameterError, ProductError, StaleProductError
from skyseg.products.making import tell_making
from skyseg.samples import make_survey
from skyseg.survey.forced_found import load_measured

_BANDS = ("F115W", "F200W", "F277W", "F356W", "F444W")


@pytest.fixture
def data(imaging_dir: Path) -> Data:
    """The two bands of UDS-B, whose products lie in a folder of the test's own."""
    return Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)


def test_the_stack_of_the_detection_has_columns_where_it_is_light_and_not_where_it_is_noise(
    data: Data,
) -> None:
    key = "F115W+F444W"
    data.perform_forced_phot(key, progress=False)
    data.make_cat(key)
    stack = data[key]
    assert data.phot_cat is not None
    assert stack.products is not None
    table, light = data.phot_cat.load(), stack.load_forced_phot("uJy")
    for name in ("FLUX_AUTO", "FLUXERR_AUTO", "FLUX_APER", "MAG_AUTO", "FLAGS"):
        np.testing.assert_array_equal(
            np.asarray(table[f"{name}_{key}"]), np.asarray(light[name]), err_msg=name
        )
    assert table[f"FLUX_AUTO_{key}"].unit == u.uJy
    assert f"NUMBER_{key}" not in table.colnames
    # it is no band between others
    measured = load_measured(list(data), stack.products.run_id)
    assert [each.key for each in measured] == ["F115W", "F444W"]
    data.perform_forced_phot(f"{key}_CHI", progress=False)
    assert data[f"{key}_CHI"].forced_phot is None
    data.make_cat(f"{key}_CHI")
    assert not [name for name in data.phot_cat.load().colnames if "+" in name]


def test_a_row_has_the_fluxes_of_all_bands_in_one_unit(data: Data) -> None:
    data.perform_forced_phot("F444W", progress=False)
    told: list[tuple[float, str]] = []
    data.make_cat("F444W", progress=lambda *of: told.append(of))
    assert told == [(0.0, "columns of F115W"), (0.5, "columns of F444W"), (1.0, "writing")]
    assert data.phot_cat is not None
    assert data.phot_cat.made
    table, detected = data.phot_cat.load(), data["F444W"].load_forced_phot()
    for name in ("NUMBER", "X_IMAGE", "ALPHA_J2000", "A_IMAGE"):
        np.testing.assert_array_equal(np.asarray(table[name]), np.asarray(detected[name]))
    for key in ("F115W", "F444W"):
        band = data[key]
        flux = band.load_forced_phot("uJy")
        assert table[f"FLUX_APER_{key}"].unit == u.uJy
        np.testing.assert_array_equal(table[f"FLUX_APER_{key}"], flux["FLUX_APER"])
        np.testing.assert_array_equal(table[f"FLAGS_{key}"], flux["FLAGS"])
        magnitude = table[f"FLUX_AUTO_{key}"].to_value(u.ABmag)[:5]
        np.testing.assert_allclose(magnitude, flux["MAG_AUTO"].value[:5], atol=1e-4)
    assert "X_IMAGE_F115W" not in table.colnames
    assert table.meta["APERDIAM"].split()[0] == "0.32"
    assert table["FLUX_APER_F115W"].info.description
    assert "0.32" in table["FLUX_APER_F115W"].info.description
    assert data.phot_cat_path is not None
    folder, name = data.phot_cat_path.parts[-2:]
    assert folder == "(0.32,0.50,1.00,1.50,2.00)as"
    assert name == "UDS-B_MASTER_Sel-F444W_v1.fits"


def test_its_header_says_what_each_band_was_made_from(data: Data) -> None:
    data.perform_forced_phot("F444W", progress=False)
    data.make_cat("F444W", flux_unit="nJy")
    header = fits.getheader(data.phot_cat_path, 1)
    assert [header["B1NAME"], header["B2NAME"]] == ["F115W", "F444W"]
    assert header["B1RUN"] == data["F115W"].forced_phot.run_id  # type: ignore[union-attr]
    assert header["FLUXUNIT"] == "nJy"
    paths = {header[f"IN{number}PATH"] for number in range(1, 5)}
    assert {str(data[key].sci.path) for key in ("F115W", "F444W")} <= paths
    told = tell_making(data.phot_cat_path)
    assert told is not None
    bands = {each["file"]: each["band"] for each in told["inputs"] if each["role"] == "SCI"}
    assert bands == {str(data[key].sci.path): key for key in ("F115W", "F444W")}


def test_it_says_how_its_sources_were_detected_and_one_that_does_not_is_kept(data: Data) -> None:
    data["F444W"].segment("wht", parameters="hot+cold")
    run = data["F444W"].products
    assert run is not None
    data.perform_forced_phot("F444W", progress=False)
    data.make_cat("F444W")
    path = data.phot_cat_path
    assert path is not None
    told, detected = tell_making(path), tell_making(run.paths.cat)
    assert told is not None
    assert detected is not None
    assert (told["detection"], told["detection_run"]) == ("F444W", run.run_id)
    assert (told["flux_unit"], told["zero_point"]) == ("uJy", None)
    for name in ("method", "err_type", "parameters", "changed", "hot_changed", "hot_inside"):
        assert told[name] == detected[name], name
    # as a catalogue was that is older than these cards
    with fits.open(path, "update") as hdus:
        for hdu in hdus:
            for card in ("METHOD", "PARSET", "ERRTYPE", "DETECT_THRESH", "HOT_INSIDE"):
                hdu.header.remove(card, ignore_missing=True)
            hdu.add_checksum()
    data.make_cat("F444W")
    assert data.phot_cat is not None
    assert not data.phot_cat.made


def test_what_fits_is_loaded_and_what_has_changed_is_stale(data: Data) -> None:
    data.perform_forced_phot("F444W", progress=False)
    data.make_cat("F444W")
    data.make_cat("F444W")
    assert data.phot_cat is not None
    assert not data.phot_cat.made
    with pytest.raises(StaleProductError, match="unit of fluxes was uJy and is nJy"):
        data.make_cat("F444W", "nJy")
    data["F115W"].perform_forced_phot(data["F444W"], overwrite=True)
    with pytest.raises(StaleProductError, match="F115W was measured anew"):
        data.make_cat("F444W")
    data.make_cat("F444W", overwrite=True)


def test_a_band_that_fails_is_named_and_the_others_are_there(data: Data) -> None:
    detection = data["F444W"]
    detection.segment()
    detection.perform_forced_phot(detection)
    with pytest.raises(BatchError, match="F115W") as failed:
        data.make_cat("F444W")
    assert set(failed.value.errors) == {"F115W"}
    assert data.phot_cat is not None
    assert "FLUX_AUTO_F444W" in data.phot_cat.load().colnames
    fresh = Data([data["F444W"].copy()])
    fresh["F444W"].forced_phot = None
    with pytest.raises(ProductError, match="were not measured in"):
        fresh.make_cat("F444W")


def test_masks_and_local_depths_have_columns_of_each_band(data: Data) -> None:
    data.perform_forced_phot("F444W", progress=False)
    with pytest.raises(BatchError, match="no depths"):
        data.make_cat("F444W", loc_depths=True)
    data.run_depths("F444W", progress=False)
    data.mask(edge_distance=30, stars=False)
    data.make_cat("F444W", loc_depths=True, mask=True)
    assert data.phot_cat is not None
    table, labels = data.phot_cat.load(), data["F444W"].load_seg()
    for key in ("F115W", "F444W"):
        bits = data[key].load_mask()
        for row in table:
            expected = np.bitwise_or.reduce(bits[labels == row["NUMBER"]])
            assert row[f"MASK_{key}"] == expected
        depths = table[f"LOC_DEPTH_APER_{key}"]
        assert depths.shape == (len(table), 5)
        errors = table[f"FLUXERR_LOC_APER_{key}"]
        np.testing.assert_allclose(
            (5 * errors).to_value(u.ABmag), depths.value, atol=1e-5, equal_nan=True
        )
    assert np.any(table["MASK_F444W"] != 0)


def test_regions_are_the_ellipses_of_the_detection(data: Data, tmp_path: Path) -> None:
    data.perform_forced_phot("F444W", progress=False)
    data.make_cat("F444W")
    assert data.phot_cat is not None
    path = data.phot_cat.write_cat(tmp_path / "survey.reg")
    own = data["F444W"].write_cat(tmp_path / "own.reg")
    lines = [each.read_text().splitlines() for each in (path, own)]
    assert lines[0][1] == "icrs"
    places, of_band = ([line.split(",")[:2] for line in each] for each in lines)
    assert places == of_band
    about = data.phot_cat.load()["FLUX_APER_F115W"].info.description
    assert about.count("diameters") == 1


def test_what_the_mask_of_the_detection_says_stands_once(data: Data) -> None:
    data["F444W"].mask(edge_distance=30, stars=False)
    data["F444W"].segment(mask=True, exclude=[])
    data.perform_forced_phot("F444W", progress=False)
    data.make_cat("F444W")
    assert data.phot_cat is not None
    table, found = data.phot_cat.load(), data["F444W"].load_cat()
    told = [name for name in table.colnames if name.startswith("DET_")]
    assert "DET_MASK_EDGE" in told
    assert not [name for name in told if name.endswith("_F115W")]
    np.testing.assert_array_equal(table["DET_MASK_EDGE"], found["MASK_EDGE"])


def test_apertures_are_corrected_by_the_psf_that_is_given(data: Data, tmp_path: Path) -> None:
    y, x = np.mgrid[-60:61, -60:61]
    psf = np.exp(-0.5 * (x**2 + y**2) / 4.0**2)
    fits.writeto(tmp_path / "psf.fits", psf, fits.Header({"PIXELSCL": 0.04}))
    data.perform_forced_phot("F444W", progress=False, aper_diams=[0.32, 1.0] * u.arcsec)
    data.make_cat("F444W", psfs={"F115W": tmp_path / "psf.fits"})
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    inside = 1 - np.exp(-0.5 * (np.array([4.0, 12.5]) / 4.0) ** 2)
    ratio = table["FLUX_APER_F115W"] / table["FLUX_APER_CORR_F115W"]
    np.testing.assert_allclose(np.median(ratio, axis=0), inside, rtol=0.015)
    assert "FLUX_APER_CORR_F444W" not in table.colnames
    with pytest.raises(ParameterError, match="F999W"):
        data.make_cat("F444W", psfs={"F999W": tmp_path / "psf.fits"})
    own = data["F115W"].load_forced_phot()
    data["F115W"].append_aper_corr_cols(own, tmp_path / "psf.fits")
    assert own["FLUXERR_APER_CORR"].unit == own["FLUXERR_APER"].unit
    with pytest.raises(ParameterError, match="which apertures"):
        data["F115W"].append_aper_corr_cols(QTable(), tmp_path / "psf.fits")


def test_it_is_written_as_parquet_and_read_back(data: Data, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    data.perform_forced_phot("F444W", progress=False)
    data.make_cat("F444W")
    assert data.phot_cat is not None
    path = data.phot_cat.write_cat(tmp_path / "survey.parquet")
    found, table = QTable.read(path), data.phot_cat.load()
    first = table["FLUX_APER_F115W"][:, 0]
    np.testing.assert_array_equal(found["FLUX_APER_F115W_0.32arcsec"].to_value("uJy"), first.value)
    assert found["FLUX_AUTO_F444W"].unit == u.uJy


@pytest.fixture(scope="module")
def five_bands(tmp_path_factory: pytest.TempPathFactory) -> tuple[Data, dict[str, QTable]]:
    folder = tmp_path_factory.mktemp("survey")
    made = make_survey(folder / "data", bands=_BANDS, shape=(1000, 1200), n_sources=220, seed=4)
    data = Data.from_survey_version(
        "sample", "v1", data_dir=folder / "data", work_dir=folder / "work"
    )
    data.perform_forced_phot("F277W+F356W+F444W", progress=False)
    data.run_depths("F277W+F356W+F444W", progress=False)
    data.make_cat("F277W+F356W+F444W", loc_depths=True)
    return data, {key: QTable.read(path) for key, path in made.truth_cats.items()}


def test_a_simulated_survey_has_its_known_colours(
    five_bands: tuple[Data, dict[str, QTable]],
) -> None:
    data, truths = five_bands
    truth = truths["F444W"]
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    x, y = (np.asarray(table[name].value) - 1 for name in ("X_IMAGE", "Y_IMAGE"))
    true_x, true_y = (np.asarray(truth[k].value) - 1 for k in ("X_IMAGE", "Y_IMAGE"))
    apart = np.hypot(x[:, None] - true_x, y[:, None] - true_y)
    alone = np.hypot(true_x[:, None] - true_x, true_y[:, None] - true_y)
    np.fill_diagonal(alone, np.inf)
    nearest = apart.argmin(axis=1)
    fair = (apart.min(axis=1) < 2) & (alone.min(axis=1)[nearest] > 30)
    fair &= np.all([table[f"FLAGS_{key}"] == 0 for key in _BANDS], axis=0)
    pulls = []
    for key in ("F200W", "F277W", "F356W"):
        # a large aperture, in which the PSFs of all bands have their light
        flux, error = (
            np.stack([table[f"{kind}_{each}"][:, 3].value for each in (key, "F444W")])
            for kind in ("FLUX_APER", "FLUXERR_LOC_APER")
        )
        bright = fair & np.all(flux > 5 * error, axis=0)
        flux, error = flux[:, bright], error[:, bright]
        measured = -2.5 * np.log10(flux[0] / flux[1])
        spread = 1.0857 * np.hypot(*(error / flux))
        known = (truths[key]["MAG"] - truth["MAG"]).value[nearest][bright]
        pulls.append((measured - known) / spread)
    joined = np.concatenate(pulls)
    assert len(joined) > 20
    assert abs(np.median(joined)) < 3 / np.sqrt(len(joined)) * 1.25
    assert np.median(np.abs(joined)) < 1.5


def test_what_a_band_does_not_cover_is_nan_and_flagged(imaging_dir: Path, tmp_path: Path) -> None:
    whole = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    for role in ("sci", "wht"):
        ref = getattr(whole["F115W"], role)
        pixels, header = fits.getdata(ref.path, ref.ext, header=True)
        pixels[:, :300] = 0 if role == "wht" else np.nan
        fits.writeto(tmp_path / f"half_{role}.fits", pixels, header)
    half = BandData.from_files(
        tmp_path / "half_sci.fits", wht=tmp_path / "half_wht.fits", survey="UDS-B", version="v1",
        band="F115W", instrument="NIRCam",
    )  # fmt: skip
    data = Data([half, whole["F444W"]])
    data.perform_forced_phot("F444W", progress=False)
    data.run_depths("F444W", progress=False)
    data.make_cat("F444W", loc_depths=True)
    assert data.phot_cat is not None
    table = data.phot_cat.load()
    out = table["XMAX_IMAGE"].value < 300
    assert out.any()
    for name in ("FLUX_AUTO", "FLUX_APER", "LOC_DEPTH_APER"):
        assert np.isnan(table[f"{name}_F115W"][out]).all()
        assert np.isfinite(table[f"{name}_F444W"][out]).all()
    assert np.all(table["FLAGS_F115W"][out] & Flag.NOT_COVERED)
