"""The tour and the benchmark beside it do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from skyseg.cli.demo import run

ROOT = Path(__file__).resolve().parents[2]


def test_the_second_tour_loads_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = run(tmp_path / "demo", shape=(200, 220))
    first = capsys.readouterr().out
    assert figure.stat().st_size > 10_000
    assert str(figure) in first
    assert first.count(" made ") >= 6
    assert "All products were loaded" not in first
    listed = [row.split()[:2] for row in first.splitlines() if " made " in row and "0." in row]
    assert listed == [[b, e] for e in ("rms_err", "wht") for b in ("F115W", "F200W", "F444W")]
    products = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*_seg.fits")}
    assert len(products) == 9
    assert run(tmp_path / "demo", shape=(200, 220)) == figure
    second = capsys.readouterr().out
    assert second.count(" loaded ") >= 6
    assert "All products were loaded" in second
    assert {path: path.stat().st_mtime_ns for path in products} == products


def test_completeness_and_purity_are_printed_for_each_method() -> None:
    program = ROOT / "benchmarks" / "bench_completeness.py"
    options = ["--shape", "300", "300", "--rounds", "1", "--methods", "skyseg"]
    done = subprocess.run(
        [sys.executable, program, *options], capture_output=True, text=True, check=True
    )
    assert "complete skyseg" in done.stdout
    assert "pure skyseg" in done.stdout
    bright = next(line for line in done.stdout.splitlines() if line.startswith("25.0-26.0"))
    assert float(bright.split()[2]) > 0.5
