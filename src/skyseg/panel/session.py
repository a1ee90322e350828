"""The state of one person's look at a survey: what is chosen, and what is looked at.

It knows no window and no notebook; both listen to its ``events`` and write to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import astropy.units as u
from astropy.coordinates import SkyCoord
from psygnal import EventedModel
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PrivateAttr

from skyseg.engine.parameters import Parameters
from skyseg.engine.types import ErrType
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.imaging.archive import find_archive
from skyseg.imaging.contents import Imaging, list_imaging
from skyseg.imaging.instruments import known_instruments
from skyseg.imaging.regions import Region
from skyseg.masks.bits import BIT_VALUES
from skyseg.methods import parameter_sets
from skyseg.panel.chosen_files import ChosenFiles
from skyseg.panel.compared_files import ComparedPair
from skyseg.panel.compared_runs import ComparedRun
from skyseg.panel.display_model import Display
from skyseg.panel.marks import MarkSet
from skyseg.panel.region_shapes import RegionShape
from skyseg.panel.shown_layers import ShownMap
from skyseg.panel.stack_work import add_stacks
from skyseg.panel.zero_points import give_zero_points
from skyseg.settings import config
from skyseg.survey import BandData, Data
from skyseg.survey.settling import settle_err_type

MapRole = Literal["SCI", "SEG", "ERR", "WHT", "BKG"]

ALL_BANDS = ""


class Place(BaseModel):
    """A part of the sky, or of an image without WCS, that is looked at.

    Attributes
    ----------
    x, y : float
        Centre: RA and Dec in degrees (ICRS) on the sky; column and row, from 0,
        in pixels.
    width, height : float
        Size in arcsec on the sky, else in pixels.
    frame : {"sky", "pixel"}
        What the numbers are.
    name : str
        What a person calls it; empty where it has no name.
    shape : RegionShape or None
        What is drawn over the image for it; nothing for a view.

    Examples
    --------
    >>> Place.on_sky(SkyCoord(53.1, -27.8, unit="deg"), 5 * u.arcsec).width
    5.0
    """

    model_config = ConfigDict(frozen=True)

    x: FiniteFloat
    y: FiniteFloat
    width: FiniteFloat = Field(gt=0)
    height: FiniteFloat = Field(gt=0)
    frame: Literal["sky", "pixel"] = "sky"
    name: str = ""
    shape: RegionShape | None = None

    @classmethod
    def on_sky(cls, centre: SkyCoord, size: u.Quantity, name: str = "") -> Place:
        """Make a place from a position and one or two angles, along x and y.

        Raises
        ------
        astropy.units.UnitsError
            If the size is no angle.
        """
        arcsec = u.Quantity(size).to_value(u.arcsec).ravel()
        icrs = centre.icrs
        return cls(
            x=float(icrs.ra.deg),
            y=float(icrs.dec.deg),
            width=float(arcsec[0]),
            height=float(arcsec[-1]),
            name=name,
        )

    @property
    def region(self) -> Region:
        """The place as ``(centre, size)``, which `skyseg.imaging.regions.region_slices` takes."""
        if self.frame == "pixel":
            return (self.x, self.y), (self.width, self.height)
        return self.centre, u.Quantity([self.width, self.height], u.arcsec)

    @property
    def centre(self) -> SkyCoord:
        """Centre of a place on the sky."""
        return SkyCoord(self.x, self.y, unit="deg")


class Session(EventedModel):
    """What is chosen and looked at; every field has a signal in ``events``.

    A session is saved by `skyseg.panel.session_file.save_session`.

    Attributes
    ----------
    data_dir : Path or None
        The archive; None is the configured one.
    survey, version : str
        The survey; empty where none is chosen.
    instruments : tuple of str
        Its instruments; empty for all.
    files : ChosenFiles or None
        Maps of no archive that are segmented in place of a survey's.
    band : str
        Key of the band, or `ALL_BANDS`.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    method : str
        Segmentation method.
    parameter_set : str
        Name of the parameter set that `parameters` started from.
    parameters : Parameters
        The extraction parameters.
    overwrite : bool
        Whether products are made again whatever is on disk.
    zero_points : dict of str to float
        AB magnitudes of one unit, by keys of the survey's bands, in place of those of headers.
    stacks : tuple of str
        Keys of the stacks that were made of the survey's bands; each is a band like others.
    mask : bool
        Whether the masks of bands are used.
    exclude : tuple of str
        Bits of these that are excluded from detection; the others flag sources alone.
    maps : tuple of str
        The maps that are shown besides SCI and SEG.
    display : Display
        How maps are drawn.
    preview : bool
        Whether changed parameters are tried out on what is in view.
    side_by_side : bool
        Whether each band has a box of its own; else they lie above each other where a viewer
        can show them so.
    region : Place or None
        What is looked at; None is all.
    places : tuple of Place
        Places that are remembered, in the order in which they are listed.
    target : Place or None
        The place that was gone to last, around which a frame is drawn.
    marks : tuple of MarkSet
        Catalogues and truth tables that are drawn over the image.
    layers : tuple of ShownMap
        The maps that are shown, from the lowest, as a viewer tells them when it is saved.
    selected : tuple of int
        NUMBERs of the selected sources; the last one is the current one.
    filter : str
        The filter that the sources which are shown match; empty where all are shown.
    columns : tuple of str
        Titles of the columns of sources that are shown; empty until some are chosen.
    difference : tuple of ComparedRun
        The two runs of a band that are chosen to be compared.
    compared : tuple of ComparedMap or None
        The two maps whose difference is shown; None where none is, or one is in no file.

    Examples
    --------
    >>> session = Session(survey="JOF", version="v11")
    >>> seen = []
    >>> _ = session.events.err_type.connect(seen.append)
    >>> session.err_type = "wht"
    >>> seen
    ['wht']
    """

    model_config = ConfigDict(validate_assignment=True, extra="forbid")

    data_dir: Path | None = None
    survey: str = ""
    version: str = ""
    instruments: tuple[str, ...] = ()
    files: ChosenFiles | None = None
    band: str = ALL_BANDS
    err_type: ErrType = "rms_err"
    method: str = Field(default_factory=lambda: config.method)
    parameter_set: str = "default"
    parameters: Parameters = Parameters()
    overwrite: bool = False
    zero_points: dict[str, FiniteFloat] = Field(default_factory=dict)
    stacks: tuple[str, ...] = ()
    mask: bool = False
    exclude: tuple[str, ...] = tuple(BIT_VALUES)
    maps: tuple[MapRole, ...] = ()
    display: Display = Display()
    preview: bool = False
    side_by_side: bool = False
    region: Place | None = None
    places: tuple[Place, ...] = ()
    target: Place | None = None
    marks: tuple[MarkSet, ...] = ()
    layers: tuple[ShownMap, ...] = ()
    selected: tuple[int, ...] = ()
    filter: str = ""
    columns: tuple[str, ...] = ()
    difference: tuple[ComparedRun, ComparedRun] = (
        ComparedRun(err_type="rms_err"),
        ComparedRun(err_type="wht"),
    )
    compared: ComparedPair | None = None

    _opened: tuple[tuple[Any, ...], Data] | None = PrivateAttr(None)

    @classmethod
    def of(cls, data: Data, **fields: Any) -> Session:
        """Make a session that looks at bands which are open already, and at their archive.

        Parameters
        ----------
        data : Data
            The bands.
        **fields
            Values of other fields.

        Returns
        -------
        Session
        """
        archives = {find_archive(band.sci.path, band.survey, band.instrument) for band in data}
        archive = archives.pop() if len(archives) == 1 else None
        given = {
            key: band.maps.given_zero_point for key, band in zip(data.keys(), data, strict=True)
            if band.maps.given_zero_point is not None
        }  # fmt: skip
        chosen = {"survey": data.survey, "version": data.version, "zero_points": given}
        session = cls(data_dir=archive, **{**chosen, **fields})
        session._opened = (session._key, data)
        return session

    @property
    def archive(self) -> Path:
        """The archive that is looked at."""
        return Path(config.data_dir if self.data_dir is None else self.data_dir)

    def imaging(self) -> tuple[Imaging, ...]:
        """List what the archive offers, and what is open already.

        Returns
        -------
        tuple of Imaging
            Sorted by survey, version and instrument.
        """
        found = set(list_imaging(self.archive, known_instruments(config.facilities)))
        if self._opened is not None and self._opened[0][0] == self.data_dir:
            found |= {
                Imaging(band.survey, band.version, band.instrument) for band in self._opened[1]
            }
        return tuple(sorted(found))

    def data(self) -> Data:
        """Return the bands of the chosen survey or files; the same object for the same choice.

        Raises
        ------
        SkysegError
            If nothing is chosen, else as `Data.from_survey_version` and
            `ChosenFiles.open_band` do.
        """
        if self._opened is None or self._opened[0] != self._key:
            self._opened = (self._key, add_stacks(self._open(), self.stacks))
        elif self.files is None:
            data = give_zero_points(self._opened[1], self.zero_points, self.stacks)
            self._opened = (self._key, data)
        return self._opened[1]

    def _open(self) -> Data:
        if self.files is not None:
            return Data([self.files.open_band()])
        if not self.survey:
            raise DataNotFoundError(
                f"no survey is chosen in {self.archive}",
                hint="choose one, or open another archive",
            )
        data = Data.from_survey_version(
            self.survey, self.version, self.instruments or None, data_dir=self.archive
        )
        return give_zero_points(data, self.zero_points)

    def add_stack(self, stack: BandData) -> str:
        """Let a stack be a band like others, and choose it; return its key."""
        data = self.data()
        others = [band for band in data if band != stack]
        joined = Data([*others, stack])
        joined.lost = data.lost
        stacks = tuple(dict.fromkeys((*self.stacks, stack.band)))
        self._opened = ((*self._key[:-1], stacks), joined)
        self.update({"stacks": stacks, "band": stack.band})
        return stack.band

    def bands(self) -> list[BandData]:
        """Return the chosen band, or all of them.

        Raises
        ------
        SkysegError
            If the survey or the band is not there.
        """
        data = self.data()
        return list(data) if self.band == ALL_BANDS else [data[self.band]]

    def choose_survey(self, survey: str) -> None:
        """Choose a survey of the archive, all of its instruments and bands.

        The version stays where the survey has it, else the last one is taken; of a survey
        that is not there nothing is chosen.
        """
        versions = [each.version for each in self.imaging() if each.survey == survey]
        if versions:
            version = self.version if self.version in versions else versions[-1]
            chosen = {"version": version, "survey": survey, "instruments": (), "stacks": ()}
            self.update({**chosen, "zero_points": {}, "band": ALL_BANDS})

    def use_parameter_set(self, name: str) -> None:
        """Choose a parameter set, take its values and the error type that its weights are of.

        Raises
        ------
        ParameterError
            If there is no such set, or it has a wrong value.
        """
        values = parameter_sets.load(name)[1]
        chosen: dict[str, Any] = {"parameter_set": name, "parameters": values}
        if values.weight_type is not None:
            chosen["err_type"] = settle_err_type(values, None)[0]
        self.update(chosen)

    def find_changed_parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters that differ from the chosen set.

        Raises
        ------
        ParameterError
            If the set is not there any more, or has a wrong value by now.
        """
        of_set = parameter_sets.load(self.parameter_set)[1]
        names = Parameters.names()
        return tuple(
            name for name in names if getattr(of_set, name) != getattr(self.parameters, name)
        )

    def has_two_passes(self) -> bool:
        """Tell whether the chosen set, where it is there still, is for a run in two passes."""
        try:
            return parameter_sets.find(self.parameter_set).hot is not None
        except ParameterError:
            return False

    def save_parameter_set(self, name: str) -> Path:
        """Save the parameters as a set of the person's own, and choose it.

        Parameters
        ----------
        name : str
            Its name; that of the chosen set, where it is the person's own, replaces it.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        SkysegError
            As `skyseg.methods.parameter_sets.save` does, or if the chosen set is for two passes.
        """
        if self.has_two_passes():
            raise ParameterError(
                f"{self.parameter_set} is two parameter sets, and a file holds one",
                hint="choose one of the two and save that; two are joined by their names",
            )
        path = parameter_sets.save(name, self.parameters, replace=name == self.parameter_set)
        self.parameter_set = name
        return path

    def choose_compared_run(self, place: int, run: ComparedRun) -> None:
        """Choose the first (0) or the second (1) of the two runs that are compared."""
        first, second = self.difference
        self.difference = (run, second) if place == 0 else (first, run)

    def segment_arguments(self) -> dict[str, Any]:
        """Return the arguments for `BandData.segment`.

        Returns
        -------
        dict
            ``err_type``, ``method``, ``parameters``, ``overwrite``, and ``mask`` and
            ``exclude`` where masks are used. The parameter set goes by its name while its
            values are unchanged.

        Raises
        ------
        ParameterError
            As `find_changed_parameters` does, or if values of a run in two passes are changed.
        """
        unchanged = not self.find_changed_parameters()
        if not unchanged and self.has_two_passes():
            raise ParameterError(
                f"values are changed, and {self.parameter_set} runs two sets as they are",
                hint="choose it again, or one of the two to change that alone",
            )
        return {
            "err_type": self.err_type,
            "method": self.method,
            "parameters": self.parameter_set if unchanged else self.parameters,
            "overwrite": self.overwrite,
            **self.mask_arguments(),
        }

    def mask_arguments(self) -> dict[str, Any]:
        """Return the arguments by which `BandData.segment` uses a mask; nothing without one."""
        return {"mask": True, "exclude": list(self.exclude)} if self.mask else {}

    @property
    def _key(self) -> tuple[Any, ...]:
        imaging = self.data_dir, self.survey, self.version, self.instruments, self.files
        return *imaging, self.stacks
