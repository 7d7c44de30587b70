"""Times of records that people and products write: RFC 3339, or an epoch whose unit its size tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from backend.errors import DecodeError

LAST_MS = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""
MOST_SECONDS = 100_000_000_000
"""An epoch below this is in seconds (until the year 5138), above it in milliseconds (R05)."""
ONE_MS = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_moment(value: Any, zone: tzinfo | None) -> tuple[int, int | None]:
    """(own time, time for the key). The latter is given for a text without a zone only: the text as UTC.

    Raises: DecodeError.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise DecodeError("not a time")
    text = value.strip() if isinstance(value, str) else ""
    if not isinstance(value, str) or _is_epoch(text):
        return _epoch(value), None
    try:
        told = datetime.fromisoformat(text.removesuffix(" UTC") + ("Z" if text.endswith(" UTC") else ""))
    except ValueError as error:
        raise DecodeError("not a time") from error
    if told.tzinfo is not None:
        return _in_range(told), None
    return _in_range(told.replace(tzinfo=zone or UTC)), _in_range(told.replace(tzinfo=UTC))


def format_rfc3339(at_ms: int) -> str:
    """2026-11-20T19:42:10.004Z; a time that has no calendar date stays a number in text."""
    if not 0 <= at_ms <= LAST_MS:
        return str(at_ms)
    told = EPOCH + timedelta(milliseconds=at_ms)
    return f"{told:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def _is_epoch(text: str) -> bool:
    whole, _, part = text.partition(".")
    return text.isascii() and whole.isdigit() and 9 <= len(whole) <= 15 and (part.isdigit() or not part)


def _epoch(value: int | float | str) -> int:
    try:
        number = value if isinstance(value, int) else float(value)
    except ValueError as error:
        raise DecodeError("not a time") from error
    if not 0 <= number <= LAST_MS:  # also refuses NaN
        raise DecodeError("not a time")
    return round(number * 1000) if number < MOST_SECONDS else round(number)


def _in_range(told: datetime) -> int:
    try:
        at_ms = (told.astimezone(UTC) - EPOCH) // ONE_MS
    except (OverflowError, ValueError) as error:
        raise DecodeError("not a time") from error
    if not 0 <= at_ms <= LAST_MS:
        raise DecodeError("not a time")
    return at_ms
