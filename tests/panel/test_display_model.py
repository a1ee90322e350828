"""How maps are drawn, as both viewers are told it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from skyseg.panel.display_model import Display
from skyseg.panel.session import Session


def test_each_role_has_a_scale_of_its_own() -> None:
    display = Display().with_scale("SCI", stretch="log", cuts="99 %")
    assert display.scale_of("SCI").stretch == "log"
    assert display.scale_of("SCI").colormap == "gray"
    assert display.scale_of("WHT").colormap == "viridis"
    assert display.scale_of("anything").stretch == "linear"


def test_a_change_is_told_once_and_saved_with_the_session() -> None:
    session = Session()
    told: list[Display] = []
    session.events.display.connect(told.append)
    session.display = session.display.replace(colour_by="map", rgb=("F444W", "F200W", "F115W"))
    session.display = session.display.with_scale("ERR", colormap="gray_r")
    assert len(told) == 2
    again = Session.model_validate_json(session.model_dump_json())
    assert again.display == session.display


@pytest.mark.parametrize(
    "changes", [{"colour_by": "band"}, {"rgb": ("F444W",)}, {"label_style": ""}, {"shade": 1}]
)
def test_what_is_not_possible_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Display().replace(**changes)
    with pytest.raises(ValidationError):
        Display().with_scale("SCI", stretch="cubic")
