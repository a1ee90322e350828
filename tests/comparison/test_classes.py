"""The colours of classes and kinds are told apart by everybody."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from skimage.color import rgb2lab

from skyseg.comparison import KIND_COLOURS, KINDS, LEGEND, DifferenceClass

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def seen(colour: str, sight: str) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(SIGHT[sight] @ linear, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(rgb)


@pytest.mark.parametrize("sight", SIGHT)
def test_every_two_classes_look_different(sight: str) -> None:
    for one, other in combinations(LEGEND, 2):
        distance = np.linalg.norm(seen(one.colour, sight) - seen(other.colour, sight))
        assert distance > 30, (one.text, other.text)


@pytest.mark.parametrize("sight", SIGHT)
def test_every_two_kinds_look_different(sight: str) -> None:
    for one, other in combinations(KINDS, 2):
        distance = np.linalg.norm(seen(KIND_COLOURS[one], sight) - seen(KIND_COLOURS[other], sight))
        assert distance > 15, (one, other)


def test_the_legend_has_every_class_in_the_order_of_its_values() -> None:
    assert [entry.value for entry in LEGEND] == list(DifferenceClass) == list(range(5))
