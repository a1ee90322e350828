"""Live preview: what is in view, segmented with the panel's parameters as they change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from skyseg.assessment import NegativeRows
from skyseg.engine.masking import Mask
from skyseg.engine.parameters import Parameters, WeightType
from skyseg.engine.previews import Preview, Previewer
from skyseg.engine.types import ErrType, Slices
from skyseg.errors import Advice, ParameterError, SkysegError
from skyseg.imaging import MapRef
from skyseg.masks.bits import BIT_VALUES, parse_bits
from skyseg.panel.assessed_views import tell_negatives
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.panel.wording import worded
from skyseg.survey import BandData
from skyseg.survey.band_extraction import doubt_noise
from skyseg.survey.settling import settle_parameters

LARGEST = 2048
"""Longest side of the part that is tried out, in pixels; of a longer one the middle is taken."""

_ENGINE = "skyseg"
_TELL_REACH = frozenset(["X_IMAGE", "Y_IMAGE", "A_IMAGE"])
_FIELDS = ("preview", "parameters", "err_type", "method", "band", "mask", "exclude")

PreviewResult: TypeAlias = Preview | SkysegError


@dataclass(frozen=True)
class _Asked:
    """What is tried out: the parameters on a part of a band, and what a previewer is good for."""

    seen: InView
    part: Slices
    parameters: Parameters
    err_type: ErrType
    key: tuple[Any, ...]

    @property
    def band(self) -> BandData:
        return self.seen.band


@dataclass(frozen=True)
class InView:
    """What a person looks at.

    Attributes
    ----------
    band : BandData
        The band.
    part : tuple of slice
        Rows and columns of it that are in view.
    draw : callable
        Draws a preview over it, in place of an earlier one.
    """

    band: BandData
    part: Slices
    draw: Callable[[Preview], None]


class LivePreview:
    """Tries the session's parameters out on what is in view, while the session wants it.

    What is detected is drawn; then the same is tried on the negative image, and the purity that
    both tell is said. Work is done one piece at a time; of the pieces asked for meanwhile only
    the last is done. Who owns it calls `ask` when the view has moved.

    Parameters
    ----------
    session : Session
        Its parameters are tried out, as they change.
    look : callable
        Returns what is in view; raises an error of ours where there is nothing to try.
    run : callable
        ``run(work, then)`` calls ``work()`` in another thread and afterwards ``then`` with
        what it returned, where the window can be drawn on.
    clear : callable
        Takes a preview out of view.
    say : callable
        Told in one line what was found.
    """

    def __init__(
        self,
        session: Session,
        *,
        look: Callable[[], InView],
        run: Callable[[Callable[[], PreviewResult], Callable[[PreviewResult], None]], None],
        clear: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._session = session
        self._look, self._run, self._clear, self._say = look, run, clear, say
        self._kept: dict[bool, tuple[tuple[Any, ...], Previewer]] = {}
        self._doubts: dict[tuple[BandData, ErrType, WeightType | None], Advice | None] = {}
        self._working = self._asked_again = False
        self._lock = threading.Lock()
        for name in _FIELDS:
            getattr(session.events, name).connect(self.ask)

    @property
    def working(self) -> bool:
        """Whether something is tried out right now."""
        return self._working

    def ask(self) -> None:
        """Make the preview anew, or take it away where the session wants none."""
        if not self._session.preview:
            self._clear()
            return
        with self._lock:
            if self._working:
                self._asked_again = True
                return
            self._working = True
        self._begin()

    def _begin(self) -> None:
        self._asked_again = False
        try:
            seen = self._look()
        except SkysegError as error:
            self._clear()
            self._end(worded(error))
            return
        except Exception:
            self._working = False
            raise
        session = self._session
        part = tuple(_middle(each) for each in seen.part)
        asked = _Asked(
            seen, (part[0], part[1]), session.parameters, session.err_type, self._key(seen.band)
        )
        if False not in self._kept or self._kept[False][0] != asked.key:
            self._say(f"reading {seen.band.band} for the preview")
        self._run(lambda: self._try(asked), lambda outcome: self._show(asked, outcome))

    def _key(self, band: BandData) -> tuple[Any, ...]:
        """Return what a previewer is good for: maps, and a catalogue, which sets its margins."""
        session = self._session
        of_mask = _tell_mask(session, band)
        return band, session.err_type, session.parameters.weight_type, band.products, of_mask

    def _try(self, asked: _Asked, *, negative: bool = False) -> PreviewResult:
        band, err_type, part = asked.band, asked.err_type, asked.part
        try:
            weight_type = asked.parameters.weight_type
            if (band, err_type, weight_type) not in self._doubts:
                doubt = doubt_noise(band.maps, err_type, weight_type)
                self._doubts[band, err_type, weight_type] = doubt
            if negative not in self._kept or self._kept[negative][0] != asked.key:
                mask = open_mask(self._session, band)
                opened = open_previewer(band, err_type, weight_type, mask, negative=negative)
                self._kept[negative] = asked.key, opened
            settled = settle_parameters(
                band.maps, asked.parameters.replace(clean_psf=None), err_type
            )
            if negative:
                settled = settled.replace(back_value=-settled.back_value)
            y, x = _corner(band)
            moved = (
                slice(part[0].start + y, part[0].stop + y),
                slice(part[1].start + x, part[1].stop + x),
            )
            return replace(self._kept[negative][1].run(settled, moved), part=part)
        except SkysegError as error:
            return error
        except Exception:
            self._working = False
            raise

    def _show(self, asked: _Asked, outcome: PreviewResult) -> None:
        if isinstance(outcome, SkysegError):
            self._end(worded(outcome))
            return
        if self._session.preview:
            asked.seen.draw(outcome)
        if not self._session.preview:  # or no more: a notebook draws in a thread of its own
            self._clear()
            self._end("")
            return
        self._run(
            lambda: self._try(asked, negative=True),
            lambda negative: self._tell(asked, outcome, negative),
        )

    def _tell(self, asked: _Asked, outcome: Preview, negative: PreviewResult) -> None:
        """Say what was detected, and how much of it is real by what the negative has."""
        if isinstance(negative, SkysegError):
            self._end(worded(negative))
            return
        if not self._session.preview:
            self._clear()
            self._end("")
            return
        seen = asked.seen
        where = "in view" if outcome.part == seen.part else "in the middle of the view"
        every = self._session.band == ALL_BANDS and len(self._session.bands()) > 1
        whole = "all bands" if every else "the whole band"
        method = self._session.method
        preview, by = (
            ("preview", "")
            if method == _ENGINE
            else (f"preview by {_ENGINE}'s engine", f" by {method}")
        )
        preview += _tell_left_out(self._session, asked.parameters)
        negatives = tell_negatives(outcome.n_sources, negative.n_sources)
        counts = f"{outcome.n_sources} sources {where}, {negatives}"
        said = f"{preview}: {counts}; Apply segments {whole}{by}"
        session = self._session
        doubt = self._doubts.get((seen.band, session.err_type, session.parameters.weight_type))
        self._end(f"{said}. {worded(doubt)}" if doubt else said)

    def _end(self, said: str) -> None:
        """Say what came of it, and go on with what was asked for meanwhile."""
        if said:
            self._say(said)
        with self._lock:
            self._working = self._asked_again and self._session.preview
        if self._working:
            self._begin()


def open_previewer(
    band: BandData,
    err_type: ErrType,
    weight_type: WeightType | None = None,
    mask: Mask | None = None,
    *,
    negative: bool = False,
) -> Previewer:
    """Take the maps of a band, which are read when a part is asked for.

    Those of a band that is cut to a region are the whole ones, as in a run of that region:
    the sky is measured in all of them.

    Parameters
    ----------
    band : BandData
        The band; the catalogue of its products, if it has one with positions and axes, tells
        how far sources reach.
    err_type : {"rms_err", "wht", "none"}
        Where the noise comes from.
    weight_type : str, optional
        What the parameters say that the error map holds.
    mask : Mask, optional
        What is excluded from detection.
    negative : bool, optional
        Whether the image is taken with its sign changed.

    Returns
    -------
    Previewer

    Raises
    ------
    SkysegError
        If it has no error map, or its catalogue cannot be read.
    """
    catalogue = band.load_cat() if band.products else None
    if catalogue is not None and not set(catalogue.colnames) >= _TELL_REACH:
        catalogue = None
    y, x = _corner(band)
    reach = None
    if catalogue is not None:
        shifts = {"X_IMAGE": x, "Y_IMAGE": y, "A_IMAGE": 0}
        reach = {name: np.asarray(catalogue[name]) + shift for name, shift in shifts.items()}
    whole = band.maps.cut(None)
    noise = whole.noise_rows(err_type, weight_type)
    sci = NegativeRows(whole.sci_rows()) if negative else whole.sci_rows()
    return Previewer(sci, noise, err_type, reach, mask)


def open_mask(session: Session, band: BandData) -> Mask | None:
    """Return the mask of a band, as a run of a session uses it; None where it uses none.

    Raises
    ------
    ParameterError
        If one is used, and the band has none.
    """
    if not session.mask:
        return None
    rows = band.maps.cut(None).flag_rows(MapRef.parse(band.find_mask(), None))
    return Mask(rows, BIT_VALUES, int(parse_bits(session.exclude)))


def _tell_left_out(session: Session, parameters: Parameters) -> str:
    """Say what of a run a preview goes without; empty where that is nothing."""
    left_out = [] if parameters.clean_psf is None else ["clean_psf"]
    if session.has_two_passes():
        left_out.append("the hot pass")
    return f" without {' and '.join(left_out)}, which the run uses" if left_out else ""


def _tell_mask(session: Session, band: BandData) -> tuple[Any, ...]:
    """Return what tells the mask that is used from others."""
    if not session.mask:
        return ()
    try:
        path = band.find_mask()
        return path, path.stat().st_mtime_ns, session.exclude
    except (OSError, ParameterError):  # which is said when it is read
        return (session.exclude,)


def _corner(band: BandData) -> tuple[int, int]:
    """Row and column of the maps on disk at which those of a band begin."""
    part = band.maps.part
    return (0, 0) if part is None else (part[0].start, part[1].start)


def _middle(part: slice) -> slice:
    """Return the middle of rows or columns that are too many to try out."""
    length = part.stop - part.start
    if length <= LARGEST:
        return part
    start = part.start + (length - LARGEST) // 2
    return slice(start, start + LARGEST)
