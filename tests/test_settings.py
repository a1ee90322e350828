"""The settings: layers, priorities and complaints."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u

from skyseg.errors import ConfigError
from skyseg.settings import Config


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; the environment says nothing."""
    monkeypatch.delenv("SKYSEG_WORK_DIR")
    work = tmp_path / "here"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def user_file(tmp_path: Path) -> Path:
    path = tmp_path / "xdg" / "skyseg" / "skyseg.toml"
    path.parent.mkdir(parents=True)
    return path


def test_defaults_hold_without_files_and_variables(folder: Path) -> None:
    config = Config()
    assert config.data_dir == folder / "data"
    assert config.work_dir == folder / "work"
    assert config.sex_dir == folder / "work" / "SExtractor"
    assert config.aper_diams == (0.32, 0.5, 1.0, 1.5, 2.0)
    assert config.method == "skyseg"
    assert config.facilities == {}
    assert config.origin("method") == "default"


def test_the_sections_that_notebooks_read_are_there(folder: Path) -> None:
    config = Config()
    assert config["SExtractor"]["SEX_DIR"] == str(folder / "work" / "SExtractor")
    diameters = config["SExtractor"]["APER_DIAMS"]
    assert diameters.unit == u.arcsec
    np.testing.assert_array_equal(diameters.value, [0.32, 0.5, 1.0, 1.5, 2.0])
    assert config["DEFAULT"]["GALFIND_DATA"] == str(folder / "data")
    assert config["DEFAULT"]["GALFIND_WORK"] == str(folder / "work")
    assert list(config) == ["DEFAULT", "SExtractor", "Masking"]


def test_an_unknown_section_is_refused_with_those_that_exist(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"'Sextractor'; its sections are DEFAULT, SExtractor"):
        Config()["Sextractor"]


