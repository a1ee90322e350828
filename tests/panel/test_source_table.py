"""The catalogue as a table."""

from __future__ import annotations

import numpy as np
from astropy.table import QTable

from skyseg.panel.catalogue import Catalogue
from skyseg.panel.source_table import SourceTable


def test_many_sources_are_found_in_a_table_at_once() -> None:
    numbers = np.random.default_rng(0).permutation(np.arange(1, 100_001)).astype(np.int32)
    table = SourceTable()
    assert table.find_rows((3,)).size == 0
    table.show(Catalogue(QTable({"NUMBER": numbers, "MAG_AUTO": numbers[::-1] / 10})))
    table.filter("MAG_AUTO < 5000")
    kept = table.numbers
    np.testing.assert_array_equal(table.find_rows(kept.tolist()), np.arange(len(kept)))
    assert table.find_rows((0, 100_001)).size == 0
