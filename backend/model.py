"""The values that everything above the store talks in: frozen, typed, without I/O.

Words are those of the glossary in docs/rules.md. Times are integer Unix milliseconds in UTC, spans are
half-open. `kind` is ours, `type` is the product's own word. Text here is as the stranger wrote it:
whoever shows it passes it through `backend.clean` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class EventKind(StrEnum):
    """What happened to a message or a contact. The order is the storage code: only ever append."""

    TARGETED = "targeted"
    EXCLUDED = "excluded"
    SENT = "sent"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    ERROR = "error"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"
    COMPLAINED = "complained"
    PUSH_ACTION = "push_action"
    OFFER_SENT = "offer_sent"
    OFFER_IMPRESSION = "offer_impression"
    OFFER_CLICK = "offer_click"
    TRACK = "track"
    LINK = "link"
    IDENTIFY = "identify"
    PAGE = "page"
    FORM = "form"
    LIST_ADDITION = "list_addition"
    OTHER = "other"


class StepKind(StrEnum):
    """What happened to a contact in a scenario. The order is the storage code: only ever append."""

    ENTERED = "entered"
    RESTARTED = "restarted"
    STEP = "step"
    EVENT = "event"
    ACTION = "action"
    ACTION_ERROR = "action_error"
    WAITING = "waiting"
    EXITED = "exited"
    FAILED = "failed"
    DISCARDED = "discarded"
    REMOVED = "removed"
    OTHER = "other"


class BounceClass(StrEnum):
    """hard: the address is dead. soft: gave up on a temporary cause. ignored: says nothing of the address."""

    HARD = "hard"
    SOFT = "soft"
    IGNORED = "ignored"
    ADMIN = "admin"
    OTHER = "other"


class Channel(StrEnum):
    EMAIL = "email"
    PUSH = "push"
    SMS = "sms"


class Origin(StrEnum):
    """Where an open, click or unsubscribe came from, as Brevo tells them apart."""

    CAMPAIGN = "campaign"
    TRANSACTIONAL = "transactional"


class Outcome(StrEnum):
    """The one current outcome of a message (R11)."""

    EXCLUDED = "excluded"
    ERROR = "error"
    PENDING = "pending"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class RosterState(StrEnum):
    ACTIVE = "active"
    WAITING = "waiting"


class RosterOrder(StrEnum):
    """By what the contacts inside are sorted; all start with the least, that is with the oldest or with a."""

    ENTERED = "entered"
    CONTACT = "contact"
    STEP = "step"
    """By scenario, and in it by its order of steps; at one step by entry."""
    AT_STEP = "at_step"
    """Since when it is at its step: who waits longest comes first."""


class LogName(StrEnum):
    SCENARIO = "scenario"
    EVENT = "event"
    TRACKING = "tracking"


TRACKING_KINDS: tuple[EventKind, ...] = (
    EventKind.OPENED,
    EventKind.CLICKED,
    EventKind.UNSUBSCRIBED,
    EventKind.LINK,
)
"""The tracking log is the event log's rows of these kinds."""


class SubjectKind(StrEnum):
    SCENARIO = "scenario"
    CAMPAIGN = "campaign"
    DELIVERY = "delivery"


class Availability(StrEnum):
    """Why a figure is a number or is none (R47): five displays that are never mixed."""

    KNOWN = "known"
    TRACKING_OFF = "tracking_off"
    NO_PERMISSION = "no_permission"
    NOT_COLLECTED = "not_collected"
    NO_FEED = "no_feed"


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Window(msgspec.Struct, frozen=True):
    """A half-open span of time, [start_ms, end_ms)."""

    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        if self.end_ms <= self.start_ms:
            raise ValueError("a window must end after it starts")

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms

    def moved(self, by_ms: int) -> Window:
        """The window of the same length that starts so much later."""
        return Window(self.start_ms + by_ms, self.end_ms + by_ms)

    def before(self) -> Window:
        """The window of the same length that ends where this one starts."""
        return Window(self.start_ms - self.length_ms, self.start_ms)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, campaign or delivery, as the catalog lists it."""

    kind: SubjectKind
    id: int
    """Handle inside this source; stable while the source lives."""
    key: str
    """The product's own id, or the name where it has none."""
    name: str
    product: str
    account: str
    channel: Channel | None = None
    newest_ms: int | None = None
    """Own time of its newest counted row; None where it has none."""
    inside: int | None = None
    """Contacts inside now (scenarios only)."""
    tracking: bool | None = None
    """Deliveries: whether opens and clicks are tracked; None where the feed does not say."""


