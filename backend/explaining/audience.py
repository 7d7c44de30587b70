"""The audience of a delivery as a waterfall: targeted, left out, failed, sent, and what became of it.

Counted in contacts, with messages beside. A contact may stand in two slices (left out once, mailed at its
second pass): then the slices overlap, and by how much is said (R13) instead of hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from backend.errors import UsageError
from backend.model import BounceClass, EventKind, Outcome, Subject

LEFT_OUT = (Outcome.EXCLUDED, Outcome.ERROR)
SENT = (Outcome.PENDING, Outcome.BOUNCED, Outcome.DELIVERED)
SLICES: Mapping[str, tuple[Outcome | None, ...]] = {
    "targeted": (*Outcome, None),
    "excluded": (Outcome.EXCLUDED,),
    "errors": (Outcome.ERROR,),
    "untold": (None,),
    "sent": SENT,
    "bounced": (Outcome.BOUNCED,),
    "delivered": (Outcome.DELIVERED,),
    "pending": (Outcome.PENDING,),
}
"""The slices in their order, and the outcomes of the messages in each."""
LOOSE_KINDS = (
    *(EventKind.TARGETED, EventKind.EXCLUDED, EventKind.SENT, EventKind.DEFERRED, EventKind.DELIVERED),
    *(EventKind.BOUNCED, EventKind.ERROR),
)
"""The rows that would make a message, if they named one."""


class Share(msgspec.Struct, frozen=True):
    """Contacts and messages of one kind."""

    contacts: int = 0
    messages: int = 0


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A slice's messages of one reason (and class); None: the rows carry none."""

    reason: str | None
    bounce_class: BounceClass | None = None
    share: Share


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the waterfall: a name of SLICES, and who is in it."""

    name: str
    share: Share
    parts: tuple[Part, ...] = ()


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked for: everybody of a slice, or of one of its parts. `Source.audience_rows` lists them."""

    slice: str
    is_part: bool = False
    """True: only messages of exactly this reason and class."""
    reason: str | None = None
    bounce_class: BounceClass | None = None


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """targeted = excluded + errors + untold + sent - overlap; sent = its outcomes - sent_overlap."""

    delivery: Subject
    slices: tuple[Slice, ...]
    overlap: int
    """Contacts counted more than once among left out, failed, sent and untold."""
    sent_overlap: int
    """The same among bounced, delivered and pending."""
    loose: int = 0
    """Rows of the delivery that tell of a sending and name no message: in which slice nobody can say."""


class AudienceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a source counts of the messages of a delivery, test messages left out."""

    all: Share
    sent: Share
    outcomes: Mapping[Outcome | None, Share]
    """None: a message that was targeted, and nothing more is told."""
    parts: Sequence[tuple[Outcome, BounceClass | None, str | None, Share]]
    loose: int = 0


def build_audience(delivery: Subject, counts: AudienceCounts) -> Audience:
    """The waterfall of what was counted."""

    def share(outcome: Outcome | None) -> Share:
        return counts.outcomes.get(outcome, Share())

    def slice_of(name: str, outcomes: tuple[Outcome | None, ...]) -> Slice:
        if name == "targeted":
            return Slice(name=name, share=counts.all)
        if name == "sent":
            return Slice(name=name, share=counts.sent)
        (outcome,) = outcomes
        parts = tuple(
            Part(reason=reason, bounce_class=told, share=part)
            for of, told, reason, part in counts.parts
            if of is outcome
        )
        return Slice(name=name, share=share(outcome), parts=parts)

    slices = tuple(slice_of(name, outcomes) for name, outcomes in SLICES.items())
    told = sum(share(outcome).contacts for outcome in (*LEFT_OUT, None)) + counts.sent.contacts
    sent = sum(share(outcome).contacts for outcome in SENT)
    return Audience(
        delivery=delivery,
        slices=slices,
        overlap=told - counts.all.contacts,
        sent_overlap=sent - counts.sent.contacts,
        loose=counts.loose,
    )


def outcomes_of(members: Members) -> tuple[Outcome | None, ...]:
    """The outcomes of the messages that are asked for. Raises: UsageError for a slice that there is not."""
    if members.slice not in SLICES:
        raise UsageError(f'there is no slice "{members.slice}"; there are: {", ".join(SLICES)}')
    return SLICES[members.slice]


def audience_notes(audience: Audience) -> list[str]:
    """By how much the slices overlap, and what is in none of them, in words; [] where they simply add up."""
    notes = []
    if audience.overlap:
        notes.append(f"{audience.overlap} more in excluded, errors, untold and sent than targeted")
    if audience.sent_overlap:
        notes.append(f"{audience.sent_overlap} more in bounced, delivered and pending than sent")
    if notes:
        notes.append("who got several messages of the delivery is in several slices (R13)")
    if audience.loose:
        verb = "row names" if audience.loose == 1 else "rows name"
        notes.append(f"{audience.loose} {verb} no message: in no slice")
    return notes
