"""A source in every band: cutouts with its outline, an aperture and its Kron ellipse.

They are drawn as the canvas is: north up, east to the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import astropy.units as u
import numpy as np

from skyseg.display.fits_maps import open_image
from skyseg.display.rendering import choose_sci_limits
from skyseg.engine.types import ByteImage, FloatArray
from skyseg.errors import ParameterError
from skyseg.imaging.regions import region_slices
from skyseg.panel.catalogue import Catalogue, Outline, trace_outline
from skyseg.panel.cutout import Cutout
from skyseg.panel.cutout_rgb import compose_rgb
from skyseg.panel.figures import draw_figure, make_figure
from skyseg.panel.map_info import MapInfo
from skyseg.survey import BandData

KRON = "Kron ellipse"
LINES = (("outline", "#ffd166"), ("aperture", "#06d6a0"), (KRON, "#ef476f"))

_LEAST_ARCSEC = 2.0
_AROUND = 2.5
_WIDTH_INCHES, _TITLE_INCHES, _LAST_TITLE_INCHES = 3.4, 0.2, 0.54
_MOST_IN_A_ROW = 4


def make_cutouts(
    labels: Any, info: MapInfo, catalogue: Catalogue, number: int, bands: Sequence[BandData]
) -> list[Cutout]:
    """Cut a source out of every band that shows its place.

    Parameters
    ----------
    labels : array_like of int, shape (ny, nx)
        The SEG map in which the source is.
    info : MapInfo
        What is known of that map.
    catalogue : Catalogue
        Its catalogue.
    number : int
        The source.
    bands : sequence of BandData
        The bands; those that do not reach there are left out, and so are stacks of others.

    Returns
    -------
    list of Cutout
    """
    box = catalogue.get_box(number)
    diameter = float(info.band.aper_diams[0].to_value(u.arcsec)) if info.band else _LEAST_ARCSEC
    scale = info.scale if info.wcs is not None else 1.0
    kron = catalogue.trace_kron_ellipse(number)
    lines = (
        trace_outline(labels, number, box),
        [catalogue.trace_aperture(number, diameter / scale)],
        [kron] if kron is not None and np.ptp(kron) > 0 else [],
    )
    side = max(_AROUND * scale * max(box[1] - box[0] + 1, box[3] - box[2] + 1), _LEAST_ARCSEC)
    middle = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
    single = [band for band in bands if not band.members] or bands
    found = [_cutout(band, info, middle, side, lines) for band in single]
    return [cutout for cutout in found if cutout is not None]


def draw_cutouts(found: Sequence[Cutout], ink: str = "#bbbbbb") -> ByteImage:
    """Draw cutouts side by side; of two or more a composite in colour is the last.

    Parameters
    ----------
    found : sequence of Cutout
        At least one, in rising wavelength.
    ink : str, optional
        Colour of the titles; the ground is transparent.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        Red, green, blue and opacity.
    """
    composite = compose_rgb(found)
    found = [*found, *([] if composite is None else [composite])]
    columns = min(max(len(found), 2), _MOST_IN_A_ROW)
    rows = math.ceil(len(found) / columns)
    height = _WIDTH_INCHES / columns * rows + _TITLE_INCHES * (rows - 1) + _LAST_TITLE_INCHES
    figure = make_figure((_WIDTH_INCHES, height))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, cutout in zip(panels, found, strict=False):
        _draw(panel, cutout, ink)
    picture = draw_figure(figure)
    (drawn,) = np.nonzero(picture[..., 3].any(axis=1))
    return picture[max(drawn[0] - 1, 0) : drawn[-1] + 1].copy()


def _draw(panel: Any, cutout: Cutout, ink: str) -> None:
    from astropy.visualization import AsinhStretch, ImageNormalize
    from matplotlib.transforms import Affine2D

    norm = None
    if cutout.image.ndim == 2:
        low, high, softening = choose_sci_limits(cutout.image)
        norm = ImageNormalize(vmin=low, vmax=high, stretch=AsinhStretch(softening), clip=True)
    row, column = cutout.middle
    linear = Affine2D(np.pad(cutout.matrix, (0, 1)) + np.diag([0.0, 0.0, 1.0]))
    placed = Affine2D().translate(-column, -row) + linear + panel.transData
    panel.imshow(
        cutout.image,
        origin="lower",
        cmap="gray",
        norm=norm,
        interpolation="nearest",
        transform=placed,
    )
    panel.set_title(cutout.title, fontsize=7, color=ink)
    for (_, colour), lines in zip(LINES, cutout.lines, strict=True):
        for line in lines:
            panel.plot(line[:, 1], line[:, 0], color=colour, linewidth=1, transform=placed)
    panel.set_xlim(-cutout.side / 2, cutout.side / 2)
    panel.set_ylim(-cutout.side / 2, cutout.side / 2)
    panel.set_aspect("equal")


def _cutout(
    band: BandData,
    info: MapInfo,
    middle: tuple[float, float],
    side: float,
    lines: tuple[list[Outline], ...],
) -> Cutout | None:
    moved = _mover(band, info)
    if moved is None:
        return None
    row, column = (float(value) for value in moved(np.array([middle]))[0])
    matrix = _matrix(band, row, column)
    # what is turned is cut larger, so that it fills the square
    reach = side * np.abs(np.linalg.inv(matrix)).sum(axis=1) + 2
    try:
        part = region_slices(((column, row), tuple(reach)), band.shape)
    except ParameterError:
        return None
    image = np.array(open_image(band.sci.path, band.sci.ext)[part], np.float32)
    corner = part[0].start, part[1].start
    return Cutout(
        band.band,
        image,
        tuple([moved(line) - corner for line in kind] for kind in lines),
        (row - corner[0], column - corner[1]),
        matrix,
        side,
    )


def _matrix(band: BandData, row: float, column: float) -> FloatArray:
    """Arcsec (west, north) for steps (column, row) of a band's pixels at a place."""
    if band.wcs is None:
        return np.eye(2) * float(band.pix_scale.to_value(u.arcsec))
    sky = band.wcs.pixel_to_world(column + np.array([0, 1, 0]), row + np.array([0, 0, 1])).icrs
    east, north = sky[0].spherical_offsets_to(sky[1:])
    return np.array([-east.to_value(u.arcsec), north.to_value(u.arcsec)])


def _mover(band: BandData, info: MapInfo) -> Callable[[Outline], Outline] | None:
    """Make the way from pixels (row, column) of a map to those of a band; None without WCS."""
    if info.band is not None and info.band == band:
        return lambda points: points
    here, there = info.wcs, band.wcs
    if here is None or there is None:
        return None

    def moved(points: Outline) -> Outline:
        sky = here.pixel_to_world(points[:, 1], points[:, 0])
        column, row = there.world_to_pixel(sky)
        return np.column_stack([row, column])

    return moved
