"""The method ``sep``: the library sep, called as its users call it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any, ClassVar, Final

import numpy as np
import sep

from skyseg.engine.filtering import choose_kernel
from skyseg.engine.flags import Flag
from skyseg.engine.kernels import make_kernel
from skyseg.engine.parameters import Parameters
from skyseg.engine.thresholding import Threshold
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

_LEAST_PIXEL_STACK: Final = 300_000
_SUB_OBJECTS: Final = 50_000
_PIXEL_STACK_IS_FULL: Final = "internal pixel buffer full"
_ISOPHOTAL_RADII: Final = 6.0  # reach of Kron moments and light curves, in units of A_IMAGE
_SIGMA_PER_HALF_LIGHT_RADIUS: Final = 2.0 / 2.35

# sep keeps its limits for the whole process
_limits = threading.Lock()


@dataclass(frozen=True)
class SepMethod:
    """sep, as a segmentation method.

    Attributes
    ----------
    filter_type : {"matched", "conv"}
        How `sep.extract` filters; ``matched`` is its default.
    """

    filter_type: str = "matched"
    finds_noise: ClassVar[bool] = True
    takes_weights_as_they_are: ClassVar[bool] = True

    def threshold_rms(self, request: Request) -> float:
        """Return what a threshold of 1 is on the filtered image, in rms of the error map.

        The matched filter compares with the noise that white noise leaves when it is filtered.
        """
        if self.filter_type == "conv" or not choose_threshold(request, 1.0).factor:
            return 1.0
        return float(np.sqrt(np.sum(choose_kernel(request.parameters) ** 2)))

    def version(self) -> str:
        """Return the version of sep."""
        return f"sep {installed_version('sep')}"

    def run(self, request: Request) -> Outcome:
        """Extract the sources of one band with sep.

        Raises
        ------
        MethodError
            If sep fails.
        ImageError
            If the maps hold no good pixel.
        """
        parameters = request.parameters
        request.report(0.0, "measuring the background with sep")
        sci, rms, bad = read_noise_maps(request)
        size, filter_size = parameters.back_size, parameters.back_filtersize
        mesh = sep.Background(
            sci, mask=bad, bw=size, bh=size, fw=filter_size, fh=filter_size,
            fthresh=parameters.back_filtthresh,
        )  # fmt: skip
        background = mesh.back()
        if rms is None:
            rms = _noise_of(mesh, bad, parameters)
        threshold = choose_threshold(request, mesh.globalrms)
        is_auto = parameters.back_type == "AUTO"
        data = sci - (background if is_auto else np.float32(parameters.back_value))
        request.report(0.2, "extracting the sources with sep")
        objects, seg = self._extract(data, rms, bad, threshold, request)
        request.report(0.6, "measuring the sources with sep")
        saturated = flag_saturated(sci, seg, np.arange(1, len(objects) + 1), parameters.satur_level)
        try:
            measured = _measured(_Image(data, rms, bad, seg, saturated), objects, request)
        except Exception as error:
            if type(error) is Exception:  # what sep itself raises
                raise _failed(error, request) from error
            raise
        return Outcome(
            seg=seg,
            bkg=background,
            cat=catalogue.build(measured, request),
            version=self.version(),
            facts={"n_bad": int(np.count_nonzero(bad))},
            caveats=(
                *self._caveats(request, threshold),
                *catalogue.not_measured(measured, request),
            ),
        )

    def _extract(
        self,
        data: FloatImage,
        rms: FloatImage,
        bad: BoolImage,
        threshold: Threshold,
        request: Request,
    ) -> tuple[Any, LabelImage]:
        """Objects and their map; the pixel stack is made larger where it was too small."""
        parameters = request.parameters
        arguments = {
            # without err, sep takes the threshold for a level
            "thresh": threshold.factor or threshold.level,
            "err": rms if threshold.factor else None,
            "mask": bad,
            "gain": parameters.gain or None,
            "minarea": parameters.detect_minarea,
            "filter_kernel": make_kernel(parameters.filter_name) if parameters.filter else None,
            "filter_type": self.filter_type,
            "deblend_nthresh": parameters.deblend_nthresh,
            "deblend_cont": parameters.deblend_mincont,
            "clean": parameters.clean,
            "clean_param": parameters.clean_param,
            "segmentation_map": True,
        }
        # sep wants two places more than there are pixels
        stacks = max(_LEAST_PIXEL_STACK, data.size // 16), max(_LEAST_PIXEL_STACK, data.size + 2)
        for stack in stacks:
            try:
                with _limited(stack):
                    objects, seg = sep.extract(data, **arguments)
                return objects, seg
            except Exception as error:
                if _PIXEL_STACK_IS_FULL not in str(error) or stack == stacks[-1]:
                    raise _failed(error, request) from error
        raise AssertionError("unreachable")

    def _caveats(self, request: Request, threshold: Threshold) -> Iterator[str]:
        """Say what sep does otherwise than the parameters ask."""
        parameters = request.parameters
        if parameters.filter:
            yield f"sep's filter_type is {self.filter_type if threshold.factor else 'conv'}"
        yield from tell_common_caveats(request)
        if parameters.clean:
            yield "pixels of detections that CLEAN removes belong to no source"
        if parameters.mask_type != "NONE":
            yield f"MASK_TYPE {parameters.mask_type}: neighbours count as the aperture's mean"
        yield "FLAGS 1 stands for any pixel of a neighbour or bad pixel in the AUTO aperture"


def _failed(error: Exception, request: Request) -> MethodError:
    return MethodError(
        f"sep failed ({error})",
        hint="raise detect_thresh or deblend_mincont, or use the method 'skyseg'",
        where=request.name,
    )


@contextmanager
def _limited(pixel_stack: int) -> Iterator[None]:
    """Give sep other limits for the block."""
    with _limits:
        before = sep.get_extract_pixstack(), sep.get_sub_object_limit()
        sep.set_extract_pixstack(pixel_stack)
        sep.set_sub_object_limit(max(before[1], _SUB_OBJECTS))
        try:
            yield
        finally:
            sep.set_extract_pixstack(before[0])
            sep.set_sub_object_limit(before[1])


@dataclass(frozen=True)
class _Image:
    """What sources are measured on."""

    data: FloatImage
    rms: FloatImage
    bad: BoolImage
    seg: LabelImage
    saturated: IntArray


def _noise_of(mesh: sep.Background, bad: BoolImage, parameters: Parameters) -> FloatImage:
    """Noise of each pixel from the image itself: the mesh model's, or the global one."""
    rms = mesh.rms() if parameters.weight_type == "BACKGROUND" else np.float32(mesh.globalrms)
    return np.where(bad, BAD_RMS, rms).astype(np.float32)


