"""Adobe Journey Optimizer: the data sets that Adobe Experience Platform exports as XDM JSON.

Step events feed the scenario log; message feedback, tracking and decision events the event log; entities
give names. All are one decoder that looks at what a record holds, so an export that mixes data sets is
read whole under any of the names. docs/formats/ajo.md tells each field's way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from backend.errors import DecodeError
from backend.feeds.ajo.entities import decode_entities
from backend.feeds.ajo.head import read_head
from backend.feeds.ajo.messages import FEEDBACK, INTERACTION, PUSH, decode_feedback, decode_tracking
from backend.feeds.ajo.naming import PRODUCT
from backend.feeds.ajo.offers import DETAILS, EVENT_PREFIX, EVENT_TYPE, PROPOSITIONS, decode_offers
from backend.feeds.ajo.steps import SERVICES, decode_step
from backend.feeds.ajo.xdm import MESSAGES, STEPS, Xdm
from backend.feeds.format import Format, Frame, Framing, Sample, Settings
from backend.record import Record

ENTITIES = MESSAGES + "entities"


def part_of(x: Xdm) -> str:
    """Which data set a record is from; "" for none that is known."""
    event_type = (x.peek("eventType") or "").lower()
    if STEPS in x or SERVICES in x:
        return "step-events"
    if FEEDBACK + "feedbackStatus" in x:
        return "feedback"
    if INTERACTION in x or PUSH in x or event_type.startswith(("pushtracking.", "message.tracking")):
        return "tracking"
    if event_type.startswith(EVENT_PREFIX) or any(p in x for p in (DETAILS, EVENT_TYPE, *PROPOSITIONS)):
        return "offers"
    return "entities" if ENTITIES in x else ""


def decode(frame: Frame, settings: Settings) -> Iterable[Record]:
    """All records in one XDM record. Raises: DecodeError."""
    x = _record(frame.value)
    if x is None:
        raise DecodeError("not a JSON object")
    part = part_of(x)
    if not part:
        raise DecodeError("no part of a Journey Optimizer record is known")
    if part == "entities":
        return decode_entities(x, settings.account)
    head = read_head(x, settings)
    if part == "step-events":
        return decode_step(x, head)
    if part == "feedback":
        return decode_feedback(x, head)
    return decode_tracking(x, head) if part == "tracking" else decode_offers(x, head)


def _record(value: Any) -> Xdm | None:
    """The record, out of the envelope that streaming puts around it."""
    if not isinstance(value, dict):
        return None
    body = value.get("body")
    inner = body.get("xdmEntity") if isinstance(body, dict) else value.get("xdmEntity")
    return Xdm(inner if isinstance(inner, dict) else value)


def _recognise(part: str) -> Callable[[Sample], float]:
    def recognise(sample: Sample) -> float:
        """How much of the sample is Adobe's, and of that, how much is of this data set.

        A mixed export is recognised as the data set that it holds most of.
        """
        parts = [part_of(x) for frame in sample.frames if (x := _record(frame.value)) is not None]
        if part not in parts:
            return 0.0
        known = sum(one != "" for one in parts)
        return (0.6 * known + 0.35 * parts.count(part)) / len(sample.frames)

    return recognise


def _format(part: str, summary: str, gives: str) -> Format:
    return Format(
        name=f"ajo-{part}",
        product=PRODUCT,
        framing=Framing.JSON,
        summary=summary,
        gives=gives,
        recognise=_recognise(part),
        decode=decode,
    )


FORMATS: tuple[Format, ...] = (
    _format(
        "step-events", "Journey step events, data set export (XDM JSON)", "scenario log, contacts inside"
    ),
    _format("feedback", "Message feedback events, data set export (XDM JSON)", "event log, messages"),
    _format("tracking", "E-mail, push and SMS tracking events, data set export (XDM JSON)", "tracking log"),
    _format("offers", "Decision events, data set export (XDM JSON)", "event log: offers"),
    _format("entities", "Entity data set export (XDM JSON)", "names of journeys, campaigns and deliveries"),
)
