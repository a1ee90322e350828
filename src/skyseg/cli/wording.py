"""Messages of the library in the words of the shell."""

from __future__ import annotations

import re

_PHRASES = {
    "call segment(overwrite=True)": "run skyseg segment with --overwrite",
    "call segment()": "run skyseg segment",
    "overwrite=True": "--overwrite",
    "version_to_dir_dict": "--version-to-dir",
    "pix_scales=": "--pix-scale",
    "BandData.from_files": "--sci, --err and --wht",
    "give sci,": "give --sci,",
    "work_dir (for sextractor, sex_dir) in the configuration": "folder with --out",
    " * u.arcsec": "",
    "set SKYSEG_DATA_DIR,": "give --data-dir, or set SKYSEG_DATA_DIR,",
}
_ARGUMENTS = "aper_diams|cmap|err_type|ext|n_sources|pix_scale|region|seed|shape|zero_point"
_ARGUMENT = re.compile(rf"\b({_ARGUMENTS})(?:=|(?= is ))")


def in_shell_words(text: str) -> str:
    """Write options where a message has arguments of Python.

    Examples
    --------
    >>> in_shell_words("it is there already; write with overwrite=True or choose a name")
    'it is there already; write with --overwrite or choose a name'
    >>> in_shell_words("err_type is 'rms'; use 'rms_err' or 'wht'")
    "--err-type is 'rms'; use 'rms_err' or 'wht'"
    """
    for phrase, words in _PHRASES.items():
        text = text.replace(phrase, words)
    return _ARGUMENT.sub(lambda found: f"--{found[1].replace('_', '-')}", text)
