"""What alerts look at is what the reports of every subject say, read all at once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.model import DAY_MS, Report, StepKind, Subject, SubjectKind, Window
from backend.reports.alert_counts import STEP_MS, WINDOW_KINDS, SubjectCounts, hour_of
from backend.reports.report import tabs_for
from backend.source import Source
from backend.sources.sqlite.alert_reading import read_alert_counts
from backend.sources.sqlite.opening import open_reader
from tests.contract import filling as feed

NOW_MS: int = feed.NOW_MS
SHOWN = ("entered_rows", "failed_rows", "discarded", "actions_executed", "action_errors")


def sums(report: Report, metrics: tuple[str, ...]) -> Mapping[str, int]:
    """What the report's graphs add up to, without zeros."""
    lines = {line.metric: line for pane in report.panes for line in pane.series}
    figures = {figure.metric: figure.value or 0 for pane in report.panes for figure in pane.figures}
    found = {
        metric: sum(value or 0 for value in lines[metric].values) if metric in lines else figures[metric]
        for metric in metrics
    }
    return {metric: int(n) for metric, n in found.items() if n}


def by_steps(report: Report) -> Mapping[int, Mapping[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for line in (line for pane in report.panes for line in pane.series if line.metric in SHOWN):
        for place, n in enumerate(line.values):
            if n:
                found.setdefault(line.start_ms + place * line.step_ms, {})[line.metric] = int(n)
    return found


async def from_reports(source: Source, subject: Subject) -> SubjectCounts:
    """The same counts, from one report after another."""
    now: Mapping[str, int] = {}
    steps: Mapping[int, Mapping[str, int]] = {}
    if subject.kind is SubjectKind.SCENARIO:
        last = await source.live_report(subject, "journey", Window(NOW_MS - STEP_MS, NOW_MS))
        now = sums(last, SHOWN)
        steps = by_steps(await source.live_report(subject, "journey", hour_of(NOW_MS)))
    day = Window(NOW_MS - DAY_MS, NOW_MS)
    channels = {
        tab.channel: sums(await source.live_report(subject, tab.id, day), tuple(WINDOW_KINDS))
        for tab in tabs_for(subject)
        if tab.channel is not None
    }
    return SubjectCounts(
        subject=subject,
        now=now,
        steps=steps,
        channels={channel: numbers for channel, numbers in channels.items() if numbers},
    )


def told(counts: SubjectCounts) -> SubjectCounts:
    """Without what no report shows: capped actions, and text messages of a campaign."""
    tabs = {tab.channel for tab in tabs_for(counts.subject)}
    steps = {start: _without_capped(numbers) for start, numbers in counts.steps.items()}
    return SubjectCounts(
        subject=counts.subject,
        now=_without_capped(counts.now),
        steps=steps,
        channels={channel: numbers for channel, numbers in counts.channels.items() if channel in tabs},
    )


def _without_capped(numbers: Mapping[str, int]) -> Mapping[str, int]:
    return {metric: n for metric, n in numbers.items() if metric in SHOWN}


@pytest.mark.parametrize("seed", [1, 5])
async def test_the_counts_are_those_of_the_reports(filled: Any, seed: int) -> None:
    filled.add(feed.make_records(seed, 600))
    counts = await filled.source.alert_counts()
    kinds = (SubjectKind.SCENARIO, SubjectKind.CAMPAIGN)
    live = [subject for kind in kinds for subject in await filled.source.catalog(kind) if subject.newest_ms]
    assert [one.subject for one in counts.subjects] == [s for s in live if s.newest_ms > NOW_MS - DAY_MS]
    assert counts.now_ms == NOW_MS and any(one.now for one in counts.subjects)
    for one in counts.subjects:
        assert told(one) == await from_reports(filled.source, one.subject)


async def test_every_source_counts_capped_actions_alike(all_filled: dict[str, Any]) -> None:
    found = []
    for name in feed.COMPARED:
        all_filled[name].add([*feed.make_records(2), *feed.capped(4)])
        counts = await all_filled[name].source.alert_counts()
        found.append([(one.subject.key, one.now, one.steps, one.channels) for one in counts.subjects])
    assert found[0] == found[1]
    assert sum(Counter(one[1])["actions_capped"] for one in found[0]) == 4


async def test_every_source_counts_audiences_that_were_not_read_alike(all_filled: dict[str, Any]) -> None:
    codes = {"ERROR_EXPORTJOB_FAILED": 2, "ERROR_TOPIC_CREATION": 1, "finished": 3}
    jobs = [
        msgspec.structs.replace(row, kind=StepKind.OTHER, reason=code, key=(code, str(place)))
        for code, n in codes.items()
        for place, row in enumerate(feed.capped(n)[:n])
    ]
    for name in feed.COMPARED:
        all_filled[name].add(jobs)
        (counts,) = (await all_filled[name].source.alert_counts()).subjects
        assert counts.now == {"audiences_failed": 3}
        assert sum(numbers["audiences_failed"] for numbers in counts.steps.values()) == 3


def test_however_many_subjects_there_are_it_is_the_same_number_of_queries(tmp_path: Path) -> None:
    asked = []
    for scenarios in (2, 40):
        path = tmp_path / f"{scenarios}.db"
        with feed.Store(path, create=True, now_ms=lambda: NOW_MS) as store:
            store.add(feed.pieces(feed.capped(2, scenarios)), format="made", product="brevo")
        statements: list[str] = []
        connection: sqlite3.Connection = open_reader(path)
        connection.set_trace_callback(statements.append)
        assert len(read_alert_counts(connection, NOW_MS).subjects) == scenarios
        connection.close()
        asked.append(len(statements))
    assert asked[0] == asked[1]
