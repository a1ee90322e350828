"""Where a map is: a file and one of its HDUs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from skyseg.errors import (
    AmbiguousDataError,
    DataNotFoundError,
    ImageError,
    ParameterError,
    verbatim,
)
from skyseg.imaging.names import Role, make_name
from skyseg.imaging.reading import Hdu, Listing, list_hdus
from skyseg.imaging.remote import is_url, open_url
from skyseg.imaging.roles import RoleNames, get_role_names, holds_variance
from skyseg.writing import make_absolute

_BRACKETS = re.compile(r"(?P<path>.+)\[(?P<ext>[^\[\]]+)\]", re.DOTALL)


@dataclass(frozen=True)
class MapRef:
    """One 2-D map on disk.

    Attributes
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU, from 0.
    name : str
        EXTNAME where the HDU has one that no other HDU of the file has; with
        EXTVER, as in ``"SCI,2"``, where it takes that to tell them apart; else
        empty.

    Examples
    --------
    >>> str(MapRef(Path("f444w_i2d.fits"), 1, "SCI"))
    'f444w_i2d.fits[SCI]'
    """

    path: Path
    ext: int
    name: str = ""

    def __str__(self) -> str:
        return f"{self.path}[{self.name or self.ext}]"

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        ny, nx = self._hdu.shape[-2:]
        return ny, nx

    @property
    def is_variance(self) -> bool:
        """Whether it holds the square of an rms, by EXTNAME or the file's name."""
        return holds_variance(self.path, self._hdu.kind)

    @property
    def _hdu(self) -> Hdu:
        return list_hdus(self.path).hdus[self.ext]

    @classmethod
    def parse(cls, text: str | Path | MapRef, role: Role | None = "SCI") -> MapRef:
        """Find the map that a text names.

        Parameters
        ----------
        text : str, Path or MapRef
            ``path``, ``path[EXTNAME]``, ``path[EXTNAME,EXTVER]`` or
            ``path[number]``. Without brackets it is the HDU whose EXTNAME says
            the role, else the only 2-D image of the file. A path may be a URL
            that fsspec knows.
        role : {"SCI", "ERR", "WHT"} or None
            What the map is wanted as; None for something else.

        Returns
        -------
        MapRef

        Raises
        ------
        DataNotFoundError
            If the file or the HDU does not exist.
        ImageError
            If the file cannot be read or the HDU is not a 2-D image.
        AmbiguousDataError
            If several HDUs fit.
        ParameterError
            If it is not a text, path or MapRef.
        """
        if isinstance(text, MapRef):
            text = f"{text.path}[{text.ext}]"
        if not isinstance(text, (str, Path)) and not is_url(str(text)):
            raise ParameterError(
                f"{text!r} does not name a map",
                hint="give 'path', 'path[EXTNAME]', 'path[EXTNAME,EXTVER]' or 'path[number]'",
            )
        brackets = _BRACKETS.fullmatch(str(text))
        if brackets is None:
            listing = list_hdus(_locate(str(text)))
            return make_ref(listing, _wanted(listing, role))
        listing = list_hdus(_locate(brackets["path"]))
        return make_ref(listing, _named(listing, brackets["ext"].strip()))


def make_ref(listing: Listing, hdu: Hdu) -> MapRef:
    """Refer to one HDU of a file; its name is kept only where it is the only one.

    Raises
    ------
    ImageError
        If the HDU is not a 2-D image.
    """
    where = f"{listing.path}[{hdu.name or hdu.index}]"
    if len(hdu.shape) > 2 and not hdu.is_image:
        raise ImageError(
            f"{where} is a cube of {' x '.join(map(str, hdu.shape))}", hint="give a 2-D image"
        )
    if not hdu.is_image:
        raise ImageError(
            f"{where} holds no 2-D image",
            hint=f"the file has {verbatim(listing)}, so name another HDU",
        )
    return MapRef(listing.path, hdu.index, _unique_name(listing, hdu))


def _unique_name(listing: Listing, hdu: Hdu) -> str:
    versions = [other.version for other in listing.hdus if other.name == hdu.name]
    if not hdu.name or versions.count(hdu.version) > 1:
        return ""
    return hdu.name if len(versions) == 1 else f"{hdu.name},{hdu.version}"


def list_roles(listing: Listing, names: RoleNames | None = None) -> dict[Role, list[MapRef]]:
    """Return the maps of a file whose EXTNAME says their role; roles without one are left out.

    Parameters
    ----------
    listing : Listing
        What the file holds.
    names : RoleNames, optional
        The names that tell roles; by default those of the settings.
    """
    return {
        role: [make_ref(listing, hdu) for hdu in hdus]
        for role, hdus in _list_role_hdus(listing, names).items()
    }


