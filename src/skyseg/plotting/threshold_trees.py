"""The tree of thresholds of a region, as a figure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from skyseg.assessment import Branch, ThresholdTree, Why
from skyseg.assessment.why_text import Origin, spell_pixel
from skyseg.errors import ParameterError, check_kind
from skyseg.plotting.figures import open_panel, write_plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OWN, _OTHER, _COUNTS, _FALLS_SHORT = "C1", "C0", "0.45", "0.75"
_MOST_NAMED: Final = 40
_WIDTHS: Final = (2.5, 1.0)
_ROOM: Final = 1.25
_DECADES: Final = 1000


def plot_tree(
    why: Why,
    *,
    origin: Origin = 0,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot the thresholds by which the region of a pixel was deblended.

    A line goes from where a branch begins to its brightest pixel, or to where it falls into
    others. Branches that are sources are thick, that of the pixel in orange; those that fall
    short of DEBLEND_MINCONT are dashed, with how much of it they have.

    Parameters
    ----------
    why : Why
        The answer, of `skyseg.BandData.why` or `skyseg.why`.
    origin : {0, 1}, optional
        What the first pixel is called: 0 as in Python, 1 as in X_IMAGE and DS9.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError
        If it is no answer, the pixel is in no region, or the origin is another one.
    ProductError
        If the figure cannot be written.

    Examples
    --------
    >>> plot_tree(band.why(source=2)).get_ylabel()
    'filtered light / threshold'
    """
    check_kind(why, Why, "why", "give what why returned")
    if origin not in (0, 1):
        raise ParameterError(f"is {origin!r}", hint="give 0 or 1", argument="origin")
    tree, pixel = why.tree, spell_pixel(why.x, why.y, origin)
    if tree is None:
        raise ParameterError(
            f"the pixel {pixel} is in no region, so there is no tree of thresholds",
            hint="choose a pixel of a source",
        )
    with open_panel(ax, None, None, save, show) as panel:
        places = _place(tree)
        for branch in tree.branches:
            _draw(panel, why, tree, branch, places, origin)
        lowest = tree.levels[0]
        panel.axhline(why.filtered / lowest, color=_OWN, linewidth=0.6, linestyle=":")
        panel.annotate(
            "light of the pixel", (1, why.filtered / lowest), (-3, 2), ha="right", va="bottom",
            xycoords=panel.get_yaxis_transform(), textcoords="offset points", fontsize="x-small",
        )  # fmt: skip
        panel.set_yscale("log")
        span = max(each.peak for each in tree.branches) / lowest
        panel.set_ylim(0.9, span**_ROOM * _ROOM)  # the names are above the lines
        panel.set_xticks([])
        panel.set_xlabel("")
        panel.set_ylabel("filtered light / threshold")
        write_plain_ticks(panel.yaxis, (1, 2, 5) if span < _DECADES else (1,))
        panel.set_title(_title(why, tree, f"{pixel}, from {origin}"), fontsize="medium")
    return panel


def _title(why: Why, tree: ThresholdTree, pixel: str) -> str:
    name = f"{why.name}: " if why.name else ""
    source = f"source {why.label}, " if why.label else ""
    whole = "" if len(tree.branches) > 1 else "\nits region falls apart at no threshold"
    return f"{name}{source}pixel {pixel}{whole}"


def _place(tree: ThresholdTree) -> dict[int, float]:
    """Place branches side by side: one that falls into others in their middle."""
    places: dict[int, float] = {}
    count = 0
    for branch in reversed(_in_order(tree)):
        above = [places[each.number] for each in tree.children(branch)]
        if above:
            places[branch.number] = (min(above) + max(above)) / 2
        else:
            places[branch.number], count = -float(count), count + 1
    return places


def _in_order(tree: ThresholdTree) -> list[Branch]:
    """List branches, each before those that grow out of it."""
    found, pending = [], [tree.branches[0]]
    while pending:
        found.append(pending.pop())
        pending += reversed(tree.children(found[-1]))
    return found


def _draw(
    panel: Axes, why: Why, tree: ThresholdTree, branch: Branch, places: dict[int, float],
    origin: Origin,
) -> None:  # fmt: skip
    above, lowest, x = tree.children(branch), tree.levels[0], places[branch.number]
    end = (above[0].threshold if above else branch.peak) / lowest
    colour = _choose_colour(why, tree, branch)
    falls_short = not branch.counts and branch.below is not None
    panel.plot(
        [x, x], [branch.threshold / lowest, end], color=_FALLS_SHORT if falls_short else colour,
        linewidth=1 if falls_short else _WIDTHS[colour == _COUNTS],
        linestyle="--" if falls_short else "-",
    )  # fmt: skip
    if above:
        across = [places[each.number] for each in above]
        panel.plot([min(across), max(across)], [end, end], color=colour, linewidth=1)
    elif len(tree.branches) <= _MOST_NAMED:
        panel.annotate(
            _name(branch, tree, origin), (x, end), (0, 3), textcoords="offset points", ha="center",
            fontsize="x-small", rotation=90, va="bottom",
        )  # fmt: skip


def _choose_colour(why: Why, tree: ThresholdTree, branch: Branch) -> str:
    """Choose the colour of the source that a branch is part of; that of none is grey."""
    each: Branch | None = branch
    while each is not None and not each.is_source:
        each = None if each.below is None else tree.branches[each.below]
    if each == why.branch:  # both are none where the region is one source
        return _OWN if each is not None or tree.n_sources == 1 else _COUNTS
    return _COUNTS if each is None else _OTHER


def _name(branch: Branch, tree: ThresholdTree, origin: Origin) -> str:
    place = spell_pixel(branch.x, branch.y, origin)
    if branch.counts or branch.below is None or not tree.mincont:
        return place
    return f"{place} {branch.contrast / tree.mincont:.2g} of mincont"
