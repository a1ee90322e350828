"""Figures of answers and advice say what they show, and have nothing that falls off."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter

from skyseg import Parameters, advise, why
from skyseg.plotting import plot_recommendation, plot_tree


def test_a_source_without_branches_has_its_number_and_plain_ticks() -> None:
    image = np.zeros((60, 60), np.float32)
    image[10:14, 20:24] = 5
    told = why(image, np.ones_like(image), "rms_err", Parameters(), 21, 11)
    axes = plot_tree(told)
    assert axes.get_title().startswith("source 1, pixel (21, 11)")
    assert "falls apart at no threshold" in axes.get_title()
    assert "light of the pixel" in [each.get_text() for each in axes.texts]
    axes.figure.canvas.draw()
    ticks = [each.get_text() for each in axes.get_yticklabels()]
    assert {"1", "2"} <= set(ticks)
    plt.close(axes.figure)


def test_noise_that_is_expected_does_not_fall_off_the_axis() -> None:
    rng = np.random.default_rng(1)
    image = 3 * gaussian_filter(rng.normal(0, 1, (200, 200)), 0.9)
    for y, x in rng.integers(10, 190, (40, 2)):
        image[y - 2 : y + 3, x - 2 : x + 3] += 5
    axes = plot_recommendation(advise(image, np.ones_like(image), purity=0.9))
    lines = {each.get_label(): np.asarray(each.get_ydata()) for each in axes.lines}
    noise = lines["noise that is expected"]
    shown = noise[np.isfinite(noise)]
    assert 0 < len(shown) < len(noise)
    assert (shown >= axes.get_ylim()[0]).all()
    plt.close(axes.figure)


def test_the_settings_as_they_are_stand_where_their_own_curve_is() -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(0, 1, (200, 200))
    for y, x in rng.integers(10, 190, (40, 2)):
        image[y - 2 : y + 3, x - 2 : x + 3] += 3
    found = advise(image, np.ones_like(image), parameters=Parameters(detect_minarea=60), purity=0.9)
    own = found.as_it_is
    assert own is not None
    axes = plot_recommendation(found)
    (mark,) = (each for each in axes.lines if str(each.get_label()).startswith("as it is"))
    assert mark.get_xydata().tolist() == [[own.sigma, own.curve.n_positive[own.place]]]
    assert own.curve.minarea != found.best.curve.minarea
    assert f"{own.sigma:.2f} sigma, rms_err, gauss_2.5_5x5, 60 pixels" in str(mark.get_label())
    axes.figure.canvas.draw()
    plt.close(axes.figure)
