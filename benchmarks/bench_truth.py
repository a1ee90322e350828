"""What methods find and what they make up, against truth: each method's frontier by its threshold.

Fields are simulated with noise of several kinds, and every method runs on them at several
multiples of its own threshold. A detection counts as real where it is the nearest free one in
reach of a source, bright sources first; else as a fragment where at least half of the light that
it holds is light of sources; else as noise. Purity is real over real and noise. Complete is the
part found of the sources that an oracle, who knows place and profile, sees at S/N above
``--oracle``. Sources centred on bad pixels are left out.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from bench_completeness import match
from scipy.ndimage import gaussian_filter, sum_labels
from scipy.spatial import cKDTree

from skyseg import methods
from skyseg.engine.mappers import ThreadMapper
from skyseg.imaging.tables import text_table
from skyseg.methods import parameter_sets
from skyseg.methods.base import Request
from skyseg.samples.conditions import ConditionValues
from skyseg.samples.simulate import SimulatedBand, plan_band
from skyseg.samples.sources import PIX_SCALE

NOISES: Final[dict[str, ConditionValues]] = {
    "white": {},
    "drizzled": {"correlation": 0.6},
    "off": {"err_scale": 0.5},
    "less_drizzled": {"correlation": 0.4},
    "off_up": {"err_scale": 2.0},
}
SCENES: Final[dict[str, ConditionValues]] = {
    "field": {},
    "crowded": {"spikes": 0.1, "clumps": 8, "companions": 200, "diffuse": 10},
}
_REACH = 0.12  # arcsec, the least
_ALONE = 0.6  # arcsec
_NO_NOISE = 0.3  # where none is drawn
_LEAST_SNR = 2.0  # of sources that a detection may be of


@dataclass(frozen=True)
class Counts:
    """What one run is worth."""

    thresh: float
    real: int
    noise: int
    fragments: int
    complete: float
    alone: float

    @property
    def purity(self) -> float:
        """Part of what is no fragment that is real."""
        return self.real / max(self.real + self.noise, 1)


class Field:
    """A simulated field with what is known of it."""

    def __init__(self, scene: SimulatedBand) -> None:
        self.scene = scene
        self.maps = scene.rows(0, scene.shape[0])

    @cached_property
    def truth(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
        """Light of all sources, and the S/N at which an oracle sees each."""
        ny, nx = self.scene.shape
        told = self.scene.conditions.err_scale
        noise = np.sqrt(1 / np.where(self.maps.wht > 0, self.maps.wht, np.nan)) / told
        light, snr = np.zeros((ny, nx), np.float32), np.zeros(len(self.scene.sources))
        for i in range(len(snr)):
            window, stamp = self.scene.stamp(i, 0, ny)
            if not stamp.size:
                continue
            light[window] += stamp
            here = noise[window]
            sigma = np.median(here[np.isfinite(here)]) if np.isfinite(here).any() else np.inf
            snr[i] = (stamp.astype(float) ** 2).sum() / (sigma * self._scatter(stamp))
        x, y = np.rint(self.scene.sources.x).astype(int), np.rint(self.scene.sources.y).astype(int)
        seen = self.maps.con[np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1)] > 0
        return light, np.where(seen, np.nan_to_num(snr), 0.0)

    def _scatter(self, stamp: npt.NDArray[np.float32]) -> float:
        """Scatter of noise that is weighted by a source's light, for noise of rms 1."""
        correlation = self.scene.conditions.correlation
        seen = np.pad(stamp.astype(float), 8)
        if correlation:
            smooth = gaussian_filter(seen, 0.5 / np.sqrt(-np.log(correlation)))
            unit = np.zeros((33, 33))
            unit[16, 16] = 1
            kernel = gaussian_filter(unit, 0.5 / np.sqrt(-np.log(correlation)))
            seen = smooth / np.sqrt((kernel**2).sum())
        return float(np.sqrt((seen**2).sum())) or np.inf

    def request(self, parameters: Any) -> Request:
        """Ask for the extraction."""
        return Request(
            sci=self.maps.sci, err=self.maps.err, err_type="rms_err", parameters=parameters,
            aper_diams=(0.32,), pix_scale=PIX_SCALE, zero_point=28.9, sky=None,
            name="simulated field", mapper=ThreadMapper(),
        )  # fmt: skip

    def match(
        self, cat: Any
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Places of detections, sources that can be seen, and the detection of each, else -1."""
        snr, sources = self.truth[1], self.scene.sources
        detected = np.stack([cat["X_IMAGE"].value, cat["Y_IMAGE"].value], axis=1) - 1
        places = np.stack([sources.x, sources.y], axis=1)
        reach = np.maximum(_REACH / PIX_SCALE, 0.5 * sources.half_light)
        known = np.flatnonzero(snr > _LEAST_SNR)
        return detected, known, match(places[known], -snr[known], reach[known], detected)

    def count(self, seg: npt.NDArray[np.int32], cat: Any, thresh: float, oracle: float) -> Counts:
        """Say what a run found and made up."""
        light, snr = self.truth
        detected, known, taken = self.match(cat)
        places = np.stack([self.scene.sources.x, self.scene.sources.y], axis=1)
        real = np.zeros(len(detected), bool)
        real[taken[taken >= 0]] = True
        numbers = np.asarray(cat["NUMBER"])
        held = sum_labels(np.nan_to_num(self.maps.sci), seg, numbers)
        fragments = ~real & (sum_labels(light, seg, numbers) > 0.5 * held)
        bright = snr[known] > oracle
        nearest = cKDTree(places[known]).query(places[known], k=2)[0][:, 1]
        single = bright & (nearest > _ALONE / PIX_SCALE)
        return Counts(
            thresh, int(real.sum()), int((~real & ~fragments).sum()), int(fragments.sum()),
            float((taken[bright] >= 0).mean()), float((taken[single] >= 0).mean()),
        )  # fmt: skip


def frontier(
    field: Field, method: str, name: str, scales: Sequence[float], oracle: float
) -> Iterator[Counts]:
    """Run a method at multiples of a set's thresholds."""
    values = parameter_sets.load(name)[1]
    for scale in scales:
        thresh, analysis = (scale * each for each in (values.detect_thresh, values.analysis_thresh))
        asked = values.replace(detect_thresh=thresh, analysis_thresh=analysis)
        outcome = methods.get(method).run(field.request(asked))
        yield field.count(outcome.seg, outcome.cat, thresh, oracle)


def at_purity(counts: Sequence[Counts], purity: float) -> int:
    """Most real sources of the runs that are so pure."""
    return max((each.real for each in counts if each.purity >= purity), default=0)


def draw(found: dict[str, dict[str, list[Counts]]], path: Path) -> None:
    """Draw real sources against detections of noise, a panel for each noise."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(found), figsize=(3.2 * len(found), 3), sharey=True, squeeze=False
    )
    for axis, (noise, curves) in zip(axes[0], found.items(), strict=True):
        for method, counts in curves.items():
            noises = [max(each.noise, _NO_NOISE) for each in counts]
            axis.plot(noises, [each.real for each in counts], ".-", ms=5, lw=1.2, label=method)
        axis.set(xscale="log", xlim=(0.9 * _NO_NOISE, 1000), xlabel="detections of noise")
        axis.set_title(noise.replace("_", " "))
        axis.set_xticks([_NO_NOISE, 1, 10, 100, 1000], ["0", "1", "10", "100", "1000"])
    axes[0, 0].set_ylabel("real sources")
    axes[0, -1].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--band", default="F444W")
    parser.add_argument("--shape", type=int, nargs=2, default=(1024, 1024), metavar=("NY", "NX"))
    parser.add_argument("--n-sources", type=int, help="default: density of a deep field")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--noises", nargs="+", choices=list(NOISES), default=list(NOISES)[:3])
    parser.add_argument("--scene", choices=list(SCENES), default="field")
    parser.add_argument(
        "--methods", nargs="+", metavar="METHOD[:SET]",
        default=["skyseg:default", "skyseg:deep", "skyseg:crowded", "photutils", "sep"],
    )  # fmt: skip
    parser.add_argument("--scales", type=float, nargs="+", metavar="FACTOR",
                        default=[0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2])  # fmt: skip
    parser.add_argument("--oracle", type=float, default=4.5)
    parser.add_argument("--save", type=Path, help="a figure of the frontiers")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, run everything, print, draw."""
    logging.disable(logging.WARNING)
    options = arguments(given)
    found: dict[str, dict[str, list[Counts]]] = {}
    for noise in options.noises:
        conditions: ConditionValues = {**SCENES[options.scene], **NOISES[noise]}
        field = Field(
            plan_band(
                options.band, tuple(options.shape), options.n_sources, options.seed, **conditions
            )
        )
        known = int((field.truth[1] > options.oracle).sum())
        print(f"\n{noise}: {known} sources of S/N above {options.oracle:g} for an oracle")
        found[noise] = {}
        rows = []
        for each in options.methods:
            method, _, name = each.partition(":")
            counts = list(
                frontier(field, method, name or "default", options.scales, options.oracle)
            )
            found[noise][each] = counts
            rows += [
                [each, f"{c.thresh:.2f}", str(c.real), str(c.noise), f"{c.purity:.3f}",
                 str(c.fragments), f"{c.complete:.3f}", f"{c.alone:.3f}"]
                for c in counts
            ]  # fmt: skip
        head = ["METHOD", "thresh", "real", "noise", "purity", "fragments", "complete", "alone"]
        print(text_table(head, rows))
        pure = {each: at_purity(counts, 0.99) for each, counts in found[noise].items()}
        print("at 99 % purity:", ", ".join(f"{each} {n}" for each, n in pure.items()))
    if options.save:
        draw(found, options.save)


if __name__ == "__main__":
    main()
