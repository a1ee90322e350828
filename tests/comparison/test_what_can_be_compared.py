"""Arrays, files, Segmentations and bands are read alike; what is no label map is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.comparison import compare
from skyseg.engine import Segmentation
from skyseg.errors import ComparisonError, DataNotFoundError, ImageError
from skyseg.methods.base import Outcome

Labels = npt.NDArray[np.int32]


def matched(a: object, b: object, **more: object) -> bool:
    counts = compare(a, b, **more).counts
    return counts["matched"] == 6 == sum(counts.values())


def test_a_list_is_an_array(field: Labels) -> None:
    assert matched(field.tolist(), field)


def test_a_file_is_named_by_its_path_or_its_extension(field: Labels, tmp_path: Path) -> None:
    file = tmp_path / "two.fits"
    sci = fits.ImageHDU(np.ones(field.shape, np.float32), name="SCI")
    seg = fits.CompImageHDU(field, name="SEG")
    fits.HDUList([fits.PrimaryHDU(), sci, seg]).writeto(file)
    assert matched(file, f"{file}[SEG]")
    assert matched(str(file), f"{file}[2]")


def test_a_primary_image_of_any_integer_type_is_read(field: Labels, tmp_path: Path) -> None:
    file = tmp_path / "seg.fits"
    fits.PrimaryHDU(field.astype(np.uint32)).writeto(file)
    comparison = compare(file, field)
    assert comparison.counts["matched"] == 6
    assert comparison.a.provenance["path"] == f"{file}[0]"
    assert len(comparison.a.provenance["sha256"]) == 64


def test_a_file_is_left_as_it_is(field: Labels, tmp_path: Path) -> None:
    file = tmp_path / "seg.fits"
    fits.PrimaryHDU(field).writeto(file)
    before = file.read_bytes()
    file.chmod(0o444)
    compare(file, field, sci=np.ones(field.shape))
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_memory_map_of_big_endian_labels_is_read_in_blocks(field: Labels, tmp_path: Path) -> None:
    big = np.memmap(tmp_path / "labels", dtype=">i8", mode="w+", shape=field.shape)
    big[:] = field
    big.flush()
    assert matched(np.memmap(tmp_path / "labels", dtype=">i8", mode="r", shape=field.shape), field)


def test_a_segmentation_and_an_outcome_bring_their_catalogues(field: Labels) -> None:
    number = np.arange(1, 7)
    columns = {"NUMBER": number, "FLUX_ISO": number * 10.0, "FLUXERR_ISO": np.full(6, 2.0)}
    background = np.zeros(field.shape, np.float32)
    segmentation = Segmentation(labels=field, background=background, columns=columns, facts={})
    outcome = Outcome(seg=field, bkg=background, cat=QTable(columns), version="1")
    comparison = compare(segmentation, outcome)
    np.testing.assert_array_equal(comparison.table["flux_a"], [10, 20, 30, 40, 50, 60])
    np.testing.assert_array_equal(comparison.table["flux_b"], comparison.table["flux_a"])


@pytest.mark.parametrize("bad", [np.nan, 1.5, 2.0])
def test_float_labels_are_refused(field: Labels, bad: float) -> None:
    floats = field.astype(float)
    floats[0, 0] = bad
    with pytest.raises(ComparisonError, match="map b holds float64, not whole numbers"):
        compare(field, floats)


def test_a_mask_is_refused(field: Labels) -> None:
    with pytest.raises(ComparisonError, match="map a holds bool, not whole numbers"):
        compare(field > 0, field)


def test_negative_labels_are_refused(field: Labels) -> None:
    b = field.copy()
    b[59, 79] = -4
    with pytest.raises(ComparisonError, match="map b has the negative label -4"):
        compare(field, b)


def test_labels_that_int64_does_not_hold_are_refused(field: Labels) -> None:
    b = field.astype(np.uint64)
    b[b == 3] = 2**63
    with pytest.raises(ComparisonError, match="label 9223372036854775808 of map b"):
        compare(field, b)


def test_a_cube_is_refused(field: Labels) -> None:
    with pytest.raises(ComparisonError, match=r"map a has shape \(1, 60, 80\)"):
        compare(field[np.newaxis], field)


@pytest.mark.parametrize("thing", [None, object(), [[1, 2], [3]], ({1: 2}, 3)])
def test_what_is_no_map_is_refused(field: Labels, thing: object) -> None:
    with pytest.raises(ComparisonError, match="map b"):
        compare(field, thing)


def test_arguments_for_what_is_no_band_are_refused(field: Labels) -> None:
    with pytest.raises(ComparisonError, match="ndarray cannot be compared"):
        compare((field, {"err_type": "wht"}), field)


def test_a_float_image_is_refused_with_its_file_and_extension(tmp_path: Path) -> None:
    file = tmp_path / "sci.fits"
    fits.PrimaryHDU(np.full((4, 4), 0.5, np.float32)).writeto(file)
    with pytest.raises(ComparisonError, match=r"sci\.fits\[0\] holds values that are not whole"):
        compare(file, file)


def test_a_negative_label_in_a_file_is_refused_with_its_name(field: Labels, tmp_path: Path) -> None:
    file = tmp_path / "seg.fits"
    fits.PrimaryHDU(-field).writeto(file)
    with pytest.raises(ComparisonError, match=r"seg\.fits\[0\] has the negative label -6"):
        compare(field, file)


def test_a_missing_and_a_truncated_file_are_refused_with_their_names(
    field: Labels, tmp_path: Path
) -> None:
    with pytest.raises(DataNotFoundError, match=r"nowhere\.fits"):
        compare(field, tmp_path / "nowhere.fits")
    file = tmp_path / "half.fits"
    fits.PrimaryHDU(field).writeto(file)
    file.write_bytes(file.read_bytes()[:6000])
    with pytest.raises(ImageError, match=r"half\.fits"):
        compare(field, file)


def test_shapes_that_differ_need_a_wcs(field: Labels) -> None:
    with pytest.raises(ComparisonError, match=r"\(60, 80\).*\(60, 79\).*celestial WCS"):
        compare(field, field[:, 1:])


def test_a_wcs_that_is_none_is_refused(field: Labels) -> None:
    with pytest.raises(ComparisonError, match="map a comes with a str"):
        compare((field, "TAN"), field)


@pytest.mark.parametrize("axes", ["GLON GLAT", "ELON ELAT"])
def test_positions_are_icrs_whatever_the_frame(
    field: Labels, sky: Callable[..., WCS], axes: str
) -> None:
    wcs = sky()
    wcs.wcs.ctype = [f"{axis}-TAN" for axis in axes.split()]
    wcs.wcs.set()
    table = compare((field, wcs), (field, wcs)).table
    frame = "galactic" if axes.startswith("G") else "barycentricmeanecliptic"
    lon, lat = wcs.all_pix2world(table["x"], table["y"], 0)
    expected = SkyCoord(lon * u.deg, lat * u.deg, frame=frame).icrs
    assert expected.separation(SkyCoord(table["ra"], table["dec"])).max() < 1e-5 * u.arcsec


def test_positions_on_the_sky_come_with_a_wcs(field: Labels, sky: Callable[..., WCS]) -> None:
    wcs = sky()
    for comparison in (compare(field, field, wcs=wcs), compare((field, wcs), field)):
        expected = wcs.pixel_to_world(comparison.table["x"], comparison.table["y"])
        assert comparison.table["ra"].unit == u.deg
        np.testing.assert_allclose(comparison.table["ra"].value, expected.ra.deg)
        np.testing.assert_allclose(comparison.table["dec"].value, expected.dec.deg)
    assert np.all(np.isnan(compare(field, field).table["ra"]))
