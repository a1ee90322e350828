"""The columns that a catalogue can have: SExtractor's names, dtypes, units, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from skyseg.errors import ParameterError, advise_name

FLUX_UNIT: Final = "flux"


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
        FITS unit, ``"flux"`` for that of sums over pixels of the image, or empty.
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
)
"""Columns of the methods that measure them unasked, after the others."""

OTHER_COLUMNS: Final[tuple[Column, ...]] = (
    Column("FLUX_BEST", "f4", FLUX_UNIT, "FLUX_AUTO, or FLUX_ISOCOR if crowded"),
    Column("FLUXERR_BEST", "f4", FLUX_UNIT, "Error of FLUX_BEST"),
)
"""Columns that a catalogue has where they are asked for."""


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


def measurements_of(columns: Iterable[AskedColumn]) -> frozenset[str]:
    """Return the measurements that columns need, NUMBER among them.

    Examples
    --------
    >>> sorted(measurements_of([AskedColumn("MAGERR_AUTO"), AskedColumn("FLAGS")]))
    ['FLAGS', 'FLUXERR_AUTO', 'FLUX_AUTO', 'NUMBER']
    """
    found = (find_column(each.name) for each in columns)
    return frozenset(["NUMBER"]).union(*(each.made_of or (each.name,) for each in found))
