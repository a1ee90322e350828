"""A mask that a person draws and paints on, and what is kept of it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg import BandData, Data
from skyseg.errors import ParameterError
from skyseg.masks.bits import MaskBit
from skyseg.panel.mask_draft import CLEARS, MaskDraft
from skyseg.panel.mask_looks import COLOURS, colour_values, list_legend

PART = slice(8, 32), slice(10, 40)


@pytest.fixture
def band(three_bands: Path) -> BandData:
    return Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")["F444W"]


def painted(seed: int) -> np.ndarray:
    """Spots of three bits with holes in them."""
    values = np.random.default_rng(seed).integers(0, 40, (24, 30))
    return np.select([values < 9, values < 14, values < 17], [2, 8, 64], 0)


def test_what_is_drawn_is_saved_as_a_manual_mask_of_a_region_file(band: BandData) -> None:
    draft = MaskDraft(band)
    assert draft.title == "F444W: no mask"
    draft.draw("ellipse", [(10, 10), (20, 10), (20, 16), (10, 16)], MaskBit.ARTEFACT)
    draft.draw("polygon", [(30, 5), (40, 6), (35, 20)], MaskBit.STAR)
    assert draft.title == "F444W: no mask, 2 changes not saved"
    assert [bit for bit, _ in draft.outlines] == [MaskBit.ARTEFACT, MaskBit.STAR]
    shown = draft.bits.copy()
    file = draft.save()
    bits, header = band.load_mask(incl_hdr=True)
    np.testing.assert_array_equal(bits, shown)
    assert bits[13, 15] == MaskBit.ARTEFACT
    assert bits[10, 10] == 0  # a corner of the ellipse's box
    assert bits[9, 35] == MaskBit.STAR
    assert header["METHOD"] == "manual"
    assert str(file) in str(dict(header))
    assert "text={ARTEFACT}" in file.read_text()
    assert draft.title == "F444W: manual mask"


@pytest.mark.parametrize("seed", range(4))
def test_pixels_that_are_painted_are_saved_to_the_pixel(band: BandData, seed: int) -> None:
    draft = MaskDraft(band)
    draft.draw("polygon", [(5, 5), (45, 5), (45, 20), (5, 20)], MaskBit.STAR)
    before, own = draft.bits.copy(), painted(seed)
    draft.paint(PART, own)
    before[PART] |= own.astype(np.int32)
    np.testing.assert_array_equal(draft.bits, before)
    file = draft.save()
    np.testing.assert_array_equal(band.load_mask(), before)
    painted_lines = [line for line in file.read_text().splitlines() if "polygon" in line][1:]
    for line in painted_lines:  # along the edges of pixels
        corners = np.array(re.findall(r"[0-9.]+", line.partition("#")[0]), float)
        assert (corners % 1 == 0.5).all()

    cleared = np.where(painted(seed + 9) > 0, CLEARS, 0)
    draft.paint(PART, cleared)
    before[PART][cleared > 0] = 0
    draft.save()
    np.testing.assert_array_equal(band.load_mask(), before)


def test_bits_that_were_found_are_painted_away_but_what_has_no_measurement(
    band: BandData,
) -> None:
    with fits.open(band.sci.path, mode="update") as hdus:
        hdus[0].data[5, 5] = np.nan
    band.mask(edge_distance=6, stars=False)
    draft = MaskDraft(band)
    whole = np.full(band.shape, CLEARS)
    draft.paint((slice(0, 40), slice(0, 50)), whole)
    draft.save()
    header = band.load_mask(incl_hdr=True)[1]
    assert header["METHOD"] == "auto"
    assert float(header["EDGEDIST"]) == 6
    assert np.argwhere(band.load_mask()).tolist() == [[5, 5]]
    assert band.load_mask()[5, 5] == MaskBit.BAD


def test_regions_of_the_mask_and_what_was_saved_before_stay(band: BandData, tmp_path: Path) -> None:
    own = tmp_path / "own.reg"
    own.write_text("image\ncircle(10,10,4)\n")
    band.mask("manual", regions=own)
    draft = MaskDraft(band)
    for x in (20, 35):
        draft.draw("polygon", [(x, 20), (x + 6, 20), (x, 30)], MaskBit.ARTEFACT)
        draft.save()
    draft.make()
    assert draft.title == "F444W: auto mask"
    for bits in (draft.bits, MaskDraft(band).bits):
        assert bits[9, 9] & MaskBit.REGION
        assert bits[22, 21] & bits[22, 36] & MaskBit.ARTEFACT
    assert own.read_text() == "image\ncircle(10,10,4)\n"


def test_what_is_undone_is_gone(band: BandData) -> None:
    draft = MaskDraft(band)
    told: list[int] = []
    draft.changed.connect(lambda: told.append(draft.unsaved))
    draft.draw("polygon", [(5, 5), (15, 5), (5, 15)], MaskBit.STAR)
    one = draft.bits.copy()
    draft.paint(PART, painted(1))
    draft.undo()
    np.testing.assert_array_equal(draft.bits, one)
    draft.undo()
    draft.undo()
    assert not draft.bits.any()
    assert told == [1, 2, 1, 0]


def test_what_has_no_area_is_refused(band: BandData) -> None:
    draft = MaskDraft(band)
    with pytest.raises(ParameterError, match="has no area; draw it larger"):
        draft.draw("ellipse", [(5, 5), (5, 5), (5, 5), (5, 5)], MaskBit.STAR)
    with pytest.raises(ParameterError, match="has no area"):
        draft.draw("polygon", [(5, 5), (9, 9)], MaskBit.STAR)


def test_a_mask_of_a_list_of_stars_keeps_them_when_it_is_drawn_on(band: BandData) -> None:
    centre = band.wcs.pixel_to_world(20, 20) if band.wcs is not None else None
    if centre is None:
        header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 53.1,
                              "CRVAL2": -27.8, "CRPIX1": 20, "CRPIX2": 20, "CDELT1": -8e-6,
                              "CDELT2": 8e-6, "BUNIT": "nJy"})  # fmt: skip
        fits.writeto(band.sci.path, band.load_sci(), header, overwrite=True)
        band = BandData.from_files(band.sci.path, band.err.path, survey="JOF", band="F444W")
    band.mask(stars=Table({"ra": [53.1], "dec": [-27.8], "mag": [20.0]}))
    draft = MaskDraft(band)
    draft.draw("polygon", [(5, 5), (15, 5), (5, 15)], MaskBit.STAR)
    before = band.load_mask()
    draft.save()
    bits = band.load_mask()
    assert before[20, 20] & MaskBit.STAR
    assert bits[8, 8] & MaskBit.STAR
    np.testing.assert_array_equal(bits | MaskBit.STAR, before | MaskBit.STAR)
    np.testing.assert_array_equal(bits[20:] & MaskBit.STAR, before[20:] & MaskBit.STAR)


def test_each_bit_has_a_colour_and_a_line_of_the_legend() -> None:
    assert set(COLOURS) == set(MaskBit)
    values = colour_values()
    assert len(np.unique(values[[int(bit) for bit in MaskBit]], axis=0)) == len(MaskBit)
    assert values[0].tolist() == [0, 0, 0, 0]
    legend = list_legend(np.array([[3, 1], [0, 32]], np.int32))
    assert {each.name: each.pixels for each in legend if each.pixels} == {
        "EDGE": 2, "STAR": 1, "BAD": 1,
    }  # fmt: skip
