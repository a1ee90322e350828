"""What people look at first is there before what is read beside it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import skyseg
from skyseg.notebook import _source_drawer
from skyseg.notebook.canvas import BandCanvas


def test_the_table_is_read_when_a_browser_has_been_sent_the_first_tiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_source_drawer, "_PATIENCE", threading.TIMEOUT_MAX)
    read, waits = threading.Event(), threading.Event()
    steps: list[str] = []

    def note(_: Any) -> None:
        steps.append("table")
        read.set()

    wait = BandCanvas.wait_to_be_seen

    def note_waiting(canvas: Any, at_most: float) -> None:
        waits.set()
        wait(canvas, at_most)

    monkeypatch.setattr(_source_drawer, "read_catalogue", note)
    monkeypatch.setattr(BandCanvas, "wait_to_be_seen", note_waiting)
    labels = np.zeros((300, 200), np.int32)
    labels[9:20, 5:30] = 1
    viewer = skyseg.view(labels.astype(np.float32), labels)
    assert waits.wait(60)
    steps.append("tiles")
    viewer.active._answer(None, {"kind": "tiles", "tiles": []}, None)
    assert read.wait(60)
    assert steps == ["tiles", "table"]


def test_without_a_browser_the_table_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source_drawer, "_PATIENCE", 0.01)
    read = threading.Event()
    monkeypatch.setattr(_source_drawer, "read_catalogue", lambda _: read.set())
    skyseg.view(np.ones((30, 20), np.float32), np.ones((30, 20), np.int32))
    assert read.wait(60)
