"""Looking whether products are on disk without making any: what a plan is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from skyseg.errors import ProductError

_is_looking: Final[ContextVar[bool]] = ContextVar("_is_looking", default=False)


class NotMadeError(ProductError):
    """A product is not there, and nothing is to be made now."""


@contextmanager
def only_looking() -> Iterator[None]:
    """Have products that are not there told by a `NotMadeError`, in place of being made.

    Examples
    --------
    >>> with only_looking():
    ...     check_may_make(Path("a.fits"))
    Traceback (most recent call last):
    ...
    skyseg.products.looking.NotMadeError: a.fits does not exist
    """
    token = _is_looking.set(True)
    try:
        yield
    finally:
        _is_looking.reset(token)


def check_may_make(path: Path) -> None:
    """Check that a product may be made.

    Raises
    ------
    NotMadeError
        Within `only_looking`.
    """
    if _is_looking.get():
        raise NotMadeError(f"{path} does not exist")
