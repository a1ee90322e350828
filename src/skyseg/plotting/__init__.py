"""Figures of maps, of comparisons and of how a region was deblended, by matplotlib."""

from skyseg.plotting.maps import plot_band, plot_data
from skyseg.plotting.threshold_trees import plot_tree

__all__ = ["plot_band", "plot_data", "plot_tree"]
