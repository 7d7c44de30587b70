"""A query as pinned plans: by which index its rows are reached, newest or oldest first, and in what steps.

Rows are reached by arms: index seeks that each give rows in the order of (ts, h), to be merged. An arm is a
statement of its own: preparing a union of forty takes longer than running forty prepared ones. The planner
is left no choice, because its guesses cost up to a thousandfold (every arm says INDEXED BY, dimensions are
read by scalar subqueries only). A test asserts EXPLAIN QUERY PLAN for every shape that comes out of here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import msgspec

from backend.model import TRACKING_KINDS, Level, LogName
from backend.query.language import Filter, levels_of
from backend.sources.sqlite.conditions import (
    FLAG_BITS,
    NOT_REPEAT,
    Binder,
    Known,
    column_of,
    kind_codes,
    kinds_of_level,
    level_sql,
    row_conditions,
)

MOST_ARMS = 120
"""Seeks that are merged; a query that would need more walks another index."""
FIRST_TS, LAST_TS = -(1 << 62), 1 << 62


class Position(NamedTuple):
    """A place in the order of a log."""

    ts: int
    h: int


OLDEST, NEWEST = Position(FIRST_TS, 0), Position(LAST_TS, 0)


class Statement(NamedTuple):
    text: str
    values: Mapping[str, object]


class Arm(msgspec.Struct, frozen=True):
    """One way to rows: an index and what its first columns equal."""

    index: str
    seek: tuple[tuple[str, int], ...] = ()
    listed: tuple[str, str] | None = None
    """A column and a JSON list of handles: rows come unordered and are sorted, so it must be a short list."""
    only: str = ""
    """The condition of a partial index that the seek does not imply."""

    @property
    def is_sorted(self) -> bool:
        return self.listed is None and self.index not in UNORDERED


UNORDERED = frozenset({"event_message"})
"""Indexes that do not go on with (ts, h): few rows share their key."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a query's rows are reached and what is left to be asked of each."""

    log: str
    table: str
    arms: tuple[Arm, ...]
    """() where nothing can match."""
    conditions: tuple[str, ...]
    values: Mapping[str, object]
    low_ms: int
    high_ms: int
    """The query's time: low_ms <= ts <= high_ms."""
    is_picky: bool
    """Whether rows that are reached may fail to match: then they are searched in steps."""


def table_of(log: str) -> str:
    return "scenario_log" if log == LogName.SCENARIO else "event_log"


def compile_query(query: Filter, known: Known) -> Plan:
    """The plan for a query whose names were looked up."""
    arms, reached_by = _choose_arms(query, known)
    return _plan(query, known, arms, reached_by)


def compile_walk(query: Filter, known: Known) -> Plan:
    """The plan for rows in order of time, whatever the query asks: it can be left off anywhere."""
    prefix = "scenario" if query.log == LogName.SCENARIO else "event"
    return _plan(query, known, (Arm(f"sqlite_autoindex_{prefix}_log_1"),), frozenset())


def compile_arrivals(query: Filter, known: Known) -> Plan:
    """The plan for rows in order of arrival: everything is asked of each. No arms: nothing can match."""
    return _plan(query, known, (Arm("rowid"),), frozenset())


def compile_skewed(query: Filter, known: Known) -> Plan:
    """The plan for the query's rows that are ahead of their time: few, and in no rollup."""
    bit = f"t.flags & {int(FLAG_BITS['skew'])}"
    index = "scenario_skew" if query.log == LogName.SCENARIO else "event_skew"
    return _plan(query, known, (Arm(index, only=bit),), frozenset())


