"""How far SExtractor agrees with itself when it draws other random numbers, and with the engine.

SExtractor draws random numbers for the pixels of a blend, one sequence through
the whole image. Blends in blank rows added below the image shift the sequence
and change nothing else: what differs then is what they decide.

    python benchmarks/bench_random_numbers.py sci.fits --wht wht.fits
"""

from __future__ import annotations

import argparse
import logging

import astropy.units as u
import numpy as np
import numpy.typing as npt

from skyseg import BandData, Parameters, config
from skyseg.methods import get
from skyseg.methods.base import Request
from skyseg.parity.agreement import agree, match_sources

_PAD = 64


def labels_of(method: str, band: BandData, sci: npt.NDArray[np.float32],
              err: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:  # fmt: skip
    """Segment an image with a method."""
    request = Request(
        sci=sci, err=err, err_type="rms_err", parameters=Parameters(),
        aper_diams=config.aper_diams, pix_scale=float(band.pix_scale.to_value(u.arcsec)),
        zero_point=0.0, sky=None,
    )  # fmt: skip
    labels = get(method).run(request).seg
    assert labels is not None
    return labels


def with_blends(sci: npt.NDArray[np.float32], err: npt.NDArray[np.float32], count: int) -> tuple[
    npt.NDArray[np.float32], npt.NDArray[np.float32]
]:  # fmt: skip
    """Put blank rows with some blends before an image."""
    noise = np.median(err[np.isfinite(err)])
    y, x = np.mgrid[:_PAD, : sci.shape[1]]
    rows = np.zeros(y.shape)
    for number in range(count):
        for shift in (0, 9 + count % 3):
            distance2 = (x - 80 - 90 * number - shift) ** 2 + (y - 24) ** 2
            rows += 40 * noise * np.exp(-distance2 / (2 * 2.6**2))
    blank = np.full(y.shape, noise)
    return (
        np.concatenate([rows, sci]).astype(np.float32),
        np.concatenate([blank, err]).astype(np.float32),
    )


def main() -> None:
    """Print the part of sources with IoU over 0.9, run by run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sci")
    parser.add_argument("--err")
    parser.add_argument("--wht")
    parser.add_argument("--runs", type=int, default=8)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    band = BandData.from_files(arguments.sci, err=arguments.err, wht=arguments.wht)
    sci, err = band.load_sci(), band.load_err()
    first = labels_of("sextractor", band, sci, err)
    ours = labels_of("skyseg", band, sci, err)
    print("blends before  sources  IoU > 0.9 with the first run  IoU > 0.9 of the engine with it")
    for count in range(arguments.runs + 1):
        padded = with_blends(sci, err, count)
        run = labels_of("sextractor", band, *padded)[_PAD:] if count else first
        parts = []
        for other in (first, ours):
            nothing_known = np.zeros(len(np.unique(run[run > 0])), bool)
            found = agree(run, other, match_sources(run, other), nothing_known)
            parts.append(found.over_90 / found.sex_sources)
        print(f"{count:13d}  {len(np.unique(run)) - 1:7d}  {parts[0]:28.4f}  {parts[1]:35.4f}")


if __name__ == "__main__":
    main()
