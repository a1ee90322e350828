"""The parameter set deep finds more than default, and is as pure as its negative image tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from skyseg.engine import segment_image
from skyseg.engine.parameters import Parameters
from skyseg.methods import parameter_sets
from skyseg.samples.conditions import ConditionValues
from skyseg.samples.simulate import Simulation, simulate_image

FAINTEST, REACH = 30.2, 4.0  # mag and pixels: what a detection may be of


def find(sky: Simulation, parameters: Parameters, sign: int = 1) -> Any:
    columns = ("X_IMAGE", "Y_IMAGE")
    return segment_image(sign * sky.sci, sky.err, "rms_err", parameters, columns=columns)


def count_real(sky: Simulation, found: Any) -> tuple[int, int]:
    """Count the detections on light of sources, and the others."""
    x, y = (np.asarray(found.columns[name]) for name in ("X_IMAGE", "Y_IMAGE"))
    truth = sky.truth_cat[sky.truth_cat["MAG"].value < FAINTEST]
    places = np.stack([truth["X_IMAGE"].value, truth["Y_IMAGE"].value], axis=1)
    away, _ = cKDTree(places).query(np.stack([x, y], axis=1))
    on = sky.truth_seg[np.rint(y - 1).astype(int), np.rint(x - 1).astype(int)] > 0
    real = (away < REACH) | on
    return int(real.sum()), int((~real).sum())


@pytest.mark.parametrize(
    ("conditions", "gain"),
    [({}, 1.6), ({"correlation": 0.4}, 1.15), ({"err_scale": 2.0}, 2.2)],
    ids=["white", "drizzled", "off by 2"],
)
def test_deep_is_as_pure_as_its_negative_tells_and_finds_more_than_default(
    conditions: ConditionValues, gain: float
) -> None:
    sky = simulate_image("F200W", shape=(640, 640), seed=41, **conditions)
    deep = parameter_sets.load("deep")[1]
    real, noise = count_real(sky, find(sky, deep))
    purity = real / (real + noise)
    assert purity >= 0.98
    negative = len(find(sky, deep, -1).columns["NUMBER"])
    assert abs(1 - negative / (real + noise) - purity) < 0.02
    usual, _ = count_real(sky, find(sky, parameter_sets.load("default")[1]))
    assert real > gain * usual
