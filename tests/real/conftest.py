"""The real program on raw files: what it makes of an image, its error map and its settings."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from skyseg import Parameters
from skyseg.methods._sextractor_settings import PROGRAM_NAMES

COLUMNS = (
    "NUMBER", "X_IMAGE", "Y_IMAGE", "FLUX_ISO", "FLUXERR_ISO", "FLUX_AUTO", "FLUXERR_AUTO",
    "FLUX_APER", "FLUXERR_APER",
)  # fmt: skip


class Found(NamedTuple):
    """What the program found: its map, and its catalogue."""

    labels: npt.NDArray[np.int32]
    columns: Mapping[str, npt.NDArray[Any]]


Run = Callable[..., Found]


@pytest.fixture(scope="session")
def real_program() -> str:
    """Return the program's path; a test that asks for it is passed over without one."""
    program = next(filter(None, map(shutil.which, PROGRAM_NAMES)), None)
    if program is None:
        pytest.skip(f"the real program is not installed ({', '.join(PROGRAM_NAMES)})")
    return program


@pytest.fixture
def run_program(real_program: str, tmp_path: Path) -> Run:
    """Return what runs the program on an image, an error map or None, and parameters.

    With ``measured``, another image and its error map, what is found is measured there.
    """

    def run(
        sci: npt.NDArray[Any], err: npt.NDArray[Any] | None, parameters: Parameters,
        columns: Sequence[str] = COLUMNS,
        measured: tuple[npt.NDArray[Any], npt.NDArray[Any] | None] | None = None, **more: Any,
    ) -> Found:  # fmt: skip
        shared = next(Path(real_program).resolve().parents[1].glob("share/s*extractor/default.nnw"))
        files = {"CATALOG_NAME": "cat", "CHECKIMAGE_NAME": "seg", "PARAMETERS_NAME": "columns"}
        paths = {key: str(tmp_path / name) for key, name in files.items()}
        Path(paths["PARAMETERS_NAME"]).write_text("\n".join(columns) + "\n")
        fits.writeto(tmp_path / "sci", np.asarray(sci, np.float32), overwrite=True)
        if err is not None:
            paths["WEIGHT_IMAGE"] = str(tmp_path / "err")
            fits.writeto(tmp_path / "err", np.asarray(err, np.float32), overwrite=True)
        images = str(tmp_path / "sci")
        if measured is not None:
            images += f",{tmp_path / 'other'}"
            fits.writeto(tmp_path / "other", np.asarray(measured[0], np.float32), overwrite=True)
            noise = [paths.get("WEIGHT_IMAGE", "NONE"), "NONE"]
            if measured[1] is not None:
                noise[1] = str(tmp_path / "other_err")
                fits.writeto(noise[1], np.asarray(measured[1], np.float32), overwrite=True)
            paths["WEIGHT_IMAGE"] = ",".join(noise)
        # named by later versions only
        known = {k: v for k, v in parameters.to_sextractor().items() if k != "BACK_PEARSON"}
        kernel = {"FILTER_NAME": str(shared.with_name(f"{known['FILTER_NAME']}.conv"))}
        settings = known | kernel | paths | {
            "CATALOG_TYPE": "FITS_1.0", "CHECKIMAGE_TYPE": "SEGMENTATION", "PIXEL_SCALE": 1,
            "STARNNW_NAME": shared, "MEMORY_BUFSIZE": 2048, "VERBOSE_TYPE": "QUIET",
            "PHOT_APERTURES": 10, "WRITE_XML": "N",
        } | more  # fmt: skip
        text = "".join(f"{key} {value}\n" for key, value in settings.items())
        (tmp_path / "settings").write_text(text)
        done = subprocess.run(
            [real_program, images, "-c", tmp_path / "settings"],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        with fits.open(paths["CATALOG_NAME"]) as hdus:
            rows = hdus[1].data
            found = {name: np.array(rows[name], float) for name in rows.names}
        return Found(fits.getdata(paths["CHECKIMAGE_NAME"]).astype(np.int32), found)

    return run
