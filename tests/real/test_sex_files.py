"""Configuration files of SExtractor give what the program gives with the same file and images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from astropy.table import QTable, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyseg import BandData
from skyseg.errors import ParameterError
from skyseg.methods._sextractor_settings import PROGRAM_NAMES

EXAMPLES = int(os.environ.get("SEX_FUZZ_EXAMPLES", "15"))
FloatImage = npt.NDArray[np.float32]

COLUMNS = (
    *("NUMBER", "X_IMAGE", "Y_IMAGE", "FLUX_AUTO", "FLUXERR_AUTO", "FLUX_APER(1)", "FLUX_ISO"),
    *("FLAGS", "ISOAREA_IMAGE", "FWHM_IMAGE", "MAG_AUTO", "MU_MAX"),
    # what they cut at the edge of the image is told by FLAGS, where they are asked for
    *("MU_THRESHOLD", "FLUX_RADIUS", "SNR_WIN"),
)


@dataclass(frozen=True)
class Pair:
    """What the program and what we found."""

    program_labels: npt.NDArray[np.int32]
    program_cat: Table
    labels: npt.NDArray[np.int32]
    cat: QTable

    def alone(self) -> tuple[Table, QTable]:
        """Rows of the sources that both have at one place, with no neighbour in their apertures."""
        ours = np.array([_plain(self.cat[name]) for name in ("X_IMAGE", "Y_IMAGE")])
        theirs = np.array([_plain(self.program_cat[name]) for name in ("X_IMAGE", "Y_IMAGE")])
        apart = np.hypot(*(theirs[:, :, None] - ours[:, None, :]))
        rows, found = np.nonzero(apart < 0.02)
        clean = (_plain(self.program_cat["FLAGS"])[rows].astype(int) & ~4) == 0
        return self.program_cat[rows[clean]], self.cat[found[clean]]

    def check_foreground(self) -> None:
        assert np.any(self.program_labels)
        np.testing.assert_array_equal(self.labels > 0, self.program_labels > 0)

    def check_alone(self, *names: str, least: int = 3, part: float = 1.0) -> None:
        """At least a part of the sources has the program's values, and there are some."""
        theirs, ours = self.alone()
        assert len(theirs) >= least
        for name in names:
            near = np.isclose(_plain(ours[name]), _plain(theirs[name]), rtol=1e-3, atol=0)
            assert near.sum() >= part * len(near), (name, ours[name][~near], theirs[name][~near])


def _plain(column: Any) -> npt.NDArray[np.float64]:
    values = np.asarray(getattr(column, "value", column), float)
    return values if values.ndim == 1 else values[:, 0]


class Folder:
    """A working folder with images, kernels and a configuration file."""

    def __init__(self, path: Path, program: str) -> None:
        self.path, self._program = path, program
        shared = next(Path(program).resolve().parents[1].glob("share/s*extractor"))
        for file in (*shared.glob("*.conv"), shared / "default.nnw"):
            shutil.copy(file, path)
        (path / "own.param").write_text("\n".join(COLUMNS) + "\n")

    def put(self, **maps: FloatImage) -> None:
        """Write images: sci, and err or wht."""
        for name, image in maps.items():
            fits.writeto(self.path / f"{name}.fits", image, make_header(), overwrite=True)

    def run(self, text: str, err: str | None = None, **arguments: Any) -> Pair:
        """Run both with one file; ``err`` is the map whose error type the file names."""
        (self.path / "own.sex").write_text(f"{text}\nPARAMETERS_NAME own.param\n")
        (self.path / "seg.fits").unlink(missing_ok=True)
        said = {
            "CATALOG_NAME": "cat.fits", "CATALOG_TYPE": "FITS_1.0", "VERBOSE_TYPE": "QUIET",
            "CHECKIMAGE_NAME": "seg.fits", "CHECKIMAGE_TYPE": "SEGMENTATION",
            "MEMORY_BUFSIZE": "1024",
        } | ({} if err is None else {"WEIGHT_IMAGE": f"{err}.fits"})  # fmt: skip
        words = [word for key, value in said.items() for word in (f"-{key}", value)]
        subprocess.run(
            [self._program, "sci.fits", "-c", "own.sex", *words],
            cwd=self.path, check=True, capture_output=True,
        )  # fmt: skip
        maps = {} if err is None else {err: self.path / f"{err}.fits"}
        band = BandData.from_files(self.path / "sci.fits", **maps, work_dir=self.path / "work")
        band.segment(parameters=self.path / "own.sex", overwrite=True, **arguments)
        return Pair(
            fits.getdata(self.path / "seg.fits"),
            Table.read(self.path / "cat.fits", hdu=1),
            band.load_seg(),
            band.load_cat(),
        )


