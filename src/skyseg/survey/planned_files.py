"""Where the products of a pipeline belong, told before its detection is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyseg.engine.types import ErrType
from skyseg.methods import parameter_sets
from skyseg.products.names import (
    make_depths_path,
    make_forced_path,
    make_map_path,
    make_paths,
    make_survey_cat_path,
)
from skyseg.settings import config
from skyseg.survey._order import find_place
from skyseg.survey.collection import find_bands, list_instruments
from skyseg.survey.forced_detection import MadeBy, spell_cat_suffix, spell_suffix
from skyseg.survey.settling import settle_diameters, settle_err_type
from skyseg.survey.stacking import StackKey, identify_stack, name_stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skyseg.survey.band import BandData
    from skyseg.survey.data import Data
    from skyseg.survey.pipeline import PipelineSteps


class PlannedFiles:
    """Where the products of a pipeline belong.

    Parameters
    ----------
    asked : PipelineSteps
        What is asked for.
    data : Data
        The survey.
    """

    def __init__(self, asked: PipelineSteps, data: Data) -> None:
        self._asked = asked
        self._detection, self._first = _find_detection(data, asked.detect)
        self._chosen = parameter_sets.find(asked.parameters)
        self._method = config.method if asked.method is None else asked.method

    def find(self, step: str, band: BandData | None) -> Path:
        """Return the file that a step leaves for a band; of a segmentation its SEG map.

        Parameters
        ----------
        step : {"mask", "segment", "edits", "phot", "depths"}
            The step.
        band : BandData or None
            The band; None for the detection.
        """
        where = self._place(self._detection if band is None else _identify(band))
        err_type = self._find_err_type(measured=step == "phot")
        if step == "mask":
            return make_map_path("mask", **where).cat
        if step in ("segment", "edits"):
            return make_paths(
                **where, method=self._method, err_type=err_type, set_name=self._chosen.name,
                edited=step == "edits",
            ).seg  # fmt: skip
        make = make_forced_path if step == "phot" else make_depths_path
        detection = self._detection["band"]
        suffix = spell_suffix(self._chosen.name, self._made_by, edited=self._edited)
        return make(**where, detection=detection, err_type=err_type, suffix=suffix).cat

    def find_catalogue(self, bands: Sequence[BandData]) -> Path:
        """Return the catalogue of bands."""
        first = self._place(_identify(bands[0]))
        del first["band"], first["instrument"]
        given = (self._asked.aper_diams, bands[0].given_aper_diams)
        err_type = self._find_err_type(measured=True)
        asked = next((each for each in given if each is not None), self._first.given_aper_diams)
        return make_survey_cat_path(
            **first,
            instruments=list_instruments(bands),
            detection=self._detection["band"],
            aper_diams=settle_diameters(
                self._chosen.values, asked, self._first.maps.pix_scale_arcsec
            ),
            suffix=spell_cat_suffix(
                self._chosen.name, err_type, self._made_by, edited=self._edited
            ),
        ).cat

    @property
    def _made_by(self) -> MadeBy:
        """What the sources are detected by."""
        return self._find_err_type(measured=False), self._method, self._chosen.name

    @property
    def _edited(self) -> bool:
        return self._asked.edits is not False

    def _find_err_type(self, *, measured: bool) -> ErrType:
        chosen = self._chosen.of_measured() if measured else self._chosen
        return settle_err_type(chosen.values, self._asked.err_type)[0]

    def _place(self, identity: dict[str, Any]) -> dict[str, Any]:
        work_dir = self._asked.work_dir
        return identity if work_dir is None else {**identity, "work_dir": work_dir}


def name_detection(data: Data, key: str) -> str:
    """Return the name by which a survey knows a band or stack that a key names.

    Parameters
    ----------
    data : Data
        The survey.
    key : str
        Of a band, or of the bands of a stack, in any order and either case.
    """
    found = find_bands(data.bands, key)
    if found:
        return data.keys()[data.bands.index(found[0])]
    return str(_find_detection(data, key)[0]["band"])


def find_first(data: Data, key: str) -> BandData:
    """Return the band that has the pixel grid of a detection: itself, or a stack's first."""
    return _find_detection(data, key)[1]


def _find_detection(data: Data, key: str) -> tuple[dict[str, Any], BandData]:
    """Return what tells the detection from others, and the band that has its apertures and grid.

    A stack has those of its first band, and need not be there.
    """
    if "+" not in key or find_bands(data.bands, key):
        band = data[key]
        return _identify(band), band
    named = StackKey.parse(key)
    members = sorted((data[each] for each in named.bands), key=find_place)
    maps = [each.maps for each in members]
    identity = identify_stack(maps, name_stack(maps, named.method, named.err_type))
    return {**identity, "work_dir": members[0].work_dir}, members[0]


def _identify(band: BandData) -> dict[str, Any]:
    names = ("instrument", "version", "survey", "band", "work_dir")
    return {name: getattr(band, name) for name in names}
