"""A delivery's tracking: every source gives the same tabs, with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from backend.errors import UsageError
from backend.model import (
    Availability,
    BounceClass,
    Channel,
    EventKind,
    PaneData,
    Report,
    Subject,
    SubjectKind,
)
from backend.record import (
    ContentRecord,
    DeliveryRecord,
    Event,
    Identity,
    Record,
    Ref,
    SuppressionRecord,
    UrlRecord,
    WorkflowRun,
)
from backend.source import Source, pick_subject

SENT_MS = 1_773_000_000_000
MAIL = Ref("682", name="Spring")
TENANT: dict[str, Any] = {"product": "adobe_campaign", "account": "default"}
HTML = '<html><body><a href="http://t/r/?id=h0,2aa,2">Offer</a></body></html>'


def event(kind: EventKind, message: int, after_s: int = 0, **more: Any) -> Event:
    person = more.pop("person", f"r{message}@{'x.org' if message < 4 else 'y.org'}")
    return Event(
        **TENANT,
        key=("made", str(kind), str(message), str(after_s), str(more.get("url", ""))),
        at_ms=SENT_MS + after_s * 1000,
        kind=kind,
        type=more.pop("type", str(kind)),
        channel=Channel.EMAIL,
        identities=(Identity("email", person),) if person else (),
        message=str(message),
        message_id=str(message),
        delivery=more.pop("delivery", MAIL),
        **more,
    )


def click(message: int, after_s: int, url_id: str, source: str = "", **more: Any) -> Event:
    """A hit: it names nobody, and its message's delivery log row does."""
    fields = {"url_id": url_id, **({"source_id": source} if source else {})}
    kind = more.pop("kind", EventKind.CLICKED)
    return event(kind, message, after_s, url=f"https://x/{url_id}", fields=fields, person="", **more)


RECORDS: list[Record] = [
    DeliveryRecord(**TENANT, delivery=MAIL, channel=Channel.EMAIL, tracking=True),
    UrlRecord(**TENANT, url="https://x/2", url_id="2", label="Offer", category="promo", delivery=MAIL),
    UrlRecord(**TENANT, url="https://x/3", url_id="3", label="Out", type="opt-out", delivery=MAIL),
    ContentRecord(**TENANT, delivery=MAIL, html=HTML),
    *(event(EventKind.DELIVERED, message, fields={"Email format": "HTML"}) for message in (1, 2, 3)),
    event(EventKind.DELIVERED, 4, fields={"Email format": "Text"}),
    event(EventKind.BOUNCED, 5, 60, bounce_class=BounceClass.HARD, reason="User unknown", type="Failed"),
    event(EventKind.EXCLUDED, 6, reason="Double", type="Ignored"),
    event(EventKind.DELIVERED, 7, test=True),
    event(EventKind.OPENED, 1, 100, person="", fields={"url_id": "1"}),
    click(1, 200, "2", "a"),
    click(2, 300, "2", "b"),
    click(2, 400, "2", "c"),
    click(3, 500, "3", kind=EventKind.UNSUBSCRIBED),
    event(EventKind.PAGE, 2, 800, person="", fields={"url_id": "8"}),
    event(EventKind.TRACK, 2, 900, person="", fields={"url_id": "9", "amount": "10,50", "articles": 2}),
    event(EventKind.TRACK, 1, 950, person="", fields={"url_id": "9", "amount": "20"}),
    click(4, 600, "2", machine=True),
    click(7, 700, "2", test=True),
    SuppressionRecord(
        **TENANT, identity=Identity("email", "r5@y.org"), reason="quarantine", since_ms=SENT_MS + 90_000
    ),
    WorkflowRun(
        **TENANT, workflow="tracking", started_ms=SENT_MS + 10**6, ended_ms=SENT_MS + 10**6 + 5, status="done"
    ),
]


async def report_of(source: Source, tab: str, **more: Any) -> Report:
    return await source.delivery_report(await delivery_of(source), tab, **more)


async def delivery_of(source: Source) -> Subject:
    found = [one for one in await source.catalog(SubjectKind.DELIVERY) if one.account == "default"]
    return pick_subject(tuple(found), "682")


def figures(panes: Sequence[PaneData], pane: str) -> dict[str, Any]:
    (found,) = [one for one in panes if one.pane == pane]
    return {figure.label: figure.value for figure in found.figures}


def table(panes: Sequence[PaneData], pane: str) -> dict[str, list[Any]]:
    (found,) = [one for one in panes if one.pane == pane]
    return {row.label: [cell.value for cell in row.cells] for row in found.rows}


