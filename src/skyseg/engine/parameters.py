"""The extraction parameters: SExtractor's names in lower case, every value checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

import numpy as np

from skyseg.engine.kernels import KernelName
from skyseg.errors import ParameterError

BackType = Literal["MANUAL", "AUTO"]
MaskType = Literal["NONE", "BLANK", "CORRECT"]
DetectType = Literal["CCD"]


def _about(text: str, unit: str = "", **limits: float) -> dict[str, Any]:
    return {"about": text, "unit": unit, **limits}


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What an extraction is run with; the defaults are those of Adams et al. (2023).

    The names are SExtractor's in lower case. Each field's ``metadata`` holds
    ``about`` (one sentence), ``unit`` and the limits ``low`` and ``high``.

    Raises
    ------
    ParameterError
        If a value is not of the kind or in the range that the field allows.

    Examples
    --------
    >>> Parameters().detect_minarea
    9
    >>> Parameters(detect_thresh=2.5).to_sextractor()["DETECT_THRESH"]
    '2.5'
    """

    detect_type: DetectType = field(
        default="CCD", metadata=_about("Kind of detector: linear (CCD)")
    )
    detect_minarea: int = field(
        default=9,
        metadata=_about("Fewest pixels above the threshold that make a source", "pix", low=1),
    )
    detect_thresh: float = field(
        default=1.8,
        metadata=_about("Detection threshold above the background", "sigma", low=0, open=True),
    )
    analysis_thresh: float = field(
        default=1.8,
        metadata=_about("Threshold of isophotal shape and FWHM", "sigma", low=0, open=True),
    )
    filter: bool = field(
        default=True, metadata=_about("Whether the image is smoothed before detection")
    )
    filter_name: KernelName = field(
        default="gauss_2.5_5x5", metadata=_about("Detection kernel: gauss_FWHM_size, or default")
    )
    deblend_nthresh: int = field(
        default=32, metadata=_about("Number of deblending levels", low=1, high=64)
    )
    deblend_mincont: float = field(
        default=0.005,
        metadata=_about("Least part of the flux that makes a branch a source", low=0, high=1),
    )
    clean: bool = field(
        default=True, metadata=_about("Whether brighter neighbours eat spurious detections")
    )
    clean_param: float = field(
        default=1.0,
        metadata=_about("Cleaning efficiency: exponent of the Moffat wing", low=0.1, high=10),
    )
    mask_type: MaskType = field(
        default="CORRECT",
        metadata=_about("What stands for a neighbour's pixels in apertures"),
    )
    phot_autoparams: tuple[float, float] = field(
        default=(2.5, 4.0),
        metadata=_about("Kron factor and smallest Kron radius of AUTO", low=0),
    )
    phot_autoapers: tuple[float, float] = field(
        default=(3.5, 3.5),
        metadata=_about("Smallest circular diameters of AUTO", "pix", low=0),
    )
    phot_fluxfrac: float = field(
        default=0.5,
        metadata=_about("Part of FLUX_AUTO inside FLUX_RADIUS", low=0, high=1, open=True),
    )
    satur_level: float = field(
        default=500000.0,
        metadata=_about("Level at which a pixel is saturated", "image unit", low=0, open=True),
    )
    gain: float = field(
        default=0.0, metadata=_about("Gain; 0 means no photon noise", "e-/image unit", low=0)
    )
    seeing_fwhm: float = field(
        default=0.05, metadata=_about("Stellar FWHM, for CLASS_STAR", "arcsec", low=0, open=True)
    )
    back_type: BackType = field(
        default="MANUAL", metadata=_about("Whether BACK_VALUE or the mesh model is subtracted")
    )
    back_value: float = field(
        default=0.0, metadata=_about("Background subtracted when MANUAL", "image unit")
    )
    back_size: int = field(default=64, metadata=_about("Side of a background mesh", "pix", low=4))
    back_filtersize: int = field(
        default=3, metadata=_about("Median filter over background meshes", "mesh", low=1, high=11)
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            value = _checked(item.name, getattr(self, item.name), item.type, dict(item.metadata))
            object.__setattr__(self, item.name, value)

    def replace(self, **changes: Any) -> Parameters:
        """Return a copy with some values changed.

        Raises
        ------
        ParameterError
            If a name is unknown or a value is not allowed.
        """
        known = self.names()
        for name in changes:
            if name not in known:
                raise ParameterError(
                    f"{name!r} is not an extraction parameter; use one of {', '.join(known)}"
                )
        return replace(self, **changes)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of all parameters, in order."""
        return tuple(item.name for item in fields(cls))

    def to_sextractor(self) -> dict[str, str]:
        """Return the values as SExtractor writes them, keyed by SExtractor's names.

        Returns
        -------
        dict of str to str
            For example ``{"DETECT_MINAREA": "9", "FILTER": "Y", ...}``.
        """
        return {item.name.upper(): _written(getattr(self, item.name)) for item in fields(self)}


def _checked(name: str, value: Any, annotation: Any, about: dict[str, Any]) -> Any:
    """Value converted to its kind, or a ParameterError that says what is allowed."""
    kind = str(annotation)
    if kind in _CHOICES:
        if value not in _CHOICES[kind]:
            _refuse(name, value, "one of " + ", ".join(_CHOICES[kind]))
        return value
    if kind == "bool":
        if not isinstance(value, (bool, np.bool_)):
            _refuse(name, value, "True or False")
        return bool(value)
    if kind.startswith("tuple"):
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            _refuse(name, value, "two numbers")
        return tuple(_number(name, part, about, whole=False) for part in value)
    return _number(name, value, about, whole=kind == "int")


def _number(name: str, value: Any, about: dict[str, Any], *, whole: bool) -> float | int:
    allowed = "a whole number" if whole else "a finite number"
    low, high = about.get("low"), about.get("high")
    if low is not None:
        allowed += f" {'above' if about.get('open') else 'of at least'} {low}"
    if high is not None:
        allowed += f" and at most {high}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        _refuse(name, value, allowed)
    number = float(value)
    if not math.isfinite(number) or (whole and number != int(number)):
        _refuse(name, value, allowed)
    if low is not None and (number < low or (about.get("open") and number == low)):
        _refuse(name, value, allowed)
    if high is not None and number > high:
        _refuse(name, value, allowed)
    return int(number) if whole else number


def _refuse(name: str, value: Any, allowed: str) -> None:
    raise ParameterError(f"{name} is {value!r}; it must be {allowed}")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, tuple):
        return ",".join(f"{part:g}" for part in value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


_CHOICES: dict[str, tuple[str, ...]] = {
    "KernelName": get_args(KernelName),
    "BackType": get_args(BackType),
    "MaskType": get_args(MaskType),
    "DetectType": get_args(DetectType),
}
