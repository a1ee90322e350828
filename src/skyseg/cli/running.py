"""What commands do with bands: find them, segment them, say what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import astropy.units as u
from tqdm import tqdm

from skyseg.errors import MethodError, ParameterError
from skyseg.survey import BandData, Data

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True, kw_only=True)
class Imaging:
    """What imaging a command is asked to use: that of a survey, or files.

    Attributes
    ----------
    survey, version : str or None
        Names; for files they may be left out.
    bands, instruments : sequence of str
        Which of the survey; all where empty. For files, one band's name at most.
    version_to_dir : dict of str to str or None
        Folders of versions.
    data_dir : Path or None
        The archive; as configured where None.
    sci, err, wht : str or None
        Files in place of an archive.
    pix_scale : float or None
        In arcsec.
    zero_point : float or None
        AB magnitude of one unit.
    work_dir : Path or None
        Folder for the products; as configured where None.
    """

    survey: str | None = None
    version: str | None = None
    bands: Sequence[str] = ()
    instruments: Sequence[str] = ()
    version_to_dir: dict[str, str] | None = None
    data_dir: Path | None = None
    sci: str | None = None
    err: str | None = None
    wht: str | None = None
    pix_scale: float | None = None
    zero_point: float | None = None
    work_dir: Path | None = None

    def open(self) -> list[BandData]:
        """Find the bands.

        Raises
        ------
        ParameterError
            If neither a survey and version nor a science image is given, or
            arguments do not go together.
        SkysegError
            As `Data.from_survey_version` and `BandData.from_files` do.
        """
        scale = None if self.pix_scale is None else self.pix_scale * u.arcsec
        if self.sci is not None:
            return [self._from_files(scale)]
        if self.err is not None or self.wht is not None:
            raise ParameterError("there is an error map without its image", hint="give {sci} too")
        if self.survey is None or self.version is None:
            raise ParameterError(
                "no imaging is named", hint="give SURVEY and VERSION, or {sci} FILE"
            )
        data = Data.from_survey_version(
            self.survey,
            self.version,
            list(self.instruments) or None,
            self.version_to_dir,
            pix_scales=scale,
            zero_point=self.zero_point,
            data_dir=self.data_dir,
            work_dir=self.work_dir,
        )
        return [data[band] for band in self.bands] if self.bands else list(data)

    def _from_files(self, scale: u.Quantity | None) -> BandData:
        if len(self.bands) > 1:
            raise ParameterError(
                "is one band", hint="give {band} once, as its name", argument="sci"
            )
        assert self.sci is not None
        return BandData.from_files(
            self.sci,
            self.err,
            self.wht,
            survey=self.survey,
            version=self.version,
            band=self.bands[0] if self.bands else None,
            zero_point=self.zero_point,
            pix_scale=scale,
            work_dir=self.work_dir,
        )


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


def segment_bands(
    bands: Sequence[BandData], *, progress: bool = True, **arguments: Any
) -> list[Segmented]:
    """Segment bands one after another.

    Parameters
    ----------
    bands : sequence of BandData
        The bands.
    progress : bool, optional
        Whether to show a progress bar on stderr, where that is a terminal.
    **arguments
        As for `BandData.segment`.
    """
    done = []
    with tqdm(bands, unit="band", disable=None if progress else True) as bar:
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
