"""Where a band stands among others."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from skyseg.imaging.instruments import any_instrument, known_instruments
from skyseg.settings import config


class Named(Protocol):
    """What has an instrument and a band."""

    @property
    def instrument(self) -> str:
        """Name of the instrument."""
        ...

    @property
    def band(self) -> str:
        """Name of the band."""
        ...


class Place(NamedTuple):
    """An instrument and a band, by their names alone."""

    instrument: str
    band: str


def find_place(band: Named) -> tuple[float, str, str]:
    """Return what bands are sorted by: wavelength, name and instrument."""
    known = known_instruments(config.facilities)
    instrument = known.get(band.instrument) or any_instrument(known)
    return instrument.wavelength(band.band), band.band, band.instrument
