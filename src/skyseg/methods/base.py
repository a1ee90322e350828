"""What a segmentation method is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from skyseg.engine.parameters import WEIGHT_TYPES_OF, Parameters
from skyseg.engine.types import AnyLabelImage, ErrType, FloatImage, Progress, Slices
from skyseg.methods.filled import FilledCat

WEIGHT_TYPES: Final = {err_type: types[0] for err_type, types in WEIGHT_TYPES_OF.items()}
"""SExtractor's name of each error type (WEIGHT_TYPE)."""

ERR_TYPE_LABELS: Final[dict[ErrType, str]] = {
    "rms_err": "rms_err",
    "wht": "wht",
    "none": "none (from the image)",
}
"""What each error type is called where people choose or see it."""

if TYPE_CHECKING:
    from astropy.table import QTable
    from astropy.wcs import WCS

    from skyseg.engine import Canvas, FlagRows, Mapper, Mask, Rows
    from skyseg.imaging.sky import Sky
    from skyseg.methods.columns import AskedColumn
    from skyseg.methods.hot_pass import HotPass


@dataclass(frozen=True, kw_only=True)
class Request:
    """One extraction: the maps of a band and how it is to be done.

    A method that takes whole arrays reads both maps by `skyseg.engine.as_array`, and
    marks the bad pixels by `skyseg.engine.mark_bad_pixels`; see `Method`.

    Attributes
    ----------
    sci : ndarray of float32, shape (ny, nx), or Rows
        Science image; NaN is a bad pixel. `Rows` are read a part at a time, or
        whole by `skyseg.engine.as_array`.
    err : ndarray of float32, shape (ny, nx), or Rows, or None
        For ``rms_err`` the rms of the noise in the unit of ``sci``; for ``wht``
        a weight, proportional to the inverse variance. A value of zero or
        less, NaN, infinite, or an rms above 1e15, is a bad pixel. None for
        ``none``.
    err_type : {"rms_err", "wht", "none"}
        Which of the two ``err`` is; or ``none``, where the noise is to be found in
        ``sci`` itself.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    pix_scale : float
        Side of a pixel in arcsec.
    zero_point : float
        AB magnitude of one unit of ``sci``; NaN where unknown.
    sky : Sky or None
        Where the pixels of ``sci`` lie on the sky; None without a celestial WCS.
    unit : str
        Unit of ``sci`` as a FITS string, or an empty string.
    flags : ndarray of int, shape (ny, nx), or FlagRows, or None
        Flag map, of whole numbers from 0 on; 0 is no flag.
    mask : Mask or None
        What is excluded from detection, or flagged; the columns of a mask are measured by
        `skyseg.methods.run` where a method leaves them empty.
    columns : tuple of AskedColumn or None
        The columns of the catalogue; None for those of
        `skyseg.methods.catalogue.COLUMNS`.
    name : str
        What the maps are, for messages: ``"JOF v11 F444W"``.
    progress : callable or None
        Called with the part that is done (0 to 1) and a short text.
    canvas : Canvas or None
        Where a method that draws its maps row by row may put them.
    mapper : Mapper or None
        How such a method has its strips worked: in threads, on a cluster.
    psf : ndarray of float32, shape (ny, nx), or None
        Image of the PSF that CLEAN follows, on pixels as those of ``sci``.
    hot : HotPass or None
        The second pass, for a run in two; ``parameters`` are those of the first.
    part : tuple of slice or None
        The part of the maps whose sources are wanted; None for all. SEG, BKG, positions in
        pixels, ``sky`` and ``canvas`` are of the part.
    """

    sci: FloatImage | Rows
    err: FloatImage | Rows | None
    err_type: ErrType
    parameters: Parameters
    aper_diams: tuple[float, ...]
    pix_scale: float
    zero_point: float
    sky: Sky | None
    unit: str = ""
    flags: AnyLabelImage | FlagRows | None = None
    mask: Mask | None = None
    columns: tuple[AskedColumn, ...] | None = None
    name: str = "image"
    progress: Progress | None = None
    canvas: Canvas | None = None
    mapper: Mapper | None = None
    psf: FloatImage | None = None
    hot: HotPass | None = None
    part: Slices | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of SEG and BKG."""
        if self.part is None:
            return self.sci.shape[0], self.sci.shape[1]
        rows, columns = self.part
        return rows.stop - rows.start, columns.stop - columns.start

    @property
    def wcs(self) -> WCS | None:
        """Celestial WCS of ``sci`` as astropy's; None without one."""
        return None if self.sky is None else self.sky.wcs

    @property
    def sky_pix_scale(self) -> float:
        """Side of a pixel in arcsec for mag/arcsec2: as the parameters say, else as the image."""
        return self.parameters.pixel_scale or self.pix_scale

    def report(self, part: float, text: str) -> None:
        """Tell whoever waits which part is done, 0 to 1, and what comes next."""
        if self.progress is not None:
            self.progress(part, text)


