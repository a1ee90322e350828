"""Detection kernels from files, as SExtractor's FILTER_NAME names them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, NoReturn, cast, get_args

import numpy as np

from skyseg.engine.kernels import Kernel, KernelName, make_kernel
from skyseg.errors import Advice, ParameterError
from skyseg.methods._named_files import find_named
from skyseg.methods._sextractor_settings import read_text

logger = logging.getLogger(__name__)

_ENDING: Final = ".conv"


def find_kernel(named: str, folder: Path) -> KernelName | Kernel | None:
    """Return the kernel that a file of parameters names.

    Parameters
    ----------
    named : str
        The name of a ``.conv`` file. It is looked up in the working folder, as
        SExtractor does, and else in ``folder``; a shipped kernel of that name is
        meant where there is no such file.
    folder : Path
        Where the file of parameters is.

    Returns
    -------
    str, Kernel or None
        The name of a shipped kernel, also where a file holds the same weights; None
        where there is neither file nor kernel.

    Raises
    ------
    ParameterError
        If the file is no kernel.
    """
    name = Path(named).name.removesuffix(_ENDING)
    shipped = cast("KernelName", name) if name in get_args(KernelName) else None
    file = find_named(named, folder)
    if file is None:
        return shipped
    kernel = read_kernel(file)
    if shipped is not None and np.array_equal(make_kernel(kernel), make_kernel(shipped)):
        return shipped
    return kernel


def read_kernel(path: str | Path) -> Kernel:
    r"""Read a detection kernel from a ``.conv`` file.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8 or Latin-1. Its first line is ``CONV NORM``, for weights that are
        divided by the sum of their absolute values, or ``CONV NONORM``, for those that are used as
        they are; then come the rows, the one of the lowest pixels first. Empty lines, and
        what follows a ``#``, are comments.

    Returns
    -------
    Kernel
        Its name is that of the file without ``.conv``; what ``filter_name`` of `Parameters`
        takes.

    Raises
    ------
    ParameterError
        If the file cannot be read, or is no kernel of at most 1024 weights; the message
        names the line.

    Examples
    --------
    >>> Path("cross.conv").write_text("CONV NORM\n0 1 0\n1 4 1\n0 1 0\n")
    28
    >>> read_kernel("cross.conv").name
    'cross'
    """
    file = Path(path)
    try:
        text = read_text(file)
    except OSError as error:
        raise ParameterError(
            f"cannot be read as a kernel ({error.strerror})",
            hint="give a .conv file",
            where=str(file),
        ) from error
    lines = [
        (number, words)
        for number, line in enumerate(text.split("\n"), 1)
        if (words := line.partition("#")[0].split())
    ]
    if not lines or lines[0][1][0] != "CONV":
        _refuse(file, lines[0][0] if lines else 1, "does not begin with CONV NORM or CONV NONORM")
    rows = tuple(_read_row(file, number, words) for number, words in lines[1:])
    for (number, _), row in zip(lines[1:], rows, strict=True):
        if len(row) != len(rows[0]):
            _refuse(file, number, f"has {len(row)} weights, the rows before {len(rows[0])}")
    norm = _read_norm(file, lines[0][0], lines[0][1][1:])
    try:
        return Kernel(file.name.removesuffix(_ENDING), rows, norm)
    except ParameterError as error:
        raise error.at(str(file)) from error


def spell_kernel(kernel: Kernel) -> list[str]:
    """Return the lines of the ``.conv`` file of a kernel, every digit of it.

    Examples
    --------
    >>> spell_kernel(Kernel("pair", ((1.0, 0.5),), norm=True))
    ['CONV NORM', '1.0 0.5']
    """
    head = f"CONV {'NORM' if kernel.norm else 'NONORM'}"
    return [head, *(" ".join(map(repr, row)) for row in kernel.weights)]


def _read_norm(file: Path, number: int, words: list[str]) -> bool:
    """Tell whether the weights are normalised; they are where the line says neither."""
    if words[:1] not in (["NORM"], ["NONORM"]):
        said = " ".join(["CONV", *words])
        logger.warning(Advice(
            f"says {said!r}; the weights are divided by their sum, as by CONV NORM",
            "write CONV NORM or CONV NONORM", where=f"{file} line {number}",
        ))  # fmt: skip
    return words[:1] != ["NONORM"]


def _read_row(file: Path, number: int, words: list[str]) -> tuple[float, ...]:
    try:
        return tuple(map(float, words))
    except ValueError:
        _refuse(file, number, f"holds what is no number: {' '.join(words)[:60]!r}")


def _refuse(file: Path, number: int, what: str) -> NoReturn:
    raise ParameterError(
        what, hint="give CONV NORM or CONV NONORM and rows of numbers, each as long as the first",
        where=f"{file} line {number}",
    )  # fmt: skip
