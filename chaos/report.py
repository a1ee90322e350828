"""What a campaign says while it runs, and the table at its end."""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from collections.abc import Collection
from pathlib import Path


def tell(campaign: str, text: str) -> None:
    """Say what came that was promised not to."""
    sys.stderr.write(f"{campaign}: {text}\n")
    sys.stderr.flush()


def raised(error: BaseException) -> str:
    """Return what was raised, and by which lines of skyseg, innermost first."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    ours = [each for each in frames if "skyseg" in Path(each.filename).parts]
    places = " < ".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in ours)
    return f"{type(error).__name__}: {error} at {places}"


def is_kept(counts: Counter[str], promised_none: Collection[str]) -> bool:
    """Tell whether all that is promised to be zero is."""
    return not any(counts[each] for each in promised_none)


def table(name: str, counts: Counter[str], promised_none: Collection[str]) -> str:
    """Return the counts of a campaign, those that have to be zero last."""
    rows = [(each, str(count), "") for each, count in counts.items() if each not in promised_none]
    for each in promised_none:
        rows.append((each, str(counts[each]), "BROKEN" if counts[each] else "none, as promised"))
    return "".join(
        f"{name if place == 0 else '':10} {what:28} {count:>7}  {kept}".rstrip() + "\n"
        for place, (what, count, kept) in enumerate(rows)
    )
