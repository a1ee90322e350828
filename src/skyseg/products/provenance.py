"""What a product was made from: written into its header, and compared with what is asked for."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import unquote, unquote_to_bytes

import astropy.units as u
import numpy as np
from astropy.io import fits

from skyseg import __version__
from skyseg.engine.edition import ENGINE_EDITION
from skyseg.engine.kernels import Kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import ErrType, Slices
from skyseg.errors import ImageError
from skyseg.imaging.data_checks import DataCheck, forget_checks
from skyseg.imaging.header_levels import HeaderLevel
from skyseg.imaging.names import Role
from skyseg.imaging.refs import MapRef
from skyseg.imaging.remote import is_remote, look_up
from skyseg.methods.base import Outcome
from skyseg.methods.columns import AskedColumn
from skyseg.methods.hot_pass import HotPass
from skyseg.products.edit_cards import MadeEdits, edit_cards, find_edit_changes
from skyseg.products.fits_files import RUN_KEY, encode_text

N_SOURCES_KEY = "NSOURCES"
N_BAD_KEY = "N_BAD"
VERSION_KEY = "METHVERS"
DATE_KEY = "DATE"

_PART = 16 * 2**20

_MOST_CAVEATS = 99

_NO_CHECKSUM = "0" * 64

_EMBEDDED_ENGINE = "skyseg"

InputRole = Role | Literal["FLAG", "MASK", "REGIONS", "SEG", "DET_SCI", "DET_ERR", "DET_WHT", "PSF"]
"""What an input map is."""

Card = tuple[str, Any, str]


@dataclass(frozen=True)
class InputMap:
    """An input map and the state of its file.

    Attributes
    ----------
    role : {"SCI", "ERR", "WHT", "FLAG", "MASK", "REGIONS", "SEG", "DET_SCI", ...}
        What the map is; those of a detection that is measured in other maps have names of
        their own.
    ref : MapRef
        Where it is.
    size : int
        Size of the file in bytes.
    mtime : int
        Last change of the file, ns since 1970.
    """

    role: InputRole
    ref: MapRef
    size: int
    mtime: int

    @classmethod
    def of(cls, role: InputRole, ref: MapRef) -> InputMap:
        """Look up the present state of a map's file.

        Raises
        ------
        ImageError
            If the file cannot be looked up.
        """
        size, mtime = _state(ref.path)
        return cls(role, ref, size, mtime)

    def checksum(self) -> str:
        """SHA-256 of the whole file, which must still be in the state that was noted.

        The map's own DATASUM is checked with it. A file is read once while its size and
        time stay as they are, until `forget_checksums`.

        Raises
        ------
        ImageError
            If the file cannot be read, has changed, or its map has not the sum that its
            DATASUM tells.
        """
        path, state = self.ref.path, (self.ref.path, self.size, self.mtime)
        checksum = _checksums.get(state)
        check = None if self.role == "REGIONS" else DataCheck.of(path, self.ref.ext)
        if checksum is None:
            checksum = _read_sha256(*state, check)
        elif check is not None:
            check.read()
        if _state(path) != (self.size, self.mtime):
            raise ImageError(f"{self.ref} was changed while it was being used", hint="call again")
        if check is not None:
            check.finish()
        _checksums[state] = checksum
        return checksum


_checksums: Final[dict[tuple[Path, int, int], str]] = {}
"""SHA-256 of files by size and time."""


def forget_checksums() -> None:
    """Read input maps again when they are asked for, whatever size and time of files say."""
    _checksums.clear()
    forget_checks()


@dataclass(frozen=True)
class DetectionRun:
    """The run that detected the sources which are measured in other maps.

    Attributes
    ----------
    name : str
        What they were detected in.
    run : str
        RUNID of its products; ``"none"`` for a map that has none.
    """

    name: str
    run: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is asked for: from which maps, by which method, with which values.

    Attributes
    ----------
    method : str
        Segmentation method.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    set_name : str
        Name of the parameter set.
    parameters : Parameters
        Its values.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    pix_scale : float
        Side of a pixel in arcsec.
    zero_point : float
        AB magnitude of one unit of the image; NaN where unknown.
    inputs : tuple of InputMap
        The maps read: SCI, then the error map, the flag map and the mask, where there are any.
    asked : str, Path or Parameters
        The parameter set as it was given: its name, its file or its values.
    from_header : tuple of HeaderLevel
        Parameters whose values are those of cards of the SCI header.
    columns : tuple of AskedColumn or None
        The columns of the catalogue; None for the usual ones.
    params_name : str, Path or None
        The file of the columns, as it was given.
    flag_image : str, Path, MapRef or None
        The flag map, as it was given.
    mask : Path or None
        The mask of the band, one that `skyseg.BandData.mask` made.
    exclude : tuple of str
        Names of the mask's bits whose pixels are excluded from detection.
    part : tuple of slice or None
        The part of the maps that is segmented; None for all.
    detection : DetectionRun or None
        The run whose sources are measured; None where sources are detected.
    hot : HotPass or None
        The second pass, for a run in two.
    more : tuple of (str, str)
        What else decides what comes out, as text by FITS keys.
    edits : MadeEdits or None
        The edits of the map, or of that whose sources are measured; None where it is as the
        method made it.
    """

    method: str
    err_type: ErrType
    set_name: str
    parameters: Parameters
    aper_diams: tuple[float, ...]
    pix_scale: float
    zero_point: float
    inputs: tuple[InputMap, ...]
    asked: str | Path | Parameters
    from_header: tuple[HeaderLevel, ...] = ()
    columns: tuple[AskedColumn, ...] | None = None
    params_name: str | Path | None = None
    flag_image: str | Path | MapRef | None = None
    mask: Path | None = None
    exclude: tuple[str, ...] = ()
    part: Slices | None = None
    detection: DetectionRun | None = None
    hot: HotPass | None = None
    more: tuple[tuple[str, str], ...] = ()
    edits: MadeEdits | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `skyseg.BandData.segment` that ask for the same."""
        return {
            "err_type": self.err_type,
            "method": self.method,
            "parameters": self.asked,
            "aper_diams": u.Quantity(self.aper_diams, u.arcsec),
            "params_name": self.params_name,
            "flag_image": self.flag_image,
            "mask": self.mask or False,
            "exclude": self.exclude if self.mask else "all",
            "region": self.part,
            "edits": False if self.edits is None else self.edits.asked,
        }


@contextmanager
def taking_checksums(inputs: tuple[InputMap, ...]) -> Iterator[None]:
    """Take the checksums of input maps during other work, for `record` to find them taken.

    They are there when the block ends; where it fails nobody waits for them.
    """
    thread = threading.Thread(target=_take_checksums, args=(inputs,), daemon=True)
    thread.start()
    yield
    thread.join()


def _take_checksums(inputs: tuple[InputMap, ...]) -> None:
    for given in inputs:
        # `record` asks again, and says what is wrong
        with suppress(ImageError):
            given.checksum()


def record(recipe: Recipe, outcome: Outcome) -> fits.Header:
    """Write down how a product was made, as FITS cards.

    Parameters
    ----------
    recipe : Recipe
        What was asked for.
    outcome : Outcome
        What the method gave.

    Returns
    -------
    Header
        Method, versions and date; what the method did otherwise than asked
        (CAVEAT1, ..., CAVEAT99, which has all that are more); every setting of the recipe;
        path, size, time and SHA-256 of each input; RUNID, which is the same in the three
        products of one run and in no other.

    Raises
    ------
    ImageError
        If an input was changed since the recipe noted it.
    """
    header = describe(
        recipe, outcome.version, outcome.facts, outcome.caveats, n_sources=len(outcome.cat)
    )
    record_inputs(header, recipe.inputs)
    sign(header)
    return header


def describe(
    recipe: Recipe,
    version: str,
    facts: Mapping[str, Any] = MappingProxyType({}),
    caveats: Sequence[str] = (),
    n_sources: int | None = None,
) -> fits.Header:
    """Write down how something is made, as FITS cards, without its inputs and RUNID.

    Parameters
    ----------
    recipe : Recipe
        What was asked for.
    version : str
        Version of the method.
    facts, caveats
        Those of `skyseg.methods.base.Outcome`.
    n_sources : int, optional
        Number of sources, for a catalogue.
    """
    header = begin_header()
    header[VERSION_KEY] = (encode_text(version), "version of the method")
    if n_sources is not None:
        header[N_SOURCES_KEY] = (n_sources, "number of sources")
    name = ("PARSET", encode_text(recipe.set_name), "name of the parameter set")
    settings = [(key, _as_text(value), about) for key, value, about in _setting_cards(recipe)]
    for key, value, about in [name, *_fact_cards(facts), *settings]:
        # what a parameter leaves to another card is not repeated as "none"
        if not (value == _NONE and _UNRECORDED.get(key) == _NONE):
            header[key] = (value, about if _has_room(key, value, about) else "")
    for key, value, about in edit_cards(recipe.edits):
        header[key] = (_as_text(value), about)
    for number, caveat in enumerate(_join_last(caveats), start=1):
        header[f"CAVEAT{number}"] = encode_text(caveat)
    return header


def _join_last(caveats: Sequence[str]) -> list[str]:
    """Join those for which no keyword of eight letters is left."""
    last = caveats[_MOST_CAVEATS - 1 :]
    return [*caveats[: _MOST_CAVEATS - 1], *(["; ".join(last)] if last else [])]


def begin_header() -> fits.Header:
    """Return the cards that each product begins with: when it was made, and by what."""
    made = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    header = fits.Header()
    header[DATE_KEY] = (made, "when it was made, UTC")
    header["CREATOR"] = (f"skyseg {__version__}", "what wrote this file")
    return header


def record_inputs(header: fits.Header, inputs: tuple[InputMap, ...]) -> None:
    """Write down what a product is made from: path, size, time and SHA-256 of each input."""
    name_inputs(header, inputs)
    record_checksums(header, inputs)


def name_inputs(header: fits.Header, inputs: tuple[InputMap, ...]) -> None:
    """Write down the inputs of a product whose checksums are yet to be taken."""
    for number, given in enumerate(inputs, start=1):
        for key, value, about in _input_cards(number, given):
            header[key] = (value, about)


def record_checksums(header: fits.Header, inputs: tuple[InputMap, ...]) -> None:
    """Write the checksums of inputs into the places that `name_inputs` has kept for them.

    Raises
    ------
    ImageError
        If an input was changed since it was noted.
    """
    for number, given in enumerate(inputs, start=1):
        header[f"IN{number}SHA"] = given.checksum()


def sign(header: fits.Header) -> None:
    """Give a header RUNID, made of all that is in it."""
    run = hashlib.sha256(header.tostring().encode()).hexdigest()[:16]
    header[RUN_KEY] = (run, "the same in all products of one run")


def _has_room(key: str, value: Any, about: str) -> bool:
    """Whether a comment stands in whole behind a value."""
    length: int = fits.Card.length
    return len(str(fits.Card(key, value)).rstrip()) + len(f" / {about}") <= length


def spell_part(part: Slices | None) -> str:
    """Write a part of an image as FITS does: columns and rows, counted from 1, both ends included.

    None is written ``"all"``.

    Examples
    --------
    >>> spell_part((slice(0, 90), slice(500, 700)))
    '[501:700,1:90]'
    """
    if part is None:
        return "all"
    rows, columns = part
    return f"[{columns.start + 1}:{columns.stop},{rows.start + 1}:{rows.stop}]"


def tell_history(header: Mapping[str, Any]) -> str:
    """Say when a product was made and by what version, from its header."""
    return f"{header.get(DATE_KEY, 'at some time')} by {unquote(str(header.get(VERSION_KEY, '')))}"


def is_of_former_name(header: Mapping[str, Any]) -> bool:
    """Tell whether a product was made by the embedded engine when it was the method ``sep``."""
    version = str(header.get(VERSION_KEY, ""))
    return header.get("METHOD") == "sep" and version.startswith(f"{_EMBEDDED_ENGINE} ")


def find_changes(
    header: Mapping[str, Any], recipe: Recipe, *, verify: bool = False
) -> tuple[str, ...]:
    """Say what differs between how a product was made and what is asked for.

    Parameters
    ----------
    header : mapping
        Header of the product.
    recipe : Recipe
        What is asked for.
    verify : bool, optional
        Whether checksums of the inputs are compared even where size and time agree.

    Returns
    -------
    tuple of str
        One clause for each difference, such as ``"detect_thresh was 1.8 and is
        2.5"``; empty where the product fits. A file whose size and time are as
        recorded is taken as unchanged; otherwise its checksum decides.
    """
    found = []
    for key, value, _ in _setting_cards(recipe):
        was = header.get(_plain(key), _UNRECORDED.get(key, "not recorded"))
        if key == "METHOD" and is_of_former_name(header):
            was = _EMBEDDED_ENGINE
        if not _same(was, value):
            tell = _tell_columns if key == _COLUMNS_KEY else _tell_values
            found.append(f"{_LABELS.get(key, _plain(key).lower())} {tell(was, value)}")
    found += find_edit_changes(header, recipe.edits)
    return (*found, *find_input_changes(header, recipe.inputs, verify=verify))


def find_text_changes(
    header: Mapping[str, Any], settings: Mapping[str, str], label: Callable[[str], str]
) -> list[str]:
    """Say which settings that a header has as text are not those that are asked for.

    Parameters
    ----------
    header : mapping
        Header of the product.
    settings : mapping of str to str
        What is asked for, by FITS keys.
    label : callable
        Returns what the setting of a key is called.

    Examples
    --------
    >>> find_text_changes({"MASKEDGE": "50"}, {"MASKEDGE": "20"}, str.lower)
    ['maskedge was 50 and is 20']
    """
    return [
        f"{label(key)} was {was} and is {value}"
        for key, value in settings.items()
        if (was := header.get(key, "not recorded")) != encode_text(value)
    ]


def find_input_changes(
    header: Mapping[str, Any], inputs: tuple[InputMap, ...], *, verify: bool = False
) -> tuple[str, ...]:
    """Say which inputs are not those that a product was made from; see `find_changes`."""
    was = list_named_inputs(header)
    had, has = {role for role, _, _ in was}, {each.role for each in inputs}
    found = []
    for number, place in _pair_inputs(was, inputs):
        if number is not None and place is None:
            role, path, ext = was[number]
            found.append(
                f"{role} {path}[{ext}] was read and now is not"
                if role in has
                else f"{role} {path} was read and now no {role} is given"
            )
        elif number is None and place is not None:
            given = inputs[place]
            found.append(
                f"{given.role} {given.ref} was not read and now is"
                if given.role in had
                else f"no {given.role} was read and now {given.ref} is"
            )
        elif number is not None and place is not None:
            found.extend(_input_changes(header, number + 1, inputs[place], verify=verify))
    return tuple(found)


_COLUMNS_KEY = "COLUMNS"
_NONE = "none"
_PART_KEY = "REGION"
_EXCLUDE_KEY = "EXCLUDE"
_EDITION_KEY = "EDITION"
DETECTION_KEY: Final = "DETRUN"
"""RUNID of the detection whose sources were measured."""


_USUAL = "default"
_MOST_NAMED = 3

_LABELS = {
    "METHOD": "method",
    "ERRTYPE": "err_type",
    "APERDIAM": "aper_diams",
    "PIXSCALE": "pix_scale",
    "MAGZERO": "zero_point",
    _COLUMNS_KEY: "params_name",
    _PART_KEY: "region",
    _EXCLUDE_KEY: "exclude",
    _EDITION_KEY: "edition of the engine",
    DETECTION_KEY: "run of the detection",
    "DETBAND": "detection",
}


def _setting_cards(recipe: Recipe) -> list[Card]:
    """Cards of everything that decides what comes out, the inputs apart."""
    unknown = math.isnan(recipe.zero_point)
    origins = {each.parameter: f"from the card {each.card} of SCI" for each in recipe.from_header}
    return [
        ("METHOD", recipe.method, "segmentation method"),
        *_edition_cards(recipe),
        *_detection_cards(recipe),
        ("ERRTYPE", recipe.err_type, "error map used"),
        ("APERDIAM", " ".join(map(repr, recipe.aper_diams)), "[arcsec] aperture diameters"),
        ("PIXSCALE", recipe.pix_scale, "[arcsec] side of a pixel"),
        (_COLUMNS_KEY, _spell_columns(recipe.columns), ""),
        (
            _PART_KEY,
            "all" if recipe.part is None else spell_part(recipe.part),
            "columns and rows of SCI, from 1",
        ),
        (_EXCLUDE_KEY, _spell_excluded(recipe), "bits of MASK that are excluded"),
        ("MAGZERO", "unknown" if unknown else recipe.zero_point, "[mag] AB zero point"),
        *((key, value, "") for key, value in recipe.more),
        *(
            (
                f"HIERARCH {name.upper()}",
                spell_value(getattr(recipe.parameters, name)),
                origins.get(name, ""),
            )
            for name in Parameters.names()
        ),
        *_hot_cards(recipe.hot),
    ]


def _hot_cards(hot: HotPass | None) -> list[Card]:
    """Cards of the second pass, none where there is one pass."""
    if hot is None:
        return []
    inside = "child" if hot.children else "cold"
    return [
        ("HIERARCH HOT_INSIDE", inside, "what a hot source inside a cold one is"),
        *(
            (f"HIERARCH HOT_{name.upper()}", spell_value(getattr(hot.parameters, name)), "")
            for name in Parameters.names()
        ),
    ]


def _edition_cards(recipe: Recipe) -> list[Card]:
    """Card of what the embedded engine makes of the same settings, by other methods none."""
    if recipe.method != _EMBEDDED_ENGINE:
        return []
    return [(_EDITION_KEY, ENGINE_EDITION, "edition of the engine")]


def _detection_cards(recipe: Recipe) -> list[Card]:
    if recipe.detection is None:
        return []
    return [
        (DETECTION_KEY, recipe.detection.run, "RUNID of the detection"),
        ("DETBAND", recipe.detection.name, "what was detected in"),
    ]


def _spell_columns(columns: tuple[AskedColumn, ...] | None) -> str:
    return _USUAL if columns is None else " ".join(map(str, columns))


def _spell_excluded(recipe: Recipe) -> str:
    return _NONE if recipe.mask is None else " ".join(recipe.exclude) or "nothing"


def _fact_cards(facts: Mapping[str, Any]) -> list[Card]:
    """Cards of a method's facts; a number that FITS cannot hold is written as text."""
    return [
        (
            f"HIERARCH {name.upper()}",
            value if isinstance(value, int) or _is_finite(value) else encode_text(str(value)),
            "",
        )
        for name, value in facts.items()
    ]


