"""What a method of another package gives back: taken, or refused by the method's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import QTable

from skyseg import methods
from skyseg.engine.parameters import Parameters
from skyseg.errors import ImageError, MethodError
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome, Request

SHAPE = (40, 50)
IMAGE = np.zeros(SHAPE, np.float32)
REQUEST = Request(
    sci=IMAGE, err=IMAGE + 1, err_type="rms_err", parameters=Parameters(), aper_diams=(0.3, 0.5),
    pix_scale=0.04, zero_point=28.9, sky=None, name="F444W",
)  # fmt: skip
Give = Callable[[Any], None]


def cat_of(numbers: Any = (1, 2)) -> QTable:
    places = np.linspace(1, 30, len(numbers))
    measured = {"NUMBER": np.array(numbers), "X_IMAGE": places, "Y_IMAGE": places}
    return catalogue.build(measured, REQUEST)


def good() -> Outcome:
    seg = np.zeros(SHAPE, np.int32)
    seg[3:6, 3:6], seg[20:30, 20:30] = 1, 2
    return Outcome(seg=seg, bkg=IMAGE, cat=cat_of(), version="theirs 1")


def without(name: str) -> QTable:
    cat = cat_of()
    cat.remove_column(name)
    return cat


def masked() -> QTable:
    cat = cat_of()
    cat["X_IMAGE"] = np.ma.masked_less(np.array([1.0, 20.0]), 5)
    return cat


def with_column(name: str, values: Any) -> QTable:
    cat = cat_of()
    cat[name] = values
    return cat


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Give:
    """Have the method ``theirs`` give something back, or raise it."""

    def set_up(result: Any) -> None:
        class Theirs:
            def version(self) -> str:
                return "theirs 1"

            def run(self, request: Request) -> Any:
                if isinstance(result, Exception):
                    raise result
                return result

        monkeypatch.setattr(methods, "get", lambda _: Theirs())

    return set_up


def test_what_fits_is_handed_on_as_it_is(give: Give) -> None:
    outcome = good()
    give(outcome)
    found = methods.run("theirs", REQUEST)
    assert all(getattr(found, name) is getattr(outcome, name) for name in ("seg", "bkg", "cat"))
    assert found.facts.items() >= outcome.facts.items()
    assert found.caveats[-len(outcome.caveats) :] == outcome.caveats


def test_a_background_that_a_method_does_not_model_is_nan_and_is_said_so(give: Give) -> None:
    give(replace(good(), bkg=None, caveats=("no filter",)))
    found = methods.run("theirs", REQUEST)
    assert found.bkg.shape == SHAPE
    assert np.isnan(found.bkg).all()
    assert found.caveats == ("no filter", "no background model: BKG is NaN")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seg": np.zeros((40, 49), np.int32)}, r"gave as seg an array .* shape \(40, 49\)"),
        ({"seg": good().seg.astype(np.int64)}, "gave as seg an array of int64 .* of int32 and"),
        ({"seg": good().seg.astype(">i4")}, "gave as seg an array of >i4"),
        ({"seg": good().seg.tolist()}, "gave as seg list"),
        ({"seg": None}, "gave no labels"),
        ({"seg": good().seg * 7}, r"gave 2 labels that are no NUMBER .*\(7, 14\)"),
        ({"seg": -good().seg}, r"gave 2 labels that are no NUMBER .*\(-2, -1\)"),
        ({"bkg": np.zeros(SHAPE)}, "gave as bkg an array of float64"),
        ({"bkg": np.zeros(3, np.float32)}, r"gave as bkg .* shape \(3,\)"),
        ({"cat": {"NUMBER": [1, 2]}}, "gave as cat a dict"),
        ({"cat": without("NUMBER")}, "a catalogue without NUMBER"),
        ({"cat": without("X_IMAGE")}, "a catalogue without X_IMAGE; .*catalogue.build"),
        ({"cat": cat_of()["NUMBER", "FLAGS"]}, "without X_IMAGE, Y_IMAGE, "),
        ({"cat": masked()}, "masked values"),
        ({"cat": with_column("MAG_APER", [1, 2] * u.mag)}, r"MAG_APER has shape \(2,\); give"),
        ({"cat": with_column("NUMBER", [2, 1])}, "NUMBER is not whole, above zero and ascending"),
        ({"cat": with_column("NUMBER", [1, 1])}, "NUMBER is not whole, above zero and ascending"),
        ({"cat": with_column("NUMBER", [0, 1])}, "NUMBER is not whole, above zero and ascending"),
        ({"cat": with_column("NUMBER", [1.0, 2.0])}, "NUMBER is not whole"),
        ({"version": None}, "gave the version None"),
        ({"facts": {"größe": 1}}, "gave the fact 'größe'; name it by letters"),
        ({"caveats": "no filter"}, "gave the caveats 'no filter'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_the_name_of_the_method(
    give: Give, changes: dict[str, Any], said: str
) -> None:
    give(replace(good(), **changes))
    with pytest.raises(MethodError, match=said) as caught:
        methods.run("theirs", REQUEST)
    assert str(caught.value).startswith("F444W: the method 'theirs' gave ")
    assert caught.value.hint


def test_what_is_no_outcome_is_refused(give: Give) -> None:
    give(None)
    with pytest.raises(MethodError, match="the method 'theirs' gave back a NoneType"):
        methods.run("theirs", REQUEST)


def test_an_exception_of_another_packages_method_is_its_own_fault(give: Give) -> None:
    give(KeyError("flux"))
    with pytest.raises(
        MethodError, match=r"F444W: the method 'theirs' failed \(KeyError: 'flux'\)"
    ):
        methods.run("theirs", REQUEST)
    give(ImageError("no good pixel"))
    with pytest.raises(ImageError, match="no good pixel"):
        methods.run("theirs", REQUEST)
