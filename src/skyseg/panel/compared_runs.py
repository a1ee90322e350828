"""The two runs of a band that a viewer compares."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from skyseg import methods
from skyseg.engine.types import ErrType
from skyseg.methods.base import ERR_TYPE_LABELS


class ComparedRun(BaseModel):
    """One of the two runs that are compared.

    Attributes
    ----------
    err_type : {"rms_err", "wht", "none"}
        Where its noise comes from.
    method : str
        Its method; empty for the one that is chosen in the panel.

    Examples
    --------
    >>> ComparedRun(err_type="wht", method="sep").label
    'wht sep'
    """

    model_config = ConfigDict(frozen=True)

    err_type: ErrType
    method: str = ""

    @property
    def label(self) -> str:
        """Its name in a list of choices."""
        return f"{ERR_TYPE_LABELS[self.err_type]} {self.method}".strip()


def fit_compared_runs(
    runs: tuple[ComparedRun, ComparedRun], err_types: Sequence[ErrType], method: str
) -> tuple[ComparedRun, ComparedRun]:
    """Return two runs that a band can have, in place of those that it cannot.

    Parameters
    ----------
    runs : tuple of ComparedRun
        The two runs.
    err_types : sequence of {"rms_err", "wht", "none"}
        Error types of the band.
    method : str
        The method that is chosen; where there is one error type alone, another method
        is compared with it.

    Examples
    --------
    >>> wanted = ComparedRun(err_type="rms_err"), ComparedRun(err_type="wht")
    >>> [run.label for run in fit_compared_runs(wanted, ("wht", "none"), "skyseg")]
    ['wht', 'none (from the image)']
    """
    if all(run.err_type in err_types for run in runs):
        return runs
    first = ComparedRun(err_type=err_types[0])
    if len(err_types) > 1:
        return first, ComparedRun(err_type=err_types[1])
    other = next(name for name in methods.names() if name != method)
    return first, ComparedRun(err_type=err_types[0], method=other)


def list_compared_runs() -> tuple[ComparedRun, ...]:
    """List what can be compared: each error type with the chosen method, and with each method.

    Examples
    --------
    >>> [run.label for run in list_compared_runs()][:3]
    ['rms_err', 'wht', 'none (from the image)']
    """
    return tuple(
        ComparedRun(err_type=err_type, method=method)
        for method in ("", *methods.names())
        for err_type in ERR_TYPE_LABELS
    )
