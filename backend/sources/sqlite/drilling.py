"""The rows behind a number of a report: one log row for each unit that it counts (R48).

What counts is decided as in `counting`, on the same rows by the same index, so there are as many lines as
the number says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from backend.cohort import Sending, aborted_before_ms, counted_as
from backend.facts import FIRST, IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, TEST
from backend.model import BounceClass, EventKind, LogName, Page, StepKind
from backend.products import product_rules
from backend.reports.drill import Drill, Rule, counts_implied, rule_of
from backend.reports.metrics import Unit
from backend.reports.panes import RowsOf
from backend.source import Direction
from backend.sources.cursors import LogCursor, decode_log_cursor
from backend.sources.pages import cursor_of, make_page
from backend.sources.sqlite.json_text import as_json
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.schema import (
    CHANNEL_CODE,
    CLASS_CODE,
    CLASSES,
    EVENT_CODE,
    OUTCOMES,
    STEP_CODE,
    Word,
)
from backend.sources.sqlite.subject_facts import ALL_EVENTS, PLACES, UNCOUNTED

WORD_OF = {
    RowsOf.REASON: ("reason_id", Word.REASON),
    RowsOf.REASON_OF_STEP: ("reason_id", Word.REASON),
    RowsOf.ORIGIN: ("origin_id", Word.ORIGIN),
    RowsOf.DOMAIN: ("domain_id", Word.DOMAIN),
    RowsOf.PLATFORM: ("platform_id", Word.PLATFORM),
}
IMPLIED_BIT = {EventKind.TARGETED: IMPLIES_TARGETED, EventKind.SENT: IMPLIES_SENT}
ONE_OF = {
    Unit.CONTACT: "contact_id",
    Unit.RUN: "CASE WHEN run = '' THEN 'row ' || ts || ' ' || h"
    " ELSE coalesce(contact_id, 0) || ' ' || run END",
}
"""What rows of one contact or run share; a run without an id is its own row."""

Value = int | str
Place = tuple[int, int, int]
"""ts, h, id"""


class _Found(msgspec.Struct):
    """A statement for the places of all units: its part behind FROM, and its values in order."""

    table: str
    where: list[str]
    values: list[Value]

    def add(self, condition: str, *values: Value) -> None:
        self.where.append(condition)
        self.values += values


def read_drill(
    connection: sqlite3.Connection,
    drill: Drill,
    cursor: str | None,
    direction: Direction,
    limit: int,
    now_ms: int,
) -> Page:
    """A page of the units, oldest first. Raises: UsageError for a number that has no rows behind it."""
    rule = rule_of(drill)
    given = decode_log_cursor(cursor)
    newest_first = direction is Direction.OLDER
    places = _places(connection, drill, rule, given, newest_first, limit + 1, now_ms)
    rows = read_rows(connection, rule.log, [place[2] for place in places[:limit]])
    return make_page([(row, cursor_of(row)) for row in rows], given, direction, has_more=len(places) > limit)


def _places(
    connection: sqlite3.Connection,
    drill: Drill,
    rule: Rule,
    given: LogCursor | None,
    newest_first: bool,
    limit: int,
    now_ms: int,
) -> list[Place]:
    """Where the units stand beyond the cursor, nearest first; with a line, where the rows of its unit do."""
    if drill.line is not None:
        found, one_of = _unit_rows(drill, rule, drill.line), None
    elif rule.cohort is not None:
        messages = _messages(connection, drill, rule, now_ms)
        found = _Found("event_log INDEXED BY event_message", ["1"], [])
        found.add("message_id IN (SELECT value FROM json_each(?))", as_json(messages))
        found.add("NOT flags & ?", UNCOUNTED)
        one_of = "message_id"
    else:
        found = _scenario_rows(drill, rule) if rule.log is LogName.SCENARIO else _event_rows(drill, rule)
        one_of = ONE_OF.get(rule.unit)
    return _beyond(connection, found, one_of, given, newest_first, limit)


def _beyond(
    connection: sqlite3.Connection,
    found: _Found,
    one_of: str | None,
    given: LogCursor | None,
    newest_first: bool,
    limit: int,
) -> list[Place]:
    """Where the rows stand beyond the cursor, nearest first. one_of: only the newest of each."""
    sign, order = ("<", "DESC") if newest_first else (">", "ASC")
    where = " AND ".join(found.where)
    if one_of is None:
        inner = f"SELECT ts, h, id FROM {found.table} WHERE {where}"
    else:
        newest = f"row_number() OVER (PARTITION BY {one_of} ORDER BY ts DESC, h DESC)"
        inner = (
            f"SELECT ts, h, id FROM (SELECT ts, h, id, {newest} AS place FROM {found.table}"
            f" WHERE {where}) WHERE place = 1"
        )
    values = list(found.values)
    beyond = ""
    if given is not None:
        reaches_rank = given.rank > 0 if newest_first else given.rank < 0
        beyond = f" WHERE (ts, h) {sign}{'=' if reaches_rank else ''} (?, ?)"
        values += [given.ts, given.h]
    return connection.execute(
        f"SELECT ts, h, id FROM ({inner}){beyond} ORDER BY ts {order}, h {order} LIMIT ?", (*values, limit)
    ).fetchall()


def _unit_rows(drill: Drill, rule: Rule, line: int) -> _Found:
    """The rows of the unit that a row stands for."""
    if rule.unit is Unit.MESSAGE:
        found = _Found("event_log INDEXED BY event_message", ["1"], [])
        found.add("message_id = (SELECT message_id FROM event_log WHERE id = ?)", line)
        found.add("NOT flags & ?", UNCOUNTED)
        return found
    if rule.unit is Unit.RUN:
        found = _Found("scenario_log", ["1"], [])
        found.add("scenario_id = ?", drill.subject.id)
        found.add("contact_id = (SELECT contact_id FROM scenario_log WHERE id = ?)", line)
        found.add("run = (SELECT run FROM scenario_log WHERE id = ?) AND (run <> '' OR id = ?)", line, line)
        found.add("NOT flags & ?", UNCOUNTED)
        return found
    found = _scenario_rows(drill, rule) if rule.log is LogName.SCENARIO else _event_rows(drill, rule)
    if rule.unit is Unit.CONTACT:
        table = found.table.partition(" ")[0]
        found.add(f"contact_id = (SELECT contact_id FROM {table} WHERE id = ?)", line)
    else:
        found.add("id = ?", line)
    return found


def _scenario_rows(drill: Drill, rule: Rule) -> _Found:
    codes = _codes(STEP_CODE[StepKind(kind)] for kind in rule.kinds)
    found = _Found("scenario_log INDEXED BY scenario_scenario", ["scenario_id = ?"], [drill.subject.id])
    found.add(f"kind IN ({codes})")
    _add_shared(found, drill, rule)
    if drill.rows_of in WORD_OF:
        _add_value(found, drill, *WORD_OF[drill.rows_of])
    return found


def _event_rows(drill: Drill, rule: Rule) -> _Found:
    place = PLACES[drill.subject.kind]
    codes = _codes(EVENT_CODE[EventKind(kind)] for kind in rule.kinds)
    bits = sum(bit for kind, bit in IMPLIED_BIT.items() if kind in rule.kinds) if counts_implied(rule) else 0
    found = _Found(f"event_log INDEXED BY {place.index}", [f"{place.column} = ?"], [drill.subject.id])
    found.add(f"kind IN ({ALL_EVENTS if bits else codes})")
    _add_shared(found, drill, rule)
    own = [f"kind IN ({codes})", *_own_marks(rule)]
    found.add(f"({' AND '.join(own)} OR flags & ?)", bits)
    if rule.channel is not None:
        found.add("channel = ?", CHANNEL_CODE[rule.channel])
    if drill.delivery_id is not None:
        found.add("coalesce(delivery_id, 0) = ?", drill.delivery_id)
    if drill.rows_of in WORD_OF:
        _add_value(found, drill, *WORD_OF[drill.rows_of])
    return found


def _own_marks(rule: Rule) -> list[str]:
    marks = []
    if rule.classes:
        marks.append(
            "coalesce(class, 0) IN ("
            + _codes(CLASS_CODE[BounceClass(name)] if name else 0 for name in rule.classes)
            + ")"
        )
    for wanted, bit in ((rule.is_machine, MACHINE), (rule.is_first, FIRST)):
        if wanted is not None:
            marks.append(f"{'' if wanted else 'NOT '}flags & {int(bit)}")
    return marks


def _add_shared(found: _Found, drill: Drill, rule: Rule) -> None:
    found.add("ts >= ? AND ts < ?", drill.window.start_ms, drill.window.end_ms)
    found.add("NOT flags & ?", UNCOUNTED if rule.include_test else UNCOUNTED | TEST)
    if drill.step_id is not None:
        found.add("coalesce(step_id, 0) = ?", drill.step_id)
    if rule.unit is Unit.CONTACT:
        found.add("contact_id IS NOT NULL")


def _add_value(found: _Found, drill: Drill, column: str, word: Word) -> None:
    words = f"{column} IN (SELECT id FROM word WHERE kind = ? AND text IN (SELECT value FROM json_each(?)))"
    if drill.beyond is not None:
        told = [value for value in drill.beyond if value is not None]
        found.add(f"coalesce({words}, 0) = 0", word, msgspec.json.encode(told).decode())
        if None in drill.beyond:
            found.add(f"{column} IS NOT NULL")
    elif drill.value is None:
        found.add(f"{column} IS NULL")
    else:
        found.add(words, word, msgspec.json.encode([drill.value]).decode())


def _messages(connection: sqlite3.Connection, drill: Drill, rule: Rule, now_ms: int) -> Sequence[int]:
    """Handles of the messages that a number of a cohort counts."""
    product = product_rules(drill.subject.product)
    aborted_ms = aborted_before_ms(product, now_ms)
    rows = connection.execute(
        "SELECT id, outcome, class, sent_ms, open_ms IS NOT NULL, click_ms IS NOT NULL,"
        " unsubscribed_ms IS NOT NULL FROM message INDEXED BY message_delivery"
        " WHERE delivery_id = ? AND sent_ms >= ? AND sent_ms < ? AND (NOT test OR ?)",
        (drill.subject.id, drill.window.start_ms, drill.window.end_ms, rule.include_test),
    )
    found = []
    for handle, outcome, bounce_class, sent_ms, opened, clicked, unsubscribed in rows:
        sending = Sending(
            OUTCOMES[outcome - 1] if outcome else None,
            CLASSES[bounce_class - 1] if bounce_class else None,
            *(sent_ms, bool(opened), bool(clicked), bool(unsubscribed)),
        )
        if rule.cohort in tuple(counted_as(sending, product, aborted_ms)):
            found.append(handle)
    return found


def _codes(codes: Iterable[int]) -> str:
    return ", ".join(str(code) for code in sorted(codes))
