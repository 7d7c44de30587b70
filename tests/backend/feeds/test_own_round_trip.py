"""What `logs --format json` writes rebuilds the same rows when it is read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.feeds.format import Frame, Settings
from backend.feeds.intake import parse_json
from backend.feeds.own import names
from backend.feeds.own.decoding import decode
from backend.feeds.own.writing import encode_row
from backend.key_text import format_key
from backend.keys import key_hash
from backend.model import BounceClass, Channel, EventKind, LogName, LogRow, Origin, StepKind
from backend.record import Event, Identity, NamedBy, Ref, ScenarioRow

# What intake lets through: no lone surrogates, no NUL.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
OPTIONAL = st.none() | TEXT
VALUE = TEXT.filter(lambda text: text.strip().lower() not in {"", "0", "null", "none"})
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
SCALAR = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | FLOATS | TEXT
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2)
)
FIELD_NAME = (
    TEXT
    | st.sampled_from(sorted(names.EVENT | names.SCENARIO_ROW))
    | st.sampled_from(["data.colour", "fields.colour", "messageProfile.variant"])
)
FIELDS = st.dictionaries(FIELD_NAME, JSON, max_size=4)
MOMENT = st.integers(631_152_000_000, 4_102_444_799_999)
HASH = st.integers(-(2**63), 2**63 - 1).map(format_key)


@st.composite
def refs(draw: st.DrawFn, noun: str, *, needed: bool = False) -> dict[str, str | None]:
    if not needed and draw(st.booleans()):
        return {}
    by = draw(st.sampled_from(NamedBy))
    key = draw(TEXT)
    name = key if by is NamedBy.NAME else draw(OPTIONAL)
    return {noun: name, f"{noun}_key": f"{by.name.lower()}:{key}"}


@st.composite
def contacts(draw: st.DrawFn) -> dict[str, str]:
    if draw(st.booleans()):
        return {}
    namespace = draw(st.sampled_from(["id", "email", "phone", "token"]))
    return {"contact": draw(VALUE), "contact_namespace": namespace}


def common(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "id": 1,
        "at_ms": draw(MOMENT),
        "received_ms": draw(MOMENT),
        "key": draw(HASH),
        "has_id": draw(st.booleans()),
        "type": draw(TEXT),
        "product": draw(st.sampled_from(["brevo", "ajo", "parcours", "mailer"])),
        "account": draw(st.sampled_from(["default", "north"])),
        "format": "brevo-webhook",
        "reason": draw(OPTIONAL),
        "run": draw(OPTIONAL),
        "test": draw(st.booleans()),
        "repeat": draw(st.booleans()),
        "skew": draw(st.booleans()),
        "fields": draw(FIELDS),
        "data": draw(st.dictionaries(TEXT, JSON, max_size=3)),
        **draw(contacts()),
        **draw(refs("step")),
        **draw(refs("delivery")),
    }


@st.composite
def event_rows(draw: st.DrawFn) -> LogRow:
    return LogRow(
        **common(draw),
        **draw(refs("scenario")),
        **draw(refs("campaign")),
        log=draw(st.sampled_from([LogName.EVENT, LogName.TRACKING])),
        kind=draw(st.sampled_from(EventKind)).value,
        bounce_class=draw(st.none() | st.sampled_from(BounceClass)),
        channel=draw(st.none() | st.sampled_from(Channel)),
        origin=draw(st.none() | st.sampled_from(Origin)),
        message=draw(OPTIONAL),
        message_key=draw(TEXT),
        name=draw(OPTIONAL),
        url=draw(OPTIONAL),
        domain=draw(OPTIONAL),
        platform=draw(OPTIONAL),
        ip=draw(OPTIONAL),
        user_agent=draw(OPTIONAL),
        machine=draw(st.booleans()),
        implied=draw(st.sampled_from([(), ("sent",), ("targeted", "sent")])),
    )


@st.composite
def scenario_rows(draw: st.DrawFn) -> LogRow:
    return LogRow(
        **common(draw),
        **draw(refs("scenario", needed=True)),
        log=LogName.SCENARIO,
        kind=draw(st.sampled_from(StepKind)).value,
        message=draw(OPTIONAL),
        origin=draw(OPTIONAL),
        start_id=draw(OPTIONAL),
        workflow_points=draw(OPTIONAL),
        until_ms=draw(st.none() | MOMENT),
        once=draw(st.none() | HASH),
    )


def through_json(row: LogRow) -> Event | ScenarioRow:
    raw = msgspec.json.encode(encode_row(row))
    (record,) = decode(Frame(raw=raw, value=parse_json(raw)), Settings(account="elsewhere"))
    assert isinstance(record, Event | ScenarioRow)
    return record


def ref_of(row: LogRow, noun: str) -> Ref | None:
    key = getattr(row, f"{noun}_key")
    if key is None:
        return None
    by, _, rest = key.partition(":")
    return Ref(rest, NamedBy[by.upper()], getattr(row, noun) or "")


def same_head(row: LogRow, record: Event | ScenarioRow) -> None:
    assert format_key(key_hash(record.product, record.account, record.key)) == row.key
    assert (record.product, record.account, record.has_id) == (row.product, row.account, row.has_id)
    assert (record.at_ms, record.key_ms) == (row.at_ms, None)
    assert (record.kind.value, record.type, record.reason) == (row.kind, row.type, row.reason)
    assert record.test is row.test
    if row.contact is None:
        assert all(one.namespace == "id" for one in record.identities), "only the product's own contact_id"
    else:
        assert record.identities[0] == Identity(row.contact_namespace or "", row.contact)
    for noun in ("scenario", "step", "delivery"):
        assert getattr(record, noun) == ref_of(row, noun)
    assert same(record.data, row.data)
    assert same(record.fields, row.fields)


def same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Equal as JSON, so that 1 and True, or 1 and 1.0, differ."""
    return msgspec.json.encode(ours, order="sorted") == msgspec.json.encode(theirs, order="sorted")


