"""What a bar, or several, are said to count: unknown is never 0."""

from __future__ import annotations

from datetime import UTC

import pytest
from textual.app import App, ComposeResult

from backend.model import Bucket
from tui.presenters.log_histogram import bars_of, missing
from widgets.log_histogram import Bar, LogHistogram, _together

MINUTE_MS = 60_000
BUCKETS = [Bucket(n * MINUTE_MS, (n + 1) * MINUTE_MS, 5 * n, n, 0) for n in range(4)]


@pytest.mark.parametrize(
    ("counted_from_ms", "told"),
    [
        (None, ["0 rows, 0 errors", "5 rows, 1 error", "10 rows, 2 errors", "15 rows, 3 errors"]),
        (MINUTE_MS, ["not counted", "5 rows, 1 error", "10 rows, 2 errors", "15 rows, 3 errors"]),
        (
            2 * MINUTE_MS + 1,
            ["not counted", "not counted", "10 or more rows, 2 errors", "15 rows, 3 errors"],
        ),
    ],
)
def test_bars_before_what_was_counted_are_unknown(counted_from_ms: int | None, told: list[str]) -> None:
    bars = bars_of(BUCKETS, UTC, counted_from_ms)
    assert [bar.told for bar in bars] == told
    assert _together(bars[:1]).told == told[0]
    assert (" or more" in _together(bars).told) == (counted_from_ms is not None)


@pytest.mark.parametrize(
    ("counted_from_ms", "pruned_before_ms", "said"),
    [
        (None, None, ""),
        (0, None, "not counted before 1970-01-01 00:00: too many rows"),
        (None, 0, "pruned before 1970-01-01 00:00"),
        (
            MINUTE_MS,
            0,
            "not counted before 1970-01-01 00:01: too many rows; pruned before 1970-01-01 00:00",
        ),
    ],
)
def test_what_is_missing_is_said(
    counted_from_ms: int | None, pruned_before_ms: int | None, said: str
) -> None:
    assert missing(counted_from_ms, pruned_before_ms, UTC) == said


async def test_a_bar_that_was_not_counted_is_drawn_as_unknown() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield LogHistogram()

    app = Host()
    async with app.run_test(size=(60, 8)) as pilot:
        histogram = app.query_one(LogHistogram)
        histogram.set_bars(
            [Bar(0, 1, "a", None, 0), Bar(1, 2, "b", 0, 0), Bar(2, 3, "c", 8, 0, True)], "note"
        )
        await pilot.pause()
        assert histogram.render_line(3).text[:3] == "· █"
        histogram.focus()
        await pilot.press("left")
        assert "c: 8 or more rows, 0 errors" in histogram.render_line(4).text
        await pilot.press("left", "left")
        assert "a: not counted; enter narrows" in histogram.render_line(4).text
