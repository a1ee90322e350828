"""A live preview without any window: work is done when the test says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skyseg.engine import segment_image
from skyseg.engine.parameters import Parameters
from skyseg.engine.previews import Preview
from skyseg.engine.types import Slices
from skyseg.errors import DataNotFoundError
from skyseg.masks.bits import MaskBit
from skyseg.panel import live_preview
from skyseg.panel.live_preview import InView, LivePreview, open_previewer
from skyseg.panel.mask_draft import MaskDraft
from skyseg.panel.session import Session
from skyseg.survey import BandData


class Host:
    """What a window gives: a part in view, work beside it, and something to draw on."""

    def __init__(self, session: Session, part: Slices) -> None:
        self.session, self.part = session, part
        self.said: list[str] = []
        self.drawn: Preview | None = None
        self.waiting: list[Callable[[], None]] = []
        self.preview = LivePreview(
            session, look=self.look, run=self.run, clear=self.clear, say=self.said.append
        )

    def look(self) -> InView:
        if not self.session.band:
            raise DataNotFoundError("no band is in view", hint="open one")
        return InView(self.session.bands()[0], self.part, self.draw)

    def draw(self, preview: Preview) -> None:
        self.drawn = preview

    def clear(self) -> None:
        self.drawn = None

    def run(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.waiting.append(lambda: then(work()))

    def work(self) -> int:
        """Do what waits, and what it brings about; return how many pieces it was."""
        for number in range(100):
            if not self.waiting:
                return number
            self.waiting.pop(0)()
        raise RuntimeError("the work does not end")


@pytest.fixture
def host(imaging_dir: Path) -> Host:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1", band="F444W")
    return Host(session, (slice(100, 220), slice(600, 700)))


def test_changed_parameters_are_tried_out_on_what_is_in_view(host: Host) -> None:
    host.session.preview = True
    host.work()
    first = host.drawn
    host.session.parameters = host.session.parameters.replace(detect_thresh=6.0)
    host.work()
    assert first is not None
    assert host.drawn is not None
    assert first.part == host.part
    assert 0 < host.drawn.n_sources < first.n_sources
    assert host.said[0] == "reading F444W for the preview"
    number = host.drawn.n_sources
    assert host.said[-1].startswith(f"preview: {number} sources in view, ")
    assert host.said[-1].endswith("% pure; Apply segments the whole band")
    assert len(host.said) == 3


def test_what_the_negative_has_in_view_is_said_and_moves_with_the_threshold(host: Host) -> None:
    host.part = slice(0, 500), slice(0, 700)
    band, counts = host.session.bands()[0], []
    host.session.preview = True
    for threshold in (0.6, 0.8, 5.0):
        host.session.parameters = host.session.parameters.replace(detect_thresh=threshold)
        host.work()
        assert host.drawn is not None
        told = re.search(r"(\d+) sources in view, (\d+) on the neg.*: (.*) % ± ", host.said[-1])
        assert told is not None
        n_positive, n_negative = int(told[1]), int(told[2])
        assert float(told[3]) == pytest.approx(100 * (1 - n_negative / n_positive), abs=0.05)
        whole = segment_image(-band.load_sci(), band.load_err(), "rms_err", host.session.parameters)
        assert n_negative == np.unique(whole.labels[host.part]).size - 1
        counts.append(n_negative)
    assert counts[0] > counts[1] > counts[2]


def test_a_preview_says_that_it_is_not_by_the_chosen_method(host: Host) -> None:
    host.session.method = "sep"
    host.session.preview = True
    host.work()
    assert host.said[-1].startswith("preview by skyseg's engine: ")
    assert host.said[-1].endswith("Apply segments the whole band by sep")


def test_a_preview_says_what_of_the_run_it_goes_without(host: Host) -> None:
    host.session.preview = True
    host.session.parameters = Parameters(clean_psf="/nowhere.fits")
    host.work()
    assert host.said[-1].startswith("preview without clean_psf, which the run uses: ")
    host.session.use_parameter_set("hot+cold")
    host.work()
    assert host.said[-1].startswith("preview without the hot pass, which the run uses: ")


def test_nothing_is_done_before_it_is_wanted(host: Host) -> None:
    host.preview.ask()
    host.session.parameters = host.session.parameters.replace(detect_thresh=6.0)
    assert host.work() == 0


def test_of_what_is_asked_for_meanwhile_only_the_last_is_done(host: Host) -> None:
    host.session.preview = True
    for threshold in (2.0, 3.0, 4.0):
        host.session.parameters = host.session.parameters.replace(detect_thresh=threshold)
    assert host.work() == 4  # each with its negative
    last = host.drawn
    host.preview.ask()
    host.work()
    assert last is not None
    assert host.drawn is not None
    assert np.array_equal(last.labels, host.drawn.labels)
    assert not host.preview.working


def test_a_preview_that_is_wanted_no_more_is_not_drawn(host: Host) -> None:
    host.session.preview = True
    host.session.preview = False
    host.work()
    assert host.drawn is None
    assert not host.preview.working


def test_the_preview_goes_when_it_is_switched_off(host: Host) -> None:
    host.session.preview = True
    host.work()
    host.session.preview = False
    assert host.drawn is None


def test_where_there_is_nothing_to_try_the_reason_is_said_and_the_outlines_go(host: Host) -> None:
    host.session.preview = True
    host.work()
    host.session.band = ""
    assert host.said[-1] == "no band is in view; open one"
    assert host.drawn is None
    host.session.band = "F444W"
    host.work()
    assert host.drawn is not None


def test_an_error_while_reading_is_said(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise DataNotFoundError("F444W has no ERR map")

    monkeypatch.setattr(live_preview, "open_previewer", fail)
    host.session.preview = True
    host.work()
    assert host.said[-1] == "F444W has no ERR map"
    assert not host.preview.working


def test_a_bug_does_not_end_the_preview_for_good(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_preview, "open_previewer", lambda *_, **__: 1 / 0)
    host.session.preview = True
    with pytest.raises(ZeroDivisionError):
        host.work()
    monkeypatch.setattr(live_preview, "open_previewer", open_previewer)
    host.preview.ask()
    host.work()
    assert host.drawn is not None


def test_a_bug_in_the_window_does_not_either(host: Host) -> None:
    look = host.preview._look
    host.session.preview = True
    host.work()
    host.preview._look = lambda: 1 / 0  # type: ignore[assignment,return-value]
    with pytest.raises(ZeroDivisionError):
        host.preview.ask()
    host.preview._look = look
    host.preview.ask()
    assert host.work() == 2


def test_of_a_wide_view_the_middle_is_tried_out(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_preview, "LARGEST", 100)
    host.session.preview = True
    host.work()
    assert host.drawn is not None
    assert host.drawn.part == (slice(110, 210), slice(600, 700))
    assert "sources in the middle of the view" in host.said[-1]


@pytest.mark.parametrize("change", ["a catalogue", "another catalogue", "the error type"])
def test_maps_are_kept_until_what_sets_the_margins_changes(host: Host, change: str) -> None:
    if change == "another catalogue":
        host.session.bands()[0].segment()
    host.session.preview = True
    host.work()
    kept = dict(host.preview._kept)
    host.preview.ask()
    host.work()
    assert host.preview._kept == kept
    if change == "the error type":
        host.session.err_type = "wht"
    else:
        host.session.bands()[0].segment("wht")
        host.preview.ask()
    host.work()
    assert not {*host.preview._kept.values()} & {*kept.values()}


def test_a_preview_says_that_the_error_map_is_hardly_what_it_is_taken_for(host: Host) -> None:
    maps = host.session.bands()[0].maps
    swapped = BandData.from_files(maps.sci, err=maps.wht, survey="swapped")
    host.preview._look = lambda: InView(swapped, host.part, host.draw)
    host.session.preview = True
    host.work()
    assert "Apply segments the whole band. swapped v0 F444W: its error map is " in host.said[-1]
    assert "as a weight would be" in host.said[-1]


def test_a_band_without_an_error_map_is_tried_out_with_the_noise_of_the_image(
    half_archive: Path,
) -> None:
    session = Session(data_dir=half_archive, survey="UDS-B", version="v1", band="F444W")
    session.err_type = "none"
    part = slice(100, 220), slice(600, 700)
    host = Host(session, part)
    session.preview = True
    host.work()
    band = session.bands()[0]
    whole = segment_image(band.load_sci(), None, "none", session.parameters).labels
    assert host.drawn is not None
    np.testing.assert_array_equal(host.drawn.labels > 0, whole[part] > 0)
    assert host.said[-1].startswith(f"preview: {host.drawn.n_sources} sources in view")


def test_apply_says_what_it_would_segment(imaging_dir: Path) -> None:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1")
    host = Host(session, (slice(0, 50), slice(0, 50)))
    band = session.bands()[0]
    host.look = lambda: InView(band, host.part, host.draw)  # type: ignore[method-assign]
    host.preview._look = host.look
    session.preview = True
    host.work()
    assert host.said[-1].endswith("Apply segments all bands")


def test_a_band_cut_to_a_region_is_tried_out_as_a_run_of_the_region_works(
    imaging_dir: Path,
) -> None:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1", band="F444W")
    band = session.data()["F444W"]
    band.segment(region=(slice(100, 260), slice(150, 420)))
    cut = band.with_products(None)
    everything = slice(0, cut.shape[0]), slice(0, cut.shape[1])
    shown: list[Preview] = []
    said: list[str] = []
    made = LivePreview(
        session,
        look=lambda: InView(cut, everything, shown.append),
        run=lambda work, then: then(work()),
        clear=lambda: None,
        say=said.append,
    )
    session.preview = True
    assert not made.working
    assert len(shown) == 1, said
    preview = shown[0]
    assert preview.part == everything
    np.testing.assert_array_equal(preview.labels > 0, band.load_seg() > 0)


def test_what_the_mask_excludes_is_left_out_and_a_mask_that_changes_is_read_again(
    host: Host,
) -> None:
    band = host.session.bands()[0]
    host.session.preview = True
    host.work()
    assert host.drawn is not None and host.drawn.n_sources > 0
    host.session.mask = True
    host.work()
    assert "Make mask" in host.said[-1]
    draft = MaskDraft(band)
    draft.draw("polygon", [(0, 0), (900, 0), (900, 150), (0, 150)], MaskBit.ARTEFACT)
    draft.save()
    host.session.events.exclude.emit(host.session.exclude)
    host.work()
    seen = host.drawn.labels
    assert not seen[:50].any()
    assert seen[52:].any()
    host.session.exclude = ("STAR",)
    host.work()
    assert host.drawn.labels[:50].any()
