"""The first and the last line of a screen, the filter bar and what stands in for nothing."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from widgets.empty_state import EmptyState
from widgets.filter_bar import FilterBar
from widgets.key_line import KeyLine
from widgets.safe_input import SafeInput
from widgets.status_line import Mark, Place, StatusLine

PLACES = (Place("1", "Report"), Place("2", "Logs", active=True), Place("3", "Contacts"), Place("4", "Trace"))


class LinesApp(App[None], inherit_bindings=False):
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[Any]] = [
        Binding("f", "follow", "Follow", id="logs.follow"),
        Binding("F", "follow", "Follow", id="logs.follow_too"),
        Binding("e", "error", "Next error", id="logs.error_next"),
        Binding("x", "hidden", "Hidden", show=False),
        Binding("question_mark", "help", "Help", id="app.help", key_display="?"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Any] = []

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield FilterBar("filter", history=["kind:opened", "kind:clicked"])
        yield EmptyState(
            "No rows", "0 of 18 330 rows [/b]: filter level>=error\x1b[2J", "escape clears the filter"
        )
        yield KeyLine(last=("app.help",))

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        self.said.append(("changed", message.text))
        self.bar.error = "no such field: knd" if message.text.startswith("knd:") else ""

    def on_filter_bar_applied(self, message: FilterBar.Applied) -> None:
        self.said.append(("applied", message.text))

    def on_filter_bar_cancelled(self, message: FilterBar.Cancelled) -> None:
        self.said.append(("cancelled", message.text))

    def on_status_line_place_chosen(self, message: StatusLine.PlaceChosen) -> None:
        self.said.append(("place", message.place.key))

    def action_follow(self) -> None:
        self.said.append("follow")

    @property
    def bar(self) -> FilterBar:
        return self.query_one(FilterBar)

    def line(self, kind: type[StatusLine] | type[KeyLine]) -> str:
        return self.query_one(kind).render_line(0).text.rstrip()


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "parcours  1 Report [2]Logs  3 Contacts  4 Trace         sqlite:prod  24h UTC  o 5s"),
        (70, " 1 Report [2]Logs  3 Contacts  4 Trace    sqlite:prod  24h UTC  o 5s"),
        (60, " 1 Report [2]Logs  3  4   sqlite:prod  24h UTC  o 5s"),
        (40, " 1 [2]Logs  3  4   24h UTC  o 5s"),
        (12, "       o 5s"),
    ],
)
async def test_the_status_line_keeps_what_matters_most(width: int, line: str) -> None:
    app = LinesApp()
    async with app.run_test(size=(width, 24)) as pilot:
        app.query_one(StatusLine).set_line(PLACES, ["sqlite:prod", "24h UTC", "o 5s"])
        await pilot.pause()
        shown = app.line(StatusLine)
        assert shown.split() == line.split() and shown.endswith("o 5s")


async def test_an_alarm_is_marked_and_stays_longest() -> None:
    app = LinesApp()
    async with app.run_test(size=(30, 24)) as pilot:
        app.query_one(StatusLine).set_line(PLACES, ["sqlite:prod", "24h UTC"], alarm="3 min old")
        await pilot.pause()
        assert app.line(StatusLine).endswith("! 3 min old")


async def test_the_name_of_a_source_can_stand_out() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        for colour, ink in (("#b00020", "#ffffff"), ("#e6b800", "#000000")):
            app.query_one(StatusLine).set_line(PLACES, ["prod", "UTC"], mark=Mark("prod", colour))
            await pilot.pause()
            strip = app.query_one(StatusLine).render_line(0)
            inks = {
                part.style.bgcolor.name: (part.text, part.style.color)
                for part in strip
                if part.style and part.style.bgcolor
            }
            text, written = inks[colour]
            assert (text, written and written.name) == ("prod", ink)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, " 1 Report [2]Logs  3 Contacts  4   prod  ! cannot read, 15 s old, again in 2 s"),
        (70, " 1 Report [2]Logs  3  4   prod  ! cannot read, 15 s old, again in 2 s"),
        (55, "[2]Logs  prod  ! cannot read, 15 s old, again in 2 s"),
        (40, "[2]Logs  ! cannot read, 15 s old, agai…"),
    ],
)
async def test_a_marked_source_is_named_while_it_cannot_be_read(width: int, line: str) -> None:
    app = LinesApp()
    async with app.run_test(size=(width, 24)) as pilot:
        alarm = "cannot read, 15 s old, again in 2 s"
        app.query_one(StatusLine).set_line(PLACES, ["prod", "UTC"], alarm=alarm, mark=Mark("prod", "red"))
        await pilot.pause()
        assert app.line(StatusLine).split() == line.split()


@pytest.mark.parametrize(("width", "shown"), [(80, "3 Contacts"), (40, "3")])
async def test_a_place_can_be_clicked_where_it_stands(width: int, shown: str) -> None:
    app = LinesApp()
    async with app.run_test(size=(width, 24)) as pilot:
        app.query_one(StatusLine).set_line(PLACES, ["sqlite:prod"])
        await pilot.pause()
        x = app.line(StatusLine).index(shown)
        await pilot.click(StatusLine, offset=(x, 0))
        assert app.said[-1] == ("place", "3")


async def test_the_key_line_names_each_action_once_and_keeps_help() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.line(KeyLine).endswith("f follow  e next error  ? help")
        await pilot.resize_terminal(14, 24)
        await pilot.pause()
        assert app.line(KeyLine) == "? help"


async def test_the_filter_bar_applies_remembers_and_restores() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.bar.focus_field()
        await pilot.press(*"machine:no", "enter")
        assert app.said[-1] == ("applied", "machine:no")
        await pilot.press(*" kind", "escape")
        await pilot.pause()
        assert app.said[-1] == ("cancelled", "machine:no") and app.bar.text == "machine:no"
        await pilot.press("up", "up")
        assert app.bar.text == "kind:clicked"
        await pilot.press("down", "down")
        assert app.bar.text == "machine:no"


async def test_enter_waits_while_the_filter_has_an_error() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.bar.focus_field()
        await pilot.press(*"knd:x")
        await pilot.pause()
        assert "! no such field: knd" in str(app.bar.query_one(Static).render())
        await pilot.press("enter")
        assert not any(said[0] == "applied" for said in app.said)


async def test_pasted_text_is_cleaned_into_one_line() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.bar.focus_field()
        await pilot.pause()
        app.bar.field.post_message(events.Paste("a\nb\x1b[2J\u202ec"))
        await pilot.pause()
        assert app.bar.text == "a b␛[2J\\u202ec"


async def test_a_strange_value_keeps_its_characters_and_shows_one_cell_for_each() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.bar.set_text("reason:\x1b\u202e\U000e0072é")
        await pilot.pause()
        assert app.bar.text == "reason:\x1b\u202e\U000e0072é"
        assert app.bar.query_one(SafeInput).render_line(0).text.strip() == "reason:␛\ufffd\ufffdé"


async def test_what_stands_in_for_nothing_says_why_as_text() -> None:
    app = LinesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lines = [
            strip.text.strip() for strip in app.query_one(EmptyState).render_lines(app.screen.size.region)
        ]
        assert "0 of 18 330 rows [/b]: filter level>=error␛[2J" in lines
