"""Operations on a map: what each promises, whatever the map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label as find_parts

from skyseg.editing.applying import apply_operation
from skyseg.editing.edited_map import EditedMap
from skyseg.editing.operations import (
    Cut,
    Deblend,
    Delete,
    Draw,
    FillHoles,
    Grow,
    Mark,
    Merge,
    Operation,
    Paint,
    Shrink,
    Smooth,
    Split,
)
from skyseg.errors import ImageError, ParameterError

EIGHT = np.ones((3, 3))


class Peaks:
    """Two stars of light over a flat threshold."""

    def __init__(self, places: list[tuple[int, int]], shape: tuple[int, int]) -> None:
        y, x = np.indices(shape)
        self.image = sum(
            100 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8) for row, column in places
        ).astype(np.float32)

    def read(self, part: Any) -> Any:
        image = self.image[part]
        return image, np.ones_like(image)


def two_blended() -> tuple[EditedMap, Peaks]:
    light = Peaks([(10, 8), (10, 16)], (24, 30))
    labels = (light.image > 1).astype(np.int32) * 5
    labels[20:23, 25:29] = 9
    return EditedMap(labels), light


def random_map(seed: int) -> EditedMap:
    rng = np.random.default_rng(seed)
    labels = np.zeros((40, 50), np.int32)
    for number in range(1, 12):
        y, x = rng.integers(0, 36), rng.integers(0, 46)
        labels[y : y + rng.integers(1, 9), x : x + rng.integers(1, 9)] = number * 3
    return EditedMap(labels)


def random_operation(rng: np.random.Generator, edited: EditedMap) -> Operation:
    some = [int(each) for each in rng.choice(edited.numbers, min(2, len(edited.numbers)), False)]
    rows, columns = np.nonzero(edited.labels == some[0])
    picks = rng.integers(0, len(rows), 2)
    seeds = tuple((float(columns[i]), float(rows[i])) for i in picks)
    y, x = int(rng.integers(0, 38)), int(rng.integers(0, 40))
    one: dict[str, Any] = {"label": some[0]}
    kinds: list[Any] = [
        lambda: Delete(labels=(some[0],)),
        lambda: Delete(labels=(some[0],), to="neighbour"),
        lambda: Merge(labels=tuple(some)),
        lambda: Split(seeds=seeds, **one),
        lambda: Cut(line=((x - 20.0, y - 7.0), (x + 20.0, y + 9.0)), **one),
        lambda: Draw(outline=((x, y), (x + 9, y + 1), (x + 4, y + 7)), over=bool(rng.integers(2))),
        lambda: Draw(runs=((y, x, x + 3), (y + 1, x, x + 9))),
        lambda: Paint(runs=((y, x, x + 5),), label=int(rng.choice([0, some[0]]))),
        lambda: Grow(pixels=int(rng.integers(1, 4)), **one),
        lambda: Shrink(**one),
        lambda: Smooth(radius=int(rng.integers(1, 4)), **one),
        lambda: FillHoles(**one),
    ]
    return kinds[rng.integers(len(kinds))]()  # type: ignore[no-any-return]


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_undoing_everything_gives_the_bytes_back_and_doing_again_the_same(seed: int) -> None:
    rng, edited = np.random.default_rng(seed), random_map(seed)
    before, taken, done = edited.labels.tobytes(), set(edited.numbers), []
    for _ in range(25):
        if not edited.numbers:
            break
        operation, former = random_operation(rng, edited), edited.labels.copy()
        try:
            patch, made = apply_operation(edited, operation)
        except ParameterError:
            assert np.array_equal(edited.labels, former)
            continue
        assert not taken & set(made), "a number was given twice"
        taken |= set(made)
        done.append((patch, operation.model_copy(update={"made": made})))
        assert edited.numbers == tuple(np.unique(edited.labels[edited.labels > 0]).tolist())
        for number in edited.numbers:
            part = edited.part_of([number])
            mask = edited.labels == number
            assert edited.labels[part].tobytes() and mask[part].sum() == mask.sum()
    after = edited.labels.tobytes()
    for patch, _ in reversed(done):
        edited.take_back(patch)
    assert edited.labels.tobytes() == before
    again = random_map(seed)
    for _, operation in done:
        apply_operation(again, operation)
    assert again.labels.tobytes() == after


def test_a_blend_is_parted_at_its_saddle_and_the_first_seed_keeps_the_number() -> None:
    edited, light = two_blended()
    _, made = apply_operation(edited, Split(label=5, seeds=((16, 10), (8, 10))), light)
    assert made == (10,)
    assert edited.labels[10, 16] == 5
    assert edited.labels[10, 8] == 10
    assert set(np.unique(edited.labels[:, :12])) == {0, 10}
    assert set(np.unique(edited.labels[:15, 13:])) == {0, 5}


def test_deblending_anew_parts_a_blend_and_the_brighter_part_keeps_the_number() -> None:
    edited, light = two_blended()
    light.image[:, :12] *= np.float32(0.5)
    _, made = apply_operation(edited, Deblend(label=5, mincont=0.001), light)
    assert made == (10,)
    assert (edited.labels[10, 16], edited.labels[10, 8]) == (5, 10)
    with pytest.raises(ParameterError, match="one source in 10"):
        apply_operation(edited, Deblend(label=10), light)


def test_a_line_parts_a_source_into_pieces_that_hang_together() -> None:
    edited, _ = two_blended()
    before = edited.labels == 5
    _, made = apply_operation(edited, Cut(label=5, line=((10, 2), (13, 22))))
    assert len(made) == 1
    assert np.array_equal(np.isin(edited.labels, (5, *made)), before)
    for number in (5, *made):
        assert find_parts(edited.labels == number, EIGHT)[1] == 1
    assert (edited.labels == 5).sum() >= (edited.labels == made[0]).sum()
    with pytest.raises(ParameterError, match="does not part"):
        apply_operation(edited, Cut(label=9, line=((0, 0), (3, 3))))


def test_pieces_that_a_line_does_not_touch_keep_the_number() -> None:
    labels = np.zeros((12, 30), np.int32)
    labels[2:9, 2:12] = 4
    labels[2:9, 20:28] = 4
    edited = EditedMap(labels)
    apply_operation(edited, Cut(label=4, line=((6, 0), (6, 11))))
    assert (edited.labels[2:9, 20:28] == 4).all()
    assert set(np.unique(edited.labels)) == {0, 4, 5}


def test_deleted_pixels_go_to_the_neighbour_that_they_touch_most() -> None:
    labels = np.zeros((10, 12), np.int32)
    labels[2:8, 1:4], labels[2:8, 4:6], labels[2:5, 6:9] = 1, 2, 3
    edited = EditedMap(labels)
    apply_operation(edited, Delete(labels=(2,), to="neighbour"))
    assert (edited.labels[2:8, 1:6] == 1).all()
    with pytest.raises(ParameterError, match="touches no other"):
        apply_operation(EditedMap(np.eye(3, dtype=int) * 7), Delete(labels=(7,), to="neighbour"))


def test_what_is_drawn_leaves_others_their_pixels_unless_it_is_drawn_over_them() -> None:
    for over in (False, True):
        edited, _ = two_blended()
        before = edited.labels.copy()
        outline = ((0, 8), (20, 8), (20, 23), (0, 23))
        _, made = apply_operation(edited, Draw(outline=outline, over=over))
        kept = edited.labels[before > 0] == before[before > 0]
        assert kept.all() != over
        assert made == (10,)


def test_growing_stops_at_neighbours_and_shrinking_leaves_no_source_empty() -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[4, 4], labels[4, 6] = 1, 2
    edited = EditedMap(labels)
    apply_operation(edited, Grow(label=1, pixels=3))
    assert edited.labels[4, 6] == 2
    assert (edited.labels == 1).sum() == 48
    with pytest.raises(ParameterError, match="leaves nothing"):
        apply_operation(edited, Shrink(label=2))


def test_holes_are_filled_with_background_only() -> None:
    labels = np.zeros((9, 9), np.int32)
    labels[1:8, 1:8], labels[3:6, 3:6], labels[4, 4] = 1, 0, 2
    edited = EditedMap(labels)
    apply_operation(edited, FillHoles(label=1))
    assert edited.labels[4, 4] == 2
    assert (edited.labels == 1).sum() == 48


def test_a_spike_is_smoothed_away() -> None:
    labels = np.zeros((30, 30), np.int32)
    labels[10:20, 10:20], labels[15, 2:28] = 3, 3
    edited = EditedMap(labels)
    apply_operation(edited, Smooth(label=3, radius=2))
    assert not edited.labels[:, :9].any()
    assert (edited.labels[11:19, 11:19] == 3).all()


def test_a_word_on_a_source_changes_no_pixel() -> None:
    edited, _ = two_blended()
    assert apply_operation(edited, Mark(label=9, word="star")) == (None, ())


@pytest.mark.parametrize(
    "operation",
    [
        Delete(labels=(77,)),
        Merge(labels=(5, 77)),
        Split(label=5, seeds=((8, 10), (0, 0))),
        Split(label=5, seeds=((8, 10), (8.2, 10.3))),
        Split(label=5, seeds=((8, 10), (1e300, 0))),
        Cut(label=5, line=((0, 0), (1e9, 1e9))),
        Draw(),
        Draw(outline=((1, 1), (2, 2))),
        Draw(outline=((-9, -9), (-5, -9), (-7, -5))),
        Draw(runs=((0, 5, 3),)),
        Draw(runs=((99, 0, 3),)),
        Paint(label=5, runs=((10, 8, 10),)),
        FillHoles(label=9),
        Deblend(label=5),
        Draw(runs=((0, 0, 2),), made=(5,)),
        Draw(runs=((0, 0, 2),), made=(50, 51)),
    ],
)
def test_what_cannot_be_done_leaves_the_map_alone(operation: Operation) -> None:
    edited, _ = two_blended()
    before = edited.labels.tobytes()
    with pytest.raises(ParameterError):
        apply_operation(edited, operation)
    assert edited.labels.tobytes() == before


@pytest.mark.parametrize("labels", [[[1.5]], [1, 2], [[-1, 0]], [[2**31]], np.zeros((0, 3), int)])
def test_what_is_no_map_is_refused(labels: Any) -> None:
    with pytest.raises(ImageError):
        EditedMap(np.asarray(labels))


def test_numbers_that_are_used_up_are_said_so() -> None:
    edited = EditedMap(np.zeros((20, 20), np.int32), largest=2**31 - 1)
    with pytest.raises(ParameterError, match="no number left"):
        apply_operation(edited, Draw(outline=((2, 2), (9, 2), (9, 9))))
