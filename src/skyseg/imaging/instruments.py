"""Facilities, their instruments and the bands of these."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from astropy.io import fits

from skyseg.errors import ConfigError, ParameterError


@dataclass(frozen=True)
class Instrument:
    """An instrument and its bands.

    Attributes
    ----------
    name : str
        As its folder is named: ``"NIRCam"``.
    facility : str
        ``"JWST"``; its folder is named in lower case.
    bands : mapping of str to float
        Wavelength in nm of each band. It serves to order bands and is the
        number in the band's name where there is one, not a pivot wavelength.
    aliases : mapping of str to str
        Other names of bands.
    words : tuple of str
        Words of headers and names of files that tell the instrument, beside its
        own name.
    """

    name: str
    facility: str
    bands: Mapping[str, float]
    aliases: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def band_named(self, word: str) -> str | None:
        """Return the band that a word names, case ignored.

        Examples
        --------
        >>> BUILT_IN["NISP"].band_named("nir-y")
        'NIR_Y'
        """
        wanted = plain(word)
        for names in (self.bands, self.aliases):
            for name in names:
                if plain(name) == wanted:
                    return self.aliases.get(name, name)
        return None

    def wavelength(self, band: str) -> float:
        """Wavelength of a band in nm; infinite where it is not known."""
        return self.bands.get(band, math.inf)

    def spellings(self) -> dict[str, str]:
        """Return every name of a band, with the band."""
        return {**{band: band for band in self.bands}, **self.aliases}


def plain(word: str) -> str:
    """Return a name in capitals, without what may part its words."""
    return re.sub(r"[-_ /]", "", word).upper()


def _numbered(names: str, nm: float) -> dict[str, float]:
    """Bands whose names hold their wavelength in units of `nm` nanometres."""
    return {name: nm * int("".join(re.findall(r"^F(\d+)", name))) for name in names.split()}


def _named(prefix: str, **bands: float) -> dict[str, str]:
    """Names of bands that begin with a camera's, such as ``DECAM_G`` of the band ``G``."""
    return {f"{prefix}_{band}": band for band in bands}


def _table(*instruments: Instrument) -> dict[str, Instrument]:
    return {instrument.name: instrument for instrument in instruments}


# Bands of so many letters are found by name only where the instrument is known.
_LETTERS = 2
_NIRISS = "F090W F115W F140M F150W F158M F200W F277W F356W F380M F430M F444W F480M"
_DECAM = {"U": 380, "G": 473, "R": 642, "I": 784, "Z": 926, "Y": 1009}
_OMEGACAM = {"U": 360, "G": 480, "R": 625, "I": 770, "Z": 910}
_MEGACAM = {"U": 370, "G": 480, "R": 640, "I": 775, "Z": 925}
_VIRCAM = {"Z": 880, "Y": 1020, "J": 1250, "H": 1650, "KS": 2150, "NB118": 1191}
_GPC1 = {"G": 481, "R": 617, "I": 752, "Z": 866, "Y": 962}
_LSST = {"U": 370, "G": 480, "R": 622, "I": 755, "Z": 869, "Y": 971}

BUILT_IN = _table(
    Instrument(
        "NIRCam",
        "JWST",
        _numbered(
            "F070W F090W F115W F140M F150W F150W2 F162M F164N F182M F187N F200W F210M F212N F250M "
            "F277W F300M F322W2 F323N F335M F356W F360M F405N F410M F430M F444W F460M F466N F470N "
            "F480M",
            10,
        ),
    ),
    Instrument(
        "NIRISS",
        "JWST",
        _numbered(
            _NIRISS,
            10,
        ),
        # grizli adds an N, to tell the bands of NIRISS from those of NIRCam
        {f"{band}N": band for band in _NIRISS.split()},
        tuple(f"{band}N" for band in _NIRISS.split()),
    ),
    Instrument(
        "MIRI",
        "JWST",
        _numbered(
            "F560W F770W F1000W F1065C F1130W F1140C F1280W F1500W F1550C F1800W F2100W F2300C "
            "F2550W F2550WR",
            10,
        ),
    ),
    Instrument(
        "ACS_WFC",
        "HST",
        _numbered(
            "F435W F475W F502N F550M F555W F606W F625W F658N F660N F775W F814W F850LP F892N",
            1,
        ),
        words=("ACS",),
    ),
    Instrument(
        "WFC3_IR",
        "HST",
        _numbered(
            "F098M F105W F110W F125W F126N F127M F128N F130N F132N F139M F140W F153M F160W F164N "
            "F167N",
            10,
        ),
        words=("WFC3",),
    ),
    Instrument(
        "WFC3_UVIS",
        "HST",
        _numbered(
            "F200LP F218W F225W F275W F280N F300X F336W F343N F350LP F373N F390M F390W F395N F410M "
            "F438W F467M F469N F475W F475X F487N F502N F547M F555W F600LP F606W F621M F625W F631N "
            "F645N F656N F657N F658N F665N F673N F680N F689M F763M F775W F814W F845M F850LP F953N",
            1,
        ),
        words=("WFC3",),
    ),
    Instrument(
        "Roman_WFI",
        "Roman",
        _numbered("F062 F087 F106 F129 F146 F158 F184 F213", 10),
        words=("ROMAN",),
    ),
    Instrument("VIS", "Euclid", {"VIS": 715}),
    Instrument(
        "NISP",
        "Euclid",
        {"NIR_Y": 1080, "NIR_J": 1370, "NIR_H": 1770},
        {"Y": "NIR_Y", "J": "NIR_J", "H": "NIR_H"},
        ("NIR_Y", "NIR_J", "NIR_H"),
    ),
    Instrument(
        "HSC",
        "Subaru",
        {
            "HSC-G": 480,
            "HSC-R": 620,
            "HSC-R2": 620,
            "HSC-I": 770,
            "HSC-I2": 770,
            "HSC-Z": 890,
            "HSC-Y": 1000,
            "NB0387": 387,
            "NB0816": 816,
            "NB0921": 921,
            "NB1010": 1010,
        },
        {
            **{band: f"HSC-{band}" for band in ("G", "R", "R2", "I", "I2", "Z", "Y")},
            **{f"WISHES-{band}": f"HSC-{band}" for band in "GZ"},
        },
        ("HYPER_SUPRIME_CAM", "WISHES"),
    ),
    Instrument(
        "DECam",
        "Blanco",
        _DECAM,
        {**_named("DECAM", **_DECAM), **_named("DES", **_DECAM)},
        ("DES", "DECALS", *_named("DECAM", **_DECAM), *_named("DES", **_DECAM)),
    ),
    Instrument("OmegaCAM", "VST", _OMEGACAM, words=("KIDS",)),
    Instrument(
        "MegaCam",
        "CFHT",
        _MEGACAM,
        {**_named("MEGACAM", **_MEGACAM), **_named("CFIS", **_MEGACAM)},
        ("MEGAPRIME", "CFHTLS", "CFIS", *_named("MEGACAM", **_MEGACAM)),
    ),
    Instrument(
        "GPC1",
        "PanSTARRS",
        _GPC1,
        {**_named("PANSTARRS", **_GPC1), **_named("PS1", **_GPC1)},
        ("PANSTARRS", "PS1", *_named("PANSTARRS", **_GPC1)),
    ),
    Instrument("VIRCAM", "VISTA", _VIRCAM, words=("UVISTA", "ULTRAVISTA", "VIKING")),
    Instrument("LSSTCam", "Rubin", _LSST, words=("LSSTCOMCAM",)),
    Instrument("IRAC", "Spitzer", {"CH1": 3550, "CH2": 4490, "CH3": 5730, "CH4": 7870}),
)


