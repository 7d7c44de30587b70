"""Time in the demonstration: slots, daily rhythm, incidents, and chance that every process repeats.

All of it follows from the calendar and a seed, never from a clock or from what was made before: so any
stretch of time can be made on its own and is the same whenever it is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from backend.model import DAY_MS, HOUR_MS

SEED = 1729
SLOT_MS = 5 * 60_000
MINUTE_MS = 60_000
REACH_MS = 5 * DAY_MS
"""No story adds a row later than this after its start."""

_HOURS = (
    *(0.25, 0.18, 0.14, 0.12, 0.16, 0.35, 0.75, 1.25, 1.60, 1.65, 1.50, 1.40),
    *(1.45, 1.35, 1.25, 1.25, 1.35, 1.55, 1.75, 1.80, 1.60, 1.20, 0.75, 0.45),
)
"""How busy each hour of the day is (UTC)."""
_WEEKDAYS = (1.0, 1.05, 1.0, 1.0, 0.95, 0.75, 0.65)
_MEAN = sum(_HOURS) / 24 * sum(_WEEKDAYS) / 7
_MONDAY = 4 * DAY_MS  # 1970-01-05


def rhythm(at_ms: int) -> float:
    """How busy the moment is compared to the mean of a week, by hour of day and day of week."""
    hour = _HOURS[at_ms % DAY_MS // HOUR_MS]
    return hour * _WEEKDAYS[(at_ms - _MONDAY) // DAY_MS % 7] / _MEAN


def dice(stream: int, slot: int) -> Random:
    """Chance for one stream of stories in one slot; only `random()` of it is used, which never changes
    between versions of Python."""
    return Random((SEED * 1_000 + stream) * 10_000_000_000 + slot)  # noqa: S311 - play, no secret


def starts(stream: int, per_week: int, most: int, slot: int) -> Iterator[tuple[int, int, Random]]:
    """(serial number, start, chance) of the stories of a stream that begin in a slot.

    About `per_week` in a week, at most `most` in a slot; serial numbers rise with time and never repeat.
    """
    roll = dice(stream, slot)
    begin_ms = slot * SLOT_MS
    expected = per_week * SLOT_MS / (7 * DAY_MS) * rhythm(begin_ms)
    for place in range(min(most, int(expected + roll.random()))):
        yield slot * most + place, begin_ms + int(roll.random() * SLOT_MS), roll


class Incident(NamedTuple):
    """A trouble that comes again every `every` days, on days where day % every == `phase` (UTC)."""

    every: int
    phase: int
    from_ms: int
    to_ms: int

    def covers(self, at_ms: int) -> bool:
        day, time_ms = divmod(at_ms, DAY_MS)
        return day % self.every == self.phase and self.from_ms <= time_ms < self.to_ms


SMS_GATEWAY_DOWN = Incident(
    every=4, phase=1, from_ms=13 * HOUR_MS + 20 * MINUTE_MS, to_ms=17 * HOUR_MS + 5 * MINUTE_MS
)
"""The SMS gateway answers 503 for nearly four hours of an afternoon."""
DOMAIN_DOWN = Incident(every=5, phase=3, from_ms=0, to_ms=DAY_MS)
"""One mail domain answers 4xx and 5xx for a whole day."""
WEBHOOKS_HELD = Incident(every=2, phase=0, from_ms=3 * HOUR_MS, to_ms=3 * HOUR_MS + 50 * MINUTE_MS)
"""Nobody takes webhooks for fifty minutes of a night: they all come after it, late."""

_QUANTILES = 2048
_OPEN_MEDIAN_MS, _OPEN_SPREAD = 2.2 * HOUR_MS, 1.5


@cache
def _open_delays() -> tuple[int, ...]:
    normal = NormalDist()
    return tuple(
        min(
            3 * DAY_MS,
            int(_OPEN_MEDIAN_MS * math.exp(_OPEN_SPREAD * normal.inv_cdf((place + 0.5) / _QUANTILES))),
        )
        for place in range(_QUANTILES)
    )


def open_delay_ms(roll: Random) -> int:
    """How long after its delivery a message is opened: log-normal, half within 2.2 hours, cut at 3 days."""
    return _open_delays()[int(roll.random() * _QUANTILES)] + int(roll.random() * MINUTE_MS)


@lru_cache(maxsize=4096)
def _minute_text(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%d %H:%M:")


def date_text(at_ms: int) -> str:
    """2026-03-10 08:15:02, in UTC; minutes are kept, since a datetime costs more than the rest of a row."""
    minute, rest = divmod(at_ms, MINUTE_MS)
    return f"{_minute_text(minute)}{rest // 1000:02}"


def iso_text(at_ms: int) -> str:
    """2026-03-10T08:15:02.123Z."""
    minute, rest = divmod(at_ms, MINUTE_MS)
    text = _minute_text(minute)
    return f"{text[:10]}T{text[11:]}{rest // 1000:02}.{rest % 1000:03}Z"
