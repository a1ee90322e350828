"""What skyseg is handed out as: source distribution, wheel, and what says how to install it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split("\0")[:-1]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make the source distribution, and of it a wheel without the compiled loops."""
    target = tmp_path_factory.mktemp("packages")
    clone = tmp_path_factory.mktemp("clone")
    static = "src/skyseg/notebook/static"
    for name in (*TRACKED, *(f"{static}/{each}" for each in _script("check_packages").BUNDLE)):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name, follow_symlinks=False)
    _build(clone, target, "--sdist")
    (sdist,) = target.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    source = target / sdist.name.removesuffix(".tar.gz")
    _build(source, target, "--wheel", "-C", "wheel.cmake=false")
    (wheel,) = target.glob("*.whl")
    return sdist, wheel


def _build(source: Path, target: Path, *options: str) -> None:
    build = [sys.executable, "-m", "build", *options, "--outdir", str(target), str(source)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sdist_carries_the_bundle_and_no_pictures_and_is_small(
    packages: tuple[Path, Path],
) -> None:
    check = _script("check_packages")
    files = check.read_package(packages[0])
    assert list(check.find_faults(packages[0], files)) == []
    assert not [name for name in files if name.startswith(("tests/", "docs/", "."))]


def test_the_wheel_carries_the_licences_of_what_the_bundle_holds(
    packages: tuple[Path, Path],
) -> None:
    check = _script("check_packages")
    files = check.read_package(packages[1])
    assert list(check.find_faults(packages[1], files)) == []
    licences = files[f"{check.STATIC}/LICENCES.txt"].decode()
    assert re.findall(r"^(\S+) [\d.]+ \([\w.-]+\)$", licences, re.M) == [
        "ol",
        "quickselect",
        "rbush",
    ]
    assert licences.count("THE SOFTWARE IS PROVIDED") + licences.count("THIS SOFTWARE IS") == 3


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("skyseg/picture.png", b"", "it carries the picture skyseg/picture.png"),
        (
            "skyseg-1.dist-info/METADATA",
            b"Name: skyseg\n\n[engine](docs/engine.md)",
            "its description links to docs/engine.md, which a package index does not have",
        ),
    ],
)
def test_a_faulty_wheel_is_told(name: str, content: bytes, fault: str) -> None:
    faults = list(_script("check_packages").find_faults(Path("a.whl"), {name: content}))
    assert fault in faults
    assert "it lacks skyseg/notebook/static/viewer.js" in faults


@pytest.mark.skipif(os.name != "posix", reason="the npm of this test is a shell script")
@pytest.mark.parametrize("npm", ["exit 1", None], ids=["fails", "is missing"])
def test_an_npm_that_fails_or_is_missing_breaks_no_package(npm: str | None, tmp_path: Path) -> None:
    for name in ("js", "cpp"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("node_modules"))
    tools = tmp_path / "tools"
    tools.mkdir()
    if npm is not None:
        (tools / "npm").write_text(f"#!/bin/sh\n{npm}\n")
        (tools / "npm").chmod(0o755)
    cmake, make = (shutil.which(name) for name in ("cmake", "ninja"))
    if cmake is None or make is None:
        pytest.skip("CMake and ninja are not installed")
    for tool in (cmake, make):
        (tools / Path(tool).name).symlink_to(tool)
    configured = subprocess.run(
        [
            *("cmake", "-S", tmp_path / "cpp", "-B", tmp_path / "build", "-G", "Ninja"),
            *("-DSKBUILD_STATE=sdist", f"-DPython_EXECUTABLE={sys.executable}"),
        ],
        env=os.environ | {"PATH": f"{tools}"},
        capture_output=True,
        text=True,
    )
    assert configured.returncode == 0, configured.stderr
    assert "may lack the notebook viewer's JavaScript" in configured.stderr


def test_classifiers_say_what_the_workflow_of_tests_tests() -> None:
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    matrix = re.search(r"system: \[(.*)\]\n\s*python: \[(.*)\]", workflow)
    assert matrix is not None
    versions = re.findall(r"3\.\d+", matrix[2])
    said = PROJECT["classifiers"]
    assert [each.rpartition(" ")[2] for each in said if re.search(r":: 3\.", each)] == versions
    systems = {"Linux": "ubuntu", "MacOS": "macos", "Microsoft :: Windows": "windows"}
    for name, image in systems.items():
        assert any(each.startswith("Operating System") and name in each for each in said)
        assert f"{image}-latest" in matrix[1]
    assert PROJECT["requires-python"] == f">={versions[0]}"
    wheels = [f"cp{version.replace('.', '')}-*" for version in versions]
    assert PYPROJECT["tool"]["cibuildwheel"]["build"] == wheels


def test_only_one_sentence_says_that_no_index_has_skyseg_and_nothing_installs_from_one() -> None:
    from_index = re.compile(r"pip3? install +(-U |--upgrade )?['\"]?skyseg\b")
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in TRACKED
        if Path(name).suffix in {".cfg", ".ipynb", ".js", ".md", ".py", ".rst", ".yml", ".yaml"}
        and not name.startswith(("scripts/", "tests/"))
        and (ROOT / name).is_file()
    }
    assert [name for name, text in texts.items() if from_index.search(text)] == []
    assert [name for name, text in texts.items() if "package index" in text] == ["docs/install.md"]


def test_of_links_a_checkout_may_lose_only_the_manifest_for_napari() -> None:
    links = [name for name in TRACKED if (ROOT / name).is_symlink()]
    assert links == ["napari.yaml"]
    assert PROJECT["entry-points"]["napari.manifest"] == {"skyseg": "skyseg:napari.yaml"}


def test_citation_recipe_and_project_are_of_one_version() -> None:
    for name, pattern in (
        ("CITATION.cff", r"^version: (\S+)$"),
        ("src/skyseg/__init__.py", r'^__version__ = "(\S+)"$'),
        ("recipe/recipe.yaml", r'^  version: "(\S+)"$'),
        ("js/package.json", r'^  "version": "(\S+)",$'),
    ):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.findall(pattern, text, re.M) == [PROJECT["version"]], name


def test_the_files_of_work_on_skyseg_are_there() -> None:
    assert {
        ".clang-format", ".editorconfig", ".pre-commit-config.yaml", "CITATION.cff",
        "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md", "pull_request_template.md",
    } <= {Path(name).name for name in TRACKED}  # fmt: skip
