"""Reports that need no second reading: the store is as it was, and no more than the minute's seconds went by.

A console at rest asks for the same report every two seconds. Without a write its live window loses a row now
and then at its start, and what is kept says which window it covers: a number is right for that one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from backend.model import Report, Subject, Window

MINUTE_MS = 60_000
MOST_KEPT = 16
"""Reports, of all connections together: those of a few consoles that look at a few tabs."""


class Asked(NamedTuple):
    """What a report was asked for."""

    subject: Subject
    tab: str
    window: Window | None
    include_test: bool
    step_id: int | None


class _Kept(NamedTuple):
    connection: sqlite3.Connection
    """The version counts the commits of others that this one saw."""
    version: int
    report: Report

    def holds(self, connection: sqlite3.Connection, version: int, now_ms: int) -> bool:
        is_same = self.connection is connection and self.version == version
        return is_same and self.report.as_of_ms // MINUTE_MS == now_ms // MINUTE_MS


class KeptReports:
    """The last answers of each connection; for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[int, Asked], _Kept] = {}

    def answer(
        self, connection: sqlite3.Connection, asked: Asked, now_ms: int, read: Callable[[], Report]
    ) -> Report:
        """The report that was read before, where nothing was written since and it is of the same minute; else
        a new one. A row whose time is still to come counts from then on: a report with one is not kept."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()  # before reading: never too new
        key = id(connection), asked
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.holds(connection, version, now_ms):
            return kept.report
        report = read()
        if report.newest_ms is None or report.newest_ms < now_ms:
            self._keep(key, _Kept(connection, version, report))
        return report

    def _keep(self, key: tuple[int, Asked], kept: _Kept) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = kept
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
