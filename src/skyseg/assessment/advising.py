"""Which error map, threshold, kernel and area give the purity that is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from astropy.table import QTable

from skyseg.assessment.negative import find_purity
from skyseg.assessment.noise_curves import (
    SIGMAS,
    NoiseCurve,
    choose_windows,
    count_against_threshold,
    find_sigma,
)
from skyseg.engine.kernels import Kernel, KernelName
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.parameters import WEIGHT_TYPES_OF, Parameters, ThreshUnit, WeightType
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Rows
from skyseg.engine.scaling import choose_scale
from skyseg.engine.types import ErrType
from skyseg.engine.whole_image import measure_facts
from skyseg.errors import ImageError, ParameterError
from skyseg.methods.noise_facts import LEAST_SIGMAS

_KERNELS: Final[tuple[KernelName, ...]] = (
    "gauss_1.5_3x3", "gauss_2.5_5x5", "gauss_4.0_7x7", "gauss_5.0_9x9",
)  # fmt: skip
_AREAS: Final = (5, 9, 15)
_CLEARLY: Final = 0.05
_BY_CHANCE: Final = 0.5
_NOISE: Final = 4.0


@dataclass(frozen=True, eq=False)
class Option:
    """What one error map, kernel and area give at the lowest threshold that is pure enough.

    Attributes
    ----------
    curve : NoiseCurve
        Its detections against the threshold.
    place : int
        Where on the curve that threshold is.
    thresh_unit : {"rms", "filtered"}
        The unit of ``thresh``, that of the settings as they are.
    """

    curve: NoiseCurve
    place: int
    thresh_unit: ThreshUnit = "rms"

    @property
    def sigma(self) -> float:
        """The threshold in sigma of the filtered sky."""
        return float(self.curve.sigma[self.place])

    @property
    def thresh(self) -> float:
        """The threshold as ``detect_thresh`` has it, in ``thresh_unit``."""
        thresh = self.sigma if self.thresh_unit == "filtered" else self.curve.thresh[self.place]
        return float(f"{thresh:.3g}")

    @property
    def purity(self) -> float:
        """Part of the detections that is real."""
        return float(self.curve.purity[self.place])

    @property
    def purity_error(self) -> float:
        """Its error, by the number of noise that is expected; see `find_purity`."""
        noise, every = self.curve.n_noise[self.place], self.curve.n_positive[self.place]
        return float(find_purity(every, noise)[1])

    @property
    def n_real(self) -> float:
        """Detections that are real."""
        return self.purity * int(self.curve.n_positive[self.place])


@dataclass(frozen=True, eq=False)
class Recommendation:
    """Which error map, threshold, kernel and area to take. As text it is told in words.

    Attributes
    ----------
    asked : float
        The purity that was asked for.
    best : Option
        What finds the most at that purity; of those that find hardly fewer, by 5 % or by
        half of the root of that number, the one that is nearest to the settings as they are.
    as_it_is : Option or None
        The settings as they are, at their own threshold; None where that is no number of sigma.
    options : tuple of Option
        All that were tried and are pure enough at some threshold, the best first.
    parameters : Parameters
        The settings with what is recommended.
    part : float
        Part of the image in which detections were counted.
    """

    asked: float
    best: Option
    as_it_is: Option | None
    options: tuple[Option, ...]
    parameters: Parameters
    part: float

    @property
    def err_type(self) -> ErrType:
        """Where the noise is to come from."""
        return self.best.curve.err_type

    @property
    def table(self) -> QTable:
        """A row for each of the options."""
        return QTable(
            rows=[
                (
                    each.curve.err_type, spell_kernel(each.curve.kernel), each.curve.minarea,
                    each.thresh, each.sigma, int(each.curve.n_positive[each.place]),
                    int(each.curve.n_negative[each.place]), each.purity, each.purity_error,
                )
                for each in self.options
            ],
            names=(
                "ERR_TYPE", "KERNEL", "MINAREA", "THRESH", "SIGMA", "N_POSITIVE", "N_NEGATIVE",
                "PURITY", "PURITY_ERR",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return "\n".join(_tell(self))


def advise(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None = None,
    wht: npt.ArrayLike | Rows | None = None, parameters: Parameters | None = None, *,
    purity: float = 0.99, mask: Mask | None = None,
) -> Recommendation:  # fmt: skip
    """Advise which error map, threshold, kernel and area give a purity, by the negative image.

    Parameters
    ----------
    sci : array_like, shape (ny, nx), or Rows
        Image.
    err, wht : array_like, shape (ny, nx), or Rows, optional
        Its rms and its weights, one or both; with neither the noise is that of the image.
    parameters : Parameters, optional
        The settings as they are; by default those of Adams et al. (2023).
    purity : float
        Part of the detections that is to be real.
    mask : Mask, optional
        What it excludes is left out.

    Returns
    -------
    Recommendation

    Raises
    ------
    ImageError
        If one of the maps is no image, they differ in shape, or nothing but noise is detected.
    ParameterError
        If the purity is not above 0 and below 1, or no threshold gives it.

    Notes
    -----
    Noise is as often below the sky as above it: what is detected in the image with its sign
    changed is as much as noise adds to the detections. Both are counted at all thresholds
    from 2 to 10 sigma of the filtered sky and at that of the settings, for each error map, 5
    kernels at the most and 4 areas. Of the thresholds from 3 sigma on at which that purity is
    reached, the recommended one has the most real detections, or hardly fewer.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> image = rng.normal(0, 1, (300, 300))
    >>> for y, x in rng.integers(10, 290, (60, 2)):
    ...     image[y - 2 : y + 3, x - 2 : x + 3] += 3
    >>> found = advise(image, np.ones_like(image), purity=0.95)
    >>> bool(found.best.purity >= 0.95), found.parameters.detect_thresh < 1.8
    (True, True)
    """
    if not isinstance(parameters, Parameters | None):
        raise ParameterError(f"is {parameters!r}", hint="give Parameters", argument="parameters")
    own = parameters or Parameters()
    given: dict[ErrType, npt.ArrayLike | Rows] = {}
    if err is not None:
        given["rms_err"] = err
    if wht is not None:
        given["wht"] = wht
    maps: dict[ErrType, Maps] = {
        err_type: make_maps(sci, noise, err_type, mask=mask) for err_type, noise in given.items()
    }
    if not maps:
        maps["none"] = make_maps(sci, None, "none", mask=mask)
    return advise_maps(maps, own, next(iter(maps)), purity)


def advise_maps(
    maps: Mapping[ErrType, Maps], parameters: Parameters, err_type: ErrType, purity: float
) -> Recommendation:
    """Advise by an image with each of its error maps; see `advise`.

    Parameters
    ----------
    maps : mapping of str to Maps
        The image with each error map, by its error type.
    parameters : Parameters
        The settings as they are.
    err_type : {"rms_err", "wht", "none"}
        The error type as it is.
    purity : float
        Part of the detections that is to be real.
    """
    if not isinstance(purity, int | float) or not 0 < purity < 1:
        raise ParameterError(
            f"is {purity!r}", hint="give a part between 0 and 1", argument="purity"
        )
    areas = sorted({*_AREAS, parameters.detect_minarea})
    curves = [
        curve
        for each in maps.values()
        for curve in _list_curves(each, parameters, areas, has_own=each.err_type == err_type)
    ]
    unit = parameters.thresh_unit
    options = [
        Option(curve, place, unit)
        for curve in (each.only(SIGMAS) for each in curves)
        if (place := curve.find_lowest(purity)) is not None
    ]
    if not options:
        _check_detected(curves, maps[err_type].name)
        raise ParameterError(
            f"is {purity:g}, and no threshold from 3 to 10 sigma gives it",
            hint="ask for less, or mask what has light below the sky", argument="purity",
        )  # fmt: skip
    options.sort(key=lambda each: -each.n_real)
    most = options[0].n_real
    least = most - max(_CLEARLY * most, _BY_CHANCE * math.sqrt(most))
    best = next(each for each in _prefer_own(options, parameters, err_type) if each.n_real >= least)
    shape = next(iter(maps.values())).shape
    counted = sum(each.shape[0] * each.shape[1] for each in choose_windows(shape))
    return Recommendation(
        purity, best, _find_own(curves, parameters, err_type), tuple(options),
        take_option(parameters, best), counted / (shape[0] * shape[1]),
    )  # fmt: skip


def take_option(parameters: Parameters, option: Option) -> Parameters:
    """Return settings with what an option has; isophotes are as deep as detection.

    Parameters
    ----------
    parameters : Parameters
        The settings.
    option : Option
        The option.
    """
    kernel = option.curve.kernel
    filters = {"filter": False} if kernel is None else {"filter": True, "filter_name": kernel}
    return parameters.replace(
        detect_thresh=option.thresh, analysis_thresh=option.thresh, thresh_type="RELATIVE",
        thresh_unit=option.thresh_unit, detect_minarea=option.curve.minarea,
        weight_type=_fit_weight_type(parameters, option.curve.err_type),
        **filters,
    )  # fmt: skip


def spell_kernel(kernel: KernelName | Kernel | None) -> str:
    """Return the name of a kernel."""
    if kernel is None:
        return "none"
    return kernel if isinstance(kernel, str) else kernel.name


def _check_detected(curves: Iterable[NoiseCurve], name: str) -> None:
    """Check that the image has more detections than its negative, at some threshold."""
    count, clearly = 0, False
    for curve in curves:
        tried = curve.sigma >= LEAST_SIGMAS
        more, both = (part[tried] for part in (curve.n_positive, curve.n_negative))
        count = max(count, int(more.max()))
        clearly |= bool((more - both > _NOISE * np.sqrt(more + both)).any())
    if clearly:
        return
    what = "nothing is" if count == 0 else "nothing but noise is"
    raise ImageError(
        f"{what} detected from 3 sigma on, so no threshold can be advised",
        hint="take an image with sources", where=name,
    )  # fmt: skip


def _list_curves(
    maps: Maps, parameters: Parameters, areas: list[int], *, has_own: bool
) -> Iterator[NoiseCurve]:
    """Count against the threshold with each kernel; with their own at that of the settings too."""
    own = parameters.replace(
        thresh_unit="rms", weight_type=_fit_weight_type(parameters, maps.err_type)
    )
    scale = choose_scale(maps, own)
    maps, own = scale.scale_maps(maps), scale.scale_parameters(own)
    mapper = ThreadMapper()
    facts = measure_facts(maps, own, mapper=mapper)
    for changes in _list_filters(parameters):
        values = own.replace(**changes)
        image = PreparedImage.of(maps, facts, values)
        also = parameters if has_own and _find_kernel(values) == _find_kernel(parameters) else None
        yield from count_against_threshold(image, areas, mapper, also)


def _fit_weight_type(parameters: Parameters, err_type: ErrType) -> WeightType | None:
    """Return the weight type of settings where an error type may have it."""
    own = parameters.weight_type
    return own if own in WEIGHT_TYPES_OF[err_type] else None


def _find_kernel(parameters: Parameters) -> KernelName | Kernel | None:
    return parameters.filter_name if parameters.filter else None


def _list_filters(parameters: Parameters) -> Iterator[Mapping[str, object]]:
    own = _find_kernel(parameters)
    if own is None:
        yield {"filter": False}
    elif own not in _KERNELS:
        yield {"filter": True, "filter_name": own}
    yield from ({"filter": True, "filter_name": name} for name in _KERNELS)


def _prefer_own(
    options: Iterable[Option], parameters: Parameters, err_type: ErrType
) -> list[Option]:
    """Sort options: those that change the least first."""
    own = _find_kernel(parameters)

    def count_changes(option: Option) -> int:
        curve = option.curve
        changed = curve.err_type != err_type, curve.kernel != own
        return sum((*changed, curve.minarea != parameters.detect_minarea))

    return sorted(options, key=count_changes)


def _find_own(
    curves: Iterable[NoiseCurve], parameters: Parameters, err_type: ErrType
) -> Option | None:
    """Find the settings as they are on their curve."""
    own = _find_kernel(parameters)
    curve = next(
        each
        for each in curves
        if (each.err_type, each.kernel, each.minarea) == (err_type, own, parameters.detect_minarea)
    )
    sigma = find_sigma(parameters, curve.filtered_sigma)
    if sigma is None:
        return None
    return Option(curve, int(np.argmin(np.abs(curve.sigma - sigma))), parameters.thresh_unit)


def _tell(found: Recommendation) -> Iterator[str]:
    best, curve = found.best, found.best.curve
    yield (
        f"For a purity of {found.asked:g}: {curve.err_type}, detect_thresh {best.thresh:g} "
        f"(thresh_unit {best.thresh_unit}), filter_name {spell_kernel(curve.kernel)}, "
        f"detect_minarea {curve.minarea}."
    )
    yield (
        f"That is {best.sigma:.2f} sigma of the filtered sky: {best.n_real:.0f} real detections, "
        f"purity {best.purity:.3f} +- {best.purity_error:.3f}."
    )
    if best.purity_error > 1 - found.asked:
        yield (
            f"So few detections do not tell {found.asked:g} from "
            f"{max(found.asked - best.purity_error, 0):.2g}."
        )
    own = found.as_it_is
    if own is not None:
        edges = {0: " or less", len(own.curve.sigma) - 1: " or more"}
        yield (
            f"As it is ({own.curve.err_type}, {spell_kernel(own.curve.kernel)}, "
            f"{own.curve.minarea} pixels, {own.sigma:.2f} sigma{edges.get(own.place, '')}): "
            f"{own.n_real:.0f} real detections, purity {own.purity:.3f} +- {own.purity_error:.3f}."
        )
    yield from _tell_reasons(found)
    part = "all of the image" if found.part == 1 else f"{found.part:.0%} of the image"
    yield (
        f"Counted in {part} and in its negative, before deblending and CLEAN; detections within "
        "a few pixels of one another count once."
    )
    yield (
        "Noise is what the negative has or, where it is more, the tail fitted to its counts at "
        "lower thresholds, so that purity can be below 1 where the negative has none."
    )


def _tell_reasons(found: Recommendation) -> Iterator[str]:
    """Tell what each of the choices brings: against the best option that has another one."""
    curve = found.best.curve
    for name, of in (
        ("error map", lambda each: each.err_type),
        ("kernel", lambda each: spell_kernel(each.kernel)),
        ("area", lambda each: f"{each.minarea} pixels"),
    ):
        mine = of(curve)
        others = [each for each in found.options if of(each.curve) != mine]
        if not others:
            continue
        other = others[0]
        gain = round(100 * (found.best.n_real / other.n_real - 1))
        more = f"{abs(gain)} % {'more' if gain > 0 else 'fewer'} than" if gain else "as many as"
        yield f"{name.capitalize()} {mine}: {more} the best with {of(other.curve)}."
