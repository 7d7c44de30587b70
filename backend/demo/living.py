"""The demonstration as it goes on: a process that adds what happens now, and ends with its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path

from backend.demo.decoding import decode
from backend.demo.keeping import Clock, Mark, add, fill, gap_of, read_mark
from backend.demo.making import Batch, batches
from backend.demo.stream import Piece, arrival, stream
from backend.errors import NothingFound, SourceUnavailable
from backend.sources.sqlite.writing import Store

TICK_S = 1.0


def start_living(path: Path) -> subprocess.Popen[bytes]:
    """Start the process that keeps the demonstration at `path` going.

    It lives as long as this process: the pipe to its standard input closes with us, however we end. It
    shares neither our terminal nor its signals. To end it sooner, close `stdin` and wait.
    """
    # -P: a folder called backend where somebody happens to stand must not be taken for ours.
    command = [sys.executable, "-P", "-m", "backend.demo", str(path), "--parent", str(os.getpid())]
    return subprocess.Popen(  # noqa: S603 - our own program, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def live(path: Path, *, now_ms: Callable[[], int], has_ended: Callable[[float], bool]) -> None:
    """Add rows as their time comes, about once a second, until `has_ended`; fill the mark's gap meanwhile.

    has_ended: whether to stop; waits up to the given seconds for that. Raises: NothingFound where the file
    holds no demonstration; else what a Store raises, but for a locked store: that is tried again.
    """
    clock = Clock(now_ms())
    with Store(path, now_ms=clock) as store:
        mark = read_mark(store)
        if mark is None:
            raise NothingFound(f"{path} holds no demonstration")
        history = _History(mark)
        wait_s = 0.0
        for stretch in stream(mark.until_ms, since_ms=mark.since_ms):
            coming = stretch.pieces
            while mark.until_ms < stretch.until_ms:
                if has_ended(wait_s):
                    return
                clock.now_ms = now = now_ms()
                wait_s = TICK_S if now < stretch.until_ms and mark.gap is None else 0.0
                mark, coming = _step(store, mark, coming, min(now, stretch.until_ms))
                if mark.gap is not None:
                    mark = history.fill(store, clock, mark)


class _History:
    """What the mark's gap wants, made while nothing else is to do."""

    def __init__(self, mark: Mark) -> None:
        self._batches = batches(gap_of(mark))
        self._next: Batch | None = None

    def fill(self, store: Store, clock: Clock, mark: Mark) -> Mark:
        """Store the next batch. Answers how far that leads."""
        self._next = self._next or next(self._batches, None)
        if self._next is None:
            return mark.filled(mark.until_ms)
        try:
            mark = fill(store, clock, mark, self._next)
        except SourceUnavailable:  # another program holds the store for long
            return mark
        self._next = None
        return mark


def _step(store: Store, mark: Mark, coming: list[Piece], until_ms: int) -> tuple[Mark, list[Piece]]:
    """Store what has arrived before until_ms. Answers how far that leads, and what is still to come."""
    arrived = bisect_left(coming, until_ms, key=arrival)
    later = mark.went_on(until_ms)
    if arrived:
        try:
            add(store, decode(coming[:arrived]), later)
        except SourceUnavailable:  # another program holds the store for long
            return mark, coming
    return later, coming[arrived:]
