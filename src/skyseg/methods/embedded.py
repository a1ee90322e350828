"""The method ``sep``: skyseg's own engine, which needs no program beside it."""

from __future__ import annotations

from importlib.metadata import version as installed_version

from skyseg.engine import segment_image
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome, Request
from skyseg.tiles import ThreadMapper


class EmbeddedMethod:
    """The embedded engine, as a segmentation method."""

    def version(self) -> str:
        """Return the version of the engine.

        Examples
        --------
        >>> EmbeddedMethod().version().split()[0]
        'skyseg'
        """
        return f"skyseg {installed_version('skyseg')}"

    def run(self, request: Request) -> Outcome:
        """Extract the sources of one band with the embedded engine.

        Raises
        ------
        ImageError
            If the maps hold no good pixel.
        """
        found = segment_image(
            request.sci,
            request.err,
            request.err_type,
            request.parameters,
            tuple(diameter / request.pix_scale for diameter in request.aper_diams),
            progress=request.progress,
            mapper=ThreadMapper(),
        )
        return Outcome(
            seg=found.labels,
            bkg=found.background,
            cat=catalogue.build(found.columns, request),
            version=self.version(),
            facts=found.facts,
        )
