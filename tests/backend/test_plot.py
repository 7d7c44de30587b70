"""Charts: exact size, gaps, round ticks, and no number that can end the process."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.plot import (
    Bar,
    Entry,
    Line,
    TimeAxis,
    bar_chart,
    cell_width,
    draw_plot,
    fit,
    flowed,
    line_chart,
    sparkline,
)
from backend.ticks import nice_ticks, span_text, thinned, tick_text, time_ticks

HOUR_MS = 3_600_000
PARTS, CASES = (10, 10_000) if os.environ.get("PARCOURS_TORTURE") else (1, 300)
"""Of the fuzz; parts, so that all cores take a share."""
AXIS = TimeAxis(1_772_409_600_000, HOUR_MS)  # 2026-03-02 00:00 UTC
HOSTILE = [math.nan, math.inf, -math.inf, None, 0, 1e308, -1e308, 5e-324, 10**400, -(10**400), 2**63, 1.5]
NUMBERS = st.one_of(st.sampled_from(HOSTILE), st.floats(), st.integers())


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 9, 4, [0, 5, 10]),  # 9 / 3 = 3 -> steps of 5
        (0, 100, 5, [0, 50, 100]),  # 100 / 4 = 25 -> 50
        (0, 0, 4, [0, 0.5, 1]),  # nothing to show: 0 to 1
        (-3, 4, 4, [-5, 0, 5]),
        (0, 12_345, 4, [0, 5_000, 10_000, 15_000]),
    ],
)
def test_ticks_are_round_and_span_the_values(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert nice_ticks(low, high, most) == ticks


def test_counts_have_no_ticks_between_whole_numbers() -> None:
    assert nice_ticks(0, 1, 8, whole=True) == [0, 1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (950, "950"),
        (1500, "1.5k"),
        (20_000_000, "20M"),
        (3e9, "3G"),
        (1e300, "1.0e+300"),
        (0.5, "0.5"),
    ],
)
def test_tick_texts_are_short(value: float, text: str) -> None:
    assert tick_text(value) == text


@pytest.mark.parametrize(
    ("start_h", "end_h", "zone", "text"),
    [
        (14, 15, UTC, "03-02 14:00 - 15:00"),
        (23, 25, UTC, "03-02 23:00 - 03-03 01:00"),
        (0, 24, UTC, "03-02"),
        (0, 72, UTC, "03-02 - 03-04"),
        (23, 24, ZoneInfo("Europe/Paris"), "03-03 00:00 - 01:00"),
    ],
)
def test_a_span_is_said_as_short_as_it_can_be(start_h: int, end_h: int, zone: ZoneInfo, text: str) -> None:
    start_ms = AXIS.start_ms
    assert span_text(start_ms + start_h * HOUR_MS, start_ms + end_h * HOUR_MS, zone) == text


def test_a_span_that_no_clock_shows_is_not_said() -> None:
    assert span_text(10**17, 2 * 10**17) == ""


def test_time_ticks_stand_on_the_zones_clock() -> None:
    # 00:00 to 24:00 UTC is 01:00 to 01:00 in Paris
    start, end = AXIS.start_ms, AXIS.start_ms + 24 * HOUR_MS
    assert [text for _, text in time_ticks(start, end, 4, UTC)] == ["03-02", "06:00", "12:00", "18:00"]
    paris = time_ticks(start, end, 4, ZoneInfo("Europe/Paris"))
    assert [(at - start) // HOUR_MS for at, _ in paris] == [5, 11, 17, 23]
    assert [text for _, text in paris] == ["06:00", "12:00", "18:00", "03-03"]


def test_ticks_keep_to_the_clock_when_it_changes() -> None:
    # 2026-03-29: Paris goes from 02:00 to 03:00, so noon is 11 hours after midnight
    midnight = 1_774_738_800_000
    ticks = time_ticks(midnight, midnight + 23 * HOUR_MS, 4, ZoneInfo("Europe/Paris"))
    assert [((at - midnight) // HOUR_MS, text) for at, text in ticks] == [
        (0, "03-29"),
        (5, "06:00"),
        (11, "12:00"),
        (17, "18:00"),
    ]


@pytest.mark.parametrize(("start", "end"), [(-(10**15), 10**15), (10**17, 10**18), (5, 5), (0, 8 * 10**14)])
def test_times_that_no_clock_shows_have_no_ticks(start: int, end: int) -> None:
    assert time_ticks(start, end, 5) == []


def test_a_line_chart_is_exactly_as_large_as_asked() -> None:
    lines = [Line("Sent", [1, 2, None, 4, 8]), Line("Opens", [0, 1, None, 2, 3])]
    drawn = line_chart(lines, 61, 12, AXIS)
    assert len(drawn) == 12
    assert {cell_width(line) for line in drawn} == {61}
    assert "• Sent  + Opens" in line_chart(lines, 61, 12, AXIS)[-1]


@pytest.mark.parametrize("count", [1, 2, 5, 24, 97])
@pytest.mark.parametrize("width", [41, 60, 178])
def test_the_cell_of_a_point_is_where_it_is_drawn(count: int, width: int) -> None:
    for point in range(count):
        values = [9 if place == point else None for place in range(count)]
        drawn, frame = draw_plot([Line("Sent", values)], width, 9, AXIS)
        assert frame is not None and frame.points == count
        (curve,) = [line[frame.left :] for line in drawn[: frame.height] if line[frame.left :].strip()]
        place = frame.left + len(curve.rstrip()) - 1
        # where a point lies between two cells, either may be drawn
        assert abs(frame.cell_of(point) - place) <= 1
        assert frame.points > frame.width or frame.point_at(frame.cell_of(point)) == point


def test_a_legend_takes_as_few_lines_as_it_can() -> None:
    entries = [Entry(None, "12:00"), Entry(0, "Sent 5"), Entry(1, "Opens 3"), Entry(2, "a very long one")]
    # 12:00 and two gaps and marks: 5 + 2 + 8 + 2 + 9 = 26
    assert [len(row) for row in flowed(entries, 26)] == [3, 1]
    assert [len(row) for row in flowed(entries, 25)] == [2, 1, 1]
    assert flowed(entries, 10)[-1] == [Entry(2, "a very …")]


def test_charts_that_share_a_scale_reach_to_the_same_number() -> None:
    low, high = ([Line("Sent", [0, most])] for most in (9, 90))
    assert draw_plot(low, 40, 9, AXIS, top=90).lines[0][:4] == draw_plot(high, 40, 9, AXIS).lines[0][:4]


def test_a_gap_is_no_line_down_to_zero() -> None:
    drawn = line_chart([Line("Sent", [9, 9, None, None, None, None, 9, 9])], 60, 8, AXIS)
    curves = [line[4:].strip() for line in drawn[:-2] if line[4:].strip()]
    # all of it lies at one height: a line, a gap, a line
    assert len(curves) == 1
    assert len(curves[0].split()) == 2


def test_a_chart_for_a_terminal_without_utf_8_is_ascii() -> None:
    lines = [Line("Sent", [1, 2, None, 4, 8]), Line("Opens", [0, 1, None, 2, 3])]
    assert all(line.isascii() for line in line_chart(lines, 61, 12, AXIS, ascii_only=True))
    assert sparkline([0, 1, 2], 5, ascii_only=True).isascii()
    assert sparkline([0, 1, 2, 1000], 4) == "▁▂▂█"  # few are not none
    assert sparkline([0, -1, -1000, 3], 4) == "▇▆▁█"
    assert all(line.isascii() for line in bar_chart([Bar("a long name", 3, "3")], 12, ascii_only=True))


def test_a_chart_without_room_becomes_small_ones() -> None:
    assert line_chart([Line("Sent", [0, 4, 8])], 10, 2, AXIS) == ["▁▅█       ", " " * 10]


def test_bars_are_as_long_as_their_numbers_and_a_little_is_not_nothing() -> None:
    bars = [Bar("full", 200, "200"), Bar("half", 100, "100"), Bar("little", 0.1, "0"), Bar("none", None, "-")]
    # 20 cells: label 6, number 3, two blanks, so 9 for the bar
    assert bar_chart(bars, 20) == [
        "full   █████████ 200",
        "half   ████▌     100",
        "little ▏           0",
        "none               -",
    ]


def test_wide_letters_take_two_cells() -> None:
    assert cell_width("漢字") == 4
    assert fit("漢字", 3) == "漢…"
    assert fit("漢字漢", 4) == "漢… "
    assert fit("12", 5, right=True) == "   12"


def test_thinning_keeps_the_peaks() -> None:
    assert thinned([1, 9, 2, 3, None, math.nan, 5], 4) == ([9, 3, None, 5], 2)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(NUMBERS, max_size=40), min_size=0, max_size=4),
    st.integers(0, 90),
    st.integers(0, 16),
    st.booleans(),
)
def test_any_numbers_give_a_chart_of_the_asked_size(
    values: list[list[float | int | None]], width: int, height: int, ascii_only: bool
) -> None:
    lines = [Line(f"line {place}", line) for place, line in enumerate(values)]
    drawn = line_chart(lines, width, height, AXIS, ascii_only=ascii_only)
    assert len(drawn) == height
    assert all(cell_width(line) == width for line in drawn)
    for line in values:
        assert cell_width(sparkline(line, width, ascii_only=ascii_only)) == width
        bars = [Bar("name", value, str(value)[:9]) for value in line]
        assert all(cell_width(drawn) == width for drawn in bar_chart(bars, width, ascii_only=ascii_only))


FUZZ = """
import random, struct, sys
from backend.plot import Bar, Line, TimeAxis, bar_chart, cell_width, draw_plot, line_chart, sparkline
dice = random.Random(int(sys.argv[1]))
pool = [float("nan"), float("inf"), -float("inf"), None, 0, -0.0, 1e308, -1e308, 5e-324, 10**400, 2**70,
        1, -1, 0.1]
