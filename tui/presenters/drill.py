"""What a person may open in a report: numbers with the rows behind them, and what a metric means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from backend.model import (
    DAY_MS,
    Channel,
    LogName,
    LogRow,
    Page,
    PaneData,
    Report,
    Series,
    Subject,
    TableRow,
    Window,
)
from backend.numbers import format_cell, format_count, zone_name
from backend.query.language import ROSTER, Filter, with_term
from backend.reports.drill import ROSTER_METRIC, Drill, Rule, figure_drill, row_drill, row_metrics
from backend.reports.drill_query import DrillQuery, subject_terms
from backend.reports.metrics import METRICS, Metric, Unit
from backend.reports.panes import Pane
from backend.reports.report import DROP
from backend.reports.told import is_told
from backend.ticks import span_text
from tui.presenters.log_rows import COLUMNS, log_row
from tui.presenters.report import ENDS_NOW_MS, fitting
from tui.presenters.times import format_window
from widgets.columns import Column, Row
from widgets.shown import glyph

if TYPE_CHECKING:
    from backend.reports.alerts import Alert

PRODUCTS = {"ajo": "Journey Optimizer", "brevo": "Brevo", "adobe_campaign": "Campaign", "marketo": "Marketo"}
UNITS = {Unit.ROW: "row", Unit.MESSAGE: "message", Unit.CONTACT: "contact", Unit.RUN: "run"}


class Number(NamedTuple):
    """A number that can be opened. `text` is its value as it is shown, `note` what its pane says of it.

    has_namesake: another step or delivery may have the name of the one that it is narrowed to.
    """

    label: str
    text: str
    drill: Drill
    note: str = ""
    has_namesake: bool = False


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
            drill.step_id is not None,
        )
    return None


def row_numbers(report: Report, pane: Pane, data: PaneData, row: TableRow) -> tuple[Number, ...]:
    """The numbers of a table's row that are not 0."""
    found = []
    alike = sum(other.label.casefold() == row.label.casefold() for other in data.rows)
    for metric, place in row_metrics(pane, data, row).items():
        cell = row.cells[place]
        if cell.value and METRICS[metric].unit is not Unit.RATIO:
            drill = row_drill(figure_drill(report, pane, metric), pane, data, row)
            label = f"{METRICS[metric].label}: {row.label}"
            is_hazy = alike > 1 or report.step_id is not None
            found.append(Number(label, format_cell(cell), drill, data.note or "", is_hazy))
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
            by_id = report.step_id is not None
            found.append(Number(label, format_count(value), drill, data.note or "", by_id))
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


def roster_query(drill: Drill, catalog: Iterable[Subject], step: str | None) -> str:
    """The contacts inside that a number counts. catalog: the subjects that there are. step: the step's name;
    None: all steps."""
    kind = drill.subject.kind.value
    query = with_term(Filter(log=ROSTER), kind, subject_terms(drill.subject, catalog)[kind])
    if drill.step_id is None:
        return query.text
    return with_term(query, "step", step if drill.step_id else None).text


def drill_title(number: Number) -> str:
    """`Bounces: user unknown, Welcome`"""
    return f"{number.label}, {number.drill.subject.name}"


def drill_filter(number: Number, zone: tzinfo, shown: int, *, has_more: bool, cells: int) -> str:
    """How many lines of which unit, over which time, and by what they are chosen, as far as a line of so many
    cells has room for one after the other."""
    drill = number.drill
    metric = METRICS[drill.metric]
    unit = UNITS[metric.unit]
    more = " and more" if has_more and not number.text else ""
    count = f"{format_count(shown)}{more} line{'s' if shown != 1 else ''}"
    of = f" of {number.text}" if number.text else ""
    zone_word = zone_name(zone, drill.window.end_ms)
    parts = [f"{count}{of}, one for each {unit}", f"{format_window(drill.window, zone)} {zone_word}"]
    return fitting(
        (*parts, "with test events" if drill.include_test else "", metric.formula, number.note or ""), cells
    )


