"""A console that follows a log for a day is as large in the evening as it was in the morning.

Fast-forward: rows are written as fast as the console takes them in, at 50 for each second of its clock. The
short version goes on for some minutes of that clock, the long one (`make torture`) for 24 hours. What is
looked at is what Python's objects hold: what a process has in memory swings by a fifth by itself.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from backend.config import Settings
from backend.model import HOUR_MS, LogName
from backend.sources.sqlite.reading import SqliteSource
from tui.app import ParcoursApp
from tui.keymap import shipped_keymap
from tui.screens.logs import LogsScreen
from tui.session import Session

ROWS_PER_S = 50
BATCH = 1_000
BATCH_MS = BATCH * 1_000 // ROWS_PER_S
START_MS = 1_773_144_000_000
PATIENCE_S = 60.0
SHORT_BATCHES, SHORT_BYTES = 8, 6_000_000
"""Caches of drawn lines still fill, by half of that at most; rows that were kept would be twice as much."""
DAY_BATCHES, DAY_BYTES = 24 * HOUR_MS // BATCH_MS, 5_000_000
WARM_BATCHES, WARM_BATCHES_OF_DAY = 4, HOUR_MS // BATCH_MS
"""Before the first look: lists, caches and SQLite's pages are full then."""


class Day:
    """A store that grows as its clock goes on, and the console that follows it."""

    def __init__(self, path: Path) -> None:
        self.now_ms = START_MS
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")
        self._columns = [row[1] for row in self._db.execute("PRAGMA table_info(event_log)") if row[1] != "id"]
        newest = f"SELECT {', '.join(self._columns)} FROM event_log ORDER BY ts DESC LIMIT 1"
        self._row = list(self._db.execute(newest).fetchone())
        places = ", ".join("?" * len(self._columns))
        self._insert = f"INSERT INTO event_log({', '.join(self._columns)}) VALUES({places})"

    def write(self) -> int:
        """The rows of the next seconds; answers the id of the last."""
        ts, h = self._columns.index("ts"), self._columns.index("h")
        rows = []
        for place in range(BATCH):
            self._row[ts], self._row[h] = self.now_ms + place * 1_000 // ROWS_PER_S, place
            rows.append(tuple(self._row))
        self._db.execute("BEGIN")
        self._db.executemany(self._insert, rows)
        self._db.execute("COMMIT")
        self.now_ms += BATCH_MS
        return int(self._db.execute("SELECT max(id) FROM event_log").fetchone()[0])

    async def go_on(self, pilot: Pilot[None], batches: int) -> None:
        """Let so many batches come, each seen before the next."""
        logs = pilot.app.screen
        assert isinstance(logs, LogsScreen)
        for _ in range(batches):
            last = self.write()
            async with asyncio.timeout(PATIENCE_S):
                while logs.view.seen < last:
                    await pilot.pause(0.005)

    def close(self) -> None:
        self._db.close()


async def grown(path: Path, warm: int, batches: int) -> int:
    """Bytes by which the console grew over so many batches."""
    day = Day(path)
    source = await SqliteSource.open(path, now_ms=lambda: day.now_ms)
    session = Session(source, now_ms=lambda: day.now_ms)
    try:
        async with ParcoursApp(session, Settings(), shipped_keymap()).run_test(size=(120, 40)) as pilot:
            await pilot.press("2")
            logs = pilot.app.screen
            assert isinstance(logs, LogsScreen)
            while logs.view.log_name is not LogName.EVENT:
                await pilot.press("right_square_bracket")
            async with asyncio.timeout(PATIENCE_S):
                while not logs.view.is_read:
                    await pilot.pause(0.005)
            await day.go_on(pilot, warm)
            before = _held_bytes()
            await day.go_on(pilot, batches)
            return _held_bytes() - before
    finally:
        await source.close()
        day.close()


def _held_bytes() -> int:
    """What all objects take that Python's collector knows or that one of these refers to."""
    gc.collect()
    known = gc.get_objects()
    seen = {id(one) for one in known}
    total = sum(map(sys.getsizeof, known))
    for one in known:
        for other in gc.get_referents(one):
            if id(other) not in seen:
                seen.add(id(other))
                total += sys.getsizeof(other)
    return total


async def test_following_for_minutes_keeps_nothing_of_what_has_gone_by(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.sqlite.following.rest_s", lambda found: 0.0)
    assert await grown(database, WARM_BATCHES, SHORT_BATCHES) < SHORT_BYTES


@pytest.mark.torture
@pytest.mark.skipif("PARCOURS_TORTURE" not in os.environ, reason="make torture runs it")
async def test_following_for_24_hours_grows_by_less_than_5_mb(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.sqlite.following.rest_s", lambda found: 0.0)
    assert await grown(database, WARM_BATCHES_OF_DAY, DAY_BATCHES) < DAY_BYTES
