"""The engine's loops, compiled from ``cpp``: what engine, products and display call them with.

Arrays are contiguous and of just the type that is named. One of another type or number
of dimensions is a TypeError, one of another size, or with values that no call may hold,
a ValueError; both begin with the argument's name. A function that returns nothing fills
or changes some arrays in place. The interpreter's lock is not held meanwhile.
"""

from typing import TypedDict

from numpy import uint8, uint32
from numpy.typing import NDArray

from skyseg.engine.types import (
    BoolArray,
    BoolImage,
    ByteImage,
    Columns,
    CountArray,
    FloatArray,
    FloatImage,
    Int32Array,
    IntArray,
    LabelImage,
)

BAD_VARIANCE: float
INTERPOLATION_LENGTH: int
EMPTY_MESH: float
MOST_THRESHOLDS: int
RICE_BLOCK: int
MASK_NONE: int
MASK_BLANK: int
MASK_CORRECT: int
CROWDED: int
MERGED: int
SATURATED: int
TRUNCATED: int
APERTURE_INCOMPLETE: int
NOT_COVERED: int
BEYOND_SCENE: int
STACK_IVW: int
STACK_CHI: int
STACK_CHI_MEAN: int
STACK_MAX_SNR: int

class _Directions(TypedDict):
    longitude: FloatArray
    latitude: FloatArray

class _Foreground(TypedDict):
    start: IntArray
    length: IntArray
    values: FloatImage

class _Lists(TypedDict):
    place: IntArray
    first: IntArray

class _Pixels(TypedDict):
    index: IntArray
    values: FloatImage

class _Picked(_Pixels):
    covered: ByteImage

class _Listed(TypedDict):
    index: IntArray
    value: FloatImage
    threshold: FloatImage

class _Runs(TypedDict):
    start: IntArray
    length: IntArray
    source: IntArray

class _Deblended(TypedDict):
    order: IntArray
    start: IntArray
    parent: IntArray
    core: IntArray
    moments: FloatArray

class _Cleaned(TypedDict):
    absorber: IntArray
    trigger: IntArray

class _Shapes(TypedDict):
    x: FloatArray
    y: FloatArray
    a: FloatArray
    b: FloatArray
    theta: FloatArray
    cxx: FloatArray
    cyy: FloatArray
    cxy: FloatArray
    flux: FloatArray
    peak: FloatArray
    threshold: FloatArray
    mark: FloatArray
    area: FloatArray

class _Reaches(TypedDict):
    kron: FloatArray
    petro: FloatArray
    kron_flags: IntArray
    petro_flags: IntArray

class _Photometry(TypedDict):
    aper: FloatArray
    aper_error: FloatArray
    auto: FloatArray
    auto_error: FloatArray
    kron: FloatArray
    petro: FloatArray
    petro_error: FloatArray
    petro_radius: FloatArray
    radius: FloatArray
    win_x: FloatArray
    win_y: FloatArray
    win: FloatArray
    win_variance: FloatArray
    win_xx: FloatArray
    win_yy: FloatArray
    win_xy: FloatArray
    win_error_xx: FloatArray
    win_error_yy: FloatArray
    win_error_xy: FloatArray
    win_steps: IntArray
    flags: IntArray

class PointRuns(TypedDict):
    first: Int32Array
    stop: Int32Array
    begin: IntArray

