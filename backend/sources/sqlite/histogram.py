"""How many rows a query has over time.

A histogram of whole hours comes from rollups where the query asks only for what they tell apart; its edges,
and every other query, are counted from rows by index. Both give the same numbers (contract suite). Where the
time does not suffice, the newest rows are counted.
"""

from __future__ import annotations

import sqlite3

import msgspec

from backend.facts import EVENT_RANK, RowFlag
from backend.model import DAY_MS, HOUR_MS, EventKind, Histogram, Level, LogName
from backend.products import product_rules
from backend.query.language import Filter
from backend.sources.sqlite.compile import (
    Arm,
    Plan,
    Statement,
    column_statements,
    compile_query,
    compile_skewed,
    count_statement,
    edge_statements,
    kinds_wanted,
)
from backend.sources.sqlite.conditions import Binder, Known, level_sql, row_conditions
from backend.sources.sqlite.pool import Deadline
from backend.sources.sqlite.pruned import pruned_before_ms
from backend.sources.sqlite.schema import Facet, Grain, SubjectCode
from backend.sources.sqlite.searching import look_up
from backend.sources.sqlite.spans import spans
from backend.sources.tallies import MOST_BUCKETS, Bars

SUBJECTS = {
    "scenario": SubjectCode.SCENARIO,
    "campaign": SubjectCode.CAMPAIGN,
    "delivery": SubjectCode.DELIVERY,
}
NOT_SKEWED = f"NOT t.flags & {int(RowFlag.SKEW)}"
IN_ROLLUPS = frozenset({"kind", "level", "class", "channel", "test", "machine", "since", "until"})
"""Fields that rollups tell apart, beside one subject."""
COUNTED_TOGETHER = 30
"""Arms up to which a bar is counted by one statement."""


def read_histogram(connection: sqlite3.Connection, deadline: Deadline, query: Filter, most: int) -> Histogram:
    """The query's rows over its time, at most `most` bars; none where no row tells what its time is."""
    known = look_up(connection, query)
    plan = compile_query(query, known)
    span = _span(connection, query, plan)
    if span is None:
        return Histogram()
    bars = Bars(*span, max(1, min(most, MOST_BUCKETS)))
    counted_from_ms = _count(connection, deadline, query, known, plan, span, bars) if plan.arms else span[0]
    pruned_ms = pruned_before_ms(connection)
    return Histogram(
        bars.buckets(),
        None if counted_from_ms <= span[0] else counted_from_ms,
        pruned_ms if span[0] < pruned_ms else None,
    )


