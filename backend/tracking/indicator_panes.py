"""The tab *Indicators*: each with its published formula (F100 to F102)."""

from __future__ import annotations

from backend.metrics import rate
from backend.model import Availability, Cell, Outcome, PaneData, TableRow
from backend.tracking.facts import NOT_TOLD, DeliveryFacts
from backend.tracking.figures import NO_TEXT, source_note
from backend.tracking.indicators import Ending, indicators, population


def indicators_pane(facts: DeliveryFacts) -> PaneData:
    counts = population(facts.endings, facts.taken_into_account)
    found = indicators(facts.reactions, counts.to_deliver, facts.text if facts.endings else None)
    no_text, no_log = Availability.NO_FEED, Availability.NOT_COLLECTED
    to_deliver, success, complaints = (
        (counts.to_deliver, counts.success, counts.complaints) if facts.endings else (None, None, None)
    )
    lines: tuple[tuple[str, float | int | None, str, Availability], ...] = (
        ("Messages to deliver", to_deliver, "initial population - rejected", no_log),
        (
            *("Success", success),
            *("sent, received on mobile, taken into account; no seeds", no_log),
        ),
        ("Distinct opens", found.recipient_open, "messages with any tracking log row", Availability.KNOWN),
        (
            *("Distinct opens, estimated", found.estimated_recipient_open),
            *("round(opens x to deliver / (to deliver - text only))", no_text),
        ),
        ("Sum of opens", found.total_recipient_open, "rows of the open pixel (URL id 1)", Availability.KNOWN),
        ("Clicks on opt-out link", found.opt_out, "rows of URL type 3", Availability.KNOWN),
        ("Clicks on mirror page", found.mirror, "rows of URL type 6", Availability.KNOWN),
        (
            *("Estimation of forwards", found.forwards),
            *("people who clicked - recipients who clicked", Availability.NOT_COLLECTED),
        ),
        ("Recipient clicks", found.recipient_click, "messages with a row of URL type 1", Availability.KNOWN),
        (
            *("Distinct clicks (people)", found.person_click),
            *("source ids with a row of URL type 1", Availability.NOT_COLLECTED),
        ),
        ("Cumulated clicks", found.total_recipient_click, "rows of URL type 1", Availability.KNOWN),
        (
            *("Raw reactivity", found.raw_reactivity),
            *("recipient clicks / distinct opens", Availability.KNOWN),
        ),
        (
            *("Estimated reactivity", found.estimated_reactivity),
            *("recipient clicks / distinct opens, estimated", no_text),
        ),
        ("Complaints", complaints, "failed with reason 8, denylisted address", no_log),
        ("Visited pages", found.web, "rows of URL type 4", Availability.KNOWN),
        ("Transactions", found.transactions, "rows of URL type 5", Availability.KNOWN),
        ("By machines", found.machine, "rows of bots; in none of the others", Availability.KNOWN),
    )
    return PaneData(
        pane="indicators",
        title="Tracking indicators",
        columns=("Indicator", "Value", "Formula"),
        rows=tuple(
            TableRow(
                label=label,
                cells=(Cell(value, Availability.KNOWN if value is not None else why), Cell(formula)),
            )
            for label, value, formula, why in lines
        ),
        note="; ".join(filter(None, (source_note(found), NO_TEXT if facts.text is None else None))) or None,
    )


def domains_pane(facts: DeliveryFacts) -> PaneData:
    domains: dict[str, list[Ending]] = {}
    for ending in facts.endings:
        domains.setdefault(ending.domain, []).append(ending)
    for domain in facts.reactions.domains:
        domains.setdefault(domain, [])
    rows = []
    for domain, endings in domains.items():
        counts = population(endings)
        sent = sum(c.n for c in endings if c.outcome not in (Outcome.EXCLUDED, None, Outcome.PENDING))
        told = facts.reactions.domains.get(domain)
        opened, clicked = (len(told.openers), len(told.clickers)) if told else (0, 0)
        values = (sent, counts.complaints, opened, clicked, rate(clicked, opened))
        rows.append(TableRow(label=domain or NOT_TOLD, cells=tuple(map(Cell, values))))
    return PaneData(
        pane="domains",
        title="By domain",
        columns=("Domain", "Sent", "Complaints", "Opens", "Clicks", "Raw reactivity"),
        rows=tuple(sorted(rows, key=lambda row: (-int(row.cells[0].value or 0), row.label))),
    )
