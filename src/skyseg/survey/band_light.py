"""The light of a band under its segmentation map."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from skyseg.engine.maps import make_maps
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window
from skyseg.engine.scaling import choose_scale
from skyseg.engine.types import FloatImage, Slices
from skyseg.engine.whole_image import prepare_image
from skyseg.survey.band_extraction import check_segmented, make_request

if TYPE_CHECKING:
    from skyseg.survey.band import BandData


class BandLight:
    """The filtered light of a band, as its last run saw it.

    The image is prepared when it is asked for, once.

    Parameters
    ----------
    band : BandData
        The band, segmented.
    """

    def __init__(self, band: BandData) -> None:
        self._band = band

    def read(self, part: Slices) -> tuple[FloatImage, FloatImage]:
        """Return the filtered image and the detection threshold of a part.

        Both are in the unit of the engine, which may be that of the image times a power of two.
        """
        image, (rows, columns) = self._prepared, part
        ny, nx = image.maps.shape
        margin = len(image.kernel)
        top, left = max(rows.start - margin, 0), max(columns.start - margin, 0)
        window = Window(top, min(rows.stop + margin, ny), left, min(columns.stop + margin, nx))
        found = image.filter(*image.read(window), window)
        here = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        return found[0][here], found[1][here]

    @cached_property
    def _prepared(self) -> PreparedImage:
        products = check_segmented(self._band.products, self._band.name)
        request = make_request(self._band.maps, products.recipe)
        maps = make_maps(request.sci, request.err, request.err_type)
        scale = choose_scale(maps, request.parameters)
        return prepare_image(scale.scale_maps(maps), scale.scale_parameters(request.parameters))
