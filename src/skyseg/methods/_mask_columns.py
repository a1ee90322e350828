"""The columns of a mask, measured for methods that do not know masks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skyseg.engine.masking import measure_mask_of_labels
from skyseg.methods.base import Outcome, Request
from skyseg.methods.columns import find_column
from skyseg.methods.filled import with_unit


def measure_mask_columns(outcome: Outcome, request: Request) -> Outcome:
    """Fill the columns of a request's mask from the labels, where a method gave these back.

    Parameters
    ----------
    outcome : Outcome
        What a method gave back; one that drew its labels itself measured the mask too.
    request : Request
        What it was given.

    Returns
    -------
    Outcome
        With the columns in its catalogue.
    """
    seg = outcome.seg if isinstance(outcome, Outcome) else None
    if request.mask is None or not isinstance(seg, np.ndarray) or seg.shape != request.shape:
        return outcome
    cat = outcome.cat.copy()
    numbers = np.asarray(cat["NUMBER"]).astype(np.int64)
    measured = measure_mask_of_labels(seg, numbers, request.mask, request.parameters.flag_type)
    for name, values in measured.items():
        cat[name] = with_unit(values, None, find_column(name).about)
    return replace(outcome, cat=cat)
