"""The most frequent values of a field among a query's rows.

Rows are counted by handle in Python: SQLite would sort them all to group them. Only the handles that may be
shown become names. Where the time, or the memory, does not suffice for all rows, the newest are counted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from backend.model import EventKind, Level, LogName, TopValues
from backend.query.fields import Compare, Field, countable
from backend.query.language import Filter
from backend.query.match import text_of_value, values_at
from backend.sources.sqlite.compile import Plan, column_statements, compile_query
from backend.sources.sqlite.conditions import FLAG_BITS, IMPLIED_BITS, column_of, level_sql
from backend.sources.sqlite.json_text import as_json, decode_object
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.schema import CHANNELS, CLASSES, EVENT_KINDS, ORIGINS, STEP_KINDS
from backend.sources.sqlite.searching import SHOWN_NAME, look_up, shown_contacts
from backend.sources.sqlite.spans import spans
from backend.sources.tallies import most_first

Labels = Callable[[Iterable[Any]], Mapping[Any, Sequence[str | None]]]
"""Counted raw values -> the values they stand for."""

NAMED_TABLES = {
    "scenario": f"SELECT id, {SHOWN_NAME} FROM scenario",
    "step": f"SELECT id, {SHOWN_NAME} FROM step",
    "campaign": f"SELECT id, {SHOWN_NAME} FROM campaign",
    "delivery": f"SELECT id, {SHOWN_NAME} FROM delivery",
    "url": "SELECT id, url FROM url",
    "product": "SELECT id, product FROM account",
    "account": "SELECT id, account FROM account",
}
MOST_DISTINCT = 500_000
"""Values that are counted apart; a field with more is counted in the newest rows only."""
MOST_LABELLED = 5_000
"""Handles that become names; a name that several handles share is summed up among these."""
CODES: Mapping[str, tuple[Any, ...]] = {"class": CLASSES, "channel": CHANNELS, "origin": ORIGINS}


def read_top_values(
    connection: sqlite3.Connection, deadline: Deadline, query: Filter, name: str, limit: int
) -> TopValues:
    """Raises UsageError for a field that the log has not, or whose values cannot be counted."""
    field = countable(query.log, name)
    expression, labels = _counting(connection, query.log, name, field)
    plan = compile_query(query, look_up(connection, query))
    is_json = field.compare is Compare.PATH
    counts: Counter[Any] = Counter()
    rows, reached_ms = 0, plan.high_ms + 1
    for low_ms, high_ms in spans(connection, plan, plan.low_ms, plan.high_ms, deadline):
        found = _tally(connection, plan, expression, low_ms, high_ms)
        rows, reached_ms = rows + found.total(), low_ms
        counts.update(_labelled(found, labels) if is_json else found)
        if len(counts) > MOST_DISTINCT:
            break
    if not is_json:
        counts = _labelled(Counter(dict(counts.most_common(MOST_LABELLED))), labels)
    is_whole = not plan.arms or reached_ms <= plan.low_ms
    return TopValues(most_first(counts, limit), rows, None if is_whole else reached_ms)


def _labelled(counts: Counter[Any], labels: Labels) -> Counter[Any]:
    """The counts by what is shown."""
    meanings = labels(counts)
    shown: Counter[Any] = Counter()
    for value, n in counts.items():
        for label in meanings.get(value, (None,)):
            shown[label or None] += n
    return shown


def _tally(
    connection: sqlite3.Connection, plan: Plan, expression: str, low_ms: int, high_ms: int
) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for statement in column_statements(plan, expression, low_ms, high_ms):
        counts.update(value for (value,) in connection.execute(statement.text, statement.values))
    return counts


def _counting(connection: sqlite3.Connection, log: str, name: str, field: Field) -> tuple[str, Labels]:
    """What to count of each row (SQL over `t`), and what its values mean."""
    if field.compare is Compare.FLAG:
        return f"(t.flags & {int(FLAG_BITS[name])}) <> 0", _coded({0: ("no",), 1: ("yes",)})
    if field.compare is Compare.LEVEL:
        error, warning = level_sql(log, Level.ERROR), level_sql(log, Level.WARNING)
        expression = f"CASE WHEN {error} THEN 2 WHEN {warning} THEN 1 ELSE 0 END"
        return expression, _coded({0: (Level.INFO,), 1: (Level.WARNING,), 2: (Level.ERROR,)})
    if field.compare is Compare.PATH:
        column, _, path = name.partition(".")
        if not path:
            return f"t.{column}", lambda texts: {text: _names_in(column, text) for text in texts}
        return f"t.{column}", lambda texts: {text: _at_path(text, path) for text in texts}
    if name == "implied":
        mask = int(sum(IMPLIED_BITS.values()))
        return f"t.flags & {mask}", lambda found: {flags: _implied(flags) for flags in found}
    if name == "kind":
        kinds: tuple[Any, ...] = STEP_KINDS if log == LogName.SCENARIO else EVENT_KINDS
        return "t.kind", _coded({code: (str(kind),) for code, kind in enumerate(kinds, 1)})
    if field.compare is Compare.CHOICE:
        named = {code: (str(value),) for code, value in enumerate(CODES[name], 1)}
        return f"coalesce(t.{name}, 0)", _coded({0: (None,), **named})
    column_name = column_of(log, name)
    if column_name is None:
        return f"t.{name}", lambda texts: {text: (text,) for text in texts}
    return f"t.{column_name}", lambda handles: _names(connection, log, name, handles)


def _coded(meanings: Mapping[Any, Sequence[str | None]]) -> Labels:
    return lambda found: meanings


def _at_path(text: str | None, path: str) -> Sequence[str | None]:
    return [text_of_value(value) for value in values_at(decode_object(text), path)] or [None]


def _names_in(column: str, text: str | None) -> Sequence[str | None]:
    return [f"{column}.{name}" for name in decode_object(text)] or [None]


def _implied(flags: int) -> Sequence[str | None]:
    kinds = [str(EventKind(kind)) for kind, bit in IMPLIED_BITS.items() if flags & bit]
    return kinds or [None]


def _names(
    connection: sqlite3.Connection, log: str, name: str, handles: Iterable[int | None]
) -> Mapping[int | None, Sequence[str | None]]:
    wanted = {handle for handle in handles if handle}
    names: dict[int | None, Sequence[str | None]] = {None: (None,), 0: (None,)}
    if name == "contact":
        return names | {handle: (shown,) for handle, shown in shown_contacts(connection, wanted).items()}
    select = NAMED_TABLES.get(name, "SELECT id, text FROM word")
    if name == "message" and log != LogName.SCENARIO:
        select = "SELECT id, message_id FROM message"
    found = connection.execute(f"{select} WHERE id IN (SELECT value FROM json_each(?))", (as_json(wanted),))
    return names | {handle: (text,) for handle, text in found}
