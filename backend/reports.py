"""Live reports: the catalogue's doors, and one tab of a report made from its counts. Pure.

Console, command line and server all show what `build_report` returns, so a number is computed once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from backend.counts import Counts, FacetName, FacetTally, Need, StepName, Tally
from backend.errors import UsageError
from backend.figures import Numbers
from backend.metrics import METRICS, Metric, rate
from backend.model import (
    Availability,
    Cell,
    Figure,
    LogName,
    PaneData,
    Report,
    Subject,
    SubjectKind,
    TableRow,
)
from backend.panes import FACET_OF, REPORTS, Drawing, Pane, ReportKind, RowsOf, Tab

__all__ = [
    "REPORTS",
    "Drawing",
    "Pane",
    "ReportKind",
    "RowsOf",
    "Tab",
    "build_report",
    "default_tab",
    "need_of",
    "report_kind",
    "steps_of",
    "tab_of",
    "tabs_for",
]

_KIND_OF = {
    SubjectKind.SCENARIO: "journey",
    SubjectKind.CAMPAIGN: "campaign",
    SubjectKind.DELIVERY: "delivery",
}
DROP = "Drop"
"""Heading of what is lost from step to step."""

STEPS_PANE = "journey_performance"


def report_kind(subject: Subject) -> ReportKind:
    return REPORTS[_KIND_OF[subject.kind]]


def tabs_for(subject: Subject) -> tuple[Tab, ...]:
    """The tabs of the subject's report, in order; a delivery has the one of its channel."""
    tabs = report_kind(subject).tabs
    if subject.kind is SubjectKind.DELIVERY and subject.channel is not None:
        return tuple(tab for tab in tabs if tab.channel == subject.channel)
    return tabs


def default_tab(subject: Subject) -> str:
    return tabs_for(subject)[0].id


def tab_of(subject: Subject, tab_id: str) -> Tab:
    """Raises: UsageError naming the tabs there are."""
    tabs = tabs_for(subject)
    for tab in tabs:
        if tab.id == tab_id:
            return tab
    raise UsageError(
        f'a {subject.kind} has no tab "{tab_id}"; there are: {", ".join(tab.id for tab in tabs)}'
    )


def steps_of(report: Report) -> list[tuple[int, str]]:
    """Handle and name of the steps of a scenario's report, in their order; the default tab has them."""
    rows = [row for pane in report.panes if pane.pane == STEPS_PANE for row in pane.rows]
    return [(row.key, row.label) for row in rows if row.key is not None]


def need_of(tab: Tab) -> Need:
    """What a source has to read for a tab."""
    metrics = [METRICS[name] for pane in tab.panes for name in _metrics_of(pane)]
    events = [metric for metric in metrics if metric.log is LogName.EVENT]
    facets: dict[FacetName, set[str]] = defaultdict(set)
    for pane in tab.panes:
        if pane.rows in FACET_OF:
            facets[FACET_OF[pane.rows]].update(kind for name in pane.columns for kind in METRICS[name].kinds)
    return Need(
        scenario_log=any(metric.log is LogName.SCENARIO for metric in metrics),
        channel=tab.channel,
        kinds=frozenset(kind for metric in events for kind in metric.kinds),
        any_channel=frozenset(
            kind
            for pane in tab.panes
            if pane.offers
            for name in _metrics_of(pane)
            for kind in METRICS[name].kinds
        ),
        facets={facet: frozenset(kinds) for facet, kinds in facets.items()},
        audience=any(metric.distinct is not None for metric in events),
        cohort=any(metric.cohort is not None for metric in events),
    )


def _metrics_of(pane: Pane) -> Iterable[str]:
    for name in (*pane.figures, *pane.graph, *pane.columns):
        metric = METRICS[name]
        yield from (part for part in (metric.part, metric.whole) if part)
        yield name


def build_report(counts: Counts) -> Report:
    """The tab's panes with their numbers."""
    kind, tab = report_kind(counts.subject), tab_of(counts.subject, counts.tab)
    need = need_of(tab)
    numbers = Numbers(counts, need)
    had_offers = any(seen in need.any_channel for _, seen in counts.known.subject_kinds)
    return Report(
        subject=counts.subject,
        report=kind.id,
        tab=tab.id,
        tabs=tuple(tab.id for tab in tabs_for(counts.subject)),
        window=counts.current.window,
        live=counts.live,
        as_of_ms=counts.now_ms,
        newest_ms=counts.newest_ms,
        received_ms=counts.received_ms,
        include_test=counts.include_test,
        step_id=counts.step_id,
        panes=tuple(_pane(pane, counts, numbers) for pane in tab.panes if had_offers or not pane.offers),
    )


