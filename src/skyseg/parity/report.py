"""What a comparison with SExtractor found: numbers, a table of sources, a map of differences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg.engine import Parameters
from skyseg.engine.flags import Flag
from skyseg.engine.types import BoolArray, ByteImage, ErrType, LabelImage
from skyseg.methods.base import Request
from skyseg.methods.sextractor_files import FileRun
from skyseg.parity.agreement import MapAgreement, Matches, agree, draw_difference_map, match_sources
from skyseg.parity.measurements import (
    AskedColumns,
    ColumnAgreement,
    FlagAgreement,
    agree_on_columns,
    agree_on_flags,
    find_isolated,
    find_rows,
)

if TYPE_CHECKING:
    from astropy.table import QTable
    from astropy.wcs import WCS


_LIBRARIES: Final = ("numpy", "astropy")


@dataclass(frozen=True)
class Input:
    """A map that both programs were given.

    Attributes
    ----------
    role : str
        SCI, ERR or WHT.
    name : str
        Path and HDU, or that it is an array.
    sha256 : str
        Checksum of the file, or of the array's bytes.
    """

    role: str
    name: str
    sha256: str


@dataclass(frozen=True)
class MeasuredImage:
    """Another image, in which both programs measured what they detected.

    Attributes
    ----------
    name : str
        What its maps are.
    inputs : tuple of Input
        The maps.
    n_bad : int
        Number of bad pixels.
    err_type : {"rms_err", "wht", "none"}
        MAP_RMS, MAP_WEIGHT or NONE.
    parameters : Parameters
        The values of the parameter set for it.
    """

    name: str
    inputs: tuple[Input, ...]
    n_bad: int
    err_type: ErrType
    parameters: Parameters


@dataclass(frozen=True)
class ProgramResult:
    """What one of the programs gave.

    Attributes
    ----------
    labels : ndarray of int32, shape (ny, nx)
        Its map; 0 is background.
    cat : astropy.table.QTable
        Its catalogue.
    version : str
        Its name and version.
    """

    labels: LabelImage
    cat: QTable
    version: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ParityReport:
    """Agreement of the embedded engine with the SExtractor that is installed.

    Attributes
    ----------
    name : str
        What the maps are.
    inputs : tuple of Input
        The maps.
    shape : tuple of int
        Their shape (ny, nx).
    n_bad : int
        Number of bad pixels.
    err_type : {"rms_err", "wht"}
        MAP_RMS or MAP_WEIGHT.
    set_name : str
        Name of the parameter set.
    parameters : Parameters
        Its values.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    pix_scale : float
        Side of a pixel in arcsec.
    versions : dict of str to str
        Versions of the programs and libraries.
    agreement : MapAgreement
        Of the maps.
    isolated : tuple of ColumnAgreement
        Of the measurements of matched sources that FLAGS calls clean in both
        catalogues and that have no other detected pixel in their largest aperture.
    matched : tuple of ColumnAgreement
        Of the measurements of all matched sources.
    flags_equal, n_matched : int
        Matched sources with the same FLAGS, and all of them.
    flags : tuple of FlagAgreement
        FLAGS of the matched sources, bit by bit.
    given : dict of str to str
        What SExtractor read as SCI, ERR or WHT and parameters: the user's own file, or a copy
        and why.
    changed : dict of str to str
        Settings that went before those of a ``.sex`` file that it read itself.
    matches : Matches
        What became of each of SExtractor's sources.
    is_isolated : ndarray of bool, shape (n,)
        Which of them are isolated.
    sextractor, skyseg : ProgramResult
        What the two programs gave.
    wcs : astropy.wcs.WCS or None
        Of the maps.
    asked : AskedColumns or None
        What a ``.param`` file asks to compare; None where all is compared that the engine
        measures.
    measured : MeasuredImage or None
        The image that the measurements are of, where it is another one than the sources
        were detected in.
    """

    name: str
    inputs: tuple[Input, ...]
    shape: tuple[int, int]
    n_bad: int
    err_type: ErrType
    set_name: str
    parameters: Parameters
    aper_diams: tuple[float, ...]
    pix_scale: float
    versions: dict[str, str]
    agreement: MapAgreement
    isolated: tuple[ColumnAgreement, ...]
    matched: tuple[ColumnAgreement, ...]
    flags_equal: int
    n_matched: int
    flags: tuple[FlagAgreement, ...]
    given: dict[str, str]
    changed: dict[str, str]
    matches: Matches
    is_isolated: BoolArray
    sextractor: ProgramResult
    skyseg: ProgramResult
    wcs: WCS | None
    asked: AskedColumns | None = None
    measured: MeasuredImage | None = None

    @cached_property
    def difference_map(self) -> ByteImage:
        """A `skyseg.parity.agreement.Difference` for every pixel."""
        return draw_difference_map(self.sextractor.labels, self.skyseg.labels, self.matches)

    @cached_property
    def table(self) -> QTable:
        """One row per source of either program; see `skyseg.parity.sources`."""
        from skyseg.parity.sources import tabulate_sources

        return tabulate_sources(self.sextractor, self.skyseg, self.matches, self.is_isolated)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the sources as values that JSON has.

        Returns
        -------
        dict
            What is not known is None.
        """
        return {
            "name": self.name,
            "inputs": [asdict(each) for each in self.inputs],
            "shape": list(self.shape),
            "n_bad": self.n_bad,
            "err_type": self.err_type,
            "parameter_set": self.set_name,
            "parameters": self.parameters.to_sextractor(),
            "given": self.given,
            "changed": self.changed,
            "aper_diams_arcsec": list(self.aper_diams),
            "pix_scale_arcsec": self.pix_scale,
            "versions": self.versions,
            "agreement": asdict(self.agreement),
            "isolated": [_finite(asdict(each)) for each in self.isolated],
            "matched": [_finite(asdict(each)) for each in self.matched],
            "flags": {
                "matched": self.n_matched,
                "equal": self.flags_equal,
                "bits": [asdict(each) for each in self.flags],
            },
            **({} if self.asked is None else {"asked": asdict(self.asked)}),
            **({} if self.measured is None else {"measured": _as_dict(self.measured)}),
        }

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the report as FITS.

        Parameters
        ----------
        path : str or Path
            The file. Its HDUs are DIFF (the map of differences), SOURCES (the
            table) and MEASUREMENTS; the first header says what was compared.
        overwrite : bool
            Whether to replace a file that is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ProductError
            If the file is there already, or cannot be written.
        """
        from skyseg.parity.fits_report import write

        return write(self, Path(path), overwrite=overwrite)

    def __str__(self) -> str:
        from skyseg.parity.text_report import write_text

        return write_text(self)

    def __repr__(self) -> str:
        found = self.agreement
        return (
            f"<ParityReport of {self.name}: {found.foreground_differ} foreground pixels differ, "
            f"{found.identical} of {found.sex_sources} sources identical>"
        )


def report_on(
    request: Request, set_name: str, inputs: tuple[Input, ...], program: FileRun,
    skyseg: ProgramResult, detected: BoolArray, n_bad: int, asked: AskedColumns | None,
    measured: MeasuredImage | None,
) -> ParityReport:  # fmt: skip
    """Compare what the two programs gave.

    Parameters
    ----------
    request : Request
        What both were asked for.
    set_name : str
        Name of the parameter set.
    inputs : tuple of Input
        The maps.
    program : FileRun
        What SExtractor gave, and of which files.
    skyseg : ProgramResult
        What the embedded engine gave.
    detected : ndarray of bool, shape (ny, nx)
        Pixels above the threshold, those of small detections among them.
    n_bad : int
        Number of bad pixels.
    asked : AskedColumns or None
        What a ``.param`` file asks to compare.
    measured : MeasuredImage or None
        The image that they measured in, where it is another one.

    Returns
    -------
    ParityReport
    """
    sextractor = ProgramResult(program.labels, program.cat, program.version)
    matches = match_sources(sextractor.labels, skyseg.labels)
    sex_rows = find_rows(sextractor.cat, matches.label)
    own_rows = find_rows(skyseg.cat, matches.partner)
    flags = np.asarray(sextractor.cat["FLAGS"])
    unblended = flags[sex_rows] & int(Flag.MERGED) == 0
    is_isolated = _isolated(request, sextractor, skyseg, detected, matches)
    pairs = sex_rows[own_rows >= 0], own_rows[own_rows >= 0]
    alone = sex_rows[is_isolated], own_rows[is_isolated]
    flag_pairs = flags[pairs[0]], np.asarray(skyseg.cat["FLAGS"])[pairs[1]]
    equal = flag_pairs[0] == flag_pairs[1]
    cats = sextractor.cat, skyseg.cat
    of = request.aper_diams, request.parameters.phot_fluxfrac
    return ParityReport(
        name=request.name,
        inputs=inputs,
        shape=(detected.shape[0], detected.shape[1]),
        n_bad=n_bad,
        err_type=request.err_type,
        set_name=set_name,
        parameters=request.parameters,
        aper_diams=request.aper_diams,
        pix_scale=request.pix_scale,
        versions=_versions(sextractor, skyseg),
        agreement=agree(sextractor.labels, skyseg.labels, matches, unblended),
        isolated=agree_on_columns(*cats, alone, *of),
        matched=agree_on_columns(*cats, pairs, *of),
        flags_equal=int(np.count_nonzero(equal)),
        n_matched=len(equal),
        flags=agree_on_flags(*flag_pairs),
        given=program.given,
        changed=program.changed,
        matches=matches,
        is_isolated=is_isolated,
        sextractor=sextractor,
        skyseg=skyseg,
        wcs=request.wcs,
        asked=asked,
        measured=measured,
    )


def _isolated(
    request: Request,
    sextractor: ProgramResult,
    skyseg: ProgramResult,
    detected: BoolArray,
    matches: Matches,
) -> BoolArray:
    diameter = max(request.aper_diams) / request.pix_scale
    found = matches.partner > 0
    for side, numbers in ((sextractor, matches.label), (skyseg, matches.partner)):
        occupied = np.where((side.labels == 0) & detected, np.int32(-1), side.labels)
        found &= find_isolated(occupied, side.cat, numbers, diameter)
    return found


def _versions(sextractor: ProgramResult, skyseg: ProgramResult) -> dict[str, str]:
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"sextractor": sextractor.version, "skyseg": skyseg.version, **libraries}


def _as_dict(measured: MeasuredImage) -> dict[str, Any]:
    return {
        "name": measured.name,
        "inputs": [asdict(each) for each in measured.inputs],
        "n_bad": measured.n_bad,
        "err_type": measured.err_type,
        "parameters": measured.parameters.to_sextractor(),
    }


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value
        for key, value in values.items()
    }
