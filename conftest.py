"""What the examples in docstrings find: files in the working folder, and names."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def example_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder as users have: a survey in ``data``, and maps of one band."""
    from astropy.io import fits

    from skyseg import BandData
    from skyseg.samples import make_survey

    folder = tmp_path_factory.mktemp("examples")
    options = {"bands": ("F200W", "F444W"), "shape": (300, 460), "n_sources": 600}
    made = make_survey(folder / "data", survey="JOF", version="v11", **options)
    image = made.images["F444W"]
    for name in ("f444w_i2d.fits", "f444w.fits"):
        shutil.copyfile(image, folder / name)
    for role in ("sci", "wht"):
        pixels, header = fits.getdata(image, role.upper(), header=True)
        fits.writeto(folder / f"{role}.fits", pixels, header)
    band = BandData.from_files(image, work_dir=folder / "work")
    band.segment()
    shutil.copyfile(band.seg_path, folder / "f444w_seg.fits")
    (folder / "stars.reg").write_text("image\ncircle(230, 150, 20)\n")
    return folder


def names_of(folder: Path) -> dict[str, Callable[[], Any]]:
    """Names that examples use without a definition, as users read them, and how each is made."""
    import astropy.units as u
    import numpy as np

    import skyseg
    from skyseg.imaging.refs import MapRef
    from skyseg.panel.catalogue import Catalogue
    from skyseg.panel.following import JobFollower
    from skyseg.panel.map_info import MapInfo
    from skyseg.panel.runs import segment_in_turn

    def band() -> Any:
        made = skyseg.BandData.from_files(folder / "f444w_i2d.fits", work_dir=folder / "work")
        made.segment()
        return made

    def labels(err_type: str) -> Any:
        made = band()
        made.segment(err_type)
        return made.load_seg()

    def info() -> Any:
        made = band()
        return MapInfo("SCI", made.load_sci().shape, made.wcs, band=made)

    def ignore(*_: Any) -> None:
        """Do nothing with what is told."""

    return {
        "Data": lambda: skyseg.Data,
        "MapRef": lambda: MapRef,
        "Path": lambda: Path,
        "band": band,
        "compare": lambda: skyseg.compare,
        "catalogue": lambda: Catalogue(band().load_cat()),
        "comparison": lambda: band().difference("rms_err", "wht"),
        "data": lambda: skyseg.Data([band()]),
        "follower": lambda: JobFollower(
            on_progress=ignore, on_note=ignore, on_failed=ignore, on_cancelled=ignore
        ),
        "info": info,
        "np": lambda: np,
        "run": lambda: ignore,
        "seg_a": lambda: labels("rms_err"),
        "seg_b": lambda: labels("wht"),
        "segment_in_turn": lambda: segment_in_turn,
        "show": lambda: ignore,
        "table": lambda: band().load_cat(),
        "tasks": lambda: [(band(), {"err_type": "wht"})],
        "u": lambda: u,
        "view": lambda: skyseg.view,
        "viewer": lambda: band().view(),
    }


@pytest.fixture(autouse=True)
def example(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run an example in that folder, with the names that it takes as known."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    from skyseg.settings import config

    folder: Path = request.getfixturevalue("example_files")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MPLBACKEND", "Agg")
        patch.setenv("XDG_CONFIG_HOME", str(folder / "xdg"))
        patch.setenv("SKYSEG_DATA_DIR", str(folder / "data"))
        patch.setenv("SKYSEG_WORK_DIR", str(folder / "work"))
        config.reload()
        test = request.node.dtest
        words = set(re.findall(r"\w+", "".join(each.source for each in test.examples)))
        known: dict[str, Any] = request.getfixturevalue("doctest_namespace")
        known.clear()
        for name, make in names_of(folder).items():
            if name in words and name not in test.globs:
                known[name] = make()
        yield
    config.reload()
