"""What a feed module makes of a product's records: plain values, before any store has seen them.

A record names things in the product's own terms (ids, names, addresses); ingest turns them into handles.
Times are Unix milliseconds UTC. A record never holds our clock: when it was received is ingest's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import msgspec

from backend.model import BounceClass, Channel, EventKind, Origin, RosterState, StepKind


class NamedBy(IntEnum):
    """What an entity is known by, best first: the best one that any row of a message has wins."""

    ID = 0
    CAMPAIGN = 1
    TAG = 2
    SUBJECT = 3
    NAME = 4
    VERSION = 5
    """An AJO journey version: stands for its journey once a row tells which."""


class Ref(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A scenario, step, campaign or delivery as the record names it; name "" means not told."""

    key: str
    by: NamedBy = NamedBy.ID
    name: str = ""


class Identity(msgspec.Struct, frozen=True, array_like=True, gc=False, cache_hash=True):
    """One way in which a product knows a contact. namespace: id, email, phone or token."""

    namespace: str
    value: str


class _Told(msgspec.Struct, frozen=True, array_like=True, tag_field="record", tag=True, gc=False):
    """What all records are: values without cycles, that pass between processes as arrays that begin with
    their class's name."""


class Event(_Told, frozen=True, kw_only=True):
    """One thing that happened to a message or a contact: a row of the event log."""

    product: str
    account: str
    key: tuple[str, ...]
    """What makes the row this row: the product's own id, else the raw fields of R09 (time as raw text)."""
    has_id: bool = False
    """True where `key` is the product's own id of the event."""
    at_ms: int
    key_ms: int | None = None
    """Zoneless feeds: the raw time text read as UTC, so that another --tz changes no key."""
    kind: EventKind
    type: str
    bounce_class: BounceClass | None = None
    channel: Channel | None = None
    origin: Origin | None = None
    machine: bool = False
    gap_s: int | None = None
    """Of a hit in an access log: other hits of its message within so many seconds, 0 to 3, make it and them a
    machine's (F148); None: nothing does."""
    test: bool = False
    identities: tuple[Identity, ...] = ()
    message: str | None = None
    """What makes one message (formats.md 5 per product), unique inside product and account."""
    message_id: str | None = None
    """The product's message id as a person would look for it; None where it has none."""
    delivery: Ref | None = None
    campaign: Ref | None = None
    scenario: Ref | None = None
    step: Ref | None = None
    run: str | None = None
    reason: str | None = None
    name: str | None = None
    url: str | None = None
    platform: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    format: str = ""
    """The format it first came in, for a row that comes back from an export; "": the one being read."""
    fields: Mapping[str, Any] = {}
    """Documented technical fields and unknown ones, in order; what has a place above is left out."""
    data: Mapping[str, Any] = {}


class ScenarioRow(_Told, frozen=True, kw_only=True):
    """One thing that happened to a contact in a scenario: a row of the scenario log."""

    product: str
    account: str
    key: tuple[str, ...]
    has_id: bool = False
    once: tuple[str, ...] = ()
    """Rows equal in this count once however their keys differ (R08); () means the key alone decides."""
    at_ms: int
    key_ms: int | None = None
    kind: StepKind
    type: str
    message: str = ""
    scenario: Ref
    step: Ref | None = None
    identities: tuple[Identity, ...] = ()
    run: str = ""
    """The product's id of this pass; "" where it has none."""
    start_id: str | None = None
    workflow_points: str | None = None
    reason: str | None = None
    origin: str | None = None
    """Events by origin: where a successfully received event came from."""
    until_ms: int | None = None
    test: bool = False
    delivery: Ref | None = None
    format: str = ""
    """As in Event."""
    fields: Mapping[str, Any] = {}
    data: Mapping[str, Any] = {}


class ContactRecord(_Told, frozen=True, kw_only=True):
    """A person, with identities that belong together."""

    product: str
    account: str
    identities: tuple[Identity, ...]
    fields: Mapping[str, Any] = {}


class ScenarioRecord(_Told, frozen=True, kw_only=True):
    """What is known of a scenario; `version_of` joins a version to its scenario."""

    product: str
    account: str
    scenario: Ref
    version: str | None = None
    state: str | None = None


