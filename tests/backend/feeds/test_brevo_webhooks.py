"""Brevo's webhooks, events API and log export: every row of the mapping table, ids, clocks, deliveries."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.errors import DecodeError
from backend.feeds import find_format
from backend.feeds.brevo.words import LABELS
from backend.feeds.format import Frame, Settings
from backend.model import BounceClass, Channel, EventKind, Origin
from backend.record import Event, Identity, NamedBy, Ref, Rejected

K, C = EventKind, BounceClass
PARIS = ZoneInfo("Europe/Paris")
AT = 1_604_933_654_000


def read(name: str, value: Any, **said: Any) -> list[Any]:
    return list(find_format(name).decode(Frame(raw=b"raw", value=value, place="f:1"), Settings(**said)))


def one(name: str, value: Any, **said: Any) -> Event:
    (event,) = read(name, value, **said)
    assert isinstance(event, Event)
    return event


def body(**more: Any) -> dict[str, Any]:
    given = {
        "event": "delivered",
        "email": "Ada@Example.org",
        "message-id": "<1@relay>",
        "ts_epoch": AT,
        **more,
    }
    return {
        name.replace("message_id", "message-id"): value for name, value in given.items() if value is not None
    }


@pytest.mark.parametrize(
    ("word", "kind", "bounce_class", "machine"),
    [
        ("request", K.SENT, None, False),
        ("sent", K.SENT, None, False),
        ("delivered", K.DELIVERED, None, False),
        ("deferred", K.DEFERRED, None, False),
        ("error", K.ERROR, None, False),
        ("spam", K.COMPLAINED, None, False),
        ("complaint", K.COMPLAINED, None, False),
        ("click", K.CLICKED, None, False),
        ("hard_bounce", K.BOUNCED, C.HARD, False),
        ("soft_bounce", K.BOUNCED, C.SOFT, False),
        ("invalid_email", K.BOUNCED, C.HARD, False),
        ("blocked", K.EXCLUDED, None, False),
        ("unique_opened", K.OPENED, None, False),
        ("opened", K.OPENED, None, False),
        ("proxy_open", K.OPENED, None, True),
        ("unique_proxy_open", K.OPENED, None, True),
        ("unsubscribed", K.UNSUBSCRIBED, None, False),
        ("unsubscribe", K.UNSUBSCRIBED, None, False),
        ("list_addition", K.LIST_ADDITION, None, False),
        ("contact_updated", K.OTHER, None, False),
        ("contact_deleted", K.OTHER, None, False),
        ("something new", K.OTHER, None, False),
        # the events API and the weekly export spell them so
        ("requests", K.SENT, None, False),
        ("hardBounces", K.BOUNCED, C.HARD, False),
        ("softBounces", K.BOUNCED, C.SOFT, False),
        ("bounces", K.BOUNCED, C.OTHER, False),
        ("clicks", K.CLICKED, None, False),
        ("invalid", K.BOUNCED, C.HARD, False),
        ("loadedByProxy", K.OPENED, None, True),
    ],
)
@pytest.mark.parametrize("camp_id", [None, 12])
def test_a_word_has_one_meaning_in_every_webhook(
    word: str, kind: EventKind, bounce_class: BounceClass | None, machine: bool, camp_id: int | None
) -> None:
    event = one("brevo-webhook", body(event=word, camp_id=camp_id))
    assert (event.kind, event.bounce_class, event.machine, event.type) == (kind, bounce_class, machine, word)
    origin = Origin.CAMPAIGN if camp_id else Origin.TRANSACTIONAL
    assert event.origin == (origin if kind in (K.OPENED, K.CLICKED, K.UNSUBSCRIBED) else None)
    assert event.reason == ("invalid" if word.startswith("invalid") else None)


def test_a_transactional_body_keeps_all_it_says() -> None:
    event = one(
        "brevo-webhook",
        body(
            event="click",
            id=26224,
            date="2020-11-09 15:54:14",
            ts=1_604_937_254,
            ts_event=1_604_937_254,
            subject="Your order",
            link="https://shop.example/offer",
            sending_ip="192.0.2.1",
            template_id=22,
            tags=["orders", "fr"],
            tag='["orders"]',
            contact_id=8,
            user_agent="Mozilla/5.0",
            device="MOBILE",
            mirror_link="https://app.example/log",
            new_field={"a": 1},
            **{"X-Mailin-custom": '{"order": 17}'},
        ),
        account="shop",
    )
    assert event == Event(
        product="brevo",
        account="shop",
        key=("click", "1@relay", "Ada@Example.org", str(AT), "https://shop.example/offer"),
        at_ms=AT,
        kind=K.CLICKED,
        type="click",
        channel=Channel.EMAIL,
        origin=Origin.TRANSACTIONAL,
        identities=(Identity("email", "Ada@Example.org"), Identity("id", "8")),
        message="1@relay ada@example.org",
        message_id="<1@relay>",
        delivery=Ref("22", NamedBy.ID, "orders"),
        name="Your order",
        url="https://shop.example/offer",
        user_agent="Mozilla/5.0",
        fields={
            "id": 26224,
            "sending_ip": "192.0.2.1",
            "template_id": 22,
            "tags": ["orders", "fr"],
            "tag": '["orders"]',
            "contact_id": 8,
            "device": "MOBILE",
            "mirror_link": "https://app.example/log",
            "new_field": {"a": 1},
            "X-Mailin-custom": '{"order": 17}',
        },
        data={"order": 17},
    )


def test_a_marketing_body_names_its_campaign() -> None:
    value = {
        "id": 42,
        "camp_id": 2,
        "email": "ada@example.org",
        "campaign name": "Spring",
        "date_sent": "2020-11-09 15:00:00",
        "date_event": "2020-11-09 15:54:14",
        "event": "click",
        "tag": "",
        "ts_sent": 1_604_930_400,
        "ts_event": AT // 1000,
        "ts": AT // 1000 + 3600,
        "URL": "https://shop.example",
        "segment_ids": [1],
    }
    assert one("brevo-marketing-webhook", value) == Event(
        product="brevo",
        account="default",
        key=("click", "2", "ada@example.org", str(AT // 1000), "https://shop.example"),
        at_ms=AT,
        kind=K.CLICKED,
        type="click",
        channel=Channel.EMAIL,
        origin=Origin.CAMPAIGN,
        identities=(Identity("email", "ada@example.org"),),
        message="campaign 2 ada@example.org",
        delivery=Ref("2", NamedBy.CAMPAIGN, "Spring"),
        campaign=Ref("2", NamedBy.ID, "Spring"),
        name="Spring",
        url="https://shop.example",
        fields={
            "id": 42,
            "camp_id": 2,
            "date_sent": "2020-11-09 15:00:00",
            "ts_sent": 1_604_930_400,
            "segment_ids": [1],
        },
    )


@pytest.mark.parametrize(
    ("word", "kind", "bounce_class"),
    [
        ("sent", K.SENT, None),
        ("accepted", K.OTHER, None),
        ("delivered", K.DELIVERED, None),
        ("soft_bounce", K.BOUNCED, C.SOFT),
        ("hard_bounce", K.BOUNCED, C.HARD),
        ("softBounce", K.BOUNCED, C.SOFT),
        ("hardBounce", K.BOUNCED, C.HARD),
        ("rejected", K.ERROR, None),
        ("blocked", K.EXCLUDED, None),
        ("skip", K.EXCLUDED, None),
        ("unsubscribe", K.UNSUBSCRIBED, None),
        ("subscribe", K.SUBSCRIBED, None),
        ("replied", K.OTHER, None),
        ("new", K.OTHER, None),
    ],
)
def test_an_sms_body_is_about_a_phone(word: str, kind: EventKind, bounce_class: BounceClass | None) -> None:
    value = {
        "id": 26570,
        "to": "33612345678",
        "messageId": 1482003000123456789,
        "msg_status": word,
        "ts_event": AT // 1000,
        "date": "2020-11-09 15:54:14",
        "type": "transactional",
        "tag": '["slot"]',
        "reason": "gateway",
    }
    event = one("brevo-sms-webhook", value)
    assert (event.kind, event.bounce_class, event.channel, event.at_ms) == (
        kind,
        bounce_class,
        Channel.SMS,
        AT,
    )
    assert event.key == ("sms", word, "1482003000123456789", "33612345678", str(AT // 1000))
    assert event.identities == (Identity("phone", "33612345678"),)
    assert event.message == "sms 1482003000123456789 33612345678"
    assert (event.delivery, event.reason) == (Ref("slot", NamedBy.TAG, "slot"), "gateway")
    answer = {"phoneNumber": "33612345678", "date": "2020-11-09T14:54:14Z", "messageId": "7", "event": word}
    row = one("brevo-events", {"events": [answer]})
    assert (row.kind, row.bounce_class, row.channel, row.at_ms) == (kind, bounce_class, Channel.SMS, AT)


@pytest.mark.parametrize(
    ("clocks", "at_ms", "key_ms", "raw"),
    [
        ({"ts_epoch": 1_604_933_654}, AT, None, "1604933654"),  # R05: ten digits are seconds
        ({"ts_epoch": 1_604_933_654_123}, AT + 123, None, "1604933654123"),
        ({"ts_epoch": None, "ts_event": AT // 1000, "ts": 5, "date": "x"}, AT, None, str(AT // 1000)),
        ({"ts_epoch": 0, "ts_event": "", "ts": AT // 1000}, AT, None, str(AT // 1000)),
        # R04: a local date is read only where there is nothing else
        ({"ts_epoch": None, "date": "2020-11-09 15:54:14"}, AT, AT + 3_600_000, "2020-11-09 15:54:14"),
    ],
)
def test_the_best_clock_is_read(clocks: dict[str, Any], at_ms: int, key_ms: int | None, raw: str) -> None:
    event = one("brevo-webhook", body(**clocks), zone=PARIS)
    assert (event.at_ms, event.key_ms, event.key[3]) == (at_ms, key_ms, raw)


@pytest.mark.parametrize(
    ("told", "delivery"),
    [
        ({"template_id": 22}, Ref("22", NamedBy.ID, "")),
        ({"template_id": 22, "tag": "Welcome mail", "subject": "Hi"}, Ref("22", NamedBy.ID, "Welcome mail")),
        ({"template_id": 22, "subject": "Hi"}, Ref("22", NamedBy.ID, "Hi")),
        ({"template_id": 0, "tag": "welcome"}, Ref("welcome", NamedBy.TAG, "welcome")),
        ({"tag": '["a","b"]', "subject": "Hi"}, Ref("a", NamedBy.TAG, "a")),
        ({"tag": "[broken", "subject": "Hi"}, Ref("[broken", NamedBy.TAG, "[broken")),
        ({"tag": "[]", "subject": "Hi"}, Ref("Hi", NamedBy.SUBJECT, "Hi")),
        ({"tags": ["t"], "tag": "other"}, Ref("t", NamedBy.TAG, "t")),
        ({"tags": "t"}, Ref("t", NamedBy.TAG, "t")),
        ({"tags": [], "tag": "", "subject": "Hi"}, Ref("Hi", NamedBy.SUBJECT, "Hi")),
        ({}, None),
    ],
)
def test_a_delivery_is_its_template_else_its_tag_else_its_subject(
    told: dict[str, Any], delivery: Ref | None
) -> None:
    assert one("brevo-webhook", body(**told)).delivery == delivery


@pytest.mark.parametrize("contact_id", [0, "0", "", None])
def test_contact_zero_is_none(contact_id: Any) -> None:
    event = one("brevo-webhook", {**body(), "contact_id": contact_id})
    assert event.identities == (Identity("email", "Ada@Example.org"),)
    assert "contact_id" not in event.fields


def test_the_same_fact_has_one_key_however_it_came() -> None:
    value = body(event="click", link="https://x.example")
    alone = one("brevo-webhook", value).key
    assert next(event.key for event in read("brevo-webhook", [value, body()])) == alone
    as_text = {name: str(part) for name, part in value.items()}
    assert one("brevo-webhook-csv", as_text).key == alone
    bare = one("brevo-webhook", body(event="click", link="https://x.example", message_id="1@relay"))
    assert (bare.key, bare.message) == (alone, "1@relay ada@example.org")
    assert one("brevo-webhook", value, account="other").key == alone


def test_facts_that_differ_have_keys_that_differ() -> None:
    values = [
        body(),
        body(event="opened"),
        body(email="b@example.org"),
        body(message_id="<2@relay>"),
        body(ts_epoch=AT + 1),
        body(link="https://x.example"),
    ]
    assert len({one("brevo-webhook", value).key for value in values}) == len(values)


def test_one_message_id_to_two_people_is_two_messages() -> None:
    first, second = read("brevo-webhook", [body(), body(email="b@example.org")])
    assert first.message != second.message
    assert first.message_id == second.message_id


def test_a_bad_body_of_a_batch_is_set_aside_and_the_others_stay() -> None:
    good, no_event, no_email, no_date, number, also_good = read(
        "brevo-webhook",
        [body(), body(event=""), body(email=None), body(ts_epoch=None), 17, body(event="opened")],
    )
    assert isinstance(good, Event) and isinstance(also_good, Event)
    rejected = [no_event, no_email, no_date, number]
    assert all(isinstance(piece, Rejected) for piece in rejected)
    assert [piece.reason for piece in rejected] == [
        "no event",
        "no email",
        "a record without a date",
        "not a JSON object",
    ]


@pytest.mark.parametrize("value", [None, 17, "x", True, {}, {"events": 1}, {"msg_status": "sent"}])
def test_a_body_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(DecodeError):
        read("brevo-webhook", value)


def test_a_body_about_several_contacts_gives_an_event_each() -> None:
    value = {
        "event": "contact_deleted",
        "email": ["a@x.example", "b@x.example"],
        "ts": AT // 1000,
        "list_id": [3],
    }
    first, second = read("brevo-marketing-webhook", value)
    assert [first.identities[0].value, second.identities[0].value] == ["a@x.example", "b@x.example"]
    assert (first.kind, first.channel, first.message, first.delivery) == (K.OTHER, None, None, None)
    assert first.fields == {"list_id": [3]}


def test_an_address_that_is_invalid_keeps_what_the_server_said() -> None:
    event = one("brevo-webhook", body(event="invalid_email", reason="550 no such user"))
    assert (event.reason, event.fields["reason"]) == ("invalid", "550 no such user")


def test_a_row_of_the_events_api_is_read_in_utc() -> None:
    row = {
        "email": "ada@example.org",
        "date": "2020-11-09 14:54:14",
        "subject": "Hi",
        "messageId": "<1@relay>",
        "event": "softBounces",
        "reason": "mailbox full",
        "tag": "welcome",
        "ip": "203.0.113.9",
        "from": "shop@example.org",
        "templateId": 22,
    }
    event = one("brevo-events", row, zone=PARIS)
    assert (event.at_ms, event.kind, event.bounce_class) == (AT, K.BOUNCED, C.SOFT)
    assert (event.ip, event.reason, event.message) == (
        "203.0.113.9",
        "mailbox full",
        "1@relay ada@example.org",
    )
    assert event.delivery == Ref("22", NamedBy.ID, "welcome")
    assert event.fields == {"tag": "welcome", "from": "shop@example.org", "templateId": 22}


# --- the export of the transactional log -------------------------------------------------------------

WORDS = {
    "request": (K.SENT, None, False),
    "delivered": (K.DELIVERED, None, False),
    "unique_opened": (K.OPENED, None, False),
    "opened": (K.OPENED, None, False),
    "proxy_open": (K.OPENED, None, True),
    "unique_proxy_open": (K.OPENED, None, True),
    "click": (K.CLICKED, None, False),
    "unsubscribed": (K.UNSUBSCRIBED, None, False),
    "soft_bounce": (K.BOUNCED, C.SOFT, False),
    "hard_bounce": (K.BOUNCED, C.HARD, False),
    "invalid_email": (K.BOUNCED, C.HARD, False),
    "deferred": (K.DEFERRED, None, False),
    "spam": (K.COMPLAINED, None, False),
    "blocked": (K.EXCLUDED, None, False),
    "error": (K.ERROR, None, False),
}


def log_row(label: str, **more: str) -> dict[str, str]:
    return {
        "st_text": label,
        "ts": "09-11-2020 15:54:14",
        "sub": "Hi",
        "frm": "shop@example.org",
        "email": "ada@example.org",
        "tag": "NA",
        "mid": "<1@relay>",
        "link": "NA",
        **more,
    }


@pytest.mark.parametrize("language", LABELS)
def test_labels_are_read_in_every_language(language: str) -> None:
    assert set(LABELS[language]) == set(WORDS)
    for word, labels in LABELS[language].items():
        for label in labels.split("|"):
            event = one("brevo-log-csv", log_row(label.upper()), zone=PARIS)
            assert (event.kind, event.bounce_class, event.machine) == WORDS[word], label
            assert event.type == label.upper()
            assert event.key == ("log", word, "1@relay", "ada@example.org", "09-11-2020 15:54:14", "")


def test_a_row_of_the_log_is_zoneless_and_has_no_reason() -> None:
    event = one("brevo-log-csv", log_row("Cliccata", link="https://x.example", tag="welcome"), zone=PARIS)
    assert (event.at_ms, event.key_ms) == (AT, AT + 3_600_000)
    assert (event.url, event.reason, event.origin) == ("https://x.example", None, Origin.TRANSACTIONAL)
    assert (event.message, event.delivery) == (
        "1@relay ada@example.org",
        Ref("welcome", NamedBy.TAG, "welcome"),
    )
    assert event.fields == {"frm": "shop@example.org"}
    assert one("brevo-log-csv", log_row("Cliccata")).at_ms == AT + 3_600_000


def test_an_unknown_label_is_kept_as_other_and_reported() -> None:
    told, event = read("brevo-log-csv", log_row("Ghosted"))
    assert isinstance(told, Rejected)
    assert "Ghosted" not in told.reason
    assert isinstance(event, Event)
    assert (event.kind, event.type, event.key[1]) == (K.OTHER, "Ghosted", "Ghosted")


def test_columns_of_another_name_can_be_told() -> None:
    row = {{"ts": "Quand", "mid": "N°"}.get(name, name): value for name, value in log_row("Sent").items()}
    with pytest.raises(DecodeError, match="no ts"):
        read("brevo-log-csv", row)
    columns = {"Quand": "ts", "N°": "mid"}
    assert one("brevo-log-csv", row, columns=columns) == one("brevo-log-csv", log_row("Sent"))
