"""SqliteSource: one store file as a Source, read only but for removals.

Every question runs on a reader thread as one read transaction with a deadline; this class only says which
question, and loads it when it is first asked: a command pays for its own. It may be used while other programs
write to the file at full speed.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from backend.errors import NothingFound, Unsupported, UsageError
from backend.model import (
    Capabilities,
    ContactRef,
    Follow,
    Health,
    Histogram,
    LogName,
    Page,
    RejectedRow,
    Report,
    RosterOrder,
    RosterPage,
    StepCount,
    Subject,
    SubjectKind,
    TopValues,
    Window,
)
from backend.source import METHODS, PAGE_LIMIT, Direction, check_many
from backend.sources.sqlite.kept_reports import Asked, KeptReports
from backend.sources.sqlite.pool import Deadline, Question, Readers, quick_check
from backend.waiting import answer_of, apart

if TYPE_CHECKING:
    from backend.explaining.audience import Audience, Members
    from backend.explaining.facts import Facts
    from backend.explaining.verdict import Explained, Verdict
    from backend.query.language import Filter
    from backend.record import WorkflowRun
    from backend.removals.removal import RemovalAnswer, RemovalLine
    from backend.reports.alert_counts import AlertCounts
    from backend.reports.drill import Drill

T = TypeVar("T")

PAGE_S = 1.0
"""How long a page may search; then it answers with what it has, and says how far it got."""
ANSWER_S = 10.0
"""How long a report or a count may take."""
CHECK_S = 30.0
CHECKED_BYTES = 256_000_000
"""Files up to this size are looked through for damage while they are open, some 0.2 s. SQLite cannot be
interrupted in it: 17 GB on a slow disk held a reader, and the end of the program, for minutes."""


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class SqliteSource:
    """Reads one store. Make it with `SqliteSource.open`, which looks at the file first."""

    def __init__(
        self,
        path: Path,
        *,
        now_ms: Callable[[], int] = wall_clock_ms,
        name: str | None = None,
        page_s: float = PAGE_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._path = path
        self._now_ms = now_ms
        self._name = name or str(path)
        self._page_s = page_s
        self._answer_s = answer_s
        self._readers = Readers(path)
        self._reports = KeptReports()
        self._starts: set[Future[int]] = set()
        self._check: Future[tuple[str, ...]] | None = None
        self._notes: tuple[str, ...] = ()

    @classmethod
    async def open(
        cls, path: Path, *, now_ms: Callable[[], int] = wall_clock_ms, name: str | None = None
    ) -> SqliteSource:
        """The source on a file that is a store.

        Raises: NoSuchSource, SchemaMismatch, SourceDamaged, SourceUnavailable.
        """
        source = cls(path, now_ms=now_ms, name=name)
        try:
            await source._ask(lambda connection, deadline: None)
        except BaseException:
            await source.close()
            raise
        return source

    @property
    def name(self) -> str:
        return self._name

    async def capabilities(self) -> Capabilities:
        reason = why_read_only(self._path)
        if reason is None:
            return Capabilities(methods=METHODS, may_remove=True)
        return Capabilities(methods=METHODS - {"remove"}, reasons={"remove": reason})

    async def health(self) -> Health:
        """Also starts, once, a check of the file in the background; what it finds is a note from then on."""
        from backend.sources.sqlite.overview import read_health

        if self._check is None:
            self._check = self._readers.start(lambda connection, _: _check_small(connection), CHECK_S)
            self._check.add_done_callback(self._note_damage)
        notes = self._notes
        if self._readers.replaced:
            notes += ("the file was replaced by another one while it was open",)
        return await self._ask(lambda connection, deadline: read_health(connection, self._path, notes))

    async def catalog(self, kind: SubjectKind) -> tuple[Subject, ...]:
        from backend.sources.sqlite.overview import read_catalog

        return await self._ask(lambda connection, deadline: read_catalog(connection, kind))

    async def live_report(
        self,
        subject: Subject,
        tab: str,
        window: Window | None = None,
        *,
        include_test: bool = False,
        step_id: int | None = None,
    ) -> Report:
        from backend.reports.report import build_report
        from backend.sources.sqlite.counting import read_counts

        now_ms = self._now_ms()
        asked = Asked(subject, tab, window, include_test, step_id)

        def read(connection: sqlite3.Connection) -> Report:
            of = connection, subject, tab, window
            return build_report(read_counts(*of, include_test=include_test, step_id=step_id, now_ms=now_ms))

        return await self._ask(
            lambda connection, deadline: self._reports.answer(
                connection, asked, now_ms, lambda: read(connection)
            )
        )

    async def drill(
        self,
        drill: Drill,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        from backend.sources.sqlite.drilling import read_drill

        now_ms, most = self._now_ms(), _limited(limit)
        return await self._ask(
            lambda connection, deadline: read_drill(connection, drill, cursor, direction, most, now_ms)
        )

    async def log(
        self,
        name: LogName,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        from backend.sources.sqlite.paging import read_page

        _check_log(name, query)
        most = _limited(limit)
        return await self._ask(
            lambda connection, deadline: read_page(
                connection, deadline, query, cursor, direction, most, self._page_s
            )
        )

    async def raw(self, name: LogName, row_id: int) -> bytes | None:
        from backend.sources.sqlite.compile import table_of
        from backend.sources.sqlite.rawblocks import read_raw

        def question(connection: sqlite3.Connection, deadline: Deadline) -> bytes | None:
            found = connection.execute(f"SELECT raw FROM {table_of(name)} WHERE id = ?", (row_id,)).fetchone()
            return read_raw(connection, found[0]) if found and found[0] is not None else None

        return await self._ask(question)

    def follow(
        self, name: LogName, query: Filter, after: int | None = None, *, every: bool = False
    ) -> AsyncIterator[Follow]:
        """Where it starts is settled at the call, not at the first row asked for: no row falls between."""
        from backend.sources.sqlite.following import last_id

        _check_log(name, query)
        if after is not None:
            return self._follow(query, after, every)
        start = self._readers.start(lambda connection, deadline: last_id(connection, name), self._answer_s)
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)
        return self._follow(query, start, every)

    async def _follow(self, query: Filter, start: int | Future[int], every: bool) -> AsyncIterator[Follow]:
        import asyncio

        from backend.sources.sqlite.following import POLL_S, TOLD_POLL_S, read_arrivals, rest_s
        from backend.sources.sqlite.write_watch import WriteWatch

        after = start if isinstance(start, int) else await answer_of(start)
        with WriteWatch(self._path) as watch:
            while True:
                found = await self._ask(partial(read_arrivals, query=query, after=after, every=every))
                if found is None:
                    await watch.wait(TOLD_POLL_S if watch.is_told else POLL_S)
                    continue
                after = found.after
                if found.rows or found.skipped:
                    yield found
                    if not every:
                        await asyncio.sleep(rest_s(found))

    async def newest_id(self, name: LogName) -> int:
        from backend.sources.sqlite.following import last_id

        return await self._ask(lambda connection, deadline: last_id(connection, name))

    async def histogram(self, name: LogName, query: Filter, buckets: int) -> Histogram:
        from backend.sources.sqlite.histogram import read_histogram

        _check_log(name, query)
        return await self._ask(
            lambda connection, deadline: read_histogram(connection, deadline, query, buckets)
        )

    async def top_values(self, name: LogName, query: Filter, field: str, limit: int = 10) -> TopValues:
        from backend.sources.sqlite.top_values import read_top_values

        _check_log(name, query)
        return await self._ask(
            lambda connection, deadline: read_top_values(connection, deadline, query, field, limit)
        )

    async def roster(
        self,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.NEWER,
        limit: int = 100,
        order: RosterOrder = RosterOrder.ENTERED,
    ) -> RosterPage:
        from backend.query.language import ROSTER
        from backend.sources.sqlite.roster_reading import read_roster

        _check_log(ROSTER, query)
        most, now_ms = _limited(limit), self._now_ms()
        return await self._ask(
            lambda connection, deadline: read_roster(
                connection, query, cursor, direction, most, order=order, now_ms=now_ms
            )
        )

    async def steps_inside(self, scenario_id: int | None = None) -> tuple[StepCount, ...]:
        from backend.sources.sqlite.roster_reading import read_steps_inside

        now_ms = self._now_ms()
        return await self._ask(
            lambda connection, deadline: read_steps_inside(connection, scenario_id, now_ms)
        )

    async def remove(
        self, scenario_id: int, contacts: Sequence[int], *, key: str, actor: str
    ) -> RemovalAnswer:
        """Writes through a store of its own; cancelling does not stop it: ask `removal` what came of it."""
        reason = why_read_only(self._path)
        if reason is not None:
            raise Unsupported(reason)
        return await apart(self._remove, scenario_id, tuple(contacts), key, actor)

    def _remove(self, scenario_id: int, contacts: Sequence[int], key: str, actor: str) -> RemovalAnswer:
        from backend.sources.sqlite.writing import Store

        with Store(self._path, now_ms=self._now_ms) as store:
            return store.remove(scenario_id, contacts, key=key, actor=actor)

    async def removal(self, key: str) -> RemovalAnswer | None:
        from backend.sources.sqlite.outbox import read_answer

        found = await self._ask(lambda connection, deadline: read_answer(connection, key))
        return found[1] if found else None

    async def removals(self, after: int = 0, limit: int = 100) -> tuple[RemovalLine, ...]:
        from backend.sources.sqlite.outbox import read_removals

        most = _limited(limit)
        return await self._ask(lambda connection, deadline: read_removals(connection, after, most))

    async def find_contacts(self, text: str, limit: int = 20) -> tuple[ContactRef, ...]:
        from backend.sources.sqlite.searching import find_contacts

        most = _limited(limit)
        return await self._ask(lambda connection, deadline: find_contacts(connection, text, most))

    async def contact(self, contact_id: int) -> ContactRef:
        from backend.sources.sqlite.searching import living_contact, read_contact

        def question(connection: sqlite3.Connection, deadline: Deadline) -> ContactRef:
            living = living_contact(connection, contact_id)
            if living is None:
                raise NothingFound(f"there is no contact {contact_id}")
            return read_contact(connection, living)

        return await self._ask(question)

    async def trace(
        self,
        contact_id: int,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 200,
    ) -> Page:
        from backend.sources.sqlite.paging import read_trace

        most = _limited(limit)
        return await self._ask(
            lambda connection, deadline: read_trace(connection, deadline, contact_id, cursor, direction, most)
        )

    async def facts(self, contact_id: int, delivery: Subject | None = None) -> Facts:
        from backend.sources.sqlite.explaining import read_facts

        now_ms = self._now_ms()
        return await self._ask(
            lambda connection, deadline: read_facts(connection, contact_id, delivery, now_ms)
        )

    async def explain(self, contact_id: int, delivery: Subject | None = None) -> Verdict:
        from backend.explaining.explain import explain

        return explain(await self.facts(contact_id, delivery))

    async def explain_all(
        self, names: Sequence[str], delivery: Subject | None = None
    ) -> tuple[Explained, ...]:
        from backend.sources.sqlite.explaining import read_explained

        check_many(names)
        now_ms = self._now_ms()
        return await self._ask(
            lambda connection, deadline: read_explained(connection, names, delivery, now_ms)
        )

    async def audience(self, delivery: Subject) -> Audience:
        from backend.explaining.audience import build_audience
        from backend.sources.sqlite.audience_reading import read_audience

        counts = await self._ask(lambda connection, deadline: read_audience(connection, delivery))
        return build_audience(delivery, counts)

    async def audience_rows(
        self,
        delivery: Subject,
        members: Members,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        from backend.sources.sqlite.audience_reading import read_members

        most = _limited(limit)
        return await self._ask(
            lambda connection, deadline: read_members(connection, delivery, members, cursor, direction, most)
        )

    async def rejected(
        self, after: int = 0, limit: int = 100, *, direction: Direction = Direction.NEWER
    ) -> tuple[RejectedRow, ...]:
        from backend.sources.sqlite.overview import read_rejected

        most = _limited(limit)
        return await self._ask(lambda connection, deadline: read_rejected(connection, after, direction, most))

    async def delivery_report(
        self,
        delivery: Subject,
        tab: str,
        *,
        view: str = "label",
        period_ms: int | None = None,
        include_test: bool = False,
    ) -> Report:
        from backend.sources.sqlite.delivery_reading import read_delivery
        from backend.tracking.delivery import PLATFORM_TAB, delivery_report

        now_ms = self._now_ms()
        facts = await self._ask(
            lambda connection, deadline: read_delivery(
                *(connection, delivery),
                period_ms=period_ms,
                include_test=include_test,
                now_ms=now_ms,
                with_platform=tab == PLATFORM_TAB,
            )
        )
        return await apart(delivery_report, facts, tab, view)  # a message may be large

    async def alert_counts(self) -> AlertCounts:
        from backend.sources.sqlite.alert_reading import read_alert_counts

        now_ms = self._now_ms()
        return await self._ask(lambda connection, deadline: read_alert_counts(connection, now_ms))

    async def workflow_runs(self, limit: int = 100) -> tuple[WorkflowRun, ...]:
        from backend.sources.sqlite.workflows import read_workflow_runs

        most = _limited(limit)
        return await self._ask(lambda connection, deadline: read_workflow_runs(connection, most))

    async def close(self) -> None:
        await self._readers.close()

    async def _ask(self, question: Question[T], timeout_s: float | None = None) -> T:
        if self._starts:  # somebody follows: there is a loop
            import asyncio

            await asyncio.wait([asyncio.wrap_future(start) for start in self._starts])
        return await self._readers.ask(question, self._answer_s if timeout_s is None else timeout_s)

    def _note_damage(self, check: Future[tuple[str, ...]]) -> None:
        """A check that could not be made says nothing: the questions beside it fail as well, and tell why."""
        if not check.cancelled() and check.exception() is None:
            self._notes += tuple(f"the file is damaged: {line}" for line in check.result())


def _check_small(connection: sqlite3.Connection) -> tuple[str, ...]:
    """What is found in a file that is small enough to be looked through."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    return quick_check(connection) if pages * size_bytes <= CHECKED_BYTES else ()


def why_read_only(path: Path) -> str | None:
    """Why nothing can be written to this store; None: it can."""
    if not os.access(path, os.W_OK):
        return f"{path} may not be written by you, so contacts cannot be removed"
    if not os.access(path.parent, os.W_OK):
        return f"the folder of {path} may not be written by you, so contacts cannot be removed"
    return None


def _check_log(name: str, query: Filter) -> None:
    if query.log != name:
        raise UsageError(f"this query is for the {query.log} log, not for {name}")


def _limited(limit: int) -> int:
    return max(1, min(limit, PAGE_LIMIT))
