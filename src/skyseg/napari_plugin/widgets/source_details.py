"""The current source in detail: cutouts of all bands, its main values, a legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Labels
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QImage, QPixmap, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from skyseg.engine.types import ByteImage
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.panel.band_columns import list_fluxes
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.flux_picture import draw_fluxes, is_covered, tell_fluxes
from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import format_position
from skyseg.panel.source_cutouts import KRON, LINES, draw_cutouts, make_cutouts
from skyseg.survey import BandData

_MAIN_VALUES = (
    ("MAG_AUTO", "MAGERR_AUTO"),
    ("FLAGS", None),
    ("FLUX_RADIUS", None),
    ("SNR_WIN", None),
    ("ISOAREAF_IMAGE", None),
    ("ELONGATION", None),
)

_CUTOUTS_SHARE, _FLUXES_SHARE = 3, 2
_LEAST_HEIGHT = 110  # of a picture
_SMOOTH = Qt.TransformationMode.SmoothTransformation


class Picture(QLabel):
    """A picture that is drawn smaller where there is no room for it, so that windows stay."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(1, 1)
        self._whole = QPixmap()

    def show_picture(self, picture: QPixmap) -> None:
        """Show another picture; one without pixels is none."""
        self._whole = picture
        self.setMinimumHeight(min(picture.height(), _LEAST_HEIGHT) or 1)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: D102
        return self._whole.size()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._whole.isNull():
            self.clear()
            return
        room = self.size().boundedTo(self._whole.size())
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, _SMOOTH
        self.setPixmap(self._whole.scaled(room, keep, smooth))


class WholePicture(Picture):
    """A picture as high as it is where it is as wide as there is room for, to be scrolled."""

    def __init__(self) -> None:
        super().__init__()
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:  # noqa: D102
        whole = self._whole.size()
        return int(whole.height() * min(1.0, width / max(whole.width(), 1)) + 0.5)


class SourceDetails(QWidget):
    """Shows one source: its values at once, its cutouts when they are drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures, self.fluxes = WholePicture(), WholePicture()
        self.values = QLabel()
        self.values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.values.setWordWrap(True)
        self._asked: Any = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        beside = QHBoxLayout()
        beside.addWidget(self.pictures, _CUTOUTS_SHARE)
        beside.addWidget(self.fluxes, _FLUXES_SHARE)
        layout.addLayout(beside)
        layout.addWidget(self.values)

    def clear(self) -> None:
        """Show no source."""
        self._asked = None
        self.values.clear()
        self._show_pictures((None, None))

    def show_source(
        self,
        seg: Labels,
        info: MapInfo,
        catalogue: Catalogue,
        selected: tuple[int, ...],
        bands: Sequence[BandData],
        ink: str,
    ) -> None:
        """Show the current source.

        Parameters
        ----------
        seg : Labels
            The SEG layer in which it is.
        info : MapInfo
            What that shows.
        catalogue : Catalogue
            Its catalogue.
        selected : tuple of int
            The selected sources, the current one last.
        bands : sequence of BandData
            Where it is cut out.
        ink : str
            Colour of the text in the pictures.
        """
        number = selected[-1]
        self.values.setText(_write_values(catalogue, number, len(selected)))
        asked = self._asked = object()
        run_in_thread(
            self,
            lambda: _draw(get_full_map(seg), info, catalogue, number, bands, ink),
            lambda images: self._show_pictures(images) if self._asked is asked else None,
        )

    def _show_pictures(self, images: tuple[ByteImage | None, ByteImage | None]) -> None:
        for picture, image in zip((self.pictures, self.fluxes), images, strict=True):
            picture.show_picture(QPixmap() if image is None else as_pixmap(image))
            picture.setVisible(image is not None)  # the other one has its room


def as_pixmap(image: ByteImage) -> QPixmap:
    """Return a picture as Qt draws it."""
    height, width = image.shape[:2]
    shown = QImage(image.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return QPixmap.fromImage(shown.copy())


def _draw(
    labels: Any,
    info: MapInfo,
    catalogue: Catalogue,
    number: int,
    bands: Sequence[BandData],
    ink: str,
) -> tuple[ByteImage | None, ByteImage | None]:
    """Draw the cutouts of a source, and its light in all bands."""
    found = make_cutouts(labels, info, catalogue, number, bands)
    fluxes = list_fluxes(catalogue, number)
    return (
        np.asarray(draw_cutouts(found, ink)) if found else None,
        draw_fluxes(fluxes, ink) if any(map(is_covered, fluxes)) else None,
    )


def _write_values(catalogue: Catalogue, number: int, n_selected: int) -> str:
    """Write the main values of a source, as rich text."""
    row = catalogue.find_rows((number,))[0]
    lines = [f"<b>Source {number}</b>" + (f" of {n_selected} selected" if n_selected > 1 else "")]
    position = catalogue.get_positions((number,))
    if position is not None:
        lines.append(format_position(position[0]))
    values = []
    for name, error in _MAIN_VALUES:
        if name not in catalogue.columns or catalogue.columns[name].ndim > 1:
            continue
        text = f"{catalogue.columns[name][row]:.5g}"
        if error in catalogue.columns:
            text += f" ± {catalogue.columns[error][row]:.2g}"
        unit = getattr(catalogue.table[name], "unit", None)
        values.append(f"{name} {text} {unit or ''}".rstrip())
    lines += map(", ".join, (values[at : at + 2] for at in range(0, len(values), 2)))
    key = " ".join(
        f'<span style="background-color:#000000;color:{colour}">&nbsp;■&nbsp;</span> {what}'
        for what, colour in LINES
        if what != KRON or catalogue.trace_kron_ellipse(number) is not None
    )
    return "<br>".join([*lines, *filter(None, [tell_fluxes(catalogue, number)]), key])
