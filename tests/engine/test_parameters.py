"""The extraction parameters: what they take, what they refuse, and in which words."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.lists(st.floats() | st.integers()), st.dictionaries(st.text(), st.integers()),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("detect_tresh", "use detect_thresh"),
        ("DETECT_THRESH", "use detect_thresh"),
        ("detectminarea", "use detect_minarea"),
        ("Back_Size", "use back_size"),
        ("thing", "correct its spelling, or leave it out"),
    ],
)
def test_a_name_that_is_none_is_refused_with_the_nearest(name: str, hint: str) -> None:
    for make in (lambda: Parameters(**{name: 2}), lambda: Parameters().replace(**{name: 2})):
        with pytest.raises(ParameterError, match=f"{name} is not an extraction") as caught:
            make()
        assert caught.value.argument == name
        assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ({"detect_thresh": True}, "a number above 0, or a surface brightness"),
        ({"detect_thresh": "1.8"}, "a number above 0, or a surface brightness"),
        ({"detect_thresh": np.nan}, "a number above 0, or a surface brightness"),
        ({"detect_minarea": 2.5}, "a whole number of at least 1 and at most 1000000"),
        ({"backphoto_thick": 24.7}, "a whole number of at least 1 and at most 10000"),
        ({"detect_minarea": 2**31}, "a whole number of at least 1 and at most 1000000"),
        ({"back_size": 2**63}, "a whole number of at least 4"),
        ({"back_value": -1e300}, "a finite number of at least -1e+15 and at most 1e+15"),
        ({"phot_autoapers": (1e19, 1e19)}, "two numbers of at least 0 and at most 100000"),
        ({"phot_autoparams": (2.5,)}, "two numbers"),
        ({"phot_autoparams": "25"}, "two numbers"),
        ({"filter": 1}, "True or False"),
        ({"mask_type": "none"}, "one of NONE, BLANK, CORRECT"),
        ({"mask_type": ["NONE"]}, "one of NONE, BLANK, CORRECT"),
        ({"filter_name": "gauss"}, "one of gauss_1.5_3x3, "),
        ({"satur_key": "TOO LONG"}, "the name of a header card"),
        ({"gain": None}, "a finite number of at least 0"),
        ({"phot_apertures": ()}, "one or more numbers above 0 and at most 1000000, or None"),
        ({"phot_apertures": (1, 0)}, "one or more numbers above 0 and at most 1000000, or None"),
        ({"detect_thresh": (24, 101)}, "a number above 0, or a surface brightness"),
        ({"detect_thresh": 0}, "a number above 0, or a surface brightness"),
        ({"clean_psf": 3}, "the name of a file, or None"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(values: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Parameters(**values)
    (name,) = values
    assert caught.value.argument == name
    assert caught.value.what == f"is {values[name]!r}"
    assert caught.value.hint.startswith(f"it must be {allowed}")


@given(name=st.sampled_from(Parameters.names()), value=ANYTHING)
@example(name="seeing_fwhm", value=2**53 + 1)
@example(name="phot_apertures", value=[4, 2**53 + 1])
def test_any_value_is_taken_or_refused_by_an_error_of_ours(name: str, value: Any) -> None:
    try:
        found = getattr(Parameters(**{name: value}), name)
    except ParameterError:
        return
    given = tuple(value) if isinstance(value, list) else value
    if isinstance(found, tuple) != isinstance(given, tuple):
        found, given = np.atleast_1d(found).tolist(), np.atleast_1d(given).tolist()
    assert found == given


def test_numbers_of_numpy_lists_and_whole_floats_are_taken() -> None:
    found = Parameters(
        detect_thresh=np.float32(2.5),
        detect_minarea=np.int16(4),
        back_size=32.0,
        clean=np.bool_(False),
        gain=2,
        phot_autoapers=[np.float64(3), 4],
    )
    plain = Parameters(
        detect_thresh=2.5,
        detect_minarea=4,
        back_size=32,
        clean=False,
        gain=2.0,
        phot_autoapers=(3.0, 4.0),
    )
    assert found == plain
    assert repr(found) == repr(plain)
    assert hash(found) == hash(plain)


def test_parameters_cannot_be_changed_and_survive_copies() -> None:
    values = Parameters(detect_thresh=3)
    with pytest.raises(ParameterError, match="detect_thresh cannot be changed"):
        values.detect_thresh = 2
    assert pickle.loads(pickle.dumps(values)) == copy.deepcopy(values) == values
    assert values.replace(detect_thresh=1.8) == Parameters() != values


def test_every_parameter_is_described_and_its_default_allowed() -> None:
    for name in Parameters.names():
        described = Parameters.describe(name)
        assert described.about
        if described.default is None:
            assert described.optional
        elif name not in ("detect_thresh", "analysis_thresh"):
            assert isinstance(described.default, described.kind)
        assert getattr(Parameters(**{name: described.default}), name) == described.default
        for limit in (described.low, described.high):
            if limit is not None and described.kind is not tuple and not described.above:
                assert getattr(Parameters(**{name: limit}), name) == limit


def test_a_value_cannot_be_removed_and_an_unknown_one_is_not_described() -> None:
    with pytest.raises(ParameterError, match="gain cannot be removed"):
        del Parameters().gain
    with pytest.raises(ParameterError, match=r"^gian is not .*; use gain$"):
        Parameters.describe("gian")


def test_models_of_pydantic_hold_parameters_and_check_them() -> None:
    class State(BaseModel):
        parameters: Parameters = Parameters()

    own = Kernel("edge", ((-1.0, 2.0, 1.0),))
    for values in (Parameters(), Parameters(detect_thresh=(24, 25), filter_name=own)):
        state = State(parameters=values)
        assert State.model_validate_json(state.model_dump_json()) == state
        assert state.model_dump()["parameters"]["gain"] == 0.0
    with pytest.raises(ParameterError, match="detect_minarea is -5"):
        State.model_validate({"parameters": {"detect_minarea": -5}})
    with pytest.raises(ValidationError, match="is no table of parameters"):
        State.model_validate({"parameters": 3})


def test_parameters_are_shown_by_what_is_not_the_default() -> None:
    assert repr(Parameters()) == "Parameters()"
    shown = repr(Parameters(detect_thresh=3.0, clean=False))
    assert shown == "Parameters(detect_thresh=3.0, clean=False)"
    assert Parameters(clean=False, gain=0).changed() == {"clean": False}


@pytest.mark.parametrize("unnamed", [("crowded",), (1.5, 9)])
def test_values_without_a_name_are_refused(unnamed: tuple[Any, ...]) -> None:
    make: Any = Parameters
    with pytest.raises(ParameterError, match=f"{unnamed[-1]!r}: every value needs the name"):
        make(*unnamed)