def make_header() -> fits.Header:
    header = fits.Header()
    header.update(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=48, CRPIX2=48, CRVAL1=150, CRVAL2=2,
        CDELT1=-0.04 / 3600, CDELT2=0.04 / 3600, BUNIT="nJy",
    )  # fmt: skip
    return header


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    program = next(filter(None, map(shutil.which, PROGRAM_NAMES)), None)
    if program is None:
        pytest.skip(f"the real program is not installed ({', '.join(PROGRAM_NAMES)})")
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, program)


def on_a_pedestal(size: int, number: int) -> tuple[FloatImage, FloatImage]:
    """Round sources on a sky of 50 that rises, in noise that doubles in one half; and its rms."""
    rng = np.random.default_rng(number)
    y, x = np.indices((size, size))
    rms = np.where(x > size / 2, 1.5, 1.0)
    image = 50 + 0.02 * x + rng.normal(size=(size, size)) * rms
    for _ in range(number):
        cx, cy, sigma = *rng.uniform(5, size - 5, 2), rng.uniform(1, 2.5)
        peak = 10 ** rng.uniform(1.5, 4) / (2 * np.pi * sigma**2)
        image += peak * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2 / sigma**2)
    return image.astype(np.float32), rms.astype(np.float32)


SIMPLE = "FILTER_NAME default.conv\nPHOT_APERTURES 8\nPIXEL_SCALE 0\n"


def test_a_file_without_weights_takes_the_noise_from_the_image(folder: Folder) -> None:
    sci, _ = on_a_pedestal(160, 12)
    folder.put(sci=sci)
    pair = folder.run(f"{SIMPLE}WEIGHT_TYPE NONE\nMAG_ZEROPOINT 25\n")
    pair.check_foreground()
    pair.check_alone("FLUX_AUTO", "FLUXERR_AUTO", "FLUX_APER", "MAG_AUTO")


@pytest.mark.parametrize("scale", [0, 0.1])
def test_surface_brightnesses_are_by_the_pixel_scale_of_the_file(
    folder: Folder, scale: float
) -> None:
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=sci, err=rms)
    text = f"FILTER_NAME default.conv\nPIXEL_SCALE {scale}\nMAG_ZEROPOINT 25\n"
    faint = "THRESH_TYPE ABSOLUTE\nDETECT_THRESH 17.2,25\nANALYSIS_THRESH 17.5,25\n"
    for more in ("", faint if scale else ""):
        pair = folder.run(f"{text}{more}WEIGHT_TYPE MAP_RMS\n", "err")
        pair.check_foreground()
        pair.check_alone("MU_MAX", "MU_THRESHOLD", "FLUX_APER")


def test_a_threshold_of_weights_without_a_map_is_refused(folder: Folder) -> None:
    folder.put(sci=on_a_pedestal(64, 3)[0])
    with pytest.raises(ParameterError, match=r"weight_thresh is 1\.2, and without an error map"):
        folder.run(f"{SIMPLE}WEIGHT_TYPE BACKGROUND\nWEIGHT_THRESH 1.2\n")
    folder.run(f"{SIMPLE}WEIGHT_TYPE BACKGROUND\nWEIGHT_THRESH 0\n").check_foreground()


def test_a_kernel_beside_the_file_is_used_under_the_name_of_one_of_ours(folder: Folder) -> None:
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=sci, err=rms)
    text = f"{SIMPLE}WEIGHT_TYPE MAP_RMS\n"
    before = folder.run(text, "err")
    rows = [" ".join(f"{np.exp(-(i * i + j * j) / 6.5):.6f}" for j in range(-4, 5))
            for i in range(-4, 5)]  # fmt: skip
    (folder.path / "default.conv").write_text("CONV NORM\n" + "\n".join(rows) + "\n")
    after = folder.run(text, "err")
    after.check_foreground()
    assert not np.array_equal(after.labels > 0, before.labels > 0)


