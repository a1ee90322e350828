"""Flag maps: what the flags of a source's pixels come to."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skyseg import engine
from skyseg.engine.flag_maps import FLAG_COLUMNS
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.parameters import FlagType, Parameters
from skyseg.errors import ImageError, ParameterError

SHAPE = (24, 30)
LARGEST = np.iinfo(np.int32).max


def combined(kind: FlagType, flags: Any) -> tuple[int, int]:
    """What some pixels come to, by the words of the documentation."""
    own = flags[flags > 0]
    if kind == "OR":
        return int(np.bitwise_or.reduce(flags)), len(own)
    if kind == "AND":
        return int(np.bitwise_and.reduce(flags)), len(own)
    if not len(own):
        return 0, 0
    counts = Counter(own.tolist())
    choose = {"MIN": min, "MAX": max, "MOST": lambda each: each.most_common(1)[0][0]}[kind]
    chosen = choose(counts)
    return chosen, counts[chosen]


@given(
    flags=arrays.arrays(np.int64, SHAPE, elements=st.sampled_from([0, 1, 2, 6, 8, LARGEST])),
    kind=st.sampled_from(get_args(FlagType)),
    seed=st.integers(0, 99),
)
def test_flags_of_labels_are_combined_as_their_type_says(
    flags: Any, kind: FlagType, seed: int
) -> None:
    blocks = np.random.default_rng(seed).integers(0, 5, (4, 5))
    labels = np.kron(blocks, np.ones((6, 6), np.int32))
    image = np.ones(SHAPE, np.float32)
    columns = engine.measure_labels(
        image, image, "rms_err", labels, Parameters(flag_type=kind), columns=FLAG_COLUMNS,
        flags=flags,
    )  # fmt: skip
    expected = [combined(kind, flags[labels == number]) for number in columns["NUMBER"]]
    found = zip(*(columns[name].tolist() for name in FLAG_COLUMNS), strict=True)
    assert list(found) == expected


def test_flags_do_not_depend_on_how_the_image_is_worked(crowded_field: Any) -> None:
    image = crowded_field((150, 170), 60, 4)
    flags = np.random.default_rng(2).integers(0, 9, image.shape)
    maps = image, np.ones_like(image), "rms_err", Parameters(flag_type="MOST")
    whole = engine.segment_image(*maps, columns=FLAG_COLUMNS, flags=flags)
    assert len(np.unique(whole.columns["IMAFLAGS_ISO"])) > 2
    cut = engine.segment_image(
        *maps, columns=FLAG_COLUMNS, flags=flags, strip_rows=20, mapper=ThreadMapper(2)
    )
    for name in FLAG_COLUMNS:
        assert whole.columns[name].tobytes() == cut.columns[name].tobytes()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (np.zeros((3, 3), np.int32), "shape"),
        (np.full(SHAPE, -1), "holds -1 to -1"),
        (np.full(SHAPE, 2**31), "holds 2147483648"),
        (np.full(SHAPE, 0.5), "not whole"),
    ],
)
def test_what_is_no_flag_map_is_refused(flags: Any, said: str) -> None:
    image = np.ones(SHAPE, np.float32)
    with pytest.raises(ImageError, match=said):
        engine.segment_image(image, image, "rms_err", Parameters(), flags=flags)


def test_flags_without_a_map_are_refused() -> None:
    image = np.ones(SHAPE, np.float32)
    with pytest.raises(ParameterError, match=r"IMAFLAGS_ISO, and there is no flag map"):
        engine.segment_image(image, image, "rms_err", Parameters(), columns=["IMAFLAGS_ISO"])
