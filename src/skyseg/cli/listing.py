"""What there is: bands, products, HDUs, as records of one table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import astropy.units as u

from skyseg.cli.printing import format_value
from skyseg.errors import ProductError
from skyseg.imaging import BandMaps
from skyseg.imaging.reading import Hdu, list_hdus
from skyseg.imaging.remote import is_remote
from skyseg.imaging.roles import get_role_names
from skyseg.imaging.tables import facts_text
from skyseg.products.fits_files import read_header
from skyseg.products.inventory import list_runs
from skyseg.products.kinds import StoredRun
from skyseg.products.making import tell_making
from skyseg.products.provenance import N_SOURCES_KEY
from skyseg.survey import BandData
from skyseg.survey.collection import list_keys


def describe_band(band: BandData) -> dict[str, Any]:
    """Describe a band: names, grid, unit, zero point, maps; unknown values are None."""
    return {
        "band": band.band,
        "instrument": band.instrument,
        "shape": list(band.shape),
        **_calibration(band.maps),
        "sci": str(band.sci),
        "err": str(band.err) if band.err else None,
        "wht": str(band.wht) if band.wht else None,
    }


def list_products(bands: Sequence[BandData]) -> list[dict[str, Any]]:
    """List the products of bands of a survey on disk, and of their stacks: one record a run.

    Products of a band are named by its key. ``error`` is the ProductError of one that cannot be
    read, else None.
    """
    keys = {(band.band, band.instrument): key
            for key, band in zip(list_keys(bands), bands, strict=True)}  # fmt: skip
    known = {band.instrument for band in bands}
    first = bands[0]
    return [
        describe_run(run)
        | {"band": keys.get((run.band or "", run.instrument), run.band), "sources": None}
        | _look_into(run)
        | {"file": str(run.file)}
        for run in list_runs(first.work_dir, first.survey, first.version)
        if set(run.instrument.split("+")) <= known
    ]


def describe_run(run: StoredRun) -> dict[str, Any]:
    """Describe a run, survey, version and instrument apart."""
    return {
        "kind": run.kind,
        "band": run.band,
        "detection": run.detection,
        "err_type": run.err_type,
        "method": run.method,
        "parameters": run.parameters,
        "region": run.region,
        "edited": run.edited,
        **_tell_detection(run),
    }


def _tell_detection(run: StoredRun) -> dict[str, Any]:
    """Tell by its header what the sources of the catalogue of all bands were detected with."""
    making = None
    if run.kind == "catalogue":
        with suppress(ProductError):
            making = tell_making(run.file)
    if making is None:
        return {}
    told = {name: making[name] for name in ("method", "err_type", "parameters")}
    return told | {"edited": bool(making["edits"])}


def _look_into(run: StoredRun) -> dict[str, Any]:
    """Tell how many sources a run has, and why it cannot be read, if it cannot."""
    try:
        header = read_header(run.file) or {}
    except ProductError as error:
        return {"error": error}
    return {"sources": header.get(N_SOURCES_KEY), "error": None}


def describe_hdus(path: Path) -> list[dict[str, Any]]:
    """Describe the HDUs of a file: name, shape, role, unit, zero point, pixel scale.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it is not FITS.
    """
    listing = list_hdus(path)
    alone = len(listing.images) == 1
    return [
        {
            "hdu": hdu.index,
            "name": hdu.name or None,
            "shape": list(hdu.shape) or None,
            "role": _role(hdu, path, alone),
            **_hdu_calibration(hdu, path),
        }
        for hdu in listing.hdus
    ]


def find_making(path: Path) -> dict[str, Any] | None:
    """Tell what a product was made from; None of a file that does not say it."""
    return None if is_remote(path) or path.suffix != ".fits" else tell_making(path)


def spell_making(making: dict[str, Any]) -> str:
    """Spell what a product was made from, a line each; what is not known is left out."""
    listed = {"inputs", "caveats"}
    facts = {
        key.replace("_", " "): format_value(value)
        for key, value in making.items()
        if key not in listed and value not in (None, {}, [])
    }
    if diameters := making["aper_diams"]:
        facts["aper diams"] = f"{', '.join(f'{each:g}' for each in diameters)} arcsec"
    if making["pix_scale"] is not None:
        facts["pix scale"] = f"{making['pix_scale']:g} arcsec"
    names = [
        each["role"] if each["band"] is None else f"{each['role']} of {each['band']}"
        for each in making["inputs"]
    ]
    times = Counter(names)
    for number, (each, name) in enumerate(zip(making["inputs"], names, strict=True), start=1):
        name = name if times[name] == 1 else f"{name} (input {number})"
        facts[name] = f"{each['file']}[{each['hdu']}], SHA-256 {each['sha256'][:12]}"
    for number, caveat in enumerate(making["caveats"], start=1):
        facts[f"caveat {number}"] = caveat
    return facts_text("made from", facts)


def spell_scale(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with its pixel scale as text with a unit, for a table."""
    scale = record["pix_scale"]
    spelled = {"pix_scale": None if scale is None else f"{scale:g} arcsec"}
    names = {"pix_scale": "pixel_scale"}
    return {names.get(key, key): value for key, value in (record | spelled).items()}


def _role(hdu: Hdu, path: Path, alone: bool) -> str | None:
    if not hdu.is_image:
        return None
    names = get_role_names()
    return names.of_extname(hdu.kind) or (names.of_file(path) if alone else None)


def _hdu_calibration(hdu: Hdu, path: Path) -> dict[str, Any]:
    if not hdu.is_image:
        return dict.fromkeys(("unit", "zero_point", "pix_scale"))
    return _calibration(BandMaps.from_files(f"{path}[{hdu.index}]", band="HDU"))


def _calibration(band: BandMaps) -> dict[str, Any]:
    """Tell unit, zero point in AB magnitudes and pixel scale in arcsec; None where unknown."""
    facts = band.summary()
    known = {name: facts[name] != "-" for name in ("zero point", "pixel scale")}
    zero_point = round(band.zero_point, 4) if known["zero point"] else math.nan
    scale = round(float(band.pix_scale.to_value(u.arcsec)), 6) if known["pixel scale"] else None
    return {
        "unit": band.unit or None,
        "zero_point": None if math.isnan(zero_point) else zero_point,
        "pix_scale": scale,
    }
