"""Two passes: what stays of the hot one, whose pixels are whose, and that it is written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, methods
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError, StaleProductError
from skyseg.methods.base import Outcome, Request
from skyseg.methods.hot_pass import HotPass
from skyseg.methods.two_passes import COLD, HOT, find_hosts
from skyseg.samples import simulate_image
from skyseg.settings import config

COLD_SET = Parameters(detect_minarea=20, detect_thresh=4.0, analysis_thresh=4.0)
HOT_SET = Parameters(deblend_nthresh=64, deblend_mincont=0.0, detect_thresh=1.2)


@pytest.fixture(scope="module")
def request_of_two() -> Request:
    image = simulate_image("F200W", shape=(260, 300), n_sources=110, seed=8, clumps=6)
    return Request(
        sci=image.sci, err=image.err, err_type="rms_err", parameters=COLD_SET, aper_diams=(0.32,),
        pix_scale=0.03, zero_point=28.9, sky=None, hot=HotPass(HOT_SET),
    )  # fmt: skip


@pytest.fixture(scope="module")
def passes(request_of_two: Request) -> tuple[Outcome, Outcome]:
    alone = replace(request_of_two, hot=None)
    return methods.run("skyseg", alone), methods.run("skyseg", replace(alone, parameters=HOT_SET))


@pytest.fixture(scope="module")
def merged(request_of_two: Request) -> Outcome:
    return methods.run("skyseg", request_of_two)


@pytest.fixture(scope="module")
def with_children(request_of_two: Request) -> Outcome:
    return methods.run("skyseg", replace(request_of_two, hot=HotPass(HOT_SET, children=True)))


def column(outcome: Outcome, name: str) -> Any:
    values = outcome.cat[name]
    return np.asarray(getattr(values, "value", values), np.float64)


def inside(cold: Outcome, x: float, y: float) -> np.ndarray[Any, Any]:
    """Numbers of the cold sources in whose Kron ellipse a place lies."""
    kron = column(cold, "KRON_RADIUS")
    factor = np.where(kron > 0, kron, 2.5)
    theta = np.radians(column(cold, "THETA_IMAGE"))
    dx, dy = x - column(cold, "X_IMAGE"), y - column(cold, "Y_IMAGE")
    along = (dx * np.cos(theta) + dy * np.sin(theta)) / (column(cold, "A_IMAGE") * factor)
    across = (dy * np.cos(theta) - dx * np.sin(theta)) / (column(cold, "B_IMAGE") * factor)
    return np.flatnonzero(np.hypot(along, across) < 1) + 1


def test_cold_sources_stay_as_they_are_and_hot_ones_outside_their_ellipses_come_behind(
    passes: tuple[Outcome, Outcome], merged: Outcome
) -> None:
    cold, hot = passes
    n = len(cold.cat)
    assert (merged.cat["PASS"][:n] == COLD).all()
    assert (merged.cat["PASS"][n:] == HOT).all()
    for name in ("X_IMAGE", "FLUX_AUTO", "KRON_RADIUS", "FLAGS"):
        assert np.array_equal(merged.cat[name][:n], cold.cat[name], equal_nan=True)
    outside = [
        i
        for i, (x, y) in enumerate(zip(column(hot, "X_IMAGE"), column(hot, "Y_IMAGE"), strict=True))
        if not inside(cold, x, y).size and (cold.seg[hot.seg == i + 1] == 0).any()
    ]
    assert 0 < len(outside) < len(hot.cat)
    assert np.array_equal(merged.cat["FLUX_AUTO"][n:], hot.cat["FLUX_AUTO"][outside])
    assert merged.facts["n_cold"] == n
    assert merged.facts["n_hot"] == len(outside)


def test_every_pixel_of_both_passes_is_somebodys(
    passes: tuple[Outcome, Outcome], merged: Outcome
) -> None:
    cold, hot = passes
    assert np.array_equal(merged.seg > 0, (cold.seg > 0) | (hot.seg > 0))
    assert np.array_equal(merged.seg[cold.seg > 0], cold.seg[cold.seg > 0])
    joined = (cold.seg == 0) & (merged.seg > 0) & (merged.seg <= len(cold.cat))
    assert joined.any()
    for label in np.unique(hot.seg[joined]):
        x, y = column(hot, "X_IMAGE")[label - 1], column(hot, "Y_IMAGE")[label - 1]
        assert set(merged.seg[joined & (hot.seg == label)].tolist()) <= set(inside(cold, x, y))


def test_children_lie_in_their_parents_and_have_pixels_of_them(
    passes: tuple[Outcome, Outcome], with_children: Outcome
) -> None:
    cold, _ = passes
    parents = np.asarray(with_children.cat["PARENT"])
    children = np.flatnonzero(parents)
    assert children.size
    assert (with_children.cat["PASS"][children] == HOT).all()
    for i in children:
        place = column(with_children, "X_IMAGE")[i], column(with_children, "Y_IMAGE")[i]
        assert parents[i] in inside(cold, *place)
    labels = np.unique(with_children.seg)
    assert set(labels[labels > 0].tolist()) == set(with_children.cat["NUMBER"].tolist())
    taken = cold.seg[np.isin(with_children.seg, children + 1)]
    assert set(np.unique(taken[taken > 0]).tolist()) <= set(parents[children].tolist())


def test_what_has_no_place_has_no_host_and_is_none() -> None:
    cold = {
        "X_IMAGE": np.array([np.nan, 5.0]), "Y_IMAGE": np.array([5.0, 5.0]),
        "A_IMAGE": np.ones(2), "B_IMAGE": np.ones(2), "THETA_IMAGE": np.zeros(2),
        "KRON_RADIUS": np.full(2, 2.5),
    }  # fmt: skip
    hot = {
        "NUMBER": np.arange(1, 4), "X_IMAGE": np.array([np.nan, 5.0, 5.0]),
        "Y_IMAGE": np.array([5.0, np.inf, 6.0]),
    }  # fmt: skip
    assert find_hosts(cold, hot).tolist() == [0, 0, 2]


def backwards(function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
    """Work all tasks, the last one first."""
    todo = list(tasks)
    return iter([function(each) for each in todo[::-1]][::-1])


def test_the_bytes_do_not_depend_on_who_works_the_strips(
    request_of_two: Request, with_children: Outcome
) -> None:
    asked = replace(request_of_two, hot=HotPass(HOT_SET, children=True), mapper=backwards)
    other = methods.run("skyseg", asked)
    assert other.seg.tobytes() == with_children.seg.tobytes()
    for name in other.cat.colnames:
        assert np.array_equal(other.cat[name], with_children.cat[name], equal_nan=True)


@pytest.mark.parametrize("method", ["sep", "photutils"])
def test_methods_of_one_pass_refuse(request_of_two: Request, method: str) -> None:
    with pytest.raises(ParameterError, match="has one pass"):
        methods.run(method, request_of_two)


def test_a_field_without_sources_has_two_empty_passes() -> None:
    plane = np.random.default_rng(1).normal(0, 0.1, (60, 60)).astype(np.float32)
    asked = Request(
        sci=plane, err=np.ones_like(plane), err_type="rms_err", parameters=COLD_SET,
        aper_diams=(), pix_scale=0.03, zero_point=28.9, sky=None, hot=HotPass(HOT_SET, True),
    )  # fmt: skip
    found = methods.run("skyseg", asked)
    assert not found.seg.any()
    assert found.cat.colnames[-2:] == ["PASS", "PARENT"]


def test_products_say_both_sets_and_are_stale_when_either_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_of_two: Request
) -> None:
    monkeypatch.setenv("SKYSEG_PARAMETERS_DIR", str(tmp_path))
    config.reload()
    (tmp_path / "faint.toml").write_text("detect_thresh = 1.2\n")
    for name, values in (("sci", request_of_two.sci), ("err", request_of_two.err)):
        fits.writeto(tmp_path / f"{name}.fits", values)

    def segment() -> BandData:
        band = BandData.from_files(
            tmp_path / "sci.fits", err=tmp_path / "err.fits", band="F200W", zero_point=28.9,
            work_dir=tmp_path / "work", pix_scale=0.03 * u.arcsec,
        )  # fmt: skip
        band.segment(parameters="faint+default")
        return band

    first = segment()
    header = fits.getheader(first.cat_path, 1)
    assert header["HOT_DETECT_THRESH"] == 1.2
    assert header["DETECT_THRESH"] == 1.8
    assert header["HOT_INSIDE"] == "cold"
    assert not segment().products.made
    (tmp_path / "faint.toml").write_text("detect_thresh = 1.3\n")
    with pytest.raises(StaleProductError, match=r"hot_detect_thresh was 1\.2 and is 1\.3"):
        segment()