def test_each_layer_goes_before_those_below_it(
    folder: Path, user_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "named.toml"
    local = folder / "skyseg.toml"
    user_file.write_text(
        'aper_diams = [1.0]\nmethod = "skyseg"\nwork_dir = "/a"\ndata_dir = "/a"\n'
    )
    local.write_text('method = "sextractor"\nwork_dir = "/b"\ndata_dir = "/b"\n')
    named.write_text('work_dir = "/c"\ndata_dir = "/c"\n')
    monkeypatch.setenv("SKYSEG_CONFIG", str(named))
    monkeypatch.setenv("SKYSEG_DATA_DIR", "/d")
    config = Config()
    assert config.aper_diams == (1.0,)
    assert config.origin("aper_diams") == str(user_file)
    assert config.method == "sextractor"
    assert config.origin("method") == str(local)
    assert config.work_dir == Path("/c")
    assert config.origin("work_dir") == str(named)
    assert config.data_dir == Path("/d")
    assert config.origin("data_dir") == "SKYSEG_DATA_DIR"
    assert config.sex_dir == Path("/c/SExtractor")


def test_added_facilities_of_several_files_are_joined(folder: Path, user_file: Path) -> None:
    (folder / "skyseg.toml").write_text("[facilities.Subaru.HSC]\nHSC-G = 480\n")
    user_file.write_text("[facilities.Subaru.HSC]\nHSC-R = 620\n")
    assert Config().facilities == {"Subaru": {"HSC": {"HSC-G": 480.0, "HSC-R": 620.0}}}


def test_a_relative_path_starts_from_the_folder_of_its_file(folder: Path, user_file: Path) -> None:
    user_file.write_text('data_dir = "imaging"\nwork_dir = "~/products"\n')
    config = Config()
    assert config.data_dir == user_file.parent / "imaging"
    assert config.work_dir == Path("~/products").expanduser()


@pytest.mark.parametrize("text", ["0.3, 0.6", "[0.3,0.6]"])
def test_aperture_diameters_are_read_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SKYSEG_APER_DIAMS", text)
    assert Config().aper_diams == (0.3, 0.6)


def test_facilities_are_read_from_the_environment_as_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_FACILITIES", '{"Subaru": {"HSC": {"HSC-G": 480}}}')
    assert Config().facilities == {"Subaru": {"HSC": {"HSC-G": 480.0}}}


def test_names_of_roles_are_texts_or_lists_of_them(
    folder: Path, user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "skyseg.toml").write_text('[roles]\nim_str = "_image"\nwht_str = ["_exp", "_w"]\n')
    user_file.write_text('[roles]\nwht_str = ["_e"]\n')
    assert Config().roles["im_str"] == ("_image",)
    assert len(Config().roles) == 2
    monkeypatch.setenv("SKYSEG_ROLES", '{"rms_err_ext_name": "NOISE"}')
    assert Config().roles == {"rms_err_ext_name": ("NOISE",)}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("datadir", "data_dir"),
        ("thing", "one of aper_diams, data_dir, facilities, lock_timeout, method"),
    ],
)
def test_a_wrong_key_is_refused_with_its_file_and_the_nearest_or_those_that_exist(
    folder: Path, key: str, meant: str
) -> None:
    path = folder / "skyseg.toml"
    path.write_text(f'{key} = "/a"\n')
    with pytest.raises(ConfigError) as caught:
        _ = Config().data_dir
    told = f"{path} has the key {key}, which is not a setting; use {meant}"
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("line", "key", "allowed"),
    [
        ("aper_diams = [0.3, -1]", "aper_diams", "one or more positive numbers, in arcsec"),
        ("aper_diams = []", "aper_diams", "one or more positive numbers, in arcsec"),
        ('aper_diams = [0.3, "x"]', "aper_diams.1", "one or more positive numbers, in arcsec"),
        ("data_dir = 3", "data_dir", "a path"),
        ('method = "magic"', "method", "sextractor, skyseg"),
        ("[facilities.Subaru.HSC]\nG = -1", "facilities", "a positive wavelength in nm"),
        ('[facilities.Subaru.HSC]\nG = "x"', "facilities.Subaru.HSC.G", "wavelength in nm"),
        ('[roles]\nim_str = ""', "roles.im_str.0", "a table of texts"),
        ("[roles]\nim_str = []", "roles.im_str", "a table of texts"),
        ("[roles]\nim_str = [3]", "roles.im_str.0", "a table of texts"),
        ("[roles]\nim_str = 3", "roles.im_str", "a table of texts"),
        ("roles = 3", "roles", "a table of texts"),
        ("aper_diams = [true]", "aper_diams.0", "one or more positive numbers, in arcsec"),
        ("aper_diams = 1.0", "aper_diams", "one or more positive numbers, in arcsec"),
        ("lock_timeout = -1", "lock_timeout", "a number of seconds, zero or more"),
        ("lock_timeout = nan", "lock_timeout", "a number of seconds, zero or more"),
        (f"lock_timeout = {10**400}", "lock_timeout", "a number of seconds, zero or more"),
        ("[facilities.Subaru]\nHSC = 1", "facilities.Subaru.HSC", "a positive wavelength in nm"),
    ],
)
def test_a_wrong_value_is_refused_with_file_key_and_what_is_allowed(
    folder: Path, user_file: Path, line: str, key: str, allowed: str
) -> None:
    (folder / "skyseg.toml").write_text('work_dir = "/a"\n')
    user_file.write_text(line)
    with pytest.raises(ConfigError) as caught:
        Config().as_dict()
    message = str(caught.value)
    assert message.startswith(f"{user_file} sets {key} to ")
    assert allowed in message


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(folder: Path) -> None:
    path = folder / "skyseg.toml"
    path.write_text('[roles]\nsci = "_image"\n')
    with pytest.raises(ConfigError) as caught:
        Config().as_dict()
    assert str(caught.value) == (
        f"{path} has the key roles.sci; roles must be a table of texts with the keys im_str, "
        "rms_err_str, wht_str, im_ext_name, rms_err_ext_name, wht_ext_name"
    )


