"""A survey: its bands together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from astropy import units as u

from skyseg.engine.stacking import StackMethod
from skyseg.engine.types import ErrType, Progress
from skyseg.errors import DataNotFoundError, ParameterError, ProductError, SkysegError, check_switch
from skyseg.imaging.tables import html_table, text_table
from skyseg.masks.bits import Bits, parse_bits
from skyseg.products.survey_cats import SurveyCat
from skyseg.settings import config
from skyseg.survey.band import BandData
from skyseg.survey.batch import (
    SIDE_BY_SIDE,
    compare_each,
    mask_band,
    measure_band_depths,
    measure_each,
    raise_errors,
    raise_failed,
    segment_each,
    tasks_of,
    try_each,
)
from skyseg.survey.clusters import connected
from skyseg.survey.collection import (
    COLUMNS,
    Keys,
    describe_band,
    find_band,
    find_bands,
    list_keys,
    select_by_mask,
    sort_bands,
)
from skyseg.survey.detection_run import segment_detection
from skyseg.survey.finding import bands_of_version
from skyseg.survey.forced_detection import SharedDetection, find_detection
from skyseg.survey.noise_units import has_light
from skyseg.survey.pipeline import (
    PipelineSteps,
    plan_pipeline,
    raise_failed_steps,
    run_pipeline,
)
from skyseg.survey.pipeline_checks import check_psf_keys
from skyseg.survey.progress import come_before, follow
from skyseg.survey.stacking import StackKey, stack_bands
from skyseg.survey.step_runs import StepRuns
from skyseg.survey.survey_cat import (
    FLUX_UNIT,
    find_columns,
    find_stack_columns,
    make_survey_cat,
)
from skyseg.survey.usual import EDGE_DISTANCE, N_NEAREST
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from astropy.table import Table
    from distributed import Client
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

    from skyseg.comparison import Comparison
    from skyseg.editing.edits import Edits
    from skyseg.engine.parameters import Parameters
    from skyseg.imaging import MapRef
    from skyseg.imaging.regions import Region
    from skyseg.notebook.viewer import Viewer


class Data:
    """The bands of one survey, ordered by wavelength, then name.

    A band is ``data["F444W"]``, in either case; where several instruments
    have a band of that name it is ``data["NIRISS F200W"]``. A list of
    names, a slice and a mask of True and False, one for each band, give a
    `Data` of those bands, a whole number gives the band at that place.
    ``data["F277W+F444W"]`` is their stack, see `stack`.
    ``a + b`` joins the bands of one survey.

    Parameters
    ----------
    bands : iterable of BandData
        The bands, in any order; at least one.
    work_dir : str or Path, optional
        Folder for the products of these bands; by default each keeps its own.

    Attributes
    ----------
    bands : tuple of BandData
        The bands, in order.
    survey : str
        Name of the survey.
    lost : mapping of str to SkysegError
        Bands that `from_survey_version` has left out since a file of theirs cannot be
        read, and why. ``data[key]`` raises it, and `segment` tells it at its end.

    phot_cat : SurveyCat or None
        What `make_cat` made or loaded last; None before.

    Raises
    ------
    ParameterError
        If there is no band, something is no band, or they are of several surveys.
    AmbiguousDataError
        If an instrument has a band twice.
    """

    def __init__(
        self, bands: Iterable[BandData], *others: object, work_dir: str | Path | None = None
    ) -> None:
        if others or isinstance(bands, str):
            names = ", ".join(map(repr, (bands, *others)))
            raise ParameterError(
                f"{names}: a list of bands is needed in place of names or single bands",
                hint="find those of a survey and version with {from_survey_version}",
            )
        self.bands = sort_bands(bands)
        self.survey = self.bands[0].survey
        self.lost: Mapping[str, SkysegError] = {}
        self.phot_cat: SurveyCat | None = None
        self._stacks: dict[str, BandData] = {}
        if work_dir is not None:
            for band in self.bands:
                band.work_dir = make_absolute(work_dir, "work_dir")

    @classmethod
    def from_survey_version(
        cls,
        survey: str,
        version: str,
        instrument_names: Sequence[str] | str | None = None,
        version_to_dir_dict: Mapping[str, str] | None = None,
        *,
        pix_scales: u.Quantity | Mapping[str, u.Quantity] | None = None,
        zero_point: float | Mapping[str, float] | None = None,
        aper_diams: u.Quantity | None = None,
        data_dir: str | Path | None = None,
        work_dir: str | Path | None = None,
        im_str: str | Sequence[str] | None = None,
        rms_err_str: str | Sequence[str] | None = None,
        wht_str: str | Sequence[str] | None = None,
        im_ext_name: str | Sequence[str] | None = None,
        rms_err_ext_name: str | Sequence[str] | None = None,
        wht_ext_name: str | Sequence[str] | None = None,
        same_grid: bool = False,
    ) -> Self:
        """Find the imaging of a survey in an archive.

        A band of which a file cannot be read is left out, with a warning; see `lost`.

        The files of an instrument are in
        ``{data_dir}/{facility}/{survey}/{instrument}/{version folder}/{pixel scale}mas``.

        Parameters
        ----------
        survey, version : str
            Names of the survey and its version.
        instrument_names : sequence of str, optional
            Such as ``["NIRCam", "ACS_WFC"]``; by default all that have imaging
            of the survey and version.
        version_to_dir_dict : mapping of str to str, optional
            Folder of each version. A version ``v11_x`` that is not in it has
            the folder of ``v11``. By default the folder has the version's name.
        pix_scales : Quantity or mapping of str to Quantity, optional
            Pixel scale, for all or by instrument; needed where imaging of
            several pixel scales exists.
        zero_point : float or mapping of str to float, optional
            AB magnitude of one unit of the images, for all or by band; by
            default the headers'.
        aper_diams : Quantity, optional
            Aperture diameters; see `load_aper_diams`.
        data_dir : str or Path, optional
            The archive; by default that of the settings.
        work_dir : str or Path, optional
            Folder for the products; by default that of the settings.
        im_str, rms_err_str, wht_str : str or sequence of str, optional
            Parts of the names of files that hold SCI, ERR and WHT, in either
            case, in place of those that skyseg knows; by default those of the
            settings. Where a name has several, the last one counts.
        im_ext_name, rms_err_ext_name, wht_ext_name : str or sequence of str, optional
            EXTNAMEs of SCI, ERR and WHT, likewise.
        same_grid : bool, optional
            Whether the maps of each band lie on one pixel grid whatever their WCS say.

        Returns
        -------
        Data

        Raises
        ------
        DataNotFoundError
            If survey, version, instrument or pixel scale do not exist; the
            message lists those that do.
        AmbiguousDataError
            If files or pixel scales cannot be told apart.
        ImageError
            If a file cannot be read, and there is no other band.
        ParameterError
            If a name holds a path separator or ``..``, or a value is not allowed.

        Examples
        --------
        >>> data = Data.from_survey_version("JOF", "v11", ["NIRCam"])
        """
        found = bands_of_version(
            survey,
            version,
            instrument_names,
            version_to_dir_dict,
            pix_scales=pix_scales,
            zero_point=zero_point,
            data_dir=config.data_dir if data_dir is None else Path(data_dir),
            role_names={
                "im_str": im_str,
                "rms_err_str": rms_err_str,
                "wht_str": wht_str,
                "im_ext_name": im_ext_name,
                "rms_err_ext_name": rms_err_ext_name,
                "wht_ext_name": wht_ext_name,
            },
            same_grid=same_grid,
        )
        data = cls(found.bands, work_dir=work_dir)
        data.lost = found.lost
        if aper_diams is not None:
            data.load_aper_diams(aper_diams)
        return data

    @property
    def version(self) -> str:
        """Version of the bands; several are joined by ``+``."""
        return "+".join(sorted({band.version for band in self.bands}))

    def keys(self) -> list[str]:
        """Return the shortest key of each band, in order."""
        return list_keys(self.bands)

    def __len__(self) -> int:
        return len(self.bands)

    def __iter__(self) -> Iterator[BandData]:
        return iter(self.bands)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            keys = (item,) if find_bands(self.bands, item) else StackKey.parse(item).bands
            return all(find_bands(self.bands, key) for key in keys)
        return item in self.bands

    @overload
    def __getitem__(self, key: str | int | np.integer) -> BandData: ...
    @overload
    def __getitem__(self, key: slice | Keys) -> Self: ...
    def __getitem__(self, key: str | int | np.integer | slice | Keys) -> BandData | Self:
        if isinstance(key, str):
            if key.upper() in self.lost:
                raise self.lost[key.upper()]
            if "+" in key and not find_bands(self.bands, key):
                named = StackKey.parse(key)
                return self._keep_stack(
                    self.stack(named.bands, err_type=named.err_type, method=named.method)
                )
            return find_band(self.bands, key, f"{self.survey} {self.version}")
        if isinstance(key, slice):
            return type(self)(self.bands[key])
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            place = int(key)
            if not -len(self) <= place < len(self):
                raise DataNotFoundError(
                    f"{self.survey} {self.version} has {len(self)} bands and so none at {place}",
                    hint=f"use one of {', '.join(self.keys())}",
                )
            return self.bands[place]
        if not isinstance(key, Iterable):
            raise ParameterError(
                f"{key!r} names no band", hint="give a name, a number, a slice or a list of these"
            )
        keys: list[Any] = list(key)
        if any(isinstance(each, bool | np.bool_) for each in keys):
            return type(self)(select_by_mask(self.bands, keys))
        return type(self)(self[each] for each in keys)

    def __add__(self, other: object) -> Self:
        if isinstance(other, Data):
            both = type(self)([*self.bands, *other.bands])
            both.lost = {**self.lost, **other.lost}
            return both
        if isinstance(other, BandData):
            return type(self)([*self.bands, other])
        return NotImplemented

    def __radd__(self, other: object) -> Self:
        return self + other if isinstance(other, BandData) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return self.bands == other.bands if isinstance(other, Data) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.bands)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.survey} {self.version}: {', '.join(self.keys())}>"

    def __str__(self) -> str:
        table = text_table(COLUMNS, [describe_band(band) for band in self.bands])
        return f"{self.survey} {self.version}\n{table}"

    def _repr_html_(self) -> str:
        rows = [describe_band(band) for band in self.bands]
        return html_table(f"{self.survey} {self.version}", COLUMNS, rows)

    def _ipython_key_completions_(self) -> list[str]:
        return self.keys()

    def stack(
        self,
        bands: Sequence[str | BandData] | None = None,
        *,
        err_type: ErrType | None = None,
        method: StackMethod = "ivw",
        overwrite: bool = False,
        reproject: bool = False,
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
    ) -> BandData:
        """Combine bands into one image to detect in, or load that on disk.

        The stack is a band like others, with SCI, ERR and WHT, and NBANDS, the number of
        bands that cover a pixel, in one file under the work folder. Each pixel is made of
        the bands that have a measurement there. ``band * band`` and
        ``data["F277W+F444W"]`` are stacks with the defaults; in a key ``_CHI``,
        ``_CHI_MEAN`` or ``_MAX_SNR``, then ``_WHT``, say otherwise.

        Parameters
        ----------
        bands : sequence of str or BandData, optional
            Keys, or the bands themselves; by default all.
        err_type : {"rms_err", "wht"}, optional
            Whether bands are weighed by their rms, the default, or by their weight.
        method : {"ivw", "chi", "chi_mean", "max_snr"}, optional
            ``"ivw"``: the mean weighted by the inverse variance, in nJy. The others are in
            units of the noise, and `BandData.segment` thresholds them in these; see
            `skyseg.engine.stacking.stack_images`.
        overwrite : bool, optional
            Make it whatever is on disk.
        reproject : bool, optional
            Whether bands of other pixel grids are brought onto that of the band of the
            shortest wavelength; by default they are an error. A stack of them that is on
            disk is loaded either way.
        work_dir : str or Path, optional
            Folder for the products; by default that of the bands, else of the settings.
        progress : callable or bool, optional
            As in `BandData.segment`.
        client : distributed.Client or str, optional
            Dask cluster that works the strips of the image, or the address of its
            scheduler; by default this machine does.

        Returns
        -------
        BandData

        Raises
        ------
        ParameterError
            If an argument is not allowed, there are not two bands, or a zero point that
            ``"ivw"`` needs is unknown.
        DataNotFoundError
            If there is no such band, or it has no error map.
        ImageError
            If bands do not lie on one pixel grid, or a map cannot be read.
        StaleProductError
            If the stack on disk was made from something else.
        ProductError
            If it cannot be read or written.

        Examples
        --------
        >>> survey = Data.from_survey_version("JOF", "v11")
        >>> stack = survey.stack(["F200W", "F444W"], method="chi_mean")
        >>> stack.band, stack.shape
        ('F200W+F444W_CHI_MEAN', (300, 460))
        """
        keys: Sequence[str | BandData] = self.bands if bands is None else bands
        if isinstance(keys, str):
            raise ParameterError(f"is {keys!r}", hint="give a list of keys", argument="bands")
        return stack_bands(
            (each if isinstance(each, BandData) else self[each] for each in keys),
            err_type=err_type,
            method=method,
            overwrite=check_switch(overwrite, "overwrite"),
            reproject=check_switch(reproject, "reproject"),
            work_dir=work_dir,
            progress=progress,
            client=client,
        )

    def load_aper_diams(self, aper_diams: u.Quantity) -> None:
        """Set the aperture diameters of all bands.

        Parameters
        ----------
        aper_diams : Quantity
            Aperture diameters, as angles.

        Raises
        ------
        ParameterError
            If they are not positive angles.
        """
        for band in self.bands:
            band.load_aper_diams(aper_diams)

    def segment(
        self,
        err_type: ErrType | None = None,
        method: str | None = None,
        parameters: str | Path | Parameters = "default",
        aper_diams: u.Quantity | None = None,
        overwrite: bool = False,
        *,
        config_name: str | Path | None = None,
        params_name: str | Path | None = None,
        flag_image: str | Path | MapRef | None = None,
        mask: bool | str | Path = False,
        exclude: Bits = "all",
        region: Region | None = None,
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
        verify: bool = False,
    ) -> None:
        """Segment all bands; one that fails stops no other.

        Failures are logged as warnings meanwhile. Afterwards the bands that were segmented
        have their products, and one error tells of the others.

        Parameters
        ----------
        err_type, method, parameters, aper_diams, overwrite : optional
            As in `BandData.segment`.
        config_name, params_name, flag_image, mask, exclude, region, work_dir : optional
            As in `BandData.segment`.
        progress : callable or bool, optional
            As in `BandData.segment`; a function is told the part of all bands that is done.
        client : distributed.Client or str, optional
            Dask cluster that works the bands, all of them at the same time, or the address
            of its scheduler; by default this machine does.

        Raises
        ------
        BatchError
            If some bands could not be segmented, those of `lost` among them, or all for
            several reasons; its ``errors`` has the error of each.
        SkysegError
            As `BandData.segment` does, if that is why all bands could not be segmented.
        """
        arguments = {
            "err_type": err_type,
            "method": method,
            "parameters": parameters,
            "aper_diams": aper_diams,
            "overwrite": overwrite,
            "config_name": config_name,
            "params_name": params_name,
            "flag_image": flag_image,
            "mask": mask,
            "exclude": exclude,
            "region": region,
            "work_dir": work_dir,
            "verify": verify,
        }
        with follow(progress) as tell, connected(client) as cluster:
            tasks = [(band, {**arguments, "client": cluster}) for band in self.bands]
            runs = list(segment_each(tasks, tell, at_a_time=len(tasks) if cluster else None))
        raise_failed(runs, self.lost)

    def mask(
        self,
        method: str | Path | MapRef = "auto",
        *,
        edge_distance: u.Quantity | float = EDGE_DISTANCE,
        regions: str | Path | None = None,
        dq_bits: int | Sequence[int] | None = None,
        stars: bool | str | Path | Table = True,
        spike_angle: float | None = None,
        overwrite: bool = False,
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
    ) -> None:
        """Make the masks of all bands, one after another; one that fails stops no other.

        Failures are logged as warnings meanwhile; afterwards one error tells of them.

        Parameters
        ----------
        method, edge_distance, regions, dq_bits, stars, spike_angle, overwrite, work_dir : optional
            As in `BandData.mask`.
        progress : callable or bool, optional
            As in `segment`.

        Raises
        ------
        BatchError
            If the masks of some bands could not be made, those of `lost` among them, or of all
            for several reasons; its ``errors`` has the error of each.
        SkysegError
            As `BandData.mask` does, if that is why no mask could be made.
        """
        arguments = {
            "method": method,
            "edge_distance": edge_distance,
            "regions": regions,
            "dq_bits": dq_bits,
            "stars": stars,
            "spike_angle": spike_angle,
            "overwrite": overwrite,
            "work_dir": work_dir,
        }
        with follow(progress) as tell:
            tasks = [(band, arguments) for band in self.bands]
            runs = list(segment_each(tasks, tell, work=mask_band))
        raise_failed(runs, self.lost, "masked")

    def calc_unmasked_area(self, exclude: Bits = "all") -> u.Quantity:
        """Measure the area that the masks of all bands leave, in arcmin2.

        Parameters
        ----------
        exclude : str or sequence of str, optional
            Bits that count as masked; by default all.

        Returns
        -------
        Quantity
            Of the pixels that are masked in no band.

        Raises
        ------
        ParameterError
            If a band has no mask, or there is no bit of that name.
        ImageError
            If bands are on different pixel grids.
        """
        from skyseg.survey.band_mask import measure_area

        excluded = parse_bits(exclude)
        masks = (band.load_mask() for band in self.bands)
        return measure_area(masks, excluded, self.bands[0].pix_scale)

    def perform_forced_phot(
        self,
        forced_phot_band: BandData | str | Sequence[str],
        err_type: ErrType | None = None,
        parameters: str | Path | Parameters | None = None,
        aper_diams: u.Quantity | None = None,
        overwrite: bool = False,
        *,
        seg: str | Path | MapRef | None = None,
        edits: bool | str | Path | Edits = False,
        params_name: str | Path | None = None,
        flag_image: str | Path | MapRef | None = None,
        mask: bool | str | Path = False,
        exclude: Bits = "all",
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
        verify: bool = False,
    ) -> None:
        """Measure the sources of a detection in all bands; one that fails stops no other.

        They are measured in the detection too where it is a stack that is no image of noise. The
        detection is looked at once for all bands. Failures are logged as warnings
        meanwhile; afterwards one error tells of them.

        Parameters
        ----------
        forced_phot_band : BandData, str or sequence of str
            What the sources are detected in: a band, or its key; keys of several bands are
            joined by ``+``. One that has not been segmented is, as `BandData.segment` does by
            default, or its products are loaded.
        err_type, parameters, aper_diams, overwrite, seg, params_name, flag_image : optional
            As in `BandData.perform_forced_phot`.
        edits : bool, str, Path or Edits, optional
            Edits of the detection's map, as in `BandData.segment`: the sources are then those of
            the edited map. By default they are those of its last `segment`, edited or not.
        mask, exclude : optional
            As there, of each band.
        work_dir, client, verify : optional
            As in `BandData.segment`.
        progress : callable or bool, optional
            As in `segment`.

        Raises
        ------
        BatchError
            If some bands could not be measured, those of `lost` among them, or all for several
            reasons; its ``errors`` has the error of each.
        SkysegError
            As `BandData.perform_forced_phot` does, if that is why all bands could not be
            measured; or if the detection could not be segmented.

        Examples
        --------
        >>> data.perform_forced_phot("F444W")  # doctest: +SKIP
        >>> data["F115W"].load_forced_phot()["FLUX_AUTO"]  # doctest: +SKIP
        """
        if seg is not None and edits is not False:
            raise ParameterError(
                "and seg are both given", hint="give one of them", argument="edits"
            )
        detection = self._find_detection(forced_phot_band)
        arguments = {
            "err_type": err_type,
            "parameters": parameters,
            "aper_diams": aper_diams,
            "overwrite": overwrite,
            "params_name": params_name,
            "flag_image": flag_image,
            "mask": mask,
            "exclude": exclude,
            "work_dir": work_dir,
            "verify": verify,
        }
        with follow(progress) as tell, connected(client) as cluster:
            if seg is None and (detection.products is None or edits is not False):
                run = {} if detection.products is None else detection.products.arguments
                usual = {"work_dir": work_dir, "client": cluster, "verify": verify}
                segment_detection(
                    detection,
                    **(usual | run | {"edits": edits}),
                    progress=come_before(tell, detection.band),
                )
            given = {**arguments, "client": cluster}
            bands = [*self.bands, *([detection] if has_light(detection) else [])]
            runs = list(measure_each([(band, given) for band in bands], detection, seg, tell))
        raise_failed(runs, self.lost, "measured")

    def run_depths(
        self,
        detection: BandData | str | None = None,
        err_type: ErrType | None = None,
        parameters: str | Path | Parameters = "default",
        aper_diams: u.Quantity | None = None,
        overwrite: bool = False,
        *,
        n_sigma: float = 5.0,
        n_nearest: int = N_NEAREST,
        mask: bool | str | Path = False,
        exclude: Bits = "all",
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
        verify: bool = False,
    ) -> None:
        """Measure how deep all bands are; one that fails stops no other.

        Parameters
        ----------
        detection : BandData or str, optional
            Whose sources are avoided: a band, or its key, which is segmented where it has not
            been; by default each band's own.
        err_type, parameters, aper_diams, overwrite, n_sigma, n_nearest : optional
            As in `BandData.run_depths`.
        mask, exclude, work_dir, progress, client, verify : optional
            As in `segment`.

        Raises
        ------
        BatchError
            If some bands could not be measured, those of `lost` among them, or all for several
            reasons; its ``errors`` has the error of each.
        SkysegError
            As `BandData.run_depths` does, if that is why all bands could not be measured; or
            if the detection could not be segmented.
        """
        sources = None if detection is None else self._find_detection(detection)
        given = {
            "err_type": err_type,
            "parameters": parameters,
            "aper_diams": aper_diams,
            "overwrite": overwrite,
            "n_sigma": n_sigma,
            "n_nearest": n_nearest,
            "mask": mask,
            "exclude": exclude,
            "work_dir": work_dir,
            "verify": verify,
        }
        with follow(progress) as tell, connected(client) as cluster:
            if sources is not None and sources.products is None:
                segment_detection(
                    sources,
                    work_dir=work_dir,
                    client=cluster,
                    verify=verify,
                    progress=come_before(tell, sources.band),
                )
            shared = None
            if sources is not None:
                shared = SharedDetection.of(sources.maps, sources.products)
            arguments = {**given, "detection": shared, "client": cluster}
            tasks = [(band, arguments) for band in self.bands]
            runs = list(segment_each(tasks, tell, at_a_time=SIDE_BY_SIDE, work=measure_band_depths))
        raise_failed(runs, self.lost, "measured")

    def make_cat(
        self,
        forced_phot_band: BandData | str | Sequence[str],
        flux_unit: str = FLUX_UNIT,
        overwrite: bool = False,
        *,
        seg: str | Path | MapRef | None = None,
        loc_depths: bool = False,
        mask: bool = False,
        psfs: Mapping[str, str | Path | MapRef] | None = None,
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        verify: bool = False,
    ) -> None:
        """Put one catalogue together of what was measured in all bands, or load it.

        A row is a source of the detection, with its NUMBER, place and shape. Columns of a band
        end in its name, FLUX_APER_F115W; those of a stack that it was detected and measured in are
        there too. Fluxes are in one unit, those of a source that a band
        does not cover NaN. A band that fails stops no other: the catalogue is that of the
        others, and one error tells of it. It is then in `phot_cat`, at `phot_cat_path`.

        Parameters
        ----------
        forced_phot_band, seg : optional
            As in `perform_forced_phot`, which has been called with the same.
        flux_unit : str, optional
            Flux density of all fluxes and their errors, such as ``"nJy"``.
        overwrite : bool, optional
            Make it again whatever is on disk.
        loc_depths : bool, optional
            Whether it has LOC_DEPTH_APER and, as an error of fluxes, FLUXERR_LOC_APER of each
            band, of the last `run_depths`.
        mask : bool, optional
            Whether it has MASK of each band: the bits that any pixel of a source has.
        psfs : mapping of str to str, Path or MapRef, optional
            Images of PSFs by the keys of bands, which then have FLUX_APER_CORR and
            FLUXERR_APER_CORR; see `BandData.append_aper_corr_cols`.
        work_dir, progress, verify : optional
            As in `segment`.

        Raises
        ------
        BatchError
            If some bands have failed, those of `lost` among them, or all for several reasons.
        StaleProductError
            If that on disk was made from something else; the message says what.
        SkysegError
            If an argument is not allowed, or all bands have failed for one reason.

        Examples
        --------
        >>> data.perform_forced_phot("F444W")  # doctest: +SKIP
        >>> data.make_cat("F444W")  # doctest: +SKIP
        >>> data.phot_cat.load()["NUMBER", "FLUX_AUTO_F115W"]  # doctest: +SKIP
        """
        source = self._find_detection(forced_phot_band)
        if source.products is None and seg is None:
            segment_detection(source, work_dir=work_dir, verify=verify, progress=False)
        detection = find_detection(source.maps, source.products, seg)
        check_psf_keys(self, psfs or {})
        asked = {key.upper(): psf for key, psf in (psfs or {}).items()}
        columns, failed = try_each({
            key: partial(
                find_columns,
                key,
                band,
                detection,
                mask=mask,
                loc_depths=loc_depths,
                psf=asked.get(key.upper()),
            )
            for key, band in zip(self.keys(), self.bands, strict=True)
        })  # fmt: skip
        if columns and has_light(source) and source.forced_phot is not None:
            columns |= find_stack_columns(source, detection, mask=mask)
        if columns:
            with follow(progress) as tell:
                self.phot_cat = make_survey_cat(
                    list(columns.values()),
                    detection,
                    unit=flux_unit,
                    overwrite=overwrite,
                    work_dir=self.bands[0].work_dir if work_dir is None else work_dir,
                    progress=tell,
                    verify=verify,
                )
        raise_errors(failed | dict(self.lost), len(self) + len(self.lost), "put into the catalogue")

    def pipeline(
        self,
        detect: BandData | str | Sequence[str],
        err_type: ErrType | None = None,
        method: str | None = None,
        parameters: str | Path | Parameters = "default",
        aper_diams: u.Quantity | None = None,
        overwrite: bool = False,
        *,
        mask: bool = False,
        exclude: Bits = "all",
        edits: bool | str | Path | Edits = False,
        flux_unit: str = FLUX_UNIT,
        psfs: Mapping[str, str | Path | MapRef] | None = None,
        plan: bool = False,
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
        verify: bool = False,
    ) -> StepRuns:
        """Go all the way to the survey's catalogue: load what is there, make the rest.

        The steps are those of `stack`, where several bands are detected in, of `mask`, of the
        detection's `BandData.segment`, with its edits where they are asked for, of
        `perform_forced_phot` and `run_depths` of each band, and of `make_cat`. What an
        interruption has left is taken up where it ended.

        Parameters
        ----------
        detect : BandData, str or sequence of str
            What sources are detected in: a band or stack of the survey, its key, such as
            ``"F277W+F356W+F444W"``, or the keys of the bands of a stack.
        err_type, method, parameters, aper_diams, overwrite : optional
            As in `BandData.segment`.
        mask : bool, optional
            Whether masks are excluded from detection and depths, and in the catalogue. Those
            that are there are taken however they were made, and made again as they were where
            their maps or regions have changed; others are made as by `mask`.
        exclude : str or sequence of str, optional
            Bits of the masks that are excluded, as in `BandData.segment`.
        edits : bool, str, Path or Edits, optional
            Edits of the detection's map, as in `BandData.segment`: the sources are then those
            of the edited map. Edits that are there and not asked for are said.
        flux_unit, psfs : optional
            As in `make_cat`.
        plan : bool, optional
            Whether to do nothing but tell what would be done, and why.
        work_dir, progress, client, verify : optional
            As in `segment`.

        Returns
        -------
        StepRuns
            What came of each step, a list that is printed as a table: made, loaded, or made anew
            since it was stale, and why.

        Raises
        ------
        BatchError
            If some bands have failed, those of `lost` among them; the others are whole, and in
            the catalogue.
        SkysegError
            If all have failed for one reason, or the detection has.

        Examples
        --------
        >>> data.pipeline("F444W", plan=True)[0].name
        'segment'
        """
        check_switch(overwrite, "overwrite")
        with follow(progress) as tell, connected(client) as cluster:
            asked = PipelineSteps(
                detect=self._name_detection(detect), err_type=err_type, method=method,
                parameters=parameters, aper_diams=aper_diams, mask=check_switch(mask, "mask"),
                exclude=exclude, edits=edits, flux_unit=flux_unit, psfs=psfs or {},
                overwrite=overwrite, work_dir=work_dir, client=cluster, verify=verify,
            )  # fmt: skip
            if check_switch(plan, "plan"):
                return plan_pipeline(self, asked)
            runs = StepRuns(run_pipeline(self, asked, tell))
        raise_failed_steps(runs, self)
        return runs

    @property
    def phot_cat_path(self) -> Path | None:
        """Catalogue of the last `make_cat`."""
        return None if self.phot_cat is None else self.phot_cat.paths.cat

    def _keep_stack(self, found: BandData) -> BandData:
        """Return the stack that was there before, with what is known of it, if it is the same."""
        if self._stacks.get(found.band) != found:
            self._stacks[found.band] = found
        kept = self._stacks[found.band]
        kept.stack_made = found.stack_made
        return kept

    def _find_detection(self, given: BandData | str | Sequence[str]) -> BandData:
        """Return a band, or stack, that sources are detected in."""
        if isinstance(given, BandData):
            return given
        return self[_join_keys(given)]

    def _name_detection(self, given: BandData | str | Sequence[str]) -> str:
        """Return the key of a band, or stack, that sources are detected in."""
        if not isinstance(given, BandData):
            return _join_keys(given)
        known = dict(zip(self.keys(), self.bands, strict=True)) | self._stacks
        own = [key for key, band in known.items() if band == given]
        if not own:
            raise ParameterError(
                f"{given.name} is no band of {self.survey} {self.version} to detect in",
                hint=f"use one of {', '.join(self.keys())}",
            )  # fmt: skip
        return own[0]

    def plot_depths(
        self,
        aper: int = 0,
        *,
        ax: Axes | None = None,
        save: str | os.PathLike[str] | None = None,
        show: bool = False,
    ) -> Axes:
        """Plot the area that is at least so deep, by local depth, of all bands.

        Parameters
        ----------
        aper : int, optional
            Which of the diameters, from 0.
        ax, save, show : optional
            As in `BandData.plot`.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ProductError
            If no band has depths, or the figure cannot be written.
        ParameterError
            If there is no such diameter.
        """
        from skyseg.plotting.depths import plot_area

        known = {
            key: band.depths
            for key, band in zip(self.keys(), self.bands, strict=True)
            if band.depths is not None
        }
        if not known:
            raise ProductError(f"{self.survey} has no depths", hint="call {run_depths} first")
        return plot_area(known, aper, ax=ax, save=save, show=show)

    def plot(
        self,
        ext: str = "SEG",
        *,
        region: Region | None = None,
        cmap: str | Colormap | None = None,
        norm: str | Normalize | None = None,
        overlay: bool = False,
        save: str | os.PathLike[str] | None = None,
        show: bool = False,
        err_type: ErrType | None = None,
    ) -> Figure:
        """Plot one map of all bands, one panel each.

        Parameters
        ----------
        ext, region, cmap, norm, overlay, save, show, err_type : optional
            As in `BandData.plot`.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ParameterError
            If an argument is not allowed.
        ProductError
            If a band was not segmented, or the figure cannot be written.
        """
        from skyseg.plotting import plot_data

        return plot_data(
            [band.with_products(err_type) for band in self.bands],
            ext,
            region=region,
            cmap=cmap,
            norm=norm,
            overlay=overlay,
            save=save,
            show=show,
        )

    def view(
        self,
        ext: str = "SCI",
        *,
        err_type: ErrType | None = None,
        bands: Sequence[str] | None = None,
    ) -> Viewer:
        """Look at the bands in a notebook.

        Parameters
        ----------
        ext, err_type : optional
            As in `BandData.view`.
        bands : sequence of str, optional
            Keys of the bands that are shown side by side; by default the first.

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

        return view(self, ext=ext, err_type=err_type, bands=bands)

    def difference(
        self,
        err_type_a: ErrType = "rms_err",
        err_type_b: ErrType = "wht",
        *,
        method: str | None = None,
        parameters: str | Path | Parameters = "default",
    ) -> dict[str, Comparison]:
        """Compare the SEG maps of two error types, for all bands; one that fails stops no other.

        Parameters
        ----------
        err_type_a, err_type_b, method, parameters : optional
            As in `BandData.difference`.

        Returns
        -------
        dict of str to skyseg.comparison.Comparison
            The comparison of each band, by its key.

        Raises
        ------
        BatchError
            If some bands could not be compared, those of `lost` among them, or all for
            several reasons; its ``errors`` has the error of each, its ``done`` the
            comparisons of the others.
        SkysegError
            If all could not be compared for one reason.
        """
        tasks = tasks_of(
            self.bands,
            lambda band: band.difference(
                err_type_a, err_type_b, method=method, parameters=parameters
            ),
        )
        return compare_each(tasks, self.lost)

    def compare_methods(
        self,
        method_a: str = "skyseg",
        method_b: str = "sep",
        *,
        err_type: ErrType | None = None,
        parameters: str | Path | Parameters = "default",
    ) -> dict[str, Comparison]:
        """Compare the SEG maps of two methods, for all bands; one that fails stops no other.

        Parameters
        ----------
        method_a, method_b, err_type, parameters : optional
            As in `BandData.compare_methods`.

        Returns
        -------
        dict of str to skyseg.comparison.Comparison
            The comparison of each band, by its key.

        Raises
        ------
        BatchError
            If some bands could not be compared, those of `lost` among them, or all for
            several reasons; its ``errors`` has the error of each, its ``done`` the
            comparisons of the others.
        SkysegError
            If all could not be compared for one reason.
        """
        tasks = tasks_of(
            self.bands,
            lambda band: band.compare_methods(
                method_a, method_b, err_type=err_type, parameters=parameters
            ),
        )
        return compare_each(tasks, self.lost)


def _join_keys(given: str | Sequence[str]) -> str:
    """Return the key of a band, or that of the stack of several."""
    if isinstance(given, str):
        return given
    keys = list(given) if isinstance(given, Iterable) else []
    if not keys or not all(isinstance(each, str) for each in keys):
        raise ParameterError(
            f"{given!r} names no band to detect in", hint="give a band, its key, or several keys"
        )
    return "+".join(keys)
