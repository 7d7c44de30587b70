"""Message feedback, tracking and decision events: which rows of the event log each record gives."""

from __future__ import annotations

from typing import Any

import pytest

from backend.feeds.ajo import decode
from backend.feeds.format import Frame, Settings
from backend.model import BounceClass, Channel, EventKind, Origin
from backend.record import (
    CampaignRecord,
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    ScenarioRecord,
    UrlRecord,
)

T = "2026-03-10T08:00:00.500Z"
EXECUTION = {
    "messageExecutionID": "UMA-1",
    "journeyVersionID": "V3",
    "journeyVersionInstanceID": "unitary_1",
    "journeyVersionNodeID": "n",
    "journeyActionID": "A",
}
CHANNELS = "https://ns.adobe.com/xdm/channels/"


def message(channel: str = "email", **parts: Any) -> dict[str, Any]:
    return {
        "messageExecution": EXECUTION,
        "messageProfile": {"messageProfileID": "mp", "channel": {"_id": CHANNELS + channel}},
        **parts,
    }


def record(customer: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"_id": "id-1", "timestamp": T, **others, "_experience": {"customerJourneyManagement": customer}}


def read(value: dict[str, Any]) -> list[Record]:
    return list(decode(Frame(raw=b"", value=value), Settings()))  # type: ignore[arg-type]


def events(value: dict[str, Any]) -> list[Event]:
    return [one for one in read(value) if isinstance(one, Event)]


def feedback(status: str, channel: str = "email", **more: Any) -> dict[str, Any]:
    return record(message(channel, messageDeliveryfeedback={"feedbackStatus": status, **more}))


def tracking(word: str, channel: str = "email", **more: Any) -> dict[str, Any]:
    return record(message(channel, messageInteraction={"interactionType": word, **more}))


FEEDBACK: list[tuple[str, dict[str, Any], EventKind, BounceClass | None, str | None]] = [
    ("send", {}, EventKind.SENT, None, None),
    ("sent", {"retryCount": 0}, EventKind.DELIVERED, None, None),
    ("delivered", {}, EventKind.DELIVERED, None, None),
    ("delay", {"messageFailure": {"reason": "Mailbox Full"}}, EventKind.DEFERRED, None, "Mailbox Full"),
    ("error", {"messageFailure": {"code": "E1"}}, EventKind.ERROR, None, "E1"),
    ("exclude", {"messageExclusion": {"code": "050102", "reason": "EmailSuppressed"}},
     EventKind.EXCLUDED, None, "EmailSuppressed 050102"),
    ("exclude", {"messageExclusion": {"code": "050102"}}, EventKind.EXCLUDED, None, "050102"),
    ("duplicate", {}, EventKind.EXCLUDED, None, "duplicate"),
    ("denylist", {}, EventKind.EXCLUDED, None, "denylist"),
    ("read", {}, EventKind.OPENED, None, None),
    ("unknown", {}, EventKind.OTHER, None, None),
    ("a word of tomorrow", {}, EventKind.OTHER, None, None),
    ("Bounce", {"messageFailure": {"type": "Hard", "reason": "r"}}, EventKind.BOUNCED, BounceClass.HARD, "r"),
    ("bounce", {"messageFailure": {"type": "soft"}}, EventKind.BOUNCED, BounceClass.SOFT, None),
    ("bounce", {"messageFailure": {"type": "Ignored"}}, EventKind.BOUNCED, BounceClass.IGNORED, None),
    ("bounce", {"messageFailure": {"type": "Admin"}}, EventKind.BOUNCED, BounceClass.ADMIN, None),
    ("bounce", {"messageFailure": {"type": "x"}}, EventKind.BOUNCED, BounceClass.OTHER, None),
    ("bounce", {}, EventKind.BOUNCED, BounceClass.OTHER, None),
    *[
        ("bounce", {"messageFailure": {"code": code}}, EventKind.BOUNCED, bounce_class, code)
        for bounce_class, codes in {
            BounceClass.HARD: ("10", "15"),
            BounceClass.SOFT: ("20", "21", "22", "54", "100"),
            BounceClass.IGNORED: ("1", "23", "24", "30", "40", "50", "51", "52", "60", "70"),
            BounceClass.ADMIN: ("25",),
        }.items()
        for code in codes
    ],
]  # fmt: skip


