"""The tab *Indicators*: each with its published formula and denominator (F100 to F102)."""

from __future__ import annotations

from typing import NamedTuple

from backend.model import Availability, Cell, PaneData, TableRow
from backend.products import ADOBE_CAMPAIGN
from backend.reports.metrics import rate
from backend.tracking.facts import NOT_TOLD, DeliveryFacts
from backend.tracking.figures import NO_TEXT, source_note
from backend.tracking.indicators import Ending, Indicators, Population, indicators, population
from backend.tracking.reactions import DomainCount


class _Line(NamedTuple):
    """An indicator. why: what stands where its value is not known; of_success: its rate is shown, too."""

    label: str
    value: float | int | str | None
    formula: str
    why: Availability = Availability.KNOWN
    of_success: bool = False


def indicators_pane(facts: DeliveryFacts) -> PaneData:
    counts = facts.population
    found = indicators(facts.reactions, counts.to_deliver, facts.text if facts.endings else None)
    success = counts.success if facts.endings else None
    # Campaign alone tells mirror pages, visited pages and transactions apart: only there is 0 an answer.
    is_told = facts.delivery.product == ADOBE_CAMPAIGN
    lines = (
        *_of_messages(counts if facts.endings else None),
        *_of_opens(found, is_told),
        *_of_clicks(found),
        *_of_web(found, counts.to_deliver if facts.endings else None, is_told),
        _Line("By machines", found.machine, "rows of bots; in none of the others"),
    )
    return PaneData(
        pane="indicators",
        title="Tracking indicators",
        columns=("Indicator", "Value", "Of success", "Formula"),
        rows=tuple(_row(line, success) for line in lines),
        note="; ".join(filter(None, (source_note(found), NO_TEXT if facts.text is None else None))) or None,
    )


def _row(line: _Line, success: int | None) -> TableRow:
    known = Availability.KNOWN if line.value is not None else line.why
    share = Cell("")
    if line.of_success:
        part = line.value if isinstance(line.value, int) else None
        missing = known if part is None else Availability.NOT_COLLECTED
        share = Cell(rate(part, success), Availability.KNOWN if part is not None and success else missing)
    return TableRow(label=line.label, cells=(Cell(line.value, known), share, Cell(line.formula)))


def _of_messages(counts: Population | None) -> tuple[_Line, ...]:
    """None: no delivery log was read."""
    why = Availability.NOT_COLLECTED
    to_deliver, success, complaints = (
        (None, None, None) if counts is None else (counts.to_deliver, counts.success, counts.complaints)
    )
    return (
        _Line("Messages to deliver", to_deliver, "initial population - rejected", why),
        _Line("Success", success, "sent, on mobile, taken into account; no seeds", why),
        _Line("Complaints", complaints, "failed with reason 8, denylisted address", why),
    )


def _of_opens(found: Indicators, is_told: bool) -> tuple[_Line, ...]:
    no_feed = Availability.NO_FEED
    extrapolated = "round(opens x to deliver / (to deliver - text))"
    forwards = "people who clicked - recipients who clicked"
    return (
        _Line("Distinct opens", found.recipient_open, "messages with any tracking log row", of_success=True),
        _Line(
            "Distinct opens, estimated",
            found.estimated_recipient_open,
            extrapolated,
            no_feed,
            of_success=True,
        ),
        _Line(
            "Sum of opens", found.total_recipient_open, "rows of the open pixel (URL id 1)", of_success=True
        ),
        _Line("Sum of opens, estimated", found.estimated_total_open, extrapolated, no_feed, of_success=True),
        _Line("Clicks on opt-out link", found.opt_out, "rows of URL type 3", of_success=True),
        _Line(
            "Clicks on mirror page",
            found.mirror if is_told else found.mirror or None,
            "rows of URL type 6",
            no_feed,
            of_success=True,
        ),
        _Line("Estimation of forwards", found.forwards, forwards, no_feed, of_success=True),
    )


def _of_clicks(found: Indicators) -> tuple[_Line, ...]:
    no_feed = Availability.NO_FEED
    people, estimated = "source ids with a row of URL type 1", "recipient clicks / distinct opens, estimated"
    return (
        _Line("Distinct clicks (people)", found.person_click, people, no_feed, of_success=True),
        _Line("Cumulated clicks", found.total_recipient_click, "rows of URL type 1", of_success=True),
        _Line(
            "Recipient clicks", found.recipient_click, "messages with a row of URL type 1", of_success=True
        ),
        _Line("Raw reactivity", found.raw_reactivity, "recipient clicks / distinct opens"),
        _Line("Estimated reactivity", found.estimated_reactivity, estimated, no_feed),
    )


def _of_web(found: Indicators, to_deliver: int | None, is_told: bool) -> tuple[_Line, ...]:
    """What the web pages behind the message told; money is in the feed's own currency."""
    amount, articles, buys = found.amount, found.articles, found.transactions
    why = Availability.NO_FEED
    each, basket = _ratio(amount, buys), _ratio(articles, buys)
    message = _ratio(amount, to_deliver)
    return (
        _Line("Visited pages", found.web if is_told else found.web or None, "rows of URL types 4 and 5", why),
        _Line("Transactions", buys if is_told else buys or None, "rows of URL type 5", why),
        _Line("Total amount", _money(amount), "amounts of transactions, added", why),
        _Line("Average transaction", each, "total amount / transactions", _why(amount, why)),
        _Line("Articles", _money(articles), "articles of transactions, added", why),
        _Line("Articles per transaction", basket, "articles / transactions", _why(articles, why)),
        _Line("Amount per message", message, "total amount / messages to deliver", _why(amount, why)),
    )


def _ratio(part: float | None, whole: int | None) -> str | None:
    return _money(None if part is None or not whole else part / whole)


def _why(part: float | None, missing: Availability) -> Availability:
    """Why a quotient is not there: its part is not told, or there is nothing to divide by."""
    return missing if part is None else Availability.KNOWN


def _money(value: float | None) -> str | None:
    """Whole, or with two places: a number that is no rate."""
    if value is None:
        return None
    return f"{value:.0f}" if value.is_integer() else f"{value:.2f}"


def domains_pane(facts: DeliveryFacts) -> PaneData:
    domains: dict[str, list[Ending]] = {}
    for ending in facts.endings:
        domains.setdefault(ending.domain, []).append(ending)
    for domain in facts.reactions.domains:
        domains.setdefault(domain, [])
    return PaneData(
        pane="domains",
        title="By domain",
        columns=(
            *("Domain", "Sent", "Complaints", "Complaints %", "Opens", "Opens %"),
            *("Clicks", "Clicks %", "Raw reactivity"),
        ),
        rows=tuple(
            sorted(
                (_domain_row(facts, domain, endings) for domain, endings in domains.items()),
                key=lambda row: (-int(row.cells[0].value or 0), row.label),
            )
        ),
        note="sent: success, seeds left out; rates are of sent",
    )


def _domain_row(facts: DeliveryFacts, domain: str, endings: list[Ending]) -> TableRow:
    counts = population(endings, facts.taken_into_account.get(domain, 0))
    told = facts.reactions.domains.get(domain, DomainCount())
    sent, opened, clicked = counts.success, len(told.openers), len(told.clickers)
    values = (
        *(sent, counts.complaints, rate(counts.complaints, sent)),
        *(opened, rate(opened, sent), clicked, rate(clicked, sent)),
        rate(clicked, opened),
    )
    return TableRow(label=domain or NOT_TOLD, cells=tuple(map(Cell, values)))
