"""A live report for programs: JSON lines and CSV rows.

JSON lines. The first object is the report; then, for each pane, one object for the pane and one for each
of its figures, table rows and graph points. Times are RFC 3339 UTC with milliseconds.

    {"record":"report", "report", "tab", "subject":{"kind","id","name","product","account"}, "start", "end",
     "live", "as_of", "newest", "received", "include_test", "compared":{"start","end"}}
    {"record":"pane",   "pane", "title", "availability", "note"}
    {"record":"figure", "pane", "metric", "label", "value", "unit", "availability", "previous", "note"}
    {"record":"row",    "pane", "label", "cells":{heading: value}, "missing":{heading: availability}}
    {"record":"point",  "pane", "metric", "start", "step_ms", "value", "availability"}

A value that is not known is null, and `availability` (or `missing`) says why; it is never 0. A field
without a value is left out, but for `value`. Ratios are fractions: 0.978 is 97.8 %.

CSV. Each pane is a block: its title, then its figures, its table and its graph, each with a line of
headings; an empty line ends the block. A value that is not known is said in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from backend.csv_cells import Value
from backend.model import Availability, PaneData, Report, TableRow, Window
from backend.numbers import MISSING
from backend.query.text import write_time
from backend.reports.compare import series_by_time

Row = tuple[Value, ...]


def report_json(report: Report) -> Iterator[bytes]:
    """The report as JSON objects, one a line, without line ends."""
    yield _encode(_report_object(report))
    for pane in report.panes:
        for value in _pane_objects(pane):
            yield _encode(value)


def report_csv(report: Report) -> Iterator[Row]:
    """All panes, each with its title (R45)."""
    for pane in report.panes:
        yield from pane_csv(pane)
        yield ()


def pane_csv(pane: PaneData) -> Iterator[Row]:
    """One pane, with its title and nothing else (R45)."""
    yield (pane.title,)
    if pane.figures:
        yield ("Metric", "Value", "Window before")
        for figure in pane.figures:
            yield (figure.label, _said(figure.value, figure.availability), figure.previous)
    if pane.columns:
        yield pane.columns
        for row in pane.rows:
            yield (row.label, *(_said(cell.value, cell.availability) for cell in row.cells))
    yield from chart_csv(pane)


def chart_csv(pane: PaneData) -> Iterator[Row]:
    """The numbers of a pane's graphs: a line for each step of their time."""
    for lines in series_by_time(pane.series):
        yield ("Time", *(series.label for series in lines))
        first = lines[0]
        for place in range(len(first.values)):
            start = write_time(first.start_ms + place * first.step_ms)
            yield (start, *(_said(series.values[place], series.missing) for series in lines))


def _said(value: Value, availability: Availability) -> Value:
    return MISSING[availability] if value is None and availability is not Availability.KNOWN else value


def _encode(value: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(
        {name: told for name, told in value.items() if told is not None or name == "value"}
    )


def _report_object(report: Report) -> dict[str, Any]:
    subject = report.subject
    return {
        "record": "report",
        "report": report.report,
        "tab": report.tab,
        "subject": {
            "kind": subject.kind,
            "id": subject.key,
            "name": subject.name,
            "product": subject.product,
            "account": subject.account,
        },
        "start": write_time(report.window.start_ms),
        "end": write_time(report.window.end_ms),
        "live": report.live,
        "as_of": write_time(report.as_of_ms),
        "newest": None if report.newest_ms is None else write_time(report.newest_ms),
        "received": None if report.received_ms is None else write_time(report.received_ms),
        "include_test": report.include_test,
        "compared": None if report.compared is None else _span_object(report.compared),
    }


def _span_object(window: Window) -> dict[str, str]:
    return {"start": write_time(window.start_ms), "end": write_time(window.end_ms)}


def _pane_objects(pane: PaneData) -> Iterable[dict[str, Any]]:
    yield {
        "record": "pane",
        "pane": pane.pane,
        "title": pane.title,
        "availability": pane.availability,
        "note": pane.note,
    }
    for figure in pane.figures:
        yield {"record": "figure", "pane": pane.pane, **msgspec.structs.asdict(figure)}
    for row in pane.rows:
        yield _row_object(pane, row)
    for series in pane.series:
        for place, value in enumerate(series.values):
            yield {
                "record": "point",
                "pane": pane.pane,
                "metric": series.metric,
                "start": write_time(series.start_ms + place * series.step_ms),
                "step_ms": series.step_ms,
                "value": value,
                "availability": series.missing if value is None else None,
            }


def _row_object(pane: PaneData, row: TableRow) -> dict[str, Any]:
    named = list(zip(pane.columns[1:], row.cells, strict=True))
    missing = {name: cell.availability for name, cell in named if cell.availability is not Availability.KNOWN}
    return {
        "record": "row",
        "pane": pane.pane,
        "label": row.label,
        "cells": {name: cell.value for name, cell in named},
        "missing": missing or None,
    }
