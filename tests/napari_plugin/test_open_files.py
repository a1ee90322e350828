"""Files of no archive: opened, chosen as SCI and WHT, segmented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.napari_plugin.widgets.difference_widget import DifferenceWidget
from skyseg.napari_plugin.widgets.segment_widget import SegmentWidget
from skyseg.settings import config

UDS = "jwst/UDS-B/NIRCam/v1/40mas"
Until = Callable[..., None]


def test_open_files_are_segmented_with_a_zero_point(
    window: Any, imaging_dir: Path, tmp_path: Path, until: Until
) -> None:
    paths = {role: tmp_path / f"field_{role}.fits" for role in ("sci", "wht")}
    for role, path in paths.items():
        data = fits.getdata(imaging_dir / UDS / f"uds-b-f444w_{role}.fits")
        fits.writeto(path, data[:200, :200].astype(np.float32))
        window.open(path, plugin="skyseg")
    widget = SegmentWidget(window)
    box = widget.panel.files
    assert box.source.value == "open files"
    assert (box.sci.value, box.wht.value) == tuple(f"{path}[0]" for path in paths.values())
    offered = [name for name, _ in box._list_maps(None)]
    assert offered == ["none", "field SCI", "field WHT"]
    box.zero_point.value = "25"
    widget.panel.err_type.value = "wht"
    widget.panel.run.changed.emit(True)
    until(lambda: not widget.panel.busy)
    seg = next(layer for layer in window.layers if get_info(layer).role == "SEG")
    band = get_info(seg).band
    assert get_full_map(seg).max() > 0
    assert band.products.recipe.zero_point == 25
    assert band.seg_path.is_relative_to(config.work_dir)
    assert seg.name == "field SEG wht"
    assert len([layer for layer in window.layers if get_info(layer).role == "SCI"]) == 1
    box.work_dir.value = str(tmp_path / "elsewhere")
    assert "elsewhere" in widget.products_folder.text()
    box.source.value = "archive"
    assert widget.session.files is None


def test_error_types_of_open_files_are_compared(
    window: Any, imaging_dir: Path, tmp_path: Path, until: Until
) -> None:
    path = tmp_path / "field.fits"
    maps = [fits.PrimaryHDU()]
    for role in ("sci", "wht"):
        data = fits.getdata(imaging_dir / UDS / f"uds-b-f444w_{role}.fits")
        header = fits.Header([("BUNIT", "nJy")])
        maps.append(fits.ImageHDU(data[:200, :200].astype(np.float32), header, name=role))
    fits.HDUList(maps).writeto(path)
    window.open(path, plugin="skyseg")
    SegmentWidget(window)
    widget = DifferenceWidget(window)
    widget.compare_runs.click()
    until(lambda: find_layers(window, "DIFF"))
    assert [layer.name for layer in find_layers(window, "DIFF")] == ["DIFF rms_err - wht field"]
