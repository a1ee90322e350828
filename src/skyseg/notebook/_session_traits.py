"""What a viewer is told to choose and to show: its traits that are its session's, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import traitlets as t

from skyseg.errors import ParameterError
from skyseg.notebook._key_checks import check_bands
from skyseg.notebook._view_traits import CHOICES, OF_SESSION, ViewTraits
from skyseg.panel.choices import check_choice, list_maps
from skyseg.panel.session import ALL_BANDS

if TYPE_CHECKING:
    from skyseg.panel.session import Session
    from skyseg.plotting.maps import Band


class SessionTraits(ViewTraits):
    """Ties the traits that are fields of the session to it, and checks what they are set to.

    What is run and what is looked at are two things: to choose a band to run brings it
    into view, but to look at another changes nothing of what is run.
    """

    session: Session
    _bands: Mapping[str, Band]

    def _follow_session(self) -> None:
        for name in OF_SESSION:
            setattr(self, name, getattr(self.session, name))
            getattr(self.session.events, name).connect(self._setter(name))
            self.observe(self._write_to_session, name)

    def _setter(self, name: str) -> Callable[[Any], None]:
        return lambda value: setattr(self, name, value)

    def _write_to_session(self, change: Any) -> None:
        name, value = change.name, change.new
        if name == "parameter_set" and value != self.session.parameter_set:
            self.session.use_parameter_set(value)
        if name == "survey" and value != self.session.survey:
            self.session.choose_survey(value)
        if name == "band" and value != ALL_BANDS and value in self._bands:
            self.bands = self.bands if value in self.bands else (value,)
            self.active_band = value
        setattr(self.session, name, value)

    @t.validate(*CHOICES)
    def _check_choice(self, proposal: Any) -> Any:
        return check_choice(self.session, proposal.trait.name, proposal.value)

    @t.validate("ext")
    def _check_ext(self, proposal: Any) -> str:
        offered = list_maps(self._bands[key] for key in self.bands)
        if proposal.value not in offered:
            hint = f"give one of {', '.join(offered)}"
            raise ParameterError(f"the map {proposal.value} is not there", hint=hint)
        return str(proposal.value)

    @t.validate("bands")
    def _check_bands(self, proposal: Any) -> tuple[str, ...]:
        keys = check_bands(proposal.value, self._bands)
        if self.ext not in list_maps(self._bands[key] for key in keys):
            self.ext = "SCI"
        return keys
