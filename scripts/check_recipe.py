"""Fails unless conda's recipe can be rendered, and needs what pyproject.toml needs."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from rattler_build import Stage0Recipe, VariantConfig

ROOT = Path(__file__).resolve().parents[1]
VARIANTS = {
    "python": ["3.11.* *_cpython", "3.14.* *_cp314"],
    "cxx_compiler": ["gxx"],
    "c_stdlib": ["sysroot"],
    "c_stdlib_version": ["2.28"],
}
# conda-forge's names of the same libraries, without what they only may use
NAMES = {"astropy": "astropy-base", "lazy_loader": "lazy-loader", "matplotlib": "matplotlib-base"}


def needed_by_conda(requirements: list[str]) -> set[str]:
    """Return requirements of Python as a recipe writes them."""
    parts = (re.match(r"([\w.-]+)(.*)", each) for each in requirements)
    return {f"{NAMES.get(each[1], each[1])} {each[2]}".strip() for each in parts if each}


def main() -> None:
    """Render the recipe for two versions of Python and compare it with the project."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    recipe = Stage0Recipe.from_file(ROOT / "recipe" / "recipe.yaml")
    rendered = recipe.render(VariantConfig(VARIANTS))
    if len(rendered) != len(VARIANTS["python"]):
        sys.exit(f"the recipe renders {len(rendered)} packages")
    said = recipe.as_single_output().to_dict()
    host, run = (set(said["requirements"][each]) for each in ("host", "run"))
    wrong = (needed_by_conda(project["dependencies"]) ^ (run - {"python"})) | (
        needed_by_conda(pyproject["build-system"]["requires"]) ^ (host - {"python", "pip"})
    )
    if wrong:
        sys.exit(f"the recipe and pyproject.toml differ in {', '.join(sorted(wrong))}")
    if str(recipe.context["version"]) != project["version"]:
        sys.exit(f"the recipe is of version {recipe.context['version']}")


if __name__ == "__main__":
    main()
