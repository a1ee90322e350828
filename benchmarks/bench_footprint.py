"""Time the background meshes of an image of which half is empty, by the size of the image.

python benchmarks/bench_footprint.py --sides 4096 8192 16384

Empty meshes take the mean of their nearest good ones. The time for a mesh should not
depend on how many there are: the last column stays near 1.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from skyseg.engine._nearest import average_nearest


def main() -> None:
    """Print the time for all meshes, for each, and its ratio to that of the first size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[4096, 8192, 16384, 32768])
    parser.add_argument("--size", type=int, default=64, help="pixels on a side of a mesh")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print("side     meshes     all      each    ratio")
    first = 0.0
    for side in arguments.sides:
        count = side // arguments.size
        good = np.add.outer(np.arange(count), np.arange(count)) < count
        level = np.random.default_rng(1).normal(size=good.shape).astype(np.float32)
        seconds = []
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            average_nearest(good, level, level)
            seconds.append(time.perf_counter() - start)
        median = statistics.median(seconds)
        each = median / good.size
        first = first or each
        print(
            f"{side:6d} {good.size:8d} {1e3 * median:6.0f} ms {1e6 * each:6.2f} us "
            f"{each / first:7.2f}"
        )


if __name__ == "__main__":
    main()