class StepRecord(_Told, frozen=True, kw_only=True):
    """A step's place in its scenario's definition. position counts from 0; None: not told."""

    product: str
    account: str
    scenario: Ref
    step: Ref
    type: str | None = None
    position: int | None = None
    next: tuple[str, ...] | None = None
    """Keys of the steps that may follow; None: not told."""


class CampaignRecord(_Told, frozen=True, kw_only=True):
    product: str
    account: str
    campaign: Ref


class DeliveryRecord(_Told, frozen=True, kw_only=True):
    """What a delivery is and to what it belongs; joins rows that name only the delivery, also afterwards."""

    product: str
    account: str
    delivery: Ref
    channel: Channel | None = None
    subject: str | None = None
    scenario: Ref | None = None
    step: Ref | None = None
    campaign: Ref | None = None
    tracking: bool | None = None


class ContentRecord(_Told, frozen=True, kw_only=True):
    """What a delivery's message looks like: its HTML, with its links tracked or not."""

    product: str
    account: str
    delivery: Ref
    html: str


class UrlRecord(_Told, frozen=True, kw_only=True):
    product: str
    account: str
    url: str
    url_id: str | None = None
    label: str | None = None
    type: str | None = None
    category: str | None = None
    delivery: Ref | None = None


class TypeRecord(_Told, frozen=True, kw_only=True):
    """What a product calls a type of its rows, where the rows tell only a number (Marketo's own types)."""

    product: str
    account: str
    type: str
    """As the rows say it."""
    name: str


class SuppressionRecord(_Told, frozen=True, kw_only=True):
    """An address that the product does not write to, since and until when (None: not told, for good)."""

    product: str
    account: str
    identity: Identity
    reason: str
    since_ms: int | None = None
    until_ms: int | None = None


class RosterRecord(_Told, frozen=True, kw_only=True):
    """One line of a product's list of the contacts inside a scenario."""

    product: str
    account: str
    scenario: Ref
    identities: tuple[Identity, ...]
    entered_ms: int
    run: str = ""
    step: Ref | None = None
    state: RosterState = RosterState.ACTIVE
    until_ms: int | None = None
    as_of_ms: int | None = None
    """When the list was taken; None: not told, the entry's own time stands for it."""


class RosterComplete(_Told, frozen=True, kw_only=True):
    """A declaration: the lines of this scenario with this as_of_ms are all that are inside then."""

    product: str
    account: str
    scenario: Ref
    as_of_ms: int


class WorkflowRun(_Told, frozen=True, kw_only=True):
    """One run of a technical job, such as Adobe Campaign's tracking workflow."""

    product: str
    account: str
    workflow: str
    started_ms: int
    ended_ms: int | None = None
    status: str
    read: int | None = None
    written: int | None = None
    rejected: int | None = None
    error: str | None = None
    log: str | None = None
    """What it did, a line for each thing."""


Record = (
    Event
    | ScenarioRow
    | ContactRecord
    | ScenarioRecord
    | StepRecord
    | CampaignRecord
    | DeliveryRecord
    | ContentRecord
    | UrlRecord
    | TypeRecord
    | SuppressionRecord
    | RosterRecord
    | RosterComplete
    | WorkflowRun
)


LOG_RECORDS = (Event, ScenarioRow)
"""The records that are rows of a log. (A union, made anew by each `isinstance`, takes twice the time.)"""


class Rejected(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A piece of a feed that is no record. `reason` groups alike pieces, so it holds no data."""

    raw: bytes
    reason: str
    place: str = ""
    size: int | None = None
    """Bytes of the whole piece, where `raw` is only its beginning; None: it is all of it."""

    @property
    def size_bytes(self) -> int:
        return len(self.raw) if self.size is None else self.size


class Decoded(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One piece of a feed with all records in it: the unit that ingest hands to a store."""

    format: str
    raw: bytes
    records: tuple[Record, ...]


class Added(msgspec.Struct, kw_only=True):
    """What a store did with a batch. `add` sums two of them."""

    read: int = 0
    """Records handed in."""
    new: int = 0
    """Rows appended to a log, or entities and list lines that changed something."""
    known: int = 0
    """Records that were in the store already, by key."""
    repeats: int = 0
    """New rows that are the same fact as another row: kept, not counted."""
    states: int = 0
    """New rows that are a further state of a message already known (Adobe Campaign)."""
    older_than_archive: int = 0
    skewed: int = 0
    rejected: int = 0

    def add(self, other: Added) -> Added:
        return Added(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})
