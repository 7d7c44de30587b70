"""The demonstration's happenings as Adobe Journey Optimizer's data sets hold them: XDM records as JSON text.

As in brevo_rows, all text that goes in is ours and needs no escaping.
"""

from __future__ import annotations

from typing import NamedTuple

from backend.demo.catalogue import Action, Journey, Offer, Step
from backend.demo.clockwork import iso_text
from backend.demo.fates import (
    BLOCKED_AS_SPAM,
    DOMAIN_REFUSES,
    DOMAIN_TEMPORARY,
    MAILBOX_FULL,
    PUSH_TOKEN_GONE,
    SMS_UNREACHABLE,
    USER_UNKNOWN,
    Fate,
    What,
)
from backend.demo.people import Person

STATUSES = {
    What.EXCLUDED: "exclude",
    What.ERROR: "error",
    What.DEFERRED: "delay",
    What.DELIVERED: "sent",
    What.HARD: "bounce",
    What.SOFT: "bounce",
    What.IGNORED: "bounce",
}
"""Feedback status of what happened. Adobe's `sent` is the delivered outcome."""
_FAILURE_TYPES = {What.HARD: "Hard", What.SOFT: "Soft", What.IGNORED: "Ignored"}
_FAILURE_CODES = {
    USER_UNKNOWN: "10",
    DOMAIN_REFUSES: "15",
    DOMAIN_TEMPORARY: "21",
    MAILBOX_FULL: "22",
    BLOCKED_AS_SPAM: "51",
    PUSH_TOKEN_GONE: "10",
    SMS_UNREACHABLE: "24",
}
INTERACTIONS = {
    What.FIRST_PROXY: "bot_open",
    What.PROXY: "bot_open",
    What.FIRST_OPEN: "open",
    What.OPEN: "open",
    What.CLICK: "click",
    What.SCANNER_CLICK: "bot_click",
    What.UNSUBSCRIBE: "unsubscribe",
    What.COMPLAINT: "spam_complaint",
}
EXCLUSIONS = {
    "EmailSuppressed": "050102",
    "EmailNoConsent": "050101",
    "PushNoTokenFoundInProfile": "050030",
    "SMSNoToNumberDefinedInProfile": "050153",
}


class Sender(NamedTuple):
    """Who sends messages: a run of a journey, or one execution of a campaign."""

    execution: str
    """The members of `messageExecution` that tell it, as JSON text."""
    names: str
    """The member beside it that holds names, after a comma; "" for a journey: its step events name it."""
    kind: str
    """journey or campaign, as the name of its action's id begins."""
    number: int
    """Makes the ids of its records unlike all others."""
    test: bool


def journey_sender(journey: Journey, instance: str, number: int, test: bool) -> Sender:
    """A run of a journey as the sender of messages."""
    execution = f'"journeyVersionID":"{journey.version}","journeyVersionInstanceID":"{instance}"'
    return Sender(execution, "", "journey", number, test)


def campaign_sender(campaign_id: str, name: str, number: int) -> Sender:
    """One execution of a campaign as the sender of messages."""
    execution = f'"campaignID":"{campaign_id}"'
    return Sender(execution, f',"entities":{{"campaign":{{"name":"{name}"}}}}', "campaign", number, False)


def record_id(number: int, leg: int) -> str:
    """An `_id` that looks like a UUID and is the same for the same row in every process."""
    return f"{number & 0xFFFFFFFF:08x}-{number >> 32 & 0xFFFF:04x}-4a10-8d00-{leg:012x}"


def _message(sender: Sender, action: Action, person: Person, token: bool = True) -> str:
    """The members that every record about one message shares."""
    if action.channel == "email":
        context = f'"emailChannelContext":{{"address":"{person.email}","namespace":"Email"}}'
    elif action.channel == "push" and not token:
        context = '"pushChannelContext":{"appID":"example.maisonlune.app"}'
    elif action.channel == "push":
        context = (
            f'"pushChannelContext":{{"platform":"{person.platform}","token":"{person.token}",'
            f'"appID":"example.maisonlune.app"}}'
        )
    else:
        context = f'"smsChannelContext":{{"address":"+{person.phone}"}}'
    test = "true" if sender.test else "false"
    return (
        f'"messageExecution":{{"messageExecutionID":"UMA-{action.id[7]}{action.id[-1]}-{sender.number:x}",'
        f'"messageType":"marketing","{sender.kind}ActionID":"{action.id}","messageLabel":"{action.name}",'
        f"{sender.execution}}}{sender.names},"
        f'"messageProfile":{{"messageProfileID":"{person.crm_id}","isTestExecution":{test},'
        f'"channel":{{"_id":"https://ns.adobe.com/xdm/channels/{action.channel}"}}}},{context}'
    )


