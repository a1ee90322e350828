"""Figures: panels with room for their labels, written whole or not at all."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from skyseg.engine.types import Slices
from skyseg.errors import ParameterError, check_kind
from skyseg.plotting.panels import PanelFigure, PixelPanel, SkyPanel
from skyseg.writing import check_folder, check_free, make_absolute, whole_file

if TYPE_CHECKING:
    from astropy.wcs import WCS

_PANEL = 7.0  # inches, as the margins
_LEFT, _RIGHT, _BOTTOM, _TOP = 1.25, 1.05, 0.65, 0.45
_DPI = 200


def make_panels(
    wcs: Sequence[WCS | None], window: Slices | None = None, columns: int | None = None
) -> list[Axes]:
    """Make a figure of equal panels, with room for labels and colour bars.

    Parameters
    ----------
    wcs : sequence of astropy.wcs.WCS or None
        One for each panel: axes on the sky, or in pixels where it is None.
    window : tuple of slice, optional
        Rows and columns that are shown, which give the panels their form; square
        by default.
    columns : int, optional
        Panels side by side; by default up to three, then as many as rows.

    Returns
    -------
    list of matplotlib.axes.Axes
        Row by row, from the top.

    Examples
    --------
    >>> left, right = make_panels([band.wcs, None])
    """
    columns = columns or (len(wcs) if len(wcs) <= 3 else math.ceil(math.sqrt(len(wcs))))
    rows = math.ceil(len(wcs) / columns)
    height, width = (1, 1) if window is None else (part.stop - part.start for part in window)
    side = _PANEL / (1 if columns == 1 else 1.4)
    panel = side * np.maximum(np.array([width, height]) / max(width, height), 0.3)
    cell = panel + np.array([_LEFT + _RIGHT, _BOTTOM + _TOP])
    size = cell * [columns, rows]
    figure = plt.figure(figsize=(size[0], size[1]), FigureClass=PanelFigure)
    axes = []
    for number, each in enumerate(wcs):
        row, column = divmod(number, columns)
        corner = cell * [column, rows - 1 - row] + [_LEFT, _BOTTOM]
        axes.append(_add_axes(figure, np.concatenate([corner / size, panel / size]), each))
    return axes


def write_plain_ticks(axis: Axis, steps: Sequence[int] = (1, 2, 5)) -> None:
    """Write the ticks of a logarithmic axis as plain numbers.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        The axis.
    steps : sequence of int, optional
        Where ticks are within each power of ten.
    """
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _add_axes(figure: Figure, place: npt.NDArray[np.float64], wcs: WCS | None) -> Axes:
    """Add axes on the sky where there is a WCS, in pixels otherwise."""
    if wcs is None:
        ax: Axes = figure.add_axes(tuple(place), axes_class=PixelPanel)
        ax.set_xlabel("x / pix")
        ax.set_ylabel("y / pix")
        return ax
    sky: Any = figure.add_axes(tuple(place), axes_class=SkyPanel, wcs=wcs)
    for axis, name in ((wcs.wcs.lng, wcs.wcs.lngtyp), (wcs.wcs.lat, wcs.wcs.lattyp)):
        sky.coords[axis].set_axislabel("Dec" if name.startswith("DEC") else name.rstrip("-"))
        sky.coords[axis].display_minor_ticks(True)
    return sky  # type: ignore[no-any-return]


@contextmanager
def finish_figure(
    figure: Any, save: str | os.PathLike[str] | None, show: bool, own: bool
) -> Iterator[None]:
    """Write and show a figure once the block has drawn it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    save : path or None
        File to write.
    show : bool
        Whether to open it in a window.
    own : bool
        Whether it was made for this: it is then closed where drawing fails, and
        where it is saved and not shown.
    """
    try:
        target = None if save is None else make_absolute(save, "save")
        yield
        if target is not None:
            save_figure(figure, target)
    except BaseException:
        if own:
            plt.close(figure)
        raise
    if show:
        plt.show()
    elif save is not None and own:
        plt.close(figure)


@contextmanager
def open_panel(
    ax: Axes | None,
    wcs: WCS | None,
    window: Slices | None,
    save: str | os.PathLike[str] | None,
    show: bool,
) -> Iterator[Axes]:
    """Give the block where to draw, and write and show the figure afterwards.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where to draw; where it is None a figure of one panel is made.
    wcs, window
        Of that panel, as for `make_panels`.
    save, show
        As for `finish_figure`.

    Yields
    ------
    matplotlib.axes.Axes
        Where to draw.
    """
    own = ax is None
    if ax is not None:
        check_kind(ax, Axes, "ax", "give Axes of matplotlib, or leave it out")
    if ax is None:
        ax = make_panels([wcs], window)[0]
    with finish_figure(ax.figure, save, show, own):
        yield ax


def check_choice(value: Any, known: Iterable[str], what: str) -> None:
    """Check what a figure is to be drawn of.

    Parameters
    ----------
    value : object
        What was asked for.
    known : iterable of str
        What there is.
    what : str
        What it is.

    Raises
    ------
    ParameterError
        If there is no such.
    """
    names = list(known)
    if not isinstance(value, str) or value not in names:
        raise ParameterError(
            f"there is no {what} {value!r}", hint=f"give one of {', '.join(names)}"
        )


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure; the file appears when it is whole.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : path
        File to write; its ending is the format, such as png or pdf.

    Raises
    ------
    ParameterError
        If the format is not known.
    ProductError
        If its folder does not exist, or the file cannot be written.
    """
    target = make_absolute(path)
    kind = _find_format(target)
    check_folder(target)
    with whole_file(target) as file:
        figure.savefig(file, format=kind, dpi=_DPI, bbox_inches="tight")


def check_figure(path: Path, *, overwrite: bool) -> None:
    """Check that a figure that a person names can be written, before it is drawn.

    Parameters
    ----------
    path : Path
        File to write.
    overwrite : bool
        Whether one that is there is replaced.

    Raises
    ------
    ParameterError
        If the format is not known.
    ProductError
        If it is there already and must not be replaced, or its folder does not exist.
    """
    _find_format(path)
    check_free(path, overwrite=overwrite)


def _find_format(path: Path) -> str:
    """Return the format that the ending of a name tells."""
    kind, known = path.suffix.lower().lstrip("."), sorted(FigureCanvasBase.filetypes)
    if kind not in known:
        raise ParameterError(f"{path} has no known ending", hint=f"use one of {', '.join(known)}")
    return kind
