"""Figures of maps, of comparisons, of deblending and of thresholds, by matplotlib."""

from skyseg.plotting.maps import plot_band, plot_data
from skyseg.plotting.recommendations import plot_recommendation
from skyseg.plotting.threshold_trees import plot_tree

__all__ = ["plot_band", "plot_data", "plot_recommendation", "plot_tree"]
