"""Napari's settings: our page of them, and with what FITS files are opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from glob import escape
from pathlib import Path
from typing import Any

from napari.settings import get_plugin_settings, get_settings
from npe2 import PluginManager

_FITS_PATTERNS = ("*.fits", "*.fits.gz", "*.fits.fz")
_PLUGIN = "skyseg"
_WRITER = "skyseg.write_labels"


def get_setting(group: str, name: str, default: Any) -> Any:
    """Value of a setting of ours on napari's settings page."""
    settings = get_plugin_settings()
    return getattr(getattr(settings[_PLUGIN], group), name) if _PLUGIN in settings else default


def claim_fits_files(archive: Path, tell: Callable[[str], Any]) -> None:
    """Let FITS files, and folders of the archive, open with this plugin from now on.

    Without a choice napari asks for each kind of file, as its own reader offers
    itself too. A choice that a person has made stays; a person is told of a new one, and
    *Preferences > Skyseg* can forbid it.

    Parameters
    ----------
    archive : Path
        The archive.
    tell : callable
        Told of a new choice.
    """
    if not get_setting("imaging", "open_fits", True):
        return
    plugins = get_settings().plugins
    folders = f"{escape(str(archive.expanduser().resolve()))}{os.sep}*{os.sep}"
    wanted = (*_FITS_PATTERNS, *([folders] if archive.is_dir() else ()))
    missing = {each: _PLUGIN for each in wanted if each not in plugins.extension2reader}
    if missing:
        plugins.extension2reader = {**plugins.extension2reader, **missing}
        tell("FITS files open with skyseg now; see Preferences > Plugins")


def offer_fits_first() -> None:
    """Let napari's dialog for saving labels offer FITS as its first choice.

    It offers writers in the order in which plugins were found, its own first, and a file
    saved by those has neither WCS nor catalogue.
    """
    contributions: Any = PluginManager.instance()._contrib
    contributions._writers.sort(key=lambda entry: entry[-1].command != _WRITER)
