"""Columns chosen and ordered, data as columns, fields beside the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

AddRecords = Callable[[list[Any]], None]


async def test_columns_are_hidden_and_moved_and_it_is_remembered(console: Any) -> None:
    async with console(100, 30) as person:
        await person.press("2", "right_square_bracket", "C")
        assert "[x] IP address  (ip)" in person.screen
        await person.press("j", "space", "J", "enter")  # the level goes, the type one place to the right
        assert person.lines[2].split()[:6] == ["date", "and", "time", "name", "type", "contact"]
    async with console(100, 30) as person:
        await person.press("2")
        assert person.lines[2].split()[:5] == ["date", "and", "time", "name", "type"]
        await person.press("C", "R")
        assert person.lines[2].split()[3] == "lvl"


async def test_data_of_an_event_becomes_a_column(console: Any, add: AddRecords, make_event: Any) -> None:
    add([make_event(300, "buyer@example.org", data={"order_id": "A-77"})])
    async with console(200, 50) as person:
        await person.press("2", "right_square_bracket", "C")
        await person.press("G", "space")  # the last one of all there are comes to those that are shown
        assert person.screen.index("data.order_id") < person.screen.index("[ ] kind")
        await person.press("enter")
        assert "data.order" in person.lines[2]
        assert any("buyer@example.org" in line and "A-77" in line for line in person.lines[3:])


async def test_columns_of_data_are_offered_that_no_row_read_has(
    console: Any, add: AddRecords, make_event: Any
) -> None:
    add([make_event(300, "buyer@example.org", data={"order_id": "A-77"})])
    async with console(120, 50) as person:
        await person.press("2", "right_square_bracket", "slash")
        await person.type("kind:bounced")
        await person.press("enter")
        await person.until("/kind:bounced")
        assert "buyer@example.org" not in person.screen
        await person.press("C")
        await person.until("data.order_id")
        assert "counted" not in person.screen


async def test_the_fields_of_the_row_stand_beside_a_wide_list(console: Any) -> None:
    async with console(200, 50) as person:
        await person.press("2", "right_square_bracket")
        assert any("message_id" in line and "<m-cyd@example.com>" in line for line in person.lines)
        await person.press("k", "k")
        await person.when(
            lambda: any("reason" in line and "user unknown" in line for line in person.lines[4:]),
            "the fields of the row that the cursor stopped on",
        )
        await person.press("s")
        assert "message_id" not in person.screen


async def test_a_narrow_list_has_no_pane_beside_it(console: Any) -> None:
    async with console(120, 30) as person:
        await person.press("2", "right_square_bracket")
        assert "message_id" not in person.screen
