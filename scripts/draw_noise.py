"""Draw the figures of docs/noise.md: run from the root."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from skyseg import Parameters, measure_noise
from skyseg.engine import ThreadMapper, segment_image

_SIDE = 1500
_FIELDS = {"white": (0.0, 1.0), "drizzled": (0.7, 1.0), "map off by 2": (0.0, 0.5)}
_COLOURS = ("#0072b2", "#d55e00", "#009e73")
_MARKS = ("o", "s", "^")

Image = npt.NDArray[np.float32]


def main() -> None:
    """Draw both figures."""
    mpl.use("Agg")
    mpl.rcParams.update({"font.size": 12, "axes.grid": True, "grid.alpha": 0.3})
    fields = {name: _draw_noise(*of) for name, of in _FIELDS.items()}
    _plot_thresholds(fields)
    _plot_growth(fields)


def _draw_noise(smoothed: float, told: float) -> tuple[Image, Image]:
    pixels = np.random.default_rng(7).normal(0, 1, (_SIDE, _SIDE))
    if smoothed:
        pixels = gaussian_filter(pixels, smoothed)
    sci = (pixels / pixels.std()).astype(np.float32)
    return sci, np.full_like(sci, told)


def _count(sci: Image, rms: Image, unit: Any, thresh: float) -> float:
    values = Parameters(thresh_unit=unit, detect_thresh=thresh, analysis_thresh=thresh)
    found = segment_image(sci, rms, "rms_err", values, mapper=ThreadMapper(), columns=["NUMBER"])
    return len(found.columns["NUMBER"]) / sci.size * 1e6


def _plot_thresholds(fields: dict[str, tuple[Image, Image]]) -> None:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
    asked = (
        (axes[0], "rms", np.arange(0.5, 2.01, 0.1), 1.8, "detect_thresh in rms of the error map"),
        (
            axes[1],
            "filtered",
            np.arange(1.8, 4.61, 0.2),
            4.0,
            "detect_thresh in sigma of the filtered sky",
        ),
    )
    for axis, unit, thresholds, mark, label in asked:
        for (name, maps), colour, sign in zip(fields.items(), _COLOURS, _MARKS, strict=True):
            counts = np.array([_count(*maps, unit, float(each)) for each in thresholds])
            axis.semilogy(
                thresholds, np.where(counts > 0, counts, np.nan), color=colour, marker=sign,
                label=name,
            )  # fmt: skip
        axis.axvline(mark, color="0.4", linestyle="--")
        axis.set_xlabel(label)
    axes[0].set_ylabel("detections of noise in 10$^6$ pixels")
    axes[0].legend()
    figure.savefig("docs/images/noise_thresholds.png", dpi=110)
    plt.close(figure)


def _plot_growth(fields: dict[str, tuple[Image, Image]]) -> None:
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for (name, maps), colour, sign in zip(fields.items(), _COLOURS, _MARKS, strict=True):
        found = measure_noise(*maps, "rms_err", Parameters())
        pixels = np.pi * np.square(found.aperture_radii)
        left.loglog(
            pixels, found.aperture_sigma, marker=sign, color=colour,
            label=f"{name}: $N^{{{found.growth:.2f}}}$",
        )  # fmt: skip
        right.plot([0, 1, 2, 3, 4], [1, *found.correlation], marker=sign, color=colour)
    left.loglog(pixels, np.sqrt(pixels), color="0.4", linestyle="--", label="by the error map")
    left.set_xlabel("pixels of an empty aperture, N")
    left.set_ylabel("scatter of its light, in rms of a pixel")
    left.legend()
    right.set_xlabel("distance of pixels")
    right.set_ylabel("correlation of their noise")
    figure.savefig("docs/images/noise_growth.png", dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    main()
