"""What cells call of a viewer: sources, places, marks, edits and sessions."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from skyseg.notebook._assess_drawer import AssessDrawer
from skyseg.notebook._drawn import DrawnOverlay
from skyseg.notebook._edit_drawer import EDIT, EditDrawer
from skyseg.notebook._editing import Editing
from skyseg.notebook._mask_drawer import MASK, MaskDrawer
from skyseg.notebook._region_drawer import RegionDrawer
from skyseg.notebook._session_files import ViewerSession
from skyseg.panel.marks import add_marks, choose_colour, read_marks
from skyseg.panel.wording import worded

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord

    from skyseg.notebook._edit_session import NotebookEdits
    from skyseg.notebook._measuring import Measuring
    from skyseg.notebook._selecting import Selecting
    from skyseg.notebook._source_drawer import SourceDrawer
    from skyseg.notebook._view_host import ViewHost
    from skyseg.panel.session import Session


class ViewerPlaces:
    """The part of a viewer that measures, draws, marks, edits, and saves its session."""

    session: Session
    measuring: Measuring
    sources: SourceDrawer

    def _start_drawing(self, selecting: Selecting) -> None:
        viewer = cast("ViewHost", self)
        self.drawn = DrawnOverlay(viewer)
        self.editing = Editing(viewer, selecting)
        self.kept = ViewerSession(viewer)
        self.drawn.on_error = lambda error: self.region_tab.say(worded(error))
        viewer.drawer.add_later("Region", lambda: self.region_tab.box)
        viewer.drawer.add_later(MASK, lambda: self.mask_tab.box)

    def _start_editing(self) -> None:
        drawer = cast("ViewHost", self).drawer
        drawer.add_later(EDIT, lambda: self.edit_tab.box)
        drawer.add_later("Assess", lambda: self.assess_tab.box)

    @cached_property
    def region_tab(self) -> RegionDrawer:
        """The tab Region."""
        return RegionDrawer(
            cast("ViewHost", self), self.drawn, self.save_session, lambda path: self.kept.show(path)
        )

    @cached_property
    def mask_tab(self) -> MaskDrawer:
        """The tab Mask."""
        return MaskDrawer(cast("ViewHost", self), self.drawn)

    @cached_property
    def edit_tab(self) -> EditDrawer:
        """The tab Edit."""
        return EditDrawer(cast("ViewHost", self), self.editing)

    @cached_property
    def assess_tab(self) -> AssessDrawer:
        """The tab Assess."""
        return AssessDrawer(cast("ViewHost", self))

    def follow_edits(self) -> None:
        """Let the tab Edit show the edits of the active band."""
        if "edit_tab" in vars(self):
            self.edit_tab.follow_band()

    def name_unit(self) -> None:
        """Let the tab Region say in what unit the field of view of the active band is."""
        if "region_tab" in vars(self):
            self.region_tab.name_unit()

    @property
    def edits(self) -> NotebookEdits:
        """The edits of the active band's SEG map, which is shown as it is edited from now on.

        Raises
        ------
        ParameterError
            If it has no SEG map, or one that cannot be edited.

        Examples
        --------
        >>> _ = viewer.edits.merge([3, 7])
        >>> _ = viewer.edits.undo()
        """
        return self.editing.open()

    @property
    def coords(self) -> SkyCoord:
        """Positions of the selected sources; without a selection of those that are shown.

        Raises
        ------
        ParameterError
            If there is none, or the image has no WCS.

        Examples
        --------
        >>> viewer.filter = "MAG_AUTO < 24"
        >>> near_edge = viewer.coords[viewer.coords.dec.deg > 53.2]
        """
        return self.sources.read().get_coords()

    def measure(self) -> None:
        """Measure the labels of the active band in its image, in another process.

        The catalogue is there when ``measuring.wait()`` returns.

        Raises
        ------
        ParameterError
            If the band has no labels, or its image is no file.

        Examples
        --------
        >>> viewer = view("f444w_i2d.fits", "f444w_seg.fits")
        >>> viewer.measure()
        """
        self.measuring.start()

    def mark(self, table: Any, name: str = "", colour: str = "") -> None:
        """Mark the positions of a table over the image.

        Parameters
        ----------
        table : str, Path, astropy Table or ndarray
            A file, a table or an array with RA and Dec, X_IMAGE and Y_IMAGE (from 1) or
            x and y (from 0).
        name : str, optional
            What the marks are called; marks of that name are replaced.
        colour : str, optional
            A name or ``"#rrggbb"``; by default one that no other marks have.

        Raises
        ------
        SkysegError
            If the table cannot be read, or has no positions.

        Examples
        --------
        >>> viewer.mark(table, name="truth", colour="orange")
        """
        sets = self.session.marks
        marks = read_marks(table, name, colour or choose_colour(sets))
        self.session.marks = add_marks(sets, marks)

    def save_session(self, path: str | Path) -> Path:
        """Save what is chosen, shown, drawn and looked at, for either viewer.

        Parameters
        ----------
        path : str or Path
            The file, ``*.skyseg.json``; one of this name is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ProductError
            If it cannot be written.

        Examples
        --------
        >>> viewer.save_session("field.skyseg.json").name
        'field.skyseg.json'
        """
        return self.kept.save(path)
