"""What became of everybody whom a delivery was meant for, found in a book by looking at everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from backend.explaining.audience import LOOSE_KINDS, SENT, AudienceCounts, Members, Share, outcomes_of
from backend.model import BounceClass, LogRow, Outcome, Subject
from backend.sources.book import Book
from backend.sources.memory_rows import MemoryRows

CLASSES = tuple(BounceClass)
WITH_REASONS = (Outcome.EXCLUDED, Outcome.ERROR, Outcome.BOUNCED)


class _Told(NamedTuple):
    """What became of one message, and whose it is: a contact, or nobody but the message itself."""

    outcome: Outcome | None
    bounce_class: BounceClass | None
    reason: str | None
    message: int
    who: int


def audience_from_book(book: Book, rows: MemoryRows, delivery: Subject) -> AudienceCounts:
    """What became of the messages of a delivery, in contacts and messages."""
    told = list(_messages(book, rows, delivery))
    parts = {one[:3] for one in told if one.outcome in WITH_REASONS}
    counted = [
        (outcome, told_class, reason, _share(one for one in told if one[:3] == (outcome, told_class, reason)))
        for outcome, told_class, reason in parts
        if outcome is not None
    ]
    return AudienceCounts(
        all=_share(told),
        sent=_share(one for one in told if one.outcome in SENT),
        outcomes={
            outcome: _share(one for one in told if one.outcome is outcome)
            for outcome in {one.outcome for one in told}
        },
        parts=sorted(counted, key=lambda part: (-part[3].messages, part[0], part[1] or "", part[2] or "")),
        loose=sum(
            row.delivery_id == delivery.id
            and row.message_key is None
            and row.kind in LOOSE_KINDS
            and not (row.repeat or row.skew or row.test)
            for row in rows.events
        ),
    )


def members_from_book(book: Book, rows: MemoryRows, delivery: Subject, members: Members) -> list[LogRow]:
    """One row for each contact of a slice, by (time, key)."""
    wanted = outcomes_of(members)
    part = (members.reason, members.bounce_class)
    who_of = {
        one.message: one.who
        for one in _messages(book, rows, delivery)
        if one.outcome in wanted and (not members.is_part or (one.reason, one.bounce_class) == part)
    }
    newest: dict[int, LogRow] = {}
    for row, settled in zip(rows.events, rows.settled.events, strict=True):
        if settled.message in who_of and not (row.repeat or row.skew):
            newest.pop(who_of[settled.message], None)
            newest[who_of[settled.message]] = row
    return list(newest.values())


def _messages(book: Book, rows: MemoryRows, delivery: Subject) -> Iterator[_Told]:
    contacts = {row.message: row.contact for row in rows.settled.events if row.message is not None}
    words = {handle: text for text, handle in book.words.items()}
    for message, state in rows.settled.messages.items():
        if state.delivery == delivery.id and not state.test:
            bounce_class = CLASSES[state.bounce_class - 1] if state.bounce_class else None
            who = contacts.get(message) or -message
            yield _Told(state.outcome, bounce_class, words.get(state.reason), message, who)


def _share(told: Iterable[_Told]) -> Share:
    people = [one.who for one in told]
    return Share(len(set(people)), len(people))
