"""A live report for a terminal without the console: lines of text of a given width, with charts.

What a stranger named (deliveries, steps, reasons) is made safe here already, because columns are laid out
in cells; the door to stdout makes everything safe once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from textwrap import wrap

from backend import plot
from backend.clean import clean
from backend.model import Availability, Cell, Figure, PaneData, Report, Series, TableRow, Window
from backend.numbers import (
    MISSING,
    WHY,
    format_age,
    format_cell,
    format_change,
    format_count,
    format_figure,
    format_length,
    format_minute,
    format_second,
    format_span,
    zone_name,
)
from backend.reports.compare import series_by_time
from backend.reports.panes import SHARE
from backend.reports.report import DROP, REPORTS
from backend.tracking.delivery import REPORT as TRACKING
from backend.tracking.delivery import TABS as TRACKING_TABS
from backend.tracking.delivery import TITLE as TRACKING_TITLE

CHART_HEIGHT = 10
MOST_LINES = 3
"""More lines than this cannot be told apart in one chart without colour: each gets a small one."""
NARROWEST_LABEL = 14
SHORTEST_BAR = 10
LABEL_LIMIT = 60
LONGEST_LINE = 20_000
GAP = "  "
SENTENCE = 80
"""Words in one row of a table that are longer than this are put below each other."""


def report_lines(
    report: Report, width: int, zone: tzinfo = UTC, *, ascii_only: bool = False
) -> Iterator[str]:
    """The report as lines of at most `width` cells (not less than 40)."""
    page = _Page(max(width, 40), zone, ascii_only=ascii_only)
    yield from page.head(report)
    for pane in report.panes:
        yield ""
        yield from page.pane(pane)


def window_words(report: Report, zone: tzinfo) -> str:
    """Which time the numbers cover, and whether that is up to now."""
    window = report.window
    if report.live:
        return _span_words(window, zone)
    ends = f"{format_minute(window.end_ms, zone)} {zone_name(zone, window.end_ms)}"
    return f"not live: ends {ends} ({format_length(window.length_ms)})"


def _span_words(window: Window, zone: tzinfo) -> str:
    starts, ends = format_minute(window.start_ms, zone), format_minute(window.end_ms, zone)
    return f"{starts} to {ends} {zone_name(zone, window.end_ms)} ({format_length(window.length_ms)})"


def age_words(report: Report, zone: tzinfo) -> str:
    """When it was read, and how old the newest row is (R03)."""
    as_of = f"as of {format_second(report.as_of_ms, zone)} {zone_name(zone, report.as_of_ms)}"
    if report.newest_ms is None:
        return f"{as_of}; no rows of it yet"
    newest = format_age(report.newest_ms, report.as_of_ms)
    return f"{as_of}; newest row {newest}, received {format_age(report.received_ms, report.as_of_ms)}"


class _Page:
    """Lays out a report in a width."""

    def __init__(self, width: int, zone: tzinfo, *, ascii_only: bool) -> None:
        self._width = width
        self._zone = zone
        self._ascii = ascii_only

    def head(self, report: Report) -> Iterator[str]:
        title, tab, test_switch = _titles(report)
        subject = report.subject
        yield self._line(f"{self._safe(subject.name)} - {title}, {tab}")
        yield self._line(f"{subject.product} {self._safe(subject.account)}, id {self._safe(subject.key)}")
        yield self._line(window_words(report, self._zone))
        if report.compared is not None:
            yield self._line(f"compared with {_span_words(report.compared, self._zone)}")
        yield self._line(age_words(report, self._zone))
        if test_switch:
            yield self._line(f"test rows are {'counted' if report.include_test else 'left out'}")
        tabs = " ".join(f"[{tab}]" if tab == report.tab else tab for tab in report.tabs)
        yield self._line(f"tabs: {tabs}")

    def pane(self, pane: PaneData) -> Iterator[str]:
        yield f"-- {pane.title} ".ljust(self._width, "-")
        if pane.note:
            yield self._line(f"({pane.note})")
        if pane.availability is not Availability.KNOWN:
            yield self._line(WHY[pane.availability])
            return
        yield from self._figures(pane.figures)
        if pane.columns:
            yield from self._table(pane)
        for series in series_by_time(pane.series):
            yield from self._chart(series)

    def _figures(self, figures: Sequence[Figure]) -> Iterator[str]:
        labels = [self._safe(figure.label) for figure in figures]
        values = [format_figure(figure) for figure in figures]
        changes = [format_change(figure) for figure in figures]
        label_width = min(_widest(labels), self._width // 2)
        value_width, change_width = _widest(values), _widest(changes)
        for figure, label, value, change in zip(figures, labels, values, changes, strict=True):
            parts = [self._fit(label, label_width), self._fit(value, value_width, right=True)]
            if change_width:
                parts.append(self._fit(change, change_width, right=True))
            yield from self._noted(GAP.join(parts).rstrip(), figure.note)

    def _noted(self, line: str, note: str | None) -> Iterator[str]:
        """A line with its note behind it, or below it where that is too long."""
        told = f"({clean(note, ascii_only=self._ascii)})" if note else ""
        if told and plot.cell_width(line) + len(GAP) + plot.cell_width(told) <= self._width:
            yield f"{line}{GAP}{told}"
            return
        yield self._line(line)
        if told:
            yield self._line(GAP + told)

    def _table(self, pane: PaneData) -> Iterator[str]:
        if not pane.rows:
            yield "none in this window"
            return
        if any(row.spans for row in pane.rows):
            yield from self._message(pane.rows)
            return
        if pane.columns[-1] == SHARE:
            yield from self._bars(pane.rows)
            return
        if pane.columns[-1] == DROP and (path := self._path(pane)):
            yield from path
            return
        if _has_sentences(pane.rows):
            yield from self._records(pane)
            return
        shown = [[format_cell(cell) for cell in row.cells] for row in pane.rows]
        widths = [
            max(plot.cell_width(heading), _widest(row[place] for row in shown))
            for place, heading in enumerate(pane.columns[1:])
        ]
        labels = [self._safe(row.label) for row in pane.rows]
        for places in _blocks(widths, self._width - NARROWEST_LABEL):
            taken = sum(widths[place] + len(GAP) for place in places)
            label_width = min(_widest([pane.columns[0], *labels]), self._width - taken)
            lines = [[pane.columns[0], *pane.columns[1:]]] + [
                [label, *row] for label, row in zip(labels, shown, strict=True)
            ]
            for line in lines:
                cells = [
                    self._fit(line[place + 1], widths[place], right=not _is_text(pane.rows, place))
                    for place in places
                ]
                yield GAP.join([self._fit(line[0], label_width), *cells]).rstrip()

    def _path(self, pane: PaneData) -> list[str]:
        """Steps from entry to exit, each with a bar of its first number; none where there is no room."""
        shown = [pane.columns[1:], *([format_cell(cell) for cell in row.cells] for row in pane.rows)]
        widths = [_widest(row[place] for row in shown) for place in range(len(pane.columns) - 1)]
        numbers = [
            GAP.join(self._fit(cell, width, right=True) for cell, width in zip(row, widths, strict=True))
            for row in shown
        ]
        if plot.cell_width(numbers[0]) + NARROWEST_LABEL + SHORTEST_BAR > self._width:
            return []
        bars = [
            plot.Bar(f"{'  ' * row.is_branch}{self._safe(row.label)}", _number(row.cells[0]), told)
            for row, told in zip(pane.rows, numbers[1:], strict=True)
        ]
        room = self._width - plot.cell_width(numbers[0])
        head = self._fit(pane.columns[0], room) + numbers[0]
        return [head, *(line.rstrip() for line in plot.bar_chart(bars, self._width, ascii_only=self._ascii))]

    def _message(self, rows: Sequence[TableRow]) -> Iterator[str]:
        """A message's lines, wrapped; the shares of its links stand in them."""
        for row in rows:
            clicks = (
                f"   ({format_cell(row.cells[0])} clicks)" if row.cells[0].value not in ("", None) else ""
            )
            text = clean(f"{row.label}{clicks}", LONGEST_LINE, ascii_only=self._ascii)
            yield from wrap(text, self._width) or [""]

    def _records(self, pane: PaneData) -> Iterator[str]:
        """Rows that hold sentences: the label with the first cell, then a cell a line, wrapped."""
        for row in pane.rows:
            yield self._line(f"{self._safe(row.label)}: {format_cell(row.cells[0])}")
            for heading, cell in zip(pane.columns[2:], row.cells[1:], strict=True):
                if cell.value != "":
                    text = f"{heading}: {clean(format_cell(cell), ascii_only=self._ascii)}"
                    yield from wrap(text, self._width, initial_indent=GAP, subsequent_indent=GAP * 2)

    def _bars(self, rows: Sequence[TableRow]) -> Iterator[str]:
        """Values with their shares: the bar, the number and the share in one line."""
        bars = []
        for row in rows:
            number, share = row.cells[0], row.cells[-1]
            shown = f"{format_cell(number)}{GAP}{format_cell(share):>7}"
            bars.append(plot.Bar(self._safe(row.label), _number(number), shown))
        for line in plot.bar_chart(bars, self._width, ascii_only=self._ascii):
            yield line.rstrip()

    def _chart(self, series: Sequence[Series]) -> Iterator[str]:
        first = series[0]
        if len(series) > MOST_LINES:
            yield from self._small_charts(series)
            return
        axis = plot.TimeAxis(first.start_ms, first.step_ms, self._zone)
        lines = [plot.Line(one.label, one.values) for one in series]
        for drawn in plot.line_chart(lines, self._width, CHART_HEIGHT, axis, ascii_only=self._ascii):
            yield drawn.rstrip()

    def _small_charts(self, series: Sequence[Series]) -> Iterator[str]:
        label_width = _widest(one.label for one in series)
        totals = [_total(one) for one in series]
        total_width = _widest(totals)
        room = self._width - label_width - total_width - 2 * len(GAP)
        for one, total in zip(series, totals, strict=True):
            spark = plot.sparkline(one.values, min(room, len(one.values)), ascii_only=self._ascii)
            yield GAP.join(
                [self._fit(one.label, label_width), self._fit(total, total_width, right=True), spark]
            ).rstrip()
        first = series[0]
        end_ms = first.start_ms + len(first.values) * first.step_ms
        yield self._line(
            f"{format_minute(first.start_ms, self._zone)} to {format_minute(end_ms, self._zone)},"
            f" a mark for each {format_span(first.step_ms * _thinning(first, room))}"
        )

    def _safe(self, text: str) -> str:
        return clean(text, LABEL_LIMIT, ascii_only=self._ascii)

    def _fit(self, text: str, width: int, *, right: bool = False) -> str:
        return plot.fit(text, width, right=right, ascii_only=self._ascii)

    def _line(self, text: str) -> str:
        return plot.fit(text, self._width, ascii_only=self._ascii).rstrip()


