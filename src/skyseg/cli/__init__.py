"""The verbs of skyseg from a shell: segment, plot, compare, parity, info, sample, config."""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from skyseg import errors
from skyseg.cli import commands, comparing
from skyseg.cli.options import Debug
from skyseg.cli.parity import parity
from skyseg.cli.wording import in_shell_words

EXIT_CODES: dict[type[errors.SkysegError], int] = {
    errors.ParameterError: 2,
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

_HELP = """From survey imaging to source segmentation maps.

\b
Examples:
  skyseg sample ./data
  skyseg info sample v1 --data-dir ./data
  skyseg segment sample v1 --band F444W --err-type wht --data-dir ./data
  skyseg segment --sci a.fits[SCI] --err a.fits[ERR] --out ./products
  skyseg plot sample v1 --band F444W --data-dir ./data --save seg.png
  skyseg compare rms_seg.fits wht_seg.fits
  skyseg parity sci.fits --err wht.fits --err-type wht --out parity.fits

\b
Exit codes:
    0  done
    1  a fault of skyseg itself
    2  a wrong option, argument or parameter
    3  data not found, or more than one that fits
    4  an image that cannot be used
    5  a segmentation method that is missing or failed
    6  a product that is stale, or cannot be read or written
    7  a wrong setting in a configuration file or the environment
    8  segmentations that cannot be compared
    9  a viewer that cannot be shown
  130  interrupted
"""

app = typer.Typer(
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    commands.segment,
    commands.plot,
    comparing.compare,
    parity,
    commands.info,
    commands.sample,
    commands.config,
):
    app.command()(_command)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Debug = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"skyseg {installed('skyseg')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def run() -> int:
    """Run the command line as a process of its own.

    Returns
    -------
    int
        Exit code; see `main`.
    """
    # numpy and scipy would start threads for linear algebra, of which there is none
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # what is loaded stays until the end: a search for garbage in it takes a third of a second
    gc.set_threshold(1_000_000)
    try:
        return main()
    finally:
        gc.freeze()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit code; ``skyseg --help`` lists them.
    """
    options: dict[str, Any] = {"debug": False}
    with _messages_on_stderr(), warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            code = app(
                None if arguments is None else list(arguments),
                prog_name="skyseg",
                standalone_mode=False,
                obj=options,
            )
            return code if isinstance(code, int) else 0
        except Exception as error:  # noqa: BLE001
            return _report(error, options["debug"])


class _ShellFormatter(logging.Formatter):
    """Writes messages in the words of the shell."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return in_shell_words(super().formatMessage(record))


@contextmanager
def _messages_on_stderr() -> Iterator[None]:
    """Show what skyseg logs and warns of, each as one line on stderr."""
    logger = logging.getLogger("skyseg")
    handler = logging.StreamHandler()
    handler.setFormatter(_ShellFormatter("skyseg: %(message)s"))
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    sys.stderr.write(f"skyseg: {in_shell_words(' '.join(str(message).split()))}\n")


def _report(error: Exception, debug: bool) -> int:
    """Print an error as one line and return its exit code."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, errors.SkysegError):
        text = in_shell_words(" ".join(str(error).split()))
        code = next((c for kind, c in EXIT_CODES.items() if isinstance(error, kind)), 1)
    elif hasattr(error, "format_message"):
        text, code = f"{error.format_message().rstrip('.')}; see skyseg --help", 2
    else:
        text = f"{type(error).__name__}: {error}; a fault of skyseg, --debug shows where"
        code = 1
    sys.stderr.write(f"skyseg: {text}\n")
    return code
