"""Messages in the panel's words: its boxes and buttons in place of arguments of Python."""

from __future__ import annotations

import re
from typing import Final

from skyseg.errors import Advice, SkysegError, Wording

_LABELS: Final = {
    "band": "Band",
    "data_dir": "Archive",
    "err_type": "Err type",
    "instrument": "Instrument",
    "mask": "Mask",
    "method": "Method",
    "parameter_set": "Parameters",
    "survey": "Survey",
    "version": "Version",
}

_PATH: Final = re.compile(r"(?<!\S)(/(?:[^\s/;,]+/)+)([^\s/;,]+\.[^\s/;,]*[^\s/;,:])")
"""A file with its folder, from the root; folders alone, and paths with spaces, stay."""

PANEL: Final = Wording(
    {
        "assess": "assess() in Python",
        "at": "a pixel",
        "band": "Band",
        "data_dir": "Archive",
        "detect_mask": "Mask",
        "err": "ERR of open files",
        "err_type_none": "Err type none",
        "exclude_nothing": "exclude=[] in Python",
        "flag_image": "FLAG_IMAGE of All parameters",
        "fluxes": "a catalogue with FLUX_ISO",
        "from_files": "open files",
        "from_survey_version": "Archive and Survey",
        "in_arcsec": " in arcsec",
        "inject": "the number of sources",
        "instrument": "Instrument",
        "label_maps": "a SEG map that is shown, or a file of one",
        "make_mask": "Make mask of Mask",
        "edits_open": "the Edit panel",
        "mask": "Mask",
        "mask_regions": "regions= in Python",
        "measured": "measured= in Python",
        "measured_err_type_none": "measured_err_type='none' in Python",
        "of_band": "for",
        "overwrite": "Overwrite",
        "overwrite_edits": "Overwrite",
        "overwrite_segment": "Overwrite",
        "overwrite_stack": "Make stack with Overwrite",
        "psf": "psf= in Python",
        "reproject": "reproject=True in Python",
        "run_depths": "run_depths() in Python",
        "forced_phot": "Measure in all bands",
        "pix_scale": "the pixel scale in its header",
        "pix_scales": "the folder of one pixel scale alone",
        "regions": "a position and a size, or a source's NUMBER",
        "role_names": "[roles] in skyseg.toml",
        "same_grid": "maps on one pixel grid",
        "save": "another file",
        "sci": "SCI of open files",
        "sky_place": "a position on the sky, such as 53.16 -27.79",
        "segment": "Run",
        "source": "a source",
        "wht": "WHT of open files",
        "with_edits": "edits=True in Python",
        "work_dir": "work_dir in the settings",
        "yes": "--yes in a shell",
        "zero_point": "Zero point",
        "zero_point_of_band": "Zero point",
        "zero_point_of_each": "Zero point",
    },
    lambda name: _LABELS.get(name, name),
)
"""How the panel spells arguments; what it has no box for goes by its name in Python."""


def worded(told: SkysegError | Advice) -> str:
    """Return a message in the panel's words, what happened before the folders of its files.

    Examples
    --------
    >>> worded(SkysegError("a.fits is foreign", hint="make it again with {overwrite}"))
    'a.fits is foreign; make it again with Overwrite'
    >>> worded(SkysegError("is truncated", where="/data/JOF/v11/a.fits"))
    'a.fits: is truncated (in /data/JOF/v11)'
    """
    text = (told.advice if isinstance(told, SkysegError) else told).worded(PANEL)
    folders = dict.fromkeys(found[1].rstrip("/") for found in _PATH.finditer(text))
    if not folders:
        return text
    return f"{_PATH.sub(lambda found: found[2], text)} (in {', '.join(folders)})"
