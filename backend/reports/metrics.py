"""The catalogue of metrics: what each number of a live report counts, in which unit, over what.

One place says what a metric is; panes only name it. `meanings` tell what the number stands for in each
product (semantics differ: docs/rules.md, false friends), None where the product's feeds never tell it, so
that a missing number is not shown as a zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from backend.model import BounceClass, EventKind, LogName, StepKind
from backend.reports.counts import CountFlag, Tally

MeaningOf = Mapping[str, str | None]


class Unit(StrEnum):
    """What one of the number is; a drill lists one line for each (R48)."""

    ROW = "row"
    MESSAGE = "message"
    CONTACT = "contact"
    RUN = "run"
    RATIO = "ratio"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A number with one meaning everywhere: a count of rows, a distinct count, or a ratio of two metrics."""

    id: str
    label: str
    unit: Unit = Unit.ROW
    formula: str
    """In words, for the help that stands on the number."""
    log: LogName = LogName.EVENT
    """The log that it needs."""
    kinds: tuple[str, ...] = ()
    classes: tuple[str | None, ...] = ()
    """Bounce classes that count, None for rows without one; () is all."""
    having: int = 0
    """CountFlag bits that a counted row has."""
    lacking: int = 0
    """CountFlag bits that a counted row does not have."""
    distinct: str | None = None
    """Field of counts.Distinct that holds it; then it has no graph."""
    cohort: str | None = None
    """Field of cohort.Cohort that holds it: it counts messages by sending time, and has no graph."""
    part: str | None = None
    """Ratio: metric above the line."""
    whole: str | None = None
    """Ratio: metric below the line, the denominator."""
    tracked: bool = False
    """It stays empty where a delivery's tracking is off."""
    meanings: MeaningOf = {}

    def counts(self, tally: Tally) -> bool:
        """Whether rows of this tally are counted by this metric."""
        return (
            tally.kind in self.kinds
            and tally.log == self.log
            and (not self.classes or tally.bounce_class in self.classes)
            and tally.flags & self.having == self.having
            and not tally.flags & self.lacking
        )


def _events(
    id: str,
    label: str,
    formula: str,
    *kinds: EventKind,
    meanings: MeaningOf | None = None,
    classes: tuple[str | None, ...] = (),
) -> Metric:
    return Metric(
        id=id,
        label=label,
        formula=formula,
        kinds=tuple(kinds),
        classes=classes,
        meanings=meanings or {},
    )


def _reactions(
    id: str,
    label: str,
    formula: str,
    kind: EventKind,
    meanings: MeaningOf,
    *,
    unit: Unit = Unit.ROW,
    having: int = 0,
    lacking: int = CountFlag.MACHINE,
) -> Metric:
    return Metric(
        id=id,
        label=label,
        unit=unit,
        formula=formula,
        kinds=(kind,),
        having=int(having),
        lacking=int(lacking),
        tracked=True,
        meanings=meanings,
    )


def _steps(id: str, label: str, formula: str, *kinds: StepKind, meanings: MeaningOf) -> Metric:
    return Metric(
        id=id, label=label, formula=formula, log=LogName.SCENARIO, kinds=tuple(kinds), meanings=meanings
    )


def _people(
    id: str, label: str, formula: str, kinds: tuple[StepKind, ...], unit: Unit, meanings: MeaningOf
) -> Metric:
    return Metric(
        id=id,
        label=label,
        unit=unit,
        formula=formula,
        log=LogName.SCENARIO,
        kinds=tuple(kinds),
        distinct=id,
        meanings=meanings,
    )


def _ratio(id: str, label: str, formula: str, part: str, whole: str) -> Metric:
    return Metric(id=id, label=label, unit=Unit.RATIO, formula=formula, part=part, whole=whole)


def _sent_messages(
    id: str,
    label: str,
    formula: str,
    field: str,
    *,
    tracked: bool = False,
    meanings: MeaningOf | None = None,
) -> Metric:
    return Metric(
        id=id,
        label=label,
        unit=Unit.MESSAGE,
        formula=formula,
        cohort=field,
        tracked=tracked,
        meanings=meanings or {},
    )


ENTERING = (StepKind.ENTERED, StepKind.RESTARTED)
LEAVING = (StepKind.EXITED, StepKind.FAILED, StepKind.REMOVED)
"""Exited includes errors and removals (R34)."""
COMPLETING = (StepKind.STEP, StepKind.EVENT, StepKind.ACTION)
"""A step counts on completion, not on entry (R35)."""
LEAVING_AT_STEP = (*LEAVING, StepKind.DISCARDED)

