"""A feed is known by what it holds; what is none gets one clear line; no bytes end in an exception."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import feeds
from backend.errors import BadData, DecodeError, UsageError
from backend.feeds import MODULES, find_format, recognise
from backend.feeds.format import Frame, Framing, Sample, Settings
from backend.feeds.framing import open_framer
from backend.record import Event, Record, Rejected, RosterRecord, ScenarioRow, SuppressionRecord

EXAMPLES = Path(__file__).parents[3] / "examples"
SETTINGS = Settings(zone=ZoneInfo("Europe/Paris"))


def decoded(name: str, pieces: Iterable[Frame | Rejected]) -> list[Record | Rejected]:
    found: list[Record | Rejected] = []
    for piece in pieces:
        if isinstance(piece, Rejected):
            found.append(piece)
            continue
        try:
            found += find_format(name).decode(piece, SETTINGS)
        except DecodeError as error:
            found.append(Rejected(raw=piece.raw, reason=str(error), place=piece.place))
    return found


def read(name: str, data: bytes) -> list[Record | Rejected]:
    framer = open_framer(find_format(name).framing, data)
    return decoded(name, [*framer.feed(data), *framer.finish()])


def kinds(records: Iterable[Record | Rejected]) -> dict[str, int]:
    return dict(
        Counter(
            str(record.kind) if isinstance(record, Event | ScenarioRow) else type(record).__name__
            for record in records
        )
    )


@pytest.mark.parametrize(
    ("file", "name", "counts"),
    [
        (
            "brevo-webhook.ndjson",
            "brevo-webhook",
            {
                "sent": 10,
                "delivered": 7,
                "opened": 8,
                "clicked": 3,
                "bounced": 2,
                "deferred": 1,
                "excluded": 1,
                "unsubscribed": 1,
                "complained": 1,
            },
        ),
        (
            "brevo-webhook-batched.json",
            "brevo-webhook",
            {"sent": 1, "delivered": 1, "opened": 2, "clicked": 1},
        ),
        (
            "brevo-webhook-export.csv",
            "brevo-webhook-csv",
            {"sent": 6, "delivered": 3, "opened": 1, "deferred": 1, "bounced": 1},
        ),
        (
            "brevo-marketing-webhook.ndjson",
            "brevo-marketing-webhook",
            {
                "delivered": 4,
                "opened": 4,
                "clicked": 1,
                "bounced": 2,
                "unsubscribed": 1,
                "complained": 1,
                "list_addition": 1,
            },
        ),
        (
            "brevo-sms-webhook.ndjson",
            "brevo-sms-webhook",
            {"sent": 3, "delivered": 1, "bounced": 2, "error": 1},
        ),
        (
            "brevo-events.json",
            "brevo-events",
            {
                "sent": 7,
                "delivered": 5,
                "opened": 5,
                "clicked": 1,
                "bounced": 1,
                "deferred": 1,
                "excluded": 1,
                "unsubscribed": 1,
            },
        ),
        (
            "brevo-log.csv",
            "brevo-log-csv",
            {
                "sent": 10,
                "delivered": 7,
                "opened": 8,
                "clicked": 3,
                "bounced": 2,
                "deferred": 1,
                "excluded": 1,
                "unsubscribed": 1,
                "complained": 1,
            },
        ),
        (
            "brevo-scenario-log.csv",
            "brevo-scenario-log",
            {
                "entered": 6,
                "action": 8,
                "waiting": 5,
                "step": 3,
                "event": 1,
                "action_error": 1,
                "exited": 2,
                "removed": 1,
            },
        ),
        (
            "brevo-event-log.csv",
            "brevo-event-log",
            {
                "form": 5,
                "identify": 5,
                "list_addition": 5,
                "opened": 2,
                "clicked": 2,
                "page": 1,
                "link": 1,
                "track": 1,
                "unsubscribed": 1,
                "other": 1,
            },
        ),
        ("brevo-contacts-in-scenario.csv", "brevo-contacts-in-scenario", {"RosterRecord": 3}),
    ],
)
def test_each_example_of_brevo_is_recognised_and_read_whole(
    file: str, name: str, counts: dict[str, int]
) -> None:
    data = (EXAMPLES / file).read_bytes()
    assert recognise(data).name == name
    assert kinds(read(name, data)) == counts


@pytest.mark.parametrize("file", sorted(path.name for path in EXAMPLES.iterdir() if path.is_file()))
def test_every_example_is_recognised_as_its_own_product(file: str) -> None:
    found = recognise((EXAMPLES / file).read_bytes())
    assert found.name.split("-")[0] == file.split("-")[0]


def test_the_three_exports_of_one_week_tell_the_same_messages_at_the_same_seconds() -> None:
    """Webhook, events API and log export of the examples hold the same facts: stores join them by these."""

    def facts(file: str) -> set[tuple[str, str | None, int]]:
        data = (EXAMPLES / file).read_bytes()
        records = read(recognise(data).name, data)
        return {(r.kind, r.message, r.at_ms // 1000) for r in records if isinstance(r, Event)}

    webhooks = facts("brevo-webhook.ndjson")
    assert facts("brevo-log.csv") == webhooks
    assert facts("brevo-events.json") < webhooks


def test_logs_as_json_objects_are_the_logs() -> None:
    for name in ("brevo-scenario-log", "brevo-event-log", "brevo-contacts-in-scenario"):
        data = (EXAMPLES / f"{name}.csv").read_bytes()
        framer = open_framer(Framing.CSV, data)
        rows = [piece.value for piece in framer.feed(data) if isinstance(piece, Frame)]
        lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
        assert recognise(lines).name == f"{name}-json"
        assert read(f"{name}-json", lines) == read(name, data)


def test_an_endpoint_that_took_all_kinds_of_webhooks_is_read_whole() -> None:
    parts = ("brevo-webhook", "brevo-marketing-webhook", "brevo-sms-webhook")
    lines = [(EXAMPLES / f"{part}.ndjson").read_bytes().splitlines(keepends=True)[:5] for part in parts]
    mixed = b"".join(line for group in zip(*lines, strict=True) for line in group)
    assert recognise(mixed).name == "brevo-webhook"
    assert Counter(type(record) for record in read("brevo-webhook", mixed)) == {Event: 15}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_log_is_recognised_in_whatever_encoding(encoding: str) -> None:
    text = (EXAMPLES / "brevo-scenario-log.csv").read_text(encoding="utf-8")
    data = text.encode(encoding)
    assert recognise(data).name == "brevo-scenario-log"
    expected = read("brevo-scenario-log", text.encode())
    assert read("brevo-scenario-log", data) == expected
    assert any(isinstance(r, ScenarioRow) and "été supprimé" in r.message for r in expected)


def test_a_header_and_no_rows_is_enough() -> None:
    assert recognise(b"st_text,ts,sub,frm,email,tag,mid,link\n").name == "brevo-log-csv"
    assert recognise(b"date;user_email;scenario_name;step_id;message;type").name == "brevo-scenario-log"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the feed is empty"),
        (b"\xef\xbb\xbf \r\n", "the feed is empty"),
        (b'{"colour":"red","size":4}\n', "JSON objects with the keys colour, size; if you know it"),
        (b"colour,size\nred,4\n", "CSV with the columns colour, size; if you know it, say --format"),
        (b"[]", "not a feed I know"),
        (b"<html><body>No such page</body></html>", "not a feed I know"),
        (b"\x00\x00\x01\x02" * 100, "not a text file"),
        ("a,b\n".encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_feed_gets_one_line_that_says_what_was_seen(data: bytes, words: str) -> None:
    with pytest.raises(BadData) as caught:
        recognise(data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_formats_are_found_by_name() -> None:
    assert [form.name for form in feeds.FORMATS] == list(MODULES)
    assert find_format("brevo-log-csv").zoneless
    with pytest.raises(UsageError, match=r'"brevo"; there are: parcours, .*brevo-webhook, '):
        find_format("brevo")
    with pytest.raises(AttributeError):
        feeds.__getattr__("NOTHING")


def test_importing_the_registry_imports_no_feed() -> None:
    code = "import sys, backend.feeds; print([m for m in sys.modules if m.startswith('backend.feeds.')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


# --- no bytes end in an exception --------------------------------------------------------------------

KEYS = [
    *("event", "email", "id", "date", "ts", "message-id", "messageId", "ts_event", "ts_epoch", "subject"),
    *("tag", "tags", "template_id", "contact_id", "reason", "link", "camp_id", "URL", "list_id", "events"),
    *("msg_status", "to", "message", "type", "scenario_name", "start_id", "workflow_points", "user_email"),
    *("step_id", "created_at", "email_id", "message_id", "sib_type", "name", "ip", "data", "state", "step"),
    *("scenario", "st_text", "mid", "X-Mailin-custom"),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        [
            "",
            "0",
            "a@b.c",
            "delivered",
            "request",
            "track",
            "2026-03-02 10:00:00",
            "1604933654",
            "[",
            '["t"]',
            '{"a":1}',
        ]
    )
    | st.text(max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=20,
)
BREVO = [name for name in MODULES if name.startswith("brevo-")]


KNOWN = Event | ScenarioRow | RosterRecord | SuppressionRecord | Rejected


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(BREVO), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=14) | VALUES)
def test_any_value_gives_records_or_a_reason(name: str, value: object) -> None:
    form = find_format(name)
    if form.framing is Framing.CSV:
        value = {key: str(part) for key, part in value.items()} if isinstance(value, dict) else {"a": "b"}
    frame = Frame(raw=b"", value=value, place="f:1")
    sample = Sample(
        framing=form.framing, header=tuple(value) if isinstance(value, dict) else (), frames=(frame,)
    )
    assert 0.0 <= form.recognise(sample) <= 1.0
    try:
        records = list(form.decode(frame, SETTINGS))
    except DecodeError as error:
        assert str(error)
        return
    assert all(isinstance(record, KNOWN) for record in records)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(EXAMPLES.glob("brevo-*"))),
    st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=5)), min_size=1, max_size=6),
)
def test_damaged_feeds_are_read_or_refused_with_reasons(path: Path, damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(path.read_bytes())
    for place, piece in damage:
        at = place % len(data)
        data[at : at + len(piece)] = piece
    try:
        name = recognise(bytes(data)).name
    except BadData:
        return
    for record in read(name, bytes(data)):
        if isinstance(record, Rejected):
            assert record.reason


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(list(MODULES)))
def test_any_bytes_give_records_or_reasons(data: bytes, name: str) -> None:
    try:
        recognise(data)
    except BadData:
        pass
    try:
        read(name, data)
    except BadData:
        pass
