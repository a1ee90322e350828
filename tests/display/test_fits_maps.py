"""Maps for the screen stay in their files, and what becomes of a file ends no process."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.display.fits_maps import ImageOnDisk, LostPixelsWarning, open_image, open_levels

SHAPE = (700, 530)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).normal(size=SHAPE)


@pytest.fixture(params=["f4", "f8"])
def path(request: pytest.FixtureRequest, tmp_path: Path, pixels: np.ndarray) -> Path:
    fits.writeto(tmp_path / "a.fits", pixels.astype(request.param))
    return tmp_path / "a.fits"


@pytest.mark.parametrize(
    "key",
    [
        np.s_[:],
        np.s_[3],
        np.s_[-1, 5],
        np.s_[np.int64(4), :],
        np.s_[10:400, 20:500],
        np.s_[10:400:7],
        np.s_[5:2],
        np.s_[5:2:2, 3],
        np.s_[::100, ::50],
        np.s_[:, -3:],
        np.s_[..., 4],
        np.s_[::-1, 3:9],
        np.s_[[3, 5], [7, 9]],
    ],
    ids=str,
)
def test_an_image_in_its_file_is_read_like_an_array(path: Path, key: Any) -> None:
    image, whole = open_image(path, 0), fits.getdata(path)
    assert isinstance(image, ImageOnDisk)
    assert (image.shape, image.ndim, len(image), image.size) == (SHAPE, 2, SHAPE[0], whole.size)
    found = image[key]
    np.testing.assert_array_equal(found, whole[key])
    assert found.dtype == image.dtype == whole.dtype.newbyteorder("=")
    np.testing.assert_array_equal(np.asarray(image), whole)


def test_a_place_outside_of_an_image_is_refused(path: Path) -> None:
    with pytest.raises(IndexError):
        open_image(path, 0)[SHAPE[0], 3]


@pytest.mark.parametrize("harm", ["cut", "replace", "remove"])
def test_pixels_that_are_lost_are_blank_and_told_once(path: Path, harm: str) -> None:
    levels = open_levels(path, 0)
    harms: dict[str, Callable[[], Any]] = {
        "cut": lambda: os.truncate(path, 20_000),
        "replace": lambda: fits.writeto(path, np.ones(SHAPE, "f4"), overwrite=True),
        "remove": path.unlink,
    }
    harms[harm]()
    with pytest.warns(LostPixelsWarning, match=r"a\.fits .*, so its pixels are blank; .*"):
        part = levels[0][600:, 100:103]
    assert part.shape == (100, 3)
    assert np.isnan(part).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(levels[0][5, 5])
    # what was made of it before stays
    assert np.isfinite(levels[1]).all()


def test_a_file_that_is_cut_while_it_is_looked_at_ends_no_process(path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
import numpy as np
from skyseg.display.fits_maps import open_levels
path = Path(sys.argv[1])
levels = open_levels(path, 0)
os.truncate(path, 9000)
print(np.isnan(np.array(levels[0])).all())
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert "a.fits was changed, so its pixels are blank; open it again" in done.stderr
