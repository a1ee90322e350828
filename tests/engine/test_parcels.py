"""Tasks as bytes: what is fetched stands in them by number, whatever packs them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from skyseg.engine._parcels import pack, unpack

THERE = PurePosixPath("there")


def test_a_function_that_only_this_process_knows_goes_with_a_task() -> None:
    shift = 4

    def add(number: int) -> int:
        return number + shift

    parcel, fetched = pack({"apply": add, "to": [THERE, 3]}, PurePosixPath)
    task = unpack(parcel, ["fetched"])
    assert fetched == [THERE]
    assert task["to"] == ["fetched", 3]
    assert task["apply"](3) == 7


def test_what_is_fetched_twice_is_sent_for_once() -> None:
    task: list[Any] = [THERE, (THERE, 1)]
    parcel, fetched = pack(task, PurePosixPath)
    assert fetched == [THERE]
    assert unpack(parcel, ["fetched"]) == ["fetched", ("fetched", 1)]
