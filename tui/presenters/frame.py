"""What stands on the status line of every place, in the words and the order of their weight."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import PurePath

from backend.numbers import format_count, format_span, zone_name
from tui.failed_questions import FailedQuestions
from tui.feed_clock import FeedClock
from tui.problem_watch import SetAsideWatch
from widgets.status_line import Mark

LONGEST_SOURCE = 28
"""Cells that a source's name gets: the end of a path tells more than its start."""


def status_facts(source: str, zone: tzinfo, now_ms: int, is_demo: bool) -> tuple[str, ...]:
    """Where the data comes from and in which zone times are shown, the weightiest last."""
    return ("demonstration" if is_demo else "", short_source(source), zone_name(zone, now_ms))


MARKS = {
    "red": "#b00020",
    "yellow": "#e6b800",
    "green": "#008a20",
    "blue": "#1f5fd0",
    "magenta": "#a0249c",
    "cyan": "#40d0e0",
}
"""The colours of sources, the same in every theme: a theme's own red and magenta may look alike."""


def source_mark(source: str, colour: str | None) -> Mark | None:
    """The name of a source that stands out; None where it has no colour."""
    return Mark(short_source(source), MARKS[colour]) if colour else None


def short_source(source: str) -> str:
    """A path by its last parts, where it is too long for a line."""
    if len(source) <= LONGEST_SOURCE or "://" in source:
        return source
    return PurePath(source).name


def age_alarm(clock: FeedClock, now_s: float) -> str:
    """What is wrong with the age of the data on screen; "" where it is as fresh as it should be."""
    age_s = clock.age_s(now_s)
    retry_s = clock.retry_in_s(now_s)
    old = "" if age_s is None or age_s < 1 else f"{format_span(int(age_s) * 1000)} old"
    if retry_s is not None:
        parts = ("cannot read", old, f"again in {format_span(int(retry_s + 1) * 1000)}")
        return ", ".join(part for part in parts if part)
    if age_s is None:
        return "loading" if clock.is_busy else ""
    return old if clock.is_stale(now_s) else ""


def problems_line(set_aside: SetAsideWatch, failed: FailedQuestions, key: str) -> str:
    """`3 problems (!)`: what came since the person last looked, and the key that shows it; "" for nothing."""
    count = set_aside.fresh + failed.unseen
    if not count:
        return ""
    more = " or more" if set_aside.has_more else ""
    words = f"{format_count(count)}{more} problem{'s' if count > 1 or more else ''}"
    return f"{words} ({key})" if key else words
