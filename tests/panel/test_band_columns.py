"""What was measured of sources in other bands: columns of the table, fluxes against wavelength."""

from __future__ import annotations

import math
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest

from skyseg import Data
from skyseg.panel.band_columns import BandFlux, join_bands, list_fluxes
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.flux_picture import draw_fluxes, tell_fluxes
from skyseg.panel.source_table import SourceTable


@pytest.fixture
def data(three_bands: Path) -> Data:
    found = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
    found.perform_forced_phot("F444W", progress=False)
    return found


def test_columns_of_the_bands_are_in_the_table_in_a_group_of_their_own(data: Data) -> None:
    band = data["F444W"]
    catalogue = join_bands(Catalogue(band.load_cat()), list(data))
    table = SourceTable()
    table.show(catalogue, band)
    titles = [each.title for each in table.groups["Other bands"]]
    assert titles[:2] == ["FLUX_AUTO_F115W", "FLUXERR_AUTO_F115W"]
    assert 'MAG_APER_F200W[0.5"]' in titles
    assert {each.unit for each in table.groups["Other bands"]} == {"uJy", "mag"}
    own = data["F115W"].load_forced_phot("uJy")
    np.testing.assert_allclose(
        catalogue.columns["FLUX_AUTO_F115W"], own["FLUX_AUTO"].value, rtol=1e-6
    )
    table.filter("MAG_AUTO_F115W < 99")
    assert len(table) == 1


def test_the_catalogue_of_the_survey_tells_what_is_not_measured_beside_it(
    three_bands: Path,
) -> None:
    data = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
    data.load_aper_diams([0.15, 0.3] * u.arcsec)
    data.perform_forced_phot("F444W", progress=False)
    data.mask(edge_distance=5, stars=False)
    data.run_depths("F444W", progress=False)
    data.make_cat("F444W", "nJy", loc_depths=True, mask=True)
    assert data.phot_cat is not None
    of_all, band = data.phot_cat.load(), data["F444W"]

    def join() -> Catalogue:
        return join_bands(Catalogue(band.load_cat()), list(data))

    both = join()
    np.testing.assert_array_equal(both.columns["MASK_F115W"], of_all["MASK_F115W"])
    for path in (each.forced_phot.paths.cat for each in data if each.forced_phot is not None):
        path.unlink()
    alone = join()
    assert list(alone.columns) == list(both.columns)
    for name, values in alone.columns.items():
        np.testing.assert_allclose(values, both.columns[name], rtol=1e-6)
    for name in ("FLUX_AUTO_F115W", "FLUXERR_LOC_APER_F115W"):
        assert alone.table[name].unit == "uJy"
        np.testing.assert_allclose(alone.columns[name] * 1000, of_all[name].value, rtol=1e-6)
    assert list_fluxes(alone, 1) == list_fluxes(both, 1)
    single = join_bands(Catalogue(band.load_cat()), [band])
    assert list_fluxes(single, 1) == list_fluxes(both, 1)
    table = SourceTable()
    table.show(alone, band)
    titles = {each.title for each in table.groups["Other bands"]}
    assert {'LOC_DEPTH_APER_F200W[0.3"]', "MASK_F444W"} <= titles


def test_what_was_measured_again_stands_before_the_catalogue_of_the_survey(data: Data) -> None:
    data.make_cat("F444W")
    data["F115W"].perform_forced_phot(data["F444W"], "wht", overwrite=True)
    joined = join_bands(Catalogue(data["F444W"].load_cat()), list(data))
    again = data["F115W"].load_forced_phot("uJy")
    np.testing.assert_allclose(
        joined.columns["FLUXERR_AUTO_F115W"], again["FLUXERR_AUTO"].value, rtol=1e-6
    )


def test_bands_of_another_run_and_catalogues_of_no_run_have_no_columns(data: Data) -> None:
    band = data["F444W"]
    band.segment("wht", progress=False)
    of_other = Catalogue(band.load_cat())
    assert join_bands(of_other, list(data)) is of_other
    table = band.load_cat()
    table.meta.clear()
    unknown = Catalogue(table)
    assert join_bands(unknown, list(data)) is unknown


def test_fluxes_of_a_source_come_by_wavelength(data: Data) -> None:
    catalogue = join_bands(Catalogue(data["F444W"].load_cat()), list(data)[::-1])
    fluxes = list_fluxes(catalogue, 1)
    assert [each.band for each in fluxes] == ["F115W", "F200W", "F444W"]
    assert [each.wavelength for each in fluxes] == pytest.approx([1.15, 2.0, 4.44])
    assert all(each.flux > each.error > 0 for each in fluxes)
    assert tell_fluxes(catalogue, 1) == ""


def test_fluxes_are_drawn_with_errors_and_limits_and_what_is_not_covered_is_told(
    data: Data,
) -> None:
    catalogue = join_bands(Catalogue(data["F444W"].load_cat()), list(data))
    catalogue.table["FLUX_AUTO_F200W"][:] = np.nan
    again = Catalogue(catalogue.table)
    assert tell_fluxes(again, 1).startswith("no flux in F200W")
    image = draw_fluxes(list_fluxes(again, 1))
    assert image.shape[2] == 4
    assert not image[0, :, 3].any()
    limit = draw_fluxes([BandFlux("F115W", 1.15, 0.1, 1.0), BandFlux("F200W", 2.0, 9.0, 1.0)])
    blue, yellow = ((np.abs(limit[..., :3].astype(int) - colour).max(axis=-1) < 30).sum()
                    for colour in ((142, 202, 230), (255, 209, 102)))  # fmt: skip
    assert blue > 10 and yellow > 10


def test_bands_whose_wavelength_is_not_known_stand_by_name() -> None:
    fluxes = [BandFlux("F444W", 4.44, 3.0, 0.5), BandFlux("odd", math.inf, 1.0, 0.1)]
    assert draw_fluxes(fluxes).shape == draw_fluxes(fluxes[:1]).shape
