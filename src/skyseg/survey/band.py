"""One band of a survey: its maps, and what they are segmented into."""

from __future__ import annotations

import copy
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, get_args

import astropy.units as u

from skyseg import methods
from skyseg.engine.mappers import DaskMapper
from skyseg.engine.types import ErrType, Progress
from skyseg.errors import ParameterError
from skyseg.methods import parameter_sets
from skyseg.products.names import product_paths
from skyseg.products.provenance import Recipe
from skyseg.products.store import load_or_make
from skyseg.settings import config
from skyseg.survey.band_extraction import extract, in_arcsec, inputs_of
from skyseg.survey.band_products import BandProducts

if TYPE_CHECKING:
    from distributed import Client
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

    from skyseg.comparison import Comparison
    from skyseg.engine import Mapper
    from skyseg.engine.parameters import Parameters
    from skyseg.imaging.regions import Region
    from skyseg.notebook.viewer import Viewer

logger = logging.getLogger(__name__)


class BandData(BandProducts):
    """One band of a survey: its maps on disk, and the products made from them.

    Bands come from `skyseg.Data`; one of maps that lie anywhere is made by
    `from_files`.

    Attributes
    ----------
    seg_path, bkg_path, cat_path : Path or None
        The products that `segment` made or loaded last.
    seg_args : dict or None
        The arguments with which it did; ``segment(**seg_args)`` loads them again.
    products : Products or None
        All that is known of them: whether they were made or loaded, how many
        sources they hold, and more; None before `segment`.

    Examples
    --------
    >>> band = BandData.from_files("f444w_i2d.fits")  # doctest: +SKIP
    >>> band.segment("wht")  # doctest: +SKIP
    >>> labels = band.load_seg()  # doctest: +SKIP
    """

    _aper_diams: tuple[float, ...] | None = None

    @property
    def aper_diams(self) -> u.Quantity:
        """Aperture diameters that `segment` uses: those set on the band, else the configured."""
        return u.Quantity(self._aper_diams or config.aper_diams, u.arcsec)

    def load_aper_diams(self, aper_diams: u.Quantity) -> None:
        """Set the aperture diameters that `segment` uses where none are given.

        Parameters
        ----------
        aper_diams : Quantity
            One or more diameters, as angles.

        Raises
        ------
        ParameterError
            If they are no angles, or not positive and finite.
        """
        self._aper_diams = in_arcsec(aper_diams)

    def segment(
        self,
        err_type: ErrType = "rms_err",
        method: str | None = None,
        parameters: str | Path | Parameters = "default",
        aper_diams: u.Quantity | None = None,
        overwrite: bool = False,
        *,
        config_name: str | Path | None = None,
        progress: Progress | None = None,
        client: Client | None = None,
    ) -> None:
        """Make the SEG map, the BKG map and the catalogue, or load those on disk.

        What is on disk is loaded where it was made from the same maps with the
        same arguments. The paths are then in `seg_path`, `bkg_path` and
        `cat_path`, the arguments in `seg_args`.

        Parameters
        ----------
        err_type : {"rms_err", "wht"}, optional
            Whether the noise is taken from the rms map or from the weight map.
        method : str, optional
            Segmentation method, one of `skyseg.methods.names`; by default the
            configured one.
        parameters : str, Path or Parameters, optional
            Parameter set: a name, a file or the values; see
            `skyseg.methods.parameter_sets.load`.
        aper_diams : Quantity, optional
            Aperture diameters, as angles; by default those set by
            `load_aper_diams`, else the configured ones.
        overwrite : bool, optional
            Make the products again whatever is on disk.
        config_name : str or Path, optional
            Another word for ``parameters``: ``"test.sex"`` is the set ``test``.
        progress : callable, optional
            Called with the part that is done, 0 to 1, and what comes next.
        client : distributed.Client, optional
            Dask cluster that works the strips of the image, with the method
            ``skyseg``; by default all cores of this machine do.

        Raises
        ------
        ParameterError
            If an argument is not allowed.
        StaleProductError
            If the products on disk were made from something else.
        MethodError
            If the method is unknown, not installed, or fails.
        ImageError
            If the maps cannot be used.
        ProductError
            If the products cannot be read or written.
        """
        start = time.perf_counter()
        asked = _one_of(parameters, config_name)
        recipe = self.recipe(err_type, method, asked, aper_diams)
        paths = product_paths(
            method=recipe.method,
            instrument=self.instrument,
            version=self.version,
            survey=self.survey,
            band=self.band,
            err_type=err_type,
            set_name=recipe.set_name,
        )
        self.products = load_or_make(
            paths,
            recipe,
            lambda canvas: extract(self, recipe, progress, canvas, _mapper(client)),
            shape=self.shape,
            wcs=self.wcs,
            unit=self.unit,
            overwrite=overwrite,
        )
        number = self.products.n_sources
        logger.info(
            "%s %s: %s sources %s in %.1f s: %s",
            self.name,
            err_type,
            "an unknown number of" if number is None else number,
            "made" if self.products.made else "loaded",
            time.perf_counter() - start,
            self.seg_path,
        )

    def recipe(
        self,
        err_type: ErrType,
        method: str | None,
        parameters: str | Path | Parameters,
        aper_diams: u.Quantity | None,
    ) -> Recipe:
        """Check arguments of `segment`, and put down what they ask for.

        Parameters
        ----------
        err_type, method, parameters, aper_diams
            As for `segment`; what is None is as configured.

        Returns
        -------
        Recipe

        Raises
        ------
        SkysegError
            If an argument is not allowed, or the band has no such error map.
        """
        if err_type not in get_args(ErrType):
            raise ParameterError(
                f"is {err_type!r}", hint="use 'rms_err' or 'wht'", argument="err_type"
            )
        method = config.method if method is None else method
        methods.check(method)
        set_name, values = parameter_sets.load(parameters)
        return Recipe(
            method=method,
            err_type=err_type,
            set_name=set_name,
            parameters=values,
            aper_diams=in_arcsec(self.aper_diams if aper_diams is None else aper_diams),
            pix_scale=float(self.pix_scale.to_value(u.arcsec)),
            zero_point=self.zero_point,
            inputs=inputs_of(self, err_type),
            asked=parameters,
        )

    def plot(
        self,
        ext: str = "SEG",
        *,
        region: Region | None = None,
        ax: Axes | None = None,
        cmap: str | Colormap | None = None,
        norm: str | Normalize | None = None,
        overlay: bool = False,
        save: str | os.PathLike[str] | None = None,
        show: bool = False,
        err_type: ErrType | None = None,
    ) -> Axes:
        """Plot a map; the arguments are those of `skyseg.plotting.plot_band`.

        Parameters
        ----------
        ext : {"SEG", "SCI", "ERR", "WHT", "BKG"}, optional
            Which map.
        region : optional
            Part that is shown: ``(centre, size)``, a `regions` object or slices.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a figure is made.
        cmap : str or Colormap, optional
            Colours.
        norm : str or Normalize, optional
            Scale.
        overlay : bool, optional
            Draw the outlines of SEG over the map; over SCI where ``ext`` is SEG.
        save : path, optional
            File to write.
        show : bool, optional
            Whether to open the figure in a window.
        err_type : {"rms_err", "wht"}, optional
            Whose products to show, loaded or made; by default those of the last
            `segment`.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ParameterError
            If an argument is not allowed.
        ProductError
            If the band was not segmented, or the figure cannot be written.
        """
        from skyseg.plotting import plot_band

        band = self.with_products(err_type)
        return plot_band(
            band,
            ext,
            region=region,
            ax=ax,
            cmap=cmap,
            norm=norm,
            overlay=overlay,
            save=save,
            show=show,
        )

    def view(self, ext: str = "SCI", *, err_type: ErrType | None = None) -> Viewer:
        """Look at the band in a notebook.

        Parameters
        ----------
        ext : {"SCI", "ERR", "WHT", "BKG", "SEG"}, optional
            Which map is shown under the labels; SEG is SCI with the labels filled.
        err_type : {"rms_err", "wht"}, optional
            Whose SEG map is shown, loaded or made; by default that of the last
            `segment`.

        Returns
        -------
        skyseg.notebook.viewer.Viewer

        Raises
        ------
        ViewerError
            If what the viewer needs is not installed.
        ParameterError
            If an argument is not allowed.
        """
        from skyseg.notebook import view

        return view(self, ext=ext, err_type=err_type)

    def with_products(self, err_type: ErrType | None) -> Self:
        """Return the band with the products of an error type, loaded or made.

        Parameters
        ----------
        err_type : {"rms_err", "wht"} or None
            None is the band as it is.

        Returns
        -------
        BandData
            The band itself, or a copy where its own products are others.
        """
        arguments = self.seg_args or {}
        if err_type in (None, arguments.get("err_type")):
            return self
        band = self.copy()
        band.segment(**{**arguments, "err_type": err_type})
        return band

    def difference(
        self,
        err_type_a: ErrType = "rms_err",
        err_type_b: ErrType = "wht",
        *,
        method: str | None = None,
        parameters: str | Path | Parameters = "default",
    ) -> Comparison:
        """Compare the SEG maps of two error types, loaded or made.

        Parameters
        ----------
        err_type_a, err_type_b : {"rms_err", "wht"}, optional
            The two sides.
        method, parameters : optional
            As for `segment`, for both sides; aperture diameters are those of the
            last `segment`.

        Returns
        -------
        skyseg.comparison.Comparison

        Examples
        --------
        >>> band.difference("rms_err", "wht").counts  # doctest: +SKIP
        """
        same = {"method": method, "parameters": parameters}
        return self._compare_runs(
            {"err_type": err_type_a, **same}, {"err_type": err_type_b, **same}
        )

    def compare_methods(
        self,
        method_a: str = "skyseg",
        method_b: str = "sep",
        *,
        err_type: ErrType = "rms_err",
        parameters: str | Path | Parameters = "default",
    ) -> Comparison:
        """Compare the SEG maps of two methods, loaded or made.

        Parameters
        ----------
        method_a, method_b : str, optional
            Two of `skyseg.methods.names`.
        err_type, parameters : optional
            As for `segment`, for both methods; aperture diameters are those of the
            last `segment`.

        Returns
        -------
        skyseg.comparison.Comparison

        Examples
        --------
        >>> band.compare_methods("skyseg", "sextractor").counts  # doctest: +SKIP
        """
        same = {"err_type": err_type, "parameters": parameters}
        return self._compare_runs({"method": method_a, **same}, {"method": method_b, **same})

    def _compare_runs(self, a: dict[str, Any], b: dict[str, Any]) -> Comparison:
        """Compare the SEG maps that `segment` loads or makes with two sets of arguments."""
        from skyseg.comparison import compare

        same = {"aper_diams": (self.seg_args or {}).get("aper_diams")}
        return compare((self, {**a, **same}), (self, {**b, **same}))

    def copy(self) -> Self:
        """Return a copy that is segmented on its own."""
        return copy.deepcopy(self)


def _mapper(client: Client | None) -> Mapper | None:
    return None if client is None else DaskMapper(client)


def _one_of(
    parameters: str | Path | Parameters, config_name: str | Path | None
) -> str | Path | Parameters:
    if config_name is None:
        return parameters
    if parameters != "default":
        raise ParameterError("parameters and config_name name the same thing; give one of them")
    return config_name
