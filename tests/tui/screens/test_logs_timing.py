"""The histogram over the rows: bars of the same query, picked and narrowed by keys."""

from __future__ import annotations

from typing import Any

import pytest

from tui.presenters.log_histogram import widened

HOUR = 3_600_000
NOW = 1_000 * HOUR


async def test_bars_stand_over_the_rows_and_one_narrows_the_time(console: Any) -> None:
    async with console(80, 30) as person:
        await person.press("2", "right_square_bracket", "i")
        bars = "\n".join(person.lines[2:6])
        assert "█" in bars and "!" in bars
        assert person.lines[6].startswith("2026-03-10 07:30")
        await person.press("shift+tab", "h")
        assert "1 row, 0 errors; enter narrows" in person.lines[6]
        await person.press("enter")
        assert "1 row, " not in person.lines[1] and "since:2026-03-10T11:0" in person.screen
        assert "1 row" in person.lines[1]
        await person.press("Z", "i")
        assert "█" not in person.screen


async def test_a_range_of_bars_is_picked_by_keys_and_narrowed(console: Any) -> None:
    async with console(80, 30) as person:
        await person.press("2", "right_square_bracket", "i", "shift+tab", "h", "space")
        await person.press(*["h"] * 12)
        assert person.lines[6].startswith("2026-03-10 10:05 to 2026-03-10 11:05: 2 rows, 0 errors")
        await person.press("escape")
        assert "enter narrows" not in person.lines[6]
        await person.press("h", *["shift+left"] * 12, "enter")
        assert "2 rows; following" in person.lines[1] and "/since:2026-03-10T10:05" in person.lines[2]


async def test_a_range_of_bars_is_dragged_with_the_mouse(console: Any) -> None:
    async with console(80, 30) as person:
        await person.press("2", "right_square_bracket", "i")
        end = len(person.lines[5].rstrip()) - 1
        await person.pilot.mouse_down("LogHistogram", offset=(end, 2))
        await person.pilot.hover("LogHistogram", offset=(end - 12, 2))
        await person.pilot.mouse_up("LogHistogram", offset=(end - 12, 2))
        await person.settled()
        assert "2 rows; following" in person.lines[1] and "/since:2026-03-10T10:05" in person.lines[2]


async def test_whether_bars_are_shown_is_remembered(console: Any) -> None:
    async with console(80, 30) as person:
        await person.press("2", "i")
    async with console(80, 30) as person:
        await person.press("2")
        assert "█" in "\n".join(person.lines[2:6])


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, (None, None)),
        (NOW - HOUR, None, (NOW - 2 * HOUR, None)),
        (NOW - 4 * HOUR, NOW - 3 * HOUR, (NOW - 5 * HOUR, NOW - 2 * HOUR)),
        (NOW - 2 * HOUR, NOW - HOUR, (NOW - 3 * HOUR, None)),
        (NOW - 9_000 * HOUR, None, (None, None)),
    ],
)
def test_time_is_widened_around_its_middle_up_to_now(
    start: int | None, end: int | None, expected: tuple[int | None, int | None]
) -> None:
    assert widened(start, end, NOW) == expected