def _input_cards(number: int, given: InputMap) -> list[Card]:
    return [
        (f"IN{number}ROLE", given.role, "an input map"),
        (f"IN{number}PATH", encode_text(given.ref.path), ""),
        (f"IN{number}EXT", given.ref.ext, "number of its HDU"),
        (f"IN{number}SIZE", given.size, "[byte] size of the file"),
        (f"IN{number}TIME", given.mtime, "[ns] last change since 1970"),
        (f"IN{number}SHA", _NO_CHECKSUM, ""),
    ]


def _input_changes(
    header: Mapping[str, Any], number: int, given: InputMap, *, verify: bool
) -> list[str]:
    role, ext, size, mtime, checksum = (
        header.get(f"IN{number}{name}") for name in ("ROLE", "EXT", "SIZE", "TIME", "SHA")
    )
    path = _path_in(header, f"IN{number}")
    if (role, ext) != (given.role, given.ref.ext):
        return [f"{role} {path}[{ext}] was read and now {given.role} {given.ref} is"]
    if size != given.size:
        return [f"{given.role} {given.ref} had {size} bytes and has {given.size}"]
    is_same_state = (path, mtime) == (given.ref.path, given.mtime)
    if (is_same_state and not verify) or checksum == given.checksum():
        return []
    return [f"the file of {given.role} {given.ref} has changed"]


