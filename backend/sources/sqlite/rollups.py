"""Counts kept per hour and day, so that a report costs what its window costs and not what the log costs.

A row contributes to the buckets of its subjects; writers add the difference between what a row counted
as before and what it counts as now, in the transaction that changes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from backend.facts import (
    BOUNCED,
    CLICKED,
    DEFERRED,
    ERROR,
    EXCLUDED,
    FIRST,
    IMPLIES_SENT,
    IMPLIES_TARGETED,
    MACHINE,
    OPENED,
    REPEAT,
    SENT,
    SKEW,
    STEP_RANK,
    TARGETED,
    TEST,
)
from backend.model import Channel, StepKind
from backend.sources.sqlite.newest import NewestChanges
from backend.sources.sqlite.schema import CHANNEL_CODE, Facet, Grain, RollupFlag, SubjectCode

HOUR_MS = 3_600_000
HOURS_A_DAY = 24

UNCOUNTED = REPEAT | SKEW
COUNTED_BITS = MACHINE | TEST | FIRST | IMPLIES_TARGETED | IMPLIES_SENT
WITH_REASON = frozenset({BOUNCED, ERROR, EXCLUDED, DEFERRED})
WITH_DOMAIN = frozenset({OPENED, BOUNCED})
PUSH = CHANNEL_CODE[Channel.PUSH]
STEP_WITH_REASON = frozenset(
    STEP_RANK[kind] for kind in (StepKind.ACTION_ERROR, StepKind.FAILED, StepKind.DISCARDED)
)
STEP_EVENT = STEP_RANK[StepKind.EVENT]

# Plain numbers: every row pays for arithmetic on enum members.
OF_EVENT, OF_REASON, OF_DOMAIN, OF_PLATFORM, OF_URL = (
    int(facet)
    for facet in (
        Facet.EVENT,
        Facet.EVENT_REASON,
        Facet.EVENT_DOMAIN,
        Facet.EVENT_PLATFORM,
        Facet.EVENT_URL,
    )
)
BY_HOUR, BY_DAY = int(Grain.HOUR), int(Grain.DAY)
OF_STEP, OF_STEP_REASON, OF_STEP_ORIGIN = int(Facet.STEP), int(Facet.STEP_REASON), int(Facet.STEP_ORIGIN)
OVERALL, BY_SCENARIO, BY_CAMPAIGN, BY_DELIVERY = (
    int(subject)
    for subject in (SubjectCode.ALL, SubjectCode.SCENARIO, SubjectCode.CAMPAIGN, SubjectCode.DELIVERY)
)
FIRST_BIT, CAMPAIGN_BIT, TRANSACTIONAL_BIT = (
    int(bit) for bit in (RollupFlag.FIRST, RollupFlag.CAMPAIGN, RollupFlag.TRANSACTIONAL)
)

Count = tuple[int, int, int, int, int, int, int, int]
"""facet, kind, class, channel, delivery_id, step_id, flags, value_id"""


class EventCounts(Protocol):
    """What counting looks at of an event row."""

    ts: int
    kind: int
    bounce_class: int
    channel: int
    origin: int
    flags: int
    url: int
    reason: int
    domain: int
    platform: int
    delivery_id: int | None
    scenario_id: int | None
    step_id: int | None
    campaign_id: int | None


class StepCounts(Protocol):
    """What counting looks at of a scenario log row."""

    ts: int
    kind: int
    flags: int
    scenario_id: int
    step_id: int | None
    reason: int
    origin: int


def event_counts(row: EventCounts) -> Iterator[Count]:
    """What one event row adds to each of its subjects; nothing where it does not count."""
    if row.flags & UNCOUNTED:
        return
    place = (row.channel, row.delivery_id or 0, row.step_id or 0)
    flags = _rollup_flags(row)
    yield (OF_EVENT, row.kind, row.bounce_class, *place, flags, 0)
    implied = [kind for kind, bit in ((TARGETED, IMPLIES_TARGETED), (SENT, IMPLIES_SENT)) if row.flags & bit]
    plain = flags & TEST
    for kind in implied:
        yield (OF_EVENT, kind, 0, *place, plain, 0)
    if row.kind in WITH_REASON:
        yield (OF_REASON, row.kind, row.bounce_class, *place, flags, row.reason)
    if row.kind in WITH_DOMAIN:
        yield (OF_DOMAIN, row.kind, row.bounce_class, *place, flags, row.domain)
    if row.kind == CLICKED:
        yield (OF_URL, row.kind, 0, *place, flags, row.url)
    if row.channel == PUSH:
        yield (OF_PLATFORM, row.kind, row.bounce_class, *place, flags, row.platform)
        for kind in implied:
            yield (OF_PLATFORM, kind, 0, *place, plain, row.platform)


def _rollup_flags(row: EventCounts) -> int:
    flags = row.flags & (MACHINE | TEST)
    if row.flags & FIRST:
        flags |= FIRST_BIT
    if row.origin:
        flags |= CAMPAIGN_BIT if row.origin == 1 else TRANSACTIONAL_BIT
    return flags


def step_counts(row: StepCounts) -> Iterator[Count]:
    """What one scenario log row adds to its scenario."""
    if row.flags & UNCOUNTED:
        return
    step, flags = row.step_id or 0, row.flags & TEST
    yield (OF_STEP, row.kind, 0, 0, 0, step, flags, 0)
    if row.kind in STEP_WITH_REASON:
        yield (OF_STEP_REASON, row.kind, 0, 0, 0, step, flags, row.reason)
    if row.kind == STEP_EVENT:
        yield (OF_STEP_ORIGIN, row.kind, 0, 0, 0, step, flags, row.origin)


Bucket = tuple[int, int, int, Count]
"""subject, subject_id, hour, count"""


class AlikeEvents(msgspec.Struct, gc=False):
    """Event rows of one hour that add the same to the same buckets, as one."""

    ts: int
    """The beginning of the hour."""
    kind: int
    bounce_class: int
    channel: int
    origin: int
    flags: int
    delivery_id: int | None
    scenario_id: int | None
    step_id: int | None
    campaign_id: int | None
    reason: int
    domain: int
    platform: int
    url: int


class RollupChanges:
    """The differences of one transaction, by bucket."""

    def __init__(self) -> None:
        self._changes: dict[Bucket, int] = {}
        self._newest = NewestChanges()
        self._events: dict[tuple[Any, ...], int] = {}
        """How many more rows there are of what AlikeEvents tells apart: far fewer than rows, as a rule."""

    def event(self, row: EventCounts, sign: int) -> None:
        """Counts an event row in (+1) or out (-1), as it stands now."""
        if row.flags & UNCOUNTED:
            return
        self._newest.event(row.ts, (row.scenario_id, row.campaign_id, row.delivery_id), sign)
        kind, channel = row.kind, row.channel
        alike = (
            row.ts // HOUR_MS * HOUR_MS,
            kind,
            row.bounce_class,
            channel,
            row.origin,
            row.flags & COUNTED_BITS,
            row.delivery_id,
            row.scenario_id,
            row.step_id,
            row.campaign_id,
            row.reason if kind in WITH_REASON else 0,
            row.domain if kind in WITH_DOMAIN else 0,
            row.platform if channel == PUSH else 0,
            row.url if kind == CLICKED else 0,
        )
        self._events[alike] = self._events.get(alike, 0) + sign

    def _add_events(self, row: AlikeEvents, n: int) -> None:
        hour = row.ts // HOUR_MS
        subjects = [
            (subject, handle)
            for subject, handle in (
                (BY_SCENARIO, row.scenario_id),
                (BY_CAMPAIGN, row.campaign_id),
                (BY_DELIVERY, row.delivery_id),
            )
            if handle is not None
        ]
        for count in event_counts(row):
            for subject, handle in subjects:
                self._add((subject, handle, hour, count), n)
            if count[0] == OF_EVENT:
                overall = (count[0], count[1], count[2], count[3], 0, 0, count[6], 0)
                self._add((OVERALL, 0, hour, overall), n)

    def step(self, row: StepCounts, sign: int) -> None:
        """Counts a scenario log row in (+1) or out (-1), as it stands now."""
        if not row.flags & UNCOUNTED:
            self._newest.step(row.ts, row.scenario_id, sign)
        hour = row.ts // HOUR_MS
        for count in step_counts(row):
            self._add((BY_SCENARIO, row.scenario_id, hour, count), sign)
            if count[0] == OF_STEP:
                self._add((OVERALL, 0, hour, (*count[:5], 0, count[6], 0)), sign)

    def _add(self, bucket: Bucket, n: int) -> None:
        self._changes[bucket] = self._changes.get(bucket, 0) + n

    def rows(self) -> list[tuple[int, ...]]:
        """The changes as rows of `rollup`, both grains, without those that cancel out."""
        for alike, n in self._events.items():
            if n:
                self._add_events(AlikeEvents(*alike), n)
        self._events.clear()
        days: dict[Bucket, int] = {}
        rows: list[tuple[int, ...]] = []
        for (subject, handle, hour, count), n in self._changes.items():
            if n:
                rows.append((subject, handle, count[0], BY_HOUR, hour, *count[1:], n))
                day = (subject, handle, hour // HOURS_A_DAY, count)
                days[day] = days.get(day, 0) + n
        rows += [
            (subject, handle, count[0], BY_DAY, day, *count[1:], n)
            for (subject, handle, day, count), n in days.items()
            if n
        ]
        return rows

    def flush(self, connection: sqlite3.Connection) -> None:
        """Brings the changes into the buckets; a bucket that comes to 0 goes away. The rows are stored."""
        rows = self.rows()
        connection.executemany(UPSERT, sorted(rows))
        shrunk = [row[:-1] for row in rows if row[-1] < 0]
        connection.executemany(DROP_EMPTY, shrunk)
        self._newest.flush(connection)
        self._changes.clear()


COLUMNS = (
    "subject, subject_id, facet, grain, bucket, kind, class, channel, delivery_id, step_id, flags, value_id"
)
UPSERT = (
    f"INSERT INTO rollup({COLUMNS}, n) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT DO UPDATE SET n = n + excluded.n"
)
DROP_EMPTY = "DELETE FROM rollup WHERE n = 0 AND " + " AND ".join(
    f"{name} = ?" for name in COLUMNS.split(", ")
)
