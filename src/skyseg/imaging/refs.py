"""Where a map is: a file and one of its HDUs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ImageError, ParameterError
from skyseg.imaging.names import Role
from skyseg.imaging.reading import Hdu, Listing, list_hdus

ROLE_EXTNAMES: dict[Role, frozenset[str]] = {
    "SCI": frozenset({"SCI"}),
    "ERR": frozenset({"ERR", "RMS", "RMS_ERR"}),
    "WHT": frozenset({"WHT", "WEIGHT", "IVM"}),
}

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
        EXTNAME where the HDU has one that no other HDU of the file has, else
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
        ny, nx = list_hdus(self.path).hdus[self.ext].shape[-2:]
        return ny, nx

    @classmethod
    def parse(cls, text: str | Path | MapRef, role: Role = "SCI") -> MapRef:
        """Find the map that a text names.

        Parameters
        ----------
        text : str, Path or MapRef
            ``path``, ``path[EXTNAME]`` or ``path[number]``. Without brackets it
            is the HDU whose EXTNAME says the role, else the only 2-D image of
            the file.
        role : {"SCI", "ERR", "WHT"}
            What the map is wanted as.

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
        if not isinstance(text, (str, Path)):
            raise ParameterError(
                f"{text!r} does not name a map",
                hint="give 'path', 'path[EXTNAME]' or 'path[number]'",
            )
        brackets = _BRACKETS.fullmatch(str(text))
        if brackets is None:
            listing = list_hdus(_absolute(str(text)))
            return make_ref(listing, _wanted(listing, role))
        listing = list_hdus(_absolute(brackets["path"]))
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
            f"{where} holds no 2-D image", hint=f"the file has {listing}, so name another HDU"
        )
    alone = sum(other.name == hdu.name for other in listing.hdus) == 1
    return MapRef(listing.path, hdu.index, hdu.name if alone else "")


def list_roles(listing: Listing) -> dict[Role, list[MapRef]]:
    """Return the maps of a file whose EXTNAME says their role; roles without one are left out."""
    found: dict[Role, list[MapRef]] = {}
    for role, names in ROLE_EXTNAMES.items():
        refs = [make_ref(listing, hdu) for hdu in listing.images if hdu.name in names]
        if refs:
            found[role] = refs
    return found


def parse_maps(
    sci: str | Path | MapRef,
    err: str | Path | MapRef | None,
    wht: str | Path | MapRef | None,
) -> tuple[MapRef, MapRef | None, MapRef | None]:
    """Find the maps of a band that a person names.

    Where neither `err` nor `wht` is given they are looked for beside `sci`: in
    its file, where EXTNAME tells the three roles and tells each once.

    Raises
    ------
    SkysegError
        As `MapRef.parse` does.
    """
    sci_ref = MapRef.parse(sci, "SCI")
    if err is not None or wht is not None:
        err_ref = None if err is None else MapRef.parse(err, "ERR")
        return sci_ref, err_ref, None if wht is None else MapRef.parse(wht, "WHT")
    roles = list_roles(list_hdus(sci_ref.path))
    if roles.get("SCI") != [sci_ref]:
        return sci_ref, None, None
    found = {role: refs[0] for role, refs in roles.items() if len(refs) == 1}
    return sci_ref, found.get("ERR"), found.get("WHT")


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
            f"{listing.path} holds several images: {listing}", hint="name one as 'path[number]'"
        )
    if not images:
        raise ImageError(
            f"{listing.path} holds no 2-D image but {listing}", hint="give a file with a 2-D image"
        )
    return images[0]


def _wanted(listing: Listing, role: Role) -> Hdu:
    fitting = [hdu for hdu in listing.images if hdu.name in ROLE_EXTNAMES[role]]
    return fitting[0] if len(fitting) == 1 else find_only_image(listing)


def _named(listing: Listing, ext: str) -> Hdu:
    if ext.isdecimal():
        fitting = [hdu for hdu in listing.hdus if hdu.index == int(ext)]
    else:
        fitting = [hdu for hdu in listing.hdus if hdu.name == ext.upper()]
    if len(fitting) > 1:
        raise AmbiguousDataError(
            f"{listing.path} holds several HDUs named {ext}: {listing}",
            hint="name one as 'path[number]'",
        )
    if not fitting:
        raise DataNotFoundError(f"{listing.path} has no HDU {ext}", hint=f"it has {listing}")
    return fitting[0]


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()
