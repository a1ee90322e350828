"""What the browser is sent: codes, tiles and their order."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyseg.errors import ImageError
from skyseg.notebook._array_band import ArrayBand
from skyseg.notebook._encoding import Codes, compress
from skyseg.notebook._tiles import GUTTER, TILE, TileGrid, TileLayer
from skyseg.notebook.canvas import BandCanvas

SIDE = TILE + 2 * GUTTER


def labels_of(data: bytes) -> np.ndarray:
    """A tile as the browser reads it: rows from the top, without the gutter."""
    planes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(4, SIDE, SIDE).astype(np.int64)
    tile = sum(plane << (8 * place) for place, plane in enumerate(planes))
    return tile[GUTTER:-GUTTER, GUTTER:-GUTTER]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e3))
def test_a_value_comes_back_within_half_a_step(value: float, softening: float) -> None:
    codes = Codes(0.25, softening)
    back = codes.decode(codes.encode(np.array([value])))[0]

    assert abs(back - value) <= np.hypot(value - 0.25, softening) / 256 * 0.51


def test_no_value_is_the_code_0_and_nothing_else_is() -> None:
    codes = Codes(0.0, 1.0).encode(np.array([np.nan, np.inf, -1e300, 0.0, 1e300]))

    assert codes.tolist()[:2] == [0, 0]
    assert (codes[2:] > 0).all()


def test_bytes_are_sent_plane_by_plane() -> None:
    pixels = np.array([[0x0102, 0x0304]], np.uint16)

    assert zlib.decompress(compress(pixels)) == bytes([2, 4, 1, 3])
    assert zlib.decompress(compress(pixels, reverse=True)) == bytes([1, 3, 2, 4])


@pytest.mark.parametrize("shape", [(1000, 700), (513, 1025), (300, 200), (1, 1)])
def test_the_tiles_of_every_level_put_together_are_the_pyramid(shape: tuple[int, int]) -> None:
    labels = np.arange(1, shape[0] * shape[1] + 1, dtype=np.int32).reshape(shape)
    grid = TileGrid(shape)
    layer = TileLayer.of_labels(grid, labels)

    for z in range(grid.levels):
        step = 2 ** (grid.levels - 1 - z)
        expected = labels[::step, ::step]
        rows = -(-shape[0] // (TILE * grid.step)) * TILE * grid.step // step
        whole = np.zeros((rows, -(-expected.shape[1] // TILE) * TILE), np.int64)
        for y in range(rows // TILE):
            for x in range(whole.shape[1] // TILE):
                if data := layer.tile(z, x, y):
                    part = np.s_[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE]
                    whole[part] = labels_of(data)
        assert (whole[::-1][: expected.shape[0], : expected.shape[1]] == expected).all()


def test_a_tile_without_labels_or_outside_the_image_has_no_bytes() -> None:
    labels = np.zeros((600, 600), np.int32)
    labels[0, 0] = 7
    layer = TileLayer.of_labels(TileGrid((600, 600)), labels)

    assert layer.tile(1, 0, 3) != b""
    assert layer.tile(1, 2, 3) == b""
    assert layer.tile(1, 99, 0) == b""
    assert layer.tile(99, 0, 0) == b""


def test_a_part_lies_where_it_is_in_the_image() -> None:
    grid = TileGrid((1000, 1000))
    whole = np.zeros((1000, 1000), np.int32)
    whole[400:600, 300:500] = np.arange(1, 40_001).reshape(200, 200)
    part = TileLayer.of_labels(grid, whole[400:600, 300:500], corner=(400, 300))
    full = TileLayer.of_labels(grid, whole)

    for z in range(grid.levels):
        for x in range(4):
            for y in range(4):
                assert part.tile(z, x, y) == full.tile(z, x, y)


def test_labels_of_32_bits_are_exact() -> None:
    labels = np.full((300, 300), 2**32 - 5, np.int64)
    tile = labels_of(TileLayer.of_labels(TileGrid((300, 300)), labels).tile(0, 0, 1))

    assert (tile[tile > 0] == 2**32 - 5).all()
    assert tile.any()


def test_a_change_of_one_pixel_is_seen_from_afar() -> None:
    classes = np.zeros((2000, 2000), np.uint8)
    classes[1001, 777] = 3
    grid = TileGrid((2000, 2000))
    layer = TileLayer.of_classes(grid, classes)
    tiles = [layer.tile(0, x, y) for x in range(2) for y in range(2)]

    assert any(3 in zlib.decompress(tile) for tile in tiles if tile)


def test_tiles_that_are_asked_for_in_one_message_are_each_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canvas = BandCanvas(ArrayBand.of(np.eye(600), None))
    told: dict[str, list[bytes]] = {}
    monkeypatch.setattr(
        canvas, "send", lambda content, buffers: told.update({content["id"]: buffers})
    )
    tile = {"layer": "image", "version": canvas.tiles["image"].version, "z": 1, "x": 0, "y": 2}
    asked = [tile | {"id": "a"}, tile | {"id": "b", "x": 1}, tile | {"id": "c", "x": 9}]
    canvas._answer(None, {"kind": "tiles", "tiles": asked}, None)

    layer = canvas.tiles["image"]
    assert told == {"a": [layer.tile(1, 0, 2)], "b": [layer.tile(1, 1, 2)], "c": []}


def test_a_tile_that_cannot_be_made_is_told_and_holds_back_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: np.ndarray) -> list[np.ndarray]:
        raise ImageError("is gone")

    canvas = BandCanvas(ArrayBand.of(np.eye(600), None))
    told: dict[str, bool] = {}
    monkeypatch.setattr(
        canvas, "send", lambda content, *_: told.update({content["id"]: "error" in content})
    )
    canvas.tiles["rgb"] = TileLayer.of_colours(TileGrid((600, 600)), np.eye(600), fail)
    versions = {name: layer.version for name, layer in canvas.tiles.items()}
    canvas._layers = versions
    asked = [
        {"id": name, "layer": name, "version": versions[name], "z": 1, "x": 0, "y": 2}
        for name in ("rgb", "image")
    ]
    canvas._answer(None, {"kind": "tiles", "tiles": asked}, None)

    assert told == {"rgb": True, "image": False}
