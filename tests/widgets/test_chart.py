"""A chart is drawn off the event loop, again when its values or its size change, safely."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from textual.app import App, ComposeResult

from backend.plot import Line, TimeAxis
from widgets import shown
from widgets.chart import Chart
from widgets.chart_words import ChartCursor

HOUR_MS = 3_600_000
AXIS = TimeAxis(1_772_366_400_000, HOUR_MS)


class ChartApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chart = Chart(empty="no events in this window")
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.focus()

    def on_chart_chosen(self, message: Chart.Chosen) -> None:
        self.said.append(hour_of(message.start_ms))

    def on_chart_range_chosen(self, message: Chart.RangeChosen) -> None:
        self.said.append((hour_of(message.start_ms), hour_of(message.end_ms)))

    async def says(self, *said: object) -> None:
        """Wait for what the chart says, with patience."""
        for _ in range(3_000):
            if self.said == list(said):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.said} is not {said}")

    async def drawn(self) -> list[str]:
        await self.workers.wait_for_complete()
        await self.animator.wait_until_complete()
        return [self.chart.render_line(y).text for y in range(self.chart.size.height)]


def hour_of(at_ms: int | None) -> int | None:
    return None if at_ms is None else (at_ms - AXIS.start_ms) // HOUR_MS


async def test_lines_are_drawn_with_a_legend_and_again_after_a_resize() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        lines = [Line("Delivered \x1b[2J", [1, 5, 9] * 8), Line("Bounces", [0, 1, math.nan] * 8)]
        app.chart.set_chart(lines, AXIS)
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        first = await app.drawn()
        assert all(len(line) == 60 for line in first)
        assert "Delivered ␛[2J" in first[-1] and "Bounces" in first[-1]
        await pilot.resize_terminal(100, 20)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert len(app.chart.drawn) == 20 and len(app.chart.drawn[0]) == 100
        await pilot.press("enter")
        await app.says(None)


async def test_lines_differ_by_mark_and_not_only_by_colour() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_chart([Line("a", [5] * 24), Line("b", [1] * 24)], AXIS)
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        text = "".join(app.chart.drawn[:-1])
        assert "•" in text and "+" in text


async def test_without_values_it_says_why() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_chart([], None)
        await pilot.pause()
        assert (await app.drawn())[0].strip() == "no events in this window"


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (300, 80)])
async def test_any_size_and_any_numbers_are_survived_in_ascii(size: tuple[int, int]) -> None:
    shown.use_ascii(True)
    try:
        app = ChartApp()
        async with app.run_test(size=size) as pilot:
            app.chart.set_chart([Line("é", [None, math.inf, 1e308, -5, 0]), Line("b", [])], AXIS)
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert all(line.isascii() for line in await app.drawn())
    finally:
        shown.use_ascii(False)


async def opened(app: ChartApp, pilot: Any, lines: list[Line]) -> None:
    app.chart.set_chart(lines, AXIS)
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


TWO = [Line("Sent", [*range(24)]), Line("Opens", [None, *range(23)])]
# the axis starts at 12:00


async def test_the_cursor_reads_the_time_and_every_line_and_opens_a_point() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await opened(app, pilot, TWO)
        await pilot.press("h")
        last = (await app.drawn())[-1]
        assert "11:00 - 12:00  • Sent 23  + Opens 22" in last
        await pilot.press("g")
        drawn = await app.drawn()
        assert "12:00 - 13:00  • Sent 0  + Opens -" in drawn[-1]
        frame = app.chart.plot.frame
        assert frame is not None
        assert {line[frame.cell_of(0)] for line in drawn[: frame.height - 1]} == {"│"}
        await pilot.press("l", "l", "enter")
        await app.says(2)


async def test_a_range_is_chosen_by_keys_and_its_sums_are_read() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await opened(app, pilot, TWO)
        await pilot.press("g", "l")
        app.chart.begin_range()
        await pilot.press("l", "l")
        drawn = "\n".join(await app.drawn())
        assert "13:00 - 16:00, enter zooms in" in drawn and "Sent 6" in drawn and "Opens 3" in drawn
        await pilot.press("enter")
        await app.says((1, 4))


async def test_a_range_is_dragged_and_a_click_on_the_cursor_opens_its_point() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await opened(app, pilot, TWO)
        await app.drawn()
        frame = app.chart.plot.frame
        assert frame is not None
        await pilot.mouse_down(Chart, offset=(frame.cell_of(3), 4))
        await pilot.hover(Chart, offset=(frame.cell_of(5), 4))
        await pilot.mouse_up(Chart, offset=(frame.cell_of(5), 4))
        await app.says((3, 6))
        app.chart.set_cursor(None)
        await app.drawn()
        app.said.clear()
        for _ in range(2):  # the first click moves the cursor there, the second opens the point
            await pilot.click(Chart, offset=(frame.cell_of(7), 2))
            await app.drawn()
        await app.says(7)


async def test_a_cursor_keeps_its_time_when_the_values_go_on() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        await opened(app, pilot, TWO)
        app.chart.set_cursor(ChartCursor(AXIS.start_ms + 5 * HOUR_MS))
        await app.drawn()
        later = AXIS._replace(start_ms=AXIS.start_ms + HOUR_MS)
        app.chart.set_chart([line._replace(values=line.values[1:]) for line in TWO], later)
        assert "17:00 - 18:00  • Sent 5  + Opens 4" in (await app.drawn())[-1]


@pytest.mark.parametrize("height", [4, 5, 7])
async def test_a_low_chart_keeps_its_axes_before_it_reads_values(height: int) -> None:
    app = ChartApp()
    async with app.run_test(size=(40, height)) as pilot:
        await opened(app, pilot, [Line(f"line {n}", [n] * 24) for n in range(8)])
        await pilot.press("h")
        assert len(await app.drawn()) == len(app.chart.drawn) == height
