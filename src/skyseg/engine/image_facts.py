"""What has to be known of a whole image before any part of it can be prepared.

Meshes of the sky and bad pixels are told by strips of rows, and put together here.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg import _loops
from skyseg.engine._levels import invert_weight, measure_guided_mesh, measure_raw_mesh
from skyseg.engine.background import Mesh, MeshRule, filter_mesh, scale_weight
from skyseg.engine.bad_pixels import INTERPOLATION_LENGTH
from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.types import BoolImage, ByteImage, CountArray, FloatImage, Int32Array

if TYPE_CHECKING:
    from skyseg.engine.sky_scale import SkyScale

_MARGIN: Final = -(-INTERPOLATION_LENGTH // 8)
"""Bytes of packed pixels that filling reaches along a row."""


@dataclass(frozen=True, eq=False)
class Holes:
    """How deep into the bad pixels of each column filling has come, at some rows.

    Attributes
    ----------
    rows : tuple of int
        Rows, ascending, the first one 0; none where no pixel is bad.
    counts : tuple of tuple of ndarray
        Before each of these rows, how many more pixels of each column may be
        filled from above; see `skyseg.engine.interpolate_bad`. Runs of equal
        numbers along the row: the number of each, and how many columns have it.
    """

    rows: tuple[int, ...]
    counts: tuple[tuple[CountArray, Int32Array], ...]

    def before(self, row: int) -> tuple[int, CountArray]:
        """Return the last known row up to ``row``, and its numbers, shape (nx,)."""
        k = int(np.searchsorted(self.rows, row, side="right")) - 1
        return self.rows[k], np.repeat(*self.counts[k])


@dataclass(frozen=True, eq=False)
class RawMeshes:
    """Level and scatter of the meshes of a part of an image, as they were measured.

    Attributes
    ----------
    image : tuple of ndarray of float32
        Those of the image, shape (nby, nbx) each.
    err : tuple of ndarray of float32, or None
        Those of a relative error map; None for another one.
    """

    image: tuple[FloatImage, FloatImage]
    err: tuple[FloatImage, FloatImage] | None


@dataclass(frozen=True, eq=False)
class ImageFacts:
    """What has to be known of a whole image before any part of it can be prepared.

    Attributes
    ----------
    mesh : Mesh
        Background level and noise.
    weight_factor : float
        f in variance = f^2 / weight, or f^2 * relative variance; 1 for other maps.
    noise : float
        Global noise, which thresholds and the gain refer to: that of the meshes, or, for
        a relative map that is taken as it is, that of the scale of the map.
    n_bad : int
        Number of bad pixels.
    holes : Holes
        What filling them depends on.
    raw : RawMeshes
        Its meshes, and those of a relative error map, before they were filtered.
    sky_scale : SkyScale or None
        Scatter of the filtered sky; None where thresholds are not in units of it.
    """

    mesh: Mesh
    weight_factor: float
    noise: float
    n_bad: int
    holes: Holes
    raw: RawMeshes
    sky_scale: SkyScale | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the image has no good pixel."""
        return self.n_bad == math.prod(self.mesh.shape)

    @property
    def told(self) -> dict[str, Any]:
        """What a run tells of its image; see `skyseg.engine.Measured`."""
        return {
            "n_bad": self.n_bad, "weight_factor": self.weight_factor,
            "noise": math.nan if self.is_empty else self.mesh.global_sigma,
        }  # fmt: skip


@dataclass(frozen=True)
class BadPixels:
    """Bad pixels of some rows: how many, and packed bits if there are any.

    The bits are compressed where they are sent.
    """

    count: int
    bits: ByteImage | None

    def __getstate__(self) -> tuple[int, tuple[int, ...], bytes]:
        if self.bits is None:
            return self.count, (0,), b""
        return self.count, self.bits.shape, zlib.compress(self.bits.tobytes(), 1)

    def __setstate__(self, state: tuple[int, tuple[int, ...], bytes]) -> None:
        count, shape, packed = state
        bits = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape) if packed else None
        vars(self).update(count=count, bits=bits)

    @classmethod
    def of(cls, bad: BoolImage) -> BadPixels:
        """Pack a mask."""
        count = int(np.count_nonzero(bad))
        return cls(count, np.packbits(bad, axis=1) if count else None)


@dataclass(frozen=True)
class StripFacts:
    """What some rows tell of the image: its meshes and its bad pixels."""

    meshes: RawMeshes
    bad: BadPixels


def measure_sky(
    maps: Maps, source: NoiseSource, rule: MeshRule, strip: tuple[int, int]
) -> StripFacts:
    """Measure a strip of rows, the first one a multiple of the meshes' size."""
    meshes, bad = measure_meshes(maps, source, rule, Window(*strip, 0, maps.shape[1]))
    return StripFacts(meshes, BadPixels.of(bad))


