"""A query as pinned plans: by which index its rows are reached, newest or oldest first, and in what steps.

Rows are reached by arms: index seeks that each give rows in the order of (ts, h), merged. The planner is
left no choice, because its guesses cost up to a thousandfold (every arm says INDEXED BY, dimensions are
read by scalar subqueries only). A test asserts EXPLAIN QUERY PLAN for every shape that comes out of here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import msgspec

from backend.model import TRACKING_KINDS, Level, LogName
from backend.query import Filter, levels_of
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
"""Seeks that are merged; a query that would need more walks another index. SQLite allows 500."""
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
    binder = Binder()
    arms, reached_by = _choose_arms(query, known)
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


def skewed(plan: Plan) -> Plan:
    """The same rows, but only those ahead of their time: few, and in no rollup."""
    prefix = "scenario" if plan.table == "scenario_log" else "event"
    bit = f"t.flags & {int(FLAG_BITS['skew'])}"
    return msgspec.structs.replace(plan, arms=(Arm(f"{prefix}_skew", only=bit),) if plan.arms else ())


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


def page_statement(
    plan: Plan, start: Position, limit: int, *, newest_first: bool, bound: Position | None = None
) -> Statement:
    """(ts, h, id) of at most `limit` rows beyond `start`, up to and with `bound`, nearest first."""
    binder = _binder(plan)
    span = _span(plan, binder, start, bound, newest_first=newest_first)
    order = _order(newest_first)
    most = binder.bind(limit)
    arms = [
        f"SELECT t.ts, t.h, t.id FROM {_where(plan, arm, binder, span)} ORDER BY {order} LIMIT {most}"
        for arm in plan.arms
    ]
    return Statement(_merged(arms, order, most), binder.values)


def bound_statement(plan: Plan, start: Position, rows: int, *, newest_first: bool) -> Statement:
    """(ts, h) of the row that stands `rows` beyond `start` in each sorted arm that has so many."""
    binder = _binder(plan)
    span = _span(plan, binder, start, None, newest_first=newest_first)
    order = _order(newest_first)
    skip = binder.bind(rows)
    bare = msgspec.structs.replace(plan, conditions=())
    arms = [
        f"SELECT t.ts, t.h FROM {_where(bare, arm, binder, span)} ORDER BY {order} LIMIT 1 OFFSET {skip}"
        for arm in plan.arms
        if arm.is_sorted
    ]
    return Statement(" UNION ALL ".join(f"SELECT * FROM ({arm})" for arm in arms), binder.values)


def count_statement(plan: Plan, low_ms: int, high_ms: int) -> Statement:
    """(rows, errors, warnings) with low_ms <= ts <= high_ms, one row for each arm."""
    binder = _binder(plan)
    span = _between(plan, binder, low_ms, high_ms)
    error, warning = level_sql(plan.log, Level.ERROR), level_sql(plan.log, Level.WARNING)
    arms = [
        f"SELECT count(*), coalesce(sum({error}), 0), coalesce(sum({warning}), 0) "
        f"FROM {_where(plan, arm, binder, span)}"
        for arm in plan.arms
    ]
    return Statement(" UNION ALL ".join(arms), binder.values)


def column_statements(plan: Plan, expression: str) -> Iterator[Statement]:
    """The expression (over `t`, never a person's text) for every row, arm by arm, in no order."""
    for arm in plan.arms:
        binder = _binder(plan)
        span = _between(plan, binder, plan.low_ms, plan.high_ms)
        yield Statement(f"SELECT {expression} FROM {_where(plan, arm, binder, span)}", binder.values)


def edge_statement(plan: Plan, *, newest: bool) -> Statement:
    """The time of the newest or oldest row that the arms reach (whether or not it matches)."""
    binder = _binder(plan)
    span = _between(plan, binder, plan.low_ms, plan.high_ms)
    order = _order(newest)
    bare = msgspec.structs.replace(plan, conditions=())
    arms = [
        f"SELECT * FROM (SELECT t.ts FROM {_where(bare, arm, binder, span)} ORDER BY {order} LIMIT 1)"
        for arm in plan.arms
    ]
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


def _where(plan: Plan, arm: Arm, binder: Binder, span: str) -> str:
    parts = [f"t.{column} = {binder.bind(handle)}" for column, handle in arm.seek]
    if arm.listed:
        column, handles = arm.listed
        parts.append(f"t.{column} IN (SELECT value FROM json_each({binder.bind(handles)}))")
    if arm.only:
        parts.append(arm.only)
    return f"{plan.table} AS t INDEXED BY {arm.index} WHERE {' AND '.join([*parts, span, *plan.conditions])}"


def _merged(arms: Sequence[str], order: str, most: str) -> str:
    if len(arms) == 1:
        return arms[0]
    union = " UNION ALL ".join(f"SELECT * FROM ({arm})" for arm in arms)
    return f"SELECT ts, h, id FROM ({union}) ORDER BY {order} LIMIT {most}"
