"""What a source reads for one tab of a live report, before any of it becomes a figure.

`Counts` is the only thing that `backend.reports.report` looks at, so a number means the same whatever store
it came from. A store reads it in one read transaction; `backend.sources.recount` makes the same from a Book's
rows. Repeated and skewed rows are in none of these numbers; rows that imply `targeted` or `sent` are in them
under their own kind and under the implied ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag, StrEnum

import msgspec

from backend.cohort import Cohort
from backend.model import DAY_MS, HOUR_MS, Channel, LogName, Subject, Window

MINUTE_MS = 60_000

STEPS_MS: tuple[tuple[int, int], ...] = (
    (15 * MINUTE_MS, MINUTE_MS),
    (2 * HOUR_MS, 5 * MINUTE_MS),
    (6 * HOUR_MS, 15 * MINUTE_MS),
    (3 * DAY_MS, HOUR_MS),
    (14 * DAY_MS, 6 * HOUR_MS),
    (100 * DAY_MS, DAY_MS),
)
"""(window up to, step of its graphs): at most about a hundred points."""
DAYS_AROUND = 30
"""UTC days before and behind a window in which rows tell what of a step is logged at all."""
LOOKED_RUNS = 25
"""Newest rows of each kind whose runs tell in which order steps are passed."""
LOOKED_AMONG = 500
"""Newest rows of each kind among which these are looked for: others may be tests, or repeat what is known."""
LOOKED_ROWS = 100
"""Newest rows of each contact of these that are looked at."""
MOST_VALUES = 100
"""Reasons, domains or platforms told apart in one pane; the rest is summed up."""


class CountFlag(IntFlag):
    """What panes tell apart of a row besides its kind. The bits are those of the store's rollups."""

    MACHINE = 1
    TEST = 2
    FIRST = 4
    """The first human open, or first human click, of its message."""
    CAMPAIGN = 8
    TRANSACTIONAL = 16


class FacetName(StrEnum):
    """By what a pane breaks rows down."""

    REASON = "reason"
    DOMAIN = "domain"
    PLATFORM = "platform"
    ORIGIN = "origin"
    """Where an event of a scenario came from."""
    REASON_OF_STEP = "reason_of_step"
    """A reason at one step of a scenario."""


