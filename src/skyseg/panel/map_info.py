"""What is known of a map that is shown: its role, pixels, position on the sky, band and file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import astropy.units as u
import numpy as np
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.engine.types import FloatArray
from skyseg.imaging.label_maps import find_labels
from skyseg.imaging.refs import MapRef
from skyseg.panel.sky_frame import SkyFrame
from skyseg.survey import BandData


@dataclass(frozen=True, eq=False)
class MapInfo:
    """What is known of a map that is shown.

    Attributes
    ----------
    role : str
        ``"SCI"``, ``"ERR"``, ``"WHT"``, ``"BKG"``, ``"SEG"``, ``"DQ"``, ``"DIFF"``
        or another EXTNAME.
    shape : tuple of int
        Shape (ny, nx) of the map.
    wcs : WCS or None
        Its celestial WCS.
    frame : SkyFrame or None
        The plane in which it is drawn; None without a WCS.
    unit : str
        Unit of the values.
    band : BandData or None
        The band it belongs to; for SEG and BKG with the products loaded.
    ref : MapRef or None
        Where the map is on disk, if it was opened as a file.
    table : QTable or None
        The catalogue of labels that were measured here.
    """

    role: str
    shape: tuple[int, int]
    wcs: WCS | None = None
    frame: SkyFrame | None = None
    unit: str = ""
    band: BandData | None = None
    ref: MapRef | None = None
    table: QTable | None = None

    @cached_property
    def matrix(self) -> FloatArray:
        """Affine map, shape (3, 3), from (row, column, 1) to world coordinates."""
        if self.frame is None or self.wcs is None:
            return np.eye(3)
        return self.frame.affine(self.wcs, self.shape)

    @property
    def scale(self) -> float:
        """Side of a pixel in world coordinates."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    @property
    def pix_scale(self) -> u.Quantity | None:
        """Side of a pixel as an angle; None without a WCS."""
        return None if self.frame is None else self.scale * u.arcsec

    def find_file(self) -> MapRef | None:
        """Return where the map is on disk: opened, or of its band; None where it is in no file."""
        if self.ref is not None or self.band is None:
            return self.ref
        band, products = self.band, self.band.products
        if self.role in ("SCI", "ERR", "WHT"):
            return {"SCI": band.sci, "ERR": band.err, "WHT": band.wht}[self.role]
        if products is None or self.role not in ("SEG", "BKG"):
            return None
        if self.role == "SEG":
            return find_labels(products.paths.seg)
        return MapRef.parse(products.paths.bkg, None)

    def to_world(self, row: float, column: float) -> FloatArray:
        """World coordinates, shape (2,), of a position in the map's pixels."""
        world: FloatArray = (self.matrix @ [row, column, 1.0])[:2]
        return world

    def to_pixel(self, world: FloatArray) -> FloatArray:
        """Row and column, shape (2,), of a position in world coordinates."""
        pixel: FloatArray = (np.linalg.inv(self.matrix) @ [world[0], world[1], 1.0])[:2]
        return pixel