def measure_meshes(
    maps: Maps, source: NoiseSource, rule: MeshRule, window: Window
) -> tuple[RawMeshes, BoolImage]:
    """Measure the meshes of a part that begins where one does, and find its bad pixels."""
    sci, err = maps.read(window)
    bad = source.find_bad(sci, err)
    return measure_part(source, rule, sci, err, bad), bad


def measure_part(
    source: NoiseSource, rule: MeshRule, sci: FloatImage, err: FloatImage | None, bad: BoolImage
) -> RawMeshes:
    """Measure the meshes of a part that begins where one does."""
    image = measure_raw_mesh(sci, bad, rule.size, rule.pearson)
    if err is None or not source.is_relative:
        return RawMeshes(image, None)
    relative = invert_weight(err, bad) if source.weight_type == "MAP_WEIGHT" else err
    return RawMeshes(image, measure_guided_mesh(relative, bad, sci, rule.size, rule.pearson))


def mark_strip(maps: Maps, source: NoiseSource, factor: float, strip: tuple[int, int]) -> BadPixels:
    """Find the bad pixels of a strip of rows by the factor of the weights."""
    start, stop = strip
    return BadPixels.of(
        source.find_bad(*maps.read(Window(start, stop, 0, maps.shape[1])), factor)
    )  # fmt: skip


def filter_meshes(raw: RawMeshes, maps: Maps, parameters: Parameters) -> tuple[Mesh, float, float]:
    """Filter the meshes of a whole image; with the factor of its weights and its global noise."""
    source, rule = NoiseSource.of(maps.err_type, parameters), MeshRule.of(parameters)
    mesh = filter_mesh(*raw.image, rule, maps.shape)
    if raw.err is None:
        return mesh, 1.0, mesh.global_sigma
    measured = scale_weight(mesh, *raw.err, rule, maps.name)
    if source.rescaled:
        return mesh, measured, mesh.global_sigma
    return mesh, 1.0, mesh.global_sigma / measured


def describe_empty(
    raw: RawMeshes, holes: Holes, shape: tuple[int, int], rule: MeshRule
) -> ImageFacts:
    """Return the facts of an image without a good pixel: no sky, and noise that nothing uses."""
    mesh = filter_mesh(*raw.image, rule, shape)
    return ImageFacts(mesh, 1.0, mesh.global_sigma, math.prod(shape), holes, raw)


def stack_meshes(parts: Sequence[RawMeshes]) -> RawMeshes:
    """Put the meshes of strips together."""
    relative = [part.err for part in parts if part.err is not None]
    return RawMeshes(_stack([part.image for part in parts]), _stack(relative) if relative else None)


def _stack(meshes: Sequence[tuple[FloatImage, FloatImage]]) -> tuple[FloatImage, FloatImage]:
    levels, sigmas = zip(*meshes, strict=True)
    return np.concatenate(levels), np.concatenate(sigmas)


def follow_holes(
    shape: tuple[int, int], strips: Iterable[tuple[int, int]], bad: Iterable[BadPixels],
    hole_rows: Sequence[int],
) -> tuple[int, Holes]:  # fmt: skip
    """Count bad pixels, and tell how deep filling has come before some rows."""
    left = np.zeros(shape[1], np.int16)
    wanted, counts, n_bad = list(hole_rows), [], 0
    for (start, stop), part in zip(strips, bad, strict=True):
        at = start
        while wanted and wanted[0] < stop:
            _advance(part, at - start, wanted[0] - start, left)
            at = wanted.pop(0)
            counts.append(_encode_runs(left))
        _advance(part, at - start, stop - start, left)
        n_bad += part.count
    return n_bad, Holes(tuple(hole_rows), tuple(counts)) if n_bad else Holes((), ())


def _advance(part: BadPixels, start: int, stop: int, left: CountArray) -> None:
    """Follow some rows: the last ones, and all where columns have no good pixel in those."""
    if stop <= start:
        return
    if part.bits is None:
        left[:] = INTERPOLATION_LENGTH
        return
    near = max(stop - INTERPOLATION_LENGTH, start)
    open_bytes = np.flatnonzero(np.bitwise_and.reduce(part.bits[near:stop]))
    groups = np.split(open_bytes, np.flatnonzero(np.diff(open_bytes) > _MARGIN) + 1)
    for group in groups if near > start and len(open_bytes) else []:
        first, last = max(int(group[0]) - _MARGIN, 0), int(group[-1]) + 1
        _count_down(part.bits[start:near, first:last], left[8 * first : 8 * last])
    _count_down(part.bits[near:stop], left)


def _count_down(bits: ByteImage, left: CountArray) -> None:
    bad = np.unpackbits(bits, axis=1, count=len(left)).view(np.bool_)
    _loops.count_down(bad=bad, left_in_column=left)


def _encode_runs(numbers: CountArray) -> tuple[CountArray, Int32Array]:
    """Return runs of equal numbers: the number of each, and its length."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[starts], np.diff(starts, append=len(numbers)).astype(np.int32)
