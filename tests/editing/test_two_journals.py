"""Journals of several people and windows, and of one that is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skyseg import Edits
from skyseg.editing.journal_file import read_journal
from skyseg.errors import ParameterError


def make_map() -> np.ndarray:
    labels = np.zeros((60, 80), np.int32)
    for number in range(12):
        row, column = divmod(number, 4)
        labels[5 + 18 * row : 15 + 18 * row, 4 + 19 * column : 16 + 19 * column] = number + 1
    return labels


def test_edits_of_different_sources_are_combined_and_their_new_numbers_kept_apart() -> None:
    ada, ben = Edits(make_map(), who="ada"), Edits(make_map(), who="ben")
    ada.split(1, seeds=[(5, 10), (14, 10)])
    ben.split(7, line=[(50, 20), (50, 40)])
    ben.grow(13, 1)
    report = ada.combine(ben.journal)
    assert report.counts == {"applied": 0, "changed": 2, "conflict": 0}
    assert [each.who for each in ada.operations] == ["ada", "ben", "ben"]
    assert ada.operations[1].made == (14,)
    assert ada.operations[2].named == (14,)
    theirs, ours = ben.labels, ada.labels
    assert np.array_equal(theirs == 13, ours == 14)
    assert len(ada.combine(ben.journal)) == 0


def test_edits_of_the_same_source_are_named_as_conflicts_and_left_out() -> None:
    ada, ben = Edits(make_map()), Edits(make_map())
    ada.merge([1, 2])
    ben.delete(2)
    ben.split(2 + 3, seeds=[(5, 25), (14, 28)])
    ben.paint(6, [(10, 4, 8)])
    before = ada.labels.copy()
    report = ada.combine(ben.journal)
    assert [step.status for step in report] == ["conflict", "applied", "conflict"]
    assert report.steps[0].why == "both edit source 2"
    assert report.steps[2].why == "both edit source 1"
    assert np.array_equal(ada.labels[:20], before[:20])
    with pytest.raises(ParameterError, match="pixels are others"):
        Edits(make_map() * 2).combine(ben.journal)


def test_two_windows_on_one_journal_keep_the_edits_of_both(tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    one, other = Edits(make_map(), path=file), Edits(make_map(), path=file)
    one.split(1, seeds=[(5, 10), (14, 10)])
    made = other.split(2, seeds=[(24, 10), (33, 10)])
    assert made.made == (14,)
    assert len(other) == 2
    one.delete(3)
    assert [each.kind for each in read_journal(file).operations] == ["split", "split", "delete"]
    assert np.array_equal(one.labels, Edits.load(file, make_map()).labels)
    other.undo()
    assert [each.kind for each in read_journal(file).operations] == ["split", "delete"]
    one.mark(5, "star")
    assert one.labels.tobytes() == Edits.load(file, make_map()).labels.tobytes()
    assert len(read_journal(file).undone) == 1


def test_an_edit_against_that_of_another_window_is_refused_and_can_be_had_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "edits.json"
    one, other = Edits(make_map(), path=file), Edits(make_map(), path=file)
    one.delete(4)
    with pytest.raises(ParameterError, match="merge 4 8 does not go with"):
        other.merge([4, 8])
    assert 4 not in other.labels
    other.delete(8)
    assert len(read_journal(file).operations) == 2
    assert one.labels[10, 65] == 0


_EDITING = """
import sys
import numpy as np
from skyseg import Edits
labels = np.arange(1, 401).reshape(20, 20).repeat(4, 0).repeat(4, 1)
edits = Edits(labels, path=sys.argv[1])
for number in range(1, 400):
    edits.delete(number)
    print(number, flush=True)
