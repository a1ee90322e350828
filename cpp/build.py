"""Compiles the engine's loops when skyseg is packaged or installed from its source."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import Distribution
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, PlatformError

HERE = Path(__file__).parent
MODULE = HERE.parent / "src" / "skyseg" / f"_loops{sysconfig.get_config_var('EXT_SUFFIX')}"

# arithmetic in the order in which it is written, whatever the processor: the same bytes
EXACT = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


class LoopsBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the compiled module beside the Python that calls it, and into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the module unless it is newer than its sources."""
        if not _is_current():
            _compile()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(str(MODULE.relative_to(self.root)))


def _is_current() -> bool:
    sources = [Path(__file__), *HERE.glob("*.cpp"), *HERE.glob("*.hpp")]
    newest = max(path.stat().st_mtime for path in sources)
    return MODULE.exists() and MODULE.stat().st_mtime >= newest


def _compile() -> None:
    extension = Pybind11Extension(
        "skyseg._loops", sorted(str(path) for path in HERE.glob("*.cpp")), cxx_std=20
    )
    package = Distribution(
        {"ext_modules": [extension], "package_dir": {"": str(HERE.parent / "src")}}
    )
    command = _Exactly(package)
    command.inplace = True
    command.build_temp = str(HERE.parent / "build" / "loops")
    command.ensure_finalized()
    try:
        with ParallelCompile(max=0):
            command.run()
    except (CCompilerError, PlatformError) as error:
        raise RuntimeError(
            "skyseg's loops could not be compiled: a compiler for C++20 and Python's headers are "
            "needed (on Debian and Ubuntu the packages g++ and python3-dev, on macOS what "
            f"`xcode-select --install` brings); the compiler said: {error}"
        ) from error


class _Exactly(build_ext):
    def build_extensions(self) -> None:
        flags = ["/O2", "/fp:precise"] if self.compiler.compiler_type == "msvc" else EXACT
        for extension in self.extensions:
            extension.extra_compile_args += flags
        super().build_extensions()
