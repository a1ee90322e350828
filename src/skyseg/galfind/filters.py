"""Filters by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from skyseg.errors import DataNotFoundError, verbatim
from skyseg.imaging.instruments import Instrument, find_instrument, known_instruments
from skyseg.imaging.tables import text_table
from skyseg.settings import config

_FIRST: Final = ("ACS_WFC", "WFC3_IR", "NIRCam", "MIRI")


@dataclass(frozen=True)
class Filter:
    """A filter of an instrument.

    Attributes
    ----------
    facility_name, instrument_name, filt_name : str
        What it is; ``band_name`` is the same as ``filt_name``.

    Examples
    --------
    >>> from skyseg.galfind import Filter
    >>> Filter.from_filt_name("F444W").instrument_name
    'NIRCam'
    """

    facility_name: str
    instrument_name: str
    filt_name: str

    @classmethod
    def from_SVO(cls, facility: str, instrument: str, filt_name: str) -> Self:  # noqa: N802, RUF100
        """Return a filter of an instrument; nothing is fetched.

        Parameters
        ----------
        facility, instrument, filt_name : str
            Such as ``"JWST"``, ``"NIRCam"``, ``"F444W"``.

        Raises
        ------
        DataNotFoundError
            If the instrument has no such filter.
        SkysegError
            If there is no such instrument.
        """
        known = find_instrument(instrument, known_instruments(config.facilities))
        band = known.band_named(filt_name)
        if band is None or known.facility.upper() != facility.upper():
            raise DataNotFoundError(
                f"there is no filter {facility}/{instrument}.{filt_name}",
                hint=f"use one of {known.facility}: {verbatim(', '.join(known.bands))}",
            )
        return cls(known.facility, known.name, band)

    @classmethod
    def from_filt_name(cls, filt_name: str) -> Self:
        """Return the filter of a name: of ACS_WFC, WFC3_IR, NIRCam, MIRI, else of another.

        Raises
        ------
        DataNotFoundError
            If no instrument has it.
        """
        known = known_instruments(config.facilities)
        for each in sorted(known.values(), key=_find_rank):
            if band := each.band_named(filt_name):
                return cls(each.facility, each.name, band)
        raise DataNotFoundError(
            f"no instrument has a filter {filt_name!r}", hint="use a name such as 'F444W'"
        )

    @property
    def band_name(self) -> str:
        """Name of the filter."""
        return self.filt_name

    def __str__(self) -> str:
        return f"{self.facility_name}/{self.instrument_name}.{self.filt_name}"


def _find_rank(instrument: Instrument) -> int:
    return _FIRST.index(instrument.name) if instrument.name in _FIRST else len(_FIRST)


@dataclass(frozen=True)
class Multiple_Filter:
    """Several filters, by number or by name.

    Parameters
    ----------
    filters : iterable of Filter
        The filters, in order.

    Examples
    --------
    >>> from skyseg.galfind import Filter, Multiple_Filter
    >>> both = Multiple_Filter(map(Filter.from_filt_name, ["F115W", "F444W"]))
    >>> both.filt_names, both["F444W"].facility_name
    (['F115W', 'F444W'], 'JWST')
    """

    filters: tuple[Filter, ...]

    def __init__(self, filters: Iterable[Filter]) -> None:
        object.__setattr__(self, "filters", tuple(filters))

    @property
    def filt_names(self) -> list[str]:
        """Names of the filters."""
        return [each.filt_name for each in self.filters]

    @property
    def band_names(self) -> list[str]:
        """Names of the filters."""
        return self.filt_names

    @property
    def filt_name(self) -> str:
        """Names of the filters, joined by ``+``."""
        return "+".join(self.filt_names)

    @property
    def instrument_name(self) -> str:
        """Names of the instruments, joined by ``+``."""
        return "+".join(dict.fromkeys(each.instrument_name for each in self.filters))

    @property
    def facility_name(self) -> str:
        """Names of the facilities, joined by ``+``."""
        return "+".join(dict.fromkeys(each.facility_name for each in self.filters))

    def __len__(self) -> int:
        return len(self.filters)

    def __iter__(self) -> Iterator[Filter]:
        return iter(self.filters)

    def __getitem__(self, key: int | str) -> Filter:
        if isinstance(key, int):
            return self.filters[key]
        for each in self.filters:
            if each.filt_name.upper() == key.upper():
                return each
        raise DataNotFoundError(
            f"there is no filter {key!r}", hint=f"use one of {verbatim(', '.join(self.filt_names))}"
        )

    def __str__(self) -> str:
        rows = [[each.facility_name, each.instrument_name, each.filt_name] for each in self.filters]
        return text_table(("FACILITY", "INSTRUMENT", "FILTER"), rows)
