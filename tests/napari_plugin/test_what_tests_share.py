"""No test of the plugin waits for a person, leaves a key held, or misses a plugin."""

from __future__ import annotations

import pytest
from npe2 import PluginManifest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMessageBox, QWidget

from .conftest import release_keys


def test_a_key_that_a_test_held_is_let_go(qtbot: QtBot) -> None:
    QTest.keyClick(QWidget(), Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    release_keys()
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier


def test_a_question_that_nobody_answers_is_refused(qtbot: QtBot, open_questions: list[str]) -> None:
    QMessageBox.question(None, "Labels are not saved", "Save them?")
    assert "Save them?" in open_questions.pop()


@pytest.mark.usefixtures("plugins_found_once")
def test_every_window_finds_the_plugins_that_are_installed() -> None:
    for _ in range(2):
        found = {each.manifest.name for each in PluginManifest.discover() if each.manifest}
        assert {"napari", "skyseg"} <= found
