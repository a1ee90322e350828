"""Segment a mosaic of more pixels than 32 bits can count, made of copies of one tile.

The tile is kept once in memory, so that neither disk nor memory for the mosaic is needed;
SEG and BKG are written. Prints time, peak memory and how well sources in two copies far apart
agree.

    python benchmarks/bench_huge.py --side 46400
    python benchmarks/bench_huge.py --side 32800 --dots 8
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from bench_segment import maps_of

from skyseg.engine import Maps, Parameters, Window, segment_rows
from skyseg.engine.mappers import ThreadMapper
from skyseg.products._packing import PackedCanvas

Values = npt.NDArray[np.float64]

_TILE = 2048


@dataclass(frozen=True)
class Repeated:
    """Rows of a map that repeats a tile."""

    tile: npt.NDArray[np.float32]
    shape: tuple[int, int]

    def read(self, window: Window) -> npt.NDArray[np.float32]:
        """Put a part together from copies of the tile."""
        rows = np.arange(window.y0, window.y1) % _TILE
        first = window.x0 % _TILE
        copies = -(-(first + window.x1 - window.x0) // _TILE)
        whole = np.tile(self.tile[rows], copies)
        return np.ascontiguousarray(whole[:, first : first + window.x1 - window.x0])


def dotted(spacing: int) -> list[npt.NDArray[np.float32]]:
    """Make a tile of noise with faint stars on a grid, and its rms map."""
    y, x = np.mgrid[:_TILE, :_TILE] % spacing - (spacing - 1) / 2
    noise = np.random.default_rng(1).normal(size=(_TILE, _TILE))
    image = noise + 60 * np.exp(-(y**2 + x**2) / 2)
    return [image.astype(np.float32), np.ones((_TILE, _TILE), np.float32)]


def inner_sources(columns: dict[str, Values], copy: int) -> Values:
    """Position in the tile and AUTO flux of the sources well inside a copy on the diagonal."""
    x, y = columns["X_IMAGE"] - 1 - copy * _TILE, columns["Y_IMAGE"] - 1 - copy * _TILE
    inside = (np.minimum(x, y) > 300) & (np.maximum(x, y) < _TILE - 300)
    found = np.stack([x, y, columns["FLUX_AUTO"]], axis=1)[inside]
    return found[np.lexsort((found[:, 0], found[:, 1]))]


def main() -> None:
    """Run once and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=46400)
    parser.add_argument("--dots", type=int, help="lay a star each so many pixels, a power of two")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    arguments = parser.parse_args()
    shape = arguments.side, arguments.side
    if arguments.dots:
        tiles = dotted(arguments.dots)
    else:
        paths = maps_of(_TILE, arguments.data, None)
        tiles = [fits.getdata(path).astype(np.float32) for path in paths]
    maps = Maps(*(Repeated(tile, shape) for tile in tiles), "rms_err")
    start = time.perf_counter()
    with PackedCanvas(shape, arguments.data) as canvas:
        found = segment_rows(maps, Parameters(), (10.67,), canvas, mapper=ThreadMapper())
        for name, drawn in ("SEG", canvas.seg), ("BKG", canvas.bkg):
            with tempfile.TemporaryFile(dir=arguments.data) as file:
                drawn.write_to(name, fits.Header(), file)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"{shape[0] * shape[1]} pixels, {len(found.columns['NUMBER'])} sources: "
          f"{seconds:.0f} s, {peak:.1f} GB")  # fmt: skip
    one, last = (inner_sources(found.columns, copy) for copy in (1, arguments.side // _TILE - 2))
    apart = np.abs(one - last).max(axis=0)
    print(f"{len(one)} and {len(last)} sources inside a copy; they differ by {apart[:2].max():.1e} "
          f"pixels and {apart[2] / np.abs(one[:, 2]).max():.1e} of the brightest flux")  # fmt: skip


if __name__ == "__main__":
    main()
