"""How a failure is told: one line that says what to do, and the exit code that scripts go by."""

from __future__ import annotations

import errno

import click

from backend import crash
from backend.errors import CannotWrite, ParcoursError, QueryError, WriteFailed
from tui.cli import output

USAGE = 2
BUG = 70
IO_ERROR = WriteFailed.exit_code


def tell(error: ParcoursError) -> int:
    """An error that the program foresaw; a query's error also points at the column."""
    output.note(f"parcours: {error}")
    if isinstance(error, QueryError):
        for query in getattr(error, "__notes__", ()):
            output.note(f"  {query}")
            output.note(f"  {' ' * error.column}^")
    return error.exit_code


def tell_click(error: click.ClickException) -> int:
    """A command line that does not parse."""
    output.note(f"parcours: {error.format_message()}")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        output.note(f'try "{context.command_path} --help"')
    return USAGE


def tell_io(error: OSError) -> int:
    """The machine gave up: a full disk, a device error."""
    what = error.strerror or type(error).__name__
    output.note(f"parcours: I/O error: {what}")
    if error.errno in (errno.ENOSPC, errno.EIO, errno.EPIPE):
        output.discard()
    return IO_ERROR


def tell_bug(error: Exception, arguments: list[str]) -> int:
    """A failure that nobody foresaw: where the report lies, and nothing of the data."""
    from tui.cli.group import COMMANDS

    doing = next((word for word in arguments if word in COMMANDS), "console")
    kind = type(error).__name__
    try:
        report = crash.write_report(error, f"parcours {doing}", crash.report_folder())
    except (CannotWrite, OSError):
        output.note(f"parcours: internal error ({kind}); the report could not be written")
    else:
        output.note(f"parcours: internal error ({kind}); please send the report {report} (it holds no data)")
    return BUG
