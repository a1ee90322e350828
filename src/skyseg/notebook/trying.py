"""Live preview: what is in view segmented with the panel's parameters, as they change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from skyseg.engine.previews import Previewer
from skyseg.errors import SkysegError
from skyseg.panel.live_preview import open_previewer

if TYPE_CHECKING:
    from skyseg.notebook.viewer import Viewer
    from skyseg.panel.controls import Panel

_FIELDS = ("preview", "parameters", "err_type", "region", "band")
_LARGEST = 2048 * 2048  # pixels that are tried out at once


class Trier:
    """Shows what parameters would give, while Preview is on.

    A thread of the kernel does the work, one piece at a time; of the pieces asked
    for meanwhile only the last is done.

    Parameters
    ----------
    viewer : Viewer
        Where the outlines are shown.
    panel : Panel
        Where it is told how many sources there are.
    """

    def __init__(self, viewer: Viewer, panel: Panel) -> None:
        self._viewer, self._panel = viewer, panel
        self._session = viewer.session
        self._previewer: tuple[Any, Previewer] | None = None
        self._asked = threading.Event()
        self._working = threading.Lock()
        for name in _FIELDS:
            getattr(self._session.events, name).connect(self.ask)

    def ask(self) -> None:
        """Try the parameters out on what is in view, soon."""
        if not self._session.preview:
            for canvas in self._viewer.canvases:
                canvas.show_preview(None)
            return
        self._asked.set()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        with self._working:
            while self._asked.is_set() and self._session.preview:
                self._asked.clear()
                try:
                    self._panel.say(self._try())
                except SkysegError as error:
                    self._panel.say(str(error))

    def _try(self) -> str:
        canvas, err_type = self._viewer.active, self._session.err_type
        rows, columns = part = canvas.part_in_view()
        if (rows.stop - rows.start) * (columns.stop - columns.start) > _LARGEST:
            canvas.show_preview(None)
            return "zoom in for a preview: the part in view is too large"
        band: Any = canvas.band
        key = (band, err_type)
        if self._previewer is None or self._previewer[0] != key:
            self._previewer = key, open_previewer(band, err_type)
        preview = self._previewer[1].run(self._session.parameters, part)
        canvas.show_preview(preview if self._session.preview else None)
        return f"preview: {preview.n_sources} sources in view"
