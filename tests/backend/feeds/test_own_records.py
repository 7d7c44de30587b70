"""Every record of our own format: what it requires, what it becomes, and that nothing else escapes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds.format import Frame, Framing, Sample, Settings
from backend.feeds.own import names
from backend.feeds.own.decoding import FORMATS, RECORDS, decode
from backend.key_text import parse_key
from backend.keys import key_hash
from backend.model import BounceClass, Channel, EventKind, Origin, RosterState, StepKind
from backend.record import (
    CampaignRecord,
    ContactRecord,
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    RosterComplete,
    RosterRecord,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
    SuppressionRecord,
    UrlRecord,
    WorkflowRun,
)

NOUNS = ("scenario", "step", "campaign", "delivery")
EXAMPLES = Path(__file__).parents[3] / "examples"
T = "2026-03-10T08:00:00Z"
T_MS = 1_773_129_600_000
BASE = {"product": "mailer", "account": "default"}


def read(told: Settings | None = None, /, **values: Any) -> list[Record]:
    return list(decode(Frame(raw=b"", value=values), told or Settings()))  # type: ignore[arg-type]


def one(**values: Any) -> Any:
    (record,) = read(product="mailer", **values)
    return record


def test_an_event_takes_each_field_to_its_place() -> None:
    event = one(
        v=1,
        record="event",
        event_id="e-1",
        created_at=T,
        kind="clicked",
        type="click",
        channel="email",
        origin="transactional",
        email="Ada@Example.org",
        contact_id=17,
        phone="+46700000001",
        message_id="m-1",
        scenario_id=12,
        scenario="First steps",
        step_id="3",
        campaign="Spring",
        delivery_key="tag:spring",
        run="r-1",
        reason="why",
        name="Newsletter",
        url="https://shop.example/",
        platform="iOS",
        ip="198.51.100.7",
        user_agent="Mozilla/5.0",
        machine=True,
        test="yes",
        data={"order_id": 1},
        shop="north",
        received_at=T,
        repeat=True,
        domain="example.org",
    )
    assert event == Event(
        **BASE,
        key=("e-1",),
        has_id=True,
        at_ms=T_MS,
        kind=EventKind.CLICKED,
        type="click",
        channel=Channel.EMAIL,
        origin=Origin.TRANSACTIONAL,
        machine=True,
        test=True,
        identities=(
            Identity("email", "Ada@Example.org"),
            Identity("id", "17"),
            Identity("phone", "+46700000001"),
        ),
        message="m-1",
        message_id="m-1",
        scenario=Ref("12", NamedBy.ID, "First steps"),
        step=Ref("3"),
        campaign=Ref("Spring", NamedBy.NAME, "Spring"),
        delivery=Ref("spring", NamedBy.TAG),
        run="r-1",
        reason="why",
        name="Newsletter",
        url="https://shop.example/",
        platform="iOS",
        ip="198.51.100.7",
        user_agent="Mozilla/5.0",
        fields={"shop": "north"},
        data={"order_id": 1},
    )


def test_a_scenario_row_takes_brevos_names() -> None:
    row = one(
        record="scenario_log",
        event_id="s-1",
        date=T,
        kind="waiting",
        type="form",
        message="Waits",
        scenario_name="First steps",
        user_email="ada@example.org",
        step_id="3",
        start_id="1",
        workflow_points="start",
        run="r-1",
        reason="why",
        origin="external",
        until="2026-03-12T08:00:00Z",
        delivery_id=501,
        colour="blue",
    )
    assert row == ScenarioRow(
        **BASE,
        key=("s-1",),
        has_id=True,
        at_ms=T_MS,
        kind=StepKind.WAITING,
        type="form",
        message="Waits",
        scenario=Ref("First steps", NamedBy.NAME, "First steps"),
        step=Ref("3"),
        identities=(Identity("email", "ada@example.org"),),
        run="r-1",
        start_id="1",
        workflow_points="start",
        reason="why",
        origin="external",
        until_ms=T_MS + 2 * 86_400_000,
        delivery=Ref("501"),
        fields={"colour": "blue"},
    )


WHO = {"email": "a@b.c"}
THINGS: list[tuple[dict[str, Any], list[Record]]] = [
    (
        {"record": "contact", "contact_id": "7", "email": "a@b.c", "city": "Malmö"},
        [
            ContactRecord(
                **BASE, identities=(Identity("email", "a@b.c"), Identity("id", "7")), fields={"city": "Malmö"}
            )
        ],
    ),
    (
        {"record": "scenario", "scenario_id": 12, "name": "First steps", "version": "v4", "state": "live"},
        [ScenarioRecord(**BASE, scenario=Ref("12", NamedBy.ID, "First steps"), version="v4", state="live")],
    ),
    ({"record": "scenario", "id": 12}, [ScenarioRecord(**BASE, scenario=Ref("12"))]),
    (
        {
            "record": "step",
            "scenario_id": 12,
            "step_id": 1,
            "name": "Form",
            "type": "entry",
            "position": "0",
            "next": ["2", 3],
        },
        [
            StepRecord(
                **BASE,
                scenario=Ref("12"),
                step=Ref("1", NamedBy.ID, "Form"),
                type="entry",
                position=0,
                next=("2", "3"),
            )
        ],
    ),
    (
        {"record": "step", "scenario_id": "12", "step_id": "4", "next": "5|6"},
        [StepRecord(**BASE, scenario=Ref("12"), step=Ref("4"), next=("5", "6"))],
    ),
    (
        {"record": "step", "scenario_id": "12", "name": "Form"},
        [StepRecord(**BASE, scenario=Ref("12"), step=Ref("Form", NamedBy.NAME, "Form"))],
    ),
    (
        {"record": "step", "scenario_id": "12", "step_id": "9", "next": []},
        [StepRecord(**BASE, scenario=Ref("12"), step=Ref("9"), next=())],
    ),
    (
        {"record": "campaign", "campaign_id": 30, "name": "Spring"},
        [CampaignRecord(**BASE, campaign=Ref("30", NamedBy.ID, "Spring"))],
    ),
    (
        {
            "record": "delivery",
            "template_id": 501,
            "name": "Hello",
            "channel": "EMAIL",
            "subject": "Hi",
            "scenario_id": "12",
            "step_id": "2",
            "campaign_id": 30,
            "tracking": False,
        },
        [
            DeliveryRecord(
                **BASE,
                delivery=Ref("501", NamedBy.ID, "Hello"),
                channel=Channel.EMAIL,
                subject="Hi",
                scenario=Ref("12"),
                step=Ref("2"),
                campaign=Ref("30"),
                tracking=False,
            )
        ],
    ),
    (
        {"record": "url", "url": "https://x.example/", "url_id": 9, "label": "X", "type": "click"},
        [UrlRecord(**BASE, url="https://x.example/", url_id="9", label="X", type="click")],
    ),
    (
        {"record": "suppression", **WHO, "phone": "+46", "reason": "hard bounce", "since": T},
        [
            SuppressionRecord(
                **BASE, identity=Identity("email", "a@b.c"), reason="hard bounce", since_ms=T_MS
            ),
            SuppressionRecord(**BASE, identity=Identity("phone", "+46"), reason="hard bounce", since_ms=T_MS),
        ],
    ),
    (
        {
            "record": "roster",
            **WHO,
            "scenario_id": "12",
            "entered_at": T,
            "run": "r",
            "step_id": "3",
            "state": "waiting",
            "until": "2026-03-11T08:00:00Z",
            "as_of": T,
        },
        [
            RosterRecord(
                **BASE,
                scenario=Ref("12"),
                identities=(Identity("email", "a@b.c"),),
                entered_ms=T_MS,
                run="r",
                step=Ref("3"),
                state=RosterState.WAITING,
                until_ms=T_MS + 86_400_000,
                as_of_ms=T_MS,
            )
        ],
    ),
    (
        {"record": "roster_complete", "scenario_id": "12", "as_of": T},
        [RosterComplete(**BASE, scenario=Ref("12"), as_of_ms=T_MS)],
    ),
    (
        {
            "record": "workflow_run",
            "workflow": "tracking",
            "started_at": T,
            "ended_at": "2026-03-10T08:00:41Z",
            "status": "finished",
            "read": 1200.0,
            "written": 1180,
            "rejected": 20,
            "error": "none that counts",
            "log": "read 2 files",
        },
        [
            WorkflowRun(
                **BASE,
                workflow="tracking",
                started_ms=T_MS,
                ended_ms=T_MS + 41_000,
                status="finished",
                read=1200,
                written=1180,
                rejected=20,
                error="none that counts",
                log="read 2 files",
            )
        ],
    ),
]


@pytest.mark.parametrize(("values", "records"), THINGS, ids=lambda value: str(value)[:40])
def test_a_record_becomes_what_it_says(values: dict[str, Any], records: list[Record]) -> None:
    assert read(product="mailer", **values) == records


def test_a_message_is_told_as_the_events_that_lead_to_it() -> None:
    events = read(
        product="mailer",
        record="message",
        message_id="m-1",
        email="a@b.c",
        delivery_id="501",
        sent_at=T,
        outcome="bounced",
        **{"class": "hard"},
        reason="550 no such user",
        outcome_at="2026-03-10T08:00:04Z",
        opened_at="2026-03-10T08:10:00Z",
    )
    assert [(e.kind, e.at_ms - T_MS, e.bounce_class, e.reason, e.has_id) for e in events] == [
        (EventKind.SENT, 0, None, None, False),
        (EventKind.OPENED, 600_000, None, None, False),
        (EventKind.BOUNCED, 4_000, BounceClass.HARD, "550 no such user", False),
    ]
    assert {(e.message, e.delivery) for e in events} == {("m-1", Ref("501"))}
    assert len({e.key for e in events}) == 3


def test_a_pending_message_needs_no_time_of_its_outcome() -> None:
    (event,) = read(record="message", message_id="m", sent_at=T, outcome="pending")
    assert event.kind is EventKind.SENT
    sent, deferred = read(record="message", message_id="m", sent_at=T, outcome="pending", outcome_at=T)
    assert (sent.kind, deferred.kind) == (EventKind.SENT, EventKind.DEFERRED)


REASONS: list[tuple[dict[str, Any], str]] = [
    ({}, "no record"),
    ({"record": 5}, "no record"),
    ({"record": "mystery"}, f"record is none of {', '.join(RECORDS)}"),
    ({"record": "event", "v": 9}, "a version of the format that this program does not know"),
    ({"record": "event", "kind": "sent"}, "event: no created_at or at or date or time or timestamp"),
    ({"record": "event", "created_at": T}, "event: no kind"),
    ({"record": "tracking", "created_at": T}, "tracking: no kind"),
    (
        {"record": "event", "created_at": T, "kind": "secret"},
        f"event: kind is none of {', '.join(EventKind)}",
    ),
    (
        {"record": "event", "created_at": "secret", "kind": "sent"},
        "event: created_at is a date that cannot be read",
    ),
    ({"record": "event", "created_at": [T], "kind": "sent"}, "event: created_at is not a time"),
    ({"record": "event", "created_at": T, "kind": "sent", "reason": ["x"]}, "event: reason is not a text"),
    (
        {"record": "event", "created_at": T, "kind": "sent", "test": "perhaps"},
        "event: test is neither true nor false",
    ),
    ({"record": "event", "created_at": T, "kind": "sent", "data": 5}, "event: data is not an object"),
    (
        {"record": "event", "created_at": T, "kind": "sent", "scenario_key": "12"},
        "event: scenario_key is not like id:4711, name:Welcome or tag:spring",
    ),
    (
        {"record": "event", "created_at": T, "kind": "sent", "contact": "x", "contact_namespace": "fax"},
        "event: contact_namespace is none of id, email, phone, token",
    ),
    (
        {"record": "scenario_log", "date": T, "kind": "entered"},
        "scenario_log: no scenario, scenario_id or scenario_key",
    ),
    ({"record": "message", "outcome": "error", "outcome_at": T}, "message: no message_id or message_key"),
    ({"record": "message", "message_id": "m"}, "message: no outcome and no time"),
    ({"record": "message", "message_id": "m", "outcome": "error"}, "message: an outcome without outcome_at"),
    ({"record": "contact", "email": " ", "contact_id": 0}, "contact: no email, contact_id, phone or token"),
    ({"record": "scenario"}, "scenario: no scenario_id, scenario_key or name"),
    ({"record": "step", "scenario_id": 1}, "step: no step_id, step_key or name"),
    ({"record": "step", "scenario_id": 1, "id": 2, "position": -1}, "step: position is below 0"),
    (
        {"record": "step", "scenario_id": 1, "id": 2, "position": "two"},
        "step: position is not a whole number",
    ),
    ({"record": "step", "scenario_id": 1, "id": 2, "position": 0.5}, "step: position is not a whole number"),
    ({"record": "event", "created_at": T, "kind": "sent", "data": "{"}, "event: data is not an object"),
    ({"record": "step", "scenario_id": 1, "id": 2, "next": [None]}, "step: next is not a list of texts"),
    ({"record": "url"}, "url: no url"),
    ({"record": "suppression", "email": "a@b.c"}, "suppression: no reason"),
    ({"record": "roster", "scenario_id": 1, "email": "a@b.c"}, "roster: no entered_at"),
    ({"record": "roster_complete", "scenario_id": 1}, "roster_complete: no as_of"),
    ({"record": "workflow_run", "workflow": "t", "started_at": T}, "workflow_run: no status"),
]


@pytest.mark.parametrize(("values", "reason"), REASONS, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_told_without_the_data(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(**values)
    assert str(caught.value) == reason


def test_sixteen_hex_digits_are_the_hash_itself() -> None:
    event = one(record="event", event_id="00FF00ff00ff00ff", created_at=T, kind="sent")
    assert key_hash("mailer", "default", event.key) == parse_key("00ff00ff00ff00ff")
    content = one(record="event", event_id="00ff00ff00ff00ff", content_key=True, created_at=T, kind="sent")
    assert (event.has_id, content.has_id) == (True, False)


def test_without_an_id_the_content_is_the_key() -> None:
    told = {"record": "event", "created_at": T, "kind": "opened", "email": "a@b.c", "message_id": "m"}
    first, again, other = one(**told), one(**told, received_at=T), one(**{**told, "url": "https://x.example"})
    assert first.key == again.key != other.key
    assert first.has_id is False


def test_a_time_without_a_zone_keeps_its_key_in_every_zone() -> None:
    told = {"record": "event", "created_at": "2026-03-10 08:00:00", "kind": "sent", "email": "a@b.c"}
    (utc,) = read(**told)
    (paris,) = read(Settings(zone=ZoneInfo("Europe/Paris")), **told)
    assert utc.at_ms - paris.at_ms == 3_600_000
    assert utc.key == paris.key
    assert utc.key_ms == paris.key_ms == T_MS


def test_the_account_of_the_record_goes_before_the_one_told() -> None:
    told = {"record": "campaign", "name": "Spring"}
    assert read(Settings(account="north"), **told)[0].account == "north"
    assert read(Settings(account="north"), **told, account="south")[0].account == "south"


def test_csv_cells_are_texts_and_columns_may_be_renamed() -> None:
    row = {"record": "event", "when": T, "kind": "Clicked", "email": "a@b.c", "machine": "0", "class": ""}
    row |= {"data": '{"a": 1}', "data.coupon": "SPRING10", "fields.x": "y", "extra": "kept"}
    (event,) = read(Settings(columns={"when": "created_at"}), **row)
    assert (event.kind, event.machine, event.bounce_class) == (EventKind.CLICKED, False, None)
    assert event.data == {"a": 1, "coupon": "SPRING10"}
    assert event.fields == {"extra": "kept", "x": "y"}


DOCUMENT = EXAMPLES.parent / "docs" / "formats" / "parcours.md"


def test_the_document_names_every_record_kind_and_field() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    known = {name for name in names.MESSAGE | names.SCENARIO_ROW if not name.startswith(NOUNS)}
    told = {*RECORDS, *EventKind, *StepKind, *BounceClass, *Channel, *Origin, *RosterState, *known}
    assert [name for name in sorted(told) if f"`{name}`" not in text] == []


JSON_FORMAT, CSV_FORMAT = FORMATS


def frames_of(name: str) -> list[dict[str, Any]]:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if name.endswith(".csv"):
        return list(csv.DictReader(text.splitlines()))
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("parcours-*")))
def test_the_examples_are_read_whole_and_recognised(name: str) -> None:
    values = frames_of(name)
    frames = tuple(Frame(raw=b"", value=value) for value in values)
    header = tuple(values[0]) if name.endswith(".csv") else ()
    format_, framing = (CSV_FORMAT, Framing.CSV) if header else (JSON_FORMAT, Framing.JSON)
    assert format_.recognise(Sample(framing=framing, header=header, frames=frames[:20])) == 1.0
    assert all(list(format_.decode(frame, Settings())) for frame in frames)


def test_another_feed_is_not_taken_for_ours() -> None:
    frame = Frame(raw=b"", value={"event": "delivered", "email": "a@b.c", "record": "x"})
    assert JSON_FORMAT.recognise(Sample(framing=Framing.JSON, header=(), frames=(frame,))) == 0.0
    assert CSV_FORMAT.recognise(Sample(framing=Framing.CSV, header=("a",), frames=(frame,))) == 0.0
    assert JSON_FORMAT.recognise(Sample(framing=Framing.JSON, header=(), frames=())) == 0.0


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES_TEXT = """
v kind created_at date at email contact contact_id event_id content_key scenario scenario_id scenario_key
step_id step_key next position read data fields data.x until once test class channel origin outcome
outcome_at sent_at message_id delivery_key as_of entered_at started_at status workflow reason url name id
state since tracking
"""
NAMES = st.sampled_from(NAMES_TEXT.split())
LIKELY = st.sampled_from(
    [T, "sent", "entered", "1", 1, -1, "id:4", "email", "a@b.c", "00ff00ff00ff00ff", 1e300]
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([*RECORDS, "?"]), st.dictionaries(NAMES, LIKELY | ANY_JSON, max_size=14))
def test_any_object_gives_records_or_a_reason(record: str, values: dict[str, Any]) -> None:
    frame = Frame(raw=b"", value={"record": record, **values})
    try:
        records = list(decode(frame, Settings()))
    except DecodeError as error:
        assert str(error)
    else:
        assert records


@settings(max_examples=100, deadline=None)
@given(ANY_JSON)
def test_any_json_value_gives_records_or_a_reason(value: Any) -> None:
    with pytest.raises(DecodeError):
        list(decode(Frame(raw=b"", value=value), Settings()))
