"""Bands of one survey held together: in order, by name, by place, joined, printed."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Self, SupportsIndex, overload

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ParameterError
from skyseg.imaging.instruments import Instrument, any_instrument, known_instruments
from skyseg.imaging.tables import html_table, text_table
from skyseg.settings import config
from skyseg.survey.band import BandData

_COLUMNS = ("BAND", "INSTRUMENT", "SHAPE", "PIXEL SCALE", "ZERO POINT", "UNIT", "MAPS", "SEG")


class Bands:
    """Bands of one survey, in order; parameters and errors are those of `skyseg.Data`."""

    def __init__(self, bands: Iterable[BandData]) -> None:
        self.bands = _ordered(tuple(bands))
        self.survey = self.bands[0].survey

    @property
    def version(self) -> str:
        """Version of the bands; several are joined by ``+``."""
        return "+".join(sorted({band.version for band in self.bands}))

    def keys(self) -> list[str]:
        """Return the shortest key of each band, in order."""
        names = [band.band for band in self.bands]
        return [
            band.band if names.count(band.band) == 1 else f"{band.instrument} {band.band}"
            for band in self.bands
        ]

    def __len__(self) -> int:
        return len(self.bands)

    def __iter__(self) -> Iterator[BandData]:
        return iter(self.bands)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return bool(self._named(item))
        return item in self.bands

    @overload
    def __getitem__(self, key: str | SupportsIndex) -> BandData: ...
    @overload
    def __getitem__(self, key: slice | list[str] | list[int]) -> Self: ...
    def __getitem__(
        self, key: str | SupportsIndex | slice | list[str] | list[int]
    ) -> BandData | Self:
        if isinstance(key, str):
            return self._one(key)
        if isinstance(key, slice):
            return type(self)(self.bands[key])
        if isinstance(key, SupportsIndex):
            place = operator.index(key)
            if not -len(self) <= place < len(self):
                raise DataNotFoundError(
                    f"{self.survey} {self.version} has {len(self)} bands and so none at {place}; "
                    f"use one of {', '.join(self.keys())}"
                )
            return self.bands[place]
        if not isinstance(key, Iterable):
            raise ParameterError(
                f"{key!r} names no band; give a name, a number, a slice or a list of these"
            )
        return type(self)(self[each] for each in key)

    def __add__(self, other: object) -> Self:
        if isinstance(other, Bands):
            return type(self)([*self.bands, *other.bands])
        if isinstance(other, BandData):
            return type(self)([*self.bands, other])
        return NotImplemented

    def __radd__(self, other: object) -> Self:
        return self + other if isinstance(other, BandData) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return self.bands == other.bands if isinstance(other, Bands) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.bands)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.survey} {self.version}: {', '.join(self.keys())}>"

    def __str__(self) -> str:
        table = text_table(_COLUMNS, [_row(band) for band in self.bands])
        return f"{self.survey} {self.version}\n{table}"

    def _repr_html_(self) -> str:
        rows = [_row(band) for band in self.bands]
        return html_table(f"{self.survey} {self.version}", _COLUMNS, rows)

    def _ipython_key_completions_(self) -> list[str]:
        return self.keys()

    def _named(self, key: str) -> list[BandData]:
        wanted = key.upper()
        return [
            band
            for band in self.bands
            if wanted in (band.band, f"{band.instrument} {band.band}".upper())
        ]

    def _one(self, key: str) -> BandData:
        found = self._named(key)
        if not found:
            raise DataNotFoundError(
                f"{self.survey} {self.version} has no band {key!r}; "
                f"use one of {', '.join(self.keys())}"
            )
        if len(found) > 1:
            keys = ", ".join(f"{band.instrument} {band.band}" for band in found)
            raise AmbiguousDataError(
                f"{self.survey} {self.version} has several bands {key!r}; use one of {keys}"
            )
        return found[0]


def _ordered(bands: tuple[BandData, ...]) -> tuple[BandData, ...]:
    """Bands by wavelength, name and instrument, once they are found to be of one survey."""
    for band in bands:
        if not isinstance(band, BandData):
            raise ParameterError(f"{band!r} is not a band; give objects of BandData")
    surveys = sorted({band.survey for band in bands})
    if len(surveys) != 1:
        raise ParameterError(
            f"the bands are of several surveys, {', '.join(surveys)}; join those of one survey"
            if surveys
            else "there is no band; give at least one"
        )
    seen: dict[tuple[str, str], BandData] = {}
    for band in bands:
        key = band.instrument, band.band
        if key in seen:
            raise AmbiguousDataError(
                f"{band.instrument} {band.band} is there twice, as {seen[key].sci} and "
                f"{band.sci}; leave one out"
            )
        seen[key] = band
    known = known_instruments(config.facilities)
    return tuple(sorted(bands, key=lambda band: _place(band, known)))


def _place(band: BandData, known: Mapping[str, Instrument]) -> tuple[float, str, str]:
    instrument = known.get(band.instrument) or any_instrument(known)
    return instrument.wavelength(band.band), band.band, band.instrument


def _row(band: BandData) -> list[str]:
    facts = band.summary()
    maps = [role for role, ref in (("SCI", band.sci), ("ERR", band.err), ("WHT", band.wht)) if ref]
    seg = "-" if band.seg_path is None else band.seg_path.name
    columns = [facts[key] for key in ("band", "instrument", "shape", "pixel scale", "zero point")]
    return [*columns, facts["unit"], " ".join(maps), seg]
