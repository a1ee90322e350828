"""Every error skyseg raises on purpose: what is wrong, where, and what to do.

Messages name arguments by keys in braces, and each surface spells them in its own
words: Python says ``overwrite=True``, the shell ``--overwrite``, the panel ``Overwrite``.
"""

from __future__ import annotations

import copy
import difflib
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeVar

Kind = TypeVar("Kind")

_NAME: Final = re.compile(r"\{(\w+)\}")
_MOST_LISTED: Final = 20
_KEY: Final = re.compile(r"\{(\{?)(\w+)\}(\}?)")

PYTHON_WORDS: Final[Mapping[str, str]] = {
    "assess": "assess()",
    "at": "x and y",
    "band": "band=",
    "data_dir": "data_dir=",
    "detect_mask": "segment(mask=True)",
    "err": "err=",
    "err_type_none": "err_type='none'",
    "exclude_nothing": "exclude=[]",
    "flag_image": "flag_image=",
    "fluxes": "sci, or catalogues with FLUX_ISO",
    "forced_phot": "perform_forced_phot()",
    "from_files": "BandData.from_files",
    "from_survey_version": "Data.from_survey_version",
    "in_arcsec": " * u.arcsec",
    "inject": "Injection(n=)",
    "instrument": "instrument=",
    "label_maps": "a 2-D array of whole numbers, (array, WCS), a path, a band, "
    "(band, arguments of segment) or a Segmentation",
    "make_mask": "mask()",
    "edits_open": "Edits.open(band)",
    "mask": "mask=",
    "mask_regions": "regions=",
    "measured": "measured=",
    "measured_err_type_none": "measured_err_type='none'",
    "of_band": "of",
    "overwrite": "overwrite=True",
    "overwrite_edits": "segment(edits=True, overwrite=True)",
    "overwrite_segment": "segment(overwrite=True)",
    "overwrite_stack": "stack(overwrite=True)",
    "pix_scale": "pix_scale=",
    "pix_scales": "pix_scales=",
    "psf": "psf=",
    "reproject": "stack(reproject=True)",
    "regions": "(centre, size), a PixelRegion or SkyRegion, or two slices (y, x); a centre is a "
    "SkyCoord, a text such as '53.16 -27.79', (x, y) in pixels or a source's NUMBER, "
    "a size one or two angles or pixels",
    "role_names": "im_str=, rms_err_str=, wht_str= and *_ext_name=, or [roles] in skyseg.toml",
    "run_depths": "run_depths()",
    "same_grid": "same_grid=True",
    "save": "save=",
    "sci": "sci",
    "sky_place": "a position on the sky, such as '53.16 -27.79' or a SkyCoord",
    "segment": "segment()",
    "work_dir": "work_dir=",
    "source": "source=",
    "wht": "wht=",
    "with_edits": "edits=True",
    "yes": "--yes in a shell",
    "zero_point": "zero_point=",
    "zero_point_of_band": "zero_point= where the band is opened",
    "zero_point_of_each": "zero_point= where the bands are opened",
}
"""How Python spells what a hint may name in braces."""


@dataclass(frozen=True)
class Wording:
    """How one surface spells arguments.

    Attributes
    ----------
    words : mapping of str to str
        What stands for each key in braces.
    argument : callable
        Spells the name of the argument that a message is about.
    """

    words: Mapping[str, str]
    argument: Callable[[str], str] = str

    def spelled(self, text: str) -> str:
        """Return a text with its keys spelled, as in Python where a surface has no words for one.

        Braces that hold no key stay as they are.
        """
        words = {**PYTHON_WORDS, **self.words}

        def spell(found: re.Match[str]) -> str:
            if found[1] and found[3]:  # made by `verbatim`
                return f"{{{found[2]}}}"
            return found[1] + words.get(found[2], f"{{{found[2]}}}") + found[3]

        return _KEY.sub(spell, text)


PYTHON: Final = Wording(PYTHON_WORDS)


