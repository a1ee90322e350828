"""The viewer: canvases, the panel at their side and the drawer below, one widget."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import ipywidgets
import traitlets as t

from skyseg.errors import SkysegError
from skyseg.notebook._bar import OF_BAR, CanvasBar, read_rgb, write_rgb
from skyseg.notebook._canvas_row import CanvasRow
from skyseg.notebook._comparison import ComparisonView
from skyseg.notebook._difference_drawer import DifferenceDrawer
from skyseg.notebook._display_ties import DisplayTies
from skyseg.notebook._drawer import Drawer
from skyseg.notebook._label_sources import LabelSources
from skyseg.notebook._late_widgets import told_when_made
from skyseg.notebook._measuring import Measuring
from skyseg.notebook._places import ViewerPlaces
from skyseg.notebook._preview import start_preview
from skyseg.notebook._seg_maps import SegMaps
from skyseg.notebook._selecting import Selecting
from skyseg.notebook._shown_box import ShownBox
from skyseg.notebook._side_panel import SidePanel
from skyseg.notebook._source_drawer import SourceDrawer
from skyseg.notebook._trait_checks import TraitChecks
from skyseg.notebook._travel import Travel
from skyseg.notebook._view_traits import OF_ACTIVE, OF_ALL
from skyseg.notebook._why_view import WhyView
from skyseg.panel.choices import list_maps
from skyseg.panel.runs import give_all
from skyseg.panel.session import Session
from skyseg.panel.wording import worded
from skyseg.panel.zero_points import follow_zero_points
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._geometry import Extent
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.live_preview import LivePreview
    from skyseg.panel.runs import FinishedTask
    from skyseg.plotting.maps import Band
    from skyseg.survey import Data

_NO_SEG = "no SEG map yet: Run makes it, or loads the one on disk"


class Viewer(TraitChecks, ViewerPlaces, ShownBox):
    """A viewer in a notebook; `skyseg.view`, `Data.view` and `BandData.view` make it.

    Every attribute is an observable trait: what a person does changes it, and a cell
    that sets it moves the view.

    Parameters
    ----------
    session : Session
        What is chosen; several viewers may share one.
    bands : dict of str to band
        The bands that are looked at, by key.
    shown : sequence of str
        Keys of those that are shown side by side.
    ext : {"SCI", "ERR", "WHT", "BKG"}, optional
        Which map is shown under the labels.
    sources : LabelSources, optional
        Labels of the first band; by default those of its SEG map.
    panel : bool, optional
        Whether there is a panel to choose and segment.

    Attributes
    ----------
    selected : int
        NUMBER of the selected source; 0 is none.
    selection : tuple of int
        NUMBERs of all selected sources, the one of `selected` last.
    filter : str
        Which sources are shown, such as ``"MAG_AUTO < 26 & FLAGS == 0"``; empty shows all.
    region : tuple or None
        What is in view, as (centre, size); takes whatever `BandData.plot` takes.
    bands : tuple of str
        Keys of the bands shown side by side.
    ext : {"SCI", "ERR", "WHT", "BKG"}
        Which map is shown under the labels.
    limits, softening : tuple of float, float
        Values drawn with the first and the last colour in the active band, and where
        asinh turns from linear to logarithmic.
    stretch, colormap, cuts : str
        How values are drawn in all bands, and how limits are found; see
        `skyseg.display.scales`.
    opacity, label_style, colour_by : float, str, str
        How labels are drawn, in all bands; see `skyseg.panel.display_model.Display`.
    outlines_of : str
        Key of the band whose SEG map is shown over all; empty where each has its own.
    rgb : tuple of str
        Keys of the bands that are red, green and blue, over the image of the sky; empty
        for none.
    maps : tuple of str
        Maps that are shown beside `ext`, each on a canvas of its own.
    north_up : bool
        Whether images are turned so that north is up.
    height : int
        Height of the canvases in pixels of the screen.
    comparison : Comparison or None
        Shown as the difference layer.
    change : int
        Which of its changes is pointed out, from 0 in the order of their table; -1 is none.
    difference_shown, blink : bool
        Whether the difference map is shown, and whether its two SEG maps take turns.
    blink_with : str
        Key of the band whose image takes turns with that of the active band while it
        blinks; empty for none.
    panel_shown : bool
        Whether the panel is shown beside the canvases.
    active_band : str
        Key of the band that is looked at: its sources are selected, its preview is shown.
    survey, version, band, err_type, method, parameter_set, parameters, overwrite, preview
        What Run segments and how, as in `skyseg.panel.session.Session`; looking at another
        band changes none of them.
    running : bool
        Whether the panel's work goes on.
    bar : CanvasBar
        The controls over the canvases.
    drawer : Drawer
        The tabs below the canvases.
    sources : SourceDrawer
        The table of sources.
    differences : DifferenceDrawer
        The table of changes, and which two maps are compared.

    Examples
    --------
    >>> viewer = band.view()
    >>> viewer.selected = 42
    >>> viewer.observe(lambda change: print(change.new), "selected")
    """

    @told_when_made
    def __init__(
        self,
        session: Session,
        bands: Mapping[str, Band],
        shown: Sequence[str],
        *,
        ext: str = "SCI",
        sources: LabelSources | None = None,
        panel: bool = True,
    ) -> None:
        self.session = session
        self._bands = bands
        self.seg_maps = SegMaps(bands[shown[0]], sources)
        self._tied: BandCanvas | None = None
        self._links: list[t.link] = []
        name = uuid.uuid4().hex
        self.canvas_row = CanvasRow(name, self._prepare)
        self.bar = CanvasBar(name, panel)
        self.drawer = Drawer()
        self.bands = tuple(shown)
        self.ext = ext
        self._follow_session()
        self._travel, self._selecting = Travel(self), Selecting(self)
        self._start_drawing(self._selecting)
        self._display_ties = DisplayTies(self)
        self.measuring = Measuring(
            lambda: self.active, session, lambda: self.sources.follow(self.active)
        )
        self.sources = SourceDrawer(
            session,
            go_to=self._selecting.go_to,
            list_bands=self._list_bands,
            on_read=self.measuring.offer,
        )
        self.why_view = WhyView(self)
        parts = [self.measuring.box, self.why_view.box, self.sources.box]
        self.drawer.add("Sources", ipywidgets.VBox(parts))
        self._comparison_view = ComparisonView(self.fly_to)
        self._side_panel: SidePanel | None = None
        self._preview: LivePreview | None = None
        if panel:
            self._side_panel, self._preview = self._make_panel()
        self.differences = DifferenceDrawer(
            self,
            self._comparison_view,
            None if self._side_panel is None else self._side_panel.start_comparison,
            lambda: self._bands,
        )
        self.drawer.add("Difference", self.differences.box)
        self._start_editing()
        super().__init__(self._lay_out())
        self.add_class("skyseg-root")
        self._show_bands()
        self.observe(self._show_bands, ["bands", "ext", "maps"])
        self.filter = session.filter
        session.events.filter.connect(self._setter("filter"))
        session.events.zero_points.connect(self._follow_zero_points)
        if self.active.sources is not None:
            self.drawer.show("Sources")

    def _lay_out(self) -> list[ipywidgets.Widget]:
        """Return the bar, canvases and panel, and the drawer."""
        for name in OF_BAR:
            t.link((self, name), (self.bar, name))
        t.link((self, "rgb"), (self.bar, "_rgb_text"), (write_rgb, read_rgb))
        self.bar.on_msg(lambda _, message, __: self._on_step(self.active, message, None))
        side = None if self._side_panel is None else self._side_panel.box
        return [self.bar, self.put_beside(self.canvas_row.box, side), self.drawer.box]

    def _make_panel(self) -> tuple[SidePanel, LivePreview]:
        made = SidePanel(
            self.session,
            band_to_compare=lambda: cast(BandData, self.active.band),
            choose_bands=self._setter("bands"),
            on_busy=self._setter("running"),
            on_segmented=self._take_products,
            on_compared=self._setter("comparison"),
            on_survey=self._look_at_survey,
            on_stacked=self.add_band,
            on_measured=self._take_measured,
        )
        t.link((self, "ext"), (made.ext, "value"))
        made.bands.offer(self.band_keys(), self.bands)
        self.observe(lambda change: made.bands.tick(change.new), "bands")
        active = (lambda: self.canvases), (lambda: self.active)
        return made, start_preview(self.session, *active, made.panel.complain)

    @property
    def canvases(self) -> tuple[BandCanvas, ...]:
        """The canvas of every band that is shown."""
        return self.canvas_row.canvases

    def _list_bands(self) -> list[BandData]:
        return [band for band in self._bands.values() if isinstance(band, BandData)]

    def band_keys(self) -> list[str]:
        """Return the keys of all bands that can be shown."""
        return list(self._bands)

    @property
    def active(self) -> BandCanvas:
        """The canvas of the active band."""
        key = self.active_band if self.active_band in self.bands else self.bands[0]
        return self.canvas_row.of(self._bands[key])

    def use_bands(self, bands: Mapping[str, Band]) -> None:
        """Look at other bands, such as those of another survey; the first one is shown."""
        self._bands = bands
        self.session.region = None
        first = (next(iter(bands)),)
        if self.bands == first:
            self._show_bands()
        self.bands = first
        if self._side_panel is not None:
            self._side_panel.bands.offer(self.band_keys(), self.bands)

    def add_band(self, band: BandData) -> None:
        """Look at one more band, such as a stack; it is shown."""
        key = band.band
        self._bands = {**self._bands, key: band}
        if self._side_panel is not None:
            self._side_panel.bands.offer(self.band_keys(), self.bands)
        if self.bands == (key,):
            self._show_bands()
        self.bands = (key,)

    def _look_at_survey(self, data: Data) -> None:
        self.use_bands(dict(zip(data.keys(), data, strict=True)))

    def _show_bands(self, change: Any = None) -> None:
        """Show a canvas for each band that is to be shown, and each of the maps that it has."""
        bands = [self._bands[key] for key in self.bands]
        offered = list_maps(bands)
        exts = [ext for ext in dict.fromkeys((self.ext, *self.maps)) if ext in offered]
        try:
            self.canvas_row.show(bands, exts)
        except SkysegError as error:
            if change is None or self._side_panel is None:
                raise
            setattr(self, change.name, change.old)  # what is shown stays, and is what is said
            self._side_panel.panel.complain(worded(error))
            return
        if self.active_band not in self.bands:
            self.active_band = self.bands[0]
        if self._side_panel is not None:
            self._side_panel.offer_maps(offered)
        self._tie()
        if self._comparison_view.canvas not in self.canvases:
            self.comparison = None
        if self.session.region is not None:
            self._travel.go_to(self.session.region)
        self._display_ties.apply()
        self.bar.offer(self.band_keys() if len(self._bands) > 1 else (), self.rgb)
        self.name_unit()
        self.bar._has_sky = any(canvas.band.wcs is not None for canvas in self.canvases)
        self._say_what_is_missing()

    @t.observe("running")
    def _say_what_is_missing(self, _: Any = None) -> None:
        """Say on each canvas that there is no SEG map, while none is made."""
        for canvas in self.canvases:
            missing = canvas.sources is None and self._side_panel is not None and not self.running
            canvas._note = _NO_SEG if missing else ""

    def _prepare(self, canvas: BandCanvas) -> None:
        self._show_labels(canvas)
        self._selecting.follow(canvas)
        self._travel.follow(canvas)
        self.drawn.follow(canvas)
        self.editing.follow(canvas)
        self.why_view.follow(canvas)
        canvas.observe(self._on_view, "_visible")
        canvas.on_msg(self._on_step)

    def _tie(self) -> None:
        """Tie the traits to the canvases; a source is selected in the active band alone."""
        for tie in self._links:
            tie.unlink()
        self._links = [t.link((self.active, name), (self, name)) for name in OF_ACTIVE]
        self._links += [
            t.link((self, name), (canvas, name)) for name in OF_ALL for canvas in self.canvases
        ]
        if self._tied is not self.active:
            self._tied = self.active
            self.selected = 0
            self.sources.follow(self.active)
            self.follow_edits()
        self.differences.follow_band()

    @t.observe("active_band")
    def _activate(self, _: Any) -> None:
        if self._tied is not None and self._tied is not self.active:
            self._tie()
            if self._preview is not None:
                self._preview.ask()

    def show_rgb(self) -> None:
        """Show the three bands in colour that are chosen, or none."""
        colours = {key: self._bands[key] for key in self.rgb if key in self._bands}
        for canvas in self.canvases:
            canvas.show_rgb(colours if len(colours) == 3 else {})

    @t.observe("outlines_of")
    def _show_outlines_of(self, _: Any) -> None:
        self.show_products()

    def _take_products(self, done: list[FinishedTask]) -> None:
        """Take the products of a run over into the bands of this kernel, and show them."""
        shown = (band for band in self._bands.values() if isinstance(band, BandData))
        give_all(done, [*self.session.data(), *shown])
        for task in (task for task in done if task.failure is None):
            self.seg_maps.forget_given(task.band)
        compared = self._comparison_view.canvas
        if compared is not None and compared.band in [task.band for task in done]:
            self.comparison = None  # it is of older maps than are shown now
        self._show_bands()
        first = self.active.sources is None
        self.show_products()
        if first and self.active.sources is not None and not self.drawer.opened:
            self.drawer.show("Sources")

    def _follow_zero_points(self) -> None:
        """Let the bands that are shown have the zero points that are given in the panel."""
        with suppress(SkysegError):  # which the panel says
            follow_zero_points(self._list_bands(), self.session.data())

    def _take_measured(self, detection: BandData) -> None:
        """Show the detection whose sources were measured in all bands, with what was measured."""
        for band in self._bands.values():
            if band == detection and isinstance(band, BandData):
                band.products = detection.products
        self.show_products()

    def show_products(self) -> None:
        """Show the SEG maps that the bands have now."""
        self.show_labels()
        self._say_what_is_missing()
        self.selected = 0
        self.sources.follow(self.active)
        self.follow_edits()

    def show_labels(self) -> None:
        """Show the labels that the bands have now; what is selected stays so."""
        for canvas in self.canvases:
            self._show_labels(canvas)

    def _show_labels(self, canvas: BandCanvas) -> None:
        owner = self._bands.get(self.outlines_of, canvas.band)
        canvas.show_labels(self.seg_maps.find(canvas.band, owner))
        places = (place for place, band in enumerate(self._bands.values()) if band is owner)
        canvas.colour_map(next(places, 0))

    def _on_view(self, change: Any) -> None:
        if self._preview is not None and change.new and change.owner is self.active:
            self._preview.ask()

    def fly_to(self, box: Extent, canvas: BandCanvas) -> None:
        """Bring a part of the image of a canvas into view, with room around it."""
        self._travel.fly_to(box, canvas)

    def activate(self, canvas: BandCanvas) -> None:
        """Make the band of a canvas the active one."""
        if self.active.band is not canvas.band:
            self.active_band = next(key for key, band in self._bands.items() if band is canvas.band)

    @t.observe("comparison")
    def _show_comparison(self, change: Any) -> None:
        self.change = -1
        self._comparison_view.show(change.new, self.active, self.canvases)
        self.bar._has_difference = change.new is not None
        if change.new is not None:
            self.drawer.show("Difference")

    @t.observe("change")
    def _point_out(self, change: Any) -> None:
        self._comparison_view.point_out(change.new)

    def _on_step(self, canvas: BandCanvas, message: dict[str, Any], _: Any) -> None:
        if message.get("kind") != "step":
            return
        if message["what"] == "change":
            self.change = self._comparison_view.changes.step(self.change, message["by"])
        else:
            self.activate(canvas)
            self.sources.step(message["by"])
