"""Signals that end the console: the terminal is put back first, then the exit code says which it was."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
OF_KEYS = (signal.SIGINT, signal.SIGQUIT)
"""Those that a terminal sends for a key, to all programs that it belongs to."""
GRACE_S = 3.0
"""A terminal that hung up may never take the last bytes: after this long the process ends anyway."""


def exit_code(number: signal.Signals) -> int:
    """The shell's code for a death by this signal."""
    return 128 + number


def end_by_signal(loop: asyncio.AbstractEventLoop, leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit code when one of the signals arrives."""
    for number in ENDING:
        loop.add_signal_handler(number, _leave, number, leave)


@contextmanager
def keys_left_to_another() -> Iterator[None]:
    """For as long as another program has the terminal: ctrl+c is pressed for that one, be it to end a search
    in a pager. What else ends the console does so when the terminal is its own again."""
    arrived: list[int] = []

    def keep(number: int, _frame: FrameType | None) -> None:
        if number not in OF_KEYS:
            arrived.append(number)

    wakeup = signal.set_wakeup_fd(-1)  # the event loop would hear of it afterwards
    before = {number: signal.signal(number, keep) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        for arrived_number in arrived:
            signal.raise_signal(arrived_number)


def _leave(number: signal.Signals, leave: Callable[[int], None]) -> None:
    code = exit_code(number)
    last_resort = threading.Timer(GRACE_S, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()
    leave(code)