def test_columns_and_flag_map_of_a_file_are_those_of_the_program_and_of_the_shell(
    folder: Folder,
) -> None:
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=sci, err=rms)
    marks = np.random.default_rng(4).integers(0, 40, sci.shape)
    fits.writeto(folder.path / "flags.fits", np.where(marks < 8, marks, 0).astype(np.int16))
    names = ("NUMBER", "FLAGS", "X_IMAGE", "Y_IMAGE", "IMAFLAGS_ISO", "NIMAFLAGS_ISO", "ISO3")
    (folder.path / "own.param").write_text("\n".join((*names, "FLUX_APER(2)")) + "\n")
    pair = folder.run(
        "FILTER_NAME default.conv\nPHOT_APERTURES 4,8,60\nPIXEL_SCALE 0\nWEIGHT_TYPE MAP_RMS\n"
        "FLAG_IMAGE flags.fits\nFLAG_TYPE OR\n", "err",
    )  # fmt: skip
    pair.check_foreground()
    pair.check_alone("FLAGS", "IMAFLAGS_ISO", "NIMAFLAGS_ISO", "ISO3", "FLUX_APER")
    assert pair.cat.colnames == [*names, "FLUX_APER"] and pair.cat["FLUX_APER"].shape[1] == 2
    shell = Path(sys.executable).with_name("skyseg")
    words = ("segment", "--sci", "sci.fits", "--err", "err.fits", "--parameters", "own.sex")
    subprocess.run([shell, *words, "--out", "shell"], check=True, capture_output=True)
    (made,) = Path("shell").rglob("*_own.fits")
    cat = QTable.read(made, hdu=1)
    assert cat.colnames == pair.cat.colnames
    for name in cat.colnames:
        np.testing.assert_array_equal(cat[name], pair.cat[name])


def test_cards_of_the_header_stand_for_gain_and_saturation_level(folder: Folder) -> None:
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=sci, err=rms)
    with fits.open(folder.path / "sci.fits", mode="update") as hdus:
        hdus[0].header.update(GAIN=2.0, SATURATE=150.0, EGAIN=0.5)
    for keys in ("GAIN_KEY GAIN\nSATUR_KEY SATURATE\n", "GAIN_KEY EGAIN\nSATUR_KEY NONE\n"):
        pair = folder.run(f"{SIMPLE}WEIGHT_TYPE MAP_RMS\n{keys}", "err")
        pair.check_foreground()
        pair.check_alone("FLUX_AUTO", "FLUXERR_AUTO", "FLAGS", "FWHM_IMAGE")


@pytest.mark.parametrize("follows", ["Y", "N"])
@pytest.mark.parametrize("weight_type", ["NONE", "MAP_WEIGHT"])
def test_the_gain_follows_the_weights_or_not(
    folder: Folder, weight_type: str, follows: str
) -> None:
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=sci, wht=1 / rms**2)
    both = f"WEIGHT_TYPE {weight_type},{weight_type}\nGAIN 2\nWEIGHT_GAIN {follows},{follows}\n"
    pair = folder.run(SIMPLE + both, "wht" if weight_type == "MAP_WEIGHT" else None)
    pair.check_foreground()
    pair.check_alone("FLUX_AUTO", "FLUXERR_AUTO")


@pytest.mark.parametrize("follows", ["Y", "N"])
def test_photons_are_those_of_the_light_over_the_sky_around(folder: Folder, follows: str) -> None:
    errors = [f"FLUXERR_{kind}" for kind in ("ISO", "AUTO", "APER", "PETRO", "ISOCOR")]
    with (folder.path / "own.param").open("a") as file:
        file.write("FLUXERR_ISO\nFLUXERR_APER(1)\nFLUXERR_PETRO\nFLUXERR_ISOCOR\n")
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=sci, err=rms)
    pair = folder.run(
        f"{SIMPLE}WEIGHT_TYPE MAP_RMS\nGAIN 1\nWEIGHT_GAIN {follows}\nCLEAN N\nDETECT_THRESH 3\n"
        "BACKPHOTO_TYPE LOCAL\n", "err",
    )  # fmt: skip
    pair.check_foreground()
    pair.check_alone("FLUX_AUTO", *errors)


@pytest.mark.parametrize("back", ["BACK_TYPE AUTO", "BACK_TYPE MANUAL\nBACK_VALUE 51"])
def test_saturation_is_a_level_over_the_sky(folder: Folder, back: str) -> None:
    sci, rms = on_a_pedestal(160, 12)
    folder.put(sci=np.minimum(sci, 200), err=rms)
    pair = folder.run(f"{SIMPLE}{back}\nWEIGHT_TYPE MAP_RMS\nSATUR_LEVEL 199\n", "err")
    pair.check_foreground()
    pair.check_alone("FLAGS", "FWHM_IMAGE")
    assert np.any(_plain(pair.program_cat["FLAGS"]).astype(int) & 4)


