"""The collector of garbage while a viewer is opened, and after."""

from __future__ import annotations

import gc

import numpy as np

import skyseg


def test_no_garbage_is_looked_for_while_a_viewer_is_opened_and_shown() -> None:
    labels = np.zeros((600, 700), np.int32)
    labels[10:14, 20:25] = 3
    runs: list[int] = []
    gc.callbacks.append(lambda phase, about: runs.append(about["generation"]))
    try:
        viewer = skyseg.view(np.zeros((600, 700), np.float32), labels)
        assert gc.isenabled()
        runs.clear()
        viewer._repr_mimebundle_()
        assert 2 not in runs
        assert gc.isenabled()
    finally:
        gc.callbacks.pop()


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        skyseg.view(np.zeros((60, 70), np.float32))
        assert not gc.isenabled()
    finally:
        gc.enable()
