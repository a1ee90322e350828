"""Comparisons of real bands: error types, methods, parameter sets, bands and surveys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from skyseg.comparison import KINDS, Comparison, DifferenceClass, compare
from skyseg.errors import ComparisonError
from skyseg.settings import config
from skyseg.survey.band import BandData


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the products of all tests here, so that each is made once."""
    return tmp_path_factory.mktemp("products")


@pytest.fixture(autouse=True)
def in_products(
    products: Path, monkeypatch: pytest.MonkeyPatch, own_settings: None
) -> Iterator[None]:
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(products))
    config.reload()
    yield
    monkeypatch.undo()
    config.reload()


def uds(imaging_dir: Path, name: str) -> BandData:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    return BandData.from_files(
        folder / f"uds-b-{name}_sci.fits",
        wht=folder / f"uds-b-{name}_wht.fits",
        survey="UDS-B",
        version="v1",
        band=name,
    )


def check(comparison: Comparison, a: np.ndarray, b: np.ndarray, sci: np.ndarray) -> None:
    """Hold a comparison against what numpy says of the two maps."""
    table = comparison.table
    assert sum(comparison.counts.values()) == len(table)
    assert set(comparison.counts) == set(KINDS)
    for side, labels in (("a", a), ("b", b)):
        assert table[f"n_{side}"].sum() == len(np.unique(labels)) - 1
        assert table[f"area_{side}"].sum() == np.count_nonzero(labels)
        flux = u.Quantity(table[f"flux_{side}"]).value.sum()
        assert flux == pytest.approx(sci[labels > 0].sum(dtype=float), rel=1e-9)
    shared = (a > 0) & (b > 0)
    assert comparison.agreement.foreground_iou == shared.sum() / ((a > 0) | (b > 0)).sum()
    for kind, labels, other in (("lost", a, b), ("new", b, a)):
        side = "a" if kind == "lost" else "b"
        rows = table[np.asarray(table["kind"]) == kind]
        for row in rows:
            pixels = labels == row[f"labels_{side}"][0]
            numbers, shared_pixels = np.unique(other[pixels], return_counts=True)
            most = shared_pixels[numbers > 0].max(initial=0)
            assert 2 * most < pixels.sum()
    both = comparison.difference_map == DifferenceClass.BOTH
    np.testing.assert_array_equal(comparison.relabelled_b[both], a[both])
    np.testing.assert_array_equal(comparison.relabelled_b > 0, b > 0)


@pytest.mark.parametrize("name", ["f115w", "f444w"])
def test_error_types_of_a_band_differ_as_their_maps_do(imaging_dir: Path, name: str) -> None:
    band = uds(imaging_dir, name)
    comparison = band.difference("rms_err", "wht")
    maps = []
    for err_type in ("rms_err", "wht"):
        band.segment(err_type)
        maps.append(band.load_seg())
    check(comparison, *maps, band.load_sci())
    assert comparison.a.provenance["ERRTYPE"] == "rms_err"
    assert comparison.b.provenance["ERRTYPE"] == "wht"
    assert comparison.a.name == f"UDS-B v1 {name.upper()} rms_err skyseg"
    assert comparison.table["flux_a"].unit == 10 * u.nJy
    assert np.all(np.isfinite(comparison.table["flux_change_sigma"]))


def test_a_band_compared_with_itself_has_no_change(imaging_dir: Path) -> None:
    comparison = uds(imaging_dir, "f444w").difference("wht", "wht")
    assert comparison.counts["matched"] == len(comparison.table) == 45
    assert np.all(np.asarray(comparison.table["flux_change_sigma"]) == 0)
    assert comparison.agreement.adjusted_rand_index == 1


def test_methods_of_a_band_are_compared_and_swapping_them_swaps_the_kinds(
    imaging_dir: Path,
) -> None:
    band = uds(imaging_dir, "f444w")
    sides = [(band, {"method": method}) for method in ("skyseg", "sextractor")]
    there, back = compare(*sides), compare(*reversed(sides))
    for one, other in (("new", "lost"), ("split", "merged"), ("grown", "shrunk")):
        assert (there.counts[one], there.counts[other]) == (back.counts[other], back.counts[one])
    assert there.agreement == back.agreement
    assert there.agreement.foreground_iou > 0.9


def test_the_band_itself_is_left_as_it_was(imaging_dir: Path) -> None:
    band = uds(imaging_dir, "f444w")
    compare((band, {"err_type": "wht"}), (band, {"parameters": "crowded"}))
    assert band.seg_path is None
    band.segment("wht")
    kept = band.seg_path
    comparison = compare(band, (band, {"parameters": "crowded"}))
    assert band.seg_path == kept
    assert comparison.a.provenance["ERRTYPE"] == "wht"
    assert comparison.b.name.endswith("rms_err skyseg crowded")


def test_two_bands_are_measured_in_the_image_of_the_first(imaging_dir: Path) -> None:
    f115w, f444w = uds(imaging_dir, "f115w"), uds(imaging_dir, "f444w")
    comparison = compare(f115w, f444w)
    f115w.segment()
    f444w.segment()
    check(comparison, f115w.load_seg(), f444w.load_seg(), f115w.load_sci())
    assert comparison.agreement.foreground_iou < 1


def test_files_of_products_are_compared_with_what_they_were_made_from(
    imaging_dir: Path, tmp_path: Path
) -> None:
    band = uds(imaging_dir, "f444w")
    paths = []
    for err_type in ("rms_err", "wht"):
        band.segment(err_type)
        paths.append(band.seg_path)
    comparison = compare(*paths, sci=str(band.sci))
    by_band = band.difference("rms_err", "wht")
    assert comparison.counts == by_band.counts
    np.testing.assert_array_equal(comparison.table["flux_b"], by_band.table["flux_b"])
    record = QTable.read(comparison.write(tmp_path / "changes.fits"), hdu="PROVENANCE")
    known = {(row["side"], row["key"]): row["value"] for row in record}
    assert known["a", "ERRTYPE"] == "rms_err"
    assert known["b", "DETECT_THRESH"] == "1.8"
    assert known["b", "IN1PATH"].endswith("uds-b-f444w_sci.fits")


def test_fields_apart_on_the_sky_are_refused(imaging_dir: Path) -> None:
    folder = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas"
    xdf = BandData.from_files(folder / "xdf-f160w_sci.fits", err=folder / "xdf-f160w_rms.fits")
    with pytest.raises(ComparisonError, match="do not overlap on the sky"):
        compare(uds(imaging_dir, "f444w"), xdf)
