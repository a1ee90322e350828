"""The catalogue as a table."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import QTable

from skyseg import Data
from skyseg.errors import ParameterError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.source_columns import list_columns
from skyseg.panel.source_table import FIRST_COLUMNS, SourceTable


@pytest.fixture
def table(catalogue: Catalogue, bands: Data) -> SourceTable:
    made = SourceTable()
    made.show(catalogue, bands["F444W"])
    return made


def test_many_sources_are_found_in_a_table_at_once() -> None:
    numbers = np.random.default_rng(0).permutation(np.arange(1, 100_001)).astype(np.int32)
    table = SourceTable()
    assert table.find_rows((3,)).size == 0
    table.show(Catalogue(QTable({"NUMBER": numbers, "MAG_AUTO": numbers[::-1] / 10})))
    table.filter("MAG_AUTO < 5000")
    kept = table.numbers
    np.testing.assert_array_equal(table.find_rows(kept.tolist()), np.arange(len(kept)))
    assert table.find_rows((0, 100_001)).size == 0


def test_the_magnitude_is_among_the_first_columns(table: SourceTable) -> None:
    assert table.titles == [name for name in FIRST_COLUMNS if name in table.titles]
    assert table.titles.index("MAG_AUTO") == 1


def test_each_aperture_is_a_column_of_its_own(table: SourceTable, catalogue: Catalogue) -> None:
    magnitudes = [each.title for each in table.groups["Apertures"] if each.name == "MAG_APER"]
    wanted = ('0.32"', '0.5"', '1"', '1.5"', '2"')
    assert magnitudes == [f"MAG_APER[{each}]" for each in wanted]
    table.choose_columns(["NUMBER", 'MAG_APER[1"]'])
    assert float(table.text(0, 1)) == pytest.approx(catalogue.columns["MAG_APER"][0, 2], rel=1e-4)
    assert table.explain(1).startswith('MAG_APER[1"]: AB mag in circular apertures')
    table.sort(1)
    shown = [float(table.text(row, 1)) for row in range(len(table))]
    known = [each for each in shown if np.isfinite(each)]
    assert known == sorted(known) and shown[: len(known)] == known


def test_apertures_of_an_unknown_product_are_counted(catalogue: Catalogue) -> None:
    titles = [each.title for each in list_columns(catalogue.table, {})]
    assert "MAG_APER[0]" in titles and "MAG_APER[4]" in titles


def test_a_filter_takes_the_titles_of_the_columns(table: SourceTable) -> None:
    table.filter('MAG_APER[0.32"] - mag_aper[ 1" ] > 0.5')
    named = table.numbers.tolist()
    table.filter("MAG_APER[0] - MAG_APER[2] > 0.5")
    assert named == table.numbers.tolist() != []


def test_columns_lie_in_groups_by_what_they_hold(table: SourceTable) -> None:
    groups = {group: {each.name for each in of} for group, of in table.groups.items()}
    assert list(groups) == [
        *("Source", "Position", "Magnitudes", "Fluxes", "Apertures", "Shapes", "Sizes", "Flags")
    ]
    assert {"X_IMAGE", "ALPHA_J2000", "XMIN_IMAGE"} <= groups["Position"]
    assert {"MAG_AUTO", "MAGERR_ISO"} <= groups["Magnitudes"]
    assert {"FLUX_AUTO", "SNR_WIN"} <= groups["Fluxes"]
    assert groups["Apertures"] == {f"{name}_APER" for name in ("MAG", "FLUX", "MAGERR", "FLUXERR")}
    assert groups["Shapes"] == {"A_IMAGE", "B_IMAGE", "THETA_IMAGE", "ELONGATION"}
    assert {"FLUX_RADIUS", "KRON_RADIUS", "ISOAREAF_IMAGE"} <= groups["Sizes"]


def test_a_filter_that_fails_leaves_rows_and_text(table: SourceTable) -> None:
    table.filter("MAG_AUTO < 26")
    rows = table.numbers.tolist()
    with pytest.raises(ParameterError, match="no column 'MAG_AUT' to filter by; use MAG_AUTO"):
        table.filter("MAG_AUT < 24")
    assert (table.numbers.tolist(), table.filter_text) == (rows, "MAG_AUTO < 26")
    assert table.count == f"{len(rows)} of 42 sources"


def test_a_catalogue_that_a_filter_does_not_fit_is_shown_whole_and_that_is_said(
    table: SourceTable,
) -> None:
    table.filter("SNR_WIN > 10")
    said = table.show(Catalogue(QTable({"NUMBER": [1, 2]})))
    assert "no column 'SNR_WIN'" in said
    assert (len(table), table.filter_text) == (2, "")


def test_labels_that_the_filter_keeps_are_told_by_number(table: SourceTable) -> None:
    assert table.kept is None
    table.filter("MAG_AUTO < 26")
    assert table.kept is not None
    assert np.flatnonzero(table.kept).tolist() == sorted(table.numbers.tolist())
    assert len(table.kept) == 43


def test_columns_of_texts_are_shown_and_sorted() -> None:
    table = SourceTable(["NUMBER", "KIND"])
    table.show(Catalogue(QTable({"NUMBER": [1, 2, 3], "KIND": ["star", "galaxy", "star"]})))
    table.sort(1)
    assert [table.text(row, 1) for row in range(3)] == ["galaxy", "star", "star"]
