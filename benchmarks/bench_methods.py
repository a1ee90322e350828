"""What each method makes of the same maps, against SExtractor: the table of docs/methods.md.

    python benchmarks/bench_methods.py ARCHIVE

ARCHIVE is any folder laid out as an archive that holds the surveys UDS-B and XDF, such as
tests/data. Times are seconds of processor (user and system, of all threads and of the programs
started) that `Method.run` takes on maps in memory, the least of five, as multiples of skyseg's.
"""

from __future__ import annotations

import argparse
import math
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from skyseg import Data, methods
from skyseg.comparison import compare
from skyseg.engine import Parameters
from skyseg.engine.types import ErrType
from skyseg.methods._sep import SepMethod
from skyseg.methods.base import Method, Outcome, Request
from skyseg.survey import BandData

FIELDS: tuple[tuple[str, str, ErrType], ...] = (
    ("UDS-B", "F115W", "rms_err"),
    ("UDS-B", "F115W", "wht"),
    ("UDS-B", "F444W", "rms_err"),
    ("UDS-B", "F444W", "wht"),
    ("XDF", "F105W", "rms_err"),
    ("XDF", "F160W", "rms_err"),
)
COLUMNS = (
    "field",
    "method",
    "sources",
    "foreground IoU",
    "matched",
    "FLUX_APER",
    "FLUXERR_APER",
    "FLUX_AUTO",
    "processor time",
)
ROUNDS = 5


def request_of(band: BandData, err_type: ErrType) -> Request:
    """Ask for an extraction with the default parameter set."""
    return Request(
        sci=band.load_sci(),
        err=band.load_err() if err_type == "rms_err" else band.load_wht(),
        err_type=err_type,
        parameters=Parameters(),
        aper_diams=(0.5,),
        pix_scale=float(band.pix_scale.to_value("arcsec")),
        zero_point=band.zero_point,
        sky=band.maps.sky,
        name=band.name,
    )


def processor_seconds() -> float:
    """User and system time of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timed(rivals: dict[str, Method], request: Request) -> dict[str, tuple[Outcome, float]]:
    """Run the methods in turn, some times over, and take the least time of each."""
    best = dict.fromkeys(rivals, math.inf)
    outcomes = {}
    for _ in range(ROUNDS):
        for name, method in rivals.items():
            start = processor_seconds()
            outcomes[name] = method.run(request)
            best[name] = min(best[name], processor_seconds() - start)
    return {name: (outcomes[name], best[name]) for name in rivals}


def matches(reference: Outcome, outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Rows of sources that are one source in both maps, in both catalogues."""
    table = compare(reference.seg, outcome.seg).table
    pairs = [
        (row["labels_a"][0], row["labels_b"][0])
        for row in table
        if len(row["labels_a"]) == len(row["labels_b"]) == 1
    ]
    a, b = np.array(pairs).reshape(-1, 2).T
    return a - 1, b - 1


def figures(reference: Outcome, outcome: Outcome) -> Iterator[str]:
    """Numbers of one row of the table."""
    assert reference.seg is not None
    assert outcome.seg is not None
    a, b = reference.seg > 0, outcome.seg > 0
    yield str(len(outcome.cat))
    yield f"{np.count_nonzero(a & b) / np.count_nonzero(a | b):.3f}"
    rows_a, rows_b = matches(reference, outcome)
    yield f"{len(rows_a)} ({len(rows_a) / len(reference.cat):.0%})"
    for name in ("FLUX_APER", "FLUXERR_APER", "FLUX_AUTO"):
        values: list[Any] = [
            np.asarray(each.cat[name].value, np.float64).reshape(len(each.cat), -1)[rows, 0]
            for each, rows in ((reference, rows_a), (outcome, rows_b))
        ]
        difference = np.median(values[1] / values[0]) - 1
        yield f"{round(difference, 3) + 0.0:+.1%}"


def main() -> None:
    """Print the table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    archive = parser.parse_args().archive
    rivals: dict[str, Method] = {
        **{name: methods.get(name) for name in ("sextractor", "skyseg", "sep", "photutils")},
        "sep, filter_type conv": SepMethod(filter_type="conv"),
    }
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for survey, name, err_type in FIELDS:
        band = Data.from_survey_version(survey, "v1", data_dir=archive)[name]
        request = request_of(band, err_type)
        done = timed(rivals, request)
        for rival, (outcome, seconds) in done.items():
            cells = figures(done["sextractor"][0], outcome)
            ratio = seconds / done["skyseg"][1]
            print(f"| {survey} {name} {err_type} | {rival} | {' | '.join(cells)} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
