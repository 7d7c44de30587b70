"""The marks of a chart's axes: which numbers and times are round, and how they are written (a leaf)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

Number = float | int | None

LARGEST = 1e300
SMALLEST = 1e-300
"""Beyond these a number is drawn as infinite (left out) or as 0: arithmetic on it would leave the floats."""
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
TIME_STEPS_S = (
    *(MINUTE_S * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR_S * n for n in (1, 2, 3, 4, 6, 12)),
    *(DAY_S * n for n in (1, 2, 7, 14, 28, 91, 182, 364, 3640, 36400)),
)
FIRST_S, LAST_S = -55_000_000_000, 247_000_000_000
"""Times from which datetime can go a longest step either way."""


def finite(value: Number) -> float | None:
    """The value where it can be drawn."""
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    if not abs(number) <= LARGEST:  # also NaN
        return None
    return number if abs(number) >= SMALLEST else 0.0


def nice_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """At most `most` + 1 round numbers, evenly spaced, the first at or below `low`, the last at or above
    `high`. whole: no parts of one between them."""
    if not high > low:
        high = low + max(abs(low), 1.0)
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(max(rough, SMALLEST)))
    step = next((power * n for n in (1, 2, 5, 10) if power * n >= rough), power * 10)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step), math.ceil(high / step)
    return [place * step for place in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A short form for an axis: 950, 1.5k, 20M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}" if abs(value) < size * 1000 else f"{value:.1e}"
    return f"{value:.3g}"


def thinned(values: Sequence[Number], most: int) -> tuple[list[float | None], int]:
    """At most `most` values and how many of the old ones one stands for: the highest of each group."""
    numbers = [finite(value) for value in values]
    group = max(-(-len(numbers) // max(most, 1)), 1)
    if group == 1:
        return numbers, 1
    groups = (numbers[start : start + group] for start in range(0, len(numbers), group))
    return [max((n for n in some if n is not None), default=None) for some in groups], group


def time_ticks(start_ms: int, end_ms: int, most: int, zone: tzinfo = UTC) -> list[tuple[int, str]]:
    """At most `most` round times in the span, with their labels: 20:00, or 11-21 at midnight."""
    start_s, end_s = start_ms / 1000, end_ms / 1000
    if not FIRST_S <= start_s < end_s <= LAST_S or most < 1:
        return []
    span_s = end_s - start_s
    step_s = next((step for step in TIME_STEPS_S if span_s / step <= most), None)
    if step_s is None:
        return []
    return [
        (round(at.timestamp() * 1000), _time_text(at, step_s))
        for at in _round_times(start_s, end_s, step_s, zone)
    ]


def _round_times(start_s: float, end_s: float, step_s: int, zone: tzinfo) -> Iterator[datetime]:
    """Times on the zone's clock that are whole steps from its midnight (of an era, for steps of days)."""
    local = datetime.fromtimestamp(start_s, UTC).astimezone(zone)
    clock = local.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    if step_s > DAY_S:
        days = step_s // DAY_S
        clock -= timedelta(days=clock.toordinal() % days)
    for _ in range(10_000):
        at = clock.replace(tzinfo=zone)
        if at.timestamp() >= end_s:
            return
        if at.timestamp() >= start_s:
            yield at
        clock += timedelta(seconds=step_s)


def _time_text(at: datetime, step_s: int) -> str:
    if step_s >= 91 * DAY_S:
        return f"{at:%Y-%m}"
    if step_s >= DAY_S or (at.hour, at.minute) == (0, 0):
        return f"{at:%m-%d}"
    return f"{at:%H:%M}"


def span_text(start_ms: int, end_ms: int, zone: tzinfo = UTC) -> str:
    """A span as short as it can be said: 03-02 14:00 - 15:00, or 03-02 for a day of the zone; "" for times
    that no clock shows."""
    if not FIRST_S <= start_ms / 1000 <= end_ms / 1000 <= LAST_S:
        return ""
    start, end = (datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone) for ms in (start_ms, end_ms))
    if _is_midnight(start) and _is_midnight(end):
        last = end - timedelta(days=1)
        return f"{start:%m-%d}" if last.date() <= start.date() else f"{start:%m-%d} - {last:%m-%d}"
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%m-%d %H:%M}"
    return f"{start:%m-%d %H:%M} - {until}"


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute) == (0, 0)
