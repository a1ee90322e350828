"""The settings of skyseg: defaults, files and the environment, in rising order.

The files are TOML, named ``skyseg.toml``. Rising in priority they are

1. ``skyseg.toml`` in the user's configuration directory,
2. ``skyseg.toml`` in the working directory,
3. the file that the environment variable ``SKYSEG_CONFIG`` names,
4. the environment variables ``SKYSEG_DATA_DIR``, ``SKYSEG_WORK_DIR`` and so on,
   one for each setting.

A relative path in a file starts from the folder of that file; one in the
environment, or a default, starts from the working directory.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import EntryPoints, distributions, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_args

from platformdirs import user_config_path

from skyseg.errors import ConfigError, advise_name

FILE_NAME = "skyseg.toml"
FILE_VARIABLE = "SKYSEG_CONFIG"
PREFIX = "SKYSEG_"
_METHODS = "skyseg.methods"

# Facility, then instrument, then band with its wavelength in nm.
Facilities = dict[str, dict[str, dict[str, float]]]

RoleKey = Literal[
    "im_str", "rms_err_str", "wht_str", "im_ext_name", "rms_err_ext_name", "wht_ext_name"
]
# How files and HDUs of one's own are named, by the argument that tells it too.
Roles = dict[RoleKey, tuple[str, ...]]


class _UnfitError(ValueError):
    """A value cannot be that of its setting: where it stands there, and what it is."""

    def __init__(self, loc: tuple[int | str, ...], value: Any) -> None:
        super().__init__(loc, value)
        self.loc, self.value = loc, value


@dataclass(frozen=True)
class Settings:
    """The settings, read and checked.

    Attributes
    ----------
    data_dir : Path
        Where imaging is, as ``{facility}/{survey}/{instrument}/{version}/{scale}mas``.
    work_dir : Path
        Where products go.
    sex_dir : Path
        Where the products of SExtractor go; ``work_dir/SExtractor`` by default.
    parameters_dir : Path
        Where the user's own parameter sets are.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    method : str
        Segmentation method used where none is named.
    lock_timeout : float or None
        Seconds to wait for another process that makes the same products; None is without end.
    facilities : dict
        Facilities, instruments and bands (with their wavelength in nm) that are
        added to those skyseg knows, for example in TOML
        ``[facilities.Subaru.HSC]`` and ``HSC-G = 480``.
    roles : dict
        Parts of the names of files and EXTNAMEs that tell the role of a map, for
        example in TOML ``[roles]`` and ``wht_str = ["_exposure"]``.
    """

    data_dir: Path
    work_dir: Path
    sex_dir: Path
    parameters_dir: Path
    aper_diams: tuple[float, ...]
    method: str
    lock_timeout: float | None
    facilities: Facilities
    roles: Roles


def _read_at(key: int | str, read: Callable[[Any], Any], value: Any) -> Any:
    """Read a part of a value; an error says where it stands."""
    try:
        return read(value)
    except _UnfitError as error:
        raise _UnfitError((key, *error.loc), error.value) from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise _UnfitError((key,), value) from error


def _read_table(read: Callable[[Any], Any], value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("no table")
    return {key: _read_at(key, read, part) for key, part in value.items()}


def _read_list(read: Callable[[Any], Any], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("no list")
    return tuple(_read_at(number, read, part) for number, part in enumerate(value))


def _from_json(value: Any) -> Any:
    """Return a table as files have it, or the one of a text, as the environment has it."""
    return json.loads(value) if isinstance(value, str) else value


def _as_path(value: Any) -> Path:
    if not isinstance(value, str | Path):
        raise ValueError("no path")
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("no such user") from error


def _as_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no number")
    return float(value)


def _are_positive(numbers: Iterator[float]) -> bool:
    return all(math.isfinite(number) and number > 0 for number in numbers)


def _as_diameters(value: Any) -> tuple[float, ...]:
    """Read a list, or ``"0.32, 0.5"`` or ``"[0.32, 0.5]"``, as the environment has it."""
    if isinstance(value, str):
        value = [part.strip() for part in value.strip("[] ").split(",")]
    diameters = _read_list(_as_number, value)
    if not diameters or not _are_positive(iter(diameters)):
        raise ValueError("not positive")
    if len(set(diameters)) < len(diameters):
        raise ValueError("one is there twice")
    return diameters


def _as_method(value: Any) -> str:
    if not isinstance(value, str) or value not in find_methods().names:
        raise ValueError("not installed")
    return value


def _as_seconds(value: Any) -> float | None:
    if value is None:
        return None
    seconds = _as_number(value)
    if not 0 <= seconds < math.inf:
        raise ValueError("no time")
    return seconds


def _as_facilities(value: Any) -> Facilities:
    read_instruments = partial(_read_table, partial(_read_table, _as_number))
    facilities: Facilities = _read_table(read_instruments, _from_json(value))
    bands = (bands for instruments in facilities.values() for bands in instruments.values())
    if not _are_positive(wavelength for table in bands for wavelength in table.values()):
        raise ValueError("not positive")
    return facilities


def _as_roles(value: Any) -> Roles:
    table = _from_json(value)
    for key in table if isinstance(table, dict) else ():
        if key not in get_args(RoleKey):
            raise _UnfitError((key, _KEY), key)
    roles: Roles = _read_table(_as_texts, table)
    return roles


def _as_texts(value: Any) -> tuple[str, ...]:
    texts = _read_list(_as_text, (value,) if isinstance(value, str) else value)
    if not texts:
        raise ValueError("empty")
    return texts


def _as_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no text")
    return value.strip()


class _Setting(NamedTuple):
    """How a setting is read, what it is by default, after those before it, and may be."""

    read: Callable[[Any], Any]
    default: Callable[[Mapping[str, Any]], Any]
    allowed: str


_KEY: Final = "[key]"
_SETTINGS: Final = {
    "data_dir": _Setting(_as_path, lambda _: "data", "a path"),
    "work_dir": _Setting(_as_path, lambda _: "work", "a path"),
    "sex_dir": _Setting(_as_path, lambda before: before["work_dir"] / "SExtractor", "a path"),
    "parameters_dir": _Setting(
        _as_path, lambda _: user_config_path("skyseg") / "parameters", "a path"
    ),
    "aper_diams": _Setting(
        _as_diameters,
        lambda _: (0.32, 0.5, 1.0, 1.5, 2.0),
        "one or more positive numbers, in arcsec, each of them once",
    ),
    "method": _Setting(_as_method, lambda _: "skyseg", "the name of an installed method"),
    "lock_timeout": _Setting(
        _as_seconds,
        lambda _: None,
        "a number of seconds, zero or more; without the setting one waits without end",
    ),
    "facilities": _Setting(
        _as_facilities,
        lambda _: {},
        "a table facility.instrument with a positive wavelength in nm for each band",
    ),
    "roles": _Setting(
        _as_roles,
        lambda _: {},
        f"a table of texts with the keys {', '.join(get_args(RoleKey))}",
    ),
}


def _read_settings(given: Mapping[str, Any]) -> Settings:
    """Read the settings, those that are given and the defaults of others.

    Raises
    ------
    _UnfitError
        If one cannot have its value, or there is none of a name.
    """
    found: dict[str, Any] = {}
    for name, setting in _SETTINGS.items():
        value = given[name] if name in given else setting.default(found)
        found[name] = _read_at(name, setting.read, value)
    for name, value in given.items():
        if name not in found:
            raise _UnfitError((name,), value)
    return Settings(**found)


class Config:
    """The settings, read when they are first asked for.

    Each field of `Settings` is an attribute. The sections that notebooks of the
    field read are there too: ``config["SExtractor"]["SEX_DIR"]``, ``["SEX_CONFIG_DIR"]``,
    ``["APER_DIAMS"]`` and, as text, ``["APERTURE_DIAMS"]``;
    ``config["DEFAULT"]["GALFIND_DATA"]`` and ``["GALFIND_WORK"]``;
    ``config["Masking"]["MASK_DIR"]``.

    Raises
    ------
    ConfigError
        If a file or a variable has a key or a value that is not allowed.

    Examples
    --------
    >>> from skyseg.settings import config
    >>> config["SExtractor"]["APER_DIAMS"]
    <Quantity [0.32, 0.5 , 1.  , 1.5 , 2.  ] arcsec>
    """

    data_dir: Path
    work_dir: Path
    sex_dir: Path
    parameters_dir: Path
    aper_diams: tuple[float, ...]
    method: str
    lock_timeout: float | None
    facilities: Facilities
    roles: Roles

    _read: tuple[Settings, list[tuple[Path, dict[str, Any]]]] | None = None

    def reload(self) -> None:
        """Forget what was read; the next use reads the files and the environment again."""
        self.__dict__.pop("_read", None)

    def origin(self, name: str) -> str:
        """Where a setting comes from.

        Parameters
        ----------
        name : str
            Name of the setting, such as ``"data_dir"``.

        Returns
        -------
        str
            A path, the name of an environment variable, or ``"default"``.

        Raises
        ------
        ConfigError
            If there is no such setting.
        """
        if name not in _SETTINGS:
            hint = advise_name(name, _SETTINGS)
            raise ConfigError(f"{name} is not a setting", hint=hint)
        return _origin((name,), self._content()[1]) or "default"

    def as_dict(self) -> dict[str, Any]:
        """Return all settings by name."""
        return dict(vars(self._content()[0]))

    def _content(self) -> tuple[Settings, list[tuple[Path, dict[str, Any]]]]:
        if self._read is None:
            layers = [(path, _load(path)) for path in _files()]
            self.__dict__["_read"] = (_settings(layers), layers)
        assert self._read is not None
        return self._read

    def _sections(self) -> dict[str, Mapping[str, Any]]:
        import astropy.units as u

        settings = self._content()[0]
        return {
            "DEFAULT": MappingProxyType(
                {
                    "GALFIND_DATA": str(settings.data_dir),
                    "GALFIND_WORK": str(settings.work_dir),
                }
            ),
            "SExtractor": MappingProxyType(
                {
                    "SEX_DIR": str(settings.sex_dir),
                    "SEX_CONFIG_DIR": str(settings.parameters_dir),
                    "APER_DIAMS": u.Quantity(settings.aper_diams, u.arcsec),
                    "APERTURE_DIAMS": json.dumps(list(settings.aper_diams)),
                }
            ),
            "Masking": MappingProxyType({"MASK_DIR": str(settings.work_dir / "Masks")}),
        }

    def __getattr__(self, name: str) -> Any:
        if name not in _SETTINGS:
            hint = advise_name(name, _SETTINGS)
            raise AttributeError(f"config has no setting {name!r}; {hint}")
        return getattr(self._content()[0], name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise ConfigError(
            f"config.{name} cannot be set",
            hint=f"set it in {FILE_NAME} or as {PREFIX}{name.upper()} and call config.reload()",
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_SETTINGS})

    def __getitem__(self, section: str) -> Mapping[str, Any]:
        sections = self._sections()
        if section not in sections:
            raise ConfigError(
                f"config has no section {section!r}", hint=f"its sections are {', '.join(sections)}"
            )
        return sections[section]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections())

    def __repr__(self) -> str:
        values = self.as_dict()
        width = max(map(len, values))
        return "\n".join(
            f"{name:<{width}} = {value}  ({self.origin(name)})" for name, value in values.items()
        )


def find_methods() -> EntryPoints:
    """Return the entry points of all installed methods, by which packages offer them.

    They are looked up again when what may be imported from has changed.
    """
    return _find_methods_in(tuple((place, _last_change(place)) for place in sys.path))


@lru_cache(maxsize=1)
def _find_methods_in(places: tuple[tuple[str, int | None], ...]) -> EntryPoints:
    # `entry_points` would make objects of all that is installed, of any group
    packages = [
        each for each in distributions() if _METHODS in (each.read_text("entry_points.txt") or "")
    ]
    if len(packages) > 1:  # of which one may hide another of its name
        return entry_points(group=_METHODS)
    return EntryPoints(
        point for each in packages for point in each.entry_points.select(group=_METHODS)
    )


def _last_change(place: str) -> int | None:
    try:
        return Path(place).stat().st_mtime_ns
    except (OSError, ValueError):
        return None


def settings_file() -> Path:
    """Return the user's own file of settings, whether it exists or not."""
    return user_config_path("skyseg") / FILE_NAME


