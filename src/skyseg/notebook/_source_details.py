"""The current source in detail: what its catalogue says, and how it looks in every band."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets

from skyseg.engine.types import ByteImage
from skyseg.errors import SkysegError
from skyseg.notebook._latest import Latest
from skyseg.panel.band_columns import list_fluxes
from skyseg.panel.flux_picture import draw_fluxes, is_covered, tell_fluxes
from skyseg.panel.source_browser import SourceBrowser
from skyseg.panel.source_cutouts import LINES, draw_cutouts, make_cutouts
from skyseg.panel.source_table import SourceTable
from skyseg.panel.wording import worded
from skyseg.survey import BandData

_LEGEND = " ".join(
    f"<span style='white-space:nowrap'><span style='color:{colour}'>■</span> {what}</span>"
    for what, colour in LINES
)

_FLUXES = {"width": "230px", "max_width": "100%", "align_self": "flex-start", "flex": "0 0 auto"}


class SourceDetails:
    """Shows one source: its values at once, its cutouts when they are drawn.

    Parameters
    ----------
    browser : SourceBrowser
        The sources.

    Attributes
    ----------
    values : ipywidgets.HTML
        What the catalogue says.
    picture, fluxes : ipywidgets.Image
        The cutouts, and the light in all bands, as PNG files.
    box : ipywidgets.Box
        The widget that holds all.
    """

    def __init__(self, browser: SourceBrowser) -> None:
        self._browser = browser
        self._drawing = Latest(self._show_pictures, self._say_failure)
        self.values = ipywidgets.HTML()
        self.values.add_class("skyseg-values")
        self.picture = ipywidgets.Image(format="png", layout={"max_width": "100%"})
        self.picture.add_class("skyseg-cutouts")
        self.fluxes = ipywidgets.Image(format="png", layout=_FLUXES)
        self.fluxes.add_class("skyseg-cutouts")
        self._legend = ipywidgets.HTML(_LEGEND)
        self.box = ipywidgets.VBox(
            [self.picture, self._legend, self.fluxes, self.values],
            layout={"flex": "0 1 340px", "min_width": "280px", "max_height": "400px"},
        )
        self._show_pictures((b"", b""))

    def show(self, labels: Any, numbers: tuple[int, ...], bands: Sequence[BandData]) -> None:
        """Show the current one of the selected sources.

        Parameters
        ----------
        labels : ndarray of int or None
            The SEG map.
        numbers : tuple of int
            The selected sources, the current one last.
        bands : sequence of BandData
            Where it is cut out.
        """
        catalogue, info = self._browser.catalogue, self._browser.info
        known = catalogue is not None and catalogue.find_rows(numbers[-1:]).size > 0
        self.values.value = self._write(numbers) if numbers else ""
        if catalogue is None or info is None or not known:
            self._drawing.ask(lambda: (b"", b""))
            return
        number = numbers[-1]

        def draw() -> tuple[bytes, bytes]:
            found = make_cutouts(labels, info, catalogue, number, bands)
            fluxes = list_fluxes(catalogue, number)
            return (
                encode_png(draw_cutouts(found)) if found else b"",
                encode_png(draw_fluxes(fluxes)) if any(map(is_covered, fluxes)) else b"",
            )

        self._drawing.ask(draw)

    def wait(self) -> None:
        """Wait until the cutouts are drawn."""
        self._drawing.wait()

    def _write(self, numbers: tuple[int, ...]) -> str:
        """Write all that the catalogue says of the current source, as HTML."""
        number = numbers[-1]
        head = f"<b>Source {number}</b>"
        head += f" and {len(numbers) - 1} more selected" if len(numbers) > 1 else ""
        table = SourceTable([each.title for each in self._browser.table.columns])
        table.show(
            self._browser.catalogue, None if self._browser.info is None else self._browser.info.band
        )
        rows = table.find_rows([number])
        if not rows.size:
            return f"{head}: the catalogue does not have it"
        cells = [
            (title, table.text(int(rows[0]), column), unit, table.explain(column))
            for column, (title, unit) in enumerate(
                zip(table.titles, (each.unit for each in table.columns), strict=True)
            )
        ]
        catalogue = self._browser.catalogue
        told = "" if catalogue is None else tell_fluxes(catalogue, number)
        return f"{head}{f'<div>{escape(told)}</div>' if told else ''}{format_record(cells)}"

    def _show_pictures(self, pictures: tuple[bytes, bytes]) -> None:
        for image, png in zip((self.picture, self.fluxes), pictures, strict=True):
            image.value = png
            image.layout.display = None if png else "none"
        self._legend.value = _LEGEND if pictures[0] else ""

    def _say_failure(self, error: SkysegError) -> None:
        self._show_pictures((b"", b""))
        self._legend.value = escape(f"no cutouts: {worded(error)}")


def encode_png(image: ByteImage) -> bytes:
    """Return a picture as a PNG file."""
    from matplotlib.image import imsave

    file = io.BytesIO()
    imsave(file, image, format="png")
    return file.getvalue()


def format_record(cells: Sequence[tuple[str, str, str, str]]) -> str:
    """Return one record as HTML: names over values, as many beside each other as there is room.

    Parameters
    ----------
    cells : sequence of tuple of str
        Name, value, unit and what it is.
    """
    parts = "".join(
        f"<div title='{escape(about, quote=True)}'><div class='skyseg-record-name'>{escape(name)}"
        f"</div><div>{escape(' '.join(filter(None, (text, unit))))}</div></div>"
        for name, text, unit, about in cells
    )
    return f"<div class='skyseg-record'>{parts}</div>"
