"""Sources of a map measured in parts of the image, as in all of it."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg.engine import segment_image
from skyseg.engine.detected import KnownShapes
from skyseg.engine.labelled import measure_labels
from skyseg.engine.maps import make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.measuring import MEASUREMENTS
from skyseg.engine.parameters import Parameters
from skyseg.engine.remeasuring import LabelMeasurer, LabelPlaces


def make_scene(seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y, x = np.indices((300, 340))
    image = rng.normal(0, 1, (300, 340)).astype(np.float32)
    for _ in range(60):
        row, column, width = rng.uniform(0, 300), rng.uniform(0, 340), rng.uniform(1.5, 7)
        light = rng.uniform(10, 100)
        image += (light * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * width**2))).astype(
            np.float32
        )
    noise = np.ones_like(image)
    noise[40:44, 60:90] = 0
    labels = segment_image(image, noise, "rms_err", Parameters()).labels
    return image, noise, labels


def find_places(labels: np.ndarray) -> LabelPlaces:
    numbers = np.unique(labels[labels > 0])
    boxes = []
    for number in numbers:
        rows, columns = np.nonzero(labels == number)
        boxes.append([rows.min(), rows.max() + 1, columns.min(), columns.max() + 1])
    return LabelPlaces(numbers.astype(np.int64), np.array(boxes))


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(),
        Parameters(backphoto_type="LOCAL"),
        Parameters(mask_type="BLANK", gain=2.0, phot_fluxfrac=(0.2, 0.5)),
    ],
    ids=["default", "local", "blank"],
)
def test_some_sources_are_measured_to_the_bit_as_in_the_whole_map(parameters: Parameters) -> None:
    image, noise, labels = make_scene()
    labels = labels.copy()
    labels[200:215, 150:190] = labels.max() + 1
    bits = (np.indices(image.shape)[1] > 170).astype(np.int32)
    mask = Mask.of(bits, {"STAR": 1})
    columns = MEASUREMENTS - {"IMAFLAGS_ISO", "NIMAFLAGS_ISO"}
    whole = measure_labels(
        image, noise, "rms_err", labels, parameters, (3.0, 20.0), columns=columns, mask=mask
    )
    maps = make_maps(image, noise, "rms_err", mask=mask)
    measurer = LabelMeasurer.of(maps, parameters, (3.0, 20.0), columns=columns)
    places = find_places(labels)
    every = np.arange(len(places.number))
    for some in (every, every[::7], every[5:6], every[:0]):
        part = measurer.measure(labels, places.take(some))
        assert part.keys() == whole.keys()
        for name, values in whole.items():
            assert part[name].tobytes() == values[some].tobytes(), name


def test_a_source_of_a_run_keeps_its_light_where_nothing_changes_hands() -> None:
    image, noise, _ = make_scene()
    run = segment_image(image, noise, "rms_err", Parameters(), (5.0,))
    measurer = LabelMeasurer.of(make_maps(image, noise, "rms_err"), Parameters(), (5.0,))
    cat, places = run.columns, find_places(run.labels)
    known = KnownShapes(
        places.number, cat["X_IMAGE"] - 1, cat["Y_IMAGE"] - 1, cat["A_IMAGE"], cat["B_IMAGE"],
        cat["THETA_IMAGE"], cat["FLAGS"].astype(np.int64),
    )  # fmt: skip
    again = measurer.measure_known(run.labels, run.labels, places, known)
    for name in ("FLUX_APER", "FLUX_AUTO", "KRON_RADIUS", "FLUX_RADIUS", "SNR_WIN", "FLUX_ISO"):
        close = np.isclose(again[name], cat[name], rtol=1e-4)
        assert close.mean() > 0.95, name
    assert (again["FLAGS"] == cat["FLAGS"]).mean() > 0.95
