"""The sources of a map as both viewers show them: table, filter, selection, order of steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from astropy.coordinates import SkyCoord
from psygnal import Signal

from skyseg.engine.types import AnyLabelImage, IntArray
from skyseg.errors import ParameterError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.remembered import recall, remember
from skyseg.panel.samp import send_table
from skyseg.panel.session import Session
from skyseg.panel.source_exports import (
    describe_origin,
    flatten,
    write_labels,
    write_regions,
    write_table,
)
from skyseg.panel.source_table import FIRST_COLUMNS, SourceTable
from skyseg.panel.wording import worded

Which = Literal["selected", "shown", "all"]
"""Which sources something is done with: those selected, those that the filter keeps, or all."""

_NOWHERE: Final = MapInfo("SEG", (0, 0))
_REMEMBERED: Final = "source columns"


class SourceBrowser:
    """The sources of the map that is worked with.

    Parameters
    ----------
    session : Session
        What is chosen; ``filter``, ``columns`` and ``selected`` are kept there.

    Attributes
    ----------
    table : SourceTable
        The rows.
    info : MapInfo or None
        The map.
    problem : str
        What is wrong with the filter, in a sentence; empty where nothing is.
    changed : Signal
        Emitted when catalogue, rows, columns, order or problem are others.

    Examples
    --------
    >>> browser = SourceBrowser(Session())
    >>> browser.use(catalogue, info, "F444W SEG rms_err")
    >>> browser.filter("NUMBER <= 17")
    >>> browser.title
    'F444W SEG rms_err: 17 of ... sources, NUMBER <= 17'
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        self.session = session
        self.table = SourceTable(session.columns or _recall_columns())
        self.info: MapInfo | None = None
        self.problem = ""
        self._name = ""
        self._last = 0
        session.events.filter.connect(self._follow_filter)
        session.events.columns.connect(self._follow_columns)
        session.events.selected.connect(self._remember_place)

    def detach(self) -> None:
        """Leave the session alone from now on."""
        self.session.events.filter.disconnect(self._follow_filter)
        self.session.events.columns.disconnect(self._follow_columns)
        self.session.events.selected.disconnect(self._remember_place)

    @property
    def catalogue(self) -> Catalogue | None:
        """The catalogue that is shown."""
        return self.table.catalogue

    @property
    def title(self) -> str:
        """What is shown, such as ``"F444W SEG wht: 3 of 42 sources, MAG_AUTO < 22"``."""
        if self.catalogue is None:
            return "no segmentation map with a catalogue"
        matching = f", {self.table.filter_text}" if self.table.filter_text else ""
        found = "" if self.catalogue.is_measured else ", not measured yet"
        return f"{self._name}: {self.table.count}{matching}{found}"

    def use(
        self,
        catalogue: Catalogue | None,
        info: MapInfo | None = None,
        name: str = "",
        *,
        keep: bool = False,
    ) -> None:
        """Show the sources of another map; nothing is selected then.

        Parameters
        ----------
        catalogue : Catalogue or None
            Its catalogue; None shows nothing.
        info : MapInfo, optional
            The map.
        name : str, optional
            What the map is called.
        keep : bool, optional
            Whether what is selected stays so, because it is of this map already.
        """
        self.info, self._name, self._last = info, name, 0
        if catalogue is not None:
            self.table.filter_text = self.session.filter
        self.problem = self.table.show(catalogue, None if info is None else info.band)
        if keep:
            self._remember_place(self.session.selected)
        else:
            self.session.selected = ()
        if catalogue is not None:
            self.session.filter = self.table.filter_text
        self.changed.emit()

    def filter(self, text: str) -> None:
        """Show the sources that match a filter; `problem` says why where it is not understood.

        Then rows, title and ``session.filter`` stay as they were.
        """
        try:
            self.table.filter(text)
            self.problem = ""
        except ParameterError as error:
            self.problem = worded(error)
        self.session.filter = self.table.filter_text
        self.changed.emit()

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort by a column that is shown."""
        self.table.sort(column, rising=rising)
        self.changed.emit()

    def choose_columns(self, titles: Sequence[str]) -> None:
        """Show these columns, now and whenever a viewer is opened on this machine."""
        remember(_REMEMBERED, list(titles))
        self.session.columns = tuple(titles)

    def show_column(self, title: str, shown: bool) -> None:
        """Show a column of the catalogue as the last one, or hide it."""
        others = [each for each in self.table.titles if each != title]
        self.choose_columns([*others, title] if shown else others)

    def step(self, by: int) -> int | None:
        """Select the source some rows after the current one, in the order of the table.

        Where none is selected it goes on from the one that was selected last.

        Returns
        -------
        int or None
            Its NUMBER; None where there is no row.
        """
        numbers = self.table.numbers
        if not len(numbers):
            return None
        row = self.table.find_rows([self._last])
        place = int(row[0]) + by if row.size else min(by, 0)
        number = int(numbers[place % len(numbers)])
        self.session.selected = (number,)
        return number

    def choose(self, which: Which | None = None) -> IntArray:
        """Return the NUMBERs of those sources that something is done with.

        Parameters
        ----------
        which : {"selected", "shown", "all"}, optional
            Which ones; without, the selected ones, or where none is selected those shown.

        Raises
        ------
        ParameterError
            If there is no catalogue, or no such source.
        """
        if self.catalogue is None:
            raise ParameterError("there is no catalogue", hint="segment a band first")
        which = which or ("selected" if self.session.selected else "shown")
        if which == "all":
            numbers: IntArray = self.catalogue.columns["NUMBER"]
        elif which == "shown":
            numbers = self.table.numbers
        else:
            rows = self.catalogue.find_rows(self.session.selected)
            numbers = self.catalogue.columns["NUMBER"][rows]
        if not len(numbers):
            raise ParameterError("no source is selected", hint="click one or change the filter")
        return numbers

    def get_coords(self, which: Which | None = None) -> SkyCoord:
        """Return the positions of sources.

        Raises
        ------
        ParameterError
            If there is no such source, or the catalogue has no positions.
        """
        numbers = self.choose(which)
        assert self.catalogue is not None
        position = self.catalogue.get_positions(tuple(numbers.tolist()))
        if position is None:
            raise ParameterError(
                "the sources have no position on the sky",
                hint="segment an image that has a WCS, and keep ALPHA_J2000 and DELTA_J2000",
            )
        return position

    def save(self, path: Path, which: Which | None = None) -> int:
        """Write sources as a table, or as DS9 regions, by the ending of the name.

        Parameters
        ----------
        path : Path
            ``*.fits``, ``*.ecsv``, ``*.csv`` or ``*.reg``.
        which : {"selected", "shown", "all"}, optional
            Which sources; see `choose`.

        Returns
        -------
        int
            How many they are.

        Raises
        ------
        SkysegError
            If there is no such source, or they cannot be written so.
        """
        numbers = self.choose(which)
        assert self.catalogue is not None
        if path.suffix.lower() == ".reg":
            write_regions(self.catalogue, numbers, self.info or _NOWHERE, path)
        else:
            write_table(
                self.catalogue, numbers, path, columns=self.table.columns, origin=self.origin
            )
        return len(numbers)

    def save_labels(self, labels: AnyLabelImage, path: Path, which: Which | None = None) -> int:
        """Write the map with some sources alone as FITS.

        Parameters
        ----------
        labels : ndarray of int, shape (ny, nx)
            The map.
        path : Path
            ``*.fits``.
        which : {"selected", "shown", "all"}, optional
            Which sources; see `choose`.

        Returns
        -------
        int
            How many they are.

        Raises
        ------
        SkysegError
            If there is no such source, or they cannot be written so.
        """
        numbers = self.choose(which)
        write_labels(labels, numbers, self.info or _NOWHERE, path, origin=self.origin)
        return len(numbers)

    def send(self, which: Which | None = None) -> str:
        """Send sources to the programs at the SAMP hub, such as TOPCAT; say to which.

        Raises
        ------
        SkysegError
            If there is no such source, no hub runs, or no program there takes tables.
        """
        numbers = self.choose(which)
        assert self.catalogue is not None
        rows = flatten(self.catalogue, numbers, self.table.columns)
        takers = ", ".join(send_table(rows, self._name))
        return f"{len(numbers)} sources were sent to {takers}"

    @property
    def origin(self) -> dict[str, str]:
        """Where the sources come from, as cards of a FITS header."""
        return describe_origin(self.info, self._name, self.table.filter_text)

    def _follow_filter(self, text: str) -> None:
        if text != self.table.filter_text:
            self.filter(text)

    def _follow_columns(self, titles: tuple[str, ...]) -> None:
        self.table.choose_columns(titles or FIRST_COLUMNS)
        self.changed.emit()

    def _remember_place(self, selected: tuple[int, ...]) -> None:
        if selected:
            self._last = selected[-1]


def _recall_columns() -> tuple[str, ...]:
    known = recall(_REMEMBERED)
    return tuple(map(str, known)) if isinstance(known, list) and known else FIRST_COLUMNS
