"""The program `parcours`: one small module per command, each importing what it needs and no more.

This module is imported by every run, so it holds what all of them share: which commands exist, how
SOURCE may stand before one, and how every way to end becomes one line and an exit code.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from backend.collector import start_without

PROGRAM = "parcours"
BROKEN_PIPE = 141
INTERRUPTED = 130


def main() -> None:
    """Run the program on the arguments of the process and end it with its exit code."""
    _stop_on_signals()
    start_without()
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    signal.setitimer(signal.ITIMER_REAL, 0)  # an alarm during the interpreter's own end would kill it
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and answer its exit code; every failure is one line on stderr, never a traceback."""
    from tui.cli import output

    try:
        result = _command()(arguments, prog_name=PROGRAM, standalone_mode=False)
        output.flush()
    except output.ReaderGone:
        return BROKEN_PIPE
    except Exception as error:  # the last door: failures knows what is foreseen, and reports what is not
        from tui.cli import failures

        return failures.tell(error, arguments)
    finally:
        output.settle()
    return result if isinstance(result, int) else 0


def _command() -> Callable[..., object]:
    from tui.cli.group import parcours

    command: Callable[..., object] = parcours.main
    return command


def _stop_on_signals() -> None:
    """A polite stop and a hang-up unwind the program, so that files are closed; nohup stays nohup."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is not signal.SIG_IGN:
            signal.signal(name, _stop)
    sys.unraisablehook = _stop_again


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _stop_again(swallowed: sys.UnraisableHookArgs) -> None:
    """A stop that fell into a finaliser, where Python swallows exceptions, is raised once more outside."""
    stop = swallowed.exc_value
    if isinstance(stop, SystemExit | KeyboardInterrupt):
        code = stop.code if isinstance(stop, SystemExit) else INTERRUPTED
        if sys.is_finalizing():
            os._exit(code if isinstance(code, int) else INTERRUPTED)

        def later(_number: int, _frame: FrameType | None) -> None:
            raise SystemExit(code)

        signal.signal(signal.SIGALRM, later)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
