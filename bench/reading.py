"""Goals 6 to 8: pages, searches and reports, asked through the Source that console and commands use.

Every time is one whole question: looked up, run on a reader thread, turned into values. It is time of the
processor, which a busy machine changes least; what the disk adds where a store is not in its cache is told
apart. The two sizes are asked in turn, so that what else the machine does falls on both.
"""

from __future__ import annotations

import gc
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, closing, suppress
from functools import partial
from typing import Any

from backend.errors import QueryTimedOut
from backend.model import DAY_MS, LogName, Subject, SubjectKind, Window
from backend.query.language import parse
from backend.source import Direction
from backend.sources.sqlite.kept_reports import KeptReports
from backend.sources.sqlite.reading import SqliteSource
from bench import data
from bench.stores import Made
from bench.table import Row, median_ms, p99_ms

PAGE = 50
ROUNDS, FEW_ROUNDS = 200, 15
BUCKETS = 120
CPU = time.process_time
MINUTE_MS = 60_000
SUBJECT, RARE_SUBJECT = "Scenario 1", f"Scenario {data.SCENARIOS}"

Question = Callable[[], Awaitable[Any]]

PAGES: tuple[tuple[LogName, str], ...] = (
    (LogName.EVENT, ""),
    (LogName.EVENT, "kind:delivered"),
    (LogName.EVENT, "kind:complained"),
    (LogName.EVENT, "kind:bounced class:hard"),
    (LogName.EVENT, f'scenario:"{SUBJECT}"'),
    (LogName.EVENT, f'scenario:"{RARE_SUBJECT}"'),
    (LogName.EVENT, f'scenario:"{SUBJECT}" kind:delivered'),
    (LogName.EVENT, f'scenario:"{SUBJECT}" kind:complained'),
    (LogName.EVENT, f'scenario:"{RARE_SUBJECT}" kind:opened'),
    (LogName.EVENT, 'delivery:"Mail 3" kind:clicked'),
    (LogName.TRACKING, ""),
    (LogName.SCENARIO, f'scenario:"{SUBJECT}" kind:entered'),
    (LogName.SCENARIO, "kind:exited"),
)


async def opened(stack: AsyncExitStack, made: Made) -> SqliteSource:
    """The store as a source whose clock stands at its newest row, closed with the stack."""
    now_ms = made.newest_ms + 1
    source = await SqliteSource.open(made.path, now_ms=lambda: now_ms)
    stack.push_async_callback(source.close)
    return source


async def timed(
    questions: Sequence[Question], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """Seconds of each question in each round; the first round is not counted. One that is not answered in its
    time counts with that time."""
    times: list[list[float]] = [[] for _ in questions]
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds + 1):
            for place, question in enumerate(questions):
                started_s = clock()
                with suppress(QueryTimedOut):
                    await question()
                if number:
                    times[place].append(clock() - started_s)
    finally:
        gc.enable()
    return times


def _page(source: SqliteSource, made: Made, log: LogName, text: str) -> Question:
    query = parse(text, now_ms=made.newest_ms + 1, log=log)
    return partial(source.log, log, query, limit=PAGE)


async def page_rows(small: Made, large: Made) -> list[Row]:
    """First pages of every filter that an index serves, and a page in the depth of the log."""
    async with AsyncExitStack() as stack:
        sources = [(await opened(stack, made), made) for made in (small, large)]
        asked = {text or f"({log})": (log, text) for log, text in PAGES}
        times: dict[str, list[list[float]]] = {}
        for name, (log, text) in asked.items():
            times[name] = await timed([_page(*source, log, text) for source in sources], ROUNDS, CPU)
        times["in the depth"] = await timed([await _deep_page(*source) for source in sources], ROUNDS, CPU)
        contact = await timed([await _contact_page(*source) for source in sources], ROUNDS, CPU)
        full = [name for name, question in asked.items() if await _fills_pages(sources, *question)]
    slowest = max(times, key=lambda name: p99_ms(times[name][1]))
    ratios = {name: median_ms(times[name][1]) / median_ms(times[name][0]) for name in (*full, "in the depth")}
    short = ", ".join(name for name in asked if name not in full)
    grown = max(ratios, key=ratios.__getitem__)
    medians = [median_ms(pair[1]) for pair in times.values()]
    return [
        Row(
            goal_number=6,
            name=f"slowest first page of {len(times)} at {large.events:,}, CPU p99",
            value=p99_ms(times[slowest][1]),
            unit="ms",
            goal="<= 1",
            detail=f"{slowest}, p50 {median_ms(times[slowest][1]):.2f}; p50 of all {min(medians):.2f} to "
            f"{max(medians):.2f}; one contact {median_ms(contact[1]):.2f}",
        ),
        Row(
            goal_number=6,
            name=f"first page, {large.events:,} / {small.events:,}, CPU p50",
            value=ratios[grown],
            goal="<= 1.5",
            detail=f"{grown}; all together {statistics.median(ratios.values()):.2f}"
            + (f"; without those that do not fill a page of both: {short}" if short else ""),
        ),
    ]


async def _fills_pages(sources: Sequence[tuple[SqliteSource, Made]], log: LogName, text: str) -> bool:
    """Whether both stores have a page of it: 26 rows take half as long as 50."""
    return all([len((await _page(*source, log, text)()).rows) == PAGE for source in sources])


