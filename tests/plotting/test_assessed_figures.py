"""Figures of answers and advice say what they show, and have nothing that falls off."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.table import Table
from scipy.ndimage import gaussian_filter

from skyseg import Parameters, advise, why
from skyseg.assessment import Purity
from skyseg.errors import ParameterError
from skyseg.plotting import plot_recommendation, plot_tree
from skyseg.plotting.assessments import plot_bias, plot_completeness, plot_completeness_map
from skyseg.plotting.depths import plot_area, plot_depth_hist, plot_depth_map
from skyseg.plotting.purity import plot_purity

CAT = Table({"FLUX_AUTO": [4.5, 30.0], "FLUXERR_AUTO": np.ones(2), "ISOAREAF_IMAGE": [9, 60]})


def test_a_source_without_branches_has_its_number_and_plain_ticks() -> None:
    image = np.zeros((60, 60), np.float32)
    image[10:14, 20:24] = 5
    told = why(image, np.ones_like(image), "rms_err", Parameters(), 21, 11)
    axes = plot_tree(told)
    assert axes.get_title().startswith("source 1, pixel (21, 11), from 0\n")
    assert "falls apart at no threshold" in axes.get_title()
    assert "light of the pixel" in [each.get_text() for each in axes.texts]
    axes.figure.canvas.draw()
    ticks = [each.get_text() for each in axes.get_yticklabels()]
    assert {"1", "2"} <= set(ticks)
    plt.close(axes.figure)


def test_a_tree_names_pixels_from_the_origin_that_is_asked_for() -> None:
    image = np.zeros((60, 60), np.float32)
    image[10:14, 20:24] = 5
    told = why(image, np.ones_like(image), "rms_err", Parameters(), 21, 11)
    tree = told.tree
    assert tree is not None
    top = tree.branches[0]
    for origin in (0, 1):
        axes = plot_tree(told, origin=origin)
        assert axes.get_title().startswith(f"source 1, pixel ({21 + origin}, {11 + origin}), ")
        names = [each.get_text() for each in axes.texts]
        assert f"({top.x + origin}, {top.y + origin})" in names
        plt.close(axes.figure)
    with pytest.raises(ParameterError, match="origin is 2; give 0 or 1"):
        plot_tree(told, origin=2)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    "plot",
    [
        plot_bias, plot_completeness, plot_completeness_map, plot_purity, plot_recommendation,
        plot_tree, plot_depth_hist, plot_depth_map, plot_area,
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, 12, "mag", CAT])
def test_a_figure_says_what_it_is_drawn_of(plot: Any, value: Any) -> None:
    more = ("F444W",) if plot in (plot_depth_map, plot_depth_hist) else ()
    what = "None" if value is None else f"of type {type(value).__name__}"
    with pytest.raises(ParameterError, match=f"is {what}; give (the|what) "):
        plot(value, *more)
    assert not plt.get_fignums()


def test_areas_are_of_depths_of_bands() -> None:
    with pytest.raises(ParameterError, match="depths is None; give what run_depths returned"):
        plot_area({"F444W": None})  # type: ignore[dict-item]
    with pytest.raises(ParameterError, match="depths holds no band"):
        plot_area({})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ax": 12}, "ax is of type int; give Axes of matplotlib"),
        ({"save": 12}, "save is 12; give a path"),
        ({"save": b"a.png"}, "save is b'a.png'; give a path"),
        ({"by": ["snr"]}, r"no purity by \['snr'\]; give one of snr, mag, area"),
    ],
)
def test_a_figure_says_where_it_cannot_be_drawn(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        plot_purity(Purity.of(CAT, CAT[:1]), **values)
    assert not plt.get_fignums()