_SENDING = (
    _events(
        "targeted",
        "Targeted",
        "targeted rows; where a product logs none, the first row of each message",
        EventKind.TARGETED,
        meanings={
            "ajo": "profiles that qualified, before exclusions; one may count several times",
            "brevo": "not logged: the first row of each message stands for it",
            "adobe_campaign": "initial population: messages to deliver, and those left out",
            "marketo": None,
        },
    ),
    _events(
        "excluded",
        "Excluded",
        "excluded rows",
        EventKind.EXCLUDED,
        meanings={
            "ajo": "targeted profiles left out before sending; duplicates are counted",
            "brevo": "blocked before sending; not told of campaigns",
            "adobe_campaign": "status Ignored",
            "marketo": None,
        },
    ),
    _events(
        "sent",
        "Sent",
        "sent rows; where a product logs none, the first delivered, bounced or deferred row of each message",
        EventKind.SENT,
        meanings={
            "ajo": "total sends of the delivery, known from their feedback",
            "brevo": "request or sent; a request may still be blocked later",
            "adobe_campaign": "taken into account by the provider, not received yet",
            "marketo": "left, or queued on, Marketo's servers, even if it bounces later",
        },
    ),
    _events(
        "delivered",
        "Delivered",
        "delivered rows",
        EventKind.DELIVERED,
        meanings={
            "ajo": "sent successfully (feedback status sent)",
            "brevo": "accepted by the recipient's server",
            "adobe_campaign": "status Sent or Received on mobile",
            "marketo": "accepted by the recipient's server, at most once for each send",
        },
    ),
    _events(
        "bounces",
        "Bounces",
        "bounced rows of every class: hard, soft, ignored and what a product has besides",
        EventKind.BOUNCED,
        meanings={
            "ajo": "errors of deliveries and of automatic return processing; the type Admin is included",
            "brevo": "hard and soft bounces",
            "adobe_campaign": "failed deliveries",
            "marketo": "hard and soft bounces",
        },
    ),
    _events(
        "errors",
        "Errors",
        "error rows: what kept a message from being sent; bounces are not in it",
        EventKind.ERROR,
        meanings={
            "ajo": "errors before sending",
            "brevo": "event error; not told of campaigns",
            "adobe_campaign": None,
            "marketo": None,
        },
    ),
    _events(
        "unsubscribes",
        "Unsubscribes",
        "unsubscribed rows",
        EventKind.UNSUBSCRIBED,
        meanings={
            "ajo": "clicks on the unsubscribe link, not finished opt-outs",
            "brevo": "unsubscribed",
            "adobe_campaign": "clicks on the opt-out link",
            "marketo": "link clicked and the form submitted",
        },
    ),
    _events(
        "complaints",
        "Spam complaints",
        "complained rows",
        EventKind.COMPLAINED,
        meanings={
            "ajo": "reported as spam or junk",
            "brevo": "spam or complaint",
            "adobe_campaign": "complaints",
            "marketo": None,
        },
    ),
)

_RETRIES = _events(
    "retries",
    "Retries",
    "deferred rows: the receiving server put the message off and it is tried again",
    EventKind.DEFERRED,
    meanings={
        "ajo": "feedback status delay",
        "brevo": "deferred; not told of campaigns",
        "adobe_campaign": None,
        "marketo": None,
    },
)

_CLASSES = (
    _events(
        "bounces_hard",
        "Hard",
        "bounced rows of class hard: permanent, such as an unknown user",
        EventKind.BOUNCED,
        classes=(BounceClass.HARD,),
        meanings={"marketo": "includes spam blocks that end after 24 hours"},
    ),
    _events(
        "bounces_soft",
        "Soft",
        "bounced rows of class soft: temporary, such as a full inbox",
        EventKind.BOUNCED,
        classes=(BounceClass.SOFT,),
    ),
    _events(
        "bounces_ignored",
        "Ignored",
        "bounced rows of class ignored: out of office, or technical",
        EventKind.BOUNCED,
        classes=(BounceClass.IGNORED,),
        meanings={"brevo": None, "marketo": None},
    ),
    _events(
        "bounces_admin",
        "Admin",
        "bounced rows of class admin: AJO's fourth type",
        EventKind.BOUNCED,
        classes=(BounceClass.ADMIN,),
        meanings={"brevo": None, "marketo": None, "adobe_campaign": None},
    ),
    _events(
        "bounces_other",
        "Other",
        "bounced rows without one of the other classes",
        EventKind.BOUNCED,
        classes=(BounceClass.OTHER, None),
    ),
)

