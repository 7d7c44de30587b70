"""The command lines that print what a place shows, safe to be pasted into a shell."""

from __future__ import annotations

import shlex

from backend.explaining.audience import Members
from backend.model import HOUR_MS, ContactRef, LogName, RosterOrder, Subject
from backend.source import full_name
from tui.presenters.taking import log_command_line
from tui.presenters.tracking import LOGS_TAB, delivery_query


def contacts_command_line(source: str, query: str, order: RosterOrder, *, backwards: bool) -> str:
    words = ["parcours", source, "contacts", *(["--filter", query] if query else [])]
    words += ["--sort", order.value] if order is not RosterOrder.ENTERED else []
    words += ["--backwards"] if backwards else []
    return shlex.join(words)


def trace_command_line(source: str, contact: ContactRef) -> str:
    return shlex.join(["parcours", source, "trace", contact.shown])


def audience_command_line(source: str, delivery: Subject, members: Members | None = None) -> str:
    """members: a slice of the audience, whose contacts it prints."""
    words = ["parcours", source, "explain", "--delivery", full_name(delivery)]
    if members is not None:
        words += ["--slice", members.slice]
        words += ["--reason", members.reason or ""] if members.is_part else []
        words += ["--class", members.bounce_class] if members.bounce_class is not None else []
    return shlex.join(words)


def doctor_command_line(source: str) -> str:
    return shlex.join(["parcours", source, "doctor"])


def tracking_command_line(
    source: str, delivery: Subject, tab: str, *, view: str, period_ms: int | None, include_test: bool
) -> str:
    if tab == LOGS_TAB:
        return log_command_line(source, LogName.TRACKING, delivery_query(delivery))
    words = ["parcours", source, "tracking"]
    words += ["urls", "--by", view] if tab == "urls" else ["report", "--tab", tab]
    words += ["--delivery", full_name(delivery)]
    words += ["--period", f"{period_ms // HOUR_MS}h"] if period_ms is not None else []
    words += ["--test"] if include_test else []
    return shlex.join(words)
