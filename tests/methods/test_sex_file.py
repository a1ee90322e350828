"""SExtractor's configuration files, read as parameters."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyseg.engine.kernels import KernelName
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods._sextractor import find_program
from skyseg.methods.sex_file import read_sex_file

SURVEY_FILE = """\
#---------------- Catalog ----------------
CATALOG_NAME    out.cat        # never read
PARAMETERS_NAME /far/away/survey.param   # file with "columns"

#---------------- Extraction --------------
DETECT_TYPE     CCD             # "CCD" or "PHOTO" (*)
FLAG_IMAGE      flag.fits
  DETECT_MINAREA\t15
DETECT_THRESH   2.5             # <sigmas> or <threshold>,<ZP>
ANALYSIS_THRESH 2.5
FILTER          y
FILTER_NAME    /far/away/gauss_2.5_5x5.conv # a path
PHOT_APERTURES  10.67, 16.67, 33.33
PHOT_AUTOPARAMS 2.5, 4.0            # with a blank
PHOT_AUTOAPERS  3.5,3.5
#BACK_SIZE       128
BACK_TYPE       MANUAL
BACK_VALUE      0.0
MEMORY_BUFSIZE  1024
WEIGHT_TYPE     MAP_RMS
"""


@pytest.fixture
def sex(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "mine.sex"
        path.write_text(text)
        return path

    return write


def test_a_survey_file_gives_its_values_and_the_rest_of_default(sex) -> None:
    expected = Parameters(detect_minarea=15, detect_thresh=2.5, analysis_thresh=2.5)
    assert read_sex_file(sex(SURVEY_FILE)) == expected


def test_what_a_file_leaves_out_is_named_in_the_log(sex, caplog) -> None:
    with caplog.at_level(logging.INFO):
        read_sex_file(sex("DETECT_THRESH 3\n"))
    assert "leaves out DETECT_TYPE, DETECT_MINAREA, ANALYSIS_THRESH" in caplog.text
    assert "DETECT_THRESH," not in caplog.text


def test_settings_beside_the_extraction_are_named_in_the_debug_log(sex, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        read_sex_file(sex(SURVEY_FILE))
    assert "line 2: CATALOG_NAME does not concern the extraction" in caplog.text
    assert "line 20: WEIGHT_TYPE" in caplog.text


def test_the_programs_own_default_file_is_read(sex) -> None:
    program = find_program()
    dump = subprocess.run([program.path, "-dd"], capture_output=True, text=True, check=True)
    found = read_sex_file(sex(dump.stdout))
    assert found.detect_minarea == 5
    assert found.detect_thresh == found.analysis_thresh == 1.5
    assert found.filter_name == "default"
    assert found.phot_autoparams == (2.5, 3.5)
    assert found.phot_autoapers == (0.0, 0.0)
    assert found.satur_level == 50000
    assert found.seeing_fwhm == 1.2
    assert found.back_type == "AUTO"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("DETECT_TRESH 3", "DETECT_TRESH is not a SExtractor setting"),
        ("DETECT_THRESH", "DETECT_THRESH is empty; it must be one value"),
        ("DETECT_THRESH 1.5,24.0", "DETECT_THRESH is 1.5, 24.0; it must be one value"),
        ("DETECT_THRESH high", "DETECT_THRESH is high; it must be a number"),
        ("DETECT_THRESH -2", "a finite number above 0"),
        ("DETECT_MINAREA 2.5", "a whole number"),
        ("DETECT_TYPE PHOTO", "it must be one of CCD"),
        ("CLEAN maybe", "CLEAN is maybe; it must be Y or N"),
        ("FILTER_NAME tophat_3.0_3x3.conv", "'tophat_3.0_3x3'; it must be one of gauss_1.5_3x3"),
        ("BACK_SIZE 64,32", "it must be two equal numbers or one"),
        ("PHOT_AUTOPARAMS 2.5", "it must be two numbers"),
        (
            "THRESH_TYPE ABSOLUTE",
            "THRESH_TYPE is ABSOLUTE, and only RELATIVE is supported; correct",
        ),
        ("DETECT_MAXAREA 500", "only 0 is supported"),
        ("WEIGHT_THRESH 0.1", "only empty is supported"),
        ("DETECT_TYPE CCD\nDETECT_TYPE CCD", "DETECT_TYPE is set on line 3 already"),
    ],
)
def test_a_wrong_line_is_refused_with_file_line_and_key(sex, line: str, complaint: str) -> None:
    path = sex(f"# a comment\nCLEAN_PARAM 1.0\n{line}\n")
    with pytest.raises(ParameterError) as caught:
        read_sex_file(path)
    number = 3 + line.count("\n")
    assert str(caught.value).startswith(f"{path} line {number}: {line.split()[0]}")
    assert complaint in str(caught.value)


def test_a_mesh_given_for_both_axes_is_one_size(sex) -> None:
    assert read_sex_file(sex("BACK_SIZE 128,128\nBACK_FILTERSIZE 5, 5\n")) == Parameters(
        back_size=128, back_filtersize=5
    )


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=rf"{tmp_path} cannot be read \(Is a directory\)"):
        read_sex_file(tmp_path)


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
        phot_autoparams=st.tuples(numbers, numbers),
        back_type=st.sampled_from(["MANUAL", "AUTO"]),
        back_size=st.integers(4, 500),
    )
)
def test_what_is_written_for_sextractor_is_read_back(sex, values: Parameters) -> None:
    lines = (f"{key} {value}" for key, value in values.to_sextractor().items())
    assert read_sex_file(sex("\n".join(lines))) == values
