"""The method ``skyseg``: the embedded engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from skyseg import __version__
from skyseg.engine import ArrayCanvas, Canvas, make_maps, segment_rows
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.parameters import Parameters
from skyseg.engine.segmentation import Measured
from skyseg.engine.types import Measurements, Progress
from skyseg.errors import ImageError
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome, Request
from skyseg.methods.filled import with_unit
from skyseg.methods.hot_pass import HotPass

_OF_FILTER: Final = ("filtered_sigma",)
"""Facts of the noise that the kernel of a pass decides."""


class EmbeddedMethod:
    """The embedded engine, as a segmentation method."""

    uses_mapper = True
    any_scale = True
    finds_noise = True
    takes_parts = True
    excludes = True
    measures_noise = True
    takes_two_passes = True
    takes_psf = True

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
        if request.hot is not None:
            return self._run_two(request, request.hot)
        canvas = request.canvas or ArrayCanvas(request.shape)
        found = _segment(request, request.parameters, canvas, request.progress)
        drawn = canvas if isinstance(canvas, ArrayCanvas) else None
        return Outcome(
            seg=drawn.labels if drawn else None,
            bkg=drawn.background if drawn else None,
            cat=catalogue.fill(found.columns, request),
            version=self.version(),
            facts=found.facts,
            caveats=_caveats(found.columns, request),
        )

    def _run_two(self, request: Request, hot: HotPass) -> Outcome:
        """Run both passes, and put the sources of the second into those of the first."""
        # with scipy, which few runs need
        from skyseg.methods.two_passes import ABOUT, NEEDED, Pass, merge_passes, tell_passes

        canvases = ArrayCanvas(request.shape), ArrayCanvas(request.shape)
        first, second = (
            _segment(request, parameters, canvas, progress, NEEDED)
            for parameters, canvas, progress in zip(
                (request.parameters, hot.parameters), canvases, _halve(request), strict=True
            )
        )
        labels, columns = merge_passes(
            *(
                Pass(canvas.labels, found.columns)
                for canvas, found in zip(canvases, (first, second), strict=True)
            ),
            children=hot.children,
        )
        cat = catalogue.build(columns, request)
        for name, values in tell_passes(columns).items():
            cat[name] = with_unit(values, None, ABOUT[name])
        told = {f"hot_{name}": second.facts[name] for name in _OF_FILTER if name in second.facts}
        n_cold = len(first.columns["NUMBER"])
        return Outcome(
            seg=labels,
            bkg=canvases[0].background,
            cat=cat,
            version=self.version(),
            facts=first.facts | told | {"n_cold": n_cold, "n_hot": len(cat) - n_cold},
            caveats=_caveats(columns, request),
        )


def _segment(
    request: Request,
    parameters: Parameters,
    canvas: Canvas,
    progress: Progress | None,
    more: frozenset[str] = frozenset(),
) -> Measured:
    """Extract the sources of one pass, with more measurements than the catalogue needs."""
    maps = make_maps(
        request.sci,
        request.err,
        request.err_type,
        request.name,
        request.flags,
        request.mask,
        request.psf,
    )
    segment: Callable[..., Measured] = segment_rows
    if request.part is not None:
        from skyseg.engine import segment_part

        segment = partial(segment_part, part=request.part)
    try:
        return segment(
            maps,
            parameters,
            catalogue.list_circles(request),
            canvas=canvas,
            progress=progress,
            mapper=request.mapper or ThreadMapper(),
            columns=catalogue.list_measurements(request) | more,
        )
    except ImageError as error:
        raise error.at(request.name) from error


def _halve(request: Request) -> tuple[Progress, Progress]:
    """Return what tells of the first half of a request's work, and of the second."""
    return (
        lambda part, what: request.report(part / 2, what),
        lambda part, what: request.report(0.5 + part / 2, what),
    )


def _caveats(measured: Measurements, request: Request) -> tuple[str, ...]:
    """Say which columns that were asked for are empty."""
    return () if request.columns is None else catalogue.not_measured(measured, request)
