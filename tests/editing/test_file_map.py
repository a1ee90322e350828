"""SEG maps in files are edited: their journal is found again, and they stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import Edits
from skyseg.errors import DataNotFoundError
from skyseg.settings import config


@pytest.fixture
def seg(tmp_path: Path) -> Path:
    """A SEG map, as a program leaves it beside the data."""
    labels = np.zeros((30, 40), np.int32)
    labels[5:15, 5:15], labels[5:15, 15:25], labels[20:24, 30:34] = 1, 2, 3
    folder = tmp_path / "survey"
    folder.mkdir()
    fits.writeto(folder / "check_seg.fits", labels)
    return folder / "check_seg.fits"


def test_edits_of_a_file_are_found_again_and_the_file_is_never_written_to(seg: Path) -> None:
    before = seg.read_bytes()
    edits = Edits.open(seg)
    edits.merge([1, 2], why="one galaxy")
    assert edits.path.parent == config.work_dir / "edits"
    again = Edits.open(str(seg))
    assert again.labels.tobytes() == edits.labels.tobytes()
    assert again.operations[0].why == "one galaxy"
    again.undo()
    assert edits.refresh()
    assert not Edits.open(seg).operations
    assert seg.read_bytes() == before
    assert list(seg.parent.iterdir()) == [seg]


def test_a_link_has_the_journal_of_its_file_and_another_file_of_the_name_has_its_own(
    seg: Path, tmp_path: Path
) -> None:
    Edits.open(seg).delete(3)
    link, other = tmp_path / "link_seg.fits", tmp_path / seg.name
    link.symlink_to(seg)
    other.write_bytes(seg.read_bytes())
    assert [len(Edits.open(each)) for each in (seg, link, other)] == [1, 1, 0]


def test_edits_of_a_file_that_was_made_anew_are_done_to_it_and_nothing_is_saved_unasked(
    seg: Path,
) -> None:
    edits = Edits.open(seg)
    edits.merge([1, 2])
    edits.delete(3)
    journal = edits.path.read_bytes()
    labels = np.zeros((30, 40), np.int32)
    labels[5:15, 5:15], labels[5:15, 15:25] = 7, 8
    fits.writeto(seg, labels, overwrite=True)
    anew = Edits.open(seg)
    assert [step.status for step in anew.report] == ["changed", "conflict"]
    assert anew.path is None
    assert edits.path.read_bytes() == journal


def test_a_file_without_labels_cannot_be_edited(tmp_path: Path) -> None:
    fits.writeto(tmp_path / "sci.fits", np.random.default_rng(1).normal(size=(20, 20)))
    with pytest.raises(DataNotFoundError, match="holds no label map"):
        Edits.open(tmp_path / "sci.fits")
