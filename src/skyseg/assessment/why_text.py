"""The answer to why the map is as it is at a pixel, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from skyseg.assessment.answers import Change, SourceSeen, Taken, Why
    from skyseg.assessment.threshold_tree import Branch, ThresholdTree

Origin = Literal[0, 1]
"""What the first pixel is called: 0 as in Python, 1 as in X_IMAGE and DS9."""

_EFFECTS: Final = {
    "detect": "would give the pixel a label",
    "lose": "would leave the pixel without a label",
    "split": "would split this source",
    "merge": "would not split this source off",
    "keep": "would keep CLEAN from giving this detection away",
    "absorb": "would have CLEAN give this source away",
}
_MOST_BRANCHES: Final = 24


def tell(why: Why, origin: Origin = 0) -> str:
    """Tell the whole answer, a line a step.

    Parameters
    ----------
    why : Why
        The answer.
    origin : {0, 1}, optional
        What the first pixel is called; `Why` itself counts from 0.
    """
    return "\n".join(_list_lines(why, origin))


def spell_pixel(x: int, y: int, origin: Origin) -> str:
    """Write a pixel, which is given from 0, as it is counted from an origin.

    Examples
    --------
    >>> spell_pixel(997, 90, 1)
    '(998, 91)'
    """
    return f"({x + origin}, {y + origin})"


def tell_change(change: Change) -> str:
    """Tell a change; its value is rounded to the side that it holds on.

    Examples
    --------
    >>> from skyseg.assessment.answers import Change
    >>> tell_change(Change("deblend_mincont", 0.00312877, "below", "split"))
    'deblend_mincont below 0.003128 would split this source'
    """
    up = change.side in ("above", "from")
    value = round_to_side(change.value, up=up)
    side = f"{change.parameter} {change.side} {value:.10g}"
    return f"{side}{' on' if change.side == 'from' else ''} {_EFFECTS[change.effect]}"


def round_to_side(value: float, *, up: bool) -> float:
    """Round to four digits, never beyond the value on the other side.

    Examples
    --------
    >>> round_to_side(1.61234, up=True), round_to_side(1.61234, up=False)
    (1.613, 1.612)
    """
    if isinstance(value, int) or value == 0:
        return value
    digits = 3 - math.floor(math.log10(abs(value)))
    scaled = value * 10.0**digits
    whole = math.ceil(scaled) if up else math.floor(scaled)
    return round(whole / 10.0**digits, max(digits, 0))


def _list_lines(why: Why, origin: Origin) -> Iterator[str]:
    of = f", of {why.name}" if why.name else ""
    yield f"Pixel {_tell_pixel(why, origin)}{of}: {_tell_verdict(why)}."
    if why.edited_label not in (None, why.label):
        now = f"source {why.edited_label}" if why.edited_label else "no source"
        yield f"Edits have put it into {now}; what follows is of the run before them."
    if not math.isnan(why.filtered):
        yield _tell_light(why)
    if why.is_bad and why.verdict != "excluded":
        yield "The pixel is bad: the maps hold no measurement there. It is filled from others."
    if why.bits:
        yield f"Mask there: {', '.join(why.bits)}."
    if not math.isnan(why.background):
        yield _tell_background(why)
    if why.tree is not None:
        yield from _list_deblending(why, why.tree, origin)
    yield from _list_cleaning(why, origin)
    yield from (f"{change}." for change in why.changes)
    yield from _tell_never_detected(why)
    if why.tree is not None and len(why.tree.branches) > 1:
        yield "Thresholds of its region, from the lowest up:"
        yield from draw_tree(why.tree, origin)


def _tell_pixel(why: Why, origin: Origin) -> str:
    pixel = spell_pixel(why.x, why.y, origin)
    if origin:
        return f"{pixel}, counted from 1 as X_IMAGE and DS9"
    return f"{pixel}, counted from 0 (X_IMAGE {why.x + 1}, Y_IMAGE {why.y + 1})"


def _tell_verdict(why: Why) -> str:
    least = why.parameters.detect_minarea
    return {
        "excluded": "excluded from detection by the mask",
        "below": "background, not above the threshold",
        "small": f"above the threshold, but one of {why.area} connected pixels where "
        f"detect_minarea asks for {least}",
        "absorbed": f"in source {why.label}, to which CLEAN gave the detection that it belongs to",
        "source": f"in source {why.label}",
    }[why.verdict]


def _tell_light(why: Why) -> str:
    light = f"Filtered light {why.filtered:.4g}: {why.rms_sigma:.3g} sigma by the error map"
    limit = f"threshold {why.threshold:.4g}"
    has_sky = not math.isnan(why.filtered_sigma)
    if has_sky:
        light += f", {why.filtered_sigma:.3g} of the filtered sky"
    if why.filtered:  # else nothing tells how many sigma the threshold is
        scale = why.threshold / why.filtered
        limit += f": {why.rms_sigma * scale:.3g}"
        if has_sky:
            limit += f" and {why.filtered_sigma * scale:.3g}"
    return f"{light}; {limit}."


def _tell_background(why: Why) -> str:
    if why.parameters.back_type == "AUTO":
        return f"Background there: {why.background:.4g}, which is subtracted."
    taken = f"{why.parameters.back_value:.4g} is subtracted (back_type MANUAL)"
    return f"Background there: {why.background:.4g}; {taken}."


def _list_deblending(why: Why, tree: ThresholdTree, origin: Origin) -> Iterator[str]:
    n = 1 + len(why.others)
    yield f"Its region has {why.area} pixels above the threshold, and {_count(n, 'source')}."
    if why.branch is None:
        more = len(tree.branches) > 1
        tail = (
            ""
            if more
            else f": at none of {len(tree.levels)} levels are two parts of 3 pixels apart"
        )
        yield f"Deblending did not split it{tail}."
        return
    branch, threshold = why.branch, tree.levels[0]
    rivals = [each for each in tree.siblings(branch) if each.counts]
    places = " and ".join(_tell_rival(tree, each, origin) for each in rivals)
    yield (
        f"Deblending split its source off at level {branch.first + 1} of {len(tree.levels)}, "
        f"{branch.threshold:.4g} or {branch.threshold / threshold:.3g} times the lowest, from "
        f"{places}: {branch.contrast:.3g} of the region's light is above that level, where "
        f"deblend_mincont asks for more than {tree.mincont:g}."
    )


def _tell_rival(tree: ThresholdTree, branch: Branch, origin: Origin) -> str:
    inner = sum(each.is_source for each in tree.within(branch))
    what = f", {inner} sources" if inner > 1 else ""
    return f"the peak at {spell_pixel(branch.x, branch.y, origin)}{what}"


def _list_cleaning(why: Why, origin: Origin) -> Iterator[str]:
    if why.lost is not None:
        yield _tell_taken(why.lost, "CLEAN gave its source, the one at", origin)
    if why.took:
        yield f"CLEAN gave {_count(len(why.took), 'detection')} to it:"
        for each in why.took:
            yield "  " + _tell_taken(each, "the one at", origin)


def _tell_never_detected(why: Why) -> Iterator[str]:
    """Tell why no threshold would give a pixel a label, where none would."""
    if why.verdict != "below" or any(change.effect == "detect" for change in why.changes):
        return
    if math.isnan(why.filtered) or not math.isfinite(why.threshold):
        reason = "the maps tell no light or no noise there"
    elif why.filtered <= 0:
        reason = "its filtered light is not above the sky"
    else:
        least = why.parameters.detect_minarea
        reason = f"it is not one of {least} connected pixels with light above the sky"
    yield f"No detect_thresh would give the pixel a label: {reason}."


def _tell_taken(taken: Taken, begin: str, origin: Origin) -> str:
    return (
        f"{begin} {_spell_place(taken.source, origin)} with {_count(taken.source.area, 'pixel')}, "
        f"to the one at {_spell_place(taken.winner, origin)}: the wings of that rise to "
        f"{taken.wings:.3g} there, above the {taken.mark:.3g} that it has over its threshold."
    )


def _spell_place(source: SourceSeen, origin: Origin) -> str:
    return f"({source.x + origin:.1f}, {source.y + origin:.1f})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def draw_tree(tree: ThresholdTree, origin: Origin = 0) -> list[str]:
    r"""Draw a tree of thresholds, a line a branch, those that grow out of one below it.

    Parameters
    ----------
    tree : ThresholdTree
        The tree.
    origin : {0, 1}, optional
        What the first pixel is called.

    Examples
    --------
    >>> import numpy as np
    >>> from skyseg.assessment.threshold_tree import grow_tree
    >>> from skyseg.engine.detection import PixelLists
    >>> row = np.array([2, 5, 9, 9, 4, 6, 7, 6, 2], np.float32)
    >>> ones = np.ones(9, np.float32)
    >>> region = PixelLists((1, 9), np.array([0, 9]), np.arange(9), row, ones)
    >>> print(*draw_tree(grow_tree(region, 32, 0.2)), sep="\n")
    1: 9 pixels, peak 9 at (2, 0)
    +- 4.229: 3 pixels, peak 9 at (2, 0), 0.206 of the light: counts
    +- 4.229: 3 pixels, peak 7 at (6, 0), 0.126 of the light: 0.63 of what deblend_mincont asks for
    """
    lines: list[str] = []
    pending = [(tree.branches[0], 0)]
    while pending:
        branch, depth = pending.pop()
        lines.append("   " * (depth - 1) + "+- " * (depth > 0) + _tell_branch(branch, tree, origin))
        pending += [(each, depth + 1) for each in reversed(tree.children(branch))]
    left = len(lines) - _MOST_BRANCHES
    return lines if left <= 0 else [*lines[:_MOST_BRANCHES], f"and {left} more branches"]


def _tell_branch(branch: Branch, tree: ThresholdTree, origin: Origin) -> str:
    where = f"{branch.threshold:.4g}: {branch.area} pixels, peak {branch.peak:.4g} at "
    told = f"{where}{spell_pixel(branch.x, branch.y, origin)}"
    if branch.below is None:
        return told
    if branch.is_source:
        return f"{told}, {branch.contrast:.3g} of the light: a source"
    if branch.counts:
        return f"{told}, {branch.contrast:.3g} of the light: counts"
    part = f"{branch.contrast / tree.mincont:.2g} of " if tree.mincont else ""
    return f"{told}, {branch.contrast:.3g} of the light: {part}what deblend_mincont asks for"
