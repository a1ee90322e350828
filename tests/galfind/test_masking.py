"""galfind's notebook on masks; what comes from Gaia is found in the image here."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import BatchError, ParameterError
from skyseg.galfind import Data, Stacked_Band_Data, config
from skyseg.masks.bits import MaskBit

from .conftest import BANDS, OPENED

LONG = "F277W+F356W+F444W"
CIRCLE = "image\ncircle(121, 101, 10)\n"


@pytest.fixture
def regions() -> Path:
    """Region files of all bands, in the folder and by the names that galfind reads."""
    folder = Path(config["Masking"]["MASK_DIR"]) / "JOF" / "reg"
    folder.mkdir(parents=True)
    for name in (*BANDS[:-3], "f277w", "F356w", "f444W"):
        (folder / f"{name}_JOF_clean.reg").write_text(CIRCLE)
    return folder


def test_the_notebook_runs_from_its_first_cell_to_its_last(
    jof: Data, regions: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    second, third, fourth, fifth, sixth = (deepcopy(jof) for _ in range(5))
    jof.mask(method="manual")
    assert list(jof.mask_paths) == [*BANDS, LONG]
    assert all(Path(path).is_file() for path in jof.mask_paths.values())
    assert jof["F444W"].load_mask("REGION")[0][100, 120] == 1
    assert jof["F444W"].load_mask("EDGE")[0].sum() == 0
    before = jof.mask_paths
    jof.mask(method="auto")
    assert jof.mask_paths == before
    assert "has a mask already, which stays" in caplog.text

    stack = Stacked_Band_Data.from_band_data_arr(list(second[LONG]))
    stack.mask(method="manual")
    of_bands = [band.load_mask("MASK")[0] for band in second[LONG]]
    assert (stack.load_mask("MASK")[0] == np.any(of_bands, axis=0)).all()
    stack.plot(show=False)
    stack.plot(ext="MASK", show=False)
    plt.close("all")

    third.mask(method="auto")
    stars = {"central": {"a": 300.0, "b": 4.25}, "spikes": {"a": 400.0, "b": 4.5}}
    kept = {
        "star_mask_params": {band.filt_name: stars for band in fourth},
        "scale_extra": {band.filt_name: 0.2 for band in fourth},
        "exclude_gaia_galaxies": {band.filt_name: True for band in fourth},
        "angle": {band.filt_name: -70.0 for band in fourth},
        "edge_value": {band.filt_name: 0.0 for band in fourth},
        "element": {band.filt_name: "ELLIPSE" for band in fourth},
        "gaia_row_limit": {band.filt_name: 500 for band in fourth},
    }
    distances = {band.filt_name: 50 for band in fourth}
    never = {band.filt_name: False for band in fourth}
    caplog.clear()
    fourth.mask("auto", edge_mask_distance=distances, overwrite=never, **kept)
    assert "without effect, stars and spikes are found in the image" in caplog.text
    assert third == fourth
    assert not set(third.mask_paths.values()) & set(jof.mask_paths.values())
    assert jof["F444W"].mask_args["method"] == "manual"
    assert third.mask_paths == fourth.mask_paths
    assert third["F444W"].mask_args == {"method": "auto", "edge_mask_distance": 50.0}

    caplog.clear()
    fifth.mask("auto", edge_mask_distance={**distances, "F444W": 60}, overwrite=False, **kept)
    assert fifth["F444W"].mask_args["edge_mask_distance"] == 50
    assert "the mask is taken as it is; overwrite=True makes it" in caplog.text

    folder = tmp_path / "new_masks"
    folder.mkdir()
    renamed = {
        band.filt_name: f"{folder}/confusing_name_{number}.fits"
        for number, band in enumerate(fifth, start=1)
    }
    for name, path in renamed.items():
        shutil.copyfile(fifth.mask_paths[name], path)
    sixth.mask(fits_mask_path=renamed)
    assert {name: sixth.mask_paths[name] for name in BANDS} == renamed
    both = [each.forced_phot_band.load_mask("MASK")[0] for each in (third, sixth)]
    assert (both[0] == both[1]).all()
    shutil.rmtree(folder)


def test_a_mask_is_made_again_where_it_is_asked_for(jof: Data) -> None:
    jof["F444W"].mask()
    other = Data.from_survey_version(**OPENED)["F444W"]
    other.mask(edge_mask_distance=20, overwrite=True)
    assert other.mask_args["edge_mask_distance"] == 20
    assert other.load_mask("EDGE")[0][:, 30].sum() < other.data_shape[0]


def test_masks_are_maps_of_0_and_1_by_their_names(jof: Data) -> None:
    band = jof["F444W"]
    band.mask(edge_mask_distance=20)
    masks, headers = band.load_mask()
    assert masks.keys() == headers.keys() == {"MASK", *MaskBit.__members__}
    assert set(np.unique(masks["EDGE"])) == {0, 1}
    assert (band.load_mask("edge", invert=True)[0] == 1 - masks["EDGE"]).all()
    with pytest.raises(ParameterError, match="ext is 'STELLAR'; give one of MASK, EDGE"):
        band.load_mask("STELLAR")


def test_a_survey_names_the_attribute_that_has_what_its_bands_have(jof: Data) -> None:
    for name in ("seg_path", "mask_path", "unmasked_area", "depth_path", "forced_phot_args", "ZP"):
        with pytest.raises(AttributeError, match=f"no {name} of its own; read {name}s, by filter"):
            getattr(jof, name)
    with pytest.raises(AttributeError, match=r"F090W\) has no mask; call mask"):
        jof.mask_paths  # noqa: B018
    jof.mask()
    jof.calc_unmasked_area("MASK")
    assert jof.unmasked_areas["F444W"] == jof["F444W"].unmasked_area


def test_areas_are_those_that_masks_leave(jof: Data) -> None:
    band = jof["F444W"]
    band.mask(edge_mask_distance=20)
    assert not hasattr(band, "unmasked_area")
    band.calc_unmasked_area()
    band.calc_unmasked_area("EDGE+BAD")
    whole = band.skyseg.calc_unmasked_area()
    assert band.unmasked_area["MASK"].to_value("arcmin2") == pytest.approx(whole.value)
    both = band.skyseg.calc_unmasked_area(["EDGE", "BAD"])
    assert band.unmasked_area["EDGE+BAD"].to_value("arcmin2") == pytest.approx(both.value)
    for wrong in ("F444W", "EDGE+F444W", ["EDGE", "BAD"]):
        with pytest.raises(ParameterError, match=r"^mask_type is .*MASK, EDGE"):
            band.calc_unmasked_area(wrong)  # type: ignore[arg-type]


def test_a_mask_of_galfind_is_taken(jof: Data, tmp_path: Path) -> None:
    band = jof["F444W"]
    masked = np.zeros(band.data_shape, np.int16)
    masked[30:40, 50:60] = 1
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(masked, name="MASK"), fits.ImageHDU(masked * 0)]
    fits.HDUList(hdus).writeto(tmp_path / "F444W_auto.fits")
    band.mask(fits_mask_path=tmp_path / "F444W_auto.fits")
    assert (band.load_mask("FLAGGED")[0] == masked).all()


def test_what_is_given_by_band_is_given_for_all(jof: Data) -> None:
    with pytest.raises(ParameterError, match=r"edge_mask_distance has nothing for F150W, F2"):
        jof.mask(edge_mask_distance=[50, 50])
    with pytest.raises(ParameterError, match=r"has nothing for F090W, .*; give one for all"):
        jof.mask(edge_mask_distance={"F444W": 50})
    with pytest.raises(ParameterError, match="edge_distance is no argument of mask"):
        jof.mask(edge_distance=50)
    with pytest.raises(ParameterError, match="method is 'gaia'; give 'auto' or 'manual'"):
        jof["F444W"].mask("gaia")


def test_a_band_that_fails_is_named_and_the_others_are_masked() -> None:
    survey = Data.from_survey_version(**OPENED)
    edges = dict.fromkeys(BANDS, 20) | {"F115W": -1}
    with pytest.raises(BatchError, match="F115W: 1 of 7 bands could not be masked") as failed:
        survey.mask(edge_mask_distance=edges)
    assert set(failed.value.errors) == {"F115W"}
    masked = [band.filt_name for band in survey if band._mask is not None]
    assert masked == [name for name in BANDS if name != "F115W"]
    with pytest.raises(ParameterError, match="edge_distance"):
        Data.from_survey_version(**OPENED).mask(edge_mask_distance=-1)
