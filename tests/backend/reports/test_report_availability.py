"""R47: no data, tracking off, no permission, not yet collected and a true zero are five displays."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backend.model import Availability, Channel, EventKind, StepKind, Subject, SubjectKind, Window
from backend.record import NamedBy, Ref
from backend.reports.counts import Counts, Known, Span
from backend.reports.export import report_csv, report_json
from backend.reports.report import build_report
from backend.sources.sqlite import account_facts

NOW = 1_772_454_600_000
K, S = EventKind, StepKind


def why(seen: Any, pane: str) -> dict[str, Availability]:
    return {figure.metric: figure.availability for figure in seen.pane(pane).figures}


def test_R47_a_true_zero_is_a_number(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    seen = feed.report()
    bounces = seen.figure("email_sending_statistics", "bounces")
    assert (bounces.value, bounces.availability) == (0, Availability.KNOWN)
    assert seen.pane("email_bounces_reasons").availability is Availability.KNOWN
    assert seen.pane("email_bounces_reasons").rows == ()


def test_R47_no_feed_where_the_source_has_no_row_of_the_log_at_all(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    seen = feed.report("journey")
    assert set(why(seen, "journey_statistics").values()) == {Availability.NO_FEED}
    assert all(figure.value is None for figure in seen.pane("journey_statistics").figures)
    assert seen.pane("journey_performance").availability is Availability.NO_FEED
    assert seen.pane("events").series[0].values == (None,) * 25


def test_R47_no_feed_where_the_product_never_tells_it(brevo: Any) -> None:
    brevo.event(K.DELIVERED, 10, channel=Channel.PUSH)
    seen = brevo.report("push")
    actions = seen.figure("push_sending_performance", "push_actions")
    assert (actions.value, actions.availability) == (None, Availability.NO_FEED)
    assert seen.figure("push_sending_performance", "opens").value == 0


def test_R47_what_another_feed_told_of_such_a_product_is_shown(brevo: Any) -> None:
    brevo.event(K.PUSH_ACTION, 10, channel=Channel.PUSH)
    assert brevo.report("push").value("push_sending_performance", "push_actions") == 1


def test_R47_not_collected_where_the_subject_never_had_that_channel(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    seen = feed.report("sms")
    assert set(why(seen, "sms_sending_statistics").values()) == {Availability.NOT_COLLECTED}
    assert seen.pane("sms_summary").availability is Availability.NOT_COLLECTED


def test_R47_a_channel_that_was_quiet_in_the_window_has_true_zeros(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    feed.event(K.DELIVERED, 40 * 60, channel=Channel.SMS)
    assert feed.report("sms").value("sms_sending_statistics", "delivered") == 0


def test_R47_not_collected_where_the_scenario_log_has_others_only(feed: Any) -> None:
    feed.known()
    feed.step(S.ENTERED, 10, scenario=Ref("s2", NamedBy.ID, "Other"))
    assert set(why(feed.report("journey"), "journey_statistics").values()) == {Availability.NOT_COLLECTED}


def test_R47_not_collected_before_the_first_row(feed: Any) -> None:
    feed.event(K.DELIVERED, 10)
    earlier = Window(NOW - 7_200_000, NOW - 3_600_000)
    assert feed.report(window=earlier).figure("email_sending_statistics", "delivered").availability is (
        Availability.NOT_COLLECTED
    )


def test_R47_a_window_that_begins_before_the_first_data_is_not_whole(feed: Any) -> None:
    feed.event(K.DELIVERED, 60)
    feed.step(S.ENTERED, 200)
    for back_ms, is_whole in ((3_600_000, True), (3_600_001, False)):
        window = Window(NOW - back_ms, NOW)
        assert feed.report(window=window).pane("email_metrics").is_whole is is_whole
        assert feed.report("journey", window=window).pane("journey_performance").is_whole


def _older_rows_of_another_account(feed: Any, rows: int = 1) -> None:
    elsewhere = {"account": "other", "of": {"scenario": Ref("theirs", NamedBy.ID)}}
    for n in range(rows):
        feed.event(K.DELIVERED, 3000 + n, **elsewhere)
        feed.step(S.ENTERED, 3000 + n, account="other", scenario=Ref("theirs", NamedBy.ID))


def test_R47_data_of_another_account_makes_no_zero_of_this_one(feed: Any) -> None:
    _older_rows_of_another_account(feed)
    feed.event(K.DELIVERED, 60)
    for back_ms, is_whole in ((3_600_000, True), (3_600_001, False)):
        seen = feed.report(window=Window(NOW - back_ms, NOW))
        assert seen.pane("email_metrics").is_whole is is_whole
        assert seen.figure("email_sending_statistics", "delivered").previous is None
    earlier = feed.report(window=Window(NOW - 7_200_000, NOW - 3_600_000))
    delivered = earlier.figure("email_sending_statistics", "delivered")
    assert delivered.availability is Availability.NOT_COLLECTED
    assert feed.report("journey").pane("events").availability is Availability.NO_FEED


def test_R47_behind_many_rows_of_others_an_account_s_oldest_is_known_to_the_hour(
    feed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_facts, "MOST_ROWS", 2)
    _older_rows_of_another_account(feed, rows=2)
    feed.event(K.DELIVERED, 60)  # at 11:30
    for back_ms, is_whole in ((1_800_000, True), (3_600_001, False)):
        assert feed.report(window=Window(NOW - back_ms, NOW)).pane("email_metrics").is_whole is is_whole
    journey = feed.report("journey")
    assert journey.pane("events").availability is Availability.NO_FEED


def test_R47_a_source_without_any_row_has_no_feed(feed: Any) -> None:
    feed.known()
    seen = feed.report("email", SubjectKind.DELIVERY, "Mail A")
    assert set(why(seen, "email_sending_statistics").values()) == {Availability.NO_FEED}
    assert seen.report.newest_ms is None


def test_R47_tracking_off_where_no_delivery_of_the_tab_is_tracked(feed: Any) -> None:
    feed.delivery("Mail A", tracking=False)
    feed.event(K.DELIVERED, 10)
    seen = feed.report()
    engagement = why(seen, "email_engagement")
    assert engagement["opens"] is engagement["unique_clicks"] is Availability.TRACKING_OFF
    assert engagement["open_rate"] is Availability.TRACKING_OFF
    assert seen.value("email_sending_statistics", "bounces") == 0
    assert seen.cell("email_metrics", "Mail A", "Opens").availability is Availability.TRACKING_OFF
    assert seen.cell("email_metrics", "Mail A", "Bounces").value == 0


def test_R47_tracking_off_for_one_of_two_deliveries_is_said_beside_the_sum(feed: Any) -> None:
    feed.delivery("Mail A", tracking=False)
    feed.delivery("Mail B", tracking=True)
    feed.event(K.DELIVERED, 10)
    feed.event(K.DELIVERED, 10, mail="Mail B")
    feed.event(K.OPENED, 9, mail="Mail B")
    seen = feed.report()
    opens = seen.figure("email_engagement", "opens")
    assert (opens.value, opens.note) == (1, "tracking is off for 1 of 2")
    assert seen.cell("email_metrics", "Mail A", "Opens").value is None
    assert seen.cell("email_metrics", "Mail B", "Opens").value == 1


def test_R47_a_delivery_without_tracking_says_so_before_anything_was_sent(feed: Any) -> None:
    feed.event(K.DELIVERED, 10, mail="Mail B")
    feed.delivery("Mail A", tracking=False)
    seen = feed.report("email", SubjectKind.DELIVERY, "Mail A", tracking=False)
    assert seen.figure("email_engagement", "opens").availability is Availability.TRACKING_OFF
    assert seen.figure("email_sending_statistics", "delivered").availability is Availability.NOT_COLLECTED


def test_R47_no_permission_is_said_whatever_the_numbers_are() -> None:
    subject = Subject(
        kind=SubjectKind.SCENARIO, id=1, key="s1", name="Welcome", product="ajo", account="default"
    )
    span = Span(window=Window(NOW - 1000, NOW))
    counts = Counts(
        subject=subject,
        tab="email",
        now_ms=NOW,
        live=True,
        include_test=False,
        step_ms=60_000,
        newest_ms=NOW,
        received_ms=NOW,
        current=span,
        previous=span,
        known=Known(permitted=False),
    )
    panes = build_report(counts).panes
    figures = [figure for pane in panes for figure in pane.figures]
    assert {figure.availability for figure in figures} == {Availability.NO_PERMISSION}
    assert {pane.availability for pane in panes} == {Availability.NO_PERMISSION}
    permitted = build_report(msgspec.structs.replace(counts, known=Known()))
    assert {figure.availability for pane in permitted.panes for figure in pane.figures} == {
        Availability.NO_FEED
    }


def completed(seen: Any) -> dict[str, tuple[Any, Availability]]:
    rows = seen.pane("journey_performance").rows
    return {row.label: (row.cells[0].value, row.cells[0].availability) for row in rows}


def test_R35_what_a_product_does_not_log_as_completed_is_no_0(brevo: Any) -> None:
    for place, name in enumerate(("Form", "Mail", "Wait", "Text", "End")):
        brevo.defined_step(name, place)
    brevo.step(S.ENTERED, 60, step="Form")
    brevo.step(S.ACTION, 50, step="Mail")
    brevo.step(S.WAITING, 49, step="Wait")
    brevo.step(S.ACTION, 60 * 24 * 20, step="Text")  # not in this window, but it is logged
    brevo.step(S.EXITED, 10, step="End")
    untold, seen = (None, Availability.NO_FEED), brevo.report("journey")
    assert completed(seen) == {
        "Form": untold,
        "Mail": (1, Availability.KNOWN),
        "Wait": untold,
        "Text": (0, Availability.KNOWN),
        "End": untold,
    }
    assert list(report_csv(seen.report))[1][1] == "Completed"
    cells = {row[0]: row[1] for row in report_csv(seen.report) if row and row[0] in ("Form", "Text")}
    assert cells == {"Form": "no feed", "Text": 0}
    assert b'"missing":{"Completed":"no_feed"}' in b"".join(report_json(seen.report))


def test_R35_where_every_step_is_logged_as_completed_0_is_0(feed: Any) -> None:
    feed.defined_step("Wait", 0)
    feed.defined_step("Mail", 1)
    feed.step(S.WAITING, 49, step="Wait")
    assert completed(feed.report("journey")) == {
        "Wait": (0, Availability.KNOWN),
        "Mail": (0, Availability.KNOWN),
    }


def test_R47_what_a_product_never_tells_on_a_channel_is_no_0_there(brevo: Any) -> None:
    brevo.event(K.DELIVERED, 10, channel=Channel.SMS)
    brevo.event(K.OPENED, 10)  # an e-mail
    seen = brevo.report("sms")
    assert seen.figure("sms_sending_statistics", "opens").availability is Availability.NO_FEED
    assert seen.value("sms_sending_statistics", "bounces") == 0
    assert brevo.report().figure("email_engagement", "machine_clicks").availability is Availability.NO_FEED


def test_R47_what_one_subject_was_told_says_nothing_of_another(brevo: Any) -> None:
    brevo.event(K.PUSH_ACTION, 10, channel=Channel.PUSH, of={"scenario": Ref("s2", NamedBy.ID, "Other")})
    brevo.event(K.DELIVERED, 10, channel=Channel.PUSH)
    actions = brevo.report("push").figure("push_sending_performance", "push_actions")
    assert (actions.value, actions.availability) == (None, Availability.NO_FEED)
