"""The whole extraction: maps in, segmentation out, strip by strip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_count, as_diameters, as_instance, as_mapper, as_progress
from skyseg.engine._finding import can_find_at_once, find_at_once, find_in_strips
from skyseg.engine._strips import FoundPart, Work, draw_strip
from skyseg.engine._windows import measure_in_windows
from skyseg.engine.background import choose_background_step
from skyseg.engine.bad_pixels import INTERPOLATION_LENGTH
from skyseg.engine.canvases import ArrayCanvas, Canvas
from skyseg.engine.filtering import choose_kernel
from skyseg.engine.flag_maps import FlagRows, check_flags, measure_flags
from skyseg.engine.image_facts import ImageFacts
from skyseg.engine.known_facts import find_facts, keep_pixels, name_pixels
from skyseg.engine.mappers import LazyTasks, Mapper, can_keep, report_each
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.masking import Mask, measure_mask
from skyseg.engine.measuring import USUAL_MEASUREMENTS, as_measurements, make_columns
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Rows, Window, choose_strips, choose_strips_of
from skyseg.engine.runs import NO_RUNS, Runs
from skyseg.engine.scaling import choose_scale
from skyseg.engine.seen_pixels import SeenPixels, SeenSources
from skyseg.engine.shapes import Shapes
from skyseg.engine.sky_noise import NoiseMeasure, begin_for_run
from skyseg.engine.sources import Sources, clean_and_number
from skyseg.engine.types import Columns, ErrType, FloatImage, LabelImage, Progress
from skyseg.engine.whole_image import SeenStrips, name_image, obtain_facts
from skyseg.engine.wings import check_psf
from skyseg.errors import NotCoveredError, ParameterError


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Measured:
    """What an extraction measured.

    Attributes
    ----------
    columns : dict of str to ndarray
        Measurements by SExtractor's names, in the order of the labels; see
        `skyseg.engine.measure`.
    facts : dict
        ``n_bad``, the number of bad pixels; ``weight_factor``, f in
        variance = f^2 / weight or f^2 * relative variance (1 for other maps);
        ``noise``, the median noise of the background meshes in the unit of the image;
        ``filtered_sigma``, ``rms_scale``, ``aperture_scale``, ``noise_growth`` and
        ``noise_corr_1`` to 4, the noise as it is, of some meshes: see `skyseg.engine.NoiseMeasure`.
    """

    columns: Columns
    facts: dict[str, Any]

    def __repr__(self) -> str:
        return f"Measured({len(self.columns['NUMBER'])} sources)"


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Segmentation(Measured):
    """What an extraction found.

    Attributes
    ----------
    columns, facts
        See `Measured`.
    labels : ndarray of int32, shape (ny, nx)
        Label of each pixel, 0 for background. Labels run from 1 in the order
        of the sources' first pixels along the rows.
    background : ndarray of float32, shape (ny, nx)
        Mesh background model, in the unit of the image.
    """

    labels: LabelImage
    background: FloatImage

    def __repr__(self) -> str:
        ny, nx = self.labels.shape
        return f"Segmentation({len(self.columns['NUMBER'])} sources in {ny} x {nx} pixels)"


def segment_image(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None, err_type: ErrType,
    parameters: Parameters, aper_diams: tuple[float, ...] = (), *,
    progress: Progress | None = None, strip_rows: int | None = None, mapper: Mapper = map,
    columns: Collection[str] = USUAL_MEASUREMENTS, flags: npt.ArrayLike | FlagRows | None = None,
    mask: Mask | None = None, psf: npt.ArrayLike | None = None,
) -> Segmentation:  # fmt: skip
    """Find, deblend, CLEAN and measure the sources of an image.

    Parameters
    ----------
    sci : array_like, shape (ny, nx)
        Image, of any real type; NaN is a bad pixel, and so is what is masked.
    err : array_like, shape (ny, nx), or None
        Rms of the noise (or relative variances, with ``weight_type`` MAP_VAR), or a weight
        proportional to the inverse variance; values not above zero, not finite or masked
        are bad pixels. None for ``none``.
    err_type : {"rms_err", "wht", "none"}
        Which of the two ``err`` is; ``none``: the noise is that of the image itself,
        everywhere the same, or with ``weight_type`` BACKGROUND as its meshes have it.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.
    strip_rows : int, optional
        Rows that are worked at a time; the result does not depend on it.
    mapper : callable
        Applies a function to tasks, as `map` does; see `skyseg.engine.mappers`.
    columns : collection of str
        What is measured, of `skyseg.engine.MEASUREMENTS`; NUMBER is always.
    flags : array_like of int, shape (ny, nx), optional
        Flag map, for IMAFLAGS_ISO and NIMAFLAGS_ISO.
    mask : Mask, optional
        What is excluded from detection, or flagged; its columns are measured besides.
    psf : array_like, shape (ny, nx), optional
        Image of the PSF, on pixels as those of ``sci``: what is detected in the wings of a
        bright source, by it, is given to that source too. Needs ``clean``.

    Returns
    -------
    Segmentation

    Raises
    ------
    ImageError
        If one of the maps is no image, they differ in shape, or no pixel is good.
    ParameterError
        If another argument is not what is asked for above, ``weight_type`` contradicts
        the error type, or ``clean_psf`` is set and ``psf`` is not given; diameters are
        numbers above 0 and up to 1e6.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> found = segment_image(image, np.ones_like(image), "rms_err", Parameters())
    >>> len(found.columns["NUMBER"])
    1
    """
    maps = make_maps(sci, err, err_type, flags=flags, mask=mask, psf=psf)
    canvas = ArrayCanvas(maps.shape)
    measured = segment_rows(
        maps, parameters, aper_diams, canvas, progress=progress, strip_rows=strip_rows,
        mapper=mapper, columns=columns,
    )  # fmt: skip
    return Segmentation(
        columns=measured.columns, facts=measured.facts, labels=canvas.labels,
        background=canvas.background,
    )  # fmt: skip


def segment_rows(
    maps: Maps, parameters: Parameters, aper_diams: tuple[float, ...], canvas: Canvas, *,
    progress: Progress | None = None, strip_rows: int | None = None, mapper: Mapper = map,
    columns: Collection[str] = USUAL_MEASUREMENTS,
) -> Measured:  # fmt: skip
    """Find, deblend, CLEAN and measure the sources of an image of any size.

    The maps are read some rows at a time, two or three times: for the sky, for the sources, for
    the apertures; and once more for the sky around sources, if LOCAL. Sky and sources are had from
    one reading where the sources depend on nothing that is measured of the whole image.
    Besides these rows memory holds the sources and the runs of their pixels.

    Parameters
    ----------
    maps : Maps
        The image and its error map.
    parameters, aper_diams, progress, strip_rows, mapper, columns
        As for `segment_image`.
    canvas : Canvas
        Takes labels and background as they are drawn.

    Returns
    -------
    Measured

    Raises
    ------
    ImageError
        If no pixel is good.
    ParameterError
        If an argument is not what is asked for; see `segment_image`.
    """
    as_instance(maps, Maps, "maps")
    as_instance(parameters, Parameters, "parameters")
    if strip_rows is not None:
        strip_rows = as_count(strip_rows, "strip_rows")
    check_canvas(canvas)
    as_mapper(mapper)
    tell = as_progress(progress)
    wanted = as_measurements(columns)
    check_flags(maps.flags, wanted)
    check_psf(maps.psf, parameters)
    scale = choose_scale(maps, parameters)
    maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
    unknown = Work(PreparedImage(maps, parameters, None), as_diameters(aper_diams), wanted)
    # those that workers of a cluster see stay with them
    name = None if can_keep(mapper) else name_pixels(maps, parameters)
    pixels = None if name is None else SeenPixels()
    facts, work, found, measure_noise = _find(unknown, strip_rows, mapper, tell, pixels)
    tell(0.6, "CLEAN")
    sources, isophotes = clean_found(work, found, mapper)
    del found  # which would be in memory twice
    if pixels is not None:
        pixels.sources = SeenSources(sources.runs, sources.shapes.flux)
        keep_pixels(name, pixels)
    draw = _begin_drawing(work, sources, scale.scale_canvas(canvas), strip_rows, mapper)
    photometry = measure_in_windows(
        work, sources, isophotes["sky"], mapper, report_within(tell, 0.65, 0.9)
    )
    measured = make_columns(sources, isophotes, photometry, facts.mesh, wanted)
    measured |= measure_flags(sources, maps.flags, parameters.flag_type, wanted, mapper)
    measured |= measure_mask(sources, maps.mask, parameters.flag_type, mapper)
    draw(report_within(tell, 0.9, 1.0))
    told = scale.restore_facts(facts.told) | measure_noise().told
    tell(1.0, "done")
    return Measured(columns=scale.restore_columns(measured), facts=told)


def check_canvas(canvas: Canvas) -> None:
    """Check that something takes what is drawn.

    Raises
    ------
    ParameterError
        If it does not.
    """
    if not all(hasattr(canvas, name) for name in ("row_step", "packer", "write")):
        raise ParameterError(
            f"is of type {type(canvas).__name__}", hint="give an ArrayCanvas or a Canvas",
            argument="canvas",
        )  # fmt: skip


class _Before(NamedTuple):
    """What is known before CLEAN: the image, its sources, and what waits for its noise."""

    facts: ImageFacts
    work: Work
    found: list[FoundPart]
    measure_noise: Callable[[], NoiseMeasure]


def _find(
    work: Work, strip_rows: int | None, mapper: Mapper, progress: Progress,
    pixels: SeenPixels | None,
) -> _Before:  # fmt: skip
    """Measure an image and find its sources, by one reading of the maps where that is enough."""
    maps, parameters = work.image.maps, work.parameters
    spread = can_keep(mapper) and not _needs_pixels(maps, parameters)
    everything = Window(0, maps.shape[0], 0, maps.shape[1])
    strips = choose_strips(maps.shape, strip_rows)
    meshed = choose_strips_of(parameters.back_size, maps.shape, strip_rows)
    name = name_image(maps, parameters, _choose_hole_rows(maps, parameters, strip_rows))
    if can_find_at_once(work, strips, meshed) and find_facts(name) is None:
        measure_noise = begin_for_run(work.image, mapper)
        tell = report_within(progress, 0.0, 0.6)
        found, told = find_at_once(work, meshed, mapper, tell, spread=spread, pixels=pixels)
        seen = SeenStrips(name, told)
        facts = measure_whole(maps, parameters, strip_rows, mapper, progress, seen)
        work = replace(work, image=PreparedImage.of(maps, facts, parameters))
        return _Before(facts, work, found, measure_noise)
    facts = measure_whole(maps, parameters, strip_rows, mapper, report_within(progress, 0.0, 0.15))
    work = replace(work, image=PreparedImage.of(maps, facts, parameters))
    measure_noise = begin_for_run(work.image, mapper)
    tell = report_within(progress, 0.15, 0.6)
    found = find_in_strips(work, everything, strips, mapper, tell, spread=spread, pixels=pixels)
    return _Before(facts, work, found, measure_noise)


def measure_whole(
    maps: Maps, parameters: Parameters, strip_rows: int | None, mapper: Mapper, progress: Progress,
    seen: SeenStrips | None = None,
) -> ImageFacts:  # fmt: skip
    """Find the facts of the whole image: by a first reading, if they are not ``seen`` already.

    Raises
    ------
    NotCoveredError
        If the image has no good pixel.
    """
    facts = measure_any(maps, parameters, strip_rows, mapper, progress, seen)
    if facts.is_empty:
        of = "" if maps.err is None else f" and its {maps.err_type} map"
        raise NotCoveredError(
            f"there is no good pixel in the image{of}",
            hint="give maps with finite values and errors above zero",
        )
    return facts


def measure_any(
    maps: Maps, parameters: Parameters, strip_rows: int | None, mapper: Mapper, progress: Progress,
    seen: SeenStrips | None = None,
) -> ImageFacts:  # fmt: skip
    """Find the facts as `measure_whole` does, also where the image has no good pixel."""
    rows = _choose_hole_rows(maps, parameters, strip_rows)
    return obtain_facts(maps, parameters, strip_rows, rows, mapper, progress, seen)


def _choose_hole_rows(
    maps: Maps, parameters: Parameters, strip_rows: int | None
) -> list[int]:  # fmt: skip
    """Choose the rows, where strips are read from, at which filling is to be known."""
    halo = len(choose_kernel(parameters)) // 2 + INTERPOLATION_LENGTH
    begins = (start for start, _ in choose_strips(maps.shape, strip_rows))
    return sorted({0} | {max(start - halo, 0) for start in begins})


def clean_found(work: Work, parts: Sequence[FoundPart], mapper: Mapper) -> tuple[Sources, Columns]:
    """CLEAN and number what strips found; with what was measured of the sources' own pixels."""
    found = [part.found for part in parts]
    last = np.concatenate([each.last for each in found])
    # CLEAN takes them as a scan of the whole image completes their regions
    order = np.argsort(last, kind="stable")
    place = np.argsort(order)
    sources_of = np.split(place, np.cumsum([len(each.first) for each in found])[:-1])
    spread = parts[0].kept is not None
    runs = [NO_RUNS]
    if not spread:
        for each, source in zip(found, sources_of, strict=True):
            runs += [each.runs.named(source), each.small]
    sources = clean_and_number(
        work.shape, Runs.join(runs), Shapes.join([each.shapes for each in found]).take(order),
        np.concatenate([each.flags for each in found])[order],
        np.concatenate([each.first for each in found])[order], last[order], work.parameters,
        work.image.maps.psf,
    )  # fmt: skip
    if spread:
        from skyseg.engine._spread import Piece, SpreadSources

        pieces = [
            Piece(kept, rows, source)
            for (_, rows, kept), source in zip(parts, sources_of, strict=True)
        ]
        sources = SpreadSources.of(sources, pieces, mapper)
    isophotes = {
        name: np.concatenate([each.isophotes[name] for each in found])[order]
        for name in found[0].isophotes
    }
    if work.parameters.backphoto_type == "LOCAL":
        from skyseg.engine._local_light import subtract_local_sky

        isophotes = subtract_local_sky(work, sources, isophotes, mapper)
    return sources, isophotes


def _needs_pixels(maps: Maps, parameters: Parameters) -> bool:
    """Tell whether more is made of the sources' pixels than whose they are."""
    is_local = parameters.backphoto_type == "LOCAL"
    return is_local or maps.flags is not None or maps.mask is not None


def _begin_drawing(
    work: Work, sources: Sources, canvas: Canvas, strip_rows: int | None, mapper: Mapper
) -> Callable[[Progress], None]:
    """Have labels and background drawn, in strips of about as many rows.

    What is returned waits for them, and gives them to the canvas.
    """
    strips = choose_strips_of(canvas.row_step, work.shape, strip_rows)
    drawings = LazyTasks(lambda strip: sources.label_rows(*strip), strips)
    pack = canvas.packer(choose_background_step(work.mesh))
    packed = mapper(partial(draw_strip, work, pack), drawings)

    def finish(progress: Progress) -> None:
        told = report_each(packed, progress, len(strips), "drawing")
        for (start, _), part in zip(strips, told, strict=True):
            canvas.write(start, part)

    return finish


def report_within(progress: Progress, begin: float, end: float) -> Progress:
    """Make what tells of a part of the work, where ``progress`` tells of all of it."""
    return lambda part, what: progress(begin + (end - begin) * part, what)
