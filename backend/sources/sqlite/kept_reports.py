"""Reports that need no second reading: the store is as it was, and no more than the minute's seconds went by.

A console at rest asks for the same report every two seconds. Without a write its live window loses a row now
and then at its start, and what is kept says which window it covers: a number is right for that one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import count
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


class _Look(NamedTuple):
    """What a connection saw of the store: the commits of others that it knows of, since which look."""

    version: int
    since: int


class _Kept(NamedTuple):
    connection: sqlite3.Connection
    version: int
    began: int
    """A number of before the report's snapshot was taken."""
    report: Report


class KeptReports:
    """The last answer to each question, for all connections: none gets an older one than another got."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count(1)
        self._looks: dict[sqlite3.Connection, _Look] = {}
        self._kept: dict[Asked, _Kept] = {}

    def answer(
        self, connection: sqlite3.Connection, asked: Asked, now_ms: int, read: Callable[[], Report]
    ) -> Report:
        """The report that was read before, where nothing was written since and it is of the same minute; else
        a new one. A row whose time is still to come counts from then on: a report with one is not kept."""
        began = next(self._numbers)
        (version,) = connection.execute("PRAGMA data_version").fetchone()  # this takes the snapshot
        with self._lock:
            look = self._look(connection, version)
            kept = self._kept.get(asked)
        if kept is not None and _is_of_now(kept, connection, look) and _is_of_minute(kept, now_ms):
            return kept.report
        report = read()
        if report.newest_ms is None or report.newest_ms < now_ms:
            self._keep(asked, _Kept(connection, version, began, report))
        return report

    def _look(self, connection: sqlite3.Connection, version: int) -> _Look:
        look = self._looks.get(connection)
        if look is None or look.version != version:
            look = _Look(version, next(self._numbers))
            self._looks.pop(connection, None)
            self._looks[connection] = look
            while len(self._looks) > MOST_KEPT:
                del self._looks[next(iter(self._looks))]
        return look

    def _keep(self, asked: Asked, kept: _Kept) -> None:
        with self._lock:
            before = self._kept.pop(asked, None)
            self._kept[asked] = kept if before is None or before.began < kept.began else before
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]


def _is_of_now(kept: _Kept, connection: sqlite3.Connection, look: _Look) -> bool:
    """Whether nothing was written between the report and this look: the connection has read it itself at this
    version, or it has seen no other version since before the report began."""
    is_own = kept.connection is connection and kept.version == look.version
    return is_own or look.since < kept.began


def _is_of_minute(kept: _Kept, now_ms: int) -> bool:
    return kept.report.as_of_ms // MINUTE_MS == now_ms // MINUTE_MS
