"""The two runs of a band that a viewer compares."""

from __future__ import annotations

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
