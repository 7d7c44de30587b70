"""How a failure is told: one line that says what to do, and the exit code that scripts go by."""

from __future__ import annotations

import click

from backend.errors import CannotWrite, ParcoursError, QueryError, UsageError, WriteFailed
from tui.cli import INTERRUPTED, output

BUG = 70


def tell(error: Exception, arguments: list[str]) -> int:
    """Say on stderr what happened, and answer the exit code."""
    match error:
        case ParcoursError():
            return _tell_foreseen(error)
        case click.ClickException():
            return _tell_wrong_line(error)
        case click.Abort():
            return INTERRUPTED
        case OSError():
            output.note(f"parcours: I/O error: {error.strerror or type(error).__name__}")
            return WriteFailed.exit_code
        case _:
            return _tell_bug(error, arguments)


def _tell_foreseen(error: ParcoursError) -> int:
    output.note(f"parcours: {error}")
    if isinstance(error, QueryError):
        for query in getattr(error, "__notes__", ()):
            output.note(f"  {query}")
            output.note(f"  {' ' * error.column}^")
    return error.exit_code


def _tell_wrong_line(error: click.ClickException) -> int:
    output.note(f"parcours: {error.format_message()}")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        output.note(f'try "{context.command_path} --help"')
    return UsageError.exit_code


def _tell_bug(error: Exception, arguments: list[str]) -> int:
    """Where the report lies, and nothing of the data."""
    from backend import crash
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
