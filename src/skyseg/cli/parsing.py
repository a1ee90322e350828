"""What the texts of options mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyseg.errors import ParameterError

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.coordinates import SkyCoord


def parse_aper_diams(text: str | None) -> u.Quantity | None:
    """Return aperture diameters from a text such as ``"0.32,0.5"``, in arcsec.

    Raises
    ------
    ParameterError
        If a part is not a number.
    """
    if text is None:
        return None
    import astropy.units as u

    try:
        return u.Quantity([float(part) for part in text.split(",")], u.arcsec)
    except ValueError as error:
        raise ParameterError(
            f"is {text!r}", hint="give numbers in arcsec, such as 0.32,0.5", argument="aper_diams"
        ) from error


def parse_pix_scale(arcsec: float | None) -> u.Quantity | None:
    """Return the side of a pixel, if one is given."""
    if arcsec is None:
        return None
    import astropy.units as u

    return arcsec * u.arcsec


def parse_exclude(bits: list[str] | None) -> list[str]:
    """Return the bits of a mask that are excluded: all where none is named, none for ``"none"``.

    Examples
    --------
    >>> parse_exclude(None), parse_exclude(["none"]), parse_exclude(["STAR"])
    (['all'], [], ['STAR'])
    """
    named = ["all"] if bits is None else bits
    return [] if named == ["none"] else named


def parse_zero_point(texts: list[str] | None) -> float | dict[str, float] | None:
    """Return the zero point of all bands, or those of bands by their names.

    Raises
    ------
    ParameterError
        If a text is neither a number nor BAND=MAG, or one for all is given with others.

    Examples
    --------
    >>> parse_zero_point(["28.9"]), parse_zero_point(["F105W=26.27", "F160W=25.95"])
    (28.9, {'F105W': 26.27, 'F160W': 25.95})
    """
    if not texts:
        return None
    found: dict[str, float] = {}
    for text in texts:
        band, _, number = text.rpartition("=")
        try:
            found[band] = float(number)
        except ValueError as error:
            raise ParameterError(
                f"is {text!r}", hint="give an AB magnitude, or BAND=MAG", argument="zero_point"
            ) from error
    if "" not in found:
        return found
    if len(texts) > 1:
        raise ParameterError(
            f"is {found['']:g} and something else",
            hint="give one number for all bands, or BAND=MAG for each",
            argument="zero_point",
        )
    return found[""]


def parse_version_to_dir(texts: list[str] | None) -> dict[str, str] | None:
    """Return the folders of versions from texts such as ``"v11=mosaic_1084"``.

    Raises
    ------
    ParameterError
        If a text is neither of that form nor ``morgan``.
    """
    if not texts:
        return None
    from skyseg.survey import morgan_version_to_dir

    folders: dict[str, str] = {}
    for text in texts:
        version, equals, folder = text.partition("=")
        if text == "morgan":
            folders |= morgan_version_to_dir
        elif equals and version and folder:
            folders[version] = folder
        else:
            raise ParameterError(
                f"is {text!r}", hint="give VERSION=FOLDER or morgan", argument="version_to_dir_dict"
            )
    return folders


def parse_region(texts: tuple[str, str] | None) -> Any:
    """Return a region from the texts of its centre and its size.

    Parameters
    ----------
    texts : tuple of str or None
        The centre: ``"12"`` is a NUMBER, ``"500,620"`` a pixel (x, y), and
        ``"53.16 -27.79"`` or ``"3h32m38s -27d47m10s"`` a position on the sky.
        The size: ``"100"`` pixels or ``"4arcsec"``, or two of them with a comma.

    Returns
    -------
    tuple or None
        As `skyseg.imaging.regions.region_slices` takes it.

    Raises
    ------
    ParameterError
        If a text is not understood.

    Examples
    --------
    >>> parse_region(("500,620", "4arcsec,2arcsec"))
    ((500.0, 620.0), <Quantity [4., 2.] arcsec>)
    >>> parse_region(("12", "100"))
    (12, <Quantity 100.>)
    """
    if texts is None:
        return None
    import astropy.units as u

    centre, size = texts
    try:
        sizes = [u.Quantity(part) for part in size.split(",")]
        return _parse_centre(centre.strip()), sizes[0] if len(sizes) == 1 else u.Quantity(sizes)
    except (ParameterError, ValueError, TypeError, u.UnitsError) as error:
        raise ParameterError(
            f"is {centre!r} {size!r}", hint="give {regions}", argument="region"
        ) from error


def parse_place(text: str) -> tuple[float, float] | SkyCoord:
    """Return a pixel (x, y) or a position on the sky.

    Raises
    ------
    ParameterError
        If a text is neither.

    Examples
    --------
    >>> parse_place("500,620")
    (500.0, 620.0)
    """
    try:
        place = _parse_centre(text.strip())
    except (ParameterError, ValueError) as error:
        raise _no_place(text) from error
    if isinstance(place, int):
        raise _no_place(text)
    return place


def _no_place(text: str) -> ParameterError:
    return ParameterError(
        f"is {text!r}",
        hint="give a pixel as x,y or a position on the sky in quotes, such as '53.16 -27.79'",
        argument="at",
    )


def _parse_centre(text: str) -> int | tuple[float, float] | SkyCoord:
    if text.isdecimal():
        return int(text)
    if "," in text:
        x, y = (float(part) for part in text.split(","))
        return x, y
    from skyseg.imaging.regions import parse_position

    return parse_position(text)
