"""Every column that may be asked for, against the program's, on real and on turned images."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from skyseg import methods
from skyseg.engine import MEASUREMENTS
from skyseg.engine.parameters import Parameters
from skyseg.methods._sextractor_program import find_program
from skyseg.methods.base import Request
from skyseg.methods.columns import known_columns
from skyseg.survey import BandData

pytestmark = pytest.mark.usefixtures("real_program")

ZERO_POINT = 28.9
# What the program does not have under that name, or has with a neural network.
NOT_COMPARED = ("NUMBER", "CLASS_STAR")
TURNED = Parameters(gain=5.0, analysis_thresh=2.5, back_type="AUTO", flag_type="MIN")


@pytest.fixture
def turned(tmp_path: Path) -> tuple[Path, Path]:
    """Galaxies in noise that varies, on a WCS that is turned, sheared and not square."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:150, :180]
    light = np.zeros(x.shape)
    for at_y, at_x in np.mgrid[15:150:30, 15:180:30].reshape(2, -1).T + rng.uniform(-4, 4, (30, 2)):
        long, short, angle = rng.uniform(2, 3), rng.uniform(1.2, 2), rng.uniform(0, np.pi)
        dx, dy = x - at_x, y - at_y
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = dy * np.cos(angle) - dx * np.sin(angle)
        light += rng.uniform(10, 60) * np.exp(-((along / long) ** 2 + (across / short) ** 2) / 2)
    rms = (1 + 0.3 * np.sin(x / 40)).astype(np.float32)
    header = fits.Header({
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.1, "CRVAL2": 62.3,
        "CRPIX1": 90.0, "CRPIX2": 70.0, "CD1_1": -0.8e-5, "CD1_2": 0.65e-5, "CD2_1": 0.5e-5,
        "CD2_2": 0.95e-5, "RADESYS": "ICRS",
    })  # fmt: skip
    image = (light + 3 + 0.01 * x + rng.normal(size=x.shape) * rms).astype(np.float32)
    paths = tmp_path / "turned_sci.fits", tmp_path / "turned_rms.fits"
    fits.writeto(paths[0], image, header)
    fits.writeto(paths[1], rms, header)
    return paths


def both(
    folder: Path, sci: Path, err: Path, err_type: Any, parameters: Parameters
) -> tuple[Any, Any, list[str]]:
    """Rows of the sources that both have with just the same pixels, and the columns."""
    names = [
        name for name, each in known_columns().items()
        if not each.per_aperture and name not in NOT_COMPARED
        and MEASUREMENTS.issuperset(each.made_of or (name,))
    ]  # fmt: skip
    asked = folder / "all.param"
    asked.write_text("\n".join(["NUMBER", *names]))
    role = "err" if err_type == "rms_err" else "wht"
    band = BandData.from_files(
        sci, **{role: err}, survey="columns", zero_point=ZERO_POINT, work_dir=folder
    )
    diameters = 5 * band.pix_scale
    flags = folder / "flags.fits"
    marks = np.random.default_rng(1).integers(0, 60, band.shape)
    fits.writeto(flags, np.where(marks < 8, marks, 0).astype(np.int16))
    band.segment(
        err_type, parameters=parameters, params_name=asked, aper_diams=diameters, flag_image=flags
    )
    program = find_program()
    settings = parameters.to_sextractor() | {
        "FILTER_NAME": program.network.with_name("gauss_2.5_5x5.conv"),
        "WEIGHT_TYPE": "MAP_RMS" if err_type == "rms_err" else "MAP_WEIGHT",
        "WEIGHT_IMAGE": err, "FLAG_IMAGE": flags, "MAG_ZEROPOINT": ZERO_POINT, "PHOT_APERTURES": 5,
        "PIXEL_SCALE": band.pix_scale.to_value(u.arcsec), "MEMORY_BUFSIZE": band.shape[0],
        "PARAMETERS_NAME": asked, "CATALOG_NAME": "cat.fits", "CATALOG_TYPE": "FITS_1.0",
        "CHECKIMAGE_TYPE": "SEGMENTATION", "CHECKIMAGE_NAME": "seg.fits", "VERBOSE_TYPE": "QUIET",
    }  # fmt: skip
    del settings["BACK_PEARSON"]
    options = [str(part) for key, value in settings.items() for part in (f"-{key}", value)]
    subprocess.run([program.path, sci, "-c", "/dev/null", *options], cwd=folder, check=True)
    rows = fits.getdata(folder / "cat.fits").copy()
    theirs, ours = fits.getdata(folder / "seg.fits"), band.load_seg()
    pairs = []
    for k, number in enumerate(rows["NUMBER"]):
        own = np.unique(ours[theirs == number])
        if len(own) == 1 and own[0] > 0 and np.array_equal(ours == own[0], theirs == number):
            pairs.append((k, own[0] - 1))
    unblended = np.array([pair for pair in pairs if rows["FLAGS"][pair[0]] & 2 == 0])
    assert len(unblended) > 10
    return rows[unblended[:, 0]], band.load_cat()[unblended[:, 1]], names