def drill_names(rows: Iterable[LogRow], *, by_id: bool) -> dict[str, str | None]:
    """What the rows call the delivery and the step that they share, as a query names it. by_id: by the
    product's own id, where it has one, for the name may be another's as well."""
    row = next(iter(rows), None)
    if row is None:
        return {}
    named = (("delivery", row.delivery_key, row.delivery), ("step", row.step_key, row.step))
    return {field: _query_name(key, name, by_id=by_id) for field, key, name in named}


def _query_name(key: str | None, name: str | None, *, by_id: bool) -> str | None:
    """A name, or the product's own id in a key such as "id:4711". A name of digits may be another's id."""
    named_by, _, own_id = (key or "").partition(":")
    return own_id if named_by == "id" and (by_id or not name or name.isdecimal()) else name


def query_line(asked: DrillQuery) -> str:
    """The filter as the logs would be asked for it, and what that leaves unsaid."""
    unsaid = f"   (unsaid: {', '.join(asked.unsaid)})" if asked.unsaid else ""
    return f"{asked.query.log} log: {asked.query.text}{unsaid}"


INDENT = 2
"""Cells by which the rows of a unit stand to the right of it."""


def drill_columns(rule: Rule) -> tuple[Column, ...]:
    """The columns of the units, with room for the rows below one."""
    first, *others = COLUMNS[rule.log]
    least = first.least if rule.unit is Unit.ROW else first.least + INDENT
    return (first._replace(least=least), *others)


def unit_lines(
    page: Page, rows: Mapping[str, LogRow], unit: Unit, log: LogName, zone: tzinfo
) -> Iterator[Row]:
    """The rows of a unit that is open, by their keys, with how many there are above them."""
    newest = "the newest " if page.older is not None else ""
    first = next(iter(rows), "")
    said = f"  {newest}{format_count(len(rows))} rows of this {UNITS[unit]}, oldest first"
    yield Row(f"{first} of", (said,), inert=True)
    for key, row in rows.items():
        shown = log_row(row, log, zone)
        time, *cells = shown.cells
        yield shown._replace(key=key, cells=(f"{glyph('└', '-')} {time}", *cells))


DROP_HELP = "of those done with the step before the part that was lost; below 0: more are done here"


def pane_help(pane: Pane, channel: Channel | None) -> Iterator[tuple[str, str]]:
    """What a pane of a channel's tab is about, and what each of its numbers is."""
    yield pane.title, pane.about
    for metric in metrics_of(pane):
        yield from metric_help(metric, channel)
    if pane.drops:
        yield DROP, DROP_HELP


def metric_help(metric_id: str, channel: Channel | None) -> Iterator[tuple[str, str]]:
    """What a metric is: its formula, its denominator, and what it means in each product on a channel."""
    metric = METRICS[metric_id]
    yield metric.label, f"{metric.formula}; counts {_unit(metric)}"
    if metric.whole is not None:
        whole = METRICS[metric.whole]
        yield f"  over {whole.label}", whole.formula
    about = METRICS[metric.part] if metric.part else metric
    for product, name in PRODUCTS.items():
        if not is_told(about, product, channel):
            yield f"  {name}", "its feeds do not tell this"
        elif about.meanings.get(product):
            yield f"  {name}", about.meanings[product] or ""


def _unit(metric: Metric) -> str:
    return "a ratio" if metric.unit is Unit.RATIO else f"each {UNITS[metric.unit]}"


def pane_alert(alerts: Sequence[Alert], report: Report, metrics: Sequence[str], told: set[str]) -> str:
    """The alert that a pane with these metrics bears, marked; "" for none. told: what panes before it bear:
    the first says all of an alert, the others its name only. Beside numbers of another time it says "now"."""
    subject = report.subject
    ends_now = report.as_of_ms - report.window.end_ms <= ENDS_NOW_MS
    mark = "!" if ends_now and report.window.length_ms == DAY_MS else "! now:"
    for alert in alerts:
        same = (alert.subject.kind, alert.subject.id, alert.tab) == (subject.kind, subject.id, report.tab)
        if same and alert.shown_on in metrics:
            said = f"{mark} {alert.title if alert.text in told else alert.text.partition(': ')[2]}"
            told.add(alert.text)
            return said
    return ""


def metrics_of(pane: Pane) -> tuple[str, ...]:
    """All metrics of a pane, each once."""
    return tuple(dict.fromkeys((*pane.figures, *pane.graph, *pane.columns)))
