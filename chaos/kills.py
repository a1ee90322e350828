"""Runs that are killed: at random times, and at every call that concerns their files.

Afterwards an open band, the next run and the folder are looked at.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from functools import partial

from chaos import children
from chaos.report import tell
from chaos.runs import SCENARIOS, Scenario, list_calls, work
from chaos.stage import BROKEN, Stage, look_later, make_stage

PROMISED_NONE = (*BROKEN, "hung")
SIGNALS = (signal.SIGKILL, signal.SIGINT)


def campaign(seed: int, number: int) -> Counter[str]:
    """Kill runs at a number of random times, and at as many of the calls, each by two signals.

    Calls that are not reached again, because threads take turns, are counted apart.
    """
    pick = random.Random(seed)
    counts: Counter[str] = Counter()
    with make_stage(seed) as stage:
        calls = list_calls(stage, SIGNALS)
        for scenario, at, by in pick.sample(calls, min(number, len(calls))):
            _kill_at(stage, scenario, at, by, counts)
        longest = {scenario: _seconds(stage, scenario) for scenario in SCENARIOS}
        for _ in range(number):
            scenario = pick.choice(SCENARIOS)
            after = pick.uniform(0, longest[scenario])
            stage.set(made=scenario.made)
            ended = children.run(partial(work, stage, scenario), kill_after=after)
            counts["killed at a time" if ended.signal else "ended before"] += 1
            _look(stage, scenario, f"killed after {after:.4f} s", counts)
    return counts


def _kill_at(stage: Stage, scenario: Scenario, at: int, by: int, counts: Counter[str]) -> None:
    stage.set(made=scenario.made)
    ended = children.run(lambda: work(stage, scenario, at=at, act=lambda: os.kill(os.getpid(), by)))
    name = signal.Signals(by).name
    if ended.hung or ended.error:
        counts["hung" if ended.hung else "another error"] += 1
        tell("kills", f"{scenario.name}, {name} at call {at}: {ended}")
    elif ended.signal or ended.value.met:
        counts[f"{name} at a call"] += 1
        if ended.value is not None and ended.value.came == "another error":
            counts["another error"] += 1
            tell("kills", f"{scenario.name}, {name} at call {at} {ended.value}")
    else:
        counts["call not reached"] += 1
    met = "" if ended.value is None else ended.value.met
    _look(stage, scenario, f"{name} at call {at} {met}", counts)


def _look(stage: Stage, scenario: Scenario, what: str, counts: Counter[str]) -> None:
    broken = look_later(stage, made=scenario.made)
    counts.update(each for each in broken if each in PROMISED_NONE)
    if broken:
        tell("kills", f"{scenario.name}, {what}: {', '.join(broken)}")


def _seconds(stage: Stage, scenario: Scenario) -> float:
    """Longest of three runs."""
    longest = 0.0
    for _ in range(3):
        stage.set(made=scenario.made)
        start = time.monotonic()
        children.run(partial(work, stage, scenario))
        longest = max(longest, time.monotonic() - start)
    return longest
