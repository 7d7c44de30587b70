"""Goals 9, 10 and 12: rows that arrive, on screen and beside readers."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path

from backend.model import Channel, EventKind, LogName
from backend.query.language import parse
from backend.record import Decoded, Event, Identity
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from bench import data
from bench.reading import PAGE, timed
from bench.stores import PROGRAM, ROOT, Made, copied
from bench.table import Row, median_ms, p99_ms
from bench.terminal import Watched, console

BEATS = 60
PAUSE_S = 0.35
"""Between two commits: more than a follower waits after an answer."""
SLOW, FAST = 100, 10_000
"""Rows a second."""
LOOK_S = 8.0
READS = 400
FEED_EVENTS = 200_000


@contextmanager
def following(path: Path) -> Iterator[Watched]:
    """The console, following the event log of a store."""
    with tempfile.TemporaryDirectory() as home, console(path, Path(home)) as program:
        program.wait_for("Journey statistics")
        program.press("2")
        program.wait_for("following")
        program.press("]")
        program.wait_for("[event]")
        program.settle(1.0)
        yield program


def paint_rows(small: Made, _large: Made) -> list[Row]:
    """From a commit to the row on screen, and what waiting for one costs."""
    with copied(small) as path, Store(path) as store, following(path) as program:
        idle_from_s = program.cpu_s
        idle_bytes = program.watch(LOOK_S)
        idle = (program.cpu_s - idle_from_s) / LOOK_S
        times = []
        for number in range(BEATS):
            program.watch(PAUSE_S)
            program.forget()
            store.add([_beat(number)])
            started_s = time.perf_counter()
            program.wait_for(_name(number))
            times.append(time.perf_counter() - started_s)
    return [
        Row(
            goal_number=9,
            name="commit to painted row, p50",
            value=median_ms(times),
            unit="ms",
            goal="<= 20",
            detail="60 commits, 160x45",
        ),
        Row(
            goal_number=9,
            name="commit to painted row, p99",
            value=p99_ms(times),
            unit="ms",
            goal="<= 60",
        ),
        Row(
            goal_number=9,
            name="following while nothing comes",
            value=idle * 100,
            unit="%",
            goal="<= 0.2",
            detail=f"of a core; {idle_bytes / LOOK_S:.0f} B/s",
        ),
    ]


def _name(number: int) -> str:
    """A name that has no letter in the place of one of the name before: only what differs is written."""
    one, two = (chr(ord("a") + place % 26) for place in (number, number // 26 + number))
    return 3 * (one + two)


def _beat(number: int) -> Decoded:
    now_ms = time.time_ns() // 1_000_000
    email = f"{_name(number)}@x.io"
    event = Event(
        product="brevo",
        account="bench",
        key=("beat", str(number), str(now_ms)),
        at_ms=now_ms,
        kind=EventKind.DELIVERED,
        type="delivered",
        channel=Channel.EMAIL,
        identities=(Identity("email", email),),
        message=email,
    )
    return Decoded(format="brevo-webhook", raw=b"{}", records=(event,))


def tail_rows(small: Made, _large: Made) -> list[Row]:
    """What following costs when ten thousand rows come each second, against a hundred."""
    with copied(small) as path, following(path) as program:
        slow, fast = _tail(program, path, SLOW), _tail(program, path, FAST)
    return [
        Row(
            goal_number=12,
            name=f"following {FAST:,} rows a second / {SLOW}, CPU time",
            value=fast[0] / slow[0],
            goal="<= 1.5",
            detail=f"{slow[1] / 1000:.0f} and {fast[1] / 1000:.0f} KB/s to the terminal",
        ),
        Row(
            goal_number=12,
            name=f"following {FAST:,} rows a second",
            value=fast[0] * 100,
            unit="%",
            goal="<= 4",
            detail=f"of a core; {SLOW} a second {slow[0]:.1%}",
        ),
    ]


def _tail(program: Watched, path: Path, rate: int) -> tuple[float, float]:
    """Share of a core, and bytes a second, while rows come at a rate."""
    flood = subprocess.Popen(
        [sys.executable, "-m", "bench.flood", str(path), str(rate), str(LOOK_S + 3)], cwd=ROOT
    )
    try:
        program.watch(2.0)
        before_s = program.cpu_s
        written = program.watch(LOOK_S)
        return (program.cpu_s - before_s) / LOOK_S, written / LOOK_S
    finally:
        flood.wait(60)
        program.settle(0.5)


def reader_rows(_small: Made, large: Made) -> list[Row]:
    """First pages while `parcours ingest` writes as fast as it can, against pages of a quiet store."""
    with copied(large) as path:
        idle = asyncio.run(_reads(path))
        feed = path.with_suffix(".ndjson")
        with feed.open("wb") as file:
            file.writelines(data.webhook_lines(FEED_EVENTS))
        command = [*PROGRAM, "ingest", str(feed), "--db", str(path), "--account", "beside"]
        writer = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            while not Path(f"{path}-wal").exists() or not Path(f"{path}-wal").stat().st_size:
                time.sleep(0.05)
            busy = asyncio.run(_reads(path))
            is_writing = writer.poll() is None
        finally:
            writer.terminate()
            writer.wait(60)
    return [
        Row(
            goal_number=10,
            name="first page beside a writer at full speed / idle, p99",
            value=p99_ms(busy) / p99_ms(idle),
            goal="<= 5",
            detail=f"{p99_ms(busy):.2f} ms against {p99_ms(idle):.2f}; p50 {median_ms(busy):.2f} and "
            f"{median_ms(idle):.2f}; worst {max(busy) * 1000:.0f}, mean {statistics.mean(busy) * 1000:.2f}"
            f"{'' if is_writing else '; the writer had ended'}",
        )
    ]


async def _reads(path: Path) -> list[float]:
    """Times of pages of several kinds, a moment apart."""
    async with AsyncExitStack() as stack:
        source = await SqliteSource.open(path)
        stack.push_async_callback(source.close)
        query = parse("kind:delivered", now_ms=time.time_ns() // 1_000_000)

        async def page() -> None:
            await asyncio.sleep(0.01)

        page_of = partial(source.log, LogName.EVENT, query, limit=PAGE)
        _, times = await timed([page, page_of], READS)
        return times
