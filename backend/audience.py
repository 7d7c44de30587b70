"""The audience of a delivery as a waterfall: targeted, left out, failed, sent, and what became of it.

Counted in contacts, with messages beside. A contact may stand in two slices (left out once, mailed at its
second pass): then the slices overlap, and by how much is said (R13) instead of hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from backend.model import BounceClass, Outcome, Subject

LEFT_OUT = (Outcome.EXCLUDED, Outcome.ERROR)
SENT = (Outcome.PENDING, Outcome.BOUNCED, Outcome.DELIVERED)


class Share(msgspec.Struct, frozen=True):
    """Contacts and messages of one kind."""

    contacts: int = 0
    messages: int = 0


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A slice's messages of one reason (and class); None: the rows carry none."""

    reason: str | None
    bounce_class: str | None = None
    share: Share


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the waterfall. `query` is what lists its rows in the event log."""

    name: str
    share: Share
    query: str
    parts: tuple[Part, ...] = ()


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """targeted = excluded + errors + untold + sent - overlap; sent = its outcomes - sent_overlap."""

    delivery: Subject
    slices: tuple[Slice, ...]
    overlap: int
    """Contacts counted more than once among left out, failed, sent and untold."""
    sent_overlap: int
    """The same among bounced, delivered and pending."""


class AudienceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a source counts of the messages of a delivery, test messages left out."""

    all: Share
    sent: Share
    outcomes: Mapping[Outcome | None, Share]
    """None: a message that was targeted, and nothing more is told."""
    parts: Sequence[tuple[Outcome, BounceClass | None, str | None, Share]]


def build_audience(delivery: Subject, counts: AudienceCounts) -> Audience:
    """The waterfall of what was counted."""

    def share(outcome: Outcome | None) -> Share:
        return counts.outcomes.get(outcome, Share())

    def slice_of(name: str, outcome: Outcome, kind: str) -> Slice:
        parts = [
            Part(reason=reason, bounce_class=told, share=part)
            for of, told, reason, part in counts.parts
            if of is outcome
        ]
        query = f"{_named(delivery)} kind:{kind}"
        return Slice(name=name, share=share(outcome), query=query, parts=tuple(parts))

    slices = (
        Slice(name="targeted", share=counts.all, query=_named(delivery)),
        slice_of("excluded", Outcome.EXCLUDED, "excluded"),
        slice_of("errors", Outcome.ERROR, "error"),
        Slice(name="untold", share=share(None), query=f"{_named(delivery)} kind:targeted"),
        Slice(name="sent", share=counts.sent, query=f"{_named(delivery)} kind:sent"),
        slice_of("bounced", Outcome.BOUNCED, "bounced"),
        slice_of("delivered", Outcome.DELIVERED, "delivered"),
        slice_of("pending", Outcome.PENDING, "sent"),
    )
    told = sum(share(outcome).contacts for outcome in (*LEFT_OUT, None)) + counts.sent.contacts
    sent = sum(share(outcome).contacts for outcome in SENT)
    return Audience(
        delivery=delivery,
        slices=slices,
        overlap=told - counts.all.contacts,
        sent_overlap=sent - counts.sent.contacts,
    )


def overlap_note(audience: Audience) -> str | None:
    """By how much the slices overlap, in words; None where they add up."""
    notes = []
    if audience.overlap:
        notes.append(f"excluded, errors, untold and sent exceed targeted by {audience.overlap}")
    if audience.sent_overlap:
        notes.append(f"bounced, delivered and pending exceed sent by {audience.sent_overlap}")
    if not notes:
        return None
    return "; ".join(notes) + ": contacts with several messages are in several slices"


def _named(delivery: Subject) -> str:
    key = delivery.key.replace("\\", "\\\\").replace('"', '\\"')
    return f'delivery:"{key}"'
