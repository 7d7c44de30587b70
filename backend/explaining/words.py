"""What the products' codes mean, in words and with what to try next: data for `backend.explaining.explain`.

Codes are found anywhere in a reason's text, because feeds write "EmailSuppressed 050102" as well as either
part alone. A code that is not here is shown as it came.
"""

from __future__ import annotations

import re

import msgspec


class Meaning(msgspec.Struct, frozen=True):
    """What a code says, and the next thing to try."""

    text: str
    next: str


CONSENT = "ask the person to opt in again; consent cannot be given for them"
SUPPRESSED = "have the address checked, then take it off the suppression list of the product"
ADDRESS = "correct the address of the contact in the product"
CONTENT = "look at the message: it has no content for this contact"
PRESET = "look at the channel configuration (preset) of the message"
RETRY = "send again; if it repeats, give the time and id of this row to the product's support"
LATER = "send again later: the cause was a temporary one"
RULES = "look at the rule that left the contact out; it worked as it was set"

EXCLUSIONS: dict[str, tuple[str, Meaning]] = {
    "RuntimeDispatchError": ("050301", Meaning("the product could not hand the message on", RETRY)),
    "RuntimeRenderingError": (
        "050302",
        Meaning("the message could not be rendered for this contact", CONTENT),
    ),
    "NamespaceErrorForExperimentation": ("050017", Meaning("no identity to choose a treatment by", ADDRESS)),
    "ExperimentationHoldoutExclusion": ("050018", Meaning("held out of an experiment", RULES)),
    "ExcludedForControlRules": ("050002", Meaning("in a control group or over a frequency cap", RULES)),
    "EmailNoConsent": ("050101", Meaning("no consent to e-mail", CONSENT)),
    "EmailSuppressed": ("050102", Meaning("the address is on the suppression list", SUPPRESSED)),
    "EmailNotAllowed": ("050103", Meaning("the address is not on the allowed list", PRESET)),
    "DomainSuppressed": ("050105", Meaning("the domain is on the suppression list", SUPPRESSED)),
    "DomainNotAllowed": ("050106", Meaning("the domain is not on the allowed list", PRESET)),
    "Suppressed": ("050107", Meaning("on the suppression list", SUPPRESSED)),
    "NotAllowed": ("050108", Meaning("not on the allowed list", PRESET)),
    "EmailNoAddressFoundInProfile": ("050020", Meaning("the contact has no e-mail address", ADDRESS)),
    "EmailNoAddressDefinedInPreset": ("050021", Meaning("the preset names no address field", PRESET)),
    "EmailMalformedAddress": ("050024", Meaning("the e-mail address is malformed", ADDRESS)),
    "EmailNoSubscriberIdFoundInProfile": ("050025", Meaning("the contact has no subscriber id", ADDRESS)),
    "EmailNoVariantDefined": ("050026", Meaning("no variant of the e-mail fits this contact", CONTENT)),
    "EmailNoMessageFoundForTreatment": ("050027", Meaning("the treatment has no e-mail", CONTENT)),
    "UnsubscribeLinkNotValid": (
        "050081",
        Meaning("the List-Unsubscribe header is not valid (its subject has over 998 characters)", CONTENT),
    ),
    "AttachmentResolutionFailed": ("050083", Meaning("an attachment could not be found", CONTENT)),
    "PushNoTokenFoundInProfile": ("050030", Meaning("the contact has no push token", ADDRESS)),
    "PushNoValidTokenFoundForApps": ("050031", Meaning("no push token of this app is valid", ADDRESS)),
    "PushNoApplicationDefinedInPreset": ("050033", Meaning("the preset names no app", PRESET)),
    "PushMalformedProfile": ("050034", Meaning("the contact's push data is malformed", ADDRESS)),
    "PushNoVariantDefined": ("050035", Meaning("no variant of the push message fits", CONTENT)),
    "PushNoMessageFoundForTreatment": ("050036", Meaning("the treatment has no push message", CONTENT)),
    "PushNoConsent": ("050111", Meaning("no consent to push messages", CONSENT)),
    "SMSNoConsent": ("050104", Meaning("no consent to SMS", CONSENT)),
    "SMSFromNumberNotDefinedInPreset": ("050152", Meaning("the preset has no sending number", PRESET)),
    "SMSNoToNumberDefinedInProfile": ("050153", Meaning("the contact has no phone number", ADDRESS)),
    "SMSNoVariantDefined": ("050154", Meaning("no variant of the SMS fits", CONTENT)),
    "SMSNoMessageFoundForTreatment": ("050155", Meaning("the treatment has no SMS", CONTENT)),
    "NoMessageFoundForTreatment": ("050061", Meaning("the treatment has no message", CONTENT)),
    "NoVariantDefined": ("050062", Meaning("no variant of the message fits", CONTENT)),
    # Adobe Campaign (F096)
    "Denylisted address": ("", Meaning("the address is on the denylist", CONSENT)),
    "Address in quarantine": ("", Meaning("the address is in quarantine", SUPPRESSED)),
    "Address not specified": ("", Meaning("the contact has no address on this channel", ADDRESS)),
    "Double": ("", Meaning("another recipient of this delivery has the same address", "nothing to do")),
    "Excluded by a SQL rule": ("", Meaning("a typology rule left the contact out", RULES)),
    "Excluded after arbitration": ("", Meaning("a typology rule gave way to other deliveries", RULES)),
    "Bad-quality address": ("", Meaning("the address is rated too low", ADDRESS)),
    "Unqualified address": ("", Meaning("the address is not qualified", ADDRESS)),
    "Not eligible for the offers": ("", Meaning("no offer fits this contact", CONTENT)),
    "Target limited in size": ("", Meaning("the delivery was limited to fewer contacts", RULES)),
    "Control address": ("", Meaning("a control address, never mailed", "nothing to do")),
    "blocklisted": ("", Meaning("the contact is on the blocklist", CONSENT)),
    # Marketo (F150)
    "Unsubscribed": ("", Meaning("unsubscribed", CONSENT)),
    "Marketing Suspended": ("", Meaning("marketing is suspended for this person", RULES)),
    "Email Invalid": ("", Meaning("the address is marked invalid, which only a person resets", ADDRESS)),
    "Communication Limit": ("", Meaning("over the communication limit", RULES)),
}
"""Exclusion reason -> (code, meaning) (F068, F096, F150)."""

