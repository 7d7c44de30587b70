"""Two windows of one report side by side, as a report again: its panes say each number of both. Pure.

So everything that shows, prints or exports a report does the same with a comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo

import msgspec

from backend.model import Availability, Cell, Figure, PaneData, Report, Series, TableRow, Window
from backend.numbers import format_change
from backend.query.text import read_time
from backend.reports.drill import ROSTER_METRIC
from backend.reports.metrics import METRICS
from backend.reports.panes import SHARE

THIS, OTHER, CHANGE = "This window", "Compared", "Change"
LEFT_OUT = frozenset({SHARE, METRICS[ROSTER_METRIC].label})
"""Columns that compare nothing: what a number is of its column's sum, and who is inside now, which no window
changes."""
BEFORE = "before"
WINDOW_HINT = "before, how much earlier (7d), when it starts (2026-03-01), or 2026-03-01..2026-03-04"
GONE = Cell(None, Availability.NOT_COLLECTED)
OLDER_THAN_DATA = "the compared window begins before the first data"


def other_window(text: str, window: Window, *, now_ms: int, zone: tzinfo = UTC) -> Window | None:
    """The window that a text asks to compare with: "before" is the one that ends where `window` starts, 7d
    the same one a week earlier, a time one as long that starts then, and FROM..UNTIL just that one. None:
    the text is none of these."""
    start, dots, end = (part.strip() for part in text.partition(".."))
    if start.casefold() == BEFORE and not dots:
        return window.before()
    start_ms = read_time(start, now_ms=now_ms if dots else window.start_ms, zone=zone)
    if start_ms is None:
        return None
    end_ms = start_ms + window.length_ms
    if dots:
        until_ms = read_time(end, now_ms=now_ms, zone=zone) if end else now_ms
        if until_ms is None:
            return None
        end_ms = until_ms
    return Window(start_ms, end_ms) if start_ms < end_ms else None


def compared(report: Report, other: Report) -> Report:
    """The report beside another one of the same subject and tab over another window.

    Each pane is a table with a row for each figure, and for each cell of its table that is not 0 in both
    windows: the value, the other window's value, and the change. Its graphs are those of both, each in its
    own time.
    """
    others = {pane.pane: pane for pane in other.panes}
    panes = [_pane(pane, others[pane.pane]) for pane in report.panes if pane.pane in others]
    return msgspec.structs.replace(
        report, panes=tuple(pane for pane in panes if pane.rows), compared=other.window
    )


def _pane(pane: PaneData, other: PaneData) -> PaneData:
    rows = [*_figure_rows(pane.figures, other.figures), *_cell_rows(pane, other)]
    if not pane.figures and not pane.columns:
        rows = list(_sum_rows(pane.series, other.series))
    before = (msgspec.structs.replace(series, label=f"{series.label}, compared") for series in other.series)
    return PaneData(
        pane=pane.pane,
        title=pane.title,
        columns=(pane.columns[0] if pane.columns else "Metric", THIS, OTHER, CHANGE),
        rows=tuple(rows),
        series=(*pane.series, *before) if _has_values((*pane.series, *other.series)) else (),
        note="; ".join(filter(None, (pane.note, "" if other.is_whole else OLDER_THAN_DATA))) or None,
        is_whole=pane.is_whole and other.is_whole,
    )


def _has_values(series: Iterable[Series]) -> bool:
    return any(value is not None for one in series for value in one.values)


def _figure_rows(figures: Sequence[Figure], others: Sequence[Figure]) -> Iterator[TableRow]:
    told = {(figure.metric, figure.label): figure for figure in others}
    for figure in figures:
        if figure.label != METRICS[figure.metric].label:
            continue  # the leading row of the table, which has all of them
        twin = told.get((figure.metric, figure.label))
        yield _row(figure.label, _cell(figure), GONE if twin is None else _cell(twin))


def _cell(figure: Figure) -> Cell:
    """The figure as a cell: a float is a ratio."""
    value = figure.value
    if value is not None and figure.unit == "ratio":
        value = float(value)
    elif isinstance(value, float):
        value = round(value)
    return Cell(value, figure.availability)


def _sum_rows(series: Sequence[Series], others: Sequence[Series]) -> Iterator[TableRow]:
    """The sums of a pane's graphs, where it has nothing else."""
    sums = {one.metric: _sum(one) for one in others}
    for one in series:
        yield _row(one.label, _sum(one), sums.get(one.metric, GONE))


def _sum(series: Series) -> Cell:
    known = [round(value) for value in series.values if value is not None]
    return Cell(sum(known)) if known else Cell(None, series.missing)


def _cell_rows(pane: PaneData, other: PaneData) -> Iterator[TableRow]:
    """The cells of a table, row by row; rows that only the other window has come last."""
    mine, theirs = _Side(pane), _Side(other)
    for about in dict.fromkeys((*mine.rows, *theirs.rows)):
        label = (mine.rows.get(about) or theirs.rows[about]).label
        for heading in dict.fromkeys((*_headings(pane), *_headings(other))):
            cells = mine.cell(about, heading), theirs.cell(about, heading)
            if any(cell.value for cell in cells) and not any(isinstance(c.value, str) for c in cells):
                yield _row(row_name(pane, label, heading), *cells)


def _headings(pane: PaneData) -> list[str]:
    return [heading for heading in pane.columns[1:] if heading not in LEFT_OUT]


def row_name(pane: PaneData, label: str, heading: str) -> str:
    """What a cell of a pane's table is called."""
    return label if len(_headings(pane)) == 1 else f"{label}: {heading}"


About = tuple[object, ...]
"""What a row of a table is about, the same in both windows."""


class _Side:
    """The table of one of the windows."""

    def __init__(self, pane: PaneData) -> None:
        self._pane = pane
        self.rows: dict[About, TableRow] = {_about(row): row for row in pane.rows}
        self._summed_up = {row.key for row in pane.rows if row.is_rest}

    def cell(self, about: About, heading: str) -> Cell:
        """A cell of a row; of a row that the window has not, 0 where it is known that nothing happened."""
        row = self.rows.get(about)
        if row is not None and heading in self._pane.columns:
            return row.cells[self._pane.columns.index(heading) - 1]
        if self._pane.availability is not Availability.KNOWN:
            return Cell(None, self._pane.availability)
        if not self._pane.is_whole:
            return GONE
        key, *_ = about
        return Cell(None) if key in self._summed_up else Cell(0)  # it may be among "all others"


def _about(row: TableRow) -> About:
    return (row.key, row.value, row.is_rest, row.label if row.key is None else "")


def _row(label: str, here: Cell, there: Cell) -> TableRow:
    return TableRow(label=label, cells=(here, there, Cell(change_text(here, there))))


def change_text(here: Cell, there: Cell) -> str:
    """By how much a number is more or less than the other: +25.0 %, for ratios +0.4 pt; "" where one is
    not known."""
    value, previous = here.value, there.value
    if value is None or previous is None or isinstance(value, str) or isinstance(previous, str):
        return ""
    unit = "ratio" if isinstance(value, float) or isinstance(previous, float) else "row"
    return format_change(Figure(metric="", label="", value=value, previous=previous, unit=unit))


def series_by_time(series: Sequence[Series]) -> list[tuple[Series, ...]]:
    """The lines of a pane, those over one time together: each such group is a chart of its own."""
    groups: dict[tuple[int, int], list[Series]] = {}
    for one in series:
        groups.setdefault((one.start_ms, one.step_ms), []).append(one)
    return [tuple(group) for group in groups.values()]
