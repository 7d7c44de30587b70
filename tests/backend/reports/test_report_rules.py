"""The rules of docs/rules.md that a live report must keep, each by a feed small enough to count by hand."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import UsageError
from backend.model import (
    DAY_MS,
    Availability,
    BounceClass,
    Channel,
    EventKind,
    StepKind,
    SubjectKind,
    Window,
)
from backend.record import NamedBy, Ref

NOW = 1_772_454_600_000  # 2026-03-02 12:30:00 UTC
K, S = EventKind, StepKind
CAMPAIGN = {"campaign": Ref("c1", NamedBy.ID, "Spring")}
DAY = 24 * 60


def test_R01_the_live_window_is_24_hours_start_in_end_out(feed: Any) -> None:
    feed.event(K.DELIVERED, DAY, who="at the start")  # counted
    feed.event(K.DELIVERED, DAY + 1 / 60_000, who="1 ms before it")
    feed.event(K.DELIVERED, 1 / 60_000, who="1 ms before now")  # counted
    feed.event(K.DELIVERED, 0, who="now")
    seen = feed.report()
    assert seen.report.window == Window(NOW - DAY_MS, NOW)
    assert seen.report.live
    assert seen.value("email_sending_statistics", "delivered") == 2


def test_R01_a_subject_silent_for_a_day_ends_1_ms_after_its_newest_row(feed: Any) -> None:
    feed.event(K.DELIVERED, 3 * DAY)
    feed.event(K.DELIVERED, 3 * DAY + 30, who="bob")
    seen = feed.report()
    newest = NOW - 3 * DAY_MS
    assert seen.report.window == Window(newest + 1 - DAY_MS, newest + 1)
    assert not seen.report.live
    assert seen.value("email_sending_statistics", "delivered") == 2


def test_R01_any_window_is_counted_to_the_millisecond(feed: Any) -> None:
    # one delivered row a minute for three days; a window that cuts hours and days in the middle
    for minute in range(0, 3 * DAY, 7):
        feed.event(K.DELIVERED, minute, who=f"c{minute}")
    start, end = NOW - 3 * DAY_MS + 12_345, NOW - 6_543_210
    expected = sum(start <= NOW - minute * 60_000 < end for minute in range(0, 3 * DAY, 7))
    seen = feed.report(window=Window(start, end))
    assert seen.value("email_sending_statistics", "delivered") == expected
    assert sum(seen.points("email_summary", "delivered").values()) == expected
    assert seen.table("email_metrics")["Mail A"][1] == expected


def test_R02_rows_ahead_of_now_are_not_counted(feed: Any) -> None:
    feed.event(K.DELIVERED, 1)
    feed.event(K.DELIVERED, -3, who="three minutes ahead")
    feed.event(K.DELIVERED, -60, who="an hour ahead")
    assert feed.report().value("email_sending_statistics", "delivered") == 1


def test_R03_a_report_says_when_it_was_read_and_how_new_its_rows_are(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    report = feed.report().report
    assert (report.as_of_ms, report.newest_ms, report.received_ms) == (NOW, NOW - 600_000, NOW)


def test_R08_R10_rows_that_say_the_same_again_change_no_figure(feed: Any) -> None:
    feed.step(S.ACTION, 10, step="Webhook", once=("p", "i", "n", "r"))
    feed.step(S.ACTION, 9, step="Webhook", once=("p", "i", "n", "r"))  # another _id: logged twice
    feed.records.append(feed.records[0])  # the same row again
    assert feed.report("journey").value("actions", "actions_executed") == 1


def test_R11_R12_live_figures_count_rows_and_error_rate_is_over_sent(feed: Any) -> None:
    for n in range(4):
        feed.event(K.SENT, 20, who=f"c{n}")
    feed.event(K.DELIVERED, 19, who="c0")
    feed.event(K.DELIVERED, 19, who="c1")
    feed.event(K.BOUNCED, 19, who="c2", bounce_class=BounceClass.SOFT)  # c3 is pending: 4 = 2 + 1 + 1
    feed.event(K.ERROR, 18, who="c4")
    feed.event(K.EXCLUDED, 18, who="c5")
    seen = feed.report()
    assert [seen.value("email_sending_statistics", m) for m in ("delivered", "bounces", "errors")] == [
        2,
        1,
        1,
    ]
    assert seen.table("email_metrics")["Mail A"][0] == 4  # neither the error nor the exclusion was sent
    assert seen.value("email_sending_statistics", "error_rate") == 1 / 4
    assert seen.value("email_sending_statistics", "delivery_rate") == 2 / 4


def test_R12_a_live_sent_counts_a_request_that_is_blocked_later(brevo: Any) -> None:
    brevo.event(K.SENT, 20)
    brevo.event(K.EXCLUDED, 19)
    assert brevo.report().table("email_metrics")["Mail A"][0] == 1


def test_R13_more_than_targeted_is_shown_with_a_note(feed: Any) -> None:
    sms = {"channel": Channel.SMS}
    feed.event(K.TARGETED, 20, **sms)
    feed.event(K.EXCLUDED, 19, **sms)
    feed.event(K.EXCLUDED, 18, **sms)
    figure = feed.report("sms").figure("sms_sending_statistics", "targeted")
    assert figure.value == 1
    assert figure.note is not None and "re-enter" in figure.note


def test_R14_bounces_are_all_classes_and_a_fourth_one_shows_as_itself(feed: Any) -> None:
    for n, bounce_class in enumerate(
        (BounceClass.HARD, BounceClass.HARD, BounceClass.SOFT, BounceClass.ADMIN)
    ):
        feed.event(K.BOUNCED, 5, who=f"c{n}", bounce_class=bounce_class)
    seen = feed.report()
    assert seen.value("email_sending_statistics", "bounces") == 4
    assert seen.table("email_bounce_categories") == {
        "Hard": (2, 0.5),
        "Soft": (1, 0.25),
        "Ignored": (0, 0.0),
        "Admin": (1, 0.25),
    }
    assert seen.table("email_bounces_by_email") == {"Mail A": (4, 2, 1, 0, 1)}


def test_R15_suppressed_people_raise_excluded_and_never_sent(feed: Any) -> None:
    feed.step(S.ENTERED, 10)
    feed.event(K.EXCLUDED, 9, reason="EmailSuppressed")
    assert feed.report("journey").value("journey_statistics", "entered_contacts") == 1
    seen = feed.report()
    assert seen.value("email_sending_statistics", "delivered") == 0
    assert seen.table("email_excluded_reasons") == {"EmailSuppressed": (1, 1.0)}


def test_R23_R24_opens_openers_and_machine_opens_are_three_numbers(brevo: Any) -> None:
    brevo.event(K.DELIVERED, 50)
    brevo.event(K.DELIVERED, 50, who="bob")
    brevo.event(K.OPENED, 40, type="unique_opened")
    brevo.event(K.OPENED, 30, type="opened")
    brevo.event(K.OPENED, 45, type="unique_proxy_open", machine=True)
    brevo.event(K.OPENED, 20, type="opened", who="bob")  # no unique_opened came: still one opener
    seen = brevo.report()
    values = [seen.value("email_engagement", m) for m in ("opens", "unique_opens", "machine_opens")]
    assert values == [3, 2, 1]
    assert seen.table("email_metrics")["Mail A"][4] == 3


def test_R26_open_rate_is_total_opens_over_delivered_and_may_exceed_one(feed: Any) -> None:
    feed.event(K.DELIVERED, 50)
    feed.event(K.DELIVERED, 50, who="bob")
    for before in (40, 39, 38):
        feed.event(K.OPENED, before)
    figure = feed.report().figure("email_engagement", "open_rate")
    assert figure.value == 3 / 2
    assert figure.note is not None and "100 %" in figure.note
    assert feed.report().value("email_engagement", "unique_open_rate") == 1 / 2


def test_R26_a_rate_of_nothing_is_no_number_and_not_zero(feed: Any) -> None:
    feed.event(K.OPENED, 10)
    figure = feed.report().figure("email_engagement", "open_rate")
    assert (figure.value, figure.availability) == (None, Availability.KNOWN)


def test_R28_engagements_are_opens_and_actions_and_a_dismissal_is_no_open(feed: Any) -> None:
    push = {"channel": Channel.PUSH, "mail": "Push A"}
    feed.event(K.OPENED, 10, platform="ios", **push)
    feed.event(K.PUSH_ACTION, 9, platform="ios", type="dismiss", who="bob", **push)
    feed.event(K.PUSH_ACTION, 8, platform="android", type="button", who="cid", **push)
    feed.event(K.DELIVERED, 12, platform="android", who="cid", **push)
    seen = feed.report("push")
    names = ("opens", "push_actions", "engagements")
    assert [seen.value("push_sending_performance", name) for name in names] == [1, 2, 3]
    assert seen.table("push_tracking_by_platform") == {"ios": (1, 1, 2), "android": (0, 1, 1)}
    # AJO logs no sending of its own: the delivered row implies one
    assert seen.table("push_sending_by_platform")["android"] == (1, 1, 0, 0)


def test_R33_entered_are_distinct_contacts_with_runs_beside_them(feed: Any) -> None:
    feed.step(S.ENTERED, 100, run="r1")
    feed.step(S.ENTERED, 50, run="r2")  # ann again
    feed.step(S.RESTARTED, 20, run="r2")  # the same run
    feed.step(S.ENTERED, 90, who="bob", run="r3")
    feed.step(S.ENTERED, DAY + 10, who="cid", run="r4")  # before the window
    seen = feed.report("journey")
    assert seen.value("journey_statistics", "entered_contacts") == 2
    assert seen.value("journey_statistics", "entered_runs") == 3


def test_R33_without_run_ids_every_entry_is_a_run(brevo: Any) -> None:
    brevo.step(S.ENTERED, 100)
    brevo.step(S.RESTARTED, 50)
    seen = brevo.report("journey")
    assert seen.value("journey_statistics", "entered_contacts") == 1
    assert seen.value("journey_statistics", "entered_runs") == 2


def test_R34_exited_includes_failures_and_removals_and_not_discards(feed: Any) -> None:
    feed.step(S.EXITED, 10, run="r1")
    feed.step(S.FAILED, 9, who="bob", run="r2")
    feed.step(S.REMOVED, 8, who="cid", run="r3")
    feed.step(S.DISCARDED, 7, who="dan")
    seen = feed.report("journey")
    assert seen.value("journey_statistics", "exited_contacts") == 3
    assert seen.value("journey_statistics", "exited_runs") == 3
    assert seen.value("journey_statistics", "failed_runs") == 1


def test_R34_a_run_that_fails_and_ends_is_one_exit(feed: Any) -> None:
    feed.step(S.FAILED, 9, run="r2")
    feed.step(S.EXITED, 9, run="r2")
    seen = feed.report("journey")
    assert (
        seen.value("journey_statistics", "exited_runs"),
        seen.value("journey_statistics", "failed_runs"),
    ) == (1, 1)


def test_R35_a_step_counts_on_completion_and_inside_is_who_has_not_left_it(brevo: Any) -> None:
    brevo.defined_step("Wait", 0)
    brevo.defined_step("Mail A", 1)
    for who in ("ann", "bob", "cid"):
        brevo.step(S.ENTERED, 100, who=who)
    brevo.step(S.WAITING, 90, who="ann", step="Wait")
    brevo.step(S.WAITING, 90, who="bob", step="Wait")
    brevo.step(S.STEP, 80, who="bob", step="Wait")
    brevo.step(S.ACTION, 70, who="bob", step="Mail A")
    brevo.step(S.ACTION_ERROR, 60, who="cid", step="Mail A")
    brevo.step(S.EXITED, 50, who="cid", step="Mail A")
    seen = brevo.report("journey")
    assert seen.pane("journey_performance").columns[1:] == (
        "Completed",
        "Inside now",
        "Left",
        "Error in actions",
        "Drop",
    )
    # ann waits at Wait; bob did Wait and Mail A and is there; cid failed at Mail A and left there
    # of the three that came in one is done with Wait, and that one is done with Mail A
    table = seen.table("journey_performance")
    assert table == {"Wait": (1, 1, 0, 0, 1 - 1 / 3), "Mail A": (1, 1, 1, 1, 0.0)}
    assert list(table) == ["Wait", "Mail A"]


def test_a_path_is_in_the_order_that_its_steps_tell(brevo: Any) -> None:
    for name, following in (("End", ()), ("B", ("End",)), ("A", ("End",)), ("Split", ("A", "B", "gone"))):
        brevo.defined_step(name, None, following)
    for place in range(4):
        brevo.step(S.ENTERED, 100, who=f"c{place}")
        brevo.step(S.STEP, 90, who=f"c{place}", step="Split")
    for place, way in enumerate("AAB"):
        brevo.step(S.ACTION, 80, who=f"c{place}", step=way)
    seen = brevo.report("journey")
    rows = seen.pane("journey_performance").rows
    assert [(row.label, row.cells[0].value, row.cells[-1].value, row.is_branch) for row in rows] == [
        ("Split", 4, 0.0, False),
        ("A", 2, 0.25, True),
        ("B", 1, 0.25, True),
    ]
    brevo.step(S.EXITED, 70, who="c0", step="End")
    brevo.step(S.EXITED, 70, who="c1", step="End")
    last = brevo.report("journey").pane("journey_performance").rows[-1]
    assert (last.label, last.cells[0].value, last.cells[-1].value) == ("End", None, 1 - 2 / 3)
    one = brevo.report("journey", step_id=rows[1].key).pane("journey_performance").rows
    assert [(row.label, row.cells[-1].value) for row in one] == [("A", None)]


def test_R35_the_last_step_is_the_last_that_a_definition_places(brevo: Any) -> None:
    brevo.defined_step("Mail A", 0)
    brevo.defined_step("End", 1)
    brevo.step(S.EXITED, 5 * 24 * 60, who="old", step="of another version")  # stands behind, and is not shown
    for who in ("ann", "bob", "cid"):
        brevo.step(S.ENTERED, 100, who=who)
        brevo.step(S.ACTION, 90, who=who, step="Mail A")
    for who in ("ann", "bob"):
        brevo.step(S.EXITED, 80, who=who, step="End")
    rows = brevo.report("journey").pane("journey_performance").rows
    assert [(row.label, row.cells[-1].value) for row in rows] == [("Mail A", 0.0), ("End", 1 - 2 / 3)]


def test_R36_test_rows_are_left_out_unless_they_are_let_in(feed: Any) -> None:
    feed.step(S.ENTERED, 10)
    feed.step(S.ENTERED, 9, who="tester", test=True)
    feed.event(K.DELIVERED, 8)
    feed.event(K.DELIVERED, 7, who="tester", test=True)
    assert feed.report("journey").value("journey_statistics", "entered_contacts") == 1
    assert feed.report("journey", include_test=True).value("journey_statistics", "entered_contacts") == 2
    assert feed.report().value("email_sending_statistics", "delivered") == 1
    assert feed.report(include_test=True).value("email_sending_statistics", "delivered") == 2


def test_R36_campaigns_have_no_such_switch(feed: Any) -> None:
    feed.event(K.DELIVERED, 8, of=CAMPAIGN)
    feed.event(K.DELIVERED, 7, who="tester", test=True, of=CAMPAIGN)
    seen = feed.report("email", SubjectKind.CAMPAIGN, "c1", include_test=True)
    assert seen.value("email_sending_statistics", "delivered") == 1
    assert not seen.report.include_test


def test_R37_an_action_error_never_counts_as_executed(feed: Any) -> None:
    feed.step(S.ACTION, 10, step="Webhook")
    feed.step(S.ACTION, 9, step="Webhook", who="bob")
    feed.step(S.ACTION, 9, step="Mail A", who="bob")
    feed.step(S.ACTION_ERROR, 8, step="Webhook", who="cid")
    seen = feed.report("journey")
    assert seen.value("actions", "actions_executed") == 3
    assert seen.value("actions", "action_errors") == 1
    assert seen.value("actions", "action_error_rate") == 1 / 4
    assert seen.table("actions") == {"Webhook": (2, 1), "Mail A": (1, 0)}


def test_the_most_successful_action_leads(feed: Any) -> None:
    feed.step(S.ACTION, 10, step="Mail A")
    feed.step(S.ACTION, 9, step="Webhook")
    feed.step(S.ACTION, 8, step="Webhook", who="bob")
    figures = feed.report("journey").pane("actions_last_day").figures
    assert [(figure.label, figure.value) for figure in figures] == [("Webhook", 2), ("Actions executed", 3)]


def test_the_last_24_hours_stay_24_hours_whatever_the_window(feed: Any) -> None:
    feed.step(S.EVENT, 10, step="Bought")
    feed.step(S.EVENT, 23 * 60, step="Bought", who="bob")
    seen = feed.report("journey", window=Window(NOW - 3_600_000, NOW))
    assert seen.value("events", "events_executed") == 1
    assert seen.value("events_last_day", "events_executed") == 2


def test_a_campaigns_entered_profiles_are_the_contacts_it_was_meant_for(feed: Any) -> None:
    feed.event(K.EXCLUDED, 10, who="ann", of=CAMPAIGN)
    feed.event(K.ERROR, 10, who="bob", of=CAMPAIGN)
    feed.event(K.DELIVERED, 9, who="cid", of=CAMPAIGN)  # implies targeted and sent
    feed.event(K.OPENED, 8, who="cid", of=CAMPAIGN)
    feed.event(K.TARGETED, 2 * DAY, who="dan", of=CAMPAIGN)
    feed.event(K.OPENED, 8, who="dan", of=CAMPAIGN)  # meant for before the window
    seen = feed.report("campaign", SubjectKind.CAMPAIGN, "c1")
    assert seen.value("campaign_statistics", "campaign_contacts") == 3


def test_the_window_before_is_compared_only_where_it_is_known(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    assert feed.report().figure("email_sending_statistics", "delivered").previous is None
    feed.event(K.DELIVERED, DAY + 10, who="bob")
    feed.event(K.DELIVERED, DAY + 20, who="cid")
    feed.event(K.DELIVERED, 3 * DAY, who="dan")  # rows go back beyond the window before
    assert feed.report().figure("email_sending_statistics", "delivered").previous == 2


def test_offer_panes_are_there_only_where_an_offer_was(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    assert "offer_statistics" not in {pane.pane for pane in feed.report().report.panes}
    feed.event(K.OFFER_SENT, 10, channel=None)
    feed.event(K.OFFER_IMPRESSION, 9)
    seen = feed.report()
    values = [figure.value for figure in seen.pane("offer_statistics").figures]
    assert values == [1, 1, 0]


def test_graphs_have_a_point_for_every_hour_of_the_clock(feed: Any) -> None:
    feed.event(K.DELIVERED, 31, who="ann")  # 11:59
    feed.event(K.DELIVERED, 30, who="bob")  # 12:00
    feed.event(K.DELIVERED, 3 * DAY, who="old")
    seen = feed.report()
    assert seen.points("email_summary", "delivered") == {90: 1, 30: 1}
    assert len(seen.pane("email_summary").series[0].values) == 25


def test_short_windows_have_steps_of_minutes(feed: Any) -> None:
    feed.event(K.DELIVERED, 44)
    feed.event(K.DELIVERED, 3 * DAY, who="old")
    seen = feed.report(window=Window(NOW - 3_600_000, NOW))
    assert seen.points("email_summary", "delivered") == {45: 1}
    assert seen.pane("email_summary").series[0].step_ms == 300_000


def test_top_domains_are_those_of_human_opens(feed: Any) -> None:
    feed.event(K.OPENED, 10)
    feed.event(K.OPENED, 9, who="bob")
    feed.event(K.OPENED, 9, who="bot", machine=True)
    assert feed.report().table("email_domains") == {"x.org": (2, 1.0)}


def test_a_tab_that_is_not_there_is_refused_with_those_that_are(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    with pytest.raises(UsageError, match="journey, email, push, sms"):
        feed.report("in-app")


def test_every_figure_of_rows_has_its_course_and_a_rate_that_of_its_parts(feed: Any) -> None:
    for who, before in (("ann", 90), ("bob", 30)):
        feed.step(S.ENTERED, before, who=who)
        feed.event(K.SENT, before, who=who)
        feed.event(K.DELIVERED, before, who=who)
    feed.event(K.OPENED, 30, who="bob")
    window = Window(NOW - 2 * 3_600_000, NOW)
    seen, journey = feed.report(window=window), feed.report("journey", window=window)

    def hours(figure: Any) -> list[Any]:
        """The course, whose steps are of five minutes, by whole hours of the window."""
        return [sum(filter(None, figure.course[:12])), sum(filter(None, figure.course[12:]))]

    assert hours(seen.figure("email_sending_statistics", "delivered")) == [1, 1]
    assert hours(seen.figure("email_engagement", "unique_opens")) == [0, 1]
    rate = seen.figure("email_engagement", "open_rate").course
    assert [value for value in rate if value is not None] == [0.0, 1.0]
    assert hours(journey.figure("journey_statistics", "entered_contacts")) == [1, 1]
    assert journey.figure("events_last_day", "events_executed").course == ()


def test_contacts_of_a_campaign_have_no_course_for_its_tab_reads_no_rows(feed: Any) -> None:
    feed.event(K.SENT, 5, of=CAMPAIGN)
    seen = feed.report("campaign", SubjectKind.CAMPAIGN, "c1").figure(
        "campaign_statistics", "campaign_contacts"
    )
    assert (seen.value, seen.course) == (1, ())
