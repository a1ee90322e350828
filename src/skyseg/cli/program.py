"""The program ``skyseg``: its commands, and what a process of its own does."""

from __future__ import annotations

import os
from collections import UserDict
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from skyseg import __version__
from skyseg.cli.interrupts import INTERRUPTED, is_interrupt, no_interrupt_lost
from skyseg.cli.messages import (
    KEPT,
    KEPT_GOES_ON,
    messages_on_stderr,
    no_messages,
    report,
    report_interrupt,
)
from skyseg.cli.options import IMAGING, RUNNING, Debug
from skyseg.cli.starting import keep_memory, load_astropy, set_environment
from skyseg.cli.taking import take_plain_values

_MODULES: Final = {
    "segment": "commands",
    "phot": "measuring",
    "depths": "depths",
    "assess": "assess",
    "why": "why",
    "advise": "advise",
    "pipeline": "pipeline",
    "plot": "commands",
    "mask": "masking",
    "stack": "stacking",
    "compare": "comparing",
    "parity": "parity",
    "info": "commands",
    "verify": "verifying",
    "export": "exporting",
    "ls": "keeping",
    "rm": "keeping",
    "sample": "commands",
    "parameters": "commands",
    "config": "commands",
    "edits": "editing",
}
"""Modules of skyseg.cli that have the commands, in the order of the help."""

_WITHOUT_ASTROPY: Final = frozenset({"config", "parameters"})
"""Commands that look at no files but those of settings."""

_WITHOUT_TABLES: Final = frozenset({"segment"})
"""Commands that take from astropy what reads and writes headers, and more where it is needed."""

_KEEPING: Final = frozenset(
    {"segment", "phot", "depths", "pipeline", "plot", "mask", "stack", "sample"}
)
"""Commands that load what an earlier call of them has finished."""

_LAST: Final = (IMAGING, RUNNING)
"""Headings at the end of the help of a command."""

_COMPLETING = "_SKYSEG_COMPLETE"  # set by the scripts of shells, which show all that is said

_HELP = """From survey imaging to source segmentation maps.

\b
Examples:
  skyseg sample ./data
  skyseg info sample v1 --data-dir ./data
  skyseg segment sample v1 --band F444W --err-type wht --data-dir ./data
  skyseg segment --sci a.fits[SCI] --err a.fits[ERR] --out ./products
  skyseg stack sample v1 F200W+F444W --data-dir ./data
  skyseg mask sample v1 --data-dir ./data
  skyseg phot sample v1 --detect F444W --data-dir ./data
  skyseg depths sample v1 --detect F444W --data-dir ./data
  skyseg assess sample v1 --band F444W --data-dir ./data
  skyseg why sample v1 --band F444W --source 12 --data-dir ./data
  skyseg advise sample v1 --band F444W --data-dir ./data
  skyseg pipeline sample v1 --detect F200W+F444W --data-dir ./data
  skyseg plot sample v1 --band F444W --data-dir ./data --save seg.png
  skyseg verify sample v1 --data-dir ./data
  skyseg ls --data-dir ./data
  skyseg compare rms_seg.fits wht_seg.fits
  skyseg edits show f444w_edits.json
  skyseg parity sci.fits --err wht.fits --err-type wht --out parity.fits

\b
Exit codes:
    0  done
    1  a fault of skyseg itself
    2  a wrong option, argument or parameter
    3  data not found, or more than one that fits
    4  an image that cannot be used
    5  a segmentation method that is missing or failed
    6  a product that is stale, faulty, or cannot be read or written
    7  a wrong setting in a configuration file or the environment
    8  segmentations that cannot be compared
    9  a viewer that cannot be shown
  130  interrupted
"""


class _Commands(UserDict[str, Any]):
    """Commands by name, each of which is loaded and made when it is asked for."""

    def __init__(self) -> None:
        super().__init__(_MODULES)

    def __getitem__(self, name: str) -> Any:
        command = self.data[name]
        if isinstance(command, str):
            command = self.data[name] = _make_command(command, name)
        return command


class _Command(TyperCommand):
    """A command whose name stands in each error of its options, as in ``skyseg sample --help``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options; an error of which no one knows the command is of this one."""
        if self.callback is not None:
            take_plain_values(self.get_params(ctx), self.callback)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, those that most runs do without under headings below."""
        told: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for each in self.get_params(ctx):
            usual = "Arguments" if each.param_type_name == "argument" else "Options"
            heading = getattr(each, "rich_help_panel", None) or usual
            if (line := each.get_help_record(ctx)) is not None:
                told.setdefault(heading, []).append(line)
        for heading in sorted(told, key=lambda each: _LAST.index(each) if each in _LAST else -1):
            if told[heading]:
                with formatter.section(heading):
                    formatter.write_dl(told[heading])

    def invoke(self, ctx: Any) -> Any:
        """Do what the command does."""
        if ctx.info_name in _KEEPING and not ctx.params.get("plan"):
            goes_on = not ctx.params.get("overwrite")
            ctx.obj["interrupted"] = KEPT_GOES_ON if goes_on else KEPT
        if ctx.obj["own_process"] and ctx.info_name not in _WITHOUT_ASTROPY:
            load_astropy(tables=ctx.info_name not in _WITHOUT_TABLES)
            keep_memory()
        return super().invoke(ctx)


def _make_command(module: str, name: str) -> Any:
    found = getattr(import_module(f"skyseg.cli.{module}"), name)
    if isinstance(found, typer.Typer):
        for each in found.registered_commands:
            each.cls = _Command
        return get_command(found)
    alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    alone.command(cls=_Command)(found)
    return get_command(alone)


class _Program(TyperGroup):
    """The program, which makes no more of its commands than it needs."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": _Commands()})

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options."""
        take_plain_values(self.get_params(ctx), _root)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(_MODULES)


app = typer.Typer(
    cls=_Program,
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Debug = False,
) -> None:
    if version:
        typer.echo(f"skyseg {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def run_process() -> int:
    """Run the command line as a process of its own.

    Returns
    -------
    int
        Exit code.
    """
    set_environment()
    return run_command(own_process=True)


def run_command(arguments: Sequence[str] | None = None, *, own_process: bool = False) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.
    own_process : bool
        Whether nothing but the command runs in the process.

    Returns
    -------
    int
        Exit code.

    Raises
    ------
    KeyboardInterrupt
        If it is interrupted.
    """
    options: dict[str, Any] = {"debug": False, "own_process": own_process}
    with no_messages() if _COMPLETING in os.environ else messages_on_stderr() as told:
        try:
            with no_interrupt_lost():
                code = app(
                    None if arguments is None else list(arguments),
                    prog_name="skyseg",
                    standalone_mode=False,
                    obj=options,
                )
            if code == INTERRUPTED:  # which typer makes of an interrupt
                raise KeyboardInterrupt
            return code if isinstance(code, int) else 0
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
            is_heard = _COMPLETING not in os.environ
            if isinstance(error, KeyboardInterrupt) or is_interrupt(error):
                if is_heard:
                    report_interrupt(options.get("interrupted", ""))
                raise KeyboardInterrupt from None
            return report(error, debug=options["debug"], told=told) if is_heard else 1
