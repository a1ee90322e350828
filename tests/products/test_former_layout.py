"""Products that the embedded engine made when it was called ``sep``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from skyseg.errors import StaleProductError
from skyseg.methods.base import Outcome
from skyseg.products import Products
from skyseg.products.names import ProductPaths, make_paths
from skyseg.products.recipe import Recipe
from skyseg.products.store import load_or_make

SHAPE = (300, 280)
JOF = {
    "instrument": "NIRCam",
    "version": "v11",
    "survey": "JOF",
    "band": "F444W",
    "err_type": "wht",
}


@pytest.fixture
def segment(
    recipe_for: Callable[..., Recipe], outcome_of: Callable[..., Outcome]
) -> Callable[..., Products]:
    def call(method: str, version: str, **options: Any) -> Products:
        def make(canvas: object) -> Outcome:
            outcome = outcome_of()
            return Outcome(seg=outcome.seg, bkg=outcome.bkg, cat=outcome.cat, version=version)

        paths = make_paths(method=method, **JOF)
        return load_or_make(paths, recipe_for(method=method), make, shape=SHAPE, **options)

    return call


@pytest.fixture
def former(segment: Callable[..., Products]) -> ProductPaths:
    """Products as they were made by the embedded engine, then called ``sep``."""
    segment("sep", "skyseg 0.1.0")
    return make_paths(method="sep", **JOF)


def test_they_are_not_loaded_as_those_of_the_library_sep(
    segment: Callable[..., Products], former: ProductPaths
) -> None:
    with pytest.raises(StaleProductError, match=r"made by the embedded engine") as caught:
        segment("sep", "sep 1.4.1")
    assert str(former.seg) in str(caught.value)
    assert "overwrite=True" in str(caught.value)
    assert segment("sep", "sep 1.4.1", overwrite=True).made
    assert not segment("sep", "sep 1.4.1").made


def test_they_are_named_where_the_engine_makes_its_products_anew(
    segment: Callable[..., Products], former: ProductPaths, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert segment("skyseg", "skyseg 0.1.0").made
    (message,) = caplog.messages
    assert str(former.cat) in message
    assert "remove them" in message
    with caplog.at_level(logging.WARNING):
        segment("skyseg", "skyseg 0.1.0")
    assert len(caplog.messages) == 1


def test_moved_to_the_folder_of_the_engine_they_differ_by_its_edition_alone(
    segment: Callable[..., Products], former: ProductPaths
) -> None:
    work = former.folder.parents[5]
    (work / "sep").rename(work / "skyseg")
    with pytest.raises(StaleProductError, match=r"else: edition of the engine was 1 and is \d+;"):
        segment("skyseg", "skyseg 0.1.0")


def test_products_of_the_library_sep_are_not_named(
    segment: Callable[..., Products], caplog: pytest.LogCaptureFixture
) -> None:
    segment("sep", "sep 1.4.1")
    with caplog.at_level(logging.WARNING):
        segment("skyseg", "skyseg 0.1.0")
    assert caplog.messages == []