@dataclass(frozen=True)
class Advice:
    """What a person is told, in the words of any surface.

    Attributes
    ----------
    what : str
        What is the matter; where there is an ``argument``, what follows its name.
    hint : str
        What to do; arguments stand in braces, as keys of `PYTHON_WORDS`.
    argument : str
        The argument it is about, as Python spells it.
    where : str
        The file, band or line it is about, where ``what`` does not say it.

    Examples
    --------
    >>> str(Advice("is 'rms'", "use 'rms_err' or 'wht'", "err_type"))
    "err_type is 'rms'; use 'rms_err' or 'wht'"
    >>> str(Advice("a.fits is there already", "replace it with {overwrite}"))
    'a.fits is there already; replace it with overwrite=True'
    """

    what: str
    hint: str = ""
    argument: str = ""
    where: str = ""

    @classmethod
    def told_by(cls, message: logging.LogRecord | Warning | str) -> Advice:
        """Return what a log record or a warning tells, which is advice or a text."""
        if isinstance(message, logging.LogRecord):
            told, text = message.msg, message.getMessage()
        else:
            told = message.args[0] if isinstance(message, Warning) and message.args else None
            text = str(message)
        return told if isinstance(told, Advice) else cls(text)

    def at(self, where: str) -> Advice:
        """Return the same, said of a file, a band or a line; what names that already stays."""
        if where in self.where.split():
            return self
        return replace(self, where=f"{where}: {self.where}" if self.where else where)

    def __str__(self) -> str:
        return self.worded(PYTHON)

    def worded(self, wording: Wording) -> str:
        """Return it in the words of a surface, as one sentence."""
        subject = f"{wording.argument(self.argument)} " if self.argument else ""
        where = f"{self.where}: " if self.where else ""
        hint = f"; {wording.spelled(self.hint)}" if self.hint else ""
        return f"{where}{subject}{self.what}{hint}"


def verbatim(text: object) -> str:
    """Return a name or path for a hint, as it is: braces in it stand for no argument.

    Examples
    --------
    >>> PYTHON.spelled("replace " + verbatim("{overwrite}.fits") + " with {overwrite}")
    'replace {overwrite}.fits with overwrite=True'
    """
    return _NAME.sub(r"{{\1}}", str(text))


def advise_name(name: str, known: Iterable[str]) -> str:
    """Return the hint for a name that is not known: the nearest one, or all where they are few.

    Examples
    --------
    >>> advise_name("Detect_Tresh", ["detect_thresh", "detect_minarea"])
    'use detect_thresh'
    >>> advise_name("x", ["detect_thresh", "detect_minarea"])
    'use one of detect_minarea, detect_thresh'
    """
    spelled = {each.lower(): each for each in sorted(known)}
    near = difflib.get_close_matches(name.lower(), spelled, 1)
    if not near and len(spelled) > _MOST_LISTED:
        return "correct its spelling, or leave it out"
    named = spelled[near[0]] if near else f"one of {', '.join(spelled.values())}"
    return f"use {verbatim(named)}"


def check_switch(value: Any, argument: str, *, or_else: str = "") -> bool:
    """Return a value that is True or False, of Python or numpy.

    Parameters
    ----------
    value : object
        What was given.
    argument : str
        What it was given as.
    or_else : str, optional
        What else it could have been, for the hint.

    Raises
    ------
    ParameterError
        If it is none, such as the text ``"no"``, which would count as True.
    """
    if type(value).__name__ not in ("bool", "bool_"):
        known = f"True, False or {or_else}" if or_else else "True or False"
        raise ParameterError(f"is {value!r}", hint=f"give {known}", argument=argument)
    return bool(value)


def check_each_once(numbers: tuple[float, ...], argument: str) -> tuple[float, ...]:
    """Return numbers by which columns are named, where none is there twice.

    Raises
    ------
    ParameterError
        If one is.

    Examples
    --------
    >>> check_each_once((0.5, 1.0, 0.5), "aper_diams")
    Traceback (most recent call last):
    skyseg.errors.ParameterError: aper_diams has 0.5 twice; give each once
    """
    twice = next((each for each in numbers if numbers.count(each) > 1), None)
    if twice is not None:
        raise ParameterError(f"has {twice:g} twice", hint="give each once", argument=argument)
    return numbers


def describe(value: Any) -> str:
    """Say what a value is that is not what was asked for.

    Examples
    --------
    >>> describe(None), describe(3)
    ('None', 'of type int')
    """
    return "None" if value is None else f"of type {type(value).__name__}"


def check_kind(value: Any, kind: type[Kind], argument: str, hint: str) -> Kind:
    """Return a value of one of our types.

    Parameters
    ----------
    value : object
        What was given.
    kind : type
        What it is to be.
    argument : str
        What it was given as.
    hint : str
        Where to get one.

    Raises
    ------
    ParameterError
        If it is of another type.

    Examples
    --------
    >>> check_kind(None, Advice, "advice", "give an Advice")
    Traceback (most recent call last):
    skyseg.errors.ParameterError: advice is None; give an Advice
    """
    if not isinstance(value, kind):
        raise ParameterError(f"is {describe(value)}", hint=hint, argument=argument)
    return value


