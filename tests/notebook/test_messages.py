"""What goes between a kernel and a browser: no more than the queues between them hold."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest

from skyseg.notebook._late_widgets import hold_back, leave_out_hidden, tell

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

BEFORE = """
from skyseg import Data, view
from skyseg.samples import make_survey
make_survey("data", bands=("F200W", "F444W"), shape=(120, 110))
Data.from_survey_version("sample", "v1", data_dir="data").segment(progress=False)
"""
SHOW = "viewer = view('data', err_type='rms_err')\nviewer"
TABS = "for title in viewer.drawer.titles:\n    viewer.drawer.show(title)"
PARAMETERS = "viewer._side_panel.panel.show_parameters.value = True"
FILES = "viewer._side_panel.panel.files.source.value = 'open files'"
CELLS = (BEFORE, SHOW, TABS, PARAMETERS, FILES)


class Client(nbclient.NotebookClient):  # type: ignore[misc,name-defined]
    """Keeps the messages of each cell."""

    def process_message(self, message: Any, cell: Any, cell_index: int) -> Any:
        self.messages[cell_index].append(message)
        return super().process_message(message, cell, cell_index)


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """The messages of cells that open a viewer of a survey, each of its tabs, and the rest."""
    cells = [nbformat.v4.new_code_cell(each) for each in CELLS]
    resources = {"metadata": {"path": str(tmp_path_factory.mktemp("here"))}}
    client = Client(
        nbformat.v4.new_notebook(cells=cells),
        timeout=300,
        kernel_name="python3",
        resources=resources,
    )
    client.messages = [[] for _ in CELLS]
    client.execute()
    return list(client.messages)


def test_the_opening_of_a_viewer_fits_the_queues_of_a_jupyter_server(
    messages: list[list[Any]],
) -> None:
    """A queue holds 1000 messages; what a loaded server does not read in time is lost."""
    counts = [Counter(message["msg_type"] for message in each) for each in messages]
    opening = counts[CELLS.index(SHOW)]
    assert opening["execute_result"] == 1
    assert opening.total() < 300, opening
    assert opening["comm_msg"] < 20, opening
    assert max(count.total() for count in counts) < 600


def test_the_browser_knows_every_widget_before_one_that_holds_it(
    messages: list[list[Any]],
) -> None:
    known: set[str] = set()
    told: list[str] = []
    for message in (each for cell in messages for each in cell):
        content = message["content"]
        state = json.dumps(content.get("data", {}).get("state", {}))
        unknown = {*re.findall(r"IPY_MODEL_(\w+)", state)} - known
        assert not unknown, content
        if message["msg_type"] == "comm_open":
            known.add(content["comm_id"])
            told.append(content["comm_id"])
        elif message["msg_type"] == "comm_msg":
            assert content["comm_id"] in known
        elif message["msg_type"] == "execute_result":
            shown = content["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
            assert shown in known
    assert len(told) == len(known) > 200


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the browser is told of widgets, in its order."""
    told: list[dict[str, Any]] = []

    def create(data: Any, comm_id: str = "", **_: Any) -> Any:
        told.append(data["state"])
        return SimpleNamespace(
            comm_id=comm_id or uuid.uuid4().hex,
            kernel=True,
            on_msg=lambda _: None,
            send=lambda data, buffers: told.append(data["state"]),
        )

    monkeypatch.setattr("comm.create_comm", create)
    return told


def test_what_is_hidden_in_a_box_is_told_when_it_is_shown_and_takes_its_place(
    opened: list[dict[str, Any]],
) -> None:
    with hold_back():
        parts = [ipywidgets.Label(text) for text in "abc"]
        parts[1].layout.display = "none"
        box = ipywidgets.VBox([ipywidgets.VBox(parts)])
        leave_out_hidden(box)
    assert opened == []

    def texts() -> list[str]:
        return [each["value"] for each in opened if each.get("_model_name") == "LabelModel"]

    tell(box)
    assert texts() == ["a", "c"]
    parts[1].value = "B"
    parts[1].layout.display = None
    assert texts() == ["a", "c", "B"]
    assert box.children[0].children == tuple(parts)
    assert opened[-1] == {"children": [f"IPY_MODEL_{each.model_id}" for each in parts]}


def test_what_changes_while_the_browser_is_told_is_told_too(
    opened: list[dict[str, Any]],
) -> None:
    class Late(ipywidgets.Label):  # type: ignore[misc]
        def get_state(self, *arguments: Any, **named: Any) -> Any:
            state = super().get_state(*arguments, **named)
            self.value = "after"
            return state

    with hold_back():
        label = Late("before")
    tell(label)
    assert [each["value"] for each in opened if "value" in each] == ["before", "after"]


def test_what_was_held_back_is_told_when_it_is_shown_by_itself(
    opened: list[dict[str, Any]],
) -> None:
    with hold_back():
        label = ipywidgets.Label("a")
        box = ipywidgets.VBox([label])
    assert opened == []

    shown = box._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    assert shown["model_id"] == box.model_id
    assert [each["_model_name"] for each in opened][-1] == "VBoxModel"
    assert opened[-1]["children"] == [f"IPY_MODEL_{label.model_id}"]
    number = len(opened)
    box._repr_mimebundle_()
    assert len(opened) == number


def test_what_was_held_back_is_told_before_a_box_of_somebody_else_holds_it(
    opened: list[dict[str, Any]],
) -> None:
    with hold_back():
        first, second = ipywidgets.Label("a"), ipywidgets.Label("b")
    box = ipywidgets.VBox([first])
    box.children = [first, second]

    names = [each.get("_model_name", "an update") for each in opened]
    boxes = [place for place, name in enumerate(names) if name == "VBoxModel"]
    labels = [place for place, name in enumerate(names) if name == "LabelModel"]
    assert labels[0] < boxes[0] < labels[1] < len(names) - 1
    assert opened[-1]["children"] == [f"IPY_MODEL_{each.model_id}" for each in (first, second)]


def test_what_was_held_back_is_closed_untold(opened: list[dict[str, Any]]) -> None:
    with hold_back():
        label = ipywidgets.Label("a")
    label.close()

    assert opened == []
    assert label.comm is None


def test_nothing_is_held_back_from_a_host_that_listens_for_widgets(
    opened: list[dict[str, Any]],
) -> None:
    heard: list[Any] = []
    ipywidgets.Widget.on_widget_constructed(heard.append)
    try:
        with hold_back():
            label = ipywidgets.Label("a")
            assert label in heard
            assert opened[-1]["value"] == "a"
    finally:
        ipywidgets.Widget.on_widget_constructed(None)
