"""Rice coding: what astropy reads is what was packed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skyseg.products._packing import PackedCanvas
from skyseg.products._rice import rice
from skyseg.products.fits_files import read_map

ANY = st.integers(-(2**31), 2**31 - 1)
SMALL = st.integers(-3, 3)


@settings(max_examples=60, deadline=None)
@given(
    values=st.one_of(
        arrays.arrays(np.int32, st.integers(1, 300), elements=SMALL),
        arrays.arrays(np.int32, st.integers(1, 300), elements=ANY, fill=st.just(0)),
        arrays.arrays(np.int32, st.integers(1, 300), elements=st.sampled_from([0, 5, 2**27])),
    )
)
def test_astropy_reads_what_was_coded(
    tmp_path_factory: pytest.TempPathFactory, map_hdus: Callable[..., fits.HDUList], values
) -> None:
    path = tmp_path_factory.mktemp("rice") / "map.fits"
    map_hdus("SEG", values[np.newaxis], fits.Header()).writeto(path)
    np.testing.assert_array_equal(fits.getdata(path, 1)[0], values)


def _code_by_reference(image: np.ndarray) -> bytes:
    hdu = fits.CompImageHDU(image, compression_type="RICE_1", tile_shape=image.shape)
    whole = fits.HDUList([fits.PrimaryHDU(), hdu])
    stream = BytesIO()
    whole.writeto(stream)
    stream.seek(0)
    with fits.open(stream, disable_image_compression=True) as hdus:
        coded: bytes = hdus[1].data["COMPRESSED_DATA"][0].tobytes()
    return coded


def test_the_code_is_that_of_the_reference_coder() -> None:
    image = np.random.default_rng(1).poisson(40, (256, 256)).astype(np.int32)
    assert rice(image) == _code_by_reference(image)


@pytest.mark.parametrize("place", range(1, 32))
def test_the_longest_code_begins_at_any_bit_of_a_byte(place: int) -> None:
    rises = np.resize([-(2**22), 2**22], 32)  # of which 24 low bits are kept
    rises[0], rises[place] = 0, 2**28
    values = np.cumsum(rises).astype(np.int32)[np.newaxis]
    assert rice(values) == _code_by_reference(values)


@pytest.mark.parametrize("step", [2.0**-140, 2.0**-18, 0.25, 2.0**40])
def test_a_rounded_background_comes_back_to_the_bit(tmp_path: Path, step: float) -> None:
    steps = np.random.default_rng(2).integers(-(2**23), 2**23, (256, 300), dtype=np.int32)
    with PackedCanvas((256, 300)) as canvas:
        canvas.write(0, canvas.packer(step)(np.zeros_like(steps), steps))
        with (tmp_path / "bkg.fits").open("wb") as stream:
            canvas.bkg.write_to("BKG", fits.Header(), stream)
    found, header = read_map(tmp_path / "bkg.fits", np.float32)
    np.testing.assert_array_equal(found, (steps * step).astype(np.float32))
    assert header["BITPIX"] == -32


def test_what_is_packed_waits_on_disk_not_in_memory(tmp_path: Path) -> None:
    tiles = [bytes(2**20)] * 64
    with PackedCanvas((64 * 256, 256), tmp_path) as canvas:
        tracemalloc.start()
        try:
            canvas.write(0, (tiles, tiles))
            with (tmp_path / "seg.fits").open("wb") as stream:
                canvas.seg.write_to("SEG", fits.Header(), stream)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 2**22
    (written,) = tmp_path.iterdir()
    assert written.stat().st_size > 2**26
