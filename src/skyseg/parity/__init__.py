"""The embedded engine measured against the SExtractor that is installed."""

from skyseg.parity.report import ParityReport
from skyseg.parity.running import compare_with_sextractor

__all__ = ["ParityReport", "compare_with_sextractor"]
