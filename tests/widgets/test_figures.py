"""Figures: numbers, why there is none, sparklines, and how they flow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.app import App, ComposeResult

from widgets.figure import FigureValue, Looks, State, draw_figure
from widgets.figure_row import GUTTER, LEAST_WIDTH, FigureRow, flow, lines_of
from widgets.share_bar import share_bar

PLAIN = Looks(*[Style.null()] * 5)


def drawn(figure: FigureValue, width: int = 20) -> list[str]:
    return ["".join(part.text for part in line) for line in draw_figure(figure, width, PLAIN)]


def test_a_figure_shows_name_value_change_and_course() -> None:
    figure = FigureValue("sent", "Sent", "48 210", "+3.1 %", (0, 5, 10))
    assert drawn(figure) == ["Sent                ", "48 210        +3.1 %", "▁▅█                 "]


def test_a_note_leaves_its_course_the_cells_beside_it() -> None:
    rate = FigureValue("r", "Open rate", "50.0 %", "", (0, 5, 10), note="of Delivered")
    assert drawn(rate)[2] == "of Delivered ▁▅█    "
    assert drawn(rate, 16)[2] == "of Delivered    "  # three cells say nothing


def test_a_figure_that_wants_attention_says_so_without_colour() -> None:
    assert drawn(FigureValue("e", "Errors", "312", alarm=True))[1].startswith("312 !")


def test_a_change_that_does_not_fit_gives_way_to_the_value() -> None:
    assert drawn(FigureValue("sent", "Sent", "48 210 000", "+300.1 %"), 12)[1] == "48 210 000  "


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("known", ["0", ""]),
        ("tracking_off", ["off", "tracking is off"]),
        ("no_permission", ["locked", "no permission"]),
        ("not_collected", ["…", "not collected yet"]),
        ("no_feed", ["n/a", "no feed says this"]),
    ],
)
def test_no_number_is_shown_in_five_ways_that_are_never_mixed(state: State, shown: list[str]) -> None:
    lines = drawn(FigureValue("o", "Opens", "0", state=state))
    assert [line.strip() for line in lines[1:]] == shown


@given(st.none() | st.floats(allow_nan=True), st.integers(0, 60))
def test_a_bar_is_exactly_as_wide_as_told(share: float | None, width: int) -> None:
    assert len(share_bar(share, width)) == width


def test_bars() -> None:
    assert share_bar(0.5, 4) == "██  " and share_bar(1 / 16, 4) == "▎   "
    assert share_bar(7, 2) == "██" and share_bar(math.nan, 2) == "  "


class FigureApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.row = FigureRow()
        self.said: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield self.row

    def on_mount(self) -> None:
        self.row.focus()

    def on_row_view_moved(self, message: FigureRow.Moved) -> None:
        self.said.append(("moved", message.row.key))

    def on_row_view_chosen(self, message: FigureRow.Chosen) -> None:
        self.said.append(("chosen", message.row.key))

    @property
    def screen_lines(self) -> list[str]:
        return [self.row.render_line(y).text.rstrip() for y in range(self.row.size.height)]


FIGURES = [
    FigureValue(name, name.title(), str(n), trend=(1, n))
    for n, name in enumerate(["sent", "opens", "clicks", "errors"])
]


def named(*names: str) -> list[FigureValue]:
    return [FigureValue(name, name, "1") for name in names]


def test_figures_fill_their_lines_alike() -> None:
    ten, six = named(*"abcdefghij"), named(*"abcdef")
    assert len(flow(six, 78)) == 3  # and not four and two
    assert flow(ten, 200) == (20,) * 10
    assert len(flow(ten, 78)) == 4
    assert flow(six[:1], 200) == (38,)
    assert flow((), 20) == (20,) and flow(six, 3) == (3,)


def test_figures_with_nothing_below_them_take_a_line_less() -> None:
    bare, told = named("a", "b"), [FigureValue("c", "c", "1", note="of Sent")]
    assert [lines_of(some, 20) for some in (bare, told, [*bare, *told], [])] == [4, 3, 7, 3]


def test_a_long_name_gets_the_cells_that_others_do_not_need() -> None:
    figures = named("Exited", "Failed individual", "In")
    assert flow(figures, 3 * 18 + 2) == (18, 19, 18)
    assert flow(named("Failed individual journeys", *"abcd"), 37) == (19, 18)  # its name takes two lines
    assert flow(named("Failed individual journeys", "Entered"), 50) == (30, 20)
    assert flow(named("Unbreakably-long-name-of-it", "Entered"), 37) == (37,)  # a line more is enough
    assert flow(named("Unbreakably-long-name-of-it", *"abcd"), 37) == (18, 18)  # two more are too many


def test_a_name_that_is_too_long_goes_on_in_a_second_line() -> None:
    failed = FigureValue("f", "Failed individual journeys", "1")
    assert [line.rstrip() for line in drawn(failed, 18)] == ["Failed individual", "journeys", "1", ""]
    assert drawn(failed._replace(label="Clicked to open ratio of all"), 12)[:2] == [
        "Clicked to  ",
        "open ratio …",
    ]
    beside = draw_figure(FigureValue("a", "Entered", "2"), 18, PLAIN, 2)
    assert ["".join(part.text for part in line).strip() for line in beside] == ["", "Entered", "2", ""]
    assert lines_of([failed, *named(*"abcd")], 37) == 3 + 2 + 2


@given(st.lists(st.text(max_size=40), max_size=12), st.integers(1, 250))
def test_figures_never_leave_their_row(names: list[str], width: int) -> None:
    columns = flow(named(*names), width)
    assert all(columns) and (sum(columns) <= width or len(columns) == 1)
    assert len(columns) == 1 or min(columns) >= LEAST_WIDTH + GUTTER


async def test_figures_flow_into_the_width_and_the_height_follows() -> None:
    app = FigureApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.row.set_figures(FIGURES)
        await pilot.pause()
        assert app.row.size.height == 3
        assert app.screen_lines[0].split() == ["Sent", "Opens", "Clicks", "Errors"]
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert app.row.size.height == 6
        assert [app.screen_lines[n].split() for n in (0, 3)] == [["Sent", "Opens"], ["Clicks", "Errors"]]


async def test_the_cursor_goes_from_figure_to_figure_and_enter_chooses() -> None:
    app = FigureApp()
    async with app.run_test(size=(40, 24)) as pilot:
        app.row.set_figures(FIGURES)
        await pilot.press("l", "j", "h", "enter")
        await pilot.pause()
        assert app.said == [
            ("moved", "opens"),
            ("moved", "errors"),
            ("moved", "clicks"),
            ("chosen", "clicks"),
        ]
        assert app.screen_lines[4].startswith(">2")
        app.row.set_figures([FIGURES[2], FIGURES[0]])
        await pilot.pause()
        assert app.row.cursor_figure is FIGURES[2]


async def test_a_click_goes_to_a_figure_and_a_second_one_opens_it() -> None:
    app = FigureApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.row.set_figures(FIGURES)
        await pilot.pause()
        await pilot.click(FigureRow, offset=(45, 1))
        await pilot.click(FigureRow, offset=(45, 1))
        await pilot.pause()
        assert app.said == [("moved", "clicks"), ("chosen", "clicks")]


async def test_in_the_terminals_own_colours_a_course_under_the_cursor_can_be_seen() -> None:
    app = FigureApp()
    async with app.run_test(size=(40, 24)) as pilot:
        app.theme = "ansi-dark"
        await pilot.pause()
        assert app.row.look("cursor").bgcolor != app.row.look("bar").color
        assert app.row.look("cursor").reverse
