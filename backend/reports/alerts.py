"""Alerts on scenarios and campaigns (F078, R38): rates that are too high, and what says so in one line.

The rules are pure; `read_alerts` asks a source for the numbers. Nothing is remembered: an alert stands while
it fires, and for an hour after the last five minutes in which it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from backend.config import AlertSettings
from backend.errors import NothingFound, UsageError
from backend.model import HOUR_MS, Subject, SubjectKind
from backend.numbers import format_age, format_count, format_percent
from backend.reports.alert_counts import (
    CAPPED_METRIC,
    STEP_MS,
    UNREAD_METRIC,
    AlertCounts,
    Numbers,
    SubjectCounts,
)
from backend.reports.report import tabs_for
from backend.source import Source

RESOLVED_AFTER_MS = HOUR_MS


class Rule(NamedTuple):
    """`part` over `whole` must not be above the setting of that name; without a `whole`, `part` itself.

    beside: the part is not in the whole (who is discarded did not enter), so attempts are both together.
    shown_on: panes that show this metric bear the alert.
    """

    setting: str
    title: str
    part: str
    whole: str
    beside: bool
    shown_on: str


LIVE_RULES = (
    Rule("discard_rate", "discard rate", "discarded", "entered_rows", True, "entered_contacts"),
    Rule("error_rate", "error rate", "failed_rows", "entered_rows", False, "failed_runs"),
    Rule(
        "action_error_rate", "action error rate", "action_errors", "actions_executed", True, "action_errors"
    ),
    Rule("capping_rate", "capped actions", CAPPED_METRIC, "actions_executed", True, "action_errors"),
    Rule("failed_audiences", "audience not read", UNREAD_METRIC, "", False, "entered_contacts"),
)
"""Over the last five minutes, for scenarios."""
LIVE_TAB = "journey"
WINDOW_RULES = (
    Rule("bounce_rate", "bounce rate", "bounces", "sent", False, "bounces"),
    Rule("complaint_rate", "complaint rate", "complaints", "delivered", False, "complaints"),
)
"""Over the last 24 hours, for each channel of a scenario or campaign."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that one subject breaks, or broke within the last hour."""

    subject: Subject
    tab: str
    setting: str
    """Name of the rule's threshold in the settings."""
    title: str
    shown_on: str
    """The metric whose panes bear it."""
    text: str
    fired_ms: int
    """End of the latest span in which it fired."""
    is_firing: bool
    """False: it is over, and not an hour ago."""


def is_broken(rule: Rule, part: float, whole: float, limits: AlertSettings) -> bool:
    """Strictly above the threshold, of enough attempts; some of nothing is above every threshold. A number
    that is no rate needs no attempts."""
    if not rule.whole:
        return part > max(0.0, float(getattr(limits, rule.setting)))
    attempts = part + whole if rule.beside else max(part, whole)
    if attempts < limits.least_attempts or part <= 0:
        return False
    return whole <= 0 or part / whole > getattr(limits, rule.setting)


def alerts_of(counts: AlertCounts, limits: AlertSettings) -> tuple[Alert, ...]:
    """All alerts, the firing ones first."""
    found = [
        alert
        for subject in counts.subjects
        for alerts in (_live(subject, limits, counts.now_ms), _of_window(subject, limits, counts.now_ms))
        for alert in alerts
    ]
    return tuple(sorted(found, key=lambda alert: (not alert.is_firing, alert.text)))


def _live(counts: SubjectCounts, limits: AlertSettings, now_ms: int) -> Iterator[Alert]:
    """The rules of five minutes: those broken now, or at the end of five minutes within the hour."""
    for rule in LIVE_RULES:
        if _breaks(rule, counts.now, limits):
            yield _alert(counts, LIVE_TAB, rule, counts.now, limits, now_ms, now_ms)
            continue
        ends = {min(start_ms + STEP_MS, now_ms): numbers for start_ms, numbers in counts.steps.items()}
        broken = [end_ms for end_ms, numbers in ends.items() if _breaks(rule, numbers, limits)]
        if broken and now_ms - max(broken) < RESOLVED_AFTER_MS:
            yield _alert(counts, LIVE_TAB, rule, ends[max(broken)], limits, max(broken), now_ms)


