"""Every way in which feeds write a time, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds.times import EARLIEST_MS, LATEST_MS, Moment, read_time

PARIS = ZoneInfo("Europe/Paris")
NOV_21 = 1_795_256_525_000  # 2026-11-21T10:22:05Z


@pytest.mark.parametrize(
    ("value", "at_ms"),
    [
        (1_604_933_654, 1_604_933_654_000),
        (1_604_933_654_123, 1_604_933_654_123),
        (1_604_933_654_123_456, 1_604_933_654_123),
        (1_604_933_654_123_456_789, 1_604_933_654_123),
        (1_604_933_654.5, 1_604_933_654_500),
        ("1604933654", 1_604_933_654_000),
        (" 1604933654123 ", 1_604_933_654_123),
        ("2026-11-21T10:22:05Z", NOV_21),
        ("2026-11-21T10:22:05.123456Z", NOV_21 + 123),
        ("2026-11-21T10:22:05,5z", NOV_21 + 500),
        ("2026-11-21T11:22:05+01:00", NOV_21),
        ("2026-11-21T05:22:05-0500", NOV_21),
        ("2026-11-21 11:22:05 +01", NOV_21),
        ("2026/11/21 10:22:05 UTC", NOV_21),
        ("Sat, 21 Nov 2026 10:22:05 GMT", NOV_21),
        ("Sat, 21 Nov 2026 05:22:05 -0500", NOV_21),
        ("2026-11-21 11:22:05 CET", NOV_21),
        ("Sat Nov 21 2026 11:22:05 GMT+0100", NOV_21),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ],
)
def test_times_that_tell_their_zone_mean_one_moment_whatever_zone_is_named(value: object, at_ms: int) -> None:
    assert read_time(value, PARIS) == (at_ms, None)
    assert read_time(value) == (at_ms, None)


@pytest.mark.parametrize(
    "text",
    [
        "21-11-2026 10:22:05",
        "21/11/2026 10:22:05",
        "21.11.2026, 10:22:05",
        "2026-11-21 10:22:05",
        "2026-11-21T10:22:05",
        "21 Nov 2026 10:22:05",
        "21 novembre 2026 à 10:22:05",
        "21 de noviembre de 2026 10:22:05",
        "21. November 2026 um 10:22:05",
        "Nov 21, 2026 10:22:05 AM",
        "Saturday, November 21, 2026 at 10:22:05",
    ],
)
def test_times_without_a_zone_are_read_in_the_zone_named_and_keyed_as_utc(text: str) -> None:
    assert read_time(text) == (NOV_21, NOV_21)
    assert read_time(text, PARIS) == (NOV_21 - 3_600_000, NOV_21)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("25-10-2026 02:30:00", "2026-10-25T00:30:00"),  # told twice in Paris: the first, at +02:00
        ("25-10-2026 03:30:00", "2026-10-25T02:30:00"),
        ("29-03-2026 02:30:00", "2026-03-29T01:30:00"),  # never struck in Paris: as if the clock had gone on
        ("21 nov. 2026", "2026-11-20T23:00:00"),
        ("Nov 21, 2026 12:05 AM", "2026-11-20T23:05:00"),
        ("Nov 21, 2026 12:05 pm", "2026-11-21T11:05:00"),
        ("21 déc. 2026 14h05", "2026-12-21T13:05:00"),
    ],
)
def test_local_times_in_paris(text: str, utc: str) -> None:
    assert datetime.fromtimestamp(read_time(text, PARIS).at_ms / 1000, UTC).isoformat()[:19] == utc


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "a record without a date"),
        ("  ", "a record without a date"),
        (True, "a date that cannot be read"),
        ([], "a date that cannot be read"),
        (float("inf"), "a date that cannot be read"),
        ("yesterday", "a date that cannot be read"),
        ("2026-02-30", "a date that cannot be read"),
        ("2026-13-01 10:00", "a date that cannot be read"),
        ("2026-11-21 25:00", "a date that cannot be read"),
        ("2026-11-21 10:00:61", "a date that cannot be read"),
        ("2026-11-21 13:00 pm", "a date that cannot be read"),
        ("2026-11-21T10:00:00+99:00", "a date that cannot be read"),
        ("21 Foo 2026", "a date that cannot be read"),
        ("2026-11-21 10:00 XYZ", "a date with a zone that is not known"),
        (0, "a date before 1990 or after 2099"),
        (99_999_999_999_999_999_999, "a date before 1990 or after 2099"),
        ("1989-12-31T23:59:59Z", "a date before 1990 or after 2099"),
        ("2100-01-01T00:00:00Z", "a date before 1990 or after 2099"),
        ("0001-01-01 00:00", "a date before 1990 or after 2099"),
    ],
)
def test_what_is_no_date_has_a_reason(value: object, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read_time(value, PARIS)
    assert str(caught.value) == reason


@settings(max_examples=100, deadline=None)
@given(st.integers(EARLIEST_MS, LATEST_MS - 1))
def test_what_is_written_as_iso_is_read_back(at_ms: int) -> None:
    text = datetime.fromtimestamp(at_ms // 1000, UTC).isoformat() + f" {at_ms}"
    iso = text.split(" ")[0].replace("+00:00", f".{at_ms % 1000:03}Z")
    assert read_time(iso, PARIS) == (at_ms, None)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(EARLIEST_MS // 1000 - 100_000, LATEST_MS // 1000 + 100_000),
    st.sampled_from(("", ".007", ".999")),
    st.sampled_from(("", "Z")),
)
def test_the_same_time_is_read_from_dashes_and_slashes(at_s: int, part: str, zone: str) -> None:
    dashes = f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}{part}{zone}"
    assert _read_or_reason(dashes) == _read_or_reason(dashes.replace("-", "/"))


def _read_or_reason(text: str) -> Moment | str:
    try:
        return read_time(text, PARIS)
    except DecodeError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=70)
    | st.from_regex(r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,4}[-/. ][0-9]{1,4}[ T][0-9]{1,2}:[0-9]{2}.{0,6}")
    | st.floats()
    | st.integers()
)
def test_anything_gives_a_plausible_moment_or_a_reason(value: object) -> None:
    try:
        moment = read_time(value, PARIS)
    except DecodeError:
        return
    assert EARLIEST_MS <= moment.at_ms < LATEST_MS
