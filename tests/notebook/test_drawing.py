"""How a viewer draws, what it reads out and what it refuses, without a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import skyseg
from skyseg.display.rgb import compose_rgb
from skyseg.display.scales import choose_limits
from skyseg.errors import ParameterError
from skyseg.notebook._readout import read_all
from skyseg.samples import make_survey


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_survey(folder, bands=("F200W", "F444W"), shape=(300, 260), seed=2)
    return folder


@pytest.fixture
def data(archive: Path) -> skyseg.Data:
    return skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)


@pytest.fixture
def segmented(data: skyseg.Data, archive: Path, monkeypatch: pytest.MonkeyPatch) -> skyseg.Data:
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(archive / "work"))
    skyseg.config.reload()
    data.segment(progress=False)
    return data


def an_image() -> tuple[np.ndarray, np.ndarray]:
    image = np.random.default_rng(0).normal(size=(120, 150))
    labels = np.zeros(image.shape, int)
    labels[10:14, 20:26] = 3
    labels[60:80, 100:110] = 9
    return image, labels


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("limits", (1, 0), "two numbers, the lower one first"),
        ("limits", "10", "two numbers"),
        ("limits", (0, float("nan")), "two numbers"),
        ("stretch", "cubic", "one of linear, asinh, sqrt, log"),
        ("colormap", "jet", "one of gray"),
        ("cuts", "50 %", "one of auto"),
        ("label_style", "dots", "one of contour, filled, off"),
        ("colour_by", "flux", "one of source, map"),
        ("outlines_of", "F999W", "give one of image"),
        ("bands", (), "at least one of image"),
        ("rgb", ("image",), "three of image, red first"),
        ("maps", ("DQ",), "some of SCI, ERR, WHT, BKG"),
        ("opacity", 1.5, "a number from 0 to 1"),
        ("softening", 0, "a number above 0"),
        ("height", 20, "a whole number from 200 to 4000"),
        ("height", "tall", "a whole number"),
        ("selected", "first", "a whole number"),
        ("change", 0.5, "a whole number"),
        ("north_up", "no", "True or False"),
        ("blink", 1, "True or False"),
        ("ext", "FLAT", "one of SCI"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_possible_and_the_old_one_stays(
    name: str, value: Any, hint: str
) -> None:
    viewer = skyseg.view(*an_image())
    before = getattr(viewer, name)
    with pytest.raises(ParameterError, match=hint) as refusal:
        setattr(viewer, name, value)

    assert refusal.value.argument == name
    assert getattr(viewer, name) == before
    assert viewer.active.limits == viewer.limits


def test_numbers_of_numpy_are_numbers() -> None:
    viewer = skyseg.view(*an_image())
    viewer.selected, viewer.limits = np.int64(9), np.array([0, 2])
    viewer.opacity, viewer.height = np.float32(0.5), np.int16(600)

    assert (viewer.selected, viewer.limits, viewer.opacity) == (9, (0.0, 2.0), 0.5)
    assert viewer.active.height == 600


def test_wrong_limits_of_a_browser_are_told_and_put_back() -> None:
    viewer = skyseg.view(*an_image())
    before = viewer.limits
    viewer.bar.set_state({"limits": [3, 1]})

    assert viewer.bar.limits == viewer.limits == before
    assert "the lower one first" in viewer.bar._refused["text"]
    viewer.bar.set_state({"limits": [1, 3]})
    assert viewer.limits == viewer.active.limits == (1, 3)
    assert viewer.bar._refused == {}


def test_controls_are_those_of_all_bands_and_limits_those_of_the_active_one(
    segmented: skyseg.Data,
) -> None:
    viewer = segmented.view(bands=("F200W", "F444W"))
    viewer.bar.colormap, viewer.bar.colour_by = "viridis", "map"
    first, second = viewer.canvases

    assert first.colormap == second.colormap == viewer.session.display.scale_of("SCI").colormap
    assert first.colour_by == second.colour_by == "map"
    assert first._map_colour != second._map_colour
    colour = second._map_colour
    viewer.bands = ("F444W",)
    assert viewer.active._map_colour == colour
    viewer.bands = ("F200W", "F444W")
    first, second = viewer.canvases
    viewer.activate(first)
    before = second.limits
    viewer.limits = (0, 1)
    assert (first.limits, second.limits, viewer.cuts) == ((0, 1), before, "by hand")


def test_cuts_are_found_in_each_image() -> None:
    image, labels = an_image()
    viewer = skyseg.view(image, labels)
    found = viewer.limits
    viewer.cuts = "min to max"
    assert viewer.limits == pytest.approx((image.min(), image.max()), rel=1e-6)

    viewer.limits = (0, 1)
    assert viewer.cuts == "by hand"
    viewer.cuts = "auto"
    assert viewer.limits == found


def test_the_outlines_of_one_band_lie_over_all(segmented: skyseg.Data) -> None:
    viewer = segmented.view(bands=("F200W", "F444W"))
    viewer.outlines_of = "F444W"
    labels = segmented["F444W"].load_seg()
    for canvas in viewer.canvases:
        assert np.array_equal(canvas.sources.labels, labels)
    assert "of F444W" in viewer.canvases[0].title.replace("sample v1 ", "")

    viewer.outlines_of = ""
    assert np.array_equal(viewer.canvases[0].sources.labels, segmented["F200W"].load_seg())


def test_the_readout_tells_every_band_and_counts_pixels_from_1(segmented: skyseg.Data) -> None:
    viewer = segmented.view(bands=("F200W", "F444W"))
    row = segmented["F444W"].load_cat()[3]
    x, y = (row[name].value for name in ("X_IMAGE", "Y_IMAGE"))
    here, there = read_all(viewer.active, viewer.canvases, x - 0.5, y - 0.5)

    assert here.startswith("RA ")
    assert f"x {x:.1f}  y {y:.1f} (from 1)" in here
    assert f"x {x:.1f}  y {y:.1f} (from 1)" in there
    assert there.count("SCI ") == here.count("SCI ") == 1
    assert there.endswith("SEG 4")


def test_a_viewer_is_said_in_one_line() -> None:
    viewer = skyseg.view(*an_image())
    viewer.selected = 9

    assert repr(viewer) == "<Viewer: image SCI, SEG, source 9>"


def test_that_there_is_no_seg_map_yet_is_not_said_during_a_run(data: skyseg.Data) -> None:
    viewer = data.view()
    assert viewer.active._note.startswith("no SEG map yet")

    viewer.running = True
    assert viewer.active._note == ""
    viewer.running = False
    assert viewer.active._note.startswith("no SEG map yet")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> skyseg.Data:
    folder = tmp_path_factory.mktemp("three")
    make_survey(folder, bands=("F115W", "F200W", "F444W"), shape=(120, 100), seed=2)
    return skyseg.Data.from_survey_version("sample", "v1", data_dir=folder)


def test_three_bands_are_shown_in_colour(three: skyseg.Data) -> None:
    viewer = three.view()
    viewer.bar._rgb_text = viewer.bar._options["_rgb_text"][1][0]
    canvas = viewer.active

    assert viewer.rgb == viewer.session.display.rgb == ("F444W", "F200W", "F115W")
    assert "RGB of F444W F200W F115W" in canvas.title
    colours = canvas.tiles["rgb"].part(slice(0, 120), slice(0, 100), 500)[0]
    images = [three[key].load_sci() for key in viewer.rgb]
    limits = [choose_limits(image, "SCI", "auto") for image in images]
    seen = np.any([np.isfinite(image) for image in images], axis=0)
    found = colours.astype("<u4").view(np.uint8).reshape(120, 100, 4)
    assert np.array_equal(found[seen][:, :3], compose_rgb(images, limits)[seen])
    assert np.array_equal(found[..., 3], np.where(seen, 255, 0))
    viewer.rgb = ()
    assert "rgb" not in canvas._layers
    assert "RGB" not in canvas.title


def test_one_key_of_a_band_may_stand_alone(three: skyseg.Data) -> None:
    viewer = three.view()
    viewer.bands = "F444W"

    assert viewer.bands == ("F444W",)


def test_several_maps_of_a_band_stand_side_by_side(three: skyseg.Data) -> None:
    viewer = three.view(bands=["F115W", "F444W"])
    viewer.maps = ("ERR", "BKG")  # without products there is no BKG

    shown = [(canvas.band.band, canvas.ext) for canvas in viewer.canvases]
    assert shown == [("F115W", "SCI"), ("F115W", "ERR"), ("F444W", "SCI"), ("F444W", "ERR")]
    assert viewer.canvases[1].colormap == "magma"
    viewer.activate(viewer.canvases[3])
    assert viewer.active is viewer.canvases[2]
    assert viewer.session.maps == ("ERR", "BKG")
    viewer.maps = ()
    assert len(viewer.canvases) == 2


def test_the_quality_of_pixels_is_shown_as_labels(tmp_path: Path) -> None:
    image, labels = an_image()
    quality = np.where(labels > 0, 2**20 + 1, 0).astype(np.uint32)
    path = tmp_path / "cal.fits"
    maps = [fits.ImageHDU(image, name="SCI"), fits.ImageHDU(quality, name="DQ")]
    fits.HDUList([fits.PrimaryHDU(), *maps]).writeto(path)
    viewer = skyseg.view(f"{path}[SCI]", f"{path}[DQ]")

    assert np.array_equal(viewer.active.sources.labels, quality)


def test_the_snapshot_has_the_colours_of_the_view(three: skyseg.Data) -> None:
    viewer = three.view()
    viewer.colormap = "viridis"
    image = viewer.snapshot().axes[0].images[0].get_array()
    assert np.ptp(image, axis=-1).max() > 0.2

    viewer.rgb = ("F444W", "F200W", "F115W")
    colours = viewer.snapshot().axes[0].images[1].get_array()
    assert colours.shape == (120, 100, 4)


def test_marimo_is_given_the_live_canvases(
    three: skyseg.Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = {
        "vstack": lambda parts: ("column", *parts),
        "hstack": lambda parts, widths: ("row", *parts),
        "md": str,
    }
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(**stacks))
    viewer = three.view(bands=["F115W", "F444W"])
    _, bar, row, note = viewer._display_()

    assert bar is viewer.bar
    assert row == ("row", *viewer.canvases)
    assert "does not show the viewer's panel" in note
