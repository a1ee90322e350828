"""Bands that fail: what the panel tells, and what of the others it keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import Data
from skyseg.errors import ImageError
from skyseg.panel.runs import plan_run, segment_in_turn, segment_to_compare, tell_lost
from skyseg.panel.session import Session


def ignore(part: float, text: str) -> None:
    """Be told."""


@pytest.fixture
def data(three_bands: Path) -> Data:
    """The bands, of which F200W has no good pixel."""
    (err,) = three_bands.rglob("jof_F200W_err.fits")
    with fits.open(err, mode="update") as hdus:
        hdus[0].data[:] = np.nan
    return Data.from_survey_version(
        "JOF", "v1", data_dir=three_bands / "data", work_dir=three_bands / "work"
    )


def test_the_panel_says_which_bands_a_run_goes_without(three_bands: Path) -> None:
    (sci,) = three_bands.rglob("jof_F200W_sci.fits")
    sci.write_bytes(sci.read_bytes()[:-2880])
    session = Session(data_dir=three_bands / "data", survey="JOF", version="v1")
    assert len(plan_run(session)) == 2
    (told,) = tell_lost(session)
    assert told.startswith("F200W: ")
    assert "jof_F200W_sci.fits is truncated; copy or download it again (in /" in told
    session.band = "F444W"
    assert tell_lost(session) == []


def test_the_panel_keeps_what_was_made_and_says_what_failed(data: Data) -> None:
    done = list(segment_in_turn(ignore, [(band, {}) for band in data]))
    assert [task.failure is None for task in done] == [True, False, True]
    assert done[1].line.startswith("JOF F200W failed: ")
    assert "made, " in done[2].line


def test_a_comparison_ends_with_the_first_failure(data: Data) -> None:
    with pytest.raises(ImageError):
        segment_to_compare(ignore, [(band, {}) for band in data])
