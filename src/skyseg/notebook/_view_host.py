"""What those who work for a viewer need of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from skyseg.notebook._canvas_row import CanvasRow
    from skyseg.notebook._difference_drawer import DifferenceDrawer
    from skyseg.notebook._drawer import Drawer
    from skyseg.notebook._drawn import DrawnOverlay
    from skyseg.notebook._geometry import Extent
    from skyseg.notebook._seg_maps import SegMaps
    from skyseg.notebook._source_drawer import SourceDrawer
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.session import Session


class ViewHost(Protocol):
    """A viewer, for those who keep a part of its state."""

    session: Session
    canvas_row: CanvasRow
    region: Any
    selected: Any
    bands: Any
    drawer: Drawer
    differences: DifferenceDrawer
    seg_maps: SegMaps
    sources: SourceDrawer
    drawn: DrawnOverlay
    selection: Any
    comparison: Any
    change: Any
    blink: Any
    blink_with: Any
    outlines_of: Any

    @property
    def active(self) -> BandCanvas:
        """The canvas of the active band."""

    @property
    def canvases(self) -> tuple[BandCanvas, ...]:
        """The canvas of every band that is shown."""

    def activate(self, canvas: BandCanvas) -> None:
        """Make the band of a canvas the active one."""

    def fly_to(self, box: Extent, canvas: BandCanvas) -> None:
        """Bring a part of the image of a canvas into view."""

    def show_rgb(self) -> None:
        """Show the three bands in colour that are chosen, or none."""

    def set_trait(self, name: str, value: Any) -> None:
        """Set a trait."""

    def observe(self, handler: Callable[[Any], None], names: Any) -> None:
        """Call a handler when a trait changes."""

    def use_bands(self, bands: Mapping[str, Any]) -> None:
        """Look at other bands."""

    def show_labels(self) -> None:
        """Show the labels that the bands have now; what is selected stays so."""

    def show_products(self) -> None:
        """Show the SEG maps that the bands have now."""
