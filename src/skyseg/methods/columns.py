"""The columns that a catalogue can have: SExtractor's names, dtypes, units, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from skyseg.engine.flag_maps import FLAG_COLUMNS
from skyseg.engine.masking import COLUMN_PREFIX
from skyseg.errors import ParameterError, advise_name
from skyseg.masks.bits import ABOUT, BIT_VALUES, MaskBit

FLUX_UNIT: Final = "flux"
VALUE_UNIT: Final = "value"


@dataclass(frozen=True)
class Column:
    """One column that a catalogue can have.

    Attributes
    ----------
    name : str
        SExtractor's name.
    dtype : str
        Numpy dtype of a value.
    unit : str
        FITS unit, ``"flux"`` for that of sums over pixels of the image, ``"value"`` for
        that of its pixels, or empty.
    about : str
        One line that says what it holds.
    per_aperture : bool
        Whether a row holds one value for each aperture.
    per_fraction : bool
        Whether a row holds one value for each part of the light (PHOT_FLUXFRAC).
    made_of : tuple of str
        The measurements that it is computed from; empty where it is measured itself.
    """

    name: str
    dtype: str
    unit: str
    about: str
    per_aperture: bool = False
    per_fraction: bool = False
    made_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskedColumn:
    """A column that somebody asks for, with the number of values that a row is to hold.

    Examples
    --------
    >>> str(AskedColumn("FLUX_APER", 5)), str(AskedColumn("FLAGS"))
    ('FLUX_APER(5)', 'FLAGS')
    """

    name: str
    size: int = 1

    def __str__(self) -> str:
        return self.name if self.size == 1 else f"{self.name}({self.size})"


_PLACE: Final = ("X_IMAGE", "Y_IMAGE")


def _mag(kind: str, about: str) -> Column:
    """Magnitude of a flux."""
    return Column(f"MAG_{kind}", "f4", "mag", about, kind == "APER", made_of=(f"FLUX_{kind}",))


def _magerr(kind: str) -> Column:
    """Error of a magnitude."""
    of = f"FLUX_{kind}", f"FLUXERR_{kind}"
    about = f"Error of MAG_{kind}"
    return Column(f"MAGERR_{kind}", "f4", "mag", about, kind == "APER", made_of=of)


COLUMNS: Final[tuple[Column, ...]] = (
    Column("NUMBER", "i4", "", "Label in the SEG map"),
    Column("X_IMAGE", "f8", "pix", "Isophotal centroid along x, first pixel is 1"),
    Column("Y_IMAGE", "f8", "pix", "Isophotal centroid along y, first pixel is 1"),
    Column(
        "ALPHA_J2000", "f8", "deg", "Right ascension (ICRS); NaN without a WCS", made_of=_PLACE
    ),
    Column("DELTA_J2000", "f8", "deg", "Declination (ICRS); NaN without a WCS", made_of=_PLACE),
    _mag("APER", "AB mag in circular apertures; NaN where flux <= 0"),
    Column("FLUX_APER", "f4", FLUX_UNIT, "Sum of pixels in circular apertures", True),
    _magerr("APER"),
    Column("FLUXERR_APER", "f4", FLUX_UNIT, "Error of FLUX_APER", True),
    _mag("AUTO", "AB mag in the Kron ellipse; NaN where flux <= 0"),
    _magerr("AUTO"),
    Column("FLUX_AUTO", "f4", FLUX_UNIT, "Sum of pixels in the Kron ellipse"),
    Column("FLUXERR_AUTO", "f4", FLUX_UNIT, "Error of FLUX_AUTO"),
    _mag("BEST", "AUTO, or corrected ISO if crowded; NaN where flux <= 0"),
    _magerr("BEST"),
    _mag("ISO", "AB mag in the isophote; NaN where flux <= 0"),
    _magerr("ISO"),
    Column("KRON_RADIUS", "f4", "", "Kron radius in units of A_IMAGE and B_IMAGE"),
    Column(
        "FLUX_RADIUS", "f4", "pix", "Radius that holds PHOT_FLUXFRAC of FLUX_AUTO",
        per_fraction=True,
    ),
    Column("FWHM_IMAGE", "f4", "pix", "Full width at half maximum of a Gaussian core"),
    Column("CLASS_STAR", "f4", "", "1 star, 0 galaxy; SExtractor alone, else NaN"),
    Column("SNR_WIN", "f4", "", "Signal to noise in a Gaussian window"),
    Column("ELONGATION", "f4", "", "A_IMAGE / B_IMAGE"),
    Column("THETA_IMAGE", "f4", "deg", "Angle of the major axis from x towards y"),
    Column("A_IMAGE", "f4", "pix", "Rms extent along the major axis"),
    Column("B_IMAGE", "f4", "pix", "Rms extent along the minor axis"),
    Column("FLAGS", "i2", "", "Extraction flags, SExtractor's bits"),
    Column("ISOAREA_IMAGE", "i4", "pix2", "Area above the analysis threshold"),
    Column("FLUX_ISO", "f4", FLUX_UNIT, "Sum of pixels in the isophote"),
    Column("FLUXERR_ISO", "f4", FLUX_UNIT, "Error of FLUX_ISO"),
    Column("ISOAREAF_IMAGE", "i4", "pix2", "Area above the detection threshold, filtered"),
    Column("XMIN_IMAGE", "i4", "pix", "First column of the source, from 1"),
    Column("YMIN_IMAGE", "i4", "pix", "First row of the source, from 1"),
    Column("XMAX_IMAGE", "i4", "pix", "Last column of the source, from 1"),
    Column("YMAX_IMAGE", "i4", "pix", "Last row of the source, from 1"),
)  # fmt: skip
"""The columns of a catalogue where none are asked for."""

EXTRA_COLUMNS: Final[tuple[Column, ...]] = (
    Column("XWIN_IMAGE", "f8", "pix", "Windowed centroid along x, first pixel is 1"),
    Column("YWIN_IMAGE", "f8", "pix", "Windowed centroid along y, first pixel is 1"),
    Column("IMAFLAGS_ISO", "i4", "", "Flags of the pixels, combined by FLAG_TYPE"),
    Column("NIMAFLAGS_ISO", "i4", "", "Number of pixels that IMAFLAGS_ISO stands for"),
    *(
        Column(f"{COLUMN_PREFIX}{bit.name}", "i4", "", f"Number of pixels {ABOUT[bit]}")
        for bit in MaskBit
    ),
)
"""Columns of the methods that measure them unasked, after the others."""


def _ellipse_columns(error: str) -> tuple[Column, ...]:
    """Columns of an ellipse in pixels: of a source, or of the error of its position."""
    of = "Position's" if error else "Light's"
    return (
        Column(f"{error}X2_IMAGE", "f8", "pix2", f"{of} variance along x"),
        Column(f"{error}Y2_IMAGE", "f8", "pix2", f"{of} variance along y"),
        Column(f"{error}XY_IMAGE", "f8", "pix2", f"{of} covariance of x and y"),
        Column(f"{error}CXX_IMAGE", "f4", "pix-2", f"{of} ellipse: coefficient of x^2"),
        Column(f"{error}CYY_IMAGE", "f4", "pix-2", f"{of} ellipse: coefficient of y^2"),
        Column(f"{error}CXY_IMAGE", "f4", "pix-2", f"{of} ellipse: coefficient of xy"),
    )


def _world_columns(
    error: str, infix: str = "", place: tuple[str, str] = _PLACE
) -> tuple[Column, ...]:
    """Columns of the same ellipse on the sky."""
    of = "Position's" if error else "Light's"
    image = tuple(f"{error}{each}{infix}_IMAGE" for each in ("X2", "Y2", "XY")) + place
    within = " in the window" if infix else ""
    return tuple(
        Column(f"{error}{name}{infix}_{end}", dtype, unit, f"{of} {about}{within}", made_of=image)
        for name, end, dtype, unit, about in (
            ("X2", "WORLD", "f8", "deg2", "variance along the first world axis"),
            ("Y2", "WORLD", "f8", "deg2", "variance along the second world axis"),
            ("XY", "WORLD", "f8", "deg2", "covariance of the world axes"),
            ("A", "WORLD", "f4", "deg", "rms extent along the major axis"),
            ("B", "WORLD", "f4", "deg", "rms extent along the minor axis"),
            ("THETA", "WORLD", "f4", "deg", "angle of the major axis from the first world axis"),
            ("THETA", "SKY", "f4", "deg", "position angle, from the image's north to its east"),
            ("THETA", "J2000", "f4", "deg", "position angle, from north to east (ICRS)"),
        )
    )


def _position_columns(infix: str, place: tuple[str, str], of: str) -> tuple[Column, ...]:
    """Columns of a place on the sky."""
    names = (
        (f"X{infix}_WORLD", f"{of} along the first world axis"),
        (f"Y{infix}_WORLD", f"{of} along the second world axis"),
        (f"ALPHA{infix}_SKY", f"{of}: longitude in the image's frame"),
        (f"DELTA{infix}_SKY", f"{of}: latitude in the image's frame"),
        (f"ALPHA{infix}_J2000", f"{of}: right ascension (ICRS)"),
        (f"DELTA{infix}_J2000", f"{of}: declination (ICRS)"),
    )
    usual = {column.name for column in COLUMNS}
    return tuple(
        Column(name, "f8", "deg", about, made_of=place)
        for name, about in names
        if name not in usual
    )


_PEAK: Final = ("XPEAK_IMAGE", "YPEAK_IMAGE")
_WINDOW: Final = ("XWIN_IMAGE", "YWIN_IMAGE")

OTHER_COLUMNS: Final[tuple[Column, ...]] = (
    Column("EXT_NUMBER", "i2", "", "Number of the image in the file: 1", made_of=("NUMBER",)),
    *_position_columns("", _PLACE, "Centroid"),
    Column("XPEAK_IMAGE", "i4", "pix", "Column of the brightest filtered pixel, from 1"),
    Column("YPEAK_IMAGE", "i4", "pix", "Row of the brightest filtered pixel, from 1"),
    *_position_columns("PEAK", _PEAK, "Brightest pixel"),
    *_ellipse_columns(""),
    Column("ELLIPTICITY", "f4", "", "1 - B_IMAGE / A_IMAGE"),
    *_world_columns(""),
    *_ellipse_columns("ERR"),
    Column("ERRA_IMAGE", "f4", "pix", "Position's error along the major axis"),
    Column("ERRB_IMAGE", "f4", "pix", "Position's error along the minor axis"),
    Column("ERRTHETA_IMAGE", "f4", "deg", "Angle of that major axis from x towards y"),
    *_world_columns("ERR"),
    Column("FLUX_MAX", "f4", VALUE_UNIT, "Highest pixel"),
    Column(
        "MU_MAX", "f4", "mag / arcsec2", "AB surface brightness of FLUX_MAX",
        made_of=("FLUX_MAX",),
    ),
    Column(
        "MU_THRESHOLD", "f4", "mag / arcsec2", "AB surface brightness of the analysis threshold",
        made_of=("ANALYSIS_THRESHOLD",),
    ),
    Column("THRESHOLD", "f4", VALUE_UNIT, "Lowest detection threshold among the pixels"),
    Column("BACKGROUND", "f4", VALUE_UNIT, "Mesh background at the centroid"),
    *(
        Column(f"ISO{k}", "i4", "pix2", f"Area above level {k} of 8, threshold to peak")
        for k in range(8)
    ),
    Column(
        "ISOAREA_WORLD", "f4", "deg2", "ISOAREA_IMAGE on the sky",
        made_of=("ISOAREA_IMAGE", *_PLACE),
    ),
    Column(
        "ISOAREAF_WORLD", "f4", "deg2", "ISOAREAF_IMAGE on the sky",
        made_of=("ISOAREAF_IMAGE", *_PLACE),
    ),
    Column("FWHM_WORLD", "f4", "deg", "FWHM_IMAGE on the sky", made_of=("FWHM_IMAGE", *_PLACE)),
    Column("FLUX_BEST", "f4", FLUX_UNIT, "FLUX_AUTO, or FLUX_ISOCOR if crowded"),
    Column("FLUXERR_BEST", "f4", FLUX_UNIT, "Error of FLUX_BEST"),
    Column("FLUX_ISOCOR", "f4", FLUX_UNIT, "FLUX_ISO with the wings of a Gaussian"),
    Column("FLUXERR_ISOCOR", "f4", FLUX_UNIT, "Error of FLUX_ISOCOR"),
    _mag("ISOCOR", "AB mag of FLUX_ISOCOR; NaN where flux <= 0"),
    _magerr("ISOCOR"),
    Column("FLUX_PETRO", "f4", FLUX_UNIT, "Sum of pixels in the Petrosian ellipse"),
    Column("FLUXERR_PETRO", "f4", FLUX_UNIT, "Error of FLUX_PETRO"),
    _mag("PETRO", "AB mag in the Petrosian ellipse; NaN where flux <= 0"),
    _magerr("PETRO"),
    Column("PETRO_RADIUS", "f4", "", "Petrosian radius in units of A_IMAGE and B_IMAGE"),
    Column("FLUX_WIN", "f4", FLUX_UNIT, "Sum of pixels weighted by a Gaussian window"),
    Column("FLUXERR_WIN", "f4", FLUX_UNIT, "Error of FLUX_WIN"),
    _mag("WIN", "AB mag in the Gaussian window; NaN where flux <= 0"),
    _magerr("WIN"),
    Column("NITER_WIN", "i2", "", "Steps of the search for the window's centre"),
    Column("FLAGS_WIN", "i2", "", "Why the window is not trusted; 0 if it is"),
    Column("X2WIN_IMAGE", "f8", "pix2", "Variance along x in the window"),
    Column("Y2WIN_IMAGE", "f8", "pix2", "Variance along y in the window"),
    Column("XYWIN_IMAGE", "f8", "pix2", "Covariance of x and y in the window"),
    Column("AWIN_IMAGE", "f4", "pix", "Rms extent along the major axis in the window"),
    Column("BWIN_IMAGE", "f4", "pix", "Rms extent along the minor axis in the window"),
    Column("THETAWIN_IMAGE", "f4", "deg", "Angle of the window's major axis from x towards y"),
    Column("CXXWIN_IMAGE", "f4", "pix-2", "Coefficient of x2 of the window's ellipse"),
    Column("CYYWIN_IMAGE", "f4", "pix-2", "Coefficient of y2 of the window's ellipse"),
    Column("CXYWIN_IMAGE", "f4", "pix-2", "Coefficient of x y of the window's ellipse"),
    Column("ERRX2WIN_IMAGE", "f8", "pix2", "Variance of XWIN_IMAGE"),
    Column("ERRY2WIN_IMAGE", "f8", "pix2", "Variance of YWIN_IMAGE"),
    Column("ERRXYWIN_IMAGE", "f8", "pix2", "Covariance of XWIN_IMAGE and YWIN_IMAGE"),
    Column("ERRAWIN_IMAGE", "f4", "pix", "Error of the windowed centroid along its major axis"),
    Column("ERRBWIN_IMAGE", "f4", "pix", "Error of the windowed centroid along its minor axis"),
    Column("ERRTHETAWIN_IMAGE", "f4", "deg", "Angle of ERRAWIN_IMAGE from x towards y"),
    Column("ERRCXXWIN_IMAGE", "f4", "pix-2", "Coefficient of x2 of that error's ellipse"),
    Column("ERRCYYWIN_IMAGE", "f4", "pix-2", "Coefficient of y2 of that error's ellipse"),
    Column("ERRCXYWIN_IMAGE", "f4", "pix-2", "Coefficient of x y of that error's ellipse"),
    *_position_columns("WIN", _WINDOW, "Windowed centroid"),
    *_world_columns("", "WIN", _WINDOW),
    *_world_columns("ERR", "WIN", _WINDOW),
)  # fmt: skip
"""Columns that a catalogue has where they are asked for."""


MASK_COLUMNS: Final = (
    *FLAG_COLUMNS, *(f"{COLUMN_PREFIX}{name}" for name in BIT_VALUES),
)  # fmt: skip
"""What every catalogue has where a mask is given."""


@cache
def known_columns() -> dict[str, Column]:
    """Return every column that can be asked for, by its name."""
    return {each.name: each for each in (*COLUMNS, *EXTRA_COLUMNS, *OTHER_COLUMNS)}


def find_column(name: str) -> Column:
    """Return the column of a name.

    Raises
    ------
    ParameterError
        If there is none; the hint names the nearest one.
    """
    known = known_columns()
    if name not in known:
        raise ParameterError(f"{name} is no column", hint=advise_name(name, known))
    return known[name]


def needs_zero_point(columns: Iterable[AskedColumn]) -> bool:
    """Tell whether the zero point changes a number of some columns.

    Examples
    --------
    >>> needs_zero_point([AskedColumn("MU_MAX")]), needs_zero_point([AskedColumn("MAGERR_AUTO")])
    (True, False)
    """
    return any(each.name.startswith(("MAG_", "MU_")) for each in columns)


def measurements_of(columns: Iterable[AskedColumn]) -> frozenset[str]:
    """Return the measurements that columns need, NUMBER among them.

    Examples
    --------
    >>> sorted(measurements_of([AskedColumn("MAGERR_AUTO"), AskedColumn("FLAGS")]))
    ['FLAGS', 'FLUXERR_AUTO', 'FLUX_AUTO', 'NUMBER']
    """
    found = (find_column(each.name) for each in columns)
    return frozenset(["NUMBER"]).union(*(each.made_of or (each.name,) for each in found))
