"""A small outcome, and the recipe it was made by."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skyseg.engine.parameters import Parameters
from skyseg.imaging import MapRef
from skyseg.imaging.sky import Sky
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome, Request
from skyseg.products import Products
from skyseg.products._packing import PackedCanvas
from skyseg.products.input_maps import InputMap
from skyseg.products.names import ProductPaths
from skyseg.products.recipe import Recipe
from skyseg.products.store import load_or_make

SHAPE = (300, 280)


@pytest.fixture
def tan() -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [53.1, -27.8]
    wcs.wcs.crpix = [100.0, 90.0]
    wcs.wcs.cdelt = [-0.04 / 3600, 0.04 / 3600]
    return wcs


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, Path]:
    """Two input files."""
    paths = tmp_path / "sci.fits", tmp_path / "wht.fits"
    for number, path in enumerate(paths):
        fits.writeto(path, np.full(SHAPE, number, np.float32))
    return paths


@pytest.fixture
def recipe_for(inputs: tuple[Path, Path]) -> Callable[..., Recipe]:
    def make(**changes: Any) -> Recipe:
        sci, wht = (MapRef(path, 0) for path in inputs)
        values = {
            "method": "skyseg",
            "err_type": "wht",
            "set_name": "default",
            "parameters": Parameters(),
            "aper_diams": (0.32, 0.5),
            "pix_scale": 0.04,
            "zero_point": 28.9,
            "inputs": (InputMap.of("SCI", sci), InputMap.of("WHT", wht)),
            "asked": "default",
        }
        return Recipe(**(values | changes))

    return make


@pytest.fixture
def outcome_of(tan: WCS) -> Callable[..., Outcome]:
    """Outcome with some sources; the seed decides which."""

    def make(seed: int = 0, n: int = 5) -> Outcome:
        rng = np.random.default_rng(seed)
        seg = np.zeros(SHAPE, np.int32)
        for label in range(1, n + 1):
            y, x = rng.integers(0, 250, 2)
            seg[y : y + 9, x : x + 7] = label
        bkg = rng.normal(size=SHAPE).astype(np.float32)
        request = Request(
            sci=bkg,
            err=bkg,
            err_type="wht",
            parameters=Parameters(),
            aper_diams=(0.32, 0.5),
            pix_scale=0.04,
            zero_point=28.9,
            sky=Sky(tan),
            unit="10.0*nanoJansky",
        )
        measured = {"NUMBER": np.arange(1, n + 1), "FLUX_APER": rng.normal(size=(n, 2))}
        measured |= {name: rng.uniform(1, 250, n) for name in ("X_IMAGE", "Y_IMAGE", "FLUX_AUTO")}
        cat = catalogue.build(measured, request)
        return Outcome(seg=seg, bkg=bkg, cat=cat, version="skyseg 9", facts={"n_bad": 7})

    return make


@pytest.fixture(scope="session")
def map_hdus() -> Callable[..., fits.HDUList]:
    """What packs a whole map: labels as SEG, anything else as BKG."""

    def pack(name: str, image: np.ndarray, header: fits.Header) -> fits.HDUList:
        with PackedCanvas((image.shape[0], image.shape[1])) as canvas:
            canvas.take(*((image, None) if name == "SEG" else (None, image)))
            stream = BytesIO()
            (canvas.seg if name == "SEG" else canvas.bkg).write_to(name, header, stream)
        return fits.HDUList.fromstring(stream.getvalue(), disable_image_compression=True)

    return pack


@pytest.fixture
def segment(
    paths: ProductPaths,
    recipe_for: Callable[..., Recipe],
    outcome_of: Callable[..., Outcome],
    tan: WCS,
) -> Callable[..., Products]:
    """Load or make with an outcome of some seed and number, and a recipe with some changes."""

    def call(
        seed: int = 0,
        *,
        n: int = 5,
        overwrite: bool = False,
        verify: bool = False,
        **changes: Any,
    ) -> Products:
        return load_or_make(
            paths,
            recipe_for(**changes),
            lambda canvas: outcome_of(seed, n),
            shape=SHAPE,
            sky=Sky(tan),
            unit="10.0*nanoJansky",
            overwrite=overwrite,
            verify=verify,
        )

    return call


@pytest.fixture
def paths(tmp_path: Path) -> ProductPaths:
    folder = tmp_path / "products" / "segmentation"
    return ProductPaths(
        folder / "JOF [a]_seg.fits", folder / "JOF [a]_bkg.fits", folder / "JOF [a].fits"
    )
