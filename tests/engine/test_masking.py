"""Masks in the engine: nothing is detected in what they exclude, the rest is flagged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skyseg import engine
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.masking import Mask, measure_mask_of_labels
from skyseg.errors import ImageError, ParameterError

BITS = {"STAR": 2, "EDGE": 1}
COLUMNS = ("IMAFLAGS_ISO", "NIMAFLAGS_ISO", "MASK_STAR", "MASK_EDGE")


@pytest.fixture
def field(crowded_field: Any) -> Any:
    """Image, noise and a mask of blocks and speckles."""
    image = crowded_field((150, 170), 60, 4)
    mask = np.zeros(image.shape, np.int32)
    mask[40:90, 60:130] |= 2
    mask[:, :12] |= 1
    mask[np.random.default_rng(3).random(image.shape) < 0.01] |= 2
    return image, np.ones_like(image), mask


def segmented(field: Any, excluded: int, **how: Any) -> engine.Segmentation:
    image, err, mask = field
    return engine.segment_image(
        image, err, "rms_err", engine.Parameters(), (5.0,), mask=Mask.of(mask, BITS, excluded),
        **how,
    )  # fmt: skip


def test_no_pixel_that_is_excluded_is_labelled(field: Any) -> None:
    image, err, mask = field
    plain = engine.segment_image(image, err, "rms_err", engine.Parameters())
    assert (plain.labels[mask & 2 > 0] > 0).any()
    found = segmented(field, 2)
    assert not found.labels[mask & 2 > 0].any()
    assert found.labels[mask == 0].any()
    assert not found.columns["MASK_STAR"].any()


def test_what_is_excluded_is_bad_for_sky_and_light_as_without_an_error(field: Any) -> None:
    image, err, mask = field
    holes = np.where(mask & 2 > 0, np.inf, err).astype(np.float32)
    filled = engine.segment_image(image, holes, "rms_err", engine.Parameters(), (5.0,))
    assert (filled.labels[mask & 2 > 0] > 0).any()
    found = segmented(field, 2)
    assert np.array_equal(found.background, filled.background)
    assert found.facts == filled.facts


def test_a_mask_that_only_flags_changes_no_label_and_no_measurement(field: Any) -> None:
    image, err, _ = field
    plain = engine.segment_image(image, err, "rms_err", engine.Parameters(), (5.0,))
    found = segmented(field, 0)
    assert np.array_equal(found.labels, plain.labels)
    for name, values in plain.columns.items():
        assert values.tobytes() == found.columns[name].tobytes()


def test_columns_count_the_pixels_with_each_bit(field: Any) -> None:
    mask, found = field[2], segmented(field, 0)
    for row, number in enumerate(found.columns["NUMBER"]):
        own = mask[found.labels == number]
        assert found.columns["MASK_STAR"][row] == np.count_nonzero(own & 2)
        assert found.columns["MASK_EDGE"][row] == np.count_nonzero(own & 1)
        assert found.columns["IMAFLAGS_ISO"][row] == np.bitwise_or.reduce(own)
        assert found.columns["NIMAFLAGS_ISO"][row] == np.count_nonzero(own)
    numbers = found.columns["NUMBER"].astype(np.int64)
    of_labels = measure_mask_of_labels(found.labels, numbers, Mask.of(mask, BITS), "OR")
    assert {name: of_labels[name].tolist() for name in COLUMNS} == {
        name: found.columns[name].tolist() for name in COLUMNS
    }


@pytest.mark.parametrize("excluded", [0, 2, 3])
def test_a_masked_run_has_the_same_bytes_whatever_the_strips(field: Any, excluded: int) -> None:
    whole = segmented(field, excluded)
    for rows in (7, 40):
        cut = segmented(field, excluded, strip_rows=rows, mapper=ThreadMapper(2))
        assert np.array_equal(whole.labels, cut.labels)
        assert np.array_equal(whole.background, cut.background)
        for name, values in whole.columns.items():
            assert values.tobytes() == cut.columns[name].tobytes(), name


def test_a_part_and_a_preview_of_a_masked_image_are_those_of_the_whole(field: Any) -> None:
    image, err, mask = field
    whole, part = segmented(field, 2), (slice(30, 110), slice(50, 140))
    given = Mask.of(mask, BITS, 2)
    canvas = engine.ArrayCanvas((80, 90))
    engine.segment_part(
        engine.make_maps(image, err, "rms_err", mask=given), engine.Parameters(), (), part, canvas
    )
    preview = engine.Previewer(image, err, "rms_err", mask=given).run(engine.Parameters(), part)
    expected = whole.labels[part]
    assert np.array_equal(canvas.labels > 0, expected > 0)
    assert np.array_equal(preview.labels > 0, expected > 0)


def test_a_mask_of_another_shape_and_bits_that_are_none_are_refused(field: Any) -> None:
    image, err, mask = field
    with pytest.raises(ImageError, match="shape"):
        engine.make_maps(image, err, "rms_err", mask=Mask.of(mask[1:], BITS))
    with pytest.raises(ParameterError, match="excluded is -1"):
        Mask.of(mask, BITS, -1)
