"""Cutouts of one source in several bands as one colour image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.types import AnyFloatImage, FloatImage
from skyseg.panel.cutout import Cutout

_STRETCH_SIGMA: Final = 6.0
_SOFTENING: Final = 8.0


def compose_rgb(found: Sequence[Cutout]) -> Cutout | None:
    """Compose cutouts to one in colour, as Lupton et al. (2004) do.

    The longest wavelength is red, the one in the middle green, the shortest blue; of two
    bands the mean is green. Each band is scaled by its own noise, so that the sky is grey,
    and all are brought to the pixels of the red one, nearest pixel.

    Parameters
    ----------
    found : sequence of Cutout
        Cutouts of a source, in rising wavelength.

    Returns
    -------
    Cutout or None
        Its title says which bands; None where there are fewer than two.
    """
    if len(found) < 2:
        return None
    from astropy.visualization import make_lupton_rgb

    blue, middle, red = found[0], found[len(found) // 2], found[-1]
    parts: list[AnyFloatImage] = [_scale(each, red) for each in (red, middle, blue)]
    names = [red.title, middle.title, blue.title]
    if len(found) == 2:
        parts[1] = (parts[0] + parts[2]) / 2
        names[1] = "mean"
    with np.errstate(invalid="ignore", divide="ignore"):
        image = make_lupton_rgb(*parts, minimum=0.0, stretch=_STRETCH_SIGMA, Q=_SOFTENING)
    title = "\n".join(f"{colour} {name}" for colour, name in zip("RGB", names, strict=True))
    return replace(red, title=title, image=np.asarray(image, np.float32) / 255)


def _scale(cutout: Cutout, onto: Cutout) -> FloatImage:
    """Pixels of a cutout at those of another: above the sky, in units of its noise."""
    ny, nx = onto.image.shape
    y, x = np.mgrid[:ny, :nx]
    steps = np.stack([x - onto.middle[1], y - onto.middle[0]])
    moved = np.einsum("ij,jyx->iyx", np.linalg.inv(cutout.matrix) @ onto.matrix, steps)
    column = np.rint(moved[0] + cutout.middle[1]).astype(np.intp)
    row = np.rint(moved[1] + cutout.middle[0]).astype(np.intp)
    inside = (row >= 0) & (row < cutout.image.shape[0])
    inside &= (column >= 0) & (column < cutout.image.shape[1])
    finite = cutout.image[np.isfinite(cutout.image)]
    sky = float(np.median(finite)) if finite.size else 0.0
    below = sky - finite[finite < sky]
    noise = SIGMA_OF_MAD * float(np.median(below)) if below.size else 1.0
    values = np.zeros((ny, nx), np.float32)
    values[inside] = (cutout.image[row[inside], column[inside]] - sky) / noise
    scaled: FloatImage = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    return scaled
