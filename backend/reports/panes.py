"""The catalogue of live reports as data: which tabs and panes there are, and what each pane shows.

A pane names metrics of `metrics`; how its numbers are put together is `report`'s to know, how they are drawn
is the console's and the command line's. Adding a pane is adding an entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from backend.model import Channel
from backend.reports.counts import FacetName

SHARE = "Share"
"""Heading of the part that a row has of the first column."""


class Drawing(StrEnum):
    """A way to show a pane."""

    FIGURES = "figures"
    LINE = "line"
    BARS = "bars"
    TABLE = "table"
    PATH = "path"
    """Steps from top to bottom, with bars."""


class RowsOf(StrEnum):
    """What a row of a pane's table is about."""

    NOTHING = "nothing"
    DELIVERY = "delivery"
    STEP = "step"
    """Every step of the scenario, in its order."""
    BUSY_STEP = "busy_step"
    """Steps that have something to show, most first."""
    METRIC = "metric"
    """One row for each metric of `columns`."""
    REASON = "reason"
    DOMAIN = "domain"
    PLATFORM = "platform"
    ORIGIN = "origin"
    REASON_OF_STEP = "reason_of_step"
    """Each reason of each step."""


FACET_OF: Mapping[RowsOf, FacetName] = {
    RowsOf.REASON: FacetName.REASON,
    RowsOf.DOMAIN: FacetName.DOMAIN,
    RowsOf.PLATFORM: FacetName.PLATFORM,
    RowsOf.ORIGIN: FacetName.ORIGIN,
    RowsOf.REASON_OF_STEP: FacetName.REASON_OF_STEP,
}


class Pane(msgspec.Struct, frozen=True, kw_only=True):
    """One box of a tab. Its size is the default one: columns of 12, and rows of cells with the frame."""

    id: str
    title: str
    about: str
    """One sentence for the help that stands on the pane."""
    drawings: tuple[Drawing, ...]
    """The first is shown where nothing else was chosen or fits; they go together where the height allows."""
    width: int
    height: int
    figures: tuple[str, ...] = ()
    """Metrics shown as numbers."""
    graph: tuple[str, ...] = ()
    """Metrics drawn over time."""
    rows: RowsOf = RowsOf.NOTHING
    row_title: str = ""
    columns: tuple[str, ...] = ()
    """Metrics of the table's columns."""
    optional: tuple[str, ...] = ()
    """Metrics of `columns` or `figures` that stay away while they are 0, unless the product means something
    by them."""
    value_title: str = ""
    """Heading of the numbers where each metric has a row."""
    share: bool = False
    """The table ends with each row's share of the first column."""
    drops: bool = False
    """The table of steps ends with what is lost of the first column from step to step."""
    whole_day: bool = False
    """It always counts the 24 hours up to the window's end."""
    leader: bool = False
    """The first row of the table is also its first figure."""
    offers: bool = False
    """It is there only where the subject ever had an offer."""
    extra: bool = False
    """It is shown only where a person added it."""


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    panes: tuple[Pane, ...]
    channel: Channel | None = None
    """It shows messages of this channel only."""


class ReportKind(msgspec.Struct, frozen=True, kw_only=True):
    """A live report: what it is about, and its tabs in order."""

    id: str
    title: str
    tabs: tuple[Tab, ...]
    test_switch: bool
    """Whether test rows can be let in (F008; campaigns have no such switch, R36)."""


_EIGHT = ("sent", "delivered", "bounces", "errors", "opens", "clicks", "unsubscribes", "complaints")
_SEVEN = ("sent", "delivered", "bounces", "errors", "opens", "push_actions", "engagements")
_SMS_EIGHT = ("targeted", "excluded", "sent", "delivered", "opens", "clicks", "bounces", "errors")
_CATEGORIES = ("bounces_hard", "bounces_soft", "bounces_ignored", "bounces_admin", "bounces_other")
_RARE = ("bounces_admin", "bounces_other")
_BARS_TABLE = (Drawing.BARS, Drawing.TABLE)


def _values(
    id: str,
    title: str,
    about: str,
    rows: RowsOf,
    row_title: str,
    metric: str,
    *,
    width: int = 6,
    extra: bool = False,
) -> Pane:
    """A pane of the most frequent reasons, domains ..., as bars and table."""
    return Pane(
        id=id,
        title=title,
        about=about,
        drawings=_BARS_TABLE,
        width=width,
        height=9,
        rows=rows,
        row_title=row_title,
        columns=(metric,),
        share=True,
        extra=extra,
    )


def _reasons(channel: str, metric: str, title: str, about: str, *, width: int = 6) -> Pane:
    return _values(f"{channel}_{metric}_reasons", title, about, RowsOf.REASON, "Reason", metric, width=width)


