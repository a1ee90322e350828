"""Finding the imaging of a survey in an archive."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ImageError
from skyseg.imaging import archive as archives
from skyseg.imaging.archive import BandFiles, find_folder, list_instruments
from skyseg.imaging.instruments import BUILT_IN, Instrument
from skyseg.imaging.refs import MapRef
from skyseg.imaging.roles import RoleNames, get_role_names

NIRCAM = BUILT_IN["NIRCam"]


def find_bands(
    folder: Path, instrument: Instrument, names: RoleNames | None = None
) -> list[BandFiles]:
    """Find the bands of a folder whose files can all be read."""
    found = archives.find_bands(folder, instrument, names)
    assert not found.lost
    return list(found.bands)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of empty folders."""
    for folder in (
        "jwst/JOF/NIRCam/v1/30mas",
        "jwst/JOF/NIRCam/v2/30mas",
        "jwst/JOF/NIRCam/v2/60mas",
        "jwst/JOF/NIRCam/v3/reports",
        "jwst/JOF/MIRI/v1/60mas",
        "jwst/CEERS/MIRI/v1/60mas",
        "jwst/PRIMER/NIRCam/v1/31.5mas",
        "hst/JOF/ACS_WFC/v1/30mas",
    ):
        (tmp_path / "data" / folder).mkdir(parents=True)
    return tmp_path / "data"


def _folder(archive: Path, survey: str, version: str, scale: float | None = None) -> Path:
    return find_folder(archive, survey, version, NIRCAM, scale)[0]


def test_the_only_pixel_scale_is_found(archive: Path) -> None:
    assert find_folder(archive, "JOF", "v1", NIRCAM, None) == (
        archive / "jwst/JOF/NIRCam/v1/30mas",
        0.03,
    )
    assert find_folder(archive, "PRIMER", "v1", NIRCAM, None)[1] == 0.0315


def test_a_pixel_scale_is_chosen(archive: Path) -> None:
    assert _folder(archive, "JOF", "v2", 0.06).name == "60mas"
    assert _folder(archive, "JOF", "v2", 0.03).name == "30mas"


def test_several_pixel_scales_are_refused_where_none_is_chosen(archive: Path) -> None:
    with pytest.raises(AmbiguousDataError, match=r"30mas, 60mas; choose with pix_scales="):
        _folder(archive, "JOF", "v2")


def test_a_pixel_scale_that_is_not_there_is_refused_with_those_that_are(archive: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"v2 has no folder 40mas; there are 30mas, 60mas"):
        _folder(archive, "JOF", "v2", 0.04)
    with pytest.raises(DataNotFoundError, match=r"v3 has no folder of a pixel scale, .* are none"):
        _folder(archive, "JOF", "v3")


def test_a_survey_that_is_not_there_is_refused_with_those_that_are(archive: Path) -> None:
    with pytest.raises(DataNotFoundError) as caught:
        _folder(archive, "JADES", "v1")
    assert str(caught.value) == (
        f"there is no survey 'JADES' in {archive / 'jwst'}; there are JOF, PRIMER"
    )
    with pytest.raises(
        DataNotFoundError, match=r"no survey 'JADES' in .*; there are CEERS, JOF, PR"
    ):
        list_instruments(archive, "JADES", "v1", BUILT_IN)


def test_an_instrument_that_is_not_there_is_refused_with_those_that_are(archive: Path) -> None:
    with pytest.raises(
        DataNotFoundError, match=r"CEERS has no NIRCam imaging in .*; there is MIRI$"
    ):
        _folder(archive, "CEERS", "v1")


def test_a_version_that_is_not_there_is_refused_with_those_that_are(archive: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"JOF has no version 'v9' in .* are v1, v2, v3$"):
        _folder(archive, "JOF", "v9")
    with pytest.raises(DataNotFoundError, match=r"JOF has no version 'v9' in .* are v1, v2, v3$"):
        list_instruments(archive, "JOF", "v9", BUILT_IN)


def test_an_archive_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataNotFoundError,
        match=r"none; give data_dir=, or set SKYSEG_DATA_DIR, or data_dir in",
    ):
        _folder(tmp_path / "none", "JOF", "v1")
    with pytest.raises(DataNotFoundError, match=r"there are none"):
        _folder(tmp_path, "JOF", "v1")


