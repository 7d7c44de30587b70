"""A chart is drawn off the event loop, again when its values or its size change, safely."""

from __future__ import annotations

import math

import pytest
from textual.app import App, ComposeResult

from backend.plot import Line, TimeAxis
from widgets import shown
from widgets.chart import Chart

HOUR_MS = 3_600_000
AXIS = TimeAxis(1_772_366_400_000, HOUR_MS)


class ChartApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chart = Chart(empty="no events in this window")
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.focus()

    def on_chart_chosen(self, message: Chart.Chosen) -> None:
        self.said.append("chosen")

    async def drawn(self) -> list[str]:
        await self.workers.wait_for_complete()
        await self.animator.wait_until_complete()
        return [self.chart.render_line(y).text for y in range(self.chart.size.height)]


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
        assert app.said == ["chosen"]


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
