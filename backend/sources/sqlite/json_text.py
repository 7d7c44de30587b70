"""JSON in the store and in its statements.

A column that a damaged or foreign file fills with anything reads as empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder(dict[str, Any])


def decode_object(text: object) -> Mapping[str, Any]:
    """The object in a JSON column; {} where there is none."""
    if not isinstance(text, str | bytes):
        return {}
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}


def as_json(handles: Iterable[int]) -> str:
    """Handles as one bound value, for json_each."""
    return msgspec.json.encode(sorted(handles)).decode()
