"""Messages name what the panel shows."""

from __future__ import annotations

from skyseg.errors import PYTHON_WORDS, Advice, ImageError, ParameterError
from skyseg.panel.wording import PANEL, worded


def test_a_hint_names_the_box() -> None:
    advice = Advice("a.fits is stale", "ask for another or make it again with {overwrite}")
    assert worded(advice) == "a.fits is stale; ask for another or make it again with Overwrite"


def test_an_argument_goes_by_its_label_and_a_parameter_by_its_name() -> None:
    assert worded(ParameterError("is 'rms'", argument="err_type")) == "Err type is 'rms'"
    assert worded(ParameterError("is -1", argument="detect_thresh")) == "detect_thresh is -1"


def test_what_happened_comes_before_the_folders_of_the_files() -> None:
    error = ImageError(
        "has another shape", where="/data/deep/a.fits", hint="give /data/deep/b.fits"
    )
    assert worded(error) == "a.fits: has another shape; give b.fits (in /data/deep)"
    two = Advice("/data/a.fits and /out/b.fits[SCI] differ")
    assert worded(two) == "a.fits and b.fits[SCI] differ (in /data, /out)"
    for plain in (
        "/my data/a.fits is cut",
        "https://stsci.edu/x/a.fits is cut",
        "a/b.fits is cut",
        "put it in /data/sets",
    ):
        assert worded(Advice(plain)) == plain


def test_whatever_a_hint_may_name_has_words_of_the_panel() -> None:
    assert PYTHON_WORDS.keys() <= PANEL.words.keys()
    told = worded(Advice("the zero point is unknown", "give {zero_point}, {err} or {pix_scale}"))
    assert "=" not in told