# Settings of surveys as their public files have them; what changes no number is there as it stands.
RECIPES = {
    "candels-cold": """
        DETECT_MINAREA 5
        DETECT_THRESH 0.75
        ANALYSIS_THRESH 5.0
        FILTER_NAME tophat_9.0_9x9.conv
        DEBLEND_NTHRESH 16
        DEBLEND_MINCONT 0.0001
        CLEAN_PARAM 1.0
        BACK_SIZE 256
        BACK_FILTERSIZE 9
        BACKPHOTO_TYPE LOCAL
        BACKPHOTO_THICK 100
        WEIGHT_GAIN N,N
        SATUR_LEVEL 120
        PHOT_FLUXFRAC 0.2,0.5,0.8
        PHOT_APERTURES 1.47,2.08,2.94,4.17,5.88,8.34,11.79,16.66,23.57,33.34,47.13
        PHOT_AUTOPARAMS 2.5,3.5
        PIXEL_SCALE 0.06
        SEEING_FWHM 0.18
        PSF_NAME default.psf
        """,
    "candels-hot": """
        DETECT_MINAREA 10
        DETECT_THRESH 0.7
        ANALYSIS_THRESH 0.7
        FILTER_NAME gauss_4.0_7x7.conv
        DEBLEND_NTHRESH 64
        DEBLEND_MINCONT 0.001
        BACK_SIZE 128
        BACK_FILTERSIZE 5
        BACKPHOTO_TYPE LOCAL
        BACKPHOTO_THICK 48
        SATUR_LEVEL 3900
        """,
    "cosmos-web-cold": """
        WEIGHT_TYPE NONE
        DETECT_MINAREA 15
        DETECT_THRESH 4.0
        ANALYSIS_THRESH 5.0
        FILTER_NAME tophat_9.0_9x9.conv
        DEBLEND_NTHRESH 64
        DEBLEND_MINCONT 0.001
        CLEAN_PARAM 2.0
        BACK_SIZE 256
        BACK_FILTERSIZE 9
        BACKPHOTO_TYPE LOCAL
        BACKPHOTO_THICK 100
        PHOT_AUTOPARAMS 2.5,3.5
        """,
    "cosmos-web-hot": """
        WEIGHT_TYPE NONE
        DETECT_MINAREA 8
        DETECT_THRESH 3.0
        ANALYSIS_THRESH 0.8
        FILTER_NAME gauss_3.0_5x5.conv
        DEBLEND_MINCONT 0.01
        CLEAN_PARAM 0.5
        BACK_SIZE 128
        BACK_FILTERSIZE 5
        BACKPHOTO_TYPE LOCAL
        BACKPHOTO_THICK 48
        NTHREADS 0
        """,
    "glass-jwst": """
        DETECT_MINAREA 8
        DETECT_THRESH 0.7071
        ANALYSIS_THRESH 0.7071
        DEBLEND_MINCONT 0.0003
        BACKPHOTO_TYPE LOCAL
        BACKPHOTO_THICK 48
        """,
    "primer-cold": """
        DETECT_MINAREA 10
        DETECT_THRESH 16
        DEBLEND_MINCONT 0.0006
        """,
    "primer-hot": """
        DETECT_MINAREA 5
        DETECT_THRESH 1.5
        DEBLEND_MINCONT 0.0001
        """,
    "euclid-vis": """
        FILTER_NAME default.conv
        WEIGHT_THRESH 0
        BACKPHOTO_TYPE LOCAL
        BACKPHOTO_THICK 24
        SATUR_KEY SATURATE
        PATTERN_TYPE RINGS-HARMONIC
        CHECKIMAGE_TYPE SEGMENTATION
        """,
    "grizli": """
        DETECT_MINAREA 9
        DETECT_THRESH 1.8
        ANALYSIS_THRESH 1.8
        FILTER_NAME gauss_3.0_7x7.conv
        DEBLEND_MINCONT 0.001
        """,
    "aperpy": """
        DETECT_MINAREA 3
        DETECT_THRESH 1.2
        ANALYSIS_THRESH 1.2
        FILTER_NAME gauss_3.0_5x5.conv
        DEBLEND_MINCONT 0.0001
        CLEAN N
        """,
    "jwst": """
        DETECT_MINAREA 25
        DETECT_THRESH 3.0
        ANALYSIS_THRESH 3.0
        FILTER_NAME gauss_2.0_5x5.conv
        DEBLEND_MINCONT 0.001
        CLEAN N
        BACK_SIZE 1000
        """,
    "epochs": """
        DETECT_MINAREA 9
        DETECT_THRESH 1.8
        ANALYSIS_THRESH 1.8
        FILTER_NAME gauss_2.5_5x5.conv
        BACK_TYPE MANUAL
        SATUR_LEVEL 500000
        PHOT_AUTOPARAMS 2.5,4.0
        PHOT_AUTOAPERS 3.5,3.5
        """,
}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("image", ["real", "made"])
def test_recipes_of_surveys_find_what_the_program_finds(
    folder: Folder, imaging_dir: Path, name: str, image: str
) -> None:
    if image == "real":
        part = np.s_[100:300, 100:300]
        stem = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w_"
        sci, wht = (fits.getdata(f"{stem}{role}.fits")[part] for role in ("sci", "wht"))
    else:
        sci, rms = on_a_pedestal(200, 14)
        wht = (1 / rms**2).astype(np.float32)
    folder.put(sci=sci, wht=wht)
    y, x = np.mgrid[-4:5, -4:5]
    disc = "\n".join(" ".join(map(str, row)) for row in (np.hypot(x, y) <= 4.5).astype(int))
    (folder.path / "tophat_9.0_9x9.conv").write_text(f"CONV NORM\n{disc}\n")
    text, weighted = RECIPES[name], "WEIGHT_TYPE" not in RECIPES[name]
    weights = "WEIGHT_TYPE MAP_WEIGHT\n" if weighted else ""
    pair = folder.run(f"{weights}{text}", "wht" if weighted else None)
    pair.check_foreground()
    # with many blends in the frames around sources, CLEAN there hangs on random numbers
    least, part = int("MANUAL" not in text), 0.8 if name == "glass-jwst" else 1.0
    pair.check_alone("FLUX_AUTO", "FLUX_APER", least=least, part=part)


