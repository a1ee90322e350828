"""Outlines at the pixels of the screen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg.display.outlines import Window, hatch_labels, paint_outlines, sample_labels
from skyseg.display.pyramids import make_label_pyramid
from skyseg.engine.types import AnyLabelImage, FloatArray


def white(numbers: AnyLabelImage) -> FloatArray:
    return np.ones((len(numbers), 4))


@settings(max_examples=60, deadline=None)
@given(top=st.floats(-6, 20), left=st.floats(-6, 20), step=st.sampled_from([0.13, 0.5, 1.0, 1.7]))
def test_a_pixel_of_the_screen_shows_the_label_beneath_its_middle(
    top: float, left: float, step: float
) -> None:
    labels = np.random.default_rng(1).integers(0, 9, (17, 13))
    window = Window(top, left, step, (20, 30))
    sampled = sample_labels([labels], window)
    for row, column in np.ndindex(window.shape):
        y = int(np.floor(top + (row + 0.5) * step + 0.5))
        x = int(np.floor(left + (column + 0.5) * step + 0.5))
        inside = 0 <= y < 17 and 0 <= x < 13
        assert sampled[row, column] == (labels[y, x] if inside else 0)


def test_far_out_a_small_copy_is_enough() -> None:
    labels = np.kron(np.arange(1, 65).reshape(8, 8), np.ones((200, 200), int))
    levels = make_label_pyramid(labels)
    window = Window(-0.5, -0.5, 8.0, (200, 200))
    np.testing.assert_array_equal(sample_labels(levels, window), sample_labels(levels[:1], window))


@pytest.mark.parametrize("step", [0.02, 0.1, 0.45])
def test_an_outline_is_one_pixel_of_the_screen_wide_at_any_zoom(step: float) -> None:
    labels = np.zeros((20, 20), int)
    labels[8:12, 8:12] = 3
    side = round(12 / step)
    sampled = sample_labels([labels], Window(3.5, 3.5, step, (side, side)))
    drawn = paint_outlines(sampled, white, step)
    line = (drawn == 255).all(axis=-1)
    middle = line[side // 2]
    assert np.count_nonzero(middle) == 2
    inside = round(4 / step)
    assert np.count_nonzero(line) == pytest.approx(4 * inside, abs=4)
    assert not line[sampled == 3].any()


def test_a_halo_makes_lines_visible_on_bright_sources_and_leaves_faint_ones() -> None:
    labels = np.zeros((9, 9), int)
    labels[3:6, 3:6] = 1
    near = paint_outlines(labels, white, 0.1)
    far = paint_outlines(labels, white, 2.0)
    dark = [(drawn[..., 3] > 0) & (drawn[..., 0] == 0) for drawn in (near, far)]
    assert dark[0][labels == 1].sum() == 8
    assert not dark[1][labels == 1].any()
    assert all(each[labels == 0].any() for each in dark)


def test_labels_without_a_colour_have_no_outline() -> None:
    labels = np.zeros((9, 18), int)
    labels[3:6, 3:6], labels[3:6, 12:15] = 1, 2

    def dropped(numbers: AnyLabelImage) -> FloatArray:
        return np.where(numbers[:, None] == 2, 0.0, np.ones((len(numbers), 4)))

    drawn = paint_outlines(labels, dropped, 0.1)
    assert drawn[:, :9].any()
    assert not drawn[:, 9:].any()


def test_a_window_never_has_more_pixels_than_it_may() -> None:
    window = Window.covering((0, 0), (1000, 3000), 0.1, 10_000)
    assert window.shape[0] * window.shape[1] < 10_400
    assert window.step * window.shape[1] == pytest.approx(3000, rel=0.02)


def test_stripes_let_the_image_be_seen_and_stay_in_place_when_the_view_moves() -> None:
    labels = np.zeros((80, 80), int)
    labels[10:70, 10:70] = 3
    pictures = []
    for top in (-0.5, 19.5):
        window = Window(top, -0.5, 1.0, (60, 80))
        sampled = sample_labels([labels], window)
        picture = paint_outlines(sampled, white, 1.0)
        hatch_labels(picture, sampled, white, window)
        pictures.append(picture)
    inside = pictures[0][12:58, 12:68, 3]
    assert 0 < np.count_nonzero(inside) < inside.size / 6
    np.testing.assert_array_equal(pictures[0][32:58, 12:68], pictures[1][12:38, 12:68])
