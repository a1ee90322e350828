"""Finding the map that a text names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ImageError, ParameterError
from skyseg.imaging.reading import list_hdus
from skyseg.imaging.refs import MapRef, list_roles, name_hdu, parse_maps


@pytest.fixture
def i2d(write: Any, ramp: np.ndarray) -> Path:
    return write("x_i2d.fits", hdus={"SCI": ramp, "ERR": ramp, "CON": ramp, "WHT": ramp})


def test_a_map_is_written_with_its_extension() -> None:
    assert str(MapRef(Path("/d/a.fits"), 1, "SCI")) == "/d/a.fits[SCI]"
    assert str(MapRef(Path("/d/a.fits"), 0)) == "/d/a.fits[0]"


@pytest.mark.parametrize("brackets", ["[ERR]", "[err]", "[2]", "[ 2 ]"])
def test_a_map_is_named_by_extname_or_number(i2d: Path, brackets: str) -> None:
    assert MapRef.parse(f"{i2d}{brackets}") == MapRef(i2d, 2, "ERR")


@pytest.mark.parametrize(("role", "ext"), [("SCI", 1), ("ERR", 2), ("WHT", 4)])
def test_without_brackets_the_role_tells_the_extension(i2d: Path, role: Any, ext: int) -> None:
    assert MapRef.parse(i2d, role) == MapRef(i2d, ext, role)


def test_without_brackets_the_only_image_is_taken(write: Any, ramp: np.ndarray) -> None:
    assert MapRef.parse(write("a.fits"), "WHT").ext == 0
    path = write("b.fits", hdus={"MOSAIC": ramp, "CUBE": np.zeros((2, 3, 4))})
    assert MapRef.parse(path, "ERR") == MapRef(path, 1, "MOSAIC")


def test_a_text_that_was_written_is_read_again(i2d: Path) -> None:
    ref = MapRef.parse(i2d)
    assert MapRef.parse(str(ref)) == ref
    assert MapRef.parse(ref, "ERR") == ref


def test_a_relative_path_becomes_absolute(i2d: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(i2d.parent)
    assert MapRef.parse("x_i2d.fits[SCI]").path == i2d


def test_folders_with_brackets_are_no_extension(write: Any) -> None:
    path = write("old [2]/a.fits")
    assert MapRef.parse(path) == MapRef(path, 0)
    assert MapRef.parse(f"{path}[0]") == MapRef(path, 0)


def test_an_image_of_a_real_file_without_names_is_taken_by_number(imaging_dir: Path) -> None:
    path = imaging_dir / "misc" / "legacy_dr9_grz_image-invvar_256px.fits"
    assert str(MapRef.parse(f"{path}[3]")) == f"{path}[3]"
    with pytest.raises(AmbiguousDataError) as caught:
        MapRef.parse(path)
    assert "[1] (128 x 128), [2] (128 x 128)" in str(caught.value)
    assert str(caught.value).endswith("name one as 'path[number]'")


def test_a_name_that_two_extensions_have_is_refused(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", hdus={"SCI,1": ramp, "SCI,2": ramp})
    with pytest.raises(AmbiguousDataError, match=r"several HDUs named SCI"):
        MapRef.parse(f"{path}[SCI]")
    with pytest.raises(AmbiguousDataError, match=r"several images"):
        MapRef.parse(path)
    assert str(MapRef.parse(f"{path}[2]")) == f"{path}[2]"


@pytest.mark.parametrize("ext", ["9", "NONE"])
def test_an_extension_that_is_not_there_is_refused_with_those_that_are(i2d: Path, ext: str) -> None:
    with pytest.raises(DataNotFoundError) as caught:
        MapRef.parse(f"{i2d}[{ext}]")
    assert f"{i2d} has no HDU {ext}; it has [0] (no image), [1] SCI" in str(caught.value)


def test_a_cube_is_refused_with_its_extension(write: Any) -> None:
    path = write("a.fits", np.zeros((3, 4, 5)))
    with pytest.raises(ImageError, match=r"a.fits\[0\] is a cube of 3 x 4 x 5; give a 2-D image"):
        MapRef.parse(f"{path}[0]")
    with pytest.raises(ImageError, match=r"a.fits holds no 2-D image but \[0\] \(3 x 4 x 5\)"):
        MapRef.parse(path)


def test_an_hdu_without_an_image_is_refused(i2d: Path, write: Any, imaging_dir: Path) -> None:
    with pytest.raises(ImageError, match=r"\[0\] holds no 2-D image"):
        MapRef.parse(f"{i2d}[0]")
    with pytest.raises(ImageError, match=r"\[ASDF\] holds no 2-D image"):
        MapRef.parse(f"{imaging_dir}/misc/jwst_ngc346_f444w_cal_100px.fits[ASDF]")
    with pytest.raises(ImageError, match=r"a.fits holds no 2-D image but \[0\] \(no image\)"):
        MapRef.parse(write("a.fits", hdus={"SPEC": np.zeros(0)}))


def test_a_line_is_no_image(write: Any) -> None:
    with pytest.raises(ImageError, match=r"holds no 2-D image but \[0\] \(7\)"):
        MapRef.parse(write("a.fits", np.zeros(7)))


@pytest.mark.parametrize("value", [3, None, ["a.fits"]])
def test_what_names_no_map_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"does not name a map; give 'path'"):
        MapRef.parse(value)


def test_maps_beside_sci_are_found_by_extname(i2d: Path) -> None:
    expected = MapRef(i2d, 1, "SCI"), MapRef(i2d, 2, "ERR"), MapRef(i2d, 4, "WHT")
    assert parse_maps(i2d, None, None) == expected
    assert parse_maps(f"{i2d}[SCI]", None, None) == expected


def test_maps_that_are_given_are_the_only_ones(i2d: Path) -> None:
    sci, err, wht = parse_maps(i2d, None, f"{i2d}[CON]")
    assert (sci.ext, err, wht) == (1, None, MapRef(i2d, 3, "CON"))


def test_a_sci_of_another_name_has_no_maps_beside_it(i2d: Path) -> None:
    assert parse_maps(f"{i2d}[CON]", None, None) == (MapRef(i2d, 3, "CON"), None, None)


@pytest.fixture
def flt(tmp_path: Path, ramp: np.ndarray) -> Path:
    """Two chips with SCI, ERR and DQ each, as an HST FLT has them."""
    chips = [
        fits.ImageHDU(ramp + version, name=name, ver=version)
        for version in (1, 2)
        for name in ("SCI", "ERR", "DQ")
    ]
    path = tmp_path / "j_flt.fits"
    fits.HDUList([fits.PrimaryHDU(), *chips]).writeto(path)
    return path


@pytest.mark.parametrize("ext", ["SCI,2", "sci,2", " SCI , 2 ", "4"])
def test_a_map_is_named_by_extname_and_extver(flt: Path, ext: str) -> None:
    ref = MapRef.parse(f"{flt}[{ext}]")
    assert (ref.ext, str(ref)) == (4, f"{flt}[SCI,2]")
    assert MapRef.parse(str(ref)) == ref


def test_maps_of_the_same_extver_belong_together(flt: Path) -> None:
    for version, (sci, err) in ((1, (1, 2)), (2, (4, 5))):
        refs = parse_maps(f"{flt}[SCI,{version}]", None, None)
        assert [ref and ref.ext for ref in refs] == [sci, err, None]
    assert parse_maps(f"{flt}[DQ,2]", None, None)[1:] == (None, None)


def test_a_name_of_several_versions_is_refused_with_how_to_name_one(flt: Path) -> None:
    how = r"\[4\] SCI,2 \(12 x 16\).*name one as 'path\[EXTNAME,EXTVER\]' or 'path\[number\]'"
    for text in (f"{flt}[SCI]", str(flt)):
        with pytest.raises(AmbiguousDataError, match=how):
            MapRef.parse(text)
    with pytest.raises(DataNotFoundError, match=r"has no HDU SCI,3; it has .*SCI,2"):
        MapRef.parse(f"{flt}[SCI,3]")


def test_chips_without_extver_are_named_by_number(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", hdus={"SCI,1": ramp, "ERR,1": ramp, "SCI,2": ramp, "ERR,2": ramp})
    assert parse_maps(f"{path}[3]", None, None) == (MapRef(path, 3), None, None)
    assert name_hdu(MapRef.parse(f"{path}[3]")) == "HDU3"


def test_a_map_that_the_path_alone_finds_needs_no_name(flt: Path, i2d: Path) -> None:
    assert [name_hdu(MapRef.parse(f"{i2d}[{ext}]")) for ext in ("SCI", "CON")] == ["", "CON"]
    assert [name_hdu(MapRef.parse(f"{flt}[{ext}]")) for ext in (1, 4, 5)] == [
        "SCI1",
        "SCI2",
        "ERR2",
    ]


def test_one_image_with_one_error_is_a_pair_whatever_their_extver(
    tmp_path: Path, ramp: np.ndarray
) -> None:
    path = tmp_path / "a.fits"
    hdus = [fits.ImageHDU(ramp, name="SCI", ver=2), fits.ImageHDU(ramp, name="ERR")]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    assert [ref and ref.ext for ref in parse_maps(path, None, None)] == [1, 2, None]


def test_an_extver_that_is_no_number_is_one(tmp_path: Path, ramp: np.ndarray) -> None:
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(ramp, fits.Header({"EXTNAME": "SCI", "EXTVER": "x"})).writeto(path)
    assert list_hdus(path).hdus[0].version == 1


def test_of_several_names_of_a_role_the_usual_one_counts(write: Any, ramp: np.ndarray) -> None:
    lsst = write("a.fits", hdus={"IMAGE": ramp, "MASK": ramp, "VARIANCE": ramp})
    sci, err, wht = parse_maps(lsst, None, None)
    assert (sci.name, err and err.name, wht) == ("IMAGE", "VARIANCE", None)
    assert err is not None
    assert err.is_variance
    des = write("b.fits", hdus={"SCI": ramp, "MSK": ramp, "WGT": ramp})
    assert [ref and ref.name for ref in parse_maps(des, None, None)] == ["SCI", None, "WGT"]
    both = write("c.fits", hdus={"SCI": ramp, "IMAGE": ramp, "ERR": ramp, "VARIANCE": ramp})
    roles = list_roles(list_hdus(both))
    assert {role: [ref.name for ref in refs] for role, refs in roles.items()} == {
        "SCI": ["SCI"],
        "ERR": ["ERR"],
    }


def test_a_variance_is_no_weight(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", hdus={"IMAGE": ramp, "VARIANCE": ramp})
    with pytest.raises(ParameterError, match=r"wht is .*VARIANCE\], which holds a variance; give"):
        parse_maps(path, None, f"{path}[VARIANCE]")


def test_images_of_several_bands_have_the_weights_of_their_bands(imaging_dir: Path) -> None:
    path = imaging_dir / "misc" / "legacy_dr9_grz_image-invvar_256px.fits"
    for ext in (1, 3, 5):
        refs = parse_maps(f"{path}[{ext}]", None, None)
        assert refs == (MapRef(path, ext), None, MapRef(path, ext + 1))
    assert parse_maps(f"{path}[2]", None, None) == (MapRef(path, 2), None, None)


@pytest.mark.parametrize("key", ["EXTTYPE", "IMAGETYP", "IMTYPE"])
def test_another_keyword_tells_the_role_where_extname_does_not(
    tmp_path: Path, ramp: np.ndarray, key: str
) -> None:
    hdus = [fits.ImageHDU(ramp, fits.Header({key: kind})) for kind in ("image", "variance")]
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    sci, err, _ = parse_maps(path, None, None)
    assert (sci.ext, err and err.ext, err and err.is_variance) == (1, 2, True)
