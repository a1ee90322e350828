"""The same bytes, however an image is cut into strips and however many threads work them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.uneven_field import are_same, make_field

from skyseg import BandData, Parameters
from skyseg.engine import segment_image
from skyseg.engine.mappers import ThreadMapper


@pytest.mark.parametrize("back_type", ["MANUAL", "AUTO"])
@pytest.mark.parametrize(
    ("err_type", "values"),
    [("rms_err", {}), ("wht", {}), ("none", {}), ("none", {"weight_type": "BACKGROUND"}),
     ("wht", {"weight_thresh": 0.6, "gain": 2.0})],
)  # fmt: skip
def test_strips_and_squares_of_any_size_give_the_same_bytes(
    err_type: Any, values: dict[str, Any], back_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, weight = make_field()
    parameters = Parameters(back_type=back_type, **values)
    weight = None if err_type == "none" else weight
    whole = segment_image(image, weight, err_type, parameters, (5.0, 20.0))
    assert len(whole.columns["NUMBER"]) > 20
    for rows, square in ((1, 30), (7, 60), (64, 100), (100, 170), (399, 250)):
        monkeypatch.setattr("skyseg.engine._windows._SQUARE", square)
        part = segment_image(image, weight, err_type, parameters, (5.0, 20.0), strip_rows=rows)
        assert are_same(whole, part), (rows, square)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_threads_gives_the_same_bytes(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyseg.engine._windows._SQUARE", 100)
    image, weight = make_field()
    alone = segment_image(image, weight, "wht", Parameters(), (5.0,), strip_rows=50)
    together = segment_image(
        image, weight, "wht", Parameters(), (5.0,), strip_rows=50, mapper=ThreadMapper(workers)
    )
    assert are_same(alone, together)


def test_an_error_in_a_strip_ends_the_work() -> None:
    def fail(task: int) -> int:
        if task == 3:
            raise ValueError("no such luck")
        return task

    results = ThreadMapper(2)(fail, range(100))
    with pytest.raises(ValueError, match="no such luck"):
        list(results)


def test_what_is_read_by_rows_is_what_is_read_whole(imaging_dir: Path) -> None:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    band = BandData.from_files(folder / "uds-b-f444w_sci.fits", wht=folder / "uds-b-f444w_wht.fits")
    band.segment()
    found = segment_image(band.load_sci(), band.load_err(), "rms_err", Parameters(), strip_rows=97)
    np.testing.assert_array_equal(band.load_seg(), found.labels)
    np.testing.assert_array_equal(band.load_bkg(), found.background)
