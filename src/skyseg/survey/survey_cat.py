"""The catalogue of a survey: what was measured of the same sources in all bands, side by side."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.table import QTable

from skyseg.engine.flag_maps import count_label_flags
from skyseg.engine.forced import OF_DETECTION
from skyseg.engine.neighbours import KnownNeighbours
from skyseg.engine.types import FloatArray, Progress
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging import MapRef
from skyseg.imaging.sky_names import NAME_COLUMN
from skyseg.methods.filled import with_unit
from skyseg.methods.hot_pass import PASS_COLUMNS
from skyseg.products.input_maps import InputMap
from skyseg.products.names import make_survey_cat_path
from skyseg.products.survey_cats import SurveyCat, SurveyCatRecipe, load_or_make_survey_cat
from skyseg.products.tables import ForcedPhot
from skyseg.survey.aper_corr_cols import append_aper_corr_cols
from skyseg.survey.band import BandData
from skyseg.survey.collection import list_instruments
from skyseg.survey.forced_detection import DETECTION_PREFIX, Detection, spell_cat_suffix
from skyseg.survey.noise_units import check_zero_point

if TYPE_CHECKING:
    from skyseg.products.depths import Depths

FLUX_UNIT: Final = "uJy"
"""Unit of fluxes where nothing else is asked for."""

_PLACES: Final = ("ALPHA_", "DELTA_", "X_WORLD", "Y_WORLD")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BandColumns:
    """What the catalogue takes of one band.

    Attributes
    ----------
    key : str
        What its columns end in.
    band : BandData
        The band.
    phot : ForcedPhot
        What was measured in it.
    mask : Path or None
        Its mask, whose bits have a column.
    depths : Depths or None
        Its depths, which have columns.
    psf : MapRef or None
        Image of its PSF, by which apertures are corrected.
    """

    key: str
    band: BandData
    phot: ForcedPhot
    mask: Path | None = None
    depths: Depths | None = None
    psf: MapRef | None = None

    @property
    def cards(self) -> dict[str, str]:
        """What tells it apart, as text by FITS keys without number."""
        return {
            "NAME": self.key,
            "RUN": self.phot.run_id,
            "ZERO": f"{self.phot.recipe.zero_point:.6f}",
            "MASK": "no" if self.mask is None else "yes",
            "DEEP": "no" if self.depths is None else self.depths.run_id,
            "PSF": "no" if self.psf is None else "yes",
        }

    @property
    def inputs(self) -> list[InputMap]:
        """The files that it was made from."""
        found = list(self.phot.recipe.inputs)
        if self.mask is not None:
            found.append(InputMap.of("MASK", MapRef.parse(self.mask, None)))
        if self.psf is not None:
            found.append(InputMap.of("PSF", self.psf))
        return found


def find_columns(
    key: str,
    band: BandData,
    detection: Detection,
    *,
    mask: bool,
    loc_depths: bool,
    psf: str | Path | MapRef | None,
) -> BandColumns:
    """Find what the catalogue takes of a band.

    Raises
    ------
    SkysegError
        If it is not there, or of another detection.
    """
    phot = band.forced_phot
    run = None if detection.products is None else detection.products.run_id
    wanted = (detection.name, run or "none")
    if phot is None:
        raise ProductError(
            f"the sources of {detection.name} were not measured in {band.name}",
            hint="call {forced_phot} first",
        )
    of = phot.recipe.detection
    if of is None or (of.name, of.run) != wanted:
        raise ProductError(
            f"other sources than those of {detection.name} were measured in {band.name}",
            hint="call {forced_phot} again",
        )
    check_zero_point(phot.recipe.zero_point, band.name)
    if loc_depths and band.depths is None:
        raise ProductError(f"{band.name} has no depths", hint="call {run_depths} first")
    depths = band.depths if loc_depths else None
    if depths is not None and depths.recipe.aper_diams != phot.recipe.aper_diams:
        raise ProductError(
            f"{band.name} has depths of other apertures than its fluxes",
            hint="call {run_depths} with the same",
        )
    return BandColumns(
        key=key.replace(" ", "_"),
        band=band,
        phot=phot,
        mask=band.find_mask() if mask else None,
        depths=depths,
        psf=None if psf is None else MapRef.parse(psf, None),
    )


def find_stack_columns(
    stack: BandData, detection: Detection, *, mask: bool
) -> dict[str, BandColumns]:
    """Find what the catalogue takes of the stack that its sources were detected in.

    Parameters
    ----------
    stack : BandData
        The stack, with `forced_phot`.
    detection : Detection
        The sources.
    mask : bool
        Whether it has the mask of the stack, if the sources were detected with that.

    Returns
    -------
    dict of str to BandColumns
        By the key that its columns end in.

    Raises
    ------
    SkysegError
        If other sources were measured in it.
    """
    masked = detection.products is not None and detection.products.recipe.mask is not None
    found = find_columns(
        stack.band, stack, detection, mask=mask and masked, loc_depths=False, psf=None
    )
    return {stack.band: found}


def make_survey_cat(
    columns: Sequence[BandColumns],
    detection: Detection,
    *,
    unit: str,
    overwrite: bool,
    work_dir: str | Path | None,
    progress: Progress,
    verify: bool,
) -> SurveyCat:
    """Put the catalogue of a survey together, or load it.

    Parameters
    ----------
    columns : sequence of BandColumns
        The bands, in order; at least one.
    detection : Detection
        The sources.
    unit : str
        Of fluxes.
    overwrite, work_dir, progress, verify
        As for `skyseg.Data.make_cat`.

    Raises
    ------
    SkysegError
        As `skyseg.Data.make_cat` does.
    """
    start = time.perf_counter()
    first = columns[0]
    diameters = first.phot.recipe.aper_diams
    for each in columns:
        if each.phot.recipe.aper_diams != diameters:
            raise ProductError(
                f"{each.key} and {first.key} were measured in other apertures",
                hint="measure both in the same",
            )
    check_unit(unit)
    bands = {
        f"B{number}{name}": text
        for number, each in enumerate(columns, start=1)
        for name, text in each.cards.items()
    }
    run = None if detection.products is None else detection.products.run_id
    settings = {
        "FLUXUNIT": unit,
        "APERDIAM": " ".join(map(repr, diameters)),
        "DETBAND": detection.name,
        "DETRUN": run or "none",
        "NBANDS": str(len(columns)),
        **bands,
    }
    measured = [each.phot.recipe for each in columns]
    err_type = _join(each.err_type for each in measured)
    set_name = _join(each.set_name for each in measured)
    paths = make_survey_cat_path(
        instruments=list_instruments(each.band for each in columns),
        version=first.band.version,
        survey=first.band.survey,
        detection=detection.name,
        aper_diams=diameters,
        suffix=spell_cat_suffix(
            set_name, err_type, detection.made_by, edited=detection.edits is not None
        ),
        work_dir=work_dir,
    )
    inputs = _name_inputs(columns, detection)
    found = load_or_make_survey_cat(
        paths,
        SurveyCatRecipe(
            settings=settings,
            inputs=tuple(inputs),
            detection=detection.recipe,
            input_bands=tuple(inputs.values()),
        ),
        lambda: _put_together(columns, detection, unit, progress),
        overwrite=overwrite,
        verify=verify,
    )
    logger.info(
        "%s: catalogue of %d bands and %d sources %s in %.1f s: %s",
        f"{first.band.survey} {first.band.version}",
        len(columns),
        found.n_sources,
        "made" if found.made else "loaded",
        time.perf_counter() - start,
        found.paths.cat,
    )
    return found


def _join(words: Iterable[str]) -> str:
    return "+".join(sorted(set(words)))


def _name_inputs(columns: Sequence[BandColumns], detection: Detection) -> dict[InputMap, str]:
    """Name the bands that each input is of; one of the detection is of that alone."""
    bands: dict[InputMap, list[str]] = {}
    for each in columns:
        for given in each.inputs:
            bands.setdefault(given, []).append(each.key)
    return {
        given: detection.name if given.role.startswith("DET_") else ", ".join(keys)
        for given, keys in bands.items()
    }


def check_unit(unit: str) -> None:
    """Check the unit of fluxes.

    Raises
    ------
    ParameterError
        If it is no flux density.

    Examples
    --------
    >>> check_unit("nJy")
    """
    try:
        if u.Unit(unit).is_equivalent(u.Jy):
            return
    except (ValueError, TypeError):
        pass
    raise ParameterError(
        f"is {unit!r}", hint="give a flux density such as 'nJy' or 'uJy'", argument="flux_unit"
    )


def _put_together(
    columns: Sequence[BandColumns], detection: Detection, unit: str, progress: Progress
) -> QTable:
    table: QTable | None = None
    known = KnownNeighbours()
    for number, each in enumerate(columns):
        progress(number / len(columns), f"columns of {each.key}")
        measured = each.phot.load(unit)
        if table is None:
            shared = [name for name in measured.colnames if _is_of_detection(name)]
            table = measured[shared]
        for name in measured.colnames:
            if not _is_of_detection(name):
                table[f"{name}_{each.key}"] = measured[name]
        _append_band(table, each, detection, unit, known)
    assert table is not None
    progress(1.0, "writing")
    table.meta.clear()
    return table


def _is_of_detection(name: str) -> bool:
    named = name in OF_DETECTION or name in (NAME_COLUMN, *PASS_COLUMNS)
    return named or name.startswith((*_PLACES, DETECTION_PREFIX))


def _append_band(
    table: QTable, each: BandColumns, detection: Detection, unit: str, known: KnownNeighbours
) -> None:
    """Append what is of a band and not in its own catalogue."""
    if each.psf is not None:
        recipe = each.phot.recipe
        append_aper_corr_cols(table, each.psf, recipe.aper_diams, recipe.pix_scale, f"_{each.key}")
    if each.depths is not None:
        x, y = (table[name].value for name in ("X_IMAGE", "Y_IMAGE"))
        depths = each.depths.find_local(x, y, find=known.find)
        # what is not covered has no depth there
        light = table[f"FLUX_APER_{each.key}"].value
        depths[np.isnan(light).reshape(len(table), -1).all(axis=1)] = np.nan
        sigma = each.depths.numbers.n_sigma
        table[f"LOC_DEPTH_APER_{each.key}"] = with_unit(
            depths.astype(np.float32), u.mag, f"local {sigma:g} sigma depth, AB"
        )
        table[f"FLUXERR_LOC_APER_{each.key}"] = with_unit(
            _errors_of(depths, sigma, unit),
            u.Unit(unit),
            "error of FLUX_APER by the scatter in the nearest empty apertures",
        )
    if each.mask is not None:
        table[f"MASK_{each.key}"] = with_unit(
            _find_bits(np.asarray(table["NUMBER"]), each, detection),
            None,
            "bits of the mask that any pixel of the source has",
        )


def _errors_of(depths: FloatArray, sigma: float, unit: str) -> npt.NDArray[np.float32]:
    one = 10 ** (-0.4 * depths) * float(u.ABflux.to(unit)) / sigma
    errors: npt.NDArray[np.float32] = one.astype(np.float32)
    return errors


def _find_bits(
    numbers: npt.NDArray[np.integer], each: BandColumns, detection: Detection
) -> npt.NDArray[np.int32]:
    """Bits that any pixel of each source has."""
    assert each.mask is not None
    maps = each.band.maps.cut(None)
    flags = maps.flag_rows(MapRef.parse(each.mask, None))
    found = count_label_flags(detection.open_labels(), flags)
    bits = np.zeros(len(numbers), np.int32)
    place = {int(number): row for row, number in enumerate(numbers)}
    rows = np.array([place.get(int(label), -1) for label in found.label], np.int64)
    known = rows >= 0
    np.bitwise_or.at(bits, rows[known], found.value[known].astype(np.int32))
    return bits
