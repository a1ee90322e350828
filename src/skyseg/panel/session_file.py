"""Sessions in a file that either viewer opens: what is chosen, shown, looked at, remembered.

`docs/viewers.md` says what the file holds. Every field of `Session` is in it, but those of
`_OF_THE_MOMENT`: a field that is added there is saved and opened without more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from skyseg import methods
from skyseg.errors import DataNotFoundError, ParameterError, SkysegError
from skyseg.methods import parameter_sets
from skyseg.panel.marks import MarkSet, read_marks
from skyseg.panel.session import Session
from skyseg.panel.wording import worded
from skyseg.settings import config
from skyseg.writing import is_file, is_folder, make_absolute, read_small, whole_file

ENDING: Final = ".skyseg.json"
"""How the name of a session's file ends."""

_FORMAT, _VERSION = "skyseg session", 1
_OF_THE_MOMENT: Final = frozenset({"overwrite", "preview"})
_CHOICE: Final = ("data_dir", "survey", "version", "instruments", "zero_points", "stacks", "band")


@dataclass(frozen=True)
class SavedSession:
    """What a session's file holds, as far as it is still there.

    Attributes
    ----------
    session : Session
        The session.
    notes : tuple of str
        What is no longer there, a sentence each.
    """

    session: Session
    notes: tuple[str, ...] = ()


def is_session_file(path: object) -> bool:
    """Tell by its name whether a file holds a session.

    Examples
    --------
    >>> is_session_file("field.skyseg.json")
    True
    """
    return isinstance(path, (str, Path)) and str(path).endswith(ENDING)


def save_session(session: Session, path: str | Path) -> Path:
    """Write a session.

    Parameters
    ----------
    session : Session
        The session. Marks of a file are not written, but where the file is; paths are
        relative to the session's file where they lie beneath its folder.
    path : str or Path
        The file; `ENDING` is added where it is missing, and a file of this name is replaced.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    ProductError
        If it cannot be written.

    Examples
    --------
    >>> save_session(viewer.session, "field").name
    'field.skyseg.json'
    """
    file = make_absolute(path)
    if not is_session_file(file):
        file = file.with_name(file.name.removesuffix(".json") + ENDING)
    fields = session.model_dump(mode="python", exclude=set(_OF_THE_MOMENT))
    fields["data_dir"] = session.archive
    for marks in fields["marks"]:
        if marks["path"] is not None:
            del marks["x"], marks["y"]
    folder = file.parent
    if session.files is not None:
        files = session.files.map_paths(lambda each: _shorten(each, folder))
        fields["files"] = files.model_dump()
    shortened = _map_paths(fields, lambda each: _shorten(each, folder))
    text = json.dumps(
        {"format": _FORMAT, "version": _VERSION, "session": shortened}, indent=1, default=str
    )
    with whole_file(file) as opened:
        opened.write(f"{text}\n".encode())
    return file


def read_session(path: str | Path) -> SavedSession:
    """Read a session's file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    SavedSession
        What of it is still there.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ParameterError
        If it is no session, of an unknown version, or holds what no session has.
    """
    file = make_absolute(path)
    fields = _read_fields(file)
    try:
        saved = Session.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ParameterError(
            f"{file} has a wrong {field} ({first['msg']})", hint="save the session again"
        ) from error
    notes: list[str] = []
    known = _map_paths(dict(saved), lambda each: file.parent / each)
    if saved.files is not None:
        known["files"] = saved.files.map_paths(lambda each: file.parent / each)
    session = Session.model_validate(_drop_missing(known, notes))
    return SavedSession(session, tuple(notes))


def take_over(session: Session, saved: Session) -> None:
    """Let a session be as a saved one is, in one step for what is chosen."""
    fields = {
        name: getattr(saved, name) for name in Session.model_fields if name not in _OF_THE_MOMENT
    }
    session.update({name: fields.pop(name) for name in (*_CHOICE, "files")})
    session.update(fields)


def _read_fields(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_small(file))
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{file} is not there", hint="choose another file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ParameterError(f"{file} is no session", hint="choose another file") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ParameterError(f"{file} is no session", hint="choose another file")
    if content.get("version") != _VERSION or not isinstance(content.get("session"), dict):
        raise ParameterError(
            f"{file} is a session of version {content.get('version')}",
            hint="open it with a newer skyseg",
        )
    fields: dict[str, Any] = content["session"]
    return fields


def _drop_missing(fields: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Leave out what is no longer there, and say so."""
    archive = fields["data_dir"]
    if archive is not None and not is_folder(archive):
        if fields["survey"] or fields["files"] is None:
            notes.append(f"the archive {archive} is not there")
        usual = Session()
        fields |= {name: getattr(usual, name) for name in _CHOICE}
    elif archive == Path(config.data_dir):
        fields["data_dir"] = None
    if fields["files"] is not None:
        try:
            fields["files"].open_band()
        except SkysegError as error:
            notes.append(worded(error))
            fields["files"] = None
    marks = (_read_again(each, notes) for each in fields["marks"])
    fields["marks"] = tuple(each for each in marks if each is not None)
    for shown in fields["layers"]:
        if not is_file(shown.path):
            notes.append(f"{shown.path} is not there, so {shown.name or shown.role} is not shown")
    fields["layers"] = tuple(each for each in fields["layers"] if is_file(each.path))
    gone = [each for each in fields["compared"] or () if not is_file(each.path)]
    notes += [f"{each.path} is not there, so no difference is shown" for each in gone]
    if gone:
        fields["compared"] = None
    if fields["parameter_set"] not in parameter_sets.names():
        try:
            parameter_sets.load(fields["parameter_set"])
        except SkysegError:
            notes.append(
                f"there is no parameter set {fields['parameter_set']}, so its values are shown "
                "as changes to the default"
            )
            fields["parameter_set"] = "default"
    if fields["method"] not in methods.names():
        notes.append(f"the method {fields['method']} is not installed")
        fields["method"] = config.method
    return fields


def _read_again(marks: MarkSet, notes: list[str]) -> MarkSet | None:
    if marks.path is None:
        return marks
    try:
        return read_marks(marks.path, marks.name, marks.colour)
    except SkysegError as error:
        notes.append(f"the marks {marks.name} are not shown: {worded(error)}")
        return None


def _shorten(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def _map_paths(value: Any, change: Callable[[Path], Path]) -> Any:
    """Return a value in which each path, however deep, is another."""
    if isinstance(value, Path):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_paths(each, change) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_map_paths(each, change) for each in value)
    fields = getattr(type(value), "model_fields", None)
    if not fields:
        return value
    changed = {name: _map_paths(getattr(value, name), change) for name in fields}
    different = {name: new for name, new in changed.items() if new is not getattr(value, name)}
    return value.model_copy(update=different) if different else value
