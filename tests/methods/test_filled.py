"""What the engine fills is written as the table is that it becomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable

from skyseg import methods
from skyseg.engine.parameters import Parameters
from skyseg.methods.base import Outcome, Request
from skyseg.methods.filled import FilledCat
from skyseg.products._table_file import pack_cat


def _run(unit: str) -> Outcome:
    image = np.random.default_rng(3).normal(size=(60, 70)).astype(np.float32)
    image[20:25, 30:34] += 50
    request = Request(
        sci=image, err=np.ones_like(image), err_type="rms_err", parameters=Parameters(),
        aper_diams=(0.3, 0.5), pix_scale=0.04, zero_point=28.9, sky=None, unit=unit,
    )  # fmt: skip
    return methods.run("skyseg", request)


@pytest.mark.parametrize("unit", ["", "MJy/sr", "e-/s", "furlong/moon"])
def test_a_filled_catalogue_is_written_as_its_table(unit: str) -> None:
    outcome = _run(unit)
    filled = outcome.given_cat
    assert isinstance(filled, FilledCat)
    assert len(filled) > 0
    assert pack_cat(filled, fits.Header()) == pack_cat(filled.as_table(), fits.Header())


def test_the_catalogue_of_an_outcome_is_one_table_where_it_is_looked_at() -> None:
    outcome = _run("nJy")
    kept = outcome.but(version="another")
    assert isinstance(kept.given_cat, FilledCat)
    assert isinstance(outcome.cat, QTable)
    assert outcome.cat is outcome.cat
    assert outcome.given_cat is outcome.cat
    assert replace(outcome, version="third").cat is outcome.cat
    assert (kept.version, kept.facts, repr(kept)) == ("another", outcome.facts, repr(kept))
    assert repr(outcome) == f"Outcome({len(outcome.cat)} sources by {outcome.version})"
