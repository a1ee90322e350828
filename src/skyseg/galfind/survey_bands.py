"""A survey's bands by galfind's names: how they are found, told apart and joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self

import astropy.units as u

from skyseg import survey as ours
from skyseg.errors import AbsentError, ParameterError
from skyseg.galfind.absent import PSF, refuse, refuse_attribute
from skyseg.galfind.bands import Band_Data, Band_Data_Base, Stacked_Band_Data
from skyseg.galfind.filters import Filter, Multiple_Filter

_OF_BANDS: Final = (
    *("im_path", "im_ext", "rms_err_path", "rms_err_ext", "wht_path", "wht_ext", "ZP"),
    *("pix_scale", "data_shape", "aper_diams", "seg_path", "seg_args", "mask_path", "mask_args"),
    *("forced_phot_path", "forced_phot_args", "depth_path", "depth_args", "med_depth"),
    *("mean_depth", "unmasked_area"),
)
"""What a survey has of all bands, under its name with an ``s``."""


class SurveyBandNames:
    """The bands of a survey, and what sources are found in; see `Data` for the arguments."""

    def __init__(
        self,
        band_data_arr: Sequence[Band_Data_Base],
        forced_phot_band: str | Sequence[str] | Band_Data_Base | None = None,
    ) -> None:
        by_band = {id(each.skyseg): each for each in band_data_arr}
        self.skyseg = ours.Data(each.skyseg for each in band_data_arr)
        self.band_data_arr = [by_band[id(each)] for each in self.skyseg.bands]
        self._forced: Band_Data_Base | None = None
        self._columns: dict[str, Any] = {}
        if forced_phot_band is not None:
            self.load_forced_phot_band(forced_phot_band)

    @classmethod
    def from_survey_version(
        cls,
        survey: str,
        version: str,
        instrument_names: Sequence[str] | str | None = None,
        pix_scales: u.Quantity | Mapping[str, u.Quantity] | None = None,
        im_str: str | Sequence[str] | None = None,
        rms_err_str: str | Sequence[str] | None = None,
        wht_str: str | Sequence[str] | None = None,
        version_to_dir_dict: Mapping[str, str] | None = None,
        im_ext_name: str | Sequence[str] | None = None,
        rms_err_ext_name: str | Sequence[str] | None = None,
        wht_ext_name: str | Sequence[str] | None = None,
        aper_diams: u.Quantity | None = None,
        forced_phot_band: str | Sequence[str] | Band_Data_Base | None = None,
        psfs: None = None,
    ) -> Self:
        """Find the imaging of a survey in the archive; ``from_survey_version_psfs`` is the same.

        Parameters
        ----------
        survey, version, instrument_names, pix_scales, version_to_dir_dict, aper_diams
            As in `skyseg.Data.from_survey_version`; so are ``im_str`` and the others by which
            maps are told apart.
        forced_phot_band : str, sequence of str or Band_Data_Base, optional
            See `load_forced_phot_band`.
        psfs : None
            PSFs are not matched here.

        Raises
        ------
        SkysegError
            As `skyseg.Data.from_survey_version` does, or if there are ``psfs``.

        Examples
        --------
        >>> from skyseg.galfind import Data
        >>> Data.from_survey_version_psfs("JOF", "v11", ["NIRCam"], aper_diams=[0.32] * u.arcsec)
        Data(JOF v11: F200W, F444W)
        """
        if psfs is not None:
            raise refuse("psfs", PSF)
        found = ours.Data.from_survey_version(
            survey, version, instrument_names, version_to_dir_dict, pix_scales=pix_scales,
            aper_diams=aper_diams, im_str=im_str, rms_err_str=rms_err_str, wht_str=wht_str,
            im_ext_name=im_ext_name, rms_err_ext_name=rms_err_ext_name, wht_ext_name=wht_ext_name,
        )  # fmt: skip
        data = cls([Band_Data.from_skyseg(band) for band in found.bands])
        data.skyseg.lost = found.lost
        if forced_phot_band is not None:
            data.load_forced_phot_band(forced_phot_band)
        return data

    from_survey_version_psfs = from_survey_version

    def __getattr__(self, name: str) -> Any:
        if name in _OF_BANDS:
            raise AbsentError(f"{self!r} has no {name} of its own", hint=f"read {name}s, by filter")
        if not name.endswith("s") or name[:-1] not in _OF_BANDS:
            raise refuse_attribute(self, name)
        return {each.filt_name: getattr(each, name[:-1]) for each in self._all_bands()}

    @property
    def survey(self) -> str:
        """Name of the survey."""
        return self.skyseg.survey

    @property
    def version(self) -> str:
        """Its version."""
        return self.skyseg.version

    @property
    def filterset(self) -> Multiple_Filter:
        """The filters."""
        bands = self.skyseg.bands
        return Multiple_Filter(Filter(each.facility, each.instrument, each.band) for each in bands)

    @property
    def aper_diams(self) -> u.Quantity:
        """Aperture diameters."""
        return self.band_data_arr[0].aper_diams

    def load_aper_diams(self, aper_diams: u.Quantity) -> None:
        """Set the aperture diameters of all bands; see `skyseg.BandData.load_aper_diams`."""
        for each in self._all_bands():
            each.load_aper_diams(aper_diams)

    def load_forced_phot_band(
        self, forced_phot_band: str | Sequence[str] | Band_Data_Base
    ) -> Band_Data_Base:
        """Say what sources are found in; once it is said it stays.

        Parameters
        ----------
        forced_phot_band : str, sequence of str or Band_Data_Base
            A band or a stack; names of several bands, in a list or joined by ``+``, are their
            stack.

        Raises
        ------
        ParameterError
            If there is another already.
        SkysegError
            If there is no such band, or it cannot be stacked.
        """
        wanted = forced_phot_band
        if not isinstance(wanted, Band_Data_Base):
            names = wanted.split("+") if isinstance(wanted, str) else list(wanted)
            bands = self[names]
            wanted = (
                bands
                if isinstance(bands, Band_Data_Base)
                else Stacked_Band_Data.from_band_data_arr(bands)
            )
        if self._forced is not None and self._forced != wanted:
            raise ParameterError(
                f"is {wanted!r}, and sources are found in {self._forced!r} already",
                hint="open the survey once more", argument="forced_phot_band",
            )  # fmt: skip
        self._forced = self._forced or wanted
        return self._forced

    @property
    def forced_phot_band(self) -> Band_Data_Base:
        """What sources are found in."""
        if self._forced is None:
            raise AttributeError
        return self._forced

    def _all_bands(self) -> list[Band_Data_Base]:
        """Return the bands, and what sources are found in where it is none of them."""
        bands = list(self.band_data_arr)
        if self._forced is not None and self._forced not in bands:
            bands.append(self._forced)
        return bands

    def __len__(self) -> int:
        return len(self.band_data_arr)

    def __iter__(self) -> Iterator[Band_Data_Base]:
        return iter(self.band_data_arr)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str) and "+" in key:
            key = key.split("+")
        found = self.skyseg[key]
        by_band = {id(each.skyseg): each for each in self.band_data_arr}
        if isinstance(found, ours.BandData):
            return by_band[id(found)]
        bands = [by_band[id(each)] for each in found.bands]
        return bands[0] if len(bands) == 1 else bands

    def load_im(self, band: Any, return_hdul: bool = False) -> tuple[Any, ...]:
        """Read the image of a band; see `Band_Data_Base.load_im`."""
        found: tuple[Any, ...] = self[band].load_im(return_hdul)
        return found

    def load_rms_err(self, band: Any, output_hdr: bool = False) -> Any:
        """Read the error map of a band; see `Band_Data_Base.load_rms_err`."""
        return self[band].load_rms_err(output_hdr)

    def load_wht(self, band: Any, output_hdr: bool = False) -> Any:
        """Read the weight map of a band; see `Band_Data_Base.load_wht`."""
        return self[band].load_wht(output_hdr)

    def load_wcs(self, band: Any) -> Any:
        """Return the WCS of a band."""
        return self[band].load_wcs()

    def load_seg(self, band: Any) -> Any:
        """Read the SEG map of a band, and its header."""
        return self[band].load_seg()

    def load_mask(self, band: Any, ext: str | None = None, invert: bool = False) -> Any:
        """Read the mask of a band; see `Band_Data_Base.load_mask`."""
        return self[band].load_mask(ext, invert)

    def load_data(self, band: Any, incl_mask: bool = True) -> Any:
        """Read the maps of a band; see `Band_Data_Base.load_data`."""
        return self[band].load_data(incl_mask)

    def __add__(self, other: Any) -> Self:
        others = other if isinstance(other, list) else [other]
        bands = list(self.band_data_arr)
        for each in others:
            bands += each.band_data_arr if isinstance(each, SurveyBandNames) else [each]
        return type(self)(bands)

    def __eq__(self, other: object) -> bool:
        return (
            self.band_data_arr == other.band_data_arr
            if isinstance(other, SurveyBandNames)
            else False
        )

    def __hash__(self) -> int:
        return hash(tuple(self.band_data_arr))

    def __repr__(self) -> str:
        names = ", ".join(self.skyseg.keys())
        return f"{type(self).__name__}({self.survey} {self.version}: {names})"

    def __str__(self) -> str:
        return str(self.skyseg)

    def _repr_html_(self) -> str:
        return self.skyseg._repr_html_()
