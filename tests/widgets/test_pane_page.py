"""Where panes are put, as rules that hold for any layout and width, and the page that shows them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.widgets import Input

from widgets import shown
from widgets.pane import Pane
from widgets.pane_page import COLUMNS, LEAST_CELLS, PanePage, Rect, Slot, place

SLOTS = st.lists(st.tuples(st.integers(1, 12), st.integers(3, 20)), max_size=14).map(
    lambda given: [Slot(str(n), span, height) for n, (span, height) in enumerate(given)]
)
WIDTHS = st.integers(1, 400)


def test_a_wide_page_gives_each_pane_its_columns() -> None:
    slots = [Slot("a", 8, 10), Slot("b", 4, 6), Slot("c", 12, 5)]
    assert place(slots, 240) == (
        Rect("a", 0, 0, 160, 10),
        Rect("b", 160, 0, 80, 10),
        Rect("c", 0, 10, 240, 5),
    )


def test_at_80_columns_quarters_become_halves() -> None:
    slots = [Slot(name, 3, 5) for name in "abc"]
    assert place(slots, 80) == (Rect("a", 0, 0, 40, 5), Rect("b", 40, 0, 40, 5), Rect("c", 0, 5, 80, 5))


def test_below_two_panes_each_takes_the_whole_width() -> None:
    assert [rect.width for rect in place([Slot("a", 3, 5), Slot("b", 3, 5)], 75)] == [75, 75]


def test_at_80_columns_a_pane_fills_its_row_whatever_was_taken_away_beside_it() -> None:
    assert [rect.width for rect in place([Slot("a", 8, 5), Slot("b", 6, 5), Slot("c", 6, 5)], 80)] == [
        80,
        40,
        40,
    ]


def test_a_hole_that_was_asked_for_stays_on_a_wide_page() -> None:
    assert place([Slot("a", 6, 5)], 200) == (Rect("a", 0, 0, 100, 5),)


@given(SLOTS, WIDTHS)
def test_every_pane_is_placed_once_in_order(slots: list[Slot], width: int) -> None:
    placed = place(slots, width)
    assert [rect.pane for rect in placed] == [slot.pane for slot in slots]
    assert all((one.y, one.x) < (two.y, two.x) for one, two in pairwise(placed))


@given(SLOTS, WIDTHS)
def test_panes_stay_on_the_page_and_never_overlap(slots: list[Slot], width: int) -> None:
    placed = place(slots, width)
    assert all(rect.x >= 0 and rect.x + rect.width <= width for rect in placed)
    for one, two in pairwise(placed):
        assert one.x + one.width == two.x if one.y == two.y else one.y + one.height == two.y


@given(SLOTS, WIDTHS)
def test_no_pane_is_narrower_than_it_may_be(slots: list[Slot], width: int) -> None:
    assert all(rect.width >= min(LEAST_CELLS, width) for rect in place(slots, width))


@given(SLOTS, WIDTHS)
def test_no_pane_is_lower_than_asked_and_a_row_has_one_height(slots: list[Slot], width: int) -> None:
    placed = place(slots, width)
    assert all(rect.height >= slot.height for rect, slot in zip(placed, slots, strict=True))
    assert all(one.height == two.height for one, two in pairwise(placed) if one.y == two.y)


@given(SLOTS)
def test_where_there_is_room_spans_are_kept_to_the_cell(slots: list[Slot]) -> None:
    width = LEAST_CELLS * COLUMNS
    assert [rect.width for rect in place(slots, width)] == [slot.span * LEAST_CELLS for slot in slots]


class PageApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield PanePage()

    def on_pane_page_pane_focused(self, message: PanePage.PaneFocused) -> None:
        self.said.append(message.pane.pane_id)

    @property
    def page(self) -> PanePage:
        return self.query_one(PanePage)


def panes(names: str) -> dict[str, Pane]:
    return {name: Pane(name, f"Pane {name}", Input()) for name in names}


async def test_the_page_shows_panes_where_they_are_placed_and_reflows() -> None:
    app = PageApp()
    async with app.run_test(size=(201, 30)) as pilot:
        made = panes("abc")
        await app.page.set_panes([Slot("a", 6, 8), Slot("b", 6, 8), Slot("c", 12, 8)], made)
        await pilot.pause()
        assert [tuple(made[name].region) for name in "abc"] == [
            (0, 0, 100, 8),
            (100, 0, 100, 8),
            (0, 8, 200, 8),
        ]
        await pilot.resize_terminal(61, 30)
        await pilot.pause()
        assert [tuple(made[name].region) for name in "abc"] == [(0, 0, 60, 8), (0, 8, 60, 8), (0, 16, 60, 8)]


async def test_panes_that_only_change_size_or_order_move_on_the_screen() -> None:
    app = PageApp()
    async with app.run_test(size=(201, 30)) as pilot:
        made = panes("ab")
        await app.page.set_panes([Slot("a", 6, 8), Slot("b", 6, 8)], made)
        await pilot.pause()
        app.page.set_slots([Slot("b", 6, 8), Slot("a", 6, 8)])
        await pilot.pause()
        assert [tuple(made[name].region) for name in "ba"] == [(0, 0, 100, 8), (100, 0, 100, 8)]
        app.page.set_slots([Slot("b", 3, 10), Slot("a", 6, 8)])
        await pilot.pause()
        assert [tuple(made[name].region) for name in "ba"] == [(0, 0, 50, 10), (50, 0, 100, 10)]


async def test_panes_go_away_come_back_and_change_places() -> None:
    app = PageApp()
    async with app.run_test(size=(201, 30)) as pilot:
        made = panes("abc")
        await app.page.set_panes([Slot("a", 6, 8), Slot("b", 6, 8)], made)
        await app.page.set_panes([Slot("c", 6, 8), Slot("a", 6, 8)], {name: made[name] for name in "ca"})
        await pilot.pause()
        assert list(app.page.panes) == ["c", "a"]
        assert made["c"].region.x == 0 and made["a"].region.x == 100
        app.page.set_slots([Slot("a", 12, 4)])
        await pilot.pause()
        assert made["a"].region.width == 200 and not made["c"].display


async def test_the_focus_goes_round_in_the_order_of_the_slots_and_scrolls_there() -> None:
    app = PageApp()
    async with app.run_test(size=(100, 12)) as pilot:
        made = panes("abc")
        await app.page.set_panes([Slot(name, 12, 10) for name in "cab"], made)
        for _ in range(4):
            app.page.focus_next_pane()
            await pilot.pause()
        assert app.said == ["c", "a", "b", "c"]
        app.page.focus_next_pane(-1)
        await pilot.pause()
        assert app.said[-1] == "b" and app.page.focused_pane is made["b"]
        assert made["b"].region.bottom <= 12


async def test_an_empty_page_takes_no_focus() -> None:
    app = PageApp()
    async with app.run_test(size=(100, 12)):
        assert not app.page.focus_next_pane()


async def test_a_pane_says_its_title_age_and_focus_without_colour() -> None:
    app = PageApp()
    async with app.run_test(size=(61, 12)) as pilot:
        pane = Pane("a", "Bounces [/b] \x1b[31m", Input())
        await app.page.set_panes([Slot("a", 12, 8)], {"a": pane})
        pane.set_state("4 s ago", note="live")
        await pilot.pause()
        assert "┌─ Bounces [/b] ␛[31m ─" in screen_text(app)[0]
        assert screen_text(app)[7].endswith("─ live  4 s ago ─┘ ")
        pane.set_state("data to 19:40", note="! bounce rate 9.5 % (140 of 1 469), above 5.0 %")
        await pilot.pause()
        assert screen_text(app)[7].endswith("─ ! bounce rate 9.5 % (140 of 1 469), ab…  data to 19:40 ─┘ ")
        pane.set_state("3 min old", stale=True)
        app.page.focus_next_pane()
        await pilot.pause()
        assert screen_text(app)[0].startswith("┏━ Bounces")
        assert "! 3 min old" in screen_text(app)[7]


async def test_in_ascii_the_title_says_that_a_pane_has_the_focus() -> None:
    shown.use_ascii(True)
    try:
        app = PageApp()
        async with app.run_test(size=(61, 12)) as pilot:
            await app.page.set_panes([Slot("a", 12, 8)], {"a": Pane("a", "Bounces", Input())})
            app.page.focus_next_pane()
            await pilot.pause()
            assert screen_text(app)[0].startswith("+- > Bounces ---")
    finally:
        shown.use_ascii(False)


def screen_text(app: App[Any]) -> list[str]:
    return ["".join(part.text for part in strip) for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (300, 100)])
async def test_any_size_is_survived(size: tuple[int, int]) -> None:
    app = PageApp()
    async with app.run_test(size=size) as pilot:
        await app.page.set_panes([Slot(name, 4, 6) for name in "abcdef"], panes("abcdef"))
        app.page.focus_next_pane()
        await pilot.pause()
