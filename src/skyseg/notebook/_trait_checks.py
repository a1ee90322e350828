"""What the traits of a viewer may be set to, checked by those who keep what they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from skyseg.notebook._comparison import ComparisonView, check_comparison
from skyseg.notebook._key_checks import check_active, check_owner, check_rgb
from skyseg.notebook._second_image import check_second
from skyseg.notebook._selecting import Selecting
from skyseg.notebook._session_traits import SessionTraits
from skyseg.notebook._travel import Travel

if TYPE_CHECKING:
    from skyseg.comparison import Comparison
    from skyseg.notebook._source_drawer import SourceDrawer
    from skyseg.notebook.canvas import BandCanvas


class TraitChecks(SessionTraits):
    """Refuses what cannot be selected, filtered by, looked at or compared."""

    sources: SourceDrawer
    _selecting: Selecting
    _travel: Travel
    _comparison_view: ComparisonView

    @property
    def active(self) -> BandCanvas:
        """The canvas of the active band."""
        raise NotImplementedError

    @t.validate("rgb")
    def _check_rgb(self, proposal: Any) -> tuple[str, ...]:
        return check_rgb(proposal.value, self._bands)

    @t.validate("outlines_of")
    def _check_outlines_of(self, proposal: Any) -> str:
        return check_owner(proposal.value, self._bands)

    @t.validate("active_band")
    def _check_active_band(self, proposal: Any) -> str:
        return check_active(proposal.value, self.bands)

    @t.validate("blink_with")
    def _check_blink_with(self, proposal: Any) -> str:
        return check_second(proposal.value, self._bands, self.active.band)

    @t.validate("selected")
    def _check_selected(self, proposal: Any) -> int:
        return self._selecting.check(int(proposal.value))

    @t.validate("selection")
    def _check_selection(self, proposal: Any) -> tuple[int, ...]:
        return self._selecting.check_all(proposal.value)

    @t.validate("filter")
    def _check_filter(self, proposal: Any) -> str:
        text: str = proposal.value
        return text if text == self.session.filter else self.sources.filter(text)

    @t.validate("region")
    def _check_region(self, proposal: Any) -> Any:
        return self._travel.check(proposal.value)

    @t.validate("comparison")
    def _check_comparison(self, proposal: Any) -> Comparison | None:
        return check_comparison(proposal.value, self.active.band)

    @t.validate("change")
    def _check_change(self, proposal: Any) -> int:
        return self._comparison_view.check_change(proposal.value)
