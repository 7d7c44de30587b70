"""Every number of every report opens as many lines as it says (R48), and every source opens the same ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from backend.errors import UsageError
from backend.model import DAY_MS, LogRow, Report, SubjectKind, Window
from backend.reports.drill import Drill, figure_drill, openable, row_drill, row_metrics
from backend.reports.metrics import METRICS, Unit
from backend.reports.report import tab_of, tabs_for
from backend.source import Direction, Source
from tests.contract import filling as feed

NOW_MS: int = feed.NOW_MS


async def lines(source: Source, drill: Drill, direction: Direction = Direction.OLDER) -> list[LogRow]:
    """All lines, page by page."""
    found: list[LogRow] = []
    cursor: str | None = None
    while True:
        page = await source.drill(drill, cursor, direction=direction, limit=3)
        is_older = direction is Direction.OLDER
        found = [*page.rows, *found] if is_older else [*found, *page.rows]
        cursor = page.older if is_older else (page.newer if page.has_newer else None)
        if cursor is None:
            return found


def numbers(report: Report) -> Iterator[tuple[Drill, Any]]:
    """Every number of a report that rows stand behind, with its value."""
    window = report.window
    panes = {pane.id: pane for pane in tab_of(report.subject, report.tab).panes}
    for data in report.panes:
        pane = panes[data.pane]
        for figure in data.figures:
            if METRICS[figure.metric].unit is not Unit.RATIO and figure.label == METRICS[figure.metric].label:
                yield (
                    figure_drill(report, pane, figure.metric),
                    figure.value,
                )
        for row in data.rows:
            for metric, place in row_metrics(pane, data, row).items():
                if metric != "inside":
                    drill = figure_drill(report, pane, metric)
                    yield row_drill(drill, pane, data, row), row.cells[place].value
        for series in data.series:
            for place, value in enumerate(series.values):
                start = series.start_ms + place * series.step_ms
                span = Window(max(start, window.start_ms), min(start + series.step_ms, window.end_ms))
                if value:
                    whole = figure_drill(report, pane, series.metric)
                    yield msgspec.structs.replace(whole, window=span), value


async def reports(source: Source, *, include_test: bool) -> AsyncIterator[Report]:
    for kind in SubjectKind:
        for subject in await source.catalog(kind):
            for tab in tabs_for(subject):
                window = Window(NOW_MS - 2 * DAY_MS + 1_234_567, NOW_MS - 7_654)
                yield await source.live_report(subject, tab.id, window, include_test=include_test)
                if subject.kind is SubjectKind.SCENARIO:
                    yield await source.live_report(subject, tab.id, window, step_id=1)


@pytest.mark.parametrize(("seed", "include_test"), [(1, False), (2, True)])
@pytest.mark.parametrize("name", feed.COMPARED)
async def test_there_are_as_many_lines_as_the_number_says(
    all_filled: dict[str, Any], name: str, seed: int, include_test: bool
) -> None:
    source = all_filled[name].source
    all_filled[name].add(feed.make_records(seed))
    seen: set[str] = set()
    async for report in reports(source, include_test=include_test):
        for drill, value in numbers(report):
            if value is not None:
                assert len(await lines(source, drill)) == value, drill
                seen |= {drill.metric} if value else set()
    assert {"sent", "delivered", "opens", "entered_contacts", "exited_runs"} <= seen


async def test_every_source_opens_the_same_lines_from_both_ends(all_filled: dict[str, Any]) -> None:
    memory, sqlite = (all_filled[name] for name in feed.COMPARED)
    for filled in (memory, sqlite):
        filled.add(feed.make_records(1))
    same = {
        (kind, subject.key, subject.product, subject.account): subject
        for kind in SubjectKind
        for subject in await memory.source.catalog(kind)
    }
    async for report in reports(sqlite.source, include_test=False):
        here = report.subject
        there = same[here.kind, here.key, here.product, here.account]
        if there.channel != here.channel or report.step_id is not None:
            continue  # a delivery on two channels, which no definition tells; a handle of one source only
        for drill, value in numbers(report):
            if value and drill.delivery_id is None and drill.step_id is None:
                found = await lines(sqlite.source, drill)
                upward = await lines(sqlite.source, drill, Direction.NEWER)
                by_book = await lines(memory.source, msgspec.structs.replace(drill, subject=there))
                assert [row.key for row in found] == [row.key for row in by_book], drill
                assert [row.key for row in found] == [row.key for row in upward], drill


async def test_a_line_opens_to_all_rows_of_its_unit_alike_in_every_source(all_filled: dict[str, Any]) -> None:
    memory, sqlite = (all_filled[name] for name in feed.COMPARED)
    for filled in (memory, sqlite):
        filled.add(feed.make_records(1))
    same = {(s.key, s.product, s.account): s for s in await memory.source.catalog(SubjectKind.SCENARIO)}
    seen = set()
    async for report in reports(sqlite.source, include_test=False):
        here = report.subject
        if here.kind is not SubjectKind.SCENARIO or report.step_id is not None:
            continue
        there = same[here.key, here.product, here.account]
        for drill, value in numbers(report):
            unit = METRICS[drill.metric].unit
            if not value or drill.delivery_id is not None or drill.step_id is not None or unit in seen:
                continue
            by_book = await lines(memory.source, msgspec.structs.replace(drill, subject=there))
            for line, its_twin in zip(await lines(sqlite.source, drill), by_book, strict=True):
                rows = await lines(sqlite.source, msgspec.structs.replace(drill, line=line.id))
                twins = msgspec.structs.replace(drill, subject=there, line=its_twin.id)
                assert line.key in {row.key for row in rows}, drill
                assert [row.key for row in rows] == [row.key for row in await lines(memory.source, twins)]
                seen |= {unit} if len(rows) > 1 or unit is Unit.ROW else set()
    assert {Unit.ROW, Unit.MESSAGE, Unit.RUN} <= seen


async def test_a_number_is_opened_in_every_source(filled: Any) -> None:
    filled.add(feed.make_records(3))
    (subject, *_) = await filled.source.catalog(SubjectKind.SCENARIO)
    report = await filled.source.live_report(subject, "journey", Window(NOW_MS - 3 * DAY_MS, NOW_MS))
    drill, value = next((drill, value) for drill, value in numbers(report) if value)
    assert len(await lines(filled.source, drill)) == value


async def test_what_no_log_holds_cannot_be_opened(filled: Any) -> None:
    filled.add(feed.make_records(3))
    (subject, *_) = await filled.source.catalog(SubjectKind.SCENARIO)
    drill = Drill(subject=subject, tab="journey", metric="inside", window=Window(0, 1))
    for metric in ("inside", "no_such_metric", "open_rate"):
        with pytest.raises(UsageError, match=metric):
            await filled.source.drill(msgspec.structs.replace(drill, metric=metric))


def test_a_rate_opens_what_stands_above_the_line() -> None:
    assert (openable("bounce_rate"), openable("sent")) == ("bounces", "sent")
