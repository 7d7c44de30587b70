"""A row's key as people and JSON see it. Apart from how keys are made, which loads OpenSSL for its hash."""

from __future__ import annotations

from backend.errors import DecodeError


def format_key(key: int) -> str:
    """A hash as people and JSON see it: 16 hex digits."""
    return f"{key & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def parse_key(text: str) -> int:
    """The inverse of `format_key`. Raises DecodeError."""
    if len(text) != 16:
        raise DecodeError("event_id is not 16 hex digits")
    try:
        return int.from_bytes(bytes.fromhex(text), "big", signed=True)
    except ValueError as error:
        raise DecodeError("event_id is not 16 hex digits") from error
