"""The purity that the negative image tells, against what is known to be true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from matplotlib.figure import Figure
from tests.assessment.fields import draw_field

from skyseg import BandData, Parameters
from skyseg.assessment import Assessment, Purity, count_negatives, find_purity
from skyseg.errors import ParameterError, ProductError
from skyseg.panel.assessed_views import VIEWS, draw_view
from skyseg.plotting.purity import plot_purity

SHAPE = (700, 700)


def _field(smoothed: float = 0.0) -> tuple[Any, Any]:
    return draw_field(SHAPE, 150, (4, 60), smoothed, least=0.3)


def _band(folder: Path, sci: Any, **values: Any) -> BandData:
    fits.writeto(folder / "sci.fits", sci)
    fits.writeto(folder / "err.fits", np.ones(SHAPE, np.float32))
    return BandData.from_files(
        folder / "sci.fits", err=folder / "err.fits", pix_scale=0.04 * u.arcsec, zero_point=28.0,
        survey="field", band="F444W", **values,
    )  # fmt: skip


@pytest.mark.parametrize(("smoothed", "thresh"), [(0.0, 0.55), (0.7, 1.1)])
def test_the_negative_image_tells_the_purity_within_its_error(
    tmp_path: Path, smoothed: float, thresh: float
) -> None:
    sci, real = _field(smoothed)
    band = _band(tmp_path, sci)
    band.segment(parameters=Parameters(detect_thresh=thresh, analysis_thresh=thresh))
    found = band.assess().purity
    labels = band.load_seg()
    is_real = np.isin(np.unique(labels[labels > 0]), labels[real])
    assert found.n_positive == len(is_real)
    assert found.n_negative > 20
    assert abs(found.purity - is_real.mean()) < 3 * found.purity_error < 0.2


def test_a_usual_run_of_a_clean_field_is_pure(tmp_path: Path) -> None:
    band = _band(tmp_path, _field()[0])
    with pytest.raises(ProductError):
        band.assess()
    band.segment()
    found = band.assess().purity
    assert found.n_negative == 0
    assert found.purity == 1
    assert 0 < found.purity_error < 0.05
    for table in (found.by_snr, found.by_mag, found.by_area):
        assert table["N_POSITIVE"].sum() == found.n_positive
        assert np.nanmin(table["PURITY"]) == 1
    assert "0 negative" in repr(found)


def test_a_level_of_the_sky_is_turned_with_the_image(tmp_path: Path) -> None:
    sci = _field()[0]
    band = _band(tmp_path, sci + np.float32(7))
    values = Parameters(detect_thresh=0.55, analysis_thresh=0.55, back_value=7.0)
    band.segment(parameters=values)
    (tmp_path / "plain").mkdir()
    plain = _band(tmp_path / "plain", sci, work_dir=tmp_path / "other")
    plain.segment(parameters=values.replace(back_value=0.0))
    one, other = band.assess().purity, plain.assess().purity
    assert abs(one.n_negative - other.n_negative) <= 2


def test_bins_are_counted_and_empty_catalogues_have_no_purity() -> None:
    catalogue = Table({
        "FLUX_AUTO": [3.5, 4.5, 4.6, 30.0, -1.0], "FLUXERR_AUTO": np.ones(5),
        "ISOAREAF_IMAGE": [9, 9, 17, 60, 3],
    })  # fmt: skip
    found = Purity.of(catalogue, catalogue[:2], zero_point=25.0)
    assert found.by_snr["N_POSITIVE"].tolist() == [0, 1, 2, 0, 0, 0, 0, 0, 1, 0]
    assert found.by_snr["PURITY"][[1, 2, 8]].tolist() == [0.0, 0.5, 1.0]
    assert np.isnan(found.by_snr["PURITY"][0])
    assert found.by_mag["N_POSITIVE"].sum() == 4
    assert found.by_area["N_NEGATIVE"].sum() == 2
    assert len(Purity.of(catalogue, catalogue[:0]).by_mag) == 0
    assert found.by_mag["LOW"].unit == found.by_mag["HIGH"].unit == u.mag
    assert found.by_area["LOW"].unit == found.by_area["HIGH"].unit == u.pix**2
    assert found.by_snr["LOW"].unit is None
    assert found.by_mag["LOW"].info.description == "Lower edge of the bin of AB magnitude"
    for table in (found.by_snr, found.by_mag, found.by_area):
        assert all(table[name].info.description for name in table.colnames)
    assert np.isnan(Purity.of(catalogue[:0], catalogue[:0]).purity)


def test_each_source_has_the_purity_of_its_signal_to_noise(tmp_path: Path) -> None:
    sci, real = _field()
    band = _band(tmp_path, sci)
    band.segment(parameters=Parameters(detect_thresh=0.55, analysis_thresh=0.55))
    table = band.load_cat()
    with pytest.raises(ProductError, match="has not been assessed"):
        band.append_purity_col(table)
    purity = band.assess().purity
    band.append_purity_col(table)
    found = table["PURITY"]
    snr = (table["FLUX_AUTO"] / table["FLUXERR_AUTO"]).value
    assert (np.diff(found[np.argsort(snr)]) >= 0).all()
    assert found[np.argmax(snr)] == 1
    labels = band.load_seg()
    is_real = np.isin(table["NUMBER"], labels[real])
    assert abs(found.mean() - is_real.mean()) < 3 * purity.purity_error
    assert np.isnan(purity.at([np.nan])).all()
    with pytest.raises(ParameterError, match="FLUX_AUTO"):
        band.append_purity_col(table["NUMBER",])
    band.segment()
    again = band.load_cat()
    with pytest.raises(ProductError, match="before it was segmented again"):
        band.append_purity_col(again)
    band.assess()
    band.append_purity_col(again)
    with pytest.raises(ParameterError, match="of another run"):
        band.append_purity_col(table)
    with pytest.raises(ParameterError, match="table is 'x'"):
        band.append_purity_col("x")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="injection is 5"):
        band.assess(5)  # type: ignore[arg-type]
    nothing = Purity.of(Table(table)[:0], Table(table)[:0])
    assert np.isnan(nothing.at([5.0])).all()


def test_errors_of_few_detections_stay_within_0_and_1() -> None:
    purity, error = find_purity([1, 1, 2, 1000], [0, 3, 1, 4])
    assert purity.tolist() == [1.0, 0.0, 0.5, 0.996]
    assert error.tolist()[:3] == [1.0, 1.0, 0.5]
    assert error[3] == pytest.approx(0.002, rel=0.01)


@pytest.mark.parametrize("by", ["snr", "mag", "area"])
def test_figures_keep_bars_inside_and_draw_a_field_without_sources(by: Any) -> None:
    cat = Table({"FLUX_AUTO": [4.5, 30.0], "FLUXERR_AUTO": np.ones(2), "ISOAREAF_IMAGE": [9, 60]})
    axes = plot_purity(Purity.of(cat, cat[:1], 25.0), by, ax=Figure().add_subplot())
    ends = np.concatenate([each.vertices[:, 1] for each in axes.collections[1].get_paths()])
    assert ends.min() >= 0 and ends.max() <= 1
    view = next(name for name, shown in VIEWS.items() if shown == ("purity", by))
    assert draw_view(Assessment("F444W", Purity.of(cat[:0], cat[:0])), view).shape[2] == 4


def test_a_purity_is_of_tables_and_at_numbers() -> None:
    cat = Table({"FLUX_AUTO": [4.5], "FLUXERR_AUTO": [1.0], "ISOAREAF_IMAGE": [12]})
    for pair in ((None, cat), (cat, None)):
        with pytest.raises(ParameterError, match="table is None"):
            Purity.of(*pair)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="zero_point is of type str; give a magnitude"):
        Purity.of(cat, cat, "28.9")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="snr is of type str; give numbers"):
        Purity.of(cat, cat[:0]).at("a")
    with pytest.raises(ParameterError, match="negative is of type Table; give numbers"):
        find_purity(1, cat)
    with pytest.raises(ParameterError, match="request is None; give a Request"):
        count_negatives(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["FLUX_AUTO", "FLUXERR_AUTO", "ISOAREAF_IMAGE"])
def test_a_catalogue_without_a_column_says_which(name: str) -> None:
    cat = Table({"FLUX_AUTO": [4.5, 9], "FLUXERR_AUTO": [1.0, 1], "ISOAREAF_IMAGE": [12, 9]})
    purity = Purity.of(cat, cat)
    for values, said in ((["a", "b"], "a FLUX_AUTO that is no numbers"), (np.ones((2, 3)), "row")):
        wrong = Table({**cat, "FLUX_AUTO": values})
        with pytest.raises(ParameterError, match=said):
            Purity.of(wrong, cat)
        with pytest.raises(ParameterError, match=said):
            purity.append_purity_col(wrong)
    cat.remove_column(name)
    with pytest.raises(ParameterError, match=f"has no {name}; give a catalogue with it"):
        Purity.of(cat, cat)


def test_a_flux_that_is_missing_has_no_purity() -> None:
    flux = MaskedColumn([4.5, 1e20, 30.0], mask=[False, True, False])
    cat = Table({"FLUX_AUTO": flux, "FLUXERR_AUTO": np.ones(3), "ISOAREAF_IMAGE": [9, 9, 9]})
    purity = Purity.of(cat, cat[:0])
    assert purity.by_snr["N_POSITIVE"].sum() == 2
    purity.append_purity_col(cat)
    assert np.isfinite(cat["PURITY"]).tolist() == [True, False, True]
