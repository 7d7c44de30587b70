"""Generated traffic of every product that tells one fact in several formats, as bytes of those formats.

A fact is what happened to one message at one second; `posts` tells all facts in each format that has a
word for them. The first format of a product has a word for every fact.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from hypothesis import strategies as st

START_S = 1_773_129_600  # 2026-03-10T08:00:00Z
KINDS = (
    "sent",
    "deferred",
    "delivered",
    "hard",
    "soft",
    "excluded",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
)


class Fact(NamedTuple):
    kind: str
    message: int
    at_s: int

    @property
    def email(self) -> str:
        return f"Person{self.message}@example.com"

    @property
    def url(self) -> str:
        return "https://shop.example/a"

    @property
    def iso(self) -> str:
        return datetime.fromtimestamp(self.at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    """Facts of three messages, each at a second of its own; what can happen once a message happens once."""
    told = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2)), min_size=1, max_size=14))
    seconds = draw(st.lists(st.integers(0, 200_000), min_size=len(told), max_size=len(told), unique=True))
    found = [
        Fact(kind, message, START_S + second) for (kind, message), second in zip(told, seconds, strict=True)
    ]
    once = {"sent", "delivered", "hard", "soft", "complained"}
    seen: set[tuple[str, int]] = set()
    kept = []
    for fact in found:
        if fact.kind not in once or (fact.kind, fact.message) not in seen:
            kept.append(fact)
        seen.add((fact.kind, fact.message))
    return kept


def lines(bodies: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


# --- SES ---------------------------------------------------------------------------------------------

_SES = {
    "sent": ("Send", "send", {}),
    "deferred": ("DeliveryDelay", "deliveryDelay", {}),
    "delivered": ("Delivery", "delivery", {}),
    "hard": ("Bounce", "bounce", {"bounceType": "Permanent"}),
    "soft": ("Bounce", "bounce", {"bounceType": "Transient"}),
    "excluded": ("Bounce", "bounce", {"bounceType": "Permanent", "bounceSubType": "Suppressed"}),
    "opened": ("Open", "open", {}),
    "clicked": ("Click", "click", {"link": "https://shop.example/a"}),
    "unsubscribed": ("Subscription", "subscription", {}),
    "complained": ("Complaint", "complaint", {}),
}
_SES_PEOPLE = {
    "Delivery": lambda email: {"recipients": [email]},
    "DeliveryDelay": lambda email: {"delayedRecipients": [{"emailAddress": email}]},
    "Bounce": lambda email: {"bouncedRecipients": [{"emailAddress": email}]},
    "Complaint": lambda email: {"complainedRecipients": [{"emailAddress": email}]},
}


def _ses(fact: Fact, word: str = "eventType") -> dict[str, Any]:
    event, section, told = _SES[fact.kind]
    people = _SES_PEOPLE.get(event, lambda email: {})(fact.email)
    when = fact.iso if event != "Send" else None
    mail = {"messageId": f"m{fact.message}", "timestamp": fact.iso, "destination": [fact.email]}
    return {word: event, "mail": mail, section: {**told, **people, **({"timestamp": when} if when else {})}}


def _post_id(fact: Fact) -> str:
    return f"{fact.kind}-{fact.message}-{fact.at_s}"


def _ses_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    feedback = [fact for fact in told if fact.kind in ("delivered", "hard", "soft", "excluded", "complained")]
    envelope = {"Type": "Notification", "TopicArn": "arn:aws:sns:x"}
    return {
        "ses-sns": lines(
            [{**envelope, "MessageId": _post_id(fact), "Message": json.dumps(_ses(fact))} for fact in told]
        ),
        "ses-event": lines([_ses(fact) for fact in told]),
        "ses-eventbridge": lines(
            [
                {
                    "id": "b" + _post_id(fact),
                    "detail-type": "Email",
                    "source": "aws.ses",
                    "detail": _ses(fact),
                }
                for fact in told
            ]
        ),
        "ses-feedback": lines([_ses(fact, "notificationType") for fact in feedback]),
    }


# --- Mailgun -----------------------------------------------------------------------------------------

_MAILGUN: dict[str, tuple[str, dict[str, Any]]] = {
    "sent": ("accepted", {}),
    "deferred": ("failed", {"severity": "temporary", "reason": "generic"}),
    "delivered": ("delivered", {}),
    "hard": ("failed", {"severity": "permanent", "reason": "bounce"}),
    "soft": ("failed", {"severity": "permanent", "reason": "old"}),
    "excluded": ("failed", {"severity": "permanent", "reason": "suppress-bounce"}),
    "opened": ("opened", {}),
    "clicked": ("clicked", {"url": "https://shop.example/a"}),
    "unsubscribed": ("unsubscribed", {}),
    "complained": ("complained", {}),
}
_MAILGUN_FORM: dict[str, tuple[str, dict[str, str]]] = {
    "delivered": ("delivered", {}),
    "hard": ("bounced", {"code": "550"}),
    "soft": ("dropped", {"reason": "old", "code": "499"}),
    "excluded": ("dropped", {"reason": "hardfail", "code": "605"}),
    "opened": ("opened", {}),
    "clicked": ("clicked", {"url": "https://shop.example/a"}),
    "unsubscribed": ("unsubscribed", {}),
    "complained": ("complained", {}),
}


def _mailgun(fact: Fact) -> dict[str, Any]:
    event, told = _MAILGUN[fact.kind]
    message = {"headers": {"message-id": f"m{fact.message}@shop.example"}}
    data = {
        "event": event,
        "timestamp": fact.at_s + 0.25,
        "recipient": fact.email,
        "message": message,
        **told,
    }
    return {"signature": {"token": _post_id(fact)}, "event-data": data}


def _mailgun_form(fact: Fact) -> str:
    event, told = _MAILGUN_FORM[fact.kind]
    signed = {"timestamp": str(fact.at_s), "token": _post_id(fact), "signature": "s"}
    message_id = f"<m{fact.message}@shop.example>"
    return urlencode({"event": event, "recipient": fact.email, "Message-Id": message_id, **told, **signed})


def _mailgun_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    forms = [_mailgun_form(fact) for fact in told if fact.kind in _MAILGUN_FORM]
    return {
        "mailgun-webhook": lines([_mailgun(fact) for fact in told]),
        "mailgun-form": "".join(form + "\r\n" for form in forms).encode(),
    }


# --- Mandrill, Postmark, and senders with one format -------------------------------------------------

_MANDRILL = {
    "sent": "send",
    "deferred": "deferral",
    "hard": "hard_bounce",
    "soft": "soft_bounce",
    "excluded": "reject",
    "opened": "open",
    "clicked": "click",
    "unsubscribed": "unsub",
    "complained": "spam",
    "delivered": "delivered",
}


def _mandrill_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    events = [
        {
            "event": _MANDRILL[fact.kind],
            "ts": fact.at_s,
            "_id": f"m{fact.message}",
            "msg": {"_id": f"m{fact.message}", "email": fact.email},
            **({"url": fact.url} if fact.kind == "clicked" else {}),
        }
        for fact in told
    ]
    forms = [
        urlencode({"mandrill_events": json.dumps(events[at : at + 3])}) for at in range(0, len(events), 3)
    ]
    return {
        "mandrill-webhook": "\n".join(forms).encode(),
        "mandrill-webhook-json": json.dumps(events).encode(),
    }


_POSTMARK: dict[str, tuple[str, str, dict[str, Any]]] = {
    "deferred": ("Bounce", "BouncedAt", {"Type": "Transient"}),
    "delivered": ("Delivery", "DeliveredAt", {}),
    "hard": ("Bounce", "BouncedAt", {"Type": "HardBounce"}),
    "soft": ("Bounce", "BouncedAt", {"Type": "SoftBounce"}),
    "excluded": ("Bounce", "BouncedAt", {"Type": "ManuallyDeactivated"}),
    "opened": ("Open", "ReceivedAt", {}),
    "clicked": ("Click", "ReceivedAt", {"OriginalLink": "https://shop.example/a"}),
    "unsubscribed": ("Bounce", "BouncedAt", {"Type": "Unsubscribe"}),
    "complained": ("SpamComplaint", "BouncedAt", {"Type": "SpamComplaint"}),
}
_SUPPRESSIONS = {"hard": "HardBounce", "complained": "SpamComplaint", "unsubscribed": "ManualSuppression"}


def _postmark_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    events = []
    changes = []
    for fact in told:
        common = {"MessageID": f"m{fact.message}", "Recipient": fact.email}
        if fact.kind in _POSTMARK:
            record, when, more = _POSTMARK[fact.kind]
            number = {"ID": fact.at_s} if when == "BouncedAt" else {}
            events.append({"RecordType": record, when: fact.iso, **common, **number, **more})
        if fact.kind in _SUPPRESSIONS:
            why = {"SuppressSending": True, "SuppressionReason": _SUPPRESSIONS[fact.kind]}
            changes.append({"RecordType": "SubscriptionChange", "ChangedAt": fact.iso, **common, **why})
    return {"postmark-webhook": lines(events), "postmark-subscription": lines(changes)}


_SENDGRID: dict[str, tuple[str, dict[str, str]]] = {
    "sent": ("processed", {}),
    "deferred": ("deferred", {}),
    "delivered": ("delivered", {}),
    "hard": ("bounce", {"type": "bounce"}),
    "soft": ("bounce", {"type": "expired"}),
    "excluded": ("dropped", {}),
    "opened": ("open", {}),
    "clicked": ("click", {"url": "https://shop.example/a"}),
    "unsubscribed": ("unsubscribe", {}),
    "complained": ("spamreport", {}),
}


def _sendgrid_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    bodies = [
        {
            "event": _SENDGRID[fact.kind][0],
            "timestamp": fact.at_s,
            "email": fact.email,
            "sg_event_id": _post_id(fact),
            "sg_message_id": f"m{fact.message}.recvd-x",
            **_SENDGRID[fact.kind][1],
        }
        for fact in told
    ]
    return {"sendgrid-webhook": json.dumps(bodies).encode()}


_MAILJET: dict[str, tuple[str, dict[str, Any]]] = {
    "delivered": ("sent", {}),
    "deferred": ("bounce", {"hard_bounce": False, "error": "greylisted"}),
    "hard": ("bounce", {"hard_bounce": True}),
    "soft": ("bounce", {"hard_bounce": False}),
    "excluded": ("blocked", {"error": "preblocked"}),
    "opened": ("open", {}),
    "clicked": ("click", {"url": "https://shop.example/a"}),
    "unsubscribed": ("unsub", {}),
    "complained": ("spam", {}),
}


def _mailjet_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    bodies = [
        {
            "event": _MAILJET[fact.kind][0],
            "time": fact.at_s,
            "email": fact.email,
            "MessageID": 19_421_777_836_302_490 + fact.message,
            **_MAILJET[fact.kind][1],
        }
        for fact in told
        if fact.kind in _MAILJET
    ]
    return {"mailjet-webhook": b"".join(lines([bodies[at : at + 2]]) for at in range(0, len(bodies), 2))}


_SPARKPOST: dict[str, tuple[str, dict[str, str]]] = {
    "sent": ("injection", {}),
    "deferred": ("delay", {}),
    "delivered": ("delivery", {}),
    "hard": ("bounce", {"bounce_class": "10"}),
    "soft": ("bounce", {"bounce_class": "22"}),
    "excluded": ("policy_rejection", {}),
    "opened": ("open", {}),
    "clicked": ("click", {"target_link_url": "https://shop.example/a"}),
    "unsubscribed": ("link_unsubscribe", {}),
    "complained": ("spam_complaint", {}),
}


def _sparkpost_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    bodies = [
        {
            "msys": {
                "message_event": {
                    "type": _SPARKPOST[fact.kind][0],
                    "timestamp": str(fact.at_s),
                    "raw_rcpt_to": fact.email,
                    "event_id": _post_id(fact),
                    "message_id": f"m{fact.message}",
                    **_SPARKPOST[fact.kind][1],
                }
            }
        }
        for fact in told
    ]
    return {"sparkpost-webhook": json.dumps([{"msys": {}}, *bodies]).encode()}


# --- Brevo: webhook, events API, log export ----------------------------------------------------------

_BREVO: dict[str, tuple[str, str, str]] = {
    "sent": ("request", "requests", "Sent"),
    "deferred": ("deferred", "deferred", "Deferred"),
    "delivered": ("delivered", "delivered", "Delivered"),
    "hard": ("hard_bounce", "hardBounces", "Hard bounce"),
    "soft": ("soft_bounce", "softBounces", "Soft bounce"),
    "excluded": ("blocked", "blocked", "Blocked"),
    "opened": ("opened", "opened", "Opened"),
    "clicked": ("click", "clicks", "Clicked"),
    "unsubscribed": ("unsubscribed", "unsubscribed", "Unsubscribed"),
    "complained": ("spam", "spam", "Complaint"),
}


def _brevo_posts(told: Sequence[Fact]) -> dict[str, bytes]:
    webhook, api, table = [], [], io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["st_text", "ts", "sub", "frm", "email", "tag", "mid", "link"])
    for fact in told:
        word, api_word, label = _BREVO[fact.kind]
        message_id = f"<{fact.message}.x@smtp-relay.mailin.fr>"
        link = {"link": fact.url} if fact.kind == "clicked" else {}
        common = {"email": fact.email, "template_id": 7}
        webhook.append(
            {"event": word, "ts_epoch": fact.at_s * 1000, "message-id": message_id, **common, **link}
        )
        api.append(
            {"event": api_word, "date": fact.iso, "messageId": message_id, "email": fact.email, **link}
        )
        when = datetime.fromtimestamp(fact.at_s, UTC).strftime("%d-%m-%Y %H:%M:%S")
        link_cell = fact.url if link else "NA"
        rows.writerow([label, when, "Hello", "a@shop.example", fact.email, "NA", message_id, link_cell])
    return {
        "brevo-webhook": lines(webhook),
        "brevo-events": lines([{"events": api}]),
        "brevo-log-csv": table.getvalue().encode(),
    }


PRODUCTS: dict[str, Callable[[Sequence[Fact]], dict[str, bytes]]] = {
    "ses": _ses_posts,
    "mailgun": _mailgun_posts,
    "mandrill": _mandrill_posts,
    "postmark": _postmark_posts,
    "sendgrid": _sendgrid_posts,
    "mailjet": _mailjet_posts,
    "sparkpost": _sparkpost_posts,
    "brevo": _brevo_posts,
}


def posts(product: str, told: Sequence[Fact]) -> dict[str, bytes]:
    """The feeds that tell the facts, by format; the first is the richest, and empty ones are left out."""
    return {name: data for name, data in PRODUCTS[product](told).items() if data.strip() not in (b"", b"[]")}