def list_named_inputs(header: Mapping[str, Any]) -> list[tuple[InputRole, Path, int]]:
    """List the maps that a product was made from, by its header: role, file and HDU of each."""
    numbers = itertools.takewhile(lambda n: f"IN{n}ROLE" in header, itertools.count(1))
    return [
        (
            header[f"IN{number}ROLE"],
            _path_in(header, f"IN{number}"),
            header.get(f"IN{number}EXT", 0),
        )
        for number in numbers
    ]


def _pair_inputs(
    was: Sequence[tuple[InputRole, Path, int]], now: Sequence[InputMap]
) -> Iterator[tuple[int | None, int | None]]:
    """Pair the places of the inputs of a product with those of the inputs that are asked for.

    What has the same path is one and the same, then what has the same name, then what has the
    same role; what is new, or gone, is paired with None. Others keep their order.
    """
    paths = [each.ref.path for each in now]
    keys = (
        ([(r, e, p) for r, p, e in was], [(n.role, n.ref.ext, n.ref.path) for n in now]),
        ([(r, e, p.name) for r, p, e in was],
         [(n.role, n.ref.ext, p.name) for n, p in zip(now, paths, strict=True)]),
        ([(r, e) for r, _, e in was], [(n.role, n.ref.ext) for n in now]),
    )  # fmt: skip
    yield from _pair(keys, range(len(was)), range(len(now)))


