"""The same facts as the store keeps, in plain lists, counted from scratch: the oracle of the tests.

A book remembers every record it was given and works out everything anew in `settle`. It shares the pure
rules with the store (backend.facts, backend.identity, backend.settling) and nothing else: what the store
keeps up to date step by step must equal what a book finds in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from backend.facts import CLASS_RANK, EVENT_RANK, REPEAT, STEP_RANK, MessageState
from backend.identity import SHOWN, STRENGTH, fold_value, group_identities, is_hub
from backend.keys import key_hash, once_hash
from backend.model import Channel, Origin, RosterState
from backend.products import product_rules
from backend.record import (
    CampaignRecord,
    ContactRecord,
    ContentRecord,
    Decoded,
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    Rejected,
    RosterComplete,
    RosterRecord,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
    SuppressionRecord,
    TypeRecord,
    UrlRecord,
    WorkflowRun,
)
from backend.removals.removal import REMOVAL_FORMAT, Followed, follow_all_removals
from backend.roster_fold import FoldRank, FoldRow, Inside, fold_roster
from backend.settling import (
    EventRow,
    Join,
    StepRow,
    email_domain,
    event_flags,
    fold_row,
    mark_once,
    place_alone,
    settle_rows,
    step_flags,
)

DEFINED_MS = 1 << 61
CHANNELS = tuple(Channel)
ORIGINS = tuple(Origin)


class Entity(msgspec.Struct, kw_only=True):
    """A scenario, step, campaign or delivery of a book. owner: its account, for steps their scenario."""

    id: int
    owner: int
    by: NamedBy
    key: str
    name: str = ""
    name_ms: int = -1
    alias_of: int | None = None
    position: int | None = None
    type: str | None = None
    next: tuple[str, ...] | None = None
    subject: str | None = None
    channel: Channel | None = None
    scenario: int | None = None
    step: int | None = None
    campaign: int | None = None
    tracking: bool | None = None


class Entry(msgspec.Struct, frozen=True):
    """One record as it arrived; id counts from 1 in each log."""

    id: int
    record: Event | ScenarioRow
    h: int
    received_ms: int
    format: str
    raw: bytes


Person = tuple[int, str, str]
"""account, namespace, folded value of an identity"""


class Settled(msgspec.Struct, kw_only=True):
    """What a book's records come to. Row handles (words, urls, entities) are ids of `words` and the like."""

    events: list[EventRow]
    """By (ts, h)."""
    steps: list[StepRow]
    messages: dict[int, MessageState]
    roster: dict[tuple[int, int, str], Inside]
    """(scenario, contact, run) -> place"""
    contact_of: dict[Person, int]
    people: dict[int, list[tuple[Person, str]]]
    """contact -> its identities, with the value as first written"""


