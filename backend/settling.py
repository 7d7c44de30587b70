"""Rows as counting sees them, and where each belongs: shared by every store, so that all count alike.

Pure: what a delivery, a journey version or a step stands for is asked of `Joins`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from backend.facts import REPEAT, SKEW, SKEW_MS, TEST, MessageRow, MessageState, record_flags, settle_message
from backend.model import StepKind
from backend.products import Product
from backend.record import Event, ScenarioRow
from backend.roster_fold import FOLD_RANK, FoldRank, FoldRow, step_after


class Join(msgspec.Struct):
    """What rows take from their delivery; rank: record.NamedBy of the delivery."""

    rank: int
    scenario: int | None
    step: int | None
    campaign: int | None


class Joins(Protocol):
    """What the named things of a store stand for."""

    def effective_scenario(self, scenario_id: int) -> int:
        """The journey where this is a version of one, else itself."""

    def effective_step(self, step_id: int, scenario_id: int) -> int:
        """The step of the same key in the scenario that its own scenario stands for."""

    def join_of(self, delivery_id: int) -> Join: ...


class EventRow(MessageRow):
    """A row of event_log with all that counting looks at; `id` is 0 until it is inserted."""

    id: int = 0
    received: int = 0
    account: int = 0
    channel: int = 0
    type: int = 0
    identity: int | None = None
    owner: int | None = None
    contact: int | None = None
    message: int | None = None
    named_scenario: int | None = None
    named_step: int | None = None
    domain: int = 0
    platform: int = 0
    name: int = 0
    agent: int = 0
    ip: str | None = None
    fields: str | None = None
    data: str | None = None
    raw: int | None = None
    delivery_id: int | None = None
    scenario_id: int | None = None
    step_id: int | None = None
    campaign_id: int | None = None

    def counts_as(self) -> tuple[Any, ...]:
        """The derived columns: what may change when other rows come."""
        return (self.flags, self.contact, self.delivery_id, self.scenario_id, self.step_id, self.campaign_id)


class StepRow(msgspec.Struct, kw_only=True):
    """A row of scenario_log with all that counting looks at."""

    ts: int
    h: int
    kind: int
    flags: int
    scenario_id: int
    step_id: int | None
    reason: int
    origin: int
    contact: int | None = None
    once: int | None = None
    id: int = 0
    received: int = 0
    account: int = 0
    format: int = 0
    type: int = 0
    text: int = 0
    identity: int | None = None
    owner: int | None = None
    named_scenario: int = 0
    named_step: int | None = None
    named_delivery: int | None = None
    run: str = ""
    start_id: str | None = None
    workflow_points: str | None = None
    until_ms: int | None = None
    fields: str | None = None
    data: str | None = None
    raw: int | None = None


def settle_rows(
    rows: Sequence[EventRow], product: Product, joins: Joins, earlier: MessageState | None = None
) -> MessageState:
    """Sets what the rows of one message count as; gives the message's state."""
    for row in rows:
        row.scenario = _named_scenario(row, joins)
        row.step = _named_step(row, row.scenario, joins)
    state = settle_message(rows, product, earlier)
    for row in rows:
        row.delivery_id = state.delivery
        names_scenario = row.scenario is not None
        row.scenario_id = row.scenario if names_scenario else state.scenario
        row.step_id = row.step if names_scenario else state.step
        row.campaign_id = row.campaign if row.campaign is not None else state.campaign
        _take_from_delivery(row, joins)
    _share_contact(rows)
    return state


def _share_contact(rows: Sequence[EventRow]) -> None:
    """A row that names nobody is of the contact whom the message's earliest row that names one names."""
    named = [row for row in rows if row.owner is not None]
    if named and len(named) < len(rows):
        contact = min(named, key=lambda row: (row.ts, row.kind, row.h)).contact
        for row in rows:
            if row.owner is None:
                row.contact = contact


def place_alone(row: EventRow, joins: Joins) -> None:
    """Sets where a row of no message belongs: its own names first, then its delivery's."""
    row.delivery_id = row.delivery[1] if row.delivery else None
    row.scenario_id = _named_scenario(row, joins)
    row.step_id = _named_step(row, row.scenario_id, joins)
    row.campaign_id = row.campaign
    _take_from_delivery(row, joins)


def _named_scenario(row: EventRow, joins: Joins) -> int | None:
    return None if row.named_scenario is None else joins.effective_scenario(row.named_scenario)


def _named_step(row: EventRow, scenario: int | None, joins: Joins) -> int | None:
    if row.named_step is None or scenario is None:
        return None
    return joins.effective_step(row.named_step, scenario)


def _take_from_delivery(row: EventRow, joins: Joins) -> None:
    """Scenario, step and campaign come from the delivery unless the rows of the message name them."""
    if row.delivery_id is None:
        return
    join = joins.join_of(row.delivery_id)
    if row.scenario_id is None:
        row.scenario_id, row.step_id = join.scenario, join.step
    elif row.step_id is None and row.scenario_id == join.scenario:
        row.step_id = join.step
    if row.campaign_id is None:
        row.campaign_id = join.campaign


def mark_once(rows: Sequence[StepRow]) -> Iterator[tuple[StepRow, bool]]:
    """Of scenario rows that count once together, whether each is a repeat: the earliest is not (R08)."""
    live = sorted((row for row in rows if not row.flags & SKEW), key=lambda row: (row.ts, row.kind, row.h))
    for place, row in enumerate(live):
        yield row, place > 0


UNFOLDED = REPEAT | SKEW | TEST
"""Rows that do not move a contact: said before, not yet due, or a test."""


def fold_row(
    kind: StepKind,
    order: tuple[int, int],
    flags: int,
    run: str,
    step: int | None,
    until_ms: int | None,
    identity: int | None,
    successors: Mapping[int, Sequence[int] | None],
    product: Product,
) -> FoldRow | None:
    """What a scenario row (at `order`, its time and key) says of where its contact is; None for nothing."""
    rank = FOLD_RANK.get(kind)
    if rank is None or flags & UNFOLDED:
        return None
    if rank != FoldRank.WAITING and step is not None:
        step = step_after(step, successors.get(step), product)
    return FoldRow(order[0], rank, order[1], run, step, until_ms, identity)


def event_flags(event: Event, now_ms: int) -> int:
    """The bits of a row that its record alone decides."""
    return record_flags(
        is_machine=event.machine,
        is_test=event.test,
        has_id=event.has_id,
        is_zoneless=event.key_ms is not None,
        is_ahead=event.at_ms > now_ms + SKEW_MS,
        gap_s=event.gap_s,
    )


def email_domain(event: Event) -> str | None:
    """The recipient's mail domain, case-folded; None without an address."""
    for identity in event.identities:
        if identity.namespace == "email" and "@" in identity.value:
            return identity.value.rpartition("@")[2].strip().casefold() or None
    return None


def step_flags(record: ScenarioRow, now_ms: int) -> int:
    """The bits of a scenario row that its record and our clock decide."""
    return record_flags(
        is_machine=False,
        is_test=record.test,
        has_id=record.has_id,
        is_zoneless=record.key_ms is not None,
        is_ahead=record.at_ms > now_ms + SKEW_MS,
    )
