"""Marketo: activities and people, from its REST API as JSON and from bulk extracts as CSV.

An activity names a person by its lead id only: read the people too, to see addresses. docs/formats/marketo.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backend.feeds.columns import SURE, judge_columns
from backend.feeds.format import Decode, Format, Framing, Recognise, Sample
from backend.feeds.marketo import activities, leads, types
from backend.feeds.marketo.pages import results
from backend.feeds.marketo.words import PRODUCT

__all__ = ["FORMATS"]


def _is_activity(body: Mapping[str, Any]) -> bool:
    return {"leadId", "activityDate", "activityTypeId"} <= body.keys()


def _is_lead(body: Mapping[str, Any]) -> bool:
    return {"id", "email", "updatedAt", "createdAt"} <= body.keys() and "event" not in body


def _share(test: Callable[[Mapping[str, Any]], bool]) -> Recognise:
    """Recognises by the share of the sample's objects that pass."""

    def recognise(sample: Sample) -> float:
        bodies = results(sample)
        return SURE * sum(map(test, bodies)) / len(bodies) if bodies else 0.0

    return recognise


_judge_activities = judge_columns(
    activities.NAMES, ("marketoguid",), (("type_id",), ("date",), ("lead_id",)), unlike=("record",)
)
_judge_leads = judge_columns(
    leads.NAMES,
    ("id", "email", "updatedat", "createdat"),
    (("id",), ("email",), ("updated", "created", "email_invalid", "email_suspended", "marketing_suspended")),
    unlike=("record", "event", "st_text", "scenario_name", "sib_type", "status", "activityTypeId"),
)


def _format(
    name: str, framing: Framing, summary: str, gives: str, recognise: Recognise, decode: Decode
) -> Format:
    return Format(
        name=name,
        product=PRODUCT,
        framing=framing,
        summary=summary,
        gives=gives,
        recognise=recognise,
        decode=decode,
    )


FORMATS: tuple[Format, ...] = (
    _format(
        "marketo-activities",
        Framing.JSON,
        "Pages of GET /rest/v1/activities.json, as they came",
        "event log, messages",
        _share(_is_activity),
        activities.decode_page,
    ),
    _format(
        "marketo-activities-csv",
        Framing.CSV,
        "Bulk activity extract, CSV",
        "event log, messages",
        lambda sample: _judge_activities(sample.header),
        activities.decode_extract_row,
    ),
    _format(
        "marketo-leads",
        Framing.JSON,
        "Pages of GET /rest/v1/leads.json, as they came",
        "addresses of lead ids, suppressed addresses",
        _share(_is_lead),
        leads.decode_page,
    ),
    _format(
        "marketo-leads-csv",
        Framing.CSV,
        "Bulk lead extract, CSV, with id and email among its columns",
        "addresses of lead ids, suppressed addresses",
        lambda sample: _judge_leads(sample.header),
        leads.decode_extract_row,
    ),
    _format(
        "marketo-activity-types",
        Framing.JSON,
        "Answer of GET /rest/v1/activities/types.json",
        "names of custom activities",
        _share(types.is_type),
        types.decode_page,
    ),
)
