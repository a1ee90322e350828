"""The live preview drawn on a viewer's canvases, made in a thread of the kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from skyseg.panel.live_preview import InView, LivePreview, PreviewResult

if TYPE_CHECKING:
    from skyseg.engine.previews import Preview
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.session import Session
    from skyseg.survey import BandData


def start_preview(
    session: Session,
    canvases: Callable[[], Sequence[BandCanvas]],
    active: Callable[[], BandCanvas],
    say: Callable[[str], None],
) -> LivePreview:
    """Show what the session's parameters would give on the active canvas, while it wants that.

    Parameters
    ----------
    session : Session
        Its parameters are tried out, on the region that it looks at.
    canvases : callable
        Returns all canvases.
    active : callable
        Returns the one whose band is tried.
    say : callable
        Told in one line what was found.

    Returns
    -------
    LivePreview
    """

    def draw(canvas: BandCanvas | None, preview: Preview | None) -> None:
        for each in canvases():
            each.show_preview(preview if each is canvas else None)

    def look() -> InView:
        canvas = active()
        band = cast("BandData", canvas.band)  # arrays have no panel to try anything with
        return InView(band, canvas.part_in_view(), lambda preview: draw(canvas, preview))

    made = LivePreview(
        session, look=look, run=_run_in_thread, clear=lambda: draw(None, None), say=say
    )
    session.events.region.connect(made.ask)
    return made


def _run_in_thread(
    work: Callable[[], PreviewResult], then: Callable[[PreviewResult], None]
) -> None:
    threading.Thread(target=lambda: then(work())).start()
