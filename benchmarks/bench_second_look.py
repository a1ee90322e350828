"""What a second look into the labels of bright sources finds, and what it shreds, against truth.

Most sources that the parameter set `deep` misses lie in the label of a brighter one. Here they are
looked for by lower contrasts of deblending; and in a second pass whose detections in the ellipse
of a source become its children, through narrow Gaussians or a Gaussian less a wide one, which is
the light over its smooth surroundings: LESS times the wide one. The perfect look is how far any of
this can go: `deep` again, where the true light of all that it found has been taken away.

Real, noise, fragments and complete are those of ``bench_truth.py``, companions and pieces of a
disc those of ``bench_deblending.py``. With ``--images NAME=SCI,ERR,TYPE`` it counts in real
images instead: the sources of `deep`, the children, and the most children of one source.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import bench_deblending
import numpy as np
from astropy.io import fits
from astropy.table import vstack
from bench_truth import NOISES, SCENES, Counts, Field

from skyseg import methods
from skyseg.engine.kernels import Kernel
from skyseg.imaging.tables import text_table
from skyseg.methods import parameter_sets
from skyseg.methods.base import Outcome, Request
from skyseg.methods.hot_pass import HotPass
from skyseg.samples.conditions import ConditionValues
from skyseg.samples.simulate import plan_band
from skyseg.samples.sources import PIX_SCALE

_CONTRASTS: Final = (0.0001, 0.00001, 0.0)
_NARROW, _WIDE, _REACH = 3.0, 7.0, 7  # FWHM, and how far the kernel reaches, in pixels
_LESS: Final = (1.0, 1.1, 1.2, 1.5)
_THRESH, _MINAREA = 5.0, 3
_DEEP: Final = parameter_sets.load("deep")[1]

Look = Callable[[Request], Outcome]


def over_surroundings(less: float) -> Kernel:
    """Return a Gaussian less so many times a wide one of the same light."""
    x = np.arange(-_REACH, _REACH + 1)
    r2 = np.add.outer(x**2, x**2)
    narrow, wide = (np.exp(-r2 * np.log(16) / fwhm**2) for fwhm in (_NARROW, _WIDE))
    weights = narrow / narrow.sum() - less * wide / wide.sum()
    return Kernel(f"less_{less:g}", tuple(map(tuple, weights.tolist())))


def looks() -> Iterator[tuple[str, Look]]:
    """Name what is tried."""
    yield "deep", lambda request: _run(request)
    for contrast in _CONTRASTS:
        values = _DEEP.replace(deblend_mincont=contrast)
        yield (
            f"contrast {contrast:g}",
            lambda request, v=values: _run(replace(request, parameters=v)),
        )
    kernels: dict[str, Any] = {name: name for name in ("gauss_1.5_3x3", "gauss_2.0_5x5")}
    kernels |= {f"less {less:g}": over_surroundings(less) for less in _LESS}
    for name, kernel in kernels.items():
        hot = _DEEP.replace(
            filter_name=kernel, detect_thresh=_THRESH, analysis_thresh=_THRESH,
            detect_minarea=_MINAREA,
        )  # fmt: skip
        yield (
            f"children, {name}",
            lambda request, h=hot: _run(replace(request, hot=HotPass(h, children=True))),
        )


def _run(request: Request) -> Outcome:
    return methods.get("skyseg").run(request)


def look_perfectly(field: Field) -> Outcome:
    """Run on what is left without the true light of all that a run has found."""
    request = field.request(_DEEP)
    first = _run(request)
    _, known, taken = field.match(first.cat)
    left = field.maps.sci.copy()
    for i in known[taken >= 0]:
        window, stamp = field.scene.stamp(int(i), 0, field.scene.shape[0])
        left[window] -= stamp
    second = _run(replace(request, sci=left))
    assert first.seg is not None and second.seg is not None
    n = len(first.cat)
    second.cat["NUMBER"] += n
    names = ["NUMBER", "X_IMAGE", "Y_IMAGE"]
    cat = vstack([first.cat[names], second.cat[names]], metadata_conflicts="silent")
    return replace(first, seg=np.where(second.seg > 0, second.seg + n, first.seg), cat=cat)


def judge(fields: Sequence[Field], look: Callable[[Field], Outcome], oracle: float) -> list[str]:
    """Count in all fields what a look finds and shreds."""
    counts: list[Counts] = []
    blends, known = bench_deblending.Counts(), []
    for field in fields:
        outcome = look(field)
        counts.append(field.count(outcome.seg, outcome.cat, _DEEP.detect_thresh, oracle))
        blends += bench_deblending.judge(field, outcome, 10.0)
        known.append(int((field.truth[1] > oracle).sum()))
    real, noise, fragments = (
        sum(getattr(each, name) for each in counts) for name in ("real", "noise", "fragments")
    )
    complete = np.average([each.complete for each in counts], weights=known)
    found = [f"{blends.part_found:.3f}", f"{blends.pieces:.2f}"] if blends.companions else ["", ""]
    return [
        str(real), str(noise), f"{real / (real + noise):.3f}", str(fragments), f"{complete:.3f}",
        *found,
    ]  # fmt: skip


def count_in(image: str) -> list[list[str]]:
    """Count children in a real image."""
    name, _, files = image.partition("=")
    sci, err, err_type = files.split(",")
    request = Request(
        sci=fits.getdata(sci).astype(np.float32), err=fits.getdata(err).astype(np.float32),
        err_type=err_type, parameters=_DEEP, aper_diams=(0.32,), pix_scale=PIX_SCALE,
        zero_point=28.9, sky=None,
    )  # fmt: skip
    rows = []
    for look_name, look in looks():
        cat = look(request).cat
        parents = np.asarray(cat["PARENT"]) if "PARENT" in cat.colnames else np.zeros(len(cat), int)
        most = int(np.bincount(parents)[1:].max(initial=0))
        rows.append([name, look_name, str(len(cat)), str(int((parents > 0).sum())), str(most)])
    return rows


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bands", nargs="+", default=["F444W", "F200W"])
    parser.add_argument("--shape", type=int, nargs=2, default=(1024, 1024), metavar=("NY", "NX"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[801, 802])
    parser.add_argument("--noise", choices=list(NOISES), default="white")
    parser.add_argument("--scene", choices=list(SCENES), default="field")
    parser.add_argument("--oracle", type=float, default=4.5)
    parser.add_argument("--images", nargs="+", metavar="NAME=SCI,ERR,TYPE", default=[])
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, or read, run everything, print."""
    logging.disable(logging.WARNING)
    options = arguments(given)
    if options.images:
        rows = [row for image in options.images for row in count_in(image)]
        print(text_table(["IMAGE", "LOOK", "sources", "children", "most of one"], rows))
        return
    conditions: ConditionValues = {**SCENES[options.scene], **NOISES[options.noise]}
    shape = tuple(options.shape)
    fields = [
        Field(plan_band(band, shape, None, seed, **conditions))
        for band in options.bands
        for seed in options.seeds
    ]
    rows = [
        [name, *judge(fields, lambda f, look=look: look(f.request(_DEEP)), options.oracle)]
        for name, look in looks()
    ]
    rows.append(["perfect", *judge(fields, look_perfectly, options.oracle)])
    head = ["LOOK", "real", "noise", "purity", "fragments", "complete", "companions", "pieces"]
    print(text_table(head, rows))


if __name__ == "__main__":
    main()
