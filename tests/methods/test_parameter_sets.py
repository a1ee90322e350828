"""Parameter sets by name, file and value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.convolution import Gaussian2DKernel
from hypothesis import given
from hypothesis import strategies as st

from skyseg.engine.kernels import Kernel, make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods import parameter_sets
from skyseg.settings import config


@pytest.fixture
def own_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configured directory of parameter sets."""
    folder = tmp_path / "sets"
    folder.mkdir()
    monkeypatch.setenv("SKYSEG_PARAMETERS_DIR", str(folder))
    config.reload()
    return folder


def test_the_shipped_sets_have_their_values() -> None:
    assert parameter_sets.load() == ("default", Parameters())
    crowded = Parameters(deblend_nthresh=64, deblend_mincont=0.0001)
    assert parameter_sets.load("crowded") == ("crowded", crowded)
    test = Parameters(detect_minarea=15, detect_thresh=2.5, analysis_thresh=2.5)
    assert parameter_sets.load("test") == ("test", test)


def test_values_that_are_a_shipped_set_have_its_name() -> None:
    assert parameter_sets.load(Parameters())[0] == "default"
    assert parameter_sets.load(Parameters(deblend_nthresh=64, deblend_mincont=1e-4))[0] == "crowded"


def test_other_values_have_a_name_of_their_own_content() -> None:
    values = Parameters(detect_thresh=3.0)
    name, loaded = parameter_sets.load(values)
    assert loaded == values
    # products on disk have these names: they must not change
    assert name == "custom-afcebe0f"
    assert parameter_sets.load(Parameters(detect_thresh=3, back_value=-0.0))[0] == name
    others = {
        parameter_sets.load(Parameters(**each))[0]
        for each in (
            {"detect_thresh": 3.5},
            {"analysis_thresh": 3.0},
            {"detect_thresh": 3.0, "clean": False},
            {"phot_autoparams": (2.5, 3.0)},
        )
    }
    assert len(others | {name}) == 5


@given(st.floats(0.1, 1e4), st.integers(1, 500), st.floats(0.1, 1e4), st.integers(1, 500))
def test_two_values_have_one_name_only_where_they_are_equal(a: float, n: int, b: float, m: int):
    first = Parameters(detect_thresh=a, detect_minarea=n)
    second = Parameters(detect_thresh=b, detect_minarea=m)
    same = parameter_sets.load(first)[0] == parameter_sets.load(second)[0]
    assert same == (first == second)


def test_a_toml_file_sets_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("detect_thresh = 1.2\nphot_autoparams = [2.0, 3.5]\nclean = false\n")
    expected = Parameters(detect_thresh=1.2, phot_autoparams=(2.0, 3.5), clean=False)
    assert parameter_sets.load(path) == ("deep", expected)
    assert parameter_sets.load(str(path)) == ("deep", expected)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("detect_tresh = 1.2", "detect_tresh is not an extraction parameter; use detect_thresh"),
        ("detect_thresh = -1", "detect_thresh is -1; it must be a number above 0"),
        ("detect_thresh = 'low'", "detect_thresh is 'low'"),
        ("detect_minarea = 2.5", "a whole number"),
        ("detect_thresh 1.2", "line 1"),
    ],
)
def test_a_wrong_toml_file_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ParameterError) as caught:
        parameter_sets.load(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


def test_a_file_in_the_configured_directory_goes_by_its_name(own_sets: Path) -> None:
    (own_sets / "shallow.toml").write_text("detect_thresh = 5")
    (own_sets / "galaxies.v2.sex").write_text("DETECT_THRESH 4\n")
    for name in ("shallow", "shallow.toml"):
        assert parameter_sets.load(name) == ("shallow", Parameters(detect_thresh=5))
    name, values = parameter_sets.load("galaxies.v2")
    assert (name, values.detect_thresh, values.detect_minarea) == ("galaxies.v2", 4, 5)
    assert parameter_sets.names()[-3:] == ("jwst", "galaxies.v2", "shallow")


def test_a_sex_name_without_such_a_file_is_the_shipped_set(own_sets: Path) -> None:
    assert parameter_sets.load("test.sex") == parameter_sets.load("test")
    assert parameter_sets.load("default.sex") == parameter_sets.load("default")
    (own_sets / "test.sex").write_text("DETECT_MINAREA 30\n")
    name, values = parameter_sets.load("test.sex")
    assert (name, values.detect_minarea, values.detect_thresh) == ("test", 30, 1.5)
    assert parameter_sets.load("test")[1].detect_minarea == 15


@pytest.mark.parametrize(
    ("name", "what", "file"),
    [
        ("faint", "set 'faint'", "faint.toml"),
        ("faint.sex", "file 'faint.sex'", "faint.sex"),
        ("gain=2.toml", "file 'gain=2.toml'", "gain=2.toml"),
        ("nowhere/faint.toml", "file 'nowhere/faint.toml'", "faint.toml"),
        ("~nobody-has-this/faint.toml", "file '~nobody-has-this/faint.toml'", "faint.toml"),
    ],
)
def test_an_unknown_set_is_refused_with_those_that_exist(
    own_sets: Path, name: str, what: str, file: str
) -> None:
    (own_sets / "shallow.toml").write_text("detect_thresh = 5")
    with pytest.raises(ParameterError, match="test, grizli, aperpy, jwst, shallow") as caught:
        parameter_sets.load(name)
    assert caught.value.what == f"there is no parameter {what}"
    assert ("a file that exists" in caught.value.hint) == ("file" in what)
    assert f"put {file} in {own_sets}" in str(caught.value)


@pytest.mark.parametrize("name", ["hot+", "hot+cold+child", "+cold"])
def test_a_run_in_two_passes_that_is_not_well_named_is_told_how(name: str) -> None:
    with pytest.raises(ParameterError, match=r"name two as HOT\+COLD or HOT\+COLD\+children"):
        parameter_sets.load(name)


def test_a_file_of_another_kind_is_no_parameter_file(tmp_path: Path) -> None:
    (tmp_path / "y.fits").touch()
    with pytest.raises(ParameterError, match=r"y.fits is no parameter file; give a .toml or"):
        parameter_sets.load(tmp_path / "y.fits")


@pytest.mark.parametrize("value", [3, None, {"detect_thresh": 3}])
def test_what_is_no_set_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="is no parameter set; give a name, a file"):
        parameter_sets.load(value)