class Tally(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How many counted rows are alike in everything that panes tell apart."""

    bucket_ms: int
    """Start of the graph's step, or of the window where no graph is drawn of it."""
    log: LogName
    kind: str
    bounce_class: str | None = None
    channel: str | None = None
    delivery_id: int = 0
    """0: the row names no delivery; likewise the step."""
    step_id: int = 0
    flags: int = 0
    n: int


class FacetTally(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How many counted human rows of a kind carry one value in the window.

    On a tab of the scenario log they are its rows, else those of the event log.
    """

    facet: FacetName
    kind: str
    step_id: int = 0
    """The step that the rows name in REASON_OF_STEP, where the values of each step are told apart by
    themselves; 0: they name none."""
    value: str | None
    """None: the row told none."""
    n: int
    rest: bool = False
    """True: `n` sums up the values behind the first MOST_VALUES, and `value` says nothing."""


class Distinct(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that are no sums of rows. A run without an id is its own row."""

    entered_contacts: int = 0
    entered_runs: int = 0
    exited_contacts: int = 0
    exited_runs: int = 0
    failed_runs: int = 0
    campaign_contacts: int = 0
    """Contacts with a targeted, excluded, error or sent row of the campaign, implied ones included."""


class StepInside(msgspec.Struct, frozen=True):
    """Contacts at a step now; step_id 0 where the step cannot be told."""

    step_id: int
    active: int
    waiting: int


class StepName(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    key: str
    name: str
    position: int | None = None
    """Place in the scenario's definition; None: not told."""
    following: tuple[int, ...] | None = None
    """Steps that may come after it; None: not told."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """How many runs came to one step and next to another, by their first row at each."""

    before: int
    after: int
    runs: int


class DeliveryName(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    key: str
    name: str
    tracking: bool | None = None
    """Whether opens and clicks are tracked; None: the feed does not say."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What can be known at all: tells the five displays of R47 apart."""

    oldest_ms: Mapping[LogName, int] = {}
    """Own time of the oldest row of each log that the subject's account has; a log without any row of it is
    absent. Never earlier than it is, and in a source of many accounts up to an hour later (more, where the
    account has very many subjects)."""
    formats: frozenset[str] = frozenset()
    """The formats of which the subject's account has had records."""
    of_campaigns: bool = False
    """Whether the subject's messages are a campaign's own, and no template's."""
    completed_steps: frozenset[int] = frozenset()
    """Steps with a row that tells that they were completed, at most DAYS_AROUND before or behind the window;
    0: such a row names no step."""
    subject_kinds: frozenset[tuple[LogName, str]] = frozenset()
    """Kinds of which the subject ever had a counted row."""
    channel_seen: bool = False
    """Whether the subject ever had a row of the tab's channel."""
    pruned_before_ms: int | None = None
    """Rows before this were removed to save room."""
    permitted: bool = True
    """False: the source answers, and says that this reader may not see the numbers (F020)."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one window."""

    window: Window
    tallies: tuple[Tally, ...] = ()
    distinct: Distinct | None = Distinct()
    """None: rows of the window were pruned, so contacts and runs can no longer be told apart."""
    cohort: Cohort | None = None
    """What became of the messages sent in the window; None where the tab shows nothing of it."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """All that one tab needs, as of one moment."""

    subject: Subject
    tab: str
    now_ms: int
    live: bool
    include_test: bool
    step_id: int | None = None
    """Only rows of this step are in it; None: all."""
    step_ms: int
    newest_ms: int | None
    received_ms: int | None
    current: Span
    previous: Span
    """The window of the same length before."""
    day: tuple[Tally, ...] = ()
    """Scenario log rows of the 24 hours up to the window's end, whatever its length (journey tab)."""
    facets: tuple[FacetTally, ...] = ()
    inside: tuple[StepInside, ...] = ()
    steps: tuple[StepName, ...] = ()
    passed: tuple[Passage, ...] = ()
    """Of steps that nothing places: in which order the contacts seen last passed them."""
    deliveries: tuple[DeliveryName, ...] = ()
    known: Known = Known()


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a tab needs to be read; the rest is left unread."""

    scenario_log: bool = False
    """Scenario log rows, contacts inside, steps, entries and exits."""
    channel: Channel | None = None
    """Event rows of this channel."""
    kinds: frozenset[str] = frozenset()
    """Event kinds that the tab shows."""
    any_channel: frozenset[str] = frozenset()
    """Those of them that count on every channel (offers)."""
    facets: Mapping[FacetName, frozenset[str]] = {}
    """Facet -> event kinds broken down by it."""
    audience: bool = False
    """The campaign's contacts."""
    cohort: bool = False
    """The outcomes of the delivery's messages."""


def live_window(newest_ms: int | None, now_ms: int, length_ms: int = DAY_MS) -> tuple[Window, bool]:
    """The window that ends now, and whether it is live: where the newest row is older than 24 hours the
    window ends 1 ms after that row instead."""
    if newest_ms is None or newest_ms >= now_ms - DAY_MS:
        return Window(now_ms - length_ms, now_ms), True
    return Window(newest_ms + 1 - length_ms, newest_ms + 1), False


def is_live(window: Window, newest_ms: int | None, now_ms: int) -> bool:
    """False for the windows that `live_window` ends at the subject's newest row."""
    stale = newest_ms is not None and newest_ms < now_ms - DAY_MS
    return not (stale and newest_ms is not None and window.end_ms == newest_ms + 1)


def graph_step(window: Window) -> int:
    """Length of a graph's step, in ms, for a window."""
    for longest_ms, step_ms in STEPS_MS:
        if window.length_ms <= longest_ms:
            return step_ms
    weeks = -(-window.length_ms // (100 * 7 * DAY_MS))
    return weeks * 7 * DAY_MS


def first_step(window: Window, step_ms: int) -> int:
    """Where the first step of a window's graph starts: on the clock, at or before the window's start.
    Steps of more than a day begin on the day of the window's start."""
    return window.start_ms - window.start_ms % min(step_ms, DAY_MS)


def step_starts(window: Window, step_ms: int) -> range:
    """Starts of all steps of a window's graph; the first and the last may reach beyond the window."""
    return range(first_step(window, step_ms), window.end_ms, step_ms)


def days_around(window: Window) -> range:
    """The UTC days whose rows tell what of a step is logged at all, counted from the epoch."""
    return range(window.start_ms // DAY_MS - DAYS_AROUND, window.end_ms // DAY_MS + DAYS_AROUND + 1)


def day_before(window: Window) -> Window:
    """The 24 hours up to the window's end."""
    return Window(window.end_ms - DAY_MS, window.end_ms)
