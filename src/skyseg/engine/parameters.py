"""The extraction parameters: SExtractor's names in lower case, every value checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, dataclass_transform

from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.parameter_values import (
    Description,
    choice,
    number,
    numbers,
    switch,
    text,
    whole,
)
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

WEIGHT_TYPES_OF: Final[dict[ErrType, tuple[WeightType, ...]]] = {
    "rms_err": ("MAP_RMS", "MAP_VAR"), "wht": ("MAP_WEIGHT",), "none": ("NONE", "BACKGROUND"),
}  # fmt: skip
"""Weight types that an error type may have; the first one is that of None."""

ERR_TYPE_OF: Final = {
    each: err_type for err_type, types in WEIGHT_TYPES_OF.items() for each in types
}
"""The error type that a weight type is of."""

_MOST_SHOWN: Final = 100
_OWN: Final = ("thresh_unit", "clean_psf")

_DESCRIBED: Final[dict[str, Description]] = {}
_DEFAULTS: Final[dict[str, Any]] = {}

_Values = TypeVar("_Values")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def _described(values: type[_Values]) -> type[_Values]:
    """Note what a class describes."""
    for name, known in vars(values).items():
        if isinstance(known, Description):
            _DESCRIBED[name] = replace(known, name=name)
            _DEFAULTS[name] = known.default
    return values


@_described
class Parameters:
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

    detect_type: DetectType = choice("CCD", "Kind of detector: linear (CCD)", DetectType)
    detect_minarea: int = whole(
        9, "Fewest pixels above the threshold that make a source", "pix", low=1, high=1_000_000
    )
    thresh_type: ThreshType = choice(
        "RELATIVE", "Whether thresholds are in sigma or in the unit of the image", ThreshType
    )
    thresh_unit: ThreshUnit = choice(
        "rms",
        "Whether a sigma is the error map's, or the scatter of the filtered sky as it is",
        ThreshUnit,
    )
    detect_thresh: float | tuple[float, float] = numbers(
        1.8,
        "Detection threshold: sigma, or mag/arcsec2 and its zero point",
        "sigma",
        low=-100,
        high=100,
    )
    analysis_thresh: float | tuple[float, float] = numbers(
        1.8, "Threshold of isophotal area and FWHM, as detect_thresh", "sigma", low=-100, high=100
    )
    filter: bool = switch(True, "Whether the image is smoothed before detection")
    filter_name: KernelName | Kernel = choice(
        "gauss_2.5_5x5",
        "Detection kernel: the name of one that is shipped, or one from a file",
        KernelName,
    )
    deblend_nthresh: int = whole(32, "Number of deblending levels", low=1, high=64)
    deblend_mincont: float = number(
        0.005, "Least part of the flux that makes a branch a source", low=0, high=1
    )
    clean: bool = switch(True, "Whether brighter neighbours take up spurious detections")
    clean_param: float = number(
        1.0, "Cleaning efficiency: exponent of the Moffat wing", low=0.1, high=10
    )
    clean_psf: str | None = text(
        None, "Image of the PSF whose wings CLEAN follows at bright sources: a file, or 'measured'"
    )
    mask_type: MaskType = choice(
        "CORRECT", "What stands for a neighbour's pixels in apertures", MaskType
    )
    weight_type: WeightType | None = choice(
        None, "What the error map holds; None: what the error type says", WeightType
    )
    rescale_weights: bool = switch(True, "Whether weights are scaled by the image's own noise")
    weight_gain: bool = switch(True, "Whether the gain follows the error map")
    weight_thresh: float | None = number(
        None, "Weight up to which, or error from which, a pixel is bad", low=0, high=1e30
    )
    flag_image: str | None = text(None, "File of the flag map that IMAFLAGS_ISO is made of")
    flag_type: FlagType = choice("OR", "How the flags of a source's pixels are combined", FlagType)
    phot_apertures: tuple[float, ...] | None = numbers(
        None,
        "Diameters of APER; None: those of the call",
        "pix",
        low=0,
        high=1_000_000,
        above=True,
        several=True,
    )
    phot_autoparams: tuple[float, float] = numbers(
        (2.5, 4.0), "Kron factor and smallest Kron radius of AUTO", low=0, high=100_000
    )
    phot_petroparams: tuple[float, float] = numbers(
        (2.0, 3.5), "Petrosian factor and smallest Petrosian radius of PETRO", low=0, high=100_000
    )
    phot_autoapers: tuple[float, float] = numbers(
        (3.5, 3.5), "Smallest circular diameters of AUTO and PETRO", "pix", low=0, high=100_000
    )
    phot_fluxfrac: tuple[float, ...] = numbers(
        (0.5,), "Parts of FLUX_AUTO inside FLUX_RADIUS", low=0, high=1, above=True, several=True
    )
    satur_level: float = number(500000.0, "Level at which a pixel is saturated", "image unit")
    satur_key: str = text("SATURATE", "Header card that stands for satur_level")
    mag_zeropoint: float | None = number(
        None, "Zero point; None: that of the image", "mag", low=-100, high=100
    )
    gain: float = number(0.0, "Gain; 0 means no photon noise", "e-/image unit", low=0)
    gain_key: str = text("GAIN", "Header card that stands for gain")
    pixel_scale: float | None = number(
        None, "Side of a pixel; None: that of the image", "arcsec", low=0, high=3600, above=True
    )
    seeing_fwhm: float = number(0.05, "Stellar FWHM, for CLASS_STAR", "arcsec", low=0, above=True)
    back_type: BackType = choice(
        "MANUAL", "Whether BACK_VALUE or the mesh model is subtracted", BackType
    )
    back_value: float = number(
        0.0, "Background subtracted when MANUAL", "image unit", low=-1e15, high=1e15
    )
    back_size: int = whole(64, "Side of a background mesh", "pix", low=4, high=1_000_000)
    back_filtersize: int = whole(3, "Median filter over background meshes", "mesh", low=1, high=11)
    back_filtthresh: float = number(
        0.0, "Difference above which the median replaces a mesh", "image unit", low=0, high=1e30
    )
    back_pearson: float = number(
        2.5, "Pearson's factor f of a mesh's mode, f median - (f - 1) mean", low=0, high=100
    )
    backphoto_type: BackphotoType = choice(
        "GLOBAL",
        "Whether AUTO and its like subtract what is left of the sky around a source",
        BackphotoType,
    )
    backphoto_thick: int = whole(
        24, "Thickness of the frame around a source that LOCAL measures", "pix", low=1, high=10_000
    )

    # type checkers are to see the names and kinds of all values, which this signature hides
    if not TYPE_CHECKING:

        def __init__(self, *unnamed, **values):
            if unnamed:
                raise ParameterError(
                    f"{', '.join(map(repr, unnamed))}: every value needs the name of its parameter",
                    hint="give name=value; a set is named where sources are segmented",
                )
            taken = dict(_DEFAULTS)
            for name, known in _DESCRIBED.items():
                if name in values:
                    try:
                        taken[name] = known.take(values[name])
                    except ValueError:
                        raise _refusal(name, values) from None
            for name in values:
                if name not in taken:
                    raise _refusal(name, values)
            self.__dict__.update(taken)

        def __setattr__(self, name, value):
            raise ParameterError(
                "cannot be changed",
                hint=f"make a copy with replace({name}={value!r})",
                argument=name,
            )

        def __delattr__(self, name):
            raise ParameterError("cannot be removed", argument=name)

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if isinstance(other, Parameters) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: Any) -> Any:
        """Let models of pydantic, as the state of a viewer, hold parameters."""
        from pydantic import PlainSerializer, PlainValidator

        checked = PlainValidator(cls._from_json), PlainSerializer(cls._as_json)
        return handler.generate_schema(Annotated[Any, *checked])

    @classmethod
    def _from_json(cls, given: Any) -> Parameters:
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            raise ValueError("is no table of parameters")
        kernel = given.get("filter_name")
        own = {"filter_name": Kernel(**kernel)} if isinstance(kernel, Mapping) else {}
        return cls(**{**given, **own})

    def _as_json(self) -> dict[str, Any]:
        return dict(vars(self))

    def replace(self, **changes: Any) -> Parameters:
        """Return a copy with some values changed.

        Raises
        ------
        ParameterError
            If a name is unknown or a value is not allowed.
        """
        return type(self)(**{name: getattr(self, name) for name in self.names()} | changes)

    def changed(self) -> dict[str, Any]:
        """Return the values that are not the defaults, by name."""
        return {name: value for name, value in vars(self).items() if value != _DEFAULTS[name]}

    def __repr__(self) -> str:
        changed = (f"{name}={value!r}" for name, value in self.changed().items())
        return f"{type(self).__name__}({', '.join(changed)})"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        return tuple(_DESCRIBED)

    @classmethod
    def names_in_sextractor(cls) -> tuple[str, ...]:
        """Names of those that SExtractor has too; its own are in upper case."""
        return tuple(name for name in _DESCRIBED if name not in _OWN)

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
        if name not in _DESCRIBED:
            raise _refusal(name, {})
        return _DESCRIBED[name]

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


def _refusal(name: str, values: Mapping[str, Any]) -> ParameterError:
    """Return the error of a name or value that is not allowed."""
    if name in _DESCRIBED:
        allowed = _DESCRIBED[name].allowed
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
