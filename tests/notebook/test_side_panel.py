"""The panel at the side and its work, without a viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

import skyseg
from skyseg.errors import ParameterError, SkysegError
from skyseg.notebook._side_panel import SidePanel
from skyseg.panel.chosen_files import ChosenFiles
from skyseg.panel.compared_runs import ComparedRun
from skyseg.panel.imaging_choice import NEW_STACK
from skyseg.panel.session import Session
from skyseg.samples import make_survey


class Owner:
    """Writes down what the panel tells who owns it."""

    def __init__(self, session: Session) -> None:
        self.told: list[tuple[str, Any]] = []
        self.side = SidePanel(
            session,
            band_to_compare=lambda: session.data()["F444W"],
            choose_bands=self._note("bands"),
            on_busy=self._note("busy"),
            on_segmented=self._note("segmented"),
            on_compared=self._note("compared"),
            on_survey=self._note("survey"),
            on_stacked=self._note("stacked"),
            on_measured=self._note("measured"),
        )

    def _note(self, what: str) -> Callable[[Any], None]:
        return lambda value: self.told.append((what, value))

    @property
    def kinds(self) -> list[str]:
        return [what for what, _ in self.told]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_survey(folder, bands=("F200W", "F444W"), shape=(120, 110), seed=2)
    return folder


@pytest.fixture
def session(archive: Path) -> Session:
    return Session(data_dir=archive, survey="sample", version="v1")


@pytest.fixture
def owner(session: Session) -> Iterator[Owner]:
    made = Owner(session)
    yield made
    made.side.cancel()
    made.side.wait()


def test_a_run_tells_its_products_and_says_what_was_made(owner: Owner) -> None:
    owner.side.start()
    owner.side.wait()
    assert owner.kinds == ["busy", "segmented", "segmented", "busy"]
    done = [owner.told[1][1][0], owner.told[2][1][0]]
    assert [task.band.band for task in done] == ["F200W", "F444W"]
    assert owner.side.panel.message.value == "\n".join(task.line for task in done)
    assert (owner.side.panel.run.text, owner.side.panel.bar.value) == ("Run", "")


def test_a_comparison_is_of_the_two_error_types(owner: Owner) -> None:
    owner.side.start_comparison()
    owner.side.wait()
    assert owner.kinds == ["busy", "compared", "busy"]
    comparison = owner.told[1][1]
    assert "rms_err" in comparison.a.name
    assert "wht" in comparison.b.name
    said = owner.side.panel.message.value
    assert said.startswith(f"{comparison.a.name} with {comparison.b.name}: ")
    assert said.endswith(" matched")


def test_a_comparison_is_of_two_methods_where_they_are_chosen(
    owner: Owner, session: Session
) -> None:
    first = session.difference[0]
    session.difference = first, ComparedRun(err_type="rms_err", method="sep")
    owner.side.start_comparison()
    owner.side.wait()
    comparison = owner.told[1][1]
    assert comparison.a.name.endswith("rms_err skyseg")
    assert comparison.b.name.endswith("rms_err sep")
    session.difference = first, first
    with pytest.raises(ParameterError, match="the two runs to compare are the same"):
        owner.side.start_comparison()


def test_one_piece_of_work_at_a_time_which_is_cancelled(owner: Owner) -> None:
    owner.side.start()
    with pytest.raises(ParameterError, match="other work goes on"):
        owner.side.start_comparison()
    owner.side.cancel()
    owner.side.wait()
    assert owner.told == [("busy", True), ("busy", False)]
    assert owner.side.panel.message.value == (
        "cancelled: sample F200W and sample F444W are not made"
    )


def test_a_failure_is_said_in_the_panels_words(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F444W",), shape=(64, 64), n_sources=3)
    owner = Owner(Session(data_dir=tmp_path, survey="sample", version="v1"))
    owner.side.start()
    owner.side.wait()
    with fits.open(made.images["F444W"], mode="update") as hdus:
        hdus["SCI"].data[:] += 1
    owner.side.start()
    owner.side.wait()
    assert "make it again with Overwrite" in owner.side.panel.message.value
    assert owner.told[-1] == ("busy", False)


def test_another_survey_is_told_once(owner: Owner, session: Session, tmp_path: Path) -> None:
    make_survey(tmp_path, survey="deep", bands=("F115W",), shape=(64, 64), n_sources=3)
    owner.side.panel.open_archive(tmp_path)
    assert owner.kinds == ["survey"]
    assert owner.told[0][1].keys() == ["F115W"]


def test_a_band_that_is_shown_alone_cannot_be_unticked(owner: Owner) -> None:
    owner.side.bands.offer(["F200W", "F444W"], ["F444W"])
    first, second = owner.side.bands._row.children
    assert (first.value, second.value, second.disabled) == (False, True, True)
    first.value = True
    assert owner.told == [("bands", ("F200W", "F444W"))]
    owner.side.bands.tick(["F200W"])
    assert owner.kinds == ["bands"]


def test_a_file_without_an_error_map_is_run_by_the_noise_of_the_image(half_archive: Path) -> None:
    (path,) = half_archive.rglob("uds-b-f444w_sci.fits")
    viewer = skyseg.view(path)
    side = viewer._side_panel
    assert side is not None
    assert (viewer.err_type, "the image itself" in side.panel.message.value) == ("none", True)
    side.start()
    side.wait()
    assert viewer.active.title.endswith("SEG none")


def test_a_run_reaches_bands_that_were_opened_with_another_error_type(archive: Path) -> None:
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)
    viewer = skyseg.view(data, err_type="wht")
    viewer.err_type = "rms_err"
    assert viewer._side_panel is not None
    viewer._side_panel.start()
    viewer._side_panel.wait()
    assert viewer.active.title.endswith("SEG rms_err")


def test_a_band_of_two_passes_is_run_in_two_passes_again(archive: Path, tmp_path: Path) -> None:
    band = skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)["F444W"]
    band.segment(parameters="hot+cold", work_dir=tmp_path, progress=False)
    session = band.view().session
    assert session.parameter_set == "hot+cold"
    assert session.segment_arguments()["parameters"] == "hot+cold"


def view_survey(archive: Path, **arguments: Any) -> Any:
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)
    return skyseg.view(data, **arguments)


def test_what_is_seen_at_first_is_what_is_run(archive: Path) -> None:
    viewer = view_survey(archive)
    assert (viewer.bands, viewer.session.band) == (("F200W",), "F200W")
    viewer = view_survey(archive, bands=["F200W", "F444W"])
    assert viewer.session.band == ""


def test_looking_never_changes_what_is_run(archive: Path) -> None:
    viewer = view_survey(archive, bands=["F200W", "F444W"])
    viewer.activate(viewer.canvases[1])
    assert (viewer.active.band.band, viewer.active_band) == ("F444W", "F444W")
    viewer.bands = ("F444W",)
    viewer.ext = "ERR"
    assert viewer.session.band == ""
    viewer.session.band = "F200W"
    assert (viewer.active_band, viewer.bands) == ("F200W", ("F200W",))


def test_the_list_of_maps_offers_what_is_there(archive: Path) -> None:
    viewer = view_survey(archive)
    side = viewer._side_panel
    assert side.ext.options == ("SCI", "ERR", "WHT")
    with pytest.raises(ParameterError, match="the map BKG is not there; give one of SCI, ERR, WHT"):
        viewer.ext = "BKG"
    assert (viewer.ext, side.ext.value, viewer.active.ext) == ("SCI", "SCI", "SCI")
    side.start()
    side.wait()
    assert side.ext.options == ("SCI", "ERR", "WHT", "BKG")
    viewer.ext = "BKG"
    viewer.bands = ("F444W",)
    assert (viewer.ext, side.ext.value, viewer.active.ext) == ("SCI", "SCI", "SCI")
    assert side.ext.options == ("SCI", "ERR", "WHT")


def test_a_run_takes_the_difference_of_older_maps_away(archive: Path) -> None:
    viewer = view_survey(archive)
    side = viewer._side_panel
    side.start_comparison()
    side.wait()
    assert viewer.difference_shown
    side.start()
    side.wait()
    assert (viewer.comparison, viewer.difference_shown) == (None, False)
    assert viewer.active.sources is not None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("survey", "nonsense", "there is no survey 'nonsense' in .*; use one of deep, sample"),
        ("version", "v9", "there is no version 'v9'"),
        ("band", "F115W", "no band 'F115W'.*; use one of F200W, F444W, or \"\" for all bands"),
        ("err_type", "rms", "err_type is 'rms'; use 'rms_err', 'wht' or 'none'"),
        ("method", "nonsense", "nonsense"),
        ("parameter_set", "zzz", "there is no parameter set 'zzz'"),
        ("parameters", {"detect_thresh": 3}, "parameters is .*; give Parameters"),
        ("survey", 5, "survey is 5; give a name"),
        ("bands", ("F115W",), "bands is .*; give at least one of F200W, F444W"),
    ],
)
def test_a_wrong_choice_is_refused_in_a_sentence_and_the_old_one_stays(
    archive: Path, name: str, value: Any, words: str
) -> None:
    make_survey(archive, survey="deep", bands=("F444W",), shape=(64, 64), n_sources=3)
    viewer = view_survey(archive)
    before = getattr(viewer, name)
    with pytest.raises(SkysegError, match=words):
        setattr(viewer, name, value)
    assert getattr(viewer, name) == before
    if name != "bands":
        assert getattr(viewer.session, name) == before


def test_another_survey_is_chosen_with_a_version_that_it_has(archive: Path) -> None:
    make_survey(archive, survey="deep", bands=("F444W",), shape=(64, 64), n_sources=3)
    viewer = view_survey(archive)
    viewer.survey = "deep"
    assert (viewer.session.survey, viewer.bands) == ("deep", ("F444W",))


def test_what_is_hidden_and_shown_again_lies_as_before(owner: Owner, session: Session) -> None:
    def rows() -> dict[str, Any]:
        every = {each: each.layout.display for each in owner.side.panel.choices.native.children}
        shown = {each: display for each, display in every.items() if display != "none"}
        return {each.children[0].value: display for each, display in shown.items()}

    before = rows()
    assert {*before.values()} == {None}
    session.files = ChosenFiles()
    files = rows()
    assert [*files][:4] == ["Imaging", "Add a file", "SCI", "ERR"]
    assert {*files.values()} == {None}
    session.files = None
    assert [*rows().items()] == [*before.items()]


def test_progress_and_the_folder_of_products_are_shown(owner: Owner, session: Session) -> None:
    side = owner.side
    side.panel.show_progress(0.25, "deblending")
    assert (side.progress.value, side.panel.bar.value) == (0.25, "25%  deblending")
    seen = side.progress.layout
    assert seen.visibility == "hidden"
    side._set_busy(True)
    assert seen.visibility is None
    side._set_busy(False)
    assert seen.visibility == "hidden"
    assert side.products_folder.value.startswith("Products go to ")
    session.method = "sextractor"
    assert side.products_folder.value.endswith("SExtractor")


def test_a_stack_is_made_and_its_sources_are_measured_in_all_bands(
    owner: Owner, session: Session
) -> None:
    panel = owner.side.panel
    panel.band.value = NEW_STACK
    panel.stacks.make.native.click()
    owner.side.wait()
    assert owner.kinds == ["busy", "stacked", "busy"]
    assert session.band == owner.told[1][1].band == "F200W+F444W"
    assert panel.message.value == "sample F200W+F444W is a stack of 2 bands"
    panel.measure.native.click()
    owner.side.wait()
    assert owner.kinds[-3:] == ["busy", "measured", "busy"]
    lines = panel.message.value.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["sample F200W", "sample F444W"]
    assert all("sources of F200W+F444W measured" in line for line in lines)
    assert session.data()["F444W"].forced_phot is not None


def test_bands_in_which_sources_cannot_be_measured_are_named(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F200W", "F444W"), shape=(64, 64), n_sources=3)
    session = Session(data_dir=tmp_path, survey="sample", version="v1", band="F444W")
    owner = Owner(session)
    with fits.open(made.images["F200W"], mode="update") as hdus:
        hdus["SCI"].data = hdus["SCI"].data[:50]
    owner.side.measure_in_all_bands()
    owner.side.wait()
    assert owner.side.panel.message.value.endswith("sample F200W is not measured")
    assert "sources of F444W measured" in owner.side.panel.message.value


def test_the_bits_of_a_mask_are_excluded_from_the_next_run(owner: Owner, session: Session) -> None:
    session.band = "F444W"
    session.data()["F444W"].mask(edge_distance=30, stars=False)
    owner.side.panel.masks.use.value = "excludes pixels"
    owner.side.panel.overwrite.value = True
    owner.side.start()
    owner.side.wait()
    recipe = session.data()["F444W"].products.recipe
    assert recipe.mask is not None
    assert "EDGE" in recipe.exclude


def test_a_threshold_is_advised_and_taken(owner: Owner, session: Session) -> None:
    panel = owner.side.panel
    session.band = "F444W"
    panel.advice.purity.value = 0.9
    panel.advice.ask.native.click()
    owner.side.wait()
    assert "For a purity of 0.9" in panel.message.value
    panel.advice.take.native.click()
    assert f"detect_thresh {session.parameters.detect_thresh:g} " in panel.message.value
    assert not panel.advice.take.visible
