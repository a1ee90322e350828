"""The value that holds the products of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import ParameterError
from skyseg.methods.base import Outcome
from skyseg.products import Products
from skyseg.products.fits_files import RUN_KEY
from skyseg.products.names import ProductPaths
from skyseg.products.recipe import Recipe
from skyseg.products.store import load_or_make

SHAPE = (300, 280)
MakeRecipe = Callable[..., Recipe]
MakeOutcome = Callable[..., Outcome]


@pytest.fixture
def made(paths: ProductPaths, recipe_for: MakeRecipe, outcome_of: MakeOutcome) -> Products:
    return load_or_make(paths, recipe_for(), lambda _: outcome_of(), shape=SHAPE)


def test_products_know_the_run_that_their_files_are_of(
    made: Products, paths: ProductPaths, recipe_for: MakeRecipe, outcome_of: MakeOutcome
) -> None:
    assert {fits.getheader(path, 1)[RUN_KEY] for path in paths} == {made.run_id}
    loaded = load_or_make(paths, recipe_for(), lambda _: outcome_of(), shape=SHAPE)
    assert (loaded.made, loaded.run_id, loaded.n_bad) == (False, made.run_id, 7)


def test_products_read_their_own_maps(made: Products, outcome_of: MakeOutcome) -> None:
    outcome = outcome_of()
    part = np.s_[100:290, 20:260]
    np.testing.assert_array_equal(made.load_seg(), outcome.seg)
    np.testing.assert_array_equal(made.load_bkg(), outcome.bkg)
    np.testing.assert_array_equal(made.load_part("SEG", part), outcome.seg[part])
    np.testing.assert_array_equal(made.load_part("BKG", part), outcome.bkg[part])
    assert made.load_seg(incl_hdr=True)[1]["EXTNAME"] == "SEG"
    assert list(made.load_cat()["NUMBER"]) == list(outcome.cat["NUMBER"])
    with pytest.raises(ParameterError, match="ext is 'SCI'"):
        made.load_part("SCI", part)


def test_products_say_what_they_were_made_by(
    paths: ProductPaths, recipe_for: MakeRecipe, outcome_of: MakeOutcome
) -> None:
    recipe = recipe_for(method="sextractor", set_name="crowded", asked=Path("crowded.sex"))
    products = load_or_make(paths, recipe, lambda _: outcome_of(), shape=SHAPE)
    assert products.made_by == "wht sextractor crowded"
    assert products.summary()["CAT"] == str(paths.cat)
    assert products.arguments["parameters"] == Path("crowded.sex")
    assert list(products.arguments["aper_diams"]) == list([0.32, 0.5] * u.arcsec)


def test_products_do_not_change(made: Products) -> None:
    with pytest.raises(FrozenInstanceError):
        made.made = False  # type: ignore[misc]


def test_products_are_shown_in_a_line(made: Products) -> None:
    assert repr(made).startswith(f"<Products {made.paths.cat.stem} {made.made_by}: ")
    assert len(repr(made)) < 120
