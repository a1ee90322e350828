"""The Sources widget: the catalogue as a table, tied to the canvas, and the source in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from napari.utils.theme import get_theme
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from skyseg.errors import SkysegError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.filter_shading import FilterShading
from skyseg.napari_plugin.canvas.source_selection import (
    NEXT_KEY,
    PREVIOUS_KEY,
    leave_selection,
    share_selection,
)
from skyseg.napari_plugin.layers.edited_layers import find_catalogue
from skyseg.napari_plugin.layers.finding import find_current_seg, find_imaging
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.layers.opened_layers import keep_arranged
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.column_chooser import ColumnChooser
from skyseg.napari_plugin.widgets.filter_line import FilterLine
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.measure_button import MeasureButton
from skyseg.napari_plugin.widgets.scrolled import ScrolledPart
from skyseg.napari_plugin.widgets.source_actions import SourceActions
from skyseg.napari_plugin.widgets.source_details import SourceDetails
from skyseg.napari_plugin.widgets.source_table_view import SourceTableView
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.napari_plugin.widgets.why_box import WhyBox
from skyseg.panel.band_columns import join_bands
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.label_catalogue import load_catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.survey import BandData

if TYPE_CHECKING:
    import napari

_WAIT_MS = 40
_LEAST_HEIGHT = 130
_FILTER = "filter: MAG_AUTO < 26 & FLAGS == 0"
_ABOUT_FILTER = (
    "Show the sources that match, here and on the canvas; Enter applies. Comparisons of columns "
    'and numbers, joined by &, | and ~; apertures as their title says, MAG_APER[0.5"]'
)


class SourcesWidget(QWidget):
    """The catalogue of the SEG layer that is worked with.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.

    Attributes
    ----------
    browser : SourceBrowser
        The sources, as both viewers show them.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        tab_together(self, "Sources", self.viewer)
        self.session = get_session(self.viewer)
        keep_arranged(self.viewer)
        self.selection = share_selection(self.viewer, self.session)
        self.browser = self.selection.browser
        self.shading = FilterShading(self.viewer)
        self._target: tuple[Labels, MapInfo] | None = None
        self._choosing = False
        self._titles: list[str] = []
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.table, self.viewer)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._show_details)
        self._listen()
        self.follow_seg()

    def _make_widgets(self) -> None:
        self.title = QLabel(self.browser.title)
        self.title.setWordWrap(True)
        self.filter = FilterLine(_FILTER, _ABOUT_FILTER)
        self.columns = QPushButton("Columns")
        self.columns.setToolTip("Choose the columns that are shown; they are remembered")
        self.chooser = ColumnChooser(self)
        self.table = SourceTableView(self.browser.table)
        self.table.setMinimumHeight(_LEAST_HEIGHT)
        self.rows, self.model = self.browser.table, self.table.rows_model
        self.details = SourceDetails()
        self.why = WhyBox(self.selection)
        self.measure = MeasureButton(self.viewer, self, self.title.setText, self.follow_seg)
        self.actions = SourceActions(self.selection, self.measure)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        top = QHBoxLayout()
        top.addWidget(self.filter.line, 1)
        top.addWidget(self.columns)
        layout.addLayout(top)
        layout.addWidget(self.filter.problem)
        layout.addWidget(self.table, 1)
        keys = QLabel(f"next source: {NEXT_KEY}   previous: {PREVIOUS_KEY}   more: Ctrl-click")
        layout.addWidget(keys)
        below = QWidget()
        about = QVBoxLayout(below)
        about.setContentsMargins(0, 0, 0, 0)
        for part in (self.details, self.why):
            about.addWidget(part)
        layout.addWidget(ScrolledPart(below, _LEAST_HEIGHT))
        layout.addWidget(self.why.button)
        layout.addWidget(self.actions)

    def _listen(self) -> None:
        self.filter.entered.connect(self.browser.filter)
        self.columns.clicked.connect(self._open_columns)
        self.why.button.toggled.connect(lambda on: self.details.setVisible(not on))
        self.chooser.chosen.connect(self.browser.choose_columns)
        self.table.chosen.connect(self._select)
        self.table.stepped.connect(self.selection.step)
        self.model.layoutChanged.connect(self._follow_order)
        self.browser.changed.connect(self._show_rows)
        self.session.events.selected.connect(self._show_selected)
        layers = self.viewer.layers
        layers.events.inserted.connect(self.follow_seg)
        layers.events.removed.connect(self.follow_seg)
        layers.selection.events.active.connect(self.follow_seg)
        self.viewer.events.theme.connect(self._show_details)  # texts in pictures have its colour
        self.destroyed.connect(self._detach)

    def _detach(self) -> None:
        leave_selection(self.selection)
        self.shading.show(None, None)

    def follow_seg(self, event: Any = None) -> None:
        """Show the catalogue of the SEG layer that is worked with."""
        target = find_current_seg(self.viewer)
        if target == self._target:
            if self.browser.catalogue is not None or target is None:
                self._follow_order()
            return
        before, self._target = self._target, target
        same = before is not None and target is not None and before[0] is target[0]
        # what is selected while no catalogue is shown was chosen for the map that comes, by a
        # session that is opened or by a click
        self.browser.use(None, keep=same or self.browser.catalogue is None)
        if target is None:
            return
        self.title.setText(f"reading the catalogue of {target[0].name}")
        bands = self._bands()
        run_in_thread(
            self,
            lambda: join_bands(load_catalogue(target[1], get_full_map(target[0])), bands),
            lambda catalogue: self._receive(target, catalogue),
        )

    def _receive(self, target: tuple[Labels, MapInfo], catalogue: Catalogue) -> None:
        if target is self._target:
            edited = find_catalogue(self.viewer, target[0])
            self.browser.use(edited or catalogue, target[1], target[0].name, keep=True)

    def _show_rows(self) -> None:
        """Show the browser's rows, columns, filter and problem as they are now."""
        self.model.refresh()
        if self.rows.titles != self._titles:
            self._titles = self.rows.titles
            self.table.resizeColumnsToContents()
        self.chooser.show_columns(self.rows)
        self.filter.show_filter(self.rows.filter_text, self.browser.problem)
        self._follow_order()
        layer = None if self._target is None else self._target[0]
        self.shading.show(layer, self.rows.kept)

    def _follow_order(self) -> None:
        self.title.setText(self.browser.title)
        self._show_selected(self.session.selected)

    def _open_columns(self) -> None:
        self.chooser.show_columns(self.rows)
        self.chooser.open_below(self.columns)

    def _select(self, numbers: tuple[int, ...]) -> None:
        """Select in the session what a person has selected in the table, and go to it."""
        self._choosing = True
        self.session.selected = numbers
        self._choosing = False
        self.selection.go_to_current()

    def _show_selected(self, selected: tuple[int, ...]) -> None:
        """Select in the table what is selected in the session, and show it in detail soon."""
        self._timer.start()
        if not self._choosing:
            self.table.select_sources(selected)

    def _show_details(self, event: Any = None) -> None:
        catalogue, selected = self.browser.catalogue, self.session.selected
        if catalogue is None or self._target is None or not catalogue.find_rows(selected).size:
            self.details.clear()
            return
        ink = get_theme(self.viewer.theme).text.as_hex()
        self.details.show_source(*self._target, catalogue, selected, self._bands(), ink)

    def _bands(self) -> list[BandData]:
        """Return the bands of the survey, and that of the SEG layer."""
        try:
            bands = list(self.session.data()) if self.session.survey else []
        except SkysegError:
            bands = []
        info = self._target[1] if self._target else None
        own = None if info is None else info.band or find_imaging(info, self.viewer)
        return bands if own is None or own in bands else [own]
