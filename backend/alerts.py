"""Alerts on scenarios and campaigns (F078, R38): rates that are too high, and what says so in one line.

The rules are pure; `read_alerts` asks a source for the numbers. Nothing is remembered: an alert stands while
it fires, and for an hour after the last five minutes in which it did.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import NamedTuple

import msgspec

from backend.config import AlertSettings
from backend.model import HOUR_MS, Report, Series, Subject, SubjectKind, Window
from backend.numbers import format_age, format_count, format_percent
from backend.reports import tabs_for
from backend.source import Source

FIVE_MINUTES_MS = 300_000
RESOLVED_AFTER_MS = HOUR_MS


class Rule(NamedTuple):
    """`part` over `whole` must not be above the setting of that name.

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
)
"""Over the last five minutes, for scenarios."""
WINDOW_RULES = (
    Rule("bounce_rate", "bounce rate", "bounces", "sent", False, "bounces"),
    Rule("complaint_rate", "complaint rate", "complaints", "delivered", False, "complaints"),
)
"""Over the live window, for each channel of a scenario or campaign."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that one subject breaks, or broke within the last hour."""

    subject: Subject
    tab: str
    setting: str
    """Name of the rule's threshold in the settings."""
    shown_on: str
    """The metric whose panes bear it."""
    text: str
    fired_ms: int
    """End of the latest span in which it fired."""
    is_firing: bool
    """False: it is over, and not an hour ago."""


def is_broken(rule: Rule, part: float, whole: float, limits: AlertSettings) -> bool:
    """Strictly above the threshold, of enough attempts; some of nothing is above every threshold."""
    attempts = part + whole if rule.beside else max(part, whole)
    if attempts < limits.least_attempts or part <= 0:
        return False
    return whole <= 0 or part / whole > getattr(limits, rule.setting)


def live_alerts(now: Report, hour: Report, limits: AlertSettings) -> Iterator[Alert]:
    """The rules of five minutes. now: the last five minutes; hour: the last hour in steps of five."""
    values = _values(now)
    series = {line.metric: line for pane in hour.panes for line in pane.series}
    for rule in LIVE_RULES:
        part, whole = values.get(rule.part, 0), values.get(rule.whole, 0)
        if is_broken(rule, part, whole, limits):
            yield _alert(now, rule, part, whole, limits, now.window.end_ms, is_firing=True)
        elif rule.part in series and rule.whole in series:
            yield from _past(hour, rule, series[rule.part], series[rule.whole], limits)


def _past(hour: Report, rule: Rule, parts: Series, wholes: Series, limits: AlertSettings) -> Iterator[Alert]:
    """The latest step of the hour in which the rule was broken."""
    pairs = list(zip(parts.values, wholes.values, strict=True))
    for place in range(len(pairs) - 1, -1, -1):
        part, whole = (value or 0 for value in pairs[place])
        end_ms = min(parts.start_ms + (place + 1) * parts.step_ms, hour.window.end_ms)
        if is_broken(rule, part, whole, limits) and hour.window.end_ms - end_ms < RESOLVED_AFTER_MS:
            yield _alert(hour, rule, part, whole, limits, end_ms, is_firing=False)
            return


def window_alerts(report: Report, limits: AlertSettings) -> Iterator[Alert]:
    """The rules of the whole window, of a tab of messages."""
    values = _values(report)
    for rule in WINDOW_RULES:
        part, whole = values.get(rule.part, 0), values.get(rule.whole, 0)
        if is_broken(rule, part, whole, limits):
            yield _alert(report, rule, part, whole, limits, report.window.end_ms, is_firing=True)


def _values(report: Report) -> Mapping[str, float]:
    """Every metric of a report over its whole window."""
    lines = [line for pane in report.panes for line in pane.series]
    figures = [figure for pane in report.panes for figure in pane.figures]
    return {
        **{line.metric: sum(value or 0 for value in line.values) for line in lines},
        **{figure.metric: figure.value for figure in figures if figure.value is not None},
    }


def _alert(
    report: Report,
    rule: Rule,
    part: float,
    whole: float,
    limits: AlertSettings,
    fired_ms: int,
    *,
    is_firing: bool,
) -> Alert:
    limit = format_percent(getattr(limits, rule.setting))
    rate = format_percent(part / whole) if whole else "no success at all"
    ago = "" if is_firing else f", over since {format_age(fired_ms, report.as_of_ms)}"
    tab = f" {report.tab}" if rule in WINDOW_RULES else ""
    counted = f"{format_count(part)} of {format_count(whole)}"
    text = f"{report.subject.name}{tab}: {rule.title} {rate} ({counted}), above {limit}{ago}"
    return Alert(
        subject=report.subject,
        tab=report.tab,
        setting=rule.setting,
        shown_on=rule.shown_on,
        text=text,
        fired_ms=fired_ms,
        is_firing=is_firing,
    )


async def read_alerts(
    source: Source, limits: AlertSettings, now_ms: int, only: Subject | None = None
) -> tuple[Alert, ...]:
    """All alerts of a source, or of one subject, the firing ones first. Raises: SourceError."""
    found: list[Alert] = []
    for kind in (SubjectKind.SCENARIO, SubjectKind.CAMPAIGN):
        for subject in await source.catalog(kind):
            if (only is None or _is_same(only, subject)) and _is_live(subject, now_ms):
                found += [alert async for alert in _of_subject(source, subject, limits, now_ms)]
    return tuple(sorted(found, key=lambda alert: (not alert.is_firing, alert.text)))


def _is_same(one: Subject, other: Subject) -> bool:
    return (one.kind, one.id) == (other.kind, other.id)


def _is_live(subject: Subject, now_ms: int) -> bool:
    return subject.newest_ms is not None and now_ms - subject.newest_ms < 24 * HOUR_MS


async def _of_subject(
    source: Source, subject: Subject, limits: AlertSettings, now_ms: int
) -> AsyncIterator[Alert]:
    if subject.kind is SubjectKind.SCENARIO and now_ms - (subject.newest_ms or 0) < 2 * HOUR_MS:
        now = await source.live_report(subject, "journey", Window(now_ms - FIVE_MINUTES_MS, now_ms))
        start_ms = now_ms - RESOLVED_AFTER_MS - FIVE_MINUTES_MS
        hour = await source.live_report(subject, "journey", Window(start_ms, now_ms))
        for alert in live_alerts(now, hour, limits):
            yield alert
    for tab in tabs_for(subject):
        if tab.channel is not None:
            for alert in window_alerts(await source.live_report(subject, tab.id), limits):
                yield alert