def test_the_set_directory_need_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYSEG_PARAMETERS_DIR", str(tmp_path / "absent"))
    config.reload()
    assert parameter_sets.names() == (
        *("default", "crowded", "deep", "cold", "hot", "test", "grizli", "aperpy", "jwst"),
    )


def test_two_sets_are_joined_by_name_and_a_file_of_that_name_goes_first(own_sets: Path) -> None:
    found = parameter_sets.find("hot+cold")
    assert found.name == "hot+cold"
    assert found.values == parameter_sets.SHIPPED["cold"].values
    assert found.hot is not None
    assert found.hot.parameters == parameter_sets.SHIPPED["hot"].values
    assert not found.hot.children
    (own_sets / "faint.toml").write_text("detect_thresh = 1.2\n")
    own = parameter_sets.find("faint+default+children")
    assert own.hot is not None
    assert own.hot.children
    assert own.hot.parameters.detect_thresh == 1.2
    (own_sets / "hot+cold.toml").write_text("detect_thresh = 7.0\n")
    assert parameter_sets.find("hot+cold").values.detect_thresh == 7.0


def test_sets_that_cannot_be_joined_are_refused(own_sets: Path) -> None:
    (own_sets / "parts.toml").write_text("phot_fluxfrac = [0.2, 0.5]\n")
    (own_sets / "apertures.toml").write_text("phot_apertures = [5.0]\n")
    with pytest.raises(ParameterError, match="hot set with phot_apertures of its own"):
        parameter_sets.find("apertures+cold")
    with pytest.raises(ParameterError, match="differ in phot_fluxfrac"):
        parameter_sets.find("parts+default")
    with pytest.raises(ParameterError, match="no parameter set 'warm'"):
        parameter_sets.find("hot+warm")
    (own_sets / "flagged.toml").write_text('flag_image = "absent.fits"\n')
    with pytest.raises(ParameterError, match="a hot set with a flag_image of its own"):
        parameter_sets.find("flagged+cold")
    assert parameter_sets.find("hot+flagged").values.flag_image is not None


def test_what_a_cold_file_brings_comes_along_and_the_name_is_of_the_stems(tmp_path: Path) -> None:
    (tmp_path / "c.param").write_text("NUMBER\nX_IMAGE\n")
    cold = tmp_path / "c.sex"
    of_two = "BACK_TYPE AUTO,MANUAL\nBACK_VALUE 0,1\n"
    cold.write_text(f"PARAMETERS_NAME c.param\nHEADER_SUFFIX .ahead\n{of_two}")
    alone, found = parameter_sets.find(cold), parameter_sets.find(f"hot+{cold}")
    assert found.columns == alone.columns == tmp_path / "c.param"
    assert found.header_suffix == alone.header_suffix == ".ahead"
    assert found.measuring == alone.measuring is not None
    assert found.of_measured().hot is None
    (tmp_path / "mine.toml").write_text("detect_thresh = 1.2\n")
    assert parameter_sets.find(f"{tmp_path}/mine.toml+cold+children").name == "mine+cold+children"
    assert found.name == "hot+c"


def test_the_kernel_of_aperpy_is_the_gaussian_of_astropy() -> None:
    _, values = parameter_sets.load("aperpy")
    kernel = values.filter_name
    assert isinstance(kernel, Kernel)
    theirs = Gaussian2DKernel(3.5 / 2.35).array
    assert kernel.name == "gauss_3.5_13x13" and np.shape(kernel.weights) == theirs.shape
    np.testing.assert_allclose(make_kernel(kernel), theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["x" * 5000, "{overwrite}"])
def test_a_set_that_no_file_can_be_is_named_as_it_is(name: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parameter_sets.load(name)
    assert f"put {name}.toml in" in str(caught.value)


def test_a_flag_map_is_looked_up_beside_the_file_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('flag_image = "flags.fits[1]"')
    assert parameter_sets.load(file)[1].flag_image == "flags.fits[1]"
    (tmp_path / "flags.fits").write_text("")
    assert parameter_sets.load(file)[1].flag_image == f"{tmp_path / 'flags.fits'}[1]"
