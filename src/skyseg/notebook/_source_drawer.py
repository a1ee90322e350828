"""The sources of the band in hand: a table tied to the canvas, and one of them in detail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from skyseg.imaging.label_maps import find_labels
from skyseg.notebook._export_bar import ExportBar
from skyseg.notebook._source_details import SourceDetails
from skyseg.notebook._table import Part, TableView
from skyseg.panel.band_columns import join_bands
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import choose_frame
from skyseg.panel.source_browser import SourceBrowser
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.imaging.refs import MapRef
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.session import Session

_EXAMPLE = "MAG_AUTO < 26 & FLAGS == 0"


class SourceDrawer:
    """The sources of the band in hand.

    A catalogue is read when it is first asked for, at the latest by a thread of its own.

    Parameters
    ----------
    session : Session
        What is chosen; filter, columns and selection are kept there.
    go_to : callable
        Brings a source into view, by its NUMBER.
    list_bands : callable
        Returns the bands in which a source is cut out.
    on_read : callable
        Told the canvas whose sources are shown, once their catalogue has been read.

    Attributes
    ----------
    browser : SourceBrowser
        The sources.
    table : TableView
        Their table.
    details : SourceDetails
        The current one in detail.
    exports : ExportBar
        Files and programs that sources go out to.
    box : ipywidgets.Box
        The widget that holds all.
    """

    def __init__(
        self,
        session: Session,
        *,
        go_to: Callable[[int], None],
        list_bands: Callable[[], list[BandData]],
        on_read: Callable[[BandCanvas], None],
    ) -> None:
        self.browser = SourceBrowser(session)
        self.table = TableView(self.browser.table, "Sources", example=_EXAMPLE)
        self.details = SourceDetails(self.browser)
        self._canvas: BandCanvas | None = None
        self._go_to, self._list_bands, self._on_read = go_to, list_bands, on_read
        self._lock = threading.RLock()
        self._read = True
        self.exports = ExportBar(self.read, self._get_labels, self.table.download)
        self.box = ipywidgets.HBox(
            [self.table, self.details.box, self.exports.box],
            layout={"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "4px 12px"},
        )
        self._listen()
        self._redraw()

    def _listen(self) -> None:
        self.table.on_chosen = self._choose
        self.table.on_activated = lambda row: self._go_to(int(self.browser.table.numbers[row]))
        self.table.on_sorted = lambda column, rising: self.read().sort(column, rising=rising)
        self.table.on_filter = lambda text: self.read().filter(text)
        self.table.on_part = lambda name, shown: self.read().show_column(name, shown)
        self.browser.changed.connect(self._redraw)
        self.browser.session.events.selected.connect(self._show_selected)

    def follow(self, canvas: BandCanvas) -> None:
        """Show the sources of a canvas, once their catalogue has been read."""
        with self._lock:
            if self._canvas is not None and self._canvas is not canvas:
                self._canvas.dim(None)
            self._canvas, self._read = canvas, False
        threading.Thread(target=self._read_later, args=(canvas,)).start()

    def _read_later(self, canvas: BandCanvas) -> None:
        canvas.wait_for_tiles()  # which people look at first
        self.read()

    def read(self) -> SourceBrowser:
        """Return the sources of the canvas; their catalogue is read if it was not."""
        with self._lock:
            if not self._read and self._canvas is not None:
                self._read = True
                self._use(self._canvas)
        return self.browser

    def filter(self, text: str) -> str:
        """Show the sources that match a filter, and return it.

        Raises
        ------
        ParameterError
            If it is not understood; then those shown stay.
        """
        browser = self.read()
        if text != browser.table.filter_text:
            browser.table.filter(text)
            browser.filter(text)
        return browser.table.filter_text

    def step(self, by: int) -> None:
        """Select the source some rows after the current one; without a catalogue by NUMBER."""
        browser, canvas = self.read(), self._canvas
        if browser.catalogue is not None:
            browser.step(by)
        elif canvas is not None and canvas.sources is not None:
            number = canvas.sources.next(canvas.selected, by)
            browser.session.selected = (number,) if number else ()

    def _use(self, canvas: BandCanvas) -> None:
        """Show the sources of a canvas; what is selected is of them already."""
        found = read_catalogue(canvas)
        if found is None:
            self.browser.use(None, keep=True)
        else:
            found = join_bands(found, self._list_bands())
            self.browser.use(found, describe_seg(canvas), name_seg(canvas), keep=True)
        self._on_read(canvas)

    def _choose(self, rows: list[int]) -> None:
        numbers = tuple(int(self.browser.table.numbers[row]) for row in rows)
        self.browser.session.selected = numbers

    def _redraw(self) -> None:
        """Show the rows that there are now, and what they are."""
        rows = self.browser.table
        title, rising = rows.sorted_by
        titles = rows.titles
        self.table.refresh((titles.index(title) if title in titles else -1, rising))
        self.table.say(
            status=self.browser.title, filtered=rows.filter_text, error=self.browser.problem
        )
        groups = [
            (name, [Part(each.title, each.title in titles, each.about) for each in columns])
            for name, columns in rows.groups.items()
        ]
        self.table.offer("Columns", groups)
        if self._canvas is not None:
            self._canvas.dim(rows.numbers if rows.filter_text else None)
        self._show_selected(self.browser.session.selected)

    def _show_selected(self, numbers: tuple[int, ...]) -> None:
        with self._lock:  # rows may be of another catalogue in a moment
            rows = self.browser.table.find_rows(numbers)
            if self.table.chosen != rows.tolist():
                self.table.choose(rows)
        self.details.show(self._get_labels(), numbers, self._list_bands())

    def _get_labels(self) -> Any:
        sources = None if self._canvas is None else self._canvas.sources
        return None if sources is None else sources.labels


def read_catalogue(canvas: BandCanvas) -> Catalogue | None:
    """Return the catalogue of the sources on a canvas; None where there is none."""
    table = None if canvas.sources is None else canvas.sources.catalogue
    return None if table is None or "NUMBER" not in table.colnames else Catalogue(table)


def name_seg(canvas: BandCanvas) -> str:
    """Return what the SEG map on a canvas is called."""
    labels = "" if canvas.sources is None else f" {canvas.sources.name}"
    return f"{canvas.band.name}{labels}"


def find_seg(canvas: BandCanvas) -> MapRef | None:
    """Return where the SEG map on a canvas is on disk; None where it is in no file."""
    if canvas.sources is None:
        return None
    if canvas.sources.ref is not None:
        return canvas.sources.ref
    products = getattr(canvas.band, "products", None)
    return None if products is None else find_labels(products.paths.seg)


def describe_seg(canvas: BandCanvas) -> MapInfo:
    """Return what is known of the SEG map on a canvas."""
    band: Any = canvas.band
    frame = None if band.wcs is None else choose_frame(band.wcs, band.shape, [])
    own = band if isinstance(band, BandData) and band.products is not None else None
    return MapInfo("SEG", band.shape, band.wcs, frame, band=own)
