"""Work in another process, followed without any window."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest

from skyseg.engine.types import Progress
from skyseg.errors import ComparisonError, ImageError
from skyseg.panel.following import JobFollower


class Listener:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.follower = JobFollower(
            on_progress=lambda part, text: self.told.append(("progress", (part, text))),
            on_note=lambda text: self.told.append(("note", text)),
            on_failed=lambda text: self.told.append(("failed", text)),
            on_cancelled=lambda: self.told.append(("cancelled", self.follower.running)),
        )

    def take(self, result: Any) -> None:
        self.told.append(("done", result))

    def poll(self, kinds: str = "done failed cancelled") -> None:
        """Poll until something of a kind is told."""
        for _ in range(6000):
            self.follower.poll()
            if self.told and self.told[-1][0] in kinds.split():
                return
            time.sleep(0.01)
        raise TimeoutError(self.told)


@pytest.fixture
def listener() -> Any:
    made = Listener()
    yield made
    made.follower.abandon()


def half(tell: Progress, value: int) -> int:
    tell(0.5, "dividing")
    return value // 2


def waiting(tell: Progress) -> None:
    tell(0.1, "waiting")
    time.sleep(600)


def counting(tell: Progress) -> Generator[int, None, int]:
    yield 1
    yield 2
    return 3


def counting_until_ended(tell: Progress) -> Generator[int, None, None]:
    yield 1
    time.sleep(600)


def failing(tell: Progress) -> None:
    raise ImageError("a.fits is there", hint="write with {overwrite}")


def test_progress_and_result_are_told_in_turn(listener: Listener) -> None:
    listener.follower.start(half, 10, on_done=listener.take)
    assert listener.follower.running
    listener.poll()
    assert listener.told == [("progress", (0.5, "dividing")), ("done", 5)]
    assert not listener.follower.running


def test_what_a_generator_yields_is_told_as_it_goes(listener: Listener) -> None:
    listener.follower.start(
        counting, on_done=listener.take, on_finished=lambda n: listener.told.append(("piece", n))
    )
    listener.poll()
    assert listener.told == [("piece", 1), ("piece", 2), ("done", 3)]


def test_a_cancel_tells_first_what_was_finished_before_it(listener: Listener) -> None:
    listener.follower.start(
        counting_until_ended,
        on_done=listener.take,
        on_finished=lambda n: listener.told.append(("piece", n)),
    )
    job = listener.follower._job
    assert job is not None
    while job._messages.empty():
        time.sleep(0.01)
    listener.follower.cancel()
    assert listener.told == [("piece", 1), ("cancelled", False)]


def test_another_piece_can_be_started_when_one_is_done(listener: Listener) -> None:
    def again(result: int) -> None:
        listener.follower.start(half, result, on_done=listener.take)

    listener.follower.start(half, 10, on_done=again)
    listener.poll()
    assert listener.told[-1] == ("done", 2)


def test_a_failure_is_told_in_the_panels_words(listener: Listener) -> None:
    listener.follower.start(failing, on_done=listener.take)
    listener.poll()
    assert listener.told == [("failed", "a.fits is there; write with Overwrite")]


def test_what_is_done_with_the_result_may_fail(listener: Listener) -> None:
    def refuse(_: int) -> None:
        raise ComparisonError("the maps have other shapes")

    listener.follower.start(half, 10, on_done=refuse)
    listener.poll()
    assert listener.told[-1] == ("failed", "the maps have other shapes")


def test_a_cancel_is_told_once_and_nothing_after_it(listener: Listener) -> None:
    listener.follower.start(waiting, on_done=listener.take)
    job = listener.follower._job
    assert job is not None
    listener.poll("progress")
    listener.follower.cancel()
    listener.follower.cancel()
    job.wait()
    listener.follower.poll()
    assert listener.told == [("progress", (0.1, "waiting")), ("cancelled", False)]


def test_work_that_is_started_over_is_told_alone(listener: Listener) -> None:
    listener.follower.start(waiting, on_done=listener.take)
    first = listener.follower._job
    assert first is not None
    listener.follower.start(half, 4, on_done=listener.take)
    listener.poll()
    assert listener.told == [("progress", (0.5, "dividing")), ("done", 2)]
    first.wait()
