"""The method ``photutils``: its segmentation and source catalogue, called as their users do."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg.engine.flags import Flag
from skyseg.engine.kernels import make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import BoolImage, FloatImage, IntArray, LabelImage
from skyseg.errors import MethodError
from skyseg.methods import catalogue
from skyseg.methods._maps import (
    BAD_RMS,
    choose_threshold,
    flag_saturated,
    read_noise_maps,
    tell_common_caveats,
)
from skyseg.methods.base import Outcome, Request

if TYPE_CHECKING:
    from photutils.segmentation import SegmentationImage, SourceCatalog

_APERTURE_MASKS: Final = {"NONE": "none", "BLANK": "mask", "CORRECT": "correct"}
_NOT_MEASURED: Final = ("CLASS_STAR", "ISOAREA_IMAGE", "SNR_WIN")


class PhotutilsMethod:
    """photutils, as a segmentation method."""

    finds_noise = True
    takes_weights_as_they_are = True

    def threshold_rms(self, _request: Request) -> float:
        """Return what a threshold of 1 is on the filtered image, in rms of the error map."""
        return 1.0

    def version(self) -> str:
        """Return the version of photutils.

        Raises
        ------
        MethodError
            If it is not installed.
        """
        try:
            return f"photutils {installed_version('photutils')}"
        except PackageNotFoundError as error:
            raise MethodError(
                "photutils is not installed",
                hint="install skyseg with the extra 'photutils', or use the method 'skyseg'",
            ) from error

    def run(self, request: Request) -> Outcome:
        """Extract the sources of one band with photutils.

        Raises
        ------
        MethodError
            If photutils is not installed, or fails.
        ImageError
            If the maps hold no good pixel.
        """
        version = self.version()
        sci, rms, bad = read_noise_maps(request)
        try:
            background, seg, measured = _extracted(sci, rms, bad, request)
        except (ImportError, TypeError, ValueError) as error:
            raise MethodError(
                f"photutils failed ({error})",
                hint="change the parameters, or use the method 'skyseg'",
                where=request.name,
            ) from error
        return Outcome(
            seg=seg,
            bkg=background,
            cat=catalogue.build(measured, request),
            version=version,
            facts={"n_bad": int(np.count_nonzero(bad))},
            caveats=(*_caveats(request), *catalogue.not_measured(measured, request)),
        )


def _caveats(request: Request) -> Iterator[str]:
    """Say what photutils does otherwise than the parameters ask."""
    parameters = request.parameters
    if choose_threshold(request, 1.0).factor:
        yield "the threshold is DETECT_THRESH times the noise of the unfiltered image"
    yield from tell_common_caveats(request)
    if parameters.back_filtthresh:
        yield "BACK_FILTTHRESH is not followed: every mesh is filtered"
    if parameters.clean:
        yield "CLEAN is not done, and CLEAN_PARAM not used"
    yield "a region with values below 0, or very many peaks, is deblended with linear levels"
    yield "FLAGS are 2 (deblended), 4 (saturated) and 8 (at the edge) alone"


def _extracted(
    sci: FloatImage, rms: FloatImage | None, bad: BoolImage, request: Request
) -> tuple[FloatImage, LabelImage, dict[str, Any]]:
    """Background, map and measurements."""
    from photutils.background import Background2D
    from photutils.segmentation import SourceCatalog

    parameters = request.parameters
    request.report(0.0, "measuring the background with photutils")
    mesh = Background2D(
        sci,
        parameters.back_size,
        mask=bad,
        filter_size=parameters.back_filtersize,
        # only a box without a good pixel is left out
        exclude_percentile=100.0,
    )
    background = mesh.background.astype(np.float32)
    noise = float(mesh.background_rms_median)
    if rms is None:
        of_pixels = parameters.weight_type == "BACKGROUND"
        rms = np.where(bad, BAD_RMS, mesh.background_rms if of_pixels else noise).astype(np.float32)
    is_auto = parameters.back_type == "AUTO"
    level = background if is_auto else np.float32(parameters.back_value)
    data = np.where(bad, np.float32(0), sci - level)
    request.report(0.2, "detecting the sources with photutils")
    smooth = _convolved(data, request.parameters)
    threshold = choose_threshold(request, noise)
    limit = np.full_like(rms, threshold.level) if threshold.level else threshold.factor * rms
    found = _detected(smooth, limit, bad, request)
    if found is None:
        return background, np.zeros(sci.shape, np.int32), _nothing()
    request.report(0.6, "measuring the sources with photutils")
    factor, least = parameters.phot_autoparams
    if not factor:
        raise ValueError("the Kron factor of phot_autoparams is 0")
    sources = SourceCatalog(
        data,
        found,
        convolved_data=smooth,
        error=_with_photon_noise(data, rms, parameters.gain),
        mask=bad,
        aperture_mask_method=_APERTURE_MASKS[parameters.mask_type],
        kron_params=(factor, least / factor, parameters.phot_autoapers[1] / 2),
    )
    seg = found.data.astype(np.int32)
    saturated = flag_saturated(sci, seg, found.labels, parameters.satur_level)
    measured = _measured(sources, found, request)
    return background, seg, measured | {"FLAGS": measured["FLAGS"] | saturated}


def _convolved(data: FloatImage, parameters: Parameters) -> FloatImage:
    if not parameters.filter:
        return data
    from astropy.convolution import convolve

    smooth: FloatImage = convolve(data, make_kernel(parameters.filter_name)).astype(np.float32)
    return smooth


def _detected(
    smooth: FloatImage, threshold: FloatImage, bad: BoolImage, request: Request
) -> SegmentationImage | None:
    """Deblended sources; None where there are none."""
    import warnings

    from astropy.utils.exceptions import AstropyUserWarning
    from photutils.segmentation import deblend_sources, detect_sources
    from photutils.utils.exceptions import NoDetectionsWarning

    parameters = request.parameters
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoDetectionsWarning)
        found = detect_sources(smooth, threshold, parameters.detect_minarea, mask=bad)
    if found is None:
        return None
    request.report(0.3, "deblending the sources with photutils")
    with warnings.catch_warnings():
        # said as a caveat
        warnings.filterwarnings("ignore", "The deblending mode of", AstropyUserWarning)
        return deblend_sources(
            smooth,
            found,
            parameters.detect_minarea,
            n_levels=parameters.deblend_nthresh,
            contrast=parameters.deblend_mincont,
            mode="exponential",
            progress_bar=False,
        )


def _with_photon_noise(data: FloatImage, rms: FloatImage, gain: float) -> FloatImage:
    if not gain:
        return rms
    from photutils.utils import calc_total_error

    total: FloatImage = calc_total_error(data, rms, gain)
    return total


def _nothing() -> dict[str, Any]:
    """Columns of an image without sources."""
    return {
        column.name: np.zeros(0)
        for column in catalogue.COLUMNS
        if not column.name.startswith("MAG") and column.name not in _NOT_MEASURED
    }


def _measured(sources: SourceCatalog, found: SegmentationImage, request: Request) -> dict[str, Any]:
    """Columns of the catalogue that photutils gives."""
    parameters = request.parameters
    apertures = [
        sources.circular_photometry(diameter / request.pix_scale / 2)
        for diameter in request.aper_diams
    ]
    window = np.atleast_2d(sources.centroid_win)
    box = {
        f"{axis.upper()}{end.upper()}_IMAGE": np.atleast_1d(getattr(sources, f"bbox_{axis}{end}"))
        + 1
        for axis in "xy"
        for end in ("min", "max")
    }
    plain = {
        "NUMBER": sources.labels,
        "X_IMAGE": sources.x_centroid + 1,
        "Y_IMAGE": sources.y_centroid + 1,
        "FLUX_AUTO": sources.kron_flux,
        "FLUXERR_AUTO": sources.kron_flux_err,
        "FLUX_ISO": sources.segment_flux,
        "FLUXERR_ISO": sources.segment_flux_err,
        "KRON_RADIUS": sources.kron_radius.value * parameters.phot_autoparams[0],
        "FLUX_RADIUS": np.stack(
            [np.atleast_1d(sources.flux_radius(part).value) for part in parameters.phot_fluxfrac],
            axis=-1,
        ),
        "FWHM_IMAGE": sources.fwhm.value,
        "ELONGATION": sources.elongation.value,
        "THETA_IMAGE": sources.orientation.value,
        "A_IMAGE": sources.semimajor_axis.value,
        "B_IMAGE": sources.semiminor_axis.value,
        "ISOAREAF_IMAGE": sources.segment_area.value,
        "FLAGS": _flags(sources, found),
    }
    return {
        **{name: np.atleast_1d(values) for name, values in plain.items()},
        **box,
        "FLUX_APER": np.stack([np.atleast_1d(each[0]) for each in apertures], axis=-1),
        "FLUXERR_APER": np.stack([np.atleast_1d(each[1]) for each in apertures], axis=-1),
        "XWIN_IMAGE": window[:, 0] + 1,
        "YWIN_IMAGE": window[:, 1] + 1,
    }


def _flags(sources: SourceCatalog, found: SegmentationImage) -> IntArray:
    """SExtractor's bits for what photutils reports."""
    ny, nx = found.shape
    truncated = (
        (sources.bbox_xmin == 0)
        | (sources.bbox_ymin == 0)
        | (sources.bbox_xmax == nx - 1)
        | (sources.bbox_ymax == ny - 1)
    )
    flags = np.zeros(found.n_labels, np.int64)
    flags |= np.where(np.isin(sources.labels, found.deblended_labels), int(Flag.MERGED), 0)
    flags |= np.where(truncated, int(Flag.TRUNCATED), 0)
    return flags
