"""A search whose time is over answers with what it found, and goes on from there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backend.model import Channel, EventKind
from backend.query.language import parse
from backend.record import Decoded, Event, Identity
from backend.source import Direction
from backend.sources.sqlite import paging
from backend.sources.sqlite.compile import Position
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.paging import read_page
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.writing import Store

NOW_MS = 1_741_600_000_000
ROWS = 60
WANTED = parse("ip:10.9.9.9", now_ms=NOW_MS)
"""Each row must be looked at for that; every twentieth has it."""
WHO = [f"p{number}@example.org" for number in range(0, ROWS, 20)]


def event(number: int) -> Decoded:
    made = Event(
        product="brevo",
        account="main",
        key=(str(number),),
        at_ms=NOW_MS - (ROWS - number) * 1_000,
        kind=EventKind.OPENED,
        type="opened",
        channel=Channel.EMAIL,
        identities=(Identity("email", f"p{number}@example.org"),),
        message=f"m{number}",
        ip="10.9.9.9" if number % 20 == 0 else "10.0.0.1",
    )
    return Decoded(format="made", raw=b"", records=(made,))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with Store(tmp_path / "a.db", create=True, now_ms=lambda: NOW_MS) as store:
        store.add([event(number) for number in range(ROWS)])
    with closing(open_reader(tmp_path / "a.db")) as opened:
        yield opened


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int, int], bool]], list[int]]:
    """Lets steps of a search run out of time: those of which a condition on number and size is true."""

    def out_of_time(is_over: Callable[[int, int], bool]) -> list[int]:
        sizes: list[int] = []
        within = paging._bound

        def bound(*given: Any, **how: Any) -> Position | None:
            sizes.append(given[3])
            if is_over(len(sizes), given[3]):
                error = sqlite3.OperationalError("interrupted")
                error.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
                raise error
            return within(*given, **how)

        monkeypatch.setattr(paging, "_bound", bound)
        return sizes

    return out_of_time


def page(connection: sqlite3.Connection, cursor: str | None, direction: Direction, limit: int = 10) -> Any:
    return read_page(connection, Deadline(60.0), WANTED, cursor, direction, limit, 60.0)


@pytest.mark.parametrize("direction", list(Direction))
def test_rows_that_were_found_are_shown_where_a_later_step_takes_too_long(
    connection: sqlite3.Connection,
    steps: Callable[[Callable[[int, int], bool]], list[int]],
    monkeypatch: pytest.MonkeyPatch,
    direction: Direction,
) -> None:
    monkeypatch.setattr(paging, "FIRST_STEP_ROWS", 5)
    monkeypatch.setattr(paging, "MOST_STEP_ROWS", 21)
    steps(lambda number, size: number % 2 == 0)
    found: list[str] = []
    cursor: str | None = None
    for _ in range(ROWS):
        part = page(connection, cursor, direction, limit=1)
        found += [row.contact for row in part.rows]
        is_older = direction is Direction.OLDER
        cursor = part.older if is_older else part.newer
        if cursor is None or not (is_older or part.has_newer):
            break
    assert found == (WHO[::-1] if direction is Direction.OLDER else WHO)


def test_a_first_step_that_takes_too_long_is_taken_smaller(
    connection: sqlite3.Connection, steps: Callable[[Callable[[int, int], bool]], list[int]]
) -> None:
    sizes = steps(lambda number, size: number <= 2)
    assert [row.contact for row in page(connection, None, Direction.OLDER).rows] == WHO
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_step_of_one_row_that_takes_too_long_is_an_error(
    connection: sqlite3.Connection, steps: Callable[[Callable[[int, int], bool]], list[int]]
) -> None:
    steps(lambda number, size: True)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        page(connection, None, Direction.OLDER)


def test_a_query_that_is_not_wanted_any_more_ends_at_once(
    connection: sqlite3.Connection, steps: Callable[[Callable[[int, int], bool]], list[int]]
) -> None:
    sizes = steps(lambda number, size: True)
    deadline = Deadline(60.0)
    deadline.cancel()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        read_page(connection, deadline, WANTED, None, Direction.OLDER, 10, 60.0)
    assert len(sizes) == 1


def test_what_many_contacts_keep_too_long_is_looked_for_by_time(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gathering the rows of many contacts cannot be left off; walking the log can."""
    monkeypatch.setattr("backend.sources.sqlite.compile.MOST_ARMS", 3)
    wanted = parse("example.org", now_ms=NOW_MS)
    whole = read_page(connection, Deadline(60.0), wanted, None, Direction.OLDER, 100, 60.0)
    within = paging.find_places

    def find(*given: Any, **how: Any) -> paging.Found:
        if any(arm.listed for arm in how["plan"].arms):
            error = sqlite3.OperationalError("interrupted")
            error.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
            raise error
        return within(*given, **how)

    monkeypatch.setattr(paging, "find_places", find)
    walked = read_page(connection, Deadline(60.0), wanted, None, Direction.OLDER, 100, 60.0)
    assert [row.key for row in walked.rows] == [row.key for row in whole.rows]
    assert len(walked.rows) == ROWS
