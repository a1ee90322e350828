"""Maps of the noise in files of their own beside a science image, told by the names of files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from skyseg.errors import SkysegError
from skyseg.imaging.faults import system_told
from skyseg.imaging.names import Role, is_map_name
from skyseg.imaging.reading import list_hdus
from skyseg.imaging.refs import MapRef, make_ref
from skyseg.imaging.roles import get_role_names, without_role

_NOISE: Final[tuple[Role, ...]] = ("ERR", "WHT")


def find_noise_beside(sci: MapRef) -> dict[Role, MapRef]:
    """Find the ERR and WHT maps beside a science image, named as it is but for their role.

    Parameters
    ----------
    sci : MapRef
        The science image.

    Returns
    -------
    dict of MapRef
        By role. Files of several images, of another shape, or that cannot be read are left
        out, and a role that several files have; of an rms and a variance the rms counts.

    Examples
    --------
    >>> find_noise_beside(MapRef.parse("f444w_i2d.fits"))  # no f444w_wht.fits is beside it
    {}
    """
    names, found = get_role_names(), dict[Role, list[MapRef]]()
    try:
        shape = sci.shape
        with system_told(sci.path.parent):
            files = sorted(file for file in sci.path.parent.iterdir() if is_map_name(file))
            files = [file for file in files if file != sci.path]  # EXTNAME may say what it is
    except SkysegError:
        return {}
    for file in files:
        role = names.of_file(file)
        if role in _NOISE and without_role(file) == without_role(sci.path):
            found.setdefault(role, []).extend(_list_maps(file, shape))
    return {role: ref for role, refs in found.items() if (ref := _choose(refs)) is not None}


def _list_maps(file: Path, shape: tuple[int, int]) -> list[MapRef]:
    """Return the only map of a file, if it has a shape."""
    try:
        listing = list_hdus(file)
    except SkysegError:
        return []
    refs = [make_ref(listing, hdu) for hdu in listing.images]
    return refs if [ref.shape for ref in refs] == [shape] else []


def _choose(refs: list[MapRef]) -> MapRef | None:
    """Choose the only rms, else the only variance."""
    wanted = [ref for ref in refs if not ref.is_variance] or refs
    return wanted[0] if len(wanted) == 1 else None