class _Cat:
    """The catalogue of an outcome, which becomes a table where it is looked at."""

    def __get__(self, outcome: Outcome | None, _owner: type[Outcome]) -> QTable:
        if outcome is None:
            raise AttributeError  # which says that there is no default
        given = outcome.given_cat
        table = given.as_table() if isinstance(given, FilledCat) else given
        outcome.__dict__["cat"] = table
        return table

    def __set__(self, outcome: Outcome, given: QTable | FilledCat) -> None:
        outcome.__dict__["cat"] = given


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The three products of an extraction; `skyseg.methods.run` checks them.

    Attributes
    ----------
    seg : ndarray of int32, shape (ny, nx), or None
        Labels; 0 is background, a label is a NUMBER of the catalogue. None
        where the request's canvas has them.
    bkg : ndarray of float32, shape (ny, nx), or None
        Mesh background model of ``back_size`` and ``back_filtersize``. None where
        the request's canvas has it, or where the method has none: the BKG map
        is then NaN, and a caveat says so.
    cat : astropy.table.QTable
        One row per source, by ascending NUMBER, with all columns that the request
        asks for; `skyseg.methods.catalogue.build` makes it of what was measured.
    version : str
        Version of the program that made it.
    facts : dict
        Numbers worth keeping: ``n_bad`` (bad pixels), ``weight_factor``, ...; names
        of letters, digits and ``_``.
    caveats : tuple of str
        What the method does otherwise than the parameters ask, and what it does
        not measure; plain sentences, which the products' headers keep.
    """

    seg: npt.NDArray[np.int32] | None
    bkg: FloatImage | None
    cat: _Cat = _Cat()
    version: str
    facts: dict[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Outcome({len(self.given_cat)} sources by {self.version})"

    @property
    def given_cat(self) -> QTable | FilledCat:
        """The catalogue as the method gave it: a table, or what becomes one in ``cat``."""
        given: QTable | FilledCat = vars(self)["cat"]
        return given

    def but(self, **changes: Any) -> Outcome:
        """Return it with other values, and with its catalogue as it was given."""
        return Outcome(**{each.name: vars(self)[each.name] for each in fields(self)} | changes)


class Method(Protocol):
    """A segmentation method, as the registry holds it.

    Another package joins by an entry point of the group ``skyseg.methods`` that
    names a class of this shape; the entry point's name is the method's name.

    Products go to ``{work_dir}/{name of the method}``. A method that wants another
    folder there names it in an attribute ``folder``, and one whose folder has a
    setting of its own names that in an attribute ``folder_setting``. A method that has
    its work done by the request's mapper, and so on a cluster, says so by an attribute
    ``uses_mapper = True``. One that finds the noise in the image itself where a request
    has no ``err`` says so by ``finds_noise = True``; others are not given such a request.
    One that gives the sources of a request's ``part`` as those of the whole maps says so by
    ``takes_parts = True``; others are given maps that hold the part alone.
    One that detects nothing in what a request's ``mask`` excludes says ``excludes = True``;
    others are given masks that flag alone.
    One that follows a request's ``psf`` says ``takes_psf = True``.
    One that runs a request's ``hot`` pass too says ``takes_two_passes = True``.
    One that works maps whose squares 32-bit numbers do not hold says ``any_scale = True``.
    One whose facts hold those of `skyseg.engine.NoiseMeasure` says ``measures_noise = True``.
    One that takes weights for inverse variances, and does not scale them by the image, says
    ``takes_weights_as_they_are = True``. One that detects in the image that is filtered with the
    kernel of the parameters has ``threshold_rms(request)``, which returns what a threshold of 1
    is there, in units of the rms that the error map tells; runs then say what the threshold is in
    sigma of the sky.

    Examples
    --------
    A method without a background, a filter or deblending; the package that has it in
    its module ``islands`` says so in its ``pyproject.toml``::

        [project.entry-points."skyseg.methods"]
        islands = "islands:Islands"

    >>> import numpy as np
    >>> from scipy import ndimage
    >>> from skyseg.engine import as_array, mark_bad_pixels
    >>> from skyseg.methods import catalogue
    >>> class Islands:
    ...     def version(self):
    ...         return "islands 1.0"
    ...
    ...     def run(self, request):
    ...         sci, err = as_array(request.sci), as_array(request.err)
    ...         bad = mark_bad_pixels(sci, err, request.err_type)
    ...         good = np.where(bad, 1, err)
    ...         rms = good if request.err_type == "rms_err" else 1 / np.sqrt(good)
    ...         above = ~bad & (sci > request.parameters.detect_thresh * rms)
    ...         seg, n = ndimage.label(above, output=np.int32)
    ...         numbers = np.arange(1, n + 1)
    ...         places = np.reshape(ndimage.center_of_mass(above, seg, numbers), (n, 2))
    ...         measured = {
    ...             "NUMBER": numbers,
    ...             "X_IMAGE": places[:, 1] + 1,
    ...             "Y_IMAGE": places[:, 0] + 1,
    ...             "FLUX_ISO": ndimage.sum_labels(sci, seg, numbers),
    ...         }
    ...         return Outcome(
    ...             seg=seg,
    ...             bkg=None,
    ...             cat=catalogue.build(measured, request),
    ...             version=self.version(),
    ...             facts={"n_bad": int(bad.sum())},
    ...             caveats=catalogue.not_measured(measured, request),
    ...         )
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> request = Request(sci=image, err=np.ones_like(image), err_type="rms_err",
    ...     parameters=Parameters(), aper_diams=(0.5,), pix_scale=0.04, zero_point=28.9, sky=None)
    >>> cat = Islands().run(request).cat
    >>> cat["X_IMAGE"].value.tolist(), cat["FLUX_ISO"].tolist()
    ([22.5], [800.0])
    """

    def version(self) -> str:
        """Return the version of the program behind the method.

        Raises
        ------
        MethodError
            If the program is not installed; the message says how to install it.
        """
        ...

    def run(self, request: Request) -> Outcome:
        """Extract the sources of one band.

        Raises
        ------
        MethodError
            If the program fails.
        ImageError
            If the maps hold no good pixel.
        """
        ...
