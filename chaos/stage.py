"""A small band, what its products are with two kinds of inputs, and what a person finds later."""

from __future__ import annotations

import importlib
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import astropy.units as u
import numpy as np
from astropy.io import fits

from chaos import children
from skyseg import BandData
from skyseg.errors import ProductError, SkysegError, StaleProductError
from skyseg.products import Products

SHAPE = (48, 56)
BROKEN = ("mixed", "of other inputs", "lost", "not settled", "left behind", "another error")
"""What a reader or the next run must not find."""

Which = Literal["A", "B"]
Content = tuple[bytes | None, bytes | None, bytes | None]
"""SEG, BKG and catalogue; None for what was refused."""


@dataclass(frozen=True)
class Stage:
    """Inputs in a folder, a folder for products, and what they have to be.

    Attributes
    ----------
    folder : Path
        Folder of everything.
    whole : mapping of str to tuple of bytes
        Products of the inputs A, and of B, which are written under the same names.
    witness : Products
        Those of A, made before.
    """

    folder: Path
    whole: dict[Which, Content]
    witness: Products

    @property
    def work(self) -> Path:
        """Folder of the products."""
        return self.folder / "work"

    def band(self, which: Which) -> BandData:
        """Return the band with the one or the other error map."""
        return make_band(self.folder, which)

    def set(self, *, made: bool) -> None:
        """Begin again, with the products of A or with none."""
        shutil.rmtree(self.work, ignore_errors=True)
        if made:
            shutil.copytree(self.folder / "before", self.work)
        else:
            self.work.mkdir()


def make_band(folder: Path, which: Which) -> BandData:
    """Return the band of a folder with the one or the other error map."""
    return BandData.from_files(
        folder / "sci.fits",
        folder / f"err_{which}.fits",
        zero_point=28.0,
        pix_scale=0.04 * u.arcsec,
        work_dir=folder / "work",
    )


@contextmanager
def make_stage(seed: int) -> Iterator[Stage]:
    """Make a stage, and remove it at the end."""
    with TemporaryDirectory(prefix="chaos") as name:
        folder = Path(name).resolve()
        write_inputs(folder, seed)
        whole: dict[Which, Content] = {}
        for which in ("B", "A"):
            shutil.rmtree(folder / "work", ignore_errors=True)
            ended = children.run(partial(_make, folder, which))
            if ended.value is None:
                raise RuntimeError(ended.error)
            witness, whole[which], modules = ended.value
        _import(modules)
        (folder / "work").rename(folder / "before")
        if any(a == b for a, b in zip(whole["A"], whole["B"], strict=True)):
            raise RuntimeError("the two inputs give products that cannot be told apart")
        yield Stage(folder, whole, witness)


def write_inputs(folder: Path, seed: int) -> None:
    """Write an image with sources, and two error maps."""
    pick = random.Random(seed)
    image = np.random.default_rng(seed).normal(size=SHAPE)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for _ in range(9):
        cx, cy = pick.uniform(3, SHAPE[1] - 3), pick.uniform(3, SHAPE[0] - 3)
        image += pick.uniform(20, 60) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 6)
    fits.writeto(folder / "sci.fits", image.astype(np.float32))
    err = np.ones(SHAPE, np.float32)
    fits.writeto(folder / "err_A.fits", err)
    err[2:-2, 2 : SHAPE[1] // 2] = np.nan
    fits.writeto(folder / "err_B.fits", err * 3)


def _make(folder: Path, which: Which) -> tuple[Products, Content, list[str]]:
    band = make_band(folder, which)
    band.segment()
    assert band.products is not None
    return band.products, read(band.products), list(sys.modules)


def _import(modules: list[str]) -> None:
    """Import what a run has imported, so that processes that are forked from this one have it."""
    for name in modules:
        with suppress(ImportError):
            importlib.import_module(name)


def read(products: Products) -> Content:
    """Read all three; None for what is refused."""
    found: list[bytes | None] = []
    for load in (products.load_seg, products.load_bkg, lambda: products.load_cat().as_array()):
        try:
            found.append(load().tobytes())
        except ProductError:
            found.append(None)
    return found[0], found[1], found[2]


def judge(found: Content, whole: dict[Which, Content], which: Which) -> list[str]:
    """Tell what is wrong with what was read of the products of some inputs."""
    other: Which = "B" if which == "A" else "A"
    parts = [(got, *both) for got, *both in zip(found, whole[which], whole[other], strict=True)]
    parts = [each for each in parts if each[0] is not None]
    if all(got == right for got, right, _ in parts):
        return []
    return ["of other inputs" if all(got == wrong for got, _, wrong in parts) else "mixed"]


def look(stage: Stage, *, made: bool) -> list[str]:
    """Look at the folder as those do who come later; return what is broken.

    Parameters
    ----------
    stage : Stage
        The folder.
    made : bool
        Whether the products of A were there: those, or what replaced them, have to be there.
    """
    broken = judge(read(stage.witness), stage.whole, "A") if made else []
    settled = False
    for which in ("A", "B"):
        band = stage.band(which)
        try:
            band.segment()
        except StaleProductError:
            continue
        except SkysegError as error:
            return [*broken, "not settled", f"({error})"]
        assert band.products is not None
        settled = True
        found = read(band.products)
        broken += judge(found, stage.whole, which)
        broken += ["not settled"] * (None in found) + ["lost"] * (made and band.products.made)
        break
    hidden = [each.name for each in stage.work.rglob(".*") if each.suffix != ".lock"]
    broken += [] if settled else ["not settled", "(neither A nor B)"]
    return [*broken, "left behind", f"({' '.join(hidden)})"] if hidden else broken


def look_later(stage: Stage, *, made: bool) -> list[str]:
    """Do `look` in a process of its own."""
    ended = children.run(partial(look, stage, made=made))
    if ended.value is not None:
        return list(ended.value)
    return ["hung" if ended.hung else "another error", ended.error or f"signal {ended.signal}"]
