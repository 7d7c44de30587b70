"""The logs as a person uses them: tabs, details, filter, following, paging."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.errors import SourceUnavailable
from backend.model import Channel, EventKind
from backend.record import Event, Identity
from backend.sources.sqlite.reading import SqliteSource
from tui.screens.log_view import LogView

AddRecords = Callable[[list[Any]], None]
NOW_MS = 1_773_144_000_000


def opened(number: int, who: str, *, minutes: float) -> Event:
    return Event(
        product="brevo",
        account="default",
        key=(f"o{number}",),
        has_id=True,
        at_ms=NOW_MS - int(minutes * 60_000),
        kind=EventKind.OPENED,
        type="opened",
        channel=Channel.EMAIL,
        identities=(Identity("email", who),),
        message=f"m-{number}",
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_the_scenario_log_shows_its_rows_oldest_first(console: Any, width: int, height: int) -> None:
    async with console(width, height) as person:
        await person.press("2")
        assert "[2]Logs" in person.lines[0]
        assert "[scenario] event tracking   5 rows; following" in person.lines[1]
        rows = [line for line in person.lines if "@example" in line]
        assert "ada came in" in rows[0]
        assert rows[-1].startswith(">03-10 09:30:00 ERR bob@example.net")
        assert "gateway said 503" in rows[-1]


async def test_brackets_go_through_the_three_logs_and_each_keeps_its_place(console: Any) -> None:
    async with console() as person:
        await person.press("2", "k", "k", "right_square_bracket")
        assert "scenario [event] tracking   8 rows; following" in person.lines[1]
        assert "internal request" in person.screen and "192.0.2.7" in person.screen
        await person.press("right_square_bracket")
        assert "https://shop.exa" in person.screen
        await person.press("right_square_bracket")
        assert next(line for line in person.lines if line.startswith(">")).endswith("waits two days")


async def test_a_row_opens_to_its_fields_and_the_raw_record_and_closes_again(console: Any) -> None:
    async with console(100, 40) as person:
        await person.press("2", "right_square_bracket", "k", "k", "enter")
        assert '"piece":' in person.screen
        fields = [line.split()[1] for line in person.lines if line.startswith("    ")]
        values = dict(line[6:].partition("  ")[::2] for line in person.lines if line.startswith("    │ "))
        values = {name: value.strip() for name, value in values.items()}
        assert values["message_id"] == "<m-bob@example.net>"
        assert values["reason"] == "user unknown"
        assert fields[:4] == ["created_at", "email_id", "message_id", "sib_type"]
        assert fields.index("kind") < fields.index("event_id") < fields.index("raw")
        await person.press("enter")
        assert "message_id" not in person.screen


async def test_a_filter_narrows_and_escape_gives_everything_back(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:sent")
        await person.press("enter")
        assert "3 rows, 5 hidden; following   /kind:sent" in person.lines[1]
        assert "delivered" not in person.screen
        await person.press("escape")
        assert "8 rows" in person.lines[1]
        await person.press("escape")
        assert "[1]Report" in person.lines[0]


async def test_a_wrong_filter_says_what_is_wrong_while_it_is_typed_and_is_not_applied(console: Any) -> None:
    async with console() as person:
        await person.press("2", "slash")
        await person.type("colour:red")
        assert "! column 1:" in person.screen and "colour" in person.screen
        await person.press("enter")
        assert "5 rows" in person.screen
        await person.press("escape")
        assert "[scenario] event tracking   5 rows" in person.lines[1]


async def test_a_filter_that_nothing_matches_says_so(console: Any) -> None:
    async with console() as person:
        await person.press("2", "slash")
        await person.type("reason:quota")
        await person.press("enter")
        assert "no row of the scenario log matches: reason:quota" in person.screen


async def test_filter_and_cursor_are_there_when_one_comes_back(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("contact:ada@example.org")
        await person.press("enter", "g", "1", "2")
        assert person.lines[1].endswith("4 rows, 4 hidden") and "/contact:ada@example.org" in person.lines[2]
        assert next(line for line in person.lines if line.startswith(">")).split()[2] == "sent"


async def test_rows_that_arrive_are_shown_while_following_and_counted_else(
    console: Any, add: AddRecords
) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket")
        add([opened(1, "new@example.org", minutes=1)])
        await person.until("new@example.org")
        await person.until("9 rows; following")
        await person.press("k")
        add([opened(2, "later@example.org", minutes=0.5)])
        await person.until("+1 new below, f follows")
        assert "later@example.org" not in person.screen
        await person.press("f")
        await person.until("later@example.org")
        assert "10 rows; following" in person.lines[1]


async def test_a_late_row_stands_in_its_place(console: Any, add: AddRecords) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket")
        add([opened(3, "late@example.org", minutes=200)])
        await person.until("late@example.org")
        assert "   + " in next(line for line in person.lines if "late@example.org" in line)
        rows = [line for line in person.lines if "@example" in line]
        assert rows == sorted(rows, key=lambda line: line.lstrip("> ")[:14])


async def test_a_pause_holds_the_rows_back(console: Any, add: AddRecords) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "p")
        assert "! paused" in person.lines[0]
        add([opened(4, "meanwhile@example.org", minutes=1)])
        await person.settled()
        assert "8 rows; paused" in person.lines[1]
        await person.press("p")
        assert "paused" not in person.lines[0]
        await person.until("9 rows; following")
        assert "meanwhile@" in person.screen


async def test_rows_that_arrive_while_one_is_elsewhere_are_there_on_return(
    console: Any, add: AddRecords
) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "1")
        add([opened(5, "absent@example.org", minutes=1)])
        await person.press("2")
        await person.until("9 rows; following")
        await person.press("k", "1")
        add([opened(6, "again@example.org", minutes=0.9)])
        await person.press("2")
        await person.until("+1 new below")


async def test_a_time_range_becomes_part_of_the_filter(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("-kind:sent")
        await person.press("enter", "t")
        await person.type("1 h")
        await person.press("enter")
        assert "1 row, 1 hidden; following   /-kind:sent since:1h" in person.lines[1]
        await person.press("t")
        await person.type("any")
        await person.press("enter")
        assert (
            "5 rows, 3 hidden; following   /-kind:sent" in person.lines[1] and "since" not in person.lines[1]
        )


async def test_paging_reaches_the_first_row_of_many(console: Any, add: AddRecords) -> None:
    add([opened(100 + n, f"n{n:03}@example.org", minutes=600 + n) for n in range(450)])
    async with console() as person:
        await person.press("2", "right_square_bracket")
        assert "200 of 458 rows; following" in person.lines[1]
        for _ in range(40):
            await person.press("pageup")
        assert "458 rows" in person.lines[1] and "older" not in person.lines[1]
        assert "n449@example.org" in person.screen
        await person.press("G")
        assert "cyd@example.com" in person.screen
        await person.press("g")
        assert "n449@example.org" in person.screen


async def test_e_goes_to_the_next_error(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "g", "e")
        assert "ERR bounced" in next(line for line in person.lines if line.startswith(">"))
        await person.press("e")
        await person.until("no further error")


async def test_times_are_shown_in_the_zone_that_is_told(console: Any) -> None:
    from datetime import timedelta, timezone

    async with console() as person:
        person.app.session.other_zone = timezone(timedelta(hours=2), "TST")
        await person.press("2")
        assert person.lines[0].endswith("UTC") and "09:30:00" in person.screen
        await person.press("T")
        assert person.lines[0].endswith("TST") and "11:30:00" in person.screen


async def test_a_source_that_fails_is_named_and_the_last_rows_stay(console: Any, database: Path) -> None:
    async with console(200, 50) as person:
        await person.press("2")
        with sqlite3.connect(database) as connection:
            connection.execute("DROP TABLE scenario_log")
        connection.close()
        await person.press("r")
        assert "ada came in" in person.screen
        assert "scenario_log" in person.lines[1]
        assert "! cannot read" in person.lines[0]


async def test_rows_are_counted_again_after_a_count_that_failed(
    console: Any, source: SqliteSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: Any, **__: Any) -> Any:
        raise SourceUnavailable("locked")

    async with console() as person:
        await person.press("2")
        view = person.app.screen.query_one("#log-scenario", LogView)
        with monkeypatch.context() as broken:
            broken.setattr(source, "histogram", locked)
            await view.count().wait()
            assert view.tally.is_capped
        view._count_due_s = 0.0
        await view.count_again()
        await person.when(lambda: view.tally.matching == 5)
