"""A survey by galfind's names."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import astropy.units as u

from skyseg.engine.types import ErrType
from skyseg.errors import Advice, NotCoveredError, ParameterError
from skyseg.galfind import depths as told_depths
from skyseg.galfind.absent import OF_DEPTHS, OF_MASKS, PSF, pass_over, refuse, refuse_attribute
from skyseg.galfind.bands import Band_Data_Base
from skyseg.galfind.segmenting import make_anew
from skyseg.galfind.survey_bands import SurveyBandNames
from skyseg.imaging import MapRef
from skyseg.survey.batch import raise_errors, try_each
from skyseg.survey.collection import list_keys
from skyseg.survey.usual import EDGE_DISTANCE, N_NEAREST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EPOCHS_BANDS: Final = ("F277W", "F356W", "F444W")
"""Bands in whose stack the EPOCHS survey finds its sources."""

logger = logging.getLogger(__name__)


class Data(SurveyBandNames):
    """The bands of a survey, and what sources are found in.

    A band is ``data["F444W"]``; ``data["F277W+F444W"]``, a list of names, of numbers or of True
    and False, and a slice give a list of bands. An attribute of bands with an ``s``, such as
    ``seg_paths``, is a dict of it by filter.

    Parameters
    ----------
    band_data_arr : sequence of Band_Data
        The bands, in any order.
    forced_phot_band : str, sequence of str or Band_Data_Base, optional
        See `load_forced_phot_band`.

    Attributes
    ----------
    band_data_arr : list of Band_Data
        The bands, by wavelength.
    skyseg : skyseg.Data
        The survey, with all that skyseg offers.

    Raises
    ------
    SkysegError
        As `skyseg.Data` does.
    """

    @classmethod
    def pipeline(
        cls,
        survey: str,
        version: str,
        *,
        forced_phot_band: str | Sequence[str] | Band_Data_Base = EPOCHS_BANDS,
        mask_method: str = "auto",
        psfs: Mapping[str, str | Path | MapRef] | None = None,
        psf_homog_filt: None = None,
        **found: Any,
    ) -> Self:
        """Go all the way to the survey's catalogue: load what is there, make the rest.

        Parameters
        ----------
        survey, version, **found
            As in `from_survey_version`.
        forced_phot_band : str, sequence of str or Band_Data_Base, optional
            What sources are found in; by default that of the EPOCHS survey.
        mask_method : {"auto", "manual"}, optional
            As in `mask`.
        psfs : mapping of str to str, Path or MapRef, optional
            As in `append_aper_corr_cols`; without it no aperture is corrected.
        psf_homog_filt : None
            PSFs are not matched here.

        Raises
        ------
        SkysegError
            As the steps do, or if PSFs are to be matched.
        """
        if psf_homog_filt is not None:
            raise refuse("psf_homog_filt", PSF)
        data = cls.from_survey_version(survey, version, forced_phot_band=forced_phot_band, **found)
        data.mask(mask_method)
        data._do(data._segment_covered, "segmented")
        data._measure("rms_err", None)
        data.run_depths()
        data._columns = {"mask": True, "loc_depths": True, "psfs": psfs}
        data._make_cat()
        return data

    def _do(self, do: Callable[[Band_Data_Base], None], done: str) -> None:
        """Do something with all bands; one that fails stops no other."""
        bands = self._all_bands()
        keys = list_keys(each.skyseg for each in bands)
        _, failed = try_each({
            key: partial(do, band) for key, band in zip(keys, bands, strict=True)
        })  # fmt: skip
        lost = self.skyseg.lost
        raise_errors(failed | dict(lost), len(bands) + len(lost), done)

    def segment(
        self,
        err_type: ErrType = "rms_err",
        method: str | None = None,
        config_name: str | Path = "default.sex",
        params_name: str | Path = "default.param",
        overwrite: bool = False,
    ) -> None:
        """Segment all bands, and what sources are found in.

        Parameters
        ----------
        err_type, method, config_name, params_name, overwrite : optional
            As in `Band_Data_Base.segment`.

        Raises
        ------
        BatchError
            If some bands could not be segmented; the others were.
        SkysegError
            As `Band_Data_Base.segment` does, if that is why none could.
        """
        self._do(
            lambda band: band.segment(err_type, method, config_name, params_name, overwrite),
            "segmented",
        )

    def _segment_covered(self, band: Band_Data_Base) -> None:
        """Segment a band; past one without a good pixel, unless sources are found in that."""
        try:
            band.segment()
        except NotCoveredError as error:
            if band.filt_name == self.forced_phot_band.filt_name:
                raise
            hint = "check its maps if it should be"
            logger.warning(Advice(f"is not segmented: {error.what}", hint, where=repr(band)))

    def mask(
        self,
        method: str = "auto",
        fits_mask_path: Any = None,
        *,
        edge_mask_distance: Any = EDGE_DISTANCE,
        overwrite: Any = False,
        **without: Any,
    ) -> None:
        """Mask all bands, and what sources are found in.

        Parameters
        ----------
        method, fits_mask_path, edge_mask_distance, overwrite : optional
            As in `Band_Data_Base.mask`: one for all, a list, one a band, or a dict by filter.
        **without
            galfind's other arguments, which have no effect here, as a warning says.

        Raises
        ------
        BatchError
            If some bands could not be masked; the others were.
        SkysegError
            As `Band_Data_Base.mask` does, if that is why none could.
        """
        pass_over("mask", without, OF_MASKS)
        paths = self._spread(fits_mask_path, "fits_mask_path")
        edges = self._spread(edge_mask_distance, "edge_mask_distance")
        anew = self._spread(overwrite, "overwrite")
        if self._forced is not None and self._forced not in self.band_data_arr:
            paths[self._forced.filt_name] = None  # it has the masks of its bands
        self._do(
            lambda band: band.mask(
                method, paths[band.filt_name], edge_mask_distance=edges[band.filt_name],
                overwrite=anew[band.filt_name],
            ),
            "masked",
        )  # fmt: skip

    def _spread(self, values: Any, argument: str) -> dict[str, Any]:
        """Give each band its value, by its name; a stack has that of its first band.

        Raises
        ------
        ParameterError
            If a band has none.
        """
        names = self.filterset.filt_names
        wanted = [each.filt_name for each in self._all_bands()]
        if not isinstance(values, list | Mapping):
            return dict.fromkeys(wanted, values)
        if isinstance(values, list):
            values = dict(zip(names, values, strict=False))
        lacking = [name for name in names if name not in values]
        if lacking:
            raise ParameterError(
                f"has nothing for {', '.join(lacking)}", hint="give one for all, or one a band",
                argument=argument,
            )  # fmt: skip
        return {name: values.get(name, values[name.split("+")[0]]) for name in wanted}

    def perform_forced_phot(
        self,
        forced_phot_band: str | Sequence[str] | Band_Data_Base | None = None,
        err_type: Any = "rms_err",
        method: str | None = None,
        config_name: str | Path = "default.sex",
        params_name: str | Path = "default.param",
        overwrite: bool = False,
        **without: Any,
    ) -> None:
        """Measure the sources of one band or stack in all bands, and make one catalogue of it.

        Its file is then at ``phot_cat_path``; a survey that has one keeps it. Fluxes are in uJy.

        Parameters
        ----------
        forced_phot_band : str, sequence of str or Band_Data_Base, optional
            What sources are found in; by default as the survey was opened.
        err_type : optional
            As in `Band_Data_Base.segment`, for all, or a list or a dict as in `mask`.
        method, config_name, params_name, overwrite : optional
            As in `Band_Data_Base.perform_forced_phot`.

        Raises
        ------
        BatchError
            If some bands could not be measured; the others were.
        SkysegError
            As `Band_Data_Base.perform_forced_phot` does, if that is why none could.
        """
        pass_over("perform_forced_phot", without, ("update",))
        if self.skyseg.phot_cat is not None:
            logger.warning(Advice(f"{self!r} has a catalogue already, which stays"))
            return
        if forced_phot_band is not None:
            self.load_forced_phot_band(forced_phot_band)
        self._measure(err_type, method, config_name, params_name, overwrite)
        self._make_cat(overwrite)

    def _measure(
        self,
        err_type: Any,
        method: str | None,
        config_name: str | Path = "default.sex",
        params_name: str | Path = "default.param",
        overwrite: bool = False,
    ) -> None:
        source = self.forced_phot_band
        noise = self._spread(err_type, "err_type")
        shared = source._share_sources(noise[source.filt_name], method, config_name, params_name)
        self._do(
            lambda band: band.perform_forced_phot(
                shared, noise[band.filt_name], method, config_name, params_name, overwrite
            ),
            "measured",
        )

    def _make_cat(self, overwrite: bool = False) -> None:
        """Make the catalogue with the columns that are asked for so far, or load it."""
        source = self.forced_phot_band.skyseg
        make_anew(
            lambda anew: self.skyseg.make_cat(source, overwrite=anew, **self._columns),
            overwrite,
            logging.INFO,
        )

    def _append(self, **columns: Any) -> None:
        if self.skyseg.phot_cat is None:
            raise refuse_attribute(self, "phot_cat_path")
        self._columns |= columns
        self._make_cat()

    @property
    def phot_cat_path(self) -> str:
        """Catalogue of `perform_forced_phot`."""
        if self.skyseg.phot_cat_path is None:
            raise AttributeError
        return str(self.skyseg.phot_cat_path)

    def append_mask_cols(self) -> None:
        """Give the catalogue MASK of each band: the bits that any pixel of a source has."""
        self._append(mask=True)

    def append_loc_depth_cols(self, **without: Any) -> None:
        """Give the catalogue local depths of each band, and the errors of fluxes that they tell.

        They are LOC_DEPTH_APER and FLUXERR_LOC_APER, of the last `run_depths`.
        """
        names = ("min_flux_pc_err", "update", "overwrite")
        pass_over("append_loc_depth_cols", without, names)
        self._append(loc_depths=True)

    def append_aper_corr_cols(self, psfs: Mapping[str, str | Path | MapRef] | None = None) -> None:
        """Give the catalogue fluxes that are corrected for the light outside of apertures.

        Parameters
        ----------
        psfs : mapping of str to str, Path or MapRef
            Images of PSFs by filter; see `skyseg.BandData.append_aper_corr_cols`.

        Raises
        ------
        ParameterError
            If there are none: skyseg has no tables of corrections.
        """
        if not psfs:
            raise ParameterError(
                "is empty, and there are no tables of corrections here",
                hint="give images of PSFs by filter", argument="psfs",
            )  # fmt: skip
        self._append(psfs=psfs)

    def run_depths(
        self,
        mode: str = told_depths.MODE,
        *,
        n_nearest: int = N_NEAREST,
        overwrite: bool = False,
        **without: Any,
    ) -> None:
        """Measure how deep all bands are, and what sources are found in.

        A band without a good pixel, which cannot be segmented, has depths that are NaN.

        Parameters
        ----------
        mode, n_nearest, overwrite, **without : optional
            As in `Band_Data_Base.run_depths`.

        Raises
        ------
        BatchError
            If some bands could not be measured; the others were.
        SkysegError
            As `Band_Data_Base.run_depths` does, if that is why none could.
        """
        pass_over("run_depths", without, OF_DEPTHS)

        def measure(band: Band_Data_Base) -> None:
            try:
                band.run_depths(mode, n_nearest=n_nearest, overwrite=overwrite)
            except NotCoveredError:  # it has no sources of its own
                source = getattr(self, "forced_phot_band", None)
                if source is None or source.skyseg.products is None:
                    raise
                band._measure_depths(source.skyseg, n_nearest, overwrite)

        self._do(measure, "measured")

    def calc_unmasked_area(self, mask_type: str = "All") -> None:
        """Measure the area that masks leave; see `Band_Data_Base.calc_unmasked_area`."""
        self._do(lambda band: band.calc_unmasked_area(mask_type), "measured")

    def plot_depth_diagnostic(self, band: Any, aper_diam: u.Quantity, **how: Any) -> None:
        """Draw the depths of a band; see `Band_Data_Base.plot_depth_diagnostic`."""
        self[band].plot_depth_diagnostic(aper_diam, **how)

    def plot_depth_diagnostics(self, save: bool = False, overwrite: bool = True) -> None:
        """Draw the depths of all bands and diameters."""
        for each in self.band_data_arr:
            each.plot_depth_diagnostics(save, overwrite)

    def plot_area_depth(
        self,
        aper_diam: u.Quantity,
        *,
        ax: Axes | None = None,
        save: str | os.PathLike[str] | None = None,
        show: bool = False,
    ) -> Axes:
        """Draw the area that is at least so deep, a line a band.

        Parameters
        ----------
        aper_diam : Quantity
            Aperture diameter.
        ax, save, show : optional
            As in `skyseg.Data.plot_depths`.

        Raises
        ------
        AbsentError
            If `run_depths` has not been called.
        ParameterError
            If there is no such diameter.
        """
        depths = self.band_data_arr[0].skyseg.depths
        if depths is None:
            raise refuse_attribute(self, "depth_path")
        aper = told_depths.find_aper(depths, aper_diam)
        return self.skyseg.plot_depths(aper, ax=ax, save=save, show=show)

    def plot_RGB(  # noqa: N802, RUF100
        self,
        ax: Axes | None = None,
        blue_bands: Sequence[str] = ("F090W",),
        green_bands: Sequence[str] = ("F200W",),
        red_bands: Sequence[str] = ("F444W",),
        method: str = "lupton",
        *,
        save: str | os.PathLike[str] | None = None,
        show: bool = True,
    ) -> Axes:
        """Draw the survey in colours.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a figure is made.
        blue_bands, green_bands, red_bands : sequence of str, optional
            Filters of each colour.
        method : {"lupton"}, optional
            How they are composed.
        save : path, optional
            File to write.
        show : bool, optional
            Whether to open it in a window.

        Raises
        ------
        ParameterError
            If it is another method, or the bands are on several grids.
        """
        from skyseg.galfind.figures import plot_rgb

        colours = [
            [self.skyseg[name] for name in names] for names in (red_bands, green_bands, blue_bands)
        ]
        return plot_rgb(colours, method=method, ax=ax, save=save, show=show)


Band_Data_Base.survey_type = Data
