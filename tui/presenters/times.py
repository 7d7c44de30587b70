"""Times, ages and spans as a person reads them. Stored times are UTC; a zone here is only display (R04)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from backend.model import DAY_MS, HOUR_MS, Window

MINUTE_MS = 60_000
_FIRST_MS = -62_135_596_800_000
_LAST_MS = 253_402_214_400_000
"""datetime ends with the year 9999, and a zone may shift by a day."""


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
    return LocalZone() if name == "local" else ZoneInfo(name)


def zone_name(zone: tzinfo, at_ms: int) -> str:
    """What to call the zone at that time: UTC, CET, +02."""
    return _at(at_ms, zone).tzname() or "local"


def format_time(at_ms: int, zone: tzinfo) -> str:
    """19:42:10"""
    return f"{_at(at_ms, zone):%H:%M:%S}"


def format_short(at_ms: int, zone: tzinfo) -> str:
    """11-20 19:42:10"""
    return f"{_at(at_ms, zone):%m-%d %H:%M:%S}"


def format_minute(at_ms: int, zone: tzinfo) -> str:
    """2026-11-20 19:42"""
    return f"{_at(at_ms, zone):%Y-%m-%d %H:%M}"


def format_full(at_ms: int, zone: tzinfo) -> str:
    """2026-11-20 19:42:10.004"""
    return f"{_at(at_ms, zone):%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}"


def format_iso(at_ms: int) -> str:
    """2026-11-20T19:42:10.004Z: RFC 3339, as JSON output writes times."""
    return format_full(at_ms, UTC).replace(" ", "T") + "Z"


def format_span(span_ms: int) -> str:
    """A span by its largest unit, with the next one where it tells: 0 ms, 4 s, 3 min, 1 h 20, 2 d 3 h."""
    span_ms = abs(span_ms)
    if span_ms < 1000:
        return f"{span_ms} ms"
    if span_ms < MINUTE_MS:
        return f"{span_ms // 1000} s"
    if span_ms < HOUR_MS:
        return f"{span_ms // MINUTE_MS} min"
    if span_ms < DAY_MS:
        hours, minutes = divmod(span_ms // MINUTE_MS, 60)
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    days, hours = divmod(span_ms // HOUR_MS, 24)
    return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"


def format_age(at_ms: int | None, now_ms: int) -> str:
    """How long ago, or "never"; a time ahead of now is said as such."""
    if at_ms is None:
        return "never"
    if at_ms > now_ms + 1000:
        return f"in {format_span(at_ms - now_ms)}"
    if now_ms - at_ms < 1000:
        return "now"
    return f"{format_span(now_ms - at_ms)} ago"


def format_window(window: Window, zone: tzinfo) -> str:
    """2026-11-20 10:00 - 2026-11-21 10:00, the second day left out where it is the first."""
    start, end = format_minute(window.start_ms, zone), format_minute(window.end_ms, zone)
    return f"{start} - {end[11:] if end[:10] == start[:10] else end}"


def _at(at_ms: int, zone: tzinfo) -> datetime:
    seconds = min(max(at_ms, _FIRST_MS + DAY_MS), _LAST_MS) // 1000
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)
