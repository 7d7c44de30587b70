"""Why a contact did or did not receive a delivery: facts in, one verdict out, in the order of R49.

Pure. A verdict is one sentence, the row it rests on (R50) and the next thing to try. What is not known is
said as unknown, with the data that is missing; nothing is guessed from silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from backend.explaining.barred import Bar, BarKind, bars_at
from backend.explaining.facts import Facts, fates
from backend.explaining.message import delivered, of_loose_row, of_message
from backend.explaining.verdict import (
    BAR_NEXT,
    NO_EVENTS,
    NO_STEPS,
    Explained,
    Found,
    Verdict,
    VerdictKind,
    channel_of,
    evidence_of,
    pruned_note,
    unknown,
    until_text,
)
from backend.explaining.way import of_discard, of_scenario, step_error, still_inside
from backend.model import ContactRef, LogName, Outcome, RosterState, StepKind, Subject
from backend.products import product_rules

BAR_KINDS = {
    BarKind.SUPPRESSED: VerdictKind.SUPPRESSED,
    BarKind.SUSPENDED: VerdictKind.SUSPENDED,
    BarKind.COMPLAINED: VerdictKind.COMPLAINED,
    BarKind.UNSUBSCRIBED: VerdictKind.UNSUBSCRIBED,
    BarKind.DEAD: VerdictKind.BOUNCED,
}


def explain(facts: Facts) -> Verdict:
    """The first branch that matches; a message that was made counts before everything that precedes one."""
    found = _of_delivery(facts) if facts.delivery is not None else _of_anything(facts)
    return Verdict(
        kind=found.kind,
        contact_id=facts.contact.id,
        contact=facts.contact.shown,
        delivery=facts.delivery.name if facts.delivery else None,
        sentence=found.sentence,
        next=found.next,
        evidence=evidence_of(found),
        until_ms=found.until_ms,
        missing=found.missing,
        crowd=facts.crowd,
    )


def explain_named(
    names: Sequence[str], known: Mapping[str, Sequence[ContactRef]], delivery: Subject | None
) -> dict[str, ContactRef | str]:
    """The one contact that each name stands for, or why it stands for none.

    known: contacts with exactly this name. Those of the delivery's account come before all others.
    """
    found: dict[str, ContactRef | str] = {}
    for name in names:
        people = list(known.get(name, ()))
        if delivery is not None:
            account = (delivery.product, delivery.account)
            people = [one for one in people if (one.product, one.account) == account] or people
        if len(people) == 1:
            found[name] = people[0]
        elif people:
            choices = ", ".join(f"{one.shown} ({one.product} {one.account})" for one in people[:10])
            found[name] = f'"{name}" names {len(people)} contacts: {choices}'
        else:
            found[name] = f'no contact is known as exactly "{name}"'
    return found


def answers(
    names: Sequence[str], people: Mapping[str, ContactRef | str], verdicts: Mapping[int, Verdict]
) -> tuple[Explained, ...]:
    """The answer for each name, in their order."""
    found = []
    for name in names:
        who = people[name]
        if isinstance(who, str):
            found.append(Explained(asked=name, reason=who))
        else:
            found.append(Explained(asked=name, verdict=verdicts[who.id]))
    return tuple(found)


def _of_delivery(facts: Facts) -> Found:
    delivery = facts.delivery
    assert delivery is not None
    mine = [fate for fate in fates(facts.events) if fate.delivery_id == delivery.id]
    if mine:
        return of_message(facts, mine[-1])
    loose = [row for row in facts.events if row.delivery_id == delivery.id and row.message_key is None]
    if loose:
        return of_loose_row(loose[-1])
    if facts.scenario_id is not None:
        return of_scenario(facts)
    return _of_audience(facts)


def _of_audience(facts: Facts) -> Found:
    """A delivery of no scenario, and no row of this contact."""
    bar = _first_bar(facts)
    if bar is not None and not product_rules(facts.contact.product).logs_targeting:
        return _barred(bar, "no row of this delivery names the contact; ")
    if LogName.EVENT not in facts.collected:
        return unknown("whether it was sent cannot be told", NO_EVENTS)
    if not facts.sent_to_anybody:
        return unknown("the delivery has no row at all: it was not sent yet", "its rows were not read in")
    missing = pruned_note(facts)
    return Found(
        kind=VerdictKind.NOT_IN_AUDIENCE,
        sentence="not in the audience: the delivery has rows, and none of this contact",
        next="check the audience of the campaign against this contact",
        missing=missing,
    )


def _of_anything(facts: Facts) -> Found:
    """What keeps the contact from receiving anything: bars, where it is held up, its last message."""
    bar = _first_bar(facts)
    if bar is not None:
        return _barred(bar, "")
    waiting = [place for place in facts.inside if place.state is RosterState.WAITING]
    last_step = facts.steps[-1] if facts.steps else None
    if last_step is not None and last_step.kind in (StepKind.ACTION_ERROR, StepKind.FAILED):
        return step_error(last_step)
    if last_step is not None and last_step.kind == StepKind.DISCARDED:
        return of_discard(last_step, last_step.scenario or "the scenario")
    made = fates(facts.events)
    if made and made[-1].state.outcome not in (None, Outcome.DELIVERED):
        return of_message(facts, made[-1])
    if waiting:
        return still_inside(facts, facts.steps, max(waiting, key=lambda place: place.step_ms))
    if made:
        found = delivered(made[-1])
        sentence = f"nothing keeps it; its last message, {made[-1].delivery or 'unnamed'}: {found.sentence}"
        return msgspec.structs.replace(found, kind=VerdictKind.NOTHING_FOUND, sentence=sentence)
    missing = tuple(
        text
        for log, text in ((LogName.SCENARIO, NO_STEPS), (LogName.EVENT, NO_EVENTS))
        if log not in facts.collected
    )
    if missing:
        return unknown("nothing is known that keeps it, and not all is known", *missing)
    return Found(
        kind=VerdictKind.NOTHING_FOUND,
        sentence="nothing keeps it, and no message was ever made for it",
        next="pick a delivery, or check the audiences that it should be in",
        missing=pruned_note(facts),
    )


def _first_bar(facts: Facts) -> Bar | None:
    bars = bars_at(facts.events, facts.suppressions, facts.now_ms, channel_of(facts))
    return bars[0] if bars else None


def _barred(bar: Bar, before: str) -> Found:
    return Found(
        kind=BAR_KINDS[bar.kind],
        sentence=f"{before}not written to by {bar.channel}: {bar.text}{until_text(bar.until_ms)}",
        next=BAR_NEXT[bar.kind],
        row=bar.row,
        bar=bar,
        until_ms=bar.until_ms,
    )
