"""What became of a message that was made: excluded, failed, bounced, under way, delivered, opened (R49)."""

from __future__ import annotations

from backend.explaining import words as words
from backend.explaining.barred import BarKind, bars_at, category_of
from backend.explaining.facts import Facts, MessageFate
from backend.explaining.verdict import (
    BAR_NEXT,
    Found,
    VerdictKind,
    channel_of,
    format_span,
    until_text,
    why_text,
)
from backend.model import HOUR_MS, BounceClass, EventKind, LogRow, Outcome
from backend.products import MARKETO, product_rules
from backend.rfc3339 import format_rfc3339


def of_message(facts: Facts, fate: MessageFate) -> Found:
    """What became of a message that was made (R49 from "excluded" on)."""
    match fate.state.outcome:
        case Outcome.EXCLUDED:
            return _excluded(fate.row)
        case Outcome.ERROR:
            known = words.exclusion(fate.row.reason) or words.step_error(fate.row.reason)
            why = why_text(fate.row, known)
            sentence = f"the message failed before it was sent{why}"
            next_try = known.next if known else words.RETRY
            return Found(kind=VerdictKind.SEND_ERROR, sentence=sentence, next=next_try, row=fate.row)
        case Outcome.BOUNCED:
            return _bounced(facts, fate.row)
        case Outcome.DELIVERED:
            return delivered(fate)
        case Outcome.PENDING:
            return _pending(facts, fate)
        case _:
            return _untold(facts, fate)


def _excluded(row: LogRow) -> Found:
    known = words.exclusion(row.reason)
    sentence = f"left out before sending{why_text(row, known)}"
    return Found(
        kind=VerdictKind.EXCLUDED,
        sentence=sentence,
        next=known.next if known else "look the reason up in the product's list of exclusions",
        row=row,
        missing=() if row.reason else ("the row carries no reason",),
    )


def _bounced(facts: Facts, row: LogRow) -> Found:
    category = words.MARKETO_CATEGORIES.get(category_of(row) or "") if row.product == MARKETO else None
    known = words.bounce(row.reason)
    grade = f"{row.bounce_class} bounce" if row.bounce_class else "bounce"
    told = "; ".join(part for part in (category, known.text if known else None) if part)
    server = f': the server said "{row.reason}"' if row.reason else ", and no text of the server was kept"
    next_try = known.next if known else words.ADDRESS if row.bounce_class == BounceClass.HARD else words.LATER
    until_ms = None
    for bar in bars_at(facts.events, facts.suppressions, facts.now_ms, channel_of(facts)):
        if bar.kind is BarKind.SUSPENDED and bar.row is row:
            until_ms, next_try = bar.until_ms, BAR_NEXT[bar.kind]
    note = ""
    if row.bounce_class != BounceClass.HARD and words.reads_permanent(row.reason):
        note, next_try = (
            f" (permanent by its text though labelled {row.bounce_class or 'otherwise'})",
            words.ADDRESS,
        )
    sentence = f"{grade}{f' ({told})' if told else ''}{server}{note}"
    return Found(kind=VerdictKind.BOUNCED, sentence=sentence, next=next_try, row=row, until_ms=until_ms)


def _pending(facts: Facts, fate: MessageFate) -> Found:
    row, sent_ms = fate.row, fate.state.sent_ms
    abort_after_ms = product_rules(row.product).abort_after_ms
    if abort_after_ms is not None and sent_ms is not None and facts.now_ms - sent_ms >= abort_after_ms:
        days = abort_after_ms // (24 * HOUR_MS)
        return Found(
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
        return Found(
            kind=VerdictKind.RETRYING,
            sentence=f"put off, being tried again{until_text(row.until_ms)}{said}{note}",
            next=next_try,
            row=row,
            until_ms=row.until_ms,
        )
    waited = format_span(facts.now_ms - row.at_ms)
    return Found(
        kind=VerdictKind.QUEUED,
        sentence=f"sent {waited} ago, with no answer from the receiving side yet",
        next="wait; if the feed of outcomes is late, read it in again",
        row=row,
    )


def _untold(facts: Facts, fate: MessageFate) -> Found:
    """No row tells an outcome: it was only chosen, or only what the contact did with it came in."""
    state = fate.state
    reacted = [at for at in (state.open_ms, state.click_ms, state.unsubscribed_ms) if at is not None]
    if reacted:
        return Found(
            kind=VerdictKind.OPENED,
            sentence=f"it was received: opened or clicked at {format_rfc3339(min(reacted))}",
            row=fate.row,
            missing=("the row of its delivery",),
        )
    if fate.row.kind == EventKind.TARGETED:
        waited = format_span(facts.now_ms - fate.row.at_ms)
        return Found(
            kind=VerdictKind.QUEUED,
            sentence=f"chosen for it {waited} ago, and nothing more is told",
            next="wait; if the feed of outcomes is late, read it in again",
            row=fate.row,
        )
    return Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"unknown: its only row is {fate.row.kind}, which tells no outcome",
        next="read the missing feed in, then ask again",
        row=fate.row,
        missing=("rows of sending and delivery",),
    )


def delivered(fate: MessageFate) -> Found:
    state = fate.state
    at = format_rfc3339(state.outcome_ms) if state.outcome_ms is not None else "a time not told"
    opened_ms = state.open_ms if state.open_ms is not None else state.click_ms
    if state.complained_ms is not None:
        return Found(
            kind=VerdictKind.COMPLAINED,
            sentence=f"delivered at {at}, and called spam at {format_rfc3339(state.complained_ms)}",
            next=BAR_NEXT[BarKind.COMPLAINED],
            row=fate.row,
        )
    if opened_ms is not None:
        what = "opened" if state.open_ms is not None else "clicked"
        return Found(
            kind=VerdictKind.OPENED,
            sentence=f"it was received: delivered at {at}, {what} at {format_rfc3339(opened_ms)}",
            row=fate.row,
        )
    machine = ", opened by a machine only" if state.machine_open_ms is not None else ""
    return Found(
        kind=VerdictKind.DELIVERED,
        sentence=f"delivered at {at} and not opened{machine}: the server took it, it may be in spam",
        next="have the person look into the spam folder and the tabs of the mailbox",
        row=fate.row,
    )


def of_loose_row(row: LogRow) -> Found:
    if row.kind == "excluded":
        return _excluded(row)
    return Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"the last row about it is {row.kind}, which belongs to no message",
        row=row,
        missing=("rows that carry the message's id",),
    )
