"""What assessments found, as one HTML page that needs no other file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from astropy.table import QTable
from matplotlib.figure import Figure

from skyseg.plotting.assessments import plot_bias, plot_completeness, plot_completeness_map
from skyseg.plotting.purity import plot_purity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skyseg.assessment import Assessment

_SIZE: Final = (5.2, 3.6)
_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c2430; background: #fff; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; border-bottom: 1px solid #ccd3dc; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums;
  font-size: .85rem; }
th, td { padding: .2rem .5rem; text-align: right; border-bottom: 1px solid #e3e8ee; }
th { vertical-align: bottom; }
.settings th, .settings td { text-align: left; vertical-align: top; }
.settings th { white-space: nowrap; } .settings td { overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; max-width: 100%; }
figure svg { max-width: 100%; height: auto; } .wide { overflow-x: auto; }
"""


_HEADS: Final = {
    "LOW": "from", "HIGH": "to", "N_POSITIVE": "detected", "N_NEGATIVE": "on the negative",
    "PURITY": "purity", "PURITY_ERR": "its error", "N": "put in", "FOUND": "found",
    "COMPLETENESS": "completeness", "COMPLETENESS_ERR": "its error", "BLENDED": "lost in others",
    "MAG_BIAS": "bias of magnitudes", "MAG_SCATTER": "their scatter",
    "SIZE_BIAS": "bias of sizes", "SIZE_SCATTER": "their scatter",
}  # fmt: skip


def make_page(assessments: Sequence[Assessment], version: str) -> str:
    """Make the page.

    Parameters
    ----------
    assessments : sequence of Assessment
        What it tells, a chapter each.
    version : str
        Version of skyseg.
    """
    title = ", ".join(each.name for each in assessments)
    chapters = "".join(part for each in assessments for part in _tell(each))
    about = "How much of a catalogue is noise, by the same run on the negative image"
    if any(each.completeness is not None for each in assessments):
        about += "; and which sources that were put into the image it finds"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Assessment of {escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Assessment of {escape(title)}</h1>\n<p>{about}. By skyseg {escape(version)}.</p>\n"
        f"{chapters}</body></html>\n"
    )


def _tell(found: Assessment) -> Iterator[str]:
    """Yield the parts of the chapter of a band."""
    purity, complete = found.purity, found.completeness
    yield f"<h2>{escape(found.name)}</h2>\n<ul>"
    yield (
        f"<li>purity {purity.purity:.3f} ± {purity.purity_error:.3f}: {purity.n_negative} "
        f"detections in the negative image, {purity.n_positive} in the image</li>"
    )
    figures: list[tuple[str, Callable[[Axes], Any]]] = [
        ("Purity by S/N", lambda ax: plot_purity(purity, ax=ax))
    ]
    tables = [
        (f"Purity by {about}", getattr(purity, f"by_{name}"))
        for name, about in (("snr", "S/N"), ("mag", "magnitude"), ("area", "area in pixels"))
    ]
    if complete is not None:
        yield f"<li>{complete.summary}, of those that were put in</li>"
        figures += [
            ("Completeness by magnitude", lambda ax: plot_completeness(complete, ax=ax)),
            ("By size", lambda ax: plot_completeness(complete, "size", ax=ax)),
            ("By surface brightness", lambda ax: plot_completeness(complete, "sb", ax=ax)),
            ("Magnitudes", lambda ax: plot_bias(complete, ax=ax)),
            ("Sizes", lambda ax: plot_bias(complete, "SIZE", ax=ax)),
            ("By place", lambda ax: plot_completeness_map(complete, ax=ax)),
        ]
        tables += [
            (f"Completeness by {about}", getattr(complete, f"by_{name}"))
            for name, about in (
                ("mag", "magnitude"), ("size", "half-light radius"), ("sb", "surface brightness")
            )
        ]  # fmt: skip
    yield "</ul>\n<div class='figures'>"
    for caption, draw in figures:
        yield f"<figure><figcaption>{caption}</figcaption>{_draw_svg(draw)}</figure>\n"
    yield "</div>\n"
    for caption, table in tables:
        if len(known := _list_known(table)):
            yield f"<h3>{caption}</h3>\n<div class='wide'>{_spell_table(known)}</div>\n"
    yield "<h3>What was assessed</h3>\n<table class='settings'>"
    for name, value in found.settings.items():
        yield f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
    yield "</table>\n"


def _draw_svg(draw: Callable[[Axes], Any]) -> str:
    """Draw a figure as text that is the same each time."""
    with mpl.rc_context({"svg.hashsalt": "skyseg", "svg.fonttype": "none"}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        draw(figure.add_subplot())
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def _list_known(table: QTable) -> QTable:
    """Return the bins of a table that have any source."""
    counts = [name for name in table.colnames if name.startswith("N")]
    return table[np.any([np.asarray(table[name]) > 0 for name in counts], axis=0)]


def _spell_table(known: QTable) -> str:
    """Spell a table of bins."""
    heads = []
    for name in known.colnames:
        unit = getattr(known[name], "unit", None)
        spelled = _HEADS.get(name, name)
        heads.append(f"<th>{spelled}{f' / {escape(str(unit))}' if unit else ''}</th>")
    rows = "".join(
        "<tr>" + "".join(f"<td>{_spell(row[name])}</td>" for name in known.colnames) + "</tr>\n"
        for row in known
    )
    return f"<table><tr>{''.join(heads)}</tr>\n{rows}</table>"


def _spell(value: Any) -> str:
    number = getattr(value, "value", value)
    if np.issubdtype(np.asarray(number).dtype, np.integer):
        return str(int(number))
    return "–" if np.isnan(number) else f"{float(number):.4g}"
