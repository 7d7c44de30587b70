"""How numbers, changes and ages are said."""

from __future__ import annotations

from datetime import UTC

import pytest

from backend.model import Availability, Cell, Figure
from backend.numbers import (
    MISSING,
    WHY,
    format_age,
    format_cell,
    format_change,
    format_count,
    format_figure,
    format_minute,
    format_percent,
    format_span,
)


def figure(value: float | None, previous: float | None = None, unit: str = "row") -> Figure:
    return Figure(metric="m", label="M", value=value, previous=previous, unit=unit)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (999, "999"), (48210, "48 210"), (-1234567, "-1 234 567"), (0.5, "0.5")]
)
def test_counts_are_grouped_by_thousands(count: float, text: str) -> None:
    assert format_count(count) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.978, "97.8 %"), (0, "0.0 %"), (0.0021, "0.21 %"), (1.5, "150.0 %"), (123.4, "12 340 %")],
)
def test_ratios_are_per_cent(ratio: float, text: str) -> None:
    assert format_percent(ratio) == text


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (103, 100, "row", "+3.0 %"),
        (50, 100, "row", "-50.0 %"),
        (4, 0, "row", "+4"),
        (0, 0, "row", "+0"),
        (0.052, 0.048, "ratio", "+0.4 pt"),
        (0.0013, 0.0016, "ratio", "-0.03 pt"),
        (0.5, 0.50000001, "ratio", "+0.0 pt"),
        (0.5, 0.5, "ratio", "+0.0 pt"),
        (10_003, 10_000, "row", "+0.03 %"),
        (30_000, 1_000, "row", "+2 900.0 %"),
        (4, None, "row", ""),
        (None, 4, "row", ""),
    ],
)
def test_a_change_is_against_the_window_before(
    now: float | None, before: float | None, unit: str, text: str
) -> None:
    assert format_change(figure(now, before, unit)) == text


def test_R47_no_two_displays_look_alike() -> None:
    shown = [
        format_figure(Figure(metric="m", label="M", value=None, availability=why)) for why in Availability
    ]
    assert len({*shown, format_figure(figure(0))}) == len(Availability) + 1
    assert set(MISSING) == set(WHY) == set(Availability)


def test_cells_are_counts_ratios_or_reasons() -> None:
    cells = [Cell(12345), Cell(0.5), Cell(None, Availability.NO_FEED), Cell("text")]
    assert [format_cell(cell) for cell in cells] == ["12 345", "50.0 %", "no feed", "text"]


@pytest.mark.parametrize(
    ("span_ms", "text"),
    [
        (5, "5 ms"),
        (4_000, "4 s"),
        (180_000, "3 min"),
        (4_800_000, "1 h 20"),
        (7_200_000, "2 h"),
        (183_600_000, "2 d 3 h"),
    ],
)
def test_spans_are_said_by_their_largest_unit(span_ms: int, text: str) -> None:
    assert format_span(span_ms) == text


def test_ages_are_past_now_or_ahead() -> None:
    now = 1_772_454_600_000
    assert format_age(None, now) == "never"
    assert format_age(now - 240_000, now) == "4 min ago"
    assert format_age(now, now) == "now"
    assert format_age(now + 120_000, now) == "in 2 min"


def test_times_beyond_the_calendar_are_shown_as_its_ends() -> None:
    assert format_minute(1_772_454_600_000, UTC) == "2026-03-02 12:30"
    assert format_minute(10**18, UTC).startswith("9999")
    assert format_minute(-(10**18), UTC).startswith("1-01") or format_minute(-(10**18), UTC).startswith(
        "0001"
    )
