"""Gain and saturation level as the header of an image has them (GAIN_KEY, SATUR_KEY)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from astropy.io import fits

from skyseg.engine.parameters import Parameters

_KEYS: Final = {"gain": "gain_key", "satur_level": "satur_key"}
_NUMBER: Final = re.compile(r"[\s'(]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?)")
_KEYWORD_LENGTH: Final = 8
_LARGEST: Final = 1e29  # the program takes no larger one


@dataclass(frozen=True)
class HeaderLevel:
    """A header card that stands for a parameter.

    Attributes
    ----------
    parameter : str
        ``"gain"`` or ``"satur_level"``.
    card : str
        Name of the card.
    value, instead_of : float
        What it says, and what the parameter was.
    """

    parameter: str
    card: str
    value: float
    instead_of: float

    def __str__(self) -> str:
        return (
            f"{self.card} of the header, {self.value:g}, stands for "
            f"{self.parameter} {self.instead_of:g}"
        )


def apply_header_levels(
    parameters: Parameters, header: fits.Header
) -> tuple[Parameters, tuple[HeaderLevel, ...]]:
    """Let the header of an image say gain and saturation level, as SExtractor does.

    The first card counts whose name begins with ``gain_key`` or ``satur_key``. Its
    leading number is the value, in a text as well; what is no number is 0. A gain of 0
    or less means no photon noise. All this is what SExtractor 2.25 was seen to do; of a
    file with several HDUs it reads the header of the image alone.

    Parameters
    ----------
    parameters : Parameters
        The extraction parameters.
    header : astropy.io.fits.Header
        Header of the image's own HDU.

    Returns
    -------
    parameters : Parameters
        With the header's values.
    found : tuple of HeaderLevel
        Those that differ from what the parameters said.

    Examples
    --------
    >>> header = fits.Header([("GAIN", 2.0), ("SATURATE", "65000 ADU")])
    >>> values, found = apply_header_levels(Parameters(), header)
    >>> values.gain, values.satur_level, str(found[0])
    (2.0, 65000.0, 'GAIN of the header, 2, stands for gain 0')
    """
    found = []
    for name, key in _KEYS.items():
        before = getattr(parameters, name)
        card = _find_card(header, getattr(parameters, key))
        if card is None:
            continue
        value = _read_number(card)
        if name == "gain":
            value = max(value, 0.0)
        if value != before:
            found.append(HeaderLevel(name, _name(card), value, before))
    values = {each.parameter: each.value for each in found}
    return (parameters.replace(**values) if found else parameters), tuple(found)


def _find_card(header: fits.Header, key: str) -> fits.Card | None:
    like = (card for card in header.cards if card.keyword.startswith(key.upper()))
    return next((card for card in like if _name(card).startswith(key)), None)


def _name(card: fits.Card) -> str:
    """Keyword of a card that has a value; of others nothing that a key could match."""
    keyword, rest = card.image[:_KEYWORD_LENGTH], card.image[_KEYWORD_LENGTH:]
    return keyword.rstrip() if rest.startswith("= ") else ""


def _read_number(card: fits.Card) -> float:
    match = _NUMBER.match(card.image[_KEYWORD_LENGTH + 2 :])
    value = float(match[1].upper().replace("D", "E")) if match else 0.0
    return max(min(value, _LARGEST), -_LARGEST)
