"""What commands say on stderr: messages of the library, in the words of the shell."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, Final

from skyseg import errors
from skyseg.errors import Advice, Wording

logger = logging.getLogger(__name__)

EXIT_CODES: Final[dict[type[errors.SkysegError], int]] = {
    errors.ParameterError: 2,
    errors.AbsentError: 2,
    errors.DataNotFoundError: 3,
    errors.AmbiguousDataError: 3,
    errors.ImageError: 4,
    errors.MethodError: 5,
    errors.ProductError: 6,
    errors.ConfigError: 7,
    errors.ComparisonError: 8,
    errors.ViewerError: 9,
}
"""Exit code for each kind of error, derived kinds included."""

_KEYS: Final = {
    "detect_mask": "--detect-mask",
    "assess": "skyseg assess",
    "err_type_none": "--err-type none",
    "measured_err_type_none": "--measured-err-type none",
    "exclude_nothing": "--exclude none",
    "fluxes": "--sci",
    "make_mask": "skyseg mask",
    "edits_open": "Edits.open(band) in Python",
    "forced_phot": "skyseg phot",
    "from_survey_version": "SURVEY and VERSION",
    "in_arcsec": "",
    "label_maps": "two SEG maps, each as path or path[EXTNAME]",
    "pix_scales": "--pix-scale",
    "role_names": "--im-str, --rms-err-str, --wht-str and --*-ext-name, or [roles] in skyseg.toml",
    "regions": "a NUMBER, x,y or a sky position in quotes, and a size such as 100 or 4arcsec",
    "from_files": "--sci, --err and --wht",
    "mask_regions": "--regions",
    "of_band": "--band",
    "overwrite_edits": "skyseg edits apply ... --overwrite",
    "overwrite_segment": "skyseg segment ... --overwrite",
    "overwrite_stack": "skyseg stack --overwrite",
    "reproject": "skyseg stack SURVEY VERSION BANDS --reproject",
    "run_depths": "skyseg depths",
    "segment": "skyseg segment",
    "sky_place": "write a position on the sky with a space, such as '53.16 -27.79'",
    "with_edits": "--edits",
    "work_dir": "--out",
    "zero_point_of_band": "--zero-point MAG (BAND=MAG in a survey)",
    "zero_point_of_each": "--zero-point BAND=MAG for each",
    **{
        key: f"--{key.replace('_', '-')}"
        for key in (
            "at", "band", "data_dir", "err", "flag_image", "inject", "mask", "instrument",
            "measured", "overwrite", "pix_scale", "psf", "same_grid", "save", "sci", "source",
            "wht", "yes", "zero_point",
        )
    },
}  # fmt: skip

_ARGUMENTS: Final = {
    "a": "A",
    "b": "B",
    "client": "--scheduler",
    "bands": "BANDS",
    "directory": "FOLDER",
    "edits": "--journal",
    "instrument": "--instrument",
    "instrument_names": "--instrument",
    "params_name": "--params",
    "n": "--inject",
    "psf": "--psf",
    "psfs": "--psf",
    "pix_scales": "--pix-scale",
    "survey": "SURVEY",
    "version": "VERSION",
    "version_to_dir_dict": "--version-to-dir",
    "with_edits": "--edits",
    "work_dir": "--out",
    **{
        name: f"--{name.replace('_', '-')}"
        for name in (
            "aper_diams", "at", "band", "catalogue", "clumps", "cmap", "companions", "correlation",
            "data_dir", "detect_err_type", "detect_mask", "detect_method", "detect_parameters",
            "diffuse", "dq_bits", "edge_distance", "err", "err_scale", "err_type", "exclude", "ext",
            "flag_image", "flux_unit", "format", "im_ext_name", "im_str", "kind", "mags", "mask",
            "measured", "measured_err", "measured_err_type", "method", "n_nearest", "n_sigma",
            "n_sources", "parameters", "pix_scale", "purity", "region", "regions",
            "rms_err_ext_name", "rms_err_str", "save", "scheduler", "sci", "seed", "seg", "shape",
            "sizes", "sources", "spike_angle", "spikes", "stars", "wht", "wht_ext_name", "wht_str",
            "zero_point",
        )
    },
}  # fmt: skip

_MEANT: Final = ("set", "param", "parameter")
"""Options by which programs take parameters one by one."""

KEPT: Final = ", and what is finished stays"
KEPT_GOES_ON: Final = f"{KEPT}; the same command goes on from there"

SHELL: Final = Wording(_KEYS, lambda name: _ARGUMENTS.get(name, name))
"""How the shell spells arguments; names that are no option, as those in a file, stay."""


class _ShellFormatter(logging.Formatter):
    """Writes messages in the words of the shell, and keeps what it has told."""

    def __init__(self, told: list[Advice]) -> None:
        super().__init__("skyseg: %(message)s")
        self._told = told

    def format(self, record: logging.LogRecord) -> str:
        record, advice = copy(record), Advice.told_by(record)
        self._told.append(advice)
        record.msg, record.args = advice.worded(SHELL), ()
        return super().format(record)


@contextmanager
def messages_on_stderr() -> Iterator[list[Advice]]:
    """Show what skyseg logs and warns of while the block runs, each as one line on stderr.

    Yields
    ------
    list of Advice
        What was logged so far.
    """
    logger = logging.getLogger("skyseg")
    handler = logging.StreamHandler()
    told: list[Advice] = []
    handler.setFormatter(_ShellFormatter(told))
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            yield told
    finally:
        logger.removeHandler(handler)


@contextmanager
def no_messages() -> Iterator[list[Advice]]:
    """Keep what skyseg logs and warns of to itself while the block runs; nothing is told then."""
    logger = logging.getLogger("skyseg")
    handler = logging.NullHandler()
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield []
    finally:
        logger.removeHandler(handler)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(Advice.told_by(message).worded(SHELL))


def report(error: Exception, *, debug: bool, told: Sequence[Advice] = ()) -> int:
    """Print an error as one line on stderr, unless a warning has said just that.

    Parameters
    ----------
    error : Exception
        What a command ended with.
    debug : bool
        Whether its traceback is printed before.
    told : sequence of Advice, optional
        What was said before.

    Returns
    -------
    int
        The exit code of its kind; of a batch, that of the first band that failed.
    """
    several = [*error.errors.values()] if isinstance(error, errors.BatchError) else []
    if debug:
        for each in several or [error]:
            traceback.print_exception(each)
    if isinstance(error, errors.SkysegError):
        if not any(_tells_all_of(each, error.advice) for each in told):
            _say(error.advice.worded(SHELL))
        return _exit_code(several[0] if several else error)
    if hasattr(error, "format_message"):
        command = getattr(getattr(error, "ctx", None), "command_path", "skyseg")
        if text := _tell_parameter(error, command):
            _say(text)
            return 2
        _say(f"{error.format_message().rstrip('.')}; see {command} --help")
        return 2
    if isinstance(error, OSError) and error.filename is not None:
        reason = error.strerror or type(error).__name__
        _say(f"{error.filename} cannot be used ({reason}); check the path and its permissions")
        return EXIT_CODES[errors.DataNotFoundError]
    _say(f"{type(error).__name__}: {error}; a fault of skyseg, --debug shows where")
    return 1


def report_interrupt(kept: str) -> None:
    """Say on stderr that a command was interrupted, where anyone still reads that.

    Parameters
    ----------
    kept : str
        What it leaves: `KEPT`, `KEPT_GOES_ON` or nothing.
    """
    with suppress(OSError):  # a pipe to tee, which the same Ctrl-C ends
        _say(f"interrupted{kept}")


def _tells_all_of(told: Advice, advice: Advice) -> bool:
    """Tell whether a warning says what is the matter with something, and what to do, as advice."""
    return told.what.startswith(f"{advice.what}, so ") and told.hint == advice.hint


def _tell_parameter(error: Any, command: str) -> str:
    """Say how parameters are set, where an option was taken for one; else nothing."""
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if option is None or context is None:
        return ""
    known = [name for each in context.command.params for name in each.opts]
    if "--parameters" not in known or context.info_name == "rm":  # which chooses products by it
        return ""
    from skyseg.engine.parameters import Parameters

    name = option.lstrip("-").replace("-", "_").lower()
    is_known = name in Parameters.names()
    if not is_known and name not in _MEANT:
        return ""
    line = f"{name} = VALUE" if is_known else "a line such as detect_thresh = 2"
    return (
        f"{command} has no option {option}; write {line} into a file such as mine.toml, and give "
        "--parameters mine.toml (skyseg parameters lists sets and names)"
    )


def raise_last(failures: Sequence[errors.SkysegError]) -> None:
    """Say once what each of several errors says, the last by raising it; do nothing for none."""
    if not failures:
        return
    *others, last = {each.advice: each for each in failures}.values()
    for each in others:
        logger.warning(each.advice)
    raise last


def _exit_code(error: Exception) -> int:
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)


def _say(text: str) -> None:
    if sys.stderr is None:  # as where a shell has closed it
        return
    sys.stderr.write(f"skyseg: {' '.join(text.split())}\n")
