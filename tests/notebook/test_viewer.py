"""The viewer as the kernel holds it, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

import skyseg
from skyseg.errors import ParameterError, ViewerError
from skyseg.notebook import _geometry
from skyseg.notebook._label_sources import LabelSources
from skyseg.notebook._readout import read_pixel
from skyseg.samples import make_survey

SHAPE = (300, 260)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_survey(folder, bands=("F200W", "F444W"), shape=SHAPE, seed=2)
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


def test_arrays_are_viewed_with_the_boxes_of_their_labels() -> None:
    viewer = skyseg.view(*an_image())
    viewer.selected = 9

    assert viewer.active.sources.extent(9) == (100, 60, 110, 80)
    assert viewer.region == ((104.5, 69.5), (80.0, 80.0))
    assert read_pixel(viewer.active, 100.5, 60.5).endswith("SEG 9")
    assert viewer.active.pick(21, 11) is None
    assert viewer.selected == 3


def test_a_stack_is_viewed_as_a_band_is(segmented: skyseg.Data) -> None:
    stack = segmented["F200W+F444W"]
    stack.segment()
    viewer = stack.view()

    assert viewer.active.band == stack
    viewer.selected = 1
    assert viewer.active.sources.extent(1)[0] >= 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"selected": 4}, "there is no source 4; the SEG map has 3 to 9"),
        ({"region": ((900, 900), 10)}, "is no pixel of the image"),
        ({"bands": ("F999W",)}, "give at least one of image"),
        ({"change": 0}, "the table of changes has 0"),
        ({"active_band": "F999W"}, "give one of image, which are shown"),
        ({"outlines_of": 3}, "outlines_of is 3; give a text"),
        ({"comparison": 3}, "comparison is 3; give a Comparison, or None"),
        (
            {"comparison": skyseg.compare(np.eye(5, dtype=int), np.eye(5, dtype=int))},
            "lies on other pixels than image",
        ),
    ],
)
def test_what_is_not_there_cannot_be_set(setting: dict[str, Any], message: str) -> None:
    viewer = skyseg.view(*an_image())

    with pytest.raises(ParameterError, match=message):
        viewer.set_trait(*next(iter(setting.items())))


def test_a_band_without_seg_has_no_source_to_select(data: skyseg.Data) -> None:
    viewer = data["F200W"].view()

    with pytest.raises(ParameterError, match="segment it first"):
        viewer.selected = 1


@pytest.mark.parametrize(
    ("image", "labels", "message"),
    [
        (np.zeros(5), None, "give a 2-D array"),
        (np.zeros((5, 5)), np.zeros((4, 5), int), "shape"),
        (np.zeros((5, 5)), -np.eye(5, dtype=int), "run from -1 to 0"),
    ],
)
def test_arrays_that_cannot_be_shown_are_refused(image: Any, labels: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        skyseg.view(image, labels)


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        ("array", {"ext": "WHT"}, "ext cannot be chosen for an array"),
        ("array", {"err_type": "wht", "bands": ["a"]}, "err_type, bands cannot be chosen"),
        ("array", {"cat": Table()}, "give both"),
        ("band", {"wcs": WCS(naxis=2)}, "wcs cannot be chosen for a band or a file"),
        ("survey", {"seg": np.eye(3, dtype=int)}, "seg cannot be chosen for a survey"),
    ],
)
def test_arguments_that_would_do_nothing_are_refused(
    data: skyseg.Data, source: str, arguments: dict[str, Any], message: str
) -> None:
    sources = {"array": np.eye(9), "band": data["F200W"], "survey": data}
    with pytest.raises(ParameterError, match=message):
        skyseg.view(sources[source], **arguments)


def test_session_and_traits_follow_each_other(segmented: skyseg.Data) -> None:
    viewer = segmented.view()
    viewer.err_type = "wht"
    viewer.session.method = "sextractor"
    viewer.session.selected = (2, 5)
    seen = []
    viewer.observe(lambda change: seen.append(change.new), "selected")
    viewer.session.selected = (7,)

    assert viewer.session.err_type == "wht"
    assert viewer.method == "sextractor"
    assert viewer.selected == 7
    assert seen == [7]
    assert viewer.selection == (7,)


def test_a_region_on_the_sky_is_shown_in_every_band(segmented: skyseg.Data) -> None:
    viewer = segmented.view(bands=("F200W", "F444W"))
    centre = segmented["F200W"].wcs.pixel_to_world(120, 80)
    viewer.region = (centre, 1.5 * u.arcsec)

    for canvas in viewer.canvases:
        left, lower, right, upper = canvas.extent
        assert right - left == pytest.approx(50, abs=0.01)
        assert ((left + right) / 2, (lower + upper) / 2) == pytest.approx((120.5, 80.5), abs=1)


def test_the_map_under_the_labels_is_chosen(segmented: skyseg.Data) -> None:
    viewer = segmented["F200W"].view(ext="WHT")
    assert np.array_equal(viewer.active.image, segmented["F200W"].load_wht())

    viewer.ext = "BKG"
    assert np.array_equal(viewer.active.image, segmented["F200W"].load_bkg())
    assert viewer.active.sources is not None


def test_a_band_that_is_put_beside_another_leaves_that_as_it_is(segmented: skyseg.Data) -> None:
    viewer = segmented.view()
    viewer.comparison = segmented["F200W"].difference()
    viewer.selected, viewer.stretch = 4, "log"
    first = viewer.active
    viewer.bands = ("F200W", "F444W")

    assert viewer.canvases[0] is first
    assert (viewer.selected, viewer.stretch) == (4, "log")
    assert viewer.difference_shown
    assert viewer.canvases[1].extent == first.extent

    viewer.bands = ("F444W",)
    assert (viewer.selected, viewer.comparison, viewer.active_band) == (0, None, "F444W")


def test_the_band_that_is_chosen_is_the_one_in_hand(segmented: skyseg.Data) -> None:
    viewer = segmented.view(bands=("F200W", "F444W"))
    viewer.comparison = segmented["F200W"].difference()
    viewer.band = "F444W"
    viewer.limits = (0, 5)
    viewer.change = 0

    assert [canvas.limits == (0, 5) for canvas in viewer.canvases] == [False, True]
    assert [bool(canvas._frame) for canvas in viewer.canvases] == [True, False]


def test_seg_is_the_labels_filled(segmented: skyseg.Data, data: skyseg.Data) -> None:
    viewer = segmented["F200W"].view("SEG")

    assert (viewer.ext, viewer.label_style, viewer.opacity) == ("SCI", "filled", 1)
    with pytest.raises(ParameterError, match="segment it first"):
        skyseg.view(data["F200W"].sci.path, ext="seg")


def test_labels_that_were_given_are_those_of_their_band_alone(segmented: skyseg.Data) -> None:
    given = np.eye(*SHAPE, dtype=int)
    viewer = skyseg.view(segmented["F200W"], given)
    assert np.array_equal(viewer.active.sources.labels, given)

    viewer.use_bands({"F444W": segmented["F444W"]})
    assert np.array_equal(viewer.active.sources.labels, segmented["F444W"].load_seg())


def test_the_archive_in_the_panel_is_that_of_the_survey(data: skyseg.Data, archive: Path) -> None:
    assert data.view().session.archive == archive
    assert data["F200W"].view().session.archive == archive


def test_another_error_type_is_loaded_or_made_and_the_band_keeps_its_own(
    segmented: skyseg.Data,
) -> None:
    band = segmented["F200W"]
    viewer = band.view(err_type="wht")

    other = band.copy()
    other.segment("wht")
    assert np.array_equal(viewer.active.sources.labels, other.load_seg())
    assert band.seg_args["err_type"] == "rms_err"


@pytest.mark.parametrize("shown", ["rms_err", "wht"])
def test_both_sides_of_a_comparison_are_there_to_blink_whichever_seg_map_is_shown(
    segmented: skyseg.Data, shown: str
) -> None:
    viewer = segmented["F200W"].view(err_type=shown)
    comparison = segmented["F200W"].difference("rms_err", "wht")
    viewer.comparison = comparison
    canvas = viewer.active

    assert np.array_equal(canvas.tiles["side_a"].pixels, comparison.a.labels)
    assert np.array_equal(canvas.tiles["side_b"].pixels, comparison.relabelled_b)
    assert (canvas.tiles["side_a"] is canvas.tiles["labels"]) == (shown == "rms_err")


def test_a_file_and_an_archive_are_opened(archive: Path) -> None:
    path = next(archive.rglob("*f444w*_i2d.fits"))
    truth = next(archive.rglob("*f444w*_truth_seg.fits"))

    assert skyseg.view(path, truth).active.sources.labels.max() > 10
    assert skyseg.view(f"{path}[WHT]").active.image.shape == SHAPE
    assert skyseg.view(archive).bands == ("F200W",)


def test_stepping_where_there_is_nothing_to_step_to_changes_nothing() -> None:
    image = np.zeros((60, 60))
    nothing = np.zeros(image.shape, int)
    viewer = skyseg.view(image, nothing, comparison=skyseg.compare(nothing, nothing))
    for what in ("change", "source"):
        viewer._on_step(viewer.active, {"kind": "step", "what": what, "by": 1}, None)

    assert (viewer.change, viewer.selected) == (-1, 0)


def test_stepping_goes_round() -> None:
    sources = LabelSources(an_image()[1], lambda: None)

    assert [sources.next(number, 1) for number in (0, 3, 9)] == [3, 9, 3]
    assert [sources.next(number, -1) for number in (0, 3, 9)] == [9, 9, 3]


def test_north_and_east_are_those_of_a_turned_image() -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval = 40, -20
    wcs.wcs.crpix = 50, 50
    turn = np.deg2rad(30)
    wcs.wcs.cd = 1e-5 * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    found = _geometry.find_directions(wcs, (100, 100))

    assert found["north"] == pytest.approx([0.5, np.sqrt(0.75)], abs=1e-4)
    assert found["east"] == pytest.approx([-np.sqrt(0.75), 0.5], abs=1e-4)


def test_a_place_goes_to_an_extent_and_back(data: skyseg.Data) -> None:
    band = data["F200W"]
    extent = (10.5, 20.0, 90.5, 60.0)
    place = _geometry.extent_to_place(extent, band.wcs, band.pix_scale)

    assert _geometry.place_to_extent(place, band.wcs, band.pix_scale) == pytest.approx(
        extent, abs=1e-4
    )
    assert isinstance(place.centre, SkyCoord)


def test_the_snapshot_shows_what_is_in_view(segmented: skyseg.Data) -> None:
    viewer = segmented["F200W"].view()
    viewer.region = ((100, 120), (40, 20))
    viewer.comparison = segmented["F200W"].difference()
    (ax,) = viewer.snapshot().axes

    assert ax.get_xlim() == (79.5, 119.5)
    assert ax.get_ylim() == (109.5, 129.5)
    assert not ax.patches
    assert len(ax.get_legend().get_texts()) == 4
    picture = viewer._repr_mimebundle_()[0]["image/png"]
    assert len(picture) > 5000

    viewer.change = 0
    y0, _, x0, _ = viewer.differences.table.rows.get_box(0)
    (box,) = viewer.snapshot().axes[0].patches
    assert box.get_xy() == (x0 - 0.5, y0 - 0.5)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("skyseg.notebook._BUNDLE", tmp_path / "viewer.js")
    with pytest.raises(ViewerError, match="npm ci && npm run build"):
        skyseg.view(np.eye(3))

    monkeypatch.setattr("skyseg.notebook._NEEDED", ("no_such_package",))
    with pytest.raises(ViewerError, match="needs no_such_package; install skyseg with the extra"):
        skyseg.view(np.eye(3))


def test_an_archive_without_imaging_is_named(tmp_path: Path) -> None:
    with pytest.raises(skyseg.SkysegError, match="holds no survey"):
        skyseg.view(tmp_path)


def test_inputs_are_not_changed(archive: Path) -> None:
    path = next(archive.rglob("*f200w*_i2d.fits"))
    before = path.read_bytes()
    with fits.open(path) as hdus:
        assert hdus["SCI"].data.shape == SHAPE
    skyseg.view(path)._repr_mimebundle_()

    assert path.read_bytes() == before


def test_the_panel_shows_what_the_seg_map_was_made_with(segmented: skyseg.Data) -> None:
    band = segmented["F444W"]
    band.segment("wht")
    viewer = segmented.view(bands=["F444W"])

    assert viewer.err_type == viewer.session.err_type == "wht"
    assert viewer.active.title.endswith("F444W SCI, SEG wht")


def test_the_state_of_a_saved_notebook_holds_the_picture() -> None:
    viewer = skyseg.view(*an_image())
    viewer._repr_mimebundle_()

    assert viewer.active.get_state()["_picture"].startswith(b"\x89PNG")


@pytest.mark.parametrize("edges", [[1.0], [0.0, 0.0, 1.0], [0.0, 0.0, float("nan"), 4.0],
                                   [0.0, 0.0, 1e300, 4.0]])  # fmt: skip
@pytest.mark.parametrize("name", ["_extent", "_visible", "_frame"])
def test_what_is_no_part_of_an_image_is_not_taken_from_a_browser(
    name: str, edges: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    viewer = skyseg.view(*an_image())
    before = getattr(viewer.active, name)
    viewer.active.set_state({name: edges})
    assert getattr(viewer.active, name) == before
    assert "give the four edges" in caplog.text
    assert viewer.snapshot() is not None


def test_the_panel_is_hidden_and_comes_back(data: skyseg.Data) -> None:
    viewer = data.view()
    side = viewer._side_panel.box
    viewer.panel_shown = False
    assert side.layout.display == "none"

    viewer.panel_shown = True
    assert side.layout.display is None


def test_a_seg_map_of_ours_is_shown_over_the_image_it_was_made_from(
    segmented: skyseg.Data,
) -> None:
    band = segmented["F200W"]
    viewer = skyseg.view(band.seg_path)

    assert np.array_equal(viewer.active.image, band.load_sci(), equal_nan=True)
    assert np.array_equal(viewer.active.sources.labels, band.load_seg())
    assert (viewer.survey, viewer.version, viewer.bands) == ("sample", "v1", ("F200W",))
    with pytest.raises(ParameterError, match="have their catalogue already"):
        viewer.measure()
    assert len(viewer.active.sources.catalogue) == len(band.load_cat())
    assert "MAG_AUTO" in viewer.active.sources.catalogue.colnames


def test_labels_without_an_image_are_shown_alone(archive: Path, tmp_path: Path) -> None:
    truth = next(archive.rglob("*f444w*_truth_seg.fits"))
    labels = fits.getdata(truth)
    path = tmp_path / "check.fits"
    fits.writeto(path, labels.astype(np.float32))
    viewer = skyseg.view(path)
    number = int(labels.max())
    viewer.selected = number

    assert viewer.label_style == "filled"
    assert viewer.active.band.name == "check"
    assert viewer.active.sources.catalogue["NUMBER"].tolist() == np.unique(labels)[1:].tolist()


@pytest.mark.parametrize("name", ["a_segm.fits", "any.fits"])
def test_any_seg_map_is_shown_over_a_file(archive: Path, tmp_path: Path, name: str) -> None:
    image = next(archive.rglob("*f444w*_i2d.fits"))
    labels = fits.getdata(next(archive.rglob("*f444w*_truth_seg.fits")))
    extension = fits.ImageHDU(labels.astype(np.float64), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), extension]).writeto(tmp_path / name)
    sources = skyseg.view(image, tmp_path / name).active.sources

    assert np.array_equal(sources.labels, labels)
    assert {"ALPHA_J2000", "XMIN_IMAGE"} <= set(sources.catalogue.colnames)


def test_maps_and_zero_point_of_a_file_are_given(archive: Path) -> None:
    image = next(archive.rglob("*f444w*_i2d.fits"))
    viewer = skyseg.view(f"{image}[SCI]", wht=f"{image}[WHT]", zero_point=25)

    band = viewer.active.band
    assert (band.wht.name, band.err, band.zero_point) == ("WHT", None, 25)
    with pytest.raises(ParameterError, match="err cannot be chosen for what is no file"):
        skyseg.view(np.eye(9), err="err.fits")


def test_labels_of_another_program_are_measured_in_the_image(archive: Path, tmp_path: Path) -> None:
    image = next(archive.rglob("*f444w*_i2d.fits"))
    labels = fits.getdata(next(archive.rglob("*f444w*_truth_seg.fits")))
    fits.writeto(tmp_path / "segm.fits", labels.astype(np.float32))
    viewer = skyseg.view(image, tmp_path / "segm.fits")
    viewer.selected = number = int(labels.max())
    assert viewer.sources.read().title.endswith("sources, not measured yet")
    assert viewer.measuring.box.layout.display is None
    viewer.measure()
    assert viewer.measuring.button.description == "Cancel"
    viewer.measuring.wait()

    catalogue = viewer.active.sources.catalogue
    assert viewer.measuring.button.description == "Measure"
    assert catalogue["NUMBER"].tolist() == np.unique(labels)[1:].tolist()
    assert np.isfinite(catalogue["FLUX_AUTO"]).all()
    assert viewer.active.sources.extent(number)
    assert viewer.sources.read().title.endswith(f"{len(catalogue)} sources")
    viewer.measure()
    viewer.measuring.wait()
    with pytest.raises(ParameterError, match="image is no image on disk; give a file"):
        skyseg.view(*an_image()).measure()


def test_labels_are_measured_with_the_parameters_that_are_chosen(
    archive: Path, tmp_path: Path
) -> None:
    image = next(archive.rglob("*f444w*_i2d.fits"))
    labels = fits.getdata(next(archive.rglob("*f444w*_truth_seg.fits")))
    fits.writeto(tmp_path / "segm.fits", labels.astype(np.int32))
    viewer = skyseg.view(image, tmp_path / "segm.fits")
    areas = []
    for threshold in (1.8, 20.0):
        viewer.parameters = viewer.parameters.replace(analysis_thresh=threshold)
        viewer.measure()
        viewer.measuring.wait()
        areas.append(viewer.active.sources.catalogue["ISOAREA_IMAGE"].value)

    assert (areas[1] <= areas[0]).all() and (areas[1] < areas[0]).any()


def test_a_run_takes_the_place_of_labels_that_were_given(
    segmented: skyseg.Data, archive: Path
) -> None:
    viewer = skyseg.view(segmented["F200W"], np.eye(*SHAPE, dtype=int))
    viewer._side_panel.start()
    viewer._side_panel.wait()

    assert np.array_equal(viewer.active.sources.labels, segmented["F200W"].load_seg())


def test_files_are_segmented_from_the_panel_with_a_zero_point(
    archive: Path, tmp_path: Path
) -> None:
    for role in ("SCI", "WHT"):
        image = fits.getdata(next(archive.rglob("*f444w*_i2d.fits")), role)
        fits.writeto(tmp_path / f"field_{role.lower()}.fits", image.astype(np.float32))
    viewer = skyseg.view(tmp_path / "field_sci.fits")
    panel = viewer._side_panel.panel
    assert panel.files.source.value == "open files"
    panel.files.add.value = str(tmp_path / "field_wht.fits")
    panel.files.zero_point.value = "25"
    viewer._side_panel.start()
    viewer._side_panel.wait()

    (band,) = viewer.session.bands()
    assert (band.survey, band.wht.path.name, band.zero_point) == ("field", "field_wht.fits", 25)
    assert viewer.active.sources.labels.max() > 10
    assert viewer.active.band.seg_path.is_relative_to(skyseg.config.work_dir)


def test_a_survey_without_zero_points_is_given_them(imaging_dir: Path) -> None:
    viewer = skyseg.Data.from_survey_version("XDF", "v1", data_dir=imaging_dir)["F160W"].view()
    panel = viewer._side_panel.panel
    for zero_point, known in (("", False), ("25.9463", True)):
        panel.zero_points.box.value = zero_point
        panel.overwrite.value = True
        viewer._side_panel.start()
        viewer._side_panel.wait()
        table = viewer.active.band.load_cat()
        assert np.any(np.isfinite(table["MAG_AUTO"])) == known
        assert len(table) == viewer.active.sources.labels.max()


def test_a_file_of_an_archive_is_viewed_as_its_band(archive: Path) -> None:
    path = next(archive.rglob("*f444w*_i2d.fits"))
    viewer = skyseg.view(path)

    assert (viewer.survey, viewer.bands) == ("sample", ("F444W",))
    assert viewer.band_keys() == ["F200W", "F444W"]
    assert viewer.session.bands() == [viewer.active.band]
