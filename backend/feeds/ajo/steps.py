"""Journey step events to rows of the scenario log.

One record may tell several facts: that a profile entered, that a node did its work, that the run ended.
Each becomes a row of its own, keyed by (`_id`, kind). A completed node is one row, of the kind that says
what the node did (R35); a node that is only reached is `waiting` or `other` and completes nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from backend.feeds.ajo.head import Head
from backend.feeds.ajo.naming import PRODUCT, channel, identities, journey_profile, scenario
from backend.feeds.ajo.xdm import ORCHESTRATION, STEPS, Xdm
from backend.model import EventKind, StepKind
from backend.record import DeliveryRecord, Event, Identity, NamedBy, Record, Ref, ScenarioRow, StepRecord
from backend.rfc3339 import format_rfc3339

SERVICES = ORCHESTRATION + "serviceEvents."
FAILED_STATUS = frozenset({"error", "timedout", "capped", "instancetimedout"})
ENDED_STATUS = frozenset({"ended", "end", "endstep"})
WAIT_STEPS = frozenset({"timer", "scheduler", "timerstep", "schedulerstep"})
RULE_DISCARD = "businessRuleProfileDiscarded"
INSTANCE_ERRORS = "ERROR_INSTANCE"
"""Read Audience codes that set one profile aside; its other codes are about the whole job."""


class Fact(msgspec.Struct, frozen=True):
    """One row that a record gives."""

    kind: StepKind
    type: str
    message: str
    reason: str | None = None
    origin: str | None = None


def decode_step(x: Xdm, head: Head) -> list[Record]:
    """The rows and definitions in one step event or service event."""
    ref, records = scenario(x, head.account)
    people = identities(x, journey_profile(x))
    facts = _service_facts(x) or _step_facts(x)
    if ref is None:
        return [*records, _unclaimed(x, head, people, facts[0])]
    step = _node(x)
    delivery = _delivery(x, head, ref, step)
    common: dict[str, Any] = {
        "product": PRODUCT,
        "account": head.account,
        "has_id": head.id is not None,
        "at_ms": head.at_ms,
        "key_ms": head.key_ms,
        "scenario": ref,
        "step": step,
        "identities": people,
        "run": x.take(STEPS + "instanceID") or "",
        "test": x.take_true(STEPS + "inTest") | x.take_true(STEPS + "inDryRun"),
        "delivery": delivery.delivery if delivery else None,
    }
    common["fields"] = _fields(x, head)
    who = people[0].value if people else None
    node = step.key if step else None
    for fact in facts:
        records.append(
            ScenarioRow(
                key=head.key(ref.key, common["run"], node, who, of_many=(fact.kind.value,)),
                once=_once(x, who, common["run"], node, fact.kind),
                kind=fact.kind,
                type=fact.type,
                message=fact.message,
                reason=fact.reason,
                origin=fact.origin,
                **common,
            )
        )
    if step is not None:
        kind = x.peek(STEPS + "nodeType", STEPS + "stepType")
        records.append(StepRecord(product=PRODUCT, account=head.account, scenario=ref, step=step, type=kind))
    if delivery is not None:
        records.append(delivery)
    return records


def _unclaimed(x: Xdm, head: Head, people: tuple[Identity, ...], fact: Fact) -> Event:
    """An event that no journey took belongs to no scenario's log: a row of the event log instead."""
    return Event(
        product=PRODUCT,
        account=head.account,
        key=head.key(fact.type, people[0].value if people else None),
        has_id=head.id is not None,
        at_ms=head.at_ms,
        key_ms=head.key_ms,
        kind=EventKind.OTHER,
        type=fact.type,
        identities=people,
        reason=fact.reason,
        name=x.peek(SERVICES + "dispatcher.eventID", SERVICES + "stateMachine.eventID", STEPS + "eventName"),
        test=x.take_true(STEPS + "inTest"),
        fields=x.rest(),
    )


def _node(x: Xdm) -> Ref | None:
    name = x.take(STEPS + "nodeName")
    key = x.take(STEPS + "nodeID")
    if key is not None:
        return Ref(key, NamedBy.ID, name or "")
    name = name or x.take(STEPS + "stepName")
    return Ref(name, NamedBy.NAME, name) if name else None


