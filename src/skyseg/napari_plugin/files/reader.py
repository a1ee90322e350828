"""FITS imaging read as layers: files of one or many HDUs, and folders of a survey."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import napari
from astropy.io import fits
from astropy.wcs import WCS
from napari.layers import Layer
from napari.utils.notifications import show_info

from skyseg.display.fits_maps import open_image, open_levels
from skyseg.display.pyramids import SMALLEST, make_lazy_pyramid
from skyseg.errors import AmbiguousDataError, DataNotFoundError, ImageError
from skyseg.imaging.bands import choose_instrument, identify_band
from skyseg.imaging.instruments import known_instruments
from skyseg.imaging.label_maps import name_role, read_labels, read_small_labels
from skyseg.imaging.names import is_map_name
from skyseg.imaging.reading import Hdu, list_hdus, read_wcs, view_headers
from skyseg.imaging.refs import MapRef
from skyseg.imaging.roles import get_role_names
from skyseg.imaging.zero_points import unit_text
from skyseg.napari_plugin.layers.layer_data import (
    LayerData,
    describe_image,
    describe_labels,
    make_label_levels,
    name_units,
)
from skyseg.napari_plugin.layers.layer_info import KEY, list_frames
from skyseg.napari_plugin.layers.opened_layers import keep_arranged, put_in_order
from skyseg.napari_plugin.layers.same_shape import lay_on_images
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.label_catalogue import name_seg_file
from skyseg.panel.map_info import MapInfo
from skyseg.panel.naming import name_file_map
from skyseg.panel.opened_files import follow_files
from skyseg.panel.sky_frame import SkyFrame, choose_frame
from skyseg.products.seg_files import SegFile
from skyseg.settings import config

_LABEL_ROLES = ("SEG", "DQ")
_SHOWN = ("SCI", "SEG")
_MADE = ("SEG", "BKG", "DQ")

Paths = str | Sequence[str]


def get_reader(path: Paths) -> Callable[[Paths], list[LayerData]] | None:
    """Return the reader of FITS files and of folders with FITS files.

    Parameters
    ----------
    path : str or sequence of str
        What a person opens.

    Returns
    -------
    callable or None
        None where something is neither.
    """
    paths = [path] if isinstance(path, str) else path
    fits_alone = all(is_map_name(Path(one)) or Path(one).is_dir() for one in paths)
    return read_paths if paths and fits_alone else None


def read_paths(path: Paths) -> list[LayerData]:
    """Read files and folders as layers.

    Parameters
    ----------
    path : str or sequence of str
        FITS files, plain or compressed, and folders that hold some. Of a folder
        the SCI maps are read, or all files where no name tells one.

    Returns
    -------
    list of tuple
        Data, arguments and type of each layer. All lie in one frame, that of the
        layers in the window, if there are any.

    Raises
    ------
    ImageError
        If a file cannot be read or holds no 2-D image.
    DataNotFoundError
        If a folder holds no FITS file.
    """
    paths = [Path(path)] if isinstance(path, str) else [Path(one) for one in path]
    viewer = napari.current_viewer()
    layers = viewer.layers if viewer is not None else ()
    found = read_files([file for one in paths for file in _files(one)], list_frames(layers))
    for text in lay_on_images(found, layers):
        show_info(text)
    if viewer is not None:
        follow_files(get_session(viewer), _list_imaging(found))
        keep_arranged(viewer)
        _name_units(found, layers)
    return put_in_order(found, layers)


def _name_units(found: list[LayerData], layers: Iterable[Layer]) -> None:
    """Give layers that come, and those that are shown, the units of the plane that comes."""
    shown = [arguments for _, arguments, _ in found if arguments["visible"]]
    if not shown:
        return
    last = shown[-1]
    name_units(layers, last["metadata"][KEY])
    for _, arguments, _ in found:
        arguments["units"] = last.get("units")


def read_files(paths: Sequence[Path], frames: list[SkyFrame]) -> list[LayerData]:
    """Read files as layers in frames, to which new ones are appended; in any thread.

    Raises
    ------
    ImageError
        If a file cannot be read or holds no 2-D image.
    """
    return [data for path in paths for data in _read_file(path, frames)]


def _list_imaging(layers: list[LayerData]) -> list[Path]:
    """Files that can be segmented, or are their noise, among some layers."""
    infos: list[MapInfo] = [arguments["metadata"][KEY] for _, arguments, _ in layers]
    return [info.ref.path for info in infos if info.ref and info.role not in _MADE]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path.absolute()]
    files = sorted(file.absolute() for file in path.rglob("*") if is_map_name(file))
    if not files:
        raise DataNotFoundError(f"{path} holds no FITS file", hint="open another folder")
    names = get_role_names()
    science = [file for file in files if names.of_file(file) == "SCI"]
    return science or files


def _read_file(path: Path, frames: list[SkyFrame]) -> list[LayerData]:
    listing = list_hdus(path)
    if not listing.images:
        raise ImageError(f"{path} holds no 2-D image", hint="open another file")
    roles = [name_role(listing, hdu) for hdu in listing.images]
    shown = next((role for role in _SHOWN if role in roles), roles[0])
    maps = [
        _read_map(path, hdu, role, frames, visible=roles.index(shown) == number)
        for number, (hdu, role) in enumerate(zip(listing.images, roles, strict=True))
    ]
    return maps[::-1]


def _read_map(
    path: Path, hdu: Hdu, role: str, frames: list[SkyFrame], *, visible: bool
) -> LayerData:
    shape = hdu.shape[-2], hdu.shape[-1]
    wcs = _wcs(path, hdu.index, shape)
    headers = view_headers(path, hdu.index)
    ref = MapRef(path, hdu.index, hdu.name)
    info = MapInfo(role, shape, wcs, choose_frame(wcs, shape, frames), unit_text(headers), ref=ref)
    seg = SegFile.read(ref) if role == "SEG" else None
    name = name_file_map(path, _band(headers, path), role)
    if seg and seg.band:
        name = name_seg_file(seg)
    if role in _LABEL_ROLES:
        read = read_labels if max(shape) <= SMALLEST else read_small_labels
        labels = read(path, hdu.index)
        if labels is not None:
            return describe_labels(make_label_levels(labels), name, info, visible=visible)
    index = hdu.index
    levels = open_levels(path, index) if visible else make_lazy_pyramid(open_image(path, index))
    return describe_image(levels, name, info, visible=visible)


def _wcs(path: Path, ext: int, shape: tuple[int, int]) -> WCS | None:
    """Celestial WCS of a map; without one, that of another map of its shape in the file."""
    same = [hdu.index for hdu in list_hdus(path).images if hdu.shape[-2:] == shape]
    found = (read_wcs(path, index) for index in (ext, *same))
    return next((wcs for wcs in found if wcs is not None), None)


def _band(headers: Sequence[fits.Header], path: Path) -> str:
    """Band of a map, as part of its layer's name; empty where nothing says one."""
    instrument = choose_instrument(headers, path, known_instruments(config.facilities))
    try:
        return identify_band(headers, path, instrument) or ""
    except AmbiguousDataError:
        return ""
