"""SExtractor's lists of columns: what is read, and what is refused and how."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyseg.engine import MEASUREMENTS
from skyseg.errors import ParameterError
from skyseg.methods.columns import AskedColumn, find_column, known_columns, measurements_of
from skyseg.methods.param_file import load_columns, read_param_file
from skyseg.settings import config


def written(folder: Path, text: str) -> Path:
    path = folder / "some.param"
    path.write_bytes(text.encode("latin-1"))
    return path


def names(folder: Path, text: str) -> list[str]:
    return [str(each) for each in read_param_file(written(folder, text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NUMBER\nFLUX_AUTO\n", ["NUMBER", "FLUX_AUTO"]),
        ("# all\n\n  NUMBER # label\n#FLUX_ISO\n\tFLUX_ISO a comment\n", ["NUMBER", "FLUX_ISO"]),
        ("NUMBER\r\nFLUX_APER(5)\r\n", ["NUMBER", "FLUX_APER(5)"]),
        ("NUMBER\nMAG_APER[2]\nFLUX_APER (3)\n", ["NUMBER", "MAG_APER(2)", "FLUX_APER(3)"]),
        ("NUMBER\nFLUX_RADIUS(3)\nFLUX_AUTO(3)", ["NUMBER", "FLUX_RADIUS(3)", "FLUX_AUTO"]),
        ("FLAGS\nNUMBER\nFLAGS\n", ["FLAGS", "NUMBER"]),
        ("\xef\xbb\xbfNUMBER\nFLAGS # \xe9\n", ["NUMBER", "FLAGS"]),
    ],
)
def test_a_column_stands_on_a_line(tmp_path: Path, text: str, found: list[str]) -> None:
    assert names(tmp_path, text) == found


def test_number_is_written_first_where_it_was_not_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "skyseg"):
        assert names(tmp_path, "FLAGS\nX_IMAGE") == ["NUMBER", "FLAGS", "X_IMAGE"]
    assert "some.param: NUMBER is written first" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NUMBER\nFLUX_AUTOO", "line 2: FLUX_AUTOO is no column of a catalogue; use FLUX_AUTO$"),
        ("flux_auto", "line 1: flux_auto is no column of a catalogue; use FLUX_AUTO$"),
        ("\n\nVIGNET(9,9)", "line 3: VIGNET is a cut-out .*; remove the line"),
        ("FLUX_PSF", "FLUX_PSF needs a model of the PSF"),
        ("MAG_MODEL", "MAG_MODEL is of a model fitted to the source"),
        ("SPREAD_MODEL", "SPREAD_MODEL is of a model fitted"),
        ("VECTOR_ASSOC(2)", "VECTOR_ASSOC needs a list of positions"),
        ("FLUX_GROWTH(9)", "FLUX_GROWTH is a growth curve"),
        ("ALPHA_B1950", "ALPHA_B1950 is in a frame"),
        ("FLUX_APER_HOT", "FLUX_APER_HOT is a column of other programs"),
        ("FLUX_APER(0)", r"FLUX_APER\(0\) has no size from 1 to 9999"),
        ("FLUX_APER(2,3)", r"FLUX_APER\(2,3\) has no size"),
        ("FLUX_APER(2", r"FLUX_APER\(2 has no size"),
        ("FLUX_APER(3) FLUX_AUTO", "names several columns; write each on a line of its own"),
        ("FLUX_AUTO,FLUX_ISO", "FLUX_AUTO,FLUX_ISO is no column"),
        ("(5)", r"'\(5\)' is no column"),
        ("# nothing\n", "some.param: asks for no column"),
    ],
)
def test_what_is_no_column_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        read_param_file(written(tmp_path, text))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.text(st.sampled_from([*"NUMBERFLX_APTO()[]129 \t\n#,\0é"]), max_size=60))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.param"
    path.write_bytes(text.encode("utf-8"))
    try:
        found = read_param_file(path)
    except ParameterError as error:
        assert str(path) in str(error)
    else:
        assert all(find_column(each.name) and each.size >= 1 for each in found)


def test_a_list_is_found_by_its_path_or_among_the_parameter_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "NUMBER\nFLAGS")
    asked = AskedColumn("NUMBER"), AskedColumn("FLAGS")
    assert load_columns(tmp_path / "some.param") == asked
    monkeypatch.setenv("SKYSEG_PARAMETERS_DIR", str(tmp_path))
    config.reload()
    assert load_columns("some.param") == asked
    assert load_columns(None) is None
    assert load_columns("default.param") is None
    (tmp_path / "default.param").write_text("NUMBER\nFLAGS")
    assert load_columns("default.param") == asked


@pytest.mark.parametrize("given", ["absent.param", "", 7, "no\0file"])
def test_a_list_that_is_not_there_is_refused(given: object) -> None:
    with pytest.raises(ParameterError, match="params_name is"):
        load_columns(given)  # type: ignore[arg-type]


def test_every_column_is_known_by_one_name_and_made_of_measurements() -> None:
    known = known_columns()
    for name, column in known.items():
        assert name == column.name
        measured = {each for each, one in known.items() if not one.made_of} | MEASUREMENTS
        assert measured.issuperset(column.made_of)
    assert measurements_of([AskedColumn("MAG_BEST")]) == {"NUMBER", "FLUX_BEST"}
