"""A band's depths by galfind's names, once they are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import astropy.units as u

from skyseg.galfind import depths as told_depths
from skyseg.galfind.absent import pass_over, refuse_attribute
from skyseg.galfind.maps import BandMapNames

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from skyseg.products.depths import Depths


class BandDepthNames(BandMapNames):
    """A band's maps, and its depths; see `skyseg.galfind.Band_Data` for the arguments."""

    @property
    def depth_path(self) -> dict[u.Quantity, str]:
        """File of the depths, by aperture diameter."""
        path = str(self._depths().paths.cat)
        return dict.fromkeys(told_depths.list_diameters(self._depths()), path)

    @property
    def depth_args(self) -> dict[u.Quantity, dict[str, Any]]:
        """How they were measured, by aperture diameter."""
        return told_depths.tell_args(self._depths())

    @property
    def med_depth(self) -> dict[u.Quantity, dict[str, float]]:
        """Median local depth by aperture diameter, in AB magnitudes; ``"all"`` is the field's."""
        return told_depths.tell_depths(self._depths(), mean=False)

    @property
    def mean_depth(self) -> dict[u.Quantity, dict[str, float]]:
        """Mean local depth, likewise."""
        return told_depths.tell_depths(self._depths(), mean=True)

    def _depths(self) -> Depths:
        if self.skyseg.depths is None:
            raise refuse_attribute(self, "depth_path")
        return self.skyseg.depths

    def get_hf_output(self, aper_diam: u.Quantity) -> dict[str, Any]:
        """Return what was measured with a diameter; ``nmad_grid`` is the map of local depth."""
        return told_depths.get_output(self._depths(), aper_diam)

    def plot_depths(
        self,
        aper_diam: u.Quantity,
        plot_type: str,
        fig: Figure | None = None,
        ax: Axes | None = None,
        save: bool = False,
        show: bool = True,
        cmap_name: str | None = None,
        label_suffix: str | None = None,
        title: str | None = None,
    ) -> Axes:
        """Draw a figure of depth.

        Parameters
        ----------
        aper_diam : Quantity
            Aperture diameter.
        plot_type : {"rolling_average", "hist"}
            The map of local depth, or how many of its cells are how deep.
        fig, ax : optional
            Where to draw; by default a figure is made.
        save : bool, optional
            Whether to write it, into the folder ``plots`` beside the depths.
        show : bool, optional
            Whether to open it in a window.
        cmap_name : str, optional
            Without effect: colours are those of the figures of skyseg.
        label_suffix, title : str, optional
            What is added in the legend; what is above.

        Raises
        ------
        ParameterError
            If there is no such diameter, or no such figure here.
        ProductError
            If `run_depths` has not been called.
        """
        name = f"{self.filt_name} {label_suffix or ''}".rstrip()
        return told_depths.draw(
            self._depths(), name, aper_diam, plot_type, ax=ax, save=save, show=show, title=title
        )

    def plot_depth_diagnostic(
        self,
        aper_diam: u.Quantity,
        save: bool = False,
        show: bool = False,
        overwrite: bool = True,
        **without: Any,
    ) -> None:
        """Draw the map of local depth, and how many of its cells are how deep.

        Parameters
        ----------
        aper_diam, save, show
            As in `plot_depths`.
        overwrite : bool, optional
            Whether to draw what is on disk again.
        """
        pass_over("plot_depth_diagnostic", without, ("master_cat_path",))
        told_depths.draw_both(
            self._depths(), self.skyseg.name, aper_diam,
            save=save, show=show, overwrite=overwrite,
        )  # fmt: skip

    def plot_depth_diagnostics(self, save: bool = False, overwrite: bool = True) -> None:
        """Draw `plot_depth_diagnostic` of all diameters."""
        for each in told_depths.list_diameters(self._depths()):
            self.plot_depth_diagnostic(each, save=save, overwrite=overwrite)
