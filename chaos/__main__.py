"""``python -m chaos [--seed N] [--short] [--number N] [NAME ...]``: campaigns, and their counts.

The exit status is 1 where something came that is promised not to. What came is printed with
what it came of; the same seed draws the same again.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import random
import sys
import time
import warnings
from dataclasses import dataclass

from chaos.report import is_kept, table


@dataclass(frozen=True)
class Size:
    """How many trials a campaign has."""

    long: int
    short: int


CAMPAIGNS = {
    "kills": Size(1000, 6),
    "faults": Size(100_000, 10),
    "readers": Size(60, 4),
    "crowd": Size(50, 6),
    "damage": Size(400, 15),
    "names": Size(300, 15),
    "files": Size(3000, 20),
    "values": Size(500, 5),
}
"""Modules of campaigns, and their numbers: of trials, of seconds, or of processes."""


def main() -> int:
    """Run campaigns."""
    parser = argparse.ArgumentParser("chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(CAMPAIGNS))
    parser.add_argument("--seed", type=int, help="by default another one each time")
    parser.add_argument("--short", action="store_true", help="a few trials of each")
    parser.add_argument("--number", type=int, help="so many trials")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(CAMPAIGNS))
    if unknown:
        parser.error(f"there is no campaign {unknown[0]}; there are {' '.join(CAMPAIGNS)}")
    seed = random.randrange(10**6) if given.seed is None else given.seed
    _prepare()
    sys.stdout.write(f"seed {seed}\n")
    tables, kept = [], True
    for name in given.names or CAMPAIGNS:
        module = importlib.import_module(f"chaos.{name}")
        size = CAMPAIGNS[name]
        number = given.number or (size.short if given.short else size.long)
        start = time.monotonic()
        counts = module.campaign(seed, number)
        sys.stderr.write(f"{name}: {time.monotonic() - start:.0f} s\n")
        tables.append(table(name, counts, module.PROMISED_NONE))
        kept &= is_kept(counts, module.PROMISED_NONE)
    sys.stdout.write("".join(tables))
    return 0 if kept else 1


def _prepare() -> None:
    """Make this process one that can fork, without a person's settings and without messages."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ["XDG_CONFIG_HOME"] = os.devnull
    for name in [each for each in os.environ if each.startswith("SKYSEG_")]:
        del os.environ[name]
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
