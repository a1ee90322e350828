"""Two segmentation maps compared: what is new, lost, split, merged, grown or shrunk."""

from skyseg.comparison.agreement import Agreement
from skyseg.comparison.between import compare
from skyseg.comparison.classes import CHANGES, KIND_COLOURS, KINDS, LEGEND, DifferenceClass, Kind
from skyseg.comparison.result import Comparison

__all__ = [
    "CHANGES",
    "KINDS",
    "KIND_COLOURS",
    "LEGEND",
    "Agreement",
    "Comparison",
    "DifferenceClass",
    "Kind",
    "compare",
]
