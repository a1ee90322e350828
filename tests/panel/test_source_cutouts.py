"""A source cut out of every band."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Data
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.cutout_rgb import compose_rgb
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_cutouts import draw_cutouts, make_cutouts


def test_a_source_is_cut_out_of_every_band_with_its_lines(
    info: MapInfo, bands: Data, catalogue: Catalogue
) -> None:
    labels = bands["F444W"].load_seg()
    found = make_cutouts(labels, info, catalogue, 40, list(bands))
    assert [cutout.title for cutout in found] == ["F115W", "F444W"]
    for cutout in found:
        assert all(len(lines) >= 1 for lines in cutout.lines)
    for ours, theirs in zip(found[0].lines, found[1].lines, strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], atol=0.1)
    assert found[0].matrix == pytest.approx(found[1].matrix, abs=1e-4)
    image = draw_cutouts(found)
    assert image.shape[2] == 4
    assert len(np.unique(image.reshape(-1, 4), axis=0)) > 50
    # no title is cut off, and none lies far below the edge
    assert image[:2, :, 3].any(axis=1).tolist() == [False, True]


def test_cutouts_have_north_up_whatever_the_pixels_have(
    info: MapInfo, bands: Data, catalogue: Catalogue, tmp_path: Path
) -> None:
    band = bands["F444W"]
    image = band.load_sci()
    turned = band.wcs.to_header()
    # a pixel (x, y) of the image is at (ny - 1 - y, x) of the turned one
    turned["CRPIX1"] = image.shape[0] + 1 - band.wcs.wcs.crpix[1]
    turned["CRPIX2"] = band.wcs.wcs.crpix[0]
    scales = band.wcs.pixel_scale_matrix @ np.array([[0, 1], [-1, 0]])
    for (i, j), value in np.ndenumerate(scales):
        turned[f"PC{i + 1}_{j + 1}"] = value
    turned["CDELT1"] = turned["CDELT2"] = 1.0
    fits.writeto(tmp_path / "turned_sci.fits", np.rot90(image, -1), turned)
    other = BandData.from_files(tmp_path / "turned_sci.fits", band="F444W")
    labels = bands["F444W"].load_seg()
    straight, round_ = make_cutouts(labels, info, catalogue, 40, [band, other])
    assert abs(straight.matrix[0, 0]) > 0.02 and abs(round_.matrix[0, 0]) < 0.01
    first, second = (draw_cutouts([each]).astype(float) for each in (straight, round_))
    assert np.mean(np.abs(first - second) > 30) < 0.02


def test_a_colour_image_says_its_bands_and_reddens_with_wavelength(
    info: MapInfo, bands: Data, catalogue: Catalogue
) -> None:
    labels = bands["F444W"].load_seg()
    blue, red = make_cutouts(labels, info, catalogue, 40, list(bands))
    assert compose_rgb([red]) is None
    composite = compose_rgb([blue, red])
    assert composite is not None
    assert composite.title == "R F444W\nG mean\nB F115W"
    assert composite.image.shape == (*red.image.shape, 3)
    other = replace(blue, image=np.zeros_like(blue.image))
    reddened = compose_rgb([other, red])
    assert reddened is not None
    brightest = np.unravel_index(np.argmax(reddened.image[..., 0]), red.image.shape)
    assert reddened.image[brightest][0] > reddened.image[brightest][2]


def test_bands_of_other_pixels_lie_on_each_other_in_colour(
    info: MapInfo, bands: Data, catalogue: Catalogue
) -> None:
    (red,) = make_cutouts(bands["F444W"].load_seg(), info, catalogue, 40, [bands["F444W"]])
    row, column = red.middle
    turned = replace(
        red,
        image=np.rot90(red.image, -1),
        middle=(column, red.image.shape[0] - 1 - row),
        matrix=red.matrix @ np.array([[0, 1], [-1, 0]]),
    )
    composite = compose_rgb([turned, red, red])
    assert composite is not None
    np.testing.assert_allclose(composite.image[..., 0], composite.image[..., 2], atol=0.02)
