"""Why?: the answers that both viewers show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from skyseg import BandData, Data
from skyseg.assessment import Why
from skyseg.assessment.why_text import tell
from skyseg.errors import SkysegError
from skyseg.panel.why_answers import WhyAnswers, draw_thresholds

Task = tuple[Callable[[], Why], Callable[[Why], None], Callable[[Exception], None]]


def at_once(work: Callable[[], Why], then: Callable[[Why], None], failed: Any) -> None:
    try:
        then(work())
    except SkysegError as error:
        failed(error)


@pytest.fixture
def band(bands: Data) -> BandData:
    return bands["F444W"]


def test_a_pixel_and_a_source_are_answered_while_it_is_asked_for(band: BandData) -> None:
    answers = WhyAnswers(at_once)
    answers.ask(band, 630, 278)
    assert answers.answer is None
    answers.toggle(True)
    assert answers.said == "click on a pixel"
    answers.ask(band, 630, 278)
    assert answers.said == tell(band.why(630, 278), 1)
    answers.ask_source(band, 3)
    assert answers.answer is not None
    assert answers.answer.label == 3
    answers.ask(band, 5000, 278)
    assert answers.said.startswith("pixel (5001, 279), counted from 1, is outside the map of ")
    assert answers.said.endswith("; click inside it")
    assert answers.answer is None
    answers.ask(None, 5, 5)
    assert "this map is of no run" in answers.said
    answers.toggle(False)
    assert answers.said == ""


def test_places_are_told_as_the_readout_counts_them(band: BandData) -> None:
    answers = WhyAnswers(at_once)
    answers.toggle(True)
    answers.ask(band, 630, 278)
    why = answers.answer
    assert why is not None
    assert why.tree is not None
    assert (why.x, why.y) == (630, 278)
    assert answers.said.startswith("Pixel (631, 279), counted from 1 as X_IMAGE and DS9, of ")
    told = re.findall(r"peak .* at \((\d+), (\d+)\)", answers.said.split("Thresholds of")[1])
    assert told
    assert {(int(x), int(y)) for x, y in told} <= {(b.x + 1, b.y + 1) for b in why.tree.branches}


def test_the_last_that_was_asked_is_what_is_told(band: BandData) -> None:
    tasks: list[Task] = []
    answers = WhyAnswers(lambda *task: tasks.append(task))
    answers.toggle(True)
    answers.ask(band, 630, 278)
    answers.ask(band, 5, 5)
    for work, then, _ in reversed(tasks):
        then(work())
    assert answers.said.startswith("Pixel (6, 6)")


def test_what_is_told_of_a_click_is_not_overwritten_by_those_before_it(band: BandData) -> None:
    tasks: list[Task] = []
    answers = WhyAnswers(lambda *task: tasks.append(task))
    answers.toggle(True)
    answers.ask(band, 630, 278)
    answers.ask(None, 5, 5)
    work, then, failed = tasks.pop()
    then(work())
    failed(SkysegError("too late", hint=""))
    assert "this map is of no run" in answers.said
    answers.ask(band, 630, 278)
    answers.ask(band, 5, 5)
    (*_, failed), (work, then, _) = tasks
    then(work())
    failed(SkysegError("too late", hint=""))
    assert answers.said.startswith("Pixel (6, 6)")
    answers.ask(band, 630, 278)
    answers.toggle(False)
    tasks[-1][2](SkysegError("too late", hint=""))
    assert answers.said == ""


def test_the_thresholds_are_drawn_where_they_part(band: BandData) -> None:
    drawn = draw_thresholds(band.why(630, 278), "#ff0000")
    assert drawn is not None
    assert drawn.shape[2] == 4
    assert (drawn[..., :3].reshape(-1, 3) == (255, 0, 0)).all(axis=1).any()
    assert draw_thresholds(band.why(5, 5)) is None
    assert draw_thresholds(None) is None
