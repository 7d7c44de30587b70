"""Bars of a log's histogram as the widget takes them, and how a span of time is widened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from backend.model import DAY_MS, Bucket
from backend.numbers import format_minute
from tui.presenters.times import format_short
from widgets.log_histogram import Bar

FACTOR = 3
WIDEST_MS = 366 * DAY_MS
"""Beyond that all time is looked at."""
MINUTE_MS = 60_000


def bars_of(buckets: Sequence[Bucket], zone: tzinfo, counted_from_ms: int | None = None) -> tuple[Bar, ...]:
    """The bars; counted_from_ms: before that time nothing was counted, which is not 0."""
    return tuple(_bar(bucket, zone, counted_from_ms) for bucket in buckets)


def _bar(bucket: Bucket, zone: tzinfo, counted_from_ms: int | None) -> Bar:
    label = _label(bucket, zone)
    if counted_from_ms is not None and bucket.end_ms <= counted_from_ms:
        return Bar(bucket.start_ms, bucket.end_ms, label, None, 0)
    is_partial = counted_from_ms is not None and bucket.start_ms < counted_from_ms
    return Bar(bucket.start_ms, bucket.end_ms, label, bucket.total, bucket.errors, is_partial)


def _label(bucket: Bucket, zone: tzinfo) -> str:
    is_short = bucket.end_ms - bucket.start_ms < MINUTE_MS
    return format_short(bucket.start_ms, zone) if is_short else format_minute(bucket.start_ms, zone)


def widened(start_ms: int | None, end_ms: int | None, now_ms: int) -> tuple[int | None, int | None]:
    """A span three times as long around the same middle, not beyond now; None for an end that is open."""
    if start_ms is None:
        return None, None
    end = now_ms if end_ms is None else end_ms
    more = max(1, end - start_ms) * (FACTOR - 1) // 2
    if more * 2 > WIDEST_MS:
        return None, None
    later = None if end_ms is None or end_ms + more >= now_ms else end_ms + more
    return start_ms - more, later


def missing(counted_from_ms: int | None, pruned_before_ms: int | None, zone: tzinfo) -> str:
    """What is missing in the bars; "" for nothing."""
    parts = []
    if counted_from_ms is not None:
        parts.append(f"not counted before {format_minute(counted_from_ms, zone)}: too many rows")
    if pruned_before_ms is not None:
        parts.append(f"pruned before {format_minute(pruned_before_ms, zone)}")
    return "; ".join(parts)
