"""SEG maps of any origin in a window: labels, a table, picked, measured on the image beneath."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sep
from astropy.io import fits

from skyseg import Data
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget

UDS = "jwst/UDS-B/NIRCam/v1/40mas"
Until = Callable[..., None]


@pytest.fixture
def foreign(imaging_dir: Path, tmp_path: Path) -> Path:
    """A SEG map that sep made of a real field, as a program writes it."""
    image = fits.getdata(imaging_dir / UDS / "uds-b-f444w_sci.fits").astype(np.float32)
    found = sep.extract(image, 0.05, minarea=9, segmentation_map=True)[1]
    header = fits.getheader(imaging_dir / UDS / "uds-b-f444w_sci.fits")
    fits.writeto(tmp_path / "check.fits", found.astype(np.float32), header)
    return tmp_path / "check.fits"


def test_a_seg_map_of_ours_opens_with_its_catalogue_its_name_and_as_outlines(
    window: Any, bands: Data, tmp_path: Path, until: Until
) -> None:
    band = bands["F444W"]
    for path in (band.seg_path, band.cat_path):
        shutil.copy(path, tmp_path)
    (layer,) = window.open(tmp_path / band.seg_path.name, plugin="skyseg")
    assert layer.name == "UDS-B F444W SEG rms_err skyseg default"
    assert layer.contour == 1
    sources = SourcesWidget(window)
    until(lambda: sources.selection.catalogue)
    assert "MAG_AUTO" in sources.selection.catalogue.columns
    assert len(sources.selection.catalogue) == len(band.load_cat())


def test_a_seg_map_of_another_program_is_picked_and_listed(
    window: Any, foreign: Path, until: Until
) -> None:
    (layer,) = window.open(foreign, plugin="skyseg")
    sources = SourcesWidget(window)
    until(lambda: sources.selection.catalogue)
    labels = np.asarray(layer.data[0])
    assert list(sources.selection.catalogue.columns["NUMBER"]) == list(np.unique(labels)[1:])
    row, column = np.argwhere(labels == 5)[0]
    sources.selection.select_at(layer.data_to_world((row, column)))
    assert sources.session.selected == (5,)
    assert len(window.layers[SELECTED_LAYER].data) == 1


def test_maps_that_are_opened_later_find_their_place(window: Any, imaging_dir: Path) -> None:
    for role in ("sci", "wht"):
        window.open(imaging_dir / UDS / f"uds-b-f444w_{role}.fits", plugin="skyseg")
    assert [(get_info(layer).role, layer.visible) for layer in window.layers] == [
        ("WHT", False),
        ("SCI", True),
    ]
