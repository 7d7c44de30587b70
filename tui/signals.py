"""Signals that end the console: the terminal is put back first, then the exit code says which it was."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
GRACE_S = 3.0
"""A terminal that hung up may never take the last bytes: after this long the process ends anyway."""


def exit_code(number: signal.Signals) -> int:
    """The shell's code for a death by this signal."""
    return 128 + number


def end_by_signal(loop: asyncio.AbstractEventLoop, leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit code when one of the signals arrives."""
    for number in ENDING:
        loop.add_signal_handler(number, _leave, number, leave)


def _leave(number: signal.Signals, leave: Callable[[int], None]) -> None:
    code = exit_code(number)
    last_resort = threading.Timer(GRACE_S, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()
    leave(code)