def _plan(query: Filter, known: Known, arms: tuple[Arm, ...], reached_by: frozenset[str]) -> Plan:
    binder = Binder()
    conditions = [] if query.shows_repeats else [NOT_REPEAT]
    conditions += row_conditions(query, known, binder, reached_by=reached_by)
    if query.log == LogName.TRACKING and "kind" not in reached_by:
        codes = ", ".join(str(code) for code in sorted(_all_kinds(query.log)))
        conditions.append(f"+t.kind IN ({codes})")
    return Plan(
        log=query.log,
        table=table_of(query.log),
        arms=() if "0" in conditions else arms,
        conditions=tuple(conditions),
        values=binder.values,
        low_ms=FIRST_TS if query.start_ms is None else query.start_ms,
        high_ms=LAST_TS if query.end_ms is None else query.end_ms - 1,
        is_picky=len(conditions) > (0 if query.shows_repeats else 1),
    )


# --- the arms ------------------------------------------------------------------------------------------


def _choose_arms(query: Filter, known: Known) -> tuple[tuple[Arm, ...], frozenset[str]]:
    """The narrowest way to the rows, and the fields that it answers completely."""
    prefix = "scenario" if query.log == LogName.SCENARIO else "event"
    handles = _positive_handles(query, known)
    kinds = kinds_wanted(query)
    if prefix == "event" and "message" in handles and len(handles["message"]) <= MOST_ARMS:
        arms = tuple(Arm("event_message", (("message_id", m),)) for m in sorted(handles["message"]))
        return arms, frozenset({"message"})
    if "contact" in handles:
        arms = _contact_arms(prefix, handles["contact"])
        return arms, frozenset({"contact"} if "contact" in _fields(query) else ())
    for field in ("delivery", "scenario", "campaign"):
        column = column_of(query.log, field)
        if field not in handles or column != f"{field}_id":
            continue
        if len(handles[field]) * len(kinds) <= MOST_ARMS:
            index = f"{prefix}_{field}"
            pairs = product(sorted(handles[field]), sorted(kinds))
            arms = tuple(Arm(index, ((column, handle), ("kind", code))) for handle, code in pairs)
            return arms, frozenset({"kind"} | ({field} if field in _fields(query) else set()))
    if len(kinds) < len(kind_codes(query.log)):
        return tuple(Arm(f"{prefix}_kind", (("kind", code),)) for code in sorted(kinds)), frozenset({"kind"})
    return (Arm(f"sqlite_autoindex_{prefix}_log_1"),), frozenset()


def _contact_arms(prefix: str, contacts: frozenset[int]) -> tuple[Arm, ...]:
    index = f"{prefix}_contact"
    if len(contacts) <= MOST_ARMS:
        return tuple(Arm(index, (("contact_id", contact),)) for contact in sorted(contacts))
    return (Arm(index, listed=("contact_id", msgspec.json.encode(sorted(contacts)).decode())),)


def _fields(query: Filter) -> frozenset[str]:
    return frozenset(term.field for term in query.terms if not term.negated)


def _positive_handles(query: Filter, known: Known) -> dict[str, frozenset[int]]:
    """field -> handles of which every matching row has one. A step stands for its scenario, a free text
    that only contacts hold for those contacts."""
    handles: dict[str, frozenset[int]] = {}
    for field in ("message", "contact", "delivery", "scenario", "campaign"):
        terms = [term for term in query.terms if term.field == field and not term.negated]
        if terms and all(term.value for term in terms):
            handles[field] = frozenset().union(*(known.ids[term] for term in terms))
    if "scenario" not in handles and known.step_scenarios is not None:
        handles["scenario"] = known.step_scenarios
    if "contact" not in handles:
        for term in query.terms:
            hits = known.texts.get(term)
            if hits and not term.negated and hits.identities and not any(hits.columns.values()):
                handles["contact"] = hits.contacts
                break
    return handles


def kinds_wanted(query: Filter) -> frozenset[int]:
    """Codes of the kinds that matching rows can have."""
    codes = kind_codes(query.log)
    wanted = _all_kinds(query.log)
    if kinds := query.values("kind"):
        wanted &= frozenset(codes[kind] for kind in kinds)
    levels: frozenset[Level] = frozenset()
    for term in query.terms:
        if term.field == "level" and not term.negated:
            levels |= levels_of(term)
    return wanted & kinds_of_level(query.log, levels) if levels else wanted


