"""Where the products of a pipeline belong, told before there is a run of the detection."""

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
from skyseg.survey.forced_detection import spell_suffix
from skyseg.survey.settling import settle_diameters, settle_err_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skyseg.survey.band import BandData
    from skyseg.survey.pipeline import PipelineSteps


class PlannedFiles:
    """Where the products of a pipeline belong.

    Parameters
    ----------
    asked : PipelineSteps
        What is asked for.
    detection : BandData
        What sources are detected in.
    """

    def __init__(self, asked: PipelineSteps, detection: BandData) -> None:
        self._asked, self._detection = asked, detection
        self._chosen = parameter_sets.find(asked.parameters)
        self._method = config.method if asked.method is None else asked.method

    def find(self, step: str, band: BandData) -> Path:
        """Return the file that a step leaves for a band; of a segmentation its SEG map.

        Parameters
        ----------
        step : {"mask", "segment", "edits", "phot", "depths"}
            The step.
        band : BandData
            The band.
        """
        where = self._place(band)
        err_type = self._find_err_type(measured=step == "phot")
        if step == "mask":
            return make_map_path("mask", **where).cat
        if step in ("segment", "edits"):
            return make_paths(
                **where, method=self._method, err_type=err_type, set_name=self._chosen.name,
                edited=step == "edits",
            ).seg  # fmt: skip
        make = make_forced_path if step == "phot" else make_depths_path
        detection = self._detection.band
        return make(**where, detection=detection, err_type=err_type, suffix=self._suffix).cat

    def find_catalogue(self, bands: Sequence[BandData]) -> Path:
        """Return the catalogue of bands."""
        first = self._place(bands[0])
        del first["band"], first["instrument"]
        given = (self._asked.aper_diams, bands[0].given_aper_diams)
        asked = next((each for each in given if each is not None), self._detection.given_aper_diams)
        return make_survey_cat_path(
            **first,
            instruments={each.instrument for each in bands},
            detection=self._detection.band,
            aper_diams=settle_diameters(self._chosen.values, asked, self._detection.maps.pix_scale),
        ).cat

    @property
    def _suffix(self) -> str:
        """What tells the run of the detection in the names of what is measured of its sources."""
        name = self._chosen.name
        made_by = (self._find_err_type(measured=False), self._method, name)
        return spell_suffix(name, made_by, edited=self._asked.edits is not False)

    def _find_err_type(self, *, measured: bool) -> ErrType:
        chosen = self._chosen.of_measured() if measured else self._chosen
        return settle_err_type(chosen.values, self._asked.err_type)[0]

    def _place(self, band: BandData) -> dict[str, Any]:
        work_dir = self._asked.work_dir
        return {
            "instrument": band.instrument,
            "version": band.version,
            "survey": band.survey,
            "band": band.band,
            "work_dir": band.work_dir if work_dir is None else work_dir,
        }
