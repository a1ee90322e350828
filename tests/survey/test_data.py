"""A survey: found in an archive, and as a collection of bands."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS
from distributed import Client, LocalCluster

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ImageError, ParameterError
from skyseg.products import Products
from skyseg.products.names import ProductPaths
from skyseg.settings import config
from skyseg.survey import BandData, Data, morgan_version_to_dir
from skyseg.survey.band_extraction import make_recipe

mpl.use("agg")

RAMP = np.arange(1, 193, dtype=np.float32).reshape(12, 16)


def _write(path: Path, **keywords: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(RAMP, fits.Header(keywords)).writeto(path)
    return path


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of one survey with three instruments, which the settings name."""
    root = tmp_path / "data"
    nircam = root / "jwst/JOF/NIRCam/mosaic_1084_wispnathan/30mas"
    for band in ("f444w", "f115w", "f200w"):
        _write(nircam / f"jof_{band}_sci.fits", BUNIT="nJy")
        _write(nircam / f"jof_{band}_wht.fits")
    _write(root / "jwst/JOF/NIRISS/v11/30mas/jof_f200w_sci.fits", BUNIT="nJy")
    _write(root / "hst/JOF/ACS_WFC/v11/30mas/jof_f814w_sci.fits")
    _write(root / "hst/JOF/ACS_WFC/v11/60mas/jof_f850lp_sci.fits")
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(root))
    config.reload()
    return root


@pytest.fixture
def jof(archive: Path) -> Data:
    return Data.from_survey_version("JOF", "v11", ["NIRCam"], morgan_version_to_dir)


@pytest.fixture
def uds(imaging_dir: Path) -> Data:
    return Data.from_survey_version("UDS-B", "v1", ["NIRCam"], data_dir=imaging_dir)


def test_a_real_survey_is_found(uds: Data, imaging_dir: Path) -> None:
    assert [band.band for band in uds] == ["F115W", "F444W"]
    f444w = uds["F444W"]
    assert isinstance(f444w, BandData)
    assert f444w.sci.path == imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w_sci.fits"
    assert (f444w.err, f444w.facility, f444w.version) == (None, "JWST", "v1")
    assert [round(band.zero_point, 3) for band in uds] == [28.9, 28.9]
    assert f444w.load_err().shape == f444w.shape == (300, 772)


def test_another_real_survey_has_rms_and_takes_a_zero_point(imaging_dir: Path) -> None:
    zero_points = {"F160W": 25.95, "f105w": 26.27}
    xdf = Data.from_survey_version("XDF", "v1", zero_point=zero_points, data_dir=imaging_dir)
    assert [(band.instrument, band.band) for band in xdf] == [
        ("WFC3_IR", "F105W"),
        ("WFC3_IR", "F160W"),
    ]
    assert [band.zero_point for band in xdf] == [26.27, 25.95]
    assert all(band.err is not None and band.wht is None for band in xdf)


def test_the_archive_of_the_settings_is_used(jof: Data, archive: Path) -> None:
    assert jof["F444W"].sci.path.is_relative_to(archive)
    assert jof.survey == "JOF"
    assert jof.version == "v11"


def test_versions_of_one_reduction_have_their_folders() -> None:
    assert morgan_version_to_dir == {
        "v8b": "mosaic_1084_wispfix",
        "v8c": "mosaic_1084_wispfix2",
        "v8d": "mosaic_1084_wispfix3",
        "v9": "mosaic_1084_wisptemp2",
        "v10": "mosaic_1084_wispscale",
        "v11": "mosaic_1084_wispnathan",
        "v12": "mosaic_1210_wispnathan",
        "v13": "mosaic_1293_wispnathan",
        "v14": "mosaic_1364_wispnathan",
    }


def test_a_version_with_a_suffix_has_the_folder_of_the_version(archive: Path) -> None:
    data = Data.from_survey_version("JOF", "v11_test", ["NIRCam"], morgan_version_to_dir)
    assert data.version == "v11_test"
    assert len(data) == 3


def test_a_version_that_the_dictionary_lacks_is_refused(archive: Path) -> None:
    with pytest.raises(
        DataNotFoundError, match=r"version_to_dir_dict has no version 'v7'; use one of v8b"
    ):
        Data.from_survey_version("JOF", "v7", ["NIRCam"], morgan_version_to_dir)


