"""What made a product, for people: read from its header."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from skyseg.engine.parameters import Parameters
from skyseg.products.column_values import DIAMETERS_KEY, RUN_KEY, find_run
from skyseg.products.edit_cards import list_made_edits
from skyseg.products.fits_files import read_header
from skyseg.products.input_maps import list_named_inputs
from skyseg.products.provenance import DATE_KEY, N_BAD_KEY, N_SOURCES_KEY, VERSION_KEY
from skyseg.products.recipe import DETECTION_KEY, NONE, spell_value

_NOISE: Final = (
    *("filtered_sigma", "detect_sigma", "hot_filtered_sigma", "hot_detect_sigma"),
    *("rms_scale", "aperture_scale", "noise_growth"),
)


def tell_making(path: Path) -> dict[str, Any] | None:
    """Tell what a product was made from, and with which values.

    Parameters
    ----------
    path : Path
        A SEG map, BKG map or catalogue, a mask or a stack.

    Returns
    -------
    dict or None
        Date, versions, method, ``stacked`` (the bands of a stack),
        ``detection`` and ``detection_run`` (of what is measured of its sources), error type,
        parameter set,
        ``changed`` (the parameters that are not the defaults; of a run in two passes those of
        the cold one, and ``hot_changed`` of the hot one, with ``n_cold``, ``n_hot`` and
        ``hot_inside``; of what is measured of the sources of such a run, without the counts),
        apertures in arcsec, pixel scale in arcsec, zero point (of a stack those of its
        bands), ``flux_unit`` (of the catalogue of a survey, whose method, error type and
        set are its detection's), region, ``excluded`` (bits of the mask), edits, sources,
        bad pixels, ``noise`` as it was measured, ``inputs`` (role, the band in the catalogue of a
        survey, file, HDU and SHA-256), caveats and run; None where the file does not say what it
        was made from.

    Raises
    ------
    ProductError
        If the file is not FITS, or damaged.
    """
    header = read_header(path)
    if header is None or find_run(header) is None:
        return None
    return {
        "made": header.get(DATE_KEY),
        "written_by": _text(header, "CREATOR"),
        "method": _text(header, "METHOD") or _text(header, "STACKBY"),
        "stacked": _text(header, "STACKED"),
        "detection": _text(header, "DETBAND"),
        "detection_run": _text(header, DETECTION_KEY),
        "version": _text(header, VERSION_KEY),
        "err_type": _text(header, "ERRTYPE"),
        "parameters": _text(header, "PARSET"),
        "changed": _list_changed(header),
        **_tell_hot(header),
        "aper_diams": [float(each) for each in str(header.get(DIAMETERS_KEY, "")).split()],
        "pix_scale": header.get("PIXSCALE"),
        "zero_point": _text(header, "MAGZERO") or _text(header, "ZPOINTS"),
        "flux_unit": _text(header, "FLUXUNIT"),
        "region": _text(header, "REGION"),
        "excluded": _tell_excluded(header),
        "edits": list_made_edits(header),
        "sources": header.get(N_SOURCES_KEY),
        "bad_pixels": header.get(N_BAD_KEY),
        "noise": {name: header[name.upper()] for name in _NOISE if name.upper() in header},
        "inputs": _list_inputs(header),
        "caveats": _list_caveats(header),
        "run": header[RUN_KEY],
    }


def _text(header: Mapping[str, Any], key: str) -> Any:
    value = header.get(key)
    return unquote(value) if isinstance(value, str) else value


def _tell_excluded(header: Mapping[str, Any]) -> str | None:
    """Tell which bits of a mask were excluded; None without a mask."""
    told = _text(header, "EXCLUDE")
    return None if told in (None, NONE) else str(told)


def _tell_hot(header: Mapping[str, Any]) -> dict[str, Any]:
    """Tell of the second pass; nothing where there is one pass."""
    inside = _text(header, "HOT_INSIDE")
    if inside is None:
        return {}
    counts = {key: header[key.upper()] for key in ("n_cold", "n_hot") if key.upper() in header}
    return {"hot_changed": _list_changed(header, "HOT_"), "hot_inside": inside, **counts}


def _list_changed(header: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """List the parameters whose values are not the defaults."""
    found = {}
    for name in Parameters.names():
        value = _text(header, f"{before}{name.upper()}")
        if value is not None and value != spell_value(Parameters.describe(name).default):
            found[name] = value
    return found


def _list_inputs(header: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "role": role,
            "band": _text(header, f"IN{number}BAND"),
            "file": str(path),
            "hdu": ext,
            "sha256": header.get(f"IN{number}SHA"),
        }
        for number, (role, path, ext) in enumerate(list_named_inputs(header), start=1)
    ]


def _list_caveats(header: Mapping[str, Any]) -> list[str]:
    keys = (f"CAVEAT{number}" for number in itertools.count(1))
    return [_text(header, key) for key in itertools.takewhile(lambda key: key in header, keys)]
