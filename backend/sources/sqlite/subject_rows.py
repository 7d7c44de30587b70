"""What one read of a report tab looks at: whose rows, which of them, and the rows at a window's edges."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from backend.facts import FIRST, IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, TEST
from backend.model import Channel, Subject, Window
from backend.reports.counts import CountFlag, Need
from backend.sources.sqlite.subject_facts import ALL_EVENTS, UNCOUNTED, Place

TELLING = MACHINE | TEST | FIRST | IMPLIES_TARGETED | IMPLIES_SENT
"""Bits of a row's flags that decide what it counts as."""
WHOLE = 1 << 62
"""A step so long that a window is one."""


@contextmanager
def one_read(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside sees one state of the store."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class Alike(msgspec.Struct, gc=False):
    """Rows of the event log that are alike in what counting looks at."""

    place: int
    kind: int
    bounce_class: int
    channel: int
    origin: int
    flags: int
    delivery_id: int | None
    step_id: int | None
    reason: int
    domain: int
    platform: int
    n: int
    ts: int = 0
    url: int = 0
    scenario_id: int | None = None
    campaign_id: int | None = None


class SubjectRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one subject that a tab counts, inside the caller's transaction."""

    execute: Callable[..., Any]
    subject: Subject
    place: Place
    need: Need
    include_test: bool
    step_id: int | None
    """Only what happened at this step counts; None: everything."""
    pruned_ms: int

    @property
    def at_step(self) -> str:
        """Condition on rows and rollups alike; "" for all steps."""
        return "" if self.step_id is None else f" AND step_id = {int(self.step_id)}"

    @property
    def channel(self) -> Channel:
        assert self.need.channel is not None
        return self.need.channel

    @property
    def test_mask(self) -> int:
        """Bits of a rollup's flags that keep it out."""
        return 0 if self.include_test else CountFlag.TEST

    @property
    def left_out(self) -> int:
        """Bits of a row's flags that keep it out."""
        return UNCOUNTED if self.include_test else UNCOUNTED | TEST

    def alike_rows(self, edge: Window, first_ms: int, step_ms: int) -> Iterator[Alike]:
        """Counted rows of the event log at an edge of the window, by delivery and step."""
        columns = "coalesce(delivery_id, 0), coalesce(step_id, 0), 0, 0, 0"
        return self._edge_rows(columns, "1, 2, 3, 4, 5, 6, 7, 8", edge, first_ms, step_ms, ALL_EVENTS)

    def alike_values(self, edge: Window, kinds: str) -> Iterator[Alike]:
        """Counted rows of these kinds of the event log at an edge of the window, by reason, domain and
        platform."""
        columns = "0, 0, coalesce(reason_id, 0), coalesce(domain_id, 0), coalesce(platform_id, 0)"
        return self._edge_rows(columns, "2, 3, 4, 6, 9, 10, 11", edge, edge.start_ms, WHOLE, kinds)

    def _edge_rows(
        self, columns: str, groups: str, edge: Window, first_ms: int, step_ms: int, kinds: str
    ) -> Iterator[Alike]:
        place = self.place
        for row in self.execute(
            "SELECT (ts - ?) / ?, kind, coalesce(class, 0), coalesce(channel, 0), coalesce(origin, 0),"
            f" flags & ?, {columns}, count(*) FROM event_log INDEXED BY {place.index}"
            f" WHERE {place.column} = ? AND kind IN ({kinds}) AND ts >= ? AND ts < ?"
            f" AND NOT flags & ?{self.at_step} GROUP BY {groups}",
            (first_ms, step_ms, TELLING, self.subject.id, edge.start_ms, edge.end_ms, UNCOUNTED),
        ):
            yield Alike(*row)
