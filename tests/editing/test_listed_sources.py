"""What the pixels of an edited map say of its sources."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from tests.editing.test_any_journal import edit, make_map

from skyseg import Edits
from skyseg.editing.listed_sources import list_again
from skyseg.products.seg_files import list_sources


@pytest.mark.parametrize("wcs", [True, False])
def test_sources_listed_edit_by_edit_are_those_of_the_whole_map(wcs: bool) -> None:
    sky = WCS(naxis=2) if wcs else None
    if sky is not None:
        sky.wcs.ctype, sky.wcs.crval = ["RA---TAN", "DEC--TAN"], [53.1, -27.8]
        sky.wcs.cdelt = [-1e-5, 1e-5]
    edits, rng = Edits(make_map(3)), np.random.default_rng(3)
    listed = list_sources(edits.labels, sky)
    for _ in range(8):
        edit(edits, rng, 3)
        listed = list_again(listed, edits.map, edits.take_changes(), sky)
        whole = list_sources(edits.labels, sky)
        assert listed.colnames == whole.colnames
        for name in whole.colnames:
            assert np.asarray(listed[name]).tobytes() == np.asarray(whole[name]).tobytes()
            assert listed[name].unit == whole[name].unit
