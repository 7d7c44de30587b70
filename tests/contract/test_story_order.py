"""A contact's story is both logs merged by time, whatever came when and however it is read."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.key_text import parse_key
from backend.model import EventKind, LogName, LogRow, StepKind
from backend.record import Decoded, Event, Identity, Record, Ref, ScenarioRow
from backend.source import Direction, Source
from backend.sources.memory import MemorySource
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store

NOW_MS = 1_773_144_000_000
RANK = {LogName.SCENARIO: 0, LogName.EVENT: 1}
WHO: dict[str, Any] = {
    "product": "brevo",
    "account": "main",
    "identities": (Identity("email", "ada@example.org"),),
}


def row_of(number: int, is_step: bool, ago_ms: int) -> Record:
    """A row of either log; many share a millisecond, which only their keys tell apart."""
    if is_step:
        return ScenarioRow(
            key=("step", str(number)),
            at_ms=NOW_MS - ago_ms,
            kind=StepKind.STEP,
            type="step",
            scenario=Ref("s1"),
            **WHO,
        )
    return Event(key=("event", str(number)), at_ms=NOW_MS - ago_ms, kind=EventKind.TRACK, type="track", **WHO)


ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, order=st.randoms(use_true_random=False), limit=st.integers(1, 5), batch=st.integers(1, 12))
def test_a_story_is_the_merge_of_both_logs_in_any_order_of_arrival_and_pages_of_any_size(
    rows: list[tuple[bool, int]], order: Any, limit: int, batch: int
) -> None:
    pieces = [
        Decoded(format="made", raw=b"", records=(row_of(number, *row),)) for number, row in enumerate(rows)
    ]
    order.shuffle(pieces)
    asyncio.run(check(pieces, limit, batch))


async def check(pieces: list[Decoded], limit: int, batch: int) -> None:
    memory = MemorySource(now_ms=lambda: NOW_MS)
    memory.add(pieces, format="made")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my.db"
        with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
            for start in range(0, len(pieces), batch):
                store.add(pieces[start : start + batch])
        stored = await SqliteSource.open(path, now_ms=lambda: NOW_MS)
        try:
            stories = [
                await story(source, direction, most)
                for source in (memory, stored)
                for direction in Direction
                for most in (limit, 1_000)
            ]
        finally:
            await stored.close()
    merged = sorted(stories[0], key=lambda row: (row.at_ms, parse_key(row.key), RANK[row.log]))
    wanted = [(row.log, row.at_ms, row.key) for row in merged]
    assert len(set(wanted)) == len(pieces)
    assert [[(row.log, row.at_ms, row.key) for row in told] for told in stories] == [wanted] * len(stories)


async def story(source: Source, direction: Direction, limit: int) -> list[LogRow]:
    (contact,) = await source.find_contacts("ada@example.org")
    rows: list[LogRow] = []
    cursor: str | None = None
    while True:
        page = await source.trace(contact.id, cursor, direction=direction, limit=limit)
        rows = [*page.rows, *rows] if direction is Direction.OLDER else [*rows, *page.rows]
        cursor = page.older if direction is Direction.OLDER else page.newer
        if cursor is None or (direction is Direction.NEWER and not page.has_newer):
            return rows
