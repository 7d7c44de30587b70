"""Where a list goes on reading, and how a pane's data becomes what its widgets take."""

from __future__ import annotations

from datetime import UTC

import pytest
from textual.app import App, ComposeResult

from backend.config import COLOURS
from backend.model import Availability, Cell, Figure, PaneData, Series, Subject, SubjectKind, TableRow
from backend.reports.panes import Drawing
from backend.reports.report import REPORTS, Pane
from tui.feed_clock import FeedClock
from tui.layout import Box
from tui.presenters import panes
from tui.presenters.frame import MARKS, age_alarm, short_source, source_mark, status_facts
from tui.presenters.logs import log_headline, rows_line
from tui.presenters.paging import PageEdges
from tui.presenters.tracking import tracking_headline
from widgets.columns import Row
from widgets.pane_page import LEAST_CELLS
from widgets.step_path import StepValue
from widgets.table_pane import TablePane


def edges() -> PageEdges:
    """Three pages: a b c, d e f, g h i."""
    found = PageEdges()
    found.restart(["d", "e", "f"], "older-d", "newer-f")
    found.add_older(["a", "b", "c"], "older-a", "newer-c")
    found.add_newer(["g", "h", "i"], "older-g", "newer-i")
    return found


@pytest.mark.parametrize(
    ("first", "cursor"), [("a", "older-a"), ("d", "older-d"), ("b", "older-d"), ("e", "older-g")]
)
def test_rows_before_an_edge_are_read_from_the_nearest_cursor_that_leaves_no_gap(
    first: str, cursor: str
) -> None:
    assert edges().older_than(first) == cursor


@pytest.mark.parametrize(
    ("last", "cursor"), [("i", "newer-i"), ("f", "newer-f"), ("h", "newer-f"), ("e", "newer-c")]
)
def test_rows_after_an_edge_likewise(last: str, cursor: str) -> None:
    assert edges().newer_than(last) == cursor


def test_a_live_row_below_the_pages_goes_on_from_the_last_page() -> None:
    assert edges().newer_than("live") == "newer-i"
    assert edges().older_than("live") == "older-a"
    assert PageEdges().older_than(None) is None
    assert PageEdges().newer_than("x") is None


def test_a_page_that_is_read_again_takes_the_place_of_what_was_read_before() -> None:
    found = edges()
    found.add_newer(["d", "e", "f"], "older-d", "newer-f")  # the list had let go of the rows from e on
    assert found.newer_than("e") == "newer-c" and found.newer_than("f") == "newer-f"
    found = edges()
    found.add_older(["d", "e", "f"], "older-d", "newer-f")
    assert found.older_than("e") == "older-g" and found.older_than("d") == "older-d"


def test_a_new_first_page_forgets_the_others() -> None:
    found = edges()
    found.restart(["x"], None, "newer-x")
    assert found.older_than("x") is None
    assert found.newer_than("x") == "newer-x"


def entry(pane_id: str) -> Pane:
    return next(
        pane for kind in REPORTS.values() for tab in kind.tabs for pane in tab.panes if pane.id == pane_id
    )


STATISTICS = PaneData(
    pane="email_sending_statistics",
    title="Email sending statistics",
    figures=(
        Figure(metric="delivered", label="Delivered", value=1200, previous=1000),
        Figure(metric="opens", label="Opens", value=None, availability=Availability.TRACKING_OFF),
        Figure(metric="rate", label="Rate", value=0.5, unit="ratio", previous=0.25),
        Figure(metric="errors", label="Errors", value=0, note="none ever"),
    ),
    series=(
        Series(metric="delivered", label="Delivered", start_ms=0, step_ms=3_600_000, values=(1, None, 3)),
    ),
)


def test_figures_say_their_value_change_and_course_or_why_there_is_none() -> None:
    delivered, opens, rate, errors = panes.figures(STATISTICS)
    assert (delivered.text, delivered.change, delivered.trend) == ("1 200", "+20.0 %", (1, None, 3))
    assert (opens.state, opens.trend) == ("tracking_off", ())
    assert (rate.text, rate.change) == ("50.0 %", "+25.0 pt")
    assert (errors.text, errors.state, errors.note) == ("0", "known", "none ever")


TABLE = PaneData(
    pane="email_metrics",
    title="Sending metrics by email",
    columns=("Email", "Sent", "Opens"),
    rows=(
        TableRow(label="Mail A", key=4, cells=(Cell(200), Cell(None, Availability.NO_FEED))),
        TableRow(label="Mail B", cells=(Cell(50), Cell(0))),
    ),
)


def test_a_table_has_a_cell_for_each_number_and_a_bar_for_its_first() -> None:
    assert [column.title for column in panes.columns(TABLE, bars=True)] == ["Email", "Sent", "", "Opens"]
    first, second = panes.rows(TABLE, bars=True)
    assert first == Row("4:", ("Mail A", "200", "1.0000", "no feed"))
    assert second.cells == ("Mail B", "50", "0.2500", "0")
    assert [column.title for column in panes.columns(TABLE, bars=False)] == ["Email", "Sent", "Opens"]
    assert panes.rows(TABLE, bars=False)[1].cells == ("Mail B", "50", "0")
    assert second.key != first.key