def differ(name: str, ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which values differ by more than a thousandth."""
    if name.startswith(("MAG", "MU")):
        return ~((np.abs(ours - theirs) < 1e-3) | (np.isnan(ours) & (theirs >= 99)))
    if "THETA" in name:
        return np.abs((ours - theirs + 90) % 180 - 90) > 0.05
    if "XY" in name:  # differences of large numbers
        return np.abs(ours - theirs) > 1e-3 * np.maximum(np.abs(theirs), np.median(np.abs(theirs)))
    return ~np.isclose(ours, theirs, rtol=1e-3, atol=0)


def check(theirs: Any, ours: Any, names: list[str]) -> None:
    found = {}
    for name in names:
        values = np.asarray(getattr(ours[name], "value", ours[name]), np.float64)
        wrong = differ(name, values, theirs[name].astype(np.float64))
        if wrong.any():
            found[name] = [values[wrong][:3].tolist(), theirs[name][wrong][:3].tolist()]
    assert not found


def test_columns_are_the_programs_on_a_turned_and_sheared_image(
    turned: tuple[Path, Path], tmp_path: Path
) -> None:
    check(*both(tmp_path, *turned, "rms_err", TURNED))


@pytest.mark.parametrize(
    ("image", "err_type"),
    [("jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w", "wht"),
     ("hst/XDF/WFC3_IR/v1/60mas/xdf-f160w", "rms_err")],
)  # fmt: skip
def test_columns_are_the_programs_on_real_images(
    imaging_dir: Path, tmp_path: Path, image: str, err_type: str
) -> None:
    end = "rms" if err_type == "rms_err" else "wht"
    sci, err = (imaging_dir / f"{image}_{each}.fits" for each in ("sci", end))
    check(*both(tmp_path, sci, err, err_type, Parameters()))


def test_of_flags_that_are_equally_frequent_the_programs_is_taken() -> None:
    image, flags = np.zeros((2, 140, 60), np.float32)
    for number, stripes in enumerate(((3, 7), (7, 3), (1, 2, 3), (3, 1, 2), (2, 3, 1, 0))):
        rows = slice(10 + 25 * number, 22 + 25 * number)
        image[rows, 20:32] = 100
        flags[rows, 20:32] = np.resize(stripes, (12, 1) if number % 2 else (1, 12))
    request = Request(
        sci=image, err=np.ones_like(image), err_type="rms_err", aper_diams=(5.0,), pix_scale=1.0,
        zero_point=np.nan, sky=None, flags=flags.astype(np.int32),
        parameters=Parameters(filter=False, flag_type="MOST"),
    )  # fmt: skip
    theirs, ours = (methods.run(name, request).cat for name in ("sextractor", "skyseg"))
    theirs.sort("Y_IMAGE")
    ours.sort("Y_IMAGE")
    assert set(theirs["IMAFLAGS_ISO"]) == {1, 2, 3, 7}
    for name in ("Y_IMAGE", "IMAFLAGS_ISO", "NIMAFLAGS_ISO"):
        np.testing.assert_allclose(ours[name], theirs[name])
