"""The tab Mask: the mask of the band in hand, shown, made, drawn on and saved."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, Final, cast

import ipywidgets
import numpy as np

from skyseg.editing.drawn import fill_runs
from skyseg.engine.types import FloatArray
from skyseg.errors import ParameterError
from skyseg.masks.bits import MaskBit
from skyseg.notebook._brush import find_stroke
from skyseg.notebook._drawn import DrawnOverlay, make_item
from skyseg.notebook._telling_tab import TellingTab
from skyseg.panel.mask_draft import CLEARS, DRAWN_BITS, Kind, MaskDraft
from skyseg.panel.mask_looks import COLOURS, list_legend
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas

MASK: Final = "Mask"
"""Title of the tab."""

_TOOLS: Final = {
    "ellipse": ("Draw ellipse", "Drag the box of an ellipse over the image; it gets the bit"),
    "polygon": (
        "Draw polygon",
        "Click the corners of a polygon, the last with a double click; it gets the bit",
    ),
    "paint": ("Paint", "Drag the brush over the image; what it covers gets the bit"),
    "erase": ("Erase", "Drag the brush over the image; what it covers loses all bits but BAD"),
}
_BRUSH: Final = 12


class MaskDrawer(TellingTab):
    """The tab Mask of a viewer.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.
    drawn : DrawnOverlay
        What is drawn over its canvases, by whose tools a mask is drawn and painted.

    Attributes
    ----------
    draft : MaskDraft or None
        The mask that is shown or drawn on; None before.
    box : ipywidgets.VBox
        The widget.
    """

    def __init__(self, viewer: ViewHost, drawn: DrawnOverlay) -> None:
        self._viewer, self._drawn = viewer, drawn
        self.draft: MaskDraft | None = None
        self._drafts: list[MaskDraft] = []
        self._make_widgets()
        row = ipywidgets.HBox
        layout = {"flex_flow": "row wrap", "align_items": "center"}
        self.box = ipywidgets.VBox(
            [
                self.title,
                row([self.shown, self.make], layout=layout),
                self.legend,
                row(
                    [self.bit, *self.tools.values(), self.width, self.undo, self.save],
                    layout=layout,
                ),
                self.message,
            ],
            layout={"padding": "6px", "grid_gap": "4px"},
        )
        self._listen()

    def _make_widgets(self) -> None:
        self.title, self.legend, self.message = (ipywidgets.HTML() for _ in range(3))
        self.message.add_class("skyseg-message")
        self.shown = ipywidgets.Checkbox(
            description="Show mask",
            tooltip="Show the bits of the mask over the image of the active band",
            indent=False,
            layout={"width": "auto"},
        )
        self.bit = ipywidgets.Dropdown(
            options=[(str(bit.name), bit) for bit in DRAWN_BITS],
            value=MaskBit.ARTEFACT,
            description="Bit",
            tooltip="What is drawn or painted gets this bit",
            layout={"width": "190px"},
            style={"description_width": "initial"},
        )
        self.tools = {
            tool: ipywidgets.ToggleButton(
                description=title, tooltip=about, layout={"width": "auto"}
            )
            for tool, (title, about) in _TOOLS.items()
        }
        self.width = ipywidgets.BoundedIntText(
            _BRUSH, min=1, max=1000, description="Width", tooltip="Diameter of the brush in pixels",
            style={"description_width": "initial"}, layout={"width": "110px"},
        )  # fmt: skip
        self.make = self._make_button(
            "Make mask", "Find edges and stars; what was drawn and saved stays", self.make_mask
        )
        self.undo = self._make_button(
            "Undo", "Take back what was drawn or painted last", self._undo
        )
        self.save = self._make_button(
            "Save mask", "Save the mask with what was drawn; the next run uses it", self.save_mask
        )

    def _listen(self) -> None:
        self.shown.observe(lambda _: self._try(self._show), "value")
        for tool, button in self.tools.items():
            button.observe(self._make_taker(tool), "value")
        self._drawn.tool_changed.connect(self._follow_tool)
        self.width.observe(lambda _: self._widen(), "value")
        self._drawn.on_shape, self._drawn.on_stroke = self._take_shape, self._take_stroke
        self._viewer.drawer.turned.connect(self._turn)
        self._drawn.listers.append(self._list_outlines)
        self._viewer.observe(lambda _: self._try(self._follow), ["active_band", "bands"])

    def _make_taker(self, tool: str) -> Callable[[Any], None]:
        def take(change: Any) -> None:
            if change.new:
                self._try(lambda: self.draw(tool))
            elif self._drawn.tool == tool:
                self._drawn.take_tool("")

        return take

    def _turn(self, opened: str) -> None:
        """Put down what draws on the mask when another tab is opened."""
        if opened != MASK and self._drawn.tool in self.tools:
            self._drawn.take_tool("")

    def _widen(self) -> None:
        """Show how wide the brush in hand is now."""
        if self._drawn.tool in self.tools:
            self._drawn.take_tool(self._drawn.tool, self.width.value)

    def _follow_tool(self, tool: str) -> None:
        for each, button in self.tools.items():
            button.value = each == tool

    def draw(self, tool: str) -> None:
        """Let a person draw or paint on the mask of the active band, which is shown.

        Parameters
        ----------
        tool : {"ellipse", "polygon", "paint", "erase"}
            How: a shape ends it, a brush stays in hand.

        Raises
        ------
        SkysegError
            If the band is no file, or its mask cannot be read.
        """
        self._open()
        self.shown.value = True
        self._drawn.take_tool(tool, self.width.value)

    def make_mask(self) -> None:
        """Have edges and stars found, and show them.

        Raises
        ------
        SkysegError
            As `BandData.mask` does.
        """
        self._open().make(self._tell)
        self.say("")
        self._use_again()
        self.shown.value = True

    def save_mask(self) -> None:
        """Save what was drawn and painted as the band's mask; the next run and Preview use it.

        Raises
        ------
        SkysegError
            As `MaskDraft.save` does.
        """
        draft = self._open()
        if not draft.unsaved:
            raise ParameterError("nothing is drawn", hint="draw or paint on the image")
        self.say(f"the mask is saved, and what was drawn is in {draft.save(self._tell)}")
        self._use_again()

    def _use_again(self) -> None:
        """Let those who use the mask look at it again."""
        session = self._viewer.session
        session.events.exclude.emit(session.exclude)

    def _tell(self, part: float, text: str) -> None:
        """Say how far a mask is that is being made."""
        self.say(f"{text}, {part:.0%}")

    def _undo(self) -> None:
        self._open().undo()

    def _open(self) -> MaskDraft:
        """Return the draft of the active band; of others those with unsaved changes are kept."""
        canvas = self._viewer.active
        if not isinstance(canvas.band, BandData):
            raise ParameterError(
                f"{canvas.band.name} is no image on disk", hint="give a file, or a BandData"
            )
        if self.draft is None or self.draft.band is not canvas.band:
            self._drafts = [each for each in self._drafts if each.unsaved]
            found = next((each for each in self._drafts if each.band is canvas.band), None)
            if found is None:
                found = MaskDraft(canvas.band)
                found.changed.connect(self._show)
                self._drafts.append(found)
            self.draft = found
        return self.draft

    def _follow(self) -> None:
        if self.shown.value:
            self._show()

    def _show(self) -> None:
        """Show the mask of the active band, or none."""
        for canvas in self._viewer.canvases:
            if canvas is not self._viewer.active or not self.shown.value:
                canvas.show_mask(None)
        if not self.shown.value:
            self.title.value = self.legend.value = ""
        else:
            draft = self._open()
            self._viewer.active.show_mask(draft.bits)
            self.title.value = f"<b>{escape(draft.title)}</b>"
            self.legend.value = write_legend(draft)
        self._drawn.draw()

    def _take_shape(self, canvas: BandCanvas, kind: str, corners: FloatArray) -> None:
        self._enter(canvas, lambda draft: draft.draw(cast("Kind", kind), corners, self.bit.value))

    def _take_stroke(self, canvas: BandCanvas, way: FloatArray) -> None:
        self._enter(canvas, lambda draft: self._paint(draft, way))

    def _enter(self, canvas: BandCanvas, take: Callable[[MaskDraft], None]) -> None:
        """Let the draft of the band of a canvas, which is shown, take what was drawn."""

        def act() -> None:
            draft = self._open()
            self.shown.value = True
            take(draft)

        self._viewer.activate(canvas)
        self._try(act)

    def _paint(self, draft: MaskDraft, way: FloatArray) -> None:
        """Give what the brush covers on its way the bit, or take its bits away."""
        value = CLEARS if self._drawn.tool == "erase" else int(self.bit.value)
        runs = find_stroke(way.tolist(), self.width.value, draft.bits.shape)
        if runs:
            part, covered = fill_runs(runs, draft.bits.shape)
            draft.paint(part, np.where(covered, value, 0))

    def _list_outlines(self, canvas: BandCanvas) -> list[dict[str, Any]]:
        if self.draft is None or self.draft.band is not canvas.band or not self.shown.value:
            return []
        return [
            make_item("path", COLOURS[bit], outline, [len(outline)])
            for bit, outline in self.draft.outlines
        ]


def write_legend(draft: MaskDraft) -> str:
    """Write the bits of a mask, their colours and pixels, as HTML."""
    return " ".join(
        f"<span style='white-space:nowrap;margin-right:10px' title='{escape(each.about)}'>"
        f"<span style='color:{each.colour}'>■</span> {each.name} {each.pixels}</span>"
        for each in list_legend(draft.bits)
    )