@pytest.mark.parametrize(("status", "more", "kind", "bounce_class", "reason"), FEEDBACK)
def test_a_feedback_status_becomes_a_kind(
    status: str, more: dict[str, Any], kind: EventKind, bounce_class: BounceClass | None, reason: str | None
) -> None:
    (event,) = events(feedback(status, **more))
    assert (event.kind, event.type) == (kind, status)
    assert (event.bounce_class, event.reason) == (bounce_class, reason)


TRACKING: list[tuple[str, dict[str, Any], EventKind, bool]] = [
    ("open", {}, EventKind.OPENED, False),
    ("click", {}, EventKind.CLICKED, False),
    ("unsubscribe", {}, EventKind.UNSUBSCRIBED, False),
    ("spam_complaint", {}, EventKind.COMPLAINED, False),
    ("bot_open", {}, EventKind.OPENED, True),
    ("bot_click", {}, EventKind.CLICKED, True),
    ("action", {}, EventKind.PUSH_ACTION, False),
    ("dismiss", {}, EventKind.PUSH_ACTION, False),
    ("subscription", {"subscriptionChoice": "Opt-In"}, EventKind.SUBSCRIBED, False),
    ("subscription", {"subscriptionChoice": "unsubscribe"}, EventKind.UNSUBSCRIBED, False),
    ("subscription", {}, EventKind.OTHER, False),
    ("submit", {}, EventKind.OTHER, False),
    ("visit", {}, EventKind.OTHER, False),
    ("reply", {}, EventKind.OTHER, False),
]


@pytest.mark.parametrize(("word", "more", "kind", "machine"), TRACKING)
def test_an_interaction_becomes_a_kind(
    word: str, more: dict[str, Any], kind: EventKind, machine: bool
) -> None:
    (event,) = events(tracking(word, **more))
    assert (event.kind, event.type, event.machine) == (kind, word, machine)


PUSH: list[tuple[dict[str, Any], EventKind, str | None]] = [
    ({"eventType": "pushTracking.applicationOpened"}, EventKind.OPENED, None),
    (
        {
            "eventType": "pushTracking.customAction",
            "pushNotificationTracking": {"customAction": {"actionID": "show"}},
        },
        EventKind.PUSH_ACTION,
        "show",
    ),
    (
        {"pushNotificationTracking": {"customAction": {"actionID": "Dismiss"}}},
        EventKind.PUSH_ACTION,
        "Dismiss",
    ),
    ({"pushNotificationTracking": {"pushProviderMessageID": "x"}}, EventKind.OTHER, None),
]


@pytest.mark.parametrize(("others", "kind", "name"), PUSH)
def test_push_is_opened_or_acted_on(others: dict[str, Any], kind: EventKind, name: str | None) -> None:
    """R28: a dismissal is an action and not an open."""
    (event,) = events(record(message("push"), **others))
    assert (event.kind, event.name, event.channel) == (kind, name, Channel.PUSH)


def test_an_event_tells_message_delivery_scenario_and_person() -> None:
    value = feedback("sent", retryCount=2)
    customer = value["_experience"]["customerJourneyManagement"]
    customer["emailChannelContext"] = {"address": "ada@example.org", "namespace": "Email"}
    value["identityMap"] = {"ECID": [{"id": "38400"}], "crmId": [{"id": "1001", "primary": True}]}
    event, delivery = read(value)
    scenario = Ref("V3", NamedBy.VERSION)
    assert event == Event(
        product="ajo",
        account="default",
        key=("id-1",),
        has_id=True,
        at_ms=1_773_129_600_500,
        kind=EventKind.DELIVERED,
        type="sent",
        channel=Channel.EMAIL,
        identities=(Identity("email", "ada@example.org"), Identity("id", "crmid:1001")),
        message="UMA-1|mp|unitary_1",
        message_id="UMA-1",
        delivery=Ref("A"),
        scenario=scenario,
        step=Ref("n"),
        run="unitary_1",
        fields={
            "messageProfile.messageProfileID": "mp",
            "emailChannelContext.namespace": "Email",
            "messageDeliveryfeedback.retryCount": 2,
        },
    )
    assert delivery == DeliveryRecord(
        product="ajo",
        account="default",
        delivery=Ref("A"),
        channel=Channel.EMAIL,
        scenario=scenario,
        step=Ref("n"),
    )


