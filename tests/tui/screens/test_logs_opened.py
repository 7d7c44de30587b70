"""Rows that were opened stay open: through zones, columns, sizes, and rows that arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

AddRecords = Callable[[list[Any]], None]


def fields_shown(person: Any) -> list[str]:
    return [line.split()[1] for line in person.lines if line.startswith("    │ ") and len(line.split()) > 1]


async def test_opened_rows_stay_open_in_another_zone_with_other_columns_and_at_other_sizes(
    console: Any, add: AddRecords, make_event: Any
) -> None:
    async with console(120, 50) as person:
        person.app.session.other_zone = ZoneInfo("Asia/Tokyo")
        await person.press("2", "right_square_bracket", "k", "k", "enter", "j", "enter")
        both = fields_shown(person)
        assert both.count("message_id") == 2 and both.count("raw") == 2
        await person.press("T")
        assert fields_shown(person) == both
        assert any("happened" in line and "20:00:00.000" in line for line in person.lines)
        await person.press("T", "C", "j", "space", "enter")
        assert fields_shown(person) == both
        for width, height in ((80, 50), (160, 60), (120, 50)):
            await person.pilot.resize_terminal(width, height)
            await person.settled()
            assert fields_shown(person).count("message_id") == 2
        await person.press("G")
        add([make_event(1, "new@example.org")])
        await person.until("new@example.org")
        await person.press("r")
        assert fields_shown(person) == both


async def test_an_opened_row_is_open_when_one_comes_back_to_it(
    console: Any, add: AddRecords, make_event: Any
) -> None:
    add([make_event(100 + n, f"n{n:03}@example.org") for n in range(450)])
    async with console(80, 40) as person:
        await person.press("2", "right_square_bracket", "k", "enter")
        assert "message_id" in fields_shown(person)
        await person.press("G", "enter")
        assert "following" not in person.lines[1], "what is read must not run away"
        now_ms = person.app.session.now_ms()
        add([msgspec.structs.replace(make_event(1, "new@example.org"), at_ms=now_ms)])
        await person.until("+1 new below, f follows")
        await person.press("enter", "k", "g")
        assert fields_shown(person) == []
        await person.press("G", "k")
        assert "message_id" in fields_shown(person)