REASONS = PaneData(
    pane="email_bounces_reasons",
    title="Bounce reasons",
    columns=("Reason", "Bounces", "Share"),
    rows=(TableRow(label="451 4.3.0 mail store unavailable", cells=(Cell(81), Cell(0.579))),),
)


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield TablePane()


async def test_a_bar_is_worth_more_than_a_share_and_less_than_a_number() -> None:
    app = TableApp()
    async with app.run_test(size=(36, 6)) as pilot:
        table = app.query_one(TablePane)
        for data, narrow, wide in [
            (REASONS, "Reason           Bounces         ›", "Share"),
            (TABLE, "Email  Sent   Opens", "Opens"),
        ]:
            table.set_table(panes.columns(data, bars=True), panes.rows(data, bars=True))
            await pilot.resize_terminal(36 if data is REASONS else 24, 6)
            await pilot.pause()
            assert table.render_line(0).text.strip() == narrow
            await pilot.resize_terminal(60, 6)
            await pilot.pause()
            assert table.render_line(0).text.strip().endswith(wide)
            assert "█" in table.render_line(1).text


def test_a_chart_has_a_line_for_each_series_over_one_axis() -> None:
    lines, axis = panes.chart(STATISTICS, UTC)
    assert [(line.label, tuple(line.values)) for line in lines] == [("Delivered", (1, None, 3))]
    assert axis is not None and (axis.start_ms, axis.step_ms) == (0, 3_600_000)
    assert panes.chart(TABLE, UTC) == ((), None)


@pytest.mark.parametrize(
    ("availability", "text"),
    [
        (Availability.KNOWN, "none in this time"),
        (
            Availability.TRACKING_OFF,
            "tracking is off for these messages",
        ),
        (Availability.NO_PERMISSION, "you may not see these numbers here"),
        (Availability.NOT_COLLECTED, "nothing of this collected yet"),
        (Availability.NO_FEED, "no feed in this source tells this"),
    ],
)
def test_an_empty_table_says_why_in_five_ways(availability: Availability, text: str) -> None:
    assert panes.empty_text(PaneData(pane="x", title="x", availability=availability)) == text
    assert len(text) < LEAST_CELLS - 3  # its frame and the cursor's mark, in the narrowest pane


def test_a_pane_is_as_high_as_what_it_shows_in_its_width() -> None:
    four_in_a_row, two_in_a_row = 82, 44
    statistics = entry("email_sending_statistics")
    assert panes.pane_height(statistics, STATISTICS, four_in_a_row + 2) == 2 + 3
    assert panes.pane_height(statistics, STATISTICS, two_in_a_row + 2) == 2 + 6
    assert panes.pane_height(entry("email_metrics"), TABLE, 80) == 2 + 1 + 2
    assert panes.pane_height(entry("email_summary"), STATISTICS, 80) == 2 + panes.CHART_LINES


def test_a_pane_without_anything_to_show_takes_the_lines_of_its_reason() -> None:
    nothing = PaneData(pane="x", title="x", columns=("Reason", "Bounces"))
    assert panes.pane_height(entry("email_summary"), nothing, 80) == 2 + 1
    assert panes.pane_height(entry("email_bounces_reasons"), nothing, 80) == 2 + 1


def test_the_panes_of_a_tab_that_have_no_data_have_no_place() -> None:
    entries = [entry("email_sending_statistics"), entry("email_metrics"), entry("email_summary")]
    boxes = [Box(pane.id, pane.width) for pane in entries]
    data = {"email_metrics": TABLE, "email_summary": STATISTICS}
    slots = panes.slots_of(boxes, {pane.id: pane for pane in entries}, data, 80)
    assert [slot.pane for slot in slots] == ["email_metrics", "email_summary"]
    made = panes.slots_of([Box("email_metrics", 6, 17)], {"email_metrics": entries[1]}, data, 80)
    assert made == (("email_metrics", 6, 17),)


def test_each_drawing_of_a_pane_shows_its_part_alone() -> None:
    reasons, actions = entry("email_bounces_reasons"), entry("actions")
    assert panes.drawings_of(actions) == (Drawing.LINE, Drawing.FIGURES, Drawing.TABLE)
    assert shown_of(actions, Drawing.LINE) == {"chart"}
    assert shown_of(reasons, Drawing.BARS) == shown_of(reasons) == {"bars", "table"}
    assert shown_of(reasons, Drawing.TABLE) == {"table"}
    assert panes.drawings_of(reasons) == (Drawing.TABLE,)  # bars are what it is drawn as anyway


def test_steps_are_a_path_unless_a_person_wants_a_table() -> None:
    steps = entry("journey_performance")
    assert shown_of(steps) == shown_of(steps, Drawing.PATH) == {"path"}
    assert shown_of(steps, Drawing.TABLE) == {"table"}
    assert panes.drawings_of(steps) == (Drawing.TABLE,)


