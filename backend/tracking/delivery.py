"""What recipients did with one delivery: the tabs of its tracking, from what a source read of it. Pure.

Every number is computed here once for console, command line and server. A figure says its formula; one
that cannot be known says why and is never 0 (R47).
"""

from __future__ import annotations

from collections.abc import Callable

from backend.errors import UsageError
from backend.model import DAY_MS, Availability, Cell, PaneData, Report, TableRow, Window
from backend.tracking.clicks import hot_clicks_pane, url_panes
from backend.tracking.facts import OFF_NOTE, DeliveryFacts, View, first_reaction_ms
from backend.tracking.indicator_panes import domains_pane, indicators_pane
from backend.tracking.missing import Check, State, why_no_data
from backend.tracking.statistics import statistics_panes
from backend.tracking.summary import summary_panes

REPORT = "tracking"
TITLE = "Delivery tracking"
TABS: dict[str, str] = {
    "summary": "Summary",
    "statistics": "Tracking statistics",
    "urls": "URLs and click streams",
    "hot_clicks": "Hot clicks",
    "indicators": "Indicators",
    "missing": "Why no data",
}
PLATFORM_TAB = "urls"
"""The tab that shows what all deliveries came to."""


def delivery_report(facts: DeliveryFacts, tab: str, view: str = View.LABEL) -> Report:
    """One tab. Raises: UsageError naming the tabs, or views, there are."""
    if view not in set(View):
        raise UsageError(f'there is no view by "{view}"; there are: {", ".join(View)}')
    if tab not in TABS:
        raise UsageError(f'tracking has no tab "{tab}"; there are: {", ".join(TABS)}')
    return Report(
        subject=facts.delivery,
        report=REPORT,
        tab=tab,
        tabs=tuple(name for name in TABS if name != "missing"),
        window=_window(facts),
        live=True,
        as_of_ms=facts.now_ms,
        newest_ms=facts.newest_ms,
        received_ms=facts.received_ms,
        include_test=facts.include_test,
        panes=_panes(facts, tab, View(view)),
    )


def _panes(facts: DeliveryFacts, tab: str, view: View) -> tuple[PaneData, ...]:
    if tab == "missing":
        return (_missing_pane(facts),)
    if tab == "summary":
        return summary_panes(facts)
    build: dict[str, Callable[[], tuple[PaneData, ...]]] = {
        "statistics": lambda: statistics_panes(facts),
        "urls": lambda: url_panes(facts, view),
        "hot_clicks": lambda: (hot_clicks_pane(facts),),
        "indicators": lambda: (indicators_pane(facts), domains_pane(facts)),
    }
    panes = build[tab]()
    if facts.is_off:
        return tuple(_switched_off(pane) for pane in panes)
    has_data = bool(facts.reactions.rows) or facts.reactions.machine
    return panes if has_data else (_missing_pane(facts), *panes)


def _switched_off(pane: PaneData) -> PaneData:
    return PaneData(pane=pane.pane, title=pane.title, availability=Availability.TRACKING_OFF, note=OFF_NOTE)


def _window(facts: DeliveryFacts) -> Window:
    start = facts.sent_ms if facts.sent_ms is not None else first_reaction_ms(facts.reactions)
    start = facts.now_ms - DAY_MS if start is None else min(start, facts.now_ms)
    end = facts.now_ms if facts.period_ms is None else start + facts.period_ms
    return Window(start, max(end, start + 1))


_SIGNS = {State.PASSED: "passed", State.FAILED: "FAILED", State.UNKNOWN: "unknown"}


def _missing_pane(facts: DeliveryFacts) -> PaneData:
    return PaneData(
        pane="missing",
        title="Why no data",
        columns=("Check", "Result", "Evidence", "Next step"),
        rows=tuple(_check_row(check) for check in why_no_data(facts.evidence)),
    )


def _check_row(check: Check) -> TableRow:
    return TableRow(
        label=check.name, cells=(Cell(_SIGNS[check.state]), Cell(check.evidence), Cell(check.next_step))
    )
