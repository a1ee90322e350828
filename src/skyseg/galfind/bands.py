"""Bands and stacks by galfind's names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self, overload

import astropy.units as u
import numpy as np
from astropy.io import fits

from skyseg.engine.types import ErrType, LabelImage
from skyseg.errors import Advice, ParameterError, check_switch
from skyseg.galfind import depths as told_depths
from skyseg.galfind.absent import OF_DEPTHS, OF_MASKS, pass_over
from skyseg.galfind.band_depths import BandDepthNames
from skyseg.galfind.filters import Filter, Multiple_Filter
from skyseg.galfind.masks import GIVEN, combine_masks, load_masks, make_mask, tell_args
from skyseg.galfind.segmenting import choose_method, make_anew, segment_band
from skyseg.survey import BandData
from skyseg.survey.forced_detection import SharedDetection
from skyseg.survey.stacking import stack_bands
from skyseg.survey.usual import EDGE_DISTANCE, N_NEAREST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize


_EXTS: Final = {"IM": "SCI", "RMS_ERR": "ERR"}
_LABELS: Final = {
    "id_label": "NUMBER",
    "ra_label": "ALPHA_J2000",
    "dec_label": "DELTA_J2000",
    "ra_unit": u.deg,
    "dec_unit": u.deg,
}

logger = logging.getLogger(__name__)


class Band_Data_Base(BandDepthNames):
    """What a band and a stack have in common; see `Band_Data` for the arguments.

    Attributes
    ----------
    survey_type : type
        What bands are joined to by ``+``, which is `Data`.
    """

    survey_type: ClassVar[type]

    def _adopt(self, band: BandData) -> None:
        super()._adopt(band)
        self._mask: Path | None = None
        self._mask_method = ""
        self._phot_args: dict[str, Any] | None = None
        self._area: dict[str, u.Quantity] | None = None

    def load_data(self, incl_mask: bool = True) -> tuple[Any, ...]:
        """Read image, its header, SEG map, its header and, where it is asked for, the mask."""
        found = *self.load_im(), *self.load_seg()
        return (*found, self.load_mask()) if incl_mask else found

    def segment(
        self,
        err_type: ErrType = "rms_err",
        method: str | None = None,
        config_name: str | Path = "default.sex",
        params_name: str | Path = "default.param",
        overwrite: bool = False,
    ) -> None:
        """Make the SEG map, or load that on disk; a band that has one keeps it.

        Parameters
        ----------
        err_type : {"rms_err", "wht"}, optional
            Which map tells the noise.
        method : str, optional
            One of `skyseg.methods.names`; by default ``"sextractor"`` where it is installed,
            else ``"skyseg"``.
        config_name, params_name : str or Path, optional
            As in `skyseg.BandData.segment`. The name of a set is in the names of its products.
        overwrite : bool, optional
            Whether to make it whatever is there.

        Raises
        ------
        SkysegError
            As `skyseg.BandData.segment` does. A map that was made from something else is made
            anew, with a warning; one beside which other apertures were measured is the same map.
        """
        if self.skyseg.products is not None and not check_switch(overwrite, "overwrite"):
            logger.warning(Advice(f"{self!r} is segmented already", "{overwrite} makes it again"))
            return
        segment_band(
            self.skyseg, err_type, choose_method(method), config_name, params_name, overwrite
        )

    @property
    def seg_path(self) -> str:
        """SEG map of `segment`."""
        return _there(self.skyseg.seg_path)

    @property
    def seg_args(self) -> dict[str, Any]:
        """How it was made."""
        if self.skyseg.seg_args is None:
            raise AttributeError
        return self.skyseg.seg_args

    @overload
    def load_seg(self, incl_hdr: Literal[True] = True) -> tuple[LabelImage, fits.Header]: ...
    @overload
    def load_seg(self, incl_hdr: Literal[False]) -> LabelImage: ...
    def load_seg(self, incl_hdr: bool = True) -> LabelImage | tuple[LabelImage, fits.Header]:
        """Read the SEG map and, unless told otherwise, its header."""
        found = self.skyseg.load_seg(True)
        return found if incl_hdr else found[0]

    def perform_forced_phot(
        self,
        forced_phot_band: Band_Data_Base | SharedDetection,
        err_type: ErrType = "rms_err",
        method: str | None = None,
        config_name: str | Path = "default.sex",
        params_name: str | Path = "default.param",
        overwrite: bool = False,
    ) -> None:
        """Measure the sources of a band in this one, as SExtractor does with two images.

        Parameters
        ----------
        forced_phot_band : Band_Data_Base
            What sources are found in; it is segmented where it has not been.
        err_type, method, config_name, params_name, overwrite : optional
            As in `segment`. The method is that of a segmentation that has to be made; skyseg
            itself measures, column by column as SExtractor would.

        Raises
        ------
        SkysegError
            As `skyseg.BandData.perform_forced_phot` does.
        """
        if self._phot_args is not None:
            return
        shared = (
            forced_phot_band._share_sources(err_type, method, config_name, params_name)
            if isinstance(forced_phot_band, Band_Data_Base)
            else forced_phot_band
        )
        make_anew(
            lambda anew: self.skyseg.perform_forced_phot(
                shared, err_type, config_name, self.aper_diams, anew, params_name=params_name
            ),
            overwrite,
        )
        self._phot_args = {
            "err_type": err_type, "method": choose_method(method),
            "forced_phot_band": shared.detection.name, **_LABELS,
        }  # fmt: skip

    def _share_sources(
        self,
        err_type: ErrType,
        method: str | None,
        config_name: str | Path,
        params_name: str | Path,
    ) -> SharedDetection:
        """Return the sources for `perform_forced_phot`; the band is segmented if need be."""
        if self.skyseg.products is None:
            self.segment(err_type, method, config_name, params_name)
        return SharedDetection.of(self.skyseg.maps, self.skyseg.products)

    @property
    def forced_phot_path(self) -> str:
        """Catalogue of `perform_forced_phot`."""
        return _there(self.skyseg.forced_phot_path)

    @property
    def forced_phot_args(self) -> dict[str, Any]:
        """How it was made."""
        if self._phot_args is None:
            raise AttributeError
        return self._phot_args

    def mask(
        self,
        method: str = "auto",
        fits_mask_path: str | Path | None = None,
        *,
        edge_mask_distance: float = EDGE_DISTANCE,
        overwrite: bool = False,
        **without: Any,
    ) -> None:
        """Make the mask, or load that on disk; a band that has one keeps it.

        Parameters
        ----------
        method : {"auto", "manual"}, optional
            ``"auto"``: edges, and stars with their spikes, found in the image;
            ``"manual"``: the regions of the band in the folder ``Masks/SURVEY/reg``.
        fits_mask_path : str or Path, optional
            A mask that is to be taken.
        edge_mask_distance : float, optional
            How near to what is not covered is masked, in pixels.
        overwrite : bool, optional
            Whether to make it whatever is there. Else the mask on disk is taken, even if it was
            made otherwise, with a warning; `mask_args` tells how it was made.
        **without
            galfind's other arguments, which have no effect here, as a warning says.

        Raises
        ------
        SkysegError
            As `skyseg.BandData.mask` does.
        """
        pass_over("mask", without, OF_MASKS)
        if self._mask is not None:
            logger.warning(Advice(f"{self!r} has a mask already, which stays"))
            return
        self._mask = self._make_mask(method, fits_mask_path, edge_mask_distance, overwrite)
        self._mask_method = method.lower() if fits_mask_path is None else GIVEN

    def _make_mask(
        self, method: str, given: str | Path | None, edge: float, overwrite: bool
    ) -> Path:
        return make_mask(self.skyseg, method, given, edge, overwrite=overwrite)

    @property
    def mask_path(self) -> str:
        """File of the mask."""
        return _there(self._mask)

    @property
    def mask_args(self) -> dict[str, Any]:
        """How it was made."""
        return tell_args(Path(self.mask_path))

    def load_mask(self, ext: str | None = None, invert: bool = False) -> tuple[Any, Any]:
        """Read the mask as maps of 0 and 1, and their headers.

        Parameters
        ----------
        ext : str, optional
            ``"MASK"`` for all that is masked, or one of `skyseg.masks.bits.MaskBit`; by default
            all of them, by their names.
        invert : bool, optional
            Whether that one is 0 where it is masked.

        Raises
        ------
        ParameterError
            If there is none of that name.
        """
        masks, headers = load_masks(Path(self.mask_path))
        if ext is None:
            return masks, headers
        name = _find_name(masks, ext)
        return (1 - masks[name] if invert else masks[name]), headers[name]

    def calc_unmasked_area(self, mask_type: str = "All") -> None:
        """Measure the area that masks leave; it is then in ``unmasked_area`` by their names.

        Parameters
        ----------
        mask_type : str, optional
            Names as in `load_mask`, several joined by ``+``; by default each.

        Raises
        ------
        ParameterError
            If there is none of that name.
        """
        masks = self.load_mask()[0]
        if not isinstance(mask_type, str):
            hint = f"give one of {', '.join(masks)}, or several joined by +"
            raise ParameterError(f"is {mask_type!r}", hint=hint, argument="mask_type")
        names = list(masks) if mask_type == "All" else [mask_type.upper()]
        pixel = (self.pix_scale**2).to(u.arcmin**2)
        area = dict(self._area or {})
        for name in names:
            parts = [masks[_find_name(masks, each, "mask_type")] for each in name.split("+")]
            area[name] = np.count_nonzero(~np.any(parts, axis=0)) * pixel
        self._area = area

    @property
    def unmasked_area(self) -> dict[str, u.Quantity]:
        """What `calc_unmasked_area` has measured."""
        if self._area is None:
            raise AttributeError
        return self._area

    def run_depths(
        self,
        mode: str = told_depths.MODE,
        *,
        n_nearest: int = N_NEAREST,
        overwrite: bool = False,
        **without: Any,
    ) -> None:
        """Measure how deep the band is, off its sources and its mask, if it has one.

        Parameters
        ----------
        mode : {"n_nearest"}, optional
            How local depths are measured.
        n_nearest : int, optional
            Of how many empty apertures.
        overwrite : bool, optional
            Whether to measure whatever is there.
        **without
            galfind's other arguments, which have no effect here, as a warning says.

        Raises
        ------
        SkysegError
            As `skyseg.BandData.run_depths` does.
        """
        told_depths.check_mode(mode)
        pass_over("run_depths", without, OF_DEPTHS)
        if self.skyseg.depths is not None:
            logger.warning(Advice(f"{self!r} has depths already, which stay"))
            return
        if self.skyseg.products is None:
            self.segment()
        self._measure_depths(None, n_nearest, overwrite)

    def _measure_depths(self, detection: BandData | None, n_nearest: int, overwrite: bool) -> None:
        """Measure the depths off the sources of a detection, by default the band's own."""
        how = {"aper_diams": self.aper_diams, "n_nearest": n_nearest, "mask": self._mask or False}
        make_anew(lambda anew: self.skyseg.run_depths(detection, overwrite=anew, **how), overwrite)

    def plot(
        self,
        ax: Axes | None = None,
        ext: str = "SCI",
        norm: str | Normalize | None = None,
        cmap: str | Colormap | None = None,
        save: bool | str | Path = False,
        show: bool = True,
    ) -> Axes:
        """Draw a map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a figure is made.
        ext : {"SCI", "RMS_ERR", "WHT", "SEG", "BKG", "MASK"}, optional
            Which map.
        norm, cmap : optional
            Scale and colours; by default those of `skyseg.plotting.plot_band`.
        save : str or Path, optional
            File to write.
        show : bool, optional
            Whether to open it in a window.
        """
        from skyseg.galfind.figures import plot_mask
        from skyseg.plotting import plot_band

        if save is True:
            raise ParameterError("is True", hint="give the file to write", argument="save")
        path = None if save is False else save
        if ext.upper() == "MASK":
            found = self.load_mask("MASK")[0]
            return plot_mask(found, self.skyseg, ax=ax, cmap=cmap, save=path, show=show)
        return plot_band(
            self.skyseg, _EXTS.get(ext.upper(), ext), ax=ax, norm=norm, cmap=cmap, save=path,
            show=show,
        )  # fmt: skip

    def __add__(self, other: Any) -> Any:
        return self.survey_type([self]) + other

    def __mul__(self, other: Any) -> Stacked_Band_Data:
        others = other if isinstance(other, list) else [other]
        return Stacked_Band_Data.from_band_data_arr([self, *others])


