"""A comparison in files, figures, regions and words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS
from astropy.wcs.wcsapi import BaseHighLevelWCS
from matplotlib.colors import to_rgb
from regions import RectanglePixelRegion, Regions

from skyseg.comparison import KIND_COLOURS, KINDS, LEGEND, Comparison, compare
from skyseg.comparison.report import format_table, to_dict
from skyseg.errors import ComparisonError, ParameterError, ProductError

Labels = npt.NDArray[np.int32]


@pytest.fixture
def changed(field: Labels) -> Labels:
    b = field.copy()
    b[b == 2] = 0
    b[8:12, 60:70] = 8
    b[b == 6] = 5
    b[15, 5:11] = 1
    b[50:54, 70:74] = 7
    return b


@pytest.fixture
def comparison(field: Labels, changed: Labels, sky: Callable[..., WCS]) -> Comparison:
    image = np.ones(field.shape) * u.nJy
    return compare((field, sky(rotation=30)), changed, sci=image, err=image)


@pytest.fixture
def on_pixels(field: Labels, changed: Labels) -> Comparison:
    return compare(field, changed)


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    before = plt.get_backend()
    plt.switch_backend("Agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def test_a_fits_file_holds_maps_table_and_provenance(
    comparison: Comparison, tmp_path: Path
) -> None:
    file = comparison.write(tmp_path / "changes.fits")
    with fits.open(file) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ["DIFF", "SEG_B", "CHANGES", "PROVENANCE"]
        np.testing.assert_array_equal(hdus["DIFF"].data, comparison.difference_map)
        np.testing.assert_array_equal(hdus["SEG_B"].data, comparison.relabelled_b)
        assert hdus["DIFF"].header["CLASS4"] == "in both, divided otherwise"
        assert WCS(hdus["DIFF"].header).has_celestial
        assert hdus["CHANGES"].header["TCOMM5"] == "Number of sources in map b"
    table = QTable.read(file, hdu="CHANGES")
    _assert_same_table(table, comparison.table)
    record = QTable.read(file, hdu="PROVENANCE")
    rows = {(row["side"], row["key"]): row["value"] for row in record}
    assert rows["a", "path"] == rows["b", "path"] == "an array in memory"
    assert rows["b", "shape"] == "60 x 80"
    assert rows["comparison", "note 1"] == comparison.notes[0]


def test_an_ecsv_file_holds_the_table_and_the_provenance(
    comparison: Comparison, tmp_path: Path
) -> None:
    table = QTable.read(comparison.write(tmp_path / "changes.ecsv"))
    _assert_same_table(table, comparison.table)
    assert table.meta["a"]["name"] == "map a"
    assert table.meta["b"]["dtype"] == "int32"
    assert comparison.table.meta == {}


def test_maps_without_sources_are_written_too(tmp_path: Path) -> None:
    empty = compare(np.zeros((5, 6), int), np.zeros((5, 6), int))
    assert len(QTable.read(empty.write(tmp_path / "empty.fits"), hdu="CHANGES")) == 0
    assert len(QTable.read(empty.write(tmp_path / "empty.ecsv"))) == 0
    assert len(empty.to_regions()) == 0
    empty.plot(save=tmp_path / "empty.png")
    assert "matched 0" in str(empty)
    assert empty._repr_html_()
    assert to_dict(empty)["table"] == []


def test_labels_of_int64_are_written_exactly(field: Labels, tmp_path: Path) -> None:
    large = np.where(field > 0, field.astype(np.int64) + 2**60, 0)
    file = compare(large, field).write(tmp_path / "large.fits")
    np.testing.assert_array_equal(fits.getdata(file, "SEG_B"), large)


def test_a_unit_that_fits_does_not_know_is_written_too(field: Labels, tmp_path: Path) -> None:
    unit = u.def_unit("maggie")
    file = compare(field, field, sci=np.ones(field.shape) * unit).write(tmp_path / "odd.fits")
    with fits.open(file) as hdus:
        assert hdus["CHANGES"].columns["flux_a"].unit == "maggie"


@pytest.mark.parametrize("name", ["changes.fits", "changes.ecsv", "changes.png"])
def test_the_same_comparison_gives_the_same_bytes(
    field: Labels, changed: Labels, tmp_path: Path, name: str
) -> None:
    written = []
    for folder in ("one", "two"):
        file = tmp_path / folder / name
        file.parent.mkdir()
        comparison = compare(field, changed)
        if name.endswith("png"):
            comparison.plot(save=file)
        else:
            comparison.write(file)
        written.append(file.read_bytes())
    assert written[0] == written[1]


def test_a_file_that_is_there_is_only_replaced_when_told(
    comparison: Comparison, tmp_path: Path
) -> None:
    file = tmp_path / "changes.ecsv"
    file.write_text("mine")
    with pytest.raises(ProductError, match=r"changes\.ecsv is there already"):
        comparison.write(file)
    assert file.read_text() == "mine"
    comparison.write(file, overwrite=True)
    assert len(QTable.read(file)) == len(comparison.table)
    assert list(tmp_path.iterdir()) == [file]


def test_a_name_with_another_ending_is_refused(comparison: Comparison, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"changes\.csv has no known ending"):
        comparison.write(tmp_path / "changes.csv")


def test_a_place_that_cannot_be_written_to_is_an_error_and_leaves_nothing(
    comparison: Comparison, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProductError, match="cannot be written"):
        comparison.write(tmp_path / "file" / "changes.fits")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_regions_on_the_sky_lie_where_the_boxes_are(comparison: Comparison) -> None:
    wcs = comparison.a.wcs
    regions = comparison.to_regions(KINDS)
    assert len(regions) == len(comparison.table)
    for region, row in zip(regions, comparison.table, strict=True):
        box = region.to_pixel(wcs)
        assert box.center.x == pytest.approx((row["x_min"] + row["x_max"]) / 2, abs=1e-3)
        assert box.center.y == pytest.approx((row["y_min"] + row["y_max"]) / 2, abs=1e-3)
        assert box.width == pytest.approx(row["x_max"] - row["x_min"] + 1, rel=1e-3)
        assert box.height == pytest.approx(row["y_max"] - row["y_min"] + 1, rel=1e-3)
        assert np.sin(box.angle.rad) == pytest.approx(0, abs=1e-3)
        assert region.visual["color"] == KIND_COLOURS[row["kind"]]


def test_regions_without_a_wcs_are_in_pixels(on_pixels: Comparison) -> None:
    (lost,) = on_pixels.to_regions(["lost"])
    assert isinstance(lost, RectanglePixelRegion)
    assert (lost.center.x, lost.center.y, lost.width, lost.height) == (32.5, 10.5, 6, 12)
    assert lost.meta["text"] == "lost 2 >"


@pytest.mark.parametrize("name", ["comparison", "on_pixels"])
def test_regions_are_read_again_from_a_ds9_file(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    regions = request.getfixturevalue(name).to_regions()
    regions.write(tmp_path / "changes.reg", format="ds9")
    again = Regions.read(tmp_path / "changes.reg", format="ds9")
    assert [region.meta["text"] for region in again] == [region.meta["text"] for region in regions]
    assert len(again) == 5


def test_an_unknown_kind_is_refused(comparison: Comparison) -> None:
    with pytest.raises(ComparisonError, match="kind 'gone' is not known"):
        comparison.to_regions(["gone"])


def test_the_figure_shows_the_classes_in_their_colours(on_pixels: Comparison) -> None:
    ax = on_pixels.plot()
    shown = np.asarray(ax.images[0].get_array())
    palette = np.array([np.round(255 * np.array(to_rgb(entry.colour))) for entry in LEGEND])
    np.testing.assert_array_equal(shown, palette[on_pixels.difference_map])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        entry.text for entry in LEGEND
    ]


def test_a_region_zooms_and_keeps_the_coordinates_of_the_whole(on_pixels: Comparison) -> None:
    ax = on_pixels.plot(region=((60, 10), 20))
    assert (ax.get_xlim(), ax.get_ylim()) == ((49.5, 69.5), (-0.5, 19.5))
    assert on_pixels.plot(region=(3, 10)).get_xlim() == pytest.approx((54.5, 64.5))
    with pytest.raises(ParameterError):
        on_pixels.plot(region=((500, 500), 10))


def test_with_a_wcs_the_axes_are_on_the_sky(comparison: Comparison) -> None:
    ax = comparison.plot(region=((40, 30), 0.8 * u.arcsec))
    assert isinstance(ax.wcs, BaseHighLevelWCS)
    assert np.ptp(ax.get_xlim()) == 20


def test_axes_that_are_given_are_drawn_on_and_stay_open(
    on_pixels: Comparison, tmp_path: Path
) -> None:
    figure, ax = plt.subplots()
    assert on_pixels.plot(ax=ax, save=tmp_path / "figure.png") is ax
    assert plt.fignum_exists(figure.number)
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_made_for_a_file_is_closed(on_pixels: Comparison, tmp_path: Path) -> None:
    ax = on_pixels.plot(save=tmp_path / "figure.pdf")
    assert not plt.fignum_exists(ax.figure.number)


def test_no_change_is_lost_where_a_large_map_is_binned() -> None:
    a, b = np.zeros((2300, 4100), np.int32), np.zeros((2300, 4100), np.int32)
    b[1234, 2001] = 1
    shown = np.asarray(compare(a, b).plot().images[0].get_array())
    assert max(shown.shape) <= 2000
    assert np.count_nonzero(shown.any(axis=-1)) == 1


def test_the_summary_tells_names_counts_and_agreement(comparison: Comparison) -> None:
    lines = str(comparison).splitlines()
    assert lines[:2] == ["a: map a, 6 sources", "b: map b, 6 sources"]
    assert lines[2] == "new 1 · lost 1 · split 1 · merged 1 · grown 1 · shrunk 0 · matched 1"
    assert lines[3].startswith("foreground IoU 0.8")
    assert lines[4] == "flux changes by more than 1 sigma in 2 of 6 rows"
    assert repr(comparison).startswith("<Comparison of map a with map b: 1 new, 1 lost")


def test_the_text_table_has_the_largest_changes_first(
    comparison: Comparison, on_pixels: Comparison
) -> None:
    for each in (comparison, on_pixels):
        lines = format_table(each, limit=2).splitlines()
        assert lines[0].startswith("kind")
        assert lines[2].split()[:2] == ["lost", "2"]
        assert len(lines) == 4
    assert "matched" not in format_table(comparison, limit=99)


def test_the_text_table_places_changes_as_catalogues_do(comparison: Comparison) -> None:
    head, _, first = format_table(comparison, limit=1).splitlines()
    place = next(row for row in comparison.table if row["kind"] == "lost")
    x, y = head.index("X_IMAGE"), head.index("Y_IMAGE")
    assert float(first[x:].split()[0]) == pytest.approx(place["x"] + 1, abs=0.06)
    assert float(first[y:].split()[0]) == pytest.approx(place["y"] + 1, abs=0.06)


def test_without_fluxes_sources_that_come_or_go_are_before_those_that_grow() -> None:
    a, b = np.zeros((60, 60), np.int32), np.zeros((60, 60), np.int32)
    a[:40, :40], b[:40, :30] = 1, 1
    a[50:53, 50:53], b[50:54, 5:9] = 2, 3
    a[45:47, 20:24], b[45:47, 20:22], b[45:47, 22:24] = 4, 4, 5
    lines = format_table(compare(a, b), limit=9).splitlines()[2:]
    assert [line.split()[0] for line in lines] == ["new", "lost", "split", "shrunk"]


def test_json_holds_everything_and_no_nan(comparison: Comparison, on_pixels: Comparison) -> None:
    known = json.loads(json.dumps(to_dict(comparison), allow_nan=False))
    assert known["counts"] == comparison.counts
    assert len(known["table"]) == len(comparison.table)
    split = next(row for row in known["table"] if row["kind"] == "split")
    assert (split["labels_a"], split["labels_b"]) == ([3], [3, 8])
    unknown = json.loads(json.dumps(to_dict(on_pixels), allow_nan=False))
    assert unknown["table"][0]["flux_a"] is None


def test_html_escapes_names_and_counts_every_kind(
    field: Labels, changed: Labels, tmp_path: Path
) -> None:
    file = tmp_path / "a<b>.fits"
    fits.PrimaryHDU(field).writeto(file)
    html = compare(file, changed)._repr_html_()
    assert "a&lt;b&gt;.fits" in html
    assert "<b>.fits" not in html
    for kind in KINDS:
        assert f"{kind} <b>1</b>" in html or kind == "shrunk"


def _assert_same_table(table: QTable, expected: QTable) -> None:
    assert table.colnames == expected.colnames
    for name in table.colnames:
        if name.startswith("labels_"):
            assert [list(each) for each in table[name]] == [list(each) for each in expected[name]]
        else:
            np.testing.assert_array_equal(table[name], expected[name])
            assert getattr(table[name], "unit", None) == getattr(expected[name], "unit", None)


def test_maps_in_a_folder_of_any_name_are_told_in_the_provenance(
    field: Labels, changed: Labels, tmp_path: Path
) -> None:
    folder = tmp_path / "Größe 50%"
    folder.mkdir()
    fits.writeto(folder / "a.fits", field)
    file = compare(folder / "a.fits", changed).write(tmp_path / "changes.fits")
    rows = fits.getdata(file, "PROVENANCE")
    (path,) = (row["value"] for row in rows if (row["side"], row["key"]) == ("a", "path"))
    assert unquote(path) == f"{folder / 'a.fits'}[0]"
