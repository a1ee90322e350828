"""Files of no archive that are segmented: which map is SCI, ERR and WHT, and the zero point."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from skyseg import methods
from skyseg.errors import DataNotFoundError, ParameterError, ProductError, SkysegError
from skyseg.imaging.companions import find_noise_beside
from skyseg.imaging.label_maps import name_role
from skyseg.imaging.maps import NO_VERSION
from skyseg.imaging.names import make_name
from skyseg.imaging.reading import list_hdus
from skyseg.imaging.refs import MapRef, make_ref
from skyseg.panel.naming import name_map
from skyseg.products.fits_files import read_header
from skyseg.products.input_maps import list_named_inputs
from skyseg.products.names import find_root
from skyseg.survey import BandData

_FIELDS: Final = {"SCI": "sci", "ERR": "err", "VARIANCE": "err", "WHT": "wht"}
_LETTERS: Final = 6


class ChosenFiles(BaseModel):
    """Maps that lie anywhere, as a person names them.

    Attributes
    ----------
    sci, err, wht : str
        ``path`` or ``path[HDU]``; empty for none. Without ERR and WHT those in the file of
        SCI are taken, else the noise is that of the image.
    zero_point : str
        AB magnitude of one unit of SCI; empty for the header's.
    work_dir : str
        Folder for the products; empty for that of the settings.

    Examples
    --------
    >>> ChosenFiles(sci="sci.fits", zero_point="28.9").open_band().zero_point
    28.9
    """

    model_config = ConfigDict(frozen=True)

    sci: str = ""
    err: str = ""
    wht: str = ""
    zero_point: str = ""
    work_dir: str = ""

    def change(self, **fields: str) -> ChosenFiles:
        """Return the choice with other fields."""
        return self.model_copy(update={name: text.strip() for name, text in fields.items()})

    def map_paths(self, change: Callable[[Path], Path]) -> ChosenFiles:
        """Return the choice with another path in place of each; addresses on a server stay.

        Examples
        --------
        >>> ChosenFiles(sci="a.fits[SCI]").map_paths(lambda path: "/data" / path).sci
        '/data/a.fits[SCI]'
        """

        def changed(text: str) -> str:
            named = text.endswith("]")
            path, bracket, ext = text.rpartition("[") if named else (text, "", "")
            return text if not path or "://" in path else f"{change(Path(path))}{bracket}{ext}"

        names = ("sci", "err", "wht", "work_dir")
        return self.change(**{name: changed(getattr(self, name)) for name in names})

    def open_band(self) -> BandData:
        """Open the chosen maps as a band.

        Its survey has the name of the file. Where products of that name are of another file
        that is still there, the version has the name of the folder, so that files of one
        name share no products.

        Raises
        ------
        DataNotFoundError
            If no SCI is chosen, or a file is not there.
        SkysegError
            If the maps cannot be used, or the zero point is no number.
        """
        if not self.sci:
            raise DataNotFoundError("no science image is chosen", hint="choose one as SCI")
        zero_point = _read_zero_point(self.zero_point)

        def open_as(version: str) -> BandData:
            return BandData.from_files(
                *(self.sci, self.err or None, self.wht or None),
                version=version,
                zero_point=zero_point,
                work_dir=self.work_dir or None,
            )

        band = open_as(NO_VERSION)
        folder = band.sci.path.parent
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:_LETTERS]
        named = f"{NO_VERSION}-{make_name(folder.name) or 'root'}"
        for version in (named, f"{named}-{digest}"):
            if not _is_taken(band):
                break
            band = open_as(version)
        return band


def choose_files(paths: Iterable[Path], before: ChosenFiles | None = None) -> ChosenFiles:
    """Choose maps of files by what they are; the last of a kind counts.

    With a science image that was not chosen before come the ERR and WHT maps beside it whose
    files have its name.

    Parameters
    ----------
    paths : iterable of Path
        The files.
    before : ChosenFiles, optional
        What was chosen before. It stays, but where another SCI comes: then maps of other
        files than these are of another image.

    Returns
    -------
    ChosenFiles
        Without SCI where none of the files is one.

    Raises
    ------
    SkysegError
        If a file cannot be read.

    Examples
    --------
    >>> chosen = choose_files([Path("sci.fits").absolute(), Path("wht.fits").absolute()])
    >>> chosen.sci.rpartition("/")[2], chosen.err, chosen.wht.rpartition("/")[2]
    ('sci.fits[SCI]', '', 'wht.fits[WHT]')
    """
    found: dict[str, str] = {}
    for path in paths:
        found |= _find_maps(path)
    kept = ChosenFiles() if before is None else before
    if "sci" in found and found["sci"] != kept.sci:
        kept = ChosenFiles(work_dir=kept.work_dir)
        found = _find_beside(found["sci"]) | found
    return kept.change(**found)


def list_maps(bands: Iterable[BandData]) -> dict[str, str]:
    """List the maps of bands that lie in files: by what they are called, ``path[HDU]``."""
    return {
        name_map(band, role): str(ref)
        for band in bands
        for role, ref in (("SCI", band.sci), ("ERR", band.err), ("WHT", band.wht))
        if ref is not None
    }


def _find_maps(path: Path) -> dict[str, str]:
    """Return the maps of a file by field; an image of which nothing is told counts as SCI."""
    listing = list_hdus(path)
    roles = [(name_role(listing, hdu), hdu) for hdu in reversed(listing.images)]
    found = {_FIELDS[role]: str(make_ref(listing, hdu)) for role, hdu in roles if role in _FIELDS}
    if not found and len(roles) == 1 and roles[0][0] not in ("SEG", "DQ"):
        found["sci"] = str(make_ref(listing, roles[0][1]))
    return found


def _find_beside(sci: str) -> dict[str, str]:
    beside = find_noise_beside(MapRef.parse(sci))
    return {_FIELDS[role]: str(ref) for role, ref in beside.items()}


def _read_zero_point(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise ParameterError(
            f"{text!r} is no magnitude", hint="give a number such as 28.9, or nothing"
        ) from error


def _is_taken(band: BandData) -> bool:
    """Tell whether products of its name were made from another file that is still there."""
    for method in methods.names():
        try:
            root = find_root(method, band.work_dir)
        except SkysegError:  # the method is broken, and makes nothing
            continue
        folder = root / band.instrument / band.version / band.survey
        for seg in folder.glob("*/segmentation/*_seg.fits"):
            inputs = list_named_inputs(_read_header(seg))
            if any(role == "SCI" and _is_other(path, band.sci.path) for role, path, _ in inputs):
                return True
    return False


def _read_header(seg: Path) -> dict[str, object]:
    try:
        return dict(read_header(seg) or {})
    except ProductError:  # it is damaged, which a run says
        return {}


def _is_other(path: Path, own: Path) -> bool:
    return path.is_file() and path.resolve() != Path(own).resolve()
