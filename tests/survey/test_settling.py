"""What parameter set, call and image come to where all say something."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg.engine.parameters import Parameters
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.methods.parameter_sets import ParameterSet, find
from skyseg.settings import config
from skyseg.survey import BandData
from skyseg.survey.band_extraction import make_recipe, make_request
from skyseg.survey.settling import Settled, settle

SCALE = 0.05


@pytest.fixture
def band(tmp_path: Path) -> BandData:
    """An image with a pixel scale and a zero point, and both error maps."""
    header = fits.Header()
    header.update(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=20, CRPIX2=20, CRVAL1=53, CRVAL2=-27,
        CDELT1=-SCALE / 3600, CDELT2=SCALE / 3600, BUNIT="nJy", GAIN=3.0,
    )  # fmt: skip
    for name, value in (("sci", 0), ("err", 1), ("wht", 1)):
        fits.writeto(tmp_path / f"{name}.fits", np.full((40, 40), value, np.float32), header)
    return BandData.from_files(
        *(tmp_path / f"{name}.fits" for name in ("sci", "err", "wht")), band="F444W"
    )


def settled(band: BandData, *arguments: object, **values: object) -> Settled:
    return settle(band.maps, ParameterSet("own", Parameters(**values), "values"), *arguments)


@pytest.mark.parametrize(
    ("weight_type", "err_type", "rest"),
    [
        (None, "rms_err", None),
        ("NONE", "none", None),
        ("BACKGROUND", "none", "BACKGROUND"),
        ("MAP_RMS", "rms_err", None),
        ("MAP_VAR", "rms_err", "MAP_VAR"),
        ("MAP_WEIGHT", "wht", None),
    ],
)
def test_the_set_says_where_the_noise_comes_from(
    band: BandData, weight_type: str | None, err_type: str, rest: str | None
) -> None:
    found = settled(band, weight_type=weight_type)
    assert (found.err_type, found.parameters.weight_type) == (err_type, rest)
    assert not any("weight_type" in str(note) for note in found.notes)
    # and the same said by the call is the same
    assert settled(band, err_type, weight_type=weight_type) == found


def test_the_call_goes_before_the_weight_type_of_the_set_and_that_is_said(band: BandData) -> None:
    found = settled(band, "rms_err", weight_type="MAP_WEIGHT")
    assert (found.err_type, found.parameters.weight_type) == ("rms_err", None)
    assert "F444W: weight_type MAP_WEIGHT of the parameter set is passed over" in str(
        found.notes[0]
    )


def test_an_error_type_that_there_is_not_is_refused(band: BandData) -> None:
    with pytest.raises(ParameterError, match="err_type is 'rms'"):
        settled(band, "rms")


def test_apertures_are_of_the_call_the_band_the_set_or_the_settings(band: BandData) -> None:
    assert settled(band).aper_diams == config.aper_diams
    of_set = settled(band, phot_apertures=(5.0, 8.0))
    assert of_set.aper_diams == pytest.approx((5 * SCALE, 8 * SCALE))
    assert of_set.parameters == settled(band).parameters
    assert settled(band, None, 0.3 * u.arcsec, phot_apertures=5.0).aper_diams == (0.3,)
    apertures = Parameters(phot_apertures=5.0)
    band.segment(parameters=apertures)
    assert band.seg_args["aper_diams"].value == pytest.approx([5 * SCALE])
    band.load_aper_diams(0.4 * u.arcsec)
    band.segment(parameters=apertures, overwrite=True)
    assert band.seg_args["aper_diams"].value == pytest.approx([0.4])


@pytest.mark.parametrize(
    ("weight_type", "remedy"), [("MAP_WEIGHT", "wht="), ("MAP_RMS", "err="), ("MAP_VAR", "err=")]
)
def test_a_set_that_asks_for_an_error_map_is_named_where_there_is_none(
    band: BandData, tmp_path: Path, weight_type: str, remedy: str
) -> None:
    path = tmp_path / "survey.sex"
    path.write_text(f"WEIGHT_TYPE {weight_type}\nFILTER N\n")
    alone = BandData.from_files(band.sci, band="F444W")
    said = rf"survey \({path}\) has weight_type {weight_type}, and .* nor a WHT map; give {remedy}"
    with pytest.raises(DataNotFoundError, match=said):
        alone.segment(parameters=path)
    assert settle(alone.maps, find(path), "none").err_type == "none"


def test_the_zero_point_of_the_set_stands_for_the_headers_and_not_for_a_given_one(
    band: BandData,
) -> None:
    assert settled(band).zero_point == pytest.approx(31.4, abs=1e-3)
    found = settled(band, mag_zeropoint=25.0)
    assert (found.zero_point, found.parameters.mag_zeropoint) == (25.0, None)
    assert "mag_zeropoint 25 of the parameter set stands for the zero point of the image" in str(
        found.notes[0]
    )
    given = BandData.from_files(band.sci, band.err, zero_point=28.9)
    found = settled(given, mag_zeropoint=25.0)
    assert found.zero_point == 28.9
    assert "is passed over: the call says 28.9" in str(found.notes[0])


def test_the_pixel_scale_of_the_set_goes_before_the_images_and_is_said_where_it_changes_a_number(
    band: BandData, caplog: pytest.LogCaptureFixture
) -> None:
    said = "pixel_scale 1 of the parameter set stands for that of the image, 0.05 arcsec, in "
    found = settled(band, pixel_scale=1.0, detect_thresh=(24, 25))
    assert f"{said}detect_thresh" in str(found.notes[0])
    set_of_scale = ParameterSet("own", Parameters(pixel_scale=1.0), "values")
    (note,) = settle(band.maps, set_of_scale, columns=["MU_MAX", "FLUX_AUTO"]).notes
    assert f"{said}MU_MAX" in str(note)
    assert not settle(band.maps, set_of_scale, columns=["FLUX_AUTO"]).notes
    recipe = make_recipe(band.maps, None, "skyseg", Parameters(pixel_scale=1.0))
    assert (recipe.pix_scale, recipe.parameters.pixel_scale) == (pytest.approx(SCALE), 1.0)
    assert make_request(band.maps, recipe).parameters.pixel_scale == 1.0
    assert "pixel_scale" not in caplog.text
    make_recipe(band.maps, None, "sextractor", Parameters(pixel_scale=1.0))
    assert f"{said}CLASS_STAR" in caplog.text
    own = make_recipe(band.maps, None, "skyseg", "default")
    assert own.parameters.pixel_scale is None
    assert make_request(band.maps, own).parameters.pixel_scale == pytest.approx(SCALE)


def test_the_card_of_the_header_is_settled_too(band: BandData) -> None:
    assert settled(band).parameters.gain == 3.0
    assert settled(band, gain_key="NOGAIN").parameters.gain == 0.0


def test_a_header_file_that_the_program_would_read_is_named(band: BandData, tmp_path: Path) -> None:
    (tmp_path / "own.sex").write_text("PIXEL_SCALE 0\n")
    (tmp_path / "sci.head").write_text("GAIN = 5\nEND\n")
    chosen = find(tmp_path / "own.sex")
    notes = settle(band.maps, chosen).notes
    assert f"{tmp_path / 'sci.head'} is not read" in str(notes[0])
    (tmp_path / "own.sex").write_text("PIXEL_SCALE 0\nHEADER_SUFFIX NONE\n")
    assert settle(band.maps, find(tmp_path / "own.sex")).notes == ()
    assert settled(band).notes == ()


def test_a_sex_file_brings_its_columns_and_its_error_type(band: BandData, tmp_path: Path) -> None:
    (tmp_path / "own.param").write_text("NUMBER\nFLUX_ISO\n")
    (tmp_path / "own.sex").write_text(
        "WEIGHT_TYPE MAP_WEIGHT\nPARAMETERS_NAME own.param\nPHOT_APERTURES 4\nPIXEL_SCALE 0\n"
    )
    band.segment(parameters=tmp_path / "own.sex")
    assert band.products is not None
    recipe = band.products.recipe
    assert (recipe.err_type, recipe.set_name) == ("wht", "own")
    assert recipe.aper_diams == pytest.approx((4 * SCALE,))
    assert band.load_cat().colnames == ["NUMBER", "FLUX_ISO"]
    assert "MAP_WEIGHT" in str(band.seg_path)
    # the same arguments ask for the same
    band.segment(**band.seg_args)
    assert not band.products.made


def test_a_flag_map_that_is_nowhere_is_named_where_flags_are_asked(
    band: BandData, tmp_path: Path
) -> None:
    (tmp_path / "own.sex").write_text("FLAG_IMAGE nix.fits\nPIXEL_SCALE 0\n")
    (tmp_path / "flags.param").write_text("NUMBER\nIMAFLAGS_ISO\n")
    assert make_recipe(band.maps, None, "skyseg", tmp_path / "own.sex").columns is None
    with pytest.raises(DataNotFoundError, match=r"nix\.fits"):
        band.segment(parameters=tmp_path / "own.sex", params_name=tmp_path / "flags.param")


def test_a_weight_made_of_an_error_map_is_told(tmp_path: Path, band: BandData) -> None:
    sci, err = (tmp_path / f"{name}.fits" for name in ("sci", "err"))
    alone = BandData.from_files(sci, err, band="F444W")
    told = [str(note) for note in settled(alone, "wht").notes]
    assert any("no WHT map, so the weight is 1 / ERR^2; give wht=" in each for each in told)
    for other in (settled(alone, "rms_err"), settled(band, "wht")):
        assert not any("1 / ERR^2" in str(note) for note in other.notes)
