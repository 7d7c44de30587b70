"""Details opened in place: readable below the cursor in every look of the console."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.color import Color

from tui.themes import THEMES
from widgets.columns import Column, Row
from widgets.log_list import LogList

LEAST_CONTRAST = 4.5
"""What WCAG asks of text."""


class ListApp(App[None]):
    def __init__(self, theme: str) -> None:
        super().__init__()
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme
        self.list = LogList((Column("message", "message", grow=1),))

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.focus()


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_details_below_the_cursor_keep_the_lists_own_ground(theme: str) -> None:
    app = ListApp(theme)
    async with app.run_test(size=(40, 10)) as pilot:
        app.list.set_rows([Row("1", ("hello",), detail=(("reason", "user unknown"),))])
        app.list.toggle_detail()
        await pilot.pause()
        row, detail = app.list.render_line(1), app.list.render_line(2)
        grounds = [{part.style.bgcolor for part in strip if part.style} for strip in (row, detail)]
        assert grounds[0].isdisjoint(grounds[1]) and len(grounds[1]) == 1
        for part in detail:
            if part.text.strip() and part.style and part.style.color and part.style.bgcolor:
                ground = Color.from_rich_color(part.style.bgcolor)
                ink = Color.from_rich_color(part.style.color)
                assert _contrast(ink, ground) >= LEAST_CONTRAST, part


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [value / 255 for value in color.rgb]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
