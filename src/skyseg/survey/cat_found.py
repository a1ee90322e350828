"""The catalogue of a survey that is on disk, found by the run of its detection."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import astropy.units as u
import numpy as np
from astropy.table import QTable

from skyseg.errors import SkysegError
from skyseg.methods.filled import with_unit
from skyseg.products.fits_files import read_catalogue, read_header
from skyseg.products.inventory import list_runs
from skyseg.products.recipe import DETECTION_KEY
from skyseg.survey._order import Place, find_place

if TYPE_CHECKING:
    from pathlib import Path

    from skyseg.survey.band import BandData

FLUX_UNIT: Final = "uJy"
"""Unit of fluxes, where the zero point is known."""


@dataclass(frozen=True, eq=False)
class FoundCat:
    """The catalogue of all bands, as it is on disk.

    Attributes
    ----------
    table : QTable
        A row a source; columns of a band end in its key.
    runs : dict of str to str
        RUNID of what was measured in each band, by the key that its columns end in.
    instruments : tuple of str
        Those of its bands.
    """

    table: QTable
    runs: dict[str, str]
    instruments: tuple[str, ...]

    def find_wavelength(self, key: str) -> float:
        """Return the wavelength of a band in nm; infinite where it is not known."""
        return min(
            find_place(Place(each, key.removeprefix(f"{each}_")))[0] for each in self.instruments
        )

    def of_band(self, key: str) -> QTable:
        """Return NUMBER and the columns of a band, its fluxes in `FLUX_UNIT`."""
        found = QTable({"NUMBER": np.asarray(self.table["NUMBER"])})
        for name in self.table.colnames:
            ends = [each for each in self.runs if name.endswith(f"_{each}")]
            if key != max(ends, key=len, default=None):
                continue
            column = self.table[name]
            if isinstance(column, u.Quantity) and column.unit.is_equivalent(u.Jy):
                about = column.info.description or ""
                column = with_unit(column.to_value(FLUX_UNIT), u.Unit(FLUX_UNIT), about)
            found[name.removesuffix(f"_{key}")] = column
        return found


def find_cat_of(bands: Sequence[BandData], run_id: str) -> FoundCat | None:
    """Find the catalogue of the sources of a run in all bands: the last one made.

    Parameters
    ----------
    bands : sequence of BandData
        The bands of the survey.
    run_id : str
        RUNID of the run in which they were detected.

    Returns
    -------
    FoundCat or None
        None where there is none, or it is damaged or gone by now.
    """
    places = dict.fromkeys((band.work_dir, band.survey, band.version) for band in bands)
    stored = [run for place in places for run in list_runs(*place, ("catalogue",))]
    known = {run.file: (run, runs) for run in stored if (runs := _list_runs_in(run.file, run_id))}
    path = max(known, key=tell_age, default=None)
    if path is None:
        return None
    try:
        table = read_catalogue(path)
    except SkysegError:  # it is damaged, which the next run says, or gone by now
        return None
    run, runs = known[path]
    return FoundCat(table, runs, tuple(run.instrument.split("+")))


def tell_age(path: Path) -> tuple[float, str]:
    """Tell when a file was made, for the last one; one that is gone by now comes first."""
    try:
        return path.stat().st_mtime, path.name
    except OSError:
        return -math.inf, path.name


def _list_runs_in(path: Path, run_id: str) -> dict[str, str]:
    """List RUNIDs by band in the header of a catalogue; none where it is of other sources."""
    try:
        header = read_header(path)
    except SkysegError:  # it is damaged, which the next run says
        return {}
    if header is None or header.get(DETECTION_KEY) != run_id:
        return {}
    numbers = itertools.takewhile(
        lambda n: f"B{n}NAME" in header and f"B{n}RUN" in header, itertools.count(1)
    )
    return {unquote(header[f"B{number}NAME"]): header[f"B{number}RUN"] for number in numbers}
