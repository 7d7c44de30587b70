"""Narrowing, widening and finding in the logs, as a person does it with keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tui.log_memory import LogChoices, LogPast, SourcePlace, choices_path, keep_past, load, save

AddRecords = Callable[[list[Any]], None]
Make = Callable[..., Any]


async def test_a_value_of_the_row_is_kept_or_dropped(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "plus")
        await person.type("kind delivered")
        await person.press("enter")
        assert "2 rows, 6 hidden; following   /kind:delivered" in person.lines[1]
        await person.press("minus")
        await person.type("contact cyd")
        await person.press("enter")
        assert "1 row, 7 hidden; following   /kind:delivered -contact:cyd@example.com" in person.lines[1]


async def test_an_empty_answer_says_which_condition_is_to_blame_and_takes_it_out(console: Any) -> None:
    async with console(120, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:bounced reason:quota")
        await person.press("enter")
        await person.until("without reason:quota 1 row (backspace takes it out)")
        await person.press("backspace")
        assert "1 row, 7 hidden; following   /kind:bounced" in person.lines[1]


async def test_fields_and_values_are_completed(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("ki")
        assert "tab: kind:" in person.screen
        await person.press("tab")
        await person.type("bou")
        assert "tab: bounced" in person.screen, person.screen
        await person.press("tab")
        await person.type("deliv")
        await person.press("tab")
        await person.type("mail")
        assert "Mail A" in person.screen
        await person.press("tab", "enter")
        assert '/kind:bounced delivery:"Mail A"' in person.lines[1]


async def test_filters_typed_before_come_back_after_a_restart(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:opened")
        await person.press("enter", "escape", "right_square_bracket")
    async with console() as person:
        await person.press("2", "left_square_bracket", "slash", "up", "enter")
        assert "/kind:opened" in person.lines[1]


async def test_filter_and_cursor_survive_a_restart(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("contact:ada@example.org")
        await person.press("enter", "k", "k")
    async with console() as person:
        await person.press("2")
        assert "scenario [event] tracking   4 rows, 4 hidden   /contact:ada@example.org" in person.lines[1]
        assert next(line for line in person.lines if line.startswith(">")).split()[2] == "delivered"


async def test_the_next_error_is_found_beyond_the_rows_read(
    console: Any, add: AddRecords, make_event: Make
) -> None:
    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(450)])
    async with console() as person:
        await person.press("2", "right_square_bracket", "E")
        cursor = next(line for line in person.lines if line.startswith(">"))
        assert "ERR" in cursor and "bob@example.net" in cursor
        await person.press("e")
        await person.until("no further error below")


async def test_a_text_is_found_in_the_rows_shown_and_again(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "ctrl+f")
        await person.type("cyd")
        await person.press("enter", "N")
        assert "sent" in next(line for line in person.lines if line.startswith(">"))
        await person.press("n")
        assert "delivered" in next(line for line in person.lines if line.startswith(">"))
        await person.press("escape")
        assert "[2]Logs" in person.lines[0]


async def test_the_rows_around_one_are_shown_with_the_filter_lifted_and_it_comes_back(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:bounced")
        await person.press("enter", "c")
        assert "around, c back to /kind:bounced" in person.lines[1]
        assert "delivered" in person.screen
        assert "bob@example.net" in next(line for line in person.lines if line.startswith(">"))
        await person.press("c")
        assert "1 row, 7 hidden   /kind:bounced" in person.lines[1]


async def test_a_time_is_gone_to_without_a_filter(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "at")
        await person.type("noon")
        await person.press("enter")
        assert "Go to a time" in person.screen and "write a span such as 30m" in person.screen
        await person.press(*["backspace"] * 4)
        await person.type("3h")
        await person.press("enter")
        assert "8 rows" in person.lines[1] and "following" not in person.lines[1]
        assert "09:36" in next(line for line in person.lines if line.startswith(">"))


async def test_a_filter_is_saved_by_name_and_shown_again_after_a_restart(console: Any) -> None:
    async with console() as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:sent")
        save(choices_path(), LogChoices(filters={"event": {"theirs": "kind:opened"}}))  # another console
        await person.press("enter", "asterisk")
        await person.type("mine")
        await person.press("enter", "escape")
        assert "/kind" not in person.lines[1]
    async with console() as person:
        await person.press("2", "asterisk")
        await person.type("mine")
        await person.press("enter")
        assert "/kind:sent" in person.lines[1]
        await person.press("asterisk")
        await person.type("theirs")
        await person.press("enter")
        assert "/kind:opened" in person.lines[1]


def test_consoles_add_to_what_they_keep_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "logs.json"
    keep_past(path, [("event", "kind:sent")], "one.db", SourcePlace("event"))
    keep_past(path, [("event", "kind:opened"), ("event", "")], "two.db", SourcePlace("tracking"))
    past, wrong = load(path, LogPast)
    assert wrong is None
    assert past.history == {"event": ["kind:sent", "kind:opened"]}
    assert {name: place.log for name, place in past.places.items()} == {
        "one.db": "event",
        "two.db": "tracking",
    }


async def test_the_most_frequent_values_are_listed_and_one_is_kept(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "v")
        await person.type("kind")
        await person.press("enter")
        assert "37.5" in person.screen and "sent" in person.screen
        await person.press("enter")
        assert "3 rows, 5 hidden; following   /kind:sent" in person.lines[1]


async def test_a_query_is_given_up_by_escape(console: Any, source: Any) -> None:
    class Slow:
        """The source, but a filter by reason never answers."""

        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        async def log(self, name: Any, query: Any, *args: Any, **how: Any) -> Any:
            if "reason" in query.text:
                await asyncio.Event().wait()
            return await source.log(name, query, *args, **how)

    async with console(source=Slow()) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("reason:x")
        await person.pilot.press("enter")
        await person.pilot.pause(0.05)
        await person.pilot.press("escape")
        await person.until("cancelled")
        await person.until("8 rows; following")
        assert "/reason" not in person.lines[1]


async def test_a_text_is_found_beyond_the_rows_read_and_what_is_nowhere_says_how_far_it_looked(
    console: Any, add: AddRecords, make_event: Make
) -> None:
    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(450)])
    async with console() as person:
        await person.press("2", "right_square_bracket", "ctrl+f")
        await person.type("bob@example")
        await person.press("enter")
        assert "bounced" in next(line for line in person.lines if line.startswith(">"))
        await person.press("N", "N")
        await person.until("is not shown by any")


async def test_a_search_that_takes_long_is_stopped_and_no_key_waits_for_it(
    console: Any, add: AddRecords, make_event: Make, source: Any
) -> None:
    class Endless:
        """The source, whose log never comes to an end."""

        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        async def log(self, name: Any, query: Any, cursor: str | None = None, **how: Any) -> Any:
            page = await source.log(name, query, None if cursor == "again" else cursor, **how)
            if query.end_ms is None:
                return page
            await asyncio.sleep(0)
            return msgspec.structs.replace(page, older="again")

    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(450)])
    async with console(source=Endless()) as person:
        await person.press("2", "right_square_bracket", "ctrl+f")
        await person.type("nowhere at all")
        await person.pilot.press("enter", "k")
        await person.until('looking for "nowhere at all"')
        await person.pilot.press("escape")
        await person.until("stopped: looking")


async def test_names_in_the_data_of_all_rows_are_offered_not_only_of_those_read(
    console: Any, add: AddRecords, make_event: Make
) -> None:
    bought = make_event(1, "buyer@example.org", data={"order_id": "A-77"})
    add([msgspec.structs.replace(bought, at_ms=bought.at_ms - 9 * 3_600_000)])
    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(450)])
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("data.or")
        await person.until("tab: data.order_id:")
        await person.press("escape", "v")
        await person.type("order_id")
        await person.until("data.order_id")
        await person.press("enter")
        await person.until("A-77")
        await person.type("A-77")
        await person.press("enter")
        assert "1 row, 458 hidden; following   /data.order_id:A-77" in person.lines[1]


async def test_addresses_of_contacts_are_completed_whoever_is_on_screen(
    console: Any, add: AddRecords, make_event: Make
) -> None:
    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(450)])
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("contact:bo")
        await person.until("bob@example.net")
        await person.press("tab", "enter")
        assert "/contact:bob@example.net" in person.lines[1]
