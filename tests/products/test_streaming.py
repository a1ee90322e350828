"""Images written side by side are FITS with right sums, however their rows come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg.products._streaming import StreamedImage, write_images


@pytest.mark.parametrize("height", [1, 7, 50])
def test_rows_in_any_number_make_the_same_file_whose_sums_are_right(
    height: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    image = rng.normal(size=(50, 33)).astype(np.float32)
    image[3, 4] = np.nan
    count = rng.integers(0, 9, (50, 33)).astype(np.uint8)
    files = []
    for rows in (height, 50):
        strips = ((image[y : y + rows].copy(), count[y : y + rows]) for y in range(0, 50, rows))
        images = [
            StreamedImage("SCI", "float32", fits.Header({"LATER": "0000", "BUNIT": "nJy"})),
            StreamedImage("NBANDS", "uint8", fits.Header()),
        ]

        def finish(header: fits.Header) -> None:
            if "LATER" in header:
                header["LATER"] = "told"

        path = tmp_path / f"{rows}.fits"
        with path.open("wb") as stream:
            write_images(stream, images, (50, 33), strips, finish)
        files.append(path.read_bytes())
    assert files[0] == files[1]
    with fits.open(tmp_path / "50.fits", checksum=True) as hdus:
        hdus.verify("exception")
        np.testing.assert_array_equal(hdus["SCI"].data, image)
        np.testing.assert_array_equal(hdus["NBANDS"].data, count)
        assert hdus["SCI"].header["LATER"] == "told"
        assert hdus["SCI"].header["BUNIT"] == "nJy"