def test_instruments_with_imaging_of_a_version_are_found(archive: Path) -> None:
    names = [each.name for each in list_instruments(archive, "JOF", "v1", BUILT_IN)]
    assert names == ["NIRCam", "MIRI", "ACS_WFC"]
    assert [each.name for each in list_instruments(archive, "JOF", "v2", BUILT_IN)] == ["NIRCam"]


def test_roles_and_bands_of_real_files_are_found(imaging_dir: Path) -> None:
    folder = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas"
    assert find_bands(folder, BUILT_IN["WFC3_IR"]) == [
        BandFiles(
            band.upper(),
            MapRef(folder / f"xdf-{band}_sci.fits", 0),
            MapRef(folder / f"xdf-{band}_rms.fits", 0),
            None,
        )
        for band in ("f105w", "f160w")
    ]


def test_roles_in_a_file_of_several_images_come_from_extname(
    write: Any, tmp_path: Path, ramp: np.ndarray
) -> None:
    hdus = {"SCI": ramp, "ERR": ramp, "CON": ramp, "WHT": ramp, "VAR_POISSON": ramp}
    path = write("jw01210_nircam_clear-f090w_i2dnobg.fits", hdus=hdus)
    assert find_bands(tmp_path, NIRCAM) == [
        BandFiles("F090W", MapRef(path, 1, "SCI"), MapRef(path, 2, "ERR"), MapRef(path, 4, "WHT"))
    ]


def test_roles_in_files_of_one_image_come_from_names_before_extname(
    write: Any, tmp_path: Path, ramp: np.ndarray
) -> None:
    sci = write("x_drz.fits.fz", hdus={"SCI": ramp}, FILTER="F444W")
    err = write("x_err.fits.gz", ramp, EXTNAME="SCI", FILTER="F444W")
    wht = write("x_F444W.fits", hdus={"WHT": ramp})
    assert find_bands(tmp_path, NIRCAM) == [
        BandFiles("F444W", MapRef(sci, 1, "SCI"), MapRef(err, 0, "SCI"), MapRef(wht, 1, "WHT"))
    ]


