"""Journey step events: which rows of the scenario log each record gives."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import DecodeError
from backend.feeds.ajo import decode
from backend.feeds.format import Frame, Settings
from backend.keys import GIVEN, key_hash
from backend.model import Channel, EventKind, StepKind
from backend.record import (
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
)

T = "2026-03-10T08:00:00.500Z"
T_MS = 1_773_129_600_500
JOURNEY = {
    "journeyID": "J",
    "journeyVersionID": "V3",
    "journeyVersionName": "Welcome",
    "instanceID": "unitary_1",
    "profileID": "ada@example.org",
    "profileNamespace": "Email",
}


def record(
    services: dict[str, Any] | None = None, request: str | None = None, /, **fields: Any
) -> dict[str, Any]:
    orchestration: dict[str, Any] = {"stepEvents": {**JOURNEY, **fields}}
    if services:
        orchestration["serviceEvents"] = services
    if request:
        orchestration["debugInfo"] = {"requestId": request}
    return {"_id": "id-1", "timestamp": T, "_experience": {"journeyOrchestration": orchestration}}


def read(value: dict[str, Any]) -> list[Record]:
    return list(decode(Frame(raw=b"", value=value), Settings()))  # type: ignore[arg-type]


def rows(value: dict[str, Any]) -> list[ScenarioRow]:
    return [one for one in read(value) if isinstance(one, ScenarioRow)]


NODE = {"nodeID": "n", "nodeName": "Node"}
ACTION = {**NODE, "nodeType": "action", "actionID": "A", "actionName": "Hello", "actionType": "email"}
REACTION = {"reactionChannel": "Email", "reactionInteractionType": "Open"}
DONE = {"journeyNodeProcessed": True, "stepStatus": "ended"}

# (what the record tells) -> (kind, type, reason, origin) of each row
MAPPING: list[tuple[dict[str, Any], list[tuple[StepKind, str, str | None, str | None]]]] = [
    ({"entrance": True}, [(StepKind.ENTERED, "entrance", None, None)]),
    ({"entrance": "true"}, [(StepKind.ENTERED, "entrance", None, None)]),
    ({"entrance": False, "nodeType": "condition"}, [(StepKind.OTHER, "condition", None, None)]),
    ({"entrance": True, "reentrance": True}, [(StepKind.RESTARTED, "reentrance", None, None)]),
    ({"reentrance": True}, [(StepKind.RESTARTED, "reentrance", None, None)]),
    (
        {**NODE, **DONE, "nodeType": "event", "entrance": True, "isExternalEvent": True},
        [(StepKind.ENTERED, "entrance", None, "external"), (StepKind.EVENT, "event", None, "external")],
    ),
    ({**NODE, **DONE, "nodeType": "event"}, [(StepKind.EVENT, "event", None, None)]),
    (
        {**NODE, **DONE, "nodeType": "event", "isExternalEvent": False},
        [(StepKind.EVENT, "event", None, "internal")],
    ),
    (
        {**NODE, **DONE, "nodeType": "reaction", **REACTION},
        [(StepKind.EVENT, "reaction", None, "reaction email open")],
    ),
    (
        {**NODE, **DONE, "nodeType": "event", "fromSegmentTrigger": True},
        [(StepKind.EVENT, "event", None, "audience")],
    ),
    ({**NODE, "nodeType": "event"}, [(StepKind.WAITING, "event", None, None)]),
    ({**NODE, **DONE, "nodeType": "segmentTrigger"}, [(StepKind.STEP, "segmentTrigger", None, None)]),
    ({**NODE, **DONE, "nodeType": "condition"}, [(StepKind.STEP, "condition", None, None)]),
    ({**NODE, "nodeType": "wait", "stepType": "Timer"}, [(StepKind.WAITING, "wait", None, None)]),
    ({**NODE, "stepType": "Scheduler"}, [(StepKind.WAITING, "Scheduler", None, None)]),
    ({**NODE, **DONE, "nodeType": "wait"}, [(StepKind.STEP, "wait", None, None)]),
    ({**ACTION, **DONE}, [(StepKind.ACTION, "email", None, None)]),
    ({**ACTION, "actionExecutionTime": 5.0}, [(StepKind.ACTION, "email", None, None)]),
    ({**ACTION, "stepStatus": "transitions"}, [(StepKind.OTHER, "action", None, None)]),
    (
        {**ACTION, **DONE, "actionExecutionError": "http", "actionExecutionErrorCode": "503"},
        [(StepKind.ACTION_ERROR, "email", "http 503", None)],
    ),
    ({**ACTION, "stepStatus": "error"}, [(StepKind.ACTION_ERROR, "email", "error", None)]),
    ({**ACTION, "stepStatus": "TimedOut"}, [(StepKind.ACTION_ERROR, "email", "TimedOut", None)]),
    ({**ACTION, "stepStatus": "capped"}, [(StepKind.ACTION_ERROR, "email", "capped", None)]),
    (
        {**ACTION, **DONE, "actionExecutionOriginError": "http", "actionExecutionOriginCode": "500"},
        [(StepKind.ACTION, "email", None, None)],  # the attempt before the retry failed, not the action
    ),
    (
        {**ACTION, "actionExecutionError": "businessRuleProfileDiscarded"},
        [(StepKind.DISCARDED, "businessRuleProfileDiscarded", "businessRuleProfileDiscarded", None)],
    ),
    ({**NODE, "nodeType": "condition", "fetchError": "http", "fetchErrorCode": "500"},
     [(StepKind.OTHER, "condition", "http 500", None)]),
    (
        {**NODE, **DONE, "nodeType": "event", "stepStatus": "timedout"},
        [(StepKind.STEP, "event", "timedout", None)],
    ),
    ({"instanceEnded": True}, [(StepKind.EXITED, "instanceEnded", None, None)]),
    (
        {**NODE, **DONE, "nodeType": "end", "instanceEnded": True},
        [(StepKind.STEP, "end", None, None), (StepKind.EXITED, "instanceEnded", None, None)],
    ),
    (
        {"instanceEnded": True, "exitCriteriaID": "x", "exitCriteriaName": "Bought"},
        [(StepKind.EXITED, "instanceEnded", "Bought", None)],
    ),
    ({"instanceEnded": True, "stepStatus": "error"}, [(StepKind.FAILED, "instanceEnded", "error", None)]),
    (
        {**ACTION, "instanceEnded": True, "stepStatus": "error", "actionExecutionError": "timeout"},
        [
            (StepKind.ACTION_ERROR, "email", "timeout", None),
            (StepKind.FAILED, "instanceEnded", "timeout", None),
        ],
    ),
    (
        {**NODE, **DONE, "nodeType": "condition", "instanceEnded": True, "fetchError": "capping"},
        [(StepKind.FAILED, "instanceEnded", "capping", None)],  # not completed: the run died of it
    ),
    ({**NODE, **DONE, "nodeType": "start"}, [(StepKind.OTHER, "start", None, None)]),
    (
        {**NODE, **DONE, "nodeType": "event", "eventID": "createInstance"},
        [(StepKind.OTHER, "event", None, None)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), MAPPING, ids=lambda value: str(value)[:60])
def test_a_step_event_becomes_rows(fields: dict[str, Any], expected: list[Any]) -> None:
    found = [(row.kind, row.type, row.reason, row.origin) for row in rows(record(**fields))]
    assert found == expected


MISMATCH = "ERROR_SEGMENT_REALISATION_CONDITION_MISMATCH"
INTERNAL = "ERROR_SERVICE_INTERNAL"
# (service event) -> kind, the product's word, whether the word is also the reason
DISCARDS: list[tuple[dict[str, Any], StepKind, str, bool]] = [
    ({"dispatcher": {"eventCode": "discard", "eventType": "quietHours"}},
     StepKind.DISCARDED, "quietHours", True),
    ({"stateMachine": {"eventType": "discard", "eventCode": "reentranceNotAllowed"}},
     StepKind.DISCARDED, "reentranceNotAllowed", True),
    ({"dispatcher": {"eventType": "error", "eventCode": INTERNAL}}, StepKind.DISCARDED, INTERNAL, True),
    ({"dispatcher": {"eventType": MISMATCH}}, StepKind.DISCARDED, MISMATCH, True),
    ({"stateMachine": {"eventCode": "discard"}}, StepKind.DISCARDED, "discard", True),
    ({"stateMachine": {"eventType": "instanceCreated"}}, StepKind.OTHER, "instanceCreated", False),
    ({"segmentExportJob": {"eventCode": "ERROR_INSTANCE_DUPLICATION"}},
     StepKind.DISCARDED, "ERROR_INSTANCE_DUPLICATION", True),
    ({"segmentExportJob": {"eventCode": "ERROR_EXPORTJOB_FAILED"}},
     StepKind.OTHER, "ERROR_EXPORTJOB_FAILED", True),
    ({"segmentExportJob": {"status": "started"}}, StepKind.OTHER, "started", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("services", "kind", "word", "tells_why"), DISCARDS, ids=lambda value: str(value)[:60]
)
def test_a_service_event_is_a_discard_or_a_note(
    services: dict[str, Any], kind: StepKind, word: str, tells_why: bool
) -> None:
    (row,) = rows(record(services))
    assert (row.kind, row.type, row.reason) == (kind, word, word if tells_why else None)


def test_a_discard_tells_its_rule() -> None:
    service = {"eventCode": "discard", "eventType": "journeyCapping", "eventCodeReason": "CAP_REACHED"}
    service |= {"rejectedRuleset": {"ID": "r", "name": "Two a week"}}
    (row,) = rows(record({"dispatcher": service}))
    assert row.message == "Discarded: journeyCapping CAP_REACHED"
    assert row.fields["serviceEvents.dispatcher.rejectedRuleset.name"] == "Two a week"


def test_a_discard_out_of_a_paused_journey_also_leaves_it() -> None:
    service = {"dispatcher": {"eventCode": "discard", "eventType": "JOURNEY_IN_PAUSED_STATE"}}
    kinds = [row.kind for row in rows(record(service, instanceEnded=True))]
    assert kinds == [StepKind.DISCARDED, StepKind.EXITED]


def test_the_read_audience_job_tells_its_counts() -> None:
    job = {
        "status": "finished",
        "exportCountTotal": 120,
        "exportCountRealized": 118,
        "exportCountFailed": "2",
    }
    (row,) = rows(record({"segmentExportJob": job}))
    assert row.message == "Read Audience: finished, total 120, realized 118, failed 2"


def test_an_event_that_no_journey_took_is_no_row_of_a_scenario() -> None:
    value = {
        "_id": "id-9",
        "timestamp": T,
        "_experience": {
            "journeyOrchestration": {
                "profile": {"ID": "123", "namespace": "ECID"},
                "serviceEvents": {
                    "dispatcher": {
                        "eventCode": "discard",
                        "eventType": "EVENT_WITH_NO_JOURNEY",
                        "eventID": "e",
                    }
                },
            }
        },
    }
    (event,) = read(value)
    assert isinstance(event, Event)
    assert (event.kind, event.type, event.reason) == (
        EventKind.OTHER,
        "EVENT_WITH_NO_JOURNEY",
        "EVENT_WITH_NO_JOURNEY",
    )
    assert (event.name, event.identities) == ("e", (Identity("id", "123"),))


def test_a_row_carries_scenario_step_run_person_and_details() -> None:
    value = record(**ACTION, **DONE, stepID="s", actionExecutionTime=1_813, actionExecutionOriginError="http")
    found = read(value)
    scenario, step = Ref("J", NamedBy.ID, "Welcome"), Ref("n", NamedBy.ID, "Node")
    delivery = Ref("A", NamedBy.ID, "Hello")
    assert found == [
        ScenarioRecord(product="ajo", account="default", scenario=scenario, version="V3"),
        ScenarioRow(
            product="ajo",
            account="default",
            key=("action", "id-1"),
            has_id=True,
            at_ms=T_MS,
            kind=StepKind.ACTION,
            type="email",
            message="Action executed",
            scenario=scenario,
            step=step,
            identities=(Identity("email", "ada@example.org"),),
            run="unitary_1",
            delivery=delivery,
            fields={
                "nodeType": "action",
                "actionType": "email",
                "journeyNodeProcessed": True,
                "stepStatus": "ended",
                "stepID": "s",
                "actionExecutionTime": 1813,
                "actionExecutionOriginError": "http",
                "actionStart": "2026-03-10T07:59:58.687Z",
            },
        ),
        StepRecord(product="ajo", account="default", scenario=scenario, step=step, type="action"),
        DeliveryRecord(
            product="ajo",
            account="default",
            delivery=delivery,
            channel=Channel.EMAIL,
            scenario=scenario,
            step=step,
        ),
    ]


def test_a_custom_action_sends_no_delivery() -> None:
    found = read(record(**{**ACTION, "actionType": "customHttpAction"}, **DONE))
    assert not [one for one in found if isinstance(one, DeliveryRecord)]
    assert next(one for one in found if isinstance(one, ScenarioRow)).fields["actionName"] == "Hello"


def test_a_version_alone_stands_for_its_journey() -> None:
    value = record(entrance=True)
    del value["_experience"]["journeyOrchestration"]["stepEvents"]["journeyID"]
    (row,) = read(value)
    assert isinstance(row, ScenarioRow)
    assert row.scenario == Ref("V3", NamedBy.VERSION, "Welcome")


@pytest.mark.parametrize("flag", ["inTest", "inDryRun"])
def test_test_and_dry_runs_are_test_rows(flag: str) -> None:
    (row,) = rows(record(entrance=True, **{flag: True}))
    assert row.test is True
    assert flag not in row.fields


def test_one_execution_logged_twice_is_once() -> None:
    """R08: equal in profile, instance, node and request id, though not in `_id`."""
    value = record(None, "req-1", **ACTION, **DONE)
    again = {**value, "_id": "id-2"}
    (first,), (second,) = rows(value), rows(again)
    assert first.key != second.key
    assert first.once == second.once == ("ada@example.org", "unitary_1", "n", "req-1", "action")
    other = rows(record(None, "req-2", **ACTION, **DONE))[0]
    assert other.once != first.once
    assert rows(record(**ACTION, **DONE))[0].once == ()


@pytest.mark.parametrize(
    ("namespace", "value", "expected"),
    [
        ("Email", "a@b.c", Identity("email", "a@b.c")),
        (None, "a@b.c", Identity("email", "a@b.c")),
        ("Phone", "+46", Identity("phone", "+46")),
        ("pushToken", "f00d", Identity("token", "f00d")),
        ("ECID", "38400", Identity("id", "38400")),
        (None, "38400", Identity("id", "38400")),
        ("crmId", "1001", Identity("id", "crmid:1001")),
        ("loyalty", "1001", Identity("id", "loyalty:1001")),
    ],
)
def test_a_profile_is_known_in_its_namespace(namespace: str | None, value: str, expected: Identity) -> None:
    (row,) = rows(record(entrance=True, profileID=value, profileNamespace=namespace))
    assert row.identities == (expected,)


def test_two_namespaces_never_make_two_product_ids() -> None:
    value = record(entrance=True, profileID="1001", profileNamespace="crmId")
    value["identityMap"] = {"ECID": [{"id": "38400", "primary": True}], "Email": [{"id": "a@b.c"}]}
    (row,) = rows(value)
    assert row.identities == (Identity("id", "crmid:1001"), Identity("email", "a@b.c"))


def test_without_an_id_the_content_is_the_key() -> None:
    value = record(entrance=True)
    del value["_id"]
    (row,) = rows(value)
    assert row.has_id is False
    assert row.key == ("entered", T, "J", "unitary_1", "", "ada@example.org")


def test_an_id_that_is_the_mark_of_a_given_hash_is_an_id_like_any_other() -> None:
    (row,) = rows({**record(entrance=True), "_id": GIVEN})
    assert key_hash("ajo", "default", row.key) != 0


@pytest.mark.parametrize("told", [None, "", "yesterday", [T]])
def test_a_record_without_a_time_is_set_aside(told: Any) -> None:
    with pytest.raises(DecodeError, match="timestamp"):
        read({**record(entrance=True), "timestamp": told})
