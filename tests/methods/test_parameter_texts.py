"""Parameters written as TOML and for SExtractor, and read back."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods import parameter_sets
from skyseg.methods._sextractor import find_program
from skyseg.methods.parameter_texts import write_sex, write_toml

OWN_KERNEL = Kernel("mine", ((0.0, 1.0, 0.25), (-1.0, 4.0, 0.0)), norm=False)

levels = st.floats(1e-3, 1e6)
mags = st.floats(-5, 40)
thresholds = levels | st.tuples(mags, mags)
pairs = st.tuples(st.floats(0, 1e4), st.floats(0, 1e4))
whole = st.integers(4, 500)
ALL_VALUES = st.builds(
    Parameters,
    detect_minarea=whole,
    thresh_type=st.sampled_from(["RELATIVE", "ABSOLUTE"]),
    detect_thresh=thresholds,
    analysis_thresh=thresholds,
    filter_name=st.sampled_from(get_args(KernelName)),
    deblend_nthresh=st.integers(1, 64),
    deblend_mincont=st.floats(0, 1),
    clean=st.booleans(),
    clean_param=st.floats(0.1, 10),
    mask_type=st.sampled_from(["NONE", "BLANK", "CORRECT"]),
    weight_type=st.sampled_from([None, "NONE", "BACKGROUND", "MAP_RMS", "MAP_VAR", "MAP_WEIGHT"]),
    rescale_weights=st.booleans(),
    weight_gain=st.booleans(),
    weight_thresh=st.none() | st.floats(0, 1e30),
    flag_type=st.sampled_from(["OR", "AND", "MIN", "MAX", "MOST"]),
    phot_apertures=st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=40, unique=True).map(tuple),
    phot_autoparams=pairs,
    phot_petroparams=pairs,
    phot_autoapers=pairs,
    phot_fluxfrac=st.lists(st.floats(1e-3, 1), min_size=1, max_size=9, unique=True).map(tuple),
    satur_level=levels,
    satur_key=st.sampled_from(["SATURATE", "NONE"]),
    mag_zeropoint=st.none() | mags,
    gain=st.floats(0, 1e6),
    pixel_scale=st.none() | st.floats(1e-3, 100),
    seeing_fwhm=levels,
    back_type=st.sampled_from(["MANUAL", "AUTO"]),
    back_value=st.floats(-1e6, 1e6),
    back_size=whole,
    back_filtersize=st.integers(1, 11),
    back_filtthresh=st.floats(0, 1e6),
    back_pearson=st.floats(0, 100),
    backphoto_type=st.sampled_from(["GLOBAL", "LOCAL"]),
    backphoto_thick=st.integers(1, 10_000),
)


def save_kernel(text: str, folder: Path) -> None:
    """Save the kernel that stands in the comments of a file, if one does."""
    named = re.search(r"# save as (\S+):\n", text)
    if named:
        (folder / named[1]).write_text(text[named.end() :].replace("# ", ""))


def read_back(text: str, path: Path) -> Parameters:
    path.write_text(text)
    return parameter_sets.load(path)[1]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=ALL_VALUES)
def test_what_is_written_is_read_back_to_the_last_digit(tmp_path: Path, values: Parameters):
    assert read_back(write_toml(values, "a set"), tmp_path / "set.toml") == values
    assert read_back(write_sex(values, "a set"), tmp_path / "set.sex") == values


SEXTRACTORS = [
    name for name, each in parameter_sets.SHIPPED.items() if each.values.thresh_unit == "rms"
]
"""Shipped sets that SExtractor can be told."""


@pytest.mark.parametrize("name", parameter_sets.SHIPPED)
def test_shipped_sets_are_read_back(name: str, tmp_path: Path) -> None:
    values = parameter_sets.SHIPPED[name].values
    assert read_back(write_toml(values), tmp_path / "set.toml") == values


@pytest.mark.parametrize("name", SEXTRACTORS)
def test_shipped_sets_are_read_back_from_sex_files(name: str, tmp_path: Path) -> None:
    values = parameter_sets.SHIPPED[name].values
    # SExtractor has no word for the apertures of the call
    expected = values.replace(phot_apertures=5.0)
    save_kernel(write_sex(values), tmp_path)
    assert read_back(write_sex(values), tmp_path / "set.sex") == expected


def test_a_kernel_of_ones_own_travels_in_toml_and_in_the_comments_of_a_sex_file(tmp_path: Path):
    values = Parameters(filter_name=OWN_KERNEL)
    assert read_back(write_toml(values), tmp_path / "set.toml") == values
    text = write_sex(values.replace(phot_apertures=5.0))
    with pytest.raises(ParameterError, match="there is no such file or kernel"):
        read_back(text, tmp_path / "set.sex")
    save_kernel(text, tmp_path)
    assert read_back(text, tmp_path / "set.sex") == values.replace(phot_apertures=5.0)


ODD = st.sampled_from(
    ["a b", "a,b", 'a"b', "a#b", "#a", "a$b", "a/b", "é", "a'b", "a\nb", "\x7f", "😀"]
)
NAMES = ODD | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kernel=NAMES, flags=st.none() | NAMES, title=NAMES)
def test_any_name_is_read_back_or_refused(
    tmp_path: Path, kernel: str, flags: str | None, title: str
) -> None:
    values = Parameters(
        filter_name=Kernel(kernel, ((1.0, 3.0, 1.0),)), flag_image=flags, phot_apertures=5.0
    )
    assert read_back(write_toml(values, title), tmp_path / "set.toml") == values
    try:
        text = write_sex(values, title)
    except ParameterError as error:
        assert str(error).startswith("a .sex file cannot hold the name of the ")
        assert len(str(error).splitlines()) == 1
        return
    (tmp_path / f"{kernel}.conv").write_text("CONV NORM\n1 3 1\n")
    assert read_back(text, tmp_path / "set.sex") == values


@pytest.mark.parametrize("name", ["a b", "a,b", "a;b", "a=b", 'a"b', "a$b", "#a", "a\tb"])
def test_names_that_the_program_reads_otherwise_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=r"name of the kernel, .*; give it"):
        write_sex(Parameters(filter_name=Kernel(name, ((1.0,),))))
    with pytest.raises(ParameterError, match=r"name of the flag map, .*; give it"):
        write_sex(Parameters(flag_image=name))


@pytest.mark.parametrize(
    "table",
    [
        "{ name = 'a' }",
        "{ weights = [[1]] }",
        "{ name = 1, weights = [[1]] }",
        "{ name = 'a', weights = [[1]], sum = 1 }",
        "{ name = 'a', weights = [[1], [1, 2]] }",
        "{ name = 'a', weights = 'b' }",
    ],
)
def test_a_table_that_is_no_kernel_is_refused_with_its_file(table: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=re.escape(str(tmp_path / "set.toml"))):
        read_back(f"filter_name = {table}\n", tmp_path / "set.toml")


@pytest.mark.parametrize("name", SEXTRACTORS)
def test_the_program_reads_what_is_written_for_it(name: str, tmp_path: Path) -> None:
    program = find_program()
    values = parameter_sets.SHIPPED[name].values
    image = np.random.default_rng(1).normal(0, 1, (64, 64)).astype(np.float32)
    fits.writeto(tmp_path / "a.fits", image)
    text = write_sex(values, name)
    (tmp_path / "set.sex").write_text(text)
    (tmp_path / "set.param").write_text("NUMBER\n")
    assert program.network is not None
    for kernel in program.network.parent.glob("*.conv"):
        shutil.copy(kernel, tmp_path)
    save_kernel(text, tmp_path)
    done = subprocess.run(
        [program.path, "a.fits", "-c", "set.sex", "-PARAMETERS_NAME", "set.param"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "keyword unknown" not in done.stderr


def test_the_program_finds_the_kernel_of_an_odd_name_that_is_written_for_it(tmp_path: Path) -> None:
    values = Parameters(filter_name=Kernel("é#'(b{", ((1.0, 2.0, 1.0),)), flag_image="ö#'.fits")
    fits.writeto(tmp_path / "a.fits", np.random.default_rng(1).normal(size=(64, 64)))
    fits.writeto(tmp_path / "ö#'.fits", np.ones((64, 64), np.int16))
    (tmp_path / "set.sex").write_text(write_sex(values, "a title\nDETECT_THRESH 1e9"))
    (tmp_path / "set.param").write_text("NUMBER\nIMAFLAGS_ISO\n")
    (tmp_path / "é#'(b{.conv").write_text("CONV NORM\n1 2 1\n")
    done = subprocess.run(
        [find_program().path, "a.fits", "-c", "set.sex", "-PARAMETERS_NAME", "set.param"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_sex_file_cannot_hold_thresholds_in_sigma_of_the_filtered_sky(tmp_path: Path) -> None:
    asked = Parameters(thresh_unit="filtered", detect_thresh=4.0)
    with pytest.raises(
        ParameterError, match=r"a \.sex file cannot hold the thresh_unit 'filtered'"
    ):
        write_sex(asked)
    assert read_back(write_toml(asked), tmp_path / "deep.toml") == asked
