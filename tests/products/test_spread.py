"""Packed rows that a worker writes beside the product are those that it would send."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import ProductError
from skyseg.products._packing import PackedCanvas
from skyseg.products._spread import check_rows, parts_folder, write_rows


def _draw(canvas: PackedCanvas) -> tuple[int, bytes]:
    """Draw maps of two rows of tiles as workers do; bytes on the way, and those of the maps."""
    rows = np.arange(512 * 300, dtype=np.int32).reshape(512, 300) // 7
    sent = 0
    with canvas:
        pack = pickle.loads(pickle.dumps(canvas.packer(0.5)))
        for first in (0, 256):
            packed = pickle.dumps(pack(rows[first : first + 256], rows[first : first + 256] // 3))
            sent += len(packed)
            canvas.write(first, pickle.loads(packed))
        maps = BytesIO()
        for each in (canvas.seg, canvas.bkg):
            each.write_to("MAP", fits.Header(), maps)
        return sent, maps.getvalue()


def test_rows_written_beside_the_product_are_those_that_are_sent(tmp_path: Path) -> None:
    whole, maps = _draw(PackedCanvas((512, 300), tmp_path))
    with parts_folder(tmp_path / "band_seg.fits") as parts:
        sent, written = _draw(PackedCanvas((512, 300), tmp_path, parts))
    assert written == maps
    assert sent < whole / 20
    assert not list(tmp_path.iterdir())


def test_rows_are_sent_where_the_folder_is_not_seen(tmp_path: Path) -> None:
    whole, maps = _draw(PackedCanvas((512, 300), tmp_path))
    unseen = tmp_path / "elsewhere" / "parts"
    assert _draw(PackedCanvas((512, 300), tmp_path, unseen)) == (whole, maps)


@pytest.mark.parametrize("seen", [True, False])
def test_others_copy_large_maps_into_the_product_where_they_see_it(
    seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.products._packing._COPIED_AT_ONCE", 2**13)
    monkeypatch.setattr("skyseg.products._packing._ALIGNED", 2**12)
    asked: list[tuple[int, int]] = []

    def copy(function: Callable[[Any], Any], tasks: Iterable[Any], /) -> Iterator[Any]:
        for task in tasks:
            sizes = [part.size for part in task]
            assert [part.place for part in task] == [
                task[0].place + sum(sizes[:number]) for number in range(len(sizes))
            ]
            asked.append((task[0].place, sum(sizes)))
        return map(function if seen else lambda _: False, tasks)

    rows = np.arange(512 * 300, dtype=np.int32).reshape(512, 300) // 7
    made = []
    for mapper in (None, copy):
        product = tmp_path / "band_seg.fits"
        with (
            parts_folder(product) as parts,
            PackedCanvas((512, 300), tmp_path, parts, mapper) as canvas,
        ):
            pack = canvas.packer(0.5)
            for first in (0, 256):
                canvas.write(first, pack(rows[first : first + 256], rows[first : first + 256]))
            with product.open("wb") as stream:
                canvas.seg.write_to("SEG", fits.Header(), stream)
        made.append(product.read_bytes())
    assert [begin + size for begin, size in asked[:-1]] == [begin for begin, _ in asked[1:]]
    assert len(asked) > 1
    assert all(edge % 2**12 == 0 for task in asked for edge in task)  # no two write one page
    assert made[0] == made[1]


def test_what_a_killed_run_left_beside_the_product_goes_with_the_next(tmp_path: Path) -> None:
    product = tmp_path / "band_seg.fits"
    left = tmp_path / ".band_seg.fits.abc.parts"
    other = tmp_path / ".other_seg.fits.abc.parts"
    for each in (left, other):
        each.mkdir()
        (each / "rows").write_bytes(b"1")
    with pytest.raises(ValueError, match="no such luck"), parts_folder(product) as parts:
        (parts / "rows").write_bytes(b"2")
        raise ValueError("no such luck")
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize("left", [b"", b"abcd", b"abcdefg"])
def test_rows_that_are_not_whole_are_no_rows(tmp_path: Path, left: bytes) -> None:
    written = write_rows(tmp_path, [[b"ab", b"c"], [b"def"]])
    assert written is not None
    (tmp_path / written.name).write_bytes(left)
    with pytest.raises(ProductError, match="is not as long as it was written"):
        check_rows(tmp_path, written)