def test_feedback_and_tracking_of_one_message_share_it() -> None:
    (sent,), (opened,) = events(feedback("sent")), events(tracking("open"))
    assert sent.message == opened.message


def test_a_campaigns_message_belongs_to_the_campaign() -> None:
    value = feedback("sent")
    customer = value["_experience"]["customerJourneyManagement"]
    customer["messageExecution"] = {
        "messageExecutionID": "BMA-1",
        "campaignID": "C",
        "campaignActionID": "CA",
        "batchInstanceID": "b",
        "messageType": "marketing",
    }
    (event,) = events(value)
    assert (event.campaign, event.delivery, event.scenario) == (Ref("C"), Ref("CA"), None)
    assert event.message == "BMA-1|mp|b"


def test_a_campaigns_name_in_a_record_names_the_campaign() -> None:
    value = feedback("sent")
    value["_experience"]["customerJourneyManagement"]["entities"] = {
        "campaign": {"campaignID": "C", "name": "Spring"}
    }
    spring = Ref("C", NamedBy.ID, "Spring")
    event, _, campaign = read(value)
    assert isinstance(event, Event)
    assert event.campaign == spring
    assert campaign == CampaignRecord(product="ajo", account="default", campaign=spring)


def test_entities_in_a_record_give_names() -> None:
    value = feedback("sent")
    value["_experience"]["customerJourneyManagement"]["entities"] = {
        "journey": {
            "journeyID": "J",
            "journeyVersionID": "V3",
            "journeyName": "Welcome",
            "journeyActionName": "Hi",
        }
    }
    event, scenario, delivery = read(value)
    welcome = Ref("J", NamedBy.ID, "Welcome")
    assert isinstance(event, Event)
    assert (event.scenario, event.delivery) == (welcome, Ref("A", NamedBy.ID, "Hi"))
    assert scenario == ScenarioRecord(product="ajo", account="default", scenario=welcome, version="V3")
    assert isinstance(delivery, DeliveryRecord)
    assert delivery.scenario == welcome


@pytest.mark.parametrize(
    ("told", "platform"),
    [("apns", "iOS"), ("apnsSandbox", "iOS"), ("fcm", "Android"), ("web push", "web push"), (None, None)],
)
def test_push_tells_its_platform(told: str | None, platform: str | None) -> None:
    value = feedback("sent", "push")
    value["_experience"]["customerJourneyManagement"]["pushChannelContext"] = {"platform": told, "token": "t"}
    (event,) = events(value)
    assert (event.platform, event.identities) == (platform, (Identity("token", "t"),))


def test_a_channel_is_found_where_the_profile_does_not_tell_it() -> None:
    value = feedback("sent")
    customer = value["_experience"]["customerJourneyManagement"]
    customer["messageProfile"] = {}
    customer["smsChannelContext"] = {"address": "+46"}
    (event,) = events(value)
    assert (event.channel, event.identities) == (Channel.SMS, (Identity("phone", "+46"),))


def test_a_click_tells_its_link_and_its_origin() -> None:
    value = tracking("click", urlID="7", label="Shop", trackingType="TRACKED", tags=["a", "b"])
    value["environment"] = {"ipV4": "198.51.100.7", "browserDetails": {"userAgent": "Mozilla"}}
    execution = {**EXECUTION, "messageType": "transactional"}
    value["_experience"]["customerJourneyManagement"]["messageExecution"] = execution
    event, delivery, link = read(value)
    assert isinstance(event, Event)
    assert (event.url, event.origin) == ("Shop", Origin.TRANSACTIONAL)
    assert (event.ip, event.user_agent) == ("198.51.100.7", "Mozilla")
    assert link == UrlRecord(
        product="ajo",
        account="default",
        url="Shop",
        url_id="7",
        label="Shop",
        type="TRACKED",
        category="a, b",
        delivery=Ref("A"),
    )
    assert isinstance(delivery, DeliveryRecord)


