"""What a campaign says while it runs, and the table at its end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection


def tell(campaign: str, text: str) -> None:
    """Say what came that was promised not to."""
    sys.stderr.write(f"{campaign}: {text}\n")
    sys.stderr.flush()


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