def mark_bad(sci: FloatImage, err: FloatImage, low: float, high: float, out: BoolImage) -> None: ...
def to_variance(err: FloatImage, bad: BoolImage, power: int, factor: float) -> None: ...
def fill(
    sci: FloatImage, variance: FloatImage, bad: BoolImage, left_in_column: CountArray
) -> None: ...
def count_down(bad: BoolImage, left_in_column: CountArray) -> None: ...
def mark_dependent(bad: BoolImage, out: BoolArray) -> None: ...
def measure_meshes(
    image: FloatImage, bad: BoolImage, guide: FloatImage | None, size: int, pearson: float,
    level: FloatImage, sigma: FloatImage,
) -> None: ...  # fmt: skip
def draw_spline(
    level: FloatImage | FloatArray, size: int, y0: int, x0: int, out: FloatImage
) -> None: ...
def round_to_steps(background: FloatImage, scale: float, out: Int32Array) -> None: ...
def filter_image(image: FloatImage, kernel: FloatImage, out: FloatImage) -> None: ...
def set_thresholds(variance: FloatImage, factor: float, level: float, out: FloatImage) -> None: ...
def find_runs(filtered: FloatImage, threshold: FloatImage) -> _Foreground: ...
def scan_rows(
    image: FloatImage, variance: FloatImage, kernel: FloatImage, factor: float, level: float,
    first: int, stop: int,
) -> _Foreground: ...  # fmt: skip
def connect(
    start: IntArray, length: IntArray, width: int, minarea: int, open_row: int
) -> _Lists: ...
def gather(
    start: IntArray, length: IntArray, values: FloatImage, place: IntArray, first: IntArray
) -> _Pixels: ...
def pick(
    start: IntArray, length: IntArray, place: IntArray, first: IntArray, light: FloatImage,
    variance: FloatImage, bad: BoolImage, top: int, left: int, width: int,
) -> _Picked: ...  # fmt: skip
def take_runs(length: IntArray, values: FloatImage, which: BoolImage) -> FloatImage: ...
def arrange(
    order: IntArray, index: IntArray, value: FloatImage, threshold: FloatImage
) -> _Listed: ...
def touch_edge(index: IntArray, start: IntArray, core: IntArray, ny: int, nx: int) -> ByteImage: ...
def ascending(order: IntArray, start: IntArray) -> IntArray: ...
def runs_of(index: IntArray, first: IntArray, width: int) -> _Runs: ...
def draw_runs(
    out: LabelImage, start: IntArray, length: IntArray, names: Int32Array, top: int, left: int,
    width: int,
) -> None: ...  # fmt: skip
def deblend(
    index: IntArray, value: FloatImage, threshold: FloatImage, start: IntArray, width: int,
    nthresh: int, mincont: float,
) -> _Deblended: ...  # fmt: skip
def clean(
    *, x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray, cxx: FloatArray,
    cyy: FloatArray, cxy: FloatArray, flux: FloatArray, area: FloatArray, threshold: FloatArray,
    mark: FloatArray, beta: float,
) -> _Cleaned: ...  # fmt: skip
def measure_moments(
    index: IntArray, value: FloatImage, start: IntArray, width: int
) -> FloatArray: ...
def measure_shapes(
    *, value: FloatImage, threshold: FloatImage, start: IntArray, moments: FloatArray,
    minarea: int,
) -> _Shapes: ...  # fmt: skip
def measure_isophotes(
    *, light: FloatImage, variance: FloatImage, index: IntArray, start: IntArray, ny: int,
    nx: int, x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray, saturation: FloatArray,
    sky: FloatArray, analysis_factor: float, analysis_level: float, gain: float, noise2: float,
    weight_gain: bool,
) -> Columns: ...  # fmt: skip
def measure_level_areas(
    *, light: FloatImage, start: IntArray, lowest: FloatArray, peak: FloatArray, levels: int
) -> IntArray: ...
def measure_centroids(
    *, value: FloatImage, index: IntArray, start: IntArray, nx: int, x: FloatArray, y: FloatArray,
    gain: float, noise2: float,
) -> Columns: ...  # fmt: skip
def measure_apertures(
    *, image: FloatImage, variance: FloatImage, owner: LabelImage, top: int, left: int, ny: int,
    nx: int, number: IntArray, x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray,
    cxx: FloatArray, cyy: FloatArray, cxy: FloatArray, sky: FloatArray, radii: FloatArray,
    kron_factor: float,
    kron_least: float, petro_factor: float, petro_least: float, first_circle: float,
    second_circle: float, light_parts: FloatArray, mask: int, gain: float, noise2: float,
    weight_gain: bool, kron: bool, growth: bool, window: bool, moments: bool, petro: bool,
    kron_reach: FloatArray, petro_reach: FloatArray,
) -> _Photometry: ...  # fmt: skip
def find_reaches(
    *, image: FloatImage, variance: FloatImage, owner: LabelImage, top: int, left: int, ny: int,
    nx: int, number: IntArray, x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray,
    cxx: FloatArray, cyy: FloatArray, cxy: FloatArray, kron_factor: float, kron_least: float,
    petro_factor: float, petro_least: float, first_circle: float, mask: int, kron: bool,
    petro: bool,
) -> _Reaches: ...  # fmt: skip
def measure_gaps(full: BoolImage) -> LabelImage: ...
def find_empty_places(
    *, gaps: LabelImage, rows: IntArray, columns: IntArray, halves: IntArray
) -> BoolImage: ...
def sum_circles(
    *, image: FloatImage, x: FloatArray, y: FloatArray, radius: float
) -> FloatArray: ...
def find_nearest(
    *, x: FloatArray, number: IntArray, y: FloatArray, begin: IntArray, at_x: FloatArray,
    at_y: FloatArray, count: int,
) -> PointRuns: ...  # fmt: skip
def measure_deviations(
    *, first: Int32Array, stop: Int32Array, begin: IntArray, count: int, values: FloatArray,
    out: FloatArray,
) -> None: ...  # fmt: skip
def deproject_tangent(
    *, x: FloatArray, y: FloatArray, longitude: float, latitude: float, pole: float
) -> _Directions: ...
def add_to_stack(
    *, method: int, is_weight: bool, highest: float, sci: FloatImage, noise: FloatImage,
    scale: float, total: FloatArray, second: FloatArray, count: ByteImage,
) -> None: ...  # fmt: skip
def finish_stack(
    *, method: int, mean: FloatArray, scatter: FloatArray, total: FloatArray, second: FloatArray,
    count: ByteImage, sci: FloatImage, err: FloatImage, wht: FloatImage,
) -> None: ...  # fmt: skip
def halve(*, image: FloatImage, out: FloatImage) -> None: ...
def read_rows(*, file: int, place: int, step: int, are_words: bool, out: NDArray[uint8]) -> int: ...
def digest_pair(
    *, first: int, second: int, unwanted: NDArray[uint8]
) -> tuple[bytes, bytes] | None: ...
def keep_memory(*, stores: int) -> None: ...
def turn_and_sum(*, words: NDArray[uint32]) -> int: ...
def rice(image: LabelImage, left: int, right: int) -> NDArray[uint8]: ...
def unrice(code: NDArray[uint8], image: LabelImage, left: int, right: int) -> bool: ...
