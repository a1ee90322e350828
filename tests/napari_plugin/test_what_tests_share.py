"""No test of the plugin waits for a person, and none leaves a key held for the next one."""

from __future__ import annotations

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
