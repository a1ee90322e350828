"""galfind's notebook on bands and surveys; its cells on PSFs are left out."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import matplotlib.pyplot as plt
import numpy as np
import pytest

from skyseg.cli import main
from skyseg.errors import DataNotFoundError, ParameterError, SkysegError
from skyseg.galfind import (
    Band_Data,
    Catalogue,
    Data,
    Filter,
    Multiple_Filter,
    Stacked_Band_Data,
    config,
    morgan_version_to_dir,
)
from skyseg.galfind import useful_funcs_austind as funcs

from .conftest import BANDS, OPENED


def open_band(filt: Filter, **names: str) -> Band_Data:
    """Open a band by its files, as the notebook does."""
    version = morgan_version_to_dir["v11"]
    folder = f"{config['DEFAULT']['GALFIND_DATA']}/jwst/JOF/NIRCam/{version}/30mas"
    path = f"{folder}/JOF_nircam_{filt.filt_name.lower()}_{version}_i2d.fits"
    return Band_Data(filt, "JOF", "v11", path, 1, path, 2, path, 4, 0.03 * u.arcsec, **names)


def test_the_notebook_runs_from_its_first_cell_to_its_last() -> None:
    filters = Multiple_Filter([Filter.from_filt_name(name) for name in BANDS])
    assert "F444W" in str(filters)
    bands = [open_band(filters[name]) for name in BANDS]
    summed = bands[0]
    for band in bands[1:]:
        summed += band
    whole = Data(bands[::-1])
    assert summed == whole

    found = Data.from_survey_version(
        "JOF",
        "v11",
        instrument_names=["NIRCam"],
        version_to_dir_dict=morgan_version_to_dir,
        im_ext_name="SCI",
        rms_err_ext_name="ERR",
        wht_ext_name="WHT",
    )
    assert found == whole
    assert [band.filt_name for band in found] == list(BANDS)

    blue = found[["F090W", "F115W", "F150W", "F200W"]]
    stack = Stacked_Band_Data.from_band_data_arr(blue)
    product = blue[0]
    for band in blue[1:]:
        product *= band
    assert stack == product
    assert stack.filt_name == stack.filterset.filt_name == "F090W+F115W+F150W+F200W"

    _, ax = plt.subplots()
    found.plot_RGB(ax, ["F090W"], ["F200W"], ["F444W"], method="lupton", show=False)
    assert ax.images[0].get_array().shape == (220, 240, 3)
    plt.close("all")


def test_a_filter_is_found_without_the_network() -> None:
    assert Filter.from_SVO("JWST", "NIRCam", "f090w") == Filter.from_filt_name("F090W")
    assert Filter.from_filt_name("F770W").instrument_name == "MIRI"
    assert Filter.from_filt_name("F814W").facility_name == "HST"
    with pytest.raises(DataNotFoundError, match=r"no filter JWST/NIRCam\.F999W"):
        Filter.from_SVO("JWST", "NIRCam", "F999W")
    with pytest.raises(DataNotFoundError, match="no instrument has"):
        Filter.from_filt_name("X1")


def test_bands_are_selected_as_galfind_does(jof: Data) -> None:
    assert jof["F444W"] is jof[-1] is jof.band_data_arr[-1]
    assert jof[["F444W"]] is jof["F444W"]
    assert jof["F277W+F356W"] == jof[4:6] == jof[["F277W", "F356W"]]
    assert jof[np.arange(7) == 2] is jof[2]
    assert len(jof) == 7
    assert list(jof.ZPs)[-1] == "F277W+F356W+F444W"


def test_a_band_tells_what_galfinds_tells(jof: Data) -> None:
    band = jof["F200W"]
    assert (band.filt_name, band.instr_name, band.data_shape) == ("F200W", "NIRCam", (220, 240))
    assert (band.im_ext, band.rms_err_ext, band.wht_ext) == (1, 2, 4)
    assert Path(band.im_path).is_file()
    image, header = band.load_im()
    assert image.shape == band.load_rms_err().shape == band.data_shape
    assert header["EXTNAME"] == "SCI"
    assert band.load_wht(output_hdr=True)[1]["EXTNAME"] == "WHT"
    assert band.load_wcs().naxis == 2
    with band.load_im(return_hdul=True)[2] as hdus:
        assert hdus[1].name == "SCI"
    assert 28.08 < band.ZP < 28.09
    assert band.filt == Filter.from_filt_name("F200W")


def test_a_name_of_an_hdu_that_is_another_is_refused() -> None:
    filt = Filter.from_filt_name("F444W")
    assert open_band(filt, im_ext_name="SCI").filt == filt
    with pytest.raises(ParameterError, match="im_ext_name is IMAGE, and"):
        open_band(filt, im_ext_name="IMAGE")


def test_a_plot_shows_the_image(jof: Data) -> None:
    ax = jof["F444W"].plot(show=False)
    assert ax.get_title().startswith("JOF v11 F444W")
    assert ax.images
    with pytest.raises(ParameterError, match="give the file"):
        jof["F444W"].plot(show=False, save=True)
    plt.close("all")


@pytest.mark.parametrize("ext", ["SCI", "im", "rms_err", "WHT", "SEG", "BKG", "MASK"])
def test_every_map_is_drawn(jof: Data, ext: str, tmp_path: Path) -> None:
    band = jof["F444W"]
    band.segment()
    band.mask(edge_mask_distance=20)
    band.plot(ext=ext, show=False, save=tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 5000


def test_a_picture_by_trilogy_is_refused(jof: Data) -> None:
    with pytest.raises(ParameterError, match="method is 'trilogy', which is not here; give"):
        jof.plot_RGB(method="trilogy", show=False)


def test_helpers_of_notebooks_are_there(tmp_path: Path) -> None:
    funcs.make_dirs(f"{tmp_path}/masks/new/F444W.fits")
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["new"]
    with pytest.raises(SkysegError, match="galfind's line_sep: helpers are not here"):
        funcs.line_sep  # noqa: B018


def test_a_tree_that_the_shell_makes_is_found(tmp_path: Path) -> None:
    version = morgan_version_to_dir["v11"]
    command = ["sample", str(tmp_path), "--survey", "JOF", "--version", version]
    assert main([*command, "--band", "F200W", "--shape", "64", "64"]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKYSEG_DATA_DIR", str(tmp_path))
        config.reload()
        found = Data.from_survey_version(**OPENED)
    assert found.filterset.filt_names == ["F200W"]


@pytest.mark.parametrize("name", ["psf_homogenize", "load_psfs", "sky_align", "calc_area_depth"])
def test_what_is_not_there_says_what_to_use(jof: Data, name: str) -> None:
    for each in (jof, jof["F444W"]):
        with pytest.raises(SkysegError, match=f"galfind's {name}: .*here; "):
            getattr(each, name)
        assert not hasattr(each, name)


def test_names_of_the_package_that_are_not_there_say_what_to_use() -> None:
    with pytest.raises(SkysegError, match="SEDs are not fitted here; take the catalogue"):
        from skyseg.galfind import EAZY  # noqa: F401
    with pytest.raises(ImportError):
        from skyseg.galfind import nonsense  # noqa: F401


def test_psfs_are_refused_wherever_they_are_given(jof: Data) -> None:
    with pytest.raises(SkysegError, match="PSFs are not"):
        Data.from_survey_version_psfs(**OPENED, psfs={"F444W": 1})
    with pytest.raises(SkysegError, match="PSFs are not"):
        Data.pipeline("JOF", "v11", psf_homog_filt="F444W")
    with pytest.raises(SkysegError, match="PSFs are not"):
        Band_Data(jof["F444W"].filt, "JOF", "v11", jof["F444W"].im_path, 1, psf=1)
    with pytest.raises(SkysegError, match="select rows"):
        Catalogue.from_data(jof, crops="EPOCHS")
