"""Figures show what the maps hold, where they hold it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import astropy.units as u
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.visualization.wcsaxes import WCSAxes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.image import imread
from regions import CirclePixelRegion, PixCoord

from skyseg import Parameters
from skyseg.display import rendering
from skyseg.errors import ParameterError, ProductError
from skyseg.plotting.figures import make_panels
from skyseg.plotting.maps import EXTS, plot_band, plot_data
from skyseg.samples import make_survey
from skyseg.survey import BandData, Data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("plots")
    make_survey(folder, bands=["F115W", "F444W"], shape=(240, 300), n_sources=60, seed=4)
    survey = Data.from_survey_version("sample", "v1", data_dir=folder, work_dir=folder / "work")
    survey.segment(progress=False)
    return survey


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    matplotlib.use("Agg")
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def band(data: Data) -> BandData:
    return data["F444W"]


def drawn(ax: Any) -> np.ndarray:
    (image,) = ax.get_images()
    return image.get_array()


def test_seg_is_drawn_in_the_colours_of_its_labels(band: BandData) -> None:
    ax = plot_band(band)
    assert np.array_equal(drawn(ax), rendering.colour_labels(band.load_seg()))
    assert ax.get_title() == "sample v1 F444W SEG rms_err"


def test_the_title_says_what_a_product_was_made_by(band: BandData, tmp_path: Path) -> None:
    other = band.copy()
    other.segment("wht", parameters="crowded", work_dir=tmp_path)
    assert plot_band(other).get_title() == "sample v1 F444W SEG wht crowded"
    assert plot_band(other, "BKG").get_title() == "sample v1 F444W BKG wht crowded"
    assert plot_band(other, overlay=True).get_title() == "sample v1 F444W SCI, SEG wht crowded"
    other.segment("wht", parameters=Parameters(detect_thresh=3.0), work_dir=tmp_path)
    assert plot_band(other).get_title() == "sample v1 F444W SEG wht custom-afcebe0f"
    assert plot_band(other, "SCI").get_title() == "sample v1 F444W SCI"


@pytest.mark.parametrize("ext", ["SCI", "ERR", "WHT", "BKG"])
def test_other_maps_are_drawn_as_they_are(band: BandData, ext: str) -> None:
    image = getattr(band, f"load_{ext.lower()}")()
    ax = plot_band(band, ext.lower())
    shown = drawn(ax)
    good = ~np.ma.getmaskarray(shown)
    assert np.array_equal(shown[good], image[good])
    assert np.array_equal(good, np.isfinite(image) & ((image > 0) | (ext != "WHT")))


def test_the_colour_bar_has_the_unit(band: BandData) -> None:
    for ext, label in (("SCI", "MJy/sr"), ("BKG", "MJy/sr"), ("WHT", "weight")):
        ax = plot_band(band, ext)
        assert ax.child_axes[0].get_ylabel() == label


def test_axes_are_on_the_sky_where_there_is_a_wcs(band: BandData) -> None:
    ax = plot_band(band)
    assert isinstance(ax, WCSAxes)
    assert [ax.coords[i].get_axislabel() for i in (0, 1)] == ["RA", "Dec"]
    assert ax.wcs is band.wcs


def test_axes_are_in_pixels_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.fits"
    fits.writeto(path, np.random.default_rng(0).normal(size=(40, 60)).astype(np.float32))
    band = BandData.from_files(path, band="r", pix_scale=0.1 * u.arcsec)
    ax = plot_band(band, "SCI", region=((30, 20), 2 * u.arcsec))
    assert not isinstance(ax, WCSAxes)
    assert ax.get_xlabel() == "x / pix"
    assert drawn(ax).shape == (20, 20)


def test_a_zoom_keeps_the_positions_of_the_whole_image(band: BandData) -> None:
    ax = plot_band(band, "SCI", region=((200, 100), (60, 40)))
    assert np.array_equal(
        drawn(ax).data, np.ma.masked_invalid(band.load_sci())[80:120, 170:230].data, equal_nan=True
    )
    assert ax.get_xlim() == (169.5, 229.5)
    assert ax.get_ylim() == (79.5, 119.5)
    assert ax.get_images()[0].get_extent() == pytest.approx([169.5, 229.5, 79.5, 119.5])


def test_a_source_is_found_by_its_number(band: BandData) -> None:
    row = band.load_cat()[5]
    ax = plot_band(band, region=(int(row["NUMBER"]), 1 * u.arcsec))
    x, y = (row[name].value - 1 for name in ("X_IMAGE", "Y_IMAGE"))
    assert ax.get_xlim()[0] < x < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < y < ax.get_ylim()[1]


def test_a_place_on_the_sky_and_a_shape_zoom_too(band: BandData) -> None:
    assert band.wcs is not None
    sky = SkyCoord(*band.wcs.pixel_to_world_values(150, 100), unit="deg")
    by_sky = plot_band(band, region=(sky, 30))
    by_shape = plot_band(band, region=CirclePixelRegion(PixCoord(149.5, 99.5), 14.9))
    assert by_sky.get_xlim() == by_shape.get_xlim() == (134.5, 164.5)


def test_large_images_are_binned_and_stay_where_they_are(
    band: BandData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.plotting.maps._LONGEST", 70)
    for ext in ("SCI", "SEG"):
        ax = plot_band(band, ext)
        assert drawn(ax).shape[:2] == (48, 60)
        assert ax.get_xlim() == (-0.5, 299.5)
        assert ax.get_images()[0].get_extent() == pytest.approx([-0.5, 299.5, -0.5, 239.5])


@pytest.mark.parametrize("ext", EXTS)
@pytest.mark.parametrize("longest", [60, 2000])
def test_maps_read_some_rows_at_a_time_are_drawn_as_the_whole(
    band: BandData, monkeypatch: pytest.MonkeyPatch, ext: str, longest: int
) -> None:
    monkeypatch.setattr("skyseg.plotting.maps._LONGEST", longest)
    whole = drawn(plot_band(band, ext))
    monkeypatch.setattr("skyseg.plotting.maps._STRIP_PIXELS", 300 * 17)
    np.testing.assert_array_equal(drawn(plot_band(band, ext)), whole)


def test_overlay_draws_the_outlines_over_sci(band: BandData) -> None:
    ax = plot_band(band, overlay=True, region=((150, 100), 100))
    assert ax.get_title().endswith("SCI, SEG rms_err")
    (lines,) = (part for part in ax.collections if isinstance(part, LineCollection))
    labels = band.load_seg()[50:150, 100:200]
    expected = rendering.trace_outlines(labels) + np.array([100, 50])
    assert np.allclose(lines.get_segments(), expected)


def test_colours_and_scale_are_those_asked_for(band: BandData) -> None:
    norm = LogNorm(1e-3, 1)
    image = plot_band(band, "SCI", cmap="magma", norm=norm).get_images()[0]
    assert image.get_cmap().name == "magma"
    assert image.norm is norm
    labels = plot_band(band, cmap="tab20").get_images()[0]
    assert labels.get_cmap().name == "tab20"
    assert np.ma.is_masked(labels.get_array())


def test_given_axes_are_drawn_on_and_left_open(band: BandData, tmp_path: Path) -> None:
    figure, ax = plt.subplots()
    assert plot_band(band, ax=ax, save=tmp_path / "a.png") is ax
    assert plt.fignum_exists(figure.number)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_a_saved_figure_is_whole_and_closed(band: BandData, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"seg.{ending}"
    plot_band(band, save=path)
    assert path.stat().st_size > 1000
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert plt.get_fignums() == []


def test_a_saved_figure_shows_the_labels(band: BandData, tmp_path: Path) -> None:
    plot_band(band, save=tmp_path / "seg.png")
    pixels = np.round(255 * imread(tmp_path / "seg.png")[..., :3]).astype(int).reshape(-1, 3)
    seen = {tuple(each) for each in pixels.tolist()}
    labels = band.load_seg()
    large = np.flatnonzero(np.bincount(labels.ravel()) > 60)[1:]
    assert large.size > 3
    for colour in rendering.colour_labels(large).tolist():
        assert tuple(colour) in seen


def test_all_bands_make_a_grid(data: Data) -> None:
    figure = plot_data(data, "SCI", region=((150, 120), 80))
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["sample v1 F115W SCI", "sample v1 F444W SCI"]


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (3, 3), (4, 2), (7, 3), (14, 4)])
def test_panels_fill_rows_from_the_top(n: int, columns: int) -> None:
    places = [ax.get_position() for ax in make_panels([None] * n)]
    assert len({round(place.x0, 6) for place in places}) == columns
    assert places[0].y0 == max(place.y0 for place in places)
    assert all(0 <= p.x0 < p.x1 <= 1 and 0 <= p.y0 < p.y1 <= 1 for p in places)


def test_a_wrong_ext_is_refused_with_those_that_exist(band: BandData) -> None:
    with pytest.raises(ParameterError, match=", ".join(EXTS)):
        plot_band(band, "DQ")


def test_wrong_requests_leave_no_figure(band: BandData, data: Data, tmp_path: Path) -> None:
    for wrong in (
        lambda: plot_band(band, region=((9999, 5), 10)),
        lambda: plot_data(data, region=(3, 10)),
        lambda: plot_data([]),
        lambda: plot_band(band, save=tmp_path / "a.xyz"),
        lambda: plot_band(band, "SCI", cmap="no such colours"),
        lambda: plot_band(band, "SCI", norm="no such scale"),
    ):
        with pytest.raises(ParameterError):
            wrong()
    assert plt.get_fignums() == []
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(band: BandData, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("file", "misspelled"):
        place = tmp_path / folder / "a.png"
        with pytest.raises(ProductError, match="cannot be written: there is no folder"):
            plot_band(band, save=place)
    assert plt.get_fignums() == []
    assert not (tmp_path / "misspelled").exists()


def test_seg_of_a_band_not_segmented_says_so(data: Data) -> None:
    fresh = BandData.from_files(str(data["F444W"].sci))
    with pytest.raises(ProductError, match="segment"):
        plot_band(fresh)
    assert plt.get_fignums() == []
