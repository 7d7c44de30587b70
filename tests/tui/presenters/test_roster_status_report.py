"""The roster, the state of a source and the frame of a report, as a screen shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.cells import cell_len

from backend.model import (
    DAY_MS,
    HOUR_MS,
    Channel,
    FeedStatus,
    Health,
    RejectedCount,
    Report,
    RosterRow,
    RosterState,
    StepCount,
    Subject,
    SubjectKind,
    Window,
)
from tui.presenters import report as frame
from tui.presenters.roster import roster_row, step_choices, step_query, step_rows
from tui.presenters.status import format_bytes, status_sections

NOW_MS = int(datetime(2026, 3, 10, 19, 42, 10, tzinfo=UTC).timestamp() * 1000)


def roster(**changes: Any) -> RosterRow:
    values: dict[str, Any] = {
        "contact_id": 4,
        "contact": "a@b.example",
        "scenario_id": 1,
        "scenario": "Welcome",
        "run": "r1",
        "step_id": 2,
        "step": "Wait",
        "state": RosterState.ACTIVE,
        "entered_ms": NOW_MS - 2 * HOUR_MS,
        "step_ms": NOW_MS - 1_200_000,
    }
    return RosterRow(**{**values, **changes})


def test_a_contact_inside_shows_its_step_and_how_long_it_is_there() -> None:
    shown = roster_row(roster(), NOW_MS, UTC)
    assert shown.cells == ("a@b.example", "Welcome", "Wait", "03-10 17:42:10", "20 min", "", "active")
    assert "waits until" not in dict(shown.detail)


def test_the_time_at_the_step_is_held_against_what_is_usual_there() -> None:
    """20 min where half are there for 8 min or longer: 2.5 times; for 10 s, 120 times."""
    assert roster_row(roster(usual_ms=480_000), NOW_MS, UTC).cells[5] == "2.5 x"
    assert roster_row(roster(usual_ms=10_000), NOW_MS, UTC).cells[5] == "120 x"
    assert dict(roster_row(roster(usual_ms=480_000), NOW_MS, UTC).detail)["usual there"].startswith("8 min ")


def test_who_waits_shows_until_when_today_or_on_which_day() -> None:
    today = roster(state=RosterState.WAITING, until_ms=NOW_MS + HOUR_MS)
    later = roster(state=RosterState.WAITING, until_ms=NOW_MS + DAY_MS)
    assert roster_row(today, NOW_MS, UTC).cells[-1] == "until 20:42"
    assert roster_row(later, NOW_MS, UTC).cells[-1] == "until 03-11"


def test_a_waiting_contact_says_until_when_or_that_it_is_not_told() -> None:
    waiting = roster(state=RosterState.WAITING, until_ms=NOW_MS, step=None, step_id=None)
    fields = dict(roster_row(waiting, NOW_MS, UTC).detail)
    assert fields["waits until"] == "2026-03-10 19:42:10.000"
    assert fields["step"] == "(not told)"
    assert (
        dict(roster_row(roster(state=RosterState.WAITING), NOW_MS, UTC).detail)["waits until"] == "not told"
    )


def test_steps_are_counted_by_scenario_and_by_step() -> None:
    counts = [
        StepCount(
            scenario_id=1, scenario="Welcome", step_id=2, step="Wait", active=3, waiting=4, usual_ms=1_200_000
        ),
        StepCount(scenario_id=1, scenario="Welcome", step_id=None, step=None, active=1, waiting=0),
        StepCount(scenario_id=2, scenario="Rebuy", step_id=5, step="Mail", active=0, waiting=9),
    ]
    assert [row.cells for row in step_rows(counts)] == [
        ("Welcome", "all steps", "4", "4", ""),
        ("", "Wait", "3", "4", "20 min"),
        ("", "(not told)", "1", "0", ""),
        ("Rebuy", "Mail", "0", "9", ""),
    ]
    assert [step_query(counts, row.key) for row in step_rows(counts)] == [
        "scenario:Welcome",
        "scenario:Welcome step:Wait",
        'scenario:Welcome step:""',
        "scenario:Rebuy step:Mail",
    ]
    assert step_query(counts, "7:1") == ""
    assert [choice[0] for choice in step_choices(counts)] == [
        *("Welcome", "Welcome: Wait", "Welcome: (not told)", "Rebuy: Mail"),
    ]


def health(**changes: Any) -> Health:
    values: dict[str, Any] = {
        "source": "/data/my.db",
        "kind": "sqlite",
        "schema_version": 1,
        "size_bytes": 1_500_000,
        "events": 12_345,
        "scenario_rows": 0,
        "contacts": 10,
        "messages": 20,
        "newest_ms": NOW_MS - 90_000,
        "pruned_before_ms": None,
        "skewed": 0,
        "feeds": (),
        "rejected": (),
    }
    return Health(**{**values, **changes})


def test_the_status_tells_source_feeds_and_what_was_set_aside() -> None:
    feed = FeedStatus(
        product="brevo",
        account="default",
        format="brevo-webhook",
        records=12_345,
        rejected=2,
        newest_ms=NOW_MS - 90_000,
        last_received_ms=NOW_MS - 2 * DAY_MS,
    )
    found = health(
        feeds=(feed,), rejected=(RejectedCount("brevo-webhook", "no time", 2),), notes=("read-only",)
    )
    source, feeds, runs, rejected, notes = status_sections(found, NOW_MS, UTC)
    facts = dict(source.rows)
    assert facts["source"] == "/data/my.db"
    assert facts["size"] == "1.5 MB"
    assert facts["event log"] == "12 345 rows"
    assert facts["newest row"] == "2026-03-10 19:40 (1 min ago)"
    assert "clock skew" not in facts and "pruned before" not in facts
    assert feeds.rows[0][3:] == ("12 345", "2", "1 min ago", "2 d ago, quiet", "-")
    assert (runs.rows, runs.empty[:22]) == ((), "no run is recorded: pa")
    assert rejected.rows == (("brevo-webhook", "no time", "2"),)
    assert notes.rows == (("read-only",),)


def test_an_empty_source_says_what_to_do_and_a_demonstration_that_it_is_one() -> None:
    source, feeds, _, rejected = status_sections(health(newest_ms=None, demo=True), NOW_MS, UTC)
    assert "parcours ingest" in feeds.empty and feeds.rows == ()
    assert rejected.empty == "no record was set aside"
    assert dict(source.rows)["newest row"] == "none"
    assert "invented" in dict(source.rows)["demonstration"]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2_000_000_000, "2.0 GB"), (10**16, "10000.0 TB")],
)
def test_sizes_have_a_unit(size: int, text: str) -> None:
    assert format_bytes(size) == text


def subject(**changes: Any) -> Subject:
    values: dict[str, Any] = {
        "kind": SubjectKind.SCENARIO,
        "id": 1,
        "key": "1",
        "name": "Welcome",
        "product": "brevo",
        "account": "default",
        "newest_ms": NOW_MS - HOUR_MS,
    }
    return Subject(**{**values, **changes})


def report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "subject": subject(),
        "report": "journey",
        "tab": "email",
        "tabs": ("journey", "email"),
        "window": Window(NOW_MS - DAY_MS, NOW_MS),
        "live": True,
        "as_of_ms": NOW_MS,
        "newest_ms": NOW_MS - 90_000,
        "received_ms": NOW_MS - 60_000,
        "include_test": False,
        "panes": (),
    }
    return Report(**{**values, **changes})


def test_a_live_report_says_which_span_it_covers() -> None:
    assert frame.window_line(report(), UTC) == "live, last 24 h to now, UTC"
    assert frame.age_line(report(), UTC) == "newest row 19:40:40, received 19:41:10"


def test_an_hour_and_more_is_said_as_an_age_too_and_another_day_with_its_date() -> None:
    old = report(newest_ms=NOW_MS - 5 * HOUR_MS // 2, received_ms=NOW_MS - DAY_MS)
    assert frame.age_line(old, UTC) == "newest row 17:12:10 (2 h ago), received 2026-03-09 19:42:10"
    older = report(newest_ms=NOW_MS - 3 * DAY_MS, received_ms=None)
    assert frame.age_line(older, UTC) == "newest row 2026-03-07 19:42:10 (3 d ago)"


def test_every_pane_says_up_to_when_there_is_data_and_when_it_was_read_where_reading_fails() -> None:
    assert frame.data_age(report(), UTC, is_old=False) == "data to 19:40"
    assert frame.data_age(report(newest_ms=NOW_MS - DAY_MS), UTC, is_old=False) == "data to 2026-03-09 19:42"
    assert frame.data_age(report(newest_ms=None), UTC, is_old=False) == ""
    assert frame.data_age(report(), UTC, is_old=True) == "as of 19:42:10"


def test_a_report_that_is_over_says_where_it_ends() -> None:
    over = report(live=False, window=Window(NOW_MS - 3 * DAY_MS, NOW_MS - 2 * DAY_MS))
    assert frame.window_line(over, UTC) == "not live: ends 2026-03-08 19:42 UTC (2 d ago), 24 h"
    ends_with_it = report(live=False, newest_ms=NOW_MS - 2 * DAY_MS - 1, window=over.window)
    assert frame.age_line(ends_with_it, UTC) == "received 19:41:10"


def test_the_time_on_screen_is_marked_among_those_to_choose_from() -> None:
    assert [about for _, about, _ in frame.preset_lines(frame.LIVE)][:2] == ["on screen now", ""]
    typed = frame.typed_range("90m", NOW_MS, UTC)
    assert typed is not None
    lines = list(frame.preset_lines(typed))
    assert lines[0] == (typed.label, "on screen now", typed) and len(lines) == 1 + len(frame.PRESETS)


def test_a_long_name_gives_way_to_the_tabs_and_parts_that_do_not_fit_go_whole() -> None:
    subject = Subject(
        kind=SubjectKind.SCENARIO, id=1, key="1", name="名前" * 60, product="ajo", account="default"
    )
    asked = report(subject=subject, report="journey", tab="email", tabs=("journey", "email", "push", "sms"))
    said = frame.subject_line(asked, subject, (3, 8), 78)
    assert said.startswith("名前名前") and cell_len(said) <= 78
    assert said.endswith("…   scenario 3 of 8   Journey  [Email]  Push  SMS")
    assert frame.subject_line(asked, subject, (0, 8), 30).startswith("名前名前")
    parts = ("", "live, last 24 h to now, UTC", "layout changed", "newest row 19:40:40")
    assert frame.fitting(parts, 45) == "live, last 24 h to now, UTC; layout changed"
    assert frame.fitting(parts, 10) == "live, last 24 h to now, UTC"


def test_a_subject_without_rows_says_so() -> None:
    empty = report(newest_ms=None, received_ms=None)
    assert frame.window_line(empty, UTC).startswith("no rows yet; 2026-03-09 19:42")
    assert frame.age_line(empty, UTC) == ""


def test_presets_end_now_or_where_the_subject_ended() -> None:
    hour = next(preset for preset in frame.PRESETS if preset.label == "1 h")
    assert frame.preset_window(frame.LIVE, NOW_MS, NOW_MS) is None
    assert frame.preset_window(hour, NOW_MS - HOUR_MS, NOW_MS) == Window(NOW_MS - HOUR_MS, NOW_MS)
    assert frame.preset_window(hour, None, NOW_MS) == Window(NOW_MS - HOUR_MS, NOW_MS)
    old_ms = NOW_MS - 2 * DAY_MS
    assert frame.preset_window(hour, old_ms, NOW_MS) == Window(old_ms + 1 - HOUR_MS, old_ms + 1)


def test_a_subject_is_told_from_others_by_kind_inside_age_product_and_where_names_are_equal_id() -> None:
    others = (
        subject(inside=1661),
        subject(name="Offer", kind=SubjectKind.CAMPAIGN, newest_ms=None, account="eu"),
        subject(name="Mail", kind=SubjectKind.DELIVERY, key="22", channel=Channel.SMS),
        subject(name="mail", kind=SubjectKind.DELIVERY, key="mail"),
    )
    assert [(name, said) for name, said, _ in frame.subject_lines(others, NOW_MS)] == [
        ("Welcome", "scenario, 1 661 inside, newest 1 h ago, brevo"),
        ("Offer", "campaign, no rows, brevo eu"),
        ("Mail", "delivery by sms, newest 1 h ago, brevo, id 22"),
        ("mail", "delivery, newest 1 h ago, brevo, id mail"),
    ]


def test_a_console_opens_on_the_subject_with_the_newest_row() -> None:
    quiet, busy = subject(newest_ms=None, id=1), subject(id=2)
    assert frame.first_subject([quiet, busy]) == busy
    assert frame.first_subject([quiet]) == quiet
    assert frame.first_subject([]) is None


def test_next_and_previous_lead_to_the_same_subjects_whatever_happens_meanwhile() -> None:
    def named(*keys: str) -> list[Subject]:
        return [subject(id=ord(key), key=key, name=key) for key in keys]

    first = frame.in_order((), named("a", "b", "c"))
    assert [one.key for one in frame.in_order(first, named("d", "c", "a"))] == ["a", "c", "d"]
