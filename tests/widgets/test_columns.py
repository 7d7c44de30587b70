"""How columns share a width, and how text is put into a width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backend.clean import clean
from widgets.columns import GAP, Column, fit, pieces, to_width, wrap

LOG = (
    Column("time", "time", least=12),
    Column("level", "lvl", least=3),
    Column("scenario", "scenario", least=8, most=14, grow=1, drop=2),
    Column("contact", "contact", least=10, most=30, grow=2, drop=1),
    Column("message", "message", least=10, grow=3),
)


def widths(total: int) -> dict[str, int]:
    return {item.column.key: item.width for item in fit(LOG, total)}


def test_spare_cells_go_to_the_columns_that_grow() -> None:
    assert widths(47) == {"time": 12, "level": 3, "scenario": 8, "contact": 10, "message": 10}
    assert widths(53) == {"time": 12, "level": 3, "scenario": 9, "contact": 12, "message": 13}


def test_a_column_stops_at_its_most_and_the_rest_goes_on() -> None:
    assert widths(200) == {"time": 12, "level": 3, "scenario": 14, "contact": 30, "message": 137}


def test_columns_vanish_in_their_order_and_never_those_without_drop() -> None:
    assert list(widths(46)) == ["time", "level", "contact", "message"]
    assert list(widths(37)) == ["time", "level", "message"]
    assert list(widths(5)) == ["time", "level", "message"]


@st.composite
def some_columns(draw: st.DrawFn) -> tuple[Column, ...]:
    count = draw(st.integers(1, 7))
    return tuple(
        Column(
            str(index),
            "t",
            least=draw(st.integers(1, 12)),
            most=draw(st.none() | st.integers(12, 40)),
            grow=draw(st.integers(0, 3)),
            drop=draw(st.integers(0, 3)),
        )
        for index in range(count)
    )


@given(some_columns(), st.integers(1, 300))
def test_fitted_columns_stay_within_the_width_and_fill_it_when_one_grows_freely(
    columns: tuple[Column, ...], width: int
) -> None:
    fitted = fit(columns, width)
    used = sum(item.width for item in fitted) + GAP * (len(fitted) - 1)
    assert all(item.width >= item.column.least for item in fitted)
    assert all(item.column.most is None or item.width <= item.column.most for item in fitted)
    if any(item.column.drop for item in fitted):
        assert used <= width
    if used < width:
        assert all(not item.column.grow or item.width == item.column.most for item in fitted)


@given(st.text(max_size=40), st.integers(0, 30), st.sampled_from(["left", "right"]))
def test_to_width_gives_exactly_the_width(text: str, width: int, align: str) -> None:
    assert cell_len(to_width(clean(text), width, align)) == width  # type: ignore[arg-type]


def test_to_width_marks_what_it_cut() -> None:
    assert to_width("abcdef", 4) == "abc…"
    assert to_width("山田太郎", 4) == "山 …"
    assert to_width("7", 3, "right") == "  7"


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("gateway said 503 again", ["gateway", "said 503", "again"]),
        ("ten cells. next", ["ten cells.", "next"]),
        ("a considerable time", ["a consider", "able time"]),
        ("https://example.org/offer", ["https://ex", "ample.org/", "offer"]),
        ("            far in", ["          ", " far in"]),
        ("twos  blanks  here", ["twos ", "blanks ", "here"]),
        ("ends there ", ["ends there"]),
        ("山田太郎様 からの手紙", ["山田太郎様", "からの手紙"]),
        ("a山田太郎様からの", ["a山田太郎", "様からの"]),
        ("one\n\ntwo three four", ["one", "", "two three", "four"]),
        ("", [""]),
    ],
)
def test_lines_break_between_words_where_that_does_not_leave_half_of_them_empty(
    value: str, lines: list[str]
) -> None:
    assert wrap(value, 10) == lines


@given(st.text(max_size=80) | st.text("ab 山é\n", max_size=80), st.integers(2, 30))
def test_wrap_loses_nothing_but_a_blank_at_a_break_and_stays_within_the_width(text: str, width: int) -> None:
    value = clean(text, multiline=True)
    at = 0
    for start, line in pieces(value, width):
        assert value[at:start] in ("", " ", "\n", " \n")
        assert value[start : start + len(line)] == line
        assert cell_len(line) <= width
        at = start + len(line)
    assert value[at:] in ("", " ")
    assert value.count("\n") < len(wrap(value, width))
