"""A SEG map in a file of its own, as edits take it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skyseg.editing.editable import Editable
from skyseg.errors import DataNotFoundError, ProductError
from skyseg.imaging.label_maps import find_labels, read_labels
from skyseg.imaging.reading import read_wcs
from skyseg.imaging.refs import MapRef
from skyseg.products.journals import find_file_journal


@dataclass(frozen=True)
class FileMap:
    """A SEG map in a file, of skyseg or of another program, which is never written to.

    Attributes
    ----------
    ref : MapRef
        Where it is.

    Examples
    --------
    >>> FileMap.find("f444w_seg.fits").read_editable().name
    'f444w_seg.fits'
    """

    ref: MapRef

    @classmethod
    def find(cls, path: str | Path | MapRef) -> FileMap:
        """Find the map that a text names, such as ``"seg.fits"`` or ``"seg.fits[SEG]"``.

        Raises
        ------
        DataNotFoundError
            If the file holds no labels.
        SkysegError
            If it cannot be read.
        """
        ref = find_labels(path)
        if ref is None:
            raise DataNotFoundError(
                f"{path} holds no label map", hint="give a SEG map, with its HDU in brackets"
            )
        return cls(ref)

    @property
    def journal(self) -> Path:
        """Where its journal belongs."""
        return find_file_journal(self.ref)

    def read_editable(self) -> Editable:
        """Read the map.

        Raises
        ------
        ProductError
            If it holds values that are no labels.
        SkysegError
            If it cannot be read.
        """
        path, ext = self.ref.path, self.ref.ext
        labels = read_labels(path, ext)
        if labels is None:
            raise ProductError(f"{self.ref} holds values that are no labels", hint="give another")
        return Editable(
            labels, read_wcs(path, ext, quiet=True), name=path.name, journal=self.journal
        )
