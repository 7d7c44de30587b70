"""A book's records as the rows that a source answers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.facts import IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, REPEAT, SKEW, TEST, RowFlag
from backend.identity import SHOWN, fold_value
from backend.keys import format_key
from backend.model import ContactRef, EventKind, LogName, LogRow, RosterRow
from backend.record import Event, Identity, ScenarioRow
from backend.settling import EventRow, StepRow, email_domain
from backend.sources.book import Book, Entity, Settled

IMPLIED = ((IMPLIES_TARGETED, EventKind.TARGETED), (IMPLIES_SENT, EventKind.SENT))


class MemoryRows:
    """One settled state of a book, all of it as values."""

    def __init__(self, book: Book, settled: Settled) -> None:
        self._book = book
        self.settled = settled
        self._accounts = {handle: names for names, handle in book.accounts.items()}
        self._shown = {person: text for people in settled.people.values() for person, text in people}
        self.events = [self._event_row(row) for row in settled.events]
        self.steps = [self._step_row(row) for row in settled.steps]
        self.roster = sorted(
            (self._roster_row(*place) for place in settled.roster),
            key=lambda row: (row.entered_ms, row.scenario_id, row.contact_id, row.run),
        )

    def contact(self, contact_id: int) -> ContactRef | None:
        people = self.settled.people.get(contact_id)
        if not people:
            return None
        named = ((person[1], text) for person, text in people)
        identities = tuple(sorted(named, key=lambda one: (SHOWN.get(one[0], 9), one[1])))
        product, account = self._accounts[people[0][0][0]]
        return ContactRef(
            id=contact_id, shown=identities[0][1], product=product, account=account, identities=identities
        )

    def name_of(self, kind: str, handle: int | None) -> str | None:
        """What a scenario, step, campaign or delivery is shown as."""
        entity = self._book.entities[kind].get(handle or 0)
        return (entity.name or entity.key) if entity else None

    def _event_row(self, row: EventRow) -> LogRow:
        event = self._book.entries["event"][row.id - 1].record
        assert isinstance(event, Event)
        message_key, message_id = self._book.message_texts.get(row.message or 0, (None, None))
        return LogRow(
            log=LogName.EVENT,
            kind=event.kind,
            bounce_class=event.bounce_class,
            channel=event.channel,
            origin=event.origin,
            message=message_id,
            message_key=message_key,
            name=event.name or None,
            url=event.url or None,
            domain=email_domain(event),
            platform=event.platform or None,
            ip=event.ip,
            user_agent=event.user_agent or None,
            machine=bool(row.flags & MACHINE),
            implied=tuple(str(kind) for bit, kind in IMPLIED if row.flags & bit),
            run=event.run or None,
            **self._named("campaign", row.campaign_id),
            **self._named("delivery", row.delivery_id),
            **self._shared(event, row, self._book.entries["event"][row.id - 1].format),
        )

    def _step_row(self, row: StepRow) -> LogRow:
        entry = self._book.entries["scenario"][row.id - 1]
        record = entry.record
        assert isinstance(record, ScenarioRow)
        delivery = self._book.entity("delivery", row.account, record.delivery, record.at_ms)
        return LogRow(
            log=LogName.SCENARIO,
            kind=record.kind,
            origin=record.origin or None,
            message=record.message or None,
            run=record.run or None,
            start_id=record.start_id,
            workflow_points=record.workflow_points,
            until_ms=record.until_ms,
            once=None if row.once is None else format_key(row.once),
            **self._named("delivery", delivery),
            **self._shared(record, row, entry.format),
        )

    def _shared(self, record: Event | ScenarioRow, row: EventRow | StepRow, format: str) -> dict[str, Any]:
        contact, namespace = self._contact(record)
        return {
            "id": row.id,
            "at_ms": row.ts,
            "key": format_key(row.h),
            "received_ms": row.received,
            "type": record.type,
            "product": record.product,
            "account": record.account,
            "format": format,
            "contact": contact,
            "contact_namespace": namespace,
            "contact_id": row.contact,
            "reason": record.reason or None,
            "test": bool(row.flags & TEST),
            "repeat": bool(row.flags & REPEAT),
            "skew": bool(row.flags & SKEW),
            "has_id": bool(row.flags & RowFlag.HAS_ID),
            "fields": record.fields,
            "data": record.data,
            **self._named("scenario", row.scenario_id),
            **self._named("step", row.step_id),
        }

    def _contact(self, record: Event | ScenarioRow) -> tuple[str | None, str | None]:
        known = [identity for identity in record.identities if fold_value(identity)]
        if not known:
            return None, None
        best = min(known, key=lambda identity: SHOWN.get(identity.namespace, 9))
        return self._as_first_written(record.product, record.account, best), best.namespace

    def _as_first_written(self, product: str, account: str, identity: Identity) -> str:
        place = (self._book.account(product, account), identity.namespace, fold_value(identity))
        return self._shown[place]

    def _named(self, kind: str, handle: int | None) -> dict[str, Any]:
        entities: Mapping[int, Entity] = self._book.entities[kind]
        entity = entities.get(handle or 0)
        if entity is None:
            return {}
        key = f"{entity.by.name.lower()}:{entity.key}"
        return {kind: entity.name or entity.key, f"{kind}_id": handle, f"{kind}_key": key}

    def _roster_row(self, scenario: int, contact: int, run: str) -> RosterRow:
        place = self.settled.roster[scenario, contact, run]
        known = self.contact(contact)
        return RosterRow(
            contact_id=contact,
            contact=known.shown if known else "",
            scenario_id=scenario,
            scenario=self.name_of("scenario", scenario) or "",
            run=run,
            step_id=place.step,
            step=self.name_of("step", place.step),
            state=place.state,
            entered_ms=place.entered_ms,
            step_ms=place.step_ms,
            until_ms=place.until_ms,
        )
