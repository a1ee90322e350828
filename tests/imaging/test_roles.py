"""What tells whether a map is SCI, ERR or WHT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skyseg.errors import ParameterError
from skyseg.imaging.roles import get_role_names, holds_variance, without_role
from skyseg.settings import config


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("x-f444w_sci.fits", "SCI"),
        ("jw1_nircam_clear-f444w_i2d.fits.gz", "SCI"),
        ("hst_f814w_v1_DRZ.FITS", "SCI"),
        ("hst_f814w_drc.fits.fz", "SCI"),
        ("x-f444w_rms_err.fits", "ERR"),
        ("x-f444w_rms.fits", "ERR"),
        ("x-f444w_err.fits", "ERR"),
        ("f160w_drz_wht.fits", "WHT"),
        ("x_weight.fits", "WHT"),
        ("x_ivm.fits", "WHT"),
        ("x_science.fits", None),
        ("sci_x.fits", None),
        ("wht.fits", None),
    ],
)
def test_the_end_of_a_name_tells_the_role(name: str, role: str | None) -> None:
    assert get_role_names().of_file(Path(name)) == role


def test_endings_of_roles_are_taken_off() -> None:
    assert without_role(Path("/d/a.b_sci.fits.gz")) == "a.b"
    assert without_role(Path("x_rms_err.fits")) == "x"
    assert without_role(Path("coadd.weight.fits")) == "coadd"
    assert without_role(Path("_sci.fits")) == "_sci"
    assert without_role(Path("plain.fits")) == "plain"


def _set_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f"[roles]\n{text}\n")
    monkeypatch.setenv("SKYSEG_CONFIG", str(file))
    config.reload()


def test_names_of_the_settings_take_the_place_of_those_of_their_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_roles(tmp_path, monkeypatch, 'im_str = "_bkgsub"\nwht_ext_name = ["EXP"]')
    names = get_role_names()
    assert names.of_file(Path("x_f444w_sci_BKGSUB.fits")) == "SCI"
    assert names.of_file(Path("x_f444w_sci.fits")) is None
    assert names.of_file(Path("x_f444w_wht.fits")) == "WHT"
    assert (names.of_extname("exp"), names.of_extname("WHT")) == ("WHT", None)
    assert without_role(Path("x_f444w_sci_bkgsub.fits")) == "x_f444w_sci"


def test_an_argument_takes_the_place_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_roles(tmp_path, monkeypatch, 'im_str = "_bkgsub"')
    names = get_role_names(im_str=["_sci", "_drz"], rms_err_str=None)
    assert names.of_file(Path("x_sci.fits")) == "SCI"
    assert names.of_file(Path("x_sci_bkgsub.fits")) == "SCI"
    assert get_role_names(im_str="_mosaic").of_file(Path("x_bkgsub.fits")) is None


def test_of_parts_that_stand_in_one_name_the_last_counts() -> None:
    names = get_role_names(im_str="test", wht_str="weight")
    assert names.of_file(Path("f444w_test_weight.fits")) == "WHT"
    assert names.of_file(Path("weight_f444w_test_2.fits")) == "SCI"


@pytest.mark.parametrize("value", ["", " ", [], ["_sci", ""], [3], 3])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ParameterError, match=r"wht_str is .*; give a text or several"):
        get_role_names(wht_str=value)


@pytest.mark.parametrize(
    ("name", "extname", "is_variance"),
    [
        ("calexp-HSC-I-9813-5,4.fits", "VARIANCE", True),
        ("calexp-HSC-I-9813-5,4.fits", "IMAGE", False),
        ("jw1_i2d.fits", "VAR_POISSON", False),
        ("x_f444w_var.fits", "", True),
        ("x_f444w_var.fits", "ERR", False),
        ("rings.v3.skycell.1405.053.stk.r.unconv.wt.fits", "", True),
        ("x_f444w_rms.fits", "", False),
    ],
)
def test_a_variance_is_told_by_extname_then_by_name(
    name: str, extname: str, is_variance: bool
) -> None:
    assert holds_variance(Path(name), extname) is is_variance
