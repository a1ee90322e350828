"""Inputs are never replaced, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from skyseg.errors import ProductError
from skyseg.imaging.remote import is_remote
from skyseg.products.input_maps import InputMap
from skyseg.products.names import ProductFiles


def check_not_inputs(paths: ProductFiles, inputs: Iterable[InputMap]) -> None:
    """Check that no product would be written over a file that it is made from.

    Raises
    ------
    ProductError
        If one would.
    """
    local = [each for each in inputs if not is_remote(each.ref.path)]
    for product in paths:
        for each in local:
            if _locate(product) in (_locate(each.ref.path), each.ref.path.resolve()):
                raise ProductError(
                    f"{product} would be written over the {each.role} map that it is made from",
                    hint="move that file, or give another folder with {work_dir}",
                )


def _locate(path: Path) -> Path:
    """Return where a file's name stands; a link there is not followed, for it is replaced."""
    return path.parent.resolve() / path.name
