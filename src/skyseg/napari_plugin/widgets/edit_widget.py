"""The Edit widget: the SEG map that is worked with is corrected, by buttons, keys and mouse."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Layer
from napari.utils.notifications import show_info
from napari.utils.theme import get_theme
from qtpy.QtCore import QTimer
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from skyseg.comparison import Comparison
from skyseg.errors import ParameterError, SkysegError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.brush import Brush
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.canvas.edit_draft import DraftOnCanvas
from skyseg.napari_plugin.canvas.edit_marks import EditMarks
from skyseg.napari_plugin.canvas.helper_layers import drop_helper, get_helper_name, put_helper
from skyseg.napari_plugin.canvas.source_selection import leave_selection, share_selection
from skyseg.napari_plugin.closing import ask_for_journal
from skyseg.napari_plugin.layers.difference_layer import make_difference_layer
from skyseg.napari_plugin.layers.edited_layers import get_desk
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.opened_layers import keep_arranged
from skyseg.napari_plugin.notifications import report_errors, show_failure
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.draft_box import DraftBox
from skyseg.napari_plugin.widgets.edit_buttons import (
    EditButtons,
    bind_keys,
    find_deed,
    make_buttons,
)
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.journal_view import JournalView
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.draft import TOOLS
from skyseg.panel.edit_offers import WORDS
from skyseg.panel.edit_wording import count_edits, tell_selected
from skyseg.panel.editing import EditSession
from skyseg.panel.questionable import DOUBTS, Doubt

if TYPE_CHECKING:
    import napari

_FOLLOW_MS = 1000


class EditWidget(QWidget):
    """Correct the SEG map that is worked with.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.

    Attributes
    ----------
    desk : EditDesk
        The edited layers of the window.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        tab_together(self, "Edit", self.viewer)
        self.session = get_session(self.viewer)
        keep_arranged(self.viewer)
        self.desk = get_desk(self.viewer, self.session)
        self.selection = share_selection(self.viewer, self.session)
        self.draft = DraftOnCanvas(self.viewer, self.desk)
        self.marks = EditMarks(self.viewer, self.desk)
        self.brush = Brush(self.viewer, self.desk)
        self._difference: Layer | None = None
        self._writing = False
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.buttons.buttons["outline"], self.viewer)
        self._timer = QTimer(self)
        self._timer.setInterval(_FOLLOW_MS)
        self._timer.timeout.connect(self._follow_file)
        self._timer.start()
        self._listen()
        self.follow_seg()

    @property
    def edit(self) -> EditSession | None:
        """The edits that are worked on; None where there is no SEG layer."""
        return None if self.desk.current is None else self.desk.current.edit

    def _make_widgets(self) -> None:
        self.title, self.selected, self.doubtful = QLabel(), QLabel(), QLabel()
        self.saved = QLabel()
        for label in (self.title, self.selected, self.doubtful, self.saved):
            label.setWordWrap(True)
        self.buttons = EditButtons()
        self.box = DraftBox()
        self.width_ = QSpinBox()
        self.width_.setRange(1, 100)
        self.width_.setSuffix(" px")
        self.width_.setToolTip("By how many pixels Grow, Shrink and Smooth change a source")
        self.word = QComboBox()
        self.word.setEditable(True)
        self.word.addItems(list(WORDS))
        self.word.setToolTip("A word on the selected sources; the map stays as it is")
        self.others = make_buttons(("mark", "undo", "redo", "previous", "next"), self.do)
        self.why = QLineEdit()
        self.why.setPlaceholderText("why: a reason for the next edits")
        self.why.setToolTip("What the journal says of the next edits, and of a revised one")
        self.doubts: dict[Doubt, QCheckBox] = {}
        for doubt, about in DOUBTS.items():
            box = self.doubts[doubt] = QCheckBox(doubt)
            box.setToolTip(f"Go to sources of this kind: {about}")
            box.setChecked(True)
        self.journal = JournalView(lambda: get_theme(self.viewer.theme).background.as_hex("long"))
        self.withdraw, self.revise = QPushButton("Withdraw"), QPushButton("Revise")
        self.withdraw.setToolTip("Take the chosen edit out of the journal; later ones stay")
        self.revise.setToolTip(
            "Do the chosen edit otherwise: with another contrast, other points, the width, "
            "word and reason above"
        )
        self.difference, self.save = QPushButton("Difference"), QPushButton("Save")
        self.difference.setCheckable(True)
        self.difference.setToolTip("Show the difference between the map as it was and as it is")
        self.save.setToolTip("Write the journal, and make the edited map and its catalogue")

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(4)
        for widget in (self.title, self.selected, self.buttons, self.box):
            layout.addWidget(widget)
        mark = self.others["mark"]
        rows: tuple[tuple[tuple[QWidget, int], ...], ...] = (
            ((QLabel("width"), 0), (self.width_, 0), (self.word, 1), (mark, 0)),
            ((self.why, 1),),
            tuple((box, 0) for box in self.doubts.values()),
            ((self.others["previous"], 0), (self.others["next"], 0), (self.doubtful, 1)),
        )
        for row in rows:
            layout.addLayout(_line(row))
        layout.addWidget(self.journal, 1)
        layout.addLayout(
            _line(
                tuple(
                    (each, 0)
                    for each in (
                        self.others["undo"], self.others["redo"], self.withdraw, self.revise,
                    )
                )
            )
        )  # fmt: skip
        layout.addLayout(_line(((self.difference, 0), (self.save, 0))))
        layout.addWidget(self.saved)

    def _listen(self) -> None:
        self.buttons.pressed.connect(self.do)
        self.box.accepted.connect(report_errors(lambda: self._need().accept()))
        self.box.cancelled.connect(report_errors(lambda: self._need().cancel()))
        self.box.contrast_changed.connect(self._set_contrast)
        self.box.over_changed.connect(report_errors(lambda over: self._need().set_over(over)))
        self.why.textChanged.connect(self._take_why)
        for box in self.doubts.values():
            box.toggled.connect(self._take_doubts)
        self.journal.reached.connect(self._go_to_edit)
        self.withdraw.clicked.connect(report_errors(lambda *_: self._withdraw()))
        self.revise.clicked.connect(report_errors(lambda *_: self._revise()))
        self.difference.clicked.connect(report_errors(lambda *_: self.show_difference()))
        self.save.clicked.connect(report_errors(lambda *_: self.save_edits()))
        self.desk.changed.connect(self._show)
        self.desk.map_changed.connect(self._drop_difference)
        self.desk.catalogue_changed.connect(self._show_catalogue)
        self.session.events.selected.connect(self._show_selected)
        layers = self.viewer.layers
        for event in (layers.events.inserted, layers.events.removed):
            event.connect(self.follow_seg)
        layers.selection.events.active.connect(self.follow_seg)
        bind_keys(self.viewer, self.do)
        self.destroyed.connect(self._detach)

    def _detach(self) -> None:
        self.desk.changed.disconnect(self._show)
        self.desk.map_changed.disconnect(self._drop_difference)
        self.desk.catalogue_changed.disconnect(self._show_catalogue)
        self.session.events.selected.disconnect(self._show_selected)
        layers = self.viewer.layers
        for event in (layers.events.inserted, layers.events.removed):
            event.disconnect(self.follow_seg)
        layers.selection.events.active.disconnect(self.follow_seg)
        bind_keys(self.viewer, None)
        for each in (self.draft, self.marks, self.brush):
            each.detach()
        leave_selection(self.selection)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Do what a key is for, as on the canvas."""
        deed = None if event is None else find_deed(event)
        if deed is None:
            super().keyPressEvent(event)
        else:
            self.do(deed)

    def follow_seg(self, event: Any = None) -> None:
        """Work on the SEG layer that is worked with."""
        self.desk.work_on(find_current_seg(self.viewer))
        if self.edit is not None:
            self.edit.why = self.why.text()
            self.edit.doubts = self._list_doubts()
        self._show()

    def do(self, deed: str) -> None:
        """Do what a button or a key stands for; what cannot be done is told."""
        try:
            self._do(deed)
        except SkysegError as error:
            show_failure(error)
        self._show()

    def _do(self, deed: str) -> None:
        edit, width = self._need(), self.width_.value()
        if deed in TOOLS:
            edit.start(TOOLS[deed])
        elif deed == "brush":
            self.brush.stop() if self.brush.painting else self.brush.start()
        elif deed == "give":
            edit.delete(to="neighbour")
        elif deed in ("grow", "shrink"):
            getattr(edit, deed)(pixels=width)
        elif deed == "smooth":
            edit.smooth(radius=width)
        elif deed == "mark":
            edit.mark(self.word.currentText().strip())
        elif deed in ("next", "previous"):
            self._step(1 if deed == "next" else -1)
        else:
            getattr(edit, deed)()

    def _need(self) -> EditSession:
        if self.edit is None:
            raise ParameterError(
                "there is no segmentation map to edit", hint="segment a band, or open a map, first"
            )
        return self.edit

    def _set_contrast(self, mincont: float, nthresh: int) -> None:
        if self.edit is not None:
            self.edit.set_contrast(mincont, nthresh)

    def _take_why(self, text: str) -> None:
        if self.edit is not None:
            self.edit.why = text

    def _take_doubts(self) -> None:
        if self.edit is not None:
            self.edit.doubts = self._list_doubts()
            self._show_selected()

    def _list_doubts(self) -> tuple[Doubt, ...]:
        return tuple(doubt for doubt, box in self.doubts.items() if box.isChecked())

    def _step(self, by: int) -> None:
        number = self._need().step_questionable(by)
        if number is not None:
            self._go_to(number)

    def _go_to(self, number: int) -> None:
        edit, current = self._need(), self.desk.current
        if current is not None and number in edit.chosen:
            y0, y1, x0, x1 = edit.find_boxes([number])[0].tolist()
            go_to_box(self.viewer, current.info, (y0, y1 - 1, x0, x1 - 1))

    def _go_to_edit(self, row: int) -> None:
        if self.desk.current is not None:
            go_to_box(self.viewer, self.desk.current.info, self._need().find_box(row))

    def _find_chosen(self) -> str:
        if self.journal.chosen is None:
            raise ParameterError("no edit is chosen", hint="click one in the journal")
        return self.journal.chosen.id

    def _withdraw(self) -> None:
        chosen = self._find_chosen()
        self._need().withdraw(chosen)

    def _revise(self) -> None:
        chosen = self._find_chosen()
        width, word = self.width_.value(), self.word.currentText().strip()
        self._need().start_revision(chosen, pixels=width, radius=width, word=word)

    def show_difference(self) -> None:
        """Show what differs between the map as it was and as it is, or take that away."""
        edit, current = self._need(), self.desk.current
        assert current is not None
        if self._drop_difference():
            return
        self.difference.setEnabled(False)

        def compare() -> Any:
            comparison = edit.compare_with_base()
            return comparison, make_difference_layer(comparison, current.info)

        run_in_thread(self, compare, self._show_difference, self._fail_comparing)

    def _show_difference(self, found: tuple[Comparison, Layer]) -> None:
        comparison, self._difference = found
        put_helper(self.viewer, self._difference)
        counts = ", ".join(f"{n} {kind}" for kind, n in comparison.counts.items() if n)
        self.saved.setText(f"the map as it was against the edited one: {counts}")
        self._show()

    def _fail_comparing(self, error: Exception) -> None:
        self._show()
        show_failure(error)

    def _drop_difference(self, parts: Any = None) -> bool:
        """Remove the layer of the difference; tell whether it was there."""
        layer, self._difference = self._difference, None
        if layer is None or layer not in self.viewer.layers:
            return False
        drop_helper(self.viewer, get_helper_name(layer))
        self.saved.clear()
        self._show()
        return True

    def save_edits(self) -> None:
        """Write the journal and make the edited map; asks for a file where it has none."""
        edit = self._need()
        path = None
        if edit.needs_path:
            path = ask_for_journal(self, edit)
            if not path:
                return
        self._writing = True
        self.saved.setText("writing")
        self._show()
        run_in_thread(
            self, partial(edit.save, path), partial(self._tell_saved, edit), self._fail_saving
        )

    def _tell_saved(self, edit: EditSession, text: str) -> None:
        self._writing = False
        edit.note_saved()
        self._show()  # another map may be looked at by now
        self.saved.setText(text)
        show_info(text)

    def _fail_saving(self, error: Exception) -> None:
        self._writing = False
        self.saved.clear()
        self._show()
        show_failure(error)

    def _follow_file(self) -> None:
        if self.edit is not None and not self.edit.measuring:
            self.edit.follow_file()

    def _show(self) -> None:
        """Show edits, journal and draft as they are now."""
        edit = self.edit
        self.box.show_draft(None if edit is None else edit.draft)
        if edit is not None:
            self.journal.show_journal(edit.journal)
        self.title.setText(_tell_title(edit))
        ready = frozenset() if edit is None else edit.ready
        self.others["undo"].setEnabled("undo" in ready)
        self.others["redo"].setEnabled("redo" in ready)
        self.withdraw.setEnabled("withdraw" in ready)
        self.revise.setEnabled("revise" in ready)
        self.difference.setEnabled("difference" in ready)
        self.save.setEnabled("save" in ready and not self._writing)
        self.buttons.buttons["brush"].setChecked(self.brush.painting)
        self.difference.setChecked(self._difference in self.viewer.layers)
        self._show_selected()

    def _show_selected(self) -> None:
        edit = self.edit
        chosen = () if edit is None else edit.chosen
        self.buttons.suit(len(chosen), edit is not None and edit.edits is not None)
        self.others["mark"].setEnabled(bool(chosen))
        self.selected.setText(tell_selected(edit, chosen))
        left = [] if edit is None else edit.list_questionable()
        for deed in ("previous", "next"):
            self.others[deed].setEnabled(bool(left))
        self.doubtful.setText(f"{len(left)} questionable")

    def _show_catalogue(self) -> None:
        """Let the table of sources be that of the edited map."""
        current, edit = self.desk.current, self.edit
        if current is None or edit is None or edit.catalogue is None:
            return
        browser = self.selection.browser
        browser.use(edit.catalogue, current.info, current.layer.name, keep=True)
        self.selection.draw_outlines()
        self._show_selected()


def _line(widgets: tuple[tuple[QWidget, int], ...]) -> QHBoxLayout:
    line = QHBoxLayout()
    for widget, stretch in widgets:
        line.addWidget(widget, stretch)
    return line


def _tell_title(edit: EditSession | None) -> str:
    """Say which map is edited, how often, and what a person should know of it."""
    if edit is None:
        return "no segmentation map"
    if edit.edits is None:
        return edit.problem or f"reading the edits of {edit.name}"
    told = f"{edit.name}: {count_edits(len(edit.edits))}"
    told += ", not in its edited map yet" if edit.unsaved else ""
    return "\n".join(filter(None, (told, edit.problem, edit.note)))
