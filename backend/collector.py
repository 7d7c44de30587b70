"""The garbage collector, kept out of work that makes very many values and no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """No collections meanwhile: going through every record again and again took a third of the time of
    decoding, and of storing (measured on a week of the demonstration)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


LEAST_NEW = 20_000
"""Values made since the last collection before the next: Python's own 700 are four frames of a log."""
NEW_AT_START = 200_000
"""The same until a program has started: what a start makes it keeps, 120,000 values for the console."""


def start_without() -> None:
    """No collection while a program starts: at Python's own pace they took a tenth."""
    gc.set_threshold(NEW_AT_START, 10, 10)


def leave_in_peace() -> None:
    """Never go through what is there by now again, and through what comes later more rarely: for a program
    that lives long on what its start has loaded. A frame that met a collection took three times as long."""
    gc.freeze()
    gc.set_threshold(LEAST_NEW, 10, 10)
