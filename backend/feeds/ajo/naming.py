"""Who and what an AJO record names: identities, scenario, step, delivery, campaign, channel.

A product id that is no ECID carries its namespace ("crmid:1001"): two namespaces may use one number for
two people. One record gives at most one product id, since two of them never are one contact.
"""

from __future__ import annotations

from collections.abc import Iterable

from backend.feeds.ajo.xdm import MESSAGES, ORCHESTRATION, STEPS, Xdm, as_text
from backend.model import Channel
from backend.record import Identity, NamedBy, Record, Ref, ScenarioRecord

PRODUCT = "ajo"

EMAIL_NAMESPACES = frozenset({"email", "emails", "emailaddress"})
PHONE_NAMESPACES = frozenset({"phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "sms"})
TOKEN_NAMESPACES = frozenset({"pushtoken", "token", "apns", "fcm"})
PLATFORMS = {"apns": "iOS", "apnssandbox": "iOS", "ios": "iOS", "fcm": "Android", "android": "Android"}

EXECUTION = MESSAGES + "messageExecution."
PROFILE = MESSAGES + "messageProfile."
ENTITY_JOURNEY = MESSAGES + "entities.journey."
ENTITY_CAMPAIGN = MESSAGES + "entities.campaign."
ENTITY_CHANNEL = MESSAGES + "entities.channelDetails."


def identity(namespace: str | None, value: str) -> Identity:
    """The identity that a value in one of AJO's namespaces is."""
    told = (namespace or "").strip()
    folded = told.lower()
    if folded in EMAIL_NAMESPACES or (not folded and "@" in value):
        return Identity("email", value)
    if folded in PHONE_NAMESPACES:
        return Identity("phone", value)
    if folded in TOKEN_NAMESPACES:
        return Identity("token", value)
    return Identity("id", value if folded in {"", "ecid"} else f"{folded}:{value}")


def identities(x: Xdm, first: Iterable[Identity] = ()) -> tuple[Identity, ...]:
    """All ways in which the record names its person: `first`, then the address written to, then the map."""
    told = [
        *first,
        *_address(x, "email", MESSAGES + "emailChannelContext.address", PROFILE + "address"),
        *_address(x, "phone", MESSAGES + "smsChannelContext.address", MESSAGES + "smsChannelContext.phone"),
        *_address(x, "token", MESSAGES + "pushChannelContext.token"),
        *_mapped(x),
    ]
    kept: list[Identity] = []
    for one in told:
        if one in kept or (one.namespace == "id" and any(other.namespace == "id" for other in kept)):
            continue
        kept.append(one)
    return tuple(kept)


def _address(x: Xdm, namespace: str, *paths: str) -> list[Identity]:
    value = x.take(*paths)
    return [Identity(namespace, value)] if value else []


def _mapped(x: Xdm) -> list[Identity]:
    """Identities of identityMap: the primary one first, then ECID, then by namespace."""
    folder = x.take_value("identityMap")
    found: list[tuple[bool, bool, str, Identity]] = []
    for namespace, entries in folder.items() if isinstance(folder, dict) else ():
        for entry in entries if isinstance(entries, list) else [entries]:
            fields = Xdm(entry) if isinstance(entry, dict) else None
            value = fields.peek("id", "xid", "_id") if fields else as_text(entry)
            if value:
                primary = fields is not None and fields.is_true("primary")
                is_ecid = namespace.lower() == "ecid"
                found.append((not primary, not is_ecid, namespace, identity(namespace, value)))
    return [one for *_, one in sorted(found, key=lambda item: item[:3])]


def journey_profile(x: Xdm) -> list[Identity]:
    """The profile that a journey's step event is about, in the journey's own namespace."""
    namespace = x.take(STEPS + "profileNamespace", ORCHESTRATION + "profile.namespace")
    value = x.take(STEPS + "profileID", ORCHESTRATION + "profile.ID")
    return [identity(namespace, value)] if value else []


def scenario(x: Xdm, account: str) -> tuple[Ref | None, list[Record]]:
    """The journey, and what joins its version to it where the record tells both.

    A record that names only the version is known by that until another record joins the two.
    """
    name = (
        x.take(
            ORCHESTRATION + "journey.name",
            ENTITY_JOURNEY + "journeyName",
            STEPS + "journeyVersionName",
        )
        or ""
    )
    key = x.take(STEPS + "journeyID", ORCHESTRATION + "journey.ID", ENTITY_JOURNEY + "journeyID")
    version = x.take(
        STEPS + "journeyVersionID",
        ORCHESTRATION + "journey.versionID",
        ENTITY_JOURNEY + "journeyVersionID",
        EXECUTION + "journeyVersionID",
    )
    if key is None:
        return (Ref(version, NamedBy.VERSION, name) if version else None), []
    ref = Ref(key, NamedBy.ID, name)
    if version is None:
        return ref, []
    return ref, [ScenarioRecord(product=PRODUCT, account=account, scenario=ref, version=version)]


def campaign(x: Xdm) -> Ref | None:
    name = x.take(ENTITY_CAMPAIGN + "name") or ""
    key = x.take(ENTITY_CAMPAIGN + "campaignID", EXECUTION + "campaignID", EXECUTION + "ajoCampaignID")
    return Ref(key, NamedBy.ID, name) if key else None


def delivery(x: Xdm) -> Ref | None:
    """The journey's or campaign's action; where a record tells neither, the message that it published."""
    name = (
        x.take(ENTITY_JOURNEY + "journeyActionName", EXECUTION + "messageLabel", ENTITY_CHANNEL + "label")
        or ""
    )
    key = x.take(
        ENTITY_JOURNEY + "journeyActionID",
        EXECUTION + "journeyActionID",
        ENTITY_CAMPAIGN + "campaignActionID",
        EXECUTION + "campaignActionID",
    )
    key = key or x.take(EXECUTION + "messageID", ENTITY_CHANNEL + "messageID")
    return Ref(key, NamedBy.ID, name) if key else None


def channel(*told: str | None) -> Channel | None:
    """The channel that the first telling text means: a URI, a label or an event type."""
    for text in told:
        folded = (text or "").lower()
        for word, meant in (("email", Channel.EMAIL), ("push", Channel.PUSH), ("sms", Channel.SMS)):
            if word in folded:
                return meant
    return None


def platform(told: str | None) -> str | None:
    return PLATFORMS.get(told.lower().replace("_", ""), told) if told else None
