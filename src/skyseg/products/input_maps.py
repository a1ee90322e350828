"""The maps that a product is made from: their files' states, written and compared."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote_to_bytes

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg import _loops
from skyseg.engine.known_facts import forget_facts
from skyseg.engine.mappers import Mapper
from skyseg.engine.stopping import end_if_stopped
from skyseg.errors import ImageError, SkysegError
from skyseg.imaging.data_checks import DataCheck, believe, forget_checks
from skyseg.imaging.names import Role
from skyseg.imaging.noise import forget_samples
from skyseg.imaging.refs import MapRef
from skyseg.imaging.remote import is_remote, look_up
from skyseg.products.fits_files import encode_text
from skyseg.writing import open_regular

InputRole = Role | Literal["FLAG", "MASK", "REGIONS", "SEG", "DET_SCI", "DET_ERR", "DET_WHT", "PSF"]
"""What an input map is."""

Card = tuple[str, Any, str]

_NO_CHECKSUM = "0" * 64
_PART = 16 * 2**20
_END_OF_LOOP: Final = 0.2
"""Seconds in which a loop ends that is told to."""

_STEP: Final = 0.1
"""Seconds between two looks whether checksums are still wanted."""

ByteRow = npt.NDArray[np.uint8]

_WANTED: Final = np.zeros(1, np.uint8)


class _UnwantedError(Exception):
    """Nobody waits for a checksum any more."""


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
        return _take_checksum(self, _WANTED)


_checksums: Final[dict[tuple[Path, int, int], str]] = {}
"""SHA-256 of files by size and time."""


def _take_checksum(given: InputMap, unwanted: ByteRow) -> str:
    path, state = given.ref.path, (given.ref.path, given.size, given.mtime)
    checksum = _checksums.get(state)
    check = None if given.role == "REGIONS" else DataCheck.of(path, given.ref.ext)
    if checksum is None:
        checksum = _read_sha256(*state, check, unwanted)
    elif check is not None:
        check.read()
    if _state(path) != (given.size, given.mtime):
        raise ImageError(f"{given.ref} was changed while it was being used", hint="call again")
    if check is not None:
        check.finish()
    _checksums[state] = checksum
    return checksum


def forget_checksums() -> None:
    """Read input maps again when they are asked for, whatever size and time of files say."""
    _checksums.clear()
    forget_checks()
    forget_facts()
    forget_samples()


@contextmanager
def taking_checksums(inputs: tuple[InputMap, ...], mapper: Mapper | None = None) -> Iterator[None]:
    """Take the checksums of input maps during other work, for `record` to find them taken.

    They are there when the block ends; where it fails nobody waits for them. A mapper has
    the files read where it works.
    """
    unwanted = np.zeros(1, np.uint8)
    take = _take_checksums if mapper is None else partial(_have_taken, mapper)
    given = inputs, unwanted
    thread = threading.Thread(target=take, args=given, name="_take_checksums", daemon=True)
    thread.start()
    try:
        yield
        while thread.is_alive():
            end_if_stopped()
            thread.join(_STEP)
    finally:
        unwanted[0] = 1
        # a loop must not go on when the process ends
        thread.join(_END_OF_LOOP)


def _take_checksums(inputs: tuple[InputMap, ...], unwanted: ByteRow) -> None:
    # `record` asks again, and says what is wrong
    with suppress(SkysegError, OSError):
        _take_pairs(inputs, unwanted)
    for given in inputs:
        with suppress(SkysegError, _UnwantedError):
            _take_checksum(given, unwanted)


@contextmanager
def expecting_checksums(inputs: Iterable[InputMap]) -> Iterator[None]:
    """Tell of input maps of several products, whose checksums are to be taken one after the other.

    That of one file is taken with that of the next one, in the time of one of the two.
    """
    expected = tuple(inputs)
    _expected.append(expected)
    try:
        yield
    finally:
        _expected.remove(expected)


_expected: Final[list[tuple[InputMap, ...]]] = []


def _take_pairs(inputs: tuple[InputMap, ...], unwanted: ByteRow) -> None:
    """Take checksums of two files at a time, in half of the time, where nothing else is checked."""
    states = _list_plain(inputs)
    if len(states) % 2:
        later = _list_plain(tuple(itertools.chain(*_expected)))
        states += [state for state in later if state not in states][:1]
    for pair in zip(states[::2], states[1::2], strict=False):
        if unwanted[0]:
            return
        with open_regular(pair[0][0], 0) as first, open_regular(pair[1][0], 0) as second:
            found = _loops.digest_pair(
                first=first.fileno(), second=second.fileno(), unwanted=unwanted
            )
        for state, digest in zip(pair, found or (), strict=False):
            if _state(state[0]) == state[1:]:
                _checksums[state] = digest.hex()


def _list_plain(inputs: tuple[InputMap, ...]) -> list[tuple[Path, int, int]]:
    """List the files whose checksums are not taken yet, but those in which more is checked."""
    checks = {(given.ref.path, given.size, given.mtime): True for given in inputs}
    for given in inputs:
        has_check = given.role != "REGIONS" and DataCheck.of(given.ref.path, given.ref.ext)
        if has_check or is_remote(given.ref.path):
            checks[given.ref.path, given.size, given.mtime] = False
    return [state for state, is_plain in checks.items() if is_plain and state not in _checksums]


def _have_taken(mapper: Mapper, inputs: tuple[InputMap, ...], unwanted: ByteRow) -> None:
    """Have checksums taken elsewhere of files that were not read here."""
    files: dict[tuple[Path, int, int], list[InputMap]] = {}
    for given in inputs:
        state = given.ref.path, given.size, given.mtime
        if state not in _checksums:
            files.setdefault(state, []).append(given)
    # `record` asks again, and says what is wrong
    with suppress(Exception):
        for (state, read), checksum in zip(
            files.items(), mapper(_read_anew, list(files.values())), strict=True
        ):
            for given in read:
                if given.role != "REGIONS":
                    believe(*state, given.ref.ext)
            _checksums[state] = checksum
            if unwanted[0]:
                return


def _read_anew(inputs: Sequence[InputMap]) -> str:
    """Take the checksum of the one file of some inputs, whatever is known of it."""
    forget_checksums()
    return [given.checksum() for given in inputs][-1]


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


def _input_cards(number: int, given: InputMap) -> list[Card]:
    return [
        (f"IN{number}ROLE", given.role, "an input map"),
        (f"IN{number}PATH", encode_text(given.ref.path), ""),
        (f"IN{number}EXT", given.ref.ext, "number of its HDU"),
        (f"IN{number}SIZE", given.size, "[byte] size of the file"),
        (f"IN{number}TIME", given.mtime, "[ns] last change since 1970"),
        (f"IN{number}SHA", _NO_CHECKSUM, ""),
    ]


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


def _input_changes(
    header: Mapping[str, Any], number: int, given: InputMap, *, verify: bool
) -> list[str]:
    role, ext, size, mtime, checksum = (
        header.get(f"IN{number}{name}") for name in ("ROLE", "EXT", "SIZE", "TIME", "SHA")
    )
    path = _path_in(header, f"IN{number}")
    another = [f"{role} {path}[{ext}] was read and now {given.role} {given.ref} is"]
    if (role, ext) != (given.role, given.ref.ext):
        return another
    is_same_name = path.name == given.ref.path.name
    if size != given.size:
        told = f"{given.role} {given.ref} had {size} bytes and has {given.size}"
        return [told] if is_same_name else another
    is_same_state = (path, mtime) == (given.ref.path, given.mtime)
    if (is_same_state and not verify) or checksum == given.checksum():
        return []
    return [f"the file of {given.role} {given.ref} has changed"] if is_same_name else another


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


def _state(path: Path) -> tuple[int, int]:
    try:
        return look_up(path)
    except OSError as error:
        raise ImageError(
            f"{path} cannot be looked up ({error.strerror})", hint="check the file"
        ) from error


def _read_sha256(
    path: Path, size: int, mtime: int, check: DataCheck | None = None, unwanted: ByteRow = _WANTED
) -> str:
    if is_remote(path):
        # what its server tells, so that it need not be fetched whole
        return hashlib.sha256(f"{path} {size} {mtime}".encode()).hexdigest()
    # large parts: after each the interpreter's lock has to be waited for
    digest, part = hashlib.sha256(), memoryview(bytearray(min(size + 1, _PART)))
    try:
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(part):
                if unwanted[0]:
                    raise _UnwantedError
                digest.update(part[:count])
                if check is not None:
                    check.see(part[:count])
            return digest.hexdigest()
    except OSError as error:
        raise ImageError(
            f"{path} cannot be read ({error.strerror})", hint="check the file"
        ) from error