def _envelope(number: int, leg: int, at_ms: int, event_type: str, person: Person) -> str:
    return (
        f'{{"_id":"{record_id(number, leg)}","timestamp":"{iso_text(at_ms)}","eventType":"{event_type}",'
        f'"identityMap":{{"crmId":[{{"id":"{person.crm_id}","primary":true}}]}},'
    )


def feedback(sender: Sender, action: Action, person: Person, leg: int, fate: Fate) -> str:
    """One record of the message feedback data set. For an exclusion, the fate's detail is its reason."""
    extra = ""
    message = _message(sender, action, person, fate.what is not What.EXCLUDED)
    if fate.what is What.EXCLUDED:
        extra = f',"messageExclusion":{{"code":"{EXCLUSIONS[fate.detail]}","reason":"{fate.detail}"}}'
    elif fate.detail:
        code = _FAILURE_CODES.get(fate.detail, "")
        type_ = _FAILURE_TYPES.get(fate.what, "")
        extra = f',"messageFailure":{{"code":"{code}","type":"{type_}","reason":"{fate.detail}"}}'
    return (
        f"{_envelope(sender.number, leg, fate.at_ms, 'message.feedback', person)}"
        f'"_experience":{{"customerJourneyManagement":{{{message},'
        f'"messageDeliveryfeedback":{{"feedbackStatus":"{STATUSES[fate.what]}","retryCount":0{extra}}}}}}}}}'
    )


def tracking(sender: Sender, action: Action, person: Person, leg: int, fate: Fate) -> str:
    """One record of the e-mail or SMS tracking data set."""
    label = fate.detail.rpartition("/")[2]
    link = f',"urlID":"{action.id[-2:]}-{label}","label":"{label}"' if label else ""
    return (
        f"{_envelope(sender.number, leg, fate.at_ms, 'message.tracking', person)}"
        f'"_experience":{{"customerJourneyManagement":{{{_message(sender, action, person)},'
        f'"messageInteraction":{{"interactionType":"{INTERACTIONS[fate.what]}"{link}}}}}}}}}'
    )


def push_tracking(sender: Sender, action: Action, person: Person, leg: int, fate: Fate) -> str:
    """One record of the push tracking data set."""
    if fate.what is What.ACTION:
        event_type = "pushTracking.customAction"
        tracked = f'"pushNotificationTracking":{{"customAction":{{"actionID":"{fate.detail}","value":1}}}},'
    else:
        event_type = "pushTracking.applicationOpened"
        tracked = '"pushNotificationTracking":{"isLaunch":true},'
    return (
        f"{_envelope(sender.number, leg, fate.at_ms, event_type, person)}{tracked}"
        f'"_experience":{{"customerJourneyManagement":{{{_message(sender, action, person)}}}}}}}'
    )


def offer(
    sender: Sender, action: Action, person: Person, leg: int, at_ms: int, event: str, decided: Offer
) -> str:
    """One record of the decision events: an offer was decided on, seen or clicked."""
    return (
        f"{_envelope(sender.number, leg, at_ms, f'decisioning.{event}', person)}"
        f'"_experience":{{"customerJourneyManagement":{{{_message(sender, action, person)}}},'
        f'"decisioning":{{"propositions":[{{"id":"{record_id(sender.number, 0)}",'
        f'"items":[{{"id":"{decided.id}","name":"{decided.name}"}}]}}]}}}}}}'
    )


def step_event(
    journey: Journey, step: Step, person: Person, instance: str, id_: str, at_ms: int, done: bool, extra: str
) -> str:
    """One record of the journey step events. done: the node has done its work, else it is only reached.

    extra: further members of stepEvents, each after a comma.
    """
    return (
        f'{{"_id":"{id_}","timestamp":"{iso_text(at_ms)}",'
        f'"_experience":{{"journeyOrchestration":{{"stepEvents":{{"journeyID":"{journey.id}",'
        f'"journeyVersionID":"{journey.version}","journeyVersionName":"{journey.name}",'
        f'"instanceID":"{instance}","instanceType":"unitary","profileID":"{person.crm_id}",'
        f'"profileNamespace":"crmId","nodeID":"{step.key}","nodeName":"{step.name}",'
        f'"requestID":"{instance[8:21]}-{step.key}",'
        f'"journeyNodeProcessed":{"true" if done else "false"}{extra}}}}}}}}}'
    )


def discard(journey: Journey, person: Person, number: int, at_ms: int, reason: str) -> str:
    """One record of a contact who was not let in."""
    return (
        f'{{"_id":"{record_id(number, 0)}","timestamp":"{iso_text(at_ms)}",'
        f'"_experience":{{"journeyOrchestration":{{"stepEvents":{{"journeyID":"{journey.id}",'
        f'"journeyVersionID":"{journey.version}","journeyVersionName":"{journey.name}",'
        f'"profileID":"{person.crm_id}","profileNamespace":"crmId"}},'
        f'"serviceEvents":{{"stateMachine":{{"eventCode":"discard","eventType":"{reason}"}}}}}}}}}}'
    )
