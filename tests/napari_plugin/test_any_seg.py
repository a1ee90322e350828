"""SEG maps of any origin in a window: labels, a table, picked, measured on the image beneath."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sep
from astropy.io import fits
from napari.layers import _layer_actions
from tests.napari_plugin.conftest import show

from skyseg import BandData, Data, Parameters
from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER
from skyseg.napari_plugin.files.writer import write_labels
from skyseg.napari_plugin.layers.finding import find_imaging
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget
from skyseg.panel.measuring import measure_in_image

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
    assert layer.name == "UDS-B F444W SEG rms_err"
    assert layer.contour == 1
    sources = SourcesWidget(window)
    until(lambda: sources.browser.catalogue)
    assert "MAG_AUTO" in sources.browser.catalogue.columns
    assert len(sources.browser.catalogue) == len(band.load_cat())
    with pytest.raises(ParameterError, match="rms_err has its catalogue already"):
        sources.measure.press()


def test_a_seg_map_of_another_program_is_picked_and_listed(
    window: Any, foreign: Path, until: Until
) -> None:
    (layer,) = window.open(foreign, plugin="skyseg")
    sources = SourcesWidget(window)
    until(lambda: sources.browser.catalogue)
    labels = np.asarray(layer.data[0])
    assert list(sources.browser.catalogue.columns["NUMBER"]) == list(np.unique(labels)[1:])
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


def test_labels_of_another_program_are_measured_on_the_image_beneath(
    window: Any, foreign: Path, imaging_dir: Path, until: Until
) -> None:
    for role in ("sci", "wht"):
        window.open(imaging_dir / UDS / f"uds-b-f444w_{role}.fits", plugin="skyseg")
    (layer,) = window.open(foreign, plugin="skyseg")
    sources = SourcesWidget(window)
    until(lambda: sources.browser.catalogue)
    assert sources.title.text().endswith("sources, not measured yet")
    sources.session.selected = (5,)
    until(lambda: "Source 5" in sources.details.values.text())
    assert "Kron ellipse" not in sources.details.values.text()  # none is drawn
    sources.session.parameters = chosen = Parameters(phot_autoparams=(4.0, 5.0))
    sources.measure.click()
    assert sources.measure.text() == "Cancel"
    until(lambda: sources.browser.catalogue and sources.browser.catalogue.is_measured)
    found = sources.browser.catalogue.columns
    assert sources.session.selected == (5,)
    assert list(found["NUMBER"]) == list(np.unique(layer.data[0])[1:])
    assert np.isfinite(found["FLUXERR_AUTO"]).all()
    assert sources.measure.text() == "Measure"
    assert "MAG_AUTO" in sources.rows.titles
    sci, wht = (imaging_dir / UDS / f"uds-b-f444w_{role}.fits" for role in ("sci", "wht"))
    band = BandData.from_files(sci, wht=wht)
    wanted, usual = (
        measure_in_image(lambda *_: None, np.asarray(layer.data[0]), band, parameters)
        for parameters in (chosen, "default")
    )
    np.testing.assert_array_equal(found["FLUX_AUTO"], wanted["FLUX_AUTO"].value)
    assert not np.array_equal(found["FLUX_AUTO"], usual["FLUX_AUTO"].value)


def test_labels_are_measured_with_the_maps_of_the_noise_beside_the_image(
    window: Any, foreign: Path, imaging_dir: Path
) -> None:
    window.open(imaging_dir / UDS / "uds-b-f444w_sci.fits", plugin="skyseg")
    (layer,) = window.open(foreign, plugin="skyseg")
    info = get_info(layer)
    assert info is not None
    band = find_imaging(info, window)
    assert band is not None and band.wht is not None
    assert band.err_types[0] == "rms_err"


def test_measuring_without_an_image_says_what_to_do(
    window: Any, foreign: Path, until: Until
) -> None:
    window.open(foreign, plugin="skyseg")
    sources = SourcesWidget(window)
    until(lambda: sources.browser.catalogue)
    with pytest.raises(ParameterError, match="no image lies under check F444W SEG; open the one"):
        sources.measure.press()


def test_a_saved_edit_opens_as_its_band_with_its_catalogue(
    window: Any, bands: Data, tmp_path: Path, until: Until
) -> None:
    show(window, bands["F444W"])
    (layer,) = (each for each in window.layers if get_info(each).role == "SEG")
    labels = np.array(layer.data[0], np.int32)
    labels[labels == 5] = 0
    arguments = {"name": layer.name, "metadata": layer.metadata, "multiscale": False}
    write_labels(str(tmp_path / "edited"), labels, arguments)
    window.layers.clear()
    (layer,) = window.open(tmp_path / "edited.fits", plugin="skyseg")
    assert layer.name.startswith("UDS-B F444W SEG")
    sources = SourcesWidget(window)
    until(lambda: sources.browser.catalogue)
    columns = sources.browser.catalogue.columns
    assert "MAG_AUTO" in columns
    assert 5 not in columns["NUMBER"]


def test_labels_that_others_put_into_the_window_are_seg_maps_too(
    window: Any, foreign: Path, imaging_dir: Path, until: Until
) -> None:
    sources = SourcesWidget(window)
    labels = fits.getdata(foreign).astype(np.int32)
    window.add_labels(labels, name="mine")
    until(lambda: sources.browser.catalogue)
    assert sources.title.text().startswith(f"mine: {labels.max()} sources")
    (image,) = window.open(imaging_dir / UDS / "uds-b-f444w_sci.fits", plugin="skyseg")
    window.layers.selection.active = image
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        _layer_actions._convert(window.layers, "labels")
    assert [get_info(layer).role for layer in window.layers] == ["SEG", "SCI", "SEG"]
    sources.measure.click()
    assert sources.measure.text() == "Cancel"
