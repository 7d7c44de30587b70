"""The tab *Summary*: what became of a delivery's messages (F106 to F108)."""

from __future__ import annotations

from collections.abc import Sequence

from backend.model import Availability, Cell, Figure, PaneData, TableRow
from backend.reports.metrics import rate
from backend.tracking.facts import NOT_TOLD, OFF_NOTE, DeliveryFacts
from backend.tracking.figures import count_figure, ratio_figure
from backend.tracking.indicators import (
    ErrorShare,
    Population,
    errors_by_domain,
    errors_by_reason,
    exclusions,
)


def summary_panes(facts: DeliveryFacts) -> tuple[PaneData, ...]:
    counts = facts.population
    return (
        _population_pane(facts, counts),
        PaneData(
            pane="exclusions",
            title="Causes of exclusion",
            columns=("Cause", "Messages", "Share"),
            rows=tuple(
                TableRow(label=cause or NOT_TOLD, cells=(Cell(n), Cell(rate(n, counts.excluded))))
                for cause, n in exclusions(facts.endings)
            ),
        ),
        _outcomes(counts),
        _errors("errors_by_reason", "Non-deliverables by reason", "Reason", errors_by_reason(facts.endings)),
        _errors("errors_by_domain", "Non-deliverables by domain", "Domain", errors_by_domain(facts.endings)),
    )


def _population_pane(facts: DeliveryFacts, counts: Population) -> PaneData:
    whole = counts.to_deliver
    known = Availability.KNOWN if facts.endings else Availability.NOT_COLLECTED
    quarantined = facts.quarantined if facts.endings else None

    def figure(metric: str, label: str, value: int) -> Figure:
        told = value if facts.endings else None
        return Figure(metric=metric, label=label, value=told, availability=known, unit="message")

    def share(metric: str, label: str, value: int | None) -> Figure:
        return ratio_figure(metric, label, value, whole, "of messages to deliver", known)

    return PaneData(
        pane="delivery_summary",
        title="Delivery summary",
        note=OFF_NOTE if facts.is_off else None,
        figures=(
            figure("initial_population", "Initial population", counts.initial),
            figure("rejected", "Messages rejected by the rule", counts.excluded),
            figure("to_deliver", "Messages to deliver", whole),
            figure("success", "Success", counts.success),
            share("success_rate", "Success rate", counts.success),
            figure("errors", "Errors", counts.errors),
            share("error_rate", "Error rate", counts.errors),
            count_figure("quarantines", "New quarantines", quarantined, Availability.NO_FEED),
            _rate_of_quarantines(quarantined, whole),
        ),
    )


def _rate_of_quarantines(quarantined: int | None, whole: int) -> Figure:
    known = Availability.NO_FEED if quarantined is None else Availability.KNOWN
    name = ("quarantine_rate", "New quarantines rate")
    return ratio_figure(*name, quarantined, whole, "of messages to deliver", known)


def _outcomes(counts: Population) -> PaneData:
    named = (
        ("Success", counts.success),
        ("Hard bounces", counts.hard),
        ("Soft bounces", counts.soft),
        ("Other failed", counts.other_failed),
        ("Prepared or pending", counts.prepared),
        ("Excluded", counts.excluded),
    )
    return PaneData(
        pane="outcomes",
        title="Outcomes",
        columns=("Outcome", "Messages", "Share"),
        rows=tuple(
            TableRow(label=label, cells=(Cell(n), Cell(rate(n, counts.initial)))) for label, n in named if n
        ),
    )


def _errors(pane: str, title: str, heading: str, shares: Sequence[ErrorShare]) -> PaneData:
    return PaneData(
        pane=pane,
        title=title,
        columns=(heading, "Errors", "Contribution", "Breakdown"),
        rows=tuple(
            TableRow(
                label=one.name or NOT_TOLD,
                cells=(Cell(one.errors), Cell(one.contribution), Cell(one.breakdown)),
            )
            for one in shares
        ),
        note="Contribution: of all errors. Breakdown: of prepared, error and success",
    )