def _delivery(x: Xdm, head: Head, ref: Ref, step: Ref | None) -> DeliveryRecord | None:
    """What an action node sends, where it sends a message: joins feedback to its scenario and step."""
    told = channel(
        x.peek(STEPS + "channel"), x.peek(STEPS + "actionBusinessType"), x.peek(STEPS + "actionType")
    )
    key = x.peek(STEPS + "actionID")
    if told is None or key is None:
        return None
    name = x.take(STEPS + "actionName", STEPS + "stepName") or (step.name if step else "")
    x.take(STEPS + "actionID")
    action = Ref(key, NamedBy.ID, name)
    return DeliveryRecord(
        product=PRODUCT, account=head.account, delivery=action, channel=told, scenario=ref, step=step
    )


def _fields(x: Xdm, head: Head) -> dict[str, Any]:
    """What is left, with the action's start beside its execution time (R06)."""
    fields = x.rest()
    took_ms = x.number(STEPS + "actionExecutionTime")
    if took_ms is not None and 0 <= took_ms <= head.at_ms:
        fields["actionStart"] = format_rfc3339(head.at_ms - took_ms)
    return fields


def _once(x: Xdm, who: str | None, run: str, node: str | None, kind: StepKind) -> tuple[str, ...]:
    """One execution that was logged under two ids still counts once (R08)."""
    request = x.peek(STEPS + "requestID", ORCHESTRATION + "debugInfo.requestID")
    if not (request and who and run and node):
        return ()
    return (who, run, node, request, kind.value)


# --- what was discarded, and other words of the runtime --------------------------------------------


def _service_facts(x: Xdm) -> list[Fact]:
    for service in ("dispatcher", "stateMachine"):
        place = f"{SERVICES}{service}."
        words = (x.peek(place + "eventCode"), x.peek(place + "eventType"))
        if words != (None, None):
            return _discarded(x, place, *words) + _ending(x, None)
    place = SERVICES + "segmentExportJob."
    code = x.peek(place + "eventCode", place + "status")
    if code is None:
        return []
    if code.startswith(INSTANCE_ERRORS):
        return [Fact(StepKind.DISCARDED, code, f"Discarded: {code}", code)]
    counts = (
        f"{name.lower()} {n}"
        for name in ("Total", "Realized", "Failed")
        if (n := x.number(f"{place}exportCount{name}")) is not None
    )
    text = "Read Audience: " + ", ".join((code, *counts))
    return [Fact(StepKind.OTHER, code, text, code if code.startswith("ERROR") else None)]


def _discarded(x: Xdm, place: str, code: str | None, kind: str | None) -> list[Fact]:
    """Documents disagree on which of the two fields says "discard"; the other one is the reason (F076)."""
    told = [word for word in (kind, code) if word]
    reasons = [word for word in told if word.lower() not in {"discard", "error"}]
    reason = reasons[0] if reasons else None
    is_discard = len(reasons) < len(told) or any(word.startswith("ERROR") for word in reasons)
    detail = x.peek(place + "eventCodeReason")
    shown = " ".join(part for part in (reason or told[0], detail) if part)
    if is_discard:
        return [Fact(StepKind.DISCARDED, reason or told[0], f"Discarded: {shown}", reason or told[0])]
    return [Fact(StepKind.OTHER, reason or told[0], shown, None)]


# --- steps -----------------------------------------------------------------------------------------


def _step_facts(x: Xdm) -> list[Fact]:
    facts = []
    if x.is_true(STEPS + "reentrance"):
        facts.append(Fact(StepKind.RESTARTED, "reentrance", "Entered the journey again", None, _origin(x)))
    elif x.is_true(STEPS + "entrance"):
        facts.append(Fact(StepKind.ENTERED, "entrance", "Entered the journey", None, _origin(x)))
    trouble = _trouble(x)
    facts += _node_fact(x, trouble)
    facts += _ending(x, trouble)
    return facts or [_unfinished(x, trouble)]


def _trouble(x: Xdm) -> str | None:
    """Why the step did not do its work: error and its code, else a status that says so."""
    error = x.peek(STEPS + "actionExecutionError", STEPS + "actionExecError", STEPS + "fetchError")
    code = x.peek(STEPS + "actionExecutionErrorCode", STEPS + "actionExecErrorCode", STEPS + "fetchErrorCode")
    if error or code:
        return " ".join(part for part in (error, code) if part)
    status = x.peek(STEPS + "stepStatus")
    return status if status and status.lower() in FAILED_STATUS else None


