"""Catalogues of sources that were detected elsewhere: loaded where they fit, else made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astropy.io import fits

from skyseg.methods.base import Outcome
from skyseg.products._table_file import pack_cat
from skyseg.products.fits_files import RUN_KEY, read_catalogue
from skyseg.products.flux_units import convert_fluxes
from skyseg.products.input_maps import taking_checksums
from skyseg.products.names import SingleFile
from skyseg.products.provenance import N_SOURCES_KEY, find_changes, record, tell_history
from skyseg.products.recipe import Recipe
from skyseg.products.single import load_or_make_file

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.table import QTable


@dataclass(frozen=True, kw_only=True)
class ForcedPhot:
    """The catalogue of sources that were detected elsewhere, on disk.

    Attributes
    ----------
    paths : SingleFile
        Where it is.
    recipe : Recipe
        What it was made from.
    made : bool
        Whether it was made when it was asked for, or loaded.
    n_sources : int
        Number of rows.
    history : str
        When and by what version it was made.
    run_id : str
        RUNID in its header.
    """

    paths: SingleFile
    recipe: Recipe
    made: bool
    n_sources: int
    history: str
    run_id: str

    def load(self, flux_unit: u.UnitBase | str | None = None) -> QTable:
        """Read the catalogue.

        Parameters
        ----------
        flux_unit : Unit or str, optional
            Flux density, such as ``"nJy"``, that fluxes and their errors are converted to
            by the zero point; by default they are in the unit of the image.

        Returns
        -------
        QTable
            One row per source of the detection, by its NUMBER.

        Raises
        ------
        ProductError
            If the file cannot be read, or is of another run by now.
        ParameterError
            If the unit is no flux density, or the zero point is unknown.
        """
        table = read_catalogue(self.paths.cat, run=self.run_id)
        if flux_unit is not None:
            convert_fluxes(table, flux_unit, self.recipe.zero_point, str(self.paths.cat))
        return table


def load_or_make_table(
    paths: SingleFile,
    recipe: Recipe,
    make: Callable[[], Outcome],
    *,
    overwrite: bool = False,
    verify: bool = False,
) -> ForcedPhot:
    """Take the catalogue that is on disk where it fits, else make it.

    Parameters
    ----------
    paths : SingleFile
        Where it belongs.
    recipe : Recipe
        What it must have been made from.
    make : callable
        Makes it; called at most once. Its maps are not looked at.
    overwrite : bool, optional
        Make it whatever is on disk.
    verify : bool, optional
        Read the inputs again and compare them by their checksums, even where size and time
        are as recorded.

    Returns
    -------
    ForcedPhot
        What is on disk now.

    Raises
    ------
    StaleProductError
        If the one on disk was made from something else; the message says what.
    ProductError
        If it cannot be read or written.
    """

    @contextmanager
    def extract() -> Iterator[tuple[fits.Header, bytes]]:
        with taking_checksums(recipe.inputs):
            outcome = make()
        header = record(recipe, outcome)
        yield header, pack_cat(outcome.given_cat, header)

    header, made = load_or_make_file(
        paths,
        lambda header: find_changes(header, recipe, verify=verify),
        extract,
        recipe.inputs,
        overwrite=overwrite,
        verify=verify,
    )
    return ForcedPhot(
        paths=paths,
        recipe=recipe,
        made=made,
        n_sources=int(header[N_SOURCES_KEY]),
        history=tell_history(header),
        run_id=header[RUN_KEY],
    )
