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
