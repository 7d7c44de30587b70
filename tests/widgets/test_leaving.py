"""Widgets that were removed are painted once more at times."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget

from widgets.bars import Bars
from widgets.chart import Chart
from widgets.columns import Column
from widgets.log_histogram import LogHistogram
from widgets.log_list import LogList
from widgets.table_pane import TablePane


@pytest.mark.parametrize(
    "make",
    [Bars, Chart, LogHistogram, lambda: LogList([Column("a", "A")]), lambda: TablePane([Column("a", "A")])],
)
async def test_a_widget_that_is_gone_is_blank(make: type[Widget]) -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield make()

    app = Host()
    async with app.run_test(size=(20, 6)):
        gone = app.screen.children[0]
        await gone.remove()
        strips = gone.render_lines(Region(0, 0, 20, 3))
        assert [strip.text for strip in strips] == [" " * 20] * 3