class Book:
    """Remembers records; `settle` says what they count as."""

    def __init__(self, now_ms: Callable[[], int] = lambda: 1 << 61) -> None:
        self._now_ms = now_ms
        self.entries: dict[str, list[Entry]] = {"event": [], "scenario": []}
        self._definitions: list[Record] = []
        self._known: set[tuple[str, int, int]] = set()
        self.rejected: list[tuple[str, Rejected]] = []
        self.accounts: dict[tuple[str, str], int] = {}
        self.words: dict[str, int] = {}
        self.type_names: dict[tuple[int, str], str] = {}
        """(account, type as rows say it) -> what the account calls it"""
        self.urls: dict[tuple[int, str], int] = {}
        self.entities: dict[str, dict[int, Entity]] = {
            kind: {} for kind in ("scenario", "step", "campaign", "delivery")
        }
        self._handles: dict[tuple[str, int, NamedBy, str], int] = {}
        self.messages: dict[tuple[int, str], int] = {}
        self.message_texts: dict[int, tuple[str, str | None]] = {}
        self._contact_ids: dict[Person, int] = {}
        self.complete: dict[int, set[int]] = {}
        self.followed: list[Followed] = []
        """What became of the removals, as of the last `settle`."""

    def add(self, pieces: Sequence[Decoded], rejected: Sequence[Rejected] = (), *, format: str = "") -> int:
        """Takes a batch; gives how many log rows were new."""
        before = self._size()
        for piece in pieces:
            for record in piece.records:
                if isinstance(record, Event | ScenarioRow):
                    self._remember(record, piece)
                else:
                    self._definitions.append(record)
        self.rejected += [(format, piece) for piece in rejected]
        return self._size() - before

    def _size(self) -> int:
        return sum(len(entries) for entries in self.entries.values())

    def _remember(self, record: Event | ScenarioRow, piece: Decoded) -> None:
        log = "event" if isinstance(record, Event) else "scenario"
        h = key_hash(record.product, record.account, record.key)
        key_ms = record.at_ms if record.key_ms is None else record.key_ms
        if {(log, key_ms, h), (log, record.at_ms, h)} & self._known:
            return
        self._known |= {(log, key_ms, h), (log, record.at_ms, h)}
        entries = self.entries[log]
        entries.append(Entry(len(entries) + 1, record, h, self._now_ms(), piece.format, piece.raw))

    @property
    def definitions(self) -> Sequence[Record]:
        """Everything that is no log row, in the order it came."""
        return self._definitions

    @property
    def suppressions(self) -> list[SuppressionRecord]:
        """The entries of suppression lists, in the order they came."""
        return [record for record in self._definitions if isinstance(record, SuppressionRecord)]

    # --- handles -----------------------------------------------------------------------------------------

    def account(self, product: str, account: str) -> int:
        return self.accounts.setdefault((product, account), len(self.accounts) + 1)

    def word(self, text: str | None) -> int:
        return self.words.setdefault(text, len(self.words) + 1) if text else 0

    def url(self, account: int, url: str | None) -> int:
        return self.urls.setdefault((account, url), len(self.urls) + 1) if url else 0

    def entity(self, kind: str, owner: int, ref: Ref | None, at_ms: int) -> int | None:
        """Handle of a named thing, with the latest name that a row tells."""
        if ref is None:
            return None
        place = (kind, owner, ref.by, ref.key)
        handle = self._handles.setdefault(place, len(self._handles) + 1)
        known = self.entities[kind].setdefault(handle, Entity(id=handle, owner=owner, by=ref.by, key=ref.key))
        if ref.name and (at_ms, ref.name) > (known.name_ms, known.name):
            known.name, known.name_ms = ref.name, at_ms
        return handle

    def effective_scenario(self, scenario_id: int) -> int:
        return self.entities["scenario"][scenario_id].alias_of or scenario_id

    def effective_step(self, step_id: int, scenario_id: int) -> int:
        step = self.entities["step"][step_id]
        if step.owner == scenario_id:
            return step_id
        return self.entity("step", scenario_id, Ref(step.key, step.by, step.name), step.name_ms) or step_id

    def join_of(self, delivery_id: int) -> Join:
        delivery = self.entities["delivery"][delivery_id]
        return Join(int(delivery.by), delivery.scenario, delivery.step, delivery.campaign)

    def workflow_runs(self) -> tuple[WorkflowRun, ...]:
        """The runs of technical workflows, the latest first; of one run, what was told last."""
        told: dict[tuple[str, str, str, int], WorkflowRun] = {}
        for record in self._definitions:
            if isinstance(record, WorkflowRun):
                told[record.product, record.account, record.workflow, record.started_ms] = record
        return tuple(sorted(told.values(), key=lambda run: -run.started_ms))

    # --- settling ----------------------------------------------------------------------------------------

    def settle(self, now_ms: int | None = None) -> Settled:
        """Works everything out anew, as of `now_ms` (the book's own clock where not given)."""
        now = self._now_ms() if now_ms is None else now_ms
        self._define()
        contact_of, shown = self._group()
        people: dict[int, list[tuple[Person, str]]] = {}
        for person, contact in contact_of.items():
            people.setdefault(contact, []).append((person, shown[person]))
        events = [self._event_row(entry, contact_of, now) for entry in self.entries["event"]]
        steps = [self._step_row(entry, contact_of, now) for entry in self.entries["scenario"]]
        messages = self._settle_messages(events)
        self._settle_steps(steps, self._shown_by_complete_lists(contact_of))
        return Settled(
            events=sorted(events, key=lambda row: (row.ts, row.h)),
            steps=sorted(steps, key=lambda row: (row.ts, row.h)),
            messages=messages,
            roster=self._fold(steps, contact_of),
            contact_of=contact_of,
            people=people,
        )

    def _define(self) -> None:
        for record in self._definitions:
            account = self.account(record.product, record.account)
            match record:
                case ScenarioRecord():
                    handle = self.entity("scenario", account, record.scenario, DEFINED_MS)
                    if record.version:
                        version = self.entity("scenario", account, Ref(record.version, NamedBy.VERSION), 0)
                        self.entities["scenario"][version or 0].alias_of = handle
                case CampaignRecord():
                    self.entity("campaign", account, record.campaign, DEFINED_MS)
                case UrlRecord():
                    self.url(account, record.url)
                case TypeRecord():
                    self.type_names[account, record.type] = record.name
                case RosterComplete():
                    named = self.entity("scenario", account, record.scenario, record.as_of_ms) or 0
                    self.complete.setdefault(named, set()).add(record.as_of_ms)
                case StepRecord() | DeliveryRecord() | RosterRecord() | ContactRecord():
                    pass
                case SuppressionRecord() | WorkflowRun() | ContentRecord():
                    pass
                case _:
                    raise TypeError(type(record).__name__)
        for record in self._definitions:
            if isinstance(record, StepRecord):
                self._define_step(record)
        for record in self._definitions:
            if isinstance(record, DeliveryRecord):
                self._define_delivery(record)

    def _define_step(self, record: StepRecord) -> None:
        account = self.account(record.product, record.account)
        scenario = self.effective_scenario(self.entity("scenario", account, record.scenario, 0) or 0)
        step = self.entities["step"][self.entity("step", scenario, record.step, DEFINED_MS) or 0]
        step.type = step.type if record.type is None else record.type
        step.position = step.position if record.position is None else record.position
        step.next = step.next if record.next is None else record.next

    def _define_delivery(self, record: DeliveryRecord) -> None:
        account = self.account(record.product, record.account)
        delivery = self.entities["delivery"][
            self.entity("delivery", account, record.delivery, DEFINED_MS) or 0
        ]
        if record.scenario is not None:
            scenario = self.effective_scenario(self.entity("scenario", account, record.scenario, 0) or 0)
            delivery.scenario = scenario
            delivery.step = self.entity("step", scenario, record.step, 0) if record.step else delivery.step
        delivery.campaign = self.entity("campaign", account, record.campaign, 0) or delivery.campaign
        delivery.channel = record.channel or delivery.channel
        delivery.subject = record.subject or delivery.subject
        delivery.tracking = delivery.tracking if record.tracking is None else record.tracking

    # --- people ------------------------------------------------------------------------------------------

    def _persons(self, record: Record) -> list[tuple[Person, str]]:
        identities: tuple[Identity, ...] = getattr(record, "identities", ())
        if isinstance(record, SuppressionRecord):
            identities = (record.identity,)
        account = self.account(record.product, record.account)
        found: dict[Person, str] = {}
        for identity in identities:
            value = fold_value(identity)
            if value:
                found.setdefault((account, identity.namespace, value), identity.value.strip())
        return list(found.items())

    def _group(self) -> tuple[dict[Person, int], dict[Person, str]]:
        links: dict[Person, set[Person]] = {}
        shown: dict[Person, str] = {}
        for record in self._all_records():
            persons = self._persons(record)
            for person, text in persons:
                shown.setdefault(person, text)
                links.setdefault(person, set()).update(other for other, _ in persons if other != person)
        hubs = {person for person, others in links.items() if is_hub(person[1], len(others))}
        open_links = {
            person: [] if person in hubs else sorted(others - hubs) for person, others in links.items()
        }
        groups = group_identities({person: person[1:] for person in links}, open_links)
        contact_of: dict[Person, int] = {}
        for person in links:
            first = min(groups[person])
            contact_of[person] = self._contact_ids.setdefault(first, len(self._contact_ids) + 1)
        return contact_of, shown

    def _all_records(self) -> Iterable[Record]:
        yield from self._definitions
        for entries in self.entries.values():
            for entry in entries:
                yield entry.record

    def _owner_and_shown(self, record: Record) -> tuple[Person, Person] | None:
        persons = [person for person, _ in self._persons(record)]
        if not persons:
            return None
        owner = min(persons, key=lambda person: STRENGTH.get(person[1], 0))
        return owner, min(persons, key=lambda person: SHOWN.get(person[1], 9))

    # --- rows --------------------------------------------------------------------------------------------

    def _event_row(self, entry: Entry, contact_of: Mapping[Person, int], now_ms: int) -> EventRow:
        event = entry.record
        assert isinstance(event, Event)
        account = self.account(event.product, event.account)
        at = event.at_ms
        delivery = self.entity("delivery", account, event.delivery, at)
        if delivery and event.channel and self.entities["delivery"][delivery].channel is None:
            self.entities["delivery"][delivery].channel = event.channel
        scenario = self.entity("scenario", account, event.scenario, at)
        people = self._owner_and_shown(event)
        row = EventRow(
            ts=at,
            h=entry.h,
            kind=EVENT_RANK[event.kind],
            bounce_class=CLASS_RANK[event.bounce_class] if event.bounce_class else 0,
            format=self.word(event.product + "/" + (event.format or entry.format)),
            flags=event_flags(event, now_ms),
            url=self.url(account, event.url),
            reason=self.word(event.reason),
            delivery=(int(event.delivery.by), delivery) if event.delivery and delivery else None,
            scenario=None,
            step=None,
            campaign=self.entity("campaign", account, event.campaign, at),
            id=entry.id,
            received=entry.received_ms,
            account=account,
            channel=CHANNELS.index(event.channel) + 1 if event.channel else 0,
            origin=ORIGINS.index(event.origin) + 1 if event.origin else 0,
            contact=contact_of[people[0]] if people else None,
            owner=contact_of[people[0]] if people else None,
            named_scenario=scenario,
            named_step=self.entity("step", scenario, event.step, at) if scenario else None,
            domain=self.word(email_domain(event)),
            platform=self.word(event.platform),
            run=event.run,
        )
        if event.message is not None:
            place = (account, event.message)
            row.message = self.messages.setdefault(place, len(self.messages) + 1)
            self.message_texts.setdefault(row.message, (event.message, event.message_id))
        return row

    def _step_row(self, entry: Entry, contact_of: Mapping[Person, int], now_ms: int) -> StepRow:
        record = entry.record
        assert isinstance(record, ScenarioRow)
        account = self.account(record.product, record.account)
        named = self.entity("scenario", account, record.scenario, record.at_ms) or 0
        step = self.entity("step", named, record.step, record.at_ms)
        scenario = self.effective_scenario(named)
        people = self._owner_and_shown(record)
        return StepRow(
            ts=record.at_ms,
            h=entry.h,
            kind=STEP_RANK[record.kind],
            flags=step_flags(record, now_ms),
            scenario_id=scenario,
            step_id=self.effective_step(step, scenario) if step else None,
            reason=self.word(record.reason),
            origin=self.word(record.origin),
            contact=contact_of[people[0]] if people else None,
            once=once_hash(record.product, record.account, record.once),
            id=entry.id,
            received=entry.received_ms,
            account=account,
            format=self.word(record.format or entry.format),
            run=record.run,
            until_ms=record.until_ms,
            named_scenario=named,
            named_step=step,
        )

    def _settle_messages(self, events: Sequence[EventRow]) -> dict[int, MessageState]:
        by_message: dict[int, list[EventRow]] = {}
        for row in events:
            if row.message is None:
                place_alone(row, self)
            else:
                by_message.setdefault(row.message, []).append(row)
        products = {handle: product for (product, _), handle in self.accounts.items()}
        return {
            message: settle_rows(rows, product_rules(products[rows[0].account]), self)
            for message, rows in by_message.items()
        }

    def _settle_steps(self, steps: Sequence[StepRow], listed: Mapping[tuple[int, int], set[int]]) -> None:
        groups: dict[int, list[StepRow]] = {}
        for row in steps:
            if row.once is not None:
                groups.setdefault(row.once, []).append(row)
        for rows in groups.values():
            for row, is_repeat in mark_once(rows):
                row.flags |= REPEAT if is_repeat else 0
        self.followed = follow_all_removals(steps, self.word(REMOVAL_FORMAT), listed)
        for removal in self.followed:
            for row in removal.said_again:
                row.flags |= REPEAT

    # --- the contacts inside -----------------------------------------------------------------------------

    def _fold(
        self, steps: Sequence[StepRow], contact_of: Mapping[Person, int]
    ) -> dict[tuple[int, int, str], Inside]:
        rows: dict[tuple[int, int], list[FoldRow]] = {}
        kinds = tuple(STEP_RANK)
        products = {handle: product_rules(product) for (product, _), handle in self.accounts.items()}
        for row in steps:
            if row.contact is None:
                continue
            account = self.entities["scenario"][row.scenario_id].owner
            said = fold_row(
                kinds[row.kind - 1],
                (row.ts, row.h),
                row.flags,
                row.run,
                row.step_id,
                row.until_ms,
                None,
                self._successors(row.scenario_id),
                products[account],
            )
            if said is not None:
                rows.setdefault((row.scenario_id, row.contact), []).append(said)
        for pair, line in self._list_rows(contact_of):
            rows.setdefault(pair, []).append(line)
        complete: dict[int, set[int]] = {}
        for named, times in self.complete.items():
            complete.setdefault(self.effective_scenario(named), set()).update(times)
        return {
            (scenario, contact, run): place
            for (scenario, contact), said_rows in rows.items()
            for run, place in fold_roster(said_rows, complete.get(scenario, ())).items()
        }

    def _shown_by_complete_lists(self, contact_of: Mapping[Person, int]) -> dict[tuple[int, int], set[int]]:
        """(scenario, contact) -> the times of the complete lists that show the contact."""
        shown: dict[tuple[int, int], set[int]] = {}
        for pair, line in self._list_rows(contact_of):
            if any(line.ts in times for times in self._complete_of(pair[0])):
                shown.setdefault(pair, set()).add(line.ts)
        return shown

    def _complete_of(self, scenario: int) -> list[set[int]]:
        return [times for named, times in self.complete.items() if self.effective_scenario(named) == scenario]

    def _list_rows(self, contact_of: Mapping[Person, int]) -> Iterable[tuple[tuple[int, int], FoldRow]]:
        latest: dict[tuple[Any, ...], tuple[tuple[int, int], FoldRow]] = {}
        for record in self._definitions:
            if not isinstance(record, RosterRecord):
                continue
            people = self._owner_and_shown(record)
            if people is None:
                continue
            account = self.account(record.product, record.account)
            named = self.entity("scenario", account, record.scenario, record.entered_ms) or 0
            scenario = self.effective_scenario(named)
            step = self.entity("step", named, record.step, record.entered_ms)
            at = record.entered_ms if record.as_of_ms is None else record.as_of_ms
            line = FoldRow(
                at,
                FoldRank.LISTED,
                0,
                record.run,
                self.effective_step(step, scenario) if step else None,
                record.until_ms,
                None,
                record.entered_ms,
                record.state == RosterState.WAITING,
            )
            latest[scenario, people[1], record.run, at] = ((scenario, contact_of[people[0]]), line)
        return latest.values()

    def _successors(self, scenario: int) -> dict[int, tuple[int, ...] | None]:
        steps = [step for step in self.entities["step"].values() if step.owner == scenario]
        by_key = {step.key: step.id for step in steps}
        return {
            step.id: None if step.next is None else tuple(by_key[key] for key in step.next if key in by_key)
            for step in steps
        }
