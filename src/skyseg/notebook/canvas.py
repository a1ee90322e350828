"""One canvas: an anywidget that draws a band's image and labels from tiles."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import astropy.units as u
import numpy as np
import numpy.typing as npt
import traitlets as t

from skyseg.display import rendering
from skyseg.errors import SkysegError
from skyseg.imaging.regions import region_slices
from skyseg.notebook._comparison import shorten_names
from skyseg.notebook._encoding import Codes
from skyseg.notebook._geometry import (
    Extent,
    describe_position,
    find_directions,
    find_link,
    slices_to_extent,
)
from skyseg.notebook._label_sources import LabelSources
from skyseg.notebook._tiles import TILE, TileGrid, TileLayer
from skyseg.panel.naming import name_band
from skyseg.survey import BandData

if TYPE_CHECKING:
    from astropy.wcs import WCS

    from skyseg.comparison import Comparison
    from skyseg.engine.previews import Preview
    from skyseg.engine.types import FloatImage, Slices
    from skyseg.imaging.regions import Region
    from skyseg.plotting.maps import Band

STATIC = Path(__file__).parent / "static"
STRETCHES = ("linear", "asinh", "sqrt", "log")
LABEL_STYLES = ("filled", "contour", "off")

_SAMPLE_PIXELS = 2**20
_CODES_PER_SIGMA = 4
_FARTHEST = 1e9  # pixels, of what a browser may have in view

logger = logging.getLogger(__name__)


class BandCanvas(anywidget.AnyWidget):
    """A canvas on one band.

    Parameters
    ----------
    band : BandData or ArrayBand
        What is shown.
    ext : {"SCI", "ERR", "WHT", "BKG"}
        Which of its maps.

    Attributes
    ----------
    limits : tuple of float
        Values drawn black and white.
    stretch : {"linear", "asinh", "sqrt", "log"}
        How values between them are drawn.
    softening : float
        Where the asinh stretch turns from linear to logarithmic.
    opacity : float
        Of labels and differences, 0 to 1.
    label_style : {"filled", "contour", "off"}
        How labels are drawn.
    selected : int
        NUMBER of the selected source; 0 is none.
    difference_shown, blink : bool
        Whether the difference map is shown, and whether the two SEG maps take turns.
    """

    _esm = STATIC / "viewer.js"
    _css = STATIC / "viewer.css"

    limits = t.Tuple(t.Float(), t.Float(), default_value=(0.0, 1.0)).tag(sync=True)
    stretch = t.Enum(STRETCHES, "asinh").tag(sync=True)
    softening = t.Float(0.1).tag(sync=True)
    opacity = t.Float(0.6, min=0, max=1).tag(sync=True)
    label_style = t.Enum(LABEL_STYLES, "contour").tag(sync=True)
    selected = t.Int(0).tag(sync=True)
    difference_shown = t.Bool(False).tag(sync=True)
    blink = t.Bool(False).tag(sync=True)

    _grid = t.Dict().tag(sync=True)
    _layers = t.Dict().tag(sync=True)
    _sky = t.Dict().tag(sync=True)
    _link: Any = t.Dict({"group": ""}).tag(sync=True)
    _title = t.Unicode().tag(sync=True)
    _legend: Any = t.List().tag(sync=True)
    _extent = t.List(t.Float()).tag(sync=True)
    _visible = t.List(t.Float()).tag(sync=True)
    _frame = t.List(t.Float()).tag(sync=True)
    _picture = t.Bytes().tag(sync=True)

    def __init__(self, band: Band, ext: str = "SCI") -> None:
        self.band, self.ext = band, ext
        self.image: FloatImage = getattr(band, f"load_{ext.lower()}")()
        self.sources: LabelSources | None = None
        self.comparison: Comparison | None = None
        self.tiles: dict[str, TileLayer] = {}
        self._pixels = TileGrid(band.shape)
        low, high, softening, codes = _choose_scale(self.image, ext)
        self.tiles["image"] = TileLayer.of_image(self._pixels, self.image, codes)
        self.tiles["image"].prepare()
        super().__init__(
            limits=(low, high),
            softening=softening,
            stretch="asinh" if ext == "SCI" else "linear",
            _grid={
                "shape": list(band.shape),
                "levels": self._pixels.levels,
                "tile": TILE,
                "zero": codes.zero,
                "softening": codes.softening,
            },
            _sky={"pix_scale": _measure_pixel(band), **find_directions(band.wcs, band.shape)},
            _title=self.title,
            _layers={"image": self.tiles["image"].version},
            layout={"flex": "1 1 0", "min_width": "280px"},
        )
        self.on_msg(self._answer)

    @t.validate("_extent", "_visible", "_frame")
    def _check_extent(self, proposal: Any) -> Any:
        """Refuse what is no part of an image, whoever speaks for the browser."""
        edges = proposal.value
        if edges and not (len(edges) == 4 and all(abs(edge) < _FARTHEST for edge in edges)):
            raise t.TraitError(f"{edges} are no edges of a part of the image")
        return edges

    def join(self, group: str, reference: WCS | None) -> None:
        """Move together with the other canvases of a group; "" is none.

        Parameters
        ----------
        group : str
            Name of the group.
        reference : astropy.wcs.WCS or None
            WCS that all canvases of the group are told.
        """
        self._link = {
            "group": group,
            "matrix": find_link(self.band.wcs, reference, self.band.shape),
        }

    @property
    def title(self) -> str:
        """What is shown, for people."""
        labels = "" if self.sources is None else f", {self.sources.name}"
        name = name_band(self.band) if isinstance(self.band, BandData) else self.band.name
        return f"{name} {self.ext}{labels}"

    @property
    def extent(self) -> Extent | None:
        """The part of the image in view; None before a browser has drawn it."""
        extent = self._visible or self._extent
        if not extent:
            return None
        left, lower, right, upper = extent
        return left, lower, right, upper

    def extent_of(self, region: Region) -> Extent:
        """Return the part of the image that is a region, as `BandData.plot` takes it.

        Raises
        ------
        ParameterError
            If the region is not understood or lies outside the image.
        """
        band, sources = self.band, self.sources
        rows, columns = region_slices(
            region,
            band.shape,
            wcs=band.wcs,
            pix_scale=None if band.wcs is None else band.pix_scale,
            catalogue=None if sources is None else lambda: sources.catalogue,
        )
        return slices_to_extent(rows, columns)

    def go_to(self, extent: Extent) -> None:
        """Bring a part of the image into view; more of it is seen where the form differs."""
        asked = [float(edge) for edge in extent]
        if asked != self._extent:  # else the browser has nothing to tell
            self._visible = []
            self._extent = asked

    @property
    def legend(self) -> list[dict[str, Any]]:
        """Value, text and colour of the classes of the difference map."""
        return list(self._legend)

    def keep_picture(self) -> bytes:
        """Draw the canvas as a PNG file, which a browser shows where no kernel answers."""
        from skyseg.notebook._snapshot import draw_png

        self._picture = draw_png([self])
        return self._picture

    @property
    def frame(self) -> Extent | None:
        """The part of the image that is pointed out."""
        if not self._frame:
            return None
        left, lower, right, upper = self._frame
        return left, lower, right, upper

    def point_out(self, extent: Extent | None) -> None:
        """Draw a dashed box around a part of the image; None takes it away."""
        self._frame = [] if extent is None else [float(edge) for edge in extent]

    def show_labels(self, sources: LabelSources | None) -> None:
        """Show the labels of sources over the image; None takes them away."""
        self.sources = sources
        self._title = self.title
        self._replace({"labels": None if sources is None else self._layer_of(sources.labels)})

    def show_preview(self, preview: Preview | None) -> None:
        """Show the outlines of a part that was tried out; None takes them away."""
        if preview is None and "preview" not in self.tiles:
            return
        layer = None
        if preview is not None:
            corner = preview.part[0].start, preview.part[1].start
            y, x = (edge % self._pixels.step for edge in corner)
            labels = np.pad(preview.labels, ((y, 0), (x, 0)))
            layer = TileLayer.of_labels(self._pixels, labels, (corner[0] - y, corner[1] - x))
        self._replace({"preview": layer})

    def part_in_view(self) -> Slices:
        """Rows and columns in view, widened to whole pixels of the coarsest tiles."""
        ny, nx = self.band.shape
        left, lower, right, upper = self.extent or (0, 0, nx, ny)
        step = self._pixels.step
        return _widen(lower, upper, ny, step), _widen(left, right, nx, step)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show the difference map, and both sides for blinking; None takes all away."""
        from skyseg.comparison import LEGEND

        self.comparison = comparison
        self.point_out(None)
        if comparison is None:
            self.difference_shown = self.blink = False
            self._replace({"difference": None, "side_a": None, "side_b": None})
            return
        name_a, name_b = shorten_names(comparison.a.name, comparison.b.name)
        names = {1: "same source in both", 2: f"only in {name_a}", 3: f"only in {name_b}"}
        self._legend = [
            {
                "value": int(entry.value),
                "text": names.get(int(entry.value), entry.text),
                "colour": entry.colour,
            }
            for entry in LEGEND
            if entry.value
        ]
        self._replace(
            {
                "difference": TileLayer.of_classes(self._pixels, comparison.difference_map),
                "side_a": self._layer_of(np.asarray(comparison.a.labels)),
                "side_b": self._layer_of(comparison.relabelled_b),
            }
        )
        self.difference_shown = True

    def readout(self, x: float, y: float) -> str:
        """Return position, value and label under a place on the canvas."""
        column, row = int(np.floor(x)), int(np.floor(y))
        text = describe_position(self.band.wcs, x - 0.5, y - 0.5)
        if not (0 <= row < self.image.shape[0] and 0 <= column < self.image.shape[1]):
            return text
        unit = self.band.unit if self.ext != "WHT" else ""
        text += f"  {self.ext} {self.image[row, column]:.5g} {unit}".rstrip()
        if self.sources is not None:
            label = self.sources.at(x, y)
            text += f"  SEG {label}" if label else ""
        return text

    def _layer_of(self, labels: npt.NDArray[Any]) -> TileLayer:
        """Return the layer of labels over the image, the one that is there if they are the same."""
        for layer in (self.tiles.get("labels"), self.tiles.get("side_a")):
            if layer is not None and np.array_equal(layer.pixels, labels):
                return layer
        return TileLayer.of_labels(self._pixels, labels)

    def _replace(self, changed: dict[str, TileLayer | None]) -> None:
        """Put layers in or take them away, and say so to the browser."""
        versions = dict(self._layers)
        for name, layer in changed.items():
            self.tiles.pop(name, None)
            versions.pop(name, None)
            if layer is not None:
                layer.prepare()
                self.tiles[name] = layer
                versions[name] = layer.version
        self._layers = versions

    def _answer(self, _: Any, question: dict[str, Any], __: Any) -> None:
        """Answer a question of the browser."""
        kind = question.get("kind")
        try:
            if kind == "tile":
                self._answer_tile(question)
            elif kind == "readout":
                text = self.readout(question["x"], question["y"])
                self.send({"id": question["id"], "text": text})
            elif kind == "pick":
                self.pick(question["x"], question["y"])
            elif kind == "snapshot":
                from skyseg.notebook._snapshot import draw_png

                self.send({"id": question["id"]}, [draw_png([self])])
        except SkysegError as error:
            logger.warning("%s", error)
            self.send({"id": question.get("id"), "error": str(error)})

    def _answer_tile(self, question: dict[str, Any]) -> None:
        layer = self.tiles.get(question["layer"])
        if layer is None or self._layers.get(question["layer"]) != question["version"]:
            self.send({"id": question["id"]}, [])
            return
        data = layer.tile(question["z"], question["x"], question["y"])
        self.send({"id": question["id"]}, [data] if data else [])

    def pick(self, x: float, y: float) -> None:
        """Select the source under a place on the canvas, or none."""
        self.selected = 0 if self.sources is None else self.sources.at(x, y)


def _choose_scale(image: FloatImage, ext: str) -> tuple[float, float, float, Codes]:
    """Limits and softening for a map, and codes fine enough for it, from some of its rows."""
    rows = image[:: max(1, image.size // _SAMPLE_PIXELS)]
    if ext == "SCI":
        low, high, softening = rendering.choose_sci_limits(rows)
        sigma = softening * (high - low) / 2
        return low, high, softening, Codes(low + 2 * sigma, sigma / _CODES_PER_SIGMA)
    finite = rows[np.isfinite(rows)]
    low, high = (
        (float(edge) for edge in np.percentile(finite, [0.5, 99.5])) if finite.size else (0, 1)
    )
    if high <= low:
        high = low + (abs(low) or 1.0)
    return low, high, 0.1, Codes(low, (high - low) / 256)


def _widen(low: float, high: float, length: int, step: int) -> slice:
    start = int(min(max(low, 0), length - 1)) // step * step
    stop = -(-int(np.ceil(min(max(high, start + 1), length))) // step) * step
    return slice(start, min(stop, length))


def _measure_pixel(band: Band) -> float:
    return 0.0 if band.wcs is None else float(band.pix_scale.to_value(u.arcsec))
