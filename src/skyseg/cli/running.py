"""What commands do with bands: segment them, and say what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from skyseg.errors import MethodError, ParameterError
from skyseg.survey import BandData

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True, kw_only=True)
class Segmented:
    """What came of segmenting one band.

    Attributes
    ----------
    band, err_type, method, parameters : str
        What was segmented, and how.
    made : bool
        Whether the products were made now, or loaded.
    n_sources, n_bad : int or None
        Number of sources and of bad pixels; None where the products do not tell.
    seconds : float
        Time it took.
    seg_path, bkg_path, cat_path : Path
        The products.
    """

    band: str
    err_type: str
    method: str
    parameters: str
    made: bool
    n_sources: int | None
    n_bad: int | None
    seconds: float
    seg_path: Path
    bkg_path: Path
    cat_path: Path

    def as_json(self) -> dict[str, Any]:
        """Return it as values that JSON has."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }

    def as_row(self) -> list[str]:
        """Return it as a row of a table, with the columns `COLUMNS`."""
        numbers = ["-" if each is None else str(each) for each in (self.n_sources, self.n_bad)]
        done = "made" if self.made else "loaded"
        how = [self.band, self.err_type, self.method, self.parameters]
        return [*how, done, *numbers, f"{self.seconds:.2f}"]


COLUMNS = (
    *("BAND", "ERR_TYPE", "METHOD", "PARAMETERS"),
    *("PRODUCTS", "SOURCES", "BAD PIXELS", "SECONDS"),
)


def segment_bands(bands: Sequence[BandData], **arguments: Any) -> list[Segmented]:
    """Segment bands one after another, with a progress bar where stderr is a terminal.

    Parameters
    ----------
    bands : sequence of BandData
        The bands.
    **arguments
        As for `BandData.segment`.
    """
    done = []
    with tqdm(bands, unit="band", disable=None) as bar:
        for band in bar:
            bar.set_description(band.band)
            start = time.perf_counter()
            band.segment(**arguments)
            done.append(_segmented(band, time.perf_counter() - start))
    return done


def _segmented(band: BandData, seconds: float) -> Segmented:
    products = band.products
    assert products is not None
    return Segmented(
        band=band.band,
        err_type=products.recipe.err_type,
        method=products.recipe.method,
        parameters=products.recipe.set_name,
        made=products.made,
        n_sources=products.n_sources,
        n_bad=products.n_bad,
        seconds=round(seconds, 3),
        seg_path=products.paths.seg,
        bkg_path=products.paths.bkg,
        cat_path=products.paths.cat,
    )


@contextmanager
def cluster_at(address: str | None) -> Iterator[Client | None]:
    """Be connected with a Dask cluster while the block runs.

    Parameters
    ----------
    address : str or None
        That of its scheduler, such as ``tcp://node1:8786``; None gives None.

    Raises
    ------
    MethodError
        If Dask is not installed.
    ParameterError
        If no scheduler answers there.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise MethodError(
            "needs Dask",
            argument="scheduler",
            hint="install it with: pip install 'skyseg[distributed]'",
        ) from error
    try:
        client = Client(address, timeout="10s")  # type: ignore[no-untyped-call]
    except (OSError, ValueError, RuntimeError) as error:
        raise ParameterError(
            f"no Dask scheduler answers at {address}",
            hint="start one with `dask scheduler` and give the address that it prints",
        ) from error
    with client:
        yield client