def _pair(
    keys: Sequence[tuple[list[Any], list[Any]]], was: range, now: range
) -> Iterator[tuple[int | None, int | None]]:
    if not keys:
        if len(was) == len(now):
            yield from zip(was, now, strict=True)
        else:
            yield from ((number, None) for number in was)
            yield from ((None, place) for place in now)
        return
    (of_was, of_now), *looser = keys
    alike = SequenceMatcher(
        None, of_was[was.start : was.stop], of_now[now.start : now.stop], autojunk=False
    )
    for kind, i, j, k, m in alike.get_opcodes():
        if kind == "equal":
            yield from zip(was[i:j], now[k:m], strict=True)
        else:
            yield from _pair(looser, was[i:j], now[k:m])


def find_input_faults(header: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which maps that a product was made from are not what they were, read to their end.

    Parameters
    ----------
    header : mapping
        Header of the product.

    Returns
    -------
    tuple of str
        One clause for each map that has changed, or cannot be read.
    """
    found = []
    for number, (role, path, _) in enumerate(list_named_inputs(header), start=1):
        try:
            if _read_sha256(path, *_state(path)) != header.get(f"IN{number}SHA"):
                found.append(f"{role} {path} is not the file that was read")
        except ImageError as error:
            found.append(f"{role} {error.what}")
    return tuple(found)


def _path_in(header: Mapping[str, Any], key: str) -> Path:
    return Path(os.fsdecode(unquote_to_bytes(str(header.get(f"{key}PATH", "")))))


def _as_text(value: Any) -> Any:
    return encode_text(value) if isinstance(value, str) else value


def _tell_values(was: Any, value: Any) -> str:
    return f"was {unquote(was) if isinstance(was, str) else was} and is {value}"


def _tell_columns(was: str, value: str) -> str:
    """Say which columns came and went, the first ones by name."""
    before, now = was.split(), value.split()
    if _USUAL in (was, value):
        return f"was {_name_some(before)} and is {_name_some(now)}"
    changes = {
        "asks for": [each for each in now if each not in before],
        "no longer for": [each for each in before if each not in now],
    }
    told = (f"{verb} {_name_some(names)}" for verb, names in changes.items() if names)
    return " and ".join(told) or "has the columns in another order"


def _name_some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    named = ", ".join(names[:_MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _is_finite(value: Any) -> bool:
    return isinstance(value, (float, np.number)) and bool(np.isfinite(value))


def _plain(key: str) -> str:
    return key.removeprefix("HIERARCH ")


def spell_value(value: Any) -> Any:
    """Return the value of a parameter as the headers of products have it."""
    if value is None:
        return _NONE
    if isinstance(value, Kernel):
        return f"{value.name} {hashlib.sha256(repr(value).encode()).hexdigest()[:16]}"
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else ",".join(map(repr, value))
    return value


# What a product was made with whose header is older than a parameter.
_UNRECORDED = {
    _COLUMNS_KEY: _USUAL,
    _PART_KEY: "all",
    _EXCLUDE_KEY: _NONE,
    _EDITION_KEY: 1,
    **{
        f"HIERARCH {name.upper()}": spell_value(Parameters.describe(name).default)
        for name in (
            *(
                "thresh_type",
                "thresh_unit",
                "weight_type",
                "rescale_weights",
                "weight_gain",
                "weight_thresh",
            ),
            *(
                "clean_psf",
                "flag_image",
                "flag_type",
                "phot_apertures",
                "phot_petroparams",
                "satur_key",
            ),
            *("mag_zeropoint", "gain_key", "pixel_scale", "back_filtthresh", "back_pearson"),
            *("backphoto_type", "backphoto_thick"),
        )
    },
}


def _same(was: Any, value: Any) -> bool:
    if isinstance(value, float) and isinstance(was, (int, float)):
        return math.isclose(was, value, rel_tol=1e-9)
    return was in (value, _as_text(value))  # as it is: in products of former versions


def _state(path: Path) -> tuple[int, int]:
    try:
        return look_up(path)
    except OSError as error:
        raise ImageError(
            f"{path} cannot be looked up ({error.strerror})", hint="check the file"
        ) from error


def _read_sha256(path: Path, size: int, mtime: int, check: DataCheck | None = None) -> str:
    if is_remote(path):
        # what its server tells, so that it need not be fetched whole
        return hashlib.sha256(f"{path} {size} {mtime}".encode()).hexdigest()
    # large parts: after each the interpreter's lock has to be waited for
    digest, part = hashlib.sha256(), memoryview(bytearray(min(size + 1, _PART)))
    try:
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(part):
                digest.update(part[:count])
                if check is not None:
                    check.see(part[:count])
            return digest.hexdigest()
    except OSError as error:
        raise ImageError(
            f"{path} cannot be read ({error.strerror})", hint="check the file"
        ) from error
