"""The method ``skyseg``: the embedded engine."""

from __future__ import annotations

from functools import partial

from skyseg import __version__
from skyseg.engine import ArrayCanvas, make_maps, segment_part, segment_rows
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import Measurements
from skyseg.errors import ImageError
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome, Request


class EmbeddedMethod:
    """The embedded engine, as a segmentation method."""

    uses_mapper = True
    any_scale = True
    finds_noise = True
    takes_parts = True
    excludes = True
    measures_noise = True

    def threshold_rms(self, _request: Request) -> float:
        """Return what a threshold of 1 is on the filtered image, in rms of the error map."""
        return 1.0

    def version(self) -> str:
        """Return the version of the engine.

        Examples
        --------
        >>> EmbeddedMethod().version().split()[0]
        'skyseg'
        """
        return f"skyseg {__version__}"

    def run(self, request: Request) -> Outcome:
        """Extract the sources of one band with the embedded engine.

        Raises
        ------
        ImageError
            If the maps hold no good pixel.
        """
        maps = make_maps(
            request.sci, request.err, request.err_type, request.name, request.flags, request.mask
        )
        canvas = request.canvas or ArrayCanvas(request.shape)
        circles = request.aper_diams[: catalogue.count_circles(request)]
        diameters = tuple(diameter / request.pix_scale for diameter in circles)
        segment = segment_rows if request.part is None else partial(segment_part, part=request.part)
        try:
            found = segment(
                maps,
                request.parameters,
                diameters,
                canvas=canvas,
                progress=request.progress,
                mapper=request.mapper or ThreadMapper(),
                columns=catalogue.list_measurements(request),
            )
        except ImageError as error:
            raise error.at(request.name) from error
        drawn = canvas if isinstance(canvas, ArrayCanvas) else None
        return Outcome(
            seg=drawn.labels if drawn else None,
            bkg=drawn.background if drawn else None,
            cat=catalogue.build(found.columns, request),
            version=self.version(),
            facts=found.facts,
            caveats=_caveats(found.columns, request),
        )


def _caveats(measured: Measurements, request: Request) -> tuple[str, ...]:
    """Say which columns that were asked for are empty."""
    return () if request.columns is None else catalogue.not_measured(measured, request)
