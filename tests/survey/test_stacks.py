"""Stacks of bands: products like others, and bands like others."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skyseg import BandData, Data
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.stacking import mean_of_chi
from skyseg.errors import (
    DataNotFoundError,
    ImageError,
    ParameterError,
    ProductError,
    StaleProductError,
)
from skyseg.imaging.data_checks import DataCheck, forget_checks
from skyseg.survey import stacking

SHAPE = (90, 120)
NAMES = ("F115W", "F200W", "F444W")


def _wcs(scale: float = 0.04, shift: float = 0.0) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [53.1, -27.8]
    wcs.wcs.crpix = [60 * 0.04 / scale + 0.5 + shift, 45 * 0.04 / scale + 0.5]
    wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
    return wcs


@pytest.fixture
def make_band(tmp_path: Path) -> Callable[..., BandData]:
    """Write a band of flat flux and noise, in a unit of its own."""

    def make(
        name: str,
        flux: float = 2.0,
        rms: float = 1.0,
        *,
        unit: str = "nJy",
        wcs: WCS | None = None,
        shape: tuple[int, int] = SHAPE,
        seed: int | None = None,
        **keywords: Any,
    ) -> BandData:
        header = (wcs or _wcs()).to_header()
        if unit:
            header["BUNIT"] = unit
        image = np.full(shape, flux, np.float32)
        if seed is not None:
            image += np.random.default_rng(seed).normal(0, rms, shape).astype(np.float32)
        path = tmp_path / f"{name.lower()}.fits"
        fits.HDUList(
            [
                fits.PrimaryHDU(),
                fits.ImageHDU(image, header, "SCI"),
                fits.ImageHDU(np.full(shape, rms, np.float32), header, "ERR"),
            ]
        ).writeto(path, overwrite=True)
        names = {"survey": "JOF", "version": "v1", "band": name, "instrument": "NIRCam"}
        return BandData.from_files(path, **(names | keywords))

    return make


@pytest.fixture
def data(make_band: Callable[..., BandData]) -> Data:
    return Data(make_band(name, seed=number) for number, name in enumerate(NAMES))


def test_a_stack_is_a_band_with_maps_coverage_and_what_it_was_made_from(data: Data) -> None:
    stack = data.stack(["F444W", "F115W"])
    assert (stack.name, stack.instrument, stack.unit) == ("JOF v1 F115W+F444W", "NIRCam", "nJy")
    assert [each.band for each in stack.members] == ["F115W", "F444W"]
    assert stack.zero_point == pytest.approx(31.4, abs=1e-3)
    both = data["F115W"].load_sci(), data["F444W"].load_sci()
    np.testing.assert_allclose(stack.load_sci(), np.mean(both, axis=0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(stack.load_err(), 0.5**0.5, rtol=1e-6)
    np.testing.assert_allclose(stack.load_wht(), 2)
    with fits.open(stack.sci.path, checksum=True) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ["SCI", "ERR", "WHT", "NBANDS"]
        assert np.all(hdus["NBANDS"].data == 2)
        header = hdus["SCI"].header
    assert header["STACKBY"] == "ivw"
    assert [header[f"IN{number}ROLE"] for number in (1, 2, 3, 4)] == ["SCI", "ERR"] * 2
    assert len(header["IN4SHA"]) == 64 and "0" * 64 not in header.values()
    assert header["RUNID"]


def test_a_stack_that_was_just_made_is_not_read_for_its_sums(data: Data) -> None:
    path = data.stack(["F444W", "F115W"]).sci.path
    assert [DataCheck.of(path, ext) for ext in (1, 2, 3, 4)] == [None] * 4
    forget_checks()
    assert DataCheck.of(path, 1) is not None


def test_segment_plot_and_compare_work_on_a_stack(data: Data) -> None:
    stack = data["f115w+f200w+f444w"]
    stack.segment()
    assert stack.load_seg().shape == SHAPE
    assert stack.seg_path is not None and "F115W+F200W+F444W" in stack.seg_path.name
    assert stack.difference("rms_err", "wht").counts
    stack.plot()


def test_keys_products_and_calls_mean_the_same_stack(data: Data) -> None:
    key, product = data["F115W+F444W"], data["F444W"] * data["F115W"]
    assert key == product == data.stack(["F115W", data["F444W"]])
    assert data["F115W"] * data["F200W"] * data["F444W"] == data.stack()
    assert data["F115W+F444W_CHI_WHT"] == data.stack(
        ["F115W", "F444W"], method="chi", err_type="wht"
    )
    assert "F115W+F444W" in data and "F115W+F090W" not in data
    with pytest.raises(DataNotFoundError, match="F090W"):
        data["F115W+F090W"]


def test_it_is_loaded_while_its_inputs_are_the_same_and_made_once(data: Data) -> None:
    stack = data.stack()
    made = stack.sci.path.stat().st_mtime_ns
    assert data.stack().sci.path.stat().st_mtime_ns == made
    data.stack(overwrite=True)
    assert stack.sci.path.stat().st_mtime_ns > made


def test_it_says_whether_it_was_made_or_loaded_when_it_was_asked_for_last(data: Data) -> None:
    assert data.bands[0].stack_made is None
    first = data["F115W+F444W"]
    assert first.stack_made is True
    assert data["F115W+F444W"] is first and first.stack_made is False


def test_an_input_or_a_zero_point_that_changes_makes_it_stale(
    data: Data, make_band: Callable[..., BandData]
) -> None:
    data.stack()
    make_band("F200W", flux=9)
    with pytest.raises(StaleProductError, match=r"SCI .*f200w.* has changed"):
        data.stack()
    again = data.stack(overwrite=True)
    assert again.load_sci().mean() == pytest.approx(13 / 3, rel=0.01)
    other = Data([data["F115W"], data["F200W"], make_band("F444W", zero_point=28.9)])
    with pytest.raises(StaleProductError, match="zero points"):
        other.stack()


def test_a_stack_that_was_remade_makes_its_segmentation_stale(
    data: Data, make_band: Callable[..., BandData]
) -> None:
    data.stack().segment()
    make_band("F200W", flux=9, seed=5)
    with pytest.raises(StaleProductError, match=r"SCI .*_stack.fits\[SCI\] has changed"):
        data.stack(overwrite=True).segment()


def test_zero_points_are_brought_to_one_scale(make_band: Callable[..., BandData]) -> None:
    same = [make_band("F115W", 100, 10, unit="nJy"), make_band("F444W", 0.1, 0.01, unit="uJy")]
    stack = same[0] * same[1]
    np.testing.assert_allclose(stack.load_sci(), 100, rtol=1e-5)
    np.testing.assert_allclose(stack.load_err(), 10 / 2**0.5, rtol=1e-5)


def test_an_unknown_zero_point_is_refused_and_needed_by_no_other_method(
    make_band: Callable[..., BandData],
) -> None:
    data = Data([make_band("F115W"), make_band("F444W", unit="")])
    with pytest.raises(ParameterError, match=r"zero point of JOF v1 F444W is unknown.*chi"):
        data.stack()
    np.testing.assert_allclose(data.stack(method="chi").load_sci(), 8**0.5, rtol=1e-6)


def test_bands_of_several_grids_are_an_error_that_says_what_to_do(
    make_band: Callable[..., BandData],
) -> None:
    data = Data([make_band("F115W"), make_band("F444W", wcs=_wcs(shift=3.0))])
    with pytest.raises(ImageError, match=r"F444W does not lie on the pixel grid.*reproject=True"):
        data.stack()
    moved = Data([data["F115W"], make_band("F444W", shape=(80, 80))])
    with pytest.raises(ImageError, match="reproject=True"):
        moved.stack()


def test_reproject_brings_bands_onto_one_grid_and_keeps_their_flux(
    make_band: Callable[..., BandData],
) -> None:
    fine = make_band("F115W", flux=1, rms=1)
    # the same brightness in pixels of four times the area, over a part of the sky
    coarse = make_band("F444W", flux=4, rms=4, wcs=_wcs(0.08), shape=(45, 40))
    stack = Data([fine, coarse]).stack(reproject=True)
    assert stack.shape == SHAPE
    np.testing.assert_allclose(stack.load_sci(), 1, rtol=1e-4)
    coverage = fits.getdata(stack.sci.path, "NBANDS")
    assert np.all(coverage[:, :78] == 2) and np.all(coverage[:, 82:] == 1)
    np.testing.assert_allclose(stack.load_err()[:, :78], 0.5**0.5, rtol=1e-4)
    np.testing.assert_allclose(stack.load_err()[:, 82:], 1, rtol=1e-6)


def test_a_stack_of_several_grids_that_is_there_is_loaded_as_any_other(
    make_band: Callable[..., BandData],
) -> None:
    bands = [make_band("F115W"), make_band("F444W", wcs=_wcs(shift=3.0))]
    made = Data(bands).stack(reproject=True)
    later = Data(BandData(each.maps) for each in bands)
    assert later["F115W+F444W"].sci == made.sci
    later["F115W+F444W"].segment()
    with pytest.raises(ImageError, match="reproject=True"):
        later.stack(overwrite=True)


def test_what_no_band_covers_is_bad(make_band: Callable[..., BandData]) -> None:
    bands = [make_band("F115W"), make_band("F444W", flux=6)]
    for number, band in enumerate(bands):
        with fits.open(band.sci.path, mode="update") as hdus:
            hdus["ERR"].data[:20] = np.inf
            hdus["SCI"].data[20 + 10 * number : 30 + 10 * number] = np.nan
    stack = Data(BandData(each.maps) for each in bands).stack()
    sci = stack.load_sci()
    assert np.isnan(sci[:20]).all()
    assert np.isinf(stack.load_err()[:20]).all() and not stack.load_wht()[:20].any()
    np.testing.assert_allclose([sci[25, 0], sci[35, 0], sci[45, 0]], [6, 2, 4], rtol=1e-6)


def test_an_image_in_units_of_noise_is_thresholded_in_them_and_it_is_said(
    data: Data, caplog: pytest.LogCaptureFixture
) -> None:
    chi = data.stack(method="chi")
    assert chi.load_sci().mean() > mean_of_chi(3)
    with caplog.at_level(logging.WARNING):
        chi.segment()
    assert "thresh_type is ABSOLUTE" in caplog.text and "chi of 3 bands" in caplog.text
    assert "zero point" not in caplog.text
    assert "scatters" not in caplog.text  # chi of sky does less than 1
    assert chi.products is not None
    assert chi.products.recipe.parameters.thresh_type == "ABSOLUTE"
    opened = BandData.from_files(chi.sci.path)
    assert (opened.band, opened.instrument) == (chi.band, chi.instrument)
    opened.segment()
    np.testing.assert_array_equal(opened.load_seg(), chi.load_seg())
    mean = data.stack()
    mean.segment()
    assert mean.products is not None
    assert mean.products.recipe.parameters.thresh_type == "RELATIVE"


def test_strips_and_workers_change_no_pixel(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    def pixels(stack: BandData) -> list[bytes]:
        with fits.open(stack.sci.path) as hdus:
            return [hdu.data.tobytes() for hdu in hdus[1:]]

    whole = pixels(data.stack(method="chi_mean"))
    monkeypatch.setattr(stacking, "strip_rows", lambda nx: 7)
    maps, _ = stacking.stack_maps(
        [each.maps for each in data], method="chi_mean", overwrite=True, mapper=ThreadMapper(3)
    )
    assert pixels(BandData(maps)) == whole


def test_what_is_no_stack_is_refused(data: Data) -> None:
    with pytest.raises(ParameterError, match="two or more"):
        data.stack(["F115W"])
    with pytest.raises(ParameterError, match="there twice"):
        data.stack(["F115W", "F115W"])
    with pytest.raises(ParameterError, match="'chi_mean'"):
        data.stack(method="median")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="err_type"):
        data.stack(err_type="none")
    with pytest.raises(ParameterError, match="list of keys"):
        data.stack("F115W")


def test_a_stack_that_is_damaged_is_refused_when_it_is_read(data: Data) -> None:
    stack = data.stack()
    path = stack.sci.path
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    with pytest.raises(ImageError, match="DATASUM"):
        data.stack().segment()


def test_a_file_of_another_origin_is_neither_taken_nor_replaced(data: Data) -> None:
    path = data.stack().sci.path
    fits.writeto(path, np.zeros(SHAPE, np.float32), overwrite=True)
    with pytest.raises(ProductError, match="does not say what it was made from"):
        data.stack()


def test_bands_that_fail_leave_the_old_stack_and_nothing_else(
    data: Data, make_band: Callable[..., BandData]
) -> None:
    path = data.stack().sci.path
    before = path.read_bytes()
    whole = make_band("F200W", flux=7).sci.path
    shutil.copyfile(whole, f"{whole}.whole")
    with whole.open("r+b") as file:
        file.truncate(whole.stat().st_size - 2880)
    with pytest.raises(ImageError):
        data.stack(overwrite=True)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if each.suffix != ".lock"] == [path.name]


KILLED = """
import os, signal, sys
from skyseg import Data
from skyseg.products import stacks
real = stacks.write_images
def killed(stream, images, shape, strips, finish):
    def some():
        for strip in strips:
            yield strip
            stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    real(stream, images, shape, some(), finish)
