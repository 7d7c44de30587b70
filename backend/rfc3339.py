"""The one form in which times leave the backend as text: RFC 3339, UTC, milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""


def format_rfc3339(at_ms: int) -> str:
    """2026-11-20T19:42:10.004Z; a time before 1970 or after the year 9999 stays a number."""
    if not 0 <= at_ms <= LAST_MS:
        return str(at_ms)
    told = EPOCH + timedelta(milliseconds=at_ms)
    return f"{told:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
