"""Products as FITS files: nothing is lost, and damage is noticed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skyseg.errors import MethodError, ProductError
from skyseg.methods.base import Outcome
from skyseg.products import fits_files
from skyseg.products._table_file import pack_cat
from skyseg.products.fits_files import make_cat_hdus, read_catalogue, read_map

MakeOutcome = Callable[..., Outcome]
MakeHdus = Callable[..., fits.HDUList]
HEADER = fits.Header([("METHOD", "skyseg"), ("HIERARCH DETECT_THRESH", 1.8)])
shapes = st.tuples(st.integers(1, 600), st.integers(1, 600))
quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(shape=shapes, seed=st.integers(0, 99), top=st.sampled_from([1, 300, 2**31 - 1]))
def test_labels_come_back_as_they_were(
    tmp_path: Path, map_hdus: MakeHdus, shape, seed: int, top: int
) -> None:
    seg = np.random.default_rng(seed).integers(0, top, shape, np.int32, endpoint=True)
    map_hdus("SEG", seg, HEADER).writeto(tmp_path / "seg.fits", overwrite=True, checksum=True)
    found, header = read_map(tmp_path / "seg.fits", np.int32)
    np.testing.assert_array_equal(found, seg)
    assert found.dtype == np.int32
    assert found.dtype.isnative
    assert (header["EXTNAME"], header["METHOD"], header["DETECT_THRESH"]) == ("SEG", "skyseg", 1.8)


@quick
@given(
    shape=shapes,
    value=arrays.from_dtype(np.dtype(np.float32), allow_subnormal=True),
    seed=st.integers(0, 99),
)
def test_a_background_comes_back_to_the_bit(
    tmp_path: Path, map_hdus: MakeHdus, shape, value, seed: int
) -> None:
    bkg = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    bkg.flat[bkg.size // 2] = value
    map_hdus("BKG", bkg, HEADER).writeto(tmp_path / "bkg.fits", overwrite=True, checksum=True)
    found, header = read_map(tmp_path / "bkg.fits", np.float32)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.view(np.uint32), bkg.view(np.uint32))
    assert (header["EXTNAME"], header["METHOD"]) == ("BKG", "skyseg")


def test_a_smooth_background_takes_less_than_its_pixels(map_hdus: MakeHdus) -> None:
    y, x = np.mgrid[:1000, :1000].astype(np.float32) / 1000
    hdu = map_hdus("BKG", np.sin(x) + y * x, HEADER)[1]
    assert hdu.filebytes() < 0.8 * 4e6


def test_the_same_map_gives_the_same_bytes_at_another_time(
    outcome_of: MakeOutcome, map_hdus: MakeHdus
) -> None:
    def tiles(outcome: Outcome) -> list[bytes]:
        rows = map_hdus("BKG", outcome.bkg, HEADER)[1].data["COMPRESSED_DATA"]
        return [row.tobytes() for row in rows]

    first = tiles(outcome_of())
    time.sleep(1.1)
    assert tiles(outcome_of()) == first


@pytest.mark.parametrize("n", [0, 1, 5])
def test_a_catalogue_comes_back_as_it_was(tmp_path: Path, outcome_of: MakeOutcome, n: int) -> None:
    cat = outcome_of(n=n).cat
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits", checksum=True)
    found = read_catalogue(tmp_path / "cat.fits")
    assert found.colnames == cat.colnames
    for name in cat.colnames:
        np.testing.assert_array_equal(np.asarray(found[name]), np.asarray(cat[name]))
        assert found[name].dtype == cat[name].dtype
        assert found[name].shape == cat[name].shape
        assert found[name].unit == cat[name].unit
        assert found[name].info.description == cat[name].info.description


@pytest.mark.parametrize(
    ("dtype", "written"),
    [
        ("int8", "int16"), ("uint8", "int16"), ("uint16", "int32"), ("uint32", "int64"),
        ("int64", "int64"), (">i4", "int32"), ("float16", "float32"), (">f8", "float64"),
    ],
)  # fmt: skip
def test_a_column_of_any_integer_or_float_that_fits_is_written(
    tmp_path: Path, outcome_of: MakeOutcome, dtype: str, written: str
) -> None:
    cat = outcome_of().cat
    cat["THEIRS"] = np.arange(5).astype(dtype)
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits")
    found = read_catalogue(tmp_path / "cat.fits")["THEIRS"]
    assert found.dtype == written
    assert found.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "values",
    [
        np.array(list("abcdµ")), np.zeros((5, 2), "U3"), np.zeros(5, bool), np.zeros(5, complex),
        np.zeros(5, object),
        np.zeros(5, np.uint64), np.zeros(5, np.longdouble), np.zeros((5, 2, 2)),
    ],
)  # fmt: skip
def test_a_column_that_does_not_fit_is_refused_with_its_name_and_dtype(
    outcome_of: MakeOutcome, values: np.ndarray
) -> None:
    cat = outcome_of().cat
    cat["THEIRS"] = values
    with pytest.raises(MethodError, match=f"THEIRS has .* of {values.dtype}"):
        make_cat_hdus(cat, HEADER)


def test_names_of_sources_come_back_and_may_be_empty(
    tmp_path: Path, outcome_of: MakeOutcome
) -> None:
    cat = outcome_of().cat
    names = np.array([f"J{number}" if number % 2 else "" for number in range(len(cat))])
    cat["SKY_NAME"] = names
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits")
    assert read_catalogue(tmp_path / "cat.fits")["SKY_NAME"].tolist() == names.tolist()
    make_cat_hdus(cat[:0], HEADER).writeto(tmp_path / "none.fits")
    assert len(read_catalogue(tmp_path / "none.fits")["SKY_NAME"]) == 0


def test_a_description_in_any_script_comes_back(tmp_path: Path, outcome_of: MakeOutcome) -> None:
    cat = outcome_of().cat
    cat["FLUX_AUTO"].info.description = "flux in µJy,\n50% of it"
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits")
    found = read_catalogue(tmp_path / "cat.fits")
    assert found["FLUX_AUTO"].info.description == "flux in µJy,\n50% of it"


@pytest.mark.parametrize(("name", "unit"), [("Größe", u.m), ("SIZE\n", u.m), ("SIZE", "µ")])
def test_a_name_or_unit_that_fits_cannot_hold_is_refused(
    outcome_of: MakeOutcome, name: str, unit: Any
) -> None:
    cat = outcome_of().cat
    unit = u.def_unit(unit) if isinstance(unit, str) else unit
    cat[name] = np.ones(len(cat)) * unit
    with pytest.raises(MethodError, match=r"stands in no FITS header; give"):
        make_cat_hdus(cat, HEADER)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({f"C{number}": np.ones(5) for number in range(1000)}, "columns, and a FITS table has 999"),
        ({"x" * 69: np.ones(5)}, "a name that is too long"),
        ({"x" * 66 + "'s": np.ones(5)}, "a name that is too long"),
        ({"FLUX_NONE": np.ones((5, 0))}, "FLUX_NONE has no value for any source"),
    ],
)
@pytest.mark.parametrize("write", [make_cat_hdus, pack_cat])
def test_a_catalogue_that_no_fits_table_holds_is_refused(
    outcome_of: MakeOutcome,
    columns: dict[str, np.ndarray],
    told: str,
    write: Callable[[QTable, fits.Header], object],
) -> None:
    cat = outcome_of().cat
    for name, values in columns.items():
        cat[name] = values
    with pytest.raises(MethodError, match=told):
        write(cat, HEADER)


def test_names_of_the_longest_columns_come_back(tmp_path: Path, outcome_of: MakeOutcome) -> None:
    cat = outcome_of().cat
    names = ["x" * 68, "x" * 65 + "'s"]
    for name in names:
        cat[name] = np.arange(5)
    (tmp_path / "cat.fits").write_bytes(pack_cat(cat, HEADER))
    assert read_catalogue(tmp_path / "cat.fits").colnames[-2:] == names


def test_one_aperture_stays_a_column_of_vectors(tmp_path: Path, outcome_of: MakeOutcome) -> None:
    cat = outcome_of().cat
    cat["MAG_APER"] = cat["MAG_APER"][:, :1]
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits")
    assert read_catalogue(tmp_path / "cat.fits")["MAG_APER"].shape == (5, 1)


def test_a_unit_that_fits_does_not_know_survives(tmp_path: Path, outcome_of: MakeOutcome) -> None:
    cat = outcome_of().cat
    cat["FLUX_AUTO"] = cat["FLUX_AUTO"].value * u.electron / u.s
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits")
    assert read_catalogue(tmp_path / "cat.fits")["FLUX_AUTO"].unit == u.electron / u.s


def test_other_readers_understand_the_catalogue(tmp_path: Path, outcome_of: MakeOutcome) -> None:
    cat = outcome_of().cat
    make_cat_hdus(cat, HEADER).writeto(tmp_path / "cat.fits")
    found = Table.read(tmp_path / "cat.fits")
    assert found.colnames == cat.colnames
    assert found["MAG_APER"].shape == (5, 2)
    header = fits.getheader(tmp_path / "cat.fits", 1)
    assert header["TCOMM1"] == "Label in the SEG map"
    assert header["TUNIT7"] == "10**1 nJy"


def test_a_map_as_sextractor_writes_it_is_read(tmp_path: Path) -> None:
    seg = np.arange(12, dtype=">i4").reshape(3, 4)
    fits.writeto(tmp_path / "seg.fits", seg)
    found, _ = read_map(tmp_path / "seg.fits", np.int32)
    np.testing.assert_array_equal(found, seg)
    assert found.dtype.isnative


def test_values_that_are_no_labels_are_refused_by_name(tmp_path: Path) -> None:
    fits.writeto(tmp_path / "whole.fits", np.array([[0.0, 3.0]]))
    assert read_map(tmp_path / "whole.fits", np.int32)[0].tolist() == [[0, 3]]
    fits.writeto(tmp_path / "seg.fits", np.array([[0.0, 1.5]]))
    with pytest.raises(ProductError, match=r"seg.fits holds values that are no labels"):
        read_map(tmp_path / "seg.fits", np.int32)


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "a bit":
        with fits.open(path) as hdus:
            content[hdus.fileinfo(1)["datLoc"] + 5] ^= 1
    elif how == "no FITS":
        content = b"seg"
    elif how == "empty":
        content = b""
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["cut", "a bit", "no FITS", "empty"])
def test_a_damaged_product_is_refused_by_name(
    tmp_path: Path, outcome_of: MakeOutcome, map_hdus: MakeHdus, how: str
) -> None:
    outcome = outcome_of()
    for name, hdus, read in (
        ("seg", map_hdus("SEG", outcome.seg, HEADER), lambda path: read_map(path, np.int32)),
        ("bkg", map_hdus("BKG", outcome.bkg, HEADER), lambda path: read_map(path, np.float32)),
        ("cat", make_cat_hdus(outcome.cat, HEADER), read_catalogue),
    ):
        path = tmp_path / f"{name}.fits"
        hdus.writeto(path, checksum=True)
        damage(path, how)
        with pytest.raises(ProductError, match=f"{path} is damaged or not FITS"):
            read(path)


def test_a_file_without_the_product_is_refused_by_name(tmp_path: Path) -> None:
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    for read in (lambda path: read_map(path, np.int32), read_catalogue):
        with pytest.raises(ProductError, match=r"empty.fits holds no"):
            read(tmp_path / "empty.fits")
        with pytest.raises(ProductError, match=r"absent.fits does not exist; call segment"):
            read(tmp_path / "absent.fits")


def test_a_header_is_none_only_where_there_is_no_file(tmp_path: Path) -> None:
    assert fits_files.read_header(tmp_path / "absent.fits") is None
    fits.writeto(tmp_path / "one.fits", np.zeros((2, 2)))
    assert fits_files.read_header(tmp_path / "one.fits")["NAXIS2"] == 2


@pytest.fixture
def seg_file(tmp_path: Path, outcome_of: MakeOutcome, map_hdus: MakeHdus) -> Path:
    path = tmp_path / "seg.fits"
    map_hdus("SEG", outcome_of().seg, HEADER).writeto(path, checksum=True)
    return path


def test_a_file_is_verified_once_while_it_stays_as_it_is(
    seg_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_map(seg_file, np.int32)[0]
    verified: list[bool] = []
    opened = fits.open

    def open_and_note(*args: Any, checksum: bool = False, **more: Any) -> fits.HDUList:
        verified.append(checksum)
        return opened(*args, checksum=checksum, **more)

    monkeypatch.setattr(fits, "open", open_and_note)
    for top in (0, 128):
        part = slice(top, top + 128), slice(0, 280)
        np.testing.assert_array_equal(read_map(seg_file, np.int32, part)[0], whole[part])
    assert not any(verified)
    os.utime(seg_file, ns=(0, 1))
    read_map(seg_file, np.int32)
    assert verified.count(True) == 1


def test_damage_that_comes_after_a_file_was_read_is_noticed(seg_file: Path) -> None:
    read_map(seg_file, np.int32)
    damage(seg_file, "a bit")
    with pytest.raises(ProductError, match="is damaged or not FITS"):
        read_map(seg_file, np.int32, (slice(0, 9), slice(0, 9)))


@quick
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_changed_bit_is_damage_or_changes_nothing(seg_file: Path, place: int, bit: int) -> None:
    whole = read_map(seg_file, np.int32)[0]
    content = bytearray(seg_file.read_bytes())
    content[place % len(content)] ^= 1 << bit
    other = seg_file.with_name("other.fits")
    other.write_bytes(content)
    try:
        found = read_map(other, np.int32)[0]
    except ProductError as error:
        assert "is damaged or not FITS" in error.what or "holds no 2-D image" in error.what
    else:
        np.testing.assert_array_equal(found, whole)


def test_what_the_system_refuses_is_not_called_damage(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match=r"cannot be read \(Is a directory\); check"):
        read_map(tmp_path, np.int32)


@pytest.mark.parametrize("error", [KeyboardInterrupt, AttributeError])
def test_what_is_no_matter_of_the_file_stays_what_it_is(
    seg_file: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(fits, "open", fail)
    with pytest.raises(error):
        read_map(seg_file, np.int32)


def test_a_mistake_of_ours_in_reading_a_catalogue_is_not_called_damage(
    tmp_path: Path, outcome_of: MakeOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise TypeError("ours")

    make_cat_hdus(outcome_of().cat, HEADER).writeto(tmp_path / "cat.fits")
    monkeypatch.setattr(fits_files, "with_unit", fail)
    with pytest.raises(TypeError, match="ours"):
        read_catalogue(tmp_path / "cat.fits")
