"""Products of one file: taken where they fit, made anew where that is asked for, never in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from astropy.io import fits

from skyseg.errors import ParameterError, ProductError, StaleProductError
from skyseg.products.names import SingleFile
from skyseg.products.single import load_or_make_file


@contextmanager
def _make() -> Iterator[tuple[fits.Header, fits.HDUList]]:
    header = fits.Header({"RUNID": "1f", "CREATOR": "skyseg 0.1.0", "WHAT": "this"})
    yield header, fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(None, header)])


def _compare(header: fits.Header) -> list[str]:
    return [] if header["WHAT"] == "this" else ["what was that and is this"]


def test_a_file_is_made_once_and_then_taken(tmp_path: Path) -> None:
    paths = SingleFile(tmp_path / "new" / "a.fits")
    header, made = load_or_make_file(paths, _compare, _make, [])
    assert made
    again, made = load_or_make_file(paths, _compare, _make, [])
    assert not made
    assert again["RUNID"] == header["RUNID"] == "1f"
    assert load_or_make_file(paths, _compare, _make, [], overwrite=True)[1]


def test_a_file_of_something_else_is_stale_and_says_how_to_make_it(tmp_path: Path) -> None:
    paths = SingleFile(tmp_path / "a.fits")
    load_or_make_file(paths, _compare, _make, [])
    with pytest.raises(StaleProductError, match=r"it was otherwise; .* with again"):
        load_or_make_file(paths, lambda _: ["it was otherwise"], _make, [], again="again")


def test_a_file_that_does_not_say_what_it_is_of_is_refused(tmp_path: Path) -> None:
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU()]).writeto(tmp_path / "a.fits")
    with pytest.raises(ProductError, match="does not say what it was made from"):
        load_or_make_file(SingleFile(tmp_path / "a.fits"), _compare, _make, [])


@pytest.mark.parametrize("switch", ["overwrite", "verify"])
def test_switches_are_true_or_false(tmp_path: Path, switch: str) -> None:
    paths = SingleFile(tmp_path / "a.fits")
    with pytest.raises(ParameterError, match=switch):
        load_or_make_file(paths, _compare, _make, [], **{switch: "yes"})  # type: ignore[arg-type]