def test_several_instruments_are_ordered_by_wavelength(archive: Path) -> None:
    folders = {"v11": "v11"}
    data = Data.from_survey_version(
        "JOF", "v11", ["NIRISS", "acs_wfc"], folders, pix_scales={"ACS_WFC": 30 * u.mas}
    )
    assert data.keys() == ["F814W", "F200W"]
    nircam = Data.from_survey_version("JOF", "v11", "NIRCam", morgan_version_to_dir)
    assert (data + nircam).keys() == [
        *("F814W", "F115W", "NIRCam F200W", "NIRISS F200W", "F444W"),
    ]


def test_all_instruments_with_imaging_are_taken_by_default(archive: Path) -> None:
    data = Data.from_survey_version("JOF", "v11", pix_scales=0.03 * u.arcsec)
    assert [band.instrument for band in data] == ["ACS_WFC", "NIRISS"]


def test_a_pixel_scale_is_chosen_by_instrument(archive: Path) -> None:
    with pytest.raises(AmbiguousDataError, match=r"choose with pix_scales="):
        Data.from_survey_version("JOF", "v11", ["ACS_WFC"])
    data = Data.from_survey_version(
        "JOF", "v11", ["ACS_WFC"], pix_scales={"ACS_WFC": 60 * u.mas, "NIRCam": 30 * u.mas}
    )
    assert data.keys() == ["F850LP"]
    assert data[0].pix_scale == 0.06 * u.arcsec


def test_choices_for_what_is_not_there_are_refused(archive: Path) -> None:
    with pytest.raises(ParameterError, match=r"pix_scales has ACS, which is not there; use NIRCam"):
        Data.from_survey_version("JOF", "v11", ["NIRISS"], pix_scales={"ACS": 60 * u.mas})
    with pytest.raises(
        ParameterError, match=r"zero_point has F999W, which is not there; use F200W"
    ):
        Data.from_survey_version("JOF", "v11", ["NIRISS"], zero_point={"F999W": 25.0})
    with pytest.raises(ParameterError, match=r"instrument_names is empty; give some of NIRCam"):
        Data.from_survey_version("JOF", "v11", [])


def test_what_is_not_there_is_refused_with_what_is(archive: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"no survey 'JADES' in .*; there is JOF"):
        Data.from_survey_version("JADES", "v11", ["NIRCam"])
    with pytest.raises(DataNotFoundError, match=r"'v9' in .*; there is mosaic_1084_wispnathan"):
        Data.from_survey_version("JOF", "v9", ["NIRCam"])
    with pytest.raises(ParameterError, match=r"'MyCam' is not a known instrument"):
        Data.from_survey_version("JOF", "v11", ["MyCam"])


@pytest.mark.parametrize(("survey", "version"), [("../JOF", "v1"), ("JOF", ".."), ("J/F", "v1")])
def test_names_with_path_separators_are_refused(archive: Path, survey: str, version: str) -> None:
    with pytest.raises(ParameterError, match=r"cannot be the name of a"):
        Data.from_survey_version(survey, version, ["NIRCam"])


def test_a_version_folder_that_leaves_the_archive_is_refused(archive: Path) -> None:
    with pytest.raises(ParameterError, match=r"cannot be the name of a version folder"):
        Data.from_survey_version("JOF", "v1", ["NIRCam"], {"v1": "../../x"})


