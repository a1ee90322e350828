"""The registry of methods: what is installed, and packages that are broken."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from skyseg import methods
from skyseg.errors import MethodError
from skyseg.survey import BandData


def install(folder: Path, package: str, entry: str, code: str = "") -> None:
    """Put a package with an entry point for a method into a folder, as pip would."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[skyseg.methods]\n{entry}\n")
    (folder / f"{package}.py").write_text(code)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def xdf(imaging_dir: Path, tmp_path: Path) -> BandData:
    folder = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas"
    sci, rms = (folder / f"xdf-f160w_{end}.fits" for end in ("sci", "rms"))
    return BandData.from_files(sci, err=rms, zero_point=25.96, work_dir=tmp_path / "work")


def test_both_methods_are_there_by_name() -> None:
    assert {"skyseg", "sextractor"} <= set(methods.names())
    assert methods.get("skyseg").version().startswith("skyseg ")
    assert methods.get("sextractor").version().startswith("SExtractor 2.")


@pytest.mark.parametrize("look_up", [methods.get, methods.check])
def test_an_unknown_method_is_refused_with_those_that_exist(look_up) -> None:
    with pytest.raises(MethodError, match=r"no method 'magic'; use one of .*skyseg"):
        look_up("magic")


def test_another_package_joins_by_its_entry_point(packages: Path) -> None:
    code = "class Mine:\n    def version(self): return 'mine 1'\n    def run(self, request): ...\n"
    install(packages, "minepkg", "mine = minepkg:Mine", code)
    assert "mine" in methods.names()
    assert methods.get("mine").version() == "mine 1"


def test_a_package_that_another_of_its_name_hides_offers_nothing(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "class Mine:\n    def version(self): return 'mine 1'\n    def run(self, request): ...\n"
    install(packages, "former_pkg", "mine = former_pkg:Mine", code)
    assert "mine" in methods.names()
    info = tmp_path / "before" / "Former_Pkg-2.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Former-Pkg\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(info.parent)
    assert "mine" not in methods.names()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("raise RuntimeError('half installed')", "half installed"),
        ("", "has no attribute 'Mine'"),
        ("class Mine:\n    def __init__(self, needed): ...", "needed"),
    ],
)
def test_a_broken_package_is_named_with_the_reason(packages: Path, code: str, reason: str) -> None:
    package = f"broken{abs(hash(code))}"
    install(packages, package, f"mine = {package}:Mine", code)
    with pytest.raises(MethodError, match=package) as caught:
        methods.get("mine")
    assert reason in str(caught.value)


def test_a_package_whose_method_cannot_run_is_named(packages: Path) -> None:
    install(packages, "shapeless", "mine = shapeless:Mine", "class Mine: ...")
    with pytest.raises(MethodError, match=r"shapeless .* has no run\(\) and version\(\)"):
        methods.get("mine")


def test_two_packages_for_one_name_are_refused_and_named(packages: Path) -> None:
    install(packages, "rival", "skyseg = rival:Mine")
    with pytest.raises(MethodError, match="offered by") as caught:
        methods.get("skyseg")
    assert "rival" in str(caught.value)
    assert "skyseg" in str(caught.value)


def test_the_example_of_the_documentation_is_a_method(packages: Path, xdf: BandData) -> None:
    text = (Path(__file__).parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")
    code = text.partition("`skyseg_islands.py`:\n\n```python\n")[2].partition("```")[0]
    (name,) = re.findall(r"^islands = \"(.*)\"$", text, flags=re.MULTILINE)
    install(packages, "skyseg_islands", f"islands = {name}", code)
    xdf.segment(method="islands")
    seg, cat = xdf.load_seg(), xdf.load_cat()
    assert len(cat) > 10
    assert np.array_equal(np.unique(seg[seg > 0]), cat["NUMBER"])
    area = np.bincount(seg.ravel(), minlength=len(cat) + 1)[1:]
    assert np.array_equal(cat["ISOAREA_IMAGE"].value, area)
    assert np.all(np.isfinite(cat["ALPHA_J2000"].value))