async def _deep_page(source: SqliteSource, made: Made) -> Question:
    """The page before one in the middle of the log's time."""
    now_ms, middle_ms = made.newest_ms + 1, (data.START_MS + made.newest_ms) // 2
    minutes = (now_ms - middle_ms) // MINUTE_MS
    page = await source.log(LogName.EVENT, parse(f"until:{minutes}m", now_ms=now_ms), limit=PAGE)
    query = parse("", now_ms=now_ms)
    return partial(source.log, LogName.EVENT, query, page.older, direction=Direction.OLDER, limit=PAGE)


async def _contact_page(source: SqliteSource, made: Made) -> Question:
    page = await source.log(LogName.EVENT, parse("", now_ms=made.newest_ms), limit=1)
    return _page(source, made, LogName.EVENT, f"contact:{page.rows[0].contact}")


async def substring_rows(small: Made, large: Made) -> list[Row]:
    """Part of an address as a filter of the log: of one contact, of some, of all."""
    async with AsyncExitStack() as stack:
        sources = [(await opened(stack, made), made) for made in (small, large)]
        times = {
            text: await timed([_page(*source, LogName.EVENT, text) for source in sources], FEW_ROUNDS, CPU)
            for text in (data.RARE, data.WHOLE, data.COMMON, *data.MIDDLING)
        }
    worst = max(data.MIDDLING, key=lambda text: median_ms(times[text][1]))
    rows = []
    for what, text, goal in (
        ("rare", data.RARE, "<= 2"),
        ("a whole local part", data.WHOLE, "<= 2"),
        ("common", data.COMMON, "<= 2"),
        ("the worst between", worst, "<= 25"),
    ):
        rows.append(
            Row(
                goal_number=7,
                name=f"part of an address, {what}, at {large.events:,}, CPU",
                value=median_ms(times[text][1]),
                unit="ms",
                goal=goal,
                detail=f'"{text}"; at {small.events:,} {median_ms(times[text][0]):.2f} ms',
            )
        )
    return rows


async def report_rows(small: Made, large: Made) -> list[Row]:
    """A report of 24 hours, its refresh, the histogram over the log, and the counts of all time."""
    async with AsyncExitStack() as stack:
        sources = [(await opened(stack, made), made) for made in (small, large)]
        day = await timed([await _report(*source, None) for source in sources], FEW_ROUNDS, CPU)
        whole = [Window(data.START_MS, made.newest_ms + 1) for made in (small, large)]
        asked = [await _report(*source, span) for source, span in zip(sources, whole, strict=True)]
        all_time = await timed(asked, FEW_ROUNDS, CPU)
        bars = await timed([_bars(*source) for source in sources], FEW_ROUNDS, CPU)
        subject = await _subject(sources[1][0])
        scan_s = min(_scan_s(large, subject.id) for _ in range(3))
    return [
        _grown(8, "report of 24 h (a refresh of the console)", day, small, large, "<= 1.2"),
        _grown(8, "histogram of 24 h over the log", bars, small, large, "<= 1.2"),
        Row(
            goal_number=8,
            name=f"its rows walked by time / report of 24 h, {large.events:,}, CPU",
            value=scan_s * 1000 / median_ms(day[1]),
            goal=">= 10",
            detail=f"{scan_s * 1000:.1f} ms against {median_ms(day[1]):.1f}",
        ),
        Row(
            goal_number=8,
            name=f"report of all time at {large.events:,}, CPU",
            value=median_ms(all_time[1]),
            unit="ms",
            goal="<= 5",
            detail=f"{(large.newest_ms - data.START_MS) / DAY_MS:.0f} days; "
            f"at {small.events:,} {median_ms(all_time[0]):.1f} ms",
        ),
    ]


async def _subject(source: SqliteSource) -> Subject:
    return next(one for one in await source.catalog(SubjectKind.SCENARIO) if one.name == SUBJECT)


async def _report(source: SqliteSource, made: Made, window: Window | None) -> Question:
    subject = await _subject(source)

    async def ask() -> object:
        source._reports = KeptReports()  # it would be read once
        return await source.live_report(subject, "email", window)

    return ask


def _bars(source: SqliteSource, made: Made) -> Question:
    query = parse("since:24h", now_ms=made.newest_ms + 1)
    return partial(source.histogram, LogName.EVENT, query, BUCKETS)


COUNTED = "kind, class, channel, delivery_id, step_id, flags"
WALKS = (f"{COUNTED}, ts / 600000", COUNTED, "kind, flags, reason_id", "kind, flags, domain_id")
"""What the report's tab counts: the window's course, the window before it, reasons and domains."""


def _scan_s(made: Made, scenario_id: int) -> float:
    """What the report tells takes from the rows, by no index but that of time."""
    started_s = CPU()
    with closing(sqlite3.connect(f"file:{made.path}?mode=ro", uri=True)) as db:
        for place, columns in enumerate(WALKS):
            days = 2 if place == 1 else 1
            db.execute(
                f"SELECT {columns}, count(*) FROM event_log INDEXED BY sqlite_autoindex_event_log_1 "
                f"WHERE ts >= ? AND ts < ? AND scenario_id = ? GROUP BY {columns}",
                (made.newest_ms - days * DAY_MS, made.newest_ms - (days - 1) * DAY_MS, scenario_id),
            ).fetchall()
    return CPU() - started_s


def _grown(number: int, name: str, times: Sequence[list[float]], small: Made, large: Made, goal: str) -> Row:
    one, two = median_ms(times[0]), median_ms(times[1])
    return Row(
        goal_number=number,
        name=f"{name}, {large.events:,} / {small.events:,}, CPU",
        value=two / one,
        goal=goal,
        detail=f"{two:.2f} ms against {one:.2f}, p99 {p99_ms(times[1]):.1f}",
    )
