"""Bodies of seven senders' webhooks, as small as they come; shared by the tests of what they become."""

from __future__ import annotations

import json
from typing import Any

from backend.feeds import find_format
from backend.feeds.format import Frame, Settings
from backend.record import Event, Record, Rejected

T = 1_773_129_600  # 2026-03-10T08:00:00Z
ISO = "2026-03-10T08:00:00.000Z"
WHO = "Ada@example.com"


def read(format_name: str, value: Any, **said: Any) -> list[Record | Rejected]:
    return list(find_format(format_name).decode(Frame(raw=b"", value=value), Settings(**said)))


def one(format_name: str, value: Any, **said: Any) -> Event:
    (event,) = read(format_name, value, **said)
    assert isinstance(event, Event)
    return event


def sendgrid(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": WHO,
        "timestamp": T,
        "sg_event_id": "e1",
        "sg_message_id": "m1.recvd-a.b",
        **more,
    }


def ses(
    event: str, section: dict[str, Any] | None = None, to: tuple[str, ...] = (WHO,), **mail: Any
) -> dict[str, Any]:
    name = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}.get(event, event.lower())
    told = {"timestamp": ISO, "messageId": "m1", "destination": list(to), **mail}
    return {"eventType": event, "mail": told, name: section or {}}


def sns(record: dict[str, Any], post_id: str = "p1") -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": post_id, "TopicArn": "arn:x", "Message": json.dumps(record)}


def eventbridge(record: dict[str, Any], detail_type: str, post_id: str = "b1") -> dict[str, Any]:
    return {"id": post_id, "detail-type": detail_type, "source": "aws.ses", "time": ISO, "detail": record}


def mailgun(event: str, token: str | None = "t1", **more: Any) -> dict[str, Any]:
    data = {
        "event": event,
        "id": "i1",
        "timestamp": T + 0.25,
        "recipient": WHO,
        "message": {"headers": {"message-id": "m1@shop.example", "subject": "Welcome"}},
        **more,
    }
    return {"event-data": data, **({"signature": {"token": token}} if token else {})}


def mailgun_form(event: str, **more: Any) -> dict[str, list[str]]:
    fields = {
        "event": event,
        "recipient": WHO,
        "Message-Id": "<m1@shop.example>",
        "timestamp": str(T),
        "token": "t1",
    }
    fields |= {"signature": "s", **{name.replace("_", "-"): text for name, text in more.items()}}
    return {name: text if isinstance(text, list) else [text] for name, text in fields.items()}


def mailjet(event: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "time": T, "MessageID": 19_421_777_836_302_491, "email": WHO, **more}


def postmark(record: str, **more: Any) -> dict[str, Any]:
    is_bounce = record in ("Bounce", "SpamComplaint")
    when = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}.get(record, "ReceivedAt")
    time = {"BouncedAt" if is_bounce else when: "2026-03-10T04:00:00.1234567-04:00"}
    return {
        "RecordType": record,
        "MessageID": "m1",
        "Email" if is_bounce else "Recipient": WHO,
        **time,
        **more,
    }


def sparkpost(event: str, kind: str = "message_event", **more: Any) -> dict[str, Any]:
    body = {
        "type": event,
        "event_id": "e1",
        "timestamp": str(T),
        "message_id": "m1",
        "raw_rcpt_to": WHO,
        **more,
    }
    return {"msys": {kind: {"rcpt_to": WHO.lower(), **body}}}


def mandrill(event: str, message: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    told = {"_id": "m1", "email": WHO, "subject": "Welcome", **(message or {})}
    return {"mandrill_events": {"event": event, "_id": "m1", "ts": T, "msg": told, **more}}