stacks.write_images = killed
Data.from_survey_version("UDS-B", "v1", data_dir=sys.argv[1]).stack(overwrite=True)
"""


def test_a_process_killed_while_it_writes_leaves_the_old_stack_and_the_next_call_tidies_up(
    imaging_dir: Path,
) -> None:
    survey = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    path = survey.stack().sci.path
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(imaging_dir)], env=os.environ, check=False
    )
    assert done.returncode == -signal.SIGKILL
    left = [each for each in path.parent.iterdir() if each.suffix == ".tmp"]
    assert path.read_bytes() == before and len(left) == 1
    survey.stack(overwrite=True)
    assert not left[0].exists()
    assert fits.getheader(path, "SCI")["RUNID"]


def test_a_gzipped_band_is_unpacked_once(
    data: Data,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    plain = data.stack().load_sci()
    packed = []
    for band in data:
        path = tmp_path / "gz" / f"{band.band.lower()}.fits.gz"
        path.parent.mkdir(exist_ok=True)
        with fits.open(band.sci.path) as hdus:
            hdus.writeto(path)
        packed.append(BandData.from_files(path, survey="JOF", version="gz", band=band.band))
    monkeypatch.setattr(stacking, "strip_rows", lambda nx: 9)
    np.testing.assert_array_equal(Data(packed).stack().load_sci(), plain)
    assert "f115w.fits.gz, f200w.fits.gz, f444w.fits.gz can only be unpacked whole" in caplog.text


def test_apertures_and_folder_are_those_of_the_bands(data: Data, tmp_path: Path) -> None:
    data.load_aper_diams([0.3, 0.6] * u.arcsec)
    stack = data.stack(work_dir=tmp_path / "mine")
    assert stack.aper_diams.value.tolist() == [0.3, 0.6]
    assert stack.sci.path.is_relative_to(tmp_path / "mine" / "stacks")
