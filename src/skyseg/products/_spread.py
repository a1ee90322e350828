"""Packed rows that workers of a cluster write themselves, where they see the product's folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import NamedTuple

from skyseg.imaging.data_sums import sum_parts
from skyseg.products.names import cannot_read, cannot_write

_SUFFIX = ".parts"


class WrittenTiles(NamedTuple):
    """Tiles that stand in a file, one after the other.

    Attributes
    ----------
    begin : int
        Where the first one begins.
    lengths : tuple of int
        Bytes of each.
    total : int
        Their sum, as `skyseg.imaging.data_sums.DataSum` has it.
    """

    begin: int
    lengths: tuple[int, ...]
    total: int

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(self.lengths)


class WrittenRows(NamedTuple):
    """Lists of tiles in a file, one after the other."""

    name: str
    lists: tuple[WrittenTiles, ...]


@contextmanager
def parts_folder(product: Path) -> Iterator[Path]:
    """Have a hidden folder beside a product while the block runs.

    Those that killed runs have left go; the lock of the product must be held.

    Raises
    ------
    ProductError
        If the product's folder cannot be written to.
    """
    for left in product.parent.glob(f".{escape(product.name)}.*{_SUFFIX}"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        made = tempfile.mkdtemp(_SUFFIX, f".{product.name}.", product.parent)
    except OSError as error:
        raise cannot_write(product.parent, error) from error
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write_rows(folder: Path, lists: Sequence[Sequence[bytes]]) -> WrittenRows | None:
    """Write lists of tiles into a folder; None where it is not seen or cannot be written to."""
    if not folder.is_dir():
        return None
    written, begin = [], 0
    try:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            for tiles in lists:
                written.append(WrittenTiles(begin, tuple(map(len, tiles)), sum_parts(tiles)))
                file.writelines(tiles)
                begin += written[-1].size
    except OSError:
        return None
    return WrittenRows(Path(file.name).name, tuple(written))


def check_rows(folder: Path, written: WrittenRows) -> Path:
    """Return the file of rows that were written.

    Raises
    ------
    ProductError
        If it cannot be looked up, or was not written whole.
    """
    path = folder / written.name
    try:
        if path.stat().st_size != sum(each.size for each in written.lists):
            raise OSError("it is not as long as it was written")
    except OSError as error:
        raise cannot_read(path, error) from error
    return path
