"""The rows behind a number of a report, found by looking at every row: what the other sources must equal."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from backend.cohort import Sending, aborted_before_ms, counted_as
from backend.facts import FIRST
from backend.model import BounceClass, LogName, LogRow, SubjectKind
from backend.products import product_rules
from backend.reports.drill import Drill, Rule, counts_implied, rule_of
from backend.reports.metrics import Unit
from backend.reports.panes import RowsOf
from backend.sources.memory_rows import MemoryRows

CLASSES = tuple(BounceClass)


def drilled_rows(rows: MemoryRows, drill: Drill, now_ms: int) -> list[LogRow]:
    """One row for each unit, by (time, key); with a line, the rows of its unit. Raises: UsageError for a
    number without rows behind it."""
    rule = rule_of(drill)
    if drill.line is not None:
        return _unit_rows(rows, drill, rule, drill.line)
    if rule.log is LogName.SCENARIO:
        found = [row for row in rows.steps if _is_there(row, drill, rule) and row.kind in rule.kinds]
        return _one_of_each(found, rule)
    events = list(zip(rows.events, rows.settled.events, strict=True))
    if rule.cohort is not None:
        messages = _messages(rows, drill, rule, now_ms)
        named = [(row, settled.message) for row, settled in events if not (row.repeat or row.skew)]
        return _newest((row, message) for row, message in named if message in messages)
    found = [
        row
        for row, settled in events
        if _is_there(row, drill, rule) and _counts(row, bool(settled.flags & FIRST), rule)
    ]
    return _one_of_each(found, rule)


def _unit_rows(rows: MemoryRows, drill: Drill, rule: Rule, line: int) -> list[LogRow]:
    """The rows of the unit that a row stands for."""
    events = list(zip(rows.events, rows.settled.events, strict=True))
    if rule.unit is Unit.MESSAGE:
        mine = {settled.message for row, settled in events if row.id == line}
        return [row for row, settled in events if settled.message in mine and not (row.repeat or row.skew)]
    log = rows.steps if rule.log is LogName.SCENARIO else rows.events
    here = next((row for row in log if row.id == line), None)
    if here is None:
        return []
    if rule.unit is Unit.RUN:
        return [
            row
            for row in rows.steps
            if (row.scenario_id, row.contact_id, row.run) == (drill.subject.id, here.contact_id, here.run)
            and (row.run or row.id == line)
            and not (row.repeat or row.skew)
        ]
    if rule.log is LogName.SCENARIO:
        counted = [row for row in rows.steps if _is_there(row, drill, rule) and row.kind in rule.kinds]
    else:
        counted = [
            row
            for row, settled in events
            if _is_there(row, drill, rule) and _counts(row, bool(settled.flags & FIRST), rule)
        ]
    by_contact = rule.unit is Unit.CONTACT
    return [row for row in counted if (row.contact_id == here.contact_id if by_contact else row.id == line)]


def _is_there(row: LogRow, drill: Drill, rule: Rule) -> bool:
    """Whether the row lies where the number counts, whatever its kind."""
    subject = drill.subject
    mine = {
        SubjectKind.SCENARIO: row.scenario_id,
        SubjectKind.CAMPAIGN: row.campaign_id,
        SubjectKind.DELIVERY: row.delivery_id,
    }
    return (
        mine[subject.kind] == subject.id
        and not (row.repeat or row.skew)
        and drill.window.start_ms <= row.at_ms < drill.window.end_ms
        and (rule.include_test or not row.test)
        and rule.channel in (None, row.channel)
        and drill.delivery_id in (None, row.delivery_id or 0)
        and drill.step_id in (None, row.step_id or 0)
        and _has_value(row, drill)
    )


def _has_value(row: LogRow, drill: Drill) -> bool:
    values = {
        RowsOf.REASON: row.reason,
        RowsOf.REASON_OF_STEP: row.reason,
        RowsOf.DOMAIN: row.domain,
        RowsOf.PLATFORM: row.platform,
        RowsOf.ORIGIN: row.origin,
    }
    if drill.rows_of is None:
        return True
    value = values[drill.rows_of]
    return value == drill.value if drill.beyond is None else value not in drill.beyond


def _counts(row: LogRow, is_first: bool, rule: Rule) -> bool:
    own = (
        row.kind in rule.kinds
        and (not rule.classes or row.bounce_class in rule.classes)
        and rule.is_machine in (None, row.machine)
        and rule.is_first in (None, is_first)
    )
    return own or (counts_implied(rule) and bool(rule.kinds.intersection(row.implied)))


def _messages(rows: MemoryRows, drill: Drill, rule: Rule, now_ms: int) -> set[int]:
    product = product_rules(drill.subject.product)
    aborted_ms = aborted_before_ms(product, now_ms)
    window = drill.window
    found = set()
    for handle, state in rows.settled.messages.items():
        if state.delivery != drill.subject.id or (state.test and not rule.include_test):
            continue
        if state.sent_ms is None or not window.start_ms <= state.sent_ms < window.end_ms:
            continue
        sending = Sending(
            state.outcome,
            CLASSES[state.bounce_class - 1] if state.bounce_class else None,
            state.sent_ms,
            state.open_ms is not None,
            state.click_ms is not None,
            state.unsubscribed_ms is not None,
        )
        if rule.cohort in tuple(counted_as(sending, product, aborted_ms)):
            found.add(handle)
    return found


def _one_of_each(rows: list[LogRow], rule: Rule) -> list[LogRow]:
    if rule.unit is Unit.CONTACT:
        return _newest((row, row.contact_id) for row in rows if row.contact_id is not None)
    if rule.unit is Unit.RUN:
        return _newest((row, (row.contact_id, row.run) if row.run else (row.id,)) for row in rows)
    return rows


def _newest(rows: Iterable[tuple[LogRow, Hashable]]) -> list[LogRow]:
    """The last row of each unit, by (time, key)."""
    newest: dict[Hashable, LogRow] = {}
    for row, unit in rows:
        newest.pop(unit, None)
        newest[unit] = row
    return list(newest.values())
