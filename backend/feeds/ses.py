"""Amazon SES: event records, bare, in an SNS envelope or from EventBridge; and identity feedback.

The body is the same in all of them; the way it came is the row's format, so that what came by two ways
counts once. Nothing here follows an address that a body names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from backend.errors import DecodeError
from backend.feeds.fields import message_key
from backend.feeds.format import Format, Frame, Settings
from backend.feeds.intake import parse_json
from backend.feeds.sending import (
    Body,
    Meaning,
    best_ref,
    clock,
    first_of,
    first_text,
    mail_event,
    object_of,
    part_of,
    rest_of,
    share,
    webhook,
)
from backend.record import Event, NamedBy, Record, Ref

PRODUCT = "ses"
EVENT, SNS, EVENTBRIDGE, FEEDBACK = "ses-event", "ses-sns", "ses-eventbridge", "ses-feedback"

MEANINGS: dict[str, Meaning] = {
    "Send": Meaning.SENT,
    "Delivery": Meaning.DELIVERED,
    "DeliveryDelay": Meaning.DEFERRED,
    "Complaint": Meaning.COMPLAINED,
    "Reject": Meaning.ERROR,
    "Open": Meaning.OPENED,
    "Click": Meaning.CLICKED,
    "Rendering Failure": Meaning.ERROR,
    "Subscription": Meaning.UNSUBSCRIBED,
}
BOUNCES: dict[str, Meaning] = {
    "Permanent": Meaning.HARD,
    "Transient": Meaning.SOFT,
    "Undetermined": Meaning.IGNORED,
}
"""What a bounce stands for, by `bounceType`."""
SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})
"""Subtypes of bounces and complaints that say: not sent, the address is on a suppression list."""
SECTIONS: dict[str, str] = {
    "Send": "send",
    "Delivery": "delivery",
    "DeliveryDelay": "deliveryDelay",
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Reject": "reject",
    "Open": "open",
    "Click": "click",
    "Rendering Failure": "failure",
    "Subscription": "subscription",
}
"""The object of the record that tells of the event, by its type."""
RECIPIENTS: dict[str, str] = {
    "Delivery": "recipients",
    "DeliveryDelay": "delayedRecipients",
    "Bounce": "bouncedRecipients",
    "Complaint": "complainedRecipients",
}
"""Where the section names whom it is about; any other event is about the mail's destinations."""
DETAIL_TYPES: dict[str, str] = {
    "Email Sent": "Send",
    "Email Delivered": "Delivery",
    "Email Delivery Delayed": "DeliveryDelay",
    "Email Bounced": "Bounce",
    "Email Complaint Received": "Complaint",
    "Email Rejected": "Reject",
    "Email Opened": "Open",
    "Email Clicked": "Click",
    "Email Rendering Failed": "Rendering Failure",
    "Email Subscribed": "Subscription",
}
ONE_OF_MANY = frozenset({"Open", "Click", "Subscription"})
"""Done by one of the destinations: by whom is not told where there are several."""
TEMPLATE_TAGS = ("template", "template-name", "template_name", "templateName")
CAMPAIGN_TAGS = ("campaign", "campaign-name", "campaign_name", "campaignName", "campaign-id", "campaign_id")
"""Message tags, the sender's own words, that are read as the delivery's and the campaign's name."""
OWN_TAG = "ses:"

MAIL_FIELDS = ("source", "sourceArn", "sendingAccountId")

_SECTION_PLACED = frozenset({"timestamp", "ipAddress", "userAgent", "link", *RECIPIENTS.values()})

NOTIFICATION = "Notification"
ENVELOPES = (NOTIFICATION, "SubscriptionConfirmation", "UnsubscribeConfirmation")
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."


class Told(NamedTuple):
    """One event of SES, and what came with it."""

    type: str
    record: Body
    format: str
    id: str | None
    """The id of the post that brought it; None where it came bare."""

    @property
    def mail(self) -> Body:
        return part_of(self.record, "mail")

    @property
    def section(self) -> Body:
        return part_of(self.record, SECTIONS.get(self.type, ""))


def decode(frame: Frame, settings: Settings) -> Iterator[Record]:
    """One event for each recipient that a body tells of; none for what SNS posts about itself."""
    told = _told(object_of(frame))
    if told is None:
        return
    people = _people(told)
    if not people or (told.type in ONE_OF_MANY and len(people) > 1):
        yield _event(told, None, {}, settings)
        return
    for email, person in people.items():
        yield _event(told, email, person, settings)


def _told(body: Body) -> Told | None:
    """The record, out of the envelope that it came in. Raises: DecodeError."""
    record, way, post_id = body, EVENT, None
    if _is_envelope(body):
        record, way, post_id = _enveloped(body), SNS, first_text(body, "MessageId")
        if not record:
            return None
    elif "detail-type" in body:
        record, way, post_id = part_of(body, "detail"), EVENTBRIDGE, first_text(body, "id")
    event_type = first_text(record, "eventType") or DETAIL_TYPES.get(first_text(body, "detail-type") or "")
    if event_type is None:
        event_type, way, post_id = first_text(record, "notificationType"), FEEDBACK, None
    if event_type is None or not part_of(record, "mail"):
        raise DecodeError("no event of a mail")
    if event_type == "Received":
        raise DecodeError("a mail that was received, no event")
    return Told(event_type, record, way, post_id)


def _is_envelope(body: Body) -> bool:
    return body.get("Type") in ENVELOPES and "TopicArn" in body