def test_a_test_execution_is_a_test_row() -> None:
    value = feedback("sent")
    value["_experience"]["customerJourneyManagement"]["messageProfile"]["isTestExecution"] = True
    assert events(value)[0].test is True


def test_offers_in_an_opened_mail_are_shown_and_in_a_click_clicked() -> None:
    offers = [{"offerID": "o1", "offerName": "10 %", "propositionID": "p"}, {"offerID": "o2"}, {"x": 1}]
    opened, first, second = events(tracking("open", offers=offers))
    assert opened.kind is EventKind.OPENED
    assert [(e.kind, e.name) for e in (first, second)] == [
        (EventKind.OFFER_IMPRESSION, "10 %"),
        (EventKind.OFFER_IMPRESSION, "o2"),
    ]
    assert len({opened.key, first.key, second.key}) == 3
    assert [e.kind for e in events(tracking("click", offers=offers[:1]))] == [
        EventKind.CLICKED,
        EventKind.OFFER_CLICK,
    ]
    assert len(events(tracking("bot_open", offers=offers[:1]))) == 1


OFFER = {"id": "o1", "name": "10 %"}
DECISIONS: list[tuple[dict[str, Any], dict[str, Any], EventKind]] = [
    ({}, {"propositionDetails": [{"activity": {"id": "a"}, "selections": [OFFER]}]}, EventKind.OFFER_SENT),
    ({}, {"propositionDetails": [{"activity": {"id": "a"}, "fallback": OFFER}]}, EventKind.OFFER_SENT),
    (
        {"eventType": "decisioning.propositionDisplay"},
        {"propositions": [{"id": "p", "items": [OFFER]}]},
        EventKind.OFFER_IMPRESSION,
    ),
    (
        {"eventType": "decisioning.propositionInteract"},
        {"proposition": {"id": "p", "items": [OFFER]}},
        EventKind.OFFER_CLICK,
    ),
    (
        {},
        {"propositionEventType": {"display": 1}, "propositions": [{"items": [OFFER]}]},
        EventKind.OFFER_IMPRESSION,
    ),
    (
        {},
        {"propositionEventType": {"display": 1, "interact": 1}, "propositions": [{"items": [OFFER]}]},
        EventKind.OFFER_CLICK,
    ),
    (
        {"eventType": "decisioning.propositionSend"},
        {"propositions": [{"items": [OFFER]}]},
        EventKind.OFFER_SENT,
    ),
    (
        {"eventType": "decisioning.propositionDismiss"},
        {"propositions": [{"items": [OFFER]}]},
        EventKind.OTHER,
    ),
]


@pytest.mark.parametrize(("others", "decisioning", "kind"), DECISIONS)
def test_a_decision_event_tells_what_became_of_an_offer(
    others: dict[str, Any], decisioning: dict[str, Any], kind: EventKind
) -> None:
    value = {"_id": "id-1", "timestamp": T, **others, "_experience": {"decisioning": decisioning}}
    (event,) = events(value)
    assert (event.kind, event.name, event.fields["offerID"]) == (kind, "10 %", "o1")


def test_each_offer_of_a_decision_is_a_row() -> None:
    details = [{"selections": [OFFER, {"id": "o2"}]}, {"fallback": {"id": "o3", "name": "None fits"}}]
    value = {"_id": "i", "timestamp": T, "_experience": {"decisioning": {"propositionDetails": details}}}
    found = events(value)
    assert [event.name for event in found] == ["10 %", "o2", "None fits"]
    assert len({event.key for event in found}) == 3


def test_the_entity_data_set_names_what_the_others_only_number() -> None:
    value = {
        "_id": "e",
        "_experience": {
            "customerJourneyManagement": {
                "entities": {
                    "campaign": {"campaignID": "C", "name": "Spring", "campaignActionID": "CA"},
                    "channelDetails": {"email": {"subject": "Hi"}, "channel": {"@id": CHANNELS + "email"}},
                }
            }
        },
    }
    spring = Ref("C", NamedBy.ID, "Spring")
    assert read(value) == [
        CampaignRecord(product="ajo", account="default", campaign=spring),
        DeliveryRecord(
            product="ajo",
            account="default",
            delivery=Ref("CA"),
            channel=Channel.EMAIL,
            subject="Hi",
            campaign=spring,
        ),
    ]
