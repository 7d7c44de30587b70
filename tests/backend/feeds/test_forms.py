"""Form posts and bodies with their headers: cut anywhere, resumed anywhere, damaged anyhow."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import BadData
from backend.feeds import recognise
from backend.feeds.form_frames import MAX_BODY_BYTES
from backend.feeds.format import Frame, Framing
from backend.feeds.framing import Framer, open_framer
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.record import Rejected
from backend.sources.sqlite.writing import Store

HEADERS = (
    b"POST /hook HTTP/1.1\r\nHost: x.example\r\nAuthorization: Basic c2VjcmV0\r\nX-Folded: a\r\n b\r\n\r\n"
)


def pieces(framer: Framer, *chunks: bytes) -> list[Any]:
    found = [piece for chunk in chunks for piece in framer.feed(chunk)]
    found += framer.finish()
    return [piece.value if isinstance(piece, Frame) else piece.reason for piece in found]


def forms(data: bytes) -> list[Any]:
    return pieces(open_framer(Framing.FORM, data), data)


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"a=1&b=2", [{"a": ["1"], "b": ["2"]}]),
        (b"a=1\nb=%C3%A9+x\r\n\n", [{"a": ["1"]}, {"b": ["é x"]}]),
        (b"\xef\xbb\xbfa=1&a=2&b=", [{"a": ["1", "2"], "b": [""]}]),
        (b"a=%00%ff", [{"a": ["\u2400\ufffd"]}]),
        (b"m=%5B%5D", []),
        (b"m=%5B%7B%22k%22%3A1%7D%2C%7B%22k%22%3A2%7D%5D", [{"m": {"k": 1}}, {"m": {"k": 2}}]),
        (b"m=%5B%7B%22k%22%3A1%7D%2Cnonsense%5D", [{"m": {"k": 1}}, "not a JSON object"]),
        (b"m=%5B%5D&n=1", [{"m": ["[]"], "n": ["1"]}]),
        (b'{"a": 1}\na=1', ["not a form post", {"a": ["1"]}]),
        (b"no form\na=1", ["not a form post", {"a": ["1"]}]),
        (b"&".join(b"a=1" for _ in range(2_001)), ["a form of more than 2000 fields"]),
        (b"a=1&b=" + b"x" * 65_537, ["a text is longer than 65536 characters"]),
    ],
)
def test_forms_are_cut_into_bodies(data: bytes, values: list[Any]) -> None:
    assert forms(data) == values


def test_a_body_in_parts_is_one_body_without_its_files() -> None:
    data = (
        b'--x-Y\r\nContent-Disposition: form-data; name="event"\r\n\r\ndropped\r\n'
        b'--x-Y\r\nContent-Disposition: form-data; name="tag"\r\n\r\n\xc3\xa9\r\n'
        b'--x-Y\r\nContent-Disposition: form-data; name="file"; filename="a.eml"\r\n\r\nhello\r\n--x-Y--\r\n'
    )
    assert forms(data) == [{"event": ["dropped"], "tag": ["é"]}]
    assert forms(b"--x-Y\r\nnothing\r\n") == ["not a form post"]
    assert forms(b"-- no boundary\r\n") == ["not a form post"]


def test_a_body_that_is_too_large_costs_itself() -> None:
    large = b"a=" + b"x" * MAX_BODY_BYTES
    assert forms(large + b"\nb=1\n") == [f"larger than {MAX_BODY_BYTES} bytes", {"b": ["1"]}]
    halves = large[: MAX_BODY_BYTES // 2], large[MAX_BODY_BYTES // 2 :], b"xx\nb=1"
    framer = open_framer(Framing.FORM, b"a=")
    assert pieces(framer, *halves) == [f"larger than {MAX_BODY_BYTES} bytes", {"b": ["1"]}]


def test_a_batch_larger_than_what_is_looked_at_is_known_by_its_field() -> None:
    events = [
        {"event": "open", "ts": 1_773_129_600, "_id": str(n), "msg": {"_id": str(n)}} for n in range(6_000)
    ]
    data = urlencode({"mandrill_events": json.dumps(events)}).encode()
    assert len(data) > 256 * 1024 and recognise(data).name == "mandrill-webhook"
    assert len(forms(data)) == 6_000


BODIES = st.sampled_from([b"a=1&b=2", b"", b"junk", b"m=%5B%7B%22k%22%3A1%7D%5D", b"c=%C3%A9", b"--x", b"{"])


@settings(max_examples=120, deadline=None)
@given(st.lists(BODIES, max_size=6), st.booleans(), st.lists(st.integers(0, 60), max_size=4))
def test_where_forms_are_cut_changes_nothing(
    bodies: list[bytes], with_headers: bool, cuts: list[int]
) -> None:
    data = (HEADERS if with_headers else b"") + b"\n".join(bodies)
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    chunks = [data[start:end] for start, end in pairwise(places)]
    assert pieces(open_framer(Framing.FORM, data), *chunks) == forms(data)


@settings(max_examples=80, deadline=None)
@given(st.lists(BODIES.filter(lambda body: body != b"--x"), max_size=6), st.integers(0, 80))
def test_forms_are_resumed_where_reading_stopped(bodies: list[bytes], cut: int) -> None:
    data = b"\n".join(bodies)
    first = open_framer(Framing.FORM, data, name="f")
    before = list(first.feed(data[:cut]))
    second = open_framer(Framing.FORM, data, name="f", position=first.position())
    after = [*second.feed(data[first.resume_offset :]), *second.finish()]
    whole = open_framer(Framing.FORM, data, name="f")
    assert [*before, *after] == [*whole.feed(data), *whole.finish()]


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=80), st.sampled_from([b"", HEADERS, b"--x\r\nContent-Disposition: form-data; name="])
)
def test_any_bytes_give_bodies_or_reasons(data: bytes, start: bytes) -> None:
    try:
        framer = open_framer(Framing.FORM, start + data)
    except BadData:
        return
    for piece in (*framer.feed(start + data), *framer.finish()):
        assert piece.value if isinstance(piece, Frame) else piece.reason


# --- bodies with their headers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        HEADERS,
        b"Content-Type: application/json\n\n",
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n",
        b"POST / HTTP/2\r\nhost:x\r\n\r\n",
    ],
)
def test_a_body_is_read_without_its_headers(headers: bytes) -> None:
    data = headers + b'[{"a": 1},\n {"a": 2}]\r\n'
    framer = open_framer(Framing.JSON, data)
    assert pieces(framer, data) == [{"a": 1}, {"a": 2}]
    assert forms(headers + b"a=1&b=2") == [{"a": ["1"], "b": ["2"]}]


@pytest.mark.parametrize("data", [b'{"a": 1}\n\n', b"a: 1\n", b"a,b\n1,2\n\n", b"name: x y\nno header\n\n"])
def test_what_has_no_headers_is_left_whole(data: bytes) -> None:
    framer = open_framer(Framing.CSV, data)
    list(framer.feed(data))
    assert framer.position() != ""


def test_headers_are_not_kept_in_what_is_stored(tmp_path: Path) -> None:
    """They may hold passwords: neither the raw records nor those that were set aside show them."""
    body = json.dumps(
        {"event": "open", "timestamp": 1_773_129_600, "sg_event_id": "e", "email": "a@x.example"}
    )
    (tmp_path / "good.http").write_bytes(HEADERS + body.encode() + b"\nnonsense\n")
    with Store(tmp_path / "my.db", create=True, now_ms=lambda: 1_774_000_000_000) as store:
        first = Ingest(store, Options()).read([str(tmp_path / "good.http")])
        again = Ingest(store, Options()).read([str(tmp_path / "good.http")])
    assert first.added.new == 1 and first.reasons.total() == 1
    assert again.feeds[0].unchanged and again.added.new == 0
    assert b"c2VjcmV0" not in (tmp_path / "my.db").read_bytes()


def test_what_is_no_feed_is_named_by_its_fields() -> None:
    with pytest.raises(BadData, match="form posts with the fields name, city"):
        recognise(b"name=Ada&city=Paris\n")
    rejected = [
        piece for piece in open_framer(Framing.FORM, b"x").feed(b"x\n") if isinstance(piece, Rejected)
    ]
    assert [piece.place for piece in rejected] == ["line 1"]
