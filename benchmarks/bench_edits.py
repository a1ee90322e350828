"""How long an edit takes on a large map: shown, measured, and a whole journal replayed.

python benchmarks/bench_edits.py --side 8192 --sources 20000 --edits 1000
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from skyseg import Edits
from skyseg.editing.edited_catalogue import EditedCatalogue
from skyseg.engine import segment_image
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods import catalogue
from skyseg.methods.base import Request


def make_image(side: int, sources: int, rng: np.random.Generator) -> np.ndarray:
    """Draw noise and Gaussian sources."""
    image = rng.standard_normal((side, side), np.float32)
    y, x = np.mgrid[-15:16, -15:16]
    for _ in range(sources):
        row, column = rng.integers(16, side - 16, 2)
        width, light = rng.uniform(1.5, 3.0), rng.uniform(15, 150)
        spot = light * np.exp(-(x**2 + y**2) / (2 * width**2))
        image[row - 15 : row + 16, column - 15 : column + 16] += spot.astype(np.float32)
    return image


def edit_once(edits: Edits, number: int, rng: np.random.Generator) -> None:
    """Do one of the usual edits to a source."""
    part = edits.map.part_of([number])
    x0, x1, y = part[1].start, part[1].stop, (part[0].start + part[0].stop) / 2
    kind = rng.integers(5)
    if kind == 0:
        edits.delete(number)
    elif kind == 1:
        edits.grow(number, 2)
    elif kind == 2:
        edits.split(number, line=[((x0 + x1) / 2, y - 40), ((x0 + x1) / 2, y + 40)])
    elif kind == 3:
        edits.shrink(number)
    else:
        edits.smooth(number, 2)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--sources", type=int, default=20_000)
    parser.add_argument("--edits", type=int, default=1000)
    asked = parser.parse_args()
    rng = np.random.default_rng(1)
    image = make_image(asked.side, asked.sources, rng)
    request = Request(
        sci=image, err=np.ones_like(image), err_type="rms_err", parameters=Parameters(),
        aper_diams=(0.3, 0.5), pix_scale=0.04, zero_point=28.9, sky=None,
    )  # fmt: skip
    found = segment_image(image, request.err, "rms_err", request.parameters, (7.5, 12.5))
    cat = catalogue.build(found.columns, request)
    print(f"{asked.side}^2, {len(cat)} sources")
    start = time.perf_counter()
    edits = Edits(found.labels)
    followed = EditedCatalogue(request, found.labels, cat)
    edits.mark(1, "warm")
    number = int(cat["NUMBER"][0])
    edits.grow(number)
    followed.follow(edits.map, edits.take_changes())
    print(f"opened, whole image looked at: {time.perf_counter() - start:.2f} s")
    shown, measured = [], []
    while len(edits) < asked.edits:
        number = int(rng.choice(cat["NUMBER"]))
        if number not in edits.map:
            continue
        start = time.perf_counter()
        try:
            edit_once(edits, number, rng)
        except ParameterError:
            continue
        middle = time.perf_counter()
        followed.follow(edits.map, edits.take_changes())
        shown.append(1000 * (middle - start))
        measured.append(1000 * (time.perf_counter() - middle))
    for name, times in (("shown", shown), ("measured", measured)):
        middle, late = np.percentile(times, [50, 99])
        print(f"one edit {name}: median {middle:.1f} ms, 99 % within {late:.1f} ms")
    start = time.perf_counter()
    again = Edits.replay(edits.journal, found.labels)
    print(f"{len(again)} edits replayed: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    followed.make_table()
    print(f"catalogue put together: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