def _measured(image: _Image, objects: Any, request: Request) -> dict[str, Any]:
    """Columns of the catalogue that sep gives."""
    parameters = request.parameters
    x, y, a, b = (objects[name] for name in ("x", "y", "a", "b"))
    number = np.arange(1, len(objects) + 1, dtype=np.int32)
    neighbours: dict[str, Any] = {"mask": image.bad}
    if parameters.mask_type != "NONE":
        neighbours |= {"segmap": image.seg, "seg_id": number}
    noise = {"err": image.rms, "gain": parameters.gain or None}
    apertures = [
        sep.sum_circle(image.data, x, y, diameter / request.pix_scale / 2, **noise, **neighbours)
        for diameter in request.aper_diams
    ]
    flux, error, kron, aperture_flags = _kron(image, objects, parameters, noise, neighbours)
    radii, _ = sep.flux_radius(
        image.data,
        x,
        y,
        _ISOPHOTAL_RADII * a,
        (0.5, *parameters.phot_fluxfrac),
        normflux=flux,
        **neighbours,
    )
    x_win, y_win, _ = sep.winpos(
        image.data, x, y, radii[:, 0] * _SIGMA_PER_HALF_LIGHT_RADIUS, mask=image.bad
    )
    for _, _, flag in apertures:
        aperture_flags = aperture_flags | (flag & sep.APER_TRUNC)
    return {
        "NUMBER": number,
        "X_IMAGE": x + 1,
        "Y_IMAGE": y + 1,
        "FLUX_APER": np.stack([each[0] for each in apertures], axis=-1),
        "FLUXERR_APER": np.stack([each[1] for each in apertures], axis=-1),
        "FLUX_AUTO": flux,
        "FLUXERR_AUTO": error,
        "FLUX_ISO": objects["flux"],
        "KRON_RADIUS": kron,
        "FLUX_RADIUS": radii[:, 1:],
        "ELONGATION": a / b,
        "THETA_IMAGE": np.degrees(objects["theta"]),
        "A_IMAGE": a,
        "B_IMAGE": b,
        "FLAGS": _flags(objects, aperture_flags) | image.saturated,
        "ISOAREA_IMAGE": objects["tnpix"],
        "ISOAREAF_IMAGE": objects["npix"],
        **{f"{name.upper()}_IMAGE": objects[name] + 1 for name in ("xmin", "ymin", "xmax", "ymax")},
        "XWIN_IMAGE": x_win + 1,
        "YWIN_IMAGE": y_win + 1,
    }


def _kron(
    image: _Image,
    objects: Any,
    parameters: Parameters,
    noise: dict[str, Any],
    neighbours: dict[str, Any],
) -> tuple[Any, Any, Any, IntArray]:
    """Light in Kron ellipses, or in circles for sources that are small, as sep's docs have it."""
    x, y, a, b = (objects[name] for name in ("x", "y", "a", "b"))
    theta = np.clip(objects["theta"], -math.pi / 2, math.pi / 2)
    factor, least = parameters.phot_autoparams
    moment, flags = sep.kron_radius(image.data, x, y, a, b, theta, _ISOPHOTAL_RADII, **neighbours)
    radius = np.maximum(factor * np.nan_to_num(moment), least)
    flux, error, ellipse_flags = sep.sum_ellipse(
        image.data, x, y, a, b, theta, radius, subpix=1, **noise, **neighbours
    )
    smallest = parameters.phot_autoapers[1] / 2
    small = np.nan_to_num(moment) * np.sqrt(a * b) < smallest
    if small.any():
        if "seg_id" in neighbours:
            neighbours = {**neighbours, "seg_id": neighbours["seg_id"][small]}
        flux[small], error[small], ellipse_flags[small] = sep.sum_circle(
            image.data, x[small], y[small], smallest, subpix=1, **noise, **neighbours
        )
    return flux, error, radius, flags | ellipse_flags


def _flags(objects: Any, aperture_flags: IntArray) -> IntArray:
    """SExtractor's bits for what sep reports."""
    meanings = (
        (aperture_flags & sep.APER_HASMASKED, Flag.CROWDED),
        (objects["flag"] & sep.OBJ_MERGED, Flag.MERGED),
        (objects["flag"] & sep.OBJ_TRUNC, Flag.TRUNCATED),
        (aperture_flags & sep.APER_TRUNC, Flag.APERTURE_INCOMPLETE),
    )
    flags = np.zeros(len(objects), np.int64)
    for is_set, flag in meanings:
        flags |= np.where(is_set, int(flag), 0)
    return flags
