"""The state of one person's look, which windows and notebooks share."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from pydantic import ValidationError

from skyseg import Data, Parameters
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.imaging.contents import Imaging
from skyseg.imaging.regions import region_slices
from skyseg.panel.session import Place, Session


@pytest.fixture
def session(imaging_dir: Path) -> Session:
    return Session(data_dir=imaging_dir, survey="UDS-B", version="v1")


def test_each_change_is_told_once(session: Session) -> None:
    told: list[object] = []
    session.events.connect(lambda info: told.append((info.signal.name, info.args[0])))
    session.err_type = "wht"
    session.err_type = "wht"
    session.selected = (3, 5)
    assert told == [("err_type", "wht"), ("selected", (3, 5))]


def test_a_session_is_the_same_after_it_was_written_and_read(session: Session) -> None:
    session.parameters = Parameters(detect_thresh=3.0, phot_autoparams=(2.0, 3.0))
    session.region = Place.on_sky(SkyCoord(34.3, -5.1, unit="deg"), [3, 4] * u.arcsec, "here")
    session.maps = ("ERR", "BKG")
    again = Session.model_validate_json(session.model_dump_json())
    assert again == session
    assert again.parameters == session.parameters
    assert again.region == session.region


def test_values_that_are_not_allowed_are_refused(session: Session) -> None:
    with pytest.raises(ValidationError):
        session.err_type = "rms"  # type: ignore[assignment]
    with pytest.raises(ParameterError, match="detect_thresh"):
        session.parameters = {"detect_thresh": -1}  # type: ignore[assignment]
    assert session.err_type == "rms_err"


def test_the_archive_is_listed_by_its_folders(session: Session) -> None:
    assert set(session.imaging()) >= {
        Imaging("UDS-B", "v1", "NIRCam"),
        Imaging("XDF", "v1", "WFC3_IR"),
    }


def test_the_bands_stay_the_same_objects_while_the_choice_does(session: Session) -> None:
    data = session.data()
    session.err_type = "wht"
    assert session.data() is data
    assert [band.band for band in session.bands()] == ["F115W", "F444W"]
    session.band = "F444W"
    assert session.bands() == [data["F444W"]]
    session.update({"survey": "XDF", "band": ""})
    assert [band.band for band in session.bands()] == ["F105W", "F160W"]


def test_a_survey_that_is_not_there_is_an_error_that_names_those_that_are(
    session: Session,
) -> None:
    session.survey = "nowhere"
    with pytest.raises(DataNotFoundError, match="UDS-B"):
        session.data()


def test_bands_that_are_open_already_are_offered_and_used(imaging_dir: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    session = Session.of(data, band="F444W")
    assert session.bands()[0] is data["F444W"]
    assert Imaging("UDS-B", "v1", "NIRCam") in session.imaging()
    assert session.archive == imaging_dir


def test_a_parameter_set_goes_by_its_name_until_a_value_changes(session: Session) -> None:
    session.use_parameter_set("crowded")
    assert session.segment_arguments()["parameters"] == "crowded"
    session.parameters = session.parameters.replace(detect_thresh=2.5)
    assert session.segment_arguments()["parameters"] == Parameters(
        deblend_nthresh=64, deblend_mincont=0.0001, detect_thresh=2.5
    )
    with pytest.raises(ParameterError, match="no parameter set"):
        session.use_parameter_set("nothing")
    assert session.parameter_set == "crowded"


def test_a_parameter_set_that_names_its_weights_chooses_the_error_type(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "survey.sex").write_text("WEIGHT_TYPE MAP_WEIGHT\n")
    session.use_parameter_set(str(tmp_path / "survey.sex"))
    assert session.err_type == "wht"
    session.use_parameter_set("default")
    assert session.err_type == "wht"


def test_a_place_is_a_region_of_the_image(session: Session) -> None:
    band = session.data()["F444W"]
    assert band.wcs is not None
    place = Place.on_sky(band.wcs.pixel_to_world(500, 200), [4, 2] * u.arcsec)
    rows, columns = region_slices(place.region, band.shape, wcs=band.wcs, pix_scale=band.pix_scale)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (50, 100)
    assert rows.start <= 200 < rows.stop
    pixels = Place(x=10, y=20, width=4, height=6, frame="pixel")
    assert region_slices(pixels.region, band.shape) == (slice(17, 23), slice(8, 12))
