"""Why? in the notebook viewer, without a browser."""

from __future__ import annotations

import numpy as np

from skyseg import Data, view


def test_a_click_tells_why_as_text_and_as_a_tree(bands: Data) -> None:
    band = bands["F444W"]
    viewer = band.view()
    why = viewer.why_view
    viewer.active.pick(630.5, 278.5)
    assert why.answers.answer is None
    why.button.value = True
    why.wait()
    assert f"in source {viewer.selected}" in why.text.value  # the one that is selected
    viewer.active.pick(597.2, 26.7)
    why.wait()
    assert "Pixel (598, 27), counted from 1 as X_IMAGE and DS9, of UDS-B v1" in why.text.value
    assert bytes(why.picture.value).startswith(b"\x89PNG")
    viewer.active.pick(5.5, 5.5)
    why.wait()
    assert "background, not above the threshold" in why.text.value
    assert why.picture.layout.display == "none"
    why.button.value = False
    assert "Pixel" not in why.text.value


def test_labels_that_are_given_are_of_no_run() -> None:
    viewer = view(np.zeros((30, 30), np.float32), np.ones((30, 30), int))
    viewer.why_view.button.value = True
    viewer.active.pick(5.5, 5.5)
    assert "this map is of no run" in viewer.why_view.text.value
