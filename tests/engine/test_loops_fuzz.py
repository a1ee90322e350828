"""Whatever Python gives the compiled loops, they return or raise TypeError or ValueError.

`make sanitize` runs this with a module that stops at any wrong use of memory and at undefined
behaviour. Each loop is called with arguments that fit, of which some are spoiled.
"""

from __future__ import annotations

import inspect
import os
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from skyseg import _loops

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "150"))
# as this process runs: see scripts/with_sanitizers.sh
FLAGS = ["-S"] if sys.flags.no_site else []
ERRORS = (TypeError, ValueError)
LOOPS = sorted(
    name
    for name in dir(_loops)
    if not name.startswith("_") and inspect.isroutine(getattr(_loops, name))
)
NUMBERS = (0, 1, -1, 2, 3, 7, 31, 33, 64, 1000, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e19, 1e30, -1e300, 1e308, np.inf, -np.inf, np.nan)
TYPES = (np.float32, np.float64, np.int64, np.int32, np.int16, np.bool_, np.uint8, ">f4", "<i8")

THIS_FILE = os.open(__file__, os.O_RDONLY)

Arguments = dict[str, Any]
Random = np.random.Generator


def _images(rng: Random, *types: Any, shape: tuple[int, int] | None = None) -> list[Any]:
    shape = shape or (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    return [_values(rng, kind, shape) for kind in types]


def _values(rng: Random, kind: Any, shape: tuple[int, ...]) -> Any:
    if kind is bool:
        return rng.random(shape) < 0.3
    if np.dtype(kind).kind == "f":
        return rng.normal(1, 3, shape).astype(kind)
    return rng.integers(-3, 40, shape).astype(kind)


def _objects(rng: Random) -> Arguments:
    """Pixels of connected objects, with their values, on an image of some width."""
    width, objects, index = int(rng.integers(4, 30)), [], 0
    for _ in range(int(rng.integers(0, 5))):
        rows, columns = int(rng.integers(1, 9)), int(rng.integers(1, width))
        block = index + np.add.outer(np.arange(rows) * width, np.arange(columns)).ravel()
        objects.append(block)
        index = int(block[-1] // width + 2) * width
    pixels = np.concatenate([np.empty(0, np.int64), *objects]).astype(np.int64)
    start = np.cumsum([0, *(len(each) for each in objects)]).astype(np.int64)
    value = (1 + rng.exponential(5, len(pixels))).astype(np.float32)
    return {"index": pixels, "start": start, "width": width, "value": value,
            "threshold": np.ones(len(pixels), np.float32)}  # fmt: skip


def _runs(rng: Random) -> Arguments:
    image = rng.normal(0, 1, (int(rng.integers(1, 20)), int(rng.integers(1, 20))))
    found = _loops.find_runs(image.astype(np.float32), np.zeros(image.shape, np.float32))
    return {**found, "width": image.shape[1], "rows": image.shape[0]}


def _mark_bad(rng: Random) -> Arguments:
    sci, err, out = _images(rng, np.float32, np.float32, bool)
    return {"sci": sci, "err": err, "low": 0.0, "high": 1e30, "out": out}


def _to_variance(rng: Random) -> Arguments:
    err, bad = _images(rng, np.float32, bool)
    return {"err": err, "bad": bad, "power": int(rng.choice([2, 1, -1])), "factor": 2.0}


def _fill(rng: Random) -> Arguments:
    sci, variance, bad = _images(rng, np.float32, np.float32, bool)
    left = _values(rng, np.int16, bad.shape[1:])
    return {"sci": sci, "variance": variance, "bad": bad, "left_in_column": left}


def _count_down(rng: Random) -> Arguments:
    return {name: value for name, value in _fill(rng).items() if name in ("bad", "left_in_column")}


def _mark_dependent(rng: Random) -> Arguments:
    (bad,) = _images(rng, bool)
    return {"bad": bad, "out": np.zeros(bad.shape[1], bool)}


def _measure_meshes(rng: Random) -> Arguments:
    image, guide, bad = _images(rng, np.float32, np.float32, bool)
    size = int(rng.integers(1, 20))
    shape = (-(-image.shape[0] // size), -(-image.shape[1] // size))
    level, sigma = _images(rng, np.float32, np.float32, shape=shape)
    return {"image": image, "bad": bad, "guide": guide if rng.integers(2) else None,
            "size": size, "pearson": 2.5, "level": level, "sigma": sigma}  # fmt: skip


def _draw_spline(rng: Random) -> Arguments:
    (level,) = _images(rng, [np.float32, np.float64][int(rng.integers(2))])
    size = int(rng.integers(1, 20))
    (out,) = _images(rng, np.float32, shape=(min(5, level.shape[0] * size), 1))
    return {"level": level, "size": size, "y0": 0, "x0": 0, "out": out}


def _round_to_steps(rng: Random) -> Arguments:
    background, out = _images(rng, np.float32, np.int32)
    return {"background": background, "scale": 3.0, "out": out}


def _kernel(rng: Random) -> Any:
    return _images(rng, np.float32, shape=tuple(rng.integers(1, 8, 2).tolist()))[0]


def _filter_image(rng: Random) -> Arguments:
    image, out = _images(rng, np.float32, np.float32)
    return {"image": image, "kernel": _kernel(rng), "out": out}


def _set_thresholds(rng: Random) -> Arguments:
    variance, out = np.abs(rng.normal(0, 1, (2, 30)).astype(np.float32))
    return {"variance": variance, "factor": 1.5, "level": 0.5, "out": out}


def _find_runs(rng: Random) -> Arguments:
    filtered, threshold = _images(rng, np.float32, np.float32)
    return {"filtered": filtered, "threshold": threshold}


def _scan_rows(rng: Random) -> Arguments:
    image, variance = _images(rng, np.float32, np.float32)
    return {"image": image, "variance": variance, "kernel": _kernel(rng), "factor": 1.0,
            "level": 0.0, "first": 0, "stop": len(image)}  # fmt: skip


def _connect(rng: Random) -> Arguments:
    runs = _runs(rng)
    return {"start": runs["start"], "length": runs["length"], "width": runs["width"],
            "minarea": int(rng.integers(1, 9)), "open_row": runs["rows"] - 1}  # fmt: skip


def _gather(rng: Random) -> Arguments:
    runs = _runs(rng)
    lists = _loops.connect(runs["start"], runs["length"], runs["width"], 3, -1)
    return {"start": runs["start"], "length": runs["length"], "values": runs["values"], **lists}


def _pick(rng: Random) -> Arguments:
    runs = _runs(rng)
    lists = _loops.connect(runs["start"], runs["length"], runs["width"], 3, -1)
    shape = runs["rows"], runs["width"]
    return {"start": runs["start"], "length": runs["length"], **lists,
            "light": _values(rng, np.float32, shape), "variance": _values(rng, np.float32, shape),
            "bad": _values(rng, bool, shape), "top": 0, "left": 0,
            "width": runs["width"]}  # fmt: skip


def _take_runs(rng: Random) -> Arguments:
    runs = _runs(rng)
    return {"length": runs["length"], "values": runs["values"],
            "which": _values(rng, bool, runs["length"].shape)}  # fmt: skip


def _arrange(rng: Random) -> Arguments:
    found = _objects(rng)
    return {"order": rng.permutation(len(found["index"])), "index": found["index"],
            "value": found["value"], "threshold": found["threshold"]}  # fmt: skip


def _touch_edge(rng: Random) -> Arguments:
    found = _objects(rng)
    return {"index": found["index"], "start": found["start"],
            "core": rng.integers(0, np.diff(found["start"]) + 1), "ny": 30,
            "nx": found["width"]}  # fmt: skip


def _ascending(rng: Random) -> Arguments:
    found = _objects(rng)
    return {"order": rng.permutation(len(found["index"])), "start": found["start"]}


def _runs_of(rng: Random) -> Arguments:
    found = _objects(rng)
    return {"index": found["index"], "first": found["start"], "width": found["width"]}


def _draw_runs(rng: Random) -> Arguments:
    runs = _runs(rng)
    out = np.zeros((runs["rows"], int(rng.integers(1, 20))), np.int32)
    names = _values(rng, np.int32, runs["start"].shape)
    return {"out": out, "start": runs["start"], "length": runs["length"], "names": names,
            "top": 0, "left": int(rng.integers(0, 5)), "width": runs["width"]}  # fmt: skip


def _deblend(rng: Random) -> Arguments:
    return {**_objects(rng), "nthresh": int(rng.integers(1, 40)), "mincont": 0.001}


def _ellipses(rng: Random, n: int) -> Arguments:
    a, b = np.sort(rng.uniform(0.3, 6, (2, n)), axis=0)[::-1].copy()
    return {"x": rng.uniform(-3, 40, n), "y": rng.uniform(-3, 40, n), "a": a, "b": b,
            "cxx": 1 / a**2, "cyy": 1 / b**2, "cxy": np.zeros(n)}  # fmt: skip


def _clean(rng: Random) -> Arguments:
    n = int(rng.integers(0, 30))
    names = ("flux", "area", "threshold", "mark")
    return {**_ellipses(rng, n), **{name: rng.exponential(9, n) for name in names}, "beta": 1.0}


def _measure_moments(rng: Random) -> Arguments:
    return {name: value for name, value in _objects(rng).items() if name != "threshold"}


def _measure_shapes(rng: Random) -> Arguments:
    found = _objects(rng)
    moments = _loops.measure_moments(found["index"], found["value"], found["start"], found["width"])
    return {"value": found["value"], "threshold": found["threshold"], "start": found["start"],
            "moments": moments, "minarea": int(rng.integers(1, 9))}  # fmt: skip


def _measure_isophotes(rng: Random) -> Arguments:
    found = _objects(rng)
    ellipses = _ellipses(rng, len(found["start"]) - 1)
    return {"light": found["value"], "variance": found["threshold"], "index": found["index"],
            "start": found["start"], "ny": 200, "nx": found["width"],
            **{name: ellipses[name] for name in ("x", "y", "a", "b")},
            "saturation": np.full(len(found["start"]) - 1, 9.0),
            "sky": rng.normal(size=len(found["start"]) - 1), "analysis_factor": 1.0,
            "analysis_level": 0.5, "gain": 2.0, "noise2": 1.0,
            "weight_gain": bool(rng.integers(2))}  # fmt: skip


def _measure_level_areas(rng: Random) -> Arguments:
    found = _objects(rng)
    n = len(found["start"]) - 1
    return {"light": found["value"], "start": found["start"], "lowest": rng.uniform(0, 2, n),
            "peak": rng.uniform(1, 9, n), "levels": int(rng.integers(1, 65))}  # fmt: skip


def _measure_centroids(rng: Random) -> Arguments:
    found = _objects(rng)
    ellipses = _ellipses(rng, len(found["start"]) - 1)
    return {"value": found["value"], "index": found["index"], "start": found["start"],
            "nx": found["width"], "x": ellipses["x"], "y": ellipses["y"],
            "gain": float(rng.integers(2)), "noise2": 1.0}  # fmt: skip


def _measure_apertures(rng: Random) -> Arguments:
    image, variance, owner = _images(rng, np.float32, np.float32, np.int32)
    n, top, left = (int(each) for each in rng.integers(0, 6, 3))
    return {"image": image, "variance": np.abs(variance), "owner": owner, "top": top, "left": left,
            "ny": image.shape[0] + top, "nx": image.shape[1] + left,
            "number": np.arange(1, n + 1), **_ellipses(rng, n), "sky": rng.normal(size=n),
            "radii": rng.uniform(0, 9, 3),
            "kron_factor": 2.5, "kron_least": 3.5, "first_circle": 3.0, "second_circle": 3.0,
            "petro_factor": 2.0, "petro_least": 3.5, "light_parts": rng.uniform(0, 1, 2),
            "mask": int(rng.integers(3)), "gain": float(rng.integers(2)), "noise2": 1.0,
            "weight_gain": bool(rng.integers(2)),
            **{asked: bool(rng.integers(2)) for asked in
               ("kron", "growth", "window", "moments", "petro")},
            **{f"{kind}_reach": rng.normal(3, 2, n * int(rng.integers(2)))
               for kind in ("kron", "petro")}}  # fmt: skip


def _find_reaches(rng: Random) -> Arguments:
    names = (
        "image", "variance", "owner", "top", "left", "ny", "nx", "number", "x", "y", "a", "b",
        "cxx", "cyy", "cxy", "kron_factor", "kron_least", "petro_factor", "petro_least",
        "first_circle", "mask", "kron", "petro",
    )  # fmt: skip
    given = _measure_apertures(rng)
    return {name: given[name] for name in names}


def _rice(rng: Random) -> Arguments:
    (image,) = _images(rng, np.int32, shape=(int(rng.integers(1, 6)), 96))
    return {"image": image, "left": 32 * int(rng.integers(2)), "right": 96}


def _unrice(rng: Random) -> Arguments:
    given = _rice(rng)
    image, left, right = np.zeros_like(given["image"]), given["left"], given["right"]
    if rng.integers(2):
        return {"code": _loops.rice(**given), "image": image, "left": left, "right": right}
    code = _values(rng, np.uint8, (int(rng.integers(0, 99)),))
    return {"code": code, "image": image, "left": int(rng.integers(9)), "right": right}


def _turn_and_sum(rng: Random) -> Arguments:
    return {"words": _values(rng, np.uint32, (int(rng.integers(0, 99)),))}


def _read_rows(rng: Random) -> Arguments:
    (out,) = _images(rng, np.uint8, shape=(int(rng.integers(1, 40)), 4 * int(rng.integers(1, 10))))
    return {"file": THIS_FILE, "place": 0, "step": int(rng.integers(0, 99)),
            "are_words": bool(rng.integers(2)), "out": out}  # fmt: skip


def _digest_pair(_: Random) -> Arguments:
    return {"first": THIS_FILE, "second": THIS_FILE, "unwanted": np.zeros(1, np.uint8)}


def _keep_memory(rng: Random) -> Arguments:
    return {"stores": int(rng.integers(1, 9))}


def _add_to_stack(rng: Random) -> Arguments:
    sci, noise, total, second, count = _images(
        rng, np.float32, np.float32, np.float64, np.float64, np.uint8
    )
    return {"method": int(rng.integers(4)), "is_weight": bool(rng.integers(2)), "highest": 1e9,
            "sci": sci, "noise": noise, "scale": 2.0, "total": total, "second": second,
            "count": count}  # fmt: skip


def _finish_stack(rng: Random) -> Arguments:
    sci, err, wht, total, second, count = _images(
        rng, np.float32, np.float32, np.float32, np.float64, np.float64, np.uint8
    )
    mean, scatter = rng.random((2, 4))
    return {"method": int(rng.integers(4)), "mean": mean, "scatter": scatter, "total": total,
            "second": second, "count": count, "sci": sci, "err": err, "wht": wht}  # fmt: skip


def _measure_gaps(rng: Random) -> Arguments:
    return {"full": rng.random(tuple(rng.integers(1, 40, 2))) < 0.2}


def _find_empty_places(rng: Random) -> Arguments:
    ny, nx = (int(each) for each in rng.integers(7, 20, 2))
    halves = np.arange(int(rng.integers(1, 4)), dtype=np.int64)[::-1].copy()
    return {"gaps": _loops.measure_gaps(rng.random((ny, nx)) < 0.1), "halves": halves,
            "rows": np.arange(3, ny - 3), "columns": np.arange(3, nx - 3, 2)}  # fmt: skip


def _sum_circles(rng: Random) -> Arguments:
    (image,) = _images(rng, np.float32)
    x, y = rng.uniform(-3, 12, (2, 5))
    return {"image": image, "x": x, "y": y, "radius": float(rng.uniform(0, 5))}


def _find_nearest(rng: Random) -> Arguments:
    n, columns, rows, places = (int(each) for each in rng.integers(1, 9, 4))
    x, y = rng.uniform(0, columns, n), rng.integers(0, rows, n).astype(np.float64)
    number = np.lexsort((x, y))
    y, begin = np.unique(y[number], return_index=True)
    return {"x": x[number], "number": number, "y": y, "begin": np.append(begin, n),
            "at_x": rng.uniform(-9, 20, places), "at_y": rng.uniform(-9, 20, places),
            "count": int(rng.integers(1, n + 1))}  # fmt: skip


def _measure_deviations(rng: Random) -> Arguments:
    points = _find_nearest(rng)
    return {**_loops.find_nearest(**points), "count": points["count"],
            "values": rng.normal(size=len(points["x"])),
            "out": np.empty(len(points["at_x"]))}  # fmt: skip


def _deproject_tangent(rng: Random) -> Arguments:
    x, y = rng.normal(0, 3, (2, int(rng.integers(0, 9))))
    return {"x": x, "y": y, "longitude": 10.0, "latitude": float(rng.choice([-90.0, 3.0, 90.0])),
            "pole": 180.0}  # fmt: skip


def _halve(rng: Random) -> Arguments:
    (image,) = _images(rng, np.float32)
    shape = tuple((side + 1) // 2 for side in image.shape)
    return {"image": image, "out": np.empty(shape, np.float32)}


FITTING: dict[str, Callable[[Random], Arguments]] = {
    "mark_bad": _mark_bad, "to_variance": _to_variance, "fill": _fill, "count_down": _count_down,
    "mark_dependent": _mark_dependent, "measure_meshes": _measure_meshes,
    "draw_spline": _draw_spline,
    "round_to_steps": _round_to_steps, "filter_image": _filter_image,
    "set_thresholds": _set_thresholds, "find_runs": _find_runs, "scan_rows": _scan_rows,
    "connect": _connect, "gather": _gather, "pick": _pick, "ascending": _ascending,
    "take_runs": _take_runs, "arrange": _arrange, "touch_edge": _touch_edge, "runs_of": _runs_of,
    "draw_runs": _draw_runs, "deblend": _deblend, "clean": _clean,
    "measure_moments": _measure_moments, "measure_shapes": _measure_shapes,
    "measure_level_areas": _measure_level_areas, "measure_centroids": _measure_centroids,
    "measure_isophotes": _measure_isophotes, "measure_apertures": _measure_apertures,
    "find_reaches": _find_reaches, "find_nearest": _find_nearest,
    "measure_deviations": _measure_deviations,
    "measure_gaps": _measure_gaps, "find_empty_places": _find_empty_places,
    "sum_circles": _sum_circles, "add_to_stack": _add_to_stack, "finish_stack": _finish_stack,
    "deproject_tangent": _deproject_tangent,
    "rice": _rice, "unrice": _unrice, "turn_and_sum": _turn_and_sum, "halve": _halve,
    "read_rows": _read_rows,
    "digest_pair": _digest_pair, "keep_memory": _keep_memory,
}  # fmt: skip


def _spoiled(value: Any, pick: random.Random) -> Any:
    """Make an argument that may not fit: another value, size, type, order or kind."""
    if not isinstance(value, np.ndarray):
        like: list[Any] = [*FLOATS] if isinstance(value, float) else [*NUMBERS]
        unlike: list[Any] = [None, "text", b"x", [1, 2], 2**70, *NUMBERS, *FLOATS]
        return pick.choice(like if pick.random() < 0.8 else unlike)
    kind = pick.choice(["contents"] * 6 + ["size", "type", "layout", "no array"])
    if kind == "contents" and value.size:
        spoiled = value.copy()
        for _ in range(pick.randint(1, 3)):
            place = pick.randrange(value.size)
            if value.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    spoiled.flat[place] = pick.choice(FLOATS)
            elif value.dtype.kind == "i":
                limits = np.iinfo(value.dtype)
                spoiled.flat[place] = min(max(pick.choice(NUMBERS), limits.min), limits.max)
        return spoiled
    if kind == "size":
        shape = tuple(max(n + pick.choice([-1, 1, 5]), 0) for n in value.shape)
        return np.resize(value, shape) if value.size else np.zeros(shape, value.dtype)
    if kind == "type":
        with np.errstate(all="ignore"):
            return value.astype(pick.choice(TYPES))
    if kind == "layout":
        doubled = np.repeat(value, 2, axis=-1)
        return pick.choice(
            [np.asfortranarray(value), doubled[..., ::2], value[None], value[..., :0]]
        )
    return pick.choice([None, value.tolist(), "text", 3, np.float32(1), object()])


def _fuzz(name: str, seed: int, most_spoiled: int) -> str:
    """Call a loop; what came of it."""
    rng, pick = np.random.default_rng(seed), random.Random(seed)
    given = FITTING[name](rng)
    for each in pick.sample(sorted(given), min(pick.randint(0, most_spoiled), len(given))):
        given[each] = _spoiled(given[each], pick)
    try:
        getattr(_loops, name)(**given)
    except ERRORS as error:
        return type(error).__name__
    return "returned"


def test_every_loop_is_fuzzed() -> None:
    assert sorted(FITTING) == LOOPS


@pytest.mark.parametrize("name", LOOPS)
def test_what_fits_is_taken(name: str) -> None:
    assert {_fuzz(name, seed, 0) for seed in range(20)} == {"returned"}


def test_no_argument_ends_the_process() -> None:
    """All loops in a process of its own, which says what it calls before it does."""
    done = subprocess.run(
        [sys.executable, *FLAGS, __file__, str(ROUNDS)],
        capture_output=True, text=True, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, f"at {done.stdout[-300:]}: {done.stderr[-3000:]}"
    assert done.stdout.endswith("all returned or raised\n")


if __name__ == "__main__":
    for loop in LOOPS:
        for number in range(int(sys.argv[1])):
            sys.stdout.write(f"{loop} {number}\n")
            sys.stdout.flush()
            _fuzz(loop, number, 3)
    sys.stdout.write("all returned or raised\n")
