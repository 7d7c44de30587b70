"""Every spelling of an XDM record is read alike, and any JSON value gives records or a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds.ajo import FORMATS, decode
from backend.feeds.format import Frame, Framing, Sample, Settings
from backend.record import Event, Record

EXAMPLES = Path(__file__).parents[3] / "examples"
CJM = "https://ns.adobe.com/experience/customerJourneyManagement/"
STEPS = "https://ns.adobe.com/experience/journeyOrchestration/"
T = "2026-03-10T08:00:00Z"


def read(value: Any) -> list[Record]:
    return list(decode(Frame(raw=b"", value=value), Settings()))  # type: ignore[arg-type]


NESTED = {
    "_id": "i",
    "timestamp": T,
    "identityMap": {"ECID": [{"id": "384", "primary": True}]},
    "_experience": {
        "customerJourneyManagement": {
            "messageExecution": {"messageExecutionID": "UMA-1", "journeyVersionID": "V"},
            "messageProfile": {
                "messageProfileID": "mp",
                "channel": {"_id": "https://ns.adobe.com/xdm/channels/email"},
            },
            "emailChannelContext": {"address": "ada@example.org"},
            "messageDeliveryfeedback": {
                "feedbackStatus": "bounce",
                "messageFailure": {"reason": "Full", "code": "22", "type": "Soft"},
                "retryCount": 1,
            },
        }
    },
}
URIS = {
    "@id": "i",
    "xdm:timestamp": T,
    "xdm:identityMap": {"ECID": [{"xdm:id": "384", "xdm:primary": True}]},
    CJM + "messageExecution": {
        CJM + "messageExecution/messageExecutionID": "UMA-1",
        CJM + "messageExecution/journeyVersionID": "V",
    },
    CJM + "messageProfile": {
        CJM + "messageProfile/messageProfileID": "mp",
        CJM + "messageProfile/channel": {"@id": "https://ns.adobe.com/xdm/channels/email"},
        CJM + "emailChannelContext/address": "ada@example.org",
    },
    CJM + "messageDeliveryfeedback": {
        CJM + "messageDeliveryfeedback/feedbackStatus": "bounce",
        CJM + "messageDeliveryfeedback/messageFailure": {
            CJM + "messageDeliveryfeedback/reason": "Full",
            CJM + "messageDeliveryfeedback/code": "22",
            CJM + "messageDeliveryfeedback/type": "Soft",
        },
        CJM + "messageDeliveryfeedback/retryCount": 1,
    },
}


def flattened(value: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, part in value.items():
        if isinstance(part, dict) and key != "identityMap":
            flat |= flattened(part, f"{above}{key}.")
        else:
            flat[above + key] = part
    return flat


def lowered(value: dict[str, Any]) -> dict[str, Any]:
    return {key.lower(): part for key, part in flattened(value).items()}


def all_uris(value: dict[str, Any]) -> dict[str, Any]:
    """Whole ways as URIs beside each other, without any nesting."""
    return {
        f"https://ns.adobe.com/experience/{key.removeprefix('_experience.').replace('.', '/')}"
        if key.startswith("_experience.") and "channel" not in key.lower()
        else key: part
        for key, part in flattened(value).items()
    }


@pytest.mark.parametrize(
    "value",
    [
        URIS,
        flattened(NESTED),
        lowered(NESTED),
        all_uris(NESTED),
        {"header": {"msgType": "xdm"}, "body": {"xdmMeta": {}, "xdmEntity": NESTED}},
        {"xdmEntity": NESTED},
    ],
    ids=["URI keys", "dotted", "lower case", "URIs side by side", "streamed", "entity"],
)
def test_each_spelling_gives_the_same_records(value: dict[str, Any]) -> None:
    ours, theirs = read(NESTED), read(value)
    assert [fold(one) for one in theirs] == [fold(one) for one in ours]


def fold(record: Record) -> Any:
    """Names of left-over fields keep the export's letters, so they are compared without case."""
    if not isinstance(record, Event):
        return record
    names = {key.lower(): value for key, value in record.fields.items()}
    return ({name: getattr(record, name) for name in record.__struct_fields__ if name != "fields"}, names)


def test_step_events_by_uri_are_read() -> None:
    inside = {"journeyID": "J", "instanceID": "1", "profileID": "a@b.c", "entrance": True, "nodeID": "n"}
    short = {"_id": "i", "timestamp": T, "_experience": {"journeyOrchestration": {"stepEvents": inside}}}
    uris = {STEPS + key: value for key, value in inside.items()}
    assert read({"@id": "i", "xdm:timestamp": T, STEPS + "stepEvents": uris}) == read(short)


def test_unknown_fields_are_kept_by_the_shortest_name_that_is_free() -> None:
    value = {**NESTED, "retryCount": 9, "_acme": {"store": {"city": "Malmö"}}, "empty": ""}
    (event, *_) = read(value)
    assert isinstance(event, Event)
    assert event.fields == {
        "messageProfile.messageProfileID": "mp",
        "messageDeliveryfeedback.messageFailure.code": "22",
        "messageDeliveryfeedback.retryCount": 1,
        "retryCount": 9,
        "_acme.store.city": "Malmö",
    }


