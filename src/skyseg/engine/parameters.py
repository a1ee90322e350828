"""The extraction parameters: SExtractor's names in lower case, every value checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from skyseg.engine.kernels import KernelName
from skyseg.errors import ParameterError, advise_name

BackType = Literal["MANUAL", "AUTO"]
MaskType = Literal["NONE", "BLANK", "CORRECT"]
DetectType = Literal["CCD"]


_Positive = Annotated[float, Field(ge=0, le=100_000)]


def _value(default: Any, about: str, unit: str = "", **limits: float) -> Any:
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
    detect_thresh: float = _value(1.8, "Detection threshold above the background", "sigma", gt=0)
    analysis_thresh: float = _value(1.8, "Threshold of isophotal shape and FWHM", "sigma", gt=0)
    filter: bool = _value(True, "Whether the image is smoothed before detection")
    filter_name: KernelName = _value(
        "gauss_2.5_5x5", "Detection kernel: gauss_FWHM_size, or default"
    )
    deblend_nthresh: int = _value(32, "Number of deblending levels", ge=1, le=64)
    deblend_mincont: float = _value(
        0.005, "Least part of the flux that makes a branch a source", ge=0, le=1
    )
    clean: bool = _value(True, "Whether brighter neighbours take up spurious detections")
    clean_param: float = _value(
        1.0, "Cleaning efficiency: exponent of the Moffat wing", ge=0.1, le=10
    )
    mask_type: MaskType = _value("CORRECT", "What stands for a neighbour's pixels in apertures")
    phot_autoparams: tuple[_Positive, _Positive] = _value(
        (2.5, 4.0), "Kron factor and smallest Kron radius of AUTO"
    )
    phot_autoapers: tuple[_Positive, _Positive] = _value(
        (3.5, 3.5), "Smallest circular diameters of AUTO", "pix"
    )
    phot_fluxfrac: float = _value(0.5, "Part of FLUX_AUTO inside FLUX_RADIUS", gt=0, le=1)
    satur_level: float = _value(500000.0, "Level at which a pixel is saturated", "image unit", gt=0)
    gain: float = _value(0.0, "Gain; 0 means no photon noise", "e-/image unit", ge=0)
    seeing_fwhm: float = _value(0.05, "Stellar FWHM, for CLASS_STAR", "arcsec", gt=0)
    back_type: BackType = _value("MANUAL", "Whether BACK_VALUE or the mesh model is subtracted")
    back_value: float = _value(
        0.0, "Background subtracted when MANUAL", "image unit", ge=-1e15, le=1e15
    )
    back_size: int = _value(64, "Side of a background mesh", "pix", ge=4, le=1_000_000)
    back_filtersize: int = _value(3, "Median filter over background meshes", "mesh", ge=1, le=11)

    # type checkers are to see the names and kinds of all values, which this signature hides
    if not TYPE_CHECKING:

        def __init__(self, **values):
            try:
                super().__init__(**values)
            except ValidationError as error:
                name = str(error.errors(include_url=False, include_context=False)[0]["loc"][0])
                raise _refusal(name, values) from None

        def __setattr__(self, name, value):
            raise ParameterError(
                "cannot be changed", hint="make a copy with replace()", argument=name
            )

        def __delattr__(self, name):
            raise ParameterError("cannot be removed", argument=name)

    @field_validator("*", mode="before")
    @classmethod
    def _as_python(cls, value: Any, info: ValidationInfo) -> Any:
        """Take scalars of numpy, lists, and whole numbers that are written as floats."""
        if isinstance(value, list | tuple):
            return tuple(each.item() if isinstance(each, np.generic) else each for each in value)
        if isinstance(value, np.generic):
            value = value.item()
        whole = cls.model_fields[str(info.field_name)].annotation is int
        return int(value) if whole and isinstance(value, float) and value.is_integer() else value

    def replace(self, **changes: Any) -> Parameters:
        """Return a copy with some values changed.

        Raises
        ------
        ParameterError
            If a name is unknown or a value is not allowed.
        """
        return type(self)(**{name: getattr(self, name) for name in self.names()} | changes)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        return tuple(cls.model_fields)

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
            For example ``{"DETECT_MINAREA": "9", "FILTER": "Y", ...}``.
        """
        return {name.upper(): _written(getattr(self, name)) for name in self.names()}


@dataclass(frozen=True)
class Description:
    """What one parameter is.

    Attributes
    ----------
    about : str
        One sentence.
    unit : str
        Its unit, or an empty string.
    kind : type
        ``bool``, ``int``, ``float``, ``tuple`` of two numbers, or ``str``.
    default
        The value that it has where none is given.
    choices : tuple of str
        What a ``str`` may be.
    low, high : float or None
        The least and the largest number allowed.
    above : bool
        Whether a number must lie above ``low``.
    """

    about: str
    unit: str
    kind: type
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False

    @property
    def allowed(self) -> str:
        """The values allowed, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is bool:
            return "True or False"
        words = {int: "a whole number", float: "a finite number", tuple: "two numbers"}
        text = words[self.kind]
        if self.low is not None:
            text += f" {'above' if self.above else 'of at least'} {self.low:g}"
        if self.high is not None:
            text += f"{' and' if self.low is not None else ' of'} at most {self.high:.10g}"
        return text


def _described(name: str) -> Description:
    field = Parameters.model_fields[name]
    kind, limits, extra = field.annotation, field.metadata, field.json_schema_extra
    choices: tuple[str, ...] = ()
    if get_origin(kind) is Literal:
        kind, choices = str, get_args(kind)
    elif get_origin(kind) is tuple:
        kind, limits = tuple, get_args(get_args(kind)[0])[1].metadata
    assert isinstance(kind, type)
    assert isinstance(extra, dict)
    known = {limit: value for each in limits for limit, value in asdict(each).items()}
    return Description(
        about=field.description or "",
        unit=str(extra["unit"]),
        kind=kind,
        default=field.default,
        choices=choices,
        low=known.get("ge", known.get("gt")),
        high=known.get("le"),
        above="gt" in known,
    )


def _refusal(name: str, values: Mapping[str, Any]) -> ParameterError:
    """Return the error of a name or value that is not allowed."""
    if name in Parameters.model_fields:
        allowed = _described(name).allowed
        return ParameterError(f"is {values[name]!r}", hint=f"it must be {allowed}", argument=name)
    hint = advise_name(name, Parameters.names())
    return ParameterError("is not an extraction parameter", hint=hint, argument=name)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, tuple):
        return ",".join(f"{part:g}" for part in value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)
