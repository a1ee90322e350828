"""Readers beside writers: two that replace one another's products, one of which keeps dying.

A reader that opened a band gets what it opened, or an error; so does one that begins anew.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial

from chaos import children
from chaos.report import tell
from chaos.stage import Stage, Which, judge, look_later, make_stage, read
from skyseg.errors import SkysegError, StaleProductError

PROMISED_NONE = ("mixed", "of other inputs", "not settled", "left behind", "another error", "hung")
READERS: tuple[Which, ...] = ("A", "B", "A")
REST = 0.05
"""Seconds between the runs of a writer, so that readers find something."""


def campaign(seed: int, number: int) -> Counter[str]:
    """Read and write for a number of seconds."""
    with make_stage(seed) as stage:
        stage.set(made=True)
        until = time.monotonic() + number
        at_work = [
            children.Child(partial(_write, stage, "A", until, None)),
            children.Child(partial(_write, stage, "B", until, seed)),
            *(children.Child(partial(_read, stage, which, until)) for which in READERS),
        ]
        counts: Counter[str] = Counter()
        for child in at_work:
            ended = child.end(limit=number + children.LIMIT)
            if ended.value is None:
                counts["hung" if ended.hung else "another error"] += 1
                tell("readers", ended.error or f"signal {ended.signal}")
            else:
                counts.update(ended.value)
        broken = look_later(stage, made=False)
        counts.update(each for each in broken if each in PROMISED_NONE)
        if broken:
            tell("readers", f"at the end: {', '.join(broken)}")
    return counts


def _write(stage: Stage, which: Which, until: float, seed: int | None) -> Counter[str]:
    """Write again and again; where there is a seed, two of three runs are killed."""
    pick = None if seed is None else random.Random(seed)
    counts: Counter[str] = Counter()
    while time.monotonic() < until:
        after = None if pick is None or pick.random() < 1 / 3 else pick.uniform(0, 0.5)
        ended = children.run(lambda: stage.band(which).segment(overwrite=True), kill_after=after)
        if ended.error:
            counts["another error"] += 1
            tell("readers", f"a writer of {which}: {ended.error}")
        counts["writers killed" if ended.signal else "runs written"] += 1
        time.sleep(REST)
    return counts


def _read(stage: Stage, which: Which, until: float) -> Counter[str]:
    """Open a band and read it several times, again and again."""
    counts: Counter[str] = Counter()
    while time.monotonic() < until:
        band = stage.band(which)
        try:
            band.segment()
        except StaleProductError:
            counts["refused as stale"] += 1
            time.sleep(REST)
            continue
        except SkysegError as error:
            counts["not settled"] += 1
            tell("readers", f"a reader of {which}: {error}")
            continue
        assert band.products is not None
        for _ in range(5):
            found = read(band.products)
            counts["files read"] += sum(each is not None for each in found)
            counts["files refused"] += found.count(None)
            counts.update(judge(found, stage.whole, which))
    return counts
