"""Advice for a band: settings that a run takes, another in what is advised and in nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Data, Parameters
from skyseg.engine.kernels import Kernel
from skyseg.errors import ParameterError

_ADVISED = {
    "detect_thresh", "analysis_thresh", "thresh_type", "thresh_unit", "detect_minarea", "filter",
    "filter_name", "weight_type",
}  # fmt: skip


@pytest.fixture
def band(imaging_dir: Path) -> BandData:
    return Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)["F444W"]


def test_what_is_not_advised_stays_as_it_was_given(band: BandData, tmp_path: Path) -> None:
    psf, flags = tmp_path / "psf.fits", tmp_path / "flags.fits"
    fits.writeto(psf, np.array(Kernel.gaussian(3.0).weights, np.float32))
    fits.writeto(flags, np.zeros(band.shape, np.int16))
    given = Parameters(
        phot_apertures=(5, 9), mag_zeropoint=27.5, gain=2.0, deblend_mincont=0.02,
        clean_psf=str(psf), flag_image=str(flags), weight_type="MAP_WEIGHT",
    )  # fmt: skip
    found = band.advise(0.95, parameters=given)
    names = Parameters.names()
    changed = {each for each in names if getattr(found.parameters, each) != getattr(given, each)}
    assert "detect_thresh" in changed
    assert changed <= _ADVISED


def test_two_passes_are_refused(band: BandData) -> None:
    with pytest.raises(ParameterError, match="two passes") as told:
        band.advise(0.95, parameters="hot+cold")
    assert told.value.where == band.name
