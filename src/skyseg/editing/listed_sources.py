"""The sources of an edited map by their pixels alone, listed anew where pixels have changed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.methods.filled import with_unit
from skyseg.products.seg_files import list_sources


def list_again(
    listed: QTable, edited: EditedMap, patches: Iterable[Patch], wcs: WCS | None = None
) -> QTable:
    """List the sources of a map again after changes, looking at changed ones alone.

    Parameters
    ----------
    listed : QTable
        The sources before, as `skyseg.products.seg_files.list_sources` lists them.
    edited : EditedMap
        The map as it is now.
    patches : iterable of Patch
        The changes.
    wcs : WCS, optional
        Celestial WCS of the map.

    Returns
    -------
    QTable
        What that function lists of the whole map.

    Examples
    --------
    >>> edited = EditedMap(np.array([[1, 1, 0, 2]]))
    >>> before = list_sources(edited.labels)
    >>> patch = Patch(np.s_[0:1, 2:4], np.array([[0, 2]]), np.array([[2, 2]]))
    >>> edited.apply(patch)
    >>> list_again(before, edited, [patch])["XMIN_IMAGE"].value.tolist()
    [1, 3]
    """
    named = frozenset[int]().union(*(patch.labels for patch in patches))
    kept = listed[~np.isin(np.asarray(listed["NUMBER"]), list(named))]
    changed = [_list_one(edited, label, wcs) for label in sorted(named) if label in edited]
    parts = [each for each in (kept, *changed) if len(each)] or [kept]
    order = np.argsort(np.concatenate([each["NUMBER"] for each in parts]), kind="stable")
    table = QTable(meta=listed.meta)
    for name in parts[0].colnames:
        like = parts[0][name]
        values = np.concatenate([np.asarray(each[name]) for each in parts])[order]
        table[name] = with_unit(values, like.unit, like.info.description)
    return table


def _list_one(edited: EditedMap, label: int, wcs: WCS | None) -> QTable:
    rows, columns = edited.part_of([label])
    own = edited.mask_of(label) * np.int64(label)
    return list_sources(own, wcs, (rows.start, columns.start))
