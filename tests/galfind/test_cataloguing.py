"""galfind's notebook on catalogues; the cell of PSF matching is left out."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.modeling.models import Gaussian2D
from astropy.table import Table

from skyseg.errors import AbsentError, ParameterError
from skyseg.galfind import Catalogue, Data, Stacked_Band_Data

from .conftest import BANDS, OPENED


def open_survey() -> Data:
    return Data.from_survey_version(**OPENED)


def test_the_notebook_runs_from_its_first_cell_to_its_last() -> None:
    data = open_survey()
    data.perform_forced_phot(forced_phot_band="F444W")
    assert Path(data.phot_cat_path).is_file()
    assert data.phot_cat_path.endswith("Catalogues/v11/NIRCam/JOF/(0.32,0.50)as/"
                                       "JOF_MASTER_Sel-F444W_v11.fits")  # fmt: skip
    assert len(Table.read(data.phot_cat_path)) > 5
    assert data.phot_cat_path.replace(".fits", "_README.txt").endswith("_README.txt")
    assert all(Path(band.forced_phot_path).is_file() for band in data)
    assert data["F115W"].forced_phot_args["forced_phot_band"] == "F444W"

    second = open_survey()
    third = deepcopy(second)
    stack = Stacked_Band_Data.from_band_data_arr(second[["F277W", "F356W", "F444W"]])
    second.perform_forced_phot(stack)
    assert "Sel-F277W+F356W+F444W" in second.phot_cat_path
    assert not hasattr(third, "phot_cat_path")

    how = {key: value for key, value in OPENED.items() if key not in ("survey", "version")}
    short = Data.pipeline("JOF", "v11", **how)
    columns = set(Catalogue.from_data(short).open_cat().colnames)
    assert {"MASK_F090W", "LOC_DEPTH_APER_F090W", "FLUX_AUTO_F090W"} <= columns
    third.segment()
    third.perform_forced_phot(["F277W", "F356W", "F444W"])
    third.mask()
    third.run_depths()
    assert short == third
    assert short.phot_cat_path == second.phot_cat_path


def test_the_pipeline_loads_what_is_there() -> None:
    how = {**OPENED, "forced_phot_band": "F444W"}
    first = Catalogue.pipeline(**how)
    made = Path(first.cat_path).stat().st_mtime_ns
    again = Catalogue.pipeline(**how)
    assert Path(again.cat_path).stat().st_mtime_ns == made
    assert not again.data.skyseg.phot_cat.made
    assert len(again) == len(Table.read(first.cat_path))
    assert (again.survey, again.version) == ("JOF", "v11")


def test_columns_are_appended_one_after_the_other(tmp_path: Path) -> None:
    data = open_survey()
    with pytest.raises(AbsentError, match="was not measured; call perform_forced_phot"):
        data.append_mask_cols()
    data.perform_forced_phot("F444W")
    data.mask(edge_mask_distance=20)
    data.append_mask_cols()
    with pytest.raises(ParameterError, match="psfs is empty, and there are no tables"):
        data.append_aper_corr_cols()
    y, x = np.mgrid[:101, :101]
    psf = Gaussian2D(1, 50, 50, 3, 3)(x, y).astype(np.float32)
    fits.writeto(tmp_path / "psf.fits", psf, fits.Header({"PIXELSCL": 0.03}))
    data.append_aper_corr_cols(psfs=dict.fromkeys(BANDS, tmp_path / "psf.fits"))
    table = Table.read(data.phot_cat_path)
    assert {"MASK_F444W", "FLUX_APER_CORR_F444W"} <= set(table.colnames)
    ratio = table["FLUX_APER_CORR_F444W"] / table["FLUX_APER_F444W"]
    inside = 1 - np.exp(-0.5 * (OPENED["aper_diams"].to_value(u.arcsec) / 2 / 0.09) ** 2)
    assert np.nanmedian(ratio, axis=0) == pytest.approx(1 / inside, rel=0.01)


def test_what_sources_are_found_in_stays() -> None:
    data = open_survey()
    found = data.load_forced_phot_band("F277W+F444W")
    assert data.load_forced_phot_band(["F444W", "F277W"]) is found is data.forced_phot_band
    with pytest.raises(ParameterError, match=r"sources are found in .* already; open the survey"):
        data.load_forced_phot_band("F200W")


def test_a_catalogue_that_was_not_made_says_so(jof: Data) -> None:
    with pytest.raises(AbsentError, match="was not measured; call perform_forced_phot"):
        Catalogue.from_data(jof)
