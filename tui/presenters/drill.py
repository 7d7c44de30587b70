"""What a person may open in a report: numbers with the rows behind them, and what a metric means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

import msgspec

from backend.alerts import Alert
from backend.drill import ROSTER_METRIC, Drill, figure_drill, row_drill, row_metrics
from backend.drill_query import DrillQuery
from backend.metrics import METRICS, Metric, Unit, is_told
from backend.model import LogRow, PaneData, Report, Series, TableRow, Window
from backend.numbers import format_cell, format_count, zone_name
from backend.panes import Pane
from backend.query import ROSTER, Filter, with_term
from backend.reports import DROP
from backend.ticks import span_text
from tui.presenters.log_rows import trace_words
from tui.presenters.times import format_short, format_window

PRODUCTS = {"ajo": "Journey Optimizer", "brevo": "Brevo", "adobe_campaign": "Campaign", "marketo": "Marketo"}
UNITS = {Unit.ROW: "row", Unit.MESSAGE: "message", Unit.CONTACT: "contact", Unit.RUN: "run"}


class Number(NamedTuple):
    """A number that can be opened. `text` is its value as it is shown, `note` what its pane says of it."""

    label: str
    text: str
    drill: Drill
    note: str = ""


def figure_number(report: Report, pane: Pane, data: PaneData, key: str) -> Number | None:
    """The number of a figure by its key; None where there is no value to open."""
    for figure in data.figures:
        if f"{figure.metric} {figure.label}" != key or figure.value is None:
            continue
        drill = figure_drill(report, pane, figure.metric)
        if figure.label != METRICS[figure.metric].label and data.rows:  # the leading row of the table
            drill = row_drill(drill, pane, data, data.rows[0])
        return Number(
            figure.label,
            format_count(figure.value) if drill.metric == figure.metric else "",
            drill,
            data.note or "",
        )
    return None


def row_numbers(report: Report, pane: Pane, data: PaneData, row: TableRow) -> tuple[Number, ...]:
    """The numbers of a table's row that are not 0."""
    found = []
    for metric, place in row_metrics(pane, data, row).items():
        cell = row.cells[place]
        if cell.value and METRICS[metric].unit is not Unit.RATIO:
            drill = row_drill(figure_drill(report, pane, metric), pane, data, row)
            label = f"{METRICS[metric].label}: {row.label}"
            found.append(Number(label, format_cell(cell), drill, data.note or ""))
    return tuple(found)


def chart_numbers(
    report: Report, pane: Pane, data: PaneData, start_ms: int | None, zone: tzinfo
) -> tuple[Number, ...]:
    """What the lines of a chart say at the point that starts then, else their sums, where it is not 0."""
    found = []
    for series in data.series:
        whole = figure_drill(report, pane, series.metric)
        label, value, drill = _point_number(series, whole, start_ms, zone)
        if value:
            found.append(Number(label, format_count(value), drill, data.note or ""))
    return tuple(found)


def _point_number(
    series: Series, whole: Drill, start_ms: int | None, zone: tzinfo
) -> tuple[str, float | None, Drill]:
    """One point of a line, or its sum: the first and last steps reach beyond the window, and count nothing
    there."""
    if start_ms is None:
        return series.label, sum(value or 0 for value in series.values), whole
    place = (start_ms - series.start_ms) // series.step_ms
    if not 0 <= place < len(series.values):
        return series.label, None, whole
    window = whole.window
    span = Window(max(start_ms, window.start_ms), min(start_ms + series.step_ms, window.end_ms))
    label = f"{series.label} {span_text(start_ms, start_ms + series.step_ms, zone)}"
    return label, series.values[place], msgspec.structs.replace(whole, window=span)


def is_roster(drill: Drill) -> bool:
    """Whether the contacts inside are what it opens, which the roster lists."""
    return drill.metric == ROSTER_METRIC


def roster_query(drill: Drill, step: str | None) -> str:
    """The contacts inside that a number counts. step: the step's name; None: all steps."""
    query = with_term(Filter(log=ROSTER), "scenario", drill.subject.key)
    if drill.step_id is None:
        return query.text
    return with_term(query, "step", step if drill.step_id else None).text


