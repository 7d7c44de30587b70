"""Reports as text, JSON lines and CSV say the same numbers, and never a silent zero."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.csv_cells import csv_line
from backend.model import Channel, EventKind, Report, StepKind
from backend.plot import cell_width
from backend.reports.export import pane_csv, report_csv, report_json
from backend.reports.text import report_lines

K, S = EventKind, StepKind
DAY = 24 * 60


@pytest.fixture
def mails(feed: Any) -> Report:
    """Two mails; 3 sent, 2 delivered, 1 bounced."""
    feed.event(K.SENT, 20)
    feed.event(K.SENT, 20, who="bob")
    feed.event(K.SENT, 20, who="cid", mail="=cmd|'/C calc'!A0")
    feed.event(K.DELIVERED, 19)
    feed.event(K.DELIVERED, 19, who="bob")
    feed.event(K.BOUNCED, 18, who="cid", mail="=cmd|'/C calc'!A0", reason="\x1b[31mno such user")
    report: Report = feed.report().report
    return report


def lines_of(report: Report, width: int = 80, **how: Any) -> list[str]:
    return list(report_lines(report, width, **how))


def test_the_text_says_subject_window_zone_and_age(mails: Report) -> None:
    head = lines_of(mails)[:6]
    assert head == [
        "Welcome - Journey live report, Email".replace("Welcome", mails.subject.name),
        "ajo default, id s1",
        "2026-03-01 12:30 to 2026-03-02 12:30 UTC (24 h)",
        "as of 2026-03-02 12:30:00 UTC; newest row 18 min ago, received now",
        "test rows are left out",
        "tabs: journey [email] push sms",
    ]
    paris = lines_of(mails, zone=ZoneInfo("Europe/Paris"))
    assert paris[2] == "2026-03-01 13:30 to 2026-03-02 13:30 CET (24 h)"


def test_the_text_says_where_a_report_is_not_live(feed: Any) -> None:
    feed.event(K.DELIVERED, 3 * DAY + 1)
    assert "not live: ends 2026-02-27 12:29 UTC (24 h)" in lines_of(feed.report().report)


def test_the_text_holds_figures_tables_bars_and_graphs(mails: Report) -> None:
    shown = lines_of(mails)
    assert "Delivered           2" in shown
    assert "Delivery rate  66.7 %  (of Sent)" in shown
    bar = next(line for line in shown if "no such user" in line)
    assert bar.endswith("1  100.0 %") and "█" in bar
    assert "\x1b" not in "".join(shown)
    sent = next(line for line in shown if line.startswith("Sent             3  "))
    assert sent.endswith("█") and "▁" not in sent  # nothing was collected before that hour


@pytest.mark.parametrize("width", [40, 61, 80, 200])
def test_no_line_is_wider_than_asked(mails: Report, width: int) -> None:
    assert max(cell_width(line) for line in lines_of(mails, width)) <= width


def test_text_for_a_terminal_without_utf_8_is_ascii(mails: Report) -> None:
    assert all(line.isascii() for line in lines_of(mails, ascii_only=True))


def test_R47_the_text_says_each_empty_display_in_words(feed: Any) -> None:
    feed.delivery("Mail A", tracking=False)
    feed.event(K.DELIVERED, 10)
    shown = "\n".join(lines_of(feed.report().report))
    assert "tracking off" in shown
    assert "Bounces              0" in shown
    assert "nothing of this collected yet" in "\n".join(lines_of(feed.report("sms").report))
    assert "no feed in this source tells this" in "\n".join(lines_of(feed.report("journey").report))


def test_json_lines_hold_every_number_with_its_pane(mails: Report) -> None:
    found = [json.loads(line) for line in report_json(mails)]
    assert found[0]["record"] == "report"
    assert (found[0]["start"], found[0]["live"]) == ("2026-03-01T12:30:00.000Z", True)
    figures = {(one["pane"], one["metric"]): one for one in found if one["record"] == "figure"}
    assert figures["email_sending_statistics", "delivered"]["value"] == 2
    assert figures["email_sending_statistics", "delivery_rate"]["value"] == 2 / 3
    rows = [one for one in found if one["record"] == "row" and one["pane"] == "email_metrics"]
    assert [row["cells"]["Sent"] for row in rows] == [2, 1]
    points = [one for one in found if one["record"] == "point" and one["metric"] == "sent"]
    assert sum(point["value"] or 0 for point in points) == 3


def test_json_lines_say_why_a_number_is_missing(feed: Any) -> None:
    feed.delivery("Mail A", tracking=False)
    feed.event(K.DELIVERED, 10)
    found = [json.loads(line) for line in report_json(feed.report().report)]
    opens = next(one for one in found if one.get("metric") == "opens" and one["record"] == "figure")
    assert (opens["value"], opens["availability"]) == (None, "tracking_off")
    row = next(one for one in found if one["record"] == "row" and one["pane"] == "email_metrics")
    assert row["missing"] == {"Opens": "tracking_off", "Clicks": "tracking_off"}


def test_a_point_that_is_not_known_says_why_as_a_figure_does(brevo: Any) -> None:
    brevo.event(EventKind.DELIVERED, 10, channel=Channel.PUSH)
    seen = brevo.report("push")
    points = [json.loads(line) for line in report_json(seen.report)]
    last = {p["metric"]: p for p in points if p["record"] == "point" and p["pane"] == "push_summary"}
    assert (last["push_actions"]["value"], last["push_actions"]["availability"]) == (None, "no_feed")
    assert last["delivered"]["value"] == 1 and "availability" not in last["delivered"]
    heading, first, *_ = list(pane_csv(seen.pane("push_summary")))[1:]
    row = dict(zip(heading, first, strict=True))
    assert (row["Delivered"], row["Actions"]) == ("not collected", "no feed")
    (line,) = [line.split() for line in lines_of(seen.report) if line.startswith("Actions  ")][-1:]
    assert line == ["Actions", "no", "feed"]


def test_R45_the_report_csv_holds_each_pane_with_its_title(mails: Report) -> None:
    text = "".join(csv_line(row) for row in report_csv(mails))
    rows = list(csv.reader(io.StringIO(text)))
    titles = [row[0] for row in rows if len(row) == 1]
    assert titles == [pane.title for pane in mails.panes]
    start = rows.index(["Sending metrics by email"])
    assert rows[start + 2][:3] == ["Mail A", "2", "2"]
    assert rows[start + 3][0] == "'=cmd|'/C calc'!A0"
    assert rows[start + 4] == []


def test_R45_a_panes_csv_holds_only_that_pane(mails: Report) -> None:
    pane = next(pane for pane in mails.panes if pane.pane == "email_metrics")
    rows = list(pane_csv(pane))
    assert rows[0] == ("Sending metrics by email",)
    assert len(rows) == 2 + len(pane.rows)


def test_csv_says_in_words_what_is_not_known(feed: Any) -> None:
    feed.event(K.DELIVERED, 10, channel=Channel.SMS)
    pane = next(pane for pane in feed.report("email").report.panes if pane.pane == "email_sending_statistics")
    assert list(pane_csv(pane))[2][:2] == ("Delivered", "not collected")