def _all_kinds(log: str) -> frozenset[int]:
    codes = kind_codes(log)
    if log == LogName.TRACKING:
        return frozenset(codes[kind] for kind in TRACKING_KINDS)
    return frozenset(codes.values())


# --- statements ----------------------------------------------------------------------------------------


def page_statements(
    plan: Plan,
    arms: Sequence[Arm],
    start: Position,
    limit: int,
    *,
    newest_first: bool,
    bound: Position | None = None,
) -> Iterator[Statement]:
    """For each arm (ts, h, id) of at most `limit` rows beyond `start`, to `bound` inclusive, in order."""
    binder = _binder(plan)
    span = _span(plan, binder, start, bound, newest_first=newest_first)
    tail = f"ORDER BY {_order(newest_first)} LIMIT {binder.bind(limit)}"
    return _for_each(arms, lambda where: f"SELECT t.ts, t.h, t.id FROM {where} {tail}", plan, span, binder)


def gathering_statements(
    plan: Plan, start: Position, limit: int, *, newest_first: bool
) -> Iterator[Statement]:
    """`page_statements` for rows that are gathered by an index alone, whether or not they match."""
    bare = msgspec.structs.replace(plan, conditions=(), values={})
    return page_statements(bare, plan.arms, start, limit, newest_first=newest_first)


def matching_statement(plan: Plan, ids: str) -> Statement:
    """Which of the rows of these ids (a JSON list) match, by their conditions alone."""
    binder = _binder(plan)
    where = " AND ".join([f"t.id IN (SELECT value FROM json_each({binder.bind(ids)}))", *plan.conditions])
    return Statement(f"SELECT t.id FROM {plan.table} AS t NOT INDEXED WHERE {where}", binder.values)


def bound_statements(plan: Plan, start: Position, rows: int, *, newest_first: bool) -> Iterator[Statement]:
    """For each arm (ts, h) of the row that stands `rows` beyond `start`, if it has so many."""
    bare = msgspec.structs.replace(plan, conditions=())
    binder = _binder(bare)
    span = _span(bare, binder, start, None, newest_first=newest_first)
    tail = f"ORDER BY {_order(newest_first)} LIMIT 1 OFFSET {binder.bind(rows)}"
    return _for_each(plan.arms, lambda where: f"SELECT t.ts, t.h FROM {where} {tail}", bare, span, binder)


def edge_statements(plan: Plan, *, newest: bool) -> Iterator[Statement]:
    """For each arm the time of the newest or oldest row that it reaches (whether or not it matches)."""
    bare = msgspec.structs.replace(plan, conditions=())
    binder = _binder(bare)
    span = _between(bare, binder, plan.low_ms, plan.high_ms)
    tail = f"ORDER BY {_order(newest)} LIMIT 1"
    return _for_each(plan.arms, lambda where: f"SELECT t.ts FROM {where} {tail}", bare, span, binder)


def column_statements(plan: Plan, expressions: str, low_ms: int, high_ms: int) -> Iterator[Statement]:
    """For each arm the expressions of every row with low_ms <= ts <= high_ms. They are SQL over `t`, and
    never hold a person's text."""
    binder = _binder(plan)
    span = _between(plan, binder, low_ms, high_ms)
    return _for_each(plan.arms, lambda where: f"SELECT {expressions} FROM {where}", plan, span, binder)


def count_statement(plan: Plan, low_ms: int, high_ms: int) -> Statement:
    """(rows, errors, warnings) with low_ms <= ts <= high_ms, one row for each arm."""
    binder = _binder(plan)
    span = _between(plan, binder, low_ms, high_ms)
    error, warning = level_sql(plan.log, Level.ERROR), level_sql(plan.log, Level.WARNING)
    counted = f"count(*), coalesce(sum({error}), 0), coalesce(sum({warning}), 0)"
    arms: list[str] = []
    for arm in plan.arms:
        where, seek = _where(plan, arm, span, len(arms))
        binder.values.update(seek)
        arms.append(f"SELECT {counted} FROM {where}")
    return Statement(" UNION ALL ".join(arms), binder.values)


