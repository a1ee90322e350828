"""One journal, made on UDS-B F444W, done to what other parameters, noise and bands find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Edits
from skyseg.engine.types import LabelImage

STAR, SPIKE = (642, 296), (646, 267)
MISSED = [(91, 203), (95, 199), (101, 199), (104, 203), (101, 207), (95, 207)]


def open_band(imaging_dir: Path, name: str, work_dir: Path) -> BandData:
    stem = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas" / f"uds-b-{name}"
    return BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=work_dir)


@pytest.fixture(scope="module")
def corrected(imaging_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Edits]:
    """A map as a person corrects it, and where everything lies."""
    work_dir = tmp_path_factory.mktemp("corrected")
    band = open_band(imaging_dir, "f444w", work_dir)
    band.segment()
    edits = Edits.open(band, who="ada")
    edits.merge([34, 37], why="a star and its spike")
    edits.split(17, line=[(670, 150), (710, 158)], why="a blend")
    edits.delete(39, why="another spike")
    edits.draw(MISSED, why="missed")
    edits.merge([28, 30], why="one galaxy")
    edits.split(9, seeds=[(215, 70), (240, 60)])
    edits.grow(22, 2)
    edits.paint(13, [(90, 697, 700)])
    edits.mark(3, "questioned")
    return work_dir, edits


def kept(edits: Edits, base: LabelImage) -> bool:
    """Whether all pixels of sources that no edit touched are as they were."""
    touched = list(edits.touched)
    untouched = ~np.isin(base, touched) & ~np.isin(edits.labels, touched)
    return bool(np.array_equal(edits.labels[untouched], base[untouched]))


def replay(corrected: tuple[Path, Edits], band: BandData) -> Edits:
    """Do the journal to a band's map, twice, and check what holds on every map."""
    edits = corrected[1]
    assert edits.path is not None
    journal = edits.path.read_bytes()
    replayed, again = (Edits.load(edits.path, band) for _ in range(2))
    assert again.labels.tobytes() == replayed.labels.tobytes()
    assert replayed.path is None
    assert edits.path.read_bytes() == journal
    assert len(replayed.report) == len(edits)
    base = band.load_seg()
    assert kept(replayed, base)
    drawn = replayed.labels[203, 98]
    assert drawn > base.max() or drawn == base[203, 98] > 0, "what was missed is missed again"
    assert replayed.labels[STAR[::-1]] == replayed.labels[SPIKE[::-1]] > 0, "the star is in pieces"
    return replayed


def told(edits: Edits, *ends: str) -> dict[str, str]:
    """Why edits had one of these ends."""
    return {step.was.title: step.why for step in edits.report if step.status in ends}


def test_a_journal_holds_on_what_other_parameters_find(
    corrected: tuple[Path, Edits], imaging_dir: Path
) -> None:
    band = open_band(imaging_dir, "f444w", corrected[0])
    band.segment(parameters="crowded")
    assert band.load_seg()[STAR[::-1]] != band.load_seg()[SPIKE[::-1]]
    replayed = replay(corrected, band)
    assert replayed.report.counts == {"applied": 2, "changed": 7, "conflict": 0}
    assert told(replayed, "changed")["merge 34 37"] == "34 is 40 here; 37 is 44 here"
    assert [len(each.made) for each in replayed.operations[:4]] == [0, 1, 0, 1]


def test_with_another_noise_what_is_whole_already_applies_and_a_spike_that_is_more_conflicts(
    corrected: tuple[Path, Edits], imaging_dir: Path
) -> None:
    band = open_band(imaging_dir, "f444w", corrected[0])
    band.segment("wht")
    assert band.load_seg()[STAR[::-1]] == band.load_seg()[SPIKE[::-1]]
    replayed = replay(corrected, band)
    assert told(replayed, "applied")["merge 34 37"] == "it is so already"
    assert told(replayed, "conflict") == {
        "delete 39": "source 41 where 39 was has 66 pixels and not 14"
    }
    assert "delete 39" in str(replayed.report)


def test_on_another_band_each_edit_that_does_not_fit_is_named_with_its_reason(
    corrected: tuple[Path, Edits], imaging_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    band = open_band(imaging_dir, "f115w", corrected[0])
    band.segment()
    replayed = replay(corrected, band)
    conflicts = told(replayed, "conflict")
    assert list(conflicts) == ["delete 39", "draw 44", "merge 28 30", "paint 13"]
    assert conflicts.pop("draw 44") == "there is source 35 where it was drawn"
    assert all("pixels and not" in why for why in conflicts.values())
    assert told(replayed, "changed")["grow 22"] == "22 is 31 here"

    band.segment(edits=corrected[1].path)
    assert band.seg_path is not None
    assert band.seg_path.name.endswith("_edited_seg.fits")
    assert np.array_equal(band.load_seg(), replayed.labels)
    assert sum("conflict, source" in message for message in caplog.messages) == 3
    assert sum("draw 44: conflict, there is" in message for message in caplog.messages) == 1
    header = fits.getheader(band.seg_path, 1)
    caveats = " ".join(str(value) for key, value in header.items() if key.startswith("CAVEAT"))
    assert all(title in caveats for title in conflicts)
