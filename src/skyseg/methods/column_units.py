"""Units of a catalogue's columns, those of its image among them, and how FITS spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skyseg.methods.columns import FLUX_UNIT, VALUE_UNIT

if TYPE_CHECKING:
    import astropy.units as u

_SPELLED: Final = {
    "": None, **{text: text for text in ("deg", "deg2", "mag", "pix", "pix2")},
}  # fmt: skip
"""Spellings of columns' units."""

_OF_IMAGE: Final = {
    "": (None, None),
    "MJy/sr": ("MJy sr-1", "pix2 MJy sr-1"),
    **{text: (text, text) for text in ("Jy", "mJy", "uJy", "nJy", "adu", "electron")},
    "10.0*nJy": ("10**1 nJy", "10**1 nJy"),
    "ELECTRONS/S": ("electron / s", "electron / s"),
    "ADU": ("adu", "adu"),
}
"""Spellings of the units of pixels, and of sums over them, by what the image has."""


def find_unit(text: str, of_image: str) -> u.UnitBase | None:
    """Return the unit of a column.

    Parameters
    ----------
    text : str
        That of `skyseg.methods.columns.Column`.
    of_image : str
        Unit of the image, as its header spells it.

    Examples
    --------
    >>> find_unit("flux", "nJy"), find_unit("pix", "nJy"), find_unit("value", "")
    (Unit("nJy"), Unit("pix"), None)
    """
    from skyseg.imaging.units import read_unit, unit_of_sum

    if text in (FLUX_UNIT, VALUE_UNIT):
        unit = read_unit(of_image)
        return unit_of_sum(unit) if unit is not None and text == FLUX_UNIT else unit

    import astropy.units as u

    return u.Unit(text) if text else None


def spell_unit_of(text: str, of_image: str) -> str | None:
    """Spell the unit of a column as FITS does; those of most images are known.

    Parameters
    ----------
    text, of_image : str
        As for `find_unit`.

    Examples
    --------
    >>> spell_unit_of("flux", "MJy/sr"), spell_unit_of("value", "e-/s")
    ('pix2 MJy sr-1', 'electron / s')
    """
    if text in _SPELLED:
        return _SPELLED[text]
    if text in (FLUX_UNIT, VALUE_UNIT) and of_image in _OF_IMAGE:
        return _OF_IMAGE[of_image][text == FLUX_UNIT]
    return spell_unit(find_unit(text, of_image))


def spell_unit(unit: u.UnitBase | None) -> str | None:
    """Write a unit as FITS does, or as astropy does where FITS has no such unit."""
    if unit is None:
        return None
    try:
        return str(unit.to_string("fits"))
    except ValueError:
        return str(unit.to_string())
