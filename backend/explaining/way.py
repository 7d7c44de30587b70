"""What happened on the way to the step that sends a message, where none was made (R49)."""

from __future__ import annotations

from collections.abc import Sequence

from backend.explaining import words as words
from backend.explaining.facts import Facts
from backend.explaining.verdict import (
    NO_EVENTS,
    NO_STEPS,
    Found,
    VerdictKind,
    format_span,
    last_of,
    pruned_note,
    unknown,
    until_text,
    why_text,
)
from backend.model import LogName, LogRow, RosterRow, RosterState, StepKind


def of_scenario(facts: Facts) -> Found:
    """No message was made: what happened on the way to the step that sends it."""
    name = facts.scenario or "the scenario"
    rows = [row for row in facts.steps if row.scenario_id == facts.scenario_id and not (row.skew or row.test)]
    places = [place for place in facts.inside if place.scenario_id == facts.scenario_id]
    entry = last_of(rows, StepKind.ENTERED, StepKind.RESTARTED)
    discarded = last_of(rows, StepKind.DISCARDED)
    if discarded is not None and (entry is None or discarded.at_ms >= entry.at_ms):
        return of_discard(discarded, name)
    if not rows and not places:
        if LogName.SCENARIO not in facts.collected:
            return unknown(f"whether it entered {name} cannot be told", NO_STEPS)
        return Found(
            kind=VerdictKind.NEVER_ENTERED,
            sentence=f"never entered {name}",
            next="check the entry condition of the scenario against this contact",
            missing=pruned_note(facts),
        )
    run = rows if entry is None else [row for row in rows if row.at_ms >= entry.at_ms]
    if places:
        return still_inside(facts, run, max(places, key=lambda place: place.step_ms))
    return _gone(facts, run, name)


def of_discard(row: LogRow, name: str) -> Found:
    known = words.discard(row.reason or row.type)
    return Found(
        kind=VerdictKind.DISCARDED,
        sentence=f"discarded at {name}{why_text(row, known)}",
        next=known.next if known else "look the code up in the product's documents",
        row=row,
    )


def still_inside(facts: Facts, run: Sequence[LogRow], place: RosterRow) -> Found:
    where = place.step or "a step that the log does not name"
    since = format_span(facts.now_ms - place.step_ms)
    last = run[-1] if run else None
    if place.state is RosterState.WAITING:
        until = until_text(place.until_ms)
        next_try = "wait until then" if place.until_ms is not None else "look at what the step waits for"
        if place.until_ms is not None and place.until_ms < facts.now_ms:
            next_try = "its time is over: look at whether the scenario is running"
        return Found(
            kind=VerdictKind.WAITING,
            sentence=f"still inside, waiting at {where} for {since}{until}",
            next=next_try,
            row=last if last is not None and last.kind == StepKind.WAITING else None,
            place=place,
            until_ms=place.until_ms,
        )
    if last is not None and last.kind == StepKind.ACTION_ERROR:
        return step_error(last)
    return Found(
        kind=VerdictKind.ON_THE_WAY,
        sentence=f"still inside, at {where} for {since}, and not yet at the step that sends it",
        next="compare with the others at this step",
        row=last,
        place=place,
    )


def _gone(facts: Facts, run: Sequence[LogRow], name: str) -> Found:
    """It was inside and is not any more, without a message."""
    end = last_of(run, StepKind.EXITED, StepKind.FAILED, StepKind.REMOVED)
    error = last_of(run, StepKind.ACTION_ERROR)
    reached = [row for row in run if facts.step_id is not None and row.step_id == facts.step_id]
    if end is not None and end.kind == StepKind.REMOVED:
        who = end.fields.get("removed_by")
        by = f" by {who}" if who else ", by whom the log does not say"
        sentence = f"left before the step: removed from {name} by hand{by}"
        return Found(kind=VerdictKind.REMOVED, sentence=sentence, next="let it enter again", row=end)
    if error is not None and (not reached or error in reached or error.at_ms >= reached[-1].at_ms):
        return step_error(error)
    if end is not None and end.kind == StepKind.FAILED:
        return step_error(end)
    if reached:
        if LogName.EVENT not in facts.collected:
            return unknown("it passed the step that sends it; what became of it cannot be told", NO_EVENTS)
        return Found(
            kind=VerdictKind.UNKNOWN,
            sentence="it passed the step that sends it, and no row of the message has come",
            next="the feed of outcomes may be late: read it in again",
            row=reached[-1],
            missing=("rows of the message",),
        )
    passed = [row for row in run if row.step_id is not None and row is not end]
    if facts.leading is not None and passed and passed[-1].step_id not in facts.leading:
        sentence = f"took another branch: after {passed[-1].step} the step that sends it is not reached"
        return Found(
            kind=VerdictKind.OTHER_BRANCH,
            sentence=sentence,
            next="check the condition in front of the branch",
            row=passed[-1],
        )
    if end is not None:
        why = f" ({end.reason or end.message})" if end.reason or end.message else ""
        return Found(
            kind=VerdictKind.LEFT,
            sentence=f"left {name} before the step that sends it{why}",
            next="check the exit conditions of the scenario",
            row=end,
        )
    return Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"it is not inside {name}, and no row says how it left",
        row=run[-1] if run else None,
        missing=("the row of its exit", *pruned_note(facts)),
    )


def step_error(row: LogRow) -> Found:
    known = words.step_error(row.reason)
    where = row.step or "a step that the log does not name"
    return Found(
        kind=VerdictKind.STEP_ERROR,
        sentence=f"failed at {where}{why_text(row, known)}",
        next=known.next if known else "look at the step's settings and at what it calls",
        row=row,
    )