_ERROR_REASONS = ("Error reasons", "Why messages could not be sent.")
_EXCLUDE_REASONS = ("Exclude reasons", "Why targeted contacts were left out before sending.")


def _targeting(channel: str, title: str) -> Pane:
    return Pane(
        id=f"{channel}_targeting",
        title=title,
        about="Who was meant, who was left out before sending, and what is tried again.",
        drawings=(Drawing.FIGURES, Drawing.LINE),
        width=12,
        height=14,
        figures=("targeted", "excluded", "excluded_rate", "retries", "complaints", "complaint_rate"),
        graph=("targeted", "excluded", "retries"),
        extra=True,
    )


_JOURNEY = Tab(
    id="journey",
    title="Journey",
    panes=(
        Pane(
            id="journey_performance",
            title="Journey performance",
            about="The contacts' way through the steps: who is done with each, inside now, who left there.",
            drawings=(Drawing.PATH, Drawing.TABLE),
            width=8,
            height=14,
            rows=RowsOf.STEP,
            row_title="Step",
            columns=("completed", "inside", "left", "action_errors"),
            drops=True,
        ),
        Pane(
            id="journey_statistics",
            title="Journey statistics",
            about="Who came in, who left, and which runs failed; contacts, with their runs beside them.",
            drawings=(Drawing.FIGURES,),
            width=4,
            height=6,
            figures=("entered_contacts", "exited_contacts", "failed_runs", "entered_runs", "exited_runs"),
        ),
        Pane(
            id="events_last_day",
            title="Event executed over the last 24 hours",
            about="Events executed in the 24 hours up to the window's end, whatever the window.",
            drawings=(Drawing.FIGURES,),
            width=6,
            height=6,
            figures=("events_executed",),
            rows=RowsOf.BUSY_STEP,
            row_title="Event",
            columns=("events_executed",),
            whole_day=True,
        ),
        Pane(
            id="events",
            title="Events",
            about="Events executed, over time and by event.",
            drawings=(Drawing.LINE, Drawing.FIGURES, Drawing.TABLE),
            width=6,
            height=11,
            figures=("events_executed",),
            graph=("events_executed",),
            rows=RowsOf.BUSY_STEP,
            row_title="Event",
            columns=("events_executed",),
        ),
        Pane(
            id="actions_last_day",
            title="Action executed over the last 24 hours",
            about="Actions executed in the 24 hours up to the window's end, the most successful one first.",
            drawings=(Drawing.FIGURES, Drawing.TABLE),
            width=6,
            height=6,
            figures=("actions_executed",),
            rows=RowsOf.BUSY_STEP,
            row_title="Action",
            columns=("actions_executed",),
            whole_day=True,
            leader=True,
        ),
        Pane(
            id="actions",
            title="Actions executed and errors",
            about="Attempts of actions that succeeded and that failed, over time and by action.",
            drawings=(Drawing.LINE, Drawing.FIGURES, Drawing.TABLE),
            width=6,
            height=11,
            figures=("actions_executed", "action_errors", "action_error_rate"),
            graph=("actions_executed", "action_errors"),
            rows=RowsOf.BUSY_STEP,
            row_title="Action",
            columns=("actions_executed", "action_errors"),
        ),
        Pane(
            id="entries",
            title="Entries, exits and failures",
            about="Who came in, left, failed and was discarded over time: rows, not contacts.",
            drawings=(Drawing.LINE, Drawing.FIGURES),
            width=12,
            height=14,
            figures=(
                "entered_rows",
                "exited_rows",
                "failed_rows",
                "failure_rate",
                "discarded",
                "discard_rate",
            ),
            graph=("entered_rows", "exited_rows", "failed_rows", "discarded"),
            extra=True,
        ),
        Pane(
            id="discarded",
            title="Discarded by step",
            about="Where contacts were turned away or thrown out.",
            drawings=_BARS_TABLE,
            width=6,
            height=9,
            rows=RowsOf.BUSY_STEP,
            row_title="Step",
            columns=("discarded",),
            extra=True,
        ),
        _values(
            "discard_reasons",
            "Discard reasons",
            "Why contacts were turned away or thrown out.",
            *(RowsOf.REASON, "Reason", "discarded"),
            extra=True,
        ),
        _values(
            "action_error_reasons",
            "Action error reasons",
            "Why attempts of actions failed.",
            *(RowsOf.REASON, "Reason", "action_errors"),
            extra=True,
        ),
        _values(
            "error_type_by_action",
            "Error type by actions",
            "Why attempts failed, by action.",
            *(RowsOf.REASON_OF_STEP, "Action and reason", "action_errors"),
            width=12,
            extra=True,
        ),
        _values(
            "events_by_origin",
            "Events by origin",
            "Where the events came from.",
            *(RowsOf.ORIGIN, "Origin", "events_executed"),
            extra=True,
        ),
    ),
)

