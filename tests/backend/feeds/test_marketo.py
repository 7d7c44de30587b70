"""Marketo's activities and people: which rows and contacts each record gives, and how each is recognised."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds import find_format, recognise
from backend.feeds.format import Format, Frame, Framing, Settings
from backend.feeds.framing import open_framer
from backend.feeds.marketo import FORMATS
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.model import BounceClass, Channel, EventKind
from backend.record import (
    ContactRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    Rejected,
    SuppressionRecord,
    TypeRecord,
)
from backend.sources.sqlite.writing import Store

EXAMPLES = Path(__file__).parents[3] / "examples"
T8 = 1_773_129_600_000  # 2026-03-10 08:00:00 UTC
ACTIVITY: dict[str, Any] = {
    "id": 1,
    "marketoGUID": "guid-1",
    "leadId": 101,
    "activityDate": "2026-03-10T08:00:00Z",
    "activityTypeId": 6,
    "campaignId": 5001,
    "primaryAttributeValueId": 3001,
    "primaryAttributeValue": "Spring sale",
    "attributes": [{"name": "Campaign Run ID", "value": "71"}],
}


def read(name: str, value: Any, **said: Any) -> list[Record | Rejected]:
    frame = Frame(raw=b"raw", value=value, place="line 2")
    return list(find_format(f"marketo-{name}").decode(frame, Settings(**said)))


def event(attributes: dict[str, Any] | None = None, **fields: Any) -> Event:
    body = {**ACTIVITY, **fields}
    if attributes is not None:
        body["attributes"] = [{"name": name, "value": value} for name, value in attributes.items()]
    (found,) = read("activities", body)
    assert isinstance(found, Event)
    return found


def rows_of(name: str) -> list[Record | Rejected]:
    raw = (EXAMPLES / name).read_bytes()
    form = recognise(raw)
    framer = open_framer(form.framing, raw)
    return [
        record
        for piece in [*framer.feed(raw), *framer.finish()]
        if isinstance(piece, Frame)
        for record in form.decode(piece, Settings())
    ]


@pytest.mark.parametrize(
    ("type_id", "kind", "bounce_class", "word"),
    [
        (1, EventKind.PAGE, None, "Visit Webpage"),
        (2, EventKind.FORM, None, "Fill Out Form"),
        (3, EventKind.LINK, None, "Click Link"),
        (6, EventKind.SENT, None, "Send Email"),
        (7, EventKind.DELIVERED, None, "Email Delivered"),
        (8, EventKind.BOUNCED, BounceClass.HARD, "Email Bounced"),
        (9, EventKind.UNSUBSCRIBED, None, "Unsubscribe Email"),
        (10, EventKind.OPENED, None, "Open Email"),
        (11, EventKind.CLICKED, None, "Click Email"),
        (12, EventKind.OTHER, None, "New Lead"),
        (13, EventKind.OTHER, None, "Change Data Value"),
        (24, EventKind.LIST_ADDITION, None, "Add to List"),
        (27, EventKind.BOUNCED, BounceClass.SOFT, "Email Bounced Soft"),
        (104, EventKind.OTHER, None, "Change Program Status"),
        (100001, EventKind.OTHER, None, "100001"),
    ],
)
def test_an_activity_type_is_a_kind(
    type_id: int, kind: EventKind, bounce_class: BounceClass | None, word: str
) -> None:
    found = event(activityTypeId=type_id)
    assert (found.kind, found.bounce_class, found.type) == (kind, bounce_class, word)


def test_who_and_what_a_sending_is_about() -> None:
    found = event()
    assert (found.key, found.has_id, found.at_ms, found.key_ms) == (("guid-1",), True, T8, None)
    assert found.identities == (Identity("id", "101"),)
    assert found.delivery == Ref("3001", NamedBy.ID, "Spring sale")
    assert found.campaign == Ref("5001")
    assert (found.message, found.run, found.channel) == ("3001|101|5001", "71", Channel.EMAIL)


def test_the_id_stands_in_for_a_missing_guid_and_content_for_both() -> None:
    assert event(marketoGUID=None).key == ("id", "1")
    found = event(marketoGUID=None, id=None)
    assert (found.key, found.has_id) == (("6", "101", "2026-03-10T08:00:00Z", "3001", ""), False)


def test_rows_without_an_email_belong_to_no_message() -> None:
    for told in ({"activityTypeId": 24}, {"primaryAttributeValueId": None}):
        found = event(**told)
        assert found.message is None and found.delivery is None
    assert event(campaignId=None).message == "3001|101|"


def test_a_bounce_tells_the_servers_words_and_the_address() -> None:
    found = event(
        {"Category": "2", "Details": "550 no such user", "Email": "bo@nowhere.example"}, activityTypeId=8
    )
    assert found.reason == "550 no such user"
    assert found.identities == (Identity("email", "bo@nowhere.example"), Identity("id", "101"))
    assert found.fields == {"Category": "2"}


@pytest.mark.parametrize(
    ("attributes", "machine"),
    [
        ({"Bot Activity": True}, True),
        ({"Bot Activity": "True", "Bot Activity Pattern": "IAB"}, True),
        ({"Is Bot Activity": 1}, True),
        ({"Bot Activity": "False", "Bot Activity Pattern": "N/A"}, False),
        ({}, False),
    ],
)
def test_bots_in_log_mode_are_machines(attributes: dict[str, Any], machine: bool) -> None:
    """R32"""
    assert event(attributes, activityTypeId=10).machine is machine


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("https://shop.example/offer", EventKind.CLICKED),
        ("mailto:help@shop.example", EventKind.LINK),
        ("https://go.shop.example/UnsubscribePage.html?mkt_unsubscribe=1", EventKind.LINK),
    ],
)
def test_unsubscribe_and_mailto_links_are_no_clicks(link: str, kind: EventKind) -> None:
    found = event({"Link": link}, activityTypeId=11)
    assert (found.kind, found.url) == (kind, link)


@pytest.mark.parametrize(
    ("type_id", "result", "kind"),
    [
        (6, "succeeded", EventKind.SENT),
        (6, "skipped", EventKind.EXCLUDED),
        (6, "failed", EventKind.ERROR),
        (24, "skipped", EventKind.OTHER),
    ],
)
def test_an_action_that_was_not_carried_out_is_none(type_id: int, result: str, kind: EventKind) -> None:
    assert event(activityTypeId=type_id, actionResult=result).kind is kind


@pytest.mark.parametrize(
    "attributes",
    [
        [{"name": "Campaign Run ID", "value": 71}, {"name": "Step ID", "value": "9"}],
        {"Campaign Run ID": 71, "Step ID": "9"},
        '{"Campaign Run ID": 71, "Step ID": "9"}',
        '[{"name": "Campaign Run ID", "value": 71}, {"name": "Step ID", "value": "9"}]',
    ],
)
def test_attributes_come_in_three_forms(attributes: Any) -> None:
    (found,) = read("activities", {**ACTIVITY, "attributes": attributes})
    assert isinstance(found, Event)
    assert (found.run, found.fields) == ("71", {"Step ID": "9"})


def test_a_page_gives_its_activities_and_sets_bad_ones_aside() -> None:
    page = {"success": True, "result": [ACTIVITY, {**ACTIVITY, "leadId": None}], "moreResult": True}
    found = read("activities", page)
    assert [type(one) for one in found] == [Event, Rejected]
    assert read("activities", {"success": True, "moreResult": True, "nextPageToken": "x"}) == []
    with pytest.raises(DecodeError, match="tells an error"):
        read("activities", {"success": False, "errors": [{"code": "606"}]})


def test_a_page_is_read_an_activity_at_a_time_however_long_it_is() -> None:
    head = (
        '{"requestId": "24fd#1", "success": true, "nextPageToken": "WQV2==", "moreResult": true, "result": '
    )
    page = (head + json.dumps([{**ACTIVITY, "primaryAttributeValue": "x" * 900}] * 400) + "}\n").encode()
    assert len(page) > 300_000 and recognise(page).name == "marketo-activities"
    framer = open_framer(Framing.JSON, page)
    pieces = [
        piece for start in range(0, len(page), 7_001) for piece in framer.feed(page[start : start + 7_001])
    ]
    assert len([*pieces, *framer.finish()]) == 400


@pytest.mark.parametrize("cut", range(1, 90))
def test_where_a_page_is_cut_changes_nothing(cut: int) -> None:
    page = b'{ "success" : true, "requestId":"24fd#1", "result" : [{"id":1}, {"id":2}], "moreResult":false }'
    framer = open_framer(Framing.JSON, page)
    pieces = [*framer.feed(page[:cut]), *framer.feed(page[cut:]), *framer.finish()]
    assert [piece.value for piece in pieces if isinstance(piece, Frame)] == [{"id": 1}, {"id": 2}]


def test_the_same_activity_has_the_same_key_in_both_formats() -> None:
    first = rows_of("marketo-activities.json")[0]
    again = rows_of("marketo-activities-csv.csv")[0]
    assert isinstance(first, Event) and isinstance(again, Event)
    assert (first.key, first.at_ms, first.message, first.run) == (
        again.key,
        again.at_ms,
        again.message,
        again.run,
    )


def test_the_word_null_is_no_value() -> None:
    last = rows_of("marketo-activities-csv.csv")[2]
    assert isinstance(last, Event)
    assert (last.campaign, last.kind, last.name, last.fields) == (
        None,
        EventKind.LIST_ADDITION,
        "Newsletter",
        {},
    )


def test_renamed_headers_are_found_by_the_mapping_file() -> None:
    row = {"Wer": "101", "activityDate": "2026-03-10T08:00:00Z", "activityTypeId": "10", "GUID": "g"}
    with pytest.raises(DecodeError, match="leadId"):
        read("activities-csv", row)
    (found,) = read("activities-csv", row, columns={"Wer": "leadId", "GUID": "marketoGUID"})
    assert isinstance(found, Event) and found.key == ("g",)


def test_people_join_addresses_to_lead_ids() -> None:
    found = rows_of("marketo-leads.json")
    people = [one for one in found if isinstance(one, ContactRecord)]
    assert people[0].identities == (Identity("email", "ana@shop.example"), Identity("id", "101"))
    assert people[0].fields["firstName"] == "Ana"
    assert [one.reason for one in found if isinstance(one, SuppressionRecord)] == [
        "e-mail invalid: 550 5.1.1 no such user"
    ]


def test_a_suspended_address_is_free_again_after_24_hours() -> None:
    (told,) = [one for one in rows_of("marketo-leads-csv.csv") if isinstance(one, SuppressionRecord)]
    assert (told.identity.value, told.reason) == ("dee@shop.example", "e-mail suspended: spam block")
    assert (told.since_ms, told.until_ms) == (T8 - 3_600_000, T8 + 23 * 3_600_000)


def test_the_list_of_types_names_custom_activities() -> None:
    names = [
        (one.type, one.name) for one in rows_of("marketo-activity-types.json") if isinstance(one, TypeRecord)
    ]
    assert names == [("Fill Out Form", "Fill Out Form"), ("100001", "Attend Webinar")]


@pytest.mark.parametrize("first", ["marketo-activities.json", "marketo-activity-types.json"])
def test_rows_go_by_the_name_of_their_type_whichever_came_first(tmp_path: Path, first: str) -> None:
    names = sorted(["marketo-activities.json", "marketo-activity-types.json"], key=lambda name: name != first)
    with Store(tmp_path / "my.db", create=True) as store:
        Ingest(store, Options()).read([str(EXAMPLES / name) for name in names])
    db = sqlite3.connect(tmp_path / "my.db")
    try:
        sql = "SELECT text FROM event_log JOIN word ON word.id = type_id WHERE event_log.kind = 23"
        assert db.execute(sql).fetchall() == [("Attend Webinar",)]
    finally:
        db.close()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_each_example_is_recognised_by_its_content(form: Format) -> None:
    (path,) = EXAMPLES.glob(f"{form.name}.*")
    assert recognise(path.read_bytes()).name == form.name


KNOWN = Event | ContactRecord | SuppressionRecord | TypeRecord | Rejected
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**13)
    | st.text(max_size=12)
    | st.just("2026-03-10T08:00:00Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*ACTIVITY, "name", "value", "result", "success", "email"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@given(value=VALUES | st.fixed_dictionaries({}, optional=dict.fromkeys([*ACTIVITY, "email"], VALUES)))
@settings(max_examples=80, deadline=None)
def test_any_value_gives_records_or_a_reason(form: Format, value: Any) -> None:
    if form.framing is Framing.CSV:
        value = {"leadId": json.dumps(value), "activityDate": "2026-03-10", "activityTypeId": "6", "id": "1"}
    try:
        records = list(form.decode(Frame(raw=b"", value=value), Settings()))
    except DecodeError as error:
        assert str(error)
    else:
        assert all(isinstance(one, KNOWN) for one in records)
