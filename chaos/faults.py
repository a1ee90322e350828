"""Runs whose file calls fail, each call in turn, as the system makes them fail."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial

from chaos import children
from chaos.report import tell
from chaos.runs import SCENARIOS, Came, Scenario, list_calls, work
from chaos.stage import BROKEN, Stage, look_later, make_stage

PROMISED_NONE = (*BROKEN, "hung")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES, errno.EROFS)


def campaign(seed: int, number: int) -> Counter[str]:
    """Let a number of calls fail, each by every error where the number allows it.

    After as many tries again, a tenth of the number, files can grow no further than to a
    random size: a disk that is full in the middle of what the system writes.
    """
    pick = random.Random(seed)
    counts: Counter[str] = Counter()
    with make_stage(seed) as stage:
        cases = list_calls(stage, ERRORS)
        for scenario, at, code in pick.sample(cases, min(number, len(cases))):
            name = errno.errorcode[code]
            task = partial(work, stage, scenario, at=at, act=_raiser(code))
            _disturb(stage, scenario, task, f"{name} at call {at}", name, counts)
        largest = max(each.stat().st_size for each in stage.witness.paths)
        for _ in range(max(1, min(number, len(cases)) // 10)):
            scenario, size = pick.choice(SCENARIOS[:2]), pick.randrange(2 * largest)
            task = partial(_work_with_little, stage, scenario, size)
            _disturb(stage, scenario, task, f"no more than {size} bytes", "full disk", counts)
    return counts


def _raiser(code: int) -> Callable[[], None]:
    def act() -> None:
        raise OSError(code, os.strerror(code))

    return act


def _work_with_little(stage: Stage, scenario: Scenario, size: int) -> Came:
    """Run where no file can be larger than some size."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return work(stage, scenario)


def _disturb(
    stage: Stage,
    scenario: Scenario,
    task: Callable[[], Came],
    what: str,
    kind: str,
    counts: Counter[str],
) -> None:
    stage.set(made=scenario.made)
    ended = children.run(task)
    broken = look_later(stage, made=scenario.made)
    came = ended.value
    if came is None:
        broken.append("hung" if ended.hung else "another error")
        broken.append(ended.error or f"signal {ended.signal}")
        met = ""
    else:
        met = came.met
        counts[f"{kind}: {came.came}"] += 1
        if came.came in PROMISED_NONE:
            broken += [came.came, came.why]
    counts.update(each for each in broken if each in PROMISED_NONE)
    if broken:
        tell("faults", f"{scenario.name}, {what} {met}: {', '.join(broken)}")
