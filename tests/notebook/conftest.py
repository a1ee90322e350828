"""A Jupyter server and a browser, once for all tests of this folder."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skyseg.notebook import _BUNDLE
from skyseg.samples import make_survey

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
# what the browser driver itself causes when it takes a picture of a WebGL canvas
NOT_OURS = ("GPU stall due to ReadPixels",)
PATIENCE = 60_000

OPEN = """
from skyseg import Data
data = Data.from_survey_version("sample", "v1")
data.segment(progress=False)
band = data["F200W"]
labels = band.load_seg()
viewer = data.view()
start = {name: getattr(viewer, name) for name in ("limits", "stretch", "opacity", "label_style")}
viewer
"""
# whatever a test did, also one that failed half way
BACK_TO_START = """
viewer._side_panel.cancel()
viewer._side_panel.wait()
viewer.set_trait("preview", False)
viewer.set_trait("overwrite", False)
viewer.set_trait("err_type", "rms_err")
viewer.set_trait("parameter_set", "default")
viewer.session.use_parameter_set("default")
data.segment(progress=False)
viewer.selected = 0
viewer.filter = ""
viewer.drawer.show("Sources")
viewer.sources.browser.table.sorted_by = "NUMBER", True
viewer.set_trait("ext", "SCI")
viewer.bands = ("F200W",)
viewer.band = "F200W"
viewer.show_products()
viewer.comparison = None
viewer.region = None
for name, value in start.items():
    viewer.set_trait(name, value)
