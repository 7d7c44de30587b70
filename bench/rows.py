"""One function for each row of the table; each gives (what was measured, ratio, goal, is the goal met)."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from backend.model import LogName, SubjectKind
from backend.query import parse
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from bench.data import SPACING_MS, START_MS, decoded, definitions, webhook_lines

BATCH = 50_000


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. goal is "<= x" or ">= x", compared with ratio."""

    name: str
    ratio: float
    goal: str
    detail: str

    @property
    def is_met(self) -> bool:
        sign, bound = self.goal.split()
        return self.ratio <= float(bound) if sign == "<=" else self.ratio >= float(bound)


class Stage(msgspec.Struct, kw_only=True):
    """What the rows share: a store of `events` events, and what making it took."""

    path: Path
    events: int
    ingest_cpu_s: float = 0.0
    raw_cpu_s: float = 0.0
    decode_cpu_s: float = 0.0
    replay_cpu_s: float = 0.0


def cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def batches(events: int) -> Iterator[list[bytes]]:
    lines = webhook_lines(events)
    while batch := list(islice(lines, BATCH)):
        yield batch


def build(path: Path, events: int) -> Stage:
    """Makes the store, and the plain table that its making is compared with."""
    stage = Stage(path=path, events=events)
    now_ms = START_MS + events * SPACING_MS + 10_000
    plain = sqlite3.connect(path.with_suffix(".plain.db"), isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("CREATE TABLE t(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)")
    with Store(path, create=True, now_ms=lambda: now_ms) as store:
        store.add(definitions())
        for batch in batches(events):
            tuples = [(line.decode(), *range(16)) for line in batch]
            stage.raw_cpu_s += cpu_s(lambda tuples=tuples: _insert(plain, tuples))  # type: ignore[misc]
            started = time.process_time()
            pieces = list(decoded(iter(batch)))
            stage.decode_cpu_s += time.process_time() - started
            stage.ingest_cpu_s += cpu_s(lambda pieces=pieces: store.add(pieces))  # type: ignore[misc]
        first = list(decoded(webhook_lines(min(events, BATCH))))
        stage.replay_cpu_s = cpu_s(lambda: store.add(first)) * events / len(first)
    plain.close()
    return stage


def _insert(db: sqlite3.Connection, tuples: list[tuple[object, ...]]) -> None:
    db.execute("BEGIN")
    db.executemany(f"INSERT INTO t VALUES({','.join('?' * 17)})", tuples)
    db.execute("COMMIT")


def ingest_row(stage: Stage) -> Row:
    whole = stage.decode_cpu_s + stage.ingest_cpu_s
    return Row(
        name="1 full ingest against a plain insert",
        ratio=stage.raw_cpu_s / whole,
        goal=">= 0.2",
        detail=f"{stage.events / whole:,.0f} events a CPU second "
        f"(decode {stage.decode_cpu_s / whole:.0%}, store {stage.ingest_cpu_s / whole:.0%})",
    )


def replay_row(stage: Stage) -> Row:
    return Row(
        name="3 the same feed again, in the store",
        ratio=stage.ingest_cpu_s / stage.replay_cpu_s,
        goal=">= 3",
        detail="times the rate of the first ingest",
    )


def headless_row(stage: Stage) -> Row:
    empty = _wall_s([sys.executable, "-c", EMPTY_APP])
    command = [
        str(Path(sys.executable).with_name("parcours")),
        "-s",
        str(stage.path),
        "logs",
        "event",
        "--limit",
        "50",
    ]
    ours = _wall_s([*command, "--format", "json"])
    return Row(
        name="5 logs event --limit 50 against an empty Textual app",
        ratio=ours / empty,
        goal="<= 0.6",
        detail=f"{ours * 1000:.0f} ms against {empty * 1000:.0f} ms",
    )


EMPTY_APP = """
import asyncio
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("x")
async def main():
    async with Empty().run_test():
        pass
asyncio.run(main())
"""


def _wall_s(command: list[str]) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def page_rows(stage: Stage) -> list[Row]:
    """First pages: the slowest of the filters an index serves, against an unfiltered page."""
    return asyncio.run(_page_rows(stage))


FILTERS = (
    "kind:delivered",
    "kind:sent kind:opened",
    'scenario:"Scenario 1"',
    'scenario:"Scenario 49" kind:opened',
    "delivery:199",
    "contact:person0@domain0.example",
)


async def _page_rows(stage: Stage) -> list[Row]:
    now_ms = START_MS + stage.events * SPACING_MS
    source = await SqliteSource.open(stage.path, now_ms=lambda: now_ms)
    try:
        times = {text: await _page_s(source, text, now_ms) for text in ("", *FILTERS)}
        slowest = max(FILTERS, key=lambda text: times[text])
        subjects = await source.catalog(SubjectKind.SCENARIO)
        reports = []
        for _ in range(9):
            start = time.perf_counter()
            await source.live_report(subjects[0], "email")
            reports.append(time.perf_counter() - start)
    finally:
        await source.close()
    report_s = statistics.median(reports)
    return [
        Row(
            name="6 slowest indexed first page against an unfiltered one",
            ratio=times[slowest] / times[""],
            goal="<= 3",
            detail=f"{times[slowest] * 1000:.2f} ms ({slowest}) against {times[''] * 1000:.2f} ms",
        ),
        Row(
            name="8 a live report against an unfiltered first page",
            ratio=report_s / times[""],
            goal="<= 40",
            detail=f"{report_s * 1000:.1f} ms",
        ),
    ]


async def _page_s(source: SqliteSource, text: str, now_ms: int) -> float:
    query = parse(text, now_ms=now_ms, log=LogName.EVENT)
    times = []
    for _ in range(21):
        start = time.perf_counter()
        await source.log(LogName.EVENT, query, limit=50)
        times.append(time.perf_counter() - start)
    return statistics.median(times)
