"""Whatever a source is asked and a writer does, no statement walks a log: EXPLAIN QUERY PLAN says so.

Every question is asked of a store with all examples in it, the statements that SQLite is given are written
down, and each is explained without statistics, as it is in use. `test_plans` holds the shapes of queries to
the very index they are meant for; here nothing may be missing.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backend.config import AlertSettings
from backend.errors import ParcoursError
from backend.explaining.audience import SLICES, Members
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.model import DAY_MS, LogName, Subject, SubjectKind, Window
from backend.query.fields import fields_for
from backend.query.language import ROSTER, parse
from backend.reports.alerts import read_alerts
from backend.reports.drill import Drill
from backend.reports.metrics import METRICS
from backend.reports.report import tabs_for
from backend.source import METHODS, Direction
from backend.sources.sqlite import pool, writing
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from backend.tracking.delivery import TABS

EXAMPLES = Path(__file__).parents[3] / "examples"
NOW_MS = 1_773_705_600_000  # 2026-03-17T00:00:00Z
LARGE = frozenset(
    {"event_log", "scenario_log", "message", "contact", "identity", "identity_link"}
    | {"rollup", "roster", "raw_block", "zoneless_key", "rejected", "audit", "outbox", "removal"}
)
"""Tables that grow with what happens; the others grow with what there is to tell apart."""
WALKED = (
    ("SELECT count(*) FROM roster AS r ", "contacts inside under a filter, within the deadline of an answer"),
    ("SELECT count(*) FROM rejected ", "set aside for one reason, asked where a delivery has no reactions"),
    ("SELECT w.text, r.reason, count(*) FROM rejected ", "set aside by reason, in an index of nothing else"),
    (
        "SELECT count(*) FROM event_log INDEXED BY event_skew ",
        "rows ahead of their time: few, and indexed alone",
    ),
    ("SELECT count(*) FROM scenario_log INDEXED BY scenario_skew ", "the same"),
    ("SELECT count(*) FROM event_log", "only while its ids span less than overview.COUNTED_EXACTLY"),
    ("SELECT count(*) FROM scenario_log", "the same"),
    ("SELECT count(*) FROM message", "the same"),
    ("SELECT count(*) FROM contact", "as the logs"),
    ("UPDATE event_log SET type_id = ", "a product tells late what its numbers of kinds are called: once"),
    ("SELECT DISTINCT subject, subject_id, facet FROM rollup", "prune, a day at a time"),
    ("DELETE FROM rejected WHERE instr(", "forget looks for an address in bytes of any form"),
)
"""Beginnings of statements that walk a large table all the same, and why they may."""
LITERALS = re.compile(r"'(?:[^']|'')*'|\b\d+\b")
NAMES = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+AS\s+(\w+))?", re.IGNORECASE)
SCANNED = re.compile(r"^SCAN (\w+)")


class Written(dict[str, str]):
    """Statements by what they are with all values taken out."""

    def take(self, sql: str) -> None:
        if sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            self.setdefault(LITERALS.sub("?", sql), sql)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Written]]:
    """A store of all examples, and what was written to make it: read twice, pruned, a person forgotten."""
    path = tmp_path_factory.mktemp("plans") / "my.db"
    told = Written()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "open_writer", _traced(writing.open_writer, told))
        files = sorted(str(file) for file in EXAMPLES.rglob("*") if file.is_file())
        with Store(path, create=True, now_ms=lambda: NOW_MS) as made:
            for _ in range(2):
                Ingest(made, Options(account="main")).read(files)
        with Store(path, now_ms=lambda: NOW_MS) as made:
            Ingest(made, Options(account="other")).read(files)
            made.prune(NOW_MS - 12 * DAY_MS)
            made.forget(1)
    yield path, told


def _traced(open_: Callable[..., sqlite3.Connection], told: Written) -> Callable[..., sqlite3.Connection]:
    def opened(*arguments: object, **named: object) -> sqlite3.Connection:
        connection = open_(*arguments, **named)
        connection.set_trace_callback(told.take)
        return connection

    return opened


@pytest.fixture
async def source(
    store: tuple[Path, Written], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[SqliteSource, Written]]:
    told = Written()
    monkeypatch.setattr(pool, "open_reader", _traced(pool.open_reader, told))
    opened = await SqliteSource.open(store[0], now_ms=lambda: NOW_MS)
    yield opened, told
    await opened.close()


def wrong(path: Path, told: Written) -> list[str]:
    """Statements that walk a large table, or build what costs as much."""
    found = []
    with sqlite3.connect(path) as plain:
        plain.create_function("fold", 1, str, deterministic=True)
        plain.create_function("path_is", 3, lambda *_: True, deterministic=True)
        for sql in told.values():
            tables = {alias or table: table for table, alias in NAMES.findall(sql)}
            lines = [str(row[3]) for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}")]
            ends = "LIMIT" in sql.upper() and not any("TEMP B-TREE" in line for line in lines)
            if any(sql.startswith(head) for head, _ in WALKED):
                lines = [line for line in lines if not SCANNED.match(line)]
            for line in lines:
                scanned = SCANNED.match(line)
                walks = scanned is not None and tables.get(scanned[1], scanned[1]) in LARGE and not ends
                if walks or "BLOOM FILTER" in line or "AUTOMATIC" in line:
                    found.append(f"{line}: {sql}")
    return found


async def test_no_question_walks_a_log(
    source: tuple[SqliteSource, Written], store: tuple[Path, Written]
) -> None:
    opened, told = source
    asked = {name async for name in _questions(opened)}
    assert METHODS - asked == {"remove"}
    assert len(told) > 150
    assert wrong(store[0], told) == []


def test_no_write_walks_a_log(store: tuple[Path, Written]) -> None:
    path, told = store
    assert len(told) > 100
    assert wrong(path, told) == []


# --- the questions ---------------------------------------------------------------------------------------


async def _questions(source: SqliteSource) -> AsyncIterator[str]:
    """Asks everything that there is to ask, of every subject and log; answers the names of the methods."""
    subjects = [subject for kind in SubjectKind for subject in await source.catalog(kind)]
    yield "catalog"
    for question in (_of_logs, _of_people, _of_subjects, _of_the_source):
        async for name in question(source, subjects):
            yield name


async def _of_logs(source: SqliteSource, subjects: list[Subject]) -> AsyncIterator[str]:
    for log in LogName:
        newest = await source.log(log, parse("", now_ms=NOW_MS, log=log), limit=3)
        for text in ("", "since:2d", "anna", "kind:clicked", f'scenario:"{subjects[0].name}" anna', "-anna"):
            query = parse(
                text if log is not LogName.SCENARIO else text.replace("clicked", "step"), **_at(log)
            )
            for direction in Direction:
                page = await source.log(log, query, direction=direction, limit=3)
                await source.log(log, query, page.older or page.newer, direction=direction, limit=3)
            await source.histogram(log, query, 40)
        for field in fields_for(log):
            if field.name not in ("since", "until") and "." not in field.name:
                await _told(source.top_values(log, parse("", **_at(log)), field.name))
        await source.raw(log, newest.rows[-1].id)
        assert await source.newest_id(log) > 0
        async for _ in source.follow(log, parse("", **_at(log)), after=0):
            break
    for name in ("log", "histogram", "top_values", "raw", "newest_id", "follow"):
        yield name


async def _of_people(source: SqliteSource, subjects: list[Subject]) -> AsyncIterator[str]:
    deliveries = [subject for subject in subjects if subject.kind is SubjectKind.DELIVERY]
    for text in ("anna.moreau@example.com", "anna", "an", "nobody at all"):
        for found in await source.find_contacts(text, 3):
            contact = await source.contact(found.id)
            trace = await source.trace(contact.id, limit=2)
            await source.trace(contact.id, trace.older, limit=2)
            for delivery in (None, *deliveries[:4]):
                await source.facts(contact.id, delivery)
                await source.explain(contact.id, delivery)
    for text in ("", "anna", "state:waiting", f'scenario:"{subjects[0].name}"', "since:90d"):
        for direction in Direction:
            roster = await source.roster(parse(text, **_at(ROSTER)), direction=direction, limit=2)
            await source.roster(parse(text, **_at(ROSTER)), roster.newer, direction=direction, limit=2)
    for name in ("find_contacts", "contact", "trace", "facts", "explain", "roster"):
        yield name


async def _of_subjects(source: SqliteSource, subjects: list[Subject]) -> AsyncIterator[str]:
    windows = (None, Window(NOW_MS - 3 * DAY_MS - 7, NOW_MS), Window(NOW_MS - 365 * DAY_MS, NOW_MS - 1))
    for subject in _one_of_each(subjects):
        for tab in tabs_for(subject):
            for window in windows:
                await source.live_report(subject, tab.id, window)
            await source.live_report(subject, tab.id, windows[1], include_test=True, step_id=1)
            for metric in METRICS:
                await _told(
                    source.drill(
                        Drill(subject=subject, tab=tab.id, metric=metric, window=windows[1] or windows[2]),
                        limit=2,
                    )
                )
        if subject.kind is SubjectKind.DELIVERY:
            await source.audience(subject)
            await source.explain_all(["anna.moreau@example.com", "ANNA", "17"], subject)
            for part in SLICES:
                page = await source.audience_rows(subject, Members(slice=part), limit=1)
                await source.audience_rows(subject, Members(slice=part), page.older, limit=1)
            for name in TABS:
                await source.delivery_report(subject, name)
                await source.delivery_report(subject, name, period_ms=DAY_MS, include_test=True)
    for name in ("live_report", "drill", "audience", "audience_rows", "explain_all", "delivery_report"):
        yield name


async def _of_the_source(source: SqliteSource, subjects: list[Subject]) -> AsyncIterator[str]:
    await source.health()
    await source.steps_inside()
    await source.steps_inside(subjects[0].id)
    await source.rejected(limit=3)
    await source.rejected(limit=3, direction=Direction.OLDER)
    await source.removals()
    await source.removal("no key")
    await source.workflow_runs()
    await source.alert_counts()
    await read_alerts(source, AlertSettings(), NOW_MS)
    for name in (
        "health",
        "alert_counts",
        "steps_inside",
        "rejected",
        "removals",
        "removal",
        "workflow_runs",
    ):
        yield name


def _one_of_each(subjects: list[Subject]) -> list[Subject]:
    """A few of each kind: all are read by the same statements."""
    kinds: dict[tuple[SubjectKind, str], Subject] = {}
    for subject in subjects:
        kinds.setdefault((subject.kind, subject.product), subject)
    return list(kinds.values())


def _at(log: str) -> dict[str, Any]:
    return {"now_ms": NOW_MS, "log": log}


async def _told(question: Awaitable[object]) -> None:
    """Ask what not every subject can answer."""
    with suppress(ParcoursError):
        await question
