"""The engine's loops, compiled from ``cpp``: what engine and products call them with.

Arrays are contiguous and of just the type that is named. A function that returns
nothing fills or changes some of them in place. The interpreter's lock is not held
meanwhile.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

_Floats: TypeAlias = npt.NDArray[np.float32]
_Doubles: TypeAlias = npt.NDArray[np.float64]
_Ints: TypeAlias = npt.NDArray[np.int64]
_Numbers: TypeAlias = npt.NDArray[np.int32]
_Counts: TypeAlias = npt.NDArray[np.int16]
_Mask: TypeAlias = npt.NDArray[np.bool_]
# `Scene.flat`
_Scene: TypeAlias = tuple[Any, ...]
# x, y, a, b, cxx, cyy, cxy
_Ellipses: TypeAlias = tuple[_Doubles, ...]
# radii of the circles; PHOT_AUTOPARAMS, PHOT_AUTOAPERS, PHOT_FLUXFRAC; the kind of mask; gain
# and the squared noise that it refers to; `FLAG_BITS`
_Rules: TypeAlias = tuple[Any, ...]
# `Photometry`, field by field
_Photometry: TypeAlias = tuple[_Doubles | _Ints, ...]

def mark_bad(sci: _Floats, err: _Floats, limit: float, out: _Mask, /) -> None: ...
def to_variance(err: _Floats, bad: _Mask, is_rms: bool, factor: float, /) -> None: ...
def fill(sci: _Floats, variance: _Floats, bad: _Mask, left_in_column: _Counts, /) -> None: ...
def count_down(bad: _Mask, left_in_column: _Counts, /) -> None: ...
def measure_meshes(
    image: _Floats, bad: _Mask, guide: _Floats, guided: bool, size: int, level: _Floats,
    sigma: _Floats, /,
) -> None: ...  # fmt: skip
def draw_spline(level: _Doubles, size: int, y0: int, x0: int, out: _Floats, /) -> None: ...
def round_to_steps(background: _Floats, scale: float, out: _Numbers, /) -> None: ...
def filter_image(image: _Floats, kernel: _Floats, out: _Floats, /) -> None: ...
def set_thresholds(variance: _Floats, factor: float, out: _Floats, /) -> None: ...
def find_runs(filtered: _Floats, threshold: _Floats, /) -> tuple[_Ints, _Ints, _Floats]: ...
def scan_rows(
    image: _Floats, variance: _Floats, kernel: _Floats, factor: float, first: int, stop: int, /
) -> tuple[_Ints, _Ints, _Floats]: ...
def connect(
    start: _Ints, length: _Ints, width: int, minarea: int, open_row: int, /
) -> tuple[_Ints, _Ints]: ...
def gather(
    start: _Ints, length: _Ints, values: _Floats, place: _Ints, first: _Ints, /
) -> tuple[_Ints, _Floats]: ...
def ascending(order: _Ints, start: _Ints, /) -> _Ints: ...
def runs_of(index: _Ints, first: _Ints, width: int, /) -> tuple[_Ints, _Ints, _Ints]: ...
def draw_runs(
    out: _Numbers, start: _Ints, length: _Ints, names: _Numbers, top: int, left: int, width: int, /
) -> None: ...
def scan_order(index: _Ints, width: int, /) -> _Ints: ...
def neighbours(index: _Ints, width: int, /) -> _Ints: ...
def deblend(
    index: _Ints, value: _Floats, threshold: _Floats, start: _Ints, width: int, nthresh: int,
    mincont: float, /,
) -> tuple[_Ints, _Ints, _Ints, _Ints, _Doubles]: ...  # fmt: skip
def clean(
    x: _Doubles, y: _Doubles, a: _Doubles, b: _Doubles, cxx: _Doubles, cyy: _Doubles,
    cxy: _Doubles, flux: _Doubles, area: _Doubles, threshold: _Doubles, mark: _Doubles,
    size_class: _Ints, beta: float, /,
) -> tuple[_Ints, _Ints]: ...  # fmt: skip
def measure_moments(index: _Ints, value: _Floats, start: _Ints, width: int, /) -> _Doubles: ...
def measure_shapes(
    value: _Floats, threshold: _Floats, start: _Ints, moments: _Doubles, minarea: int,
    out: _Doubles, /,
) -> None: ...  # fmt: skip
def measure_isophotes(
    light: _Floats, variance: _Floats, index: _Ints, start: _Ints, ny: int, nx: int, x: _Doubles,
    y: _Doubles, a: _Doubles, b: _Doubles, thresh: float, saturation: float, saturated: int,
    gain: float, noise2: float, /,
) -> tuple[_Doubles, _Doubles, _Doubles, _Ints, _Ints, _Ints, _Ints, _Ints, _Ints]: ...  # fmt: skip
def measure_apertures(
    scene: _Scene, numbers: _Ints, ellipses: _Ellipses, rules: _Rules, out: _Photometry, /
) -> None: ...
def rice(image: _Numbers, left: int, right: int, /) -> npt.NDArray[np.uint8]: ...
