"""One band of a survey: its maps, and what they are segmented into."""

from __future__ import annotations

import copy
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, overload

import numpy as np

from skyseg.engine.dask_mapper import DaskMapper
from skyseg.engine.types import ErrType, FloatImage, LabelImage, Progress, Slices
from skyseg.errors import ParameterError, ProductError, check_switch
from skyseg.imaging import BandMaps, MapRef
from skyseg.imaging.tables import facts_text, html_table
from skyseg.masks.bits import Bits, parse_bits
from skyseg.methods.catalogue import check_table
from skyseg.products import Products
from skyseg.products.column_values import find_run
from skyseg.products.names import ProductPaths, SingleFile, make_map_path, make_paths
from skyseg.products.recipe import Recipe
from skyseg.products.store import load_or_make
from skyseg.settings import config
from skyseg.survey._forwarding import OfMaps
from skyseg.survey.band_extraction import check_segmented, extract, make_recipe
from skyseg.survey.clusters import connected
from skyseg.survey.progress import follow
from skyseg.survey.settling import in_arcsec
from skyseg.survey.usual import EDGE_DISTANCE, N_NEAREST
from skyseg.writing import is_file, make_absolute

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.coordinates import SkyCoord
    from astropy.io import fits
    from astropy.table import QTable, Table
    from distributed import Client
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

    from skyseg.assessment import Assessment, Injection, Recommendation, Why
    from skyseg.comparison import Comparison
    from skyseg.editing.editable import Editable
    from skyseg.editing.edits import Edits
    from skyseg.engine.parameters import Parameters
    from skyseg.imaging.regions import Region
    from skyseg.notebook.viewer import Viewer
    from skyseg.products.depths import Depths
    from skyseg.products.tables import ForcedPhot
    from skyseg.survey.band_edits import ChosenEdits
    from skyseg.survey.forced_detection import SharedDetection

logger = logging.getLogger(__name__)

_WHO_SETS = {"aper_diams": "load_aper_diams()", "mask_path": "mask()"}


