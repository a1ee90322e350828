"""Options that several commands take together: the imaging, and how it is extracted."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_type_hints

from skyseg.cli.options import (
    AperDiams,
    Bands,
    DataDir,
    DetectErrType,
    DetectMask,
    DetectMethod,
    DetectParameters,
    Err,
    ErrTypeOption,
    Exclude,
    FlagImage,
    ImExtName,
    ImStr,
    Instruments,
    Method,
    Out,
    ParameterSet,
    Params,
    PixScale,
    RmsErrExtName,
    RmsErrStr,
    SameGrid,
    Sci,
    Survey,
    UseEdits,
    UseMask,
    Version,
    VersionToDir,
    Wht,
    WhtExtName,
    WhtStr,
    ZeroPoint,
)
from skyseg.cli.parsing import (
    parse_aper_diams,
    parse_exclude,
    parse_pix_scale,
    parse_version_to_dir,
    parse_zero_point,
)
from skyseg.errors import ParameterError, SkysegError, verbatim

if TYPE_CHECKING:
    from skyseg.survey import BandData, Data


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take the fields of its dataclass arguments as options of their own.

    Examples
    --------
    >>> @dataclass
    ... class Size:
    ...     width: int = 1
    ...     height: int = 2
    >>> @with_options
    ... def command(size: Size, *, quiet: bool = False) -> None: ...
    >>> print(inspect.signature(command))
    (*, width: int = 1, height: int = 2, quiet: bool = False) -> None
    """
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {}
    shown: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        if is_dataclass(parameter.annotation):
            groups[name] = parameter.annotation
            shown += _fields_as_options(parameter.annotation)
        else:
            shown.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def grouped(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**made, **given)

    grouped.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    grouped.__annotations__ = {each.name: each.annotation for each in shown}
    return grouped


