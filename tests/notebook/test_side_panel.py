"""The panel at the side and its work, without a viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

import skyseg
from skyseg.notebook._side_panel import SidePanel
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
    assert "matched" in owner.side.panel.message.value


def test_a_comparison_is_of_two_methods_where_they_are_chosen(
    owner: Owner, session: Session
) -> None:
    first, second = owner.side.runs
    assert (first.value.label, second.value.label) == ("rms_err", "wht")
    second.value = next(run for label, run in second.options if label == "rms_err sep")
    assert owner.side.compare.description == "Compare rms_err with rms_err sep"
    assert session.difference == (first.value, second.value)
    owner.side.start_comparison()
    owner.side.wait()
    comparison = owner.told[1][1]
    assert comparison.a.name.endswith("rms_err skyseg")
    assert comparison.b.name.endswith("rms_err sep")
    second.value = first.value
    owner.side.start_comparison()
    assert "the two runs to compare are the same" in owner.side.panel.message.value


def test_chosen_runs_follow_the_session(owner: Owner, session: Session) -> None:
    session.difference = session.difference[::-1]
    assert [runs.value.label for runs in owner.side.runs] == ["wht", "rms_err"]
    assert session.difference == tuple(runs.value for runs in owner.side.runs)


def test_one_piece_of_work_at_a_time_which_is_cancelled(owner: Owner) -> None:
    owner.side.start()
    owner.side.start_comparison()
    assert owner.side.compare.disabled
    owner.side.cancel()
    owner.side.wait()
    assert owner.told == [("busy", True), ("busy", False)]
    assert owner.side.panel.message.value == (
        "cancelled: sample F200W and sample F444W are not made"
    )
    assert not owner.side.compare.disabled


def test_a_failure_is_said_in_the_panels_words(tmp_path: Path) -> None:
    made = make_survey(tmp_path, bands=("F444W",), shape=(64, 64), n_sources=3)
    owner = Owner(Session(data_dir=tmp_path, survey="sample", version="v1"))
    owner.side.start()
    owner.side.wait()
    with fits.open(made.images["F444W"], mode="update") as hdus:
        hdus["SCI"].data[:] += 1
    owner.side.start()
    owner.side.wait()
    assert owner.side.panel.message.value.endswith("make it again with Overwrite")
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
    assert viewer.active.title.endswith("SEG none skyseg default")


def test_a_run_reaches_bands_that_were_opened_with_another_error_type(archive: Path) -> None:
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)
    viewer = skyseg.view(data, err_type="wht")
    viewer.err_type = "rms_err"
    assert viewer._side_panel is not None
    viewer._side_panel.start()
    viewer._side_panel.wait()
    assert viewer.active.title.endswith("SEG rms_err skyseg default")
