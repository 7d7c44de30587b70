"""What a number that is opened says of itself: its query by names, the rows below a unit."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from backend.model import (
    Channel,
    LogName,
    LogRow,
    Page,
    PaneData,
    Series,
    Subject,
    SubjectKind,
    Window,
)
from backend.reports.drill import Drill
from backend.reports.metrics import Unit
from tui.presenters.compare import PLOT_LINES, pane_lines
from tui.presenters.drill import Number, drill_filter, drill_names, metric_help, unit_lines
from tui.presenters.log_rows import row_key


def row(id: int, **more: Any) -> LogRow:
    return LogRow(
        log=LogName.EVENT,
        id=id,
        at_ms=id * 1000,
        key=str(id),
        received_ms=0,
        product="brevo",
        account="default",
        format="brevo-test",
        kind="sent",
        type="request",
        **more,
    )


def test_a_step_or_delivery_goes_by_its_name_unless_the_name_may_be_anothers() -> None:
    named = [row(1, delivery="Mail A", delivery_key="id:42", step="7", step_key="id:s7")]
    assert drill_names(named, by_id=False) == {"delivery": "Mail A", "step": "s7"}
    assert drill_names(named, by_id=True) == {"delivery": "42", "step": "s7"}
    by_tag = [row(1, delivery="Mail A", delivery_key="tag:x")]
    assert drill_names(by_tag, by_id=True) == {"delivery": "Mail A", "step": None}


@pytest.mark.parametrize(
    ("text", "cells", "said"),
    [
        ("270", 78, "200 lines of 270, one for each row; 2026-03-09 12:00 - 03-10 12:00 UTC"),
        ("", 78, "200 and more lines, one for each row; 2026-03-09 12:00 - 03-10 12:00 UTC"),
        (
            "270",
            118,
            "200 lines of 270, one for each row; 2026-03-09 12:00 - 03-10 12:00 UTC; delivered rows",
        ),
        ("270", 60, "200 lines of 270, one for each row; delivered rows"),
    ],
)
def test_what_is_said_of_the_lines_of_a_number_is_never_cut(text: str, cells: int, said: str) -> None:
    subject = Subject(
        kind=SubjectKind.SCENARIO, id=1, key="s", name="Welcome", product="ajo", account="default"
    )
    end_ms = 1_773_144_000_000  # 2026-03-10T12:00:00Z
    window = Window(end_ms - 86_400_000, end_ms)
    number = Number("Delivered", text, Drill(subject=subject, tab="email", metric="delivered", window=window))
    assert drill_filter(number, UTC, 200, has_more=True, cells=cells) == said


def test_more_rows_of_a_unit_than_are_read_at_once_are_said_to_be_the_newest() -> None:
    rows = {f"unit>{row_key(one)}": one for one in (row(1), row(2))}
    page = Page(rows=tuple(rows.values()), older="cursor", newer=None, has_newer=False)
    told, *below = unit_lines(page, rows, Unit.MESSAGE, LogName.EVENT, UTC)
    assert told.inert and told.cells == ("  the newest 2 rows of this message, oldest first",)
    assert [line.key for line in below] == list(rows)


def test_charts_of_two_windows_have_room_for_what_their_lines_say_at_the_cursor() -> None:
    lines = tuple(
        Series(metric=name, label=name, start_ms=start, step_ms=60_000, values=(1, 2))
        for start in (0, 600_000)
        for name in ("sent", "delivered", "bounces", "opens")
    )
    pane = PaneData(
        pane="p", title="P", columns=("Metric", "This window", "Compared", "Change"), series=lines
    )
    beside, below = pane_lines(pane, 160), pane_lines(pane, 80)
    assert beside == 2 + 2 + PLOT_LINES + 2  # frame, table, chart, a line of four values that may break
    assert below == beside + PLOT_LINES + 2
    assert pane_lines(PaneData(pane="p", title="P"), 80) == 4


def test_help_says_what_a_product_does_not_tell_on_a_channel() -> None:
    untold = ("  Brevo", "its feeds do not tell this")
    assert untold in list(metric_help("opens", Channel.SMS))
    assert untold not in list(metric_help("opens", Channel.EMAIL))
