"""Live reports: the catalogue's doors, and one tab of a report made from its counts. Pure.

Console, command line and server all show what `build_report` returns, so a number is computed once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from backend.errors import UsageError
from backend.model import (
    Availability,
    Figure,
    LogName,
    PaneData,
    Report,
    Subject,
    SubjectKind,
    TableRow,
)
from backend.reports.counts import Counts, FacetName, Need, day_before
from backend.reports.figures import Numbers
from backend.reports.metrics import METRICS, Metric
from backend.reports.panes import FACET_OF, REPORTS, SHARE, Drawing, Pane, ReportKind, RowsOf, Tab
from backend.reports.rows import order_note, table_rows

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
PRUNED = "older rows were pruned: there, whole UTC days are counted and contacts are not"


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
    rows = table_rows(pane, counts, numbers)
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
        note=_pane_note(pane, counts),
        is_whole=_is_whole(pane, counts),
    )


def _is_whole(pane: Pane, counts: Counts) -> bool:
    """Whether there is data of all of the pane's logs from the start of its window on."""
    window, oldest_ms = counts.current.window, counts.known.oldest_ms
    start_ms = day_before(window).start_ms if pane.whole_day else window.start_ms
    logs = {METRICS[name].log for name in _metrics_of(pane)}
    return all(oldest_ms.get(log, counts.now_ms) <= start_ms for log in logs)


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
    behind = (*((SHARE,) if pane.share else ()), *((DROP,) if pane.drops else ()))
    return (pane.row_title, *labels, *behind)


def _pane_availability(
    pane: Pane, numbers: Numbers, figures: Sequence[Figure], rows: Sequence[TableRow]
) -> Availability:
    """The reason that all numbers of the pane share, where none of them is known."""
    if rows and pane.rows is not RowsOf.METRIC:
        return Availability.KNOWN
    found = [figure.availability for figure in figures]
    found += [numbers.total(METRICS[name]).availability for name in (*pane.columns, *pane.graph)]
    return Availability.KNOWN if Availability.KNOWN in found or not found else found[0]


def _pane_note(pane: Pane, counts: Counts) -> str | None:
    notes = []
    pruned_ms = counts.known.pruned_before_ms
    if pruned_ms is not None and pruned_ms > counts.current.window.start_ms:
        notes.append(PRUNED)
    if pane.drops:
        notes.append(order_note(pane, counts))
    return "; ".join(filter(None, notes)) or None
