"""Messages name what the panel shows."""

from __future__ import annotations

from skyseg.errors import Advice, ParameterError
from skyseg.panel.wording import worded


def test_a_hint_names_the_box() -> None:
    advice = Advice("a.fits is stale", "ask for another or make it again with {overwrite}")
    assert worded(advice) == "a.fits is stale; ask for another or make it again with Overwrite"


def test_an_argument_goes_by_its_label_and_a_parameter_by_its_name() -> None:
    assert worded(ParameterError("is 'rms'", argument="err_type")) == "Err type is 'rms'"
    assert worded(ParameterError("is -1", argument="detect_thresh")) == "detect_thresh is -1"
