"""The layer of the differences between two SEG layers, its colours and their legend."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from skyseg.comparison import Comparison
from skyseg.comparison.classes import LEGEND, DifferenceClass
from skyseg.comparison.inputs import LabelMap
from skyseg.imaging.refs import MapRef
from skyseg.napari_plugin.layers.layer_data import describe_labels, make_label_levels
from skyseg.napari_plugin.layers.layer_info import WORDS_KEY, get_full_map, get_info
from skyseg.panel.compared_maps import compare_named, name_classes
from skyseg.panel.map_info import MapInfo
from skyseg.products.seg_files import SegFile

_IMAGES = ("SCI", "ERR", "VARIANCE", "WHT", "BKG")
_THIN = "50"  # opacity in hexadecimal


def compare_layers(first: Labels, second: Labels) -> tuple[Comparison, Layer]:
    """Compare two SEG layers, of one grid or of two that overlap on the sky.

    Parameters
    ----------
    first, second : Labels
        The layers, a and b of the comparison, under their names.

    Returns
    -------
    comparison : Comparison
    layer : Layer
        The difference map, in the place of the first layer.

    Raises
    ------
    ComparisonError
        If they cannot be compared.
    """
    names = first.name, second.name
    comparison = compare_named(_comparable(first), _comparable(second), names)
    own = get_info(first)
    assert own is not None
    return comparison, make_difference_layer(comparison, own)


def make_difference_layer(comparison: Comparison, own: MapInfo) -> Layer:
    """Make the layer of the differences that a comparison found.

    Parameters
    ----------
    comparison : Comparison
        The comparison.
    own : MapInfo
        What is known of its first map, in whose place the layer lies.
    """
    names = comparison.a.name, comparison.b.name
    info = MapInfo("DIFF", own.shape, own.wcs, own.frame)
    levels = make_label_levels(comparison.difference_map)
    kind, arguments, name = describe_labels(levels, name_difference(*names), info)
    words = {value.value: text for value, text in name_classes(*names).items()}
    arguments["metadata"] = {**arguments["metadata"], WORDS_KEY: words}
    layer: Labels = Layer.create(kind, {**arguments, "colormap": _make_colourmap()}, name)
    layer.contour, layer.opacity = 1, 1.0
    return layer


def show_image_below(viewer: ViewerModel, own: MapInfo) -> None:
    """Let the image be seen in which a map was made, and in its plane no other's.

    Parameters
    ----------
    viewer : ViewerModel
        The window; where it does not have the image, it stays as it is.
    own : MapInfo
        What is known of the map.
    """
    ref = None if own.band is None else own.band.sci
    if own.ref is not None:
        ref = SegFile.read(own.ref).maps.get("SCI")
    if ref is None:
        return
    images = [
        (layer, info)
        for layer in viewer.layers
        if isinstance(layer, Image)
        and (info := get_info(layer)) is not None
        and info.frame == own.frame
        and info.role in _IMAGES
    ]
    wanted = [layer for layer, info in images if info.role == "SCI" and _is_at(info, ref)]
    for layer, _ in images if wanted else ():
        layer.visible = layer in wanted


def _is_at(info: MapInfo, ref: MapRef) -> bool:
    file = info.find_file()
    return file is not None and (file.path.resolve(), file.ext) == (ref.path.resolve(), ref.ext)


def write_legend(first: str, second: str) -> str:
    """Write what the colours of a comparison of two layers mean, as rich text.

    The colours stand on black, as they do on the canvas.
    """
    lines = [f"a = {escape(first)}", f"b = {escape(second)}"]
    words = name_classes(first, second)
    lines += [
        f'<span style="background-color:#000000;color:{entry.colour}">&nbsp;■&nbsp;</span> '
        f"{escape(words[entry.value])}"
        for entry in LEGEND
        if entry.value != DifferenceClass.BACKGROUND
    ]
    return "<br>".join(lines)


def name_difference(first: str, second: str) -> str:
    """Return the name of a difference layer, such as ``"DIFF rms_err - wht JOF F444W"``.

    What differs comes first, as napari's list leaves the middle of a long name out; words that
    both names have at their ends stand once.
    """
    names = [[word for word in name.split() if word != "SEG"] for name in (first, second)]
    before = _count_common(*names)
    after = _count_common(*(name[before:][::-1] for name in names))
    a, b = (" ".join(name[before : len(name) - after]) for name in names)
    end = len(names[0]) - after
    return " ".join(["DIFF", a, "-", b, *names[0][:before], *names[0][end:]])


def _count_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Count the words that both begin with; of each at least one is left."""
    most = max(min(len(first), len(second)) - 1, 0)
    pairs = zip(first[:most], second[:most], strict=True)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), most)


def _comparable(layer: Layer) -> Any:
    """Return what is compared: the band with its products where the layer shows them."""
    info = get_info(layer)
    if info is not None and info.band is not None and info.band.products is not None:
        return info.band
    labels = get_full_map(layer)
    if info is None:
        return labels
    ref = info.find_file()
    where = {} if ref is None else {"path": str(ref)}
    return LabelMap(labels, layer.name, where, info.wcs)


def _make_colourmap() -> DirectLabelColormap:
    """Colours of the legend; what is the same lies so thinly that its pixels are seen."""
    colours: dict[int | None, str] = {entry.value.value: entry.colour for entry in LEGEND}
    colours[DifferenceClass.BOTH.value] += _THIN
    return DirectLabelColormap(color_dict={**colours, 0: "transparent", None: "transparent"})
