"""Packed rows that workers of a cluster write themselves, where they see the product's folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import NamedTuple

from skyseg.products.names import cannot_read, cannot_write

_SUFFIX = ".parts"


class WrittenRows(NamedTuple):
    """Lists of tiles in a file, one after the other, and how long each tile is."""

    name: str
    lengths: tuple[tuple[int, ...], ...]


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
    try:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            for tiles in lists:
                file.writelines(tiles)
    except OSError:
        return None
    return WrittenRows(Path(file.name).name, tuple(tuple(map(len, tiles)) for tiles in lists))


def read_rows(folder: Path, written: WrittenRows) -> Iterator[list[bytes]]:
    """Read the lists of tiles that were written, and remove their file.

    Raises
    ------
    ProductError
        If it cannot be read, or was not written whole.
    """
    path = folder / written.name
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != sum(map(sum, written.lengths)):
                raise OSError("it is not as long as it was written")
            for lengths in written.lengths:
                yield [file.read(length) for length in lengths]
        path.unlink()
    except OSError as error:
        raise cannot_read(path, error) from error
