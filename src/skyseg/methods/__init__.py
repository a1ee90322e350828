"""The segmentation methods that ``method=`` names: ours, and those other packages add.

A method joins by an entry point of the group ``skyseg.methods``; see
`skyseg.methods.base.Method` for what it has to offer, with an example.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from skyseg.errors import MethodError, ParameterError, SkysegError
from skyseg.settings import find_methods

if TYPE_CHECKING:
    from skyseg.methods.base import Method, Outcome, Request

__all__ = ["check", "get", "is_own", "names", "run"]


def names() -> tuple[str, ...]:
    """Names of all installed methods, sorted.

    Examples
    --------
    >>> names()
    ('photutils', 'sep', 'sextractor', 'skyseg')
    """
    return tuple(sorted({point.name for point in find_methods()}))


def check(name: str) -> None:
    """Check that there is a method of that name, without loading it.

    Raises
    ------
    MethodError
        If there is none; the message lists those that exist.
    """
    if name not in names():
        raise MethodError(f"there is no method {name!r}", hint=f"use one of {', '.join(names())}")


def is_own(name: str) -> bool:
    """Tell whether a method is one of skyseg's own, which no other package offers as well.

    Examples
    --------
    >>> is_own("sextractor")
    True
    """
    values = {point.value for point in find_methods().select(name=name)}
    return len(values) == 1 and values.pop().startswith(f"{__name__}.")


def get(name: str) -> Method:
    """Return a method by its name.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Method
        An object with ``version()`` and ``run(request)``.

    Raises
    ------
    MethodError
        If there is no such method, if two packages offer it, or if the package
        that offers it is broken.

    Examples
    --------
    >>> get("skyseg").version().startswith("skyseg")
    True
    """
    points = find_methods().select(name=name)
    if not points:
        check(name)
    if len({point.value for point in points}) > 1:
        raise MethodError(
            f"the method {name!r} is offered by {' and by '.join(map(_origin, points))}",
            hint="uninstall one of them",
        )
    return _loaded(next(iter(points)))


def run(name: str, request: Request) -> Outcome:
    """Run a method, and check what it gives back.

    Parameters
    ----------
    name : str
        One of `names`.
    request : Request
        What is to be extracted.

    Returns
    -------
    Outcome
        Labels, background and catalogue that fit each other and the request.

    Raises
    ------
    MethodError
        If there is no such method, if it fails, or if what it gives back is not
        what `skyseg.methods.base.Outcome` describes.
    ImageError
        If the maps hold no good pixel.
    ParameterError
        If the request has no error map and the method needs one.
    """
    from skyseg.methods._mask_columns import measure_mask_columns
    from skyseg.methods._outcome_check import check_outcome
    from skyseg.methods.noise_facts import add_noise

    method = get(name)
    if request.err is None and not getattr(method, "finds_noise", False):
        raise ParameterError(
            f"is {request.err_type!r}, and the method {name!r} needs an error map",
            hint="give {err} or {wht}, or use the method 'skyseg'",
            argument="err_type",
            where=request.name,
        )
    if request.mask is not None and request.mask.excluded and not hasattr(method, "excludes"):
        raise MethodError(
            f"the method {name!r} detects in what a mask excludes as well",
            hint="use the method 'skyseg', or have pixels flagged alone by {exclude_nothing}",
            where=request.name,
        )
    if request.parameters.thresh_unit == "filtered" and not hasattr(method, "measures_noise"):
        raise ParameterError(
            f"thresh_unit is 'filtered', and the method {name!r} has thresholds in rms alone",
            hint="use the method 'skyseg', or the thresh_unit rms",
            where=request.name,
        )
    if request.hot is not None and not hasattr(method, "takes_two_passes"):
        raise ParameterError(
            f"the method {name!r} has one pass, and the parameters are for two",
            hint="use the method 'skyseg', or one of the two parameter sets",
            where=request.name,
        )
    if request.psf is not None and not hasattr(method, "takes_psf"):
        raise ParameterError(
            f"clean_psf is given, and the method {name!r} does not follow a PSF",
            hint="use the method 'skyseg', or leave clean_psf out",
            where=request.name,
        )
    try:
        outcome = method.run(request)
    except (SkysegError, MemoryError):
        raise
    except Exception as error:
        if type(method).__module__.startswith(f"{__name__}."):
            raise
        raise MethodError(
            f"the method {name!r} failed ({type(error).__name__}: {error})",
            hint="report it to those who make it, or use the method 'skyseg'",
            where=request.name,
        ) from error
    checked = check_outcome(measure_mask_columns(outcome, request), name, request)
    return add_noise(checked, method, request)


def _loaded(point: EntryPoint) -> Method:
    try:
        method = point.load()()
    except Exception as error:
        raise MethodError(
            f"the method {point.name!r} of {_origin(point)} cannot be loaded "
            f"({type(error).__name__}: {error})",
            hint="repair or uninstall that package",
        ) from error
    if not callable(getattr(method, "run", None)) or not callable(getattr(method, "version", None)):
        raise MethodError(
            f"the method {point.name!r} of {_origin(point)} has no run() and version()",
            hint="repair or uninstall that package",
        )
    found: Method = method
    return found


def _origin(point: EntryPoint) -> str:
    package = f"the package {point.dist.name}" if point.dist else "an unnamed package"
    return f"{package} ({point.value})"
