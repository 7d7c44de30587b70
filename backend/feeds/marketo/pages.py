"""The answers of Marketo's REST API: pages of records, or the records by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import DecodeOne, each
from backend.feeds.format import Frame, Sample
from backend.record import Record, Rejected


def each_result(frame: Frame, decode_one: DecodeOne) -> Iterator[Record | Rejected]:
    """The records of a page, a list or one record. A page without results gives nothing: it is not the last
    one by that. Raises: DecodeError for what is none of them, and for an answer that tells an error."""
    value = frame.value
    if isinstance(value, dict) and "success" in value:
        if value["success"] is not True:
            raise DecodeError("an answer that tells an error")
        value = value.get("result") or []
    yield from each(Frame(raw=frame.raw, value=value, place=frame.place), decode_one)


def results(sample: Sample) -> list[Mapping[str, Any]]:
    """The objects of a sample, taken out of their pages."""
    found: list[Mapping[str, Any]] = []
    for frame in sample.frames:
        value = frame.value
        if isinstance(value, dict) and isinstance(value.get("result"), list):
            value = value["result"]
        found += [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]
    return found
