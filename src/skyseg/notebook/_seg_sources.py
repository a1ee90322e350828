"""The sources of a SEG map that is given: a file, an array, or what else can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg.comparison.inputs import read_label_map
from skyseg.imaging.label_maps import find_labels
from skyseg.imaging.refs import MapRef
from skyseg.notebook._array_band import check_labels
from skyseg.notebook._label_sources import LabelSources
from skyseg.panel.label_catalogue import load_catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.products.seg_files import SegFile

if TYPE_CHECKING:
    from astropy.table import Table

    from skyseg.plotting.maps import Band


def read_sources(seg: Any, cat: Table | None, band: Band) -> LabelSources:
    """Read the sources of a label map over a band.

    Parameters
    ----------
    seg : object
        What `skyseg.compare` takes.
    cat : astropy.table.Table, optional
        Its catalogue; by default the one that is stored with it, else a list of its sources.
    band : BandData or ArrayBand
        The band that it is of.

    Raises
    ------
    SkysegError
        If it cannot be read, or has other pixels than the band.
    """
    given = read_label_map(seg, "seg")
    labels = check_labels(given.labels, band.shape, band.name)
    ref = find_labels(seg) if isinstance(seg, (str, Path, MapRef)) else None
    info = MapInfo("SEG", band.shape, band.wcs, ref=ref)
    table = given.catalogue if cat is None else cat
    made_by = "" if ref is None else SegFile.read(ref).made_by
    sources = LabelSources(
        labels,
        lambda: load_catalogue(info, labels).table if table is None else table,
        f"SEG {made_by}".rstrip(),
    )
    sources.ref = ref
    return sources
