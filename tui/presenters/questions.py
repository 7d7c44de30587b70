"""What was asked of a source, in words: the same question has the same words, whenever it is asked."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from backend.source import Source

if TYPE_CHECKING:
    from backend.explaining.audience import Members
    from backend.model import Subject
    from backend.query.language import Filter
    from backend.reports.drill import Drill

WORDS = {
    "alert_counts": "what alerts look at",
    "audience": "audience",
    "audience_rows": "contacts of a slice",
    "catalog": "list of all",
    "contact": "who a contact is",
    "delivery_report": "tracking",
    "drill": "rows of a number",
    "explain": "why not received",
    "explain_all": "why not received",
    "facts": "facts of a contact",
    "find_contacts": "contacts by name",
    "follow": "rows as they arrive",
    "health": "state of the source",
    "histogram": "counts over time",
    "live_report": "live report",
    "log": "rows of a log",
    "newest_id": "newest arrival",
    "raw": "a record as it came",
    "rejected": "what was set aside",
    "removal": "outcome of a removal",
    "removals": "removals",
    "remove": "removal",
    "roster": "contacts inside",
    "steps_inside": "contacts inside by step",
    "top_values": "top values",
    "trace": "story of a contact",
    "workflow_runs": "runs of workflows",
}
IDS = {"contact_id": "contact", "row_id": "row", "scenario_id": "scenario"}
"""Numbers that say what is asked about; others say how much of it, or from where on."""
TEXTS = ("tab", "view", "text", "field")


def question_text(method: str, *given: Any, **named: Any) -> str:
    """`rows of a log: event, kind:bounced`. Whatever changes with the time is left out: the same question
    asked again is the same."""
    bound = _signature(method).bind(*given, **named).arguments
    told = [word for name, value in bound.items() for word in _told(name, value)]
    words = WORDS.get(method, method)
    return f"{words}: {', '.join(told)}" if told else words


@cache
def _signature(method: str) -> inspect.Signature:
    signature = inspect.signature(getattr(Source, method))
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def _told(name: str, value: Any) -> Iterator[str]:
    match name, value:
        case _, None | "":
            return
        case (("name" | "kind"), Enum()):
            yield str(value.value)
        case (("subject" | "delivery"), subject):
            yield _subject(subject)
        case "query", query:
            yield from _query(query)
        case "drill", drill:
            yield _drill(drill)
        case "members", members:
            yield _members(members)
        case (("contacts" | "names"), several):
            yield _several(several)
        case "cursor", _:
            yield "a further page"
        case _ if name in IDS:
            yield f"{IDS[name]} {value}"
        case _ if name in TEXTS:
            yield str(value)


def _subject(subject: Subject) -> str:
    return f"{subject.kind.value} {subject.name}"


def _query(query: Filter) -> Iterator[str]:
    if query.text:
        yield query.text


def _drill(drill: Drill) -> str:
    return f"{drill.metric} of {_subject(drill.subject)}"


def _members(members: Members) -> str:
    return members.slice


def _several(several: Sequence[object]) -> str:
    return f"{len(several)} contact{'s' if len(several) != 1 else ''}"
