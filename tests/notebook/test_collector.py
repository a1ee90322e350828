"""The collector of garbage while a viewer is opened, and after."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import skyseg
from skyseg.notebook import _opening
from skyseg.notebook.canvas import BandCanvas


def test_no_garbage_is_looked_for_while_a_viewer_is_opened_and_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, bool]] = []

    def watch(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            seen.append((name, gc.isenabled()))
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    watch(_opening, "open_viewer")
    watch(BandCanvas, "keep_picture")
    viewer = skyseg.view(np.zeros((60, 70), np.float32))
    assert gc.isenabled()
    viewer._repr_mimebundle_()
    assert gc.isenabled()
    assert seen == [("open_viewer", False), ("keep_picture", False)]


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        skyseg.view(np.zeros((60, 70), np.float32))
        assert not gc.isenabled()
    finally:
        gc.enable()
