"""Where the noise of each pixel comes from: an error map, or the image itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_single
from skyseg.engine.background import Mesh, draw_sigma_part
from skyseg.engine.bad_pixels import BAD_VARIANCE, HIGHEST_RMS, find_bad, find_no_value
from skyseg.engine.parameters import ERR_TYPE_OF, WEIGHT_TYPES_OF, Parameters, WeightType
from skyseg.engine.rows import Window
from skyseg.engine.types import BoolImage, ErrType, FloatImage
from skyseg.errors import ParameterError

_POWERS: Final[dict[WeightType, Literal[2, 1, -1]]] = {"MAP_RMS": 2, "MAP_VAR": 1, "MAP_WEIGHT": -1}
"""Power of the value of an error map that the variance is proportional to."""


@dataclass(frozen=True)
class NoiseSource:
    """Where the noise of each pixel comes from.

    Attributes
    ----------
    weight_type : str
        SExtractor's WEIGHT_TYPE: ``MAP_RMS``, ``MAP_VAR`` or ``MAP_WEIGHT`` for what an
        error map holds, ``NONE`` for the global noise of the image, ``BACKGROUND`` for
        that of its meshes.
    rescaled : bool
        Whether the image's own noise sets the scale of the map (RESCALE_WEIGHTS).
    thresh : float or None
        Weight up to which, or rms or variance from which, a pixel is bad (WEIGHT_THRESH);
        None without a map. With ``BACKGROUND`` SExtractor compares it with the noise of the
        meshes; here `of` refuses that.

    Notes
    -----
    As SExtractor has it, ``thresh`` is compared with the map as it is where the meshes are
    measured, and afterwards with the map as it is scaled.
    """

    weight_type: WeightType
    rescaled: bool = False
    thresh: float | None = None

    @classmethod
    def of(cls, err_type: ErrType, parameters: Parameters) -> NoiseSource:
        """Return the source that an error type and the parameters name.

        Raises
        ------
        ParameterError
            If the error type and ``weight_type`` contradict each other, or the noise of the
            meshes (``BACKGROUND``) has a threshold.
        """
        allowed = WEIGHT_TYPES_OF[err_type]
        weight_type = parameters.weight_type or allowed[0]
        if weight_type not in allowed:
            fitting = ERR_TYPE_OF[weight_type]
            raise ParameterError(
                f"is {weight_type!r}, and the error type is {err_type!r}",
                hint=f"use the error type {fitting}, or one of {', '.join(allowed)} or None here",
                argument="weight_type",
            )  # fmt: skip
        if weight_type == "BACKGROUND" and parameters.weight_thresh:
            raise ParameterError(
                f"is {parameters.weight_thresh:g}, and without an error map no pixel is left out",
                hint="set it to 0 or None with weight_type BACKGROUND",
                argument="weight_thresh",
            )
        if err_type == "none":
            return cls(weight_type)
        relative = weight_type in ("MAP_VAR", "MAP_WEIGHT")
        return cls(weight_type, relative and parameters.rescale_weights, parameters.weight_thresh)

    @property
    def has_map(self) -> bool:
        """Whether there is an error map."""
        return self.weight_type in _POWERS

    @property
    def is_relative(self) -> bool:
        """Whether the scale of the map against the image's own noise is measured."""
        return self.weight_type in ("MAP_VAR", "MAP_WEIGHT")

    @property
    def bad_depend_on_factor(self) -> bool:
        """Whether which pixels are bad is known only with the scale of the map."""
        return self.rescaled and self.thresh is not None

    def find_empty(self, sci: FloatImage, err: FloatImage | None) -> BoolImage:
        """Mark the pixels that hold no value, or no error that is one; see `find_bad`."""
        if err is None:
            return find_no_value(sci)
        return find_bad(sci, err, (0.0, self._highest))

    def find_bad(self, sci: FloatImage, err: FloatImage | None, factor: float = 1.0) -> BoolImage:
        """Mark the pixels that hold no measurement: empty, or beyond the threshold.

        Parameters
        ----------
        sci : ndarray of float32, shape (ny, nx)
            Image.
        err : ndarray of float32, shape (ny, nx), or None
            Error map, if there is one.
        factor : float
            f in variance = f^2 / weight or f^2 * relative variance; 1 for the map as it is.

        Returns
        -------
        ndarray of bool, shape (ny, nx)
        """
        if err is None or self.thresh is None:
            return self.find_empty(sci, err)
        if self.weight_type == "MAP_WEIGHT":
            return find_bad(sci, err, (as_single(self.thresh * factor**2), self._highest))
        return find_bad(sci, err, (0.0, min(self._highest, as_single(self.thresh / factor**2))))

    @property
    def _highest(self) -> float:
        return HIGHEST_RMS if self.weight_type == "MAP_RMS" else math.inf

    def make_variance(
        self, err: FloatImage | None, empty: BoolImage, factor: float, mesh: Mesh | None,
        part: Window,
    ) -> FloatImage:  # fmt: skip
        """Return the variance of each pixel of a part; 1e30 where it is empty.

        Parameters
        ----------
        err : ndarray of float32, shape (ny, nx), or None
            Error map, which is changed, if there is one.
        empty : ndarray of bool, shape (ny, nx)
            Pixels without a value; see `find_empty`.
        factor : float
            f in variance = f^2 / weight or f^2 * relative variance.
        mesh : Mesh or None
            Noise of the image; not used where there is an error map.
        part : Window
            Where the part lies.
        """
        if err is None:
            assert mesh is not None
            if self.weight_type == "BACKGROUND":
                err = draw_sigma_part(mesh, part)
            else:
                err = np.full(part.shape, mesh.global_sigma, np.float32)
        power = _POWERS.get(self.weight_type, 2)
        _loops.to_variance(err=err, bad=empty, power=power, factor=factor)
        return err

    @property
    def highest_variance(self) -> float:
        """Variance from which a pixel that nothing has filled counts in no aperture."""
        if self.thresh is None or not self.has_map:
            return float(BAD_VARIANCE)
        if self.weight_type == "MAP_WEIGHT":
            return 1 / self.thresh if self.thresh > 0 else float(BAD_VARIANCE)
        return self.thresh ** _POWERS[self.weight_type]