_BY_CODE = {code: meaning for code, meaning in EXCLUSIONS.values() if code}
_SHARED_CODES = {
    "050041": Meaning("no variant fits (in-app or web: the code alone does not tell)", CONTENT),
    "050042": Meaning("the treatment has no message (in-app or web: the code alone does not tell)", CONTENT),
}

DISCARDS: dict[str, Meaning] = {
    "EXTERNAL_KEY_COMPUTATION_ERROR": Meaning(
        "no key could be made of the event", "look at the event's id field"
    ),
    "NO_INTERESTED_JOURNEYS_FOR_SEGMENTMEMBERSHIP_EVENT": Meaning(
        "no scenario listens to this audience", "check that the scenario is live and reads this audience"
    ),
    "JOURNEY_INSTANCE_ID_NOT_CREATED": Meaning("the pass could not be created", RETRY),
    "EVENT_WITH_NO_JOURNEY": Meaning("no scenario uses this event", "check that the scenario is live"),
    "maxInstanceStackEventsReached": Meaning(
        "ten events of this contact were queued already", "send fewer events at once for one contact"
    ),
    "PAUSED_JOURNEY_VERSION": Meaning("the scenario was paused at entry", "resume it, then enter again"),
    "JOURNEY_IN_PAUSED_STATE": Meaning("the scenario was paused", "resume it, then enter again"),
    "ERROR_SERVICE_INTERNAL": Meaning("an error inside the product", RETRY),
    "forcedDiscardDueToQuietHours": Meaning("quiet hours, and the rule discards", RULES),
    "quietHours": Meaning("quiet hours", RULES),
    "reentranceNotAllowed": Meaning(
        "it had been in before, and entering again is not allowed",
        "allow re-entrance, or wait its period out",
    ),
    "notSuitableInitialEvent": Meaning("the event does not start this scenario", "check the entry event"),
    "LOWER_PRIORITY": Meaning("another scenario had the higher priority", RULES),
    "CAP_REACHED": Meaning("the frequency cap was reached", RULES),
    "businessRuleProfileDiscarded": Meaning("a business rule discarded it", RULES),
    "ERROR_INSTANCE_DUPLICATION": Meaning("it was in the scenario already", "nothing to do"),
    "ERROR_INSTANCE_BAD_NAMESPACE": Meaning("the audience uses another identity", "check the namespace"),
    "ERROR_INSTANCE_NO_IDENTITY_MAP": Meaning("the audience row carries no identity", "check the audience"),
    "ERROR_INSTANCE_NOT_A_TEST_PROFILE": Meaning("only test profiles enter in test mode", "publish it"),
    "ERROR_INSTANCE_INTERNAL": Meaning("an error inside the product", RETRY),
    "ERROR_TOPIC_CREATION": Meaning("the audience could not be read", RETRY),
    "ERROR_EXPORTJOB_APICALL_TIMEOUT": Meaning("reading the audience took too long", RETRY),
    "ERROR_EXPORTJOB_APICALL": Meaning("the audience could not be read", RETRY),
    "ERROR_EXPORTJOB_FAILED": Meaning("reading the audience failed", RETRY),
}
"""Why a contact did not get into a scenario, or was thrown out of it (F076, F077)."""

