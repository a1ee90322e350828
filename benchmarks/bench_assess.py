"""What an assessment takes, in runs of the same band, and how near its completeness is to truth's.

A band of a simulated survey is segmented, and assessed by its negative image and by sources that
are put into it. Both count from the files to the result. Then sources are drawn from those that
were simulated, and put in at other places: the part of them that is found is compared with the
part of the simulated ones that is, by the same rule, in which all light but a source's own is that
of others. Simulated sources that were placed beside others are left out, and so are these.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg import Data, Injection, Parameters
from skyseg.assessment.injecting import FOUND, Stamp, inject, see_sources
from skyseg.assessment.injection import InjectedSources
from skyseg.assessment.profiles import Psf, see_source
from skyseg.engine import Window, segment_image
from skyseg.engine.mappers import ThreadMapper
from skyseg.imaging.tables import text_table
from skyseg.methods.base import Request
from skyseg.samples import make_survey
from skyseg.samples.profiles import psf_sigma
from skyseg.samples.simulate import SimulatedBand, SimulatedMaps, plan_band
from skyseg.samples.sources import PIX_SCALE

FloatArray = npt.NDArray[np.float64]

_BAND = "F200W"
_VIEW = 60
_NEAR = 2.0


def time_assessment(side: int, number: int) -> str:
    """Segment a band and assess it, and tell the times."""
    with tempfile.TemporaryDirectory() as folder:
        make_survey(folder, bands=["F444W"], shape=(side, side))
        band = Data.from_survey_version("sample", "v1", data_dir=folder, work_dir=folder)["F444W"]
        band.segment(progress=False)
        runs = [_time(lambda: band.segment(overwrite=True, progress=False)) for _ in range(3)]
        asked = Injection(n=number, mags=(24, 30), psf=0.145)
        wall, cpu = _time(lambda: band.assess(asked, progress=False))
        run_wall, run_cpu = (float(np.median(each)) for each in zip(*runs, strict=True))
        assert band.assessment is not None
        assert band.assessment.completeness is not None
        return (
            f"{side} x {side} pixels, {number} sources in {band.assessment.completeness.n_passes} "
            f"passes: {wall:.1f} s, {wall / run_wall:.2f} runs; "
            f"processor {cpu:.1f} s, {cpu / run_cpu:.2f} runs"
        )


def _time(work: object) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    return time.perf_counter() - wall, time.process_time() - cpu


@dataclass(frozen=True)
class Field:
    """A simulated field and its run."""

    scene: SimulatedBand
    maps: SimulatedMaps
    parameters: Parameters
    labels: npt.NDArray[np.int32]

    @classmethod
    def make(cls, side: int, thresh: float, seed: int, correlation: float) -> Field:
        """Simulate and segment."""
        scene = plan_band(_BAND, (side, side), seed=seed, correlation=correlation)
        maps = scene.rows(0, side)
        parameters = Parameters(detect_thresh=thresh, analysis_thresh=thresh)
        run = segment_image(maps.sci, maps.err, "rms_err", parameters, mapper=ThreadMapper())
        return cls(scene, maps, parameters, run.labels)


def find_truth(field: Field, which: npt.NDArray[np.int64], psf: Psf) -> npt.NDArray[np.bool_]:
    """Tell which simulated sources are found."""
    scene, sources = field.scene, field.scene.sources
    ny, nx = scene.shape
    light, _, _ = scene._light(0, ny)
    found = np.zeros(len(which), bool)
    for row, i in enumerate(which):
        x, y = float(sources.x[i]), float(sources.y[i])
        view = Window(
            max(round(y) - _VIEW, 0), min(round(y) + _VIEW + 1, ny),
            max(round(x) - _VIEW, 0), min(round(x) + _VIEW + 1, nx),
        )  # fmt: skip
        part = slice(view.y0, view.y1), slice(view.x0, view.x1)
        labels = field.labels[part]
        rows, columns = np.ogrid[part]
        near = np.unique(labels[np.hypot(rows - y, columns - x) <= _NEAR])
        near = near[near > 0]
        if not len(near):
            continue
        seen = see_source(psf, *_shape(field, int(i)))
        stamp = Stamp(*seen.draw(float(scene._fluxes[i]), x, y, 1e-5, 999))
        cut = stamp.cut(view)
        if cut is None:
            continue
        own = np.zeros(labels.shape)
        own[
            cut[0].y0 - view.y0 : cut[0].y1 - view.y0, cut[0].x0 - view.x0 : cut[0].x1 - view.x0
        ] = cut[1]
        sums = [own[labels == each].sum() for each in near]
        best = near[int(np.argmax(sums))]
        found[row] = max(sums) >= 0.5 * light[part][labels == best].sum()
    return found


def _shape(field: Field, i: int) -> tuple[float, float, float, float]:
    sources = field.scene.sources
    index = float(np.nan_to_num(sources.index[i], nan=1.0))
    return (
        float(sources.half_light[i]), index, float(sources.axis_ratio[i]), float(sources.theta[i])
    )  # fmt: skip


def compare(side: int, number: int, thresh: float, seed: int, correlation: float) -> str:
    """Compare the completeness by injection with truth's, by magnitude."""
    field = Field.make(side, thresh, seed, correlation)
    sources = field.scene.sources
    core = psf_sigma(_BAND, PIX_SCALE)
    psf = Psf(np.array([0.78, 0.22]), core * np.array([1.0, 2.8]))
    x, y = (np.clip(np.rint(each).astype(int), 0, side - 1) for each in (sources.x, sources.y))
    mags = sources.mags(_BAND)
    alone = sources.neighbour == 0
    alone[sources.neighbour[sources.neighbour > 0] - 1] = False
    which = np.flatnonzero(alone & (field.maps.con[y, x] > 0) & (mags > 24) & (mags < 30))
    truth = find_truth(field, which, psf)
    pick = np.random.default_rng(seed).choice(which, number)
    nowhere = np.full(number, np.nan)
    half_light, index, axis_ratio, theta = np.array([_shape(field, int(i)) for i in pick]).T
    flux = field.scene._fluxes[pick]
    put = InjectedSources(
        nowhere, nowhere, -2.5 * np.log10(flux), half_light, index, axis_ratio, theta
    )
    request = Request(
        sci=field.maps.sci, err=field.maps.err, err_type="rms_err", parameters=field.parameters,
        aper_diams=(), pix_scale=PIX_SCALE, zero_point=0.0, sky=None,
    )  # fmt: skip
    fates = inject(
        request, "skyseg", put, see_sources(put, psf),
        lambda part: field.labels[part.y0 : part.y1, part.x0 : part.x1], seed=seed,
    )  # fmt: skip
    got = fates.fate == FOUND
    rows, weights, gaps = [], [], []
    for low in np.arange(24.0, 30.0):
        real = (mags[which] >= low) & (mags[which] < low + 1)
        own = (mags[pick] >= low) & (mags[pick] < low + 1)
        if real.sum() < 20 or own.sum() < 20:
            continue
        parts = truth[real].mean(), got[own].mean()
        error = np.sqrt(
            sum(
                part * (1 - part) / count
                for part, count in zip(parts, (real.sum(), own.sum()), strict=True)
            )
        )
        weights.append(real.sum())
        gaps.append(parts[1] - parts[0])
        rows.append(
            [
                f"{low:.0f}-{low + 1:.0f}",
                str(real.sum()),
                str(own.sum()),
                *(f"{part:.3f}" for part in parts),
                f"{gaps[-1]:+.3f} +- {error:.3f}",
            ]
        )
    table = text_table(("MAG", "TRUE", "PUT IN", "TRUTH", "INJECTED", "DIFFERENCE"), rows)
    mean = np.average(gaps, weights=weights)
    return f"thresh {thresh:g}, seed {seed}: {mean:+.4f} over all\n{table}"


def main(given: Sequence[str] | None = None) -> None:
    """Time, compare, print."""
    logging.getLogger("skyseg").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--number", type=int, default=2000, help="sources that are put in")
    parser.add_argument("--fields", type=int, default=2, help="fields that are compared")
    parser.add_argument("--field-side", type=int, default=2048)
    parser.add_argument("--thresh", type=float, nargs="+", default=[0.7, 1.8])
    parser.add_argument("--correlation", type=float, default=0.0, help="of the noise's pixels")
    parser.add_argument("--no-times", action="store_true", help="compare alone")
    options = parser.parse_args(given)
    if not options.no_times:
        print(time_assessment(options.side, options.number))
    for thresh in options.thresh:
        for seed in range(1, options.fields + 1):
            print(
                compare(options.field_side, options.number, thresh, seed, options.correlation),
                flush=True,
            )


if __name__ == "__main__":
    main()
