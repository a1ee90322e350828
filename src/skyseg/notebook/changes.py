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