"""


# what a kernel makes before the page listens is lost to it
_HEARS_OF_WIDGETS = """() => {
    const kernel = jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel
    return Boolean(kernel?._targetRegistry?.["jupyter.widget"])
}"""


def _port_of(runtime: Path) -> int:
    """Port that the system gave to the server, which writes it down once it has it."""
    for _ in range(600):
        for found in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):
                return int(json.loads(found.read_text())["port"])
        time.sleep(0.1)
    raise TimeoutError(f"no server has written its port into {runtime}")


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


class Lab:
    """A running server of JupyterLab and Notebook 7."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.books = root / "books"
        self.books.mkdir()
        self.runtime = root / "runtime"
        settings = root / "config" / "labconfig"
        settings.mkdir(parents=True)
        (root / "xdg").mkdir()
        disabled = {"@jupyterlab/apputils-extension:announcements": True}
        page_config = {"disabledExtensions": disabled}
        (settings / "page_config.json").write_text(json.dumps(page_config))
        for program, name in (("LabApp", "lab"), ("JupyterNotebookApp", "notebook")):
            (root / "config" / f"jupyter_{name}_config.json").write_text(
                json.dumps({program: {"expose_app_in_browser": True}})
            )
        self.log = (root / "lab.log").open("w")
        options = [
            *("--no-browser", "--allow-root", "--port=0", "--ServerApp.ip=127.0.0.1"),
            *("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"),
            f"--ServerApp.root_dir={self.books}",
        ]
        self.environment = os.environ | {
            "SKYSEG_WORK_DIR": str(root / "work"),
            "SKYSEG_DATA_DIR": str(root / "data"),
            "XDG_CONFIG_HOME": str(root / "xdg"),
            "XDG_STATE_HOME": str(root / "state"),
            "JUPYTER_CONFIG_DIR": str(root / "config"),
            "JUPYTER_DATA_DIR": str(root / "share"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "PYTHONWARNINGS": "",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options],
            env=self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.port = _port_of(self.runtime)
        _wait_for(f"http://127.0.0.1:{self.port}/api/status")

    def segment_survey(self) -> None:
        """Segment the survey with both error types."""
        code = (
            "from skyseg import Data; data = Data.from_survey_version('sample', 'v1'); "
            "data.segment('wht', progress=False); data.segment(progress=False)"
        )
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=True)

    def address(self, name: str, app: str) -> str:
        """Where a notebook is opened in JupyterLab ("lab") or Notebook 7 ("notebook")."""
        workspace = name.partition(".")[0]
        place = f"lab/workspaces/{workspace}/tree" if app == "lab" else "notebooks"
        return f"http://127.0.0.1:{self.port}/{place}/{name}"

    def session_of(self, name: str) -> Any:
        """What the server knows of a notebook's kernel; None before it has one."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/sessions") as answer:
            found = [each for each in json.load(answer) if each["path"] == name]
        return found[0] if found else None

    def wait_for_kernel(self, name: str) -> None:
        """Wait until a notebook's kernel is ready; Notebook 7 says Idle before it has one."""
        for _ in range(600):
            kernel = (self.session_of(name) or {}).get("kernel") or {}
            if kernel.get("execution_state") == "idle" and kernel.get("connections"):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{name} has no kernel")

    def kernel_of(self, name: str) -> Any:
        """Connect to the kernel of a notebook, beside the browser."""
        from jupyter_client import BlockingKernelClient

        number = self.session_of(name)["kernel"]["id"]
        client = BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{number}.json"))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        return client

    def end_kernel_of(self, name: str) -> None:
        session = self.session_of(name)
        if session is not None:
            address = f"http://127.0.0.1:{self.port}/api/sessions/{session['id']}"
            urllib.request.urlopen(urllib.request.Request(address, method="DELETE")).close()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Book:
    """A notebook open in the browser, and a second line to its kernel."""

    def __init__(self, lab: Lab, page: Any, name: str, first_cell: str, app: str = "lab") -> None:
        import nbformat

        self.lab, self.page, self.name = lab, page, name
        self.client: Any = None
        cells = [nbformat.v4.new_code_cell(source) for source in (first_cell, "")]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(book, lab.books / name)
        page.goto(lab.address(name, app))
        page.wait_for_selector(".jp-Cell .cm-content", timeout=PATIENCE)
        lab.wait_for_kernel(name)
        page.wait_for_function(_HEARS_OF_WIDGETS, timeout=PATIENCE)
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")

    def run_last_cell(self, source: str) -> None:
        """Type into the last cell and run it."""
        self.page.locator(".jp-Cell .cm-content").last.click()
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Shift+Enter")

    def empty(self) -> None:
        """Let the kernel forget all, and the cells show nothing."""
        self.do("import ipywidgets; ipywidgets.Widget.close_all()")
        self.do("get_ipython().run_line_magic('reset', '-f')")
        self.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        self.page.locator(".skyseg-root").first.wait_for(state="detached")

    def ask(self, expression: str) -> Any:
        """Value of an expression in the kernel."""
        return json.loads(
            self.do(f"import json; print(json.dumps({expression}, default=lambda v: v.item()))")
        )

    def do(self, code: str) -> str:
        """Run code in the kernel; return what it prints."""
        if self.client is None:
            self.client = self.lab.kernel_of(self.name)
        text = []

        def hear(message: Any) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                text.append(content["text"])
            assert message["msg_type"] != "error", "\n".join(content["traceback"])

        self.client.execute_interactive(code, output_hook=hear, timeout=60)
        return "".join(text)

    def wait_until(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression is true in the kernel."""
        end = time.monotonic() + seconds
        while not self.ask(f"bool({expression})"):
            assert time.monotonic() < end, f"{expression} is not true after {seconds} s"
            time.sleep(0.1)

    def canvas(self, number: int = 0) -> Any:
        return self.page.locator(".skyseg-map").nth(number)

    def wait_for_canvas(self, number: int = 0) -> None:
        """Wait until the tiles in view are there and drawn."""
        failed = self.page.locator("[data-mime-type='application/vnd.jupyter.error']")
        self.canvas(number).or_(failed).first.wait_for(timeout=PATIENCE)
        assert not failed.count(), failed.first.text_content()
        self.canvas(number).locator("canvas").first.wait_for(timeout=PATIENCE)
        before = None
        for _ in range(100):
            busy = self.canvas(number).get_attribute("aria-busy") != "false"
            now = None if busy else self.picture(number)
            if before is not None and now is not None and (now == before).all():
                return
            before = now
            time.sleep(0.15)
        raise AssertionError("the canvas does not come to rest")

    def wait_for_view(self) -> None:
        """Wait until the browser shows what `viewer` in the kernel asked for."""
        self.wait_until("all(canvas._visible for canvas in viewer.canvases)")
        self.canvas().scroll_into_view_if_needed()
        for number in range(self.ask("len(viewer.canvases)")):
            self.wait_for_canvas(number)

    def place_of(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the image is on the page, from the extent that the kernel knows."""
        box = self.canvas().bounding_box()
        left, lower, right, upper = self.ask("viewer.active.extent")
        return (
            box["x"] + (x + 0.5 - left) / (right - left) * box["width"],
            box["y"] + (upper - y - 0.5) / (upper - lower) * box["height"],
        )

    def wait_for_picture(self, holds: Callable[[np.ndarray], bool], number: int = 0) -> np.ndarray:
        """Wait until the picture is as it should be; return it."""
        for _ in range(100):
            picture = self.picture(number)
            if holds(picture):
                return picture
            time.sleep(0.1)
        raise AssertionError("the picture does not become what it should be")

    def picture(self, number: int = 0) -> np.ndarray:
        """What the canvas looks like, shape (height, width, 3)."""
        from matplotlib.image import imread

        png = self.canvas(number).screenshot()
        return np.round(255 * imread(io.BytesIO(png))[..., :3]).astype(int)

    def close(self) -> None:
        if self.client is not None:
            self.client.stop_channels()
        self.page.close()
        self.lab.end_kernel_of(self.name)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    pytest.importorskip("jupyterlab")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed")
    if not _BUNDLE.exists():
        pytest.skip("the viewer's JavaScript has not been built")
    root = tmp_path_factory.mktemp("lab")
    make_survey(root / "data", bands=("F200W", "F444W"), shape=(600, 500), seed=3)
    running = Lab(root)
    running.segment_survey()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=PATIENCE / 2)
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def all_complaints() -> list[str]:
    return []


