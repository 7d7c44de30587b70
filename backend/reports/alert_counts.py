"""What alerts look at, of all live subjects at once: a source answers it in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.model import HOUR_MS, Channel, EventKind, StepKind, Subject, Window

STEP_MS = 300_000
"""Five minutes: what live rates look at, and the steps in which the hour before is looked at."""
CAPPED = ("capp", "capq")
"""Reasons of failed actions from the first up to the second word are a limit on calls: capping, capped."""
UNREAD = ("ERROR_", "ERROR`")
"""Likewise of rows that are nothing else: a job that could not read an audience (ERROR_EXPORTJOB_FAILED)."""

LIVE_KINDS: Mapping[str, tuple[StepKind, ...]] = {
    "entered_rows": (StepKind.ENTERED, StepKind.RESTARTED),
    "failed_rows": (StepKind.FAILED,),
    "discarded": (StepKind.DISCARDED,),
    "actions_executed": (StepKind.ACTION,),
    "action_errors": (StepKind.ACTION_ERROR,),
}
"""Metric of the scenario log -> what it counts; what counts by its reason is in MARKED."""
WINDOW_KINDS: Mapping[str, EventKind] = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "bounces": EventKind.BOUNCED,
    "complaints": EventKind.COMPLAINED,
}
"""Metric of a channel -> what it counts."""
CAPPED_METRIC, UNREAD_METRIC = "actions_capped", "audiences_failed"
MARKED: Mapping[StepKind, tuple[str, tuple[str, str]]] = {
    StepKind.ACTION_ERROR: (CAPPED_METRIC, CAPPED),
    StepKind.OTHER: (UNREAD_METRIC, UNREAD),
}
"""Kind -> the metric of those of its rows that have such a reason, which count as that too."""

Numbers = Mapping[str, int]
"""Metric -> count; none that is 0."""


class SubjectCounts(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario or campaign. Test rows are in none of its counts."""

    subject: Subject
    now: Numbers = {}
    """Of the scenario log in the last five minutes."""
    steps: Mapping[int, Numbers] = {}
    """Of the scenario log in the hour before and since: start of each five minutes on the clock -> counts."""
    channels: Mapping[Channel, Numbers] = {}
    """Of the messages of each channel in the last 24 hours."""


class AlertCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Every scenario and campaign with a row in the last 24 hours, in the order of the catalog."""

    now_ms: int
    subjects: tuple[SubjectCounts, ...]


def hour_of(now_ms: int) -> Window:
    """What live rates look back on: an hour, and the five minutes that may have ended within it."""
    return Window(now_ms - HOUR_MS - STEP_MS, now_ms)


def is_live(subject: Subject, now_ms: int) -> bool:
    return subject.newest_ms is not None and now_ms - subject.newest_ms < 24 * HOUR_MS
