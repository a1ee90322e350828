"""Sources whose pixels are elsewhere are drawn as those whose pixels are here."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

from skyseg.engine._spread import Piece, SpreadSources
from skyseg.engine.rows import Window
from skyseg.engine.runs import NO_RUNS, Runs
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources


@dataclass(frozen=True)
class _Found:
    shapes: Shapes
    runs: Runs
    small: Runs


@dataclass(frozen=True)
class _Here:
    found: _Found


_WIDTH, _ROWS = 40, 60


def _make_sources(rng: np.random.Generator) -> Sources:
    """Runs of 30 sources and of none anywhere, of which a third was absorbed at some time."""
    count = 30
    start = np.flatnonzero(rng.random(_WIDTH * _ROWS // 4) < 0.5) * 4
    length = rng.integers(1, 5, len(start))
    runs = Runs(start, length, rng.integers(-1, count, len(start)))
    absorber = np.arange(count)
    absorber[20:] = rng.integers(0, 20, 10)
    number = np.append(rng.permutation(20) + 1, np.zeros(10, np.int64))[absorber]
    trigger = np.where(absorber == np.arange(count), absorber, rng.integers(0, count, count))
    seen_to = np.sort(rng.integers(0, _WIDTH * _ROWS, count))
    shapes = Shapes.at(rng.random(count), rng.random(count))
    return Sources(
        (_ROWS, _WIDTH), runs, shapes, np.zeros(count, np.int64), absorber, number, trigger, seen_to
    )


def _spread(sources: Sources) -> SpreadSources:
    """Have three others keep them."""
    runs = sources.runs
    pieces = []
    for which in range(3):
        own = runs.take(np.flatnonzero(runs.source % 3 == which))
        sources_of = np.arange(which, len(sources.flags), 3)
        local = np.where(own.source < 0, -1, np.searchsorted(sources_of, own.source))
        found = Runs(own.start, own.length, local)
        rows = int(own.start.min() // _WIDTH), int(own.start.max() // _WIDTH) + 1
        shapes = sources.shapes.take(sources_of)
        here = _Here(_Found(shapes, found.take(local >= 0), found.take(local < 0)))
        pieces.append(Piece(here, rows, sources_of))
    return SpreadSources.of(replace(sources, runs=NO_RUNS), pieces, map)


@pytest.mark.parametrize("seed", range(20))
def test_parts_are_drawn_alike_wherever_the_pixels_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sources = _make_sources(rng)
    kept = sources.kept
    spread = _spread(sources)
    np.testing.assert_array_equal(spread.kept, kept)
    for _ in range(10):
        (y0, y1), (x0, x1) = (np.sort(rng.integers(0, end + 1, 2)) for end in (_ROWS, _WIDTH))
        window = Window(int(y0), int(y1), int(x0), int(x1))
        there, here = spread.owners_in(window), sources.owners_in(window)
        assert there.window == window
        np.testing.assert_array_equal(there.draw(), here.draw())
        there, here = (each.label_rows(window.y0, window.y1) for each in (spread, sources))
        np.testing.assert_array_equal(there.draw(), here.draw())


def test_tasks_that_are_sent_have_the_shapes_of_their_sources_wherever_these_lie() -> None:
    rng = np.random.default_rng(1)
    sources = _make_sources(rng)
    spread = _spread(sources)
    window, groups = Window(0, 1, 0, _WIDTH), np.split(rng.permutation(sources.kept), [7, 8])
    tasks = spread.cut_tasks((window, group) for group in groups)
    for task, group in zip(pickle.loads(pickle.dumps(tasks)), groups, strict=True):
        np.testing.assert_array_equal(task.numbers, sources.number[group])
        np.testing.assert_array_equal(task.shapes.x, sources.shapes.x[group])
