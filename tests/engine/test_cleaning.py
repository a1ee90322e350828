"""CLEAN, against every source meeting every other one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg.engine import Shapes, clean

FloatArray = npt.NDArray[np.float64]


def _shapes(n: int, seed: int, side: float) -> Shapes:
    rng = np.random.default_rng(seed)
    a = 10 ** rng.uniform(-0.3, 1.1, n)
    b = a * rng.uniform(0.3, 1, n)
    theta = rng.uniform(-90, 90, n)
    cos2, sin2 = np.cos(np.radians(theta)) ** 2, np.sin(np.radians(theta)) ** 2
    flux = 10 ** rng.uniform(1, 5, n)
    return Shapes(
        x=rng.uniform(0, side, n),
        y=np.sort(rng.uniform(0, side, n)),
        a=a,
        b=b,
        theta=theta,
        cxx=cos2 / a**2 + sin2 / b**2,
        cyy=sin2 / a**2 + cos2 / b**2,
        cxy=np.sin(2 * np.radians(theta)) * (1 / a**2 - 1 / b**2),
        flux=flux,
        peak=flux / (2 * np.pi * a * b),
        threshold=rng.uniform(0.5, 1.5, n),
        mark=rng.exponential(0.5, n),
        area=np.maximum(np.round(30 * a * b), 9),
    )


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(0, 60),
    seed=st.integers(0, 10_000),
    side=st.sampled_from([20.0, 150.0, 2000.0]),
    beta=st.sampled_from([0.3, 1.0, 3.0]),
)
def test_sources_are_eaten_as_when_each_meets_all_that_came_before(
    n: int, seed: int, side: float, beta: float
) -> None:
    shapes = _shapes(n, seed, side)
    found = clean(shapes, beta)
    absorber, trigger = _cleaned_by_hand(shapes, beta)
    assert found.absorber.tolist() == absorber
    assert found.trigger.tolist() == trigger


def test_an_eater_is_never_eaten_itself() -> None:
    found = clean(_shapes(400, 1, 600.0), 1.0)
    assert (found.absorber[found.absorber] == found.absorber).all()
    assert 0 < np.count_nonzero(found.absorber != np.arange(400)) < 400


def test_a_bump_in_a_bright_wing_is_eaten_and_the_same_bump_far_away_is_not() -> None:
    one = {"b": 3.0, "a": 3.0, "theta": 0.0, "cxx": 1 / 9, "cyy": 1 / 9, "cxy": 0.0}
    bump = {"flux": 20.0, "peak": 2.0, "threshold": 1.0, "mark": 0.1, "area": 12.0}
    star = {"flux": 9000.0, "peak": 200.0, "threshold": 1.0, "mark": 50.0, "area": 500.0}

    def pair(distance: float) -> Shapes:
        rows = [one | star | {"x": 0.0, "y": 0.0}, one | bump | {"x": distance, "y": 0.0}]
        return Shapes(**{name: np.array([row[name] for row in rows]) for name in rows[0]})

    assert clean(pair(15.0), 1.0).absorber.tolist() == [0, 0]
    assert clean(pair(59.0), 1.0).absorber.tolist() == [0, 1]
    # and beyond ten times the sum of the axes none is asked
    assert clean(pair(61.0), 0.1).absorber.tolist() == [0, 1]


def _cleaned_by_hand(shapes: Shapes, beta: float) -> tuple[list[int], list[int]]:
    n = len(shapes.x)
    flux, area = shapes.flux.copy(), shapes.area.copy()
    absorber = list(range(n))
    for i in range(n):
        absorbed = []
        for j in range(i):
            distance = np.hypot(shapes.x[i] - shapes.x[j], shapes.y[i] - shapes.y[j])
            if absorber[j] != j or not distance < 10 * (shapes.a[i] + shapes.a[j]):
                continue
            big, small = (i, j) if flux[j] < flux[i] else (j, i)
            if _wing(shapes, flux, area, big, small, beta) > shapes.mark[small]:
                if small == i:
                    absorber[i] = j
                    break
                absorbed.append(j)
        for j, k in [(absorber[i], i)] if absorber[i] != i else [(i, k) for k in absorbed]:
            absorber[k] = j
            flux[j] += flux[k]
            area[j] += area[k]
    trigger = [max(k, absorber[k]) for k in range(n)]
    for k in range(n):
        while absorber[absorber[k]] != absorber[k]:
            absorber[k] = absorber[absorber[k]]
    return absorber, trigger


def _wing(
    shapes: Shapes, flux: FloatArray, area: FloatArray, big: int, small: int, beta: float
) -> float:
    """Height of the bigger one's Moffat wing at the smaller one's place."""
    dx, dy = shapes.x[small] - shapes.x[big], shapes.y[small] - shapes.y[big]
    ellipse = np.pi * shapes.a[big] * shapes.b[big]
    peak = flux[big] / (2 * ellipse)
    alpha = ((peak / shapes.threshold[big]) ** (1 / beta) - 1) * ellipse / area[big]
    radius2 = shapes.cxx[big] * dx**2 + shapes.cyy[big] * dy**2 + shapes.cxy[big] * dx * dy
    fall = 1 + alpha * radius2
    return float(np.float32(peak * fall**-beta)) if 1 < fall < 1e10 else 0.0
