"""The drawer below the canvases."""

from __future__ import annotations

import ipywidgets
import numpy as np
import pytest

import skyseg
from skyseg.notebook._drawer import Drawer


@pytest.fixture
def drawer() -> Drawer:
    made = Drawer()
    for title in ("Sources", "Region"):
        made.add(title, ipywidgets.HTML(title))
    return made


def shown(drawer: Drawer) -> list[str]:
    content = drawer._content
    inside = [each.value for each in content.children if each.layout.display != "none"]
    return [] if content.layout.display == "none" else inside


def test_a_drawer_without_tabs_takes_no_room() -> None:
    assert Drawer().box.layout.display == "none"


def test_one_tab_is_open_at_a_time(drawer: Drawer) -> None:
    assert (drawer.titles, drawer.opened, shown(drawer)) == (("Sources", "Region"), "", [])

    drawer.show("Sources")
    assert (drawer.opened, shown(drawer)) == ("Sources", ["Sources"])
    drawer.show("Region")
    assert (drawer.opened, shown(drawer)) == ("Region", ["Region"])
    drawer.show("Sources")
    assert (drawer.opened, shown(drawer)) == ("Sources", ["Sources"])


def test_the_button_of_the_open_tab_folds_the_drawer(drawer: Drawer) -> None:
    drawer.show("Region")
    drawer._handles["Region"].value = False
    assert (drawer.opened, shown(drawer)) == ("", [])

    drawer.show("Region")
    drawer.fold()
    assert (drawer.opened, shown(drawer)) == ("", [])


def test_a_viewer_has_a_drawer_at_full_width_below_its_canvases() -> None:
    viewer = skyseg.view(np.eye(60))
    viewer.drawer.add("Notes", ipywidgets.HTML("notes"))
    viewer.drawer.show("Notes")

    assert viewer.children[-1] is viewer.drawer.box
    assert viewer.drawer.box.layout.display == "flex"


def test_tabs_of_many_widgets_are_made_when_they_are_opened() -> None:
    made: list[str] = []

    def make(title: str) -> ipywidgets.HTML:
        made.append(title)
        return ipywidgets.HTML(title)

    drawer = Drawer()
    for title in ("Region", "Edit"):
        drawer.add_later(title, lambda title=title: make(title))
    assert (drawer.titles, made) == (("Region", "Edit"), [])
    for title in ("Edit", "Region", "Edit"):
        drawer.show(title)
        assert shown(drawer) == [title]
    assert made == ["Edit", "Region"]


def test_a_viewer_makes_its_tabs_as_a_person_opens_them() -> None:
    viewer = skyseg.view(np.eye(60))
    tabs = {"region_tab", "mask_tab", "edit_tab", "assess_tab"}
    assert not tabs & vars(viewer).keys()
    for name in ("Region", "Mask", "Edit", "Assess"):
        viewer.drawer.show(name)
    assert tabs <= vars(viewer).keys()
    assert viewer.region_tab.unit.value == "pixels"
