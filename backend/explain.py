"""Why a contact did or did not receive a delivery: facts in, one verdict out, in the order of R49.

Pure. A verdict is one sentence, the row it rests on (R50) and the next thing to try. What is not known is
said as unknown, with the data that is missing; nothing is guessed from silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from backend import explain_words as words
from backend.barred import Bar, BarKind, bars_at, category_of
from backend.explain_facts import Crowd, Facts, MessageFate, fates
from backend.model import (
    HOUR_MS,
    BounceClass,
    Channel,
    ContactRef,
    EventKind,
    LogName,
    LogRow,
    Outcome,
    RosterRow,
    RosterState,
    StepKind,
    Subject,
)
from backend.products import MARKETO, product_rules
from backend.rfc3339 import format_rfc3339


class VerdictKind(StrEnum):
    """The branches of R49 in its order; `unknown` is what missing data leaves."""

    NOT_IN_AUDIENCE = "not_in_audience"
    NEVER_ENTERED = "never_entered"
    DISCARDED = "discarded"
    WAITING = "waiting"
    ON_THE_WAY = "on_the_way"
    LEFT = "left"
    REMOVED = "removed"
    OTHER_BRANCH = "other_branch"
    STEP_ERROR = "step_error"
    EXCLUDED = "excluded"
    SUPPRESSED = "suppressed"
    SUSPENDED = "suspended"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    QUEUED = "queued"
    RETRYING = "retrying"
    ABORTED = "aborted"
    BOUNCED = "bounced"
    SEND_ERROR = "send_error"
    DELIVERED = "delivered"
    OPENED = "opened"
    NOTHING_FOUND = "nothing_found"
    UNKNOWN = "unknown"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict rests on: where it stands, when it happened and its handle there."""

    source: str
    """scenario log, event log, contacts in scenarios, or suppression list."""
    at_ms: int | None
    id: int | None
    text: str
    """Its own words: kind, class, type and reason."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to "why?". `kind` is what it is, `sentence` says it to a person."""

    kind: VerdictKind
    contact_id: int
    contact: str
    delivery: str | None
    sentence: str
    next: str
    """The next thing to try; "" where there is nothing to do."""
    evidence: Evidence | None = None
    until_ms: int | None = None
    missing: tuple[str, ...] = ()
    """Data that would have told more."""
    crowd: Crowd | None = None


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one of many names: a verdict, else why there is none."""

    asked: str
    verdict: Verdict | None = None
    reason: str = ""


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """A branch that matched, before it is dressed as a verdict."""

    kind: VerdictKind
    sentence: str
    next: str = ""
    row: LogRow | None = None
    place: RosterRow | None = None
    bar: Bar | None = None
    until_ms: int | None = None
    missing: tuple[str, ...] = ()


NO_STEPS = "no scenario log of this product was read in"
NO_EVENTS = "no event log of this product was read in"
BAR_KINDS = {
    BarKind.SUPPRESSED: VerdictKind.SUPPRESSED,
    BarKind.SUSPENDED: VerdictKind.SUSPENDED,
    BarKind.COMPLAINED: VerdictKind.COMPLAINED,
    BarKind.UNSUBSCRIBED: VerdictKind.UNSUBSCRIBED,
    BarKind.DEAD: VerdictKind.BOUNCED,
}
BAR_NEXT = {
    BarKind.SUPPRESSED: words.SUPPRESSED,
    BarKind.SUSPENDED: "wait until then, and look at why the server took it for spam",
    BarKind.COMPLAINED: "leave the contact alone: it called a message of yours spam",
    BarKind.UNSUBSCRIBED: words.CONSENT,
    BarKind.DEAD: words.ADDRESS,
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
        evidence=_evidence(found),
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


def crowd_line(crowd: Crowd) -> str:
    """Is it the contact or the step? In one line."""
    others = f"{crowd.others} other{'' if crowd.others == 1 else 's'} at {crowd.step}"
    typical = (
        f", half of them for over {format_span(crowd.typical_ms)}" if crowd.typical_ms is not None else ""
    )
    if not crowd.hour_rows:
        return f"{others}{typical}; nothing passed there in the last hour"
    share = round(100 * crowd.hour_failed / crowd.hour_rows)
    return f"{others}{typical}; {share} % of {crowd.hour_rows} failed there in the last hour"


def format_span(span_ms: int) -> str:
    """90 s, 40 min, 5 h, 3 d: the largest unit of which there are two."""
    seconds = max(0, span_ms) // 1000
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


# --- a delivery ----------------------------------------------------------------------------------------


def _of_delivery(facts: Facts) -> _Found:
    delivery = facts.delivery
    assert delivery is not None
    mine = [fate for fate in fates(facts.events) if fate.delivery_id == delivery.id]
    if mine:
        return _of_message(facts, mine[-1])
    loose = [row for row in facts.events if row.delivery_id == delivery.id and row.message_key is None]
    if loose:
        return _of_loose_row(loose[-1])
    if facts.scenario_id is not None:
        return _of_scenario(facts)
    return _of_audience(facts)


def _of_message(facts: Facts, fate: MessageFate) -> _Found:
    """What became of a message that was made (R49 from "excluded" on)."""
    match fate.state.outcome:
        case Outcome.EXCLUDED:
            return _excluded(fate.row)
        case Outcome.ERROR:
            known = words.exclusion(fate.row.reason) or words.step_error(fate.row.reason)
            why = _why(fate.row, known)
            sentence = f"the message failed before it was sent{why}"
            next_try = known.next if known else words.RETRY
            return _Found(kind=VerdictKind.SEND_ERROR, sentence=sentence, next=next_try, row=fate.row)
        case Outcome.BOUNCED:
            return _bounced(facts, fate.row)
        case Outcome.DELIVERED:
            return _delivered(fate)
        case Outcome.PENDING:
            return _pending(facts, fate)
        case _:
            return _untold(facts, fate)


def _excluded(row: LogRow) -> _Found:
    known = words.exclusion(row.reason)
    sentence = f"left out before sending{_why(row, known)}"
    return _Found(
        kind=VerdictKind.EXCLUDED,
        sentence=sentence,
        next=known.next if known else "look the reason up in the product's list of exclusions",
        row=row,
        missing=() if row.reason else ("the row carries no reason",),
    )


def _bounced(facts: Facts, row: LogRow) -> _Found:
    category = words.MARKETO_CATEGORIES.get(category_of(row) or "") if row.product == MARKETO else None
    known = words.bounce(row.reason)
    grade = f"{row.bounce_class} bounce" if row.bounce_class else "bounce"
    told = "; ".join(part for part in (category, known.text if known else None) if part)
    server = f': the server said "{row.reason}"' if row.reason else ", and no text of the server was kept"
    next_try = known.next if known else words.ADDRESS if row.bounce_class == BounceClass.HARD else words.LATER
    until_ms = None
    for bar in bars_at(facts.events, facts.suppressions, facts.now_ms, _channel(facts)):
        if bar.kind is BarKind.SUSPENDED and bar.row is row:
            until_ms, next_try = bar.until_ms, BAR_NEXT[bar.kind]
    note = ""
    if row.bounce_class != BounceClass.HARD and words.reads_permanent(row.reason):
        note, next_try = (
            f" (permanent by its text though labelled {row.bounce_class or 'otherwise'})",
            words.ADDRESS,
        )
    sentence = f"{grade}{f' ({told})' if told else ''}{server}{note}"
    return _Found(kind=VerdictKind.BOUNCED, sentence=sentence, next=next_try, row=row, until_ms=until_ms)


def _pending(facts: Facts, fate: MessageFate) -> _Found:
    row, sent_ms = fate.row, fate.state.sent_ms
    abort_after_ms = product_rules(row.product).abort_after_ms
    if abort_after_ms is not None and sent_ms is not None and facts.now_ms - sent_ms >= abort_after_ms:
        days = abort_after_ms // (24 * HOUR_MS)
        return _Found(
            kind=VerdictKind.ABORTED,
            sentence=f"sent, and {days} days later still no answer: counted as aborted, never confirmed",
            next=words.RETRY,
            row=row,
        )
    if row.kind == "deferred":
        note, next_try = "", "wait: the product tries again by itself"
        if words.reads_permanent(row.reason):
            note, next_try = " (permanent by its text though labelled deferred)", words.ADDRESS
        said = f': the server said "{row.reason}"' if row.reason else ""
        return _Found(
            kind=VerdictKind.RETRYING,
            sentence=f"put off, being tried again{_until(row.until_ms)}{said}{note}",
            next=next_try,
            row=row,
            until_ms=row.until_ms,
        )
    waited = format_span(facts.now_ms - row.at_ms)
    return _Found(
        kind=VerdictKind.QUEUED,
        sentence=f"sent {waited} ago, with no answer from the receiving side yet",
        next="wait; if the feed of outcomes is late, read it in again",
        row=row,
    )


def _untold(facts: Facts, fate: MessageFate) -> _Found:
    """No row tells an outcome: it was only chosen, or only what the contact did with it came in."""
    state = fate.state
    reacted = [at for at in (state.open_ms, state.click_ms, state.unsubscribed_ms) if at is not None]
    if reacted:
        return _Found(
            kind=VerdictKind.OPENED,
            sentence=f"it was received: opened or clicked at {format_rfc3339(min(reacted))}",
            row=fate.row,
            missing=("the row of its delivery",),
        )
    if fate.row.kind == EventKind.TARGETED:
        waited = format_span(facts.now_ms - fate.row.at_ms)
        return _Found(
            kind=VerdictKind.QUEUED,
            sentence=f"chosen for it {waited} ago, and nothing more is told",
            next="wait; if the feed of outcomes is late, read it in again",
            row=fate.row,
        )
    return _Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"unknown: its only row is {fate.row.kind}, which tells no outcome",
        next="read the missing feed in, then ask again",
        row=fate.row,
        missing=("rows of sending and delivery",),
    )


def _delivered(fate: MessageFate) -> _Found:
    state = fate.state
    at = format_rfc3339(state.outcome_ms) if state.outcome_ms is not None else "a time not told"
    opened_ms = state.open_ms if state.open_ms is not None else state.click_ms
    if state.complained_ms is not None:
        return _Found(
            kind=VerdictKind.COMPLAINED,
            sentence=f"delivered at {at}, and called spam at {format_rfc3339(state.complained_ms)}",
            next=BAR_NEXT[BarKind.COMPLAINED],
            row=fate.row,
        )
    if opened_ms is not None:
        what = "opened" if state.open_ms is not None else "clicked"
        return _Found(
            kind=VerdictKind.OPENED,
            sentence=f"it was received: delivered at {at}, {what} at {format_rfc3339(opened_ms)}",
            row=fate.row,
        )
    machine = ", opened by a machine only" if state.machine_open_ms is not None else ""
    return _Found(
        kind=VerdictKind.DELIVERED,
        sentence=f"delivered at {at} and not opened{machine}: the server took it, it may be in spam",
        next="have the person look into the spam folder and the tabs of the mailbox",
        row=fate.row,
    )


def _of_loose_row(row: LogRow) -> _Found:
    if row.kind == "excluded":
        return _excluded(row)
    return _Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"the last row about it is {row.kind}, which belongs to no message",
        row=row,
        missing=("rows that carry the message's id",),
    )


def _of_audience(facts: Facts) -> _Found:
    """A delivery of no scenario, and no row of this contact."""
    bar = _first_bar(facts)
    if bar is not None and not product_rules(facts.contact.product).logs_targeting:
        return _barred(bar, "no row of this delivery names the contact; ")
    if LogName.EVENT not in facts.collected:
        return _unknown("whether it was sent cannot be told", NO_EVENTS)
    if not facts.sent_to_anybody:
        return _unknown("the delivery has no row at all: it was not sent yet", "its rows were not read in")
    missing = _pruned(facts)
    return _Found(
        kind=VerdictKind.NOT_IN_AUDIENCE,
        sentence="not in the audience: the delivery has rows, and none of this contact",
        next="check the audience of the campaign against this contact",
        missing=missing,
    )


# --- on the way through a scenario ---------------------------------------------------------------------


def _of_scenario(facts: Facts) -> _Found:
    """No message was made: what happened on the way to the step that sends it."""
    name = facts.scenario or "the scenario"
    rows = [row for row in facts.steps if row.scenario_id == facts.scenario_id and not (row.skew or row.test)]
    places = [place for place in facts.inside if place.scenario_id == facts.scenario_id]
    entry = _last_of(rows, StepKind.ENTERED, StepKind.RESTARTED)
    discarded = _last_of(rows, StepKind.DISCARDED)
    if discarded is not None and (entry is None or discarded.at_ms >= entry.at_ms):
        return _discarded(discarded, name)
    if not rows and not places:
        if LogName.SCENARIO not in facts.collected:
            return _unknown(f"whether it entered {name} cannot be told", NO_STEPS)
        return _Found(
            kind=VerdictKind.NEVER_ENTERED,
            sentence=f"never entered {name}",
            next="check the entry condition of the scenario against this contact",
            missing=_pruned(facts),
        )
    run = rows if entry is None else [row for row in rows if row.at_ms >= entry.at_ms]
    if places:
        return _inside(facts, run, max(places, key=lambda place: place.step_ms))
    return _gone(facts, run, name)


def _discarded(row: LogRow, name: str) -> _Found:
    known = words.discard(row.reason or row.type)
    return _Found(
        kind=VerdictKind.DISCARDED,
        sentence=f"discarded at {name}{_why(row, known)}",
        next=known.next if known else "look the code up in the product's documents",
        row=row,
    )


def _inside(facts: Facts, run: Sequence[LogRow], place: RosterRow) -> _Found:
    where = place.step or "a step that the log does not name"
    since = format_span(facts.now_ms - place.step_ms)
    last = run[-1] if run else None
    if place.state is RosterState.WAITING:
        until = _until(place.until_ms)
        next_try = "wait until then" if place.until_ms is not None else "look at what the step waits for"
        if place.until_ms is not None and place.until_ms < facts.now_ms:
            next_try = "its time is over: look at whether the scenario is running"
        return _Found(
            kind=VerdictKind.WAITING,
            sentence=f"still inside, waiting at {where} for {since}{until}",
            next=next_try,
            row=last if last is not None and last.kind == StepKind.WAITING else None,
            place=place,
            until_ms=place.until_ms,
        )
    if last is not None and last.kind == StepKind.ACTION_ERROR:
        return _step_error(last)
    return _Found(
        kind=VerdictKind.ON_THE_WAY,
        sentence=f"still inside, at {where} for {since}, and not yet at the step that sends it",
        next="compare with the others at this step",
        row=last,
        place=place,
    )


def _gone(facts: Facts, run: Sequence[LogRow], name: str) -> _Found:
    """It was inside and is not any more, without a message."""
    end = _last_of(run, StepKind.EXITED, StepKind.FAILED, StepKind.REMOVED)
    error = _last_of(run, StepKind.ACTION_ERROR)
    reached = [row for row in run if facts.step_id is not None and row.step_id == facts.step_id]
    if end is not None and end.kind == StepKind.REMOVED:
        who = end.fields.get("removed_by")
        by = f" by {who}" if who else ", by whom the log does not say"
        sentence = f"left before the step: removed from {name} by hand{by}"
        return _Found(kind=VerdictKind.REMOVED, sentence=sentence, next="let it enter again", row=end)
    if error is not None and (not reached or error in reached or error.at_ms >= reached[-1].at_ms):
        return _step_error(error)
    if end is not None and end.kind == StepKind.FAILED:
        return _step_error(end)
    if reached:
        if LogName.EVENT not in facts.collected:
            return _unknown("it passed the step that sends it; what became of it cannot be told", NO_EVENTS)
        return _Found(
            kind=VerdictKind.UNKNOWN,
            sentence="it passed the step that sends it, and no row of the message has come",
            next="the feed of outcomes may be late: read it in again",
            row=reached[-1],
            missing=("rows of the message",),
        )
    passed = [row for row in run if row.step_id is not None and row is not end]
    if facts.leading is not None and passed and passed[-1].step_id not in facts.leading:
        sentence = f"took another branch: after {passed[-1].step} the step that sends it is not reached"
        return _Found(
            kind=VerdictKind.OTHER_BRANCH,
            sentence=sentence,
            next="check the condition in front of the branch",
            row=passed[-1],
        )
    if end is not None:
        why = f" ({end.reason or end.message})" if end.reason or end.message else ""
        return _Found(
            kind=VerdictKind.LEFT,
            sentence=f"left {name} before the step that sends it{why}",
            next="check the exit conditions of the scenario",
            row=end,
        )
    return _Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"it is not inside {name}, and no row says how it left",
        row=run[-1] if run else None,
        missing=("the row of its exit", *_pruned(facts)),
    )


def _step_error(row: LogRow) -> _Found:
    known = words.step_error(row.reason)
    where = row.step or "a step that the log does not name"
    return _Found(
        kind=VerdictKind.STEP_ERROR,
        sentence=f"failed at {where}{_why(row, known)}",
        next=known.next if known else "look at the step's settings and at what it calls",
        row=row,
    )


# --- anything at all -----------------------------------------------------------------------------------


def _of_anything(facts: Facts) -> _Found:
    """What keeps the contact from receiving anything: bars, where it is held up, its last message."""
    bar = _first_bar(facts)
    if bar is not None:
        return _barred(bar, "")
    waiting = [place for place in facts.inside if place.state is RosterState.WAITING]
    last_step = facts.steps[-1] if facts.steps else None
    if last_step is not None and last_step.kind in (StepKind.ACTION_ERROR, StepKind.FAILED):
        return _step_error(last_step)
    if last_step is not None and last_step.kind == StepKind.DISCARDED:
        return _discarded(last_step, last_step.scenario or "the scenario")
    made = fates(facts.events)
    if made and made[-1].state.outcome not in (None, Outcome.DELIVERED):
        return _of_message(facts, made[-1])
    if waiting:
        return _inside(facts, facts.steps, max(waiting, key=lambda place: place.step_ms))
    if made:
        found = _delivered(made[-1])
        sentence = f"nothing keeps it; its last message, {made[-1].delivery or 'unnamed'}: {found.sentence}"
        return msgspec.structs.replace(found, kind=VerdictKind.NOTHING_FOUND, sentence=sentence)
    missing = tuple(
        text
        for log, text in ((LogName.SCENARIO, NO_STEPS), (LogName.EVENT, NO_EVENTS))
        if log not in facts.collected
    )
    if missing:
        return _unknown("nothing is known that keeps it, and not all is known", *missing)
    return _Found(
        kind=VerdictKind.NOTHING_FOUND,
        sentence="nothing keeps it, and no message was ever made for it",
        next="pick a delivery, or check the audiences that it should be in",
        missing=_pruned(facts),
    )


def _first_bar(facts: Facts) -> Bar | None:
    bars = bars_at(facts.events, facts.suppressions, facts.now_ms, _channel(facts))
    return bars[0] if bars else None


def _barred(bar: Bar, before: str) -> _Found:
    return _Found(
        kind=BAR_KINDS[bar.kind],
        sentence=f"{before}not written to by {bar.channel}: {bar.text}{_until(bar.until_ms)}",
        next=BAR_NEXT[bar.kind],
        row=bar.row,
        bar=bar,
        until_ms=bar.until_ms,
    )


# --- words ---------------------------------------------------------------------------------------------


def _channel(facts: Facts) -> Channel:
    return facts.delivery.channel if facts.delivery and facts.delivery.channel else Channel.EMAIL


def _unknown(sentence: str, *missing: str) -> _Found:
    return _Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"unknown: {sentence}",
        next="read the missing feed in, then ask again",
        missing=missing,
    )


def _pruned(facts: Facts) -> tuple[str, ...]:
    if facts.pruned_before_ms is None:
        return ()
    return (f"rows before {format_rfc3339(facts.pruned_before_ms)} are no longer kept",)


def _until(until_ms: int | None) -> str:
    return f" until {format_rfc3339(until_ms)}" if until_ms is not None else ""


def _why(row: LogRow, known: words.Meaning | None) -> str:
    """ ": words (the product's own)", as far as either is there."""
    own = row.reason or row.message
    if known is not None:
        return f": {known.text} ({own})"
    return f": {own}" if own else ", and the row does not say why"


def _last_of(rows: Sequence[LogRow], *kinds: StepKind) -> LogRow | None:
    return next((row for row in reversed(rows) if row.kind in kinds), None)


def _evidence(found: _Found) -> Evidence | None:
    if found.row is not None:
        row = found.row
        kind = f"{row.kind}/{row.bounce_class}" if row.bounce_class else row.kind
        said = " ".join(
            part for part in (kind, row.type if row.type != row.kind else "", row.reason or "") if part
        )
        source = "scenario log" if row.log is LogName.SCENARIO else "event log"
        return Evidence(source=source, at_ms=row.at_ms, id=row.id, text=said)
    if found.bar is not None and found.bar.listed is not None:
        entry = found.bar.listed
        return Evidence(source="suppression list", at_ms=entry.since_ms, id=entry.id, text=entry.reason)
    if found.place is not None:
        place = found.place
        text = f"{place.state} at {place.step or 'an unnamed step'}"
        return Evidence(source="contacts in scenarios", at_ms=place.step_ms, id=None, text=text)
    return None
