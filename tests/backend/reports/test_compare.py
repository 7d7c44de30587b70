"""Two windows of a report side by side: each number of both with its change, and their graphs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backend.model import (
    DAY_MS,
    HOUR_MS,
    Availability,
    Cell,
    Channel,
    Figure,
    PaneData,
    Report,
    Series,
    Subject,
    SubjectKind,
    TableRow,
    Window,
)
from backend.reports.compare import compared, other_window, series_by_time
from backend.reports.export import report_csv, report_json
from backend.reports.text import report_lines

MIDNIGHT = 1_773_100_800_000  # 2026-03-10 00:00 UTC
THIS = Window(MIDNIGHT, MIDNIGHT + DAY_MS)
BEFORE = Window(MIDNIGHT - DAY_MS, MIDNIGHT)


def pane(start_ms: int, sent: int, rate: float | None, rows: tuple[TableRow, ...]) -> PaneData:
    why = Availability.KNOWN if rate is not None else Availability.NO_FEED
    return PaneData(
        pane="email",
        title="Email",
        figures=(
            Figure(metric="sent", label="Sent", value=sent),
            Figure(metric="open_rate", label="Open rate", value=rate, availability=why, unit="ratio"),
        ),
        columns=("Email", "Sent", "Share"),
        rows=rows,
        series=(
            Series(metric="sent", label="Sent", start_ms=start_ms, step_ms=12 * HOUR_MS, values=(sent, 0)),
        ),
    )


def row(label: str, key: int, sent: int) -> TableRow:
    return TableRow(label=label, key=key, cells=(Cell(sent), Cell(0.5)))


def report(window: Window, data: PaneData) -> Report:
    subject = Subject(
        kind=SubjectKind.SCENARIO, id=1, key="1", name="Welcome", product="brevo", account="default",
        channel=Channel.EMAIL,
    )  # fmt: skip
    return Report(
        subject=subject,
        report="journey",
        tab="email",
        tabs=("journey", "email"),
        window=window,
        live=True,
        as_of_ms=THIS.end_ms,
        newest_ms=THIS.end_ms - 1,
        received_ms=THIS.end_ms - 1,
        include_test=False,
        panes=(data,),
    )


NOW = report(THIS, pane(THIS.start_ms, 50, 0.25, (row("Mail A", 1, 30), row("Mail B", 2, 20))))
THEN = report(BEFORE, pane(BEFORE.start_ms, 40, 0.2, (row("Mail A", 1, 24), row("Mail C", 3, 16))))


def cells(found: Report) -> dict[str, list[object]]:
    return {line.label: [cell.value for cell in line.cells] for line in found.panes[0].rows}


def test_every_number_stands_beside_that_of_the_other_window() -> None:
    found = compared(NOW, THEN)
    assert found.compared == BEFORE
    assert cells(found) == {
        "Sent": [50, 40, "+25.0 %"],
        "Open rate": [0.25, 0.2, "+5.0 pt"],
        "Mail A": [30, 24, "+25.0 %"],
        "Mail B": [20, 0, "+20"],
        "Mail C": [0, 16, "-100.0 %"],
    }


def test_what_is_not_known_is_not_nothing_and_has_no_change() -> None:
    then = report(BEFORE, pane(BEFORE.start_ms, 40, None, ()))
    line = next(row for row in compared(NOW, then).panes[0].rows if row.label == "Open rate")
    assert [cell.availability for cell in line.cells[:2]] == [Availability.KNOWN, Availability.NO_FEED]
    assert line.cells[2].value == ""


def lines_only(window: Window, *told: Any) -> Report:
    """A pane of nothing but graphs: one line for each of the values, or of the reasons why there are none."""
    series = tuple(
        Series(
            metric=f"m{place}",
            label=f"Line {place}",
            start_ms=window.start_ms,
            step_ms=DAY_MS,
            values=(None if isinstance(one, Availability) else one,),
            **({"missing": one} if isinstance(one, Availability) else {}),
        )
        for place, one in enumerate(told)
    )
    return report(window, PaneData(pane="summary", title="Summary", series=series))


def test_a_line_of_nothing_known_says_why_as_figures_do() -> None:
    here = lines_only(THIS, 4, Availability.NO_FEED, 3)
    there = lines_only(BEFORE, 2, Availability.NO_FEED, Availability.NOT_COLLECTED)
    found = [row.cells for row in compared(here, there).panes[0].rows]
    assert found == [
        (Cell(4), Cell(2), Cell("+100.0 %")),
        (Cell(None, Availability.NO_FEED), Cell(None, Availability.NO_FEED), Cell("")),
        (Cell(3), Cell(None, Availability.NOT_COLLECTED), Cell("")),
    ]


def reasons(window: Window, *values: str, **told: Any) -> Report:
    """A table of reasons, each once; "..." stands for all others."""
    rows = tuple(
        TableRow(label=value, cells=(Cell(1),), value=value, is_rest=value == "...") for value in values
    )
    return report(window, PaneData(pane="why", title="Why", columns=("Reason", "Bounces"), rows=rows, **told))


@pytest.mark.parametrize(
    ("then", "cell"),
    [
        (reasons(BEFORE, "other"), Cell(0)),
        (reasons(BEFORE, "other", is_whole=False), Cell(None, Availability.NOT_COLLECTED)),
        (
            reasons(BEFORE, availability=Availability.NOT_COLLECTED, is_whole=False),
            Cell(None, Availability.NOT_COLLECTED),
        ),
        (reasons(BEFORE, availability=Availability.NO_FEED), Cell(None, Availability.NO_FEED)),
        (reasons(BEFORE, "other", "..."), Cell(None)),
    ],
)
def test_what_a_window_lacks_is_0_only_where_that_is_known(then: Report, cell: Cell) -> None:
    found = compared(reasons(THIS, "full"), then).panes[0]
    line = next(row for row in found.rows if row.label == "full")
    assert line.cells == (Cell(1), cell, Cell("+1" if cell.value == 0 else ""))
    assert (found.note is None) == then.panes[0].is_whole


def test_columns_are_compared_by_what_they_are_called() -> None:
    """A window may have a column that the other one leaves out."""
    row = TableRow(label="Mail A", key=1, cells=(Cell(3), Cell(2), Cell(1)))
    wide = PaneData(pane="p", title="P", columns=("Email", "Sent", "Errors", "Opens"), rows=(row,))
    narrow = msgspec.structs.replace(
        wide,
        columns=("Email", "Sent", "Opens"),
        rows=(TableRow(label="Mail A", key=1, cells=(Cell(7), Cell(5))),),
    )
    assert cells(compared(report(THIS, narrow), report(BEFORE, wide))) == {
        "Mail A: Sent": [7, 3, "+133.3 %"],
        "Mail A: Opens": [5, 1, "+400.0 %"],
        "Mail A: Errors": [0, 2, "-100.0 %"],
    }


def test_the_leading_row_of_a_table_is_compared_in_the_table_alone() -> None:
    led = [
        msgspec.structs.replace(
            each.panes[0],
            figures=(Figure(metric="sent", label=each.panes[0].rows[1].label, value=20),),
        )
        for each in (NOW, THEN)
    ]
    assert list(cells(compared(report(THIS, led[0]), report(BEFORE, led[1])))) == [
        "Mail A",
        "Mail B",
        "Mail C",
    ]


def test_of_a_pane_of_graphs_alone_the_sums_are_compared() -> None:
    only = [
        msgspec.structs.replace(each, panes=(msgspec.structs.replace(each.panes[0], figures=(), columns=()),))
        for each in (NOW, THEN)
    ]
    assert cells(compared(*only)) == {"Sent": [50, 40, "+25.0 %"]}


def test_each_window_has_a_graph_over_its_own_time() -> None:
    first, second = series_by_time(compared(NOW, THEN).panes[0].series)
    assert [(series.label, series.start_ms) for series in (*first, *second)] == [
        ("Sent", THIS.start_ms),
        ("Sent, compared", BEFORE.start_ms),
    ]


def test_a_comparison_is_printed_and_exported_as_any_report() -> None:
    found = compared(NOW, THEN)
    text = list(report_lines(found, 80))
    assert "compared with 2026-03-09 00:00 to 2026-03-10 00:00 UTC (24 h)" in text
    assert any(line.split() == ["Sent", "50", "40", "+25.0", "%"] for line in text)
    assert ("Mail C", 0, 16, "-100.0 %") in list(report_csv(found))
    first = msgspec.json.decode(next(iter(report_json(found))))
    assert first["compared"] == {"start": "2026-03-09T00:00:00.000Z", "end": "2026-03-10T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("before", BEFORE),
        ("1d", BEFORE),
        ("7d", Window(THIS.start_ms - 7 * DAY_MS, THIS.end_ms - 7 * DAY_MS)),
        ("2026-03-09", BEFORE),
        ("2026-03-09..2026-03-10", BEFORE),
        ("2026-03-09 ..", Window(BEFORE.start_ms, THIS.end_ms + HOUR_MS)),
        ("nonsense", None),
        ("2026-03-10..2026-03-09", None),
        ("before..", None),
    ],
)
def test_the_other_window_is_said_in_a_word(text: str, window: Window | None) -> None:
    assert other_window(text, THIS, now_ms=THIS.end_ms + HOUR_MS) == window
