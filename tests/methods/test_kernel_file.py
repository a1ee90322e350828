"""Detection kernels from SExtractor's .conv files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skyseg import engine, methods
from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods.base import Request
from skyseg.methods.kernel_file import read_kernel


@pytest.fixture
def conv(tmp_path: Path) -> Path:
    return tmp_path / "own.conv"


def test_a_file_gives_its_rows_and_whether_they_are_normalised(conv: Path) -> None:
    conv.write_text("CONV NONORM\n# a comment\n\n1 -2 0.5  # of a row\n3e-1\t4 5\n")
    assert read_kernel(conv) == Kernel("own", ((1.0, -2.0, 0.5), (0.3, 4.0, 5.0)), norm=False)
    conv.write_bytes(b"CONV NORM\r\n1 2 1\r\n")
    assert read_kernel(str(conv)) == Kernel("own", ((1.0, 2.0, 1.0),))


@pytest.mark.parametrize("comment", ["# Größe", "# from 2 \x85 5 \xa0 pixels", "# a\x0cb"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_comments_may_be_in_latin_1_and_in_utf_8(conv: Path, comment: str, encoding: str) -> None:
    conv.write_bytes(f"{comment}\r\nCONV NORM\n1 2 1  {comment}\n".encode(encoding))
    assert read_kernel(conv) == Kernel("own", ((1.0, 2.0, 1.0),))


@pytest.mark.parametrize("first", ["CONV", "CONV norm", "CONV nonorm"])
def test_a_file_that_does_not_say_it_is_normalised_with_a_warning(
    conv: Path, first: str, caplog: pytest.LogCaptureFixture
) -> None:
    conv.write_text(f"{first}\n1 2 1\n")
    assert read_kernel(conv).norm
    assert f"{conv} line 1 says '{first}'" in caplog.text.replace(": says", " says")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "own.conv line 1: does not begin with CONV"),
        ("\n1 2 1\n", "own.conv line 2: does not begin with CONV"),
        ("CONV NORM\n", "own.conv: weights are no table of numbers"),
        ("CONV NORM\n1 2 1\n1 2\n", "line 3: has 2 weights, the rows before 3"),
        ("CONV NORM\n1 2 x\n", "line 2: holds what is no number: '1 2 x'"),
        ("CONV NORM\n\x7fELF\n", "line 2: holds what is no number"),
        ("CONV NORM\n1,2,1\n", "line 2: holds what is no number"),
        ("CONV NORM\n1 nan 1\n", "own.conv: weights are not all finite"),
        ("CONV NORM\n0 0\n", "own.conv: weights are all 0"),
        ("CONV NORM\n" + 33 * (32 * "1 " + "\n"), "weights are 33 rows of 32; give at most 1024"),
    ],
)
def test_what_is_no_kernel_is_refused_by_file_and_line(conv: Path, text: str, said: str) -> None:
    conv.write_text(text)
    with pytest.raises(ParameterError) as error:
        read_kernel(conv)
    assert said in str(error.value)


def test_a_file_that_cannot_be_read_is_named(conv: Path) -> None:
    with pytest.raises(ParameterError, match=r"own.conv: cannot be read as a kernel \(No such"):
        read_kernel(conv)


@pytest.mark.parametrize(
    "kernel",
    [
        Kernel("edge", ((-1.0, 2.0, -1.0), (-1.0, 5.0, -2.0), (0.0, 1.0, 0.0))),
        Kernel("even", ((0.2, 0.9, 0.7, 0.1), (0.4, 1.0, 0.8, 0.3)), norm=False),
        Kernel("tall", tuple((0.1 + k % 4, 1.0 + k % 3) for k in range(9))),
        Kernel("large", tuple(tuple(1.0 + (j * k) % 5 for k in range(31)) for j in range(31))),
    ],
    ids=lambda kernel: kernel.name,
)
def test_a_kernel_of_ones_own_finds_the_pixels_that_sextractor_finds(kernel: Kernel) -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:120, :90]
    image = rng.normal(size=y.shape)
    for at, flux, width in (((40, 30), 60, 2.0), ((80, 60), 20, 3.0), ((60, 5), 15, 1.5)):
        image += flux * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * width**2))
    weight = (0.5 + x / 90.0).astype(np.float32)
    weight[20:60, 50:56] = 0
    request = Request(
        sci=image.astype(np.float32), err=weight, err_type="wht", aper_diams=(5.0,), pix_scale=1.0,
        zero_point=np.nan, sky=None,
        parameters=Parameters(filter_name=kernel, detect_thresh=1.2, detect_minarea=3),
    )  # fmt: skip
    theirs = methods.run("sextractor", request).seg
    assert theirs is not None
    assert (theirs > 0).sum() > 50
    found = engine.segment_image(
        request.sci, weight, "wht", request.parameters, strip_rows=16
    )  # fmt: skip
    np.testing.assert_array_equal(found.labels > 0, theirs > 0)
