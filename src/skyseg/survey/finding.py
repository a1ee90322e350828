"""From the names of a survey and its version to its bands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy import units as u

from skyseg.errors import DataNotFoundError, ParameterError, SkysegError, verbatim
from skyseg.imaging import BandMaps
from skyseg.imaging.archive import find_bands, find_folder, list_instruments
from skyseg.imaging.grids import check_pixel_scale
from skyseg.imaging.instruments import Instrument, find_instrument, known_instruments
from skyseg.imaging.names import check_name
from skyseg.imaging.roles import get_role_names
from skyseg.settings import config
from skyseg.survey.band import BandData
from skyseg.survey.batch import raise_failed
from skyseg.writing import make_absolute

morgan_version_to_dir = {
    "v8b": "mosaic_1084_wispfix",
    "v8c": "mosaic_1084_wispfix2",
    "v8d": "mosaic_1084_wispfix3",
    "v9": "mosaic_1084_wisptemp2",
    "v10": "mosaic_1084_wispscale",
    "v11": "mosaic_1084_wispnathan",
    "v12": "mosaic_1210_wispnathan",
    "v13": "mosaic_1293_wispnathan",
    "v14": "mosaic_1364_wispnathan",
}
"""Folders of the versions of one reduction of NIRCam imaging."""


@dataclass(frozen=True)
class SurveyBands:
    """The bands of a survey in an archive.

    Attributes
    ----------
    bands : list of BandData
        By instrument and name.
    lost : mapping of str to SkysegError
        Bands of which a file cannot be read, by their keys, and why.
    """

    bands: list[BandData]
    lost: Mapping[str, SkysegError]


def bands_of_version(
    survey: str,
    version: str,
    instrument_names: Sequence[str] | str | None,
    version_to_dir_dict: Mapping[str, str] | None,
    *,
    pix_scales: u.Quantity | Mapping[str, u.Quantity] | None,
    zero_point: float | Mapping[str, float] | None,
    data_dir: Path,
    role_names: Mapping[str, str | Iterable[str] | None],
    same_grid: bool,
) -> SurveyBands:
    """Find the bands of a survey in an archive.

    Parameters and errors are those of `skyseg.Data.from_survey_version`.

    Returns
    -------
    SurveyBands
        With at least one band.
    """
    check_name("survey", survey)
    names = get_role_names(**role_names)
    folder = _version_folder(check_name("version", version), version_to_dir_dict)
    root = make_absolute(data_dir, "data_dir")
    known = known_instruments(config.facilities)
    instruments = (
        list_instruments(root, survey, folder, known)
        if instrument_names is None
        else _named(instrument_names, known)
    )
    scales = _spread(pix_scales, list(known), "pix_scales")
    found, lost = [], []
    for instrument in instruments:
        wanted = check_pixel_scale(scales[instrument.name], "pix_scales")
        path, scale = find_folder(root, survey, folder, instrument, wanted)
        of_folder = find_bands(path, instrument, names)
        found += [(instrument, scale, files) for files in of_folder.bands]
        lost += [(instrument.name, band, error) for band, error in of_folder.lost.items()]
    there = [*(files.band for _, _, files in found), *(band for _, band, _ in lost)]
    zero_points = _spread(zero_point, there, "zero_point")
    times = Counter(there)
    errors = {band if times[band] == 1 else f"{name} {band}": error for name, band, error in lost}
    if not found:
        raise_failed([], errors)
    maps = [
        BandMaps(
            facility=instrument.facility,
            instrument=instrument.name,
            survey=survey,
            version=version,
            band=files.band,
            sci=files.sci,
            err=files.err,
            wht=files.wht,
            zero_point=zero_points[files.band],
            pix_scale=scale * u.arcsec,
            same_grid=same_grid,
        )
        for instrument, scale, files in found
    ]
    return SurveyBands([BandData(each) for each in maps], errors)


def _named(names: Sequence[str] | str, known: Mapping[str, Instrument]) -> list[Instrument]:
    each = [names] if isinstance(names, str) else names
    instruments = {name: find_instrument(name, known) for name in each}
    if not instruments:
        raise ParameterError(
            "is empty", hint=f"give some of {', '.join(known)}", argument="instrument_names"
        )
    return list({instrument.name: instrument for instrument in instruments.values()}.values())


def _version_folder(version: str, folders: Mapping[str, str] | None) -> str:
    if folders is None:
        return version
    folder = folders.get(version, folders.get(version.split("_")[0]))
    if folder is None:
        raise DataNotFoundError(
            f"has no version {version!r}",
            hint=f"use one of {verbatim(', '.join(folders))}",
            argument="version_to_dir_dict",
        )
    return check_name("version folder", folder)


def _spread(values: Any, names: Sequence[str], argument: str) -> dict[str, Any]:
    """Give each name its value, where values are given by name or one for all."""
    if not isinstance(values, Mapping):
        return dict.fromkeys(names, values)
    given = {str(name).upper(): value for name, value in values.items()}
    unknown = sorted(given.keys() - {name.upper() for name in names})
    if unknown:
        raise ParameterError(
            f"has {', '.join(unknown)}, which is not there",
            hint=f"use {verbatim(', '.join(names))}",
            argument=argument,
        )
    return {name: given.get(name.upper()) for name in names}
