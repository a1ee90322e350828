"""How far a map can be trusted, by its negative and sources put into it, and why it is as it is."""

from skyseg.assessment.advising import Option, Recommendation, advise
from skyseg.assessment.answers import Change, SourceSeen, Taken, Why
from skyseg.assessment.assessed import Assessment
from skyseg.assessment.completeness import Completeness
from skyseg.assessment.explaining import why
from skyseg.assessment.injection import Injection
from skyseg.assessment.negative import NegativeRows, Purity, count_negatives, find_purity
from skyseg.assessment.noise_curves import NoiseCurve
from skyseg.assessment.threshold_tree import Branch, ThresholdTree

__all__ = [
    "Assessment",
    "Branch",
    "Change",
    "Completeness",
    "Injection",
    "NegativeRows",
    "NoiseCurve",
    "Option",
    "Purity",
    "Recommendation",
    "SourceSeen",
    "Taken",
    "ThresholdTree",
    "Why",
    "advise",
    "count_negatives",
    "find_purity",
    "why",
]
