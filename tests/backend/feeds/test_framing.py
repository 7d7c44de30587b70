"""Bytes to pieces: every shape of JSON and CSV, torn and foreign bytes, cut anywhere, resumed anywhere."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterable
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import BadData
from backend.feeds import csv_frames, intake, json_frames
from backend.feeds.format import Frame, Framing
from backend.feeds.framing import Framer, encoding_of, open_framer
from backend.feeds.intake import MAX_EVENT_BYTES
from backend.record import Rejected

Seen = tuple[Any, str]
"""What a test looks at: (value, place) of a frame, (reason, place) of what is rejected."""


def seen(pieces: Iterable[Frame | Rejected]) -> list[Seen]:
    return [(p.value if isinstance(p, Frame) else p.reason, p.place) for p in pieces]


def whole(framing: Framing, data: bytes, cuts: Iterable[int] = ()) -> tuple[list[Frame | Rejected], Framer]:
    """The pieces of data fed in parts that end at the cuts."""
    framer = open_framer(framing, data, name="f")
    pieces: list[Frame | Rejected] = []
    start = 0
    for end in [*sorted({min(cut, len(data)) for cut in cuts}), len(data)]:
        pieces += framer.feed(data[start:end])
        start = end
    return [*pieces, *framer.finish()], framer


def read(framing: Framing, data: bytes) -> list[Seen]:
    return seen(whole(framing, data)[0])


TORN, STRING, END = "a line is torn", "a line ends inside a text", "the file ends inside a record"


@pytest.mark.parametrize(
    ("data", "pieces"),
    [
        (b"", []),
        (b" \n\r\n\t", []),
        (b'{"a":1}\n{"b":2}\n', [({"a": 1}, "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":1}\r\n\r\n{"b":2}', [({"a": 1}, "f:1"), ({"b": 2}, "f:3")]),
        (b'\xef\xbb\xbf{"a":1}', [({"a": 1}, "f:1")]),
        (b'{"a":1},\n{"b":2},\n', [({"a": 1}, "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":1}{"b":2} {"c":3}', [({"a": 1}, "f:1"), ({"b": 2}, "f:1"), ({"c": 3}, "f:1")]),
        (b'\x1e{"a":1}\n\x1e{"b":2}\n', [({"a": 1}, "f:1"), ({"b": 2}, "f:2")]),
        (
            b'{\n "a": {\n  "b": [\n   {"c": "}"}\n  ]\n }\n}\n{\n}\n',
            [({"a": {"b": [{"c": "}"}]}}, "f:1"), ({}, "f:8")],
        ),
        (b'{\n"a": [\n{"b": 1},\n{"c": 2}\n]\n}', [({"a": [{"b": 1}, {"c": 2}]}, "f:1")]),
        (b'[{"a":1},{"b":[1,{"c":2}]}]', [({"a": 1}, "f:1"), ({"b": [1, {"c": 2}]}, "f:1")]),
        (b'[\n  {\n    "a": 1\n  },\n  {\n    "b": 2\n  }\n]\n', [({"a": 1}, "f:2"), ({"b": 2}, "f:5")]),
        (b'[{"a":1}]\n[{"b":2},{"c":3}]\n', [({"a": 1}, "f:1"), ({"b": 2}, "f:2"), ({"c": 3}, "f:2")]),
        (b"[]", []),
        (b'{"events":[{"a":1},{"b":2}]}\n{"events": []}', [({"a": 1}, "f:1"), ({"b": 2}, "f:1")]),
        (
            b'{ "events" : [\n {"a":1}\n], "next":{"x":[1]}, "n":"}"}{"c":3}',
            [({"a": 1}, "f:2"), ({"c": 3}, "f:3")],
        ),
        (b'{"events":5}\n{"event":1}', [({"events": 5}, "f:1"), ({"event": 1}, "f:2")]),
        (
            b'[1,"x",{"a":1},null]',
            [("not a JSON object", "f:1")] * 2 + [({"a": 1}, "f:1"), ("not a JSON object", "f:1")],
        ),
        (b'[[{"a":1}]]', [([{"a": 1}], "f:1")]),
        (
            b'hello\n{"a":1}\n17\n',
            [("not a JSON object", "f:1"), ({"a": 1}, "f:2"), ("not a JSON object", "f:3")],
        ),
        (b'{"a":NaN}\n{"b":2}', [("a number is NaN or infinite", "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":"\xff"}\n{"b":2}', [("not UTF-8", "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":1,\n{"b":2}\n{"c":3}\n', [(TORN, "f:1"), ({"b": 2}, "f:2"), ({"c": 3}, "f:3")]),
        (b'{"a":\n{"b":2}\n{"c":3}\n', [(TORN, "f:1"), ({"b": 2}, "f:2"), ({"c": 3}, "f:3")]),
        (b'{"a":[1\n{"b":2}\n', [(TORN, "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":"x\n{"b":2}\n', [(STRING, "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":"x\\\n{"b":2}\n', [(STRING, "f:1"), ({"b": 2}, "f:2")]),
        (b'{"a":]}\n{"b":2}\n', [("brackets do not match", "f:1"), ({"b": 2}, "f:2")]),
        (
            b'[\n  {"a": "x\n"},\n  {"b": 2}\n]\n{"c": 3}',
            [(STRING, "f:2"), ({"b": 2}, "f:4"), ({"c": 3}, "f:6")],
        ),
        (b'{"a":1}\n{"b":', [({"a": 1}, "f:1"), (END, "f:2")]),
        (b'{"a":{\n{"b":2}', [(TORN, "f:1"), ({"b": 2}, "f:2")]),
        (b'[{"a":1},', [({"a": 1}, "f:1"), ("the file ends inside an array", "f:1")]),
        (b"{" + b"[" * 2000 + b'\n{"b":2}', [("nested deeper than 32", "f:1"), ({"b": 2}, "f:2")]),
    ],
)
def test_json_of_any_shape(data: bytes, pieces: list[Seen]) -> None:
    assert read(Framing.JSON, data) == pieces


FEWER, MORE = "a row has fewer cells than the header", "a row has more cells than the header"


@pytest.mark.parametrize(
    ("data", "pieces"),
    [
        (b"a,b\n1,2\n3,4", [({"a": "1", "b": "2"}, "f:2"), ({"a": "3", "b": "4"}, "f:3")]),
        (b"\xef\xbb\xbfa;b\r\n1,5;x\r\n", [({"a": "1,5", "b": "x"}, "f:2")]),
        (b"a\tb\n1\t2\n", [({"a": "1", "b": "2"}, "f:2")]),
        (b"a|b\n1|2\n", [({"a": "1", "b": "2"}, "f:2")]),
        (b'"a","b"\n"x,y","q""q"\n', [({"a": "x,y", "b": 'q"q'}, "f:2")]),
        (
            b'a,b\n"two\nlines",2\n3,4\n',
            [({"a": "two\nlines", "b": "2"}, "f:2"), ({"a": "3", "b": "4"}, "f:4")],
        ),
        (b'a,b\n5" wide,2\n"x"y,2\n', [({"a": '5" wide', "b": "2"}, "f:2"), ({"a": "xy", "b": "2"}, "f:3")]),
        (b"sep=;\na;b,c\n1;2\n", [({"a": "1", "b,c": "2"}, "f:3")]),
        (b"\n\na,b\n\n1,2\n,,\n , \n", [({"a": "1", "b": "2"}, "f:5"), ({"a": " ", "b": " "}, "f:7")]),
        (b"a,,a\n1,2,3\n", [({"a": "1", "column 2": "2", "a (2)": "3"}, "f:2")]),
        (
            b"a,a,a (2),a\n1,2,3,4\n",
            [({"a": "1", "a (2)": "2", "a (2) (2)": "3", "a (3)": "4"}, "f:2")],
        ),
        (b",,\na,b,c\n1,2,3\n", [({"a": "1", "b": "2", "c": "3"}, "f:3")]),
        (b"a,b\n1\n1,2,3\n1,2,,\n", [(FEWER, "f:2"), (MORE, "f:3"), ({"a": "1", "b": "2"}, "f:4")]),
        (
            b"n;b\ncaf\xe9;\x80\ncaf\xc3\xa9;x\n",
            [({"n": "café", "b": "€"}, "f:2"), ({"n": "café", "b": "x"}, "f:3")],
        ),
        (b"name,b\nx\x00,2\n", [({"name": "x\u2400", "b": "2"}, "f:2")]),
        (
            b'a,b\n"open,1\n2,3\n4,5\n',
            [
                ("a quoted cell is never closed", "f:2"),
                ({"a": "2", "b": "3"}, "f:3"),
                ({"a": "4", "b": "5"}, "f:4"),
            ],
        ),
        (b"a,b\n1\r1,2\n3,4\n", [("a line break outside of quotes", "f:2"), ({"a": "3", "b": "4"}, "f:3")]),
        (
            b"a,b\n" + b"x" * 70_000 + b",1\n3,4\n",
            [("a text is longer than 65536 characters", "f:2"), ({"a": "3", "b": "4"}, "f:3")],
        ),
        (b"one\n1\n2\n", [({"one": "1"}, "f:2"), ({"one": "2"}, "f:3")]),
    ],
)
def test_csv_of_any_shape(data: bytes, pieces: list[Seen]) -> None:
    assert read(Framing.CSV, data) == pieces


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_and_without_its_mark(encoding: str) -> None:
    assert read(Framing.CSV, "n;b\ncafé 😀;2\n".encode(encoding)) == [({"n": "café 😀", "b": "2"}, "f:2")]
    assert read(Framing.JSON, '{"a":"é"}\n'.encode(encoding)) == [({"a": "é"}, "f:1")]


@pytest.mark.parametrize(
    "head", ["ab".encode("utf-32"), "ab".encode("utf-32-be"), b"\x00\x00\x02\x03" * 9, b"PK\x00\x00a\x00\x00"]
)
def test_what_is_no_text_is_refused_in_one_line(head: bytes) -> None:
    with pytest.raises(BadData):
        encoding_of(head)


def test_raw_bytes_of_an_element_are_its_own() -> None:
    pieces, _ = whole(Framing.JSON, b'[ {"a": 1} ,\n\t{"b":2}]')
    assert [piece.raw for piece in pieces] == [b'{"a": 1}', b'{"b":2}']


def test_a_line_of_a_hundred_megabytes_is_set_aside_without_being_held() -> None:
    line = b'{"a":"' + b"x" * 1_000_000
    for framing, first in ((Framing.JSON, b'{"a":1}\n'), (Framing.CSV, b"a,b\n1,2\n")):
        framer = open_framer(framing, first)
        pieces = list(framer.feed(first))
        tracemalloc.start()
        for _ in range(100):
            pieces += framer.feed(line)
        pieces += framer.feed(b"\n" + first.splitlines(keepends=True)[-1])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert [type(piece) for piece in pieces] == [Frame, Rejected, Frame]
        assert isinstance(pieces[1], Rejected)
        assert pieces[1].reason == f"larger than {MAX_EVENT_BYTES} bytes"
        assert len(pieces[1].raw) == 65_536
        assert peak < 12_000_000


def test_a_large_element_costs_only_itself() -> None:
    large = b'{"x":"' + b"y" * (MAX_EVENT_BYTES + 5) + b'"}'
    data = b'[{"a":1},' + large + b',{"b":2}]'
    expected = [({"a": 1}, "f:1"), (f"larger than {MAX_EVENT_BYTES} bytes", "f:1"), ({"b": 2}, "f:1")]
    assert read(Framing.JSON, data) == expected
    assert seen(whole(Framing.JSON, data, range(0, len(data), 65_536))[0]) == expected


def test_a_quote_that_stays_open_is_given_up_after_a_thousand_lines() -> None:
    data = b'a,b\n"1,2\n' + b"3,4\n" * 3_000
    pieces = read(Framing.CSV, data)
    assert pieces[0] == ("a quoted cell is never closed", "f:2")
    assert len(pieces) == 3_001
    assert pieces[-1] == ({"a": "3", "b": "4"}, "f:3002")


# --- cut anywhere, resumed anywhere ------------------------------------------------------------------

JSON_BITS = st.sampled_from(
    [
        '{"a":1}',
        '{"b":"x\\"}\\\\"}',
        "{\n",
        "}\n",
        "[",
        "]",
        ",",
        "\n",
        '"',
        "\\",
        '{"events":[',
        " ",
        "1",
        "\ufeff",
        '{"c":\n',
        '"k":',
        "é",
        "\x1e",
        "{",
        "}",
    ]
)
CSV_BITS = st.sampled_from(
    ["a", "b,", ";", '"', '""', "\n", "\r\n", "\r", "x y", "é", '",', ',"', "\t", "sep=;", "\0"]
)
CUTS = st.lists(st.integers(0, 400), max_size=6)


def torn(bits: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    return st.lists(bits, max_size=30).map(lambda parts: "".join(parts).encode()) | st.binary(max_size=40)


@settings(max_examples=250, deadline=None)
@given(torn(JSON_BITS), CUTS)
def test_where_json_is_cut_changes_nothing(data: bytes, cuts: list[int]) -> None:
    same_wherever_cut(Framing.JSON, data, cuts)


@settings(max_examples=250, deadline=None)
@given(torn(CSV_BITS), CUTS)
def test_where_csv_is_cut_changes_nothing(data: bytes, cuts: list[int]) -> None:
    same_wherever_cut(Framing.CSV, data, cuts)


@settings(max_examples=150, deadline=None)
@given(torn(JSON_BITS), CUTS, st.sampled_from([Framing.JSON, Framing.CSV]))
def test_where_it_is_cut_changes_nothing_for_records_that_are_too_large(
    data: bytes, cuts: list[int], framing: Framing
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (json_frames, csv_frames):
            patch.setattr(module, "SAMPLE_BYTES", 4)
        for module in (json_frames, csv_frames, intake):
            patch.setattr(module, "MAX_EVENT_BYTES", 12)
        same_wherever_cut(framing, data, cuts)


@pytest.mark.parametrize("size", [70_000, MAX_EVENT_BYTES + 70_000])
@pytest.mark.parametrize(
    ("framing", "before", "piece"),
    [
        (Framing.JSON, b"", b'{"a": tru, "b": "%s"}\n'),
        (Framing.CSV, b"a,b\n", b'1,"2"\0,%s\n'),
        (Framing.HTML, b"", b"no page %s"),
        (Framing.FORM, b"", b"a=%%zz&b=%s"),
    ],
)
def test_of_a_large_piece_the_beginning_is_kept_and_how_large_it_was(
    framing: Framing, before: bytes, piece: bytes, size: int
) -> None:
    whole_piece = piece % (b"x" * (size - len(piece) + len(b"%s")))
    pieces, _ = whole(framing, before + whole_piece, range(0, size, 50_000))
    (found,) = pieces
    assert isinstance(found, Rejected) and found.raw == whole_piece[: json_frames.SAMPLE_BYTES]
    assert found.size_bytes in (size, size - 1)  # a line end may be no part of it


def same_wherever_cut(framing: Framing, data: bytes, cuts: list[int]) -> None:
    try:
        once, _ = whole(framing, data)
    except BadData:
        return
    assert whole(framing, data, cuts)[0] == once
    assert whole(framing, data, range(len(data)))[0] == once


@settings(max_examples=250, deadline=None)
@given(torn(JSON_BITS), st.integers(0, 200), st.integers(0, 60))
def test_json_resumed_after_a_kill_gives_the_rest(data: bytes, size: int, taken: int) -> None:
    same_after_resuming(Framing.JSON, data, size, taken)


@settings(max_examples=250, deadline=None)
@given(torn(CSV_BITS), st.integers(0, 200), st.integers(0, 60))
def test_csv_resumed_after_a_kill_gives_the_rest(data: bytes, size: int, taken: int) -> None:
    same_after_resuming(Framing.CSV, data, size, taken)


def same_after_resuming(framing: Framing, data: bytes, size: int, taken: int) -> None:
    """Reading stops after `taken` pieces of the first `size` bytes; another framer goes on from there."""
    try:
        once, _ = whole(framing, data)
        first = open_framer(framing, data, name="f")
    except BadData:
        return
    pieces = list(islice(first.feed(data[:size]), taken))
    position = first.position()
    second = open_framer(framing, data, name="f", position=position)
    assert second.resume_offset == first.resume_offset
    rest = [*second.feed(data[second.resume_offset :]), *second.finish()]
    if position:
        assert pieces + rest == once
    else:
        assert rest == once


def test_a_last_line_without_an_end_is_given_and_read_again() -> None:
    pieces, framer = whole(Framing.CSV, b"a,b\n1,2\n3,4")
    assert seen(pieces)[-1] == ({"a": "3", "b": "4"}, "f:3")
    assert framer.resume_offset == 8
    grown = open_framer(Framing.CSV, b"", name="f", position=framer.position())
    assert seen(grown.feed(b"3,45\n")) == [({"a": "3", "b": "45"}, "f:3")]


@pytest.mark.parametrize("position", ["", "{", "17", '{"offset":"x"}'])
def test_a_position_that_is_none_starts_over(position: str) -> None:
    for framing in Framing:
        assert open_framer(framing, b"", position=position).resume_offset == 0


# --- against the libraries ---------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab,;"\n\r é\t|'), max_size=5), min_size=2, max_size=2),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]], separator: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["x1", "y1"], *rows])
    found = [value for value, _ in read(Framing.CSV, text.getvalue().encode())]
    assert found == [{"x1": a, "y1": b} for a, b in rows if a or b]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=3), st.text(max_size=4) | st.lists(st.integers(), max_size=2), max_size=3
        ),
        max_size=5,
    ),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_documents_and_arrays_of_them_are_the_same_records(
    records: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    texts = [json.dumps(record, indent=indent, ensure_ascii=ascii_only) for record in records]
    usable = [json.loads(text) for text in texts]
    plain = "".join(text + "\n" for text in texts).encode("utf-8", errors="replace")
    array = json.dumps(usable, indent=indent, ensure_ascii=ascii_only).encode("utf-8", errors="replace")
    assert [piece.raw.split() for piece in whole(Framing.JSON, plain)[0]] == [
        piece.raw.split() for piece in whole(Framing.JSON, array)[0]
    ]


class _Counted:
    """A pattern that says how many bytes it went over."""

    def __init__(self, pattern: Any) -> None:
        self._pattern = pattern
        self.bytes = 0

    def match(self, buffer: bytes, at: int) -> Any:
        found = self._pattern.match(buffer, at)
        self.bytes += found.end() - at if found else 0
        return found


@pytest.mark.parametrize(
    "unit",
    [b'{"a":\n{', b'{"a":[1,\n[', b'[{"a":\n', b'{"a":\n' * 31 + b'{"' + b"x" * 9_000 + b"\n"],
    ids=["objects", "both", "arrays", "a tail"],
)
def test_records_torn_over_and_over_cost_no_more_than_their_length_again(
    unit: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 MB of the first would cost 40 minutes where each torn line is sought in all lines before it"""
    data = unit * (400_000 // len(unit))
    counted = [_Counted(json_frames._OUTSIDE), _Counted(json_frames._IN_STRING)]
    monkeypatch.setattr(json_frames, "_OUTSIDE", counted[0])
    monkeypatch.setattr(json_frames, "_IN_STRING", counted[1])
    monkeypatch.setattr(json_frames, "_FREE_AGAIN_BYTES", 0)
    assert read(Framing.JSON, data)
    assert sum(one.bytes for one in counted) <= 2 * len(data)
