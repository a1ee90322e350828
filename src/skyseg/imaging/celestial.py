"""The celestial WCS of a header, read as its makers meant it; what it took is said in remarks."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from astropy import units as u
from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord, Supergalactic
from astropy.coordinates.baseframe import BaseCoordinateFrame
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from skyseg.engine.types import Slices
from skyseg.errors import Advice, SkysegError
from skyseg.imaging.sky_cards import TABLES, is_default_scale, is_possible_scale
from skyseg.imaging.warned import catching_warnings

_FRAMES: Final = frozenset({"", "ICRS", "FK5", "FK4", "FK4-NO-E"})
_SYSTEMS: Final = frozenset({"RA", "GLON", "ELON", "SLON", "TLON"})
_SIP: Final = re.compile(r"(A|B|AP|BP)_(ORDER|DMAX|\d+_\d+)")
_PV: Final = re.compile(r"PV([12])_(\d+)")
_FAULTS: Final = (
    ValueError, LookupError, TypeError, MemoryError, ArithmeticError, AttributeError,
    AssertionError, RuntimeError,
)  # fmt: skip
_HIGHEST_ORDER: Final = 9
_NUMBERS: Final = re.compile(r"(CRVAL|CRPIX|CDELT)[12]|(CD|PC)[12]_[12]|CROTA[12]")
_FIRST_FK5_EQUINOX: Final = 1984.0

_WHERE_IN_WCSLIB: Final = re.compile(r"ERROR \d+ in \w+\(\) at line \d+ of file \S+: ")


@dataclass(frozen=True)
class Celestial:
    """What a header says of the sky.

    Attributes
    ----------
    wcs : astropy.wcs.WCS or None
        None where there is none, or none that can be used.
    remarks : tuple of Advice
        What was not read as it stands, for the user to know.
    """

    wcs: WCS | None
    remarks: tuple[Advice, ...] = ()


def read_celestial(header: fits.Header, hdus: fits.HDUList | None = None) -> Celestial:
    """Read the celestial WCS of a header.

    Parameters
    ----------
    header : astropy.io.fits.Header
        Header of an image; it is not changed.
    hdus : astropy.io.fits.HDUList, optional
        The open file, for distortion that stands in tables.

    Returns
    -------
    Celestial
        Coefficients that CTYPE does not announce are left out (SIP), or read as
        SCAMP meant them (PV with TAN). A frame that has no name is ICRS, an
        ecliptic or supergalactic WCS is turned to ICRS.

    Examples
    --------
    >>> read_celestial(fits.Header())
    Celestial(wcs=None, remarks=())
    """
    header = header.copy()
    try:
        _read_numbers(header)
        _check_matrix(header)
        _check_orders(header)
        remarks = [*_choose_matrix(header), *_drop_sip(header)]
        _read_scamp(header)
        with catching_warnings():
            wcs, of_tables = _with_tables(header, hdus)
        if not wcs.has_celestial:
            return Celestial(None)
        wcs, of_frame = settle_frame(wcs.celestial)
        _check(wcs)
    # of what they cannot make out wcslib and astropy raise errors of many kinds
    except (*_FAULTS, SkysegError) as error:
        reason = _WHERE_IN_WCSLIB.sub("", " ".join(str(error).split())).split(". ")[0].rstrip(".: ")
        what = f"has a WCS that cannot be used ({reason}), so positions on the sky are unknown"
        return Celestial(None, (Advice(what, "correct its WCS keywords"),))
    return Celestial(wcs, (*remarks, *of_tables, *of_frame))


def _with_tables(header: fits.Header, hdus: fits.HDUList | None) -> tuple[WCS, list[Advice]]:
    """Read a WCS; tables of distortion that the file does not hold are left out."""
    try:
        return WCS(header, fobj=hdus), []
    except (KeyError, ValueError, IndexError):
        named = [key for key in header if TABLES.fullmatch(key)]
        if not named:
            raise
        for key in named:
            header.remove(key, ignore_missing=True, remove_all=True)
        what = "names tables of distortion that its file does not hold, so they are left out"
        return WCS(header), [Advice(what)]


def cut_wcs(wcs: WCS, part: Slices) -> WCS:
    """Return the WCS of a part of an image; tables of distortion go with it.

    Examples
    --------
    >>> wcs = WCS(fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 8.0}))
    >>> cut_wcs(wcs, (slice(0, 9), slice(5, 9))).wcs.crpix.tolist()
    [3.0, 0.0]
    """
    cut = wcs.deepcopy().slice(part)
    start = np.array([part[1].start, part[0].start])
    # not all releases of astropy move the tables
    for name in ("cpdis1", "cpdis2", "det2im1", "det2im2"):
        table = getattr(wcs, name)
        if table is not None:
            getattr(cut, name).crval = tuple(np.asarray(table.crval) - start)
    return cut


def settle_frame(wcs: WCS) -> tuple[WCS, tuple[Advice, ...]]:
    """Give a celestial WCS a frame that can be converted to ICRS.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        A celestial WCS; it is not changed.

    Returns
    -------
    wcs : astropy.wcs.WCS
        The same, or a copy in ICRS where the frame has no name that is known, or
        is ecliptic or supergalactic.
    remarks : tuple of Advice
        What was not read as it stands.

    Raises
    ------
    ValueError
        If its axes are those of no frame on the sky that is known.
    """
    system = wcs.wcs.lngtyp.strip()
    if system not in _SYSTEMS:
        raise ValueError(f"its axis {system} is of a frame that is not known")
    if system in ("ELON", "SLON"):
        return _turned(wcs, _frame_of(system, wcs.wcs.equinox)), ()
    if system != "RA":
        return wcs, ()
    written, equinox = wcs.wcs.radesys, wcs.wcs.equinox
    if written not in _FRAMES:
        frame = "FK4" if 1800 <= equinox < _FIRST_FK5_EQUINOX else "ICRS"
        what = f"has RADESYS {written!r}, which is no name of a frame, so it is taken as {frame}"
    elif _is_impossible(equinox):
        frame = "ICRS"
        what = f"has EQUINOX {equinox:g}, which is no year, so it is taken as ICRS"
    else:
        return wcs, ()
    wcs = wcs.deepcopy()
    wcs.wcs.radesys = frame
    if frame == "ICRS":
        wcs.wcs.equinox = math.nan
    wcs.wcs.set()
    return wcs, (Advice(what, "correct its keywords if that is wrong"),)


def _is_impossible(equinox: float) -> bool:
    return math.isfinite(equinox) and not 1800 <= equinox <= 2200


def _drop_sip(header: fits.Header) -> list[Advice]:
    """Leave out SIP coefficients that CTYPE does not announce: a drizzled image has none."""
    if any(str(header.get(f"CTYPE{axis}", "")).strip().endswith("-SIP") for axis in (1, 2)):
        return []
    keys = [key for key in header if _SIP.fullmatch(key)]
    for key in keys:
        del header[key]
    if not any(key.startswith(("A_", "B_")) for key in keys):
        return []
    return [Advice("has SIP coefficients that its CTYPE does not name, so they are left out")]


def _read_scamp(header: fits.Header) -> None:
    """Take the PV terms of a TAN projection as the polynomial that SCAMP meant by them.

    TAN has no terms of its own on the axis of latitude, and on the other one those up
    to 4, which give the native pole. Constant terms alone are no polynomial, nor are
    terms that are all 0. The linear term of an axis is 1 where it is left out.
    """
    types = [str(header.get(f"CTYPE{axis}", "")).strip() for axis in (1, 2)]
    is_tan, is_tpv = (all(each.endswith(end) for each in types) for end in ("-TAN", "-TPV"))
    if not (is_tan or is_tpv):
        return
    latitude = 1 if types[0].startswith(("DEC", "GLAT", "ELAT")) else 2
    found = {key: (int(m[1]), int(m[2])) for key in header if (m := _PV.fullmatch(key))}
    told = any(term and header[key] != 0 for key, (_, term) in found.items())
    if told and is_tan and not any(axis == latitude or term > 4 for axis, term in found.values()):
        return
    for axis in (1, 2):
        header[f"CTYPE{axis}"] = f"{types[axis - 1][:-3]}{'TPV' if told else 'TAN'}"
        if told:
            header.setdefault(f"PV{axis}_1", 1.0)
    if not told:
        for key in found:
            del header[key]


def _read_numbers(header: fits.Header) -> None:
    """Read numbers that are written as text; wcslib would take their defaults instead."""
    for key in [key for key in header if _NUMBERS.fullmatch(key)]:
        value = header[key]
        if isinstance(value, str):
            try:
                header[key] = float(value)
            except ValueError:
                raise ValueError(f"{key} is {value!r}") from None


def _check_matrix(header: fits.Header) -> None:
    """Raise ValueError where CD is singular; wcslib would mend its diagonal with ones."""
    names = ("CD1_1", "CD1_2", "CD2_1", "CD2_2")
    if any(name in header for name in names):
        matrix = np.reshape([float(header.get(name, 0)) for name in names], (2, 2))
        sides = float(np.prod(np.linalg.norm(matrix, axis=1)))
        if not abs(np.linalg.det(matrix)) > 1e-6 * sides:
            raise ValueError("its CD matrix is singular")


def _choose_matrix(header: fits.Header) -> list[Advice]:
    """Leave out PC where CD says otherwise, as SExtractor does; wcslib would take PC."""
    cd, pc = (
        {key: header[key] for key in header if re.fullmatch(rf"{name}[12]_[12]", key)}
        for name in ("CD", "PC")
    )
    if not (cd and pc):
        return []
    of_pc = [
        [header.get(f"PC{i}_{j}", float(i == j)) * header.get(f"CDELT{i}", 1.0) for j in (1, 2)]
        for i in (1, 2)
    ]
    of_cd = [[header.get(f"CD{i}_{j}", 0.0) for j in (1, 2)] for i in (1, 2)]
    if np.allclose(of_cd, of_pc, rtol=0, atol=1e-6 * np.max(np.abs(of_cd))):
        return []
    for key in pc:
        del header[key]
    if not {"CDELT1", "CDELT2"} <= set(header):
        return []
    what = "has a CD matrix, and PC and CDELT that say otherwise: CD is used, as SExtractor does"
    return [Advice(what, "remove the wrong ones")]


def _check_orders(header: fits.Header) -> None:
    """Raise ValueError where SIP has an impossible order; astropy would allocate for it."""
    for key in ("A_ORDER", "B_ORDER", "AP_ORDER", "BP_ORDER"):
        order = header.get(key, 0)
        if not isinstance(order, (int, float)) or not 0 <= order <= _HIGHEST_ORDER:
            raise ValueError(f"{key} is {order!r}")


def _check(wcs: WCS) -> None:
    """Raise ValueError where a WCS gives no positions, or none of a pixel of the sky."""
    wcs.wcs.set()
    scales = proj_plane_pixel_scales(wcs) * u.Unit(wcs.wcs.cunit[0]).to(u.arcsec)
    if any(is_default_scale(float(scale)) for scale in scales):
        raise ValueError("its pixel scale is 1 degree, the default where CDELT is missing")
    if not all(is_possible_scale(float(scale)) for scale in scales):
        raise ValueError(f"its pixel scale is {float(scales[0]):.4g} arcsec")
    if not isinstance(wcs.pixel_to_world(0.0, 0.0), SkyCoord):
        raise ValueError(f"its axes {wcs.wcs.lngtyp} are of a frame that is not known")


def _frame_of(system: str, equinox: float) -> BaseCoordinateFrame:
    if system == "SLON":
        return Supergalactic()
    known = math.isfinite(equinox) and not _is_impossible(equinox)
    return BarycentricMeanEcliptic(equinox=Time(equinox if known else 2000.0, format="jyear"))


def _turned(wcs: WCS, frame: BaseCoordinateFrame) -> WCS:
    """Write a WCS of a frame that astropy's WCS does not know as one of ICRS, pixel for pixel.

    A frame at rest with ICRS differs by a rotation of the sphere. This changes the
    reference point and the place of the celestial pole in native coordinates.
    """
    wcs.wcs.set()
    pole_lon, colatitude, native_lon = (math.radians(a) for a in wcs.wcs.cel.euler[:3])
    pole_lat = math.pi / 2 - colatitude
    north = SkyCoord(0 * u.deg, 90 * u.deg, frame="icrs").transform_to(frame).spherical
    east = north.lon.rad - pole_lon
    lat = north.lat.rad
    phi = native_lon + math.atan2(
        -math.cos(lat) * math.sin(east),
        math.sin(lat) * math.cos(pole_lat) - math.cos(lat) * math.sin(pole_lat) * math.cos(east),
    )
    theta = math.asin(
        math.sin(lat) * math.sin(pole_lat) + math.cos(lat) * math.cos(pole_lat) * math.cos(east)
    )
    lng, lat_axis = wcs.wcs.lng, wcs.wcs.lat
    reference = SkyCoord(
        *(wcs.wcs.crval[axis] * u.Unit(wcs.wcs.cunit[axis]) for axis in (lng, lat_axis)),
        frame=frame,
    ).icrs
    turned = wcs.deepcopy()
    types, values = list(turned.wcs.ctype), turned.wcs.crval.copy()
    types[lng], types[lat_axis] = f"RA--{types[lng][4:]}", f"DEC-{types[lat_axis][4:]}"
    values[lng], values[lat_axis] = reference.ra.deg, reference.dec.deg
    turned.wcs.ctype, turned.wcs.crval = types, values
    turned.wcs.lonpole, turned.wcs.latpole = math.degrees(phi), math.degrees(theta)
    turned.wcs.radesys, turned.wcs.equinox = "ICRS", math.nan
    turned.wcs.set()
    return turned