def _of_window(counts: SubjectCounts, limits: AlertSettings, now_ms: int) -> Iterator[Alert]:
    for tab in tabs_for(counts.subject):
        numbers = counts.channels.get(tab.channel, {}) if tab.channel is not None else {}
        for rule in WINDOW_RULES:
            if _breaks(rule, numbers, limits):
                yield _alert(counts, tab.id, rule, numbers, limits, now_ms, now_ms)


def _breaks(rule: Rule, numbers: Numbers, limits: AlertSettings) -> bool:
    return is_broken(rule, numbers.get(rule.part, 0), numbers.get(rule.whole, 0), limits)


def _alert(
    counts: SubjectCounts,
    tab: str,
    rule: Rule,
    numbers: Numbers,
    limits: AlertSettings,
    fired_ms: int,
    now_ms: int,
) -> Alert:
    is_firing = fired_ms == now_ms
    ago = "" if is_firing else f", over since {format_age(fired_ms, now_ms)}"
    where = "" if tab == LIVE_TAB else f" {tab}"
    text = f"{counts.subject.name}{where}: {rule.title} {_measured(rule, numbers, limits)}{ago}"
    return Alert(
        subject=counts.subject,
        tab=tab,
        setting=rule.setting,
        title=rule.title,
        shown_on=rule.shown_on,
        text=text,
        fired_ms=fired_ms,
        is_firing=is_firing,
    )


def _measured(rule: Rule, numbers: Numbers, limits: AlertSettings) -> str:
    """What is too high, and above what."""
    part, whole, limit = numbers.get(rule.part, 0), numbers.get(rule.whole, 0), getattr(limits, rule.setting)
    if not rule.whole:
        return f"{format_count(part)} {'time' if part == 1 else 'times'}, above {format_count(limit)}"
    rate = format_percent(part / whole) if whole else "no success at all"
    counted = f"{format_count(part)} of {format_count(whole)}"
    return f"{rate} ({counted}), above {format_percent(limit)}"


async def read_alerts(
    source: Source, limits: AlertSettings, only: Subject | None = None
) -> tuple[Alert, ...]:
    """All alerts of a source, or of one subject, the firing ones first. Raises: SourceError."""
    found = alerts_of(await source.alert_counts(), limits)
    return tuple(alert for alert in found if _is_of(alert, only))


async def check_alerts(
    source: Source, limits: AlertSettings, only: Subject | None = None
) -> tuple[Alert, ...]:
    """As `read_alerts`, for one who must know whether there is anything to look at.

    Raises: NothingFound where no row of the last 24 hours tells of the subject, or of any; UsageError for a
    delivery, of which there are no alerts; SourceError.
    """
    if only is not None and only.kind is SubjectKind.DELIVERY:
        raise UsageError(f"{only.name}: alerts are of scenarios and campaigns, not of a delivery")
    counts = await source.alert_counts()
    live = {(one.subject.kind, one.subject.id) for one in counts.subjects}
    if only is None and not live:
        raise NothingFound("no scenario or campaign has a row of the last 24 hours")
    if only is not None and (only.kind, only.id) not in live:
        raise NothingFound(f"{only.name}: not live, no row of the last 24 hours")
    return tuple(alert for alert in alerts_of(counts, limits) if _is_of(alert, only))


def _is_of(alert: Alert, only: Subject | None) -> bool:
    return only is None or (alert.subject.kind, alert.subject.id) == (only.kind, only.id)


def resolved(before: Iterable[Alert], after: Iterable[Alert]) -> tuple[str, ...]:
    """What is to be told of alerts that stood and stand no more, one line each."""
    standing = {_identity(alert) for alert in after}
    return tuple(
        f"resolved: {alert.subject.name}, {alert.title}"
        for alert in before
        if _identity(alert) not in standing
    )


def _identity(alert: Alert) -> tuple[str, int, str, str]:
    return (alert.subject.kind, alert.subject.id, alert.tab, alert.setting)
