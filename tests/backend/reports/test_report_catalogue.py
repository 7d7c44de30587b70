"""The catalogue holds every pane and metric that the founding documents name, and hangs together."""

from __future__ import annotations

import pytest

from backend.model import Channel, Subject, SubjectKind
from backend.reports.metrics import METRICS, Metric, Unit
from backend.reports.panes import REPORTS, Drawing, Pane, RowsOf
from backend.reports.report import default_tab, need_of, tabs_for

PANES = [pane for kind in REPORTS.values() for tab in kind.tabs for pane in tab.panes]

JOURNEY = [
    "Journey performance",
    "Journey statistics",
    "Event executed over the last 24 hours",
    "Events",
    "Action executed over the last 24 hours",
    "Actions executed and errors",
]
EMAIL = [
    "Email sending statistics",
    "Sending metrics by email",
    "Email summary",
    "Bounce reasons",
    "Bounce categories",
    "Hard bounce and bounce by email",
    "Error reasons",
    "Exclude reasons",
    "Top recipient domain",
]
OFFERS = ["Offer statistics", "Offer statistics over time"]
PUSH = [
    "Push notification sending performance",
    "Push notification summary",
    "Sending metrics by push",
    "Error reasons",
    "Exclude reasons",
    "Sending statistics - failed",
    "Tracking by platform",
    "Sending by platform",
    "Breakdown by platform",
]
SMS = ["SMS sending statistics", "SMS summary", "Exclude reasons"]


def subject(kind: SubjectKind, channel: Channel | None = None) -> Subject:
    return Subject(kind=kind, id=1, key="k", name="k", product="ajo", account="default", channel=channel)


@pytest.mark.parametrize(
    ("report", "tab", "titles"),
    [
        ("journey", "journey", JOURNEY),
        ("journey", "email", EMAIL + OFFERS),
        ("journey", "push", PUSH),
        ("journey", "sms", SMS),
        ("campaign", "campaign", ["Campaign statistics"]),
        ("campaign", "email", EMAIL),
        ("campaign", "push", PUSH),
    ],
)
def test_every_promised_pane_is_there(report: str, tab: str, titles: list[str]) -> None:
    panes = next(one for one in REPORTS[report].tabs if one.id == tab).panes
    assert [pane.title for pane in panes if pane.title in titles] == titles


@pytest.mark.parametrize(
    ("pane", "labels"),
    [
        ("email_metrics", "Sent, Delivered, Bounces, Errors, Opens, Clicks, Unsubscribes, Spam complaints"),
        ("email_sending_statistics", "Delivered, Bounces, Errors"),
        ("push_metrics", "Sent, Delivered, Bounces, Errors, Opens, Actions, Engagements"),
        ("sms_sending_statistics", "Targeted, Excluded, Sent, Delivered, Opens, Clicks, Bounces, Errors"),
        ("sms_summary", "Delivered, Bounces, Errors"),
        ("push_failed", "Errors, Bounces"),
        ("journey_statistics", "Entered profiles, Exited profiles, Failed individual journeys"),
        ("actions", "Actions executed, Error in actions"),
        ("offer_statistics", "Offer sent, Offer impression, Offer clicks"),
        ("campaign_statistics", "Entered profiles"),
    ],
)
def test_panes_show_the_metrics_of_the_documents_in_their_order(pane: str, labels: str) -> None:
    found = next(one for one in PANES if one.id == pane)
    shown = [METRICS[name].label for name in (found.figures or found.columns or found.graph)]
    assert shown[: labels.count(",") + 1] == labels.split(", ")


@pytest.mark.parametrize("pane", PANES, ids=lambda pane: pane.id)
def test_a_pane_names_metrics_that_exist_and_can_be_drawn(pane: Pane) -> None:
    names = (*pane.figures, *pane.graph, *pane.columns, *pane.optional)
    assert set(names) <= set(METRICS)
    assert set(pane.optional) <= {*pane.columns, *pane.figures}
    assert 1 <= pane.width <= 12 and pane.height >= 4
    assert (Drawing.FIGURES in pane.drawings) <= bool(pane.figures)
    assert (Drawing.LINE in pane.drawings) == bool(pane.graph)
    assert bool(pane.columns) == (pane.rows is not RowsOf.NOTHING)
    assert all(METRICS[name].unit is Unit.ROW for name in pane.graph), "only rows have a time"


@pytest.mark.parametrize("kind", list(REPORTS))
def test_ids_are_unique_in_their_tab(kind: str) -> None:
    for tab in REPORTS[kind].tabs:
        ids = [pane.id for pane in tab.panes]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("metric", list(METRICS.values()), ids=lambda metric: metric.id)
def test_a_metric_says_what_it_counts(metric: Metric) -> None:
    assert metric.label and metric.formula
    if metric.unit is Unit.RATIO:
        assert {metric.part, metric.whole} <= set(METRICS)
    else:
        assert metric.part is None and metric.whole is None


def test_a_delivery_has_the_tab_of_its_channel() -> None:
    assert [tab.id for tab in tabs_for(subject(SubjectKind.DELIVERY, Channel.SMS))] == ["sms"]
    assert [tab.id for tab in tabs_for(subject(SubjectKind.DELIVERY))] == ["email", "push", "sms"]
    assert default_tab(subject(SubjectKind.SCENARIO)) == "journey"
    assert default_tab(subject(SubjectKind.CAMPAIGN)) == "campaign"


def test_a_tab_reads_no_more_than_it_shows() -> None:
    journey, email, _, _ = (need_of(tab) for tab in REPORTS["journey"].tabs)
    assert (journey.scenario_log, journey.channel, journey.kinds) == (True, None, frozenset())
    assert (email.scenario_log, email.channel) == (False, Channel.EMAIL)
    assert email.any_channel == {"offer_sent", "offer_impression", "offer_click"}
    assert email.facets == {"reason": {"bounced", "error", "excluded"}, "domain": {"opened"}}