@settings(max_examples=150, deadline=None)
@given(event_rows())
def test_an_event_row_comes_back_as_the_same_record(row: LogRow) -> None:
    record = through_json(row)
    assert isinstance(record, Event)
    same_head(row, record)
    assert (record.message, record.message_id) == (row.message_key, row.message)
    assert (record.bounce_class, record.channel, record.origin) == (row.bounce_class, row.channel, row.origin)
    assert (record.name, record.url, record.platform) == (row.name, row.url, row.platform)
    assert (record.ip, record.user_agent, record.run) == (row.ip, row.user_agent, row.run)
    assert record.machine is row.machine
    assert record.campaign == ref_of(row, "campaign")


@settings(max_examples=150, deadline=None)
@given(scenario_rows())
def test_a_scenario_row_comes_back_as_the_same_record(row: LogRow) -> None:
    record = through_json(row)
    assert isinstance(record, ScenarioRow)
    same_head(row, record)
    assert (record.message, record.run) == (row.message or "", row.run or "")
    assert (record.start_id, record.workflow_points) == (row.start_id, row.workflow_points)
    assert (record.origin, record.until_ms) == (row.origin, row.until_ms)
    assert record.once == (("#", row.once) if row.once else ())


def test_the_output_has_the_names_that_the_products_document() -> None:
    row = LogRow(
        log=LogName.EVENT,
        id=7,
        at_ms=1_773_129_600_123,
        received_ms=1_773_129_601_000,
        key="00000000000000ff",
        kind="clicked",
        type="templates_clicked",
        product="brevo",
        account="default",
        format="brevo-event-log",
        contact="ada@example.org",
        contact_namespace="email",
        delivery="Hello",
        delivery_key="id:42",
        message="<1@relay>",
        message_key="<1@relay>",
        url="https://shop.example/",
        fields={"contact_id": 17, "segment": "new", "kind": "theirs"},
        data={"order_id": 123},
        implied=("sent",),
    )
    assert encode_row(row) == {
        "v": 1,
        "record": "event",
        "event_id": "00000000000000ff",
        "content_key": True,
        "created_at": "2026-03-10T08:00:00.123Z",
        "received_at": "2026-03-10T08:00:01.000Z",
        "kind": "clicked",
        "type": "templates_clicked",
        "sib_type": "templates_clicked",
        "contact_id": 17,
        "email": "ada@example.org",
        "email_id": "ada@example.org",
        "message_id": "<1@relay>",
        "delivery": "Hello",
        "delivery_id": "42",
        "template_id": "42",
        "url": "https://shop.example/",
        "machine": False,
        "test": False,
        "repeat": False,
        "implied": ["sent"],
        "product": "brevo",
        "account": "default",
        "format": "brevo-event-log",
        "segment": "new",
        "data": {"order_id": 123},
        "fields": {"contact_id": 17, "kind": "theirs"},
    }


def test_a_phone_with_a_product_id_beside_it_stays_the_rows_own_contact() -> None:
    row = LogRow(
        log=LogName.EVENT,
        id=1,
        at_ms=1_773_129_600_000,
        received_ms=1_773_129_600_000,
        key="00000000000000aa",
        kind="sent",
        type="sent",
        product="brevo",
        account="default",
        format="brevo-sms-webhook",
        contact="+46700000001",
        contact_namespace="phone",
        fields={"contact_id": 17},
    )
    record = through_json(row)
    assert record.identities == (Identity("phone", "+46700000001"), Identity("id", "17"))
    assert record.fields == {"contact_id": 17}


def test_a_scenario_row_has_brevos_names() -> None:
    row = LogRow(
        log=LogName.SCENARIO,
        id=1,
        at_ms=1_773_129_600_000,
        received_ms=1_773_129_600_000,
        key="00000000000000aa",
        kind="entered",
        type="form",
        product="brevo",
        account="default",
        format="brevo-scenario-log",
        contact="ada@example.org",
        contact_namespace="email",
        scenario="First steps",
        scenario_key="name:First steps",
        step="Form",
        step_key="id:3",
        message="Contact has entered workflow",
        start_id="1",
        workflow_points="start",
        has_id=True,
    )
    out = encode_row(row)
    documented = (
        *("message", "type", "scenario_name", "start_id"),
        *("workflow_points", "date", "user_email", "step_id"),
    )
    assert {name: out[name] for name in documented} == {
        "message": "Contact has entered workflow",
        "type": "form",
        "scenario_name": "First steps",
        "start_id": "1",
        "workflow_points": "start",
        "date": "2026-03-10T08:00:00.000Z",
        "user_email": "ada@example.org",
        "step_id": "3",
    }
    assert "content_key" not in out
