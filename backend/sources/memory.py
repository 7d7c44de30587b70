"""MemorySource: records in memory as a Source, everything looked at anew for every question.

For tests and small data. It decides with `backend.query.match` what a query finds, so it says what the other
sources must answer.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import msgspec

from backend.errors import NothingFound, UsageError
from backend.explaining.audience import Audience, Members, build_audience
from backend.explaining.explain import answers, explain, explain_named
from backend.explaining.facts import Facts
from backend.explaining.verdict import Explained, Verdict
from backend.model import (
    TRACKING_KINDS,
    Capabilities,
    ContactRef,
    Follow,
    Health,
    Histogram,
    Level,
    LogName,
    LogRow,
    Page,
    RejectedCount,
    RejectedRow,
    Report,
    RosterOrder,
    RosterPage,
    StepCount,
    Subject,
    SubjectKind,
    TopValues,
    Window,
    level,
)
from backend.query.fields import Compare, Field, countable
from backend.query.language import ROSTER, Filter, matches
from backend.query.match import text_of_value, values_at
from backend.record import Decoded, Rejected, WorkflowRun
from backend.removals.removal import RemovalAnswer, RemovalLine
from backend.reports.alert_counts import AlertCounts
from backend.reports.drill import Drill
from backend.reports.report import build_report
from backend.source import METHODS, PAGE_LIMIT, Direction, check_many
from backend.sources.book import Book
from backend.sources.cursors import LogCursor, decode_log_cursor
from backend.sources.delivery_recount import delivery_from_book
from backend.sources.memory_alerts import alert_counts_of
from backend.sources.memory_audience import audience_from_book, members_from_book
from backend.sources.memory_drilling import drilled_rows
from backend.sources.memory_explaining import facts_from_rows
from backend.sources.memory_removals import MemoryRemovals
from backend.sources.memory_rows import MemoryRows, feeds_of
from backend.sources.pages import RANKS, cursor_of, make_page, roster_page
from backend.sources.recount import counts_from_book
from backend.sources.roster_places import decode_roster_cursor, place_of
from backend.sources.tallies import MOST_BUCKETS, Bars, by_activity, most_first
from backend.tracking.delivery import delivery_report

POLL_S = 0.01


class MemorySource:
    """A Source over what was given to `add`."""

    def __init__(self, *, now_ms: Callable[[], int], name: str = "memory") -> None:
        self._book = Book(now_ms)
        self._removals = MemoryRemovals(self._book)
        self._now_ms = now_ms
        self._name = name
        self._rejected: list[RejectedRow] = []
        self._rows: MemoryRows | None = None
        self._as_of_ms = 0

    def add(self, pieces: Sequence[Decoded], rejected: Sequence[Rejected] = (), *, format: str = "") -> None:
        """Takes a batch, as a store does; pieces set aside belong to `format`."""
        self._book.add(pieces, rejected, format=format)
        self._rows = None
        for piece in rejected:
            row = RejectedRow(
                id=len(self._rejected) + 1,
                at_ms=self._now_ms(),
                format=format,
                reason=piece.reason,
                place=piece.place,
                size_bytes=piece.size_bytes,
                sha256=hashlib.sha256(piece.raw).hexdigest(),
                sample=piece.raw[:65_536],
            )
            self._rejected.append(row)

    @property
    def name(self) -> str:
        return self._name

    async def capabilities(self) -> Capabilities:
        return Capabilities(methods=METHODS, may_remove=True)

    async def health(self) -> Health:
        rows = self._settled()
        every = [*rows.events, *rows.steps]
        reasons = Counter((row.format, row.reason) for row in self._rejected)
        counts = [RejectedCount(*key, n) for key, n in reasons.items()]
        return Health(
            source=self._name,
            kind="memory",
            schema_version=0,
            size_bytes=None,
            events=len(rows.events),
            scenario_rows=len(rows.steps),
            contacts=len(rows.settled.people),
            messages=len(rows.settled.messages),
            newest_ms=max((row.at_ms for row in every if not row.skew), default=None),
            pruned_before_ms=None,
            skewed=sum(row.skew for row in every),
            feeds=feeds_of(every),
            rejected=tuple(sorted(counts, key=lambda row: (-row.count, row.format, row.reason))),
        )

    async def catalog(self, kind: SubjectKind) -> tuple[Subject, ...]:
        return by_activity(self._settled().subjects(kind))

    async def live_report(
        self,
        subject: Subject,
        tab: str,
        window: Window | None = None,
        *,
        include_test: bool = False,
        step_id: int | None = None,
    ) -> Report:
        settled = self._settled().settled
        counts = counts_from_book(
            *(self._book, settled, subject, tab, window),
            include_test=include_test,
            step_id=step_id,
            now_ms=self._now_ms(),
        )
        return build_report(counts)

    async def drill(
        self,
        drill: Drill,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        found = drilled_rows(self._settled(), drill, self._now_ms())
        return _page([(row, cursor_of(row)) for row in found], cursor, direction, limit)

    # --- the logs ----------------------------------------------------------------------------------------

    async def log(
        self,
        name: LogName,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        rows = [(row, cursor_of(row)) for row in self._matching(name, query)]
        return _page(rows, cursor, direction, limit)

    async def raw(self, name: LogName, row_id: int) -> bytes | None:
        entries = self._book.entries["scenario" if name is LogName.SCENARIO else "event"]
        return entries[row_id - 1].raw if 0 < row_id <= len(entries) else None

    def follow(
        self, name: LogName, query: Filter, after: int | None = None, *, every: bool = False
    ) -> AsyncIterator[Follow]:
        """Where it starts is settled at the call; no row is ever passed over."""
        _check_log(name, query)
        return self._follow(name, query, len(self._log(name)) if after is None else after)

    async def _follow(self, name: LogName, query: Filter, after: int) -> AsyncIterator[Follow]:
        while True:
            last = len(self._log(name))
            fresh = [row for row in self._matching(name, query) if after < row.id <= last]
            after = last
            if fresh:
                yield Follow(rows=tuple(sorted(fresh, key=lambda row: row.id)), after=last)
            else:
                await asyncio.sleep(POLL_S)

    async def newest_id(self, name: LogName) -> int:
        return len(self._log(name))

    async def histogram(self, name: LogName, query: Filter, buckets: int) -> Histogram:
        found = self._matching(name, query)
        times = [row.at_ms for row in found]
        low = min(times, default=None) if query.start_ms is None else query.start_ms
        high = max(times, default=None) if query.end_ms is None else query.end_ms - 1
        if low is None or high is None or low > high:
            return Histogram()
        bars = Bars(low, high, max(1, min(buckets, MOST_BUCKETS)))
        for row in found:
            weight = level(row.kind, row.bounce_class)
            bars.add(row.at_ms, 1, weight is Level.ERROR, weight is Level.WARNING)
        return Histogram(bars.buckets())

    async def top_values(self, name: LogName, query: Filter, field: str, limit: int = 10) -> TopValues:
        known = countable(query.log, field)
        counts: Counter[str | None] = Counter()
        rows = self._matching(name, query)
        for row in rows:
            counts.update(value or None for value in self._values(row, field, known))
        return TopValues(most_first(counts, limit), len(rows))

    def _values(self, row: LogRow, name: str, field: Field) -> Iterable[str | None]:
        """The values that one row counts under."""
        if field.compare is Compare.FLAG:
            return ("yes" if getattr(row, name) else "no",)
        if field.compare is Compare.LEVEL:
            return (level(row.kind, row.bounce_class),)
        if field.compare is Compare.PATH:
            column, _, path = name.partition(".")
            if not path:
                return [f"{column}.{one}" for one in getattr(row, column)] or [None]
            return [text_of_value(value) for value in values_at(getattr(row, column), path)] or [None]
        if name == "implied":
            return row.implied or (None,)
        if name == "contact":
            known = self._settled().contact(row.contact_id or 0)
            return (known.shown if known else None,)
        return (getattr(row, {"class": "bounce_class"}.get(name, name)),)

    def _log(self, name: LogName) -> list[LogRow]:
        """All rows of the log's table, by (time, key)."""
        return self._settled().steps if name is LogName.SCENARIO else self._settled().events

    def _matching(self, name: LogName, query: Filter) -> list[LogRow]:
        _check_log(name, query)
        handles = self._settled().handles(query)
        rows: Iterable[LogRow] = self._log(name)
        if name is LogName.TRACKING:
            rows = (msgspec.structs.replace(row, log=name) for row in rows if row.kind in TRACKING_KINDS)
        return [row for row in rows if matches(query, row, handles)]

    # --- people ------------------------------------------------------------------------------------------

    async def roster(
        self,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.NEWER,
        limit: int = 100,
        order: RosterOrder = RosterOrder.ENTERED,
    ) -> RosterPage:
        _check_log(ROSTER, query)
        start = decode_roster_cursor(cursor, order)
        settled = self._settled()
        handles = settled.handles(query)
        found = [(row, place_of(row, order)) for row in settled.roster if matches(query, row, handles)]
        rank = settled.roster_rank(order)
        found.sort(key=lambda pair: rank(pair[1]))
        most = max(1, min(limit, PAGE_LIMIT))
        if direction is Direction.NEWER:
            beyond = [pair for pair in found if start is None or rank(pair[1]) > rank(start)]
            rows = beyond[:most]
        else:
            beyond = [pair for pair in found if start is None or rank(pair[1]) < rank(start)]
            rows = beyond[-most:]
        return roster_page(rows, start, direction, order, has_more=len(beyond) > most, total=len(found))

    async def steps_inside(self, scenario_id: int | None = None) -> tuple[StepCount, ...]:
        return self._settled().steps_inside(scenario_id)

    async def remove(
        self, scenario_id: int, contacts: Sequence[int], *, key: str, actor: str
    ) -> RemovalAnswer:
        answer = self._removals.remove(self._settled(), scenario_id, contacts, key, actor, self._now_ms())
        self._rows = None
        return answer

    async def removal(self, key: str) -> RemovalAnswer | None:
        return self._removals.answer(key)

    async def removals(self, after: int = 0, limit: int = 100) -> tuple[RemovalLine, ...]:
        self._settled()
        return self._removals.lines(after, max(1, min(limit, PAGE_LIMIT)))

    async def find_contacts(self, text: str, limit: int = 20) -> tuple[ContactRef, ...]:
        wanted = text.strip()
        if not wanted:
            return ()
        found = self._settled().known_as(wanted)
        folded = wanted.casefold()
        people = self._settled().settled.people
        if not found:
            found = frozenset(
                contact
                for contact, known in people.items()
                if any(folded in shown.casefold() for _, shown in known)
            )
        refs = [self._settled().contact(contact) for contact in sorted(found)]
        return tuple(ref for ref in refs if ref is not None)[: max(1, min(limit, PAGE_LIMIT))]

    async def contact(self, contact_id: int) -> ContactRef:
        found = self._settled().contact(contact_id)
        if found is None:
            raise NothingFound(f"there is no contact {contact_id}")
        return found

    async def trace(
        self,
        contact_id: int,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 200,
    ) -> Page:
        settled = self._settled()
        rows = [
            (row, cursor_of(row, RANKS[row.log]))
            for row in (*settled.steps, *settled.events)
            if row.contact_id == contact_id and not row.repeat
        ]
        return _page(sorted(rows, key=lambda pair: pair[1].place), cursor, direction, limit)

    async def facts(self, contact_id: int, delivery: Subject | None = None) -> Facts:
        return facts_from_rows(self._book, self._settled(), contact_id, delivery, self._now_ms())

    async def explain(self, contact_id: int, delivery: Subject | None = None) -> Verdict:
        return explain(await self.facts(contact_id, delivery))

    async def explain_all(
        self, names: Sequence[str], delivery: Subject | None = None
    ) -> tuple[Explained, ...]:
        check_many(names)
        rows = self._settled()
        handles = {name: sorted(rows.known_as(name)) for name in names}
        known = {
            name: [ref for one in found if (ref := rows.contact(one)) is not None]
            for name, found in handles.items()
        }
        people = explain_named(names, known, delivery)
        wanted = {one.id for one in people.values() if isinstance(one, ContactRef)}
        return answers(names, people, {one: await self.explain(one, delivery) for one in wanted})

    async def audience(self, delivery: Subject) -> Audience:
        return build_audience(delivery, audience_from_book(self._book, self._settled(), delivery))

    async def audience_rows(
        self,
        delivery: Subject,
        members: Members,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        found = members_from_book(self._book, self._settled(), delivery, members)
        return _page([(row, cursor_of(row)) for row in found], cursor, direction, limit)

    async def rejected(
        self, after: int = 0, limit: int = 100, *, direction: Direction = Direction.NEWER
    ) -> tuple[RejectedRow, ...]:
        if direction is Direction.NEWER:
            found = [row for row in self._rejected if row.id > after]
        else:
            found = [row for row in reversed(self._rejected) if not after or row.id < after]
        return tuple(found[: max(1, min(limit, PAGE_LIMIT))])

    async def delivery_report(
        self,
        delivery: Subject,
        tab: str,
        *,
        view: str = "label",
        period_ms: int | None = None,
        include_test: bool = False,
    ) -> Report:
        facts = delivery_from_book(
            self._book,
            self._settled().settled,
            delivery,
            period_ms=period_ms,
            include_test=include_test,
            now_ms=self._now_ms(),
        )
        return delivery_report(facts, tab, view)

    async def alert_counts(self) -> AlertCounts:
        kinds = (SubjectKind.SCENARIO, SubjectKind.CAMPAIGN)
        subjects = [subject for kind in kinds for subject in await self.catalog(kind)]
        return alert_counts_of(self._settled(), subjects, self._now_ms())

    async def workflow_runs(self, limit: int = 100) -> tuple[WorkflowRun, ...]:
        return self._book.workflow_runs()[: max(1, min(limit, PAGE_LIMIT))]

    async def close(self) -> None:
        self._rows = None

    def _settled(self) -> MemoryRows:
        """What the records come to now; worked out anew when there are new ones or the clock moved."""
        now_ms = self._now_ms()
        if self._rows is None or now_ms != self._as_of_ms:
            self._rows = MemoryRows(self._book, self._book.settle(now_ms), now_ms)
            self._as_of_ms = now_ms
        return self._rows


def _page(
    rows: Sequence[tuple[LogRow, LogCursor]], cursor: str | None, direction: Direction, limit: int
) -> Page:
    given = decode_log_cursor(cursor)
    most = max(1, min(limit, PAGE_LIMIT))
    if direction is Direction.OLDER:
        beyond = [pair for pair in rows if given is None or pair[1].place < given.place]
        page = beyond[-most:]
    else:
        beyond = [pair for pair in rows if given is None or pair[1].place > given.place]
        page = beyond[:most]
    return make_page(page, given, direction, has_more=len(beyond) > most)


def _check_log(name: str, query: Filter) -> None:
    if query.log != name:
        raise UsageError(f"this query is for the {query.log} log, not for {name}")