class ContactRef(msgspec.Struct, frozen=True, kw_only=True):
    """A contact, with all identities it is known by as (namespace, value as written)."""

    id: int
    shown: str
    """The address, else phone, product id or token; a forgotten contact shows as "(forgotten)"."""
    product: str
    account: str
    identities: tuple[tuple[str, str], ...] = ()


class LogRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of the scenario, event or tracking log; fields that do not apply are None (R39)."""

    log: LogName
    id: int
    """Arrival order inside its log; the handle for `raw`."""
    at_ms: int
    key: str
    """The row's own key: the same for the same fact, whenever and from wherever it was read."""
    received_ms: int
    kind: str
    """An EventKind or StepKind value."""
    type: str
    """The product's own word."""
    product: str
    account: str
    format: str
    contact: str | None = None
    """The identity that the row came with, as written."""
    contact_namespace: str | None = None
    """Namespace of `contact`: id, email, phone or token."""
    contact_id: int | None = None
    """Our handle of the contact (not the product's `contact_id`, which is in `fields`)."""
    scenario: str | None = None
    scenario_id: int | None = None
    scenario_key: str | None = None
    """What the product knows it by: "<record.NamedBy in lower case>:<key>", such as "id:4711", "name:Welcome"
    or "version:v7"; likewise for the step, campaign and delivery."""
    step: str | None = None
    step_id: int | None = None
    step_key: str | None = None
    campaign: str | None = None
    campaign_id: int | None = None
    campaign_key: str | None = None
    delivery: str | None = None
    delivery_id: int | None = None
    delivery_key: str | None = None
    channel: str | None = None
    bounce_class: str | None = None
    origin: str | None = None
    reason: str | None = None
    message: str | None = None
    """Scenario log: the message text. Event log: the product's message id."""
    message_key: str | None = None
    """Event log: what makes one message of the rows that share it."""
    run: str | None = None
    start_id: str | None = None
    """Scenario log: the entry point, where the automation has several (R39)."""
    workflow_points: str | None = None
    """Scenario log: start, restart, exit ... in the product's word (R39)."""
    name: str | None = None
    """Name of the form, page, event, e-mail or campaign in which it happened."""
    url: str | None = None
    domain: str | None = None
    platform: str | None = None
    ip: str | None = None
    """The caller's address; None means an internal request (R42)."""
    user_agent: str | None = None
    until_ms: int | None = None
    """Waiting rows: until when, where the feed says so."""
    machine: bool = False
    test: bool = False
    repeat: bool = False
    """The same fact as another row: kept, never counted (R10)."""
    implied: tuple[str, ...] = ()
    """Kinds that this row implies because the product does not log them (docs/rules.md)."""
    has_id: bool = False
    """True where `key` was made from the product's own id of the row."""
    once: str | None = None
    """Scenario log: rows equal in this count once (R08); 16 hex digits of its hash."""
    skew: bool = False
    """Dated more than five minutes after it was received: not counted before its time (R02)."""
    fields: Mapping[str, Any] = {}
    """The product's documented and unknown fields, in their order, by their documented names."""
    data: Mapping[str, Any] = {}
    """The data of a tracked event, such as the order of `order_created`."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in time order, oldest first, and where to go on. Cursors are opaque and stay valid."""

    rows: tuple[LogRow, ...]
    older: str | None
    """Cursor of the rows before the first; None where there are none."""
    newer: str | None
    """Cursor of the rows after the last: given even where none exist yet; None only for no rows at all."""
    has_newer: bool
    searched_to_ms: int | None = None
    """Where a deadline ended a scan: how far back it got. None means the answer is complete."""


class RosterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One contact inside one scenario (one run of it)."""

    contact_id: int
    contact: str
    product_id: str | None = None
    """What the product itself calls the contact by, where it is told; the first of several."""
    scenario_id: int
    scenario: str
    run: str
    step_id: int | None
    step: str | None
    """None: the step cannot be told (the path branches after the last completed step)."""
    state: RosterState
    entered_ms: int
    step_ms: int
    """Since when it is at this step."""
    until_ms: int | None = None
    usual_ms: int | None = None
    """As in StepCount, of its step."""


class RosterPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[RosterRow, ...]
    older: str | None
    newer: str | None
    total: int
    """Contacts inside that match, all pages together."""


class StepCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many are inside a scenario at one step now."""

    scenario_id: int
    scenario: str
    step_id: int | None
    step: str | None
    active: int
    waiting: int
    usual_ms: int | None = None
    """The median of how long those who are there now have been at the step (half of them so long or longer);
    None where there are not two."""


class Bucket(msgspec.Struct, frozen=True):
    """One bar of a histogram: counts in [start_ms, end_ms)."""

    start_ms: int
    end_ms: int
    total: int
    errors: int
    warnings: int


class ValueCount(msgspec.Struct, frozen=True):
    """One value of a field among the rows of a query, None for rows without it."""

    value: str | None
    count: int


class Histogram(msgspec.Struct, frozen=True):
    """A query's rows over its time."""

    bars: tuple[Bucket, ...] = ()
    counted_from_ms: int | None = None
    """Where a deadline ended the counting: rows before that time are not in the bars. None: all are."""
    pruned_before_ms: int | None = None
    """Of rows before that time many were pruned: the bars count those that are kept. None: none were in this
    time."""


class TopValues(msgspec.Struct, frozen=True):
    """The most frequent values of a field among a query's rows, most first."""

    values: tuple[ValueCount, ...] = ()
    rows: int = 0
    """How many rows were counted."""
    counted_from_ms: int | None = None
    """Where counting ended before all rows were counted: only the newest ones were, from that time on."""


# --- reports: what a pane shows, computed once for console, command line and server -----------------


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A metric's value in a window. value None: see `availability`; it is never shown as 0."""

    metric: str
    label: str
    value: float | int | None
    availability: Availability = Availability.KNOWN
    unit: str = "row"
    """row, message, contact, run, or ratio (0..1 and above, shown as per cent)."""
    previous: float | int | None = None
    """The same metric in the window before; None where it is not known."""
    note: str | None = None
    course: tuple[float | int | None, ...] = ()
    """Where it rose and fell, by steps of the window: its values, or where it counts contacts or runs those
    of the rows behind them. Empty where there is no such thing; None where a step is not known."""


class Cell(msgspec.Struct, frozen=True):
    value: float | int | str | None
    availability: Availability = Availability.KNOWN


class Span(msgspec.Struct, frozen=True):
    """A part of a label, [start, end), with its share of all clicks; None where there are none."""

    start: int
    end: int
    share: float | None


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    cells: tuple[Cell, ...]
    key: int | None = None
    """Handle of what the row is about (delivery, step) for drilling; None where rows did not name one.
    Several rows may be about one step: then each has a `value`."""
    value: str | None = None
    """The reason, domain, platform or origin that the row is about; None where it was not told."""
    is_rest: bool = False
    """True: it sums up all values that have no row."""
    is_branch: bool = False
    """Steps: it is one of several that may follow the same step."""
    spans: tuple[Span, ...] = ()
    """Hot clicks: the links on the line."""