makers = [lambda: dice.choice(pool), lambda: dice.randrange(1000), lambda: dice.gauss(0, 1e9),
          lambda: struct.unpack("d", dice.randbytes(8))[0]]
def values():
    make = dice.choice(makers)
    return [make() if dice.random() < 0.9 else dice.choice(pool) for _ in range(dice.randrange(60))]
for case in range(int(sys.argv[2])):
    lines = [Line(dice.choice(("x", "", "e\\u0301", "\\u6f22\\u5b57" * 30)), values())
             for _ in range(dice.randrange(0, 10))]
    axis = TimeAxis(dice.choice((0, 10**12, -10**14, 10**17)), dice.choice((1, 60_000, 86_400_000)))
    width, height = dice.randrange(0, 120), dice.randrange(0, 40)
    how = {"ascii_only": dice.random() < 0.2}
    drawn = line_chart(lines, width, height, axis, **how)
    plot = draw_plot(lines, width, height, axis, **how)
    assert {len(drawn), len(plot.lines)} == {height}, case
    assert all(cell_width(line) == width for line in (*drawn, *plot.lines)), case
    if plot.frame is not None:
        cells = [plot.frame.cell_of(point) for point in range(plot.frame.points)]
        assert all(plot.frame.left <= cell < width for cell in cells), case
    for line in lines[:2]:
        assert cell_width(sparkline(line.values, width, **how)) == width, case
        bars = [Bar(line.label, value, str(value)[:9]) for value in line.values]
        assert all(cell_width(row) == width for row in bar_chart(bars, width, **how)), case
print("alive")
"""


@pytest.mark.torture
@pytest.mark.parametrize("part", range(PARTS))
def test_no_number_ends_the_process(part: int) -> None:
    """plotext 6.1 aborts on a NaN, which no Python code can catch: so it is tried in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", FUZZ, str(11 + part), str(CASES)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "alive\n"), run.stderr


def test_threads_share_the_figure_one_after_the_other() -> None:
    lines = [Line("Sent", list(range(30)))]
    wanted = line_chart(lines, 60, 10, AXIS)
    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: found.extend(line_chart(lines, 60, 10, AXIS) for _ in range(10)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert all(drawn == wanted for drawn in found)