def known_instruments(
    added: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> dict[str, Instrument]:
    """Return the instruments of skyseg and those that the settings add.

    Parameters
    ----------
    added : mapping
        Facility, then instrument, then band with its wavelength in nm. Bands of
        an instrument that is known already join its own.

    Returns
    -------
    dict of str to Instrument

    Raises
    ------
    ConfigError
        If an added instrument has the name of one of another facility.

    Examples
    --------
    >>> known_instruments({"Subaru": {"HSC": {"HSC-G": 480.0}}})["HSC"].facility
    'Subaru'
    """
    known = dict(BUILT_IN)
    for facility, instruments in added.items():
        for name, bands in instruments.items():
            upper = {band.upper(): wavelength for band, wavelength in bands.items()}
            before = known.get(name, Instrument(name, facility, {}))
            if before.facility.lower() != facility.lower():
                raise ConfigError(
                    f"the settings give the instrument {name} to {facility}, but it "
                    f"is one of {before.facility}",
                    hint="give it another name",
                )
            known[name] = Instrument(
                name, before.facility, {**before.bands, **upper}, before.aliases, before.words
            )
    return known


def find_instrument(name: str, known: Mapping[str, Instrument]) -> Instrument:
    """Return an instrument by its name, case ignored.

    Raises
    ------
    ParameterError
        If there is none; the message lists those that are known.
    """
    for instrument in known.values():
        if isinstance(name, str) and instrument.name.lower() == name.lower():
            return instrument
    raise ParameterError(
        f"{name!r} is not a known instrument",
        hint=f"use one of {', '.join(known)}, or add it to the settings as "
        "[facilities.FACILITY.INSTRUMENT]",
    )


def name_instrument(name: str, known: Mapping[str, Instrument]) -> Instrument:
    """Return an instrument of any name; where it is not known it has the bands of all.

    Raises
    ------
    ParameterError
        If it is no text.

    Examples
    --------
    >>> name_instrument("nircam", BUILT_IN).name, name_instrument("MyCam", BUILT_IN).name
    ('NIRCam', 'MyCam')
    """
    if not isinstance(name, str):
        raise ParameterError(f"is {name!r}", hint="give a text", argument="instrument")
    for instrument in known.values():
        if instrument.name.lower() == name.lower():
            return instrument
    return replace(any_instrument(known), name=name)


def identify_instrument(
    headers: Iterable[fits.Header], known: Mapping[str, Instrument]
) -> Instrument | None:
    """Return the instrument that INSTRUME, with DETECTOR where needed, names."""
    for header in headers:
        camera = plain(str(header.get("INSTRUME", "")))
        detector = plain(str(header.get("DETECTOR", "")))
        for instrument in known.values():
            if plain(instrument.name) in (camera, f"{camera}{detector}"):
                return instrument
    return None


def any_instrument(known: Mapping[str, Instrument]) -> Instrument:
    """Return a stand-in for an instrument that is not known: it has the bands of all.

    Bands that are a letter or two are left out, for any name may hold these.
    """
    bands: dict[str, float] = {}
    aliases: dict[str, str] = {}
    for instrument in known.values():
        bands |= {band: nm for band, nm in instrument.bands.items() if len(band) > _LETTERS}
        aliases |= {name: band for name, band in instrument.aliases.items() if band in bands}
    return Instrument(
        "unknown",
        "unknown",
        bands,
        {name: band for name, band in aliases.items() if len(name) > _LETTERS},
    )
