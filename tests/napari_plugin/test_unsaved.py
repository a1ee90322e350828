"""Painted labels that are in no file, and a window that is closed with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QFileDialog, QMessageBox

from skyseg.errors import ProductError
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.closing import ClosingGuard
from skyseg.napari_plugin.files.writer import write_labels
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.edited_layers import get_desk, list_unsaved_edits
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.layers.opened_layers import keep_arranged
from skyseg.napari_plugin.layers.unsaved import list_unsaved, watch_painting
from skyseg.panel.session import Session

SEG = "UDS-B F444W SEG rms_err"
Answer = Callable[..., list[str]]


def edit(model: ViewerModel, box: tuple[int, int, int, int]) -> Labels:
    model.layers.selection.active = model.layers[SEG]
    info = get_info(model.layers[SEG])
    assert info is not None
    go_to_box(model, info, box)
    return add_edit_layer(model)


def save(layer: Labels, path: Path) -> None:
    data, meta, _ = layer.as_layer_data_tuple()
    write_labels(str(path), data, meta)


def test_what_is_painted_is_unsaved_until_its_map_is_written(
    model: ViewerModel, tmp_path: Path
) -> None:
    watch_painting(model)
    first, second = edit(model, (100, 120, 100, 120)), edit(model, (300, 320, 450, 470))
    assert list_unsaved(model) == []
    first.paint((5, 5), 7)
    second.paint((5, 5), 7)
    assert list_unsaved(model) == [second]
    (tmp_path / "mine.fits").write_text("mine")
    with pytest.raises(ProductError):
        save(first, tmp_path / "mine.fits")
    assert list_unsaved(model) == [second]
    save(first, tmp_path / "edited.fits")
    assert list_unsaved(model) == []
    second.fill((9, 9), 8)
    assert list_unsaved(model) == [second]
    model.layers.remove(second)
    assert list_unsaved(model) == []


def test_labels_of_no_map_of_ours_are_watched_too(model: ViewerModel, tmp_path: Path) -> None:
    watch_painting(model)
    layer = model.add_labels(np.zeros((9, 9), np.int32), name="mine")
    layer.fill((1, 1), 3)
    assert list_unsaved(model) == [layer]
    save(layer, tmp_path / "mine.fits")
    assert list_unsaved(model) == []


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Answer:
    """Let a person answer each question in one way; return what was asked."""

    def choose(button: QMessageBox.StandardButton, path: str = "") -> list[str]:
        asked: list[str] = []

        def question(parent: Any, title: str, text: str, *args: Any) -> Any:
            asked.append(text)
            return button

        monkeypatch.setattr(QMessageBox, "question", question)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (path, ""))
        return asked

    return choose


def test_a_window_with_painted_labels_asks_before_it_is_closed(
    window: Any, answer: Answer, tmp_path: Path
) -> None:
    layer = window.add_labels(np.zeros((9, 9), np.int32), name="mine")
    main = window.window._qt_window
    layer.paint((4, 4), 2)
    asked = answer(QMessageBox.StandardButton.Cancel)
    main.close()
    assert main.isVisible()
    assert "painted on mine is in no file" in asked[0]
    answer(QMessageBox.StandardButton.Save)
    main.close()
    assert main.isVisible()
    guard = main.findChild(ClosingGuard)
    answer(QMessageBox.StandardButton.Discard)
    assert not guard.eventFilter(main, QCloseEvent())
    asked = answer(QMessageBox.StandardButton.Save, str(tmp_path / "mine.fits"))
    assert not guard.eventFilter(main, QCloseEvent())
    assert (tmp_path / "mine.fits").is_file()
    assert not guard.eventFilter(main, QCloseEvent())
    assert len(asked) == 1


def test_a_program_that_closes_its_viewer_is_not_asked(window: Any, answer: Answer) -> None:
    asked = answer(QMessageBox.StandardButton.Cancel)
    window.add_labels(np.zeros((9, 9), np.int32)).paint((4, 4), 2)
    window.close()
    assert asked == []


def test_a_layer_that_is_removed_and_comes_back_keeps_its_edits() -> None:
    model, labels = ViewerModel(), np.zeros((60, 60), np.int32)
    labels[5:15, 5:15], labels[30:40, 30:40] = 1, 2
    keep_arranged(model)
    layer = model.add_labels(labels, name="mine")
    desk = get_desk(model, Session())
    desk.work_on(find_current_seg(model))
    assert desk.current is not None
    desk.current.edit.delete([1])
    model.layers.remove(layer)
    desk.work_on(find_current_seg(model))
    assert list_unsaved_edits(model) == []
    model.layers.append(layer)
    (edit,) = list_unsaved_edits(model)
    assert "1 edit of mine is in no file" in edit.unsaved
    desk.work_on(find_current_seg(model))
    assert desk.current.edit is edit
    edit.undo()
    assert (layer.data == 1).any()
