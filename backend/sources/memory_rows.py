"""A book's records as the rows that a source answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from backend.facts import IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, REPEAT, SKEW, TEST, RowFlag
from backend.identity import SHOWN, fold_value
from backend.key_text import format_key
from backend.model import (
    Channel,
    ContactRef,
    EventKind,
    FeedStatus,
    LogName,
    LogRow,
    RosterOrder,
    RosterRow,
    StepCount,
    Subject,
    SubjectKind,
)
from backend.query.fields import NAMED_FIELDS
from backend.query.language import Filter, Handles
from backend.record import Event, Identity, ScenarioRow
from backend.settling import EventRow, StepRow, email_domain
from backend.sources.book import Book, Entity, Settled
from backend.sources.roster_places import RosterPlace

NAMESPACES = ("email", "phone", "id", "token")
IMPLIED = ((IMPLIES_TARGETED, EventKind.TARGETED), (IMPLIES_SENT, EventKind.SENT))


class MemoryRows:
    """One settled state of a book, all of it as values."""

    def __init__(self, book: Book, settled: Settled, now_ms: int) -> None:
        self._book = book
        self._now_ms = now_ms
        self.settled = settled
        self._accounts = {handle: names for names, handle in book.accounts.items()}
        self._shown = {person: text for people in settled.people.values() for person, text in people}
        self.events = [self._event_row(row) for row in settled.events]
        self.steps = [self._step_row(row) for row in settled.steps]
        self._usual = self._usual_stays()
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

    def subjects(self, kind: SubjectKind) -> list[Subject]:
        """All scenarios, campaigns or deliveries; versions of a scenario are none of their own."""
        entities = self._book.entities[kind].items()
        return [self._subject(kind, handle) for handle, entity in entities if entity.alias_of is None]

    def _subject(self, kind: SubjectKind, handle: int) -> Subject:
        entity = self._book.entities[kind][handle]
        logs = [*self.events, *(self.steps if kind is SubjectKind.SCENARIO else ())]
        mine = [row for row in logs if getattr(row, f"{kind}_id") == handle]
        product, account = next(
            names for names, owner in self._book.accounts.items() if owner == entity.owner
        )
        inside = sum(row.scenario_id == handle for row in self.roster)
        return Subject(
            kind=kind,
            id=handle,
            key=entity.key,
            name=entity.name or entity.key,
            product=product,
            account=account,
            channel=Channel(entity.channel) if entity.channel else None,
            newest_ms=max((row.at_ms for row in mine if not (row.repeat or row.skew)), default=None),
            inside=inside if kind is SubjectKind.SCENARIO else None,
            tracking=entity.tracking,
        )

    def steps_inside(self, scenario_id: int | None) -> tuple[StepCount, ...]:
        """How many are inside, in the scenario's order of steps."""
        groups: dict[tuple[int, int | None], list[RosterRow]] = {}
        for row in self.roster:
            if scenario_id in (None, row.scenario_id):
                groups.setdefault((row.scenario_id, row.step_id), []).append(row)
        counts = [self._step_count(rows) for rows in groups.values()]
        return tuple(sorted(counts, key=lambda count: self._step_rank(count.scenario_id, count.step_id)))

    def _step_rank(self, scenario: int, step_id: int | None) -> tuple[str, int, bool, int, int]:
        step = self._book.entities["step"].get(step_id or 0)
        position = 1 << 62 if step is None or step.position is None else step.position
        return (self.name_of("scenario", scenario) or "", scenario, step is None, position, step_id or 0)

    def roster_rank(self, order: RosterOrder) -> Callable[[RosterPlace], Any]:
        """What places of this order are sorted by."""
        if order is not RosterOrder.STEP:
            return lambda place: place
        return lambda place: (self._step_rank(int(place[0]), int(place[1])), *place[2:])

    def _usual_stays(self) -> dict[tuple[int, int | None], int]:
        """The median of how long those at a step have been there, where two or more are."""
        stays: dict[tuple[int, int | None], list[int]] = {}
        for (scenario, _, _), place in self.settled.roster.items():
            stays.setdefault((scenario, place.step), []).append(max(0, self._now_ms - place.step_ms))
        return {at: sorted(known)[len(known) // 2] for at, known in stays.items() if len(known) > 1}

    def _step_count(self, rows: Sequence[RosterRow]) -> StepCount:
        first = rows[0]
        waiting = sum(row.state == "waiting" for row in rows)
        return StepCount(
            scenario_id=first.scenario_id,
            scenario=first.scenario,
            step_id=first.step_id,
            step=first.step,
            active=len(rows) - waiting,
            waiting=waiting,
            usual_ms=self._usual.get((first.scenario_id, first.step_id)),
        )

    def handles(self, query: Filter) -> Handles:
        """The handles behind a query's names and identities."""
        handles: dict[tuple[str, str], frozenset[int]] = {}
        for term in query.terms:
            if term.field in NAMED_FIELDS and term.value:
                handles[term.field, term.value.casefold()] = self._called(term.field, term.value.casefold())
            elif term.field == "contact" and term.value:
                handles[term.field, term.value.casefold()] = self.known_as(term.value)
        return handles

    def _called(self, kind: str, folded: str) -> frozenset[int]:
        entities = self._book.entities[kind].values()
        return frozenset(
            entity.alias_of or entity.id
            for entity in entities
            if folded in (entity.name.casefold(), entity.key.casefold())
        )

    def known_as(self, text: str) -> frozenset[int]:
        """Contacts with an identity that equals the text."""
        wanted = {fold_value(Identity(namespace, text)) for namespace in NAMESPACES}
        wanted.add(text.strip().casefold())
        contact_of = self.settled.contact_of
        return frozenset(contact for person, contact in contact_of.items() if person[2] in wanted)

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
            "type": self._book.type_names.get((row.account, record.type), record.type),
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
        own_ids = [value for namespace, value in (known.identities if known else ()) if namespace == "id"]
        return RosterRow(
            contact_id=contact,
            contact=known.shown if known else "",
            product_id=min(own_ids, default=None),
            scenario_id=scenario,
            scenario=self.name_of("scenario", scenario) or "",
            run=run,
            step_id=place.step,
            step=self.name_of("step", place.step),
            state=place.state,
            entered_ms=place.entered_ms,
            step_ms=place.step_ms,
            until_ms=place.until_ms,
            usual_ms=self._usual.get((scenario, place.step)),
        )


def feeds_of(rows: Iterable[LogRow]) -> tuple[FeedStatus, ...]:
    """The feeds that rows came from, with their newest."""
    by_feed: dict[tuple[str, str, str], list[LogRow]] = {}
    for row in rows:
        by_feed.setdefault((row.product, row.account, row.format), []).append(row)
    return tuple(
        FeedStatus(
            product=product,
            account=account,
            format=format,
            records=len(mine),
            rejected=0,
            newest_ms=max(row.at_ms for row in mine),
            last_received_ms=max(row.received_ms for row in mine),
        )
        for (product, account, format), mine in sorted(by_feed.items())
    )