def _pane(catalogued: Pane, counts: Counts, numbers: Numbers) -> PaneData:
    pane = _without_rare_ones(catalogued, numbers, counts.subject.product)
    rows = _rows(pane, counts, numbers)
    figures = [numbers.figure(name, whole_day=pane.whole_day) for name in pane.figures]
    if pane.leader and rows:
        figures.insert(0, _leader(rows[0], METRICS[pane.columns[0]]))
    series = tuple(numbers.series(name) for name in pane.graph)
    return PaneData(
        pane=pane.id,
        title=pane.title,
        figures=tuple(figures),
        columns=_headings(pane),
        rows=tuple(rows),
        series=series,
        availability=_pane_availability(pane, numbers, figures, rows),
        note=_pane_note(counts),
    )


def _without_rare_ones(pane: Pane, numbers: Numbers, product: str) -> Pane:
    """The pane without its optional metrics that are 0 and mean nothing in the product."""
    gone = {
        name
        for name in pane.optional
        if not METRICS[name].meanings.get(product) and not numbers.total(METRICS[name]).value
    }
    if not gone:
        return pane
    return msgspec.structs.replace(
        pane,
        columns=tuple(name for name in pane.columns if name not in gone),
        figures=tuple(name for name in pane.figures if name not in gone),
    )


def _leader(row: TableRow, metric: Metric) -> Figure:
    value = row.cells[0].value
    return Figure(
        metric=metric.id,
        label=row.label,
        value=value if not isinstance(value, str) else None,
        availability=row.cells[0].availability,
        unit=metric.unit,
        note=f"most {metric.label.lower()}",
    )


def _headings(pane: Pane) -> tuple[str, ...]:
    if pane.rows is RowsOf.NOTHING:
        return ()
    if pane.rows is RowsOf.METRIC:
        labels = [pane.value_title]
    else:
        labels = [METRICS[name].label for name in pane.columns]
    return (pane.row_title, *labels, *(("Share",) if pane.share else ()))


def _pane_availability(
    pane: Pane, numbers: Numbers, figures: Sequence[Figure], rows: Sequence[TableRow]
) -> Availability:
    """The reason that all numbers of the pane share, where none of them is known."""
    if rows and pane.rows is not RowsOf.METRIC:
        return Availability.KNOWN
    found = [figure.availability for figure in figures]
    found += [numbers.total(METRICS[name]).availability for name in (*pane.columns, *pane.graph)]
    return Availability.KNOWN if Availability.KNOWN in found or not found else found[0]


def _pane_note(counts: Counts) -> str | None:
    pruned_ms = counts.known.pruned_before_ms
    if pruned_ms is not None and pruned_ms > counts.current.window.start_ms:
        return "older rows were pruned: there, whole UTC days are counted and contacts are not"
    return None


def _rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    if pane.rows is RowsOf.DELIVERY:
        return _delivery_rows(pane, counts, numbers)
    if pane.rows is RowsOf.STEP:
        return _step_rows(pane, counts, numbers)
    if pane.rows is RowsOf.BUSY_STEP:
        return _busy_step_rows(pane, counts, numbers)
    if pane.rows is RowsOf.METRIC:
        return _metric_rows(pane, numbers)
    if pane.rows in FACET_OF:
        return _value_rows(pane, counts, numbers)
    return []


def _delivery_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """Deliveries with something in the window, the busiest first."""
    by_delivery: dict[int, list[Tally]] = defaultdict(list)
    metrics = [METRICS[name] for name in pane.columns]
    for tally in counts.current.tallies:
        if any(metric.counts(tally) for metric in metrics):
            by_delivery[tally.delivery_id].append(tally)
    names = {delivery.id: delivery.name or delivery.key for delivery in counts.deliveries}
    keys = {delivery.id: delivery.key for delivery in counts.deliveries}
    rows = [
        TableRow(
            label=names.get(delivery_id, NOT_TOLD),
            key=delivery_id or None,
            cells=tuple(numbers.of(name, tallies, delivery_id or None) for name in pane.columns),
        )
        for delivery_id, tallies in by_delivery.items()
    ]
    return sorted(rows, key=lambda row: (*_most_first(row), keys.get(row.key or 0, "")))