KERNELS = st.sampled_from(
    [
        *("default", "gauss_1.5_3x3", "gauss_3.0_7x7", "gauss_5.0_9x9", "tophat_3.0_3x3"),
        *("tophat_5.0_5x5", "mexhat_2.0_7x7", "mexhat_5.0_11x11", "block_3x3"),
    ]
)
# in sigma or in the unit of the image, or in mag/arcsec2
THRESHOLDS = st.floats(0.5, 8).map("{:.4g}".format) | st.floats(17, 21).map("{:.4g},25".format)
yes_or_no = st.sampled_from("YN")
SETTINGS = st.fixed_dictionaries(
    {
        "FILTER_NAME": KERNELS.map("{}.conv".format),
        "WEIGHT_TYPE": st.sampled_from(["NONE", "BACKGROUND", "MAP_RMS", "MAP_VAR", "MAP_WEIGHT"]),
    },
    optional={
        "DETECT_MINAREA": st.integers(1, 30),
        "DETECT_THRESH": THRESHOLDS,
        "ANALYSIS_THRESH": THRESHOLDS,
        "THRESH_TYPE": st.sampled_from(["RELATIVE", "ABSOLUTE"]),
        "FILTER": yes_or_no,
        "DEBLEND_NTHRESH": st.integers(1, 64),
        "DEBLEND_MINCONT": st.sampled_from([0, 0.001, 0.05, 1]),
        "CLEAN": yes_or_no,
        "CLEAN_PARAM": st.floats(0.1, 10).map("{:.3g}".format),
        "MASK_TYPE": st.sampled_from(["NONE", "BLANK", "CORRECT"]),
        "RESCALE_WEIGHTS": yes_or_no,
        "WEIGHT_GAIN": yes_or_no,
        "BACK_TYPE": st.sampled_from(["AUTO", "MANUAL"]),
        "BACK_VALUE": st.sampled_from([0, 50, 51.5]),
        "BACK_SIZE": st.sampled_from([4, 15, 32, 64, 96, 200]),
        "BACK_FILTERSIZE": st.integers(1, 11),
        "BACK_FILTTHRESH": st.sampled_from([0, 0.1, 1]),
        "BACKPHOTO_TYPE": st.sampled_from(["GLOBAL", "LOCAL"]),
        "BACKPHOTO_THICK": st.integers(4, 100),
        "SATUR_LEVEL": st.sampled_from([100, 300, 50000]),
        "GAIN": st.sampled_from([0, 1, 5]),
    },
)
MAPS = {"MAP_RMS": "err", "MAP_VAR": "err", "MAP_WEIGHT": "wht"}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chosen=SETTINGS)
def test_any_settings_find_the_foreground_of_the_program(
    folder: Folder, chosen: dict[str, Any]
) -> None:
    sci, rms = on_a_pedestal(96, 14)
    weight_type = chosen["WEIGHT_TYPE"]
    folder.put(sci=sci, err=rms**2 if weight_type == "MAP_VAR" else rms, wht=1 / rms**2)
    lines = [f"{key} {value}" for key, value in chosen.items()]
    pair = folder.run("PHOT_APERTURES 8\n" + "\n".join(lines), MAPS.get(weight_type))
    np.testing.assert_array_equal(pair.labels > 0, pair.program_labels > 0)
