"""Trying parameters out on a band, as both viewers do it."""

from __future__ import annotations

from skyseg.engine.previews import Previewer
from skyseg.engine.types import ErrType
from skyseg.survey import BandData


def previewer_of(band: BandData, err_type: ErrType) -> Previewer:
    """Take the maps of a band, which are read when a part is asked for.

    Raises
    ------
    SkysegError
        If it has no error map, or its catalogue cannot be read.
    """
    err = band.err_rows() if err_type == "rms_err" else band.wht_rows()
    return Previewer(band.sci_rows(), err, err_type, band.load_cat() if band.cat_path else None)
