"""Outcome figures of a delivery (R11, R17 to R22), worked out by hand, for the store and the book."""

from __future__ import annotations

from typing import Any

from backend.model import DAY_MS, HOUR_MS, Availability, BounceClass, EventKind, SubjectKind, Window

NOW = 1_772_454_600_000  # 2026-03-02 12:30:00 UTC
WEEK = Window(NOW - 7 * DAY_MS, NOW)
PANE = "email_outcomes"
HOUR = 60
DAY = 24 * HOUR


def values(feed: Any, window: Window = WEEK, **asked: Any) -> dict[str, float | int | None]:
    seen = feed.report("email", SubjectKind.DELIVERY, "Mail A", window=window, **asked)
    return {figure.metric.removeprefix("messages_"): figure.value for figure in seen.pane(PANE).figures}


def test_marketos_performance_figures(marketo: Any) -> None:
    """Ten people: ann and bob got it, cy bounced hard, dee soft, eve bounced hard and opened all the same,
    fay clicked without any Delivered, gus waits since two days, hal since three, ida since an hour, and joe
    was written to twice."""
    sent = dict.fromkeys(("ann", "bob", "cy", "dee", "eve", "fay", "joe"), 4 * DAY)
    for who, before in {**sent, "gus": 2 * DAY, "hal": 3 * DAY, "ida": HOUR}.items():
        marketo.event(EventKind.SENT, before, who=who, run="1")
    marketo.event(EventKind.SENT, 3 * DAY, who="joe", run="2")
    for who in ("ann", "bob", "joe"):
        marketo.event(EventKind.DELIVERED, 4 * DAY - 1, who=who, run="1")
    marketo.event(EventKind.DELIVERED, 4 * DAY - 2, who="ann", run="1")
    for who in ("cy", "eve"):
        marketo.event(EventKind.BOUNCED, 4 * DAY - 1, who=who, bounce_class=BounceClass.HARD)
    marketo.event(EventKind.DELIVERED, 4 * DAY - 3, who="cy", run="1")
    marketo.event(EventKind.BOUNCED, 4 * DAY - 1, who="dee", bounce_class=BounceClass.SOFT)
    marketo.event(EventKind.OPENED, 3 * DAY, who="eve")
    marketo.event(EventKind.OPENED, 3 * DAY, who="ann")
    marketo.event(EventKind.OPENED, 2 * DAY, who="ann")
    marketo.event(EventKind.OPENED, 2 * DAY, who="dee", machine=True)
    marketo.event(EventKind.CLICKED, 3 * DAY, who="fay")
    marketo.event(EventKind.UNSUBSCRIBED, 3 * DAY, who="bob")
    assert values(marketo) == {
        "sent": 10,
        "delivered": 5,  # ann, bob, joe; eve by her open, fay by her click
        "hard": 1,  # cy: hard beats delivered
        "soft": 1,  # dee: a machine's open proves nothing
        "pending": 3,  # gus, hal, ida = 10 - 5 - 1 - 1
        "aborted": 1,  # hal, after 72 hours to the millisecond
        "opened": 4,  # ann, eve; fay by her click, bob by unsubscribing
        "clicked": 1,
        "unsubscribed": 1,
        "delivered_rate": 0.5,
        "hard_rate": 0.1,
        "soft_rate": 0.1,
        "opened_rate": 0.8,
        "clicked_rate": 0.2,
        "click_to_open": 0.25,
        "unsubscribed_rate": 0.2,
    }


def test_live_figures_count_each_send_each_delivery_and_one_open(marketo: Any) -> None:
    """R17, R18, R25: joe was written to twice and opened both."""
    for run, before in (("1", 5 * HOUR), ("2", 4 * HOUR)):
        marketo.event(EventKind.SENT, before, who="joe", run=run)
        marketo.event(EventKind.DELIVERED, before - 1, who="joe", run=run)
        marketo.event(EventKind.DELIVERED, before - 2, who="joe", run=run)
        marketo.event(EventKind.OPENED, before - 3, who="joe", run=run)
    marketo.event(EventKind.SENT, HOUR, who="ann", run="1")
    marketo.event(EventKind.BOUNCED, HOUR - 1, who="ann", bounce_class=BounceClass.HARD)
    seen = marketo.report("email", SubjectKind.DELIVERY, "Mail A")
    table = seen.table("email_metrics")["Mail A"]
    assert table[:3] == (3, 2, 1)
    assert table[4] == 1
    assert values(marketo)["sent"] == 2


def test_a_message_is_aborted_after_72_hours_and_not_a_moment_before(marketo: Any) -> None:
    """R21"""
    marketo.event(EventKind.SENT, 3 * DAY, who="ann")
    assert (values(marketo)["pending"], values(marketo)["aborted"]) == (1, 1)
    earlier = values(marketo, now_ms=NOW - 1)
    assert (earlier["pending"], earlier["aborted"]) == (1, 0)


def test_campaigns_classes_by_reason(campaign: Any) -> None:
    """R22, R16: sent then failed is failed; what is neither hard nor soft is shown as other."""
    for who in ("ann", "bob", "cy", "dee"):
        campaign.event(EventKind.SENT, HOUR, who=who)
    for who in ("ann", "bob", "cy"):
        campaign.event(EventKind.DELIVERED, HOUR - 1, who=who)
    campaign.event(EventKind.BOUNCED, 10, who="bob", bounce_class=BounceClass.SOFT)
    campaign.event(EventKind.BOUNCED, 10, who="cy", bounce_class=BounceClass.OTHER)
    campaign.event(EventKind.EXCLUDED, 50, who="eve")
    campaign.event(EventKind.CLICKED, 5, who="ann")
    found = values(campaign)
    assert [found[name] for name in ("sent", "delivered", "hard", "soft", "bounced_other", "pending")] == [
        *(4, 1, 0, 1, 1, 1)
    ]
    assert (found["excluded"], found["opened"], found["clicked"]) == (1, 1, 1)
    assert "aborted" not in found


def test_a_message_belongs_to_the_window_of_its_sending(feed: Any) -> None:
    """Whatever became of it, and whenever: a later window does not see it."""
    feed.event(EventKind.SENT, 30 * HOUR)
    feed.event(EventKind.DELIVERED, HOUR)
    feed.event(EventKind.SENT, 2 * HOUR, who="bob", test=True)
    day = Window(NOW - DAY_MS, NOW)
    assert values(feed, day)["sent"] == 0
    assert values(feed, Window(NOW - 30 * HOUR_MS, NOW))["delivered"] == 1
    assert values(feed, day, include_test=True)["sent"] == 1


def test_tracking_off_is_not_zero_opened(feed: Any) -> None:
    feed.event(EventKind.SENT, HOUR)
    feed.delivery("Mail A", tracking=False)
    seen = feed.report("email", SubjectKind.DELIVERY, "Mail A", tracking=False)
    assert seen.figure(PANE, "messages_opened").availability is Availability.TRACKING_OFF
    assert seen.value(PANE, "messages_sent") == 1
