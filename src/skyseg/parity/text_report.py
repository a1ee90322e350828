"""A parity report in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from skyseg.imaging.tables import text_table
from skyseg.methods.base import WEIGHT_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skyseg.engine import Parameters
    from skyseg.engine.types import ErrType
    from skyseg.parity.measurements import AskedColumns, ColumnAgreement
    from skyseg.parity.report import MeasuredImage, ParityReport

_NOTE = (
    "SExtractor draws at random which branch gets the loose pixels of a blend, so two runs of it\n"
    "with other random numbers differ from one another as well. Where it flags no blend, nothing\n"
    "was drawn. The numbers of labels are not compared."
)


def write_text(report: ParityReport) -> str:
    """Tell what was compared, how, and what came out.

    Parameters
    ----------
    report : ParityReport
        What to tell of.

    Returns
    -------
    str
        Inputs, versions, parameters and numbers.
    """
    parts = [
        f"Parity with SExtractor: {_name_of(report)}",
        _facts(report),
        "Maps",
        _maps(report),
        f"Measurements: differences of {report.n_matched} matched sources, "
        f"{report.is_isolated.sum()} of them isolated; relative where no unit is named,\n"
        "the largest of the source with SExtractor's NUMBER",
        _measurements(report),
        f"FLAGS equal in {_part(report.flags_equal, report.n_matched)} of the matched sources.",
        *([_flags(report)] if report.flags else []),
        _NOTE,
    ]
    return "\n\n".join(parts)


def _name_of(report: ParityReport) -> str:
    measured = report.measured
    return report.name if measured is None else f"{report.name}, measured in {measured.name}"


def _facts(report: ParityReport) -> str:
    ny, nx = report.shape
    rows = [
        *((each.role, f"{each.name}  sha256 {each.sha256[:16]}") for each in report.inputs),
        *((f"read {role}", text) for role, text in report.given.items()),
        *([("before it", _spell(report.changed))] if report.changed else []),
        ("shape", f"{ny} x {nx} pixels of {report.pix_scale:g} arcsec, {report.n_bad} bad"),
        ("weights", _weights(report.err_type, report.parameters)),
        ("versions", ", ".join(_version(*each) for each in report.versions.items())),
        ("apertures", ", ".join(f"{each:g}" for each in report.aper_diams) + " arcsec"),
        ("parameters", f"{report.set_name}: {_spell(report.parameters.to_sextractor())}"),
        *([] if report.measured is None else _measured_in(report.measured, report.parameters)),
        ("memory", f"MEMORY_BUFSIZE {ny}"),
        *([] if report.asked is None else _asked(report.asked)),
    ]
    width = max(len(key) for key, _ in rows)
    return "\n".join(f"  {key:<{width}}  {value}" for key, value in rows)


def _weights(err_type: ErrType, parameters: Parameters) -> str:
    return f"{err_type} ({parameters.weight_type or WEIGHT_TYPES[err_type]})"


def _spell(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items())


def _measured_in(measured: MeasuredImage, detected: Parameters) -> list[tuple[str, str]]:
    """Tell of the image that was measured, and of its settings what is other."""
    known = detected.to_sextractor()
    others = {
        key: value
        for key, value in measured.parameters.to_sextractor().items()
        if known.get(key) != value
    }
    rows = [
        *((each.role, f"{each.name}  sha256 {each.sha256[:16]}") for each in measured.inputs),
        ("bad", str(measured.n_bad)),
        ("weights", _weights(measured.err_type, measured.parameters)),
        *([("parameters", _spell(others))] if others else []),
    ]
    return [(f"measured: {key}", value) for key, value in rows]


def _asked(asked: AskedColumns) -> list[tuple[str, str]]:
    """Tell what a ``.param`` file asks for."""
    rows = [("columns", ", ".join(asked.columns) or "none")]
    if asked.left_out:
        rows.append(("left out", ", ".join(asked.left_out)))
    if asked.zero_point is not None:
        rows.append(("zero point", f"{asked.zero_point:.9g} mag"))
    return rows


def _flags(report: ParityReport) -> str:
    head = ["bit of FLAGS", "meaning", "SExtractor", "skyseg", "differ"]
    rows = [
        [str(each.bit), each.name, *map(str, (each.sextractor, each.skyseg, each.differ))]
        for each in report.flags
    ]
    return text_table(head, rows)


def _version(name: str, text: str) -> str:
    return text if name in ("sextractor", "skyseg") else f"{name} {text}"


def _maps(report: ParityReport) -> str:
    found, n = report.agreement, report.agreement.sex_sources
    rows = [
        ("foreground pixels", f"SExtractor {found.sex_foreground}, skyseg {found.foreground}"),
        ("  that differ", str(found.foreground_differ)),
        ("sources", f"SExtractor {n}, skyseg {found.sources}"),
        ("  identical", _part(found.identical, n)),
        ("  IoU > 0.5", _part(found.over_50, n)),
        ("  IoU > 0.9", _part(found.over_90, n)),
        ("  IoU > 0.99", _part(found.over_99, n)),
        ("not blended", str(found.unblended)),
        ("  identical", _part(found.unblended_identical, found.unblended)),
        ("split", f"{found.split} of SExtractor's hold several of skyseg's"),
        ("merged", f"{found.merging} of skyseg's hold several of SExtractor's"),
    ]
    lines = [f"  {key:<17}  {value}" for key, value in rows]
    lost = len(report.sextractor.cat) - n
    if lost:
        lines.append(f"  SExtractor's catalogue has {lost} more, without a pixel in its map")
    return "\n".join(lines)


def _measurements(report: ParityReport) -> str:
    head = ["column", "arcsec", "n", "median", "p90", "largest", "of", "all: median", "p90"]
    rows = [
        [
            _name(one),
            "" if one.aperture is None else f"{one.aperture:g}",
            str(one.n),
            *(_number(value) for value in (one.median, one.p90, one.largest)),
            str(one.source) if one.largest > 0 else "",
            *(_number(value) for value in (every.median, every.p90)),
        ]
        for one, every in zip(report.isolated, report.matched, strict=True)
    ]
    return text_table(head, rows)


def _name(one: ColumnAgreement) -> str:
    part = "" if one.part is None else f" of {one.part:g}"
    return f"{one.column}{part} [{one.unit}]" if one.unit else f"{one.column}{part}"


def _part(count: int, whole: int) -> str:
    return f"{count} of {whole} ({100 * count / whole:.2f} %)" if whole else "0 of 0"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1e}"
