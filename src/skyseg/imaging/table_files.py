"""Tables that a person gives as files: FITS, ECSV, CSV, SExtractor's and whatever astropy knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from skyseg.errors import DataNotFoundError, ParameterError, SkysegError
from skyseg.imaging.reading import opened
from skyseg.imaging.warned import catching_warnings
from skyseg.writing import open_regular

if TYPE_CHECKING:
    from astropy.table import Table


def read_tables(path: Path) -> Iterator[Table]:
    """Read the tables of a file, one after the other; most files hold one.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ParameterError
        If it holds no table, or one of a kind that is not known.
    ImageError
        If a FITS file is broken.

    Examples
    --------
    >>> next(read_tables(Path("stars.csv"))).colnames  # doctest: +SKIP
    ['ra', 'dec', 'mag']
    """
    from astropy.table import Table

    try:
        with catching_warnings():
            if _is_fits(path):
                yield from _read_fits_tables(path)
            else:
                as_sextractor = "ascii.sextractor" if path.suffix == ".cat" else None
                yield Table.read(path, format=as_sextractor)
    except SkysegError:
        raise
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{path} does not exist", hint="correct the path") from error
    except Exception as error:
        raise ParameterError(
            f"{path} holds no table that can be read", hint="give FITS, ECSV or CSV"
        ) from error


def _is_fits(path: Path) -> bool:
    with open_regular(path) as file:
        return ".fits" in path.name.lower() or file.read(6) == b"SIMPLE"


def _read_fits_tables(path: Path) -> Iterator[Table]:
    from astropy.io import fits
    from astropy.table import Table

    with opened(path) as hdus:
        for number, hdu in enumerate(hdus):
            if isinstance(hdu, fits.BinTableHDU | fits.TableHDU):
                yield Table.read(hdus, hdu=number)