async def test_the_summary(filled: Any) -> None:
    filled.add(RECORDS)
    panes = (await report_of(filled.source, "summary")).panes
    assert figures(panes, "delivery_summary") == {
        "Initial population": 6,
        "Messages rejected by the rule": 1,
        "Messages to deliver": 5,
        "Success": 4,
        "Success rate": 0.8,
        "Errors": 1,
        "Error rate": 0.2,
        "New quarantines": 1,
        "New quarantines rate": 0.2,
    }
    assert table(panes, "exclusions") == {"Double": [1, 1.0]}
    assert table(panes, "errors_by_reason") == {"User unknown": [1, 1.0, 0.2]}
    assert table(panes, "errors_by_domain") == {"y.org": [1, 1.0, 0.5]}


async def test_what_a_product_does_not_tell_apart_is_no_zero(filled: Any) -> None:
    brevo = [
        msgspec.structs.replace(record, product="brevo")
        for record in (DeliveryRecord(**TENANT, delivery=MAIL, tracking=True), event(EventKind.DELIVERED, 1))
    ]
    filled.add([*brevo, msgspec.structs.replace(event(EventKind.OPENED, 1, 100), product="brevo")])
    panes = (await report_of(filled.source, "indicators")).panes
    (pane,) = [one for one in panes if one.pane == "indicators"]
    told = {row.label: (row.cells[0].value, row.cells[0].availability) for row in pane.rows}
    for label in ("Clicks on mirror page", "Visited pages", "Transactions"):
        assert told[label] == (None, Availability.NO_FEED)
    assert told["Sum of opens"] == (1, Availability.KNOWN)


async def test_the_indicators(filled: Any) -> None:
    filled.add(RECORDS)
    panes = (await report_of(filled.source, "indicators")).panes
    told = {label: cells[0] for label, cells in table(panes, "indicators").items()}
    assert told == {
        "Messages to deliver": 5,
        "Success": 4,
        "Complaints": 0,
        "Distinct opens": 3,  # 1 by pixel, 2 by click, 3 by opting out
        "Distinct opens, estimated": 4,  # round(3 x 5 / (5 - 1)) = round(3.75)
        "Sum of opens": 1,
        "Sum of opens, estimated": 1,  # round(1 x 5 / (5 - 1)) = round(1.25)
        "Clicks on opt-out link": 1,
        "Clicks on mirror page": 0,
        "Estimation of forwards": 1,  # three browsers, two recipients
        "Recipient clicks": 2,
        "Distinct clicks (people)": 3,
        "Cumulated clicks": 3,
        "Raw reactivity": 2 / 3,
        "Estimated reactivity": 0.5,
        "Visited pages": 3,  # transactions are pages, too
        "Transactions": 2,
        "Total amount": "30.50",
        "Average transaction": "15.25",
        "Articles": None,  # one of them does not tell
        "Articles per transaction": None,
        "Amount per message": "6.10",
        "By machines": 1,
    }
    shares = {label: cells[1] for label, cells in table(panes, "indicators").items()}
    assert (shares["Distinct opens"], shares["Cumulated clicks"], shares["Transactions"]) == (
        3 / 4,
        3 / 4,
        "",
    )
    assert table(panes, "domains") == {
        "x.org": [3, 0, 0.0, 3, 1.0, 2, 2 / 3, 2 / 3],
        "y.org": [1, 0, 0.0, 0, 0.0, 0, 0.0, None],
    }


async def test_what_the_feed_does_not_tell_is_unknown_and_not_zero(filled: Any) -> None:
    """R30"""
    filled.add([event(EventKind.DELIVERED, 1), click(1, 200, "2"), click(1, 300, "2", "a")])
    panes = (await report_of(filled.source, "indicators")).panes
    (pane,) = [one for one in panes if one.pane == "indicators"]
    unknown = [row.label for row in pane.rows if row.cells[0].availability is Availability.NO_FEED]
    assert unknown == [
        *("Distinct opens, estimated", "Sum of opens, estimated", "Estimation of forwards"),
        *("Distinct clicks (people)", "Estimated reactivity"),
    ]
    platform = figures((await report_of(filled.source, "urls")).panes, "platform")
    assert platform == {
        "Reactivity": None,
        "Distinct clicks rate": None,
        "Cumulated clicks rate": 2.0,
        "Recipient clicks rate": 1.0,
    }


async def test_the_platform_average_is_of_deliveries_begun_in_the_last_six_months(filled: Any) -> None:
    """F103"""
    old = [
        event(EventKind.DELIVERED, 21, -200 * 86_400, delivery=Ref("600")),
        event(EventKind.DELIVERED, 22, delivery=Ref("600")),
    ]
    alike = [
        *(
            event(EventKind.DELIVERED, 31 + n, delivery=Ref("700"), fields={"Email format": "HTML"})
            for n in (0, 1)
        ),
        event(EventKind.CLICKED, 31, 50, delivery=Ref("700"), fields={"url_id": "2", "source_id": "z"}),
    ]
    filled.add([*RECORDS, *old, *alike])
    assert figures((await report_of(filled.source, "urls")).panes, "platform") == {
        "Reactivity": 3 / 5,  # recipients 2 + 1; estimated opens 4 + round(1 x 2 / 2)
        "Distinct clicks rate": 4 / 6,  # browsers a, b, c and z; success 4 + 2
        "Cumulated clicks rate": 4 / 6,
        "Recipient clicks rate": 3 / 6,
    }