def test_a_path_has_a_step_for_each_row_with_a_bar_of_what_it_completed() -> None:
    cells = (Cell(40), Cell(3), Cell(0), Cell(2), Cell(0.2))
    data = PaneData(
        pane="journey_performance",
        title="Journey performance",
        rows=(
            TableRow(label="Mail A", key=4, cells=(Cell(50), Cell(0), Cell(0), Cell(0), Cell(0.0))),
            TableRow(label="Push", key=5, cells=cells, is_branch=True),
            TableRow(label="(not told)", cells=(Cell(0), Cell(0), Cell(7), Cell(0), Cell(None))),
        ),
    )
    first, second, third = panes.path(data)
    assert first == StepValue("4:", "Mail A", "50", "0", "0", "0", "0.0 %", 1.0)
    assert second == StepValue("5:", "Push", "40", "3", "0", "2", "20.0 %", 0.8, is_branch=True, alarm=True)
    assert (third.left, third.drop, third.share) == ("7", "-", 0.0)


def shown_of(pane: Pane, drawing: Drawing | None = None) -> set[str]:
    return {name for name, shown in panes.parts_of(pane, drawing)._asdict().items() if shown}


def test_the_line_above_a_log_counts_what_is_seen_and_what_is_not() -> None:
    def said(**changes: object) -> str:
        usual = {"shown": 12, "has_older": False, "following": False, "new_below": 0, "searched_to_ms": None}
        return rows_line(**{**usual, **changes}, zone=UTC)  # type: ignore[arg-type]

    assert said() == "12 rows"
    assert said(shown=1, following=True) == "1 row; following"
    assert said(shown=1204, has_older=True) == "1 204 rows, older ones above"
    assert said(new_below=3, following=False) == "12 rows; +3 new below, f follows"
    assert said(searched_to_ms=0) == "12 rows; searched to 1970-01-01 00:00, up goes on"


def test_the_headline_of_the_logs_names_log_count_and_filter() -> None:
    from backend.model import LogName

    one = log_headline(LogName.EVENT, "kind:opened", "12 rows")
    assert one == ("scenario [event] tracking   12 rows   /kind:opened",)
    assert log_headline(LogName.TRACKING, "", "1 row", width=10) == ("scenario event [tracking]   1 row",)
    wide = "subject:日本語日本語"  # two cells a letter
    assert len(log_headline(LogName.EVENT, wide, "12 rows", width=54)) == 2
    narrow = log_headline(LogName.EVENT, "kind:opened", "12 rows", "around", width=50)
    assert narrow == ("scenario [event] tracking   12 rows", "around   /kind:opened")
    several = log_headline(LogName.EVENT, "kind:opened domain:a.org", "12 rows", width=20, apart=True)
    assert several[1:] == ("/kind:opened", "domain:a.org")
    cut = log_headline(LogName.EVENT, " ".join(["kind:opened"] * 9), "12 rows", width=20)
    assert cut[1:] == ("/kind:opened", *["kind:opened"] * 2, "kind:opened ...")


def test_the_status_line_tells_source_and_zone() -> None:
    assert status_facts("/data/my.db", UTC, 0, is_demo=False) == ("", "/data/my.db", "UTC")
    assert status_facts("/data/my.db", UTC, 0, is_demo=True)[0] == "demonstration"
    assert short_source("/a/very/long/way/to/the/database/of/march.db") == "march.db"
    assert (
        short_source("https://mk.example/some/long/address/api") == "https://mk.example/some/long/address/api"
    )


def test_the_age_is_told_only_where_it_is_not_as_it_should_be() -> None:
    clock = FeedClock(2.0, chance=lambda: 1.0)
    assert age_alarm(clock, 0.0) == ""
    clock.started()
    assert age_alarm(clock, 0.0) == "loading"
    clock.succeeded(1.0)
    assert age_alarm(clock, 3.0) == ""
    assert age_alarm(clock, 61.0) == "1 min old"
    clock.failed(61.0, "locked")
    assert age_alarm(clock, 61.5) == "cannot read, 1 min old, again in 1 s"


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("summary", "[Summary]  Tracking statistics  ..."),
        ("urls", "...  [URLs and click streams]  ..."),
        ("indicators", "...  Tracking logs  [Indicators]"),
    ],
)
def test_tabs_of_a_delivery_are_shown_whole_or_not_at_all(tab: str, shown: str) -> None:
    delivery = Subject(
        kind=SubjectKind.DELIVERY, id=1, key="1", name="Mail " * 40, product="ajo", account="default"
    )
    first, _ = tracking_headline(None, delivery, tab, (3, 20), "", UTC, 78)
    assert first == f"{delivery.name[:28]}…   3 of 20   {shown}" and len(first) <= 78


def test_every_colour_of_a_source_is_another_one() -> None:
    marks = [source_mark("prod", colour) for colour in COLOURS]
    assert len({mark.colour for mark in marks if mark}) == len(COLOURS) == len(MARKS)
    assert source_mark("prod", None) is None
