"""Two surveys to compare: which bands of them belong together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from skyseg.errors import Advice, ComparisonError, ParameterError, SkysegError

if TYPE_CHECKING:
    from skyseg.comparison.result import Comparison
    from skyseg.survey import BandData, Data

Survey: TypeAlias = Union["Data", tuple["Data", Mapping[str, Any]]]
"""The bands of a survey, with or without the arguments of their ``segment``."""

logger = logging.getLogger(__name__)


def is_survey(source: Any) -> bool:
    """Tell whether a side of a comparison is a survey."""
    from skyseg.survey import Data

    return isinstance(_split(source)[0], Data)


def refuse_of_surveys(names: Iterable[str]) -> None:
    """Refuse arguments that are of one map where whole surveys are compared.

    Raises
    ------
    ParameterError
        If there are any.
    """
    for name in names:
        raise ParameterError(
            "is of one map, and whole surveys are compared",
            hint="leave it out, or compare band by band",
            argument=name,
        )


def compare_bands(
    a: Survey, b: Survey, compare: Callable[[Any, Any], Comparison]
) -> dict[str, Comparison]:
    """Compare the bands that both surveys have, and go on past those that fail.

    Bands that one has alone are left out, and that is logged.

    Parameters
    ----------
    a, b : Data or (Data, mapping)
        The surveys.
    compare : callable
        Compares what is of one band.

    Returns
    -------
    dict of str to Comparison
        By the key of each band.

    Raises
    ------
    ComparisonError
        If one of them is no survey, or they have no band in common.
    BatchError
        If some bands have failed, or all of them for several reasons.
    """
    from skyseg.survey.batch import compare_each

    if not (is_survey(a) and is_survey(b)):
        raise ComparisonError(
            "a survey cannot be compared with something else",
            hint="give two surveys, or one band of it",
        )
    (bands_a, lost_a, with_a), (bands_b, lost_b, with_b) = (_list_bands(each) for each in (a, b))
    common = [key for key in bands_a if key in bands_b]
    lost = {
        key: error
        for key, error in {**lost_b, **lost_a}.items()
        if all(key in each for each in (bands_a | lost_a, bands_b | lost_b))
    }
    if not (common or lost):
        raise ComparisonError(
            f"{', '.join(bands_a)} and {', '.join(bands_b)} have no band in common",
            hint="compare two bands as data_a[name] and data_b[name]",
        )
    alone = [key for key in (*bands_a, *bands_b) if key not in {*common, *lost}]
    if alone:
        logger.warning(Advice(f"{', '.join(alone)}: left out, for only one side has it"))
    tasks = {key: partial(compare, with_a(bands_a[key]), with_b(bands_b[key])) for key in common}
    return compare_each(tasks, lost)


def _split(source: Any) -> tuple[Any, Mapping[str, Any] | None]:
    if isinstance(source, tuple) and len(source) == 2 and isinstance(source[1], Mapping):
        return source
    return source, None


def _list_bands(
    survey: Survey,
) -> tuple[dict[str, BandData], dict[str, SkysegError], Callable[[BandData], Any]]:
    """Return the bands of a survey by their keys, those lost, and what gives one its arguments."""
    data, arguments = _split(survey)
    bands = dict(zip(data.keys(), data, strict=True))
    return bands, dict(data.lost), lambda band: band if arguments is None else (band, arguments)
