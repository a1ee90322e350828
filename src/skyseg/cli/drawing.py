"""What the plot command does with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

from skyseg.cli.running import segment_bands
from skyseg.errors import ParameterError
from skyseg.plotting import plot_band, plot_data
from skyseg.survey import BandData
from skyseg.survey.batch import raise_failed
from skyseg.writing import check_folder


def draw(
    bands: Sequence[BandData],
    ext: str,
    save: Path | None,
    options: Mapping[str, Any],
    products: Mapping[str, Any],
) -> list[str]:
    """Plot one band, or several in a grid, into a file or a window.

    Parameters
    ----------
    bands : sequence of BandData
        The bands.
    ext : str
        Which map.
    save : Path or None
        File to write; None opens a window.
    options : mapping
        Further arguments of `skyseg.plotting.plot_band`.
    products : mapping
        Arguments of `BandData.segment`, for maps that are products.

    Returns
    -------
    list of str
        The bands drawn.

    Raises
    ------
    ParameterError
        If an argument is not allowed, or there is no display to open a window on.
    ProductError
        If the file has no folder to be written into.
    """
    if save is None and matplotlib.get_backend().lower() == "agg":
        raise ParameterError("there is no display to open a window on", hint="give {save} FILE")
    if save is not None:
        check_folder(save)
    number = options["region"] and isinstance(options["region"][0], int)
    if ext.upper() in {"SEG", "BKG"} or options["overlay"] or number:
        raise_failed(segment_bands(bands, **products))
    show = save is None
    if len(bands) == 1:
        plot_band(bands[0], ext, save=save, show=show, **options)
    else:
        plot_data(bands, ext, save=save, show=show, **options)
    return [band.band for band in bands]