async def test_click_streams_by_view_and_period(filled: Any) -> None:
    filled.add(RECORDS)
    panes = (await report_of(filled.source, "urls")).panes
    assert table(panes, "clicks") == {"Offer": [2, 3, 1.0]}
    assert figures(panes, "reactivity")["Cumulated clicks rate"] == 3 / 4
    platform = {
        "Reactivity": 2 / 4,  # estimated recipients who opened: 4
        "Distinct clicks rate": 3 / 4,
        "Cumulated clicks rate": 3 / 4,
        "Recipient clicks rate": 2 / 4,
    }
    assert figures(panes, "platform") == platform
    panes = (await report_of(filled.source, "urls", view="category", period_ms=300_000)).panes
    assert figures(panes, "platform") == platform
    assert table(panes, "clicks") == {"promo": [1, 1, 1.0]}
    panes = (await report_of(filled.source, "urls", view="url", include_test=True)).panes
    assert table(panes, "clicks") == {"https://x/2": [3, 4, 1.0]}


async def test_statistics_and_hot_clicks(filled: Any) -> None:
    filled.add(RECORDS)
    panes = (await report_of(filled.source, "statistics")).panes
    assert figures(panes, "reactions") == {
        "Opens": 1,
        "Clicks": 3,
        "Opt-outs": 1,
        "Web pages": 1,
        "Transactions": 2,
    }
    assert table(panes, "time_to_reach")["50 %"] == ["1 min", "5 min", "8 min", "13 min", "15 min"]
    panes = (await report_of(filled.source, "hot_clicks")).panes
    assert table(panes, "hot_clicks") == {"[Offer 75.0 %]": [3, 0.75]}


async def test_with_tracking_off_nothing_is_shown_as_zero(filled: Any) -> None:
    """F087"""
    filled.add([DeliveryRecord(**TENANT, delivery=MAIL, tracking=False), event(EventKind.DELIVERED, 1)])
    for tab in ("statistics", "urls", "hot_clicks", "indicators"):
        for pane in (await report_of(filled.source, tab)).panes:
            assert pane.availability is Availability.TRACKING_OFF
            assert (pane.figures, pane.rows) == ((), ())
    panes = (await report_of(filled.source, "summary")).panes
    assert figures(panes, "delivery_summary")["Success"] == 1
    assert panes[0].note == "tracking was not enabled for this delivery"


async def test_without_data_the_checks_come_first(filled: Any) -> None:
    """F088"""
    filled.add([event(EventKind.DELIVERED, 1)])
    first = (await report_of(filled.source, "urls")).panes[0]
    assert first.pane == "missing"
    assert [row.cells[0].value for row in first.rows] == [
        "unknown",
        "unknown",
        "unknown",
        "FAILED",
        "unknown",
    ]


async def test_what_was_collected_of_another_account_is_no_evidence(filled: Any) -> None:
    other = {"product": "brevo", "account": "other"}
    stranger = Event(
        **other, key=("x",), at_ms=SENT_MS + 5, kind=EventKind.CLICKED, type="click", delivery=MAIL
    )
    filled.add([event(EventKind.DELIVERED, 1), stranger])
    (pane,) = (await report_of(filled.source, "missing")).panes
    assert [row.cells[0].value for row in pane.rows][-1] == "unknown"
    assert pane.rows[-1].cells[1].value == "nothing was ever collected"


async def test_hits_belong_to_the_contact_of_their_message(filled: Any) -> None:
    """Whether the delivery log comes before the hits or after them."""
    filled.add(RECORDS[8:13])
    filled.add([record for record in RECORDS if isinstance(record, Event)])
    (contact,) = await filled.source.find_contacts("r2@x.org")
    trace = await filled.source.trace(contact.id)
    assert [row.kind for row in trace.rows] == ["delivered", "clicked", "clicked", "page", "track"]


async def test_runs_are_listed_the_latest_first_as_told_last(filled: Any) -> None:
    runs = [
        WorkflowRun(**TENANT, workflow="tracking", started_ms=at, status=status)
        for at, status in ((5, "running"), (9, "done"), (5, "failed"))
    ]
    filled.add(runs)
    found = await filled.source.workflow_runs()
    assert [(run.started_ms, run.status) for run in found] == [(9, "done"), (5, "failed")]
    assert len(await filled.source.workflow_runs(1)) == 1


async def test_a_tab_or_view_that_there_is_not_is_refused(filled: Any) -> None:
    filled.add(RECORDS)
    with pytest.raises(UsageError, match="summary, statistics"):
        await report_of(filled.source, "nothing")
    with pytest.raises(UsageError, match="label, url, category"):
        await report_of(filled.source, "urls", view="colour")
