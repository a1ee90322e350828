"""The run that detects the sources of other measurements: loaded whatever apertures it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import astropy.units as u

from skyseg.errors import StaleProductError
from skyseg.methods import parameter_sets
from skyseg.products.column_values import DIAMETERS_KEY
from skyseg.products.fits_files import read_header
from skyseg.products.names import make_paths
from skyseg.settings import config
from skyseg.survey.settling import settle_err_type

if TYPE_CHECKING:
    from skyseg.engine.parameters import Parameters
    from skyseg.engine.types import ErrType
    from skyseg.survey.band import BandData


def segment_detection(band: BandData, **arguments: Any) -> None:
    """Segment what sources are detected in, or load its run whatever apertures that has.

    Which sources there are does not depend on the apertures of their own catalogue.

    Parameters
    ----------
    band : BandData
        The band, or stack.
    **arguments
        Of `BandData.segment`.

    Raises
    ------
    SkysegError
        As `BandData.segment` does.

    Examples
    --------
    >>> segment_detection(band, progress=False)
    >>> band.products.n_sources > 0
    True
    """
    try:
        band.segment(**arguments)
    except StaleProductError:
        names = ("err_type", "method", "work_dir")
        measured = _find_diameters(
            band,
            arguments.get("config_name", arguments.get("parameters", "default")),
            **{name: arguments.get(name) for name in names},
        )
        if measured is None:
            raise
        band.segment(**{**arguments, "aper_diams": measured})


def _find_diameters(
    band: BandData,
    parameters: str | Path | Parameters,
    err_type: ErrType | None,
    method: str | None,
    work_dir: str | Path | None,
) -> u.Quantity | None:
    """Find which apertures were measured beside the map on disk."""
    chosen = parameter_sets.find(parameters)
    paths = make_paths(
        method=config.method if method is None else method,
        instrument=band.instrument,
        version=band.version,
        survey=band.survey,
        band=band.band,
        err_type=settle_err_type(chosen.values, err_type)[0],
        set_name=chosen.name,
        work_dir=band.work_dir if work_dir is None else work_dir,
    )
    header = read_header(paths.seg)
    told = [] if header is None else str(header.get(DIAMETERS_KEY, "")).split()
    return [float(each) for each in told] * u.arcsec if told else None
