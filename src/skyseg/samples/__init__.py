"""A simulated survey with its truth, deterministic by seed.

`make_survey` writes imaging as an archive holds it, with its truth;
`simulate_image` gives one band in memory.
"""

from skyseg.samples.simulate import Simulation, simulate_image
from skyseg.samples.survey import SampleSurvey, make_survey

__all__ = ["SampleSurvey", "Simulation", "make_survey", "simulate_image"]