def drill_title(number: Number) -> str:
    """`Bounces: user unknown, Welcome`"""
    return f"{number.label}, {number.drill.subject.name}"


def drill_filter(number: Number, zone: tzinfo, shown: int, *, has_more: bool) -> str:
    """How many lines of which unit, over which time, and by what they are chosen."""
    drill = number.drill
    metric = METRICS[drill.metric]
    unit = UNITS[metric.unit]
    count = f"{format_count(shown)}{' and more' if has_more else ''} line{'s' if shown != 1 else ''}"
    total = (
        f"{count} of {number.text}, one for each {unit}" if number.text else f"{count}, one for each {unit}"
    )
    zone_word = zone_name(zone, drill.window.end_ms)
    parts = [total, f"{format_window(drill.window, zone)} {zone_word}", metric.formula]
    parts += ["with test events" if drill.include_test else "", number.note]
    return "; ".join(part for part in parts if part)


def drill_names(rows: Iterable[LogRow]) -> dict[str, str | None]:
    """What the rows call the delivery and the step that they share, as a query names it."""
    row = next(iter(rows), None)
    if row is None:
        return {}
    named = (("delivery", row.delivery_key, row.delivery), ("step", row.step_key, row.step))
    return {field: _own_id(key) or name for field, key, name in named}


def _own_id(key: str | None) -> str | None:
    """The product's own id in a key such as "id:4711"."""
    named_by, _, rest = (key or "").partition(":")
    return rest if named_by == "id" else None


def query_line(asked: DrillQuery) -> str:
    """The filter as the logs would be asked for it, and what that leaves unsaid."""
    unsaid = f"   (unsaid: {', '.join(asked.unsaid)})" if asked.unsaid else ""
    return f"{asked.query.log} log: {asked.query.text}{unsaid}"


def unit_fields(rows: Sequence[LogRow], zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """The rows of one unit as fields: when each was, and what it says."""
    if len(rows) < 2:
        return ()
    told = ((format_short(row.at_ms, zone), ", ".join(trace_words(row))) for row in rows)
    return (("rows", f"{len(rows)}, oldest first"), *told, ("newest row", ""))


DROP_HELP = "of those done with the step before the part that was lost; below 0: more are done here"


def pane_help(pane: Pane) -> Iterator[tuple[str, str]]:
    """What a pane is about, and what each of its numbers is."""
    yield pane.title, pane.about
    for metric in metrics_of(pane):
        yield from metric_help(metric)
    if pane.drops:
        yield DROP, DROP_HELP


def metric_help(metric_id: str) -> Iterator[tuple[str, str]]:
    """What a metric is: its formula, its denominator, and what it means in each product."""
    metric = METRICS[metric_id]
    yield metric.label, f"{metric.formula}; counts {_unit(metric)}"
    if metric.whole is not None:
        whole = METRICS[metric.whole]
        yield f"  over {whole.label}", whole.formula
    about = METRICS[metric.part] if metric.part else metric
    for product, name in PRODUCTS.items():
        if not is_told(about, product):
            yield f"  {name}", "its feeds do not tell this"
        elif about.meanings.get(product):
            yield f"  {name}", about.meanings[product] or ""


def _unit(metric: Metric) -> str:
    return "a ratio" if metric.unit is Unit.RATIO else f"each {UNITS[metric.unit]}"


def pane_alert(alerts: Sequence[Alert], report: Report, metrics: Sequence[str], told: set[str]) -> str:
    """The alert that a pane with these metrics bears, marked; "" for none. told: what panes before it bear:
    the first says all of an alert, the others its name only."""
    subject = report.subject
    for alert in alerts:
        same = (alert.subject.kind, alert.subject.id, alert.tab) == (subject.kind, subject.id, report.tab)
        if same and alert.shown_on in metrics:
            said = f"! {alert.title}" if alert.text in told else f"! {alert.text.partition(': ')[2]}"
            told.add(alert.text)
            return said
    return ""


def metrics_of(pane: Pane) -> tuple[str, ...]:
    """All metrics of a pane, each once."""
    return tuple(dict.fromkeys((*pane.figures, *pane.graph, *pane.columns)))
