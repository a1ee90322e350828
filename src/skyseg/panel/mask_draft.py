"""The mask of a band while a person draws and paints on it, which is kept as DS9 regions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from psygnal import Signal

from skyseg.display.rings import trace_rings
from skyseg.engine.types import BoolImage, FloatArray, LabelImage, Progress, Slices
from skyseg.errors import ParameterError
from skyseg.masks.bits import MaskBit
from skyseg.masks.regions import draw_region_text
from skyseg.panel.region_shapes import RegionShape, trace_shapes
from skyseg.products.masks import read_mask
from skyseg.survey import BandData
from skyseg.survey.kept_mask import find_mask_arguments, find_mask_regions
from skyseg.writing import read_small, whole_file

Kind = Literal["ellipse", "polygon"]
"""What can be drawn."""

CLEARS: Final = 2 * max(int(bit) for bit in MaskBit)
"""What is painted where all bits are taken out."""

DRAWN_BITS: Final = tuple(bit for bit in MaskBit if bit != MaskBit.BAD)
"""The bits that a person can draw; BAD is what has no measurement."""

_ALL_DRAWN: Final = sum(int(bit) for bit in DRAWN_BITS)
_LEAST_POINTS: Final = {"ellipse": 4, "polygon": 3}


@dataclass(frozen=True, eq=False)
class _Step:
    """Something that was drawn: lines of a region file, with an outline for the eye; or painted."""

    lines: tuple[str, ...]
    outline: tuple[MaskBit, FloatArray] | None = None
    painted: tuple[Slices, npt.NDArray[np.integer]] | None = None


class MaskDraft:
    """A band's mask, and what was drawn on it and not saved.

    Parameters
    ----------
    band : BandData
        The band; its mask, if it has one, is what is drawn on.

    Attributes
    ----------
    changed : psygnal.Signal
        Emitted when something was drawn, undone or saved.
    bits : ndarray of int32, shape (ny, nx)
        The mask with what was drawn.

    Raises
    ------
    ProductError
        If the mask cannot be read.

    Examples
    --------
    >>> draft = MaskDraft(band)  # doctest: +SKIP
    >>> draft.draw("polygon", [(10, 10), (30, 12), (20, 40)], MaskBit.ARTEFACT)  # doctest: +SKIP
    >>> draft.save()  # doctest: +SKIP
    """

    changed = Signal()

    def __init__(self, band: BandData) -> None:
        self.band = band
        self._steps: list[_Step] = []
        self._header: fits.Header | None = None
        self._read()

    def _read(self) -> None:
        try:
            path = self.band.find_mask()
        except ParameterError:  # there is none
            self._header = None
            self._saved: LabelImage = np.zeros(self.band.shape, np.int32)
        else:
            self._saved, self._header = read_mask(path)
        self.bits = self._saved.copy()

    @property
    def exists(self) -> bool:
        """Whether there is a mask on disk."""
        return self._header is not None

    @property
    def unsaved(self) -> int:
        """How much was drawn or painted and is not saved."""
        return len(self._steps)

    @property
    def outlines(self) -> list[tuple[MaskBit, FloatArray]]:
        """What was drawn and is not saved: bit, and points (x, y) of its outline, from 0."""
        return [step.outline for step in self._steps if step.outline is not None]

    @property
    def title(self) -> str:
        """What the mask is, such as ``"F444W: auto mask, 2 changes not saved"``."""
        made = "no mask" if self._header is None else f"{self._header['METHOD']} mask"
        several = "s" if self.unsaved != 1 else ""
        changes = f", {self.unsaved} change{several} not saved" if self.unsaved else ""
        return f"{self.band.band}: {made}{changes}"

    def draw(self, kind: Kind, corners: npt.ArrayLike, bit: MaskBit) -> None:
        """Draw a region: the pixels whose centre lies in it get a bit.

        Parameters
        ----------
        kind : {"ellipse", "polygon"}
            What it is.
        corners : array_like, shape (n, 2)
            x and y from 0: those of the box around an ellipse, in turn; or of the polygon.
        bit : MaskBit
            The bit.

        Raises
        ------
        ParameterError
            If there are too few corners, or it has no area.
        """
        points = np.asarray(corners, float).reshape(-1, 2)
        if len(points) < _LEAST_POINTS[kind] or np.ptp(points, axis=0).min() <= 0:
            raise ParameterError("what is drawn has no area", hint="draw it larger")
        outline = _trace_ellipse(points) if kind == "ellipse" else points
        line = _write_ellipse(points) if kind == "ellipse" else _write_polygon(points)
        self._add(_Step((f"{line} # text={{{bit.name}}}",), outline=(bit, outline)))

    def paint(self, part: Slices, painted: npt.NDArray[np.integer]) -> None:
        """Take over what was painted.

        Parameters
        ----------
        part : tuple of slice
            Rows and columns that it lies on.
        painted : ndarray of int
            Its pixels: 0 where nothing was painted, the value of a bit, or `CLEARS`.
        """
        lines: list[str] = []
        for bit in DRAWN_BITS:
            chosen, has = painted == int(bit), (self.bits[part] & int(bit)) != 0
            lines += _write_pixels(_fill(chosen, has), part, bit, include=True)
        for bit in DRAWN_BITS:
            has = (self.bits[part] & int(bit)) != 0
            cleared = has & (painted == CLEARS)
            lines += _write_pixels(_fill(cleared, ~has), part, bit, include=False)
        if lines:
            self._add(_Step(tuple(lines), painted=(part, painted)))

    def undo(self) -> None:
        """Take back what was drawn or painted last and is not saved."""
        if self._steps:
            self._steps.pop()
            self.bits = self._saved.copy()
            for step in self._steps:
                self._apply(step)
            self.changed.emit()

    def make(self, progress: Progress | bool = False) -> None:
        """Have edges and stars found, with what was drawn and saved before.

        Parameters
        ----------
        progress : callable or False, optional
            Told the part that is done, and what comes next.

        Raises
        ------
        SkysegError
            As `BandData.mask` does.
        """
        regions = self._find_regions()
        self.band.mask("auto", regions=regions, overwrite=True, progress=progress)
        self.reload()

    def save(self, progress: Progress | bool = False) -> Path:
        """Save the mask with what was drawn; return the region file that keeps the drawing.

        The mask is made anew as it was made, and of that file; where there was none of what
        was drawn alone, by the method ``"manual"``.

        Parameters
        ----------
        progress : callable or False, optional
            As for `make`.

        Raises
        ------
        SkysegError
            If it cannot be made again, or written.
        """
        arguments = self._find_arguments()
        file = self._file
        before = _read_text(self._find_regions())
        lines = [line for step in self._steps for line in step.lines]
        with whole_file(file) as opened:
            opened.write("\n".join([*before, "image", *lines, ""]).encode())
        self.band.mask(regions=file, overwrite=True, progress=progress, **arguments)
        self.reload()
        return file

    def reload(self) -> None:
        """Take the mask that is on disk, without what was not saved."""
        self._steps.clear()
        self._read()
        self.changed.emit()

    @property
    def _file(self) -> Path:
        return self.band._make_mask_paths(None).cat.with_suffix(".reg")

    def _find_regions(self) -> Path | None:
        """Return the region file that the mask on disk was made of; None where it was of none."""
        if self._header is None:
            return None
        return find_mask_regions(self._header)

    def _find_arguments(self) -> dict[str, Any]:
        """Return the arguments by which the mask on disk was made, its regions apart."""
        if self._header is None:
            return {"method": "manual"}
        arguments = find_mask_arguments(self.band.find_mask())
        del arguments["regions"]
        return arguments

    def _add(self, step: _Step) -> None:
        self._apply(step)
        self._steps.append(step)
        self.changed.emit()

    def _apply(self, step: _Step) -> None:
        if step.painted is not None:
            part, painted = step.painted
            self.bits[part] |= painted & _ALL_DRAWN
            self.bits[part][painted == CLEARS] &= ~_ALL_DRAWN
            return
        text = "\n".join(["image", *step.lines])
        draw_region_text(self.bits, text, self.band.wcs, self._file)


def _read_text(path: Path | None) -> list[str]:
    return [] if path is None else read_small(path).decode().splitlines()


def _write_polygon(points: FloatArray) -> str:
    return f"polygon({','.join(f'{value + 1:.3f}' for value in points.ravel())})"


def _write_ellipse(corners: FloatArray) -> str:
    centre, a, b, angle = _measure_ellipse(corners)
    return f"ellipse({centre[0] + 1:.3f},{centre[1] + 1:.3f},{a:.3f},{b:.3f},{angle:.4f})"


def _measure_ellipse(corners: FloatArray) -> tuple[FloatArray, float, float, float]:
    """Return centre, half axes and angle in degrees of the ellipse in a box."""
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    angle = float(np.degrees(np.arctan2(first[1], first[0])))
    a, b = (float(np.hypot(*side)) / 2 for side in (first, second))
    centre: FloatArray = corners[:4].mean(axis=0)
    return centre, a, b, angle


def _trace_ellipse(corners: FloatArray) -> FloatArray:
    (x, y), a, b, angle = _measure_ellipse(corners)
    shape = RegionShape(kind="ellipse", frame="pixel", points=((x, y),), size=(a, b), angle=angle)
    return trace_shapes([shape], None)[0]


def _fill(chosen: BoolImage, as_wanted: BoolImage) -> BoolImage:
    """Add pixels in holes that are as wanted already, which the holes' polygons would change."""
    from scipy.ndimage import binary_fill_holes

    filled: BoolImage = chosen | (binary_fill_holes(chosen) & as_wanted)
    return filled


def _write_pixels(chosen: BoolImage, part: Slices, bit: MaskBit, *, include: bool) -> list[str]:
    """Write polygons along the edges of pixels: holes come later than what surrounds them."""
    outlines = trace_rings(chosen)
    corner = np.array([part[0].start, part[1].start])
    areas = [_signed_area(line) for line in outlines]
    lines = []
    for number in np.argsort(-np.abs(areas), kind="stable"):
        is_hole = areas[number] < 0
        points = (outlines[number][:-1] + corner)[:, ::-1]
        sign = "" if include is not is_hole else "-"
        lines.append(f"{sign}{_write_polygon(points)} # text={{{bit.name}}}")
    return lines


def _signed_area(line: FloatArray) -> float:
    """Area within a closed line (row, column); below 0 where what is high lies outside."""
    rows, columns = line[:-1].T
    after_rows, after_columns = line[1:].T
    return float((after_rows * columns - rows * after_columns).sum()) / 2
