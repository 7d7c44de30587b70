"""Whether a row is what a query asks for: the meaning of the language, without a store.

Stores answer by index and must agree with this. What only a store knows, the handles behind a name and
the contact behind an identity, comes in as `Handles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from backend.model import Level, LogName, LogRow, RosterRow, level
from backend.query.fields import LEVELS, ROSTER, TEXT_FIELDS, Compare, find_field

if TYPE_CHECKING:
    from backend.query.language import Filter, Term

Handles = Mapping[tuple[str, str], frozenset[int]]
"""(field, case-folded value) -> handles of what that name or identity stands for."""

_NO_HANDLES: Handles = {}
_COLUMN = {"class": "bounce_class"}
"""Fields whose attribute of a row is named differently."""


def matches(query: Filter, row: LogRow | RosterRow, handles: Handles = _NO_HANDLES) -> bool:
    """Whether the query finds the row. Without handles, names are compared with the row's own."""
    at_ms = row.entered_ms if isinstance(row, RosterRow) else row.at_ms
    if query.start_ms is not None and at_ms < query.start_ms:
        return False
    if query.end_ms is not None and at_ms >= query.end_ms:
        return False
    if isinstance(row, LogRow) and row.repeat and not query.shows_repeats:
        return False
    wanted: dict[str, bool] = {}
    for term in query.terms:
        if term.field in ("since", "until"):
            continue
        if not term.field or term.negated:
            if _holds(query.log, term, row, handles) == term.negated:
                return False
        else:
            wanted[term.field] = wanted.get(term.field, False) or _holds(query.log, term, row, handles)
    return all(wanted.values())


def _holds(log: str, term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    """Whether a term's condition holds, before its negation."""
    if not term.field:
        return _has_text(log, term.value.casefold(), term.value, row)
    field = find_field(log, term.field)
    assert field is not None, "a Filter has only fields of its log"
    return _COMPARE[field.compare](term, row, handles)


def _has_text(log: str, folded: str, text: str, row: LogRow | RosterRow) -> bool:
    names: Iterable[str] = ("contact", "scenario", "step") if log == ROSTER else TEXT_FIELDS
    if any(folded in (getattr(row, name) or "").casefold() for name in names):
        return True
    message = getattr(row, "message", None) or ""
    return folded in message.casefold() if log == LogName.SCENARIO else bool(message) and message == text


def _text_of(term: Term, row: LogRow | RosterRow) -> str:
    return getattr(row, _COLUMN.get(term.field, term.field), None) or ""


def _is_choice(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    if term.field == "implied":
        return isinstance(row, LogRow) and term.value in row.implied
    return _text_of(term, row) == term.value


def _equals(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    return _text_of(term, row).casefold() == term.value.casefold()


def _contains(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    text = _text_of(term, row).casefold()
    return term.value.casefold() in text if term.value else not text


def _is_exact(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    return _text_of(term, row) == term.value


def _is_named(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    handle = getattr(row, f"{term.field}_id", None)
    if not term.value:
        return handle is None
    known = handles.get((term.field, term.value.casefold()))
    if known is not None:
        return handle in known
    key = (getattr(row, f"{term.field}_key", None) or "").partition(":")[2]
    return term.value.casefold() in (_text_of(term, row).casefold(), key.casefold())


def _is_flag(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    return term.value == "any" or getattr(row, term.field) == (term.value == "yes")


def _has_level(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    return isinstance(row, LogRow) and level(row.kind, row.bounce_class) in levels_of(term)


def levels_of(term: Term) -> frozenset[Level]:
    """The levels that a level term asks for, before its negation."""
    first = LEVELS.index(Level(term.value))
    return frozenset(LEVELS[first:] if term.at_least else LEVELS[first : first + 1])


def _has_path(term: Term, row: LogRow | RosterRow, handles: Handles) -> bool:
    column, _, path = term.field.partition(".")
    return path_equals(getattr(row, column), path, term.value.casefold())


def path_equals(values: Any, path: str, folded: str) -> bool:
    """Whether the value at a path is this text, case-folded; "" is a value that is not there, or is empty."""
    found = values_at(values, path)
    return any(text_of_value(value).casefold() == folded for value in found) if found else not folded


def values_at(values: Any, path: str) -> list[Any]:
    """What stands at a path; keys may have dots themselves, and lists are entered by place."""
    if isinstance(values, list):
        head, _, rest = path.partition(".")
        if not head.isascii() or not head.isdigit() or int(head) >= len(values):
            return []
        return values_at(values[int(head)], rest) if rest else [values[int(head)]]
    if not isinstance(values, Mapping):
        return []
    found = [values[path]] if path in values else []
    for place, letter in enumerate(path):
        if letter == "." and path[:place] in values:
            found += values_at(values[path[:place]], path[place + 1 :])
    return found


def text_of_value(value: Any) -> str:
    """A JSON value as a query writes it: text as it is, everything else as JSON; null is ""."""
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()


_COMPARE: dict[Compare, Callable[[Term, LogRow | RosterRow, Handles], bool]] = {
    Compare.CHOICE: _is_choice,
    Compare.EQUALS: _equals,
    Compare.CONTAINS: _contains,
    Compare.EXACT: _is_exact,
    Compare.NAMED: _is_named,
    Compare.CONTACT: _is_named,
    Compare.FLAG: _is_flag,
    Compare.LEVEL: _has_level,
    Compare.PATH: _has_path,
}
