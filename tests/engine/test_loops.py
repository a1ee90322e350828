"""The compiled loops: what they take, and steps of deblending that nothing else shows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

import skyseg
from skyseg import _loops
from skyseg._loops import deblend, draw_spline, filter_image, rice
from skyseg.engine import bad_pixels
from skyseg.engine.flags import Flag

# as this process runs: see scripts/with_sanitizers.sh
FLAGS = ["-S"] if sys.flags.no_site else []
MASKS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(2, 12)))


def test_the_stub_names_what_the_module_holds() -> None:
    stub = ast.parse((Path(skyseg.__file__).parent / "_loops.pyi").read_text(encoding="utf-8"))
    named = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    named |= {str(node.target.id) for node in stub.body if isinstance(node, ast.AnnAssign)}
    assert named == {name for name in dir(_loops) if not name.startswith("_")}


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 64), np.int64),
        np.zeros((4, 64), ">i4"),
        np.zeros((4, 128), np.int32)[:, ::2],
        np.zeros(64, np.int32),
        [[0] * 64] * 4,
    ],
    ids=["type", "byte order", "not contiguous", "dimension", "no array"],
)
def test_an_array_that_does_not_fit_is_refused_and_not_copied(image: npt.NDArray[np.int32]) -> None:
    with pytest.raises(TypeError, match=r"^image: .* contiguous array of int32 with 2 dimensions"):
        rice(image, 0, 64)


def test_an_array_that_is_not_aligned_is_read_but_not_written() -> None:
    values = np.arange(4 * 64, dtype=np.int32).reshape(4, 64)
    shifted = np.frombuffer(b"0" + values.tobytes(), np.uint8)[1:].view(np.int32).reshape(4, 64)
    assert not shifted.flags.aligned
    np.testing.assert_array_equal(rice(shifted, 0, 64), rice(values, 0, 64))
    out = np.zeros(4 * 64 * 4 + 1, np.uint8)[1:].view(np.int32).reshape(4, 64)
    with pytest.raises(TypeError, match=r"^out: .* that is not aligned$"):
        _loops.round_to_steps(np.zeros((4, 64), np.float32), 1, out)


def test_the_radii_of_ellipses_in_a_part_of_an_image_are_those_in_a_copy_of_it() -> None:
    image, variance = np.random.default_rng(4).normal(5, 1, (2, 60, 80)).astype(np.float32) ** 2
    part = slice(5, 55), slice(12, 70)
    given = {
        "owner": np.zeros((50, 58), np.int32), "top": 0, "left": 0, "ny": 50, "nx": 58,
        "number": np.arange(1, 3), "x": np.array([20.3, 31.0]), "y": np.array([25.1, 20.7]),
        "a": np.full(2, 2.0), "b": np.full(2, 1.5), "cxx": np.full(2, 0.25),
        "cyy": np.full(2, 0.4), "cxy": np.full(2, 0.1), "kron_factor": 2.5, "kron_least": 0.5,
        "petro_factor": 2.0, "petro_least": 0.5, "first_circle": 0.0, "mask": 2, "kron": True,
        "petro": True,
    }  # fmt: skip
    found = _loops.find_reaches(image=image[part], variance=variance[part], **given)
    copied = _loops.find_reaches(image=image[part].copy(), variance=variance[part].copy(), **given)
    assert (found["kron"] > 0.5).all()
    for name, values in copied.items():
        assert found[name].tobytes() == values.tobytes()
    with pytest.raises(TypeError, match=r"^variance: .* that is not contiguous$"):
        _loops.find_reaches(image=image[part], variance=variance[part][:, ::-1], **given)


@pytest.mark.parametrize("radius", [1e19, 2e19, 1e30, 1e300])
def test_a_circle_however_large_has_the_pixels_of_the_image_and_no_more(radius: float) -> None:
    image = np.ones((9, 13), np.float32)
    x, y = np.array([3.0, 7.0, -2.0, 20.0]), np.array([3.0, 4.0, 4.0, 100.0])
    sums = _loops.sum_circles(image=image, x=x, y=y, radius=radius)
    np.testing.assert_array_equal(sums, image.size)


def test_an_array_that_may_not_be_written_is_not_filled() -> None:
    out = np.zeros((2, 8), np.float32)
    out.flags.writeable = False
    with pytest.raises(TypeError, match=r"^out: .* that is not writeable$"):
        draw_spline(np.ones((1, 1), np.float32), 8, 0, 0, out)
    assert not out.any()


def test_what_is_read_is_not_written_at_once() -> None:
    image = np.zeros((4, 8), np.float32)
    with pytest.raises(ValueError, match=r"^out: shares memory with image$"):
        filter_image(image, np.ones((1, 1), np.float32), image)


@pytest.mark.parametrize("name", ["image", "left", "right"])
def test_arguments_have_names(name: str) -> None:
    given = {"image": np.zeros((2, 32), np.int32), "left": 0, "right": 32}
    assert rice(**given).size
    assert f"{name}:" in str(rice.__doc__)


def test_a_constant_stands_in_the_module_alone() -> None:
    assert bad_pixels.INTERPOLATION_LENGTH == _loops.INTERPOLATION_LENGTH
    assert bad_pixels.BAD_VARIANCE == np.float32(_loops.BAD_VARIANCE) == np.float32(1e30)
    assert [int(flag) for flag in Flag] == [1, 2, 4, 8, 16, 32]
    assert not _loops.BEYOND_SCENE & sum(Flag)


@settings(deadline=None, max_examples=150)
@given(mask=MASKS)
def test_a_source_lists_its_pixels_as_the_scan_joins_its_parts(mask: npt.NDArray[np.bool_]) -> None:
    components, n = ndimage.label(mask, np.ones((3, 3)))
    for k in range(1, n + 1):
        index = np.flatnonzero(components == k)
        found = index[_scan_order(index, mask.shape[1])]
        assert found.tolist() == _listed_by_hand(components == k)


def test_a_part_that_starts_left_of_the_rows_above_comes_first() -> None:
    mask = np.array([[0, 1, 1], [1, 1, 1], [0, 1, 0]], bool)
    index = np.flatnonzero(mask)
    assert index[_scan_order(index, 3)].tolist() == [3, 1, 2, 4, 5, 7]


def _scan_order(index: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.int64]:
    """Order of the pixels of a region that is one source: all are as bright."""
    value, start = np.ones(len(index), np.float32), np.array([0, len(index)])
    found = deblend(index, value, value, start, width, nthresh=1, mincont=0.005)
    assert found["parent"].tolist() == [0]
    return found["order"]


def _listed_by_hand(mask: npt.NDArray[np.bool_]) -> list[int]:
    """Sweep the rows pixel by pixel, with plain lists for the parts."""
    parts: list[list[int]] = []
    for y in range(mask.shape[0]):
        met = {id(part): _leftmost(part, y - 1, mask.shape[1]) for part in parts}
        running: list[int] | None = None
        for x in range(mask.shape[1] + 1):
            inside = x < mask.shape[1] and bool(mask[y, x])
            above = _part_at(parts, y - 1, x, mask.shape[1])
            starts = above is not None and _part_at(parts, y - 1, x - 1, mask.shape[1]) is None
            if inside and running is None:
                near = [_part_at(parts, y - 1, column, mask.shape[1]) for column in (x - 1, x)]
                running = next((part for part in near if part is not None), None)
                if running is None:
                    running = []
                    parts.append(running)
                    met[id(running)] = x
            if running is not None and starts and above is not running:
                assert above is not None
                first, second = sorted((running, above), key=lambda part: met[id(part)])
                first.extend(second)
                parts = [part for part in parts if part is not second]
                running = first
            if inside:
                assert running is not None
                running.append(y * mask.shape[1] + x)
            else:
                running = None
    assert len(parts) == 1
    return parts[0]


def _part_at(parts: list[list[int]], y: int, x: int, width: int) -> list[int] | None:
    if y < 0 or not 0 <= x < width:
        return None
    return next((part for part in parts if y * width + x in part), None)


def _leftmost(part: list[int], y: int, width: int) -> int:
    return min((pixel % width for pixel in part if pixel // width == y), default=-1)


_IN_ANOTHER = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import sys
code = [
    "import sys",
    f"sys.path = {sys.path!r}",
    "try:",
    "    import skyseg._loops",
    "except ImportError:",
    "    print('refused')",
]
interpreters.run_string(interpreters.create(), "\\n".join(code))
"""


def test_an_interpreter_other_than_the_first_is_refused() -> None:
    for before in ("", "import skyseg._loops"):
        done = subprocess.run(
            [sys.executable, *FLAGS, "-c", before + _IN_ANOTHER],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout == "refused\n", done.stderr
