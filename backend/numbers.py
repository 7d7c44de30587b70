"""Numbers, ages and spans as a person reads them, the same in console and command line.

A number that is not known is said in words (R47), and never as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from backend.model import DAY_MS, HOUR_MS, Availability, Cell, Figure

MINUTE_MS = 60_000
_FIRST_MS, _LAST_MS = -62_135_510_400_000, 253_402_214_400_000
"""What datetime can show in every zone."""

MISSING: Mapping[Availability, str] = {
    Availability.KNOWN: "-",
    Availability.TRACKING_OFF: "tracking off",
    Availability.NO_PERMISSION: "no permission",
    Availability.NOT_COLLECTED: "not collected",
    Availability.NO_FEED: "no feed",
}
"""What stands where a number is missing. "-" is a rate of nothing: there is no whole to take a part of."""
WHY: Mapping[Availability, str] = {
    Availability.KNOWN: "",
    Availability.TRACKING_OFF: "tracking is off for these messages",
    Availability.NO_PERMISSION: "you may not see these numbers here",
    Availability.NOT_COLLECTED: "nothing of this collected yet",
    Availability.NO_FEED: "no feed in this source tells this",
}
"""The same as a sentence, for a pane of which no number is known; each fits into the narrowest pane."""


def format_count(count: float) -> str:
    """12 345; a part of one is kept: 0.5"""
    if isinstance(count, float) and not count.is_integer():
        return f"{count:,.1f}".replace(",", " ")
    return f"{int(count):,}".replace(",", " ")


def format_percent(ratio: float) -> str:
    """97.8 %, small ones with two places: 0.21 %; above a thousand without any."""
    percent = ratio * 100
    places = 0 if abs(percent) >= 1000 else 2 if 0 < abs(percent) < 1 else 1
    return f"{percent:,.{places}f} %".replace(",", " ")


def format_number(value: float | int | str | None, unit: str, availability: Availability) -> str:
    """A value of a unit, or why there is none."""
    if value is None:
        return MISSING[availability]
    if isinstance(value, str):
        return value
    return format_percent(value) if unit == "ratio" else format_count(value)


def format_figure(figure: Figure) -> str:
    return format_number(figure.value, figure.unit, figure.availability)


def format_cell(cell: Cell) -> str:
    """A table's cell: counts are whole numbers, floats are ratios."""
    return format_number(cell.value, "ratio" if isinstance(cell.value, float) else "row", cell.availability)


def format_change(figure: Figure) -> str:
    """Against the window before: +3.1 %, for ratios +0.4 pt; "" where that window is not known."""
    if figure.value is None or figure.previous is None:
        return ""
    change = figure.value - figure.previous
    if figure.unit == "ratio":
        return f"{_signed(change * 100)} pt"
    if figure.previous == 0:
        return f"+{format_count(change)}" if change > 0 else "+0"
    return f"{_signed(change / figure.previous * 100)} %"


def _signed(change: float) -> str:
    """+3.1; a second place where the first would say that nothing changed, and no -0.0 in any."""
    text = next((text for text in (f"{change:+,.1f}", f"{change:+,.2f}") if text.strip("+-0.")), "+0.0")
    return text.replace(",", " ")


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


def format_length(length_ms: int) -> str:
    """How long a window is: whole hours up to two days (24 h), else as a span."""
    hours, rest_ms = divmod(length_ms, HOUR_MS)
    return f"{hours} h" if 1 <= hours <= 48 and not rest_ms else format_span(length_ms)


def format_age(at_ms: int | None, now_ms: int) -> str:
    """How long ago, or "never"; a time ahead of now is said as such."""
    if at_ms is None:
        return "never"
    if at_ms > now_ms + 1000:
        return f"in {format_span(at_ms - now_ms)}"
    if now_ms - at_ms < 1000:
        return "now"
    return f"{format_span(now_ms - at_ms)} ago"


def format_minute(at_ms: int, zone: tzinfo) -> str:
    """2026-11-20 19:42"""
    return f"{_at(at_ms, zone):%Y-%m-%d %H:%M}"


def format_second(at_ms: int, zone: tzinfo) -> str:
    """2026-11-20 19:42:10"""
    return f"{_at(at_ms, zone):%Y-%m-%d %H:%M:%S}"


def zone_name(zone: tzinfo, at_ms: int) -> str:
    """What to call the zone at that time: UTC, CET, +02."""
    return _at(at_ms, zone).tzname() or "local"


def _at(at_ms: int, zone: tzinfo) -> datetime:
    seconds = min(max(at_ms, _FIRST_MS), _LAST_MS) // 1000
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)