STEP_ERRORS: dict[str, Meaning] = {
    "http": Meaning("the called system answered with an error", "look at that system at this time"),
    "capping": Meaning("too many calls at once; this one was capped", "raise the cap or spread the entries"),
    "timedout": Meaning("the called system did not answer in time", "look at that system at this time"),
    "timeout": Meaning("the called system did not answer in time", "look at that system at this time"),
    "error": Meaning("the step failed", "look at the step's settings"),
}
"""Action error kinds (F075)."""

BOUNCES: dict[str, Meaning] = {
    "Invalid Recipient": Meaning("the address does not exist", ADDRESS),
    "Recipient Refused": Meaning("the server refuses this recipient", ADDRESS),
    "User unknown": Meaning("the address does not exist", ADDRESS),
    "Account disabled": Meaning("the mailbox was closed", ADDRESS),
    "Invalid domain": Meaning("the domain does not exist or takes no mail", ADDRESS),
    "DNS Failure": Meaning("the domain could not be looked up", ADDRESS),
    "Mailbox Full": Meaning("the mailbox is full", "nothing to do; it is mailed again next time"),
    "Too Large": Meaning("the message is too large for that server", "make the message smaller"),
    "Timeout": Meaning("the server did not answer in time", RETRY),
    "Admin Failure": Meaning("the sending side failed", "look at the sending domain and its settings"),
    "Mail Block": Meaning("the server blocks us", "look at the reputation of the sending address"),
    "Spam Block": Meaning("taken for spam", "look at the reputation of the sending address"),
    "Spam Content": Meaning("its content was taken for spam", "look at the content of the message"),
    "Relaying Denied": Meaning("the server takes no mail for this domain", ADDRESS),
    "Challenge-Response": Meaning("the recipient's server wants a proof of a person", "nothing to do"),
}
"""Names of bounces (F070, F096)."""

MARKETO_CATEGORIES: dict[str, str] = {
    "1": "category 1, spam block: suspended for 24 h",
    "2": "category 2, invalid address: never mailed again",
    "3": "category 3, temporary",
    "4": "category 4, technical",
    "9": "category 9, unknown",
}
"""F146, from the community, not from the product's documents."""

_PERMANENT = re.compile(
    r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])|^\s*5[05]\d[ -]"
    r"|\b(user|mailbox|recipient|address) (is )?(unknown|not found|does not exist|disabled)"
    r"|\bno such (user|mailbox|recipient|domain)|\b(unknown|invalid) (user|recipient)",
    re.IGNORECASE,
)


def reads_permanent(text: str | None) -> bool:
    """Whether a server's text says that trying again is of no use, whatever the product calls it."""
    return bool(text and _PERMANENT.search(text))


def exclusion(reason: str | None) -> Meaning | None:
    """The meaning of an exclusion's reason or code; None for one that no document lists."""
    found = _named({name: meaning for name, (_, meaning) in EXCLUSIONS.items()}, reason)
    if found is not None or reason is None:
        return found
    codes = re.findall(r"\b05\d{4}\b", reason)
    return next((known for code in codes if (known := {**_BY_CODE, **_SHARED_CODES}.get(code))), None)


def discard(reason: str | None) -> Meaning | None:
    return _named(DISCARDS, reason)


def step_error(reason: str | None) -> Meaning | None:
    return _named(STEP_ERRORS, reason)


def bounce(reason: str | None) -> Meaning | None:
    return _named(BOUNCES, reason)


def _named(known: dict[str, Meaning], text: str | None) -> Meaning | None:
    """The meaning of the longest name that stands in a text as words of its own."""
    if not text:
        return None
    folded = text.casefold()
    for name in sorted(known, key=len, reverse=True):
        if re.search(rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-])", folded):
            return known[name]
    return None
