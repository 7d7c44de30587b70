"""What a whole body of each sender becomes, and the oddities that their documents and users report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import BadData, DecodeError
from backend.feeds import MODULES, find_format, recognise
from backend.feeds.format import Frame, Framing, Sample, Settings
from backend.feeds.framing import open_framer
from backend.model import Channel, EventKind
from backend.record import Event, Identity, NamedBy, Ref, Rejected
from tests.backend.feeds.senders import (
    WHO,
    T,
    eventbridge,
    mailgun,
    mailgun_form,
    mailjet,
    mandrill,
    one,
    postmark,
    read,
    sendgrid,
    ses,
    sns,
    sparkpost,
)

SENDERS = [
    name
    for name in MODULES
    if name.startswith(("sendgrid", "ses", "mailgun", "mailjet", "postmark", "sparkpost", "mandrill"))
]


def events(name: str, value: Any) -> list[Event]:
    return [event for event in read(name, value) if isinstance(event, Event)]


# --- whole bodies ------------------------------------------------------------------------------------


def test_a_body_of_sendgrid_keeps_all_it_says() -> None:
    body = sendgrid(
        "click",
        url="https://x.example/a",
        category=["welcome", "fr"],
        ip="203.0.113.9",
        useragent="Safari",
        sg_machine_open=False,
        url_offset={"index": 0, "type": "html"},
        order_id="A-17",
    )
    assert one("sendgrid-webhook", body, account="shop") == Event(
        product="sendgrid",
        account="shop",
        key=("event", "e1"),
        has_id=True,
        at_ms=T * 1000,
        kind=EventKind.CLICKED,
        type="click",
        channel=Channel.EMAIL,
        identities=(Identity("email", WHO),),
        message="m1 ada@example.com",
        message_id="m1.recvd-a.b",
        delivery=Ref("welcome", NamedBy.TAG, "welcome"),
        url="https://x.example/a",
        ip="203.0.113.9",
        user_agent="Safari",
        fields={
            "category": ["welcome", "fr"],
            "sg_machine_open": False,
            "url_offset": {"index": 0, "type": "html"},
        },
        data={"order_id": "A-17"},
    )


def test_a_record_of_ses_keeps_all_it_says() -> None:
    section = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": WHO, "status": "5.1.1", "diagnosticCode": "550 unknown"}],
        "timestamp": "2026-03-10T08:00:05.250Z",
        "feedbackId": "f1",
    }
    tags = {"ses:configuration-set": ["main"], "campaign": ["spring"], "customer": ["c-17"]}
    record = ses("Bounce", section, source="news@shop.example", tags=tags, commonHeaders={"subject": "Hello"})
    assert one("ses-sns", sns(record)) == Event(
        product="ses",
        account="default",
        key=("ses-sns", "p1", "Bounce", WHO),
        has_id=True,
        at_ms=T * 1000 + 5_250,
        kind=EventKind.BOUNCED,
        type="Bounce",
        bounce_class=one("ses-event", record).bounce_class,
        channel=Channel.EMAIL,
        identities=(Identity("email", WHO),),
        message="m1 ada@example.com",
        message_id="m1",
        delivery=Ref("spring", NamedBy.CAMPAIGN, "spring"),
        campaign=Ref("spring", NamedBy.ID, "spring"),
        reason="550 unknown",
        name="Hello",
        format="ses-sns",
        fields={
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "feedbackId": "f1",
            "status": "5.1.1",
            "diagnosticCode": "550 unknown",
            "source": "news@shop.example",
            "ses:configuration-set": ["main"],
        },
        data={"campaign": ["spring"], "customer": ["c-17"]},
    )


def test_a_body_of_sparkpost_keeps_all_it_says() -> None:
    more = {"campaign_id": "Spring", "template_id": "t1", "subject": "Hi", "rcpt_meta": {"k": "v"}}
    event = one("sparkpost-webhook", sparkpost("delay", bounce_class="21", reason="no MX", **more))
    assert event.key == ("event", "e1") and event.has_id
    assert event.identities == (Identity("email", WHO),)
    assert event.delivery == Ref("t1", NamedBy.ID)
    assert event.campaign == Ref("Spring", NamedBy.ID, "Spring")
    assert (event.reason, event.name, event.data) == ("no MX", "Hi", {"k": "v"})
    assert event.fields == {"bounce_class": "21"}


# --- what names the delivery -------------------------------------------------------------------------

DELIVERIES: list[tuple[str, Any, Ref | None]] = [
    ("sendgrid-webhook", sendgrid("open", sg_template_id="d-1", sg_template_name="Hi", category="c"),
     Ref("d-1", NamedBy.ID, "Hi")),
    ("sendgrid-webhook", sendgrid("open", category="c", singlesend_id="s1"), Ref("c", NamedBy.TAG, "c")),
    ("sendgrid-webhook", sendgrid("open", singlesend_id="s1", singlesend_name="Sale"),
     Ref("s1", NamedBy.CAMPAIGN, "Sale")),
    ("sendgrid-webhook", sendgrid("open"), None),
    ("ses-event", ses("Rendering Failure", {"templateName": "welcome"}), Ref("welcome", NamedBy.ID)),
    ("ses-event", ses("Open", tags={"template": ["t1"], "campaign": ["c1"]}), Ref("t1", NamedBy.ID)),
    ("ses-event", ses("Open", commonHeaders={"subject": "Hi"}), Ref("Hi", NamedBy.SUBJECT, "Hi")),
    ("mailgun-webhook", mailgun("opened", template={"name": "t1"}, tags=["a"]), Ref("t1", NamedBy.ID)),
    ("mailgun-webhook", mailgun("opened", campaigns=[{"id": "c1", "name": "Sale"}], tags=["a"]),
     Ref("c1", NamedBy.CAMPAIGN, "c1")),
    ("mailgun-webhook", mailgun("opened", tags=["a", "b"]), Ref("a", NamedBy.TAG, "a")),
    ("mailgun-webhook", mailgun("opened"), Ref("Welcome", NamedBy.SUBJECT, "Welcome")),
    ("mailgun-form", mailgun_form("opened", campaign_id="c1", tag="a"), Ref("c1", NamedBy.CAMPAIGN, "c1")),
    ("mailgun-form", mailgun_form("opened", X_Mailgun_Tag="a"), Ref("a", NamedBy.TAG, "a")),
    ("mailgun-form", mailgun_form("opened", message_headers='[["Subject","Hi"]]'),
     Ref("Hi", NamedBy.SUBJECT, "Hi")),
    ("mailjet-webhook", mailjet("open", mj_campaign_id=7, customcampaign="Sale"),
     Ref("7", NamedBy.CAMPAIGN, "Sale")),
    ("mailjet-webhook", mailjet("open", mj_campaign_id=0, customcampaign="Sale"),
     Ref("Sale", NamedBy.TAG, "Sale")),
    ("mailjet-webhook", mailjet("open", mj_campaign_id=0, customcampaign=""), None),
    ("postmark-webhook", postmark("Open", Tag="a", MessageStream="outbound"), Ref("a", NamedBy.TAG, "a")),
    ("postmark-webhook", postmark("Open", MessageStream="news"), Ref("news", NamedBy.TAG, "news")),
    ("postmark-webhook", postmark("Bounce", Subject="Hi"), Ref("Hi", NamedBy.SUBJECT, "Hi")),
    ("sparkpost-webhook", sparkpost("open", campaign_id="c", subject="Hi"), Ref("c", NamedBy.CAMPAIGN, "c")),
    ("sparkpost-webhook", sparkpost("open", subject="Hi"), Ref("Hi", NamedBy.SUBJECT, "Hi")),
    ("mandrill-webhook", mandrill("open", {"template": "t1", "tags": ["a"]}), Ref("t1", NamedBy.ID)),
    ("mandrill-webhook", mandrill("open", {"tags": ["a"]}), Ref("a", NamedBy.TAG, "a")),
    ("mandrill-webhook", mandrill("open"), Ref("Welcome", NamedBy.SUBJECT, "Welcome")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "delivery"), DELIVERIES)
def test_the_best_name_of_a_delivery_is_taken(name: str, body: Any, delivery: Ref | None) -> None:
    assert one(name, body).delivery == delivery


# --- oddities ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ({"sg_message_id": "m1.filter0425p1mdw1.13037.57168B4A1D.0"}, "m1 ada@example.com"),
        ({"sg_message_id": "m1.recvd-5f54b5d587-cczqm-1-64F8.0"}, "m1 ada@example.com"),
        ({"sg_message_id": None, "smtp-id": "<m1@geopod-ismtpd-1>"}, "m1 ada@example.com"),
        ({"sg_message_id": None, "smtp-id": "<m1.dfd.64b469@ismtpd-555>"}, "m1 ada@example.com"),
        ({"sg_message_id": "filter0199p1las1.4745.5717FB6F5.0", "smtp-id": "<m1@x>"}, "m1 ada@example.com"),
        ({"sg_message_id": "filter0199p1las1.4745.5717FB6F5.0"}, None),
        ({"sg_message_id": None}, None),
    ],
)
def test_sendgrid_s_ids_join_at_the_first_dot(ids: dict[str, Any], message: str | None) -> None:
    assert one("sendgrid-webhook", sendgrid("open", **ids)).message == message


def test_sendgrid_s_machine_opens_and_times_as_text() -> None:
    event = one("sendgrid-webhook", sendgrid("open", sg_machine_open=True, timestamp=str(T)))
    assert event.machine and event.at_ms == T * 1000


def test_the_address_of_a_group_event_is_no_click() -> None:
    event = one("sendgrid-webhook", sendgrid("group_unsubscribe", url="https://x.example", asm_group_id=4))
    assert event.url is None
    assert event.fields == {"url": "https://x.example", "asm_group_id": 4}


@pytest.mark.parametrize(
    ("name", "body", "ip", "fields"),
    [
        ("sendgrid-webhook", sendgrid("open", ip="203.0.113.9"), "203.0.113.9", {}),
        ("sendgrid-webhook", sendgrid("delivered", ip="168.1.1.1"), None, {"ip": "168.1.1.1"}),
        ("sparkpost-webhook", sparkpost("click", ip_address="203.0.113.9"), "203.0.113.9", {}),
        ("sparkpost-webhook", sparkpost("bounce", ip_address="192.0.2.1"), None, {"ip_address": "192.0.2.1"}),
    ],
)
def test_the_address_of_a_mail_server_is_no_caller_s(
    name: str, body: dict[str, Any], ip: str | None, fields: dict[str, Any]
) -> None:
    event = one(name, body)
    assert (event.ip, event.fields) == (ip, fields)


def test_one_record_of_ses_may_tell_of_several_recipients() -> None:
    bounced = [{"emailAddress": "a@x.example", "diagnosticCode": "550"}, {"emailAddress": "b@x.example"}]
    section = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": bounced}
    rows = events("ses-sns", sns(ses("Bounce", section, to=("a@x.example", "b@x.example", "c@x.example"))))
    assert [row.identities[0].value for row in rows] == ["a@x.example", "b@x.example"]
    assert [row.reason for row in rows] == ["550", "Permanent General"]
    assert len({row.key for row in rows}) == 2 and len({row.message for row in rows}) == 2


def test_a_sending_to_several_is_a_message_to_each() -> None:
    rows = events("ses-event", ses("Send", to=("a@x.example", "b@x.example")))
    assert [row.message for row in rows] == ["m1 a@x.example", "m1 b@x.example"]


def test_an_open_of_one_of_several_is_nobody_s_and_one_fact_however_it_came() -> None:
    """Nobody knows who opened: one row without a contact, not one for each that the mail went to."""
    record = ses("Open", {"timestamp": "2026-03-10T08:01:00.000Z"}, to=("a@x.example", "b@x.example"))
    bare, enveloped = one("ses-event", record), one("ses-event", sns(record))
    bridged = one("ses-event", eventbridge(record, "Email Opened"))
    assert bare.identities == () and bare.message is None and bare.message_id == "m1"
    assert bare.fields["destination"] == ["a@x.example", "b@x.example"]
    assert len({(row.key, row.format) for row in (bare, enveloped, bridged)}) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"Type": "SubscriptionConfirmation", "MessageId": "p", "TopicArn": "a", "SubscribeURL": "https://evil.example"},
        {"Type": "UnsubscribeConfirmation", "MessageId": "p", "TopicArn": "a", "Message": "bye"},
        {"Type": "Notification", "MessageId": "p", "TopicArn": "a",
         "Message": "Successfully validated SNS topic for Amazon SES event publishing."},
    ],
)  # fmt: skip
def test_what_sns_posts_about_itself_gives_no_row(body: dict[str, Any]) -> None:
    assert read("ses-sns", body) == []


def test_identity_feedback_is_a_format_of_its_own() -> None:
    record = ses("Delivery", {"recipients": [WHO]})
    record["notificationType"] = record.pop("eventType")
    enveloped, bare = one("ses-sns", sns(record)), one("ses-event", record)
    assert enveloped.format == "ses-feedback" and enveloped.key == bare.key


def test_mailgun_s_older_posts_mix_in_the_sender_s_variables() -> None:
    form = mailgun_form("opened", order_id="A-17") | {
        "timestamp": ["mine", str(T)],
        "event": ["opened", "mine"],
    }
    event = one("mailgun-form", form | {"token": ["mine", "t1"]})
    assert event.key == ("form token", "t1") and event.at_ms == T * 1000 and event.type == "opened"
    assert event.data == {"order-id": "A-17"}


@pytest.mark.parametrize("headers", ["nonsense", "{}", "[]", '[["To","a"],["Subject"]]', '[["subject",""]]'])
def test_mailgun_s_headers_that_tell_no_subject_name_no_delivery(headers: str) -> None:
    assert one("mailgun-form", mailgun_form("delivered", message_headers=headers)).delivery is None


@pytest.mark.parametrize("name", ["Message-Id", "message-id"])
@pytest.mark.parametrize("text", ["<m1@shop.example>", "m1@shop.example"])
def test_mailgun_s_message_ids_are_one_with_and_without_brackets(name: str, text: str) -> None:
    form = {key: value for key, value in mailgun_form("opened").items() if key != "Message-Id"}
    assert (
        one("mailgun-form", form | {name: [text]}).message
        == one("mailgun-webhook", mailgun("opened")).message
    )


def test_mailgun_s_own_ids_are_unique_within_a_day_only() -> None:
    first, again = mailgun("opened", "t1"), mailgun("opened", "t2")
    assert one("mailgun-webhook", first).key != one("mailgun-webhook", again).key
    unsigned = (
        one("mailgun-webhook", mailgun("opened", None)),
        one("mailgun-webhook", mailgun("opened", None, timestamp=T)),
    )
    assert unsigned[0].key != unsigned[1].key and not unsigned[0].has_id


def test_mailgun_s_machines_and_tests_are_marked() -> None:
    machine = mailgun("opened", **{"client-info": {"bot": "apple"}, "flags": {"is-test-mode": True}})
    event = one("mailgun-webhook", machine)
    assert event.machine and event.test
    assert not one("mailgun-webhook", mailgun("opened", **{"client-info": {"bot": ""}})).machine


def test_a_rejected_mail_of_mailgun_names_its_recipient_in_the_headers() -> None:
    body = mailgun("rejected", recipient=None, message={"headers": {"to": "Ada <ada@example.com>"}})
    assert one("mailgun-webhook", body).identities == (Identity("email", "ada@example.com"),)


def test_mailjet_s_ids_are_read_to_the_last_digit() -> None:
    data = b'[{"event":"sent","time":%d,"MessageID":19421777836302491,"email":"a@x.example"}]' % T
    framer = open_framer(Framing.JSON, data)
    (frame,) = (*framer.feed(data), *framer.finish())
    assert isinstance(frame, Frame)
    assert one("mailjet-webhook", frame.value).message_id == "19421777836302491"


@pytest.mark.parametrize(
    ("ids", "message_id"),
    [
        ({"MessageID": 1.9421777836302490e16, "mj_message_id": "19421777836302491"}, "19421777836302491"),
        ({"MessageID": 1.9421777836302490e16, "Message_GUID": "1ab2"}, "1ab2"),
        ({"MessageID": "19421777836302491"}, "19421777836302491"),
        ({"MessageID": 2**70}, str(2**70)),
        ({"MessageID": 0}, None),
    ],
)
def test_mailjet_s_other_ids_stand_in_where_the_number_was_rounded(
    ids: dict[str, Any], message_id: str | None
) -> None:
    assert one("mailjet-webhook", mailjet("sent", **ids)).message_id == message_id


def test_mailjet_s_payload_is_the_sender_s() -> None:
    event = one("mailjet-webhook", mailjet("open", Payload='{"k": 1}', CustomID="c", mj_contact_id=5))
    assert event.data == {"CustomID": "c", "k": 1}
    assert event.identities == (Identity("email", WHO), Identity("id", "5"))
    assert one("mailjet-webhook", mailjet("open", Payload="plain")).data == {"Payload": "plain"}


def test_a_complaint_of_postmark_is_one_under_either_record_type() -> None:
    bounce = one("postmark-webhook", postmark("Bounce", Type="SpamComplaint", ID=7))
    complaint = one("postmark-webhook", postmark("SpamComplaint", Type="SpamComplaint", ID=7))
    assert bounce.kind == complaint.kind == EventKind.COMPLAINED and bounce.key == complaint.key
    assert bounce.at_ms == T * 1000 + 123


def test_a_suppression_of_postmark_without_a_message_belongs_to_none() -> None:
    body = postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression")
    event = one("postmark-subscription", body | {"MessageID": "00000000-0000-0000-0000-000000000000"})
    assert (event.kind, event.message, event.format) == (
        EventKind.UNSUBSCRIBED,
        None,
        "postmark-subscription",
    )


def test_a_ping_of_sparkpost_gives_no_row() -> None:
    assert read("sparkpost-webhook", {"msys": {}}) == []


def test_sparkpost_s_prefetched_opens_are_a_machine_s() -> None:
    assert one("sparkpost-webhook", sparkpost("open", user_agent_parsed={"is_prefetched": True})).machine
    assert not one("sparkpost-webhook", sparkpost("open", user_agent_parsed={"is_proxy": True})).machine


def test_events_of_one_message_of_mandrill_have_keys_of_their_own() -> None:
    bodies = [
        mandrill("click", url="a"),
        mandrill("click", url="b"),
        mandrill("open"),
        mandrill("open", ts=T + 1),
    ]
    assert len({one("mandrill-webhook", body).key for body in bodies}) == 4


def test_an_array_of_mandrill_s_events_is_the_form_s() -> None:
    body = mandrill("open")
    assert one("mandrill-webhook-json", body["mandrill_events"]) == one("mandrill-webhook", body)


@pytest.mark.parametrize(
    ("body", "at_ms", "word"),
    [
        ({"type": "blacklist", "action": "add", "ts": T, "reject": {"email": WHO, "reason": "spam"}},
         T * 1000, "blacklist add"),
        ({"type": "whitelist", "action": "add", "entry": {"email": WHO, "created_at": "2026-03-10 08:00:01"}},
         T * 1000 + 1000, "whitelist add"),
    ],
)  # fmt: skip
def test_a_change_of_mandrill_s_lists_is_about_no_message(
    body: dict[str, Any], at_ms: int, word: str
) -> None:
    event = one("mandrill-webhook", {"mandrill_events": body})
    assert (event.kind, event.type, event.at_ms, event.key_ms) == (EventKind.OTHER, word, at_ms, None)
    assert event.message is None and event.identities == (Identity("email", WHO),)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"bounce_description": "bad_mailbox", "diag": "550"}, "bad_mailbox"),
        ({"diag": "550"}, "550"),
        ({"reject": {"reason": "hard-bounce"}}, "hard-bounce"),
        ({"smtp_events": [{"diag": "451"}, {"diag": "452"}]}, "452"),
        ({}, None),
    ],
)
def test_mandrill_s_reason_is_the_best_that_is_told(message: dict[str, Any], reason: str | None) -> None:
    assert one("mandrill-webhook", mandrill("hard_bounce", message)).reason == reason


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("sendgrid-webhook", {"timestamp": T}, "no event"),
        ("sendgrid-webhook", sendgrid("open", timestamp=None), "a record without a date"),
        ("sendgrid-webhook", [1], "not a JSON object"),
        ("ses-sns", sns(ses("Open")) | {"Message": "hello"}, "not JSON"),
        ("ses-sns", sns({"a": 1}), "no event of a mail"),
        ("ses-sns", sns(ses("Open")) | {"Message": "[1]"}, "no event of a mail"),
        ("sparkpost-webhook", {"msys": {"message_event": 1}}, "not a JSON object"),
        (
            "ses-event",
            {"notificationType": "Received", "mail": {"messageId": "m"}},
            "a mail that was received, no event",
        ),
        ("mailgun-form", {"event": "opened"}, "not a form post"),
        ("postmark-webhook", postmark("SubscriptionChange"), "no SuppressSending"),
        ("sparkpost-webhook", {"a": 1}, "no msys"),
        ("mandrill-webhook", {"mandrill_events": ["x"]}, "no array in mandrill_events"),
    ],
)
def test_a_body_that_is_none_is_refused_with_a_reason(name: str, body: Any, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        read(name, body)


# --- no value and no bytes end in an exception -------------------------------------------------------

KEYS = sorted(
    {
        key
        for body in (
            sendgrid("open", category=[], url="u", type="bounce", sg_machine_open=True, **{"smtp-id": "x"}),
            sns(ses("Bounce")) | eventbridge({}, "x"),
            ses("Bounce", {"a": 1}, tags={}, commonHeaders={}) | {"notificationType": "Bounce"},
            ses("Bounce")["mail"],
            {"bouncedRecipients": [], "bounceType": "", "timestamp": "", "emailAddress": ""},
            mailgun("failed")
            | mailgun("failed", campaigns=[], tags=[], severity="", reason="")["event-data"],
            mailgun_form("dropped"),
            mailjet("bounce", hard_bounce=1, error="", Payload=""),
            postmark("Bounce", Type="", ID=1) | postmark("Open") | postmark("SubscriptionChange"),
            sparkpost("bounce") | sparkpost("bounce")["msys"]["message_event"],
            mandrill("open") | mandrill("open", {"smtp_events": [], "reject": {}})["mandrill_events"],
            {"message_event": 1, "type": "blacklist", "entry": 1, "headers": 1, "token": 1},
        )
        for key in body
    }
)
WORDS = [
    "",
    "0",
    "bounce",
    "Bounce",
    "open",
    "Open",
    "Notification",
    "failed",
    "blacklist",
    "Subscription",
    WHO,
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [*WORDS, str(T), "2026-03-10T08:00:00Z", "[", "{}", '{"eventType":"Open","mail":{"a":1}}']
    )
    | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=20,
)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(SENDERS), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=12) | VALUES)
def test_any_value_gives_rows_or_a_reason(name: str, value: Any) -> None:
    form, frame = find_format(name), Frame(raw=b"", value=value, place="f:1")
    header = tuple(value) if isinstance(value, dict) else ()
    assert 0.0 <= form.recognise(Sample(framing=form.framing, header=header, frames=(frame,))) <= 1.0
    try:
        rows = list(form.decode(frame, Settings()))
    except DecodeError as error:
        assert str(error)
        return
    assert all(isinstance(row, Event) and all(isinstance(part, str) for part in row.key) for row in rows)
    json.dumps([[row.fields, row.data] for row in rows if isinstance(row, Event)], default=str)


EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = [
    path for name in ("*webhook*", "ses-*", "mailgun-*", "*/*.http") for path in sorted(EXAMPLES.glob(name))
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=5)), min_size=1, max_size=6),
)
def test_damaged_bodies_are_read_or_refused_with_reasons(path: Path, damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(path.read_bytes())
    for place, piece in damage:
        at = place % len(data)
        data[at : at + len(piece)] = piece
    try:
        form = recognise(bytes(data))
    except BadData:
        return
    framer = open_framer(form.framing, bytes(data))
    for frame in (*framer.feed(bytes(data)), *framer.finish()):
        if isinstance(frame, Rejected):
            assert frame.reason
            continue
        try:
            list(form.decode(frame, Settings()))
        except DecodeError as error:
            assert str(error)
