"""What is done with sources by buttons: positions, files, layers, other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from napari.layers import Labels
from napari.utils.notifications import show_info
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QPushButton,
    QWidget,
)

from skyseg.errors import ProductError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.source_selection import SourceSelection
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.layers.selection_layer import make_selection_layer
from skyseg.napari_plugin.notifications import report_errors
from skyseg.panel.source_browser import Which
from skyseg.panel.source_exports import format_skycoord

if TYPE_CHECKING:
    from collections.abc import Callable

_COLUMNS: Final = 3
_WHICH: Final[dict[str, Which | None]] = {
    "selected, else those shown": None,
    "selected": "selected",
    "shown by the filter": "shown",
    "all": "all",
}
_TABLES: Final = "FITS (*.fits);;ECSV (*.ecsv);;CSV, one column an aperture (*.csv)"


class SourceActions(QWidget):
    """Buttons that do something with sources of the map that is worked with.

    Parameters
    ----------
    selection : SourceSelection
        The sources of a window.
    last : QPushButton
        A button that is placed after the others.
    """

    def __init__(self, selection: SourceSelection, last: QPushButton) -> None:
        super().__init__()
        self.selection, self.browser = selection, selection.browser
        self.which = QComboBox()
        self.which.addItems(list(_WHICH))
        self.which.setToolTip("The sources with which the buttons below do something")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.which, 0, 0, 1, _COLUMNS)
        self.buttons: dict[str, QPushButton] = {}
        for place, (text, action, about) in enumerate(self._list_actions()):
            button = self.buttons[text] = QPushButton(text)
            button.setToolTip(about)
            button.clicked.connect(report_errors(lambda *_, action=action: action()))
            layout.addWidget(button, 1 + place // _COLUMNS, place % _COLUMNS)
        place = len(self.buttons)
        layout.addWidget(last, 1 + place // _COLUMNS, place % _COLUMNS)

    def _list_actions(self) -> tuple[tuple[str, Callable[[], None], str], ...]:
        return (
            ("Go to", self.selection.go_to_current, "Bring the current source into view"),
            (
                "Copy position",
                self.copy_position,
                "Copy positions as a SkyCoord, which is also 'coords' in napari's console",
            ),
            (
                "Send",
                self.send,
                "Send the table to TOPCAT, Aladin or DS9, where they are at a SAMP hub",
            ),
            ("Save table", self.save_table, "Write the table as FITS, ECSV or CSV"),
            ("Save regions", self.save_regions, "Write Kron ellipses as DS9 regions"),
            ("Save labels", self.save_labels, "Write a SEG map of these sources alone as FITS"),
            ("To layer", self.make_layer, "Add a labels layer of these sources alone"),
            (
                "Edit in view",
                self.edit_in_view,
                "Add a layer of what is in view that can be painted on",
            ),
        )

    @property
    def chosen(self) -> Which | None:
        """The sources with which something is done."""
        return _WHICH[self.which.currentText()]

    def edit_in_view(self) -> None:
        """Add a layer of what is in view that can be painted on."""
        add_edit_layer(self.selection.viewer)

    def copy_position(self) -> None:
        """Copy positions as a SkyCoord, and name it ``coords`` in napari's console.

        Raises
        ------
        ParameterError
            If there is no such source, or the catalogue has no positions.
        """
        position = self.browser.get_coords(self.chosen)
        QApplication.clipboard().setText(format_skycoord(position))
        self.selection.viewer.update_console({"coords": position})
        show_info(f"{position.size} positions are copied, and are 'coords' in the console")

    def send(self) -> None:
        """Send the table to the programs at a SAMP hub."""
        which = self.chosen
        run_in_thread(self, lambda: self.browser.send(which), show_info)

    def save_table(self, path: str = "") -> None:
        """Write a table as FITS, ECSV or CSV; asks for the file where none is given."""
        self._save(path or self._ask("Save table", "sources.fits", _TABLES))

    def save_regions(self, path: str = "") -> None:
        """Write DS9 regions; asks for the file where none is given."""
        self._save(path or self._ask("Save regions", "sources.reg", "DS9 regions (*.reg)"))

    def _save(self, path: str) -> None:
        if path:
            number = self.browser.save(Path(path), self.chosen)
            show_info(f"{number} sources are in {path}")

    def save_labels(self, path: str = "") -> None:
        """Write a SEG map of some sources alone; asks for the file where none is given."""
        layer = self._get_layer()
        path = path or self._ask("Save labels", "sources_seg.fits", "FITS (*.fits)")
        if layer is None or not path:
            return
        which = self.chosen
        run_in_thread(
            self,
            lambda: self.browser.save_labels(get_full_map(layer), Path(path), which),
            lambda number: show_info(f"{number} sources are in {path}"),
        )

    def make_layer(self) -> None:
        """Add a labels layer that holds some sources alone."""
        numbers = self.browser.choose(self.chosen)
        layer, info = self._get_layer(), self.browser.info
        if layer is None or info is None:
            return
        run_in_thread(
            self,
            lambda: make_selection_layer(layer, info, numbers),
            self.selection.viewer.layers.append,
        )

    def _get_layer(self) -> Labels | None:
        """Return the layer of the sources; an error of ours where there is none."""
        self.browser.choose("all")
        target = find_current_seg(self.selection.viewer)
        return None if target is None else target[0]

    def _ask(self, title: str, name: str, kinds: str) -> str:
        self.browser.choose(self.chosen)
        path, kind = QFileDialog.getSaveFileName(self, title, name, kinds)
        if not path or Path(path).suffix:
            return str(path)
        full = Path(path + kind.rpartition("*")[2].removesuffix(")"))
        if full.exists():  # the dialog has asked about the name as it was typed
            raise ProductError(f"{full} is there already", hint="choose it to replace it")
        return str(full)
