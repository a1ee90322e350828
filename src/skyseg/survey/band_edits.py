"""The edited map of a band as a product: from a run and a journal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.editing.edited_catalogue import EditedCatalogue, measure_edited
from skyseg.editing.edits import Edits
from skyseg.editing.journal_file import Journal, read_journal
from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.types import LabelImage, Slices
from skyseg.errors import DataNotFoundError, ParameterError, ProductError
from skyseg.imaging import BandMaps
from skyseg.imaging.sky_names import NAME_COLUMN, keep_names, make_name_column, name_sources
from skyseg.methods.base import Outcome
from skyseg.products import Products
from skyseg.products.edit_cards import MadeEdits, find_edit_changes
from skyseg.products.fits_files import read_header
from skyseg.products.names import ProductPaths
from skyseg.products.places import add_places
from skyseg.products.provenance import N_BAD_KEY, VERSION_KEY
from skyseg.products.recipe import Recipe
from skyseg.products.store import load_or_make
from skyseg.survey.band_extraction import check_segmented, make_request
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from skyseg.editing.editable import Segmented
    from skyseg.survey.band import BandData

_CENTRE: Final = ("X_IMAGE", "Y_IMAGE")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChosenEdits:
    """The edits that an argument of `skyseg.BandData.segment` means.

    Attributes
    ----------
    journal : Journal
        The edits.
    asked : object
        As they were given: True, a path, or edits.
    """

    journal: Journal
    asked: Any

    @classmethod
    def find(
        cls, edits: bool | str | Path | Edits, beside: ProductPaths, part: Slices | None
    ) -> ChosenEdits | None:
        """Find the edits that are meant; None where none are.

        Parameters
        ----------
        edits : bool, str, Path or Edits
            True is the journal beside the products.
        beside : ProductPaths
            The products of the run.
        part : tuple of slice or None
            The part of the image that it is of.

        Raises
        ------
        DataNotFoundError
            If there is no journal.
        ParameterError
            If it is none of these, the file is no journal, or the run is of a region.
        """
        if edits is False or edits is None:
            return None
        if part is not None:
            raise ParameterError(
                "and a region are given", hint="edit the map of the whole image", argument="edits"
            )
        if isinstance(edits, Edits):
            return cls(edits.journal, edits if edits.path is None else edits.path)
        if isinstance(edits, str | Path):
            return cls(read_journal(make_absolute(edits, "edits")), edits)
        if edits is True:
            try:
                return cls(read_journal(beside.journal), True)
            except DataNotFoundError as error:
                raise DataNotFoundError(
                    f"there are no edits at {beside.journal}",
                    hint="edit the map with {edits_open} first",
                ) from error
        raise ParameterError(
            f"is {edits!r}", hint="give True, the path of a journal, or edits", argument="edits"
        )

    def make(
        self,
        maps: BandMaps,
        base: Products,
        segmented: Segmented,
        paths: Callable[[Recipe], ProductPaths],
        mapper: Mapper | None = None,
        *,
        overwrite: bool = False,
        verify: bool = False,
    ) -> Products:
        """Make the products of an edited map, or load them where they are of the same edits.

        Parameters
        ----------
        maps : BandMaps
            The band.
        base : Products
            The run.
        segmented : Segmented
            The run's map, as edits take it.
        paths : callable
            Gives the paths of a recipe.
        mapper : Mapper, optional
            How sources are measured; by default in threads.
        overwrite, verify : bool, optional
            As for `skyseg.BandData.segment`; the run's products stay as they are.

        Returns
        -------
        Products
            With the run as ``base``.

        Raises
        ------
        ProductError
            If the run does not say what it was made from.
        StaleProductError
            If those on disk were made with other edits, or of another run.
        """
        if base.run_id is None:
            raise ProductError(
                f"{base.paths.seg} does not say what it was made from",
                hint="make it again with {overwrite_segment} before it is edited",
            )
        done, numbers = self.journal.done, self.journal.numbers
        made = MadeEdits(done, numbers, base.run_id, self.asked)
        recipe = replace(base.recipe, edits=made)
        found = load_or_make(
            paths(recipe),
            recipe,
            lambda canvas: _make(maps, base, self, segmented, mapper or ThreadMapper()),
            shape=maps.shape,
            sky=maps.sky,
            unit=maps.unit,
            overwrite=overwrite,
            verify=verify,
        )
        return replace(found, base=base)


def follow_edits(band: BandData) -> EditedCatalogue:
    """Return the catalogue of a band's map, that can follow edits.

    Parameters
    ----------
    band : BandData
        The band, segmented.

    Raises
    ------
    SkysegError
        If its products cannot be read.
    """
    run = find_run(band)
    request = make_request(band.maps, replace(run.recipe, from_header=()))
    return EditedCatalogue(request, run.load_seg(), run.load_cat(), ThreadMapper())


def holds_edits(band: BandData, journal: Journal) -> bool:
    """Tell whether the band's edited map on disk is made with just the edits of a journal.

    Parameters
    ----------
    band : BandData
        The band, segmented.
    journal : Journal
        The edits; where it has none, no map does as well.

    Raises
    ------
    SkysegError
        If the band was not segmented, or the file cannot be read.
    """
    run = find_run(band)
    header = read_header(run.paths.edited.seg)
    if header is None:
        return not journal.done
    return not find_edit_changes(header, MadeEdits(journal.done, journal.numbers, run.run_id or ""))


def find_run(band: BandData) -> Products:
    """Return the run of a band whose map is edited: that of its last `segment`, before edits.

    Raises
    ------
    ProductError
        If the band was not segmented.
    """
    products = check_segmented(band.products, band.name)
    return products.base or products


def _make(
    maps: BandMaps, base: Products, chosen: ChosenEdits, segmented: Segmented, mapper: Mapper
) -> Outcome:
    edits = Edits.replay(chosen.journal, segmented)
    caveats = [
        f"edit {number}, {step.was.title}: {step.status}, {step.why}"
        for number, step in enumerate(edits.report, start=1)
        if step.status != "applied"
    ]
    for caveat in caveats:
        logger.warning("%s: %s", maps.name, caveat)
    request = make_request(maps, replace(base.recipe, from_header=()))
    table = measure_edited(request, base.load_seg(), edits.map, base.load_cat(), mapper)
    _add_names(table, edits.labels, base, maps.wcs)
    header = read_header(base.paths.cat) or {}
    return Outcome(
        seg=edits.labels.copy(),
        bkg=base.load_bkg(),
        cat=table,
        version=unquote(str(header.get(VERSION_KEY, ""))),
        facts={} if header.get(N_BAD_KEY) is None else {"n_bad": int(header[N_BAD_KEY])},
        caveats=tuple(caveats),
    )


def _add_names(table: QTable, labels: LabelImage, base: Products, wcs: WCS | None) -> None:
    """Name sources by position: those of the run by that in the run, which edits do not move."""
    if wcs is None:
        return
    of_run = base.load_places()
    former = dict(zip(
        np.asarray(of_run["NUMBER"]).tolist(), name_sources(_places(of_run, wcs)).tolist(),
        strict=True,
    ))  # fmt: skip
    names = keep_names(
        np.asarray(table["NUMBER"]).tolist(), former,
        lambda new: _places(add_places(table[new], lambda: labels), wcs),
    )  # fmt: skip
    table[NAME_COLUMN] = make_name_column(names)


def _places(cat: QTable, wcs: WCS) -> SkyCoord:
    x, y = (np.asarray(getattr(cat[name], "value", cat[name])) - 1 for name in _CENTRE)
    return wcs.pixel_to_world(x, y).icrs
