"""What hosts other than JupyterLab ask of the viewer, without a browser."""

from __future__ import annotations

import re
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from skyseg import view
from skyseg.notebook import _BUNDLE

STYLE = _BUNDLE.with_suffix(".css")
# what a page under the rules of VS Code cannot do, or what other hosts than JupyterLab lack
NOT_EVERYWHERE = (
    "eval(", "new Function", "new Worker", "importScripts", "import(", "require(", "define(",
    "fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "jupyterapp",
    "localStorage", "document.cookie", "sourceMappingURL",
)  # fmt: skip
MANAGER = "https://ssl.gstatic.com/colaboratory-static/widgets/colab-cdn-widget-manager/x"

needs_bundle = pytest.mark.skipif(not _BUNDLE.exists(), reason="the JavaScript is not built")


@needs_bundle
@pytest.mark.parametrize("name", ["viewer.js", "bar.js", "table.js"])
def test_the_code_of_each_widget_is_one_module_that_asks_for_nothing_else(name: str) -> None:
    code = _BUNDLE.with_name(name).read_text(encoding="utf-8")
    assert [word for word in NOT_EVERYWHERE if word in code] == []
    assert re.search(r"export\{\w+ as default\};\s*$", code)
    assert not re.search(r"""(^|[;}])import\b[^.]*["']""", code)


@needs_bundle
def test_only_canvases_carry_the_code_of_the_map() -> None:
    """A host loads the code of each widget anew."""
    sizes = {each: _BUNDLE.with_name(f"{each}.js").stat().st_size for each in ("bar", "table")}
    assert max(sizes.values()) < 30_000, sizes


@needs_bundle
def test_the_style_asks_for_nothing_and_leans_on_no_hosts_colours() -> None:
    style = STYLE.read_text(encoding="utf-8")
    assert "@import" not in style
    assert [each for each in re.findall(r"url\(([^)]{8})", style) if "data:" not in each] == []
    assert re.findall(r"var\(--(?:jp|vscode)[\w-]*\)", style) == []


def test_colab_is_told_which_widget_manager_shows_the_viewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    output = ModuleType("google.colab.output")
    vars(output)["enable_custom_widget_manager"] = lambda: asked.append(True)
    vars(output)["_widgets"] = SimpleNamespace(_installed_url=MANAGER)
    monkeypatch.setitem(sys.modules, "google.colab.output", output)

    viewer = view(np.eye(40))
    data, metadata = viewer._repr_mimebundle_()
    kind = "application/vnd.jupyter.widget-view+json"
    assert asked
    assert kind in data
    assert metadata[kind]["colab"]["custom_widget_manager"]["url"] == MANAGER
