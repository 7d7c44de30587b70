"""The demonstration as it goes on: a process that adds what happens now, and ends with its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path

from backend.demo.decoding import decode
from backend.demo.keeping import Mark, add, read_mark
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
    """Add rows as their time comes, about once a second, until `has_ended`.

    has_ended: whether to stop; waits up to the given seconds for that. Raises: NothingFound where the file
    holds no demonstration; else what a Store raises, but for a locked store: that is tried again.
    """
    with Store(path, now_ms=now_ms) as store:
        mark = read_mark(store)
        if mark is None:
            raise NothingFound(f"{path} holds no demonstration")
        wait_s = 0.0
        for stretch in stream(mark.until_ms, since_ms=mark.since_ms):
            coming = stretch.pieces
            while mark.until_ms < stretch.until_ms:
                if has_ended(wait_s):
                    return
                now = now_ms()
                wait_s = TICK_S if now < stretch.until_ms else 0.0
                mark, coming = _step(store, mark, coming, min(now, stretch.until_ms))


def _step(store: Store, mark: Mark, coming: list[Piece], until_ms: int) -> tuple[Mark, list[Piece]]:
    """Store what has arrived before until_ms. Answers how far that leads, and what is still to come."""
    arrived = bisect_left(coming, until_ms, key=arrival)
    later = Mark(mark.since_ms, max(until_ms, mark.until_ms))
    if arrived:
        try:
            add(store, decode(coming[:arrived]), later)
        except SourceUnavailable:  # another program holds the store for long
            return mark, coming
    return later, coming[arrived:]
