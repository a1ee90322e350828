"""Warnings are caught in the thread that they are raised in, and by nobody else."""

from __future__ import annotations

import threading
import warnings
from typing import Any

import pytest

from skyseg.imaging.warned import catching_warnings


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=1)


def _warn_often(text: str) -> None:
    for _ in range(3):
        _warn(text)


def test_each_thread_has_its_own_and_all_is_as_it_was() -> None:
    before = warnings.filters[:], warnings.showwarning
    both, found = threading.Barrier(2), {}

    def work(name: str) -> None:
        with catching_warnings() as caught:
            both.wait()
            for _ in range(3):
                _warn(name)
            both.wait()
        found[name] = [str(each.message) for each in caught]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"a": ["a"] * 3, "b": ["b"] * 3}
    assert (warnings.filters, warnings.showwarning) == before


def test_the_innermost_block_has_it() -> None:
    with catching_warnings() as outer, catching_warnings() as inner:
        _warn("cut")
    assert (len(outer), len(inner)) == (0, 1)


def test_other_threads_are_shown_theirs() -> None:
    with pytest.warns(UserWarning, match="of another") as shown, catching_warnings() as caught:
        thread = threading.Thread(target=_warn, args=("of another",))
        thread.start()
        thread.join()
    assert not caught
    assert len(shown) == 1


@pytest.mark.parametrize(("action", "is_shown"), [("ignore", 0), ("default", 1), ("error", 0)])
def test_of_warnings_of_other_threads_the_filters_decide(action: Any, is_shown: int) -> None:
    raised: list[Warning] = []

    def work() -> None:
        try:
            _warn("of another")
        except UserWarning as warning:
            raised.append(warning)

    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("ignore")
        warnings.filterwarnings(action, "of an", UserWarning)
        with catching_warnings():
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert (len(shown), len(raised)) == (is_shown, action == "error")


def test_threads_that_leave_in_another_order_than_they_came_leave_all_as_it_was() -> None:
    shown: list[str] = []
    entered, left = threading.Event(), threading.Event()

    def work() -> None:
        with catching_warnings():
            entered.set()
            left.wait()

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, *_: shown.append(str(message))
        thread = threading.Thread(target=work)
        thread.start()
        entered.wait()
        with warnings.catch_warnings():
            left.set()
            thread.join()
        for _ in range(3):
            _warn("of another")
    assert shown == ["of another"]


def test_another_thread_is_told_once_of_what_is_told_once() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        with catching_warnings():
            thread = threading.Thread(target=_warn_often, args=("of another",))
            thread.start()
            thread.join()
    assert len(shown) == 1


def test_what_was_shown_once_is_caught_again() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(2):
            _warn("cut")
        with catching_warnings() as caught:
            _warn("cut")
    assert (len(shown), len(caught)) == (1, 1)


def test_a_block_that_begins_takes_nothing_from_one_that_is_there() -> None:
    warned: list[str] = []

    class Filters(list[Any]):
        def remove(self, item: Any) -> None:
            super().remove(item)
            _warn("meanwhile")
            warned.append("meanwhile")

    with warnings.catch_warnings():
        warnings.filters = Filters([("ignore", None, Warning, None, 0)])
        with catching_warnings() as caught:
            with catching_warnings():
                pass
            _warn("cut")
            assert [str(each.message) for each in caught] == [*warned, "cut"]
