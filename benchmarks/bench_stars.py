"""What is left of a bright star's spikes and rings as sources, with and without `clean_psf`.

Stars of 17 to 20.5 mag, whose PSF has rings and spikes with knots, are put into simulated fields.
A fragment is a detection that is no source, is not at a star, and holds mostly light of stars.
Real sources are those of ``bench_truth.py``.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from bench_truth import Field
from scipy.ndimage import sum_labels
from scipy.spatial import cKDTree

from skyseg import methods
from skyseg.imaging.tables import text_table
from skyseg.methods import parameter_sets
from skyseg.methods.base import Outcome
from skyseg.samples.profiles import psf_sigma, source_mixture
from skyseg.samples.simulate import PIXAR_SR, plan_band
from skyseg.samples.sources import PIX_SCALE

_HALF: Final = 300  # pixels, of the PSF's image
_SPIKES: Final = 0.1
_RING, _CONTRAST, _CORE = 9.3, 0.8, 5.0  # pixels from ring to ring, how deep, from where on
_EDGE: Final = 150
_MAGS: Final = (17.0, 20.5)
_AT_STAR: Final = 4.0  # pixels
_PHOTONS: Final = 0.00275 / (PIXAR_SR * 1e15)  # MJy/sr: noise squared over light, as in the fields

Image = npt.NDArray[np.float32]


def draw_psf(band: str) -> Image:
    """Draw a point with spikes, cut by dark rings."""
    mixture = source_mixture(np.nan, 0.0, 1.0, 0.0, psf_sigma(band, PIX_SCALE), _SPIKES)
    y, x = np.mgrid[-_HALF : _HALF + 1, -_HALF : _HALF + 1].astype(float)
    light = np.zeros(x.shape)
    for peak, (xx, xy, yy) in zip(mixture.peaks, mixture.forms, strict=True):
        light += peak * np.exp(-0.5 * (xx * x**2 + xy * x * y + yy * y**2))
    radius = np.hypot(x, y)
    light *= np.where(radius > _CORE, 1 + _CONTRAST * np.cos(2 * np.pi * radius / _RING), 1.0)
    return (light / light.sum()).astype(np.float32)


def add_stars(field: Field, psf: Image, n: int) -> tuple[Image, npt.NDArray[np.int64]]:
    """Put stars into a field; return their light, and their places as x and y."""
    ny, nx = shape = field.scene.shape
    rng = np.random.default_rng(field.scene.seed)
    light = np.zeros((ny + 2 * _HALF, nx + 2 * _HALF), np.float32)
    side = 2 * _HALF + 1
    places = np.stack([rng.integers(_EDGE, nx - _EDGE, n), rng.integers(_EDGE, ny - _EDGE, n)], 1)
    for (x, y), mag in zip(places, rng.uniform(*_MAGS, n), strict=True):
        flux = np.float32(10 ** (-0.4 * (mag - 31.4)) / (PIXAR_SR * 1e15))
        light[y : y + side, x : x + side] += flux * psf
    light = light[_HALF:-_HALF, _HALF:-_HALF]
    photons = light * np.float32(_PHOTONS)
    noise = rng.normal(0, 1, shape).astype(np.float32) * np.sqrt(photons)
    maps = field.maps
    field.maps = replace(
        maps, sci=maps.sci + light + noise, err=np.sqrt(maps.err**2 + photons).astype(np.float32)
    )
    return light, places


def count_fragments(field: Field, outcome: Outcome, light: Image, places: Any) -> tuple[int, int]:
    """Count fragments of stars, and real sources."""
    detected, _, taken = field.match(outcome.cat)
    other = np.ones(len(detected), bool)
    other[taken[taken >= 0]] = False
    other &= cKDTree(places).query(detected)[0] > _AT_STAR
    numbers = np.asarray(outcome.cat["NUMBER"])
    held = sum_labels(np.nan_to_num(field.maps.sci), outcome.seg, numbers)
    of_stars = sum_labels(light, outcome.seg, numbers) > 0.5 * held
    return int((other & of_stars).sum()), int((taken >= 0).sum())


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bands", nargs="+", default=["F200W", "F444W"])
    parser.add_argument("--shape", type=int, nargs=2, default=(1536, 1536), metavar=("NY", "NX"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[701, 702])
    parser.add_argument("--stars", type=int, default=7)
    parser.add_argument("--sets", nargs="+", default=["default", "deep"])
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, run everything, print the sums over all fields."""
    logging.disable(logging.WARNING)
    options = arguments(given)
    found: dict[tuple[str, str], npt.NDArray[np.int64]] = {}
    for band in options.bands:
        psf = draw_psf(band)
        for seed in options.seeds:
            field = Field(plan_band(band, tuple(options.shape), None, seed))
            light, places = add_stars(field, psf, options.stars)
            for name in options.sets:
                values = parameter_sets.load(name)[1]
                for clean_psf in (None, "psf.fits"):
                    asked = replace(
                        field.request(values.replace(clean_psf=clean_psf)),
                        psf=None if clean_psf is None else psf,
                    )
                    outcome = methods.get("skyseg").run(asked)
                    key = name, "no" if clean_psf is None else "yes"
                    counts = np.array(count_fragments(field, outcome, light, places))
                    found[key] = found.get(key, np.zeros(2, np.int64)) + counts
    rows = [[*key, *map(str, counts)] for key, counts in found.items()]
    print(text_table(["SET", "clean_psf", "fragments", "real"], rows))


if __name__ == "__main__":
    main()
