"""Figures of maps and of comparisons, by matplotlib."""

from skyseg.plotting.maps import plot_band, plot_data

__all__ = ["plot_band", "plot_data"]
