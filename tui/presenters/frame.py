"""What stands on the status line of every place, in the words and the order of their weight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from backend.numbers import format_span, zone_name
from tui.feed_clock import FeedClock

STALE = "!"
"""Stands before an age that is older than it should be."""


def place_titles(titles: Sequence[tuple[str, str]], current: str) -> str:
    """`[1]Report 2 Logs`: the key and title of each place, the current one in brackets."""
    parts = [f"[{key}]{title}" if title == current else f"{key} {title}" for key, title in titles]
    return " ".join(parts)


def age_text(clock: FeedClock, now_s: float) -> str:
    """How old the data on screen is; what failed, and when it is tried again."""
    age_s = clock.age_s(now_s)
    retry_s = clock.retry_in_s(now_s)
    if retry_s is not None:
        old = "" if age_s is None else f"{format_span(round(age_s * 1000))} old, "
        return f"{STALE} {old}again in {format_span(round(retry_s * 1000))}"
    if age_s is None:
        return "loading" if clock.is_busy else ""
    return f"{STALE} {format_span(round(age_s * 1000))} old" if clock.is_stale(now_s) else ""


def zone_text(zone: tzinfo, now_ms: int) -> str:
    return zone_name(zone, now_ms)
