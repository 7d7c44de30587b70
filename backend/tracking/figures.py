"""Figures of tracking panes, each with why it is known or is not (R47)."""

from __future__ import annotations

from backend.model import Availability, Figure
from backend.reports.metrics import rate
from backend.tracking.indicators import Indicators
from backend.tracking.reactions import Reactions

NO_SOURCE = "not every click carries a source id (browser)"
TOO_MANY = "the rows of six months are too many to be read each time: people and opens are not counted"
NO_TEXT = "no feed tells which messages are text only"


def count_figure(
    metric: str,
    label: str,
    value: int | None,
    why: Availability = Availability.NOT_COLLECTED,
    note: str | None = None,
) -> Figure:
    known = Availability.KNOWN if value is not None else why
    return Figure(metric=metric, label=label, value=value, availability=known, note=note)


def ratio_figure(
    metric: str,
    label: str,
    part: int | None,
    whole: int,
    note: str,
    known: Availability = Availability.KNOWN,
) -> Figure:
    why = known if part is not None or known is not Availability.KNOWN else Availability.NOT_COLLECTED
    value = rate(part, whole) if why is Availability.KNOWN else None
    return Figure(metric=metric, label=label, value=value, availability=why, unit="ratio", note=note)


def told_ratio(metric: str, label: str, value: float | None, note: str, missing: str) -> Figure:
    if value is None:
        return Figure(
            metric=metric,
            label=label,
            value=None,
            availability=Availability.NO_FEED,
            unit="ratio",
            note=missing,
        )
    return Figure(metric=metric, label=label, value=value, unit="ratio", note=note)


def source_note(found: Indicators) -> str | None:
    return NO_SOURCE if found.person_click is None else None


def machine_note(reactions: Reactions) -> str | None:
    return f"{reactions.machine:,} rows by machines are left out" if reactions.machine else None