def _enveloped(body: Body) -> Body:
    """The record in an SNS envelope; {} where SNS tells of itself."""
    message = body.get("Message")
    if body["Type"] != NOTIFICATION or message == VALIDATED:
        return {}
    record = parse_json(message.encode()) if isinstance(message, str) else message
    if not isinstance(record, dict):
        raise DecodeError("no event of a mail")
    return record


def _people(told: Told) -> dict[str, Body]:
    """Whom the event is about, each with what is told of him alone."""
    name = RECIPIENTS.get(told.type)
    listed: Any = told.section.get(name) if name else told.mail.get("destination")
    people: dict[str, Body] = {}
    for one in listed if isinstance(listed, list) else [listed]:
        person = one if isinstance(one, dict) else {"emailAddress": one}
        email = first_text(person, "emailAddress")
        if email:
            people.setdefault(email, person)
    return people


def _event(told: Told, email: str | None, person: Body, settings: Settings) -> Event:
    section, mail = told.section, told.mail
    at = clock({**mail, "section": section.get("timestamp")}, "section", "timestamp")
    message_id, url = first_text(mail, "messageId"), first_text(section, "link")
    is_anyone = email is None and told.type in ONE_OF_MANY  # belongs to no message, so its content is its key
    post_id = None if is_anyone else told.id
    way = EVENT if is_anyone and told.format != FEEDBACK else told.format
    subject, tags = first_text(part_of(mail, "commonHeaders"), "subject"), part_of(mail, "tags")
    campaign = _tag(tags, CAMPAIGN_TAGS)
    content = (way, told.type, message_id or "", email or "", at[0], url or "")
    return mail_event(
        PRODUCT,
        settings,
        told.type,
        _meaning(told),
        at=at,
        email=email,
        message_id=message_id,
        event_id=post_id,
        url=url,
        key=(way, post_id, told.type, email or "") if post_id else content,
        message=None if is_anyone or not message_id else message_key(message_id, email),
        delivery=best_ref(
            (NamedBy.ID, first_text(section, "templateName") or _tag(tags, TEMPLATE_TAGS)),
            (NamedBy.CAMPAIGN, campaign),
            (NamedBy.SUBJECT, subject),
        ),
        campaign=Ref(campaign, NamedBy.ID, campaign) if campaign else None,
        reason=_reason(section, person),
        name=subject,
        ip=first_text(section, "ipAddress"),
        user_agent=first_text(section, "userAgent"),
        format=way,
        fields=_fields(told, person, is_anyone),
        data={name: values for name, values in tags.items() if not name.startswith(OWN_TAG)},
    )


def _meaning(told: Told) -> Meaning:
    section = told.section
    if SUPPRESSED & {first_text(section, "bounceSubType"), first_text(section, "complaintSubType")}:
        return Meaning.EXCLUDED
    if told.type == "Bounce":
        return BOUNCES.get(first_text(section, "bounceType") or "", Meaning.UNCLASSED)
    if told.type == "Subscription" and _opts_in(part_of(section, "newTopicPreferences")):
        return Meaning.SUBSCRIBED
    return MEANINGS.get(told.type, Meaning.OTHER)


def _opts_in(preferences: Body) -> bool:
    """Whether a contact that chose topics anew is in all that are named."""
    topics: Any = preferences.get("topicSubscriptionStatus")
    choices = [part_of({"topic": topic}, "topic") for topic in topics] if isinstance(topics, list) else []
    return bool(choices) and all(first_text(choice, "subscriptionStatus") == "OptIn" for choice in choices)


def _reason(section: Body, person: Body) -> str | None:
    diagnosis = first_text(person, "diagnosticCode")
    kinds = (first_text(section, "bounceType"), first_text(section, "bounceSubType"))
    told = first_text(
        section, "complaintSubType", "complaintFeedbackType", "delayType", "reason", "errorMessage"
    )
    return diagnosis or " ".join(kind for kind in kinds if kind) or told


def _tag(tags: Body, names: tuple[str, ...]) -> str | None:
    return next((tag for name in names if (tag := first_of(tags.get(name)))), None)


def _fields(told: Told, person: Body, is_anyone: bool) -> dict[str, Any]:
    """What has no place of its own: of the section, the recipient and the mail."""
    mail = {name: told.mail.get(name) for name in MAIL_FIELDS}
    own_tags = {name: tags for name, tags in part_of(told.mail, "tags").items() if name.startswith(OWN_TAG)}
    if is_anyone:
        mail["destination"] = told.mail.get("destination")
    return rest_of(
        {**rest_of(told.section, _SECTION_PLACED), **rest_of(person, ("emailAddress",)), **mail, **own_tags},
        (),
    )


def _unwrapped(body: Body) -> Told | None:
    try:
        return _told(body)
    except DecodeError:
        return None


def _comes_as(way: str) -> Callable[[Body], bool]:
    def is_so(body: Body) -> bool:
        told = _unwrapped(body)
        return told.format == way if told else way == SNS and _is_envelope(body)

    return is_so


def _is_any(body: Body) -> bool:
    return _is_envelope(body) or _unwrapped(body) is not None


def _format(name: str, summary: str) -> Format:
    return webhook(PRODUCT, name, summary, share(_comes_as(name), _is_any), decode)


FORMATS: tuple[Format, ...] = (
    _format(SNS, "Event publishing in SNS envelopes, as your endpoint or queue received them"),
    _format(EVENT, "Event publishing without envelope: SNS raw delivery, Firehose"),
    _format(EVENTBRIDGE, "Event publishing through EventBridge, as the target received it"),
    _format(
        FEEDBACK, "Feedback notifications of an identity (notificationType), in SNS envelopes or without"
    ),
)