_EMAIL_PANES = (
    Pane(
        id="email_sending_statistics",
        title="Email sending statistics",
        about="What became of the e-mails, and as shares of those sent.",
        drawings=(Drawing.FIGURES,),
        width=12,
        height=6,
        figures=("delivered", "bounces", "errors", "delivery_rate", "bounce_rate", "error_rate"),
    ),
    Pane(
        id="email_metrics",
        title="Sending metrics by email",
        about="The eight numbers of each e-mail.",
        drawings=(Drawing.TABLE,),
        width=12,
        height=10,
        rows=RowsOf.DELIVERY,
        row_title="Email",
        columns=_EIGHT,
    ),
    Pane(
        id="email_summary",
        title="Email summary",
        about="The eight numbers over time.",
        drawings=(Drawing.LINE,),
        width=12,
        height=12,
        graph=_EIGHT,
    ),
    Pane(
        id="email_engagement",
        title="Opens and clicks",
        about="All opens, messages opened and machine opens are three numbers; likewise for clicks.",
        drawings=(Drawing.FIGURES,),
        width=12,
        height=6,
        figures=(
            "opens",
            "unique_opens",
            "machine_opens",
            "open_rate",
            "unique_open_rate",
            "clicks",
            "unique_clicks",
            "machine_clicks",
            "click_rate",
            "unique_click_rate",
        ),
    ),
    _reasons("email", "bounces", "Bounce reasons", "What the receiving servers gave as the reason."),
    Pane(
        id="email_bounce_categories",
        title="Bounce categories",
        about="Permanent, temporary and ignored bounces.",
        drawings=_BARS_TABLE,
        width=6,
        height=9,
        rows=RowsOf.METRIC,
        row_title="Category",
        value_title="Bounces",
        columns=_CATEGORIES,
        optional=_RARE,
        share=True,
    ),
    Pane(
        id="email_bounces_by_email",
        title="Hard bounce and bounce by email",
        about="The bounce categories of each e-mail.",
        drawings=(Drawing.TABLE,),
        width=12,
        height=8,
        rows=RowsOf.DELIVERY,
        row_title="Email",
        columns=("bounces", *_CATEGORIES),
        optional=_RARE,
    ),
    _reasons("email", "errors", *_ERROR_REASONS),
    _reasons("email", "excluded", *_EXCLUDE_REASONS),
    _values(
        "email_domains",
        "Top recipient domain",
        "The domains whose recipients opened most.",
        RowsOf.DOMAIN,
        "Domain",
        "opens",
        width=12,
    ),
    _targeting("email", "Targeted, excluded and retries"),
)

_OFFERS = ("offers_sent", "offer_impressions", "offer_clicks")
_OFFER_PANES = (
    Pane(
        id="offer_statistics",
        title="Offer statistics",
        about="Offers sent, shown and clicked.",
        drawings=(Drawing.FIGURES,),
        width=6,
        height=6,
        figures=_OFFERS,
        offers=True,
    ),
    Pane(
        id="offer_statistics_over_time",
        title="Offer statistics over time",
        about="Offers sent, shown and clicked over time.",
        drawings=(Drawing.LINE,),
        width=12,
        height=11,
        graph=_OFFERS,
        offers=True,
    ),
)


def _platforms(id: str, title: str, about: str, columns: tuple[str, ...], *, width: int) -> Pane:
    return Pane(
        id=id,
        title=title,
        about=about,
        drawings=_BARS_TABLE,
        width=width,
        height=8,
        rows=RowsOf.PLATFORM,
        row_title="Platform",
        columns=columns,
    )


