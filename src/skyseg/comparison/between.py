"""Comparing two segmentation maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from skyseg.comparison.agreement import measure_agreement
from skyseg.comparison.changes import tabulate_changes
from skyseg.comparison.fluxes import measure_fluxes
from skyseg.comparison.grids import put_on_one_grid
from skyseg.comparison.inputs import as_celestial, read_label_map
from skyseg.comparison.matching import match
from skyseg.comparison.overlaps import count_overlaps
from skyseg.comparison.photometry import read_photometry
from skyseg.comparison.result import Comparison
from skyseg.comparison.surveys import compare_bands, is_survey, refuse_of_surveys
from skyseg.errors import Advice

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.wcs import WCS

    from skyseg.comparison.surveys import Survey


@overload
def compare(a: Survey, b: Survey) -> dict[str, Comparison]: ...
@overload
def compare(
    a: Any,
    b: Any,
    *,
    sci: Any = None,
    err: Any = None,
    wcs: WCS | None = None,
    cat_a: Table | None = None,
    cat_b: Table | None = None,
) -> Comparison: ...
def compare(
    a: Any,
    b: Any,
    *,
    sci: Any = None,
    err: Any = None,
    wcs: WCS | None = None,
    cat_a: Table | None = None,
    cat_b: Table | None = None,
) -> Comparison | dict[str, Comparison]:
    """Find out which sources are new, lost, split, merged, grown or shrunk.

    Label numbers do not count. Two sources are linked where they share at least
    half of the smaller one's pixels; sources that links connect are a group. Linked
    sources are matched one-to-one in falling order of their IoU (of equals, the
    pair whose first shared pixel comes first). A group is

    - ``new`` without a source in a, ``lost`` without one in b;
    - ``split`` with more sources in b than in a, ``merged`` with fewer;
    - with as many on both sides, mostly one: ``grown`` with more pixels in b,
      ``shrunk`` with fewer, ``matched`` with as many.

    Swapping a and b swaps new with lost, split with merged, and grown with shrunk.

    Parameters
    ----------
    a, b : array_like, tuple, str, Path, BandData, Segmentation or Outcome
        The two maps: a 2-D array of integers (0 for background), (array, WCS), a
        FITS file as ``"seg.fits"`` or ``"seg.fits[SEG]"``, a band, (band, arguments
        of its ``segment``) with the product loaded or made, or what a method gives.
        Two surveys, or (survey, arguments of its ``segment``): all bands of both; one
        that fails stops no other.
    sci : array_like of float, Quantity or path, optional
        Science image on the grid of a, in which both sides are measured; where a is
        a band its SCI and ERR unless told, else those of b on the same grid.
    err : array_like of float, Quantity or path, optional
        Its rms error, in the same unit. Pixels that are not finite, or have
        an error of 0 or less or 1e30 or more, count in no flux.
    wcs : astropy.wcs.WCS, optional
        Celestial WCS of a, where a brings none.
    cat_a, cat_b : astropy.table.Table, optional
        Catalogues with NUMBER and FLUX_ISO or FLUX_AUTO, and FLUXERR; used where
        there is no science image.

    Returns
    -------
    Comparison or dict of str to Comparison
        Of two surveys that of each band, by its key. Its ``table`` has the columns
        ``kind``; ``labels_a``, ``labels_b`` (arrays of labels), ``n_a``, ``n_b``; ``iou``
        (pixels that one-to-one matches share, over all pixels of the group);
        ``area_a``, ``area_b`` (pixels); ``flux_a``, ``flux_b``, ``flux_err_a``,
        ``flux_err_b``, ``flux_change`` (b - a) and
        ``flux_change_sigma`` (over the larger of the two errors); ``x``, ``y`` (mean
        of the pixels, counted from 0), ``ra``, ``dec`` (NaN without a WCS) and the
        bounding box ``x_min`` ... ``y_max`` (counted from 0, inclusive). Rows are in
        the order of their first pixels.

    Raises
    ------
    ComparisonError
        If a map is not one of whole numbers from 0 on, the shapes differ and a WCS
        is missing, or the maps do not overlap on the sky.
    SkysegError
        If a file cannot be read or a segmentation cannot be made.
    BatchError
        If some bands of two surveys could not be compared, or all for several reasons; its
        ``errors`` has the error of each, its ``done`` the comparisons of the others.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([[1, 1, 1, 0, 2, 2]])
    >>> b = np.array([[7, 7, 8, 0, 0, 0]])
    >>> comparison = compare(a, b)
    >>> {kind: n for kind, n in comparison.counts.items() if n}
    {'lost': 1, 'split': 1}
    >>> comparison.difference_map
    array([[1, 1, 4, 0, 2, 2]], dtype=uint8)
    >>> comparison.relabelled_b
    array([[1, 1, 3, 0, 0, 0]], dtype=int32)
    """
    if is_survey(a) or is_survey(b):
        given = {"sci": sci, "err": err, "wcs": wcs, "cat_a": cat_a, "cat_b": cat_b}
        refuse_of_surveys(name for name, value in given.items() if value is not None)
        return compare_bands(a, b, compare)
    side_a, side_b = read_label_map(a, "a"), read_label_map(b, "b")
    wcs = None if wcs is None else as_celestial(wcs, side_a.name)
    grid = put_on_one_grid(
        replace(
            side_a,
            wcs=wcs if side_a.wcs is None else side_a.wcs,
            catalogue=side_a.catalogue if cat_a is None else cat_a,
        ),
        replace(side_b, catalogue=side_b.catalogue if cat_b is None else cat_b),
    )
    band = grid.b.band if grid.a.band is None and not grid.reprojected else grid.a.band
    image = read_photometry(sci, err, band, grid.a.shape)
    pairs = count_overlaps(
        grid.a.labels,
        grid.b.labels,
        None if image is None else image.sci,
        None if image is None else image.err,
        names=(grid.a.name, grid.b.name),
    )
    matching = match(pairs)
    fluxes = measure_fluxes(grid.a, grid.b, pairs, matching, image)
    return Comparison(
        a=grid.a,
        b=grid.b,
        table=tabulate_changes(pairs, matching, fluxes, wcs=grid.a.wcs),
        agreement=measure_agreement(pairs),
        matching=matching,
        reprojected=grid.reprojected,
        advice=(*map(Advice, grid.notes), fluxes.advice),
    )
