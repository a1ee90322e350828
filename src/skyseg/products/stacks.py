"""Stacks on disk: image, rms, weight and coverage in one file, with what they were made from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from astropy.io import fits
from astropy.wcs import WCS

from skyseg.engine.stacking import StackedPixels
from skyseg.imaging.bands import STACK_KEY
from skyseg.imaging.data_checks import believe
from skyseg.products._commit import Content
from skyseg.products._streaming import StreamedImage, write_images
from skyseg.products.fits_files import N_EXTENSIONS_KEY, RUN_KEY, encode_text
from skyseg.products.input_maps import (
    InputMap,
    find_input_changes,
    name_inputs,
    record_checksums,
    taking_checksums,
)
from skyseg.products.names import SingleFile
from skyseg.products.provenance import begin_header, find_text_changes, sign
from skyseg.products.single import load_or_make_file

_MAPS: Final = {"SCI": "float32", "ERR": "float32", "WHT": "float32", "NBANDS": "uint8"}
_FORMULAS: Final = "1"
"""Another number for each change of the formulas that changes a pixel."""


@dataclass(frozen=True, kw_only=True)
class StackRecipe:
    """What a stack is asked to be made of.

    Attributes
    ----------
    name, instrument : str
        What the stack is.
    method : str
        How pixels are combined.
    settings : mapping of str to str
        What else decides its pixels, the inputs apart, as text by FITS keys.
    inputs : tuple of InputMap
        The maps read: SCI and its noise for each band.
    unit : str
        Unit of the image; empty where it is in units of its noise.
    """

    name: str
    instrument: str
    method: str
    settings: Mapping[str, str]
    inputs: tuple[InputMap, ...]
    unit: str

    @property
    def told(self) -> dict[str, str]:
        """All settings, as text by FITS keys."""
        return {"STACKBY": self.method, **self.settings, "STACKVER": _FORMULAS}


_LABELS: Final = {
    "STACKBY": "method",
    "STACKED": "bands",
    "ERRTYPE": "err_type",
    "ZPOINTS": "zero points",
    "RESAMPLE": "bands brought onto another grid",
    "STACKVER": "edition of the formulas",
}


def load_or_make_stack(
    paths: SingleFile,
    recipe: StackRecipe,
    make: Callable[[], Iterable[StackedPixels]],
    *,
    shape: tuple[int, int],
    wcs: WCS | None = None,
    overwrite: bool = False,
    verify: bool = False,
) -> bool:
    """Take the stack that is on disk where it fits, else make it.

    Parameters
    ----------
    paths : SingleFile
        Where it belongs.
    recipe : StackRecipe
        What it must have been made from.
    make : callable
        Makes it, in strips from the first row on; called at most once.
    shape : tuple of int
        Shape (ny, nx).
    wcs : WCS, optional
        Its celestial WCS.
    overwrite : bool, optional
        Make it whatever is on disk.
    verify : bool, optional
        Read the inputs again and compare them by their checksums, even where size and time
        are as recorded.

    Returns
    -------
    bool
        Whether it was made.

    Raises
    ------
    StaleProductError
        If that on disk was made from something else; the message says what.
    ProductError
        If it cannot be read or written.
    """

    @contextmanager
    def combine() -> Iterator[tuple[fits.Header, Content]]:
        header = _record(recipe)
        yield (
            header,
            partial(
                _write,
                path=paths.cat,
                recipe=recipe,
                make=make,
                shape=shape,
                wcs=wcs,
                header=header,
            ),
        )

    # its pixels are held against their sums when they are read, as those of any image
    return load_or_make_file(
        paths,
        partial(_find_changes, recipe, verify),
        combine,
        recipe.inputs,
        overwrite=overwrite,
        verify=verify,
        again="{overwrite_stack}",
        checks_pixels=False,
    )[1]


def _find_changes(recipe: StackRecipe, verify: bool, header: fits.Header) -> list[str]:
    found = find_text_changes(header, recipe.told, _LABELS.__getitem__)
    return [*found, *find_input_changes(header, recipe.inputs, verify=verify)]


def _record(recipe: StackRecipe) -> fits.Header:
    header = begin_header()
    header[N_EXTENSIONS_KEY] = (len(_MAPS), "extensions of this file")
    for key, value in (
        {STACK_KEY: recipe.name, "INSTRUME": recipe.instrument} | recipe.told
    ).items():
        header[key] = encode_text(value)
    name_inputs(header, recipe.inputs)
    sign(header)
    return header


def _write(
    stream: IO[bytes],
    *,
    path: Path,
    recipe: StackRecipe,
    make: Callable[[], Iterable[StackedPixels]],
    shape: tuple[int, int],
    wcs: WCS | None,
    header: fits.Header,
) -> None:
    """Write the stack while it is made and its inputs are read for their checksums.

    The sums of its pixels are known then, which need not be read for them by who goes on.
    """
    images = []
    for name, dtype in _MAPS.items():
        own = fits.Header() if wcs is None else wcs.to_header(relax=True)
        own.extend(header, update=True)
        if recipe.unit and name in ("SCI", "ERR"):
            own["BUNIT"] = recipe.unit
        images.append(StreamedImage(name, dtype, own))

    def strips() -> Iterator[tuple[object, ...]]:
        with taking_checksums(recipe.inputs):
            for each in make():
                yield each.sci, each.err, each.wht, each.n_bands

    def finish(each: fits.Header) -> None:
        if RUN_KEY in each:
            record_checksums(each, recipe.inputs)

    write_images(stream, images, shape, strips(), finish)  # type: ignore[arg-type]
    stream.flush()
    state = os.fstat(stream.fileno())
    for ext in range(1, len(images) + 1):
        believe(path, state.st_size, state.st_mtime_ns, ext)
