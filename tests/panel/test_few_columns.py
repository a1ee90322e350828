"""What still works with a catalogue of a few columns, and what says that it lacks some."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skyseg import Data
from skyseg.errors import ProductError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.live_preview import open_previewer
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_cutouts import make_cutouts
from skyseg.panel.source_exports import write_regions
from skyseg.survey import BandData


@pytest.fixture
def few(bands: Data, tmp_path: Path) -> BandData:
    asked = tmp_path / "few.param"
    asked.write_text("NUMBER\nFLUX_AUTO\n")
    band = bands["F444W"].copy()
    band.segment(params_name=asked, work_dir=tmp_path)
    return band


def test_places_come_from_the_map_where_the_catalogue_has_none(few: BandData, bands: Data) -> None:
    usual = bands["F444W"].load_cat()
    found = few.load_places()
    assert few.load_cat().colnames == ["NUMBER", "FLUX_AUTO"]
    for name in ("XMIN_IMAGE", "YMIN_IMAGE", "XMAX_IMAGE", "YMAX_IMAGE"):
        np.testing.assert_array_equal(found[name], usual[name])
    for name in ("X_IMAGE", "Y_IMAGE"):
        assert found[name].unit == usual[name].unit
        assert np.median(np.abs(found[name] - usual[name]).value) < 0.5


def test_sources_are_looked_at_without_ellipse_and_position(few: BandData, info: MapInfo) -> None:
    catalogue = Catalogue(few.load_places())
    assert catalogue.get_positions((40,)) is None
    assert catalogue.trace_kron_ellipse(40) is None
    (cutout,) = make_cutouts(few.load_seg(), info, catalogue, 40, [few])
    assert cutout.image.size
    assert few.plot(region=(40, 30)).get_xlim()[1] > 0


def test_a_preview_needs_no_catalogue(few: BandData) -> None:
    assert open_previewer(few, "wht") is not None


def test_regions_say_what_they_lack(few: BandData, info: MapInfo, tmp_path: Path) -> None:
    said = "no A_IMAGE, B_IMAGE, KRON_RADIUS, THETA_IMAGE, of which regions are drawn; segment"
    with pytest.raises(ProductError, match=said):
        write_regions(Catalogue(few.load_places()), (40,), info, tmp_path / "few.reg")


def test_a_map_is_compared_whatever_its_catalogue_has(few: BandData, bands: Data) -> None:
    usual = bands["F444W"].copy()
    assert few.maps == usual.maps
    found = few.difference("wht", "wht")
    assert found.counts["lost"] == found.counts["new"] == 0