_OPENS: MeaningOf = {
    "ajo": "times a message was opened",
    "brevo": "opened and unique_opened; the first open is a unique_opened",
    "adobe_campaign": "loads of the open pixel",
    "marketo": "at most one for each e-mail, person and smart campaign",
}
_CLICKS: MeaningOf = {
    "ajo": "times content was clicked",
    "brevo": "clicks on tracked links",
    "adobe_campaign": "clicks on links of type e-mail click; opt-out and mirror page are left out",
    "marketo": "times a decorated link was loaded",
}
_ENGAGEMENT = (
    _reactions("opens", "Opens", "opened rows that are not a machine's", EventKind.OPENED, _OPENS),
    _reactions("clicks", "Clicks", "clicked rows that are not a machine's", EventKind.CLICKED, _CLICKS),
    _reactions(
        "unique_opens",
        "Unique opens",
        "messages by their first human open",
        EventKind.OPENED,
        _OPENS,
        unit=Unit.MESSAGE,
        having=CountFlag.FIRST,
    ),
    _reactions(
        "unique_clicks",
        "Unique clicks",
        "messages by their first human click",
        EventKind.CLICKED,
        _CLICKS,
        unit=Unit.MESSAGE,
        having=CountFlag.FIRST,
    ),
    _reactions(
        "machine_opens",
        "Machine opens",
        "opened rows of proxies and bots; never part of Opens",
        EventKind.OPENED,
        {"brevo": "proxy_open and unique_proxy_open", "marketo": "Bot Activity is true"},
        having=CountFlag.MACHINE,
        lacking=0,
    ),
    _reactions(
        "machine_clicks",
        "Machine clicks",
        "clicked rows of bots; never part of Clicks",
        EventKind.CLICKED,
        {"marketo": "Bot Activity is true"},
        having=CountFlag.MACHINE,
        lacking=0,
    ),
)

_RATES = (
    _ratio("delivery_rate", "Delivery rate", "Delivered ÷ Sent", "delivered", "sent"),
    _ratio("bounce_rate", "Bounce rate", "Bounces ÷ Sent", "bounces", "sent"),
    _ratio("error_rate", "Error rate", "Errors ÷ Sent, though errors come before sending", "errors", "sent"),
    _ratio("open_rate", "Open rate", "Opens ÷ Delivered; may exceed 100 %", "opens", "delivered"),
    _ratio("unique_open_rate", "Unique open rate", "Unique opens ÷ Delivered", "unique_opens", "delivered"),
    _ratio("complaint_rate", "Complaint rate", "Spam complaints ÷ Delivered", "complaints", "delivered"),
    _ratio("excluded_rate", "Excluded rate", "Excluded ÷ Targeted", "excluded", "targeted"),
    _ratio("click_rate", "Click rate", "Clicks ÷ Delivered; may exceed 100 %", "clicks", "delivered"),
    _ratio(
        "unique_click_rate", "Unique click rate", "Unique clicks ÷ Delivered", "unique_clicks", "delivered"
    ),
    _ratio(
        "action_error_rate",
        "Error rate",
        "Error in actions ÷ (Actions executed + Error in actions)",
        "action_errors",
        "action_attempts",
    ),
)

_ONLY_AJO: MeaningOf = {"brevo": None, "marketo": None, "adobe_campaign": None}
_PUSH = (
    _reactions(
        "push_actions",
        "Actions",
        "push_action rows: button clicks and dismissals",
        EventKind.PUSH_ACTION,
        _ONLY_AJO,
    ),
    Metric(
        id="engagements",
        label="Engagements",
        formula="Opens + Actions; a dismissal is an action and no open",
        kinds=(EventKind.OPENED, EventKind.PUSH_ACTION),
        lacking=int(CountFlag.MACHINE),
        tracked=True,
        meanings=_ONLY_AJO,
    ),
)

_OFFERS = (
    _events("offers_sent", "Offer sent", "offer_sent rows", EventKind.OFFER_SENT, meanings=_ONLY_AJO),
    _events(
        "offer_impressions",
        "Offer impression",
        "offer_impression rows: times an offer was opened in a delivery",
        EventKind.OFFER_IMPRESSION,
        meanings=_ONLY_AJO,
    ),
    _events("offer_clicks", "Offer clicks", "offer_click rows", EventKind.OFFER_CLICK, meanings=_ONLY_AJO),
)

