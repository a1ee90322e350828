"""What a map is, SCI, ERR or WHT, by the name of its file and by EXTNAME."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from skyseg.errors import ParameterError
from skyseg.imaging.layouts import find_layout
from skyseg.imaging.names import Role, stem
from skyseg.settings import config

ROLES: Final[tuple[Role, ...]] = ("SCI", "ERR", "WHT")

_ENDINGS: Final[dict[Role, tuple[str, ...]]] = {
    "SCI": ("sci", "i2d", "drz", "drc", "img", "sciimg", "refimg"),
    "ERR": ("rms_err", "rms", "err", "error", "unc", "sigma", "refunc", "var", "variance"),
    "WHT": ("wht", "weight", "wei", "wgt", "ivm", "invvar", "ivar"),
}
# In each role the names of the first group that a file has count.
_EXTNAMES: Final[dict[Role, tuple[frozenset[str], ...]]] = {
    "SCI": (frozenset({"SCI"}), frozenset({"IMAGE", "SCIENCE"})),
    "ERR": (
        frozenset({"ERR", "RMS", "RMS_ERR"}),
        frozenset({"ERROR", "SIGMA", "UNCERT"}),
        frozenset({"VARIANCE", "VAR"}),
    ),
    "WHT": (
        frozenset({"WHT", "WEIGHT", "IVM"}),
        frozenset({"WGT", "INVVAR", "IVAR"}),
    ),
}
_VARIANCES = frozenset({"VARIANCE", "VAR"})
_VARIANCE_NAME = re.compile(r".+[-_.](var|variance)|rings\..*\.unconv\.wt", re.IGNORECASE)

_FILE_ARGUMENTS: Final[dict[str, Role]] = {"im_str": "SCI", "rms_err_str": "ERR", "wht_str": "WHT"}
_EXT_ARGUMENTS: Final[dict[str, Role]] = {
    "im_ext_name": "SCI",
    "rms_err_ext_name": "ERR",
    "wht_ext_name": "WHT",
}


@dataclass(frozen=True)
class RoleNames:
    """How files and HDUs tell their roles.

    Attributes
    ----------
    parts : mapping of str to tuple of str
        For a role, parts of a file's name that tell it, in lower case; roles
        that are not there are told by the names that skyseg knows.
    extnames : mapping of str to tuple of frozenset of str
        For each role, EXTNAMEs that tell it, in upper case and in groups: of a
        file the first group that it has counts.
    """

    parts: Mapping[Role, tuple[str, ...]]
    extnames: Mapping[Role, tuple[frozenset[str], ...]]

    def of_file(self, path: Path) -> Role | None:
        """Return the role that the name of a file tells, case ignored.

        Parts that a person gave may stand anywhere in the name; the last of them
        counts, before all else.

        Examples
        --------
        >>> get_role_names().of_file(Path("uds-b-f444w_RMS.fits"))
        'ERR'
        >>> get_role_names(im_str="mosaic").of_file(Path("f444w_mosaic_v2.fits"))
        'SCI'
        """
        name = stem(path).lower()
        places = [
            (name.rfind(part) + len(part), len(part), role)
            for role, parts in self.parts.items()
            for part in parts
            if part in name
        ]
        if places:
            return max(places)[2]
        layout = find_layout(path)
        if layout is not None:
            return None if layout.role in self.parts else layout.role
        match = _ENDING.fullmatch(name)
        role = _ROLE_OF_ENDING[match["ending"]] if match else None
        return None if role in self.parts else role

    def of_extname(self, name: str) -> Role | None:
        """Return the role that an EXTNAME tells.

        Examples
        --------
        >>> get_role_names().of_extname("RMS_ERR")
        'ERR'
        """
        for role, groups in self.extnames.items():
            if any(name.upper() in group for group in groups):
                return role
        return None

    def passes_over(self, path: Path) -> bool:
        """Tell whether parts of names of science images are given, and a file has none of them.

        Examples
        --------
        >>> get_role_names(im_str="_full").passes_over(Path("f444w_i2d.fits"))
        True
        """
        parts = self.parts.get("SCI", ())
        return bool(parts) and not any(part in stem(path).lower() for part in parts)

    def describe(self) -> str:
        """Return the names that count, for messages."""
        extnames = [name for groups in self.extnames.values() for name in sorted(groups[0])]
        endings = [
            part
            for role in ROLES
            for part in self.parts.get(role, [f"_{ending}" for ending in _ENDINGS[role]])
        ]
        return (
            f"an EXTNAME of {', '.join(extnames)}, or names that end in one of {', '.join(endings)}"
        )


_ROLE_OF_ENDING = {ending: role for role, endings in _ENDINGS.items() for ending in endings}
_ENDING = re.compile(
    rf"(?P<rest>.+?)[-_.](?P<ending>{'|'.join(sorted(_ROLE_OF_ENDING, key=len, reverse=True))})"
)


def get_role_names(**given: str | Iterable[str] | None) -> RoleNames:
    """Return the names that tell roles: those given, else of the settings, else skyseg's own.

    Parameters
    ----------
    **given : str or iterable of str, optional
        ``im_str``, ``rms_err_str``, ``wht_str`` are parts of the names of files
        and ``im_ext_name``, ``rms_err_ext_name``, ``wht_ext_name`` EXTNAMEs;
        None is as not given.

    Returns
    -------
    RoleNames

    Raises
    ------
    ParameterError
        If one is no text, or empty.

    Examples
    --------
    >>> get_role_names(wht_ext_name="EXP").of_extname("EXP")
    'WHT'
    """
    own: dict[str, tuple[str, ...]] = {str(key): texts for key, texts in config.roles.items()}
    for argument, value in given.items():
        if value is not None:
            own[argument] = _check_texts(argument, value)
    parts = {
        role: tuple(text.lower() for text in own[argument])
        for argument, role in _FILE_ARGUMENTS.items()
        if argument in own
    }
    extnames = {
        role: (frozenset(text.upper() for text in own[argument]),)
        for argument, role in _EXT_ARGUMENTS.items()
        if argument in own
    }
    return RoleNames(parts, {**_EXTNAMES, **extnames})


def _check_texts(argument: str, value: str | Iterable[str]) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else value
    texts = tuple(texts) if isinstance(texts, Iterable) else ()
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ParameterError(f"is {value!r}", hint="give a text or several", argument=argument)
    return tuple(text.strip() for text in texts)


def without_role(path: Path) -> str:
    """Name of a file without its FITS ending and without the ending of its role.

    Examples
    --------
    >>> without_role(Path("uds-b-f444w_rms_err.fits"))
    'uds-b-f444w'
    """
    name = stem(path)
    own = [part for parts in get_role_names().parts.values() for part in parts]
    for part in sorted(own, key=len, reverse=True):
        if name.lower().endswith(part) and len(name) > len(part):
            return name[: -len(part)].rstrip("-_.") or name
    match = _ENDING.fullmatch(name.lower())
    return name[: match.end("rest")] if match else name


def holds_variance(path: Path, extname: str) -> bool:
    """Tell whether an error map holds the square of the rms, by EXTNAME, else by the file's name.

    Examples
    --------
    >>> holds_variance(Path("calexp-HSC-I-9813-5,4.fits"), "VARIANCE")
    True
    >>> holds_variance(Path("a_var.fits"), "ERR")
    False
    """
    if extname in _VARIANCES:
        return True
    is_told = any(extname in group for groups in _EXTNAMES.values() for group in groups)
    return not is_told and _VARIANCE_NAME.fullmatch(stem(path)) is not None
