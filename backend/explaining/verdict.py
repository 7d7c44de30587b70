"""A verdict, and the words that all its branches share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from backend.explaining import words as words
from backend.explaining.barred import Bar, BarKind
from backend.explaining.facts import Crowd, Facts
from backend.model import Channel, LogName, LogRow, RosterRow, StepKind
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


class Found(msgspec.Struct, frozen=True, kw_only=True):
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
BAR_NEXT = {
    BarKind.SUPPRESSED: words.SUPPRESSED,
    BarKind.SUSPENDED: "wait until then, and look at why the server took it for spam",
    BarKind.COMPLAINED: "leave the contact alone: it called a message of yours spam",
    BarKind.UNSUBSCRIBED: words.CONSENT,
    BarKind.DEAD: words.ADDRESS,
}


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


def channel_of(facts: Facts) -> Channel:
    return facts.delivery.channel if facts.delivery and facts.delivery.channel else Channel.EMAIL


def unknown(sentence: str, *missing: str) -> Found:
    return Found(
        kind=VerdictKind.UNKNOWN,
        sentence=f"unknown: {sentence}",
        next="read the missing feed in, then ask again",
        missing=missing,
    )


def pruned_note(facts: Facts) -> tuple[str, ...]:
    if facts.pruned_before_ms is None:
        return ()
    return (f"rows before {format_rfc3339(facts.pruned_before_ms)} are no longer kept",)


def until_text(until_ms: int | None) -> str:
    return f" until {format_rfc3339(until_ms)}" if until_ms is not None else ""


def why_text(row: LogRow, known: words.Meaning | None) -> str:
    """ ": words (the product's own)", as far as either is there."""
    own = row.reason or row.message
    if known is not None:
        return f": {known.text} ({own})"
    return f": {own}" if own else ", and the row does not say why"


def last_of(rows: Sequence[LogRow], *kinds: StepKind) -> LogRow | None:
    return next((row for row in reversed(rows) if row.kind in kinds), None)


def evidence_of(found: Found) -> Evidence | None:
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
