"""One canvas: an anywidget that draws a band's image and labels from tiles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.comparison.classes import LEGEND, DifferenceClass
from skyseg.display.colours import choose_map_colour
from skyseg.display.scales import Cuts, choose_limits
from skyseg.errors import SkysegError
from skyseg.imaging.regions import region_slices
from skyseg.notebook._canvas_traits import CanvasTraits
from skyseg.notebook._colour_layer import make_colour_layer
from skyseg.notebook._geometry import (
    Extent,
    find_directions,
    find_link,
    measure_pixel,
    slices_to_extent,
    widen,
)
from skyseg.notebook._label_numbers import pack_kept, pack_numbers
from skyseg.notebook._label_sources import LabelSources
from skyseg.notebook._palette import make_palette
from skyseg.notebook._readout import read_all
from skyseg.notebook._second_image import choose_codes, make_second_image
from skyseg.notebook._tiles import TILE, TileGrid, TileLayer
from skyseg.panel.compared_maps import name_classes, shorten_names
from skyseg.panel.naming import name_band
from skyseg.survey import BandData

if TYPE_CHECKING:
    from astropy.wcs import WCS

    from skyseg.comparison import Comparison
    from skyseg.engine.previews import Preview
    from skyseg.engine.types import FloatImage, IntArray, LabelImage, Slices
    from skyseg.imaging.regions import Region
    from skyseg.plotting.maps import Band

_SAMPLE_PIXELS = 2**20
_CODES_PER_SIGMA = 4
_SAME = "#b8b8b8"  # an outline in it is seen on a grey image

logger = logging.getLogger(__name__)


class BandCanvas(CanvasTraits):
    """A canvas on one band.

    Parameters
    ----------
    band : BandData or ArrayBand
        What is shown.
    ext : {"SCI", "ERR", "WHT", "BKG"}
        Which of its maps.
    viewer : str, optional
        What tells the viewer that it is a part of from others.

    Attributes
    ----------
    cuts : str
        How the limits were found; see `skyseg.display.scales.CUTS`.
    peers : callable
        Returns all canvases of the viewer, this one among them.
    limits : tuple of float
        Values drawn with the first and the last colour.
    stretch : {"linear", "asinh", "sqrt", "log"}
        How values between them are drawn.
    softening : float
        Where the asinh stretch turns from linear to logarithmic.
    colormap : str
        Colours from the lower to the upper limit.
    opacity : float
        Of labels and differences, 0 to 1.
    label_style : {"contour", "filled", "off"}
        How labels are drawn.
    colour_by : {"source", "map"}
        Whether each source has a colour, or each map.
    selected : int
        NUMBER of the selected source; 0 is none.
    difference_shown, blink : bool
        Whether the difference map is shown, and whether the two SEG maps take turns.
    height : int
        Height in pixels of the screen.
    north_up : bool
        Whether the image is turned so that north is up.
    on_added : callable
        Told the NUMBER of a source that a person clicks on to add it to those selected.
    on_picked : callable
        Told where a person clicks: x and y from the corner of the first pixel.
    """

    def __init__(self, band: Band, ext: str = "SCI", viewer: str = "") -> None:
        self.band, self.ext = band, ext
        self.image: FloatImage = getattr(band, f"load_{ext.lower()}")()
        self.sources: LabelSources | None = None
        self.comparison: Comparison | None = None
        self.on_added: Callable[[int], None] = lambda _: None
        self.on_picked: Callable[[float, float], None] = lambda *_: None
        self.tiles: dict[str, TileLayer] = {}
        self._pixels = TileGrid(band.shape)
        self.cuts: Cuts = "auto"
        self._rgb: tuple[str, ...] = ()
        self.peers: Callable[[], Sequence[BandCanvas]] = lambda: (self,)
        self._rows = self.image[:: max(1, self.image.size // _SAMPLE_PIXELS)]
        found = choose_limits(self._rows, ext, self.cuts)
        self._found = found.low, found.high
        codes = choose_codes(found, ext)
        self.tiles["image"] = TileLayer.of_image(self._pixels, self.image, codes)
        self.tiles["image"].prepare()
        super().__init__(
            _viewer=viewer,
            _palette=make_palette(),
            limits=self._found,
            softening=found.softening,
            _grid={
                "shape": list(band.shape),
                "levels": self._pixels.levels,
                "tile": TILE,
                "zero": codes.zero,
                "softening": codes.softening,
            },
            _sky={"pix_scale": measure_pixel(band), **find_directions(band.wcs, band.shape)},
            _title=self.title,
            _layers={"image": self.tiles["image"].version},
            layout={"flex": "1 1 0", "min_width": "240px"},
        )
        self.on_msg(self._answer)

    @property
    def found_limits(self) -> tuple[float, float]:
        """The limits that the cuts gave, whatever was set by hand since."""
        return self._found

    def cut(self, cuts: Cuts) -> None:
        """Find the limits anew, in some rows of the image; "by hand" leaves them as they are."""
        if cuts == self.cuts:
            return
        self.cuts = cuts
        if cuts != "by hand":
            found = choose_limits(self._rows, self.ext, cuts)
            self._found = found.low, found.high
            self.softening, self.limits = found.softening, self._found

    def join(self, group: str, reference: WCS | None, place: int) -> None:
        """Move together with the other canvases of a group; "" is none.

        Parameters
        ----------
        group : str
            Name of the group.
        reference : astropy.wcs.WCS or None
            WCS that all canvases of the group are told.
        place : int
            Which one of the viewer's canvases it is, from 0.
        """
        self._place = place
        self._link = {
            "group": group,
            "matrix": find_link(self.band.wcs, reference, self.band.shape),
        }

    @property
    def title(self) -> str:
        """What is shown, for people."""
        labels = "" if self.sources is None else f", {self.sources.name}"
        name = name_band(self.band) if isinstance(self.band, BandData) else self.band.name
        over = f", RGB of {' '.join(self._rgb)}" if self._rgb else ""
        return f"{name} {self.ext}{over}{labels}"

    def name_again(self) -> None:
        """Show the title anew: what is shown is called otherwise."""
        self._title = self.title

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

    def wait_for_tiles(self) -> None:
        """Wait until the tiles of image and labels can be sent."""
        for layer in (self.tiles.get("image"), self.tiles.get("labels")):
            if layer is not None:
                layer.wait()

    def show_labels(self, sources: LabelSources | None) -> None:
        """Show the labels of sources over the image; None takes them away."""
        self.sources = sources
        self._title = self.title
        if sources is None or not sources.is_live:
            self._replace({"labels": None if sources is None else self._layer_of(sources.labels)})
            return
        layer = self.tiles.get("labels")
        if layer is None or layer.pixels is not sources.labels:
            layer = TileLayer.of_labels(self._pixels, sources.labels)
            layer.is_live = True
        self._replace({"labels": layer})

    def update_labels(self) -> None:
        """Show what has changed in labels that change in place."""
        layer = self.tiles["labels"]
        layer.renew()
        self._layers = {**self._layers, "labels": layer.version}

    @property
    def map_colour(self) -> str:
        """The colour of the SEG map, for `colour_by` "map"."""
        return str(self._map_colour)

    def colour_map(self, place: int) -> None:
        """Give the SEG map the colour of a place in the list of maps, for `colour_by` "map"."""
        self._map_colour = choose_map_colour(place)

    def show_rgb(self, bands: Mapping[str, Band]) -> None:
        """Show three bands in colour over an image of the sky; without bands take them away.

        Parameters
        ----------
        bands : dict of str to band
            What is red, green and blue, by name.

        Raises
        ------
        ParameterError
            If a band has other pixels and no WCS to bring them by.
        """
        wanted = tuple(bands) if self.ext == "SCI" else ()
        if wanted == self._rgb:
            return
        layer = None
        if wanted:
            layer = make_colour_layer(self._pixels, [*bands.values()], self.band)
        self._rgb = wanted
        self._title = self.title
        self._replace({"rgb": layer})

    def show_mask(self, bits: LabelImage | None) -> None:
        """Show the bits of a mask in their colours over the image; None takes them away."""
        layer = None if bits is None else TileLayer.of_mask(self._pixels, bits)
        self._replace({"mask": layer})

    def show_second(self, band: Band | None) -> None:
        """Let the image of another band take turns with this one while it blinks; None ends it."""
        layer, self._second = None, {}
        if band is not None:
            layer, scale = make_second_image(self._pixels, band, self.band)
            self._second = {**scale, "names": [self.band.name, band.name]}
        self._replace({"second": layer})

    def show_preview(self, preview: Preview | None) -> None:
        """Show the outlines of a part that was tried out; None takes them away."""
        self.show_tried(None if preview is None else (preview.part, preview.labels))

    def show_tried(self, tried: tuple[Slices, LabelImage] | None) -> None:
        """Show the outlines of labels of a part that are not there yet; None takes them away."""
        if tried is None and "preview" not in self.tiles:
            return
        layer = None
        if tried is not None:
            part, labels = tried
            corner = part[0].start, part[1].start
            y, x = (edge % self._pixels.step for edge in corner)
            padded = np.pad(labels, ((y, 0), (x, 0)))
            layer = TileLayer.of_labels(self._pixels, padded, (corner[0] - y, corner[1] - x))
        self._replace({"preview": layer})

    def part_in_view(self) -> Slices:
        """Rows and columns in view, widened to whole pixels of the coarsest tiles."""
        ny, nx = self.band.shape
        left, lower, right, upper = self.extent or (0, 0, nx, ny)
        step = self._pixels.step
        return widen(lower, upper, ny, step), widen(left, right, nx, step)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show the difference map, and both sides for blinking; None takes all away."""
        self.comparison = comparison
        self.point_out(None)
        if comparison is None:
            self.difference_shown = self.blink = False
            self._replace({"difference": None, "side_a": None, "side_b": None})
            return
        names = comparison.a.name, comparison.b.name
        texts = name_classes(*names)
        self._sides = list(shorten_names(*names))
        self._legend = [
            {
                "value": int(entry.value),
                "text": texts[entry.value],
                "colour": _SAME if entry.value == DifferenceClass.BOTH else entry.colour,
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

    def _layer_of(self, labels: npt.NDArray[Any]) -> TileLayer:
        """Return the layer of labels over the image, the one that is there if they are the same."""
        for layer in (self.tiles.get("labels"), self.tiles.get("side_a")):
            if layer is not None and not layer.is_live and np.array_equal(layer.pixels, labels):
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
        """Answer a question of the browser, or each of some that ask for tiles."""
        if question.get("kind") == "tiles":
            for tile in question["tiles"]:
                self._answer_one({"kind": "tile", **tile})
        else:
            self._answer_one(question)

    def _answer_one(self, question: dict[str, Any]) -> None:
        kind = question.get("kind")
        try:
            if kind == "tile":
                self._answer_tile(question)
            elif kind == "readout":
                texts = read_all(self, self.peers(), question["x"], question["y"])
                self.send({"id": question["id"], "texts": texts})
            elif kind == "pick":
                self.pick(question["x"], question["y"], add=bool(question.get("add")))
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

    def pick(self, x: float, y: float, *, add: bool = False) -> None:
        """Select the source under a place on the canvas, or none; or add it to those selected."""
        number = 0 if self.sources is None else self.sources.at(x, y)
        if not add:
            self.selected = number
        elif number:
            self.on_added(number)
        self.on_picked(x, y)

    def mark_selected(self, numbers: Sequence[int]) -> None:
        """Draw sources as selected, beside the current one."""
        self._marked = pack_numbers(numbers)

    def dim(self, kept: IntArray | None) -> None:
        """Draw faintly all labels but those that are kept; None draws all.

        Parameters
        ----------
        kept : ndarray of int, shape (n,), or None
            The labels that are kept.
        """
        with self.hold_sync():
            self._kept, self._kept_large = (b"", b"") if kept is None else pack_kept(kept)
