"""How far a map can be trusted: its negative image, and sources that are put into it."""

from skyseg.assessment.assessed import Assessment
from skyseg.assessment.completeness import Completeness
from skyseg.assessment.injection import Injection
from skyseg.assessment.negative import Purity, count_negatives

__all__ = ["Assessment", "Completeness", "Injection", "Purity", "count_negatives"]
