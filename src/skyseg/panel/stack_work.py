"""Stacks of a survey's bands: made in another process, found again when a session is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from skyseg.engine.stacking import StackMethod
from skyseg.engine.types import ErrType, Progress
from skyseg.errors import DataNotFoundError, SkysegError
from skyseg.survey import BandData, Data
from skyseg.survey.stacking import StackKey, find_stack_file

STACK_METHODS: Final[dict[StackMethod, str]] = {
    "ivw": "ivw (weighted mean)",
    "chi": "chi",
    "chi_mean": "chi mean",
    "max_snr": "max SNR",
}
"""How bands can be combined, as a person reads it."""


def make_stack(
    tell: Progress,
    bands: Sequence[BandData],
    method: StackMethod,
    err_type: ErrType,
    overwrite: bool = False,
) -> BandData:
    """Combine bands into one to detect in, or load that on disk; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of the work that is done, and what comes next.
    bands : sequence of BandData
        The bands.
    method : {"ivw", "chi", "chi_mean", "max_snr"}
        How they are combined.
    err_type : {"rms_err", "wht"}
        By what they are weighed.
    overwrite : bool, optional
        Make it whatever is on disk.

    Raises
    ------
    SkysegError
        As `skyseg.Data.stack` does.
    """
    return Data(bands).stack(method=method, err_type=err_type, overwrite=overwrite, progress=tell)


def add_stacks(data: Data, keys: Sequence[str]) -> Data:
    """Return bands and those stacks of them that are on disk; of others `lost` says why."""
    bands, lost = list(data), dict(data.lost)
    known = data.keys()
    for key in keys:
        if key in known or key not in data:
            continue
        try:
            bands.append(_load(data, key))
        except SkysegError as error:
            lost[key] = error
    if len(bands) == len(data) and len(lost) == len(data.lost):
        return data
    joined = Data(bands)
    joined.lost = lost
    return joined


def _load(data: Data, key: str) -> BandData:
    """Load a stack; one that is not on disk is not made, which may take long."""
    if not find_stack_file([data[each] for each in StackKey.parse(key).bands], key).exists():
        raise DataNotFoundError(f"the stack {key} is not on disk", hint="make it again")
    return data[key]
