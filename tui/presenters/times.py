"""Times as a screen shows them. Stored times are UTC; a zone here is only display (R04)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from backend.model import Window
from backend.numbers import format_minute, format_second


class LocalZone(tzinfo):
    """The zone of this machine with its summer times, which a fixed offset would not know."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, when: datetime | None) -> timedelta | None:
        return None

    def tzname(self, when: datetime | None) -> str | None:
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, when: datetime) -> datetime:
        local = when.replace(tzinfo=UTC).astimezone()
        return local.replace(tzinfo=self)


def zone_of(name: str) -> tzinfo:
    """The zone that the settings name: UTC, local or a name of the zone database."""
    if name == "UTC":
        return UTC
    if name == "local":
        return LocalZone()
    from zoneinfo import ZoneInfo  # 2 ms that a console in UTC need not pay

    return ZoneInfo(name)


def format_time(at_ms: int, zone: tzinfo) -> str:
    """19:42:10"""
    return format_second(at_ms, zone).partition(" ")[2]


def format_short(at_ms: int, zone: tzinfo) -> str:
    """11-20 19:42:10"""
    return format_second(at_ms, zone).partition("-")[2]


def format_near(at_ms: int, now_ms: int, zone: tzinfo) -> str:
    """19:42:10 on the day of `now_ms`, else 2026-11-20 19:42:10: only another time changes it."""
    day, _, time = format_second(at_ms, zone).partition(" ")
    return time if day == format_second(now_ms, zone).partition(" ")[0] else f"{day} {time}"


def format_full(at_ms: int, zone: tzinfo) -> str:
    """2026-11-20 19:42:10.004"""
    return f"{format_second(at_ms, zone)}.{at_ms % 1000:03d}"


def format_iso(at_ms: int) -> str:
    """2026-11-20T19:42:10.004Z: RFC 3339, as JSON output writes times."""
    return format_full(at_ms, UTC).replace(" ", "T") + "Z"


def format_window(window: Window, zone: tzinfo) -> str:
    """2026-11-20 10:00 - 11-21 10:00: the end without what it shares with the start."""
    ends = format_after(window.end_ms, window.start_ms, zone)
    return f"{format_minute(window.start_ms, zone)} - {ends}"


def format_after(at_ms: int, said_ms: int, zone: tzinfo) -> str:
    """A minute that is said behind another, without the day or the year that it shares with that one:
    10:00, 11-21 10:00, else all of it."""
    text, said = format_minute(at_ms, zone), format_minute(said_ms, zone)
    shared = next((cut for cut in (11, 5) if text[:cut] == said[:cut]), 0)
    return text[shared:]
