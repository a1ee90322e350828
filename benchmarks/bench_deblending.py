"""What deblending finds and what it shreds, against truth: each method's frontier by its contrast.

A simulated field has bright galaxies with companions 2 to 6.5 mag fainter, and discs with clumps
that are their own. Every method runs on it at several DEBLEND_MINCONT. Companions are those that
an oracle, who knows place and profile, sees at S/N above ``--oracle``, and found where a detection
is the nearest free one in reach, brighter sources first. Pieces are what there is of a clumpy
disc: itself, and each fragment whose middle lies on it.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench_completeness import match
from bench_truth import NOISES, Field
from scipy.ndimage import sum_labels

from skyseg import methods
from skyseg.imaging.tables import text_table
from skyseg.methods import parameter_sets
from skyseg.methods.base import Outcome
from skyseg.samples.conditions import ConditionValues
from skyseg.samples.simulate import plan_band

CLUMPS, COMPANIONS = 8, 200
_REACH = 3.0  # pixels
_LEAST_SNR = 2.0  # of sources that a detection may be of


@dataclass(frozen=True)
class Counts:
    """What one run made of blends; counts of several fields add up."""

    companions: int = 0
    found: int = 0
    discs: int = 0
    on_discs: int = 0
    fragments: int = 0
    real: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self.values, other.values, strict=True)))

    @property
    def values(self) -> tuple[int, ...]:
        """All counts."""
        return (
            self.companions, self.found, self.discs, self.on_discs, self.fragments, self.real
        )  # fmt: skip

    @property
    def part_found(self) -> float:
        """Part of the companions that is found."""
        return self.found / max(self.companions, 1)

    @property
    def pieces(self) -> float:
        """Pieces of a clumpy disc, itself among them."""
        return 1 + self.on_discs / max(self.discs, 1)


def judge(field: Field, outcome: Outcome, oracle: float) -> Counts:
    """Count what a run made of a field's blends."""
    light, snr = field.truth
    sources, cat, seg = field.scene.sources, outcome.cat, outcome.seg
    detected = np.stack([cat["X_IMAGE"].value, cat["Y_IMAGE"].value], axis=1) - 1
    places = np.stack([sources.x, sources.y], axis=1)
    known = np.flatnonzero(snr > _LEAST_SNR)
    reach = np.where(sources.companion, _REACH, np.maximum(_REACH, 0.5 * sources.half_light))
    taken = match(places[known], -snr[known], reach[known], detected)
    real = np.zeros(len(detected), bool)
    real[taken[taken >= 0]] = True
    numbers = np.asarray(cat["NUMBER"])
    held = sum_labels(np.nan_to_num(field.maps.sci), seg, numbers)
    fragments = ~real & (sum_labels(light, seg, numbers) > 0.5 * held)
    ny, nx = field.scene.shape
    x, y = np.rint(detected[fragments]).astype(int).T
    under = field.maps.truth_seg[np.clip(y, 0, ny - 1), np.clip(x, 0, nx - 1)] - 1
    discs = np.unique(field.scene.clumps.host)
    asked = sources.companion[known] & (snr[known] > oracle)
    return Counts(
        int(asked.sum()), int((taken[asked] >= 0).sum()), len(discs),
        int(np.isin(under, discs).sum()), int(fragments.sum()), int(real.sum()),
    )  # fmt: skip


def frontier(
    fields: Sequence[Field], method: str, name: str, contrasts: Sequence[float], oracle: float
) -> Iterator[Counts]:
    """Run a method at several contrasts; counts are those of all fields."""
    values = parameter_sets.load(name)[1]
    for contrast in contrasts:
        asked = values.replace(deblend_mincont=contrast)
        runs = (methods.get(method).run(field.request(asked)) for field in fields)
        judged = (judge(*each, oracle) for each in zip(fields, runs, strict=True))
        yield sum(judged, Counts())


def draw(found: dict[str, list[Counts]], path: Path) -> None:
    """Draw the companions found against the pieces of a disc."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(4.5, 3.2))
    for method, counts in found.items():
        pieces, parts = [each.pieces for each in counts], [each.part_found for each in counts]
        axis.plot(pieces, parts, ".-", ms=5, lw=1.2, label=method)
    axis.set(xlabel="pieces of a clumpy disc", ylabel="part of the companions found")
    axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--band", default="F200W")
    parser.add_argument("--shape", type=int, nargs=2, default=(1024, 1024), metavar=("NY", "NX"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[201, 202])
    parser.add_argument("--noise", choices=list(NOISES), default="white")
    parser.add_argument("--spikes", type=float, default=0.0, help="light of a point in spikes")
    parser.add_argument(
        "--methods", nargs="+", metavar="METHOD[:SET]",
        default=["skyseg:default", "skyseg:deep", "skyseg:crowded", "photutils", "sep"],
    )  # fmt: skip
    parser.add_argument("--contrasts", type=float, nargs="+", metavar="PART",
                        default=[0.02, 0.005, 0.001, 0.0003, 0.0001, 0.00001])  # fmt: skip
    parser.add_argument("--oracle", type=float, default=10.0)
    parser.add_argument("--save", type=Path, help="a figure of the frontiers")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, run everything, print, draw."""
    logging.disable(logging.WARNING)
    options = arguments(given)
    conditions: ConditionValues = {
        "clumps": CLUMPS, "companions": COMPANIONS, "spikes": options.spikes,
        **NOISES[options.noise],
    }  # fmt: skip
    shape = tuple(options.shape)
    fields = [
        Field(plan_band(options.band, shape, None, seed, **conditions)) for seed in options.seeds
    ]
    found, rows = {}, []
    for each in options.methods:
        method, _, name = each.partition(":")
        asked = options.contrasts
        found[each] = list(frontier(fields, method, name or "default", asked, options.oracle))
        rows += [
            [each, f"{contrast:g}", f"{c.part_found:.3f}", f"{c.pieces:.2f}", str(c.fragments),
             str(c.real)]
            for contrast, c in zip(asked, found[each], strict=True)
        ]  # fmt: skip
    counts = next(iter(found.values()))[0]
    print(f"{counts.companions} companions, {counts.discs} clumpy discs")
    head = ["METHOD", "mincont", "companions", "pieces", "fragments", "real"]
    print(text_table(head, rows))
    if options.save:
        draw(found, options.save)


if __name__ == "__main__":
    main()
