"""The runs that campaigns disturb, and how these end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chaos import children
from chaos.file_calls import Act, FileCalls
from chaos.report import raised
from chaos.stage import Stage, Which, judge, read
from skyseg.errors import SkysegError


@dataclass(frozen=True)
class Scenario:
    """What a run does.

    Attributes
    ----------
    name : str
        Its name.
    made : bool
        Whether there are products of A before.
    which : {"A", "B"}
        The inputs.
    overwrite : bool
        Whether it replaces what is there.
    """

    name: str
    made: bool
    which: Which
    overwrite: bool


SCENARIOS: Final = (
    Scenario("make", False, "A", False),
    Scenario("overwrite", True, "B", True),
    Scenario("load", True, "A", False),
)


@dataclass(frozen=True)
class Came:
    """How a run ended.

    Attributes
    ----------
    came : str
        ``done``, ``refused``, ``interrupted``, ``another error``, or what is broken.
    why : str
        What was raised.
    met : str
        The call that was disturbed.
    count : int
        Number of calls.
    """

    came: str
    why: str
    met: str
    count: int


def work(stage: Stage, scenario: Scenario, *, at: int = 0, act: Act | None = None) -> Came:
    """Segment and read, while one call is disturbed; see `FileCalls`."""
    calls = FileCalls(str(stage.folder), at, act)
    why = ""
    try:
        band = stage.band(scenario.which)
        band.segment(overwrite=scenario.overwrite)
        assert band.products is not None
        came = (judge(read(band.products), stage.whole, scenario.which) or ["done"])[0]
    except SkysegError as error:
        came, why = "refused", str(error)
    except KeyboardInterrupt:
        came = "interrupted"
    except BaseException as error:  # noqa: BLE001
        came, why = "another error", raised(error)
    return Came(came, why, calls.met, calls.count)


def list_calls(stage: Stage, kinds: Sequence[int]) -> list[tuple[Scenario, int, int]]:
    """List what can be done to each call of each scenario: the number of the call, and a kind."""
    return [
        (scenario, at, kind)
        for scenario in SCENARIOS
        for at in range(1, _count_calls(stage, scenario) + 1)
        for kind in kinds
    ]


def _count_calls(stage: Stage, scenario: Scenario) -> int:
    """Count the calls of a run that nothing disturbs."""
    stage.set(made=scenario.made)
    ended = children.run(lambda: work(stage, scenario))
    if ended.value is None or ended.value.came != "done":
        raise RuntimeError(f"a run that nothing disturbs ended so: {ended}")
    return int(ended.value.count)