_PUSH_PANES = (
    Pane(
        id="push_sending_performance",
        title="Push notification sending performance",
        about="What became of the push notifications; Engagements are opens and actions.",
        drawings=(Drawing.FIGURES,),
        width=12,
        height=6,
        figures=(*_SEVEN, "delivery_rate", "bounce_rate", "error_rate"),
    ),
    Pane(
        id="push_summary",
        title="Push notification summary",
        about="The seven numbers over time.",
        drawings=(Drawing.LINE,),
        width=12,
        height=12,
        graph=_SEVEN,
    ),
    Pane(
        id="push_metrics",
        title="Sending metrics by push",
        about="The seven numbers of each push notification.",
        drawings=(Drawing.TABLE,),
        width=12,
        height=9,
        rows=RowsOf.DELIVERY,
        row_title="Push",
        columns=_SEVEN,
    ),
    _reasons("push", "errors", *_ERROR_REASONS),
    _reasons("push", "excluded", *_EXCLUDE_REASONS),
    Pane(
        id="push_failed",
        title="Sending statistics - failed",
        about="How many errors and bounces there were.",
        drawings=(Drawing.FIGURES, Drawing.LINE),
        width=6,
        height=8,
        figures=("errors", "bounces"),
        graph=("errors", "bounces"),
    ),
    _platforms(
        "push_tracking_by_platform",
        "Tracking by platform",
        "Opens and actions by operating system.",
        ("opens", "push_actions", "engagements"),
        width=6,
    ),
    _platforms(
        "push_sending_by_platform",
        "Sending by platform",
        "What became of the notifications by operating system.",
        ("sent", "delivered", "bounces", "errors"),
        width=12,
    ),
    _platforms(
        "push_breakdown_by_platform",
        "Breakdown by platform",
        "All seven numbers by operating system.",
        _SEVEN,
        width=12,
    ),
    _targeting("push", "Targeted, excluded and retries"),
)

_SMS_PANES = (
    Pane(
        id="sms_sending_statistics",
        title="SMS sending statistics",
        about="The eight numbers of all text messages and of each.",
        drawings=(Drawing.TABLE, Drawing.FIGURES),
        width=12,
        height=10,
        figures=_SMS_EIGHT,
        rows=RowsOf.DELIVERY,
        row_title="SMS",
        columns=_SMS_EIGHT,
    ),
    Pane(
        id="sms_summary",
        title="SMS summary",
        about="Delivered, bounced and failed text messages over time.",
        drawings=(Drawing.LINE,),
        width=12,
        height=11,
        graph=("delivered", "bounces", "errors"),
    ),
    _reasons("sms", "excluded", *_EXCLUDE_REASONS, width=12),
    _targeting("sms", "Targeted, excluded and retries"),
)

_CAMPAIGN = Tab(
    id="campaign",
    title="Campaign",
    panes=(
        Pane(
            id="campaign_statistics",
            title="Campaign statistics",
            about="Contacts that the campaign was meant for.",
            drawings=(Drawing.FIGURES,),
            width=12,
            height=6,
            figures=("campaign_contacts",),
        ),
    ),
)


def _outcomes(channel: Channel) -> Pane:
    return Pane(
        id=f"{channel}_outcomes",
        title="Outcome of the messages sent",
        about="Each message sent in the window is in exactly one of delivered, bounced and pending.",
        drawings=(Drawing.FIGURES,),
        width=12,
        height=10,
        figures=(
            "messages_sent",
            "messages_delivered",
            "messages_hard",
            "messages_soft",
            "messages_bounced_other",
            "messages_pending",
            "messages_aborted",
            "messages_opened",
            "messages_clicked",
            "messages_unsubscribed",
            "messages_excluded",
            "messages_errors",
            *(f"messages_{name}_rate" for name in ("delivered", "hard", "soft", "opened", "clicked")),
            "messages_click_to_open",
            "messages_unsubscribed_rate",
        ),
        optional=("messages_bounced_other", "messages_aborted", "messages_excluded", "messages_errors"),
    )


_EMAIL_WITH_OFFERS = Tab(
    id="email", title="Email", channel=Channel.EMAIL, panes=(*_EMAIL_PANES, *_OFFER_PANES)
)
_EMAIL = Tab(id="email", title="Email", channel=Channel.EMAIL, panes=_EMAIL_PANES)
_PUSH = Tab(id="push", title="Push", channel=Channel.PUSH, panes=_PUSH_PANES)
_SMS = Tab(id="sms", title="SMS", channel=Channel.SMS, panes=_SMS_PANES)

REPORTS: Mapping[str, ReportKind] = {
    kind.id: kind
    for kind in (
        ReportKind(
            id="journey",
            title="Journey live report",
            tabs=(_JOURNEY, _EMAIL_WITH_OFFERS, _PUSH, _SMS),
            test_switch=True,
        ),
        ReportKind(
            id="campaign", title="Campaign live report", tabs=(_CAMPAIGN, _EMAIL, _PUSH), test_switch=False
        ),
        ReportKind(
            id="delivery",
            title="Delivery live report",
            tabs=tuple(
                msgspec.structs.replace(tab, panes=(_outcomes(channel), *tab.panes))
                for channel, tab in (
                    (Channel.EMAIL, _EMAIL_WITH_OFFERS),
                    (Channel.PUSH, _PUSH),
                    (Channel.SMS, _SMS),
                )
            ),
            test_switch=True,
        ),
    )
}