class Band_Data(Band_Data_Base):
    """A band: image, error map and weight map, each a file and the number of an HDU in it.

    Parameters
    ----------
    filt : Filter
        The filter.
    survey, version : str
        Names of the survey and its version.
    im_path, im_ext : str and int
        The image.
    rms_err_path, rms_err_ext, wht_path, wht_ext : str and int, optional
        The rms of its noise, and the inverse variance.
    pix_scale : Quantity, optional
        Side of a pixel; by default the header's.
    im_ext_name, rms_err_ext_name, wht_ext_name : str or sequence of str, optional
        EXTNAMEs that the HDUs may have; by default any.
    aper_diams : Quantity, optional
        Aperture diameters.

    Raises
    ------
    ParameterError
        If an HDU has another name.
    SkysegError
        As `skyseg.BandData.from_files` does.

    Examples
    --------
    >>> from skyseg.galfind import Band_Data, Filter
    >>> f444w = Band_Data(Filter.from_filt_name("F444W"), "JOF", "v11", "f444w_i2d.fits", 1)
    >>> f444w
    Band_Data(NIRCam/F444W)
    """

    @property
    def filt(self) -> Filter:
        """The filter."""
        return Filter(self.skyseg.facility, self.skyseg.instrument, self.skyseg.band)


class Stacked_Band_Data(Band_Data_Base):
    """A stack of bands, weighted by the inverse variance; the arguments are those of `Band_Data`.

    Attributes
    ----------
    band_data_arr : list of Band_Data
        Its bands, where it was made of some.
    """

    band_data_arr: Sequence[Band_Data_Base] = ()

    @classmethod
    def from_band_data_arr(
        cls, band_data_arr: Sequence[Band_Data_Base], err_type: ErrType = "rms_err"
    ) -> Self:
        """Stack bands, or load the stack that is on disk.

        Parameters
        ----------
        band_data_arr : sequence of Band_Data
            The bands; a stack among them stands for its bands.
        err_type : {"rms_err", "wht"}, optional
            Which map tells the noise.

        Raises
        ------
        SkysegError
            As `skyseg.Data.stack` does.

        Examples
        --------
        >>> from skyseg.galfind import Data, Stacked_Band_Data
        >>> survey = Data.from_survey_version("JOF", "v11")
        >>> Stacked_Band_Data.from_band_data_arr(survey[["F200W", "F444W"]])
        Stacked_Band_Data(NIRCam/F200W+F444W)
        """
        bands = [band_data_arr] if isinstance(band_data_arr, Band_Data_Base) else band_data_arr
        stack = cls.from_skyseg(stack_bands([each.skyseg for each in bands], err_type=err_type))
        single = (one for each in bands for one in getattr(each, "band_data_arr", None) or [each])
        by_band = {each.skyseg: each for each in single}
        stack.band_data_arr = [by_band[member] for member in stack.skyseg.members]
        return stack

    @property
    def filterset(self) -> Multiple_Filter:
        """Its filters."""
        names = (each.skyseg for each in self.band_data_arr)
        return Multiple_Filter(Filter(one.facility, one.instrument, one.band) for one in names)

    def _make_mask(
        self, method: str, given: str | Path | None, edge: float, overwrite: bool
    ) -> Path:
        """Mask each band that has no mask, and take all that is masked in any."""
        if given is not None or not self.band_data_arr:
            return super()._make_mask(method, given, edge, overwrite)
        for each in self.band_data_arr:
            if each._mask is None:
                each.mask(method, edge_mask_distance=edge, overwrite=overwrite)
        masks = [Path(each.mask_path) for each in self.band_data_arr]
        how = self.band_data_arr[0]._mask_method
        return make_anew(
            lambda anew: combine_masks(self.skyseg, masks, how, overwrite=anew), overwrite
        )


def _find_name(masks: Mapping[str, Any], ext: str, argument: str = "ext") -> str:
    if ext.upper() not in masks:
        hint = f"give one of {', '.join(masks)}"
        raise ParameterError(f"is {ext!r}", hint=hint, argument=argument)
    return ext.upper()


def _there(path: Path | None) -> str:
    if path is None:
        raise AttributeError
    return str(path)
