"""SExtractor's configuration files, read as the program reads them."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods import _sextractor_settings
from skyseg.methods._sextractor_program import find_program
from skyseg.methods._sextractor_settings import parse_settings, program_defaults
from skyseg.methods.sex_file import read_sex_file

SURVEY_FILE = """\
#---------------- Catalog ----------------
CATALOG_NAME    out.cat        # never read
PARAMETERS_NAME /far/away/survey.param   # file with "columns"

#---------------- Extraction --------------
DETECT_TYPE     CCD             # "CCD" or "PHOTO" (*)
FLAG_IMAGE      flag.fits
  detect_minarea\t15
DETECT_THRESH = 2.5             # <sigmas> or <threshold>,<ZP>
ANALYSIS_THRESH=2.5
FILTER          yes
FILTER_NAME    "/far/away/gauss_2.5_5x5.conv" # a path
PHOT_APERTURES  10.67, 16.67, 33.33
PHOT_AUTOPARAMS 2.5, 4.0            # with a blank
PHOT_AUTOAPERS  3.5,3.5
#BACK_SIZE       128
BACK_TYPE       MANUAL
BACK_VALUE      0.0,0.0
MEMORY_BUFSIZE  1024
WEIGHT_TYPE     MAP_RMS,MAP_RMS
WEIGHT_THRESH   0
WEIGHT_GAIN     N,N
CHECKIMAGE_TYPE SEGMENTATION,BACKGROUND
PSF_NAME        default.psf
"""

# what the program takes for settings that a file leaves out
OF_THE_PROGRAM = Parameters(
    detect_minarea=5,
    detect_thresh=1.5,
    analysis_thresh=1.5,
    filter_name="default",
    phot_apertures=(5.0,),
    phot_autoparams=(2.5, 3.5),
    phot_autoapers=(0.0, 0.0),
    satur_level=50000.0,
    pixel_scale=1.0,
    seeing_fwhm=1.2,
    back_type="AUTO",
)


@pytest.fixture
def sex(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "mine.sex"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def read(path: Path) -> Parameters:
    return read_sex_file(path).parameters


def test_a_survey_file_gives_its_values_and_the_rest_of_the_program(sex) -> None:
    assert read(sex(SURVEY_FILE)) == OF_THE_PROGRAM.replace(
        detect_minarea=15,
        detect_thresh=2.5,
        analysis_thresh=2.5,
        filter_name="gauss_2.5_5x5",
        flag_image="flag.fits",
        phot_apertures=(10.67, 16.67, 33.33),
        phot_autoparams=(2.5, 4.0),
        phot_autoapers=(3.5, 3.5),
        back_type="MANUAL",
        weight_type="MAP_RMS",
        weight_thresh=0.0,
        weight_gain=False,
    )


def test_of_two_values_the_first_is_for_detection_and_the_second_for_measuring(sex) -> None:
    found = read_sex_file(
        sex(
            "WEIGHT_TYPE MAP_WEIGHT,MAP_RMS\nWEIGHT_IMAGE a.fits,b.fits\nBACK_TYPE AUTO,MANUAL\n"
            "BACK_VALUE 0,0.5\nWEIGHT_THRESH 0\nWEIGHT_GAIN N,Y\n"
        )
    )
    first = OF_THE_PROGRAM.replace(weight_type="MAP_WEIGHT", weight_thresh=0.0, weight_gain=False)
    assert found.parameters == first
    assert found.measuring == first.replace(
        weight_type="MAP_RMS", back_type="MANUAL", back_value=0.5
    )
    assert read_sex_file(sex("WEIGHT_TYPE MAP_RMS,MAP_RMS\n")).measuring is None


def test_an_empty_file_is_the_program_without_one(sex) -> None:
    assert read(sex("")) == OF_THE_PROGRAM


def test_a_file_means_the_same_where_the_program_is_not_installed(sex, monkeypatch) -> None:
    monkeypatch.setattr(_sextractor_settings, "PROGRAM_NAMES", ())
    assert program_defaults()[0] == "2.28"
    assert read(sex("")) == OF_THE_PROGRAM


def test_the_programs_own_default_file_is_read(sex) -> None:
    dump = subprocess.run([find_program().path, "-dd"], capture_output=True, text=True, check=True)
    told = OF_THE_PROGRAM.replace(weight_type="NONE", mag_zeropoint=0.0, flag_image="flag.fits")
    assert read(sex(dump.stdout)) == told
    # as version 2.28 writes it
    later = dump.stdout.replace("BACK_FILTTHRESH", "BACK_PEARSON 3.5\nBACK_FILTTHRESH")
    assert read(sex(later)) == told.replace(back_pearson=3.5)


def test_a_pixel_scale_of_zero_is_that_of_the_image(sex) -> None:
    assert read(sex("PIXEL_SCALE 0\n")).pixel_scale is None


def test_what_a_file_leaves_out_is_named_in_the_log(sex, caplog) -> None:
    with caplog.at_level(logging.INFO):
        read(sex("DETECT_THRESH 3\n"))
    assert "leaves out DETECT_TYPE, DETECT_MINAREA, THRESH_TYPE, ANALYSIS_THRESH" in caplog.text
    assert "DETECT_THRESH," not in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DETECT_MINAREA 7\nDETECT_MINAREA 9\n", "line 1: DETECT_MINAREA 7 is passed over: line 2"),
        ("DETECT_MINAREA 9 pixels\n", "line 1: DETECT_MINAREA pixels is passed over: only 9"),
    ],
)
def test_a_value_that_the_program_passes_over_is_said(sex, caplog, text: str, said: str) -> None:
    assert read(sex(text)).detect_minarea == 9
    assert said in caplog.text


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"\xef\xbb\xbfDETECT_MINAREA 7\n", 7),
        (b"DETECT_MINAREA 7\r\nDETECT_THRESH 3\r\n", 7),
        ("# Brüssel\nDETECT_MINAREA 7".encode("latin-1"), 7),
        (b"DETECT_MINAREA\t\t7.0;\n", 7),
        (b'"DETECT_MINAREA" "7"\n', 7),
        (b"DETECT_MINAREA $SKYSEG_AREA\n", 11),
        (b"DETECT_MINAREA ${SKYSEG_AREA}\n", 11),
    ],
)
def test_the_grammar_is_that_of_the_program(sex, monkeypatch, content: bytes, value: int) -> None:
    monkeypatch.setenv("SKYSEG_AREA", "11")
    assert read(sex(content)).detect_minarea == value


def test_files_are_looked_up_in_the_working_folder_and_then_beside(sex, tmp_path, monkeypatch):
    beside = sex("PARAMETERS_NAME own.param\nFLAG_IMAGE flags.fits\n")
    found = read_sex_file(beside)
    assert (found.columns, found.parameters.flag_image) == (None, "flags.fits")
    for folder in (tmp_path, tmp_path / "work"):
        folder.mkdir(exist_ok=True)
        (folder / "own.param").write_text("NUMBER\n")
        (folder / "flags.fits").write_text("")
        if folder != tmp_path:
            monkeypatch.chdir(folder)
        found = read_sex_file(beside)
        assert found.columns == folder / "own.param"
        assert found.parameters.flag_image == str(folder / "flags.fits")


def test_a_list_of_columns_that_is_nowhere_is_said(sex, caplog) -> None:
    path = sex("\nPARAMETERS_NAME nix.param\n")
    assert read_sex_file(path).columns is None
    assert f"{path} line 2: PARAMETERS_NAME nix.param is not there: the columns are" in caplog.text
    caplog.clear()
    read(sex("PARAMETERS_NAME default.param\n"))
    assert not caplog.records


def test_a_flag_map_may_be_named_with_its_hdu(sex, tmp_path) -> None:
    (tmp_path / "flags.fits").write_text("")
    found = read(sex("FLAG_IMAGE flags.fits[DQ]\n")).flag_image
    assert found == f"{tmp_path / 'flags.fits'}[DQ]"


def test_a_kernel_is_that_of_the_file_before_ours_of_its_name(sex, tmp_path, monkeypatch) -> None:
    named = sex("FILTER_NAME sub/default.conv\n")
    assert read(named).filter_name == "default"
    for folder, weight in ((tmp_path, 2.0), (tmp_path / "work", 3.0)):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub/default.conv").write_text(f"CONV NORM\n0 1 0\n1 {weight} 1\n0 1 0\n")
        if folder != tmp_path:
            monkeypatch.chdir(folder)
        kernel = read(named).filter_name
        assert isinstance(kernel, Kernel)
        assert (kernel.name, kernel.weights[1][1]) == ("default", weight)
    # a file with the weights of ours is ours
    (folder / "sub/default.conv").write_text("CONV NORM\n1 2 1\n2 4 2\n1 2 1\n")
    assert read(named).filter_name == "default"


def test_no_kernel_is_looked_for_where_there_is_no_filter(sex) -> None:
    assert read(sex("FILTER N\nFILTER_NAME nowhere.conv\n")).filter_name == "default"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("DETECT_TRESH 3", "DETECT_TRESH is no setting of SExtractor; use DETECT_THRESH"),
        ("7, 9", "7 is no setting of SExtractor; correct its spelling, or leave it out"),
        ("BACKPHOTO_THICK 24.7", "BACKPHOTO_THICK is 24.7; it must be a whole number"),
        ("WEIGHT_TYPE MAP_X", "it must be one of NONE, BACKGROUND, MAP_RMS, MAP_VAR, MAP_WEIGHT\n"),
        ("MAG_ZEROPOINT 500", "it must be a finite number of at least -100 and at most 100\n"),
        ("DETECT_THRESH", "DETECT_THRESH is empty; it must be a number above 0"),
        ("DETECT_THRESH 1.5,24.0,3", "DETECT_THRESH is 1.5, 24.0, 3; it must be a number above 0"),
        ("DETECT_THRESH high", "DETECT_THRESH is high; it must be a number"),
        ("DETECT_THRESH nan", "DETECT_THRESH is nan; it must be a number"),
        ("DETECT_THRESH 1_0", "DETECT_THRESH is 1_0; it must be a number"),
        ("DETECT_THRESH -2", "it must be a number above 0"),
        ("DETECT_MINAREA 2.5", "it must be a whole number"),
        ("DETECT_MINAREA 1e2", "it must be a whole number"),
        ("DETECT_TYPE PHOTO", "it must be one of CCD"),
        ("CLEAN maybe", "CLEAN is maybe; it must be Y or N"),
        ("FILTER_NAME tophat_3.1_3x3.conv", "there is no such file or kernel; it must be one"),
        ("BACK_SIZE 64,32", "it must be one whole number, or the same for both axes"),
        ("PHOT_AUTOPARAMS 2.5", "it must be two numbers"),
        ("WEIGHT_TYPE NONE,MAP_X", "WEIGHT_TYPE is MAP_X; it must be one of NONE, BACKGROUND"),
        ("RESCALE_WEIGHTS Y,N,N", "Y, N, N: sources are found in one image and measured in one"),
        ("INTERP_MAXXLAG 16,4", "INTERP_MAXXLAG is 4, and only 16 is possible"),
        ("FLAG_IMAGE a.fits,b.fits", "one flag map is read"),
        ("DETECT_MAXAREA 500", "is 500, and only 0 is possible: sources of any size are kept"),
        ("FILTER_THRESH 0.1", "and only empty is possible: there are no retina filters"),
        ("INTERP_TYPE VAR_ONLY", "and only ALL is possible"),
        ("INTERP_MAXXLAG 4", "and only 16 is possible"),
        ("DETECT_MINAREA $SKYSEG_NOWHERE", "names the environment variable 'SKYSEG_NOWHERE'"),
    ],
)
def test_a_wrong_line_is_refused_with_file_line_and_key(sex, line: str, complaint: str) -> None:
    path = sex(f"# a comment\nCLEAN_PARAM 1.0\n{line}\n")
    with pytest.raises(ParameterError) as caught:
        read(path)
    where = f"{path}: line 3:" if "$" in line else f"{path} line 3:"
    assert str(caught.value).startswith(f"{where} {line.replace(',', ' ').split()[0]}")
    assert complaint in f"{caught.value}\n"


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=rf"{tmp_path} cannot be read \(Is a directory\)"):
        read(tmp_path)


sizes = st.integers(1, 500)
numbers = st.floats(0.1, 1e4).map(lambda value: float(f"{value:.6g}"))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.builds(
        Parameters,
        detect_minarea=sizes,
        detect_thresh=numbers,
        filter=st.booleans(),
        filter_name=st.sampled_from(get_args(KernelName)),
        deblend_mincont=st.floats(0, 1).map(lambda value: float(f"{value:.6g}")),
        phot_apertures=st.lists(numbers, min_size=1, max_size=40).map(tuple),
        phot_autoparams=st.tuples(numbers, numbers),
        pixel_scale=st.just(0.03),
        back_type=st.sampled_from(["MANUAL", "AUTO"]),
        back_size=st.integers(4, 500),
    )
)
def test_what_is_written_for_sextractor_is_read_back(sex, values: Parameters) -> None:
    lines = (f"{key} {value}" for key, value in values.to_sextractor().items())
    assert read(sex("\n".join(lines))) == values


KEYS = st.sampled_from([*Parameters(phot_apertures=1.0).to_sextractor(), "ASSOC_NAME", "X"])
GARBAGE = st.lists(st.tuples(KEYS, st.text(max_size=12)).map(" ".join)).map("\n".join)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | GARBAGE)
@example(text="FILTER_NAME \0")
@example(text="DETECT_MINAREA " + "9" * 5000)
@example(text="DETECT_THRESH 1e999")
@example(text="DETECT_MINAREA $")
@example(text="FLAG_IMAGE \0")
@example(text="PARAMETERS_NAME " + "x" * 5000)
@example(text="PARAMETERS_NAME")
@example(text="INTERP_MAXXLAG")
@example(text="FILTER_NAME /")
def test_any_text_is_read_or_refused(sex, text: str) -> None:
    path = sex(text.encode("utf-8", "surrogatepass"))
    try:
        read(path)
    except ParameterError as error:
        assert str(error).startswith(str(path))


def test_no_program_is_asked_twice_for_its_defaults(monkeypatch) -> None:
    program_defaults()
    monkeypatch.setattr(subprocess, "run", None)
    assert program_defaults()[1]["DETECT_MINAREA"].tokens == ("5",)


def test_a_hash_begins_a_comment_where_no_name_has_it_in_the_middle() -> None:
    found = parse_settings(
        "FILTER_NAME a#b.conv #c\nDETECT_MINAREA 5#pix\nCLEAN Y,#x\nFILTER_NAME #a\n"
    )
    assert [each.tokens for each in found] == [("a#b.conv",), ("5",), ("Y",), ()]


def test_settings_are_taken_apart_line_by_line() -> None:
    found = parse_settings("A 1\n# B 2\n\n  c=3,4;5 # 6\nD")
    assert [(each.line, each.key, each.tokens) for each in found] == [
        (1, "A", ("1",)),
        (4, "C", ("3", "4", "5")),
        (5, "D", ()),
    ]
