"""The catalogue of an edited map: what is measured again, and that the rest is the run's."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import QTable
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.editing.test_applying import random_operation

from skyseg.editing.applying import apply_operation
from skyseg.editing.edited_catalogue import EditedCatalogue, measure_edited
from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.editing.operations import Delete, Draw, Grow, Merge
from skyseg.engine import segment_image
from skyseg.engine.labelled import measure_labels
from skyseg.engine.parameters import Parameters
from skyseg.errors import ParameterError
from skyseg.methods import catalogue
from skyseg.methods.base import Request

Run = tuple[Request, np.ndarray, QTable]


@pytest.fixture(scope="module")
def run() -> Run:
    rng = np.random.default_rng(8)
    y, x = np.indices((260, 280))
    image = rng.normal(0, 1, (260, 280)).astype(np.float32)
    for _ in range(45):
        row, column, width = rng.uniform(0, 260), rng.uniform(0, 280), rng.uniform(1.2, 3)
        light = rng.uniform(15, 80)
        image += (light * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * width**2))).astype(
            np.float32
        )
    request = Request(
        sci=image, err=np.ones_like(image), err_type="rms_err", parameters=Parameters(),
        aper_diams=(0.2, 0.5), pix_scale=0.05, zero_point=28.9, sky=None,
    )  # fmt: skip
    found = segment_image(image, request.err, "rms_err", request.parameters, (4.0, 10.0))
    return request, found.labels, catalogue.build(found.columns, request)


def read_bytes(table: QTable, rows: np.ndarray | slice = slice(None)) -> dict[str, bytes]:
    return {
        name: np.asarray(getattr(table[name], "value", table[name]))[rows].tobytes()
        for name in table.colnames
    }


def edit_at_random(seed: int, edited: EditedMap) -> list[Patch]:
    rng, patches = np.random.default_rng(seed), []
    for _ in range(6):
        try:
            patch, _ = apply_operation(edited, random_operation(rng, edited))
        except ParameterError:
            continue
        if patch is not None:
            patches.append(patch)
    return patches


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_what_is_measured_edit_by_edit_is_what_measuring_the_edited_map_gives(
    run: Run, seed: int
) -> None:
    request, labels, cat = run
    rng, edited = np.random.default_rng(seed), EditedMap(labels)
    followed = EditedCatalogue(request, labels, cat)
    done: list[Patch] = []
    for _ in range(6):
        if done and rng.random() < 0.3:
            patch = done.pop()
            edited.take_back(patch)
        else:
            try:
                patch = apply_operation(edited, random_operation(rng, edited))[0]  # type: ignore[assignment]
            except ParameterError:
                continue
            done.append(patch)
        followed.follow(edited, [patch])
    table = followed.make_table()
    assert read_bytes(table) == read_bytes(measure_edited(request, labels, edited, cat))
    assert tuple(table["NUMBER"].tolist()) == edited.numbers
    while done:
        patch = done.pop()
        edited.take_back(patch)
        followed.follow(edited, [patch])
    assert read_bytes(followed.make_table()) == read_bytes(cat)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_touched_sources_are_measured_as_labels_are_and_far_rows_are_the_runs(
    run: Run, seed: int
) -> None:
    request, labels, cat = run
    edited = EditedMap(labels)
    edit_at_random(seed, edited)
    table = measure_edited(request, labels, edited, cat)
    whole = catalogue.build(
        measure_labels(
            request.sci, request.err, "rms_err", edited.labels, request.parameters, (4.0, 10.0)
        ),
        request,
    )
    changed = edited.labels != labels
    touched = np.unique(np.concatenate([edited.labels[changed], labels[changed]]))
    rows = np.flatnonzero(np.isin(table["NUMBER"], touched))
    assert read_bytes(table, rows) == read_bytes(whole, rows)
    y, x = np.nonzero(changed)
    place = np.stack([y, x], axis=1)
    for number in set(edited.numbers) - set(touched.tolist()):
        row, of_run = (int(np.flatnonzero(each["NUMBER"] == number)[0]) for each in (table, cat))
        at = np.array([cat["Y_IMAGE"][of_run].value, cat["X_IMAGE"][of_run].value]) - 1
        if np.hypot(*(place - at).T).min() > 30 * cat["A_IMAGE"][of_run].value + 20:
            assert read_bytes(table, np.array([row])) == read_bytes(cat, np.array([of_run]))


def test_a_neighbour_whose_aperture_gains_pixels_keeps_its_shape_and_gains_their_light(
    run: Run,
) -> None:
    request, labels, cat = run
    shown = np.argmax(cat["FLUX_AUTO"].value)
    number = int(cat["NUMBER"][shown])
    edited = EditedMap(labels)
    part = edited.part_of([number], margin=3)
    y, x = part[0].start, (part[1].start + part[1].stop) // 2
    apply_operation(edited, Draw(runs=((y, x - 2, x + 3), (y + 1, x - 2, x + 3))))
    table = measure_edited(request, labels, edited, cat)
    row = int(np.flatnonzero(table["NUMBER"] == number)[0])
    for name in ("X_IMAGE", "A_IMAGE", "FLUX_ISO", "ISOAREAF_IMAGE"):
        assert table[name][row] == cat[name][shown]
    assert table["FLUX_AUTO"][row] != cat["FLUX_AUTO"][shown]


def test_what_is_told_to_be_measured_are_the_rows_that_changed(run: Run) -> None:
    request, labels, cat = run
    edited, followed = EditedMap(labels), EditedCatalogue(request, labels, cat)
    first, second = edited.numbers[:2]
    patch, _ = apply_operation(edited, Merge(labels=(first, second)))
    assert patch is not None
    told = followed.follow(edited, [patch])
    assert first in told.numbers
    assert told.gone == (second,)
    grown, _ = apply_operation(edited, Grow(label=first, pixels=2))
    assert grown is not None
    gone, _ = apply_operation(edited, Delete(labels=(first,)))
    assert gone is not None
    assert followed.follow(edited, [grown, gone]).gone == (first,)
    table = followed.make_table()
    assert first not in table["NUMBER"]
    unchanged = set(edited.numbers) - set(told.numbers)
    assert unchanged, "an edit measured everything"


def test_nothing_is_said_anew_of_what_the_run_has_said(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    request, labels, cat = run
    edited = EditedMap(labels)
    edit_at_random(4, edited)
    measure_edited(request, labels, edited, cat)
    assert not caplog.records
