"""Which rows a log has, asked by their keys for a whole batch at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from itertools import chain

ASKED_AT_ONCE = 250
"""Keys in one question; more of them are no faster (measured)."""

Key = tuple[int, int]
"""ts, h"""


class KnownKeys:
    """The keys that a log has, of those that are asked for, and of the rows that are added meanwhile.

    A time without a zone is another moment each time the person names another zone, so such rows are also
    known by their raw time, which the table zoneless_key keeps.
    """

    def __init__(self, connection: sqlite3.Connection, log: str) -> None:
        self._db = connection
        self._log = log
        newest = connection.execute(f"SELECT max(ts) FROM {log}").fetchone()[0]
        self._newest_ms: int = -1 if newest is None else newest
        self._asked: set[Key] = set()
        self._asked_zoneless: set[Key] = set()
        self._known: set[Key] = set()
        self._known_zoneless: set[Key] = set()
        self._batch: set[Key] = set()
        self._new_zoneless: list[Key] = []

    def ask(self, at_ms: int, h: int, raw_ms: int | None) -> None:
        """Notes a key that `look_up` is to look for. raw_ms: its raw time read as UTC; None with a zone."""
        if at_ms <= self._newest_ms:  # what is younger than all rows needs no question: most batches are
            self._asked.add((at_ms, h))
        if raw_ms is not None:
            self._asked_zoneless.add((raw_ms, self._salted(h)))

    def look_up(self) -> None:
        self._known = self._stored(self._log, self._asked)
        self._known_zoneless = self._stored("zoneless_key", self._asked_zoneless)

    def add(self, at_ms: int, h: int, raw_ms: int | None) -> bool:
        """Whether this key, which was asked for, is new; it is known from now on."""
        key = (at_ms, h)
        if key in self._batch:
            return False
        if raw_ms is not None:
            if (raw_ms, h) in self._batch or (raw_ms, self._salted(h)) in self._known_zoneless:
                return False
            self._new_zoneless.append((raw_ms, self._salted(h)))
        if key in self._known:
            return False
        self._batch.add(key)
        if raw_ms is not None:
            self._batch.add((raw_ms, h))
        return True

    def store(self) -> None:
        """Keeps the raw times of what was added."""
        self._db.executemany("INSERT OR IGNORE INTO zoneless_key(ts, h) VALUES(?, ?)", self._new_zoneless)

    def _salted(self, h: int) -> int:
        """The two logs share one table of raw times."""
        return h if self._log == "event_log" else ~h

    def _stored(self, table: str, keys: Collection[Key]) -> set[Key]:
        stored: set[Key] = set()
        order = sorted(keys)
        for start in range(0, len(order), ASKED_AT_ONCE):
            asked = order[start : start + ASKED_AT_ONCE]
            sql = _question(table, len(asked))
            stored.update(self._db.execute(sql, list(chain.from_iterable(asked))))
        return stored


def _question(table: str, keys: int) -> str:
    """CROSS JOIN: one search of the index for each key, in their order."""
    marks = ",".join(["(?,?)"] * keys)
    return (
        f"WITH asked(ts, h) AS (VALUES {marks}) "
        f"SELECT asked.ts, asked.h FROM asked CROSS JOIN {table} USING (ts, h)"
    )
