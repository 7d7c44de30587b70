"""What an explanation rests on: one contact's rows and places as a source reads them, and who is with it.

Values only, and the one thing worked out here: what became of each message, by the rules that also count it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from backend.explaining.barred import Suppression
from backend.facts import (
    CLASS_RANK,
    EVENT_RANK,
    HAS_ID,
    MACHINE,
    SKEW,
    TEST,
    MessageRow,
    MessageState,
    settle_message,
)
from backend.key_text import parse_key
from backend.model import ContactRef, EventKind, LogName, LogRow, Outcome, RosterRow, Subject
from backend.products import product_rules

OUTCOME_KINDS: dict[Outcome, tuple[EventKind, ...]] = {
    Outcome.EXCLUDED: (EventKind.EXCLUDED,),
    Outcome.ERROR: (EventKind.ERROR,),
    Outcome.PENDING: (EventKind.DEFERRED, EventKind.SENT),
    Outcome.DELIVERED: (EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED, EventKind.UNSUBSCRIBED),
    Outcome.BOUNCED: (EventKind.BOUNCED,),
}
MOST_ROWS = 5_000
"""Rows of one contact that are looked at in each log, the newest."""


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """Who else is at a step, and how the step fares: is it the contact, or the step?"""

    step: str
    others: int
    waiting: int
    """Of the others."""
    typical_ms: int | None
    """How long half of the others have been there; None where there are none."""
    hour_rows: int
    """Rows of the step in the last hour that say it worked or failed."""
    hour_failed: int


class PathStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a scenario that the contact is or was in."""

    scenario_id: int
    scenario: str
    step_id: int
    step: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known for one question: why did this contact (not) receive this delivery, or anything?"""

    now_ms: int
    contact: ContactRef
    delivery: Subject | None = None
    scenario_id: int | None = None
    """The scenario and step that send the delivery, where that is known."""
    scenario: str | None = None
    step_id: int | None = None
    step: str | None = None
    leading: frozenset[int] | None = None
    """Steps from which the delivery's step can still be reached, itself among them; None: not known."""
    steps: Sequence[LogRow] = ()
    """The contact's scenario log, oldest first, repeats left out."""
    events: Sequence[LogRow] = ()
    """The contact's event log, likewise."""
    inside: Sequence[RosterRow] = ()
    suppressions: Sequence[Suppression] = ()
    sent_to_anybody: bool = False
    """Whether the delivery has any row, of whomever."""
    collected: frozenset[LogName] = frozenset()
    """Logs of which this product and account has handed in anything."""
    pruned_before_ms: int | None = None
    crowd: Crowd | None = None
    path: Sequence[PathStep] = ()
    """The steps of the scenarios that the contact is or was in, each scenario's in its order."""


class MessageFate(msgspec.Struct, frozen=True, kw_only=True):
    """One message to the contact: what became of it, and the row that says so."""

    delivery_id: int | None
    delivery: str | None
    message: str | None
    state: MessageState
    row: LogRow
    """The row that the outcome rests on; else its first one."""


def fates(events: Iterable[LogRow]) -> tuple[MessageFate, ...]:
    """What became of each message of one contact, the latest message last."""
    groups: dict[tuple[str, str, str], list[LogRow]] = {}
    for row in events:
        if row.message_key is not None and not (row.skew or row.test):
            groups.setdefault((row.product, row.account, row.message_key), []).append(row)
    found = [_fate(rows) for rows in groups.values()]
    return tuple(sorted(found, key=lambda fate: (_sent_ms(fate), fate.row.id)))


def _sent_ms(fate: MessageFate) -> int:
    return fate.row.at_ms if fate.state.sent_ms is None else fate.state.sent_ms


def _fate(rows: Sequence[LogRow]) -> MessageFate:
    state = settle_message([_as_counted(row) for row in rows], product_rules(rows[0].product))
    named = next((row for row in rows if row.delivery_id is not None), rows[0])
    wanted = OUTCOME_KINDS.get(state.outcome, ()) if state.outcome else ()
    proof = [row for row in rows if row.kind in wanted and row.at_ms == state.outcome_ms]
    return MessageFate(
        delivery_id=named.delivery_id,
        delivery=named.delivery,
        message=rows[0].message or rows[0].message_key,
        state=state,
        row=proof[-1] if proof else rows[0],
    )


def _as_counted(row: LogRow) -> MessageRow:
    """The row as far as settling looks at it; repeats are left out already, so formats need no telling."""
    return MessageRow(
        ts=row.at_ms,
        h=parse_key(row.key),
        kind=EVENT_RANK[EventKind(row.kind)],
        bounce_class=CLASS_RANK[row.bounce_class] if row.bounce_class else 0,  # type: ignore[index]  # a StrEnum
        format=0,
        flags=(MACHINE if row.machine else 0)
        | (TEST if row.test else 0)
        | (SKEW if row.skew else 0)
        | (HAS_ID if row.has_id else 0),
        url=hash(row.url),
        reason=0,
        delivery=None,
        scenario=None,
        step=None,
        campaign=None,
        run=row.run,
    )