@pytest.fixture
def complaints(all_complaints: list[str]) -> list[str]:
    """What the browser complained of in this test, and requests that leave this machine."""
    all_complaints.clear()
    return all_complaints


@pytest.fixture(scope="session")
def open_book(lab: Lab, browser: Any, all_complaints: list[str]) -> Iterator[Callable[..., Book]]:
    """Open a new notebook with a first cell, and run it; a script may change the browser."""
    books: list[Book] = []

    def hear(message: Any) -> None:
        bad = message.type == "error" or (message.type == "warning" and "WebGL" in message.text)
        if bad and not any(text in message.text for text in NOT_OURS):
            all_complaints.append(f"{message.type}: {message.text}")

    def look(request: Any) -> None:
        if not request.url.startswith((f"http://127.0.0.1:{lab.port}/", "data:", "blob:")):
            all_complaints.append(f"request: {request.url}")

    def make(name: str, first_cell: str, script: str = "", app: str = "lab") -> Book:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.add_init_script(script)
        page.on("console", hear)
        page.on("pageerror", lambda error: all_complaints.append(f"error: {error}"))
        page.on("request", look)
        books.append(Book(lab, page, name, first_cell, app))
        return books[-1]

    yield make
    for book in books:
        book.close()


@pytest.fixture(scope="session")
def spare_book(open_book: Callable[..., Book]) -> Book:
    """Another notebook, for those who run cells of their own."""
    return open_book("spare.ipynb", "import skyseg")


@pytest.fixture
def empty_book(spare_book: Book, complaints: list[str]) -> Iterator[Book]:
    """A notebook that shows nothing, and whose kernel knows nothing."""
    spare_book.empty()
    yield spare_book
    assert complaints == []


@pytest.fixture(scope="session")
def shared_book(open_book: Callable[..., Book]) -> Book:
    book = open_book("viewer.ipynb", OPEN)
    book.wait_for_canvas()
    return book


@pytest.fixture
def book(shared_book: Book, complaints: list[str]) -> Iterator[Book]:
    """A viewer on the whole of the first band, with nothing selected."""
    shared_book.do(BACK_TO_START)
    shared_book.wait_for_view()
    yield shared_book
    assert complaints == []