def _list_role_hdus(listing: Listing, names: RoleNames | None = None) -> dict[Role, list[Hdu]]:
    found: dict[Role, list[Hdu]] = {}
    for role, groups in (names or get_role_names()).extnames.items():
        for group in groups:
            hdus = [hdu for hdu in listing.images if hdu.kind in group]
            if hdus:
                found[role] = hdus
                break
    return found


def parse_maps(
    sci: str | Path | MapRef,
    err: str | Path | MapRef | None,
    wht: str | Path | MapRef | None,
) -> tuple[MapRef, MapRef | None, MapRef | None]:
    """Find the maps of a band that a person names.

    Where neither `err` nor `wht` is given they are looked for in the file of `sci`,
    where EXTNAME or the like tells the three roles. Where a file has several images,
    those of the EXTVER and BAND of `sci` belong to it.

    Raises
    ------
    SkysegError
        As `MapRef.parse` does.
    ParameterError
        If `wht` holds a variance.
    """
    sci_ref = MapRef.parse(sci, "SCI")
    if err is not None or wht is not None:
        err_ref = None if err is None else MapRef.parse(err, "ERR")
        wht_ref = None if wht is None else MapRef.parse(wht, "WHT")
        if wht_ref is not None and wht_ref.is_variance:
            raise ParameterError(
                f"is {wht_ref}, which holds a variance", hint="give it as {err}", argument="wht"
            )
        return sci_ref, err_ref, wht_ref
    return sci_ref, *_find_noise(sci_ref)


def _find_noise(sci: MapRef) -> tuple[MapRef | None, MapRef | None]:
    """Find ERR and WHT in the file of an image, as far as its headers tell them."""
    listing = list_hdus(sci.path)
    roles = _list_role_hdus(listing)
    own = listing.hdus[sci.ext]
    images = roles.get("SCI", [])
    if own not in images or len(_with(own, images)) > 1:
        return None, None

    def find(role: Role) -> MapRef | None:
        hdus = roles.get(role, [])
        if len(images) > 1 or len(hdus) > 1:
            hdus = _with(own, hdus)
        return make_ref(listing, hdus[0]) if len(hdus) == 1 else None

    return find("ERR"), find("WHT")


def _with(own: Hdu, hdus: list[Hdu]) -> list[Hdu]:
    return [hdu for hdu in hdus if (hdu.version, hdu.band) == (own.version, own.band)]


def name_hdu(ref: MapRef) -> str:
    """Return what tells a map from the others of its file.

    Returns
    -------
    str
        Empty where the path alone finds the map; else EXTNAME and EXTVER, or
        ``HDU`` with its number.

    Examples
    --------
    >>> name_hdu(MapRef.parse("f444w_i2d.fits[WHT]"))
    'WHT'
    """
    try:
        if MapRef.parse(ref.path) == ref:
            return ""
    except AmbiguousDataError:
        pass
    return make_name(ref.name.replace(",", "")) or f"HDU{ref.ext}"


def find_only_image(listing: Listing) -> Hdu:
    """Return the only 2-D image of a file.

    Raises
    ------
    ImageError
        If there is none.
    AmbiguousDataError
        If there are several.
    """
    images = listing.images
    if len(images) > 1:
        raise AmbiguousDataError(
            f"{listing.path} holds several images: {listing}", hint=_how_to_name(listing)
        )
    if not images:
        raise ImageError(
            f"{listing.path} holds no 2-D image but {listing}", hint="give a file with a 2-D image"
        )
    return images[0]


def _how_to_name(listing: Listing) -> str:
    versions = any(hdu.version != 1 for hdu in listing.images if hdu.name)
    by_version = "'path[EXTNAME,EXTVER]' or " if versions else ""
    return f"name one as {by_version}'path[number]'"


def _wanted(listing: Listing, role: Role | None) -> Hdu:
    fitting = [] if role is None else _list_role_hdus(listing).get(role, [])
    return fitting[0] if len(fitting) == 1 else find_only_image(listing)


def _named(listing: Listing, ext: str) -> Hdu:
    name, _, version = (part.strip() for part in ext.upper().rpartition(","))
    if ext.isdecimal():
        fitting = [hdu for hdu in listing.hdus if hdu.index == int(ext)]
    else:
        fitting = [hdu for hdu in listing.hdus if hdu.name == ext.upper()]
    if not fitting and name and version.isdecimal():
        fitting = [h for h in listing.hdus if (h.name, h.version) == (name, int(version))]
    if len(fitting) > 1:
        raise AmbiguousDataError(
            f"{listing.path} holds several HDUs named {ext}: {listing}", hint=_how_to_name(listing)
        )
    if not fitting:
        raise DataNotFoundError(
            f"{listing.path} has no HDU {ext}", hint=f"it has {verbatim(listing)}"
        )
    return fitting[0]


def _locate(path: str) -> Path:
    return open_url(path) if is_url(path) else make_absolute(path)
