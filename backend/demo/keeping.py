"""The demonstration's file: made at first, caught up with the present later, one transaction at a time.

How far it goes is saved with the rows themselves, so whatever ends a run, the next one goes on from the
last row that is safely in. Rows that come a second time are known by their keys and change nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from backend.collector import without_collector
from backend.demo.clockwork import REACH_MS
from backend.demo.decoding import decode
from backend.demo.definitions import FORMAT, definitions
from backend.demo.making import Batch, Wanted, made_apart
from backend.demo.stream import Piece
from backend.errors import Refused
from backend.folders import data_folder
from backend.model import DAY_MS
from backend.record import Decoded
from backend.sources.sqlite.writing import Store

POSITION = "demo"
"""Under this name the store keeps the Mark; a store that has it is a demonstration."""
WEEK_MS = 7 * DAY_MS
FIRST_MS = DAY_MS
"""What a new one shows when the console opens: a fifth of the wait for seven days. The rest follows."""
MADE_BY = 1
"""Counts up when the same slot no longer gives the same bytes: an older demonstration is made anew."""
BATCH = 8_000
"""Pieces in one transaction: well under a second."""

Progress = Callable[[float], None]
"""Is told the share that is done, 0 to 1."""


class Mark(msgspec.Struct, frozen=True):
    """How far a demonstration goes: everything that arrived before until_ms is in."""

    since_ms: int
    """Its runs in scenarios began at this moment or later."""
    until_ms: int
    made_by: int = MADE_BY
    gap: tuple[int, int] | None = None
    """What arrived in between and is still to be made: [start, end) in Unix milliseconds."""

    def went_on(self, until_ms: int) -> Mark:
        """The mark when everything up to until_ms is in, too."""
        return msgspec.structs.replace(self, until_ms=max(until_ms, self.until_ms))

    def filled(self, until_ms: int) -> Mark:
        """The mark when the gap is filled up to until_ms."""
        if self.gap is None or until_ms >= self.gap[1]:
            return msgspec.structs.replace(self, gap=None)
        return msgspec.structs.replace(self, gap=(until_ms, self.gap[1]))


def default_path() -> Path:
    """Where the demonstration lives when nobody says otherwise."""
    return data_folder() / "demo.db"


class Clock:
    """The time at which the store is told that pieces come: the simulation's, not the machine's."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def prepare(
    path: Path,
    *,
    now_ms: Callable[[], int],
    progress: Progress,
    span_ms: int = WEEK_MS,
    first_ms: int | None = None,
) -> None:
    """Bring the demonstration at `path` up to now; where there is none, make its last seven days.

    span_ms: how far back a new one goes, and the longest gap that an old one fills. first_ms: make only
    so much of what is new now, and leave what lies before it to `backend.demo.living`. May be ended at any
    point and run again. Raises: Refused where the file holds other data; else what a Store raises.
    """
    end_ms = now_ms()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    progress(0.0)
    with without_collector():
        _prepare(path, end_ms, progress, span_ms, first_ms)


def _prepare(path: Path, end_ms: int, progress: Progress, span_ms: int, first_ms: int | None) -> None:
    clock = Clock(end_ms - span_ms)
    store = Store(path, create=True, now_ms=clock)
    try:
        mark = read_mark(store)
        if mark is not None and mark.made_by != MADE_BY:
            store.close()
            _remove(path)
            store, mark = Store(path, create=True, now_ms=clock), None
        is_new = mark is None
        if mark is None:
            _refuse_others(path)
            mark = _new_mark(end_ms, span_ms, first_ms)
        elif end_ms - mark.until_ms > span_ms:
            mark = _bridge(store, clock, mark, Mark(end_ms - span_ms, end_ms - span_ms))
        with made_apart(Wanted(mark.until_ms, end_ms, mark.since_ms, None, BATCH)) as batches:
            if is_new:
                pieces = [Piece(mark.since_ms, FORMAT, raw) for raw in definitions()]
                add(store, decode(pieces), mark)
            mark = _catch_up(store, clock, mark, end_ms, batches, progress)
        if mark.gap is not None and first_ms is None:
            with made_apart(gap_of(mark)) as batches:
                for batch in batches:
                    mark = fill(store, clock, mark, batch)
    finally:
        store.close()


def _new_mark(end_ms: int, span_ms: int, first_ms: int | None) -> Mark:
    since_ms = end_ms - span_ms
    if first_ms is None or first_ms >= span_ms:
        return Mark(since_ms, since_ms)
    return Mark(since_ms, end_ms - first_ms, gap=(since_ms, end_ms - first_ms))


def gap_of(mark: Mark) -> Wanted:
    """What the mark's gap wants. (A mark without a gap wants nothing.)"""
    start_ms, end_ms = mark.gap or (mark.until_ms, mark.until_ms)
    return Wanted(start_ms, end_ms, mark.since_ms, None, BATCH)


def fill(store: Store, clock: Clock, mark: Mark, batch: Batch) -> Mark:
    """Store the next batch of the gap. Answers how far that leads."""
    clock.now_ms = batch.until_ms
    filled = mark.filled(batch.until_ms)
    add(store, batch.pieces, filled)
    return filled


def read_mark(store: Store) -> Mark | None:
    """How far the demonstration in a store goes; None where it holds none."""
    text = store.position(POSITION)
    return None if text is None else msgspec.json.decode(text, type=Mark)


def add(store: Store, pieces: Sequence[Decoded], mark: Mark) -> None:
    """Store pieces with the mark that they lead to, in one transaction."""
    store.add(pieces, positions={POSITION: msgspec.json.encode(mark).decode()})


def _refuse_others(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        if db.execute("SELECT 1 FROM account").fetchone():
            raise Refused(f"{path} holds other data and is no demonstration: choose another file")


def _bridge(store: Store, clock: Clock, old: Mark, new: Mark) -> Mark:
    """Leave out the time between two stretches that lie too far apart, but for the ends of runs before it."""
    wanted = Wanted(old.until_ms, old.until_ms + REACH_MS, old.since_ms, old.until_ms, BATCH)
    with made_apart(wanted) as batches:
        for batch in batches:
            clock.now_ms = batch.until_ms
            # Ended in here, it is done again from its beginning: the rows are known by then.
            add(store, batch.pieces, old)
    add(store, (), new)
    return new


def _catch_up(
    store: Store, clock: Clock, mark: Mark, end_ms: int, batches: Iterator[Batch], progress: Progress
) -> Mark:
    start_ms = mark.until_ms
    for batch in batches:
        clock.now_ms = batch.until_ms
        mark = mark.went_on(batch.until_ms)
        add(store, batch.pieces, mark)
        progress((batch.until_ms - start_ms) / (end_ms - start_ms))
    return mark


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
