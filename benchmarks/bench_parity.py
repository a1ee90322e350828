"""Agreement of the embedded engine with the local SExtractor, as a table in Markdown.

Fields are given as ``name=sci.fits,err.fits,rms_err`` or ``name=sci.fits,wht.fits,wht``; an
``rms_err`` beside a weight, ``name=sci.fits,wht.fits,rms_err,wht``, is 1/sqrt(weight). Two bands
of a simulated survey, with holes, zero weights and NaN, come after them.

    python benchmarks/bench_parity.py "F444W=sci.fits,wht.fits,wht" --parameters default crowded
"""

from __future__ import annotations

import argparse
import logging

from skyseg import BandData
from skyseg.parity import ParityReport, compare_with_sextractor
from skyseg.samples import simulate_image

HEAD = (
    "field", "error", "parameters", "foreground pixels that differ", "sources SExtractor / here",
    "IoU > 0.5", "IoU > 0.9", "not blended, identical", "isolated", "FLUX_APER, largest difference",
    "FLUX_AUTO, largest difference", "FLAGS equal",
)  # fmt: skip
SIMULATED_SHAPE = (1024, 1024)


def row(name: str, report: ParityReport) -> tuple[str, ...]:
    """Give one row of the table."""
    found = report.agreement
    n = found.sex_sources
    largest = {
        column: max(each.largest for each in report.isolated if each.column == column)
        for column in ("FLUX_APER", "FLUX_AUTO")
    }
    return (
        name, report.err_type, report.set_name, str(found.foreground_differ),
        f"{n} / {found.sources}", f"{found.over_50 / n:.1%}", f"{found.over_90 / n:.1%}",
        f"{found.unblended_identical} of {found.unblended}", str(report.isolated[0].n),
        f"{largest['FLUX_APER']:.0e}", f"{largest['FLUX_AUTO']:.0e}",
        f"{report.flags_equal} of {report.n_matched}",
    )  # fmt: skip


def compare_files(text: str, parameters: str) -> tuple[str, ParityReport]:
    """Compare on a field that is given as files."""
    name, _, maps = text.partition("=")
    sci, noise, err_type, *kind = maps.split(",")
    if (kind or [err_type]) == ["wht"]:
        band = BandData.from_files(sci, wht=noise)
    else:
        band = BandData.from_files(sci, err=noise)
    return name, compare_with_sextractor(band, None, err_type, parameters)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fields", nargs="*", metavar="NAME=SCI,NOISE,TYPE[,wht]")
    parser.add_argument("--parameters", nargs="+", default=["default"])
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for parameters in arguments.parameters:
        for text in arguments.fields:
            print(f"| {' | '.join(row(*compare_files(text, parameters)))} |", flush=True)
        for band in ("F115W", "F444W"):
            image = simulate_image(band, shape=SIMULATED_SHAPE, seed=1)
            for err_type, noise in (("rms_err", image.err), ("wht", image.wht)):
                report = compare_with_sextractor(image.sci, noise, err_type, parameters)
                print(f"| {' | '.join(row(f'simulated {band}', report))} |", flush=True)


if __name__ == "__main__":
    main()
