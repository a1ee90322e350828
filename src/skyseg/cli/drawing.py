"""What the plot command does with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

from skyseg.cli.inputs import OpenedBands
from skyseg.cli.running import segment_bands
from skyseg.errors import ParameterError
from skyseg.plotting import plot_band, plot_data
from skyseg.survey.band_runs import BandRun
from skyseg.survey.batch import raise_failed
from skyseg.survey.collection import list_keys
from skyseg.writing import check_folder


def draw(
    bands: OpenedBands,
    ext: str,
    save: Path | None,
    options: Mapping[str, Any],
    products: Mapping[str, Any],
) -> tuple[list[str], dict[str, Exception]]:
    """Plot one band, or several in a grid, into a file or a window, past those that fail.

    Parameters
    ----------
    bands : OpenedBands
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
    drawn : list of str
        The bands drawn.
    failed : dict of str to Exception
        Those that could not be opened or segmented, and why.

    Raises
    ------
    SkysegError
        If all bands have failed for one reason: that one; `BatchError` for several.
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
        runs = segment_bands(bands, **products)
    else:
        runs = [BandRun(key, band, 0.0) for key, band in zip(list_keys(bands), bands, strict=True)]
    made = {run.key: run.band for run in runs if run.error is None}
    failed = {run.key: run.error for run in runs if run.error is not None} | dict(bands.lost)
    show = save is None
    if not made:
        raise_failed(runs, bands.lost)
    if len(made) == 1:
        plot_band(next(iter(made.values())), ext, save=save, show=show, **options)
    else:
        plot_data([*made.values()], ext, save=save, show=show, **options)
    return list(made), failed