def test_uris_of_other_schemas_are_kept_by_their_last_word() -> None:
    value = {**NESTED, "https://ns.adobe.com/xdm/context/place": "Malmö", "https://ns.adobe.com/": 1}
    (event, *_) = read(value)
    assert isinstance(event, Event)
    assert event.fields["place"] == "Malmö"
    assert event.fields["https://ns.adobe.com/"] == 1


NOT_OURS: list[tuple[Any, str]] = [
    ([], "not a JSON object"),
    ("text", "not a JSON object"),
    ({}, "no part of a Journey Optimizer record is known"),
    ({"_id": "i", "timestamp": T}, "no part of a Journey Optimizer record is known"),
    (
        {"_experience": {"customerJourneyManagement": {"entities": {"experiment": {"treatmentID": "t"}}}}},
        "an entity without the id of a journey, a campaign or a message",
    ),
]


@pytest.mark.parametrize(("value", "reason"), NOT_OURS)
def test_what_is_no_record_of_ours_is_named(value: Any, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(value)
    assert str(caught.value) == reason


def example(name: str) -> tuple[Frame, ...]:
    values = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return tuple(Frame(raw=b"", value=value) for value in values)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.name)
def test_each_example_is_read_whole_and_recognised_by_its_own_format(format_: Any) -> None:
    frames = example(format_.name)
    assert all(list(format_.decode(frame, Settings())) for frame in frames)
    sample = Sample(framing=Framing.JSON, header=(), frames=frames[:20])
    scores = {other.name: other.recognise(sample) for other in FORMATS}
    assert max(scores, key=lambda name: scores[name]) == format_.name
    assert scores[format_.name] > 0.9


def test_a_mixed_export_is_recognised_by_what_it_holds_most_of() -> None:
    frames = [frame for form in FORMATS for frame in example(form.name)[:3]] + [*example("ajo-tracking")[3:5]]
    sample = Sample(framing=Framing.JSON, header=(), frames=tuple(frames))
    scores = {form.name: form.recognise(sample) for form in FORMATS}
    assert max(scores, key=lambda name: scores[name]) == "ajo-tracking"
    assert scores["ajo-tracking"] > 0.5


def test_other_json_is_not_recognised() -> None:
    frames = (Frame(raw=b"", value={"event": "delivered"}), Frame(raw=b"", value=[1]))
    sample = Sample(framing=Framing.JSON, header=(), frames=frames)
    assert {one.recognise(sample) for one in FORMATS} == {0.0}
    assert {one.recognise(Sample(framing=Framing.JSON, header=(), frames=())) for one in FORMATS} == {0.0}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
STEP_PATHS = """
stepEvents stepEvents.journeyID stepEvents.journeyVersionID stepEvents.nodeID stepEvents.nodeType
stepEvents.entrance stepEvents.instanceEnded stepEvents.actionID stepEvents.actionExecutionTime
stepEvents.journeyNodeProcessed stepEvents.stepStatus stepEvents.profileID stepEvents.inTest
serviceEvents.dispatcher.eventCode serviceEvents.segmentExportJob.eventCode
serviceEvents.segmentExportJob.exportCountTotal
"""
MESSAGE_PATHS = """
messageDeliveryfeedback.feedbackStatus messageDeliveryfeedback.messageFailure.code
messageInteraction.interactionType messageInteraction.offers messageInteraction.tags
messageExecution.messageExecutionID messageExecution.campaignID messageProfile.channel
emailChannelContext.address entities.journey.journeyID
"""
DECISION_PATHS = "propositions propositionDetails propositionEventType.display"
PATHS = st.sampled_from(
    [
        *("_id", "timestamp", "eventType", "identityMap", "identityMap.ECID", "xdmEntity"),
        *(f"_experience.journeyOrchestration.{name}" for name in STEP_PATHS.split()),
        *(f"_experience.customerJourneyManagement.{name}" for name in MESSAGE_PATHS.split()),
        *(f"_experience.decisioning.{name}" for name in DECISION_PATHS.split()),
    ]
)
LIKELY = st.sampled_from(
    [
        T,
        "bounce",
        "open",
        "discard",
        "ERROR_X",
        "action",
        "start",
        "email",
        True,
        5,
        "10",
        [{"items": [{"id": 1}]}],
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(PATHS, LIKELY | ANY_JSON, max_size=12))
def test_any_record_gives_records_or_a_reason(values: dict[str, Any]) -> None:
    try:
        records = read({"timestamp": T, **values})
    except DecodeError as error:
        assert str(error)
    else:
        assert records


@settings(max_examples=100, deadline=None)
@given(ANY_JSON)
def test_any_json_value_gives_records_or_a_reason(value: Any) -> None:
    with pytest.raises(DecodeError):
        read(value)
