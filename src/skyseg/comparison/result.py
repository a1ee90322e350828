"""The result of a comparison."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.comparison import maps
from skyseg.comparison.agreement import Agreement
from skyseg.comparison.classes import CHANGES, KINDS, Kind
from skyseg.comparison.inputs import LabelMap
from skyseg.comparison.matching import Matching
from skyseg.engine.types import ByteImage
from skyseg.errors import Advice

if TYPE_CHECKING:
    from astropy.table import QTable
    from matplotlib.axes import Axes
    from regions import Regions

    from skyseg.imaging.regions import Region


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What changed from segmentation map a to segmentation map b.

    The two maps are made when they are first asked for, from the label maps that
    were compared, which are kept without a copy.

    Attributes
    ----------
    a, b : LabelMap
        The two sides on one grid, that of a, with name and provenance.
    table : astropy.table.QTable
        One row per source or group of sources; see `skyseg.compare`.
    agreement : Agreement
        How far the two agree, in three numbers.
    matching : Matching
        Which source is which.
    reprojected : bool
        Whether b was brought onto the grid of a.
    notes : tuple of str
        What a reader must know: what was brought where, what was left out, where
        fluxes come from.
    difference_map : ndarray of uint8, shape (ny, nx)
        A `DifferenceClass` for every pixel.
    relabelled_b : ndarray of int32 or int64, shape (ny, nx)
        Map b with the numbers of a where sources match one-to-one, and numbers
        above the largest of a for the others, in the order of their first pixels.
    """

    a: LabelMap
    b: LabelMap
    table: QTable
    agreement: Agreement
    matching: Matching
    reprojected: bool = False
    advice: tuple[Advice, ...] = field(default=())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know, in the words of Python."""
        return tuple(map(str, self.advice))

    @cached_property
    def difference_map(self) -> ByteImage:
        """A `DifferenceClass` for every pixel."""
        return maps.draw_difference(self.a.labels, self.b.labels, self.matching)

    @cached_property
    def relabelled_b(self) -> npt.NDArray[np.signedinteger[Any]]:
        """Map b in the numbers of a."""
        return maps.relabel(self.b.labels, self.matching)

    @property
    def counts(self) -> dict[Kind, int]:
        """Number of rows of the table by kind; every kind is there."""
        kinds = np.asarray(self.table["kind"])
        return {kind: int(np.count_nonzero(kinds == kind)) for kind in KINDS}

    def plot(
        self,
        region: Region | None = None,
        *,
        ax: Axes | None = None,
        save: str | os.PathLike[str] | None = None,
        show: bool = False,
    ) -> Axes:
        """Draw the difference map, or a part of it, with its legend.

        Parameters
        ----------
        region : tuple, regions.Region or None
            What is shown, as for `BandData.plot`; a NUMBER is a label of map a.
        ax : matplotlib.axes.Axes, optional
            Where to draw; without, a new figure, with sky axes where there is a WCS.
        save : path, optional
            File to write; its ending is the format. A figure made for it is then
            closed unless it is shown.
        show : bool
            Whether to open the figure in a window.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.

        Raises
        ------
        ParameterError
            If the region is not understood or lies outside, or the ending of
            ``save`` is not known.
        ProductError
            If the file cannot be written.

        Examples
        --------
        >>> comparison = compare(seg_a, seg_b)
        >>> ax = comparison.plot(region=((412, 230), 80), save="c.png")
        """
        from skyseg.plotting.comparisons import draw

        return draw(self, region, ax=ax, save=save, show=show)

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the comparison, with the provenance of both sides.

        Parameters
        ----------
        path : str or Path
            ``*.fits``: the HDUs DIFF, SEG_B (map b in the numbers of
            a), CHANGES (the table) and PROVENANCE. ``*.ecsv``: the table, with the
            provenance as its metadata.
        overwrite : bool
            Whether to replace a file that is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            If the name has another ending.
        ProductError
            If the file is there already, or it
            cannot be written.
        """
        from skyseg.comparison.exports import write

        return write(self, Path(path), overwrite=overwrite)

    def to_regions(self, kinds: Collection[Kind] = CHANGES) -> Regions:
        """Give the bounding boxes of the changes as regions, for DS9 for one.

        Parameters
        ----------
        kinds : collection of str
            The kinds wanted; all but ``matched`` unless told.

        Returns
        -------
        regions.Regions
            A rectangle for each row of the table, on the sky where there is a WCS,
            else in pixels, with the colour of its kind and its labels as text.

        Raises
        ------
        ComparisonError
            If a kind is not known.

        Examples
        --------
        >>> comparison.to_regions(["new", "lost"]).write("changes.reg")
        """
        from skyseg.comparison.exports import to_regions

        return to_regions(self, kinds)

    def __str__(self) -> str:
        from skyseg.comparison.report import summarise

        return summarise(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {kind}" for kind, number in self.counts.items() if number)
        return f"<Comparison of {self.a.name} with {self.b.name}: {counts or 'no source'}>"

    def _repr_html_(self) -> str:
        from skyseg.comparison.report import format_html

        return format_html(self)