def test_an_instrument_of_the_settings_is_found(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hsc = archive / "subaru/COSMOS/HSC/pdr3/168mas"
    for band in ("HSC-R", "HSC-G"):
        _write(hsc / f"cosmos_{band}_sci.fits")
    _write(hsc / "cosmos_z_sci.fits", FILTER="HSC-Z")
    monkeypatch.setenv("SKYSEG_FACILITIES", '{"Subaru": {"HSC": {"HSC-G": 480, "HSC-R": 620}}}')
    config.reload()
    data = Data.from_survey_version("COSMOS", "pdr3", ["HSC"])
    assert data.keys() == ["HSC-G", "HSC-R", "HSC-Z"]
    assert data[0].facility == "Subaru"


def test_a_survey_is_a_collection_of_bands(jof: Data) -> None:
    assert len(jof) == 3
    assert [band.band for band in jof] == ["F115W", "F200W", "F444W"]
    assert jof["F444W"] is jof["f444w"] is jof[2] is jof[-1] is jof[np.int64(2)]
    assert jof["NIRCam F444W"] is jof["F444W"]
    assert jof.keys() == jof._ipython_key_completions_() == ["F115W", "F200W", "F444W"]


def test_parts_are_surveys_in_the_same_order(jof: Data) -> None:
    part = jof[["F444W", "F115W"]]
    assert isinstance(part, Data)
    assert part.keys() == ["F115W", "F444W"]
    assert part["F444W"] is jof["F444W"]
    assert jof[1:].keys() == ["F200W", "F444W"]
    assert jof[::-2] == jof[[0, 2]]


@pytest.mark.parametrize(
    "mask", [[True, False, True], np.array([True, False, True]), (np.True_, np.False_, True)]
)
def test_a_mask_selects_bands(jof: Data, mask: Any) -> None:
    assert jof[mask].keys() == ["F115W", "F444W"]


def test_numbers_of_numpy_are_places(jof: Data) -> None:
    assert jof[np.array([0, 2])].keys() == ["F115W", "F444W"]
    assert jof[np.int32(1)] is jof["F200W"]


@pytest.mark.parametrize("mask", [[True], [False, False, False], [True, False, 2], [True, "F444W"]])
def test_a_mask_that_does_not_fit_is_refused(jof: Data, mask: list[Any]) -> None:
    with pytest.raises(ParameterError, match="mask"):
        jof[mask]


def test_the_name_of_a_survey_is_no_data(jof: Data) -> None:
    with pytest.raises(ParameterError, match=r"find those of a .* with Data.from_survey_version"):
        Data("JOF")
    with pytest.raises(ParameterError, match=r"True names no band"):
        jof[True]


def test_what_is_not_in_a_survey_is_refused_with_what_is(jof: Data) -> None:
    message = "JOF v11 has no band 'F999W'; use one of F115W, F200W, F444W"
    with pytest.raises(DataNotFoundError, match=message):
        jof["F999W"]
    with pytest.raises(DataNotFoundError, match=message):
        jof[["F444W", "F999W"]]
    for place in (3, -4):
        with pytest.raises(DataNotFoundError, match=f"has 3 bands and so none at {place}; use one"):
            jof[place]
    with pytest.raises(ParameterError, match=r"there is no band; give at least one"):
        jof[5:]
    with pytest.raises(AmbiguousDataError, match=r"NIRCam F444W is there twice"):
        jof[["F444W", "f444w"]][0]
    for key in (1.5, None):
        with pytest.raises(ParameterError, match=f"{key} names no band; give a name"):
            jof[key]


def test_membership_is_by_name_and_by_band(jof: Data) -> None:
    assert "F444W" in jof
    assert "f444w" in jof
    assert "NIRCam F444W" in jof
    assert "F999W" not in jof
    assert jof["F444W"] in jof
    assert jof["F444W"] not in jof[:2]
    assert 3 not in jof


def test_a_band_of_two_instruments_is_named_with_its_instrument(archive: Path, jof: Data) -> None:
    both = jof + Data.from_survey_version("JOF", "v11", ["NIRISS"])
    with pytest.raises(AmbiguousDataError, match=r"'F200W'; use one of NIRCam F200W, NIRISS F200W"):
        both["F200W"]
    assert both["NIRISS F200W"].instrument == "NIRISS"
    assert both["niriss f200w"] is both["NIRISS F200W"]
    assert "F200W" in both
    assert all(both[key] is band for key, band in zip(both.keys(), both, strict=True))


def test_surveys_are_joined(jof: Data) -> None:
    assert jof[:1] + jof[1:] == jof
    assert jof[1:] + jof[:1] == jof
    assert jof[1:] + jof[0] == jof
    assert jof[0] + jof[1:] == jof
    joined = jof[1:]
    joined += jof[0]
    assert joined == jof
    with pytest.raises(TypeError):
        jof + 3
    with pytest.raises(TypeError):
        3 + jof


def test_what_does_not_belong_together_is_not_joined(jof: Data, uds: Data) -> None:
    with pytest.raises(ParameterError, match=r"several surveys, JOF, UDS-B; join those of one"):
        jof + uds
    with pytest.raises(
        AmbiguousDataError, match=r"NIRCam F444W is there twice, as .*jof_f444w_sci"
    ):
        jof + copy.deepcopy(jof["F444W"])
    with pytest.raises(ParameterError, match=r"'F444W' is not a band; give objects of BandData"):
        Data(["F444W"])


def test_versions_of_joined_bands_are_named(archive: Path, jof: Data) -> None:
    other = Data.from_survey_version("JOF", "v11_b", ["NIRCam"], morgan_version_to_dir)
    assert (jof[:1] + other[1:]).version == "v11+v11_b"


def test_equal_surveys_are_equal(jof: Data, archive: Path) -> None:
    again = Data.from_survey_version("JOF", "v11", ["NIRCam"], morgan_version_to_dir)
    assert jof == again
    assert hash(jof) == hash(again)
    assert Data(reversed(jof.bands)) == jof
    assert jof != jof[:2]
    assert jof != "JOF"


def products_of(band: BandData, seg: Path) -> Products:
    return Products(
        paths=ProductPaths(seg, seg, seg),
        recipe=make_recipe(band.maps, "wht", "skyseg", "default", band.aper_diams),
        made=True,
        n_sources=3,
        n_bad=0,
        history="",
        run_id="1",
    )


def test_a_folder_for_products_is_that_of_all_bands(jof: Data, tmp_path: Path) -> None:
    there = Data.from_survey_version(
        "JOF", "v11", ["NIRCam"], morgan_version_to_dir, work_dir=tmp_path / "a"
    )
    assert {band.work_dir for band in there[:2] + there[2]} == {tmp_path / "a"}
    assert {band.work_dir for band in jof} == {None}
    Data(jof, work_dir=tmp_path / "b")
    assert {band.work_dir for band in jof} == {tmp_path / "b"}
    assert there == jof


def test_a_copy_shares_its_bands_and_a_deep_copy_does_not(jof: Data) -> None:
    shallow, deep = copy.copy(jof), copy.deepcopy(jof)
    assert shallow == deep == jof
    assert shallow[0] is jof[0]
    assert deep[0] is not jof[0]
    deep[0].products = products_of(deep[0], Path("x_seg.fits"))
    assert jof[0].seg_path is None


def test_a_survey_is_printed_as_a_table(uds: Data) -> None:
    uds["F444W"].products = products_of(uds["F444W"], Path("/w/uds_seg.fits"))
    assert str(uds).splitlines() == [
        "UDS-B v1",
        "BAND   INSTRUMENT  SHAPE      PIXEL SCALE  ZERO POINT     UNIT             MAPS     SEG",
        "-----  ----------  ---------  -----------  -------------  ---------------  -------  "
        "------------",
        "F115W  NIRCam      300 x 772  0.04 arcsec  28.900 AB mag  10.0*nanoJansky  SCI WHT  -",
        "F444W  NIRCam      300 x 772  0.04 arcsec  28.900 AB mag  10.0*nanoJansky  SCI WHT  "
        "uds_seg.fits",
    ]
    assert repr(uds) == "<Data UDS-B v1: F115W, F444W>"


def test_a_survey_is_shown_as_html(jof: Data) -> None:
    html = jof._repr_html_()
    assert html.startswith("<table><caption>JOF v11</caption><tr><th>BAND</th>")
    assert html.count("<tr>") == 4
    assert "<td>F444W</td>" in html


def test_printing_says_nothing_of_unknown_zero_points(
    archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = Data.from_survey_version("JOF", "v11", ["ACS_WFC"], pix_scales=30 * u.mas)
    assert "  -  " in str(data)
    assert caplog.messages == []
    assert math.isnan(data[0].zero_point)
    assert len(caplog.messages) == 1


def test_aperture_diameters_are_set_on_all_bands(archive: Path, jof: Data) -> None:
    jof.load_aper_diams([0.3, 0.6] * u.arcsec)
    for band in jof:
        np.testing.assert_allclose(band.aper_diams.to_value(u.arcsec), [0.3, 0.6])
    data = Data.from_survey_version("JOF", "v11", ["NIRISS"], aper_diams=[1000] * u.mas)
    np.testing.assert_allclose(data[0].aper_diams.to_value(u.arcsec), [1.0])
    with pytest.raises(ParameterError, match=r"aper_diams"):
        jof.load_aper_diams([0.3])


@pytest.fixture
def xdf(imaging_dir: Path) -> Data:
    return Data.from_survey_version("XDF", "v1", zero_point=26.0, data_dir=imaging_dir)


def test_all_bands_are_segmented_with_a_progress_bar(
    xdf: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    xdf.segment("wht", aper_diams=[0.5] * u.arcsec, config_name="test.sex", progress=True)
    shown = capsys.readouterr()
    assert "F105W" in shown.err
    assert "F160W: done: 100%" in shown.err
    assert shown.out == ""
    for band in xdf:
        assert band.seg_path is not None
        assert band.seg_path.is_file()
        assert band.seg_path.name in str(xdf)
        assert band.seg_args is not None
        assert band.seg_args["err_type"] == "wht"
        assert band.load_seg().shape == band.shape
        assert band.seg_args["aper_diams"] == [0.5] * u.arcsec
    xdf.segment("wht", aper_diams=[0.5] * u.arcsec, config_name="test.sex", progress=False)
    assert capsys.readouterr().err == ""


def test_progress_is_one_thing_on_a_band_and_on_all_bands(
    xdf: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[float, str]] = []
    xdf.segment(progress=lambda part, text: told.append((part, text)))
    parts = [part for part, _ in told]
    assert parts == sorted(parts)
    assert (parts[0], told[-1]) == (0.0, (1.0, "F160W: done"))
    assert {text.split(":")[0] for _, text in told} == {"F105W", "F160W"}
    xdf[0].segment(overwrite=True, progress=lambda part, text: told.append((part, text)))
    assert told[-1][0] <= 1.0
    assert capsys.readouterr().err == ""
    xdf[0].segment(overwrite=True, progress=True)
    assert "%|" in capsys.readouterr().err


def test_a_bar_is_shown_by_itself_where_somebody_looks_and_nowhere_else(
    xdf: Data, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for segment in (xdf.segment, xdf[0].segment):
        segment(overwrite=True)
        assert capsys.readouterr().err == ""
        with monkeypatch.context() as patch:
            patch.setattr("skyseg.survey.progress._is_seen", lambda: True)
            patch.setattr("skyseg.survey.progress._PATIENCE", 0.0)
            segment(overwrite=True)
        assert "%|" in capsys.readouterr().err


def test_progress_is_asked_for_alike_wherever_it_can_be() -> None:
    asked = {
        f"{kind.__name__}.{name}": inspect.signature(method).parameters["progress"].default
        for kind in (BandData, Data)
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and "progress" in inspect.signature(method).parameters
    }
    assert len(asked) >= 7
    assert set(asked.values()) == {None}


@pytest.mark.parametrize("measure", [Data.perform_forced_phot, Data.run_depths])
def test_progress_of_what_is_segmented_first_is_that_which_is_asked_for(
    measure: Callable[..., None],
    xdf: Data,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("skyseg.survey.progress._is_seen", lambda: True)
    monkeypatch.setattr("skyseg.survey.progress._PATIENCE", 0.0)
    told: list[tuple[float, str]] = []
    measure(xdf, "F160W", progress=lambda part, text: told.append((part, text)))
    parts = [part for part, _ in told]
    assert (parts[0], parts[-1], parts) == (0.0, 1.0, sorted(parts))
    assert told[0][1].startswith("F160W: ")
    xdf["F160W"].products = None
    measure(xdf, "F160W", progress=False)
    assert capsys.readouterr().err == ""


def test_what_is_done_at_once_shows_no_bar_by_itself(
    xdf: Data, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.survey.progress._is_seen", lambda: True)
    monkeypatch.setattr("skyseg.survey.progress._PATIENCE", 1000.0)
    xdf.segment()
    assert capsys.readouterr().err == ""


def test_names_in_place_of_bands_are_told_where_bands_come_from(xdf: Data) -> None:
    advice = "find those of a survey and version with Data.from_survey_version"
    for wrong in (("JOF",), ("JOF", "v11"), (xdf[0], xdf[1])):
        with pytest.raises(ParameterError, match=advice):
            Data(*wrong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"open files with BandData.from_files"):
        BandData("sci.fits")  # type: ignore[arg-type]


def test_arguments_of_a_wrong_kind_are_refused_by_name(xdf: Data) -> None:
    for segment in (xdf.segment, xdf[0].segment):
        with pytest.raises(ParameterError, match=r"progress is 'yes'; give True for a bar"):
            segment(progress="yes")
        with pytest.raises(ParameterError, match=r"client is 3; give .*Client.* or the address"):
            segment(client=3, progress=False)


def test_a_connection_that_is_closed_is_refused(xdf: Data) -> None:
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        Client(cluster) as closed,
    ):
        pass
    for segment in (xdf.segment, xdf[0].segment):
        with pytest.raises(ParameterError, match=r"client is a connection that is closed; give"):
            segment(client=closed, progress=False)


def test_all_bands_are_plotted_in_one_figure(xdf: Data, tmp_path: Path) -> None:
    xdf.segment(progress=False)
    figure = xdf.plot("SEG", save=tmp_path / "seg.png")
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert [title.split()[2] for title in titles] == ["F105W", "F160W"]
    assert (tmp_path / "seg.png").stat().st_size > 0
    assert all(band.seg_args is not None for band in xdf)


def test_all_bands_are_compared(xdf: Data) -> None:
    differences = xdf.difference("rms_err", "wht")
    assert list(differences) == ["F105W", "F160W"]
    for band, difference in zip(xdf, differences.values(), strict=True):
        assert difference.counts == band.difference("rms_err", "wht").counts
    of_methods = xdf.compare_methods("skyseg", "sep", err_type="wht")
    assert list(of_methods) == ["F105W", "F160W"]
    for band, comparison in zip(xdf, of_methods.values(), strict=True):
        own = band.compare_methods("skyseg", "sep", err_type="wht")
        assert comparison.counts == own.counts


def test_maps_with_names_of_ones_own_are_found(archive: Path) -> None:
    folder = archive / "jwst/JOF/NIRCam/v12/30mas"
    for kind in ("bkgsub_v2", "sci", "noise", "exposure"):
        _write(folder / f"jof_f444w_{kind}.fits", BUNIT="nJy")
    names = {"im_str": "bkgsub", "rms_err_str": ["_noise", "_rms"], "wht_str": "_exposure"}
    band = Data.from_survey_version("JOF", "v12", "NIRCam", **names)["F444W"]
    kinds = [ref and ref.path.stem for ref in (band.sci, band.err, band.wht)]
    assert kinds == ["jof_f444w_bkgsub_v2", "jof_f444w_noise", "jof_f444w_exposure"]
    with pytest.raises(ParameterError, match=r"im_str is ''; give a text or several"):
        Data.from_survey_version("JOF", "v12", "NIRCam", im_str="")


def test_extnames_of_ones_own_are_found(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive / "jwst/JOF/NIRCam/v12/30mas/jof_f444w_test.fits"
    path.parent.mkdir(parents=True)
    images = [fits.ImageHDU(RAMP, name=name) for name in ("MOSAIC", "NOISE", "EXP")]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path)
    names = {"im_ext_name": "MOSAIC", "rms_err_ext_name": ("NOISE", "N"), "wht_ext_name": "exp"}
    band = Data.from_survey_version("JOF", "v12", "NIRCam", **names)["F444W"]
    assert [ref and ref.ext for ref in (band.sci, band.err, band.wht)] == [1, 2, 3]
    monkeypatch.setenv("SKYSEG_ROLES", '{"im_ext_name": "MOSAIC", "rms_err_ext_name": "NOISE"}')
    config.reload()
    found = Data.from_survey_version("JOF", "v12", "NIRCam")["F444W"]
    assert (found.sci.ext, found.err and found.err.ext, found.wht) == (1, 2, None)
    assert BandData.from_files(path).sci.name == "MOSAIC"


def test_maps_of_a_survey_may_be_said_to_be_of_one_grid(tmp_path: Path) -> None:
    folder = tmp_path / "jwst/S/NIRCam/v1/30mas"
    folder.mkdir(parents=True)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [-0.03 / 3600, 0.03 / 3600]
    for role, shift in (("sci", 0.0), ("rms", 7.0)):
        wcs.wcs.crpix = [shift, 0.0]
        image = np.ones((20, 30), np.float32)
        fits.writeto(folder / f"s_f444w_{role}.fits", image, wcs.to_header())
    (band,) = Data.from_survey_version("S", "v1", data_dir=tmp_path)
    with pytest.raises(ImageError, match=r"by 7 pixels; .* or say by same_grid=True"):
        band.load_err()
    (band,) = Data.from_survey_version("S", "v1", data_dir=tmp_path, same_grid=True)
    assert band.load_err().shape == (20, 30)