class SkysegError(Exception):
    """Base of all errors that skyseg raises on purpose.

    Parameters
    ----------
    what : str
        What is wrong; where there is an ``argument``, what follows its name.
    hint : str, optional
        What to do; see `Advice`.
    argument, where : str, optional
        The argument, and the file, band or line, that it is about.

    Examples
    --------
    >>> error = ParameterError("is 'rms'", hint="use 'rms_err' or 'wht'", argument="err_type")
    >>> error.argument, str(error)
    ('err_type', "err_type is 'rms'; use 'rms_err' or 'wht'")
    """

    def __init__(self, what: str, *, hint: str = "", argument: str = "", where: str = "") -> None:
        super().__init__(what)
        self.advice = Advice(what, hint, argument, where)

    @property
    def what(self) -> str:
        """What is wrong."""
        return self.advice.what

    @property
    def hint(self) -> str:
        """What to do, with arguments in braces."""
        return self.advice.hint

    @property
    def argument(self) -> str:
        """The argument that it is about, or an empty string."""
        return self.advice.argument

    @property
    def where(self) -> str:
        """The file, band or line that it is about, or an empty string."""
        return self.advice.where

    def at(self, where: str) -> Self:
        """Return the same error, said of a file, a band or a line."""
        moved = copy.copy(self)
        moved.advice = self.advice.at(where)
        return moved

    @classmethod
    def _of(cls, advice: Advice) -> Self:
        return cls(advice.what, hint=advice.hint, argument=advice.argument, where=advice.where)

    def __str__(self) -> str:
        return str(self.advice)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._of, (self.advice,)


class ConfigError(SkysegError):
    """A setting has a wrong key or value."""


class ParameterError(SkysegError):
    """An argument or an extraction parameter has a value that is not allowed."""


class DataNotFoundError(SkysegError):
    """A survey, version, band, map or file is not where it was looked for."""


class AmbiguousDataError(SkysegError):
    """More than one file fits where one is needed."""


class ImageError(SkysegError):
    """An input file or map cannot be used: unreadable, wrong shape, no good pixel."""


class NotCoveredError(ImageError):
    """A band has no good pixel, so that nothing can be detected in it."""


class MethodError(SkysegError):
    """A segmentation method is unknown, not installed, or failed."""


class ProductError(SkysegError):
    """A product cannot be written or read."""


class StaleProductError(ProductError):
    """A product on disk was made from other inputs or parameters than those asked for.

    Parameters
    ----------
    what, hint, argument, where : str
        As of `SkysegError`.
    changes : sequence of str, optional
        What differs, a clause each, without the name of the product.

    Attributes
    ----------
    changes : tuple of str
        The same.
    """

    def __init__(self, what: str, *, changes: Iterable[str] = (), **fields: str) -> None:
        super().__init__(what, **fields)
        self.changes = tuple(changes)

    def __reduce__(self) -> tuple[Any, ...]:
        return (*super().__reduce__(), {"changes": self.changes})


class BatchError(SkysegError):
    """Some bands of several could not be segmented, measured or compared; the others were.

    Parameters
    ----------
    what, hint, argument, where : str
        As of `SkysegError`.
    errors : mapping of str to Exception, optional
        What each band that failed has failed with, by its key.
    done : mapping of str to object, optional
        What came of the others, where that is no product on disk, such as comparisons.

    Attributes
    ----------
    errors : mapping of str to Exception
        The same.
    done : mapping of str to object
        The same.
    """

    def __init__(
        self,
        what: str,
        *,
        errors: Mapping[str, Exception] | None = None,
        done: Mapping[str, Any] | None = None,
        **fields: str,
    ) -> None:
        super().__init__(what, **fields)
        self.errors: Mapping[str, Exception] = dict(errors or {})
        self.done: Mapping[str, Any] = dict(done or {})

    def __str__(self) -> str:
        lines = (f"\n  {key}: {explain(error)}" for key, error in self.errors.items())
        return f"{self.advice}{''.join(lines)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (*super().__reduce__(), {"errors": self.errors, "done": self.done})


class AbsentError(SkysegError, AttributeError):
    """An object of `skyseg.galfind` has no such attribute, or not yet."""


class ComparisonError(SkysegError):
    """Two segmentations cannot be compared."""


class ViewerError(SkysegError):
    """The notebook viewer cannot be shown."""


_NO_MEMORY: Final = Advice(
    "there is not enough memory for this", hint="close other programs or cut a part"
)


def explain(error: Exception) -> Advice:
    """Return what a person is told of an error of any kind.

    Examples
    --------
    >>> str(explain(ImageError("is truncated", where="a.fits")))
    'a.fits: is truncated'
    >>> str(explain(KeyError("x")))
    "KeyError in skyseg, which is a bug in it: 'x'"
    """
    if isinstance(error, SkysegError):
        return error.advice
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    return Advice(f"{type(error).__name__} in skyseg, which is a bug in it: {error}")
