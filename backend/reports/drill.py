"""From a number of a report to what it counts: which rows, messages, contacts or runs make it (R48). Pure.

A `Drill` names a number as a pane shows it; `rule_of` says what to look for. A source answers with one log
row for each unit: the row itself, or the newest row in the window of the message, contact or run.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.errors import UsageError
from backend.model import Channel, LogName, PaneData, Report, Subject, TableRow, Window
from backend.reports.counts import CountFlag, day_before
from backend.reports.metrics import METRICS, Metric, Unit
from backend.reports.panes import FACET_OF, Pane, RowsOf
from backend.reports.report import need_of, report_kind, tab_of

TOLD_BY = {
    LogName.EVENT: (RowsOf.REASON, RowsOf.DOMAIN, RowsOf.PLATFORM),
    LogName.SCENARIO: (RowsOf.REASON, RowsOf.REASON_OF_STEP, RowsOf.ORIGIN),
}
"""By what the rows of a log can be broken down."""
ROSTER_METRIC = "inside"
"""Counted in the roster, not in a log: `Source.roster` lists it."""


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a report: a metric over a window, or the part of it that stands in one row of a table."""

    subject: Subject
    tab: str
    metric: str
    window: Window
    include_test: bool = False
    delivery_id: int | None = None
    """Only rows of this delivery; 0: only rows that name none. None: all. Likewise the step."""
    step_id: int | None = None
    rows_of: RowsOf | None = None
    """REASON, DOMAIN, PLATFORM or ORIGIN: only rows with this `value` (None: rows that told none).
    REASON_OF_STEP: of those of this reason the ones at `step_id`."""
    value: str | None = None
    beyond: tuple[str | None, ...] | None = None
    """In place of `value`: rows with none of these values."""
    line: int | None = None
    """Id of a row that stands for a unit: the rows of this unit alone. Of a contact those that the number
    counts; of a message or a run all that are counted anywhere."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for."""

    log: LogName
    kinds: frozenset[str]
    unit: Unit
    channel: Channel | None = None
    """Only rows of this channel."""
    classes: tuple[str | None, ...] = ()
    is_machine: bool | None = None
    is_first: bool | None = None
    include_test: bool = False
    cohort: str | None = None
    """Field of cohort.Cohort: messages by sending time, counted by their outcome."""


def rule_of(drill: Drill) -> Rule:
    """What makes the number. Raises: UsageError for a number that no log holds, or an unknown one."""
    metric = METRICS.get(drill.metric)
    if metric is None or metric.unit is Unit.RATIO or metric.id == ROSTER_METRIC:
        raise UsageError(f'there are no rows behind "{drill.metric}"')
    if drill.rows_of is not None and drill.rows_of not in TOLD_BY[metric.log]:
        raise UsageError(f'the rows behind "{drill.metric}" tell no {drill.rows_of}')
    need = need_of(tab_of(drill.subject, drill.tab))
    on_any_channel = bool(set(metric.kinds) & need.any_channel) or metric.distinct is not None
    is_facet = drill.rows_of is not None
    return Rule(
        log=metric.log,
        kinds=frozenset(metric.kinds),
        unit=metric.unit,
        channel=None if metric.log is LogName.SCENARIO or on_any_channel else need.channel,
        classes=() if is_facet else metric.classes,
        is_machine=False if is_facet else _flag(metric, CountFlag.MACHINE),
        is_first=None if is_facet else _flag(metric, CountFlag.FIRST),
        include_test=drill.include_test and report_kind(drill.subject).test_switch,
        cohort=metric.cohort,
    )


def _flag(metric: Metric, flag: CountFlag) -> bool | None:
    if metric.having & flag:
        return True
    return False if metric.lacking & flag else None


def counts_implied(rule: Rule) -> bool:
    """Whether a row that only implies one of the kinds counts: it has no class and no mark of its own."""
    return not rule.is_machine and not rule.is_first and (not rule.classes or None in rule.classes)


def openable(metric_id: str) -> str:
    """The metric whose rows a number opens: a ratio opens its part."""
    metric = METRICS[metric_id]
    return metric.part if metric.unit is Unit.RATIO and metric.part else metric.id


def figure_drill(report: Report, pane: Pane, metric_id: str) -> Drill:
    """What stands behind a figure of a report's pane."""
    return Drill(
        subject=report.subject,
        tab=report.tab,
        metric=openable(metric_id),
        window=day_before(report.window) if pane.whole_day else report.window,
        include_test=report.include_test,
        step_id=report.step_id,
    )


def row_drill(drill: Drill, pane: Pane, data: PaneData, row: TableRow) -> Drill:
    """`drill`, narrowed to one row of the pane's table."""
    if pane.rows is RowsOf.DELIVERY:
        return msgspec.structs.replace(drill, delivery_id=row.key or 0)
    if pane.rows in (RowsOf.STEP, RowsOf.BUSY_STEP):
        return msgspec.structs.replace(drill, step_id=row.key or 0)
    if pane.rows not in FACET_OF:
        return drill
    if pane.rows is RowsOf.REASON_OF_STEP:
        drill = msgspec.structs.replace(drill, step_id=row.key or 0)
    if row.is_rest:
        others = tuple(other.value for other in data.rows if not other.is_rest and other.key == row.key)
        return msgspec.structs.replace(drill, rows_of=pane.rows, beyond=others)
    return msgspec.structs.replace(drill, rows_of=pane.rows, value=row.value)


def row_metrics(pane: Pane, data: PaneData, row: TableRow) -> Mapping[str, int]:
    """The metrics of a row's cells -> place of the cell, those left out of the pane not among them."""
    by_label = {METRICS[name].label: name for name in pane.columns}
    if pane.rows is RowsOf.METRIC:
        return {by_label[row.label]: 0} if row.label in by_label else {}
    return {by_label[title]: place for place, title in enumerate(data.columns[1:]) if title in by_label}
