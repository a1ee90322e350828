"""Many processes that all want the products of one folder, at once."""

from __future__ import annotations

import os
import random
from collections import Counter
from functools import partial
from typing import Any

from chaos import children
from chaos.report import tell
from chaos.stage import Stage, Which, judge, look_later, make_stage, read
from skyseg.errors import StaleProductError

PROMISED_NONE = (
    *("made more than once", "mixed", "of other inputs", "not settled", "left behind"),
    *("another error", "hung"),
)


def campaign(seed: int, number: int) -> Counter[str]:
    """Start a number of processes three times: all ask, half replace, a third are killed."""
    pick = random.Random(seed)
    counts: Counter[str] = Counter()
    with make_stage(seed) as stage:
        made = _start(stage, [("A", False)] * number, [None] * number, counts)
        counts["made more than once"] += max(0, made - 1)
        both: list[tuple[Which, bool]] = [("A", False), ("B", True)]
        _start(stage, [both[place % 2] for place in range(number)], [None] * number, counts)
        killed = [pick.uniform(0, number * 0.1) if place % 3 else None for place in range(number)]
        _start(stage, [("A", bool(place % 2)) for place in range(number)], killed, counts)
    return counts


def _start(
    stage: Stage,
    tasks: list[tuple[Which, bool]],
    kill_after: list[float | None],
    counts: Counter[str],
) -> int:
    """Start all at one moment, each with its inputs and whether it replaces; count those made."""
    stage.set(made=False)
    wait, go = os.pipe()

    def work(which: Which, overwrite: bool) -> Any:
        os.close(go)
        os.read(wait, 1)
        band = stage.band(which)
        try:
            band.segment(overwrite=overwrite)
        except StaleProductError:
            return "refused as stale", []
        assert band.products is not None
        wrong = judge(read(band.products), stage.whole, which)
        return "made" if band.products.made else "loaded", wrong

    at_work = [children.Child(partial(work, *task)) for task in tasks]
    os.close(wait)
    os.close(go)
    made = 0
    limit = children.LIMIT + len(tasks)
    for child, after in sorted(zip(at_work, kill_after, strict=True), key=lambda e: e[1] or limit):
        ended = child.end(kill_after=after, limit=limit)
        if ended.signal and not ended.hung:
            counts["killed"] += 1
        elif ended.value is None:
            counts["hung" if ended.hung else "another error"] += 1
            tell("crowd", ended.error or f"signal {ended.signal}")
        else:
            counts[ended.value[0]] += 1
            made += ended.value[0] == "made"
            counts.update(ended.value[1])
    broken = look_later(stage, made=False)
    counts.update(each for each in broken if each in PROMISED_NONE)
    if broken:
        tell("crowd", f"at the end: {', '.join(broken)}")
    return made
