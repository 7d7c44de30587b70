"""What bodies and rows of several products share: reading one field, taking a batch apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from backend.errors import DecodeError
from backend.feeds.format import Frame
from backend.feeds.intake import parse_json
from backend.record import Record, Rejected

_ABSENT = frozenset({"", "null", "NULL"})


def text_of(value: Any) -> str | None:
    """A field as text, as it was written; None for what says nothing."""
    kind = type(value)
    if kind is str:
        return None if value in _ABSENT else value
    if kind is int:
        return str(value)
    if value is None or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, float) else msgspec.json.encode(value).decode()


def id_of(value: Any) -> str | None:
    """A number or text that identifies something: 0 and blanks are none."""
    if type(value) is int:
        return str(value) if value else None
    text = text_of(value)
    if text is None:
        return None
    text = text.strip()
    return None if text in ("", "0", "0.0") else text


def bare_message_id(message_id: str | None) -> str | None:
    """The message id without the angle brackets that some products leave out."""
    return message_id.strip().strip("<>") or None if message_id else None


def message_key(bare_id: str, contact: str | None) -> str:
    """One delivery to one contact: a message id alone may stand for several recipients."""
    return f"{bare_id} {contact.casefold()}" if contact else bare_id


def json_object(value: Any) -> Mapping[str, Any]:
    """An object, or one that is written as JSON in a text; {} for anything else."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = parse_json(value.encode())
        except (DecodeError, UnicodeEncodeError):
            return {}
    return value if isinstance(value, dict) else {}


DecodeOne = Callable[[Mapping[str, Any]], Iterable[Record | Rejected]]


def each(frame: Frame, decode_one: DecodeOne) -> Iterable[Record | Rejected]:
    """The records of a frame that is one body, a batch of bodies, or an answer that wraps a batch.

    In a batch a bad body is set aside by itself; a bad body alone raises DecodeError.
    """
    value = frame.value
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        value = value["events"]
    if isinstance(value, dict):
        return decode_one(value)
    if not isinstance(value, list):
        raise DecodeError("not a JSON object")
    return _each_of(value, frame.place, decode_one)


def _each_of(batch: list[Any], place: str, decode_one: DecodeOne) -> Iterator[Record | Rejected]:
    for part in batch:
        try:
            if not isinstance(part, dict):
                raise DecodeError("not a JSON object")
            yield from _all(decode_one(part))
        except DecodeError as error:
            yield Rejected(raw=msgspec.json.encode(part), reason=str(error), place=place)


def _all(records: Iterable[Record | Rejected]) -> list[Record | Rejected]:
    """All or none: a body that turns out bad half way gives no record."""
    return list(records)
