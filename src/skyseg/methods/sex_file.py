"""SExtractor's configuration files (``.sex``), read as extraction parameters."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NoReturn, cast, get_args

from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.parameters import Parameters
from skyseg.errors import Advice, ParameterError, advise_name
from skyseg.methods._named_files import find_map, find_named
from skyseg.methods._sextractor_settings import (
    Setting,
    UnknownVariableError,
    parse_settings,
    program_defaults,
    read_text,
)
from skyseg.methods.kernel_file import find_kernel
from skyseg.methods.param_file import USUAL_COLUMNS

logger = logging.getLogger(__name__)

_WHOLE: Final = re.compile(r"[+-]?\d{1,18}(\.0*)?")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ANSWERS: Final = {"Y": True, "YES": True, "N": False, "NO": False}

# What the image or the call says where the file does not, whatever the program would take.
_OF_THE_IMAGE: Final = ("WEIGHT_TYPE", "MAG_ZEROPOINT", "FLAG_IMAGE")
# A list ends where its line does; of any other setting the program takes the first value.
_LISTS: Final = frozenset(
    [
        *("DETECT_THRESH", "ANALYSIS_THRESH", "PHOT_APERTURES", "PHOT_FLUXFRAC"),
        *("PHOT_AUTOPARAMS", "PHOT_PETROPARAMS", "PHOT_AUTOAPERS", "BACK_SIZE", "BACK_FILTERSIZE"),
    ]
)
_PER_AXIS: Final = ("BACK_SIZE", "BACK_FILTERSIZE")
# One value for the image that sources are found in and one for the image that is measured.
_PER_IMAGE: Final = frozenset(
    [
        *("WEIGHT_TYPE", "WEIGHT_THRESH", "RESCALE_WEIGHTS", "THRESH_TYPE"),
        *("BACK_TYPE", "BACK_VALUE", "INTERP_TYPE", "INTERP_MAXXLAG", "INTERP_MAXYLAG"),
    ]
)
_PER_FLAG_MAP: Final = ("FLAG_IMAGE", "FLAG_TYPE")
_WHOLE_NUMBERS: Final = frozenset(
    [
        *("DETECT_MINAREA", "DETECT_MAXAREA", "DEBLEND_NTHRESH", "BACK_SIZE", "BACK_FILTERSIZE"),
        *("BACKPHOTO_THICK", "INTERP_MAXXLAG", "INTERP_MAXYLAG"),
    ]
)

# What can be done in one way only: the value that holds, None for none, and what it would do.
_FIXED: Final[dict[str, tuple[str | None, str]]] = {
    "DETECT_MAXAREA": ("0", "sources of any size are kept"),
    "FILTER_THRESH": (None, "there are no retina filters"),
    "DGEO_TYPE": ("NONE", "pixels are not moved"),
    "FITS_UNSIGNED": ("N", "whole numbers are read as the file's header says"),
    "INTERP_TYPE": ("ALL", "bad pixels are filled in the image and in the error map"),
    "INTERP_MAXXLAG": ("16", "bad pixels are filled from up to 16 pixels away"),
    "INTERP_MAXYLAG": ("16", "bad pixels are filled from up to 16 pixels away"),
}

# What changes no number: output, memory, messages, and what belongs to columns that are not made.
_WITHOUT_EFFECT: Final = frozenset(
    [
        *("ASSOCCOORD_TYPE", "ASSOCSELEC_TYPE", "DGEO_IMAGE", "HEADER_SUFFIX", "MAG_GAMMA"),
        *("NTHREADS", "PARAMETERS_NAME", "STARNNW_NAME", "VERBOSE_TYPE", "WEIGHT_IMAGE"),
        *("WRITE_XML", "XSL_URL"),
    ]
)
_FAMILIES_WITHOUT_EFFECT: Final = (
    "ASSOC_", "CATALOG_", "CHECKIMAGE_", "MEMORY_", "PATTERN_", "PSF_", "SOM_", "XML_",
)  # fmt: skip


@dataclass(frozen=True)
class SexFile:
    """What a configuration file says.

    Attributes
    ----------
    parameters : Parameters
        Its extraction parameters, with the program's own defaults for what it
        leaves out. None is what the image or the call says: ``weight_type`` and
        ``mag_zeropoint`` that are left out, ``pixel_scale`` where PIXEL_SCALE is 0.
    measuring : Parameters or None
        Those of an image that the sources of another one are measured in, where settings have
        two values: these have the second of each. None where they are the same.
    columns : Path or None
        The file that PARAMETERS_NAME names, where there is one.
    header_suffix : str
        Ending of files beside the image whose cards the program reads before its own.
    """

    parameters: Parameters
    measuring: Parameters | None = None
    columns: Path | None = None
    header_suffix: str = ".head"


def read_sex_file(path: Path) -> SexFile:
    """Read a SExtractor configuration file as the program reads it.

    Parameters
    ----------
    path : Path
        The file, in UTF-8 or Latin-1. Of a setting that is repeated the last one
        counts, of two values for one the first, as in the program; both are said
        in the log. Of settings that the program has for two images the first value is
        that of the image that sources are found in, the second that of the one that they
        are measured in. Files that it names are looked up where the program would, in the
        working folder, and else beside this file.

    Returns
    -------
    SexFile

    Raises
    ------
    ParameterError
        If the file cannot be read, a key is unknown, a value is not allowed, or it
        asks for what is not done; the message names file, line and key.

    Examples
    --------
    >>> path = Path("survey.sex")
    >>> path.write_text("DETECT_THRESH = 2  # sigma")
    26
    >>> found = read_sex_file(path).parameters
    >>> found.detect_thresh, found.detect_minarea
    (2.0, 5)
    """
    given: dict[str, Setting] = {}
    for setting in _settings_in(path):
        if setting.key in given:
            _say_passed_over(path, given[setting.key], f"line {setting.line} sets it again")
        given[setting.key] = setting
    version, defaults = program_defaults()
    left_out = [
        name.upper() for name in Parameters.names_in_sextractor() if name.upper() not in given
    ]
    if left_out:
        logger.info(
            "%s leaves out %s: as in SExtractor %s, or as the image says",
            path, ", ".join(left_out), version,
        )  # fmt: skip
    for key in _OF_THE_IMAGE:
        defaults.pop(key, None)
    second: dict[str, Setting] = {}
    for key, setting in given.items():
        _check_known(path, setting)
        if key in _PER_IMAGE and len(setting.tokens) == 2:
            second[key] = replace(setting, tokens=setting.tokens[1:])
        if key not in _LISTS and not _is_without_effect(key):
            given[key] = _with_one_value(path, setting)
    found = _Reader(path, {**defaults, **given}).read()
    measuring = _Reader(path, {**defaults, **given, **second}).read_parameters()
    return found if measuring == found.parameters else replace(found, measuring=measuring)


def _settings_in(path: Path) -> list[Setting]:
    try:
        text = read_text(path)
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be read ({error.strerror})", hint="check the file"
        ) from error
    try:
        return parse_settings(text)
    except UnknownVariableError as error:
        raise ParameterError(
            str(error), hint="set it or write the value", where=str(path)
        ) from None


def _check_known(path: Path, setting: Setting) -> None:
    known = (
        {name.upper() for name in Parameters.names_in_sextractor()}
        | _FIXED.keys()
        | _WITHOUT_EFFECT
    )
    if setting.key not in known and not _is_without_effect(setting.key):
        _refuse(path, setting, "is no setting of SExtractor", advise_name(setting.key, known))


def _is_without_effect(key: str) -> bool:
    return key in _WITHOUT_EFFECT or key.startswith(_FAMILIES_WITHOUT_EFFECT)


def _with_one_value(path: Path, setting: Setting) -> Setting:
    """Return a setting with the value that counts of those that stand there."""
    key, tokens = setting.key, setting.tokens
    if len(tokens) < 2:
        return setting
    if key in _PER_FLAG_MAP:
        if len({token.upper() for token in tokens}) > 1 or len(tokens) > 2:
            _refuse(path, setting, f"is {setting.shown}: one flag map is read", "give one value")
    elif key in _PER_IMAGE:
        if len(tokens) > 2:
            why = "sources are found in one image and measured in one"
            _refuse(path, setting, f"is {setting.shown}: {why}", "give one value, or two")
    else:
        _say_passed_over(path, setting, f"only {tokens[0]} counts", ", ".join(tokens[1:]))
    return replace(setting, tokens=tokens[:1])


class _Reader:
    """Turns the settings of one file into what they mean."""

    def __init__(self, path: Path, settings: Mapping[str, Setting]) -> None:
        self._path = path
        self._settings = settings

    def read(self) -> SexFile:
        suffix = self._settings.get("HEADER_SUFFIX")
        return SexFile(
            parameters=self.read_parameters(),
            columns=self._columns(),
            header_suffix=suffix.tokens[0] if suffix and suffix.tokens else ".head",
        )

    def read_parameters(self) -> Parameters:
        for key, (allowed, instead) in _FIXED.items():
            self._check_fixed(key, allowed, instead)
        special = {"filter_name": self._filter_name(), "flag_image": self._flag_image()}
        values: dict[str, Any] = {
            name: special[name] if name in special else self._value(name)
            for name in Parameters.names_in_sextractor()
            if name.upper() in self._settings
        }
        return Parameters(**values)

    def _check_fixed(self, key: str, allowed: str | None, instead: str) -> None:
        setting = self._settings.get(key)
        if setting is None:
            return
        if allowed is None:
            same = not setting.tokens
        elif key in _WHOLE_NUMBERS:
            same = [_whole(token) for token in setting.tokens] == [int(allowed)]
        else:
            same = [token.upper() for token in setting.tokens] == [allowed]
        if not same:
            possible = "empty" if allowed is None else allowed
            _refuse(
                self._path, setting, f"is {setting.shown}, and only {possible} is possible: "
                f"{instead}", "correct or remove the line",
            )  # fmt: skip

    def _value(self, name: str) -> Any:
        """Value of a parameter, checked."""
        setting = self._settings[name.upper()]
        try:
            value = self._meant(name, setting)
            return getattr(Parameters(**{name: value}), name)
        except ValueError as error:
            _refuse(self._path, setting, f"is {setting.shown}", f"it must be {error}")
        except ParameterError as error:
            hint = error.hint.removesuffix(", or None")  # which a file cannot say
            _refuse(self._path, setting, f"is {setting.shown}", hint)

    def _meant(self, name: str, setting: Setting) -> Any:
        """Value that the tokens mean; a ValueError says what they must be."""
        key, description = setting.key, Parameters.describe(name)
        tokens = setting.tokens
        if key == "WEIGHT_THRESH" and not tokens:
            return None
        if key in _PER_AXIS:
            if len(set(tokens)) != 1 or len(tokens) > 2:
                raise ValueError("one whole number, or the same for both axes")
            return _whole(tokens[0])
        if key in _LISTS:
            return tuple(_number(token) for token in tokens)
        if len(tokens) != 1:
            raise ValueError("one value")
        if description.kind is bool:
            if tokens[0].upper() not in _ANSWERS:
                raise ValueError("Y or N")
            return _ANSWERS[tokens[0].upper()]
        if key in _WHOLE_NUMBERS:
            return _whole(tokens[0])
        if description.kind in (int, float):
            value = _number(tokens[0])
            return None if key == "PIXEL_SCALE" and value == 0 else value
        return tokens[0] if key.endswith("_KEY") else tokens[0].upper()

    def _filter_name(self) -> KernelName | Kernel:
        setting = self._settings["FILTER_NAME"]
        if not setting.tokens:
            _refuse(self._path, setting, "is empty", "name a kernel")
        if not self._value("filter"):  # the program does not look for it
            name = Path(setting.tokens[0]).name.removesuffix(".conv")
            return cast("KernelName", name) if name in get_args(KernelName) else "default"
        found = find_kernel(setting.tokens[0], self._path.parent)
        if found is None:
            hint = f"it must be {Parameters.describe('filter_name').allowed}"
            _refuse(
                self._path,
                setting,
                f"is {setting.shown}, and there is no such file or kernel",
                hint,
            )
        return found

    def _flag_image(self) -> str | None:
        setting = self._settings.get("FLAG_IMAGE")
        if setting is None or not setting.tokens:
            return None
        return find_map(setting.tokens[0], self._path.parent)

    def _columns(self) -> Path | None:
        """Return the file of the columns; where one is named that is nowhere, that is said."""
        setting = self._settings.get("PARAMETERS_NAME")
        if setting is None or not setting.line or not setting.tokens:
            return None
        named = setting.tokens[0]
        found = find_named(named, self._path.parent)
        if found is None and Path(named).name != USUAL_COLUMNS:
            logger.warning(
                Advice(
                    f"PARAMETERS_NAME {named} is not there: the columns are those of the call, or "
                    "the usual ones",
                    "correct the name",
                    where=f"{self._path} line {setting.line}",
                )
            )
        return found


def _whole(token: str) -> int:
    if not _WHOLE.fullmatch(token):
        raise ValueError("a whole number")
    return int(token.partition(".")[0])


def _number(token: str) -> float:
    if not _NUMBER.fullmatch(token):
        raise ValueError("a number")
    return float(token)


def _say_passed_over(path: Path, setting: Setting, why: str, what: str = "") -> None:
    logger.warning(
        Advice(
            f"{setting.key} {what or setting.shown} is passed over: {why}",
            where=f"{path} line {setting.line}",
        )
    )


def _refuse(path: Path, setting: Setting, what: str, hint: str) -> NoReturn:
    where = f"{path} line {setting.line}" if setting.line else str(path)
    raise ParameterError(f"{setting.key} {what}", hint=hint, where=where)
