"""How far a map can be trusted: what the same run finds in the negative image."""

from skyseg.assessment.negative import Purity, count_negatives

__all__ = ["Purity", "count_negatives"]