def _count(
    connection: sqlite3.Connection,
    deadline: Deadline,
    query: Filter,
    known: Known,
    plan: Plan,
    span: tuple[int, int],
    bars: Bars,
) -> int:
    """Count all rows of the span into the bars; answers from which millisecond on they are counted."""
    inner = _whole_hours(connection, bars) if bars.step_ms % HOUR_MS == 0 and _is_in_rollups(query) else None
    count = _RowCount(connection, bars, deadline)
    if inner is None:
        return count.rows(plan, *span)
    start, end = inner
    reached_ms = count.rows(plan, end, span[1])
    if reached_ms > end:
        return reached_ms
    if implied := _implied_kinds(connection, query):
        reached_ms = count.rows(_of_kinds(plan, implied), start, end - 1)
    from_ms = start if reached_ms <= start or not implied else min(end, -(-reached_ms // HOUR_MS) * HOUR_MS)
    if from_ms < end:
        _count_rollups(connection, query, known, bars, from_ms, end)
        count.rows(compile_skewed(query, known), from_ms, end - 1)
    if from_ms > start:
        return from_ms
    return count.rows(plan, span[0], start - 1)


def _span(connection: sqlite3.Connection, query: Filter, plan: Plan) -> tuple[int, int] | None:
    """First and last millisecond of the histogram."""
    low = query.start_ms if query.start_ms is not None else _edge(connection, plan, newest=False)
    high = query.end_ms - 1 if query.end_ms is not None else _edge(connection, plan, newest=True)
    if low is None or high is None or low > high:
        return None
    return low, high


def _edge(connection: sqlite3.Connection, plan: Plan, *, newest: bool) -> int | None:
    if not plan.arms:
        return None
    times = [
        at_ms
        for statement in edge_statements(plan, newest=newest)
        for (at_ms,) in connection.execute(statement.text, statement.values)
    ]
    return (max(times) if newest else min(times)) if times else None


class _RowCount:
    """Counts rows into their bars, newest first, as long as there is time."""

    def __init__(self, connection: sqlite3.Connection, bars: Bars, deadline: Deadline) -> None:
        self._connection = connection
        self._bars = bars
        self._deadline = deadline

    def rows(self, plan: Plan, low_ms: int, high_ms: int) -> int:
        """Count rows with low_ms <= ts <= high_ms; answers from which millisecond on they are counted."""
        if not plan.arms or low_ms > high_ms:
            return low_ms
        reached_ms = high_ms + 1
        for first_ms, last_ms in spans(self._connection, plan, low_ms, high_ms, self._deadline):
            if len(plan.arms) > COUNTED_TOGETHER:
                self._one_by_one(plan, first_ms, last_ms)
            else:
                self._by_bar(plan, first_ms, last_ms)
            reached_ms = first_ms
        return reached_ms

    def _by_bar(self, plan: Plan, low_ms: int, high_ms: int) -> None:
        for start in self._bars.starts(low_ms, high_ms):
            end_ms = start + self._bars.step_ms - 1
            statement = count_statement(plan, max(low_ms, start), min(high_ms, end_ms))
            for counts in self._connection.execute(statement.text, statement.values):
                self._bars.add(start, *counts)

    def _one_by_one(self, plan: Plan, low_ms: int, high_ms: int) -> None:
        """For many arms with few rows each: a statement for every bar would cost more than the rows."""
        error, warning = level_sql(plan.log, Level.ERROR), level_sql(plan.log, Level.WARNING)
        for statement in column_statements(plan, f"t.ts, {error}, {warning}", low_ms, high_ms):
            for at_ms, is_error, is_warning in self._connection.execute(statement.text, statement.values):
                self._bars.add(at_ms, 1, is_error, is_warning)


# --- from rollups --------------------------------------------------------------------------------------


def _is_in_rollups(query: Filter) -> bool:
    subjects = [term for term in query.terms if term.field in SUBJECTS]
    others = [term for term in query.terms if term.field not in SUBJECTS]
    if query.log == LogName.SCENARIO and any(term.field == "delivery" for term in subjects):
        return False
    return (
        all(term.field in IN_ROLLUPS for term in others)
        and len({term.field for term in subjects}) <= 1
        and not any(term.negated or not term.value for term in subjects)
    )


def _whole_hours(connection: sqlite3.Connection, bars: Bars) -> tuple[int, int] | None:
    """[start, end) of the whole hours inside the histogram of which the rows are all kept."""
    low_ms = max(bars.low_ms, min(pruned_before_ms(connection), bars.high_ms))
    start = -(-low_ms // HOUR_MS) * HOUR_MS
    end = (bars.high_ms + 1) // HOUR_MS * HOUR_MS
    return (start, end) if start < end else None


def _count_rollups(
    connection: sqlite3.Connection, query: Filter, known: Known, bars: Bars, start: int, end: int
) -> None:
    """Counts [start, end), whole hours: whole days by the day where bars are days long."""
    first_day, last_day = -(-start // DAY_MS) * DAY_MS, end // DAY_MS * DAY_MS
    spans = [(Grain.HOUR, HOUR_MS, start, end)]
    if bars.step_ms % DAY_MS == 0 and first_day < last_day:
        spans = [
            (Grain.HOUR, HOUR_MS, start, first_day),
            (Grain.DAY, DAY_MS, first_day, last_day),
            (Grain.HOUR, HOUR_MS, last_day, end),
        ]
    left_out = _implied_kinds(connection, query)
    for subject, handle in _subjects(query, known):
        for grain, length_ms, low_ms, high_ms in spans:
            statement = rollup_statement(
                query, subject, handle, grain, (low_ms // length_ms, high_ms // length_ms), left_out
            )
            for bucket, *counts in connection.execute(statement.text, statement.values):
                bars.add(bucket * length_ms, *counts)


def _subjects(query: Filter, known: Known) -> list[tuple[SubjectCode, int]]:
    handles = {
        (SUBJECTS[term.field], handle)
        for term in query.terms
        if term.field in SUBJECTS
        for handle in known.ids[term]
    }
    if any(term.field in SUBJECTS for term in query.terms):
        return sorted(handles)
    return [(SubjectCode.ALL, 0)]


def rollup_statement(
    query: Filter,
    subject: SubjectCode,
    handle: int,
    grain: Grain,
    buckets: tuple[int, int],
    left_out: frozenset[int],
) -> Statement:
    """(bucket, rows, errors, warnings) of buckets[0] <= bucket < buckets[1]."""
    binder = Binder()
    facet = Facet.STEP if query.log == LogName.SCENARIO else Facet.EVENT
    # what IN_ROLLUPS names has the same columns and bits in rollup as in the logs
    conditions = row_conditions(query, Known(), binder, reached_by=frozenset(SUBJECTS))
    kinds = kinds_wanted(query) - left_out
    conditions.append(f"+t.kind IN ({', '.join(str(code) for code in sorted(kinds))})")
    error, warning = level_sql(query.log, Level.ERROR), level_sql(query.log, Level.WARNING)
    return Statement(
        f"SELECT t.bucket, sum(t.n), sum(t.n * {error}), sum(t.n * {warning}) FROM rollup AS t "
        f"WHERE t.subject = {int(subject)} AND t.subject_id = {binder.bind(handle)} "
        f"AND t.facet = {int(facet)} AND t.grain = {int(grain)} "
        f"AND t.bucket >= {binder.bind(buckets[0])} AND t.bucket < {binder.bind(buckets[1])} "
        f"AND {' AND '.join(conditions)} GROUP BY t.bucket",
        binder.values,
    )


def _implied_kinds(connection: sqlite3.Connection, query: Filter) -> frozenset[int]:
    """Kinds of which rollups hold more than the log has rows: those that some product's rows imply."""
    if query.log == LogName.SCENARIO:
        return frozenset()
    rules = [product_rules(name) for (name,) in connection.execute("SELECT DISTINCT product FROM account")]
    implied = set()
    if not all(rule.logs_targeting for rule in rules):
        implied.add(EVENT_RANK[EventKind.TARGETED])
    if not all(rule.logs_sending for rule in rules):
        implied.add(EVENT_RANK[EventKind.SENT])
    return kinds_wanted(query) & implied


def _of_kinds(plan: Plan, kinds: frozenset[int]) -> Plan:
    """The part of a plan that reaches rows of these kinds, without those ahead of their time."""
    arms = tuple(arm for arm in plan.arms if dict(arm.seek).get("kind") in kinds)
    if not any("kind" in dict(arm.seek) for arm in plan.arms):
        arms = tuple(Arm("event_kind", (("kind", code),)) for code in sorted(kinds))
    return msgspec.structs.replace(plan, arms=arms, conditions=(*plan.conditions, NOT_SKEWED))