class BandData:
    """One band of a survey: its maps on disk, and the products made from them.

    Bands come from `skyseg.Data`; one of maps that lie anywhere is made by
    `from_files`.

    Parameters
    ----------
    maps : BandMaps
        The maps.
    work_dir : str or Path, optional
        Folder for the products; by default that of the settings.

    Attributes
    ----------
    maps : BandMaps
        The maps; what they tell is told by the band too.
    products : Products or None
        What `segment` made or loaded last: whether it was made or loaded, how
        many sources there are, and more; None before.
    forced_phot : ForcedPhot or None
        What `perform_forced_phot` made or loaded last; None before.
    depths : Depths or None
        What `run_depths` made or loaded last; None before.
    mask_made, stack_made : bool or None
        Whether the last `mask`, or the stack that this band is, was made when it was asked for,
        or loaded; None where there is none.
    assessment : skyseg.assessment.Assessment or None
        What `assess` found last; None before.
    work_dir : Path or None
        Folder for the products; None is that of the settings.
    facility, instrument, survey, version, band, name : str
        What the band is; the name is survey, version and band.
    members : tuple of BandData
        The bands that a stack was made of; empty for any other band.
    sci, err, wht : MapRef or None
        Where the maps are.
    err_types : tuple of str
        What `segment` takes as `err_type`: ``"none"`` alone where there is no error map.

    Examples
    --------
    >>> band = BandData.from_files("f444w_i2d.fits")
    >>> band.segment("wht")
    >>> labels = band.load_seg()
    """

    facility = OfMaps(lambda maps: maps.facility)
    instrument = OfMaps(lambda maps: maps.instrument)
    survey = OfMaps(lambda maps: maps.survey)
    version = OfMaps(lambda maps: maps.version)
    band = OfMaps(lambda maps: maps.band)
    name = OfMaps(lambda maps: maps.name)
    sci = OfMaps(lambda maps: maps.sci)
    err = OfMaps(lambda maps: maps.err)
    wht = OfMaps(lambda maps: maps.wht)
    err_types = OfMaps(lambda maps: maps.err_types)
    header = OfMaps(lambda maps: maps.header)
    wcs = OfMaps(lambda maps: maps.wcs)
    shape = OfMaps(lambda maps: maps.shape)
    pix_scale = OfMaps(lambda maps: maps.pix_scale)
    unit = OfMaps(lambda maps: maps.unit)
    zero_point = OfMaps(lambda maps: maps.zero_point)
    load_sci = OfMaps(lambda maps: maps.load_sci)
    load_err = OfMaps(lambda maps: maps.load_err)
    load_wht = OfMaps(lambda maps: maps.load_wht)
    sci_rows = OfMaps(lambda maps: maps.sci_rows)
    err_rows = OfMaps(lambda maps: maps.err_rows)
    wht_rows = OfMaps(lambda maps: maps.wht_rows)
    check_grids = OfMaps(lambda maps: maps.check_grids)

    def __init__(self, maps: BandMaps, *, work_dir: str | Path | None = None) -> None:
        if not isinstance(maps, BandMaps):
            raise ParameterError(f"{maps!r} is no BandMaps", hint="open files with {from_files}")
        self.maps = maps
        self.products: Products | None = None
        self.forced_phot: ForcedPhot | None = None
        self.depths: Depths | None = None
        self.assessment: Assessment | None = None
        self.work_dir = None if work_dir is None else make_absolute(work_dir, "work_dir")
        self.members: tuple[BandData, ...] = ()
        self._aper_diams: u.Quantity | None = None
        self.mask_made: bool | None = None
        self.stack_made: bool | None = None
        self._mask_path: Path | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(getattr(type(self), name, None), property):
            raise AttributeError(
                f"{name} cannot be set: {_WHO_SETS.get(name, 'segment()')} does it"
            )
        super().__setattr__(name, value)

    @classmethod
    def from_files(
        cls,
        sci: str | Path | MapRef,
        err: str | Path | MapRef | None = None,
        wht: str | Path | MapRef | None = None,
        survey: str | None = None,
        version: str | None = None,
        band: str | None = None,
        zero_point: float | None = None,
        pix_scale: u.Quantity | None = None,
        *,
        instrument: str | None = None,
        work_dir: str | Path | None = None,
        same_grid: bool = False,
    ) -> Self:
        """Take maps that lie anywhere.

        Parameters
        ----------
        sci : str, Path or MapRef
            The science image: ``path``, ``path[EXTNAME]``,
            ``path[EXTNAME,EXTVER]`` or ``path[number]``. Without brackets it is
            the HDU named SCI, else the file's only image.
        err, wht : str, Path or MapRef, optional
            The rms of its noise, and its inverse variance, in the same forms. A
            variance, by its EXTNAME or its file's name, is an `err` of which the
            root is taken. Where neither is given, HDUs of the same file named
            ERR and WHT, of the EXTVER of `sci`, are taken.
        survey, version, band : str, optional
            Names. By default the survey has the name of the file, with that of
            the HDU where the file alone does not tell it, the version is
            ``"v0"``, and the band is that of the header, else the one in the file's
            name, else that name, or ``HDU`` with its number in a file of several images.
        zero_point : float, optional
            AB magnitude of one unit of `sci`; by default the header's.
        pix_scale : Quantity, optional
            Side of a pixel, for maps whose header does not say it.
        instrument : str, optional
            Name of the instrument, a known one or any other; by default that of
            the header, else of the file's name.
        work_dir : str or Path, optional
            Folder for the products; by default that of the settings.
        same_grid : bool, optional
            Whether the maps lie on one pixel grid whatever their WCS say.

        Returns
        -------
        BandData

        Raises
        ------
        DataNotFoundError
            If a file or an HDU does not exist.
        ImageError
            If a file cannot be read, holds no 2-D image, or the maps do not lie
            on one pixel grid.
        AmbiguousDataError
            If several HDUs fit, or the band cannot be told.
        ParameterError
            If a name or a value is not allowed.

        Examples
        --------
        >>> band = BandData.from_files("f444w.fits[SCI]", wht="f444w.fits[4]")
        """
        maps = BandMaps.from_files(
            sci,
            err,
            wht,
            survey,
            version,
            band,
            zero_point,
            pix_scale,
            same_grid,
            instrument=instrument,
        )
        return cls(maps, work_dir=work_dir)

    @property
    def aper_diams(self) -> u.Quantity:
        """Aperture diameters that `segment` uses: those set on the band, else the configured.

        A parameter set with ``phot_apertures`` goes before the configured ones.
        """
        if self._aper_diams is not None:
            return self._aper_diams
        import astropy.units as u

        return config.aper_diams * u.arcsec

    @property
    def given_aper_diams(self) -> u.Quantity | None:
        """Aperture diameters that are set on the band; None where none are."""
        return self._aper_diams

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
        import astropy.units as u

        self._aper_diams = in_arcsec(aper_diams) * u.arcsec

    def take_aper_diams(self, other: BandData) -> None:
        """Set the aperture diameters that are set on another band, if any are."""
        self._aper_diams = other._aper_diams

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
        edits: bool | str | Path | Edits = False,
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
        verify: bool = False,
    ) -> None:
        """Make the SEG map, the BKG map and the catalogue, or load those on disk.

        What is on disk is loaded where it was made from the same maps with the
        same arguments. The paths are then in `seg_path`, `bkg_path` and
        `cat_path`, the arguments in `seg_args`.

        Parameters
        ----------
        err_type : {"rms_err", "wht", "none"}, optional
            Whether the noise is taken from the rms map, from the weight map or from the
            image itself; by default as ``weight_type`` of the parameter set says, else
            from the rms map. An image alone is never taken unasked: give ``"none"``.
        method : str, optional
            Segmentation method, one of `skyseg.methods.names`; by default the
            configured one.
        parameters : str, Path or Parameters, optional
            Parameter set: a name, a file or the values; see
            `skyseg.methods.parameter_sets.load`.
        aper_diams : Quantity, optional
            Aperture diameters, as angles; by default those set by
            `load_aper_diams`, else ``phot_apertures`` of the parameter set, else the
            configured ones.
        overwrite : bool, optional
            Make the products again whatever is on disk.
        config_name : str or Path, optional
            Another word for ``parameters``: ``"test.sex"`` is the set ``test``.
        params_name : str or Path, optional
            SExtractor's list of the columns that the catalogue is to have, a ``.param``
            file; see `skyseg.methods.param_file.load_columns`.
        flag_image : str, Path or MapRef, optional
            Flag map, of whole numbers on the same pixels: the catalogue says by IMAFLAGS_ISO
            what flags a source's pixels have; see `skyseg.engine.flag_maps.measure_flags`.
            By default that of the parameter set, if the columns ask for it.
        mask : bool, str or Path, optional
            Whether to use the mask that the method `mask` made of this band; or the file of one
            that it made. The catalogue then has IMAFLAGS_ISO, NIMAFLAGS_ISO and for each
            bit a column such as MASK_STAR.
        exclude : str or sequence of str, optional
            Bits of the mask whose pixels are excluded from detection, by their names in
            `skyseg.masks.bits.MaskBit`: no source has such a pixel, and sky and apertures take
            them for bad. By default all; with an empty list sources are flagged alone.
        region : optional
            Part of the image that is segmented, ``(centre, size)``, a `regions` object
            or slices; by default all of it. Its sources are those of a run of the whole
            image, with numbers of their own; SEG, BKG and positions in pixels are those
            of the region, and so are plots and views. Methods but ``skyseg`` take it for
            an image of its own, and say so in the headers.
        edits : bool, str, Path or Edits, optional
            Edits of the map: True for the journal beside the products, or the path of one, or
            `skyseg.Edits`. The products are then those of the edited map, in files of their
            own beside the others; ``overwrite`` makes these alone again.
        work_dir : str or Path, optional
            Folder for the products; by default that of the band, else that of
            the settings.
        progress : callable or bool, optional
            Whether to show a progress bar, by default where somebody looks: in a terminal
            or a notebook, of what takes more than a second; or a function that is called
            with the part that is done, 0 to 1, and what comes next.
        client : distributed.Client or str, optional
            Dask cluster that works the strips of the image, with the method
            ``skyseg``, or the address of its scheduler, ``"tcp://node1:8786"``; by
            default all cores of this machine do.
        verify : bool, optional
            Whether the maps are read to tell if they have changed; by default they have
            not where size and time of their files are as they were.

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
        check_switch(overwrite, "overwrite")
        check_switch(verify, "verify")
        maps = self.maps if region is None else self.maps.cut(self._find_part(region))
        recipe = make_recipe(
            maps,
            err_type,
            config.method if method is None else method,
            _one_of(parameters, config_name),
            self._aper_diams if aper_diams is None else aper_diams,
            params_name,
            flag_image,
            self._find_mask(mask, work_dir),
            exclude,
        )
        paths = self._paths(recipe, work_dir)
        chosen = None if edits is False else _find_edits(edits, paths, recipe.part)
        with follow(progress) as tell, connected(client) as cluster:
            mapper = None if cluster is None else DaskMapper(cluster)
            products = load_or_make(
                paths,
                recipe,
                lambda canvas: extract(maps, recipe, tell, canvas, mapper),
                shape=maps.shape,
                sky=maps.sky,
                unit=self.unit,
                overwrite=overwrite and chosen is None,
                verify=verify,
                mapper=mapper,
            )
            if chosen is not None:
                products = chosen.make(
                    maps,
                    products,
                    _Run(self, products),
                    lambda of: self._paths(of, work_dir),
                    mapper,
                    overwrite=overwrite,
                    verify=verify,
                )
            self.products = products
        number = self.products.n_sources
        logger.info(
            "%s %s: %s sources %s in %.1f s: %s",
            self.name,
            recipe.err_type,
            "an unknown number of" if number is None else number,
            "made" if self.products.made else "loaded",
            time.perf_counter() - start,
            self.seg_path,
        )

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
        """Make the mask of the band, or take that on disk where it was made from the same.

        It is one map of bits, those of `skyseg.masks.bits.MaskBit`, at `mask_path`. Pixels
        without a measurement are BAD in every mask.

        Parameters
        ----------
        method : {"auto", "manual"} or str, Path or MapRef, optional
            ``"auto"``: edges, bright and saturated stars with their spikes; ``"manual"``:
            regions alone; a DS9 file, or a folder of them by band name: the same; any FITS mask
            or DQ map: its pixels are FLAGGED.
        edge_distance : Quantity or float, optional
            How near to what is not covered is EDGE, in pixels or as an angle.
        regions : str or Path, optional
            DS9 file, or a folder of them of which the one with the band's name is taken, as
            galfind's; what lies in them is REGION. Of a folder without one the mask is made
            without regions, with a warning, unless it is of regions alone.
        dq_bits : int or sequence of int, optional
            Values of those bits of a DQ map that count; by default any value but 0.
        stars : bool, str, Path or Table, optional
            Whether ``"auto"`` looks for stars in the image; or a list of them, a table of
            ra and dec in degrees and mag (AB) or the file of one, which any method takes.
        spike_angle : float, optional
            Angle of a spike, in degrees from x towards y; by default it is found in the image.
        overwrite : bool, optional
            Make it whatever is on disk.
        work_dir : str or Path, optional
            Folder for the products; by default that of the band, else that of the settings.
        progress : callable or bool, optional
            As in `segment`.

        Raises
        ------
        ParameterError
            If an argument is not allowed.
        DataNotFoundError, AmbiguousDataError
            If a folder has no region file, more than one of the band, or for a mask of
            regions alone none of the band.
        StaleProductError
            If the mask on disk was made from something else.
        ImageError, ProductError
            If a map cannot be used, or the mask cannot be read or written.

        Examples
        --------
        >>> band.mask(edge_distance=10)
        """
        from skyseg.survey.band_mask import make_mask, settle_source

        check_switch(overwrite, "overwrite")
        source = settle_source(
            self.maps, method, edge_distance, regions, dq_bits, stars, spike_angle
        )
        paths = self._make_mask_paths(work_dir)
        with follow(progress) as tell:
            made = make_mask(self.maps, source, paths, overwrite=overwrite, progress=tell)
        self._mask_path, self.mask_made = paths.cat, made
        logger.info("%s: mask %s: %s", self.name, "made" if made else "loaded", paths.cat)

    @property
    def mask_path(self) -> Path | None:
        """Mask that `load_mask` reads: of the last `mask`, else the one on disk; None before."""
        if self._mask_path is not None:
            return self._mask_path
        path = self._make_mask_paths(None).cat
        return path if is_file(path) else None

    @overload
    def load_mask(self, incl_hdr: Literal[False] = False) -> LabelImage: ...
    @overload
    def load_mask(self, incl_hdr: Literal[True]) -> tuple[LabelImage, fits.Header]: ...
    def load_mask(self, incl_hdr: bool = False) -> LabelImage | tuple[LabelImage, fits.Header]:
        """Read the mask of the band.

        Parameters
        ----------
        incl_hdr : bool, optional
            Whether to return its header as well, which says what its bits are.

        Returns
        -------
        bits : ndarray of int32, shape (ny, nx)
            Sums of `skyseg.masks.bits.MaskBit`; 0 is a pixel that nothing is known against.
        header : astropy.io.fits.Header
            Only with `incl_hdr`.

        Raises
        ------
        ParameterError
            If there is none.
        ProductError
            If it cannot be read.

        Examples
        --------
        >>> from skyseg.masks.bits import MaskBit
        >>> band.mask(edge_distance=10)
        >>> edges = band.load_mask() & MaskBit.EDGE > 0
        """
        from skyseg.products.masks import read_mask

        bits, header = read_mask(self.find_mask())
        return (bits, header) if incl_hdr else bits

    def calc_unmasked_area(self, exclude: Bits = "all") -> u.Quantity:
        """Measure the area of the pixels that the mask leaves.

        Parameters
        ----------
        exclude : str or sequence of str, optional
            Bits that count as masked; by default all.

        Returns
        -------
        Quantity
            In arcmin2.

        Raises
        ------
        ParameterError
            If there is no mask, or no bit of that name.

        Examples
        --------
        >>> band.mask(edge_distance=10)
        >>> band.calc_unmasked_area(["EDGE", "BAD"])  # doctest: +SKIP
        <Quantity 0.42 arcmin2>
        """
        from skyseg.survey.band_mask import measure_area

        excluded = parse_bits(exclude)
        return measure_area([self.load_mask()], excluded, self.pix_scale)

    def _make_mask_paths(self, work_dir: str | Path | None) -> SingleFile:
        return make_map_path(
            "mask",
            instrument=self.instrument,
            version=self.version,
            survey=self.survey,
            band=self.band,
            work_dir=self.work_dir if work_dir is None else work_dir,
        )

    def find_mask(self, work_dir: str | Path | None = None) -> Path:
        """Return the file of the mask that `mask` made last, here or on disk.

        Parameters
        ----------
        work_dir : str or Path, optional
            Folder for the products; by default that of the band.

        Raises
        ------
        ParameterError
            If there is none.
        """
        from skyseg.products.masks import find_mask

        path = self._mask_path or self._make_mask_paths(work_dir).cat
        return find_mask(path, stack=self.band if self.members else "")

    def _find_mask(
        self, mask: bool | str | Path, work_dir: str | Path | None = None
    ) -> Path | None:
        """Return the file of the mask that an argument of `segment` means, if any."""
        if isinstance(mask, str | os.PathLike):
            from skyseg.products.masks import find_mask

            return find_mask(make_absolute(mask, "mask"))
        if not check_switch(mask, "mask", or_else="the path of a mask"):
            return None
        return self.find_mask(work_dir)

    def perform_forced_phot(
        self,
        detection: BandData | SharedDetection | str | Path | MapRef,
        err_type: ErrType | None = None,
        parameters: str | Path | Parameters | None = None,
        aper_diams: u.Quantity | None = None,
        overwrite: bool = False,
        *,
        seg: str | Path | MapRef | None = None,
        params_name: str | Path | None = None,
        flag_image: str | Path | MapRef | None = None,
        mask: bool | str | Path = False,
        exclude: Bits = "all",
        work_dir: str | Path | None = None,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
        verify: bool = False,
    ) -> None:
        """Measure the sources of a detection in this band, or load what was measured.

        As with two images of SExtractor, positions, shapes, pixels and Kron radii are those of
        the detection; light, its errors and the background are those of this band. A source
        that the band does not cover has NaN, and the flag 32. The catalogue, whose NUMBER is
        that of the detection, is then at `forced_phot_path`.

        Parameters
        ----------
        detection : BandData, str, Path, MapRef or SharedDetection
            A band that has been segmented; or a SEG map on these pixels, whose sources have
            the shapes that this band shows. Several bands may share one of these, as
            `skyseg.Data.perform_forced_phot` has it, which is looked at once.
        err_type : {"rms_err", "wht", "none"}, optional
            Where the noise of this band comes from; by default as in `segment`.
        parameters : str, Path or Parameters, optional
            Parameter set; by default that of the detection.
        aper_diams : Quantity, optional
            Aperture diameters, as angles; by default those set by `load_aper_diams`, else
            those of the detection.
        overwrite : bool, optional
            Make the catalogue again whatever is on disk.
        seg : str, Path or MapRef, optional
            A SEG map in place of that of `detection`, such as an edited one; the shapes of its
            sources are those that `detection` shows.
        mask, exclude : optional
            As in `segment`, of this band: what is excluded is not measured. Where the run of the
            detection had a mask the catalogue has its columns too, as DET_MASK_STAR.
        params_name, flag_image, work_dir, progress, client, verify : optional
            As in `segment`.

        Raises
        ------
        SkysegError
            As `segment` does; also if the detection has not been segmented, or lies on other
            pixels.

        Examples
        --------
        >>> f444w.segment()  # doctest: +SKIP
        >>> f115w.perform_forced_phot(f444w)  # doctest: +SKIP
        """
        from skyseg.survey.forced_detection import SharedDetection
        from skyseg.survey.forced_photometry import measure_band

        if not isinstance(detection, SharedDetection):
            detection = self._share(detection, seg)
        with follow(progress) as tell, connected(client) as cluster:
            self.forced_phot = measure_band(
                self.maps.cut(None),
                detection,
                err_type=err_type,
                parameters=parameters,
                aper_diams=self._aper_diams if aper_diams is None else aper_diams,
                overwrite=overwrite,
                params_name=params_name,
                flag_image=flag_image,
                mask=self._find_mask(mask, work_dir),
                exclude=exclude,
                work_dir=self.work_dir if work_dir is None else work_dir,
                progress=tell,
                mapper=None if cluster is None else DaskMapper(cluster),
                verify=verify,
            )

    def _share(
        self, detection: BandData | str | Path | MapRef, seg: str | Path | MapRef | None
    ) -> SharedDetection:
        """Find the sources that are to be measured."""
        from skyseg.survey.forced_detection import SharedDetection

        if isinstance(detection, BandData):
            return SharedDetection.of(detection.maps, detection.products, seg)
        if seg is not None:
            raise ParameterError(
                "and detection are both maps", hint="give one of them", argument="seg"
            )
        return SharedDetection.of(self.maps, None, detection)

    @property
    def forced_phot_path(self) -> Path | None:
        """Catalogue of the last `perform_forced_phot`."""
        return None if self.forced_phot is None else self.forced_phot.paths.cat

    def load_forced_phot(self, flux_unit: u.UnitBase | str | None = None) -> QTable:
        """Read the catalogue of the last `perform_forced_phot`.

        Parameters
        ----------
        flux_unit : Unit or str, optional
            As for `load_cat`.

        Returns
        -------
        QTable
            One row for each source of the detection.

        Raises
        ------
        ProductError
            If there is none, or it cannot be read.
        """
        if self.forced_phot is None:
            raise ProductError(
                f"no sources were measured in {self.name}", hint="call perform_forced_phot first"
            )
        return self.forced_phot.load(flux_unit)

    def run_depths(
        self,
        detection: BandData | str | Path | MapRef | SharedDetection | None = None,
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
        """Measure how deep the band is, in apertures that hold no source, or load it.

        Circles are laid everywhere where there is room between sources, and pixels that are
        bad or masked. A depth is so many times the scatter of the light in them, the median
        absolute deviation in units of a normal distribution: of all of them, or of those
        nearest to a place. It is then in `depths`, and on disk at `depths_path`.

        Parameters
        ----------
        detection : BandData, str, Path, MapRef or SharedDetection, optional
            Whose sources are avoided: a band that has been segmented, or a SEG map; by
            default this band. Of several bands that share one, those that cover the same pixels
            have their circles laid once.
        err_type : {"rms_err", "wht", "none"}, optional
            Which map tells the pixels that have no measurement; by default as in `segment`.
        parameters : str, Path or Parameters, optional
            Parameter set; what background is subtracted is as it says.
        aper_diams : Quantity, optional
            Aperture diameters, as angles; by default as in `perform_forced_phot`.
        overwrite : bool, optional
            Measure again whatever is on disk.
        n_sigma : float, optional
            How many times the scatter a depth is.
        n_nearest : int, optional
            How many apertures a local depth is of.
        mask, exclude, work_dir, progress, client, verify : optional
            As in `segment`.

        Raises
        ------
        SkysegError
            As `segment` does; also if the detection has not been segmented, or lies on other
            pixels.

        Examples
        --------
        >>> band.run_depths()
        >>> band.depths.table.colnames
        ['APER_DIAM', 'N_APER', 'SCATTER', 'DEPTH', 'LOC_DEPTH']
        """
        from skyseg.survey.band_depths import measure_depths, plan_depths, settle_numbers
        from skyseg.survey.forced_detection import SharedDetection

        check_switch(overwrite, "overwrite")
        check_switch(verify, "verify")
        maps = self.maps.cut(None)
        numbers = settle_numbers(n_sigma, n_nearest)
        if detection is None:
            shared = SharedDetection.of(self.maps, self.products)
        elif isinstance(detection, SharedDetection):
            shared = detection
        else:
            shared = self._share(detection, None)
        paths, recipe = plan_depths(
            maps,
            shared.detection,
            numbers,
            err_type=err_type,
            parameters=parameters,
            aper_diams=self._aper_diams if aper_diams is None else aper_diams,
            mask=self._find_mask(mask, work_dir),
            exclude=exclude,
            work_dir=self.work_dir if work_dir is None else work_dir,
        )
        with follow(progress) as tell, connected(client) as cluster:
            self.depths = measure_depths(
                maps,
                shared,
                numbers,
                paths,
                recipe,
                overwrite=overwrite,
                verify=verify,
                progress=tell,
                mapper=None if cluster is None else DaskMapper(cluster),
            )

    @property
    def depths_path(self) -> Path | None:
        """File of the last `run_depths`."""
        return None if self.depths is None else self.depths.paths.cat

    def append_loc_depth_cols(self, table: QTable) -> None:
        """Give a catalogue local depths; see `skyseg.products.depths.Depths`.

        Raises
        ------
        ProductError
            If `run_depths` has not been called, or its file cannot be read.
        ParameterError
            If the catalogue is of another band or run, or has no positions.

        Examples
        --------
        >>> band.run_depths()
        >>> table = band.load_cat()
        >>> band.append_loc_depth_cols(table)
        >>> table["LOC_DEPTH_APER"].shape == (len(table), 5)
        True
        """
        depths = self._measured_depths()
        self._check_own(table)
        depths.append_loc_depth_cols(table)

    def assess(
        self,
        injection: Injection | None = None,
        *,
        progress: Progress | bool | None = None,
        client: Client | str | None = None,
    ) -> Assessment:
        """Tell how far the last `segment` can be trusted: its purity, and its completeness.

        Noise is as often below the sky as above it, so that what is detected in the negative
        image, with the same settings and masks, is as much as what noise adds to the catalogue.
        Completeness is the part of sources that are found after they were put into the image.

        Parameters
        ----------
        injection : skyseg.assessment.Injection, optional
            Which sources are put into the image; by default none.
        progress, client : optional
            As in `segment`.

        Returns
        -------
        skyseg.assessment.Assessment
            Purity of all, and by S/N, magnitude and area, each with its error; and of an
            injection the completeness, and how well magnitudes and sizes are measured.

        Raises
        ------
        ProductError
            If the band has not been segmented.
        SkysegError
            As `segment` does; or if magnitudes or PSF of the injection are neither given nor
            told by the catalogue.

        Examples
        --------
        >>> band.segment()
        >>> bool(band.assess().purity.purity > 0.95)
        True
        >>> from skyseg import Injection
        >>> found = band.assess(Injection(n=40, mags=(24, 31), psf=0.145)).completeness
        >>> bool(found.by_mag["COMPLETENESS"][0] > 0.5)
        True
        """
        from skyseg.assessment import Injection as Asked
        from skyseg.survey.band_assessment import assess_run

        if injection is not None and not isinstance(injection, Asked):
            raise ParameterError(
                f"is {injection!r}", hint="give an Injection, or leave it out",
                argument="injection",
            )  # fmt: skip

        products = self._segmented()
        with follow(progress) as tell, connected(client) as cluster:
            mapper = None if cluster is None else DaskMapper(cluster)
            found = assess_run(self.maps.cut(None), products, injection, tell, mapper)
        self.assessment = found
        return found

    def append_purity_col(self, table: QTable) -> None:
        """Give a catalogue of the last `assess` the purity at each source's S/N, PURITY.

        It rises with S/N; see `skyseg.assessment.Purity.at`.

        Parameters
        ----------
        table : QTable
            What `load_cat` returns, which is changed.

        Raises
        ------
        ProductError
            If `assess` has not been called since `segment`.
        ParameterError
            If the catalogue is of another run, or has not FLUX_AUTO and its error.

        Examples
        --------
        >>> band.segment()
        >>> found = band.assess()
        >>> table = band.load_cat()
        >>> band.append_purity_col(table)
        >>> bool((table["PURITY"] <= 1).all())
        True
        """
        if self.assessment is None:
            raise ProductError(f"{self.name} has not been assessed", hint="call {assess} first")
        if self.assessment.run_id != (run := self._segmented().run_id):
            raise ProductError(
                f"{self.name} was assessed before it was segmented again", hint="call {assess}"
            )
        check_table(table)
        if find_run(table.meta) not in {None, run}:
            raise ParameterError(
                "is of another run", hint="give what load_cat returns", argument="table"
            )
        self.assessment.purity.append_purity_col(table)

    def advise(
        self,
        purity: float = 0.99,
        *,
        err_type: ErrType | None = None,
        parameters: str | Path | Parameters = "default",
        mask: bool | str | Path = False,
        exclude: Bits = "all",
    ) -> Recommendation:
        """Advise which error map, threshold, kernel and area give a purity.

        What is detected in the image and in its negative is counted against the threshold; see
        `skyseg.assessment.advise`.

        Parameters
        ----------
        purity : float, optional
            Part of the detections that is to be real.
        err_type, parameters, mask, exclude : optional
            As in `segment`: the settings as they are. Each of the band's error maps is tried.

        Returns
        -------
        skyseg.assessment.Recommendation
            Printed, it is told in words; its ``parameters`` and ``err_type`` are what
            `segment` takes.

        Raises
        ------
        ParameterError
            If an argument is not allowed, the parameters are those of two passes, or no
            threshold gives that purity.
        SkysegError
            As `segment` does.

        Examples
        --------
        >>> advice = band.advise(purity=0.95)
        >>> bool(advice.best.purity >= 0.95)
        True
        >>> band.segment(advice.err_type, parameters=advice.parameters)
        """
        from skyseg.survey.band_advice import advise_band

        chosen = self._find_mask(mask, None)
        return advise_band(self.maps, purity, err_type, parameters, chosen, exclude)

    @overload
    def why(self, x: SkyCoord | str) -> Why: ...
    @overload
    def why(self, x: float, y: float) -> Why: ...
    @overload
    def why(self, *, source: int) -> Why: ...
    def why(
        self,
        x: SkyCoord | str | float | None = None,
        y: float | None = None,
        *,
        source: int | None = None,
    ) -> Why:
        """Tell why the map of the last `segment` is as it is, at a pixel or a source.

        Parameters
        ----------
        x, y : float, optional
            Column and row of the map, from 0.
        x : SkyCoord or str, optional
            In place of both, a position on the sky.
        source : int, optional
            In place of a position, the NUMBER of a source: its brightest pixel.

        Returns
        -------
        skyseg.assessment.Why
            What each step of the run made of the pixel, and which value of which parameter
            would change that. Printed, it is told in words; pixels count from 0.

        Raises
        ------
        ParameterError
            If no one place is given, or it is none of the map.
        ProductError
            If the band has not been segmented, or its products cannot be read.
        MethodError
            If another method than ``skyseg`` made the map.

        Examples
        --------
        >>> band.segment()
        >>> band.why(source=2).verdict
        'source'
        >>> print(band.why(5, 5))
        Pixel (5, 5), counted from 0 (X_IMAGE 6, Y_IMAGE 6), of ...
        ...
        """
        from skyseg.survey.band_why import BandWhy

        given = [x is not None, source is not None]
        if sum(given) != 1 or (y is None) == isinstance(x, (int, float, np.number)):
            raise ParameterError(
                "no one place is given", hint="give x and y, a position on the sky, or source",
            )  # fmt: skip
        answers = BandWhy(self)
        if source is not None:
            return answers.of_source(source)
        return answers.at(x if y is None else (x, y))

    def append_empty_error_cols(self, table: QTable) -> None:
        """Give a catalogue errors of FLUX_APER from empty apertures, FLUXERR_APER_EMPTY.

        They hold the correlation of the noise, and do not depend on the scale of the error map;
        see `skyseg.products.depths.Depths`.

        Raises
        ------
        ProductError
            If `run_depths` has not been called, or its file cannot be read.
        ParameterError
            If the catalogue is of another band or run, or has no positions.

        Examples
        --------
        >>> band.run_depths()
        >>> table = band.load_cat()
        >>> band.append_empty_error_cols(table)
        >>> table["FLUXERR_APER_EMPTY"].unit == table["FLUXERR_APER"].unit
        True
        """
        depths = self._measured_depths()
        self._check_own(table)
        depths.append_empty_error_cols(table)

    def append_aper_corr_cols(self, table: QTable, psf: str | Path | MapRef) -> None:
        """Give a catalogue of this band aperture fluxes corrected for the light outside.

        Parameters
        ----------
        table : QTable
            What `load_cat` or `load_forced_phot` returns, which is changed.
        psf : str, Path or MapRef
            Image of the band's PSF; see `skyseg.survey.aper_corr_cols.append_aper_corr_cols`.

        Raises
        ------
        ParameterError
            If the catalogue is of another band or run, has no aperture fluxes, or does not say
            their diameters.
        ImageError
            If the image cannot be used.
        """
        from skyseg.survey.aper_corr_cols import append_aper_corr_cols

        self._check_own(table)
        told = [float(each) for each in str(table.meta.get("APERDIAM", "")).split()]
        if not told:
            raise ParameterError(
                "does not say which apertures it has", hint="give one that load_cat returns",
                argument="table",
            )  # fmt: skip
        scale = self.maps.pix_scale_arcsec
        append_aper_corr_cols(table, MapRef.parse(psf, None), told, scale)

    def plot_depths(
        self,
        aper: int = 0,
        *,
        ax: Axes | None = None,
        save: str | os.PathLike[str] | None = None,
        show: bool = False,
    ) -> Axes:
        """Plot the map of local depth of the last `run_depths`.

        Parameters
        ----------
        aper : int, optional
            Which of the diameters, from 0.
        ax, save, show : optional
            As in `plot`.

        Raises
        ------
        ProductError
            If `run_depths` has not been called, or the figure cannot be written.
        ParameterError
            If there is no such diameter.
        """
        from skyseg.plotting.depths import plot_depth_map

        return plot_depth_map(self._measured_depths(), self.name, aper, ax=ax, save=save, show=show)

    def _check_own(self, table: QTable) -> None:
        """Check that a catalogue is of this band, where it tells of which run it is.

        Raises
        ------
        ParameterError
            If it is of none of the last runs, or no table.
        """
        check_table(table)
        run, made = find_run(table.meta), self.products
        runs = (made, None if made is None else made.base, self.forced_phot)
        own = {each.run_id for each in runs if each is not None}
        if run is not None and run not in own:
            raise ParameterError(
                f"is of another band or run than the last of {self.name}",
                hint="give what load_cat or load_forced_phot returns", argument="table",
            )  # fmt: skip

    def _measured_depths(self) -> Depths:
        if self.depths is None:
            raise ProductError(f"{self.name} has no depths", hint="call {run_depths} first")
        return self.depths

    def _find_part(self, region: Region) -> Slices | None:
        """Return the part of the maps on disk that is a region; None where it is all of it."""
        whole = self.maps.cut(None)
        from skyseg.imaging.regions import region_slices

        part = region_slices(
            region,
            whole.shape,
            wcs=whole.wcs,
            pix_scale=whole.pix_scale,
            catalogue=self._load_positions,
        )
        return None if part == region_slices(None, whole.shape) else part

    def _load_positions(self) -> QTable:
        """Catalogue of the last `segment`, with positions in the maps on disk."""
        table, part = self.load_places(), self._segmented().recipe.part
        if part is not None:
            for name, start in (("X_IMAGE", part[1].start), ("Y_IMAGE", part[0].start)):
                table[name] = table[name] + start * table[name].unit
        return table

    def _paths(self, recipe: Recipe, work_dir: str | Path | None) -> ProductPaths:
        return make_paths(
            method=recipe.method,
            instrument=self.instrument,
            version=self.version,
            survey=self.survey,
            band=self.band,
            err_type=recipe.err_type,
            set_name=recipe.set_name,
            part=recipe.part,
            edited=recipe.edits is not None,
            work_dir=self.work_dir if work_dir is None else work_dir,
        )

    @property
    def seg_path(self) -> Path | None:
        """SEG map of the last `segment`."""
        return None if self.products is None else self.products.paths.seg

    @property
    def bkg_path(self) -> Path | None:
        """BKG map of the last `segment`."""
        return None if self.products is None else self.products.paths.bkg

    @property
    def cat_path(self) -> Path | None:
        """Catalogue of the last `segment`."""
        return None if self.products is None else self.products.paths.cat

    @property
    def seg_args(self) -> dict[str, Any] | None:
        """Arguments of the last `segment`; ``segment(**seg_args)`` loads its products again."""
        return None if self.products is None else self.products.arguments

    @property
    def made_by(self) -> str:
        """What the products were made by, such as ``"rms_err"`` or ``"wht sextractor crowded"``.

        The default method and parameter set are not named; empty where there are
        no products.
        """
        return "" if self.products is None else self.products.made_by

    @overload
    def load_seg(self, incl_hdr: Literal[False] = False) -> LabelImage: ...
    @overload
    def load_seg(self, incl_hdr: Literal[True]) -> tuple[LabelImage, fits.Header]: ...
    def load_seg(self, incl_hdr: bool = False) -> LabelImage | tuple[LabelImage, fits.Header]:
        """Read the SEG map of the last `segment`; see `skyseg.products.Products.load_seg`."""
        return self._segmented().load_seg(incl_hdr)

    @overload
    def load_bkg(self, incl_hdr: Literal[False] = False) -> FloatImage: ...
    @overload
    def load_bkg(self, incl_hdr: Literal[True]) -> tuple[FloatImage, fits.Header]: ...
    def load_bkg(self, incl_hdr: bool = False) -> FloatImage | tuple[FloatImage, fits.Header]:
        """Read the BKG map of the last `segment`; see `skyseg.products.Products.load_bkg`."""
        return self._segmented().load_bkg(incl_hdr)

    def load_cat(self, flux_unit: u.UnitBase | str | None = None) -> QTable:
        """Read the catalogue of the last `segment`; see `skyseg.products.Products.load_cat`."""
        return self._segmented().load_cat(flux_unit)

    def write_cat(
        self,
        path: str | os.PathLike[str],
        *,
        flux_unit: u.UnitBase | str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the catalogue of the last `segment` for other programs.

        Parameters
        ----------
        path, flux_unit, overwrite
            As for `skyseg.products.Products.write_cat`: the ending is ``.fits``, ``.ecsv``,
            ``.csv`` or, for DS9, ``.reg``.

        Examples
        --------
        >>> band.write_cat("sources.csv", flux_unit="nJy").name
        'sources.csv'
        """
        return self._segmented().write_cat(path, flux_unit=flux_unit, overwrite=overwrite)

    def load_places(self) -> QTable:
        """Read where the sources are; see `skyseg.products.Products.load_places`."""
        return self._segmented().load_places()

    def read_editable(self) -> Editable:
        """Return the SEG map of the last `segment`, before edits, as `skyseg.Edits` takes it.

        Raises
        ------
        ProductError
            If the band was not segmented, or the map cannot be read.
        """
        products = self._segmented()
        return _Run(self, products.base or products).read_editable()

    def load_part(self, ext: str, part: Slices) -> FloatImage | LabelImage:
        """Read a part of a map, and not the rest of it.

        Parameters
        ----------
        ext : {"SCI", "ERR", "WHT", "SEG", "BKG"}
            Which map.
        part : tuple of slice
            Its rows and columns, without steps; of SEG and BKG those of the region that
            was segmented.

        Returns
        -------
        ndarray of float32, or of int32 for SEG

        Raises
        ------
        ParameterError
            If there is no map of that name, or the part is empty.
        SkysegError
            As the map's own ``load_`` method does.

        Examples
        --------
        >>> band.load_part("SEG", np.s_[:100, :100]).shape
        (100, 100)
        """
        from skyseg.imaging.regions import region_slices

        if ext in ("SEG", "BKG"):
            products = self._segmented()
            shape = self.maps.cut(products.recipe.part).shape
            return products.load_part(ext, region_slices(part, shape))
        return self.maps.load_part(ext, region_slices(part, self.shape))

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
        err_type : {"rms_err", "wht", "none"}, optional
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
        err_type : {"rms_err", "wht", "none"}, optional
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

        Where these are of a region, the band is cut to it.

        Parameters
        ----------
        err_type : {"rms_err", "wht", "none"} or None
            None is the band as it is.

        Returns
        -------
        BandData
            The band itself, or a copy where its own products are others or of a region.
        """
        arguments = self.seg_args or {}
        band = self
        if err_type not in (None, arguments.get("err_type")):
            band = self.copy()
            band.segment(**{**arguments, "err_type": err_type, "edits": False})
        if band.products is None or band.products.recipe.part == band.maps.part:
            return band
        cut = band.copy()
        cut.maps = band.maps.cut(band.products.recipe.part)
        return cut

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
        err_type_a, err_type_b : {"rms_err", "wht", "none"}, optional
            The two sides.
        method, parameters : optional
            As for `segment`, for both sides; aperture diameters, columns, region and
            folder are those of the last `segment`.

        Returns
        -------
        skyseg.comparison.Comparison

        Examples
        --------
        >>> counts = band.difference("rms_err", "wht").counts
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
        err_type: ErrType | None = None,
        parameters: str | Path | Parameters = "default",
    ) -> Comparison:
        """Compare the SEG maps of two methods, loaded or made.

        Parameters
        ----------
        method_a, method_b : str, optional
            Two of `skyseg.methods.names`.
        err_type, parameters : optional
            As for `segment`, for both methods; aperture diameters and region are those
            of the last `segment`.

        Returns
        -------
        skyseg.comparison.Comparison

        Examples
        --------
        >>> counts = band.compare_methods("skyseg", "sextractor").counts
        """
        same = {"err_type": err_type, "parameters": parameters}
        return self._compare_runs({"method": method_a, **same}, {"method": method_b, **same})

    def _compare_runs(self, a: dict[str, Any], b: dict[str, Any]) -> Comparison:
        """Compare the SEG maps that `segment` loads or makes with two sets of arguments."""
        from skyseg.comparison import compare

        last = self.seg_args or {}
        same = {
            name: last.get(name)
            for name in ("aper_diams", "params_name", "flag_image", "region", "work_dir")
        } | {name: last[name] for name in ("mask", "exclude") if name in last}
        return compare((self, {**a, **same}), (self, {**b, **same}))

    def _segmented(self) -> Products:
        return check_segmented(self.products, self.name)

    def summary(self) -> dict[str, str]:
        """Return what is known of the band and its products, as text by name."""
        none = dict.fromkeys(("SEG", "BKG", "CAT", "err_type", "method", "parameters"), "-")
        made = none if self.products is None else self.products.summary()
        return self.maps.summary() | made

    def copy(self) -> Self:
        """Return a copy that is segmented on its own."""
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.survey} {self.version} {self.instrument} {self.band}>"

    def __str__(self) -> str:
        return facts_text(repr(self), self.summary())

    def _repr_html_(self) -> str:
        return html_table(self.name, ["", ""], [list(row) for row in self.summary().items()])

    def __mul__(self, other: object) -> BandData:
        """Stack two bands, with the defaults of `skyseg.Data.stack`; a stack takes up more."""
        from skyseg.survey.stacking import stack_bands

        return stack_bands([self, other]) if isinstance(other, BandData) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return self.maps == other.maps if isinstance(other, BandData) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.maps)


class _Run(NamedTuple):
    """A run of a band, whose map is edited."""

    band: BandData
    products: Products

    def read_editable(self) -> Editable:
        """Return the map of the run."""
        from skyseg.editing.editable import Editable
        from skyseg.survey.band_light import BandLight

        seen, run = self.band.copy(), self.products
        seen.products = run
        seen.maps = self.band.maps.cut(run.recipe.part)
        return Editable(
            run.load_seg(), seen.wcs, BandLight(seen), seen.name, run.made_by, run.run_id,
            run.paths.journal,
        )  # fmt: skip


def _one_of(
    parameters: str | Path | Parameters, config_name: str | Path | None
) -> str | Path | Parameters:
    if config_name is None:
        return parameters
    if parameters != "default":
        raise ParameterError(
            "and parameters name the same thing", hint="give one of them", argument="config_name"
        )
    return config_name


def _find_edits(
    edits: bool | str | Path | Edits, beside: ProductPaths, part: Slices | None
) -> ChosenEdits | None:
    from skyseg.survey.band_edits import ChosenEdits

    return ChosenEdits.find(edits, beside, part)