def _fields_as_options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The imaging that a command is asked to use: that of a survey, or files."""

    survey: Survey = None
    version: Version = None
    band: Bands = None
    sci: Sci = None
    err: Err = None
    wht: Wht = None
    zero_point: ZeroPoint = None
    same_grid: SameGrid = False


_ROLE_NAMES = (
    *("im_str", "rms_err_str", "wht_str"),
    *("im_ext_name", "rms_err_ext_name", "wht_ext_name"),
)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where imaging is found, and where products go."""

    instrument: Instruments = None
    version_to_dir: VersionToDir = None
    pix_scale: PixScale = None
    data_dir: DataDir = None
    out: Out = None
    im_str: ImStr = None
    rms_err_str: RmsErrStr = None
    wht_str: WhtStr = None
    im_ext_name: ImExtName = None
    rms_err_ext_name: RmsErrExtName = None
    wht_ext_name: WhtExtName = None

    def role_names(self) -> dict[str, list[str]]:
        """Return the names of roles that are given, as arguments of `Data.from_survey_version`."""
        given = {name: getattr(self, name) for name in _ROLE_NAMES}
        return {name: texts for name, texts in given.items() if texts}


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """How sources are extracted."""

    err_type: ErrTypeOption = None
    method: Method = None
    parameters: ParameterSet = "default"
    aper_diams: AperDiams = None
    params_name: Params = None
    flag_image: FlagImage = None
    mask: UseMask = False
    exclude: Exclude = None

    def arguments(self) -> dict[str, Any]:
        """Return it as arguments of `BandData.segment`.

        Raises
        ------
        ParameterError
            If an aperture diameter is no number.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {
            "aper_diams": parse_aper_diams(self.aper_diams),
            "exclude": parse_exclude(self.exclude),
        }


@dataclass(frozen=True, kw_only=True)
class Detecting:
    """How the sources are detected that are measured in bands, or that depths keep off."""

    detect_err_type: DetectErrType = None
    detect_method: DetectMethod = None
    detect_parameters: DetectParameters = "default"
    detect_mask: DetectMask = False
    edits: UseEdits = False

    def arguments(self) -> dict[str, Any]:
        """Return it as arguments of `BandData.segment`, but ``edits``."""
        names = ("err_type", "method", "parameters", "mask")
        return {name: getattr(self, f"detect_{name}") for name in names}

    def part_exclude(self, exclude: list[str] | None, *, mask: bool) -> tuple[list[str], list[str]]:
        """Return the bits excluded from the detection, and from what is measured: where masks are.

        Raises
        ------
        ParameterError
            If bits are named and no mask is used, or there is no bit of that name.
        """
        from skyseg.masks.bits import parse_excluded

        bits = parse_exclude(exclude)
        parse_excluded(bits, has_mask=mask or self.detect_mask)
        return bits if self.detect_mask else ["all"], bits if mask else ["all"]

    def refuse_beside(self, seg: str) -> None:
        """Refuse what says how to detect where a map is given in place of the detection's.

        Raises
        ------
        ParameterError
            If anything does.
        """
        for each in fields(self):
            if getattr(self, each.name) != each.default:
                name = "with_edits" if each.name == "edits" else each.name
                raise ParameterError(
                    f"changes nothing, as {seg} stands for the map of the detection",
                    hint="leave one of the two out", argument=name,
                )  # fmt: skip


class OpenedBands(list["BandData"]):
    """The bands that a command is asked to use.

    Attributes
    ----------
    lost : mapping of str to SkysegError
        Those of which a file cannot be read, and why.
    """

    def __init__(
        self, bands: Iterable[BandData], lost: Mapping[str, SkysegError] = MappingProxyType({})
    ) -> None:
        super().__init__(bands)
        self.lost = lost

    def find(self, key: str) -> BandData:
        """Return the band of a key; see `skyseg.Data`."""
        from skyseg.survey import Data

        return Data(self)[key]


def open_bands(inputs: Inputs, archive: Archive) -> OpenedBands:
    """Find the bands that a command is asked to use.

    Raises
    ------
    ParameterError
        If neither a survey and version nor a science image is given, or both, or options do
        not go together.
    SkysegError
        As `Data.from_survey_version` and `BandData.from_files` do.
    """
    if inputs.sci is not None:
        if inputs.survey is not None:
            raise ParameterError(
                f"is given, and {inputs.survey} too, whose imaging it would stand for",
                hint="leave out one of the two", argument="sci",
            )  # fmt: skip
        return OpenedBands([_open_files(inputs, archive)])
    if inputs.err is not None or inputs.wht is not None:
        raise ParameterError("there is an error map without its image", hint="give {sci} too")
    if inputs.survey is not None and inputs.version is None:
        raise ParameterError(
            f"of {inputs.survey} is missing",
            hint=f"give it behind the survey, as in {verbatim(inputs.survey)} v1",
            argument="version",
        )
    if inputs.survey is None or inputs.version is None:
        raise ParameterError("no imaging is named", hint="give SURVEY and VERSION, or {sci} FILE")
    data = open_survey(inputs.survey, inputs.version, inputs, archive)
    if not inputs.band:
        return OpenedBands(data, data.lost)
    lost = {key: error for key, error in data.lost.items() if key in map(str.upper, inputs.band)}
    return OpenedBands((data[key] for key in inputs.band if key.upper() not in lost), lost)


def open_band(inputs: Inputs, archive: Archive) -> BandData:
    """Find the one band that a command is asked to use.

    Raises
    ------
    ParameterError
        If several are named, or there and none is named.
    SkysegError
        As `open_bands` does, and why the band cannot be read.
    """
    if len(inputs.band or ()) > 1:
        raise ParameterError("is given more than once", hint="name one band", argument="band")
    bands = open_bands(inputs, archive)
    if len(bands) + len(bands.lost) > 1:
        names = ", ".join((*(band.band or band.name for band in bands), *bands.lost))
        raise ParameterError(f"more than one band is there, {names}", hint="name one with {band}")
    for error in bands.lost.values():
        raise error
    return bands[0]


def open_survey(survey: str, version: str, inputs: Inputs, archive: Archive) -> Data:
    """Find all bands of a survey.

    Raises
    ------
    SkysegError
        As `Data.from_survey_version` does.
    """
    from skyseg.survey import Data

    return Data.from_survey_version(
        survey,
        version,
        archive.instrument or None,
        parse_version_to_dir(archive.version_to_dir),
        pix_scales=parse_pix_scale(archive.pix_scale),
        zero_point=parse_zero_point(inputs.zero_point),
        data_dir=archive.data_dir,
        work_dir=archive.out,
        same_grid=inputs.same_grid,
        **archive.role_names(),
    )


def _open_files(inputs: Inputs, archive: Archive) -> BandData:
    from skyseg.survey import BandData

    bands = inputs.band or []
    cameras = archive.instrument or []
    if len(bands) > 1 or len(cameras) > 1:
        key = "band" if len(bands) > 1 else "instrument"
        raise ParameterError(
            "is one band of one instrument",
            hint=f"give {{{key}}} once, as its name",
            argument="sci",
        )
    for name in archive.role_names():
        raise ParameterError(
            "tells the maps of a survey apart",
            hint="name each map as FILE[EXT] with {sci}, {err} and {wht}",
            argument=name,
        )
    assert inputs.sci is not None
    zero_point = parse_zero_point(inputs.zero_point)
    if isinstance(zero_point, dict):
        raise ParameterError(
            "names bands, and there is one image", hint="give a number", argument="zero_point"
        )
    return BandData.from_files(
        inputs.sci,
        inputs.err,
        inputs.wht,
        band=bands[0] if bands else None,
        zero_point=zero_point,
        pix_scale=parse_pix_scale(archive.pix_scale),
        instrument=cameras[0] if cameras else None,
        work_dir=archive.out,
        same_grid=inputs.same_grid,
    )
