"""Sources that go out of the notebook viewer: files, downloads, other programs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import ipywidgets

from skyseg.errors import ParameterError
from skyseg.notebook._latest import Latest
from skyseg.panel.source_browser import SourceBrowser, Which
from skyseg.panel.wording import worded

if TYPE_CHECKING:
    from skyseg.engine.types import AnyLabelImage

_DEFAULT: Final = "selected or shown"
_WHICH: Final = {  # no value is None, which ipywidgets takes for no choice
    "selected, else shown": _DEFAULT,
    "selected": "selected",
    "shown by the filter": "shown",
    "all": "all",
}
_FORMS: Final = {
    "FITS table": "sources.fits",
    "ECSV table": "sources.ecsv",
    "CSV table": "sources.csv",
    "DS9 regions": "sources.reg",
    "labels": "labels.fits",
}
_LABELS: Final = "labels"


class Sent(NamedTuple):
    """What an action has done: a sentence, and the file that a browser is to keep."""

    text: str
    name: str = ""
    content: bytes = b""


class ExportBar:
    """Which sources go out, as what, and where to.

    Parameters
    ----------
    read : callable
        Returns the sources.
    get_labels : callable
        Returns the SEG map in which they are, or None.
    download : callable
        Lets the browser keep a file, by its name and content.

    Attributes
    ----------
    which, form : ipywidgets.Dropdown
        Which sources, and as what.
    path : ipywidgets.Text
        The file that **Save** writes on the kernel's machine.
    save, download, send : ipywidgets.Button
        To the file, to the browser, to TOPCAT, Aladin or DS9 over SAMP.
    box : ipywidgets.Box
        The widget that holds all.
    """

    def __init__(
        self,
        read: Callable[[], SourceBrowser],
        get_labels: Callable[[], AnyLabelImage | None],
        download: Callable[[str, bytes], None],
    ) -> None:
        self._read, self._get_labels, self._keep = read, get_labels, download
        self._work = Latest(self._finish, lambda error: self._say(worded(error)))
        self.which = _choice("Sources", _WHICH, "Which sources go out")
        self.form = _choice("as", _FORMS, "What is written; the ending of the name says so too")
        self.path = ipywidgets.Text(
            value=self.form.value,
            description="to",
            tooltip="File on the kernel's machine: .fits, .ecsv, .csv or .reg",
            style={"description_width": "initial"},
            layout={"width": "auto", "flex": "1 1 160px", "min_width": "140px"},
        )
        self.save = _button("Save", "Write the file on the kernel's machine", self._save)
        self.download = _button("Download", "Keep the file where the browser is", self._download)
        self.send = _button("Send", "Send to TOPCAT, Aladin or DS9 over SAMP", self._send)
        self._message = ipywidgets.HTML()
        self._message.add_class("skyseg-message")
        self.form.observe(lambda change: setattr(self.path, "value", change.new), "value")
        row = [self.which, self.form, self.path, self.save, self.download, self.send]
        bar = ipywidgets.HBox(row, layout={"flex_flow": "row wrap"})
        self.box = ipywidgets.VBox([bar, self._message], layout={"width": "100%"})

    def wait(self) -> None:
        """Wait until what was asked for is done."""
        self._work.wait()

    def _save(self) -> None:
        path = Path(self.path.value.strip()).expanduser()
        self._start(lambda: Sent(f"{_count(self._write(path))} in {path.absolute()}"))

    def _download(self) -> None:
        name = Path(self.path.value.strip()).name

        def make() -> Sent:
            with tempfile.TemporaryDirectory(prefix="skyseg-") as folder:
                path = Path(folder) / name
                number = self._write(path)
                return Sent(f"{_count(number)} downloaded as {name}", name, path.read_bytes())

        self._start(make)

    def _send(self) -> None:
        which = self._chosen()
        self._start(lambda: Sent(self._read().send(which)))

    def _start(self, work: Callable[[], Sent]) -> None:
        self._say("")
        self._work.ask(work)

    def _chosen(self) -> Which | None:
        return cast("Which | None", None if self.which.value == _DEFAULT else self.which.value)

    def _write(self, path: Path) -> int:
        """Write the chosen sources; return how many they are."""
        browser, which = self._read(), self._chosen()
        if self.form.label != _LABELS:
            return browser.save(path, which)
        labels = self._get_labels()
        if labels is None:
            raise ParameterError("there is no SEG map", hint="segment a band first")
        return browser.save_labels(labels, path, which)

    def _finish(self, sent: Sent) -> None:
        if sent.name:
            self._keep(sent.name, sent.content)
        self._say(sent.text)

    def _say(self, text: str) -> None:
        self._message.value = escape(text)


def _count(number: int) -> str:
    return "1 source is" if number == 1 else f"{number} sources are"


def _choice(name: str, options: dict[str, Any], tooltip: str) -> Any:
    return ipywidgets.Dropdown(
        options=options,
        description=name,
        tooltip=tooltip,
        layout={"width": "auto", "flex": "0 1 220px"},
        style={"description_width": "initial"},
    )


def _button(text: str, tooltip: str, act: Callable[[], None]) -> Any:
    button = ipywidgets.Button(
        description=text, tooltip=tooltip, layout={"width": "auto", "flex": "0 0 auto"}
    )
    button.on_click(lambda _: act())
    return button
