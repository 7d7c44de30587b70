"""The counts that alerts look at, found by looking at every row: what the other sources must equal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from backend.model import DAY_MS, Channel, LogRow, Subject, SubjectKind, Window
from backend.reports.alert_counts import (
    LIVE_KINDS,
    MARKED,
    STEP_MS,
    WINDOW_KINDS,
    AlertCounts,
    SubjectCounts,
    hour_of,
    is_live,
)
from backend.sources.memory_rows import MemoryRows


def alert_counts_of(rows: MemoryRows, subjects: Iterable[Subject], now_ms: int) -> AlertCounts:
    """subjects: all scenarios and campaigns, in the order of the catalog."""
    live = [subject for subject in subjects if is_live(subject, now_ms)]
    return AlertCounts(now_ms=now_ms, subjects=tuple(_counts(rows, subject, now_ms) for subject in live))


def _counts(rows: MemoryRows, subject: Subject, now_ms: int) -> SubjectCounts:
    steps: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    now: dict[str, int] = defaultdict(int)
    channels: dict[Channel, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    if subject.kind is SubjectKind.SCENARIO:
        for row in _within(rows.steps, hour_of(now_ms)):
            if row.scenario_id == subject.id:
                for metric in _live_metrics(row):
                    steps[row.at_ms - row.at_ms % STEP_MS][metric] += 1
                    now[metric] += row.at_ms >= now_ms - STEP_MS
    for row in _within(rows.events, Window(now_ms - DAY_MS, now_ms)):
        mine = row.scenario_id if subject.kind is SubjectKind.SCENARIO else row.campaign_id
        if mine == subject.id and row.channel is not None:
            for metric, kind in WINDOW_KINDS.items():
                if kind == row.kind or kind in row.implied:
                    channels[Channel(row.channel)][metric] += 1
    return SubjectCounts(
        subject=subject, now={metric: n for metric, n in now.items() if n}, steps=steps, channels=channels
    )


def _within(rows: Iterable[LogRow], window: Window) -> Iterable[LogRow]:
    return (
        row
        for row in rows
        if window.start_ms <= row.at_ms < window.end_ms and not (row.repeat or row.skew or row.test)
    )


def _live_metrics(row: LogRow) -> list[str]:
    found = [metric for metric, kinds in LIVE_KINDS.items() if row.kind in kinds]
    for kind, (metric, (first, beyond)) in MARKED.items():
        if row.kind == kind and first <= (row.reason or "") < beyond:
            found.append(metric)
    return found
