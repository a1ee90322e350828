"""Folders of skyseg's own methods that are not called as these are."""

from __future__ import annotations

from typing import Final

OWN_FOLDERS: Final[dict[str, tuple[str, str | None]]] = {"sextractor": ("SExtractor", "sex_dir")}
"""Name of the folder, and of the setting for it, by the method."""