def _files() -> list[Path]:
    """Return the files that exist, in rising priority."""
    files = [settings_file()]
    with suppress(FileNotFoundError):  # the working directory may be gone
        files.append(Path.cwd() / FILE_NAME)
    files = [path for path in files if _is_there(path)]
    named = os.environ.get(FILE_VARIABLE)
    if named:
        try:
            path = Path(named).expanduser().absolute()
            is_there = path.is_file()
        except (OSError, RuntimeError) as error:  # too long a name, or no such user
            raise ConfigError(
                f"{FILE_VARIABLE} names {named}, which cannot be a file ({error})",
                hint="correct it",
            ) from error
        if not is_there:
            raise ConfigError(
                f"{FILE_VARIABLE} names {path}, which is not a file", hint="correct it"
            )
        files.append(path)
    return files


def _is_there(path: Path) -> bool:
    """Tell whether there is such a file of settings; what stands in its place is refused."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is no file of settings", hint="move it away")
        return path.is_file()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be looked at ({error.strerror})", hint="check its permissions"
        ) from error


def _load(path: Path) -> dict[str, Any]:
    """Content of one file, its relative paths made absolute."""
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as TOML ({error})", hint="correct it") from error
    for name, value in content.items():
        if name.endswith("_dir") and isinstance(value, str) and not value.startswith("~"):
            content[name] = str(path.parent / value)
    return content


def _settings(layers: list[tuple[Path, dict[str, Any]]]) -> Settings:
    variables = _variables()
    merged: dict[str, Any] = {}
    for content in (*(content for _, content in layers), variables):
        _merge(merged, content)
    try:
        return _read_settings(merged)
    except _UnfitError as error:
        raise _refusal(error.loc, error.value, layers) from error


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    """Put the values of one layer over those of the layers below, table by table."""
    for name, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(name), dict):
            _merge(below[name], value)
        else:
            below[name] = _copied(value)


def _copied(value: Any) -> Any:
    return (
        {name: _copied(part) for name, part in value.items()} if isinstance(value, dict) else value
    )


def _variables() -> dict[str, str]:
    """Return the settings of the environment; an empty variable is none.

    Raises
    ------
    ConfigError
        If a variable is not a setting.
    """
    known = {PREFIX + name.upper(): name for name in _SETTINGS}
    found: dict[str, str] = {}
    for variable, value in sorted(os.environ.items()):
        key = variable.upper()
        if key in known:
            found |= {known[key]: value} if value else {}
        elif key.startswith(PREFIX) and key != FILE_VARIABLE:
            raise ConfigError(
                f"the environment variable {variable} is not a setting",
                hint=advise_name(key, {FILE_VARIABLE, *known}),
            )
    return found


def _refusal(
    loc: tuple[int | str, ...], value: Any, layers: list[tuple[Path, dict[str, Any]]]
) -> ConfigError:
    loc, is_key = (loc[:-1], True) if loc[-1] == _KEY else (loc, False)
    key = ".".join(str(part) for part in loc)
    where = _origin(loc, layers) or "the default"
    setting = _SETTINGS.get(str(loc[0]))
    if setting is None:
        return ConfigError(
            f"{where} has the key {key}, which is not a setting",
            hint=advise_name(str(loc[0]), _SETTINGS),
        )
    allowed = setting.allowed
    if loc[0] == "method":
        allowed = "one of " + ", ".join(sorted(find_methods().names))
    if is_key:
        return ConfigError(f"{where} has the key {key}", hint=f"{loc[0]} must be {allowed}")
    return ConfigError(f"{where} sets {key} to {value!r}", hint=f"it must be {allowed}")


def _origin(loc: tuple[int | str, ...], layers: list[tuple[Path, dict[str, Any]]]) -> str | None:
    """Name the layer of highest priority that holds a key."""
    variable = PREFIX + str(loc[0]).upper()
    if os.environ.get(variable):
        return variable
    for depth in range(len(loc), 0, -1):
        for path, content in reversed(layers):
            if _holds(content, loc[:depth]):
                return str(path)
    return None


def _holds(content: Any, loc: tuple[int | str, ...]) -> bool:
    for part in loc:
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


config = Config()