def _node_fact(x: Xdm, trouble: str | None) -> list[Fact]:
    node = x.peek(STEPS + "nodeType") or ""
    kind = node or x.peek(STEPS + "stepType") or "step"
    done = x.is_true(STEPS + "journeyNodeProcessed")
    if node.lower() == "start" or x.peek(STEPS + "eventID") == "createInstance":
        return []  # the sentinel before the first node that people drew
    if node.lower() == "action" or x.peek(STEPS + "actionID"):
        return _action_fact(x, kind, done, trouble)
    if done and _is_event(x, node) and trouble is None:
        name = x.peek(STEPS + "eventName", STEPS + "nodeName")
        return [Fact(StepKind.EVENT, kind, _sentence("Event received", name), None, _origin(x))]
    if done and not (trouble and x.is_true(STEPS + "instanceEnded")):
        return [Fact(StepKind.STEP, kind, _sentence("Completed", trouble), trouble)]
    if trouble is None and (_is_event(x, node) or _is_wait(x, node)):
        return [Fact(StepKind.WAITING, kind, "Waiting")]
    return []


def _action_fact(x: Xdm, kind: str, done: bool, trouble: str | None) -> list[Fact]:
    """An action that was tried to its end: executed or failed, never both (R37)."""
    told = x.peek(STEPS + "actionType", STEPS + "actionBusinessType") or kind
    if x.peek(STEPS + "actionExecutionError") == RULE_DISCARD:
        return [Fact(StepKind.DISCARDED, RULE_DISCARD, f"Discarded: {RULE_DISCARD}", RULE_DISCARD)]
    if trouble is not None:
        return [Fact(StepKind.ACTION_ERROR, told, f"Action failed: {trouble}", trouble)]
    status = (x.peek(STEPS + "stepStatus") or "").lower()
    if done or status in ENDED_STATUS or x.number(STEPS + "actionExecutionTime") is not None:
        return [Fact(StepKind.ACTION, told, "Action executed")]
    return []


def _ending(x: Xdm, trouble: str | None) -> list[Fact]:
    if not x.is_true(STEPS + "instanceEnded"):
        return []
    if trouble is not None and trouble != RULE_DISCARD:
        return [Fact(StepKind.FAILED, "instanceEnded", f"Journey failed: {trouble}", trouble)]
    criteria = x.peek(STEPS + "exitCriteriaName", STEPS + "exitCriteriaID")
    return [Fact(StepKind.EXITED, "instanceEnded", _sentence("Left the journey", criteria), criteria)]


def _unfinished(x: Xdm, trouble: str | None) -> Fact:
    """A step that is neither an entry, nor a node's end, nor an exit: in the log, and counted as nothing."""
    kind = x.peek(STEPS + "nodeType", STEPS + "stepType", "eventType") or "step"
    return Fact(StepKind.OTHER, kind, trouble or x.peek(STEPS + "stepStatus") or "", trouble)


def _is_event(x: Xdm, node: str) -> bool:
    folded = node.lower()
    return (
        "event" in folded
        or "reaction" in folded
        or x.peek(STEPS + "reactionActionID") is not None
        or (x.is_true(STEPS + "eventProcessed") and x.is_true(STEPS + "isExternalEvent"))
    )


def _is_wait(x: Xdm, node: str) -> bool:
    folded = node.lower()
    return "wait" in folded or "timer" in folded or (x.peek(STEPS + "stepType") or "").lower() in WAIT_STEPS


def _origin(x: Xdm) -> str | None:
    """Where an event came from: a reaction to a message, an audience, from outside or from inside."""
    reaction = " ".join(
        part
        for part in (x.peek(STEPS + "reactionChannel"), x.peek(STEPS + "reactionInteractionType"))
        if part
    )
    if reaction:
        return f"reaction {reaction.lower()}"
    if x.is_true(STEPS + "fromSegmentTrigger") or "segment" in (x.peek(STEPS + "nodeType") or "").lower():
        return "audience"
    if x.value(STEPS + "isExternalEvent") is None:
        return None
    return "external" if x.is_true(STEPS + "isExternalEvent") else "internal"


def _sentence(text: str, detail: str | None) -> str:
    return f"{text}: {detail}" if detail else text