def _is_text(rows: Sequence[TableRow], place: int) -> bool:
    """Whether a column holds words, and no number."""
    return any(isinstance(row.cells[place].value, str) for row in rows)


def _number(cell: Cell) -> float | None:
    return None if isinstance(cell.value, str) else cell.value


def _has_sentences(rows: Sequence[TableRow]) -> bool:
    """Whether the rows say more than fits side by side."""
    return any(
        sum(len(cell.value) for cell in row.cells if isinstance(cell.value, str)) > SENTENCE for row in rows
    )


def _titles(report: Report) -> tuple[str, str, bool]:
    """Title of the report and of the tab, and whether test rows can be let in."""
    if report.report == TRACKING:
        return TRACKING_TITLE, TRACKING_TABS[report.tab], True
    kind = REPORTS[report.report]
    tab = next(tab.title for tab in kind.tabs if tab.id == report.tab)
    return kind.title, tab, kind.test_switch


def _widest(texts: Sequence[str] | Iterator[str]) -> int:
    return max((plot.cell_width(text) for text in texts), default=0)


def _total(series: Series) -> str:
    known = [value for value in series.values if value is not None]
    return format_count(sum(known)) if known else MISSING[series.missing]


def _thinning(series: Series, room: int) -> int:
    """How many steps one mark of a small chart stands for."""
    return max(-(-len(series.values) // max(room, 1)), 1)


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Columns side by side as far as they fit, then those below."""
    blocks: list[list[int]] = [[]]
    used = 0
    for place, width in enumerate(widths):
        if blocks[-1] and used + width + len(GAP) > room:
            blocks.append([])
            used = 0
        blocks[-1].append(place)
        used += width + len(GAP)
    return blocks