class Series(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a chart. values[i] counts [start_ms + i*step_ms, + step_ms); None where not known."""

    metric: str
    label: str
    start_ms: int
    step_ms: int
    values: tuple[float | int | None, ...]
    missing: Availability = Availability.NOT_COLLECTED
    """Why a value is None."""


class PaneData(msgspec.Struct, frozen=True, kw_only=True):
    """A pane with its numbers. Empty parts are drawings that the pane does not have."""

    pane: str
    title: str
    figures: tuple[Figure, ...] = ()
    columns: tuple[str, ...] = ()
    """Headings of the table: first the label's, then one for each cell."""
    rows: tuple[TableRow, ...] = ()
    series: tuple[Series, ...] = ()
    availability: Availability = Availability.KNOWN
    note: str | None = None
    is_whole: bool = True
    """False: the window begins before the first data, so that what it does not tell is not known to be 0."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One tab of a live report, all from one read of the data."""

    subject: Subject
    report: str
    """journey, campaign or delivery."""
    tab: str
    tabs: tuple[str, ...]
    window: Window
    live: bool
    """False: the newest row is older than 24 hours and the window ends 1 ms after it."""
    as_of_ms: int
    """When it was read."""
    newest_ms: int | None
    """Own time of the subject's newest row; None where it has none."""
    received_ms: int | None
    """When the newest row was received."""
    include_test: bool
    panes: tuple[PaneData, ...]
    step_id: int | None = None
    """Only what happened at this step is counted (F007); None: everything."""
    compared: Window | None = None
    """The other window whose numbers stand beside those of this one (`backend.reports.compare`)."""


# --- the state of a source ---------------------------------------------------------------------------


class TrackedLink(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a product's list of tracked links."""

    url: str
    label: str | None = None
    type: str | None = None
    category: str | None = None


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    product: str
    account: str
    format: str
    records: int
    rejected: int
    newest_ms: int | None
    last_received_ms: int | None


class RejectedCount(msgspec.Struct, frozen=True):
    format: str
    reason: str
    count: int


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was set aside: why, where it stood, and at most 64 KiB of it."""

    id: int
    at_ms: int
    format: str
    reason: str
    place: str
    size_bytes: int
    sha256: str
    sample: bytes


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What the status screen and `parcours doctor` tell of a source."""

    source: str
    kind: str
    schema_version: int
    size_bytes: int | None
    events: int
    scenario_rows: int
    contacts: int
    messages: int
    newest_ms: int | None
    pruned_before_ms: int | None
    skewed: int
    feeds: tuple[FeedStatus, ...]
    rejected: tuple[RejectedCount, ...]
    notes: tuple[str, ...] = ()
    demo: bool = False


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What this source can do at all; `reasons` says in one sentence why it cannot do the rest."""

    methods: frozenset[str]
    may_remove: bool = False
    reasons: Mapping[str, str] = {}


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived since the last one, in arrival order. `skipped` rows were passed over in a flood."""

    rows: tuple[LogRow, ...]
    after: int
    """Id of the last row seen, shown or not: go on from here."""
    skipped: int = 0


class Away(Follow, frozen=True, kw_only=True):
    """Nothing arrives now, and why; whoever follows is connected again without asking."""

    reason: str


ERROR_KINDS: frozenset[str] = frozenset(
    {EventKind.ERROR, EventKind.COMPLAINED, StepKind.ACTION_ERROR, StepKind.FAILED}
)
WARNING_KINDS: frozenset[str] = frozenset(
    {EventKind.DEFERRED, EventKind.EXCLUDED, EventKind.UNSUBSCRIBED, StepKind.DISCARDED, StepKind.REMOVED}
)


def level(kind: str, bounce_class: str | None) -> Level:
    """How much a row concerns: a hard bounce is an error, any other bounce a warning."""
    if kind == EventKind.BOUNCED:
        return Level.ERROR if bounce_class == BounceClass.HARD else Level.WARNING
    if kind in ERROR_KINDS:
        return Level.ERROR
    return Level.WARNING if kind in WARNING_KINDS else Level.INFO