def test_files_without_a_role_and_other_files_are_left_out(
    write: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("x_f444w_sci.fits")
    write("x_f444w_mask.fits")
    write(".x_f444w_wht.fits")
    write("old/x_f444w_sci.fits")
    (tmp_path / "notes_sci.txt").write_text("x")
    with caplog.at_level(logging.INFO):
        (band,) = find_bands(tmp_path, NIRCAM)
    assert (band.sci.path.name, band.err, band.wht) == ("x_f444w_sci.fits", None, None)
    (message,) = caplog.messages
    assert message.startswith(f"{tmp_path / 'x_f444w_mask.fits'} is left out")


def test_two_maps_of_one_role_are_refused_with_their_files(write: Any, tmp_path: Path) -> None:
    first, second = write("a_f444w_sci.fits"), write("b_f444w_i2d.fits.gz")
    with pytest.raises(AmbiguousDataError) as caught:
        find_bands(tmp_path, NIRCAM)
    assert f"F444W has several SCI maps, {first}[0], {second}[0]; leave one" in str(caught.value)


def test_two_sci_in_one_file_are_refused(write: Any, tmp_path: Path, ramp: np.ndarray) -> None:
    write("a_f814w_flt.fits", hdus={"SCI,1": ramp, "SCI,2": ramp})
    with pytest.raises(AmbiguousDataError, match=r"several SCI maps, .*flt.fits\[1\], .*\[2\]"):
        find_bands(tmp_path, BUILT_IN["ACS_WFC"])


def test_a_band_without_sci_is_refused(write: Any, tmp_path: Path) -> None:
    write("a_f444w_wht.fits")
    with pytest.raises(DataNotFoundError, match=r"F444W has no SCI map in .*a_f444w_wht.fits\[0\]"):
        find_bands(tmp_path, NIRCAM)


def test_a_map_of_no_band_is_refused(write: Any, tmp_path: Path) -> None:
    write("a_sci.fits")
    with pytest.raises(AmbiguousDataError, match=r"a_sci.fits\[0\] tells no band of NIRCam; write"):
        find_bands(tmp_path, NIRCAM)


def test_a_folder_without_maps_is_refused(write: Any, tmp_path: Path) -> None:
    write("f444w.fits")
    with pytest.raises(DataNotFoundError, match=r"no map of a known role among its 1 FITS files"):
        find_bands(tmp_path, NIRCAM)


def test_a_broken_file_and_a_cube_take_their_bands_with_them_and_no_other(
    write: Any, tmp_path: Path, ramp: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    write("a_f200w_sci.fits", ramp)
    cube = write("a_f444w_sci.fits", np.zeros((2, 3, 4)))
    for reason in ("holds no 2-D image", r"cannot be read as FITS"):
        found = archives.find_bands(tmp_path, NIRCAM)
        assert [each.band for each in found.bands] == ["F200W"]
        with pytest.raises(ImageError, match=rf"a_f444w_sci.fits {reason}"):
            raise found.lost["F444W"]
        assert "so F444W is left out" in caplog.text
        cube.write_bytes(b"")


def test_a_variance_is_left_out_where_there_is_an_rms(write: Any, tmp_path: Path) -> None:
    write("a_f444w_sci.fits")
    variance = write("a_f444w_var.fits")
    assert find_bands(tmp_path, NIRCAM)[0].err == MapRef(variance, 0)
    rms = write("a_f444w_rms.fits")
    assert find_bands(tmp_path, NIRCAM)[0].err == MapRef(rms, 0)


def test_bands_are_found_by_names_of_ones_own(write: Any, tmp_path: Path, ramp: np.ndarray) -> None:
    sci = write("f444w_test_JOF.fits", hdus={"SCI": ramp, "RMS": ramp, "EXP": ramp})
    write("f444w_sci.fits")
    names = get_role_names(im_str="test", wht_ext_name="exp")
    expected = BandFiles(
        "F444W", MapRef(sci, 1, "SCI"), MapRef(sci, 2, "RMS"), MapRef(sci, 3, "EXP")
    )
    assert find_bands(tmp_path, NIRCAM, names) == [expected]
    sci.unlink()
    with pytest.raises(DataNotFoundError, match=r"end in one of test, .*name yours with im_str="):
        find_bands(tmp_path, NIRCAM, names)


def test_a_tile_of_euclid_as_delivered_is_found(write: Any, tmp_path: Path) -> None:
    made = "TILE102018211-ACBD03_20241018T142710.276838Z_00.00.fits"
    for kind in ("BGSUB-MOSAIC-VIS", "MOSAIC-VIS-RMS", "MOSAIC-VIS-FLAG", "BGMOD-VIS", "GRID-PSF"):
        write(f"EUC_MER_{kind}_{made}")
    assert find_bands(tmp_path, BUILT_IN["VIS"]) == [
        BandFiles(
            "VIS",
            MapRef(tmp_path / f"EUC_MER_BGSUB-MOSAIC-VIS_{made}", 0),
            MapRef(tmp_path / f"EUC_MER_MOSAIC-VIS-RMS_{made}", 0),
            None,
        )
    ]


def test_a_file_of_several_bands_gives_each(imaging_dir: Path, tmp_path: Path) -> None:
    shutil.copy(imaging_dir / "misc/legacy_dr9_grz_image-invvar_256px.fits", tmp_path / "a.fits")
    path = tmp_path / "a.fits"
    assert find_bands(tmp_path, BUILT_IN["DECam"]) == [
        BandFiles(band, MapRef(path, ext), None, MapRef(path, ext + 1))
        for band, ext in (("G", 1), ("R", 3), ("Z", 5))
    ]


def test_of_files_of_several_images_those_named_are_taken(
    write: Any, tmp_path: Path, ramp: np.ndarray
) -> None:
    hdus = {"SCI": ramp, "WHT": ramp}
    write("DES0219-0541_r4920p01_g.fits.fz", hdus=hdus)
    named = write("DES0219-0541_r4920p01_g_nobkg.fits.fz", hdus=hdus)
    with pytest.raises(AmbiguousDataError, match=r"G has several SCI maps"):
        find_bands(tmp_path, BUILT_IN["DECam"])
    (band,) = find_bands(tmp_path, BUILT_IN["DECam"], get_role_names(im_str="nobkg"))
    assert band == BandFiles("G", MapRef(named, 1, "SCI"), None, MapRef(named, 2, "WHT"))
