"""The extraction parameters: SExtractor's names in lower case, every value checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.types import ErrType
from skyseg.errors import ParameterError, advise_name

BackType = Literal["MANUAL", "AUTO"]
BackphotoType = Literal["GLOBAL", "LOCAL"]
DetectType = Literal["CCD"]
FlagType = Literal["OR", "AND", "MIN", "MAX", "MOST"]
MaskType = Literal["NONE", "BLANK", "CORRECT"]
ThreshType = Literal["RELATIVE", "ABSOLUTE"]
ThreshUnit = Literal["rms", "filtered"]
WeightType = Literal["NONE", "BACKGROUND", "MAP_RMS", "MAP_VAR", "MAP_WEIGHT"]

_EXACT: Final = 2**53

WEIGHT_TYPES_OF: Final[dict[ErrType, tuple[WeightType, ...]]] = {
    "rms_err": ("MAP_RMS", "MAP_VAR"), "wht": ("MAP_WEIGHT",), "none": ("NONE", "BACKGROUND"),
}  # fmt: skip
"""Weight types that an error type may have; the first one is that of None."""

ERR_TYPE_OF: Final = {
    each: err_type for err_type, types in WEIGHT_TYPES_OF.items() for each in types
}
"""The error type that a weight type is of."""

_Positive = Annotated[float, Field(ge=0, le=100_000)]
_Diameter = Annotated[float, Field(gt=0, le=1_000_000)]
_Part = Annotated[float, Field(gt=0, le=1)]
_Level = Annotated[float, Field(gt=0, le=1e30)]
_Mag = Annotated[float, Field(ge=-100, le=100)]

_THRESHOLDS: Final = ("detect_thresh", "analysis_thresh")
_MOST_SHOWN: Final = 100
_OWN: Final = ("thresh_unit", "clean_psf")
_CARD: Final = r"^[A-Za-z0-9_-]{1,32}$"


def _value(default: Any, about: str, unit: str = "", **limits: float | str) -> Any:
    options: dict[str, Any] = {"json_schema_extra": {"unit": unit}, **limits}
    return Field(default, description=about, **options)


class Parameters(BaseModel):
    """What an extraction is run with; the defaults are those of Adams et al. (2023).

    The names are SExtractor's in lower case; `describe` says what each one is.
    Values are checked when they are given, and cannot be changed afterwards.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is not of the kind or in the range that
        is allowed.

    Examples
    --------
    >>> Parameters().detect_minarea
    9
    >>> Parameters(detect_thresh=2.5).to_sextractor()["DETECT_THRESH"]
    '2.5'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    detect_type: DetectType = _value("CCD", "Kind of detector: linear (CCD)")
    detect_minarea: int = _value(
        9, "Fewest pixels above the threshold that make a source", "pix", ge=1, le=1_000_000
    )
    thresh_type: ThreshType = _value(
        "RELATIVE", "Whether thresholds are in sigma or in the unit of the image"
    )
    thresh_unit: ThreshUnit = _value(
        "rms", "Whether a sigma is the error map's, or the scatter of the filtered sky as it is"
    )
    detect_thresh: _Level | tuple[_Mag, _Mag] = _value(
        1.8, "Detection threshold: sigma, or mag/arcsec2 and its zero point", "sigma"
    )
    analysis_thresh: _Level | tuple[_Mag, _Mag] = _value(
        1.8, "Threshold of isophotal area and FWHM, as detect_thresh", "sigma"
    )
    filter: bool = _value(True, "Whether the image is smoothed before detection")
    filter_name: KernelName | Kernel = _value(
        "gauss_2.5_5x5", "Detection kernel: the name of one that is shipped, or one from a file"
    )
    deblend_nthresh: int = _value(32, "Number of deblending levels", ge=1, le=64)
    deblend_mincont: float = _value(
        0.005, "Least part of the flux that makes a branch a source", ge=0, le=1
    )
    clean: bool = _value(True, "Whether brighter neighbours take up spurious detections")
    clean_param: float = _value(
        1.0, "Cleaning efficiency: exponent of the Moffat wing", ge=0.1, le=10
    )
    clean_psf: str | None = _value(
        None, "Image of the PSF whose wings CLEAN follows at bright sources: a file, or 'measured'"
    )
    mask_type: MaskType = _value("CORRECT", "What stands for a neighbour's pixels in apertures")
    weight_type: WeightType | None = _value(
        None, "What the error map holds; None: what the error type says"
    )
    rescale_weights: bool = _value(True, "Whether weights are scaled by the image's own noise")
    weight_gain: bool = _value(True, "Whether the gain follows the error map")
    weight_thresh: float | None = _value(
        None, "Weight up to which, or error from which, a pixel is bad", ge=0, le=1e30
    )
    flag_image: str | None = _value(None, "File of the flag map that IMAFLAGS_ISO is made of")
    flag_type: FlagType = _value("OR", "How the flags of a source's pixels are combined")
    phot_apertures: tuple[_Diameter, ...] | None = _value(
        None, "Diameters of APER; None: those of the call", "pix", min_length=1
    )
    phot_autoparams: tuple[_Positive, _Positive] = _value(
        (2.5, 4.0), "Kron factor and smallest Kron radius of AUTO"
    )
    phot_petroparams: tuple[_Positive, _Positive] = _value(
        (2.0, 3.5), "Petrosian factor and smallest Petrosian radius of PETRO"
    )
    phot_autoapers: tuple[_Positive, _Positive] = _value(
        (3.5, 3.5), "Smallest circular diameters of AUTO and PETRO", "pix"
    )
    phot_fluxfrac: tuple[_Part, ...] = _value(
        (0.5,), "Parts of FLUX_AUTO inside FLUX_RADIUS", min_length=1
    )
    satur_level: float = _value(500000.0, "Level at which a pixel is saturated", "image unit")
    satur_key: str = _value("SATURATE", "Header card that stands for satur_level", pattern=_CARD)
    mag_zeropoint: float | None = _value(
        None, "Zero point; None: that of the image", "mag", ge=-100, le=100
    )
    gain: float = _value(0.0, "Gain; 0 means no photon noise", "e-/image unit", ge=0)
    gain_key: str = _value("GAIN", "Header card that stands for gain", pattern=_CARD)
    pixel_scale: float | None = _value(
        None, "Side of a pixel; None: that of the image", "arcsec", gt=0, le=3600
    )
    seeing_fwhm: float = _value(0.05, "Stellar FWHM, for CLASS_STAR", "arcsec", gt=0)
    back_type: BackType = _value("MANUAL", "Whether BACK_VALUE or the mesh model is subtracted")
    back_value: float = _value(
        0.0, "Background subtracted when MANUAL", "image unit", ge=-1e15, le=1e15
    )
    back_size: int = _value(64, "Side of a background mesh", "pix", ge=4, le=1_000_000)
    back_filtersize: int = _value(3, "Median filter over background meshes", "mesh", ge=1, le=11)
    back_filtthresh: float = _value(
        0.0, "Difference above which the median replaces a mesh", "image unit", ge=0, le=1e30
    )
    back_pearson: float = _value(
        2.5, "Pearson's factor f of a mesh's mode, f median - (f - 1) mean", ge=0, le=100
    )
    backphoto_type: BackphotoType = _value(
        "GLOBAL", "Whether AUTO and its like subtract what is left of the sky around a source"
    )
    backphoto_thick: int = _value(
        24, "Thickness of the frame around a source that LOCAL measures", "pix", ge=1, le=10_000
    )

    # type checkers are to see the names and kinds of all values, which this signature hides
    if not TYPE_CHECKING:

        def __init__(self, *unnamed, **values):
            if unnamed:
                raise ParameterError(
                    f"{', '.join(map(repr, unnamed))}: every value needs the name of its parameter",
                    hint="give name=value; a set is named where sources are segmented",
                )
            try:
                super().__init__(**values)
            except ValidationError as error:
                name = str(error.errors(include_url=False, include_context=False)[0]["loc"][0])
                raise _refusal(name, values) from None

        def __setattr__(self, name, value):
            raise ParameterError(
                "cannot be changed",
                hint=f"make a copy with replace({name}={value!r})",
                argument=name,
            )

        def model_copy(self, *, update=None, deep=False):
            """Return a copy with some values changed, and checked as all are."""
            return self.replace(**update) if update else super().model_copy(deep=deep)

        def copy(self, *, update=None, deep=False):
            """Return a copy, as `model_copy` does."""
            return self.model_copy(update=update, deep=deep)

        @classmethod
        def model_construct(cls, _fields_set=None, **values):
            """Return the values, checked as all are."""
            return cls(**values)

        def __delattr__(self, name):
            raise ParameterError("cannot be removed", argument=name)

    @field_validator("*", mode="before")
    @classmethod
    def _as_python(cls, value: Any, info: ValidationInfo) -> Any:
        """Take scalars of numpy, lists, and whole numbers that are written as floats.

        Whole numbers from which on not every one is a float are refused, and not rounded.
        """
        numbers = value if isinstance(value, list | tuple) else (value,)
        if any(isinstance(each, int | np.integer) and abs(int(each)) > _EXACT for each in numbers):
            raise ValueError("is too large")
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, list | tuple):
            parts = tuple(each.item() if isinstance(each, np.generic) else each for each in value)
            return parts[0] if len(parts) == 1 and info.field_name in _THRESHOLDS else parts
        if isinstance(value, np.generic):
            value = value.item()
        if kind is int and isinstance(value, float) and value.is_integer():
            return int(value)
        listed = any(get_args(each)[-1:] == (...,) for each in (kind, *get_args(kind)))
        single = isinstance(value, int | float) and not isinstance(value, bool)
        return (value,) if listed and single else value

    def replace(self, **changes: Any) -> Parameters:
        """Return a copy with some values changed.

        Raises
        ------
        ParameterError
            If a name is unknown or a value is not allowed.
        """
        return type(self)(**{name: getattr(self, name) for name in self.names()} | changes)

    def __repr__(self) -> str:
        changed = (
            f"{name}={getattr(self, name)!r}"
            for name in self.names()
            if getattr(self, name) != type(self).model_fields[name].default
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        return tuple(cls.model_fields)

    @classmethod
    def names_in_sextractor(cls) -> tuple[str, ...]:
        """Names of those that SExtractor has too; its own are in upper case."""
        return tuple(name for name in cls.model_fields if name not in _OWN)

    @classmethod
    def describe(cls, name: str) -> Description:
        """Return what a parameter is, its unit and the values that it may have.

        Raises
        ------
        ParameterError
            If there is no parameter of that name.

        Examples
        --------
        >>> found = Parameters.describe("detect_minarea")
        >>> found.about, found.unit, found.low
        ('Fewest pixels above the threshold that make a source', 'pix', 1)
        """
        if name not in cls.model_fields:
            raise _refusal(name, {})
        return _described(name)

    def to_sextractor(self) -> dict[str, str]:
        """Return the values as SExtractor writes them, keyed by SExtractor's names.

        Returns
        -------
        dict of str to str
            For example ``{"DETECT_MINAREA": "9", "FILTER": "Y", ...}``; what is None,
            and so known from the maps and the call, is not among them, nor are
            ``thresh_unit`` and ``clean_psf``, which SExtractor does not have.
        """
        values = {name.upper(): getattr(self, name) for name in self.names_in_sextractor()}
        return {name: _written(value) for name, value in values.items() if value is not None}


@dataclass(frozen=True)
class Description:
    """What one parameter is.

    Attributes
    ----------
    name : str
        Its name.
    about : str
        One sentence.
    unit : str
        Its unit, or an empty string.
    kind : type
        ``bool``, ``int``, ``float``, ``str``, or ``tuple`` of numbers; a threshold is a
        ``tuple`` or a single number.
    default
        The value that it has where none is given.
    choices : tuple of str
        What a ``str`` may be.
    low, high : float or None
        The least and the largest number allowed.
    above : bool
        Whether a number must lie above ``low``.
    optional : bool
        Whether it may be None.
    several : bool
        Whether a ``tuple`` may have any length, and not two numbers only.
    """

    name: str
    about: str
    unit: str
    kind: type
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    optional: bool = False
    several: bool = False

    @property
    def allowed(self) -> str:
        """The values allowed, in words."""
        return f"{self._allowed}, or None" if self.optional else self._allowed

    @property
    def _allowed(self) -> str:
        if self.choices:
            names = "one of " + ", ".join(self.choices)
            return f"{names}, or a kernel from a file" if self.name == "filter_name" else names
        if self.kind is bool:
            return "True or False"
        if self.name in ("satur_key", "gain_key"):
            return "the name of a header card"
        words = {
            int: "a whole number", float: "a finite number", tuple: "two numbers",
            str: "the name of a file",
        }  # fmt: skip
        text = "one or more numbers" if self.several else words[self.kind]
        if self.name in _THRESHOLDS:
            return "a number above 0, or a surface brightness and its zero point in mag"
        if self.low is not None:
            text += f" {'above' if self.above else 'of at least'} {self.low:g}"
        if self.high is not None:
            text += f"{' and' if self.low is not None else ' of'} at most {self.high:.10g}"
        return text


def _described(name: str) -> Description:
    field = Parameters.model_fields[name]
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    single = get_origin(field.annotation) in (None, tuple, Literal)
    members = (field.annotation,) if single else get_args(field.annotation)
    kind = members[1] if len(members) == 2 and get_origin(members[1]) is tuple else members[0]
    limits = list(field.metadata)
    choices: tuple[str, ...] = ()
    several = False
    if get_origin(kind) is Literal:
        kind, choices = str, get_args(kind)
    elif get_origin(kind) is tuple:
        each = get_args(kind)
        kind, several, limits = tuple, each[-1] is ..., get_args(each[0])[1].metadata
    assert isinstance(kind, type)
    stated = (asdict(each) for each in limits if is_dataclass(each) and not isinstance(each, type))
    known = {limit: value for each in stated for limit, value in each.items()}
    return Description(
        name=name,
        about=field.description or "",
        unit=str(extra["unit"]),
        kind=kind,
        default=field.default,
        choices=choices,
        low=known.get("ge", known.get("gt")),
        high=known.get("le"),
        above="gt" in known,
        optional=type(None) in members,
        several=several,
    )


def _refusal(name: str, values: Mapping[str, Any]) -> ParameterError:
    """Return the error of a name or value that is not allowed."""
    if name in Parameters.model_fields:
        allowed = _described(name).allowed
        given = " ".join(repr(values[name]).split())
        shown = given if len(given) <= _MOST_SHOWN else f"{given[:_MOST_SHOWN]} ..."
        return ParameterError(f"is {shown}", hint=f"it must be {allowed}", argument=name)
    hint = advise_name(name, Parameters.names())
    return ParameterError("is not an extraction parameter", hint=hint, argument=name)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, tuple):
        return ",".join(map(_written, value))
    if isinstance(value, Kernel):
        return value.name
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)
