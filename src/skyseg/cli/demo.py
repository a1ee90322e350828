"""A tour: a simulated survey is made, segmented, compared and shown.

Run as ``python -m skyseg.cli.demo``; a second run loads what the first made.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import typer

from skyseg.cli.running import COLUMNS, SegmentedBand, list_segmented, segment_bands
from skyseg.comparison import CHANGES, Comparison
from skyseg.imaging.tables import text_table
from skyseg.plotting import plot_band
from skyseg.plotting.figures import make_panels, save_figure
from skyseg.samples import make_survey
from skyseg.survey import BandData, Data
from skyseg.survey.batch import raise_failed

_SHOWN = "F200W"
_ZOOM = 0.5  # of the field


def run(directory: Path, shape: tuple[int, int] = (1024, 1024)) -> Path:
    """Make, segment, compare and show the sample survey.

    Parameters
    ----------
    directory : Path
        Where everything goes.
    shape : tuple of int, optional
        Shape (ny, nx) of the images.

    Returns
    -------
    Path
        The figure: SCI, SEG and the difference between the two error types.

    Raises
    ------
    SkysegError
        If something in the directory was made from something else, or cannot be
        written.
    """
    sample = make_survey(directory / "data", shape=shape)
    state = f"made {', '.join(sample.made)}" if sample.made else "loaded, it is there already"
    typer.echo(f"Simulated survey in {sample.directory}: {state}.\n")
    data = Data.from_survey_version(
        sample.survey,
        sample.version,
        data_dir=sample.directory,
        work_dir=directory / "work",
    )
    done: list[SegmentedBand] = []
    for err_type in ("rms_err", "wht"):
        runs = segment_bands(list(data), err_type=err_type)
        raise_failed(runs)
        done += list_segmented(runs)
    _print_segmented(done)
    comparisons = data.difference("rms_err", "wht")
    _print_comparisons(comparisons)
    band = data[_SHOWN]
    band.segment("rms_err")
    return _draw(band, comparisons[_SHOWN], directory / "demo.png")


def _print_segmented(done: Sequence[SegmentedBand]) -> None:
    typer.echo(text_table(COLUMNS, [each.as_row() for each in done]))
    loaded = sum(not each.products.made for each in done)
    if loaded == len(done):
        typer.echo("All products were loaded: inputs and parameters are those they were made from.")
    elif loaded:
        typer.echo(f"{loaded} of {len(done)} were loaded, the others made.")
    typer.echo("")


def _print_comparisons(comparisons: Mapping[str, Comparison]) -> None:
    typer.echo("What changes from rms_err to wht, in sources:")
    head = ["BAND", "matched", *CHANGES, "foreground IoU"]
    rows = [
        [
            band,
            *(str(each.counts[kind]) for kind in ("matched", *CHANGES)),
            f"{each.agreement.foreground_iou:.4f}",
        ]
        for band, each in comparisons.items()
    ]
    typer.echo(text_table(head, rows))


def _draw(band: BandData, comparison: Comparison, path: Path) -> Path:
    """Draw SCI, SEG and difference where the two differ most."""
    side = _ZOOM * min(band.shape)
    region = _most_changed(comparison, side), side
    axes = make_panels([band.wcs] * 3)
    plot_band(band, "SCI", region=region, ax=axes[0], overlay=True)
    plot_band(band, "SEG", region=region, ax=axes[1])
    comparison.plot(region, ax=axes[2])
    figure = axes[0].get_figure(root=True)
    assert figure is not None
    save_figure(figure, path)
    typer.echo(f"\nFigure: {path}")
    return path


def _most_changed(comparison: Comparison, side: float) -> tuple[float, float]:
    """Find where most pixels changed, (x, y), with a square of that side inside the image."""
    table = comparison.table
    changed = (1 - np.asarray(table["iou"])) * np.asarray(table["area_a"])
    most = int(np.argmax(changed))
    ny, nx = comparison.a.shape
    x, y = float(table["x"][most]), float(table["y"][most])
    return min(max(x, side / 2), nx - side / 2), min(max(y, side / 2), ny - side / 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the tour in the directory that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m skyseg.cli.demo", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=Path("demo"))
    matplotlib.use("Agg")
    run(parser.parse_args(arguments).directory)


if __name__ == "__main__":
    main()
