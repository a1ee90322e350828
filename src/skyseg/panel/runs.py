"""One run of the panel: the chosen bands segmented, and what a person is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from skyseg.engine.types import ErrType
from skyseg.survey import BandData


@dataclass(frozen=True)
class Segmented:
    """A band after `segment`.

    Attributes
    ----------
    band : BandData
        The band, with its products.
    seconds : float
        How long it took.
    """

    band: BandData
    seconds: float

    @property
    def line(self) -> str:
        """What came out, such as ``"F444W rms_err: made, 312 sources, 2.1 s"``."""
        products = self.band.products
        assert products is not None
        number = "an unknown number of" if products.n_sources is None else products.n_sources
        return (
            f"{self.band.band} {products.recipe.err_type}: "
            f"{'made' if products.made else 'loaded'}, {number} sources, {self.seconds:.1f} s"
        )


def segment_bands(
    tell: Callable[[float, str], None], bands: Sequence[BandData], arguments: dict[str, Any]
) -> list[Segmented]:
    """Segment bands one after another; made to be run by `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Called with the part of all the work that is done and what comes next.
    bands : sequence of BandData
        The bands; they are segmented in place.
    arguments : dict
        For `BandData.segment`.

    Returns
    -------
    list of Segmented
        One for each band.

    Raises
    ------
    SkysegError
        As `BandData.segment` does; bands that come later are not segmented.
    """
    done = []
    for number, band in enumerate(bands):

        def tell_band(part: float, text: str, number: int = number, name: str = band.band) -> None:
            tell((number + part) / len(bands), f"{name}: {text}")

        start = time.perf_counter()
        tell_band(0.0, "reading")
        band.segment(**arguments, progress=tell_band)
        done.append(Segmented(band, time.perf_counter() - start))
    return done


def segment_both(
    tell: Callable[[float, str], None],
    band: BandData,
    arguments: dict[str, Any],
    err_types: tuple[ErrType, ErrType],
) -> list[Segmented]:
    """Segment a band with two error types; made to be run by `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Called with the part of all the work that is done and what comes next.
    band : BandData
        The band; copies of it are segmented.
    arguments : dict
        For `BandData.segment`; its ``err_type`` is not used.
    err_types : tuple of str
        The two error types.

    Returns
    -------
    list of Segmented
        One for each error type.

    Raises
    ------
    SkysegError
        As `BandData.segment` does.
    """
    done = []
    for number, err_type in enumerate(err_types):

        def tell_half(part: float, text: str, number: int = number) -> None:
            tell((number + part) / 2, text)

        done += segment_bands(tell_half, [band.copy()], {**arguments, "err_type": err_type})
    return done
