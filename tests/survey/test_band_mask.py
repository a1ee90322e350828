"""The mask of a band: made, loaded, stale, and used by a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg.errors import (
    DataNotFoundError,
    ImageError,
    MethodError,
    ParameterError,
    ProductError,
    StaleProductError,
)
from skyseg.masks.bits import MaskBit
from skyseg.methods.columns import MASK_COLUMNS
from skyseg.survey import Data
from skyseg.survey.band import BandData


@pytest.fixture
def band(tmp_path: Path) -> BandData:
    """A band of sources on a grid, with a corner that is not covered."""
    generator = np.random.default_rng(1)
    y, x = np.indices((200, 240))
    sci = generator.normal(0, 1, (200, 240))
    for y0 in range(20, 200, 40):
        for x0 in range(20, 240, 40):
            sci += 60 * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 8)
    err = np.ones_like(sci)
    sci[:70, :70] = err[:70, :70] = np.nan
    header = fits.Header({
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0,
        "CRPIX1": 100.0, "CRPIX2": 100.0, "CDELT1": -0.04 / 3600, "CDELT2": 0.04 / 3600,
        "FILTER": "F444W", "PHOTZP": 28.0,
    })  # fmt: skip
    for name, values in (("sci", sci), ("err", err)):
        fits.writeto(tmp_path / f"{name}.fits", values.astype(np.float32), header)
    return BandData.from_files(
        tmp_path / "sci.fits", tmp_path / "err.fits", survey="S", version="v1",
        band="F444W", zero_point=28.0, work_dir=tmp_path / "work",
    )  # fmt: skip


def test_a_mask_is_one_map_of_bits_that_says_what_they_are(band: BandData) -> None:
    band.mask(edge_distance=0.4 * u.arcsec)
    bits, header = band.load_mask(incl_hdr=True)
    assert bits.shape == band.shape
    assert bits.dtype == np.int32
    assert [header[f"MASKBIT{number}"] for number, _ in enumerate(MaskBit)] == [
        bit.name for bit in MaskBit
    ]
    assert header.comments["MASKBIT1"].startswith("2: ")
    assert header["IN1ROLE"] == "SCI"
    assert bits[75, 30] == MaskBit.EDGE
    assert bits[30, 30] == MaskBit.EDGE | MaskBit.BAD
    assert bits[100, 120] == 0
    with fits.open(band.mask_path, checksum=True) as hdus:
        assert np.array_equal(hdus["MASK"].data, bits)


def test_a_mask_is_loaded_where_it_fits_and_refused_where_it_does_not(band: BandData) -> None:
    band.mask(edge_distance=10)
    first = band.mask_path.read_bytes()
    band.mask(edge_distance=10)
    assert band.mask_path.read_bytes() == first
    with pytest.raises(StaleProductError, match="edgedist was 10 and is 12"):
        band.mask(edge_distance=12)
    band.mask(edge_distance=12, overwrite=True)
    assert band.mask_path.read_bytes() != first


def test_the_mask_that_is_on_disk_has_its_path_in_a_new_session(band: BandData) -> None:
    assert band.mask_path is None
    band.mask(edge_distance=10)
    later = BandData(band.maps, work_dir=band.work_dir)
    assert later.mask_path == band.mask_path
    assert np.array_equal(later.load_mask(), band.load_mask())
    later.segment(mask=later.mask_path)
    band.segment(mask=True)
    assert later.seg_path == band.seg_path


@pytest.mark.parametrize("mask", [None, "no mask", 1])
def test_what_is_no_mask_is_refused_by_what_could_be_one(band: BandData, mask: Any) -> None:
    said = "does not exist" if mask == "no mask" else "give True, False or the path of a mask"
    band.segment()
    for use in (band.segment, band.run_depths, band.advise):
        with pytest.raises(ParameterError, match=f"mask is .*{said}"):
            use(mask=mask)
    with pytest.raises(ParameterError, match=f"mask is .*{said}"):
        band.perform_forced_phot(band, mask=mask)


def test_how_far_a_mask_is_is_told(band: BandData) -> None:
    told: list[tuple[float, str]] = []
    band.mask(edge_distance=10, progress=lambda *of: told.append(of))
    parts = [part for part, _ in told]
    assert parts == sorted(parts) and parts[0] == 0.0 and 0.9 < parts[-1] <= 1.0
    assert {"looking for bad pixels", "drawing edges", "writing"} <= {text for _, text in told}
    Data([band]).mask(edge_distance=12, overwrite=True, progress=lambda *of: told.append(of))
    assert told[len(parts)] == (0.0, "F444W: reading")
    assert told[-1] == (1.0, "F444W: done")


def test_an_area_is_that_of_the_pixels_one_by_one(band: BandData) -> None:
    band.mask(edge_distance=10)
    bits = band.load_mask()
    for exclude, bit in (("all", 127), ("BAD", 32), (["EDGE"], 1)):
        pixels = sum(not value & bit for value in bits.ravel().tolist())
        area = band.calc_unmasked_area(exclude)
        assert area.unit == u.arcmin**2
        assert area.value == pytest.approx(pixels * 0.04**2 / 3600, rel=1e-6)
    data = Data([band])
    assert data.calc_unmasked_area() == band.calc_unmasked_area()


def test_a_source_under_the_mask_is_no_detection(band: BandData, tmp_path: Path) -> None:
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions/F444W_clean.reg").write_text("image\ncircle(141,101,12)\n")
    band.segment()
    assert band.load_seg()[100, 140]
    band.mask("manual", regions=tmp_path / "regions")
    with pytest.raises(StaleProductError, match="no MASK was read"):
        band.segment(mask=True)
    band.segment(mask=True, overwrite=True)
    seg, bits = band.load_seg(), band.load_mask()
    assert not seg[bits & MaskBit.REGION > 0].any()
    assert not seg[bits > 0].any()
    assert seg[100, 180]
    assert set(MASK_COLUMNS) <= set(band.load_cat().colnames)
    assert band.products.recipe.exclude == tuple(bit.name for bit in MaskBit)


def test_bits_that_are_not_excluded_flag_the_sources_that_have_them(
    band: BandData, tmp_path: Path
) -> None:
    path = tmp_path / "star.reg"
    path.write_text("image\ncircle(141,101,12)\n")
    band.segment()
    plain = band.load_seg()
    band.mask(path)
    band.segment(mask=True, exclude=["BAD"], overwrite=True)
    seg, cat = band.load_seg(), band.load_cat()
    assert np.array_equal(seg > 0, (plain > 0) & (band.load_mask() & MaskBit.BAD == 0))
    row = cat["NUMBER"] == seg[100, 140]
    assert cat["MASK_REGION"][row] > 10
    assert cat["IMAFLAGS_ISO"][row] & MaskBit.REGION
    assert (cat["MASK_REGION"] > 0).sum() == 1


def test_a_run_is_stale_when_its_mask_or_what_it_excludes_has_changed(
    band: BandData,
) -> None:
    band.mask(edge_distance=10)
    band.segment(mask=True)
    band.segment(**band.seg_args)
    assert not band.products.made
    with pytest.raises(StaleProductError, match=r"exclude was EDGE .* and is EDGE BAD"):
        band.segment(mask=True, exclude=["EDGE", "BAD"])
    band.mask(edge_distance=20, overwrite=True)
    with pytest.raises(StaleProductError, match="MASK"):
        band.segment(mask=True)
    with pytest.raises(StaleProductError, match=r"MASK .* was read and now no MASK"):
        band.segment()


def test_a_dq_map_counts_by_its_bits(band: BandData, tmp_path: Path) -> None:
    dq = np.zeros(band.shape, np.int32)
    dq[90:110, 130:150] = 4
    dq[10:20, 200:220] = 3
    path = tmp_path / "dq.fits"
    fits.writeto(path, dq)
    band.mask(path)
    assert np.array_equal(band.load_mask() & MaskBit.FLAGGED > 0, dq > 0)
    band.mask(path, dq_bits=[4, 8], overwrite=True)
    assert np.array_equal(band.load_mask() & MaskBit.FLAGGED > 0, dq == 4)


@pytest.mark.parametrize("dtype", [np.uint32, np.int64, np.float32])
def test_a_dq_map_may_have_high_bits_and_be_stored_in_any_type(
    band: BandData, tmp_path: Path, dtype: type[np.generic]
) -> None:
    dq = np.zeros(band.shape, np.uint32)
    dq[90:110, 130:150] = 2**31
    dq[10:20, 200:220] = 5
    path = tmp_path / "dq.fits"
    fits.writeto(path, dq.astype(dtype))
    for bits, marked in (([1], dq == 5), ([4, 2**31], dq > 0), (None, dq > 0)):
        band.mask(path, dq_bits=bits, overwrite=True)
        assert np.array_equal(band.load_mask() & MaskBit.FLAGGED > 0, marked)


@pytest.mark.parametrize(
    ("value", "said"), [(0.5, "not whole"), (np.nan, "not whole"), (-1, "holds -1 to 0")]
)
def test_a_dq_map_of_other_numbers_is_refused(
    band: BandData, tmp_path: Path, value: float, said: str
) -> None:
    dq = np.zeros(band.shape, np.float32)
    dq[50, 60] = value
    fits.writeto(tmp_path / "dq.fits", dq)
    with pytest.raises(ImageError, match=said):
        band.mask(tmp_path / "dq.fits")


def test_other_methods_flag_by_a_mask_and_refuse_to_exclude(band: BandData) -> None:
    band.mask(edge_distance=25)
    with pytest.raises(MethodError, match="detects in what a mask excludes"):
        band.segment(method="sep", mask=True)
    band.segment(method="sep", mask=True, exclude=[])
    seg, bits, cat = band.load_seg(), band.load_mask(), band.load_cat()
    expected = [np.count_nonzero(bits[seg == number] & 1) for number in cat["NUMBER"]]
    assert cat["MASK_EDGE"].tolist() == expected
    assert any(expected)


def test_files_and_folders_may_have_brackets_in_their_names(band: BandData, tmp_path: Path) -> None:
    folder = tmp_path / "a[1]"
    folder.mkdir()
    (folder / "F444W[2].reg").write_text("image\ncircle(141,101,12)\n")
    bits = np.zeros(band.shape, np.int32)
    bits[100, 140] = 1
    fits.writeto(folder / "bits.fits", bits)
    for method, bit in (
        (folder, MaskBit.REGION),
        (folder / "F444W[2].reg", MaskBit.REGION),
        (folder / "bits.fits", MaskBit.FLAGGED),
        (f"{folder / 'bits.fits'}[0]", MaskBit.FLAGGED),
    ):
        band.mask(method, overwrite=True)
        assert band.load_mask()[100, 140] & bit


def test_what_makes_no_mask_is_refused(band: BandData, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="does not exist"):
        band.segment(mask=True)
    with pytest.raises(ParameterError, match="does not say what its bits are"):
        band.segment(mask=tmp_path / "sci.fits")
    with pytest.raises(ParameterError, match="no regions"):
        band.mask("manual")
    with pytest.raises(DataNotFoundError, match=r"none.reg does not exist; correct the path"):
        band.mask(regions=tmp_path / "none.reg")
    with pytest.raises(ParameterError, match="dq_bits"):
        band.mask(dq_bits=4)
    with pytest.raises(ParameterError, match="edge_distance"):
        band.mask(edge_distance=-1)
    with pytest.raises(DataNotFoundError, match=r"no region file in .*F444W.reg"):
        Data([band]).mask(regions=tmp_path)
    band.mask()
    with pytest.raises(ParameterError, match="flag_image and a mask"):
        band.segment(mask=True, flag_image=tmp_path / "sci.fits")


def test_a_damaged_mask_is_refused(band: BandData) -> None:
    band.mask()
    content = bytearray(band.mask_path.read_bytes())
    content[-3000] ^= 255
    band.mask_path.write_bytes(content)
    with pytest.raises(ProductError, match="damaged"):
        band.load_mask()


def test_stars_of_a_list_are_masked_where_they_are_as_far_as_they_are_bright(
    band: BandData,
) -> None:
    stars = Table({"ra": [150.0], "dec": [2.0], "mag": [16.0]})
    band.mask(stars=stars, spike_angle=30, edge_distance=5)
    bits, header = band.load_mask(incl_hdr=True)
    assert header["NSTARS"] == 1
    assert bits[99, 99] & MaskBit.STAR
    area = np.count_nonzero(bits & MaskBit.STAR)
    band.mask(stars=stars, spike_angle=30, edge_distance=5)
    kept = Table.read(band.mask_path, hdu="STARS")
    assert [kept[name].tolist() for name in ("RA", "DEC", "MAG")] == [[150.0], [2.0], [16.0]]
    stars["mag"] = [14.0]
    with pytest.raises(StaleProductError, match="stars was list"):
        band.mask(stars=stars, spike_angle=30, edge_distance=5)
    band.mask(stars=stars, spike_angle=30, edge_distance=5, overwrite=True)
    assert np.count_nonzero(band.load_mask() & MaskBit.STAR) > 2 * area
    band.mask(stars=False, edge_distance=5, overwrite=True)
    assert not (band.load_mask() & MaskBit.STAR).any()


def test_a_mask_is_not_made_over_the_mask_that_it_is_made_of(band: BandData) -> None:
    band.mask(edge_distance=10)
    before = band.mask_path.read_bytes()
    with pytest.raises(ProductError, match="over the MASK map that it is made from"):
        band.mask(band.mask_path, overwrite=True)
    assert band.mask_path.read_bytes() == before


def test_stars_on_the_other_side_of_the_sky_draw_nothing(band: BandData) -> None:
    band.mask(stars=Table({"ra": [330.0], "dec": [-2.0], "mag": [5.0]}))
    assert not (band.load_mask() & MaskBit.STAR).any()


def test_a_region_with_a_minus_takes_out_what_was_found(tmp_path: Path) -> None:
    image = np.random.default_rng(2).normal(0, 1, (60, 60)).astype(np.float32)
    y, x = np.mgrid[:60, :60]
    image += 3000 * np.exp(-((x - 30) ** 2 + (y - 30) ** 2) / 8).astype(np.float32)
    fits.writeto(tmp_path / "f444w_sci.fits", image)
    fits.writeto(tmp_path / "f444w_err.fits", np.ones_like(image))
    regions = tmp_path / "own.reg"
    regions.write_text("image\n-circle(31,31,80) # text={STAR}\n")
    band = BandData.from_files(tmp_path / "f444w_sci.fits", tmp_path / "f444w_err.fits")
    band.mask(edge_distance=0)
    assert (band.load_mask() & MaskBit.STAR).any()
    band.mask(edge_distance=0, regions=regions, overwrite=True)
    assert not (band.load_mask() & MaskBit.STAR).any()


@pytest.mark.parametrize("exclude", ["STAR", ["STAR", "EDGE"]])
def test_bits_are_not_excluded_without_a_mask(band: BandData, exclude: str | list[str]) -> None:
    said = r"exclude is .*STAR.*no mask is used; give mask="
    with pytest.raises(ParameterError, match=said):
        band.segment(exclude=exclude)
    band.segment(exclude=[])
    band.segment()
    data = Data([band])
    with pytest.raises(ParameterError, match=said):
        band.perform_forced_phot(band, exclude=exclude)
    with pytest.raises(ParameterError, match=said):
        band.run_depths(exclude=exclude)
    with pytest.raises(ParameterError, match=said):
        band.advise(exclude=exclude)
    with pytest.raises(ParameterError, match=said):
        data.pipeline("F444W", exclude=exclude, plan=True)
