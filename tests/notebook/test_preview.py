"""The live preview on canvases, without a browser."""

from __future__ import annotations

import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

import skyseg
from skyseg.engine import segment_image
from skyseg.engine.previews import Preview
from skyseg.notebook._array_band import ArrayBand
from skyseg.notebook._tiles import GUTTER, TILE
from skyseg.notebook.canvas import BandCanvas
from skyseg.notebook.viewer import Viewer
from skyseg.samples import make_survey

SHAPE = (300, 260)


@pytest.fixture
def viewer(tmp_path: Path) -> Viewer:
    make_survey(tmp_path, bands=("F200W", "F444W"), shape=SHAPE, seed=2)
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=tmp_path)
    return data.view(bands=("F200W", "F444W"))


def wait_for(viewer: Viewer) -> None:
    """Wait until nothing is tried out any more."""
    assert viewer._preview is not None
    end = time.monotonic() + 60
    while viewer._preview.working:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_active_band_is_tried_out_where_one_looks(viewer: Viewer) -> None:
    viewer.region = ((130, 150), 100)
    viewer.preview = True
    wait_for(viewer)
    viewer.parameters = viewer.parameters.replace(detect_thresh=4.0)
    wait_for(viewer)
    band = viewer.active.band
    whole = segment_image(band.load_sci(), band.load_err(), "rms_err", viewer.parameters).labels
    found = viewer.active.tiles["preview"].pixels
    assert np.array_equal(found > 0, whole[viewer.active.part_in_view()] > 0)
    assert "preview" not in viewer.canvases[1].tiles
    assert viewer._side_panel is not None
    said = viewer._side_panel.panel.message.value
    assert " sources in view, 0 on the negative: 100.0 % ± " in said


def test_python_does_not_end_while_a_viewer_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a daemon thread that comes back from a library's C++ then ends the process with an abort
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def note(thread: threading.Thread) -> None:
        started.append(thread)
        start(thread)

    make_survey(tmp_path, bands=("F200W",), shape=SHAPE, seed=2)
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=tmp_path)
    data.segment(work_dir=tmp_path, progress=False)
    monkeypatch.setattr(threading.Thread, "start", note)
    viewer = data.view()
    viewer.preview = True
    wait_for(viewer)
    assert len(started) >= 3
    assert [thread for thread in started if thread.daemon] == []


def test_the_outlines_go_with_the_band_and_with_the_wish(viewer: Viewer) -> None:
    viewer.preview = True
    wait_for(viewer)
    viewer.band = "F444W"
    wait_for(viewer)
    assert ["preview" in canvas.tiles for canvas in viewer.canvases] == [False, True]
    viewer.preview = False
    assert not any("preview" in canvas.tiles for canvas in viewer.canvases)


def finest_tile(canvas: BandCanvas, name: str, x: int, y: int) -> np.ndarray:
    """Pixels of a tile as they are sent, without those around it."""
    data = canvas.tiles[name].tile(canvas._pixels.levels - 1, x, y)
    side = TILE + 2 * GUTTER
    planes = np.frombuffer(zlib.decompress(data), np.uint8) if data else np.zeros(4 * side**2, "u1")
    pixels = np.ascontiguousarray(planes.reshape(4, -1).T).view("<u4").reshape(side, side)
    return pixels[GUTTER:-GUTTER, GUTTER:-GUTTER]


def wanted_tile(image: np.ndarray, x: int, y: int) -> np.ndarray:
    """Pixels of the same tile, by the image; tiles count from above its upper left corner."""
    height, step = image.shape[0], 4 * TILE
    above = -(-height // step) * step
    padded = np.pad(image, ((0, above + 8 * TILE - height), (0, 8 * TILE)))
    last = above - y * TILE
    return padded[max(last - TILE, 0) : max(last, 0), x * TILE : (x + 1) * TILE][::-1]


@pytest.mark.parametrize("corner", [(0, 0), (512, 256), (301, 702), (7, 3)])
def test_a_part_from_any_pixel_on_lies_where_it_belongs(
    corner: tuple[int, int],
) -> None:
    shape = (1500, 1400)
    labels = np.random.default_rng(1).integers(0, 9, (400, 500), dtype=np.int32)
    part = tuple(slice(a, a + n) for a, n in zip(corner, labels.shape, strict=True))
    whole = np.zeros(shape, np.int32)
    whole[part] = labels
    canvas = BandCanvas(ArrayBand.of(np.zeros(shape), None))
    canvas.show_preview(Preview(labels, (part[0], part[1]), 8))
    for tile in np.ndindex(6, 8):
        assert np.array_equal(finest_tile(canvas, "preview", *tile), wanted_tile(whole, *tile))


def test_what_a_preview_says_goes_with_it(viewer: Viewer) -> None:
    side = viewer._side_panel
    assert side is not None
    viewer.preview = True
    wait_for(viewer)
    assert "sources in view" in side.panel.message.value
    viewer.preview = False
    assert side.panel.message.value == ""
