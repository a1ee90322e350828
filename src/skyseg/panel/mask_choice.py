"""The part of the panel in which it is chosen whether masks are used, and which bits exclude."""

from __future__ import annotations

from typing import Any, Final

from magicgui import widgets

from skyseg.masks.bits import ABOUT, BIT_VALUES
from skyseg.panel.session import Session
from skyseg.panel.stacking import make_combo, show, silence

_NONE, _FLAG, _EXCLUDE = "none", "flags sources", "excludes pixels"
_BITS: Final = "; ".join(f"{bit.name}: {about}" for bit, about in ABOUT.items())


class MaskChoice:
    """Chooses whether a run uses the masks of bands, and what of them nothing is detected in.

    The kind of window that its widgets are for is chosen as for `skyseg.panel.controls.Panel`.

    Parameters
    ----------
    session : Session
        Where it is written, as ``mask`` and ``exclude``.

    Attributes
    ----------
    use, bits : magicgui widgets
        What the mask does; and the bits that exclude, where it does that.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.use = make_combo(
            "Mask",
            "Whether the band's mask is used: it flags the sources in it, or keeps pixels out of "
            "the detection too",
            lambda _: [_NONE, _FLAG, _EXCLUDE],
        )
        self.bits = widgets.Select(
            label="Excluded",
            tooltip=f"Bits in which nothing is detected; Ctrl-click adds one. {_BITS}",
            choices=list(BIT_VALUES),
        )
        self.use.changed.connect(self._choose)
        self.bits.changed.connect(self._choose_bits)

    @property
    def boxes(self) -> list[Any]:
        """The widgets, from the top."""
        return [self.use, self.bits]

    def refresh(self, *, shown: bool = True) -> None:
        """Show the session's choice."""
        session = self._session
        chosen = (_EXCLUDE if session.exclude else _FLAG) if session.mask else _NONE
        with silence(self.boxes):
            show(self.use, chosen)
            self.bits.value = list(session.exclude)
        self.bits.visible = shown and chosen == _EXCLUDE

    def _choose(self, chosen: str) -> None:
        exclude = self._session.exclude or tuple(BIT_VALUES)
        changed: dict[str, Any] = {"mask": chosen != _NONE}
        if chosen != _NONE:
            changed["exclude"] = exclude if chosen == _EXCLUDE else ()
        self._session.update(changed)

    def _choose_bits(self, bits: Any) -> None:
        if self.use.value == _EXCLUDE:
            self._session.exclude = tuple(bit for bit in BIT_VALUES if bit in bits)
