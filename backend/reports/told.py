"""What the feeds of each product can tell at all: a number that none of them tells is unknown, and no 0.

A word here is a kind, "bounced.<class>" for bounces of one class, or "machine.<kind>" for what machines did.
What a metric means in a product, and that it means nothing there, is said in `backend.reports.metrics`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend.model import BounceClass, Channel, EventKind, LogName
from backend.products import ADOBE_CAMPAIGN, MARKETO
from backend.reports.counts import CountFlag
from backend.reports.metrics import Metric

Words = frozenset[str]

MACHINES: Words = frozenset({"machine.opened", "machine.clicked"})
_NO_SENDER: Words = frozenset(
    {
        *(EventKind.PUSH_ACTION, EventKind.OFFER_SENT, EventKind.OFFER_IMPRESSION, EventKind.OFFER_CLICK),
        "bounced.admin",
    }
)
UNTOLD: Mapping[str, Words] = {
    "brevo": frozenset({"machine.clicked", "bounced.ignored", "bounced.admin"}),
    ADOBE_CAMPAIGN: frozenset({"error", "bounced.ignored"}) | MACHINES,  # hits in access logs tell machines
    MARKETO: frozenset({"bounced.other"}),
    "sendgrid": _NO_SENDER | {"error", "machine.clicked"},
    "ses": _NO_SENDER | MACHINES,
    "mailgun": _NO_SENDER | {"bounced.ignored", "bounced.other"},
    "mailjet": _NO_SENDER | MACHINES,
    "mandrill": _NO_SENDER | MACHINES | {"error", "bounced.ignored", "bounced.other"},
    "postmark": _NO_SENDER | MACHINES,
    "sparkpost": _NO_SENDER,
}
"""Product -> the words that none of its feeds has."""
_EMAIL_ONLY = frozenset({Channel.EMAIL})
CHANNELS: Mapping[str, frozenset[Channel]] = {
    "brevo": frozenset({Channel.EMAIL, Channel.SMS}),
    MARKETO: _EMAIL_ONLY,
    **dict.fromkeys(("sendgrid", "ses", "mailgun", "mailjet"), _EMAIL_ONLY),
    **dict.fromkeys(("mandrill", "postmark", "sparkpost"), _EMAIL_ONLY),
}
"""Product -> the channels that its feeds tell of; one not listed: all."""
CAMPAIGNS_UNTOLD: Mapping[str, Words] = {
    "brevo": frozenset({"excluded", "error", "deferred", "bounced.other"}),  # its marketing webhook has none
}
"""The same of the messages of its campaigns only, which other feeds tell of than of templates."""
ALSO: Mapping[str, Words] = {"campaign-access-log": MACHINES}
"""Format -> words that an account with such a feed is told all the same."""
_REACTIONS: Words = frozenset({"targeted", "opened", "clicked", "unsubscribed"})
_OUTCOMES: Words = frozenset(
    {"targeted", "excluded", "sent", "delivered", "bounced", "bounced.hard", "bounced.soft", "bounced.other"}
)
ONLY: Mapping[str, Words] = {
    "ajo-feedback": _OUTCOMES | {"deferred", "error", "bounced.ignored", "bounced.admin"},
    "ajo-tracking": _REACTIONS | MACHINES | {"complained", "push_action"},
    "ajo-offers": frozenset({"offer_sent", "offer_impression", "offer_click"}),
    "brevo-event-log": _REACTIONS,
    "brevo-event-log-json": _REACTIONS,
    "brevo-marketing-webhook": (_OUTCOMES | _REACTIONS | {"machine.opened", "complained"})
    - CAMPAIGNS_UNTOLD["brevo"],
    "brevo-sms-webhook": (_OUTCOMES | {"error", "unsubscribed"}) - {"bounced.other"},
    "campaign-broadlog": _OUTCOMES | {"complained"},
    "campaign-exclusions": frozenset({"targeted", "excluded"}),
    "campaign-tracking": _REACTIONS,
    "campaign-access-log": _REACTIONS | MACHINES,
    "mailgun-form": (_OUTCOMES | _REACTIONS | {"complained"}) - {"sent", "bounced.other"},
    "ses-feedback": (_OUTCOMES | {"complained", "bounced.ignored"}) - {"sent", "bounced.other"},
    "postmark-subscription": frozenset({"targeted", "bounced", "bounced.hard", "complained", "unsubscribed"}),
}
"""Format -> all that it tells of messages, where other feeds of the product tell more; `targeted` and `sent`
also where its rows imply them. An account that has had such feeds only is told no other word."""
_ALL_ONLY: Words = frozenset().union(*ONLY.values())
SILENT: frozenset[str] = frozenset(
    {
        *("ajo-step-events", "ajo-entities", "ajo-suppression", "brevo-blocked", "brevo-blocked-csv"),
        *("brevo-scenario-log", "brevo-scenario-log-json", "brevo-contacts-in-scenario"),
        *("brevo-contacts-in-scenario-json", "campaign-deliveries", "campaign-urls", "campaign-html"),
        "campaign-quarantines",
        *("parcours", "parcours-csv"),
    }
)
"""Formats of which no word is to be expected: logs of scenarios, lists, and definitions."""
UNTOLD_ON: Mapping[tuple[str, Channel], Words] = {
    ("brevo", Channel.SMS): frozenset({"opened", "clicked", "complained", "deferred"}) | MACHINES,
    ("ajo", Channel.PUSH): frozenset({"unsubscribed", "complained"}),
}
"""The same of one channel only."""
_COHORT_WORDS: Mapping[str, Words] = {
    "delivered": frozenset({"delivered"}),
    "excluded": frozenset({"excluded"}),
    "errors": frozenset({"error"}),
    "hard": frozenset({"bounced.hard"}),
    "soft": frozenset({"bounced.soft"}),
    "other": frozenset({"bounced.other", "bounced.ignored", "bounced.admin"}),
    "opened": frozenset({"opened"}),
    "clicked": frozenset({"clicked"}),
    "unsubscribed": frozenset({"unsubscribed"}),
}
"""By what the messages of a field of cohort.Cohort are known, beside their sending; the other fields follow
from several."""


def is_told(
    metric: Metric,
    product: str,
    channel: Channel | None = None,
    *,
    of_campaigns: bool = False,
    formats: Iterable[str] = (),
) -> bool:
    """Whether the feeds of a product can tell this metric at all, on a channel; a product not listed can.
    of_campaigns: of a campaign's own messages. formats: the feeds that the account has had, () is any."""
    if metric.meanings.get(product, "") is None:
        return False
    untold = UNTOLD.get(product, frozenset())
    if channel is not None and not has_channel(product, channel):
        return metric.log is not LogName.EVENT
    if channel is not None:
        untold |= UNTOLD_ON.get((product, channel), frozenset())
    if of_campaigns:
        untold |= CAMPAIGNS_UNTOLD.get(product, frozenset())
    feeds = set(formats) - SILENT
    untold -= _union(ALSO, feeds)
    if metric.log is LogName.EVENT and feeds and feeds <= ONLY.keys():
        untold |= _ALL_ONLY - _union(ONLY, feeds)
    words = _words(metric)
    if metric.cohort is not None and "sent" in untold:
        return False
    return not words or bool(words - untold)


def has_channel(product: str, channel: Channel) -> bool:
    """Whether any feed of a product tells of messages on a channel."""
    return channel in CHANNELS.get(product, frozenset(Channel))


def _union(words: Mapping[str, Words], feeds: Iterable[str]) -> Words:
    return frozenset().union(*(words.get(feed, frozenset()) for feed in feeds))


def _words(metric: Metric) -> Words:
    if metric.cohort is not None:
        return _COHORT_WORDS.get(metric.cohort, frozenset())
    if metric.having & CountFlag.MACHINE:
        return frozenset(f"machine.{kind}" for kind in metric.kinds)
    if metric.classes:
        return frozenset(f"bounced.{name or BounceClass.OTHER}" for name in metric.classes)
    return frozenset(metric.kinds)
