"""The edited map of a band as a product of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from skyseg import BandData, Data, Edits
from skyseg.comparison.identities import name_by_position
from skyseg.errors import BatchError, DataNotFoundError, ParameterError, StaleProductError
from skyseg.products.inventory import list_runs
from skyseg.products.making import tell_making
from skyseg.products.names import make_paths
from skyseg.samples import make_survey

STEM = "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w"


@pytest.fixture
def band(imaging_dir: Path, tmp_path: Path) -> BandData:
    stem = imaging_dir / STEM
    band = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=tmp_path)
    band.segment()
    return band


def read_files(band: BandData) -> list[bytes]:
    assert band.products is not None
    return [path.read_bytes() for path in (band.products.base or band.products).paths]


def merge_two(band: BandData) -> Edits:
    edits = Edits.open(band)
    numbers = np.asarray(band.load_cat()["NUMBER"])
    edits.merge([int(numbers[0]), int(numbers[1])], why="one galaxy")
    return edits


def test_an_edited_map_is_a_product_beside_the_run_which_stays_as_it_is(band: BandData) -> None:
    before, run, cat = read_files(band), band.load_seg(), band.load_cat()
    edits = merge_two(band)
    assert edits.path == band.products.paths.journal  # type: ignore[union-attr]
    band.segment(edits=True)
    assert band.seg_path is not None
    assert band.seg_path.name.endswith("_edited_seg.fits")
    assert band.made_by == "rms_err edited"
    assert np.array_equal(band.load_seg(), edits.labels)
    assert not np.array_equal(band.load_seg(), run)
    assert len(band.load_cat()) == len(cat) - 1
    assert read_files(band) == before
    assert band.load_cat()["FLUX_AUTO"].unit == cat["FLUX_AUTO"].unit
    told = tell_making(band.seg_path)
    assert told is not None
    assert told["edits"] == [edits.operations[0].title]
    runs = {each.file: each for each in list_runs(band.work_dir)}
    assert runs[band.seg_path].edited
    assert sum(each.edited for each in runs.values()) == 1


def test_an_edited_map_is_loaded_until_an_edit_makes_it_stale_and_is_told(band: BandData) -> None:
    edits = merge_two(band)
    band.segment(edits=True)
    assert band.products is not None
    assert band.products.made
    band.segment(**band.seg_args)  # type: ignore[arg-type]
    assert not band.products.made
    edits.mark(int(band.load_cat()["NUMBER"][3]), "star")
    band.segment(edits=edits)
    assert not band.products.made
    last = int(band.load_cat()["NUMBER"][-1])
    edits.delete(last)
    with pytest.raises(StaleProductError, match=f"edit 3, delete {last}, is new"):
        band.segment(edits=edits.path)
    band.segment(edits=edits.path, overwrite=True)
    assert last not in band.load_seg()
    edits.undo()
    with pytest.raises(StaleProductError, match=f"the edit delete {last} is gone"):
        band.segment(edits=True)
    band.segment(overwrite=True)
    with pytest.raises(StaleProductError, match="made again"):
        band.segment(edits=True)


def test_edits_of_an_edited_band_are_those_of_its_run(band: BandData) -> None:
    merge_two(band)
    band.segment(edits=True)
    again = Edits.open(band)
    assert len(again) == 1
    assert again.report.counts["conflict"] == 0
    assert np.array_equal(again.labels, band.load_seg())


def test_other_bands_are_measured_by_the_edited_map(band: BandData, imaging_dir: Path) -> None:
    merge_two(band)
    band.segment(edits=True)
    stem = str(imaging_dir / STEM).replace("f444w", "f115w")
    other = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=band.work_dir)
    other.perform_forced_phot(band)
    cat = other.load_forced_phot()
    assert cat["NUMBER"].tolist() == band.load_cat()["NUMBER"].tolist()


def test_what_is_measured_by_an_edited_map_is_stale_with_another_edit_which_is_named(
    tmp_path: Path,
) -> None:
    make_survey(tmp_path, bands=("F200W", "F444W"), shape=(200, 200), n_sources=80, seed=3)
    data = Data.from_survey_version("sample", "v1", data_dir=tmp_path, work_dir=tmp_path)
    band = data["F444W"]
    band.segment(progress=False)
    first, second = band.load_cat()["NUMBER"][:2].tolist()
    edits = Edits.open(band)
    edits.delete(first)
    band.segment(edits=True, progress=False)
    data.perform_forced_phot(band, progress=False)
    data.make_cat(band, progress=False)
    assert data.phot_cat is not None
    assert first not in data.phot_cat.load()["NUMBER"]
    edits.delete(second)
    band.segment(edits=True, overwrite=True, progress=False)
    with pytest.raises(BatchError, match=f"edit 2, delete {second}, is new"):
        data.perform_forced_phot(band, progress=False)
    data.perform_forced_phot(band, overwrite=True, progress=False)
    with pytest.raises(StaleProductError, match=f"edit 2, delete {second}, is new"):
        data.make_cat(band, progress=False)
    data.make_cat(band, overwrite=True, progress=False)
    assert not {first, second} & set(data.phot_cat.load()["NUMBER"].tolist())


def test_sources_of_an_edited_map_are_named_by_the_sky_and_keep_the_name_with_the_number(
    band: BandData, imaging_dir: Path
) -> None:
    run = band.load_cat()
    assert "SKY_NAME" not in run.colnames
    edits = Edits.open(band)
    edits.merge([28, 30])
    edits.grow(22, 3)
    made = edits.split(17, line=[(670, 150), (710, 158)]).made
    band.segment(edits=True)
    cat = band.load_cat()
    names = dict(zip(cat["NUMBER"].tolist(), cat["SKY_NAME"].tolist(), strict=True))
    assert len(set(names.values())) == len(cat)
    places = SkyCoord(run["ALPHA_J2000"], run["DELTA_J2000"])
    by_place = dict(zip(run["NUMBER"].tolist(), name_by_position(places).tolist(), strict=True))
    assert {number: name for number, name in names.items() if number in by_place}.items() <= (
        by_place.items()
    )
    (row,) = cat[cat["NUMBER"] == made[0]]
    own = SkyCoord([row["ALPHA_J2000"]], [row["DELTA_J2000"]])
    assert names[made[0]] == name_by_position(own)[0]
    assert band.write_cat(band.work_dir / "cat.csv").read_text().count(names[22]) == 1

    stem = str(imaging_dir / STEM).replace("f444w", "f115w")
    other = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=band.work_dir)
    other.perform_forced_phot(band)
    assert other.load_forced_phot()["SKY_NAME"].tolist() == cat["SKY_NAME"].tolist()


def test_sources_are_named_whatever_columns_the_catalogue_has(band: BandData) -> None:
    columns = band.work_dir / "few.param"
    columns.write_text("NUMBER\nFLUX_AUTO\n")
    band.segment(params_name=columns, overwrite=True)
    Edits.open(band).split(17, line=[(670, 150), (710, 158)])
    band.segment(params_name=columns, edits=True)
    cat = band.load_cat()
    assert cat.colnames == ["NUMBER", "FLUX_AUTO", "SKY_NAME"]
    assert len({name for name in cat["SKY_NAME"] if name.startswith("J0")}) == len(cat)


def test_what_cannot_be_an_edited_map_is_refused(band: BandData) -> None:
    with pytest.raises(DataNotFoundError, match="there are no edits"):
        band.segment(edits=True)
    with pytest.raises(ParameterError, match="edits is 3"):
        band.segment(edits=3)  # type: ignore[arg-type]
    merge_two(band)
    with pytest.raises(ParameterError, match="region"):
        band.segment(edits=Edits.open(band), region=np.s_[:100, :100])


@pytest.mark.parametrize("name", ["edited", "my_Edited"])
def test_no_parameter_set_has_the_name_of_an_edited_map(name: str) -> None:
    with pytest.raises(ParameterError, match="edited maps"):
        make_paths(
            method="skyseg", instrument="NIRCam", version="v1", survey="S", band="F444W",
            err_type="wht", set_name=name,
        )  # fmt: skip
