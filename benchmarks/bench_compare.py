"""Time and memory of comparing two large label maps, beside other ways to do parts of it.

Each step runs in a process of its own, so that its peak memory is its own; times include
the imports that it needs:

- ``compare``: `skyseg.compare` with its table, and then both maps;
- ``compare with fluxes``: the same with a science image and errors;
- ``numpy.unique``: the contingency table alone, from sorted pairs of labels;
- ``scikit-image``: the variation of information alone, from its contingency table.

Example: ``python benchmarks/bench_compare.py --size 8192 --sources 10000``
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STEPS = ("compare", "compare with fluxes", "numpy.unique", "scikit-image")
BYTES = 1e9


def make_maps(size: int, n_sources: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make two maps of discs; in the second a tenth each is dropped, new, grown and split."""
    rng = np.random.default_rng(seed)
    a, b = np.zeros((size, size), np.int32), np.zeros((size, size), np.int32)
    radii = rng.integers(3, 20, n_sources)
    centres = rng.integers(25, size - 25, (n_sources, 2))
    numbers = rng.permutation(n_sources) + 1
    for k, ((y, x), radius) in enumerate(zip(centres, radii, strict=True)):
        fate = k % 10
        if fate != 0:
            paint(a, y, x, radius, k + 1)
        if fate != 1:
            paint(b, y, x, radius + (fate == 2), numbers[k])
        if fate == 3:
            half = b[y - radius : y + 1, x - radius : x + radius + 1]
            half[half == numbers[k]] += n_sources
    return a, b


def paint(labels: np.ndarray, y: int, x: int, radius: int, number: int) -> None:
    """Paint a disc."""
    dy, dx = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    window = labels[y - radius : y + radius + 1, x - radius : x + radius + 1]
    window[dy**2 + dx**2 <= radius**2] = number


def peak_gb() -> float:
    """Peak resident memory of this process; getrusage would count that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / BYTES


def run_step(step: str, folder: Path) -> dict[str, float]:
    """Run one step on the maps in a folder."""
    a, b = np.load(folder / "a.npy"), np.load(folder / "b.npy")
    inputs = a.nbytes + b.nbytes
    image = {}
    if step == "compare with fluxes":
        image = {"sci": np.load(folder / "sci.npy"), "err": np.load(folder / "err.npy")}
        inputs += sum(each.nbytes for each in image.values())
    result = {"inputs GB": inputs / BYTES}
    start = time.perf_counter()
    if step == "numpy.unique":
        np.unique(a.astype(np.int64) * (int(b.max()) + 1) + b, return_counts=True)
    elif step == "scikit-image":
        from skimage.metrics import variation_of_information

        variation_of_information(a, b)
    else:
        from skyseg import compare

        comparison = compare(a, b, **image)
        result |= {"table s": time.perf_counter() - start, "table GB": peak_gb()}
        comparison.difference_map, comparison.relabelled_b  # noqa: B018
    return result | {"s": time.perf_counter() - start, "GB": peak_gb()}


def main() -> None:
    """Make the maps, run every step, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=8192, help="side of the maps in pixels")
    parser.add_argument("--sources", type=int, default=10_000, help="sources in each map")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        print(json.dumps(run_step(args.step, args.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        a, b = make_maps(args.size, args.sources, args.seed)
        rng = np.random.default_rng(args.seed)
        np.save(Path(folder, "a.npy"), a)
        np.save(Path(folder, "b.npy"), b)
        np.save(Path(folder, "sci.npy"), rng.normal(size=a.shape).astype(np.float32))
        np.save(Path(folder, "err.npy"), np.ones(a.shape, np.float32))
        del a, b
        first = 0.0
        print(f"{args.size} x {args.size}, {args.sources} sources a side")
        for step in STEPS:
            command = [sys.executable, __file__, "--step", step, "--folder", folder]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            took = json.loads(output)
            first = first or took["s"]
            parts = "".join(
                f", table alone {took['table s']:.2f} s {took['table GB']:.2f} GB"
                for _ in range("table s" in took)
            )
            print(
                f"{step:20} {took['s']:6.2f} s ({took['s'] / first:4.1f} x) "
                f"peak {took['GB']:.2f} GB of which inputs {took['inputs GB']:.2f} GB{parts}"
            )


if __name__ == "__main__":
    main()
