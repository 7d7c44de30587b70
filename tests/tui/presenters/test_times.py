"""Times as a person reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from backend.model import Window
from backend.numbers import format_minute, zone_name
from tui.presenters.times import (
    LocalZone,
    format_full,
    format_iso,
    format_short,
    format_time,
    format_window,
    zone_of,
)

AT_MS = int(datetime(2026, 3, 10, 19, 42, 10, 4000, UTC).timestamp() * 1000)


@pytest.fixture
def paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_time_is_written_as_long_as_its_place_allows() -> None:
    assert format_time(AT_MS, UTC) == "19:42:10"
    assert format_short(AT_MS, UTC) == "03-10 19:42:10"
    assert format_minute(AT_MS, UTC) == "2026-03-10 19:42"
    assert format_full(AT_MS, UTC) == "2026-03-10 19:42:10.004"
    assert format_iso(AT_MS) == "2026-03-10T19:42:10.004Z"


def test_a_window_names_the_second_day_only_where_it_is_another() -> None:
    assert format_window(Window(AT_MS - 3_600_000, AT_MS), UTC) == "2026-03-10 18:42 - 19:42"
    assert format_window(Window(AT_MS - 86_400_000, AT_MS), UTC) == "2026-03-09 19:42 - 03-10 19:42"


@pytest.mark.parametrize("at_ms", [-(10**18), 10**18, -(2**63), 2**63 - 1])
def test_absurd_times_are_shown_at_the_edge_of_the_calendar(at_ms: int) -> None:
    assert format_minute(at_ms, UTC)[4] == "-"
    assert format_minute(at_ms, zone_of("America/New_York"))[4] == "-"


@pytest.mark.usefixtures("paris")
def test_local_time_knows_summer_and_winter() -> None:
    winter_ms, summer_ms = 1_770_000_000_000, 1_783_000_000_000
    zone = LocalZone()
    assert (format_minute(winter_ms, zone), zone_name(zone, winter_ms)) == ("2026-02-02 03:40", "CET")
    assert (format_minute(summer_ms, zone), zone_name(zone, summer_ms)) == ("2026-07-02 15:46", "CEST")
    assert (
        datetime(2026, 7, 1, 12, tzinfo=zone).timestamp() == datetime(2026, 7, 1, 10, tzinfo=UTC).timestamp()
    )


def test_a_zone_comes_by_its_name() -> None:
    assert zone_of("UTC") is UTC
    assert isinstance(zone_of("local"), LocalZone)
    assert format_minute(AT_MS, zone_of("Asia/Tokyo")) == "2026-03-11 04:42"
