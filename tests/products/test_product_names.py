"""Where products lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg import methods
from skyseg.errors import ParameterError
from skyseg.products.names import _folder_of, find_root, make_paths, make_survey_cat_path
from skyseg.settings import config

JOF = {"instrument": "NIRCam", "version": "v11", "survey": "JOF", "band": "F444W"}


def test_sextractors_products_are_where_galfind_has_them(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SKYSEG_SEX_DIR", str(tmp_path / "SExtractor"))
    config.reload()
    paths = make_paths(method="sextractor", err_type="rms_err", **JOF)
    folder = tmp_path / "SExtractor/NIRCam/v11/JOF/MAP_RMS/segmentation"
    assert list(paths) == [
        folder / "JOF_F444W_F444W_sel_cat_v11_seg.fits",
        folder / "JOF_F444W_F444W_sel_cat_v11_bkg.fits",
        folder / "JOF_F444W_F444W_sel_cat_v11.fits",
    ]
    assert paths.folder == folder


def test_our_products_are_under_the_methods_name_and_the_sets() -> None:
    paths = make_paths(method="skyseg", err_type="wht", set_name="crowded", **JOF)
    folder = config.work_dir / "skyseg/NIRCam/v11/JOF/MAP_WEIGHT/segmentation"
    assert paths.seg == folder / "JOF_F444W_F444W_sel_cat_v11_crowded_seg.fits"
    assert paths.cat == folder / "JOF_F444W_F444W_sel_cat_v11_crowded.fits"


def test_catalogues_of_apertures_that_differ_lie_in_folders_that_differ() -> None:
    def folder(*diameters: float) -> str:
        return make_survey_cat_path(
            instruments=["NIRCam"], version="v11", survey="JOF", detection="F444W",
            aper_diams=diameters,
        ).folder.name  # fmt: skip

    assert folder(0.321) == "(0.321)as"
    assert folder(0.324, 0.5, 1) == "(0.324,0.50,1.00)as"
    assert folder(0.32) == folder(0.1 + 0.22) == "(0.32)as"


@pytest.mark.parametrize("name", ["seg", "BKG", "faint_seg", "a_b_bkg"])
def test_a_set_whose_catalogue_would_be_another_sets_map_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=f"'{name}' cannot be the name of a parameter set"):
        make_paths(method="skyseg", err_type="wht", set_name=name, **JOF)


@pytest.mark.parametrize("part", ["instrument", "version", "survey", "band", "set_name", "method"])
@pytest.mark.parametrize("name", ["../secret", "a/b", "a\\b", "..", ".", "", "a\0b"])
def test_a_name_that_would_leave_its_folder_is_refused(part: str, name: str) -> None:
    with pytest.raises(ParameterError, match="cannot be the name of a"):
        make_paths(**({"method": "skyseg", "err_type": "wht", **JOF} | {part: name}))


def test_a_folder_that_is_given_holds_the_products_of_all_methods(tmp_path: Path) -> None:
    for method, folder in (("sextractor", "SExtractor"), ("skyseg", "skyseg")):
        paths = make_paths(method=method, err_type="rms_err", work_dir=tmp_path, **JOF)
        assert paths.seg.is_relative_to(tmp_path / folder)
        assert paths.work_dir == tmp_path
        assert list(paths) == [paths.seg, paths.bkg, paths.cat]


def test_a_folder_that_is_given_stays_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = make_paths(method="skyseg", err_type="rms_err", work_dir="here", **JOF)
    assert paths.work_dir == tmp_path / "here"
    assert paths.seg.is_relative_to(tmp_path / "here")


class _Placed:
    folder = "Mine"
    folder_setting = "data_dir"

    def version(self) -> str:
        return "1"

    def run(self, request: object) -> None: ...


class _Plain:
    version, run = _Placed.version, _Placed.run


@pytest.mark.parametrize(
    ("made", "configured", "given"), [(_Placed, "data", "Mine"), (_Plain, "work/x", "x")]
)
def test_a_method_of_another_package_says_where_its_products_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: type, configured: str, given: str
) -> None:
    monkeypatch.setattr(methods, "get", lambda name: made())
    _folder_of.cache_clear()
    place = {"data": config.data_dir, "work/x": config.work_dir / "x"}[configured]
    assert find_root("x") == place
    assert find_root("x", tmp_path) == tmp_path / given
    _folder_of.cache_clear()
