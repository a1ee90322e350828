"""The answer to why the map is as it is at a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from skyseg.assessment import why_text
from skyseg.assessment.threshold_tree import Branch, ThresholdTree
from skyseg.engine.parameters import Parameters

Verdict = Literal["excluded", "below", "small", "absorbed", "source"]
Effect = Literal["detect", "lose", "split", "merge", "keep", "absorb"]


@dataclass(frozen=True)
class SourceSeen:
    """A source that deblending found.

    Attributes
    ----------
    label : int
        Its label in the map; of one that CLEAN gave away, that of the source that has it.
    x, y : float
        Its barycentre in pixels from 0.
    area : int
        Its pixels.
    """

    label: int
    x: float
    y: float
    area: int


@dataclass(frozen=True)
class Taken:
    """A source that CLEAN gave to another one.

    Attributes
    ----------
    source : SourceSeen
        The source.
    winner : SourceSeen
        The one that took it.
    wings : float
        Height of the winner's wings at the place of the source, in the unit of the image.
    mark : float
        What the source rises over its threshold in DETECT_MINAREA of its pixels.
    """

    source: SourceSeen
    winner: SourceSeen
    wings: float
    mark: float


@dataclass(frozen=True)
class Change:
    """A value of one parameter from which on the answer is another one, all others kept.

    Attributes
    ----------
    parameter : str
        Its name.
    value : float
        The value.
    side : {"below", "above", "from", "up to"}
        On which side of it the answer changes; ``from`` and ``up to`` hold the value itself.
    effect : {"detect", "lose", "split", "merge", "keep", "absorb"}
        What happens: the pixel gets a label, or loses it; its source is split further, or is
        no more split off; CLEAN keeps its source, or gives it away.
    """

    parameter: str
    value: float
    side: Literal["below", "above", "from", "up to"]
    effect: Effect

    def __str__(self) -> str:
        return why_text.tell_change(self)


@dataclass(frozen=True, eq=False)
class Why:
    """What each step of a run made of a pixel. As text it is told in words, pixels from 0.

    Attributes
    ----------
    name : str
        Of the image.
    x, y : int
        The pixel, from 0.
    verdict : {"excluded", "below", "small", "absorbed", "source"}
        Excluded by a mask; not above the threshold; above it with too few others; of a source
        that CLEAN gave to another one; or of a source.
    label : int
        Its label in the map, 0 for none.
    parameters : Parameters
        Those of the run.
    filtered, threshold : float
        Filtered image and its threshold, in the unit of the image.
    rms_sigma : float
        Filtered image over the noise that the error map tells of it.
    filtered_sigma : float
        Filtered image over the scatter of the filtered sky as it was measured; NaN where that
        is not known.
    area : int
        Pixels of the region above the threshold that it is in; 0 for none.
    is_bad : bool
        Whether the maps hold no measurement there.
    bits : tuple of str
        Names of the mask's bits there.
    background : float
        The mesh background there, in the unit of the image; NaN where it is not known.
    source : SourceSeen or None
        The source that deblending made of it.
    tree : ThresholdTree or None
        The thresholds that its region was deblended by.
    branch : Branch or None
        The branch of the tree that its source was made of; None where it was not split.
    others : tuple of SourceSeen
        Other sources of its region.
    lost : Taken or None
        How CLEAN gave its source away.
    took : tuple of Taken
        What CLEAN gave to its source.
    changes : tuple of Change
        What would change the answer.
    edited_label : int or None
        Its label since the map was edited; None where it was not.
    """

    name: str
    x: int
    y: int
    verdict: Verdict
    label: int
    parameters: Parameters
    filtered: float
    threshold: float
    rms_sigma: float
    filtered_sigma: float
    area: int
    is_bad: bool
    bits: tuple[str, ...]
    background: float = np.nan
    source: SourceSeen | None = None
    tree: ThresholdTree | None = None
    branch: Branch | None = None
    others: tuple[SourceSeen, ...] = ()
    lost: Taken | None = None
    took: tuple[Taken, ...] = ()
    changes: tuple[Change, ...] = ()
    edited_label: int | None = None

    def __str__(self) -> str:
        return why_text.tell(self)