_ENTERED: MeaningOf = {
    "ajo": "individuals who reached the entry event",
    "brevo": "contacts with workflow_points start or restart",
}
_EXITED: MeaningOf = {
    "ajo": "individuals who left the journey, errors and forced exits included",
    "brevo": "contacts with workflow_points exit, and removed ones",
}
_JOURNEY = (
    _people(
        "entered_contacts",
        "Entered profiles",
        "distinct contacts with an entered or restarted row",
        ENTERING,
        Unit.CONTACT,
        _ENTERED,
    ),
    _people(
        "entered_runs", "Entered runs", "distinct runs entered or restarted", ENTERING, Unit.RUN, _ENTERED
    ),
    _people(
        "exited_contacts",
        "Exited profiles",
        "distinct contacts with an exited, failed or removed row",
        LEAVING,
        Unit.CONTACT,
        _EXITED,
    ),
    _people(
        "exited_runs",
        "Exited runs",
        "distinct runs with an exited, failed or removed row",
        LEAVING,
        Unit.RUN,
        _EXITED,
    ),
    _people(
        "failed_runs",
        "Failed individual journeys",
        "distinct runs with a failed row; part of Exited runs",
        (StepKind.FAILED,),
        Unit.RUN,
        {"ajo": "journeys of one profile that ended in an error", "brevo": "rows with an error message"},
    ),
    _steps(
        "events_executed",
        "Events executed",
        "event rows of the scenario log: an event was received and its step completed",
        StepKind.EVENT,
        meanings={"ajo": "event nodes executed successfully"},
    ),
    _steps(
        "actions_executed",
        "Actions executed",
        "action rows of the scenario log; an error never counts as executed",
        StepKind.ACTION,
        meanings={"ajo": "actions executed successfully"},
    ),
    _steps(
        "action_errors",
        "Error in actions",
        "action_error rows of the scenario log",
        StepKind.ACTION_ERROR,
        meanings={"ajo": "errors of actions: http, capping, timeout, error"},
    ),
    _steps(
        "action_attempts",
        "Action attempts",
        "Actions executed + Error in actions: attempts finished",
        StepKind.ACTION,
        StepKind.ACTION_ERROR,
        meanings={},
    ),
    _steps(
        "completed",
        "Completed",
        "step, event and action rows of the step: it counts on completion, not on entry",
        *COMPLETING,
        meanings={},
    ),
    _steps(
        "left",
        "Left",
        "exited, failed, removed and discarded rows at the step",
        *LEAVING_AT_STEP,
        meanings={},
    ),
    _steps(
        "discarded",
        "Discarded",
        "discarded rows: turned away before they entered, or thrown out on the way",
        StepKind.DISCARDED,
        meanings={"ajo": "discarded profiles: re-entrance not allowed, paused journey, quiet hours ..."},
    ),
    _steps(
        "entered_rows",
        "Entries",
        "entered and restarted rows, however often a contact came in",
        *ENTERING,
        meanings=_ENTERED,
    ),
    _steps("exited_rows", "Exits", "exited, failed and removed rows", *LEAVING, meanings=_EXITED),
    _steps("failed_rows", "Failures", "failed rows", StepKind.FAILED, meanings={}),
    _ratio("discard_rate", "Discard rate", "Discarded ÷ Entries", "discarded", "entered_rows"),
    _ratio("failure_rate", "Failure rate", "Failures ÷ Entries", "failed_rows", "entered_rows"),
    Metric(
        id="inside",
        label="Inside now",
        unit=Unit.CONTACT,
        formula="contacts in the roster at the step now, whatever the window",
        log=LogName.SCENARIO,
    ),
)

_CAMPAIGN = (
    Metric(
        id="campaign_contacts",
        label="Entered profiles",
        unit=Unit.CONTACT,
        formula="distinct contacts with a targeted, excluded, error or sent row of the campaign",
        kinds=(EventKind.TARGETED, EventKind.EXCLUDED, EventKind.ERROR, EventKind.SENT),
        distinct="campaign_contacts",
        meanings={"ajo": "profiles that started the campaign"},
    ),
)

