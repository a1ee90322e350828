"""Files of no archive are chosen, and segmented under names of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.panel.chosen_files import ChosenFiles, choose_files
from skyseg.panel.session import Session
from skyseg.settings import config

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


@pytest.fixture
def files(imaging_dir: Path, tmp_path: Path) -> tuple[Path, Path]:
    """An image of no archive whose header tells no band, and its weight map."""
    folder = tmp_path / "night1"
    folder.mkdir()
    for role in ("sci", "wht"):
        data = fits.getdata(imaging_dir / UDS / f"uds-b-f444w_{role}.fits")
        fits.writeto(folder / f"field_{role}.fits", data[:200, :200].astype(np.float32))
    return folder / "field_sci.fits", folder / "field_wht.fits"


def test_maps_are_chosen_by_what_they_are(files: tuple[Path, Path]) -> None:
    sci, wht = files
    chosen = choose_files(files)
    assert chosen == ChosenFiles(sci=f"{sci}[0]", wht=f"{wht}[0]")
    later = choose_files([wht], choose_files([sci]))
    assert later == chosen
    plain = sci.with_name("plain.fits")
    shutil.copy(sci, plain)
    assert choose_files([plain], later) == ChosenFiles(sci=f"{plain}[0]")


def test_an_image_comes_with_the_maps_of_its_noise_beside_it(files: tuple[Path, Path]) -> None:
    sci, wht = files
    shape = fits.getdata(sci).shape
    for name, size in (("field_rms", shape), ("field_var", shape), ("other_wht", shape)):
        fits.writeto(sci.with_name(f"{name}.fits"), np.ones(size, np.float32))
    rms = sci.with_name("field_rms.fits")
    chosen = choose_files([sci])
    assert chosen == ChosenFiles(sci=f"{sci}[0]", err=f"{rms}[0]", wht=f"{wht}[0]")
    assert chosen.open_band().err_types[:2] == ("rms_err", "wht")
    without = chosen.change(wht="")
    assert choose_files([sci], without) == without
    fits.writeto(wht, np.ones((3, 3), np.float32), overwrite=True)
    assert choose_files([sci]).wht == ""


def test_an_image_that_is_named_as_noise_is_not_its_own_noise(files: tuple[Path, Path]) -> None:
    _, wht = files
    fits.setval(wht, "EXTNAME", value="SCI")
    assert choose_files([wht]) == ChosenFiles(sci=f"{wht}[SCI]")


def test_files_are_segmented_with_a_zero_point_and_products_go_under_the_work_folder(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    chosen = choose_files(files).change(zero_point="25")
    session = Session(files=chosen)
    (band,) = session.bands()
    band.segment(**session.segment_arguments())
    assert (band.survey, band.band) == ("field", "FIELD")
    assert band.seg_path.is_relative_to(config.work_dir)
    assert band.products.recipe.zero_point == 25
    assert {path.name for path in files[0].parent.iterdir()} == {each.name for each in files}
    (there,) = Session(files=chosen.change(work_dir=str(tmp_path / "there"))).bands()
    there.segment()
    assert there.seg_path.is_relative_to(tmp_path / "there")
    assert Session.model_validate_json(session.model_dump_json()).files == chosen


def test_files_of_one_name_share_no_products(files: tuple[Path, Path], tmp_path: Path) -> None:
    paths = []
    for folder in ("night1", "night2", "more/night2"):
        for file in files:
            copied = tmp_path / folder / file.name
            copied.parent.mkdir(parents=True, exist_ok=True)
            if not copied.exists():
                fits.writeto(copied, fits.getdata(file) * 2)
        band = choose_files([copied.with_name(file.name) for file in files]).open_band()
        band.segment()
        paths.append(band.seg_path)
    assert len(set(paths)) == 3
    assert [path.parents[3].name[:9] for path in paths] == ["v0", "v0-night2", "v0-night2"]
    again = choose_files(files).open_band()
    again.segment()
    assert not again.products.made


def test_what_cannot_be_segmented_says_why(files: tuple[Path, Path]) -> None:
    with pytest.raises(DataNotFoundError, match="no science image is chosen; choose one as SCI"):
        Session(files=ChosenFiles()).bands()
    with pytest.raises(ParameterError, match="'bright' is no magnitude; give a number"):
        ChosenFiles(sci=str(files[0]), zero_point="bright").open_band()
