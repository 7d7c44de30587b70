"""The values of a log row that the query language can ask for, as keep, drop and copy offer them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from backend.errors import QueryError
from backend.model import LogName, LogRow, level
from backend.query.language import Filter, with_term
from backend.query.match import text_of_value

MOST_NESTED = 200
"""Values inside `data` and `fields` of one row that are offered."""


class RowValue(NamedTuple):
    """A field of the query language with the value that a row has in it."""

    field: str
    value: str


def row_values(row: LogRow, query: Filter) -> tuple[RowValue, ...]:
    """What can be kept or dropped of a row: only fields and values that the query's log knows."""
    found = (RowValue(field, value) for field, value in _values(row) if value)
    return tuple(value for value in found if _is_askable(query, value))


def _values(row: LogRow) -> Iterator[tuple[str, str]]:
    yield "kind", row.kind
    yield "type", row.type
    yield "level", level(row.kind, row.bounce_class)
    for name in _NAMED if row.log is LogName.SCENARIO else (*_NAMED, *_OF_EVENTS):
        yield name, getattr(row, name) or ""
    yield "class", row.bounce_class or ""
    for name in ("machine", "test", "repeat", "skew"):
        yield name, "yes" if getattr(row, name) else ""
    for name in ("product", "account", "format"):
        yield name, getattr(row, name)
    yield from _nested("data", row.data)
    yield from _nested("fields", row.fields)


_NAMED = ("contact", "scenario", "step", "campaign", "delivery", "reason", "message", "run", "origin")
_OF_EVENTS = ("channel", "name", "url", "domain", "platform", "ip", "user_agent")


def _nested(path: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Values inside objects, by the path that asks for them; what has no such path is left out."""
    pending: list[tuple[str, object]] = [(f"{path}.{name}", value) for name, value in values.items()]
    given = 0
    while pending and given < MOST_NESTED:
        place, value = pending.pop(0)
        if isinstance(value, Mapping):
            pending[:0] = [(f"{place}.{name}", inner) for name, inner in value.items()]
        elif not isinstance(value, list | tuple):
            given += 1
            yield place, text_of_value(value) or ""


def _is_askable(query: Filter, value: RowValue) -> bool:
    try:
        with_term(query, value.field, value.value)
    except (QueryError, ValueError):
        return False
    return True