_OUTCOMES = (
    _sent_messages(
        "messages_sent",
        "Sent",
        "messages sent in the window: delivered + bounced + pending",
        "sent",
        meanings={"marketo": "several sendings of one e-mail to one person by one smart campaign are one"},
    ),
    _sent_messages(
        "messages_delivered",
        "Delivered",
        "messages sent in the window whose outcome is delivered",
        "delivered",
        meanings={"marketo": "accepted by the server, or opened, clicked or unsubscribed from by a person"},
    ),
    _sent_messages(
        "messages_hard",
        "Hard bounced",
        "messages sent in the window whose outcome is a hard bounce",
        "hard",
        meanings={
            "marketo": "beats soft bounces and Delivered; a person's reaction cancels it",
            "adobe_campaign": "failed: user unknown",
        },
    ),
    _sent_messages(
        "messages_soft",
        "Soft bounced",
        "messages sent in the window whose outcome is a soft bounce",
        "soft",
        meanings={
            "adobe_campaign": "failed: unreachable, mailbox full, invalid domain, account disabled,"
            " not connected, refused"
        },
    ),
    _sent_messages(
        "messages_bounced_other",
        "Otherwise bounced",
        "messages sent in the window that bounced with another class, or with none",
        "other",
        meanings={"adobe_campaign": "other failed", "marketo": None},
    ),
    _sent_messages(
        "messages_pending",
        "Pending",
        "Sent − Delivered − bounces: messages sent in the window without an outcome yet",
        "pending",
    ),
    _sent_messages(
        "messages_aborted",
        "Aborted",
        "part of Pending: no answer within 72 hours of the sending",
        "aborted",
        meanings={"marketo": "no answer within 72 hours of the sending; within Pending"},
    ),
    _sent_messages(
        "messages_excluded",
        "Excluded",
        "messages of the window left out before sending; not in Sent",
        "excluded",
        meanings={"marketo": None},
    ),
    _sent_messages(
        "messages_errors",
        "Errors",
        "messages of the window that an error kept from being sent; not in Sent",
        "errors",
        meanings={"marketo": None},
    ),
    _sent_messages(
        "messages_opened",
        "Opened",
        "messages sent in the window that a person opened, whenever",
        "opened",
        tracked=True,
        meanings={
            "marketo": "opened, clicked or unsubscribed from",
            "adobe_campaign": "opened, clicked or unsubscribed from",
        },
    ),
    _sent_messages(
        "messages_clicked",
        "Clicked",
        "messages sent in the window that a person clicked in, whenever",
        "clicked",
        tracked=True,
        meanings={"marketo": "clicks on unsubscribe and mailto links are none"},
    ),
    _sent_messages(
        "messages_unsubscribed",
        "Unsubscribed",
        "messages sent in the window that a person unsubscribed from, whenever",
        "unsubscribed",
        meanings={"marketo": "the form was submitted", "ajo": "clicks on the unsubscribe link"},
    ),
)

_OUTCOME_RATES = (
    _ratio(
        "messages_delivered_rate", "Delivered rate", "Delivered ÷ Sent", "messages_delivered", "messages_sent"
    ),
    _ratio(
        "messages_hard_rate", "Hard bounced rate", "Hard bounced ÷ Sent", "messages_hard", "messages_sent"
    ),
    _ratio(
        "messages_soft_rate", "Soft bounced rate", "Soft bounced ÷ Sent", "messages_soft", "messages_sent"
    ),
    _ratio(
        "messages_opened_rate", "Opened rate", "Opened ÷ Delivered", "messages_opened", "messages_delivered"
    ),
    _ratio(
        "messages_clicked_rate",
        "Clicked rate",
        "Clicked ÷ Delivered",
        "messages_clicked",
        "messages_delivered",
    ),
    _ratio(
        "messages_click_to_open",
        "Clicked to open ratio",
        "Clicked ÷ Opened",
        "messages_clicked",
        "messages_opened",
    ),
    _ratio(
        "messages_unsubscribed_rate",
        "Unsubscribed rate",
        "Unsubscribed ÷ Delivered",
        "messages_unsubscribed",
        "messages_delivered",
    ),
)

METRICS: Mapping[str, Metric] = {
    metric.id: metric
    for metric in (
        *_SENDING,
        _RETRIES,
        *_CLASSES,
        *_ENGAGEMENT,
        *_RATES,
        *_PUSH,
        *_OFFERS,
        *_JOURNEY,
        *_CAMPAIGN,
        *_OUTCOMES,
        *_OUTCOME_RATES,
    )
}


def rate(part: float | None, whole: float | None) -> float | None:
    """`part` over `whole`; None where either is not known or `whole` is 0 ("no data" is not 0 %)."""
    if part is None or not whole:
        return None
    return part / whole


def count_rows(metric: Metric, tallies: Iterable[Tally]) -> int:
    return sum(tally.n for tally in tallies if metric.counts(tally))