def _step_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """Steps in order; one that no definition places and that nothing happened at is left out."""
    by_step = _by_step(counts.current.tallies, pane)
    inside = {step.step_id for step in counts.inside if step.active or step.waiting}
    rows = [
        _step_row(step.id, step.name or step.key, pane, by_step, numbers)
        for step in order_steps(counts.steps, by_step)
        if counts.step_id in (None, step.id)
        and (step.id in by_step or step.id in inside or step.position is not None)
    ]
    if 0 in by_step or 0 in inside:
        rows.append(_step_row(0, NOT_TOLD, pane, by_step, numbers))
    return rows


def _step_row(
    step_id: int, label: str, pane: Pane, by_step: dict[int, list[Tally]], numbers: Numbers
) -> TableRow:
    cells = tuple(
        numbers.inside_at(step_id) if name == "inside" else numbers.of(name, by_step.get(step_id, ()))
        for name in pane.columns
    )
    return TableRow(label=label, key=step_id or None, cells=cells)


def order_steps(steps: Iterable[StepName], by_step: dict[int, list[Tally]]) -> list[StepName]:
    """By place in the definition; steps without one behind them, those with most rows first: a contact
    that is at a later step was at the earlier ones too."""
    return sorted(
        steps,
        key=lambda step: (
            step.position is None,
            step.position or 0,
            -sum(tally.n for tally in by_step.get(step.id, ())),
            step.name,
            step.key,
        ),
    )


def _busy_step_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    by_step = _by_step(counts.day if pane.whole_day else counts.current.tallies, pane)
    names = {step.id: step.name or step.key for step in counts.steps}
    rows = [_step_row(step_id, names.get(step_id, NOT_TOLD), pane, by_step, numbers) for step_id in by_step]
    return sorted(rows, key=_most_first)


def _by_step(tallies: Iterable[Tally], pane: Pane) -> dict[int, list[Tally]]:
    metrics = [METRICS[name] for name in pane.columns]
    found: dict[int, list[Tally]] = defaultdict(list)
    for tally in tallies:
        if any(metric.counts(tally) for metric in metrics):
            found[tally.step_id].append(tally)
    return dict(found)


def _metric_rows(pane: Pane, numbers: Numbers) -> list[TableRow]:
    rows = [
        TableRow(label=METRICS[name].label, cells=(numbers.total(METRICS[name]),)) for name in pane.columns
    ]
    return _with_shares(rows) if pane.share else rows


def _value_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """One row a value (of each step, in a pane of both), the most frequent first; what was not told apart is
    the last."""
    by_value: dict[tuple[int, bool, str | None], list[FacetTally]] = defaultdict(list)
    kinds = {kind for name in pane.columns for kind in METRICS[name].kinds}
    for tally in counts.facets:
        if tally.facet is FACET_OF[pane.rows] and tally.kind in kinds:
            by_value[tally.step_id, tally.rest, tally.value].append(tally)
    steps = {step.id: step.name or step.key for step in counts.steps}
    of_step = pane.rows is RowsOf.REASON_OF_STEP
    rows = [
        TableRow(
            label=(f"{steps.get(step_id, NOT_TOLD)}: " if of_step else "")
            + (REST if rest else (value or NOT_TOLD)),
            key=step_id or None,
            cells=tuple(numbers.with_value(name, tallies) for name in pane.columns),
            value=value,
            is_rest=rest,
        )
        for (step_id, rest, value), tallies in by_value.items()
    ]
    rows.sort(key=lambda row: (row.is_rest, *_most_first(row)))
    return _with_shares(rows) if pane.share else rows


def _with_shares(rows: Sequence[TableRow]) -> list[TableRow]:
    whole = sum(_of(row) for row in rows)
    shared = []
    for row in rows:
        first = row.cells[0]
        share = Cell(rate(_of(row), whole)) if first.value is not None else Cell(None, first.availability)
        shared.append(msgspec.structs.replace(row, cells=(*row.cells, share)))
    return shared


def _of(row: TableRow) -> float:
    value = row.cells[0].value
    return 0 if value is None or isinstance(value, str) else value


def _most_first(row: TableRow) -> tuple[float, str]:
    return (-_of(row), row.label)
