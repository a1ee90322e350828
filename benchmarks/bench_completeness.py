"""Completeness and purity of the segmentation methods on a simulated field, in one run.

A simulated source counts as found where a detection, taken by no brighter
source, lies within its match radius: the larger of ``--radius`` and half its
half-light radius. Completeness is the part of the simulated sources that are
found, by their magnitude; purity is the part of the detections that are such
a match, by MAG_AUTO. Sources centred on bad pixels are left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from astropy.wcs import WCS
from scipy.spatial import cKDTree

from skyseg import methods
from skyseg.imaging.sky import Sky
from skyseg.imaging.tables import text_table
from skyseg.imaging.zero_points import read_zero_point
from skyseg.methods import parameter_sets
from skyseg.methods.base import Outcome, Request
from skyseg.samples import Simulation, simulate_image
from skyseg.samples.simulate import PIXAR_SR
from skyseg.samples.sources import PIX_SCALE

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How one method did.

    Attributes
    ----------
    seconds : float
        Shortest time of all rounds.
    truth_mags, found : ndarray, shape (n,)
        Magnitude of each simulated source, and whether it was found.
    mags, real : ndarray, shape (m,)
        MAG_AUTO of each detection, and whether it is a match.
    """

    seconds: float
    truth_mags: FloatArray
    found: npt.NDArray[np.bool_]
    mags: FloatArray
    real: npt.NDArray[np.bool_]


def request(image: Simulation, err_type: str, parameters: str) -> Request:
    """Ask for the extraction of a simulated image."""
    return Request(
        sci=image.sci,
        err=image.err if err_type == "rms_err" else image.wht,
        err_type="rms_err" if err_type == "rms_err" else "wht",
        parameters=parameter_sets.load(parameters)[1],
        aper_diams=(0.32,),
        pix_scale=PIX_SCALE,
        zero_point=read_zero_point([image.header], PIXAR_SR),
        sky=Sky(WCS(image.header)),
        unit="MJy/sr",
        name="simulated field",
    )


def score(image: Simulation, outcome: Outcome, seconds: float, radius: float) -> Score:
    """Match the detections of a method with the simulated sources."""
    truth = image.truth_cat
    places = np.stack([truth["X_IMAGE"].value, truth["Y_IMAGE"].value], axis=1)
    x, y = np.rint(places - 1).astype(int).T
    ny, nx = image.sci.shape
    good = image.con[np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1)] > 0
    cat = outcome.cat
    detected = np.stack([cat["X_IMAGE"].value, cat["Y_IMAGE"].value], axis=1)
    half_light = truth["R_HALF"].to_value("arcsec")
    reach = np.maximum(radius, 0.5 * half_light) / PIX_SCALE
    taken = match(places, truth["MAG"].value, reach, detected)
    found, real = taken >= 0, np.zeros(len(cat), bool)
    real[taken[found]] = True
    mags = np.ma.filled(np.ma.asarray(cat["MAG_AUTO"].value, dtype=float), np.nan)
    return Score(seconds, truth["MAG"].value[good], found[good], mags, real)


def match(
    places: FloatArray, mags: FloatArray, reach: FloatArray, detected: FloatArray
) -> npt.NDArray[np.int64]:
    """Give each source the nearest free detection in its reach, bright sources first; else -1."""
    taken = np.full(len(places), -1)
    if not len(detected):
        return taken
    free = np.ones(len(detected), bool)
    tree = cKDTree(detected)
    for source in np.argsort(mags, kind="stable"):
        near = np.array(tree.query_ball_point(places[source], reach[source]), dtype=int)
        near = near[free[near]]
        if near.size:
            distance = np.hypot(*(detected[near] - places[source]).T)
            taken[source] = near[np.argmin(distance)]
            free[taken[source]] = False
    return taken


def part(flags: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]) -> str:
    """Part of the chosen for which a flag holds, as text."""
    return f"{flags[chosen].mean():.3f}" if chosen.any() else "-"


def tables(scores: dict[str, Score], edges: FloatArray) -> str:
    """Completeness and purity by magnitude, one column for each method."""
    names = list(scores)
    truth = next(iter(scores.values())).truth_mags
    head = ["MAG", "simulated", *(f"complete {name}" for name in names)]
    head += [text for name in names for text in (f"detected {name}", f"pure {name}")]
    bins = [*pairwise(edges), (edges[0], edges[-1])]
    rows = []
    for low, high in bins:
        row = [f"{low:.1f}-{high:.1f}", str(int(((truth >= low) & (truth < high)).sum()))]
        for each in scores.values():
            row.append(part(each.found, (each.truth_mags >= low) & (each.truth_mags < high)))
        for each in scores.values():
            chosen = (each.mags >= low) & (each.mags < high)
            row += [str(int(chosen.sum())), part(each.real, chosen)]
        rows.append(row)
    return text_table(head, rows)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--band", default="F200W")
    parser.add_argument("--shape", type=int, nargs=2, default=(2048, 2048), metavar=("NY", "NX"))
    parser.add_argument("--n-sources", type=int, help="default: density of a deep field")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--err-type", choices=["rms_err", "wht"], default="rms_err")
    parser.add_argument("--parameters", default="default")
    parser.add_argument("--methods", nargs="+", default=["skyseg", "sextractor"])
    parser.add_argument("--radius", type=float, default=0.12, help="arcsec")
    parser.add_argument("--rounds", type=int, default=2, help="the fastest counts")
    parser.add_argument(
        "--mags", type=float, nargs=3, default=(23, 31, 1), metavar=("LOW", "HIGH", "STEP")
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, extract with every method in turn, print."""
    options = arguments(given)
    image = simulate_image(
        options.band, shape=tuple(options.shape), n_sources=options.n_sources, seed=options.seed
    )
    wanted = request(image, options.err_type, options.parameters)
    scores: dict[str, Score] = {}
    for _ in range(options.rounds):
        for name in options.methods:
            start = time.perf_counter()
            outcome = methods.get(name).run(wanted)
            seconds = time.perf_counter() - start
            if name not in scores or seconds < scores[name].seconds:
                scores[name] = score(image, outcome, seconds, options.radius)
    low, high, step = options.mags
    print(f"{options.band} {options.shape[0]} x {options.shape[1]}, seed {options.seed},", end=" ")
    print(f"{len(image.truth_cat)} simulated sources, {options.err_type}, {options.parameters}\n")
    print(tables(scores, np.arange(low, high + step / 2, step)))
    first = scores[options.methods[0]]
    print()
    for name, each in scores.items():
        print(
            f"{name}: {len(each.mags)} detections, {each.real.mean():.4f} pure; against "
            f"{options.methods[0]}: {each.found.sum() / first.found.sum():.4f} of the sources it "
            f"finds, {each.seconds / first.seconds:.2f} of its time"
        )


if __name__ == "__main__":
    main()