"""


def test_a_window_that_is_killed_loses_at_most_the_edit_in_hand(tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    with subprocess.Popen(
        [sys.executable, "-c", _EDITING, str(file)], stdout=subprocess.PIPE, text=True
    ) as window:
        assert window.stdout is not None
        for line in window.stdout:
            if int(line) == 25:
                break
        window.send_signal(signal.SIGKILL)
        told = [int(line) for line in window.stdout]
    kept = len(read_journal(file).operations)
    last = max([25, *told])
    assert last <= kept <= last + 1
    labels = np.arange(1, 401).reshape(20, 20).repeat(4, 0).repeat(4, 1)
    edits = Edits.load(file, labels)
    edits.delete(400)
    assert len(read_journal(file).operations) == kept + 1


_GRID = np.arange(1, 401).reshape(20, 20).repeat(9, 0).repeat(9, 1)

_AT_ONCE = """
import sys
import numpy as np
from skyseg import Edits
from skyseg.errors import ParameterError
labels = np.arange(1, 401).reshape(20, 20).repeat(9, 0).repeat(9, 1)
edits = Edits(labels, path=sys.argv[1], who=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3]), int(sys.argv[3]) + 30, 3):
    y, x = divmod(number - 1, 20)
    edits.split(number, seeds=[(9 * x + 2, 9 * y + 4), (9 * x + 6, 9 * y + 4)])
    edits.merge([number + 1, number + 2])
    print(number, flush=True)
edits.mark(int(sys.argv[3]), "questioned")
edits.undo()
try:
    edits.delete(400)
except ParameterError as error:
    print("refused", flush=True)
"""


def _open_windows(file: Path) -> list[subprocess.Popen[str]]:
    """Open three windows on a journal, each of which edits other sources once it is told to."""
    windows = [
        subprocess.Popen(
            [sys.executable, "-c", _AT_ONCE, str(file), who, str(first)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for who, first in (("ada", 1), ("ben", 101), ("eve", 201))
    ]  # fmt: skip
    for window in windows:
        assert window.stdout is not None
        assert window.stdout.readline() == "ready\n"
    return windows


def test_windows_that_write_one_journal_at_the_same_moment_keep_all_edits(tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    windows = _open_windows(file)
    for window in windows:
        assert window.stdin is not None
        window.stdin.write("\n")
        window.stdin.flush()
    told = [window.communicate(timeout=300) for window in windows]
    assert [window.returncode for window in windows] == [0, 0, 0], told
    assert sum(out.count("refused") for out, _ in told) == 2, "one source was deleted twice"
    journal = read_journal(file)
    by = {who: [each for each in journal.operations if each.who == who]
          for who in ("ada", "ben", "eve")}  # fmt: skip
    for first, mine in zip((1, 101, 201), by.values(), strict=True):
        numbers = [each.named[0] for each in mine if each.kind == "split"]
        assert numbers == list(range(first, first + 30, 3)), "edits are lost, or in another order"
    kinds = [each.kind for each in journal.operations]
    assert [kinds.count(kind) for kind in ("split", "merge", "delete", "mark")] == [30, 30, 1, 0]
    made = [number for each in journal.operations for number in each.made]
    assert len(set(made)) == 30, "a number was given twice"
    assert min(made) > 400
    assert len({each.id for each in journal.operations}) == len(journal.operations)
    edits = Edits.load(file, _GRID)
    assert edits.report.counts == {"applied": 61, "changed": 0, "conflict": 0}
    assert list(tmp_path.glob("[!.]*")) == [file], "something is left behind"


def test_a_window_that_is_killed_while_it_writes_harms_no_other_window(tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    ada, ben, eve = _open_windows(file)
    for window in (ada, ben, eve):
        assert window.stdin is not None
        window.stdin.write("\n")
        window.stdin.flush()
    assert ben.stdout is not None
    kept = [int(ben.stdout.readline()) for _ in range(4)]
    ben.kill()
    kept += [int(line) for line in ben.stdout]
    ben.communicate()
    for window in (ada, eve):
        out, error = window.communicate(timeout=300)
        assert window.returncode == 0, error
        assert len([line for line in out.split() if line.isdigit()]) == 10
    journal = read_journal(file)
    count = {who: [each.kind for each in journal.operations if each.who == who].count("merge")
             for who in ("ada", "ben", "eve")}  # fmt: skip
    assert (count["ada"], count["eve"]) == (10, 10)
    assert len(kept) <= count["ben"] <= len(kept) + 1
    edits = Edits.load(file, _GRID)
    assert edits.report.counts["applied"] == len(journal.operations)
    edits.merge([398, 399])
    assert len(read_journal(file).operations) == len(journal.operations) + 1
