"""The tab Edit: buttons, the split or drawing in hand, the journal, and what is saved."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, Final, cast

import ipywidgets

from skyseg.errors import ParameterError, SkysegError
from skyseg.notebook._guard import Guard
from skyseg.notebook._table import TableView
from skyseg.notebook._telling_tab import TellingTab
from skyseg.panel.draft import STEPS, contrast_at, step_of
from skyseg.panel.edit_offers import OFFERS, WORDS
from skyseg.panel.edit_wording import count_edits, tell_selected
from skyseg.panel.journal_table import JournalTable
from skyseg.panel.questionable import DOUBTS
from skyseg.panel.wording import worded

if TYPE_CHECKING:
    from skyseg.notebook._edit_session import NotebookEdits
    from skyseg.notebook._editing import Editing
    from skyseg.notebook._view_host import ViewHost

EDIT: Final = "Edit"
"""Title of the tab."""

_TOOLS: Final = ("contrast", "seeds", "line", "outline", "brush")
_VERBS: Final = (
    "delete", "give", "merge", *_TOOLS, "grow", "shrink", "smooth", "fill_holes",
)  # fmt: skip
_OF_DRAFT: Final = {"Enter": "accept", "Escape": "cancel", "Backspace": "drop"}
_ABOUT_BRUSH: Final = "Paint for the selected source, or a new one, over the canvas"
_LEFT: Final = ("what", "how", "when", "who", "why")


class EditDrawer(TellingTab):
    """The tab Edit of a viewer.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.
    editing : Editing
        The edits of its bands.

    Attributes
    ----------
    buttons : dict of ipywidgets.Button
        By what they do.
    journal : TableView
        The journal; a double click goes to where an edit was done.
    box : ipywidgets.HBox
        The widget.
    """

    def __init__(self, viewer: ViewHost, editing: Editing) -> None:
        self._viewer, self._editing = viewer, editing
        self._rows = self._no_rows = JournalTable()
        self._version = -1
        self._writing = False
        self._guard = Guard()
        self._make_buttons()
        self._make_draft()
        self._make_values()
        self._make_journal()
        self._lay_out()
        editing.on_changed, editing.on_deed = self.show, self.press
        editing.on_error = lambda error: self.say(worded(error))
        viewer.session.events.selected.connect(self._show_selected)
        viewer.drawer.turned.connect(self._turn)
        self.show()

    def _make_buttons(self) -> None:
        self.buttons = {
            deed: self._make_press(offer.title, offer.hint, deed) for deed, offer in OFFERS.items()
        }
        self.buttons["brush"].tooltip = f"{_ABOUT_BRUSH} ({OFFERS['brush'].key})"

    def _make_press(self, text: str, about: str, deed: str) -> Any:
        button = ipywidgets.Button(description=text, tooltip=about, layout={"width": "auto"})
        button.on_click(lambda _: self.press(deed))
        return button

    def _make_draft(self) -> None:
        self.told = ipywidgets.HTML()
        self.contrast = ipywidgets.SelectionSlider(
            options=[(f"{contrast_at(step):g}", step) for step in range(STEPS + 1)],
            value=step_of(0.005),
            description="Contrast",
            tooltip="DEBLEND_MINCONT: lower parts more",
            layout={"width": "340px"},
        )
        self.over = ipywidgets.Checkbox(
            description="over others", tooltip="Take pixels of other sources too", indent=False,
            layout={"width": "auto"},
        )  # fmt: skip
        self.erase = ipywidgets.Checkbox(
            description="erase", tooltip="The brush gives pixels to the background", indent=False,
            layout={"width": "auto"},
        )  # fmt: skip
        self.accept = self._make_press("Do it", "Do what is shown (Enter)", "accept")
        self.drop = self._make_press("Back", "Take the last point back (Backspace)", "drop")
        self.cancel = self._make_press("Cancel", "Give it up (Escape)", "cancel")
        self.accept.button_style = "primary"
        self.contrast.observe(lambda change: self._set_contrast(change.new), "value")
        self.over.observe(lambda change: self._try(lambda: self._set_over(change.new)), "value")
        self.erase.observe(lambda change: setattr(self._editing, "erasing", change.new), "value")

    def _make_values(self) -> None:
        self.width = ipywidgets.BoundedIntText(
            2, min=1, max=100, description="Width",
            tooltip="Pixels by which sources grow, shrink and are smoothed; the brush's diameter",
            style={"description_width": "initial"}, layout={"width": "110px"},
        )  # fmt: skip
        self.word = ipywidgets.Combobox(
            options=WORDS, value=WORDS[0], ensure_option=False, description="Word",
            tooltip="A word on the selected sources", style={"description_width": "initial"},
            layout={"width": "170px"},
        )  # fmt: skip
        self.why = ipywidgets.Text(
            placeholder="a reason, for the journal", description="Why",
            tooltip="What the journal says of the next edits",
            style={"description_width": "initial"}, layout={"width": "300px"},
        )  # fmt: skip
        self.marked = ipywidgets.Checkbox(
            description="mark edited sources", tooltip="Rings around what was edited",
            indent=False, layout={"width": "auto"},
        )  # fmt: skip
        self.doubts = {
            doubt: ipywidgets.Checkbox(
                True, description=doubt, tooltip=about, indent=False, layout={"width": "auto"}
            )
            for doubt, about in DOUBTS.items()
        }
        for box in self.doubts.values():
            box.observe(lambda _: self._take_doubts(), "value")
        self.width.observe(lambda change: self._set_width(change.new), "value")
        self._editing.brush_width = self.width.value
        self.why.observe(lambda change: self._set_why(change.new), "value")
        self.marked.observe(lambda change: self._mark_edited(change.new), "value")

    def _make_journal(self) -> None:
        self.journal = TableView(self._rows, "Journal of edits", left=_LEFT)
        self.journal._empty = "Nothing is edited yet."
        self.journal.on_sorted = self._sort
        self.journal.on_activated = lambda row: self._editing.fly_to_edit(row)
        self.withdraw = self._make_press(
            "Withdraw", "Take the chosen edit out, and do those after it again", "withdraw"
        )
        self.revise = self._make_press(
            "Revise",
            "Do the chosen edit otherwise: with another contrast, other points, or the width, word "
            "and reason that stand here",
            "revise",
        )
        self.difference = self._make_press(
            "Difference", "Compare the map as it was with the edited one", "difference"
        )
        self.path = ipywidgets.Text(
            placeholder="edits.json", description="Journal", continuous_update=False,
            tooltip="The file of the journal, on the machine of the kernel",
            style={"description_width": "initial"}, layout={"width": "240px", "display": "none"},
        )  # fmt: skip
        self.save = self._make_press(
            "Save", "Write the journal, and make the edited map and its catalogue", "save"
        )
        self.selected = ipywidgets.HTML()
        self.doubtful = ipywidgets.HTML(layout={"margin": "2px 2px 2px 14px"})
        self.status = ipywidgets.HTML()
        self.message = ipywidgets.HTML()
        for each in (self.selected, self.status, self.message):
            each.add_class("skyseg-message")

    def _lay_out(self) -> None:
        def row(*widgets: Any) -> Any:
            return ipywidgets.HBox(
                widgets, layout={"flex_flow": "row wrap", "align_items": "center"}
            )

        buttons = self.buttons
        self.draft = row(
            self.told, self.contrast, self.over, self.erase, self.accept, self.drop, self.cancel
        )
        controls = ipywidgets.VBox(
            [
                row(*(buttons[deed] for deed in _VERBS)),
                self.draft,
                row(self.width, self.word, buttons["mark"], self.why),
                row(buttons["previous"], buttons["next"], *self.doubts.values(), self.doubtful),
                self.selected,
            ],
            layout={"flex": "1 1 420px", "min_width": "300px"},
        )
        kept = row(
            buttons["undo"], buttons["redo"], self.withdraw, self.revise, self.difference,
            self.marked, self.path, self.save,
        )  # fmt: skip
        journal = ipywidgets.VBox(
            [kept, self.status, self.message, self.journal],
            layout={"flex": "1 1 420px", "min_width": "300px"},
        )
        self.box = ipywidgets.HBox(
            [controls, journal],
            layout={"flex_flow": "row wrap", "padding": "6px", "grid_gap": "12px"},
        )
        self.box.add_class("skyseg-edit-tab")

    def _turn(self, opened: str) -> None:
        """Let keys edit while the tab is open, and take up the edits of the active band."""
        if opened == EDIT:
            keys = {offer.key: deed for deed, offer in OFFERS.items()}
            told = ", ".join(
                f"{offer.key} {offer.about[0].lower()}{offer.about[1:]}"
                for deed, offer in OFFERS.items() if deed != "brush"
            )  # fmt: skip
            self._editing.use_keys({**keys, **_OF_DRAFT}, told)
            self.follow_band()
        else:
            self._editing.use_keys({}, "")
            self._editing.put_down()

    def follow_band(self) -> None:
        """Take up the edits of the active band, while the tab is open."""
        if self._viewer.drawer.opened == EDIT:
            self._try(self._editing.open)
        self.show()

    def press(self, deed: str) -> None:
        """Do what a button or a key stands for; what cannot be done is said."""
        self._try(lambda: self._do(deed))
        self.show()

    def _do(self, deed: str) -> None:
        edits, width = self._editing.open(), self.width.value
        simple: dict[str, Callable[[], Any]] = {
            "accept": self._editing.accept,
            "cancel": self._cancel,
            "drop": edits.drop_point,
            "give": lambda: edits.delete(to="neighbour"),
            "grow": lambda: edits.grow(pixels=width),
            "shrink": lambda: edits.shrink(pixels=width),
            "smooth": lambda: edits.smooth(radius=width),
            "mark": lambda: edits.mark(self.word.value.strip()),
            "next": lambda: edits.step_questionable(1),
            "previous": lambda: edits.step_questionable(-1),
            "withdraw": lambda: edits.withdraw(self._find_chosen()),
            "revise": self._revise,
            "difference": self._show_difference,
            "save": self._save,
        }
        if deed in _TOOLS:
            self._begin(deed)
        elif deed in simple:
            simple[deed]()
        else:
            getattr(edits, deed)()

    def _begin(self, tool: str) -> None:
        if self._viewer.drawn.tool == tool == "brush":
            self._editing.put_down()
            return
        self._editing.take_up(tool)
        if tool == "contrast":
            self._set_contrast(self.contrast.value)
        elif tool == "outline":
            self._set_over(self.over.value)

    def _cancel(self) -> None:
        """Give up what was begun; where nothing was, unselect."""
        current = self._editing.current
        if self._viewer.drawn.tool or (current is not None and current.draft is not None):
            self._editing.put_down()
        else:
            self._viewer.session.selected = ()

    def _find_chosen(self) -> str:
        chosen = self.journal.chosen
        if not chosen:
            raise ParameterError("no edit is chosen", hint="click one in the journal")
        return self._rows.operation(chosen[-1]).id

    def _revise(self) -> None:
        """Do the chosen edit otherwise; one with points or a contrast is taken in hand for it."""
        edits, width = self._editing.open(), self.width.value
        edits.start_revision(
            self._find_chosen(), pixels=width, radius=width, word=self.word.value.strip()
        )
        if edits.draft is None:
            return
        with self._guard.ignore("draft"):
            self.contrast.value, self.over.value = step_of(edits.draft.mincont), edits.draft.over
        self._editing.hold(edits.draft.tool)

    def _set_contrast(self, step: int) -> None:
        current = self._editing.current
        if current is not None and "draft" not in self._guard:
            self._try(lambda: current.set_contrast(contrast_at(step)))

    def _set_over(self, over: bool) -> None:
        if self._editing.current is not None and "draft" not in self._guard:
            self._editing.current.set_over(over)

    def _set_width(self, width: int) -> None:
        self._editing.brush_width = width
        if self._viewer.drawn.tool == "brush":
            self._editing.hold("brush")

    def _set_why(self, text: str) -> None:
        if self._editing.current is not None:
            self._editing.current.why = text

    def _take_doubts(self) -> None:
        if self._editing.current is not None:
            self._editing.current.doubts = tuple(
                doubt for doubt, box in self.doubts.items() if box.value
            )
            self.show()

    def _mark_edited(self, marking: bool) -> None:
        self._editing.marking = marking
        self._editing.draw()

    def _sort(self, column: int, rising: bool) -> None:
        self._rows.sort(column, rising=rising)
        self.journal.refresh((column, rising))

    def _show_difference(self) -> None:
        self._viewer.comparison = self._editing.open().compare_with_base()

    def _save(self) -> None:
        edits = self._editing.open()
        path = self.path.value.strip() or "edits.json" if edits.needs_path else None
        self._writing = True
        self.save.disabled = True
        self.say("writing")
        threading.Thread(target=self._write, args=(edits, path)).start()

    def _write(self, edits: NotebookEdits, path: str | None) -> None:
        try:
            self.say(edits.save(path))
            edits.note_saved()
        except SkysegError as error:
            self.say(worded(error))
        finally:
            self._writing = False
            self.show()

    def show(self) -> None:
        """Show edits, journal and draft as they are now."""
        edits = self._editing.current
        journal = self._no_rows if edits is None else edits.journal
        if journal is not self._rows or journal.version != self._version:
            self._rows = self.journal.rows = journal
            self._version = journal.version
            self.journal.refresh()
        self._show_draft(edits)
        ready = frozenset() if edits is None else edits.ready
        self.buttons["undo"].disabled = "undo" not in ready
        self.buttons["redo"].disabled = "redo" not in ready
        self.withdraw.disabled = "withdraw" not in ready
        self.revise.disabled = "revise" not in ready
        self.difference.disabled = "difference" not in ready
        self.save.disabled = "save" not in ready or self._writing
        self.path.layout.display = None if edits is not None and edits.needs_path else "none"
        self.status.value = f"<div>{escape(tell_state(edits))}</div>"
        self._show_selected()

    def _show_draft(self, edits: NotebookEdits | None) -> None:
        draft = None if edits is None else edits.draft
        brush = self._viewer.drawn.tool == "brush"
        shown = {
            self.contrast: draft is not None and draft.tool == "contrast",
            self.over: draft is not None and draft.tool == "outline",
            self.erase: brush,
            self.accept: draft is not None,
            self.drop: draft is not None and bool(draft.points),
            self.cancel: draft is not None or brush,
        }
        for widget, is_shown in shown.items():
            widget.layout.display = None if is_shown else "none"
        text = "paint on the canvas" if brush else "" if draft is None else draft.text
        self.told.value = escape(text)
        self.accept.disabled = draft is None or not draft.is_ready
        for tool in _TOOLS:
            in_hand = brush if tool == "brush" else draft is not None and draft.tool == tool
            self.buttons[tool].button_style = "info" if in_hand else ""

    def _show_selected(self, _: Any = None) -> None:
        edits = self._editing.current
        chosen = () if edits is None else edits.chosen
        for deed in (*_VERBS, "mark"):
            suits = OFFERS[cast(Any, deed)].suits(len(chosen))
            self.buttons[deed].disabled = edits is None or not suits
        left = 0 if edits is None else len(edits.list_questionable())
        self.buttons["next"].disabled = self.buttons["previous"].disabled = not left
        self.doubtful.value = f"{left} questionable" if edits is not None else ""
        self.selected.value = escape("" if edits is None else tell_selected(edits, chosen))


def tell_state(edits: NotebookEdits | None) -> str:
    """Say which map is edited, and what a person should know of it."""
    if edits is None or edits.edits is None:
        return "no SEG map is edited"
    told = f"{edits.name}: {count_edits(len(edits.edits))}"
    return "; ".join(filter(None, (told, edits.unsaved, edits.problem, edits.note)))
