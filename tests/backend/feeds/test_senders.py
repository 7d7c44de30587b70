"""What each word of seven senders becomes: every row of the mapping, written out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from backend.feeds import find_format
from backend.model import BounceClass, EventKind
from backend.products import product_rules
from tests.backend.feeds.senders import (
    eventbridge,
    mailgun,
    mailgun_form,
    mailjet,
    mandrill,
    one,
    postmark,
    sendgrid,
    ses,
    sns,
    sparkpost,
)

K = EventKind
HARD, SOFT, IGNORED, UNCLASSED = BounceClass.HARD, BounceClass.SOFT, BounceClass.IGNORED, BounceClass.OTHER
Meant = tuple[EventKind, BounceClass | None]
OPT_IN = {"unsubscribeAll": False, "topicSubscriptionStatus": [{"subscriptionStatus": "OptIn"}]}
TO = [{"emailAddress": "ada@example.com"}]

SENDGRID: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (sendgrid("processed"), K.SENT, None),
    (sendgrid("deferred"), K.DEFERRED, None),
    (sendgrid("delivered"), K.DELIVERED, None),
    (sendgrid("bounce", type="bounce"), K.BOUNCED, HARD),
    (sendgrid("bounce", type="blocked"), K.BOUNCED, IGNORED),
    (sendgrid("bounce", type="expired"), K.BOUNCED, SOFT),
    (sendgrid("bounce"), K.BOUNCED, UNCLASSED),
    (sendgrid("dropped", reason="Invalid"), K.EXCLUDED, None),
    (sendgrid("open"), K.OPENED, None),
    (sendgrid("click", url="https://x.example"), K.CLICKED, None),
    (sendgrid("spamreport"), K.COMPLAINED, None),
    (sendgrid("unsubscribe"), K.UNSUBSCRIBED, None),
    (sendgrid("group_unsubscribe"), K.UNSUBSCRIBED, None),
    (sendgrid("group_resubscribe"), K.SUBSCRIBED, None),
    (sendgrid("account_status_change"), K.OTHER, None),
]
SES: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (ses("Send"), K.SENT, None),
    (ses("Delivery", {"recipients": ["ada@example.com"]}), K.DELIVERED, None),
    (ses("DeliveryDelay", {"delayedRecipients": TO}), K.DEFERRED, None),
    (ses("Bounce", {"bounceType": "Permanent", "bouncedRecipients": TO}), K.BOUNCED, HARD),
    (ses("Bounce", {"bounceType": "Transient", "bouncedRecipients": TO}), K.BOUNCED, SOFT),
    (ses("Bounce", {"bounceType": "Undetermined", "bouncedRecipients": TO}), K.BOUNCED, IGNORED),
    (ses("Bounce", {"bouncedRecipients": TO}), K.BOUNCED, UNCLASSED),
    (ses("Bounce", {"bounceType": "Permanent", "bounceSubType": "Suppressed"}), K.EXCLUDED, None),
    (ses("Bounce", {"bounceSubType": "OnAccountSuppressionList"}), K.EXCLUDED, None),
    (ses("Complaint", {"complainedRecipients": TO}), K.COMPLAINED, None),
    (ses("Complaint", {"complaintSubType": "OnAccountSuppressionList"}), K.EXCLUDED, None),
    (ses("Reject", {"reason": "Bad content"}), K.ERROR, None),
    (ses("Open"), K.OPENED, None),
    (ses("Click", {"link": "https://x.example"}), K.CLICKED, None),
    (ses("Rendering Failure", {"errorMessage": "no name"}), K.ERROR, None),
    (ses("Subscription", {"newTopicPreferences": {"unsubscribeAll": True}}), K.UNSUBSCRIBED, None),
    (ses("Subscription", {"newTopicPreferences": OPT_IN}), K.SUBSCRIBED, None),
    (ses("Something new"), K.OTHER, None),
]  # fmt: skip
DETAIL_TYPES: list[tuple[str, EventKind]] = [
    ("Email Sent", K.SENT),
    ("Email Delivered", K.DELIVERED),
    ("Email Delivery Delayed", K.DEFERRED),
    ("Email Bounced", K.BOUNCED),
    ("Email Complaint Received", K.COMPLAINED),
    ("Email Rejected", K.ERROR),
    ("Email Opened", K.OPENED),
    ("Email Clicked", K.CLICKED),
    ("Email Rendering Failed", K.ERROR),
    ("Email Subscribed", K.UNSUBSCRIBED),
]


def failed(severity: str, reason: str = "bounce", code: int = 550) -> dict[str, Any]:
    return mailgun("failed", severity=severity, reason=reason, **{"delivery-status": {"code": code}})


MAILGUN: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (mailgun("accepted"), K.SENT, None),
    (mailgun("delivered"), K.DELIVERED, None),
    (mailgun("opened"), K.OPENED, None),
    (mailgun("clicked", url="https://x.example"), K.CLICKED, None),
    (mailgun("unsubscribed"), K.UNSUBSCRIBED, None),
    (mailgun("complained"), K.COMPLAINED, None),
    (mailgun("rejected", reject={"reason": "virus"}), K.ERROR, None),
    (failed("permanent"), K.BOUNCED, HARD),
    (failed("permanent", "suppress-bounce"), K.EXCLUDED, None),
    (failed("permanent", "suppress-complaint"), K.EXCLUDED, None),
    (failed("permanent", "suppress-unsubscribe"), K.EXCLUDED, None),
    (failed("permanent", "generic", 605), K.EXCLUDED, None),
    (failed("permanent", "generic", 607), K.EXCLUDED, None),
    (failed("permanent", "old"), K.BOUNCED, SOFT),
    (failed("permanent", "generic", 499), K.BOUNCED, SOFT),
    (failed("temporary", "greylisted", 450), K.DEFERRED, None),
    (failed("temporary", "generic", 499), K.DEFERRED, None),
    (mailgun("stored"), K.OTHER, None),
]
MAILGUN_FORM: list[tuple[dict[str, list[str]], EventKind, BounceClass | None]] = [
    (mailgun_form("delivered"), K.DELIVERED, None),
    (mailgun_form("opened"), K.OPENED, None),
    (mailgun_form("clicked", url="https://x.example"), K.CLICKED, None),
    (mailgun_form("unsubscribed"), K.UNSUBSCRIBED, None),
    (mailgun_form("complained"), K.COMPLAINED, None),
    (mailgun_form("bounced", code="550"), K.BOUNCED, HARD),
    (mailgun_form("bounced", code="5.1.1"), K.BOUNCED, HARD),
    (mailgun_form("bounced", code="452"), K.BOUNCED, SOFT),
    (mailgun_form("dropped", reason="hardfail", code="550"), K.BOUNCED, HARD),
    (mailgun_form("dropped", reason="hardfail", code="605"), K.EXCLUDED, None),
    (mailgun_form("dropped", reason="hardfail", code="607"), K.EXCLUDED, None),
    (mailgun_form("dropped", reason="old", code="499"), K.BOUNCED, SOFT),
    (mailgun_form("dropped"), K.EXCLUDED, None),
    (mailgun_form("stored"), K.OTHER, None),
]
MAILJET: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (mailjet("sent"), K.DELIVERED, None),
    (mailjet("open"), K.OPENED, None),
    (mailjet("click", url="https://x.example"), K.CLICKED, None),
    (mailjet("spam"), K.COMPLAINED, None),
    (mailjet("unsub"), K.UNSUBSCRIBED, None),
    (mailjet("bounce", hard_bounce=True, error="user unknown"), K.BOUNCED, HARD),
    (mailjet("bounce", hard_bounce=True, blocked=True, error="invalid domain"), K.BOUNCED, HARD),
    (mailjet("bounce", hard_bounce=False, error="quota exceeded"), K.BOUNCED, SOFT),
    (mailjet("bounce"), K.BOUNCED, UNCLASSED),
    (mailjet("bounce", hard_bounce=False, blocked=True, error="greylisted"), K.DEFERRED, None),
    (mailjet("bounce", hard_bounce=False, error="duplicate in campaign"), K.EXCLUDED, None),
    (mailjet("bounce", hard_bounce=True, error="greylisted"), K.BOUNCED, HARD),
    (mailjet("blocked", error="content blocked"), K.BOUNCED, IGNORED),
    (mailjet("blocked"), K.BOUNCED, IGNORED),
    (mailjet("blocked", error="greylisted"), K.DEFERRED, None),
    (mailjet("blocked", error="duplicate in campaign"), K.EXCLUDED, None),
    (mailjet("blocked", error="preblocked"), K.EXCLUDED, None),
    (mailjet("blocked", error="blacklisted"), K.EXCLUDED, None),
    (mailjet("blocked", error="spam reporter"), K.EXCLUDED, None),
    (mailjet("blocked", error="typofix"), K.EXCLUDED, None),
    (mailjet("blocked", error="bad or empty template"), K.ERROR, None),
    (mailjet("blocked", error="error in template language"), K.ERROR, None),
    (mailjet("tomorrow"), K.OTHER, None),
]
POSTMARK_BOUNCES: dict[str, Meant] = {
    "HardBounce": (K.BOUNCED, HARD),
    "BadEmailAddress": (K.BOUNCED, HARD),
    "SoftBounce": (K.BOUNCED, SOFT),
    "Transient": (K.DEFERRED, None),
    "DnsError": (K.DEFERRED, None),
    "Blocked": (K.BOUNCED, IGNORED),
    "DMARCPolicy": (K.BOUNCED, IGNORED),
    "SpamNotification": (K.BOUNCED, IGNORED),
    "VirusNotification": (K.BOUNCED, IGNORED),
    "ManuallyDeactivated": (K.EXCLUDED, None),
    "Unconfirmed": (K.EXCLUDED, None),
    "AutoResponder": (K.OTHER, None),
    "AddressChange": (K.OTHER, None),
    "ChallengeVerification": (K.OTHER, None),
    "OpenRelayTest": (K.OTHER, None),
    "SMTPApiError": (K.ERROR, None),
    "TemplateRenderingFailed": (K.ERROR, None),
    "InboundError": (K.ERROR, None),
    "Unsubscribe": (K.UNSUBSCRIBED, None),
    "ManualSuppression": (K.UNSUBSCRIBED, None),
    "Subscribe": (K.SUBSCRIBED, None),
    "SpamComplaint": (K.COMPLAINED, None),
    "Unknown": (K.BOUNCED, UNCLASSED),
}


def change(suppressed: bool, reason: str | None) -> dict[str, Any]:
    return postmark("SubscriptionChange", SuppressSending=suppressed, SuppressionReason=reason)


POSTMARK: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (postmark("Delivery"), K.DELIVERED, None),
    (postmark("Open"), K.OPENED, None),
    (postmark("Click", OriginalLink="https://x.example"), K.CLICKED, None),
    (postmark("SpamComplaint", Type="SpamComplaint"), K.COMPLAINED, None),
    (postmark("SpamComplaint"), K.COMPLAINED, None),
    *[(postmark("Bounce", Type=word), *meant) for word, meant in POSTMARK_BOUNCES.items()],
    (change(True, "HardBounce"), K.BOUNCED, HARD),
    (change(True, "SpamComplaint"), K.COMPLAINED, None),
    (change(True, "ManualSuppression"), K.UNSUBSCRIBED, None),
    (change(False, None), K.SUBSCRIBED, None),
    (postmark("SMTP"), K.OTHER, None),
]
SPARKPOST_CLASSES: dict[Meant, str] = {
    (K.BOUNCED, HARD): "10 30",
    (K.BOUNCED, SOFT): "20 21 22 23 24 40 70",
    (K.BOUNCED, IGNORED): "1 25 50 51 52 53 54",
    (K.BOUNCED, UNCLASSED): "110",
    (K.OTHER, None): "60 100",
    (K.SUBSCRIBED, None): "80",
    (K.UNSUBSCRIBED, None): "90",
}
SPARKPOST: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (sparkpost("injection"), K.SENT, None),
    (sparkpost("delivery"), K.DELIVERED, None),
    (sparkpost("delay", bounce_class="21"), K.DEFERRED, None),
    (sparkpost("policy_rejection"), K.EXCLUDED, None),
    (sparkpost("generation_rejection", "gen_event"), K.EXCLUDED, None),
    (sparkpost("generation_failure", "gen_event"), K.ERROR, None),
    *[(sparkpost(word, "track_event"), K.OPENED, None)
      for word in ("open", "initial_open", "amp_open", "amp_initial_open")],
    *[(sparkpost(word, "track_event"), K.CLICKED, None) for word in ("click", "amp_click")],
    (sparkpost("spam_complaint"), K.COMPLAINED, None),
    (sparkpost("list_unsubscribe", "unsubscribe_event"), K.UNSUBSCRIBED, None),
    (sparkpost("link_unsubscribe", "unsubscribe_event"), K.UNSUBSCRIBED, None),
    (sparkpost("relay_delivery", "relay_event"), K.OTHER, None),
    (sparkpost("bounce"), K.BOUNCED, UNCLASSED),
    *[(sparkpost(word, bounce_class=code), *meant)
      for word in ("bounce", "out_of_band")
      for meant, codes in SPARKPOST_CLASSES.items() for code in codes.split()],
]  # fmt: skip
MANDRILL: list[tuple[dict[str, Any], EventKind, BounceClass | None]] = [
    (mandrill("send"), K.SENT, None),
    (mandrill("delivered"), K.DELIVERED, None),
    (mandrill("deferral"), K.DEFERRED, None),
    (mandrill("hard_bounce"), K.BOUNCED, HARD),
    (mandrill("soft_bounce"), K.BOUNCED, SOFT),
    (mandrill("reject"), K.EXCLUDED, None),
    (mandrill("open"), K.OPENED, None),
    (mandrill("click", url="https://x.example"), K.CLICKED, None),
    (mandrill("spam"), K.COMPLAINED, None),
    (mandrill("unsub"), K.UNSUBSCRIBED, None),
    (mandrill("inbound"), K.OTHER, None),
]
TABLES = {
    "sendgrid-webhook": SENDGRID,
    "ses-event": SES,
    "mailgun-webhook": MAILGUN,
    "mailgun-form": MAILGUN_FORM,
    "mailjet-webhook": MAILJET,
    "postmark-webhook": POSTMARK,
    "sparkpost-webhook": SPARKPOST,
    "mandrill-webhook": MANDRILL,
}


@pytest.mark.parametrize(
    ("name", "body", "kind", "bounce_class"),
    [(name, *row) for name, table in TABLES.items() for row in table],
)
def test_a_word_becomes_a_kind(
    name: str, body: dict[str, Any], kind: EventKind, bounce_class: BounceClass | None
) -> None:
    event = one(name, body)
    assert (event.kind, event.bounce_class) == (kind, bounce_class)
    assert event.at_ms // 1000 == 1_773_129_600


@pytest.mark.parametrize(("body", "kind", "bounce_class"), SES)
def test_a_record_of_ses_means_the_same_in_every_envelope(
    body: dict[str, Any], kind: EventKind, bounce_class: BounceClass | None
) -> None:
    bare, enveloped = one("ses-event", body), one("ses-event", sns(body))
    bridged = one("ses-event", eventbridge(body, "any"))
    said = [(event.kind, event.type, event.at_ms, event.message) for event in (bare, enveloped, bridged)]
    assert said == [(kind, body["eventType"], bare.at_ms, bare.message)] * 3


@pytest.mark.parametrize(("detail_type", "kind"), DETAIL_TYPES)
def test_a_detail_type_tells_the_event_where_the_detail_does_not(detail_type: str, kind: EventKind) -> None:
    record = {"mail": ses("Send")["mail"]}
    assert one("ses-eventbridge", eventbridge(record, detail_type)).kind == kind


@pytest.mark.parametrize(
    ("product", "logs_sending"),
    [
        ("sendgrid", True),
        ("ses", True),
        ("mailgun", True),
        ("sparkpost", True),
        ("mandrill", True),
        ("mailjet", False),
        ("postmark", False),
    ],
)
def test_what_logs_no_sending_implies_it(product: str, logs_sending: bool) -> None:
    """Whether a message is of a campaign makes no difference: their campaigns are tags of any message."""
    rules = product_rules(product)
    assert rules.logs_sending is rules.logs_sending_of_campaigns is logs_sending


def test_every_sender_is_listed_with_what_it_feeds() -> None:
    for name in TABLES:
        form = find_format(name)
        assert form.summary and "event log" in form.gives and not form.zoneless