def arrival_statement(plan: Plan, after: int, last: int, limit: int) -> Statement:
    """Ids of matching rows that arrived after `after`, up to `last`, in order of arrival."""
    binder = _binder(plan)
    return Statement(
        f"SELECT t.id FROM {_arrived(plan, binder, after, last)} ORDER BY t.id LIMIT {binder.bind(limit)}",
        binder.values,
    )


def arrival_count_statement(plan: Plan, after: int, last: int) -> Statement:
    """How many matching rows arrived after `after`, up to `last`."""
    binder = _binder(plan)
    return Statement(f"SELECT count(*) FROM {_arrived(plan, binder, after, last)}", binder.values)


def _binder(plan: Plan) -> Binder:
    binder = Binder()
    binder.values.update(plan.values)
    return binder


def _arrived(plan: Plan, binder: Binder, after: int, last: int) -> str:
    parts = [
        f"t.id > {binder.bind(after)} AND t.id <= {binder.bind(last)}",
        f"+t.ts BETWEEN {binder.bind(plan.low_ms)} AND {binder.bind(plan.high_ms)}",
        *plan.conditions,
    ]
    return f"{plan.table} AS t NOT INDEXED WHERE {' AND '.join(parts)}"


def _order(newest_first: bool) -> str:
    return "ts DESC, h DESC" if newest_first else "ts, h"


def _between(plan: Plan, binder: Binder, low_ms: int, high_ms: int) -> str:
    low, high = max(low_ms, plan.low_ms), min(high_ms, plan.high_ms)
    return f"t.ts BETWEEN {binder.bind(low)} AND {binder.bind(high)}"


def _span(plan: Plan, binder: Binder, start: Position, bound: Position | None, *, newest_first: bool) -> str:
    """SQL: beyond start in the direction of reading, not beyond bound, inside the query's time."""
    end = bound or (OLDEST if newest_first else NEWEST)
    low, high = (end, start) if newest_first else (start, end)
    beyond, within = ("<", ">=") if newest_first else (">", "<=")
    span = _between(plan, binder, low.ts, high.ts)
    span += f" AND (t.ts, t.h) {beyond} ({binder.bind(start.ts)}, {binder.bind(start.h)})"
    if bound:
        span += f" AND (t.ts, t.h) {within} ({binder.bind(bound.ts)}, {binder.bind(bound.h)})"
    return span


def _for_each(
    arms: Sequence[Arm], statement: Callable[[str], str], plan: Plan, span: str, binder: Binder
) -> Iterator[Statement]:
    """One statement for each arm; arms of one shape share its text, so that it is prepared once."""
    texts: dict[tuple[object, ...], str] = {}
    for arm in arms:
        shape = (arm.index, tuple(column for column, _ in arm.seek), arm.listed is None, arm.only)
        where, seek = ("", _seek_values(arm)) if shape in texts else _where(plan, arm, span)
        text = texts.setdefault(shape, statement(where) if where else "")
        yield Statement(text, {**binder.values, **seek})


def _seek_values(arm: Arm, number: int = 0) -> dict[str, object]:
    values: dict[str, object] = {f"s{number}_{place}": handle for place, (_, handle) in enumerate(arm.seek)}
    if arm.listed:
        values[f"s{number}_listed"] = arm.listed[1]
    return values


def _where(plan: Plan, arm: Arm, span: str, number: int = 0) -> tuple[str, dict[str, object]]:
    """SQL from the table on, and the values of the arm's seek; `number` tells arms of one statement apart."""
    parts = [f"t.{column} = :s{number}_{place}" for place, (column, _) in enumerate(arm.seek)]
    if arm.listed:
        parts.append(f"t.{arm.listed[0]} IN (SELECT value FROM json_each(:s{number}_listed))")
    if arm.only:
        parts.append(arm.only)
    where = " AND ".join([*parts, span, *plan.conditions])
    return f"{plan.table} AS t INDEXED BY {arm.index} WHERE {where}", _seek_values(arm, number)
