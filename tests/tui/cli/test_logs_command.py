"""`parcours logs` where rows are looked for long, and where the source is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from backend.errors import QueryTimedOut, SourceUnavailable
from backend.model import Away, Follow, LogName, LogRow, Page
from backend.query.language import parse
from backend.source import Direction
from tui.cli import logs, output
from tui.cli.searching import Search, log_rows

QUERY = parse("reason:full", now_ms=0)
AT_MS = 1_741_600_000_000


def row(number: int) -> LogRow:
    return LogRow(
        id=number,
        log=LogName.EVENT,
        key=f"{number:016x}",
        at_ms=AT_MS + number,
        received_ms=AT_MS,
        kind="sent",
        type="sent",
        product="brevo",
        account="main",
        format="made",
    )


class Line:
    """Keeps what a person is told while it goes on."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def show(self, label: str, fraction: float | None) -> None:
        self.told.append(label)

    def clear(self) -> None:
        self.told.append("")


class Searching:
    """A source whose pages end before the log does: a row and a place on each."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self.asked: list[str | None] = []

    async def log(self, name: LogName, query: Any, cursor: str | None, **how: Any) -> Page:
        self.asked.append(cursor)
        return self._pages[int(cursor or 0)]


def pages(direction: Direction, count: int = 3) -> Sequence[Page]:
    """The last page ends at the end of the log; on the way there is nothing on every second one."""
    is_older = direction is Direction.OLDER
    numbers = range(count, 0, -1) if is_older else range(1, count + 1)
    found = []
    for place, number in enumerate(numbers, 1):
        on = str(place) if place < count else None
        found.append(
            Page(
                rows=() if place == 2 else (row(number),),
                older=on if is_older else None,
                newer=on if not is_older else None,
                has_newer=not is_older and on is not None,
                searched_to_ms=AT_MS + number if on else None,
            )
        )
    return found


async def read(source: Searching, limit: int | None, search: Search) -> list[int]:
    found: Any = source
    return [each.id async for each in log_rows(found, LogName.EVENT, QUERY, limit, search)]


@pytest.mark.parametrize(("limit", "direction"), [(10, Direction.OLDER), (None, Direction.NEWER)])
async def test_a_search_goes_on_to_the_end_and_says_how_far_it_is(
    limit: int | None, direction: Direction
) -> None:
    line, source = Line(), Searching(pages(direction))
    search = Search(None, line)
    assert await read(source, limit, search) == [1, 3]
    assert (source.asked, search.told) == ([None, "1", "2"], "")
    assert sum(told.startswith("searched to 2025-03-10T") for told in line.told) == 2


@pytest.mark.parametrize(
    ("limit", "direction", "found", "told"),
    [
        (10, Direction.OLDER, [3], "searched to {3} only; to go on from there: --until {4}"),
        (None, Direction.NEWER, [1], "searched to {1} only; to go on from there: --since {1}"),
    ],
)
async def test_a_search_that_is_left_off_keeps_what_it_found(
    limit: int | None, direction: Direction, found: list[int], told: str
) -> None:
    search = Search(0.0, Line())
    assert await read(Searching(pages(direction)), limit, search) == found
    times = [f"2025-03-10T09:46:40.{number:03}Z" for number in range(5)]
    assert search.told == told.format(*times)


async def test_a_page_that_is_full_is_no_search_left_off() -> None:
    search = Search(0.0, Line())
    assert await read(Searching(pages(Direction.OLDER)), 1, search) == [3]
    assert search.told == ""


class Failing:
    """A source that fails twice after each row it hands on."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def follow(self, name: LogName, query: Any, after: int, *, every: bool) -> AsyncIterator[Follow]:
        self.asked.append(after)
        if len(self.asked) % 3 == 0:
            yield Follow(rows=(row(after + 1),), after=after + 1)
        raise SourceUnavailable("it is away") if len(self.asked) % 2 else QueryTimedOut("it takes long")


async def test_following_tries_again_where_it_was_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(output, "note", said.append)
    monkeypatch.setattr(logs, "RETRY_S", 0.0)
    source: Any = Failing()
    found: list[int] = []
    async with asyncio.timeout(60):
        async for each in logs._every_arrival(source, LogName.EVENT, QUERY, 7):
            found.append(each.id)
            if len(found) == 3:
                break
    assert found == [8, 9, 10]
    assert source.asked == [7, 7, 7, 8, 8, 8, 9, 9, 9]
    assert [one.partition(";")[0] for one in said] == [
        "parcours: it is away",
        "parcours: it answers again",
        "parcours: it is away",
        "parcours: it answers again",
        "parcours: it takes long",
        "parcours: it answers again",
    ]


class Waiting:
    """A source that is connected again by itself, and says how it is."""

    async def follow(self, name: LogName, query: Any, after: int, *, every: bool) -> AsyncIterator[Follow]:
        yield Away(rows=(), after=7, reason="it is away")
        yield Away(rows=(), after=7, reason="it is still away")
        yield Follow(rows=(), after=7)
        yield Follow(rows=(row(8),), after=8)


async def test_a_source_that_waits_by_itself_is_told_to_be_away_and_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(output, "note", said.append)
    source: Any = Waiting()
    rows = logs._every_arrival(source, LogName.EVENT, QUERY, 7)
    assert (await asyncio.wait_for(anext(rows), 60)).id == 8
    assert said == ["parcours: it is away; it is tried again", "parcours: it answers again"]