def test_seconds_and_tables_of_the_environment_are_texts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_LOCK_TIMEOUT", "2.5")
    assert Config().lock_timeout == 2.5
    monkeypatch.setenv("SKYSEG_ROLES", "{")
    with pytest.raises(ConfigError, match=r"^SKYSEG_ROLES sets roles to '\{'; it must be a table"):
        _ = Config().roles


def test_a_wrong_value_in_the_environment_is_refused_with_its_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "skyseg.toml").write_text("aper_diams = [1.0]\n")
    monkeypatch.setenv("SKYSEG_APER_DIAMS", "wide")
    with pytest.raises(
        ConfigError, match=r"SKYSEG_APER_DIAMS sets aper_diams.0 to 'wide'; it must"
    ):
        _ = Config().aper_diams


@pytest.mark.parametrize(
    "text",
    [
        'data_dir = "~nobody-has-this-name/a"',
        f"a = {'[' * 5000}{']' * 5000}",
        f"lock_timeout = {'9' * 5000}",
    ],
)
def test_a_file_that_python_cannot_take_is_refused_by_name(folder: Path, text: str) -> None:
    (folder / "skyseg.toml").write_text(text)
    with pytest.raises(ConfigError, match=rf"{folder / 'skyseg.toml'} (sets data_dir|cannot be)"):
        _ = Config().data_dir


def test_an_unknown_variable_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYSEG_DATADIR", "/a")
    with pytest.raises(
        ConfigError, match=r"variable SKYSEG_DATADIR is not a setting; use SKYSEG_DATA_DIR"
    ):
        _ = Config().data_dir


def test_a_file_that_is_not_toml_is_refused(folder: Path) -> None:
    path = folder / "skyseg.toml"
    path.write_text("data_dir = \n")
    with pytest.raises(ConfigError, match=f"{path} cannot be read as TOML"):
        _ = Config().data_dir


def test_a_named_file_that_does_not_exist_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_CONFIG", str(folder / "none.toml"))
    with pytest.raises(ConfigError, match=r"SKYSEG_CONFIG names .*none.toml, which is not a file"):
        _ = Config().data_dir


def test_a_named_file_of_an_unknown_user_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_CONFIG", "~no-such-user/skyseg.toml")
    with pytest.raises(
        ConfigError, match=r"^SKYSEG_CONFIG names ~no-such-user/skyseg.toml, which cannot"
    ):
        _ = Config().data_dir


def test_settings_are_read_once_and_again_after_reload(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config()
    monkeypatch.setenv("SKYSEG_DATA_DIR", "/a")
    assert config.data_dir == Path("/a")
    monkeypatch.setenv("SKYSEG_DATA_DIR", "/b")
    assert config.data_dir == Path("/a")
    config.reload()
    assert config.data_dir == Path("/b")


def test_settings_cannot_be_set_on_the_object(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"set it in skyseg.toml or as SKYSEG_DATA_DIR"):
        Config().data_dir = Path("/a")


def test_an_attribute_that_is_no_setting_is_refused(folder: Path) -> None:
    with pytest.raises(AttributeError, match=r"config has no setting 'datadir'; use data_dir"):
        _ = Config().datadir
    assert {"data_dir", "reload"} <= set(dir(Config()))


def test_the_text_of_the_settings_says_where_each_comes_from(folder: Path) -> None:
    (folder / "skyseg.toml").write_text("aper_diams = [1.0]\n")
    lines = repr(Config()).splitlines()
    assert f"aper_diams     = (1.0,)  ({folder / 'skyseg.toml'})" in lines
    assert "method         = skyseg  (default)" in lines


def test_the_origin_of_what_is_no_setting_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"size is not a setting"):
        Config().origin("size")


def test_what_is_no_file_in_the_place_of_settings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "skyseg.toml")
    with pytest.raises(ConfigError, match=r"skyseg\.toml is no file of settings"):
        _ = Config().data_dir
