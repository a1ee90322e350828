"""Messages in the panel's words: its boxes and buttons in place of arguments of Python."""

from __future__ import annotations

from typing import Final

from skyseg.errors import Advice, SkysegError, Wording

_LABELS: Final = {
    "band": "Band",
    "data_dir": "Archive",
    "err_type": "Err type",
    "method": "Method",
    "survey": "Survey",
    "version": "Version",
}

PANEL: Final = Wording(
    {
        "band": "Band",
        "err_type_none": "Err type none",
        "overwrite": "Overwrite",
        "overwrite_segment": "Run with Overwrite",
        "segment": "Run",
        "data_dir": "Archive",
        "role_names": "[roles] in skyseg.toml",
        "work_dir": "work_dir in the settings",
    },
    lambda name: _LABELS.get(name, name),
)
"""How the panel spells arguments; what it has no box for goes by its name in Python."""


def worded(told: SkysegError | Advice) -> str:
    """Return a message in the panel's words.

    Examples
    --------
    >>> worded(SkysegError("a.fits is foreign", hint="make it again with {overwrite}"))
    'a.fits is foreign; make it again with Overwrite'
    """
    return (told.advice if isinstance(told, SkysegError) else told).worded(PANEL)
