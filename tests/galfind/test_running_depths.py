"""galfind's notebook on depths."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.table import Table

from skyseg.errors import AbsentError, ParameterError
from skyseg.galfind import Data

from .conftest import OPENED

DIAMETERS = [0.32] * u.arcsec


def open_survey(version: str) -> Data:
    """Open a version of the survey as the notebook does, up to its catalogue."""
    opened = {**OPENED, "version": version, "aper_diams": DIAMETERS}
    data = Data.from_survey_version_psfs(**opened, forced_phot_band=["F277W", "F356W", "F444W"])
    data.mask(edge_mask_distance=20)
    data.segment()
    data.perform_forced_phot()
    return data


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_the_notebook_runs_from_its_first_cell_to_its_last(
    caplog: pytest.LogCaptureFixture,
) -> None:
    data = open_survey("v11")
    f444w = data["F444W"]
    assert not hasattr(f444w, "depth_path")
    f444w.run_depths()
    own = f444w.skyseg.depths
    data.run_depths(n_jobs=3)
    assert f444w.skyseg.depths is own
    assert "Band_Data(NIRCam/F444W) has depths already, which stay" in caplog.text
    for band in [*data.band_data_arr, data.forced_phot_band]:
        for aper_diam in band.aper_diams:
            assert Path(band.depth_path[aper_diam]).is_file()
            assert 26 < band.med_depth[aper_diam]["all"] < 32

    plot_aper_diam = 0.32 * u.arcsec
    data.plot_depth_diagnostic("F444W", plot_aper_diam, show=True, save=True)
    data.plot_depth_diagnostics(save=True)
    pictures = list(Path(f444w.depth_path[plot_aper_diam]).parent.glob("plots/*_diagnostic.png"))
    assert len(pictures) == len(data)
    plt.close("all")

    second = open_survey("v11_test")["F444W"]
    second.run_depths(distance_to_mask=10)
    assert "distance_to_mask without effect, apertures are laid wherever" in caplog.text
    second.plot_depth_diagnostic(DIAMETERS[0], show=True)

    fig, ax = plt.subplots()
    f444w.plot_depths(
        DIAMETERS[0], "hist", fig, ax, save=False, show=False, cmap_name="RdYlBu",
        label_suffix="v11",
    )  # fmt: skip
    second.plot_depths(
        DIAMETERS[0], "hist", fig, ax, save=False, show=True, label_suffix="v11_test", title="both"
    )
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["F444W v11", "F444W v11_test"]
    assert ax.get_title() == "both"
    plt.close("all")

    first, other = (band.get_hf_output(DIAMETERS[0]) for band in (f444w, second))
    difference = first["nmad_grid"] - other["nmad_grid"]
    assert np.nanmax(np.abs(difference)) == 0

    data.plot_area_depth(plot_aper_diam, show=False)
    data.append_loc_depth_cols(min_flux_pc_err=10)
    table = Table.read(data.phot_cat_path)
    assert {"LOC_DEPTH_APER_F444W", "FLUXERR_LOC_APER_F444W"} <= set(table.colnames)
    plt.close("all")


def test_depths_are_those_of_skyseg_off_sources_and_mask(jof: Data) -> None:
    band = jof["F444W"]
    band.mask(edge_mask_distance=20)
    band.segment()
    band.run_depths(n_nearest=50)
    direct = Data.from_survey_version(**OPENED)["F444W"].skyseg
    direct.segment(method=band.seg_args["method"])
    direct.run_depths(mask=band.mask_path, n_nearest=50)
    for diameter, depth in zip(band.aper_diams, direct.depths.table["LOC_DEPTH"], strict=True):
        assert band.med_depth[diameter]["all"] == pytest.approx(depth.value, abs=1e-4)
        assert band.depth_args[diameter] == {"mode": "n_nearest", "n_nearest": 50}
    assert band.mean_depth.keys() == band.med_depth.keys()


def test_what_depths_have_not_is_refused(jof: Data) -> None:
    band = jof["F444W"]
    with pytest.raises(ParameterError, match="mode is 'rolling', and local depths are of the"):
        band.run_depths("rolling")
    with pytest.raises(ParameterError, match="distance is no argument of run_depths"):
        band.run_depths(distance=3)
    with pytest.raises(AbsentError, match="has no depths; call run_depths"):
        band.plot_depths(DIAMETERS[0], "hist", show=False)
    with pytest.raises(AbsentError, match="has no depths; call run_depths"):
        jof.plot_area_depth(DIAMETERS[0])
    band.run_depths()
    with pytest.raises(ParameterError, match="plot_type is 'cat_diag'; give one of 'rolling_av"):
        band.plot_depths(DIAMETERS[0], "cat_diag", show=False)
    with pytest.raises(ParameterError, match=r"aper_diam is 3\.0 arcsec; give one of 0\.32, 0\.5"):
        band.plot_depths(3 * u.arcsec, "hist", show=False)
