"""The changes of a comparison, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyseg.comparison import CHANGES
from skyseg.notebook.sky import Extent
from skyseg.notebook.sources import record_html

if TYPE_CHECKING:
    from astropy.table import QTable

    from skyseg.comparison import Comparison

_NUMBERS = {"area_a": "pix", "area_b": "pix", "iou": "", "flux_change_sigma": ""}


def changes_of(comparison: Comparison) -> QTable:
    """Return the rows of a comparison's table that are changes."""
    table = comparison.table
    return table[[kind in CHANGES for kind in table["kind"]]]


def short_names(name_a: str, name_b: str) -> tuple[str, str]:
    """Return what tells two names apart.

    Examples
    --------
    >>> short_names("JOF v11 F444W rms_err skyseg", "JOF v11 F444W wht skyseg")
    ('rms_err', 'wht')
    """
    a, b = name_a.split(), name_b.split()
    only_a = " ".join(word for word in a if word not in b)
    only_b = " ".join(word for word in b if word not in a)
    return only_a or name_a, only_b or name_b


def change_box(row: Any) -> Extent:
    """Return the bounding box of a change on the canvas."""
    return (
        float(row["x_min"]),
        float(row["y_min"]),
        float(row["x_max"] + 1),
        float(row["y_max"] + 1),
    )


def change_html(row: Any) -> str:
    """Return what is known of a change, as a table of one row."""
    labels = [(name, " ".join(map(str, row[name])), "") for name in ("labels_a", "labels_b")]
    numbers = [(name, f"{row[name]:.4g}", unit) for name, unit in _NUMBERS.items()]
    return record_html([("kind", str(row["kind"]), ""), *labels, *numbers])
