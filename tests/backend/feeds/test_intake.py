"""Strangers' JSON becomes storable values, or is refused with a reason that holds none of it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds.intake import MAX_DEPTH, MAX_EVENT_BYTES, MAX_TEXT, parse_json, storable_text


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, -2.5, true, null, "x"]}', {"a": [1, -2.5, True, None, "x"]}),
        (b'"\\ud800"', "\ufffd"),
        (b'{"\\udfff": "\\ud83d\\ude00"}', {"\ufffd": "\U0001f600"}),
        (b'{"a\\u0000": "b\\u0000"}', {"a\u2400": "b\u2400"}),
        (b'{"a": 9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a": 9223372036854775808}', {"a": "9223372036854775808"}),
        (
            b'[-9223372036854775809, {"b": 123456789012345678901234567890}]',
            [str(-(2**63) - 1), {"b": "123456789012345678901234567890"}],
        ),
        (b'{"text": "looks like \\"a\\": a key"}', {"text": 'looks like "a": a key'}),
        (b'{"a" : 1, "b"\t: 2}', {"a": 1, "b": 2}),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b'["' + b"[" * 100 + b'"]', ["[" * 100]),
    ],
)
def test_values_are_kept_or_made_storable(raw: bytes, value: Any) -> None:
    found = parse_json(raw)
    if value is not None:
        assert found == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": "\x01"}', "not JSON"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'{"a": NaN}', "a number is NaN or infinite"),
        (b"[-Infinity]", "a number is NaN or infinite"),
        (b'{"a": 1e999}', "a number is NaN or infinite"),
        (b"1" * 5_000, "a number has more than 4000 digits"),
        (b'{"a": 1, "a": 2}', "an object has the same key twice"),
        (b'{"a": {"b": 1, "b": 1}}', "an object has the same key twice"),
        (b'{"a" : 1, "a" : 2, "b": "\\":"}', "an object has the same key twice"),
        (b'{"a\\\\": 1, "a\\\\": 2}', "an object has the same key twice"),
        (b'{"a": "{\\"a\\":1}", "a": 1}', "an object has the same key twice"),
        (b'{"\\ud800": 1, "\\ud801": 1}', "an object has the same key twice"),
        (b'{"a": "\\u0022\\u0022", "a": 1}', "an object has the same key twice"),
        (b'{"a": "\\\\\\"", "b": "\\\\", "a": 1}', "an object has the same key twice"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH}"),
        (b"[" * 900_000, f"nested deeper than {MAX_DEPTH}"),
        (b'{"a":' * 100_000, f"nested deeper than {MAX_DEPTH}"),
        (b'"' + b"x" * (MAX_TEXT + 1) + b'"', f"a text is longer than {MAX_TEXT} characters"),
        (b'{"' + b"x" * (MAX_TEXT + 1) + b'": 1}', f"a text is longer than {MAX_TEXT} characters"),
        (b" " * (MAX_EVENT_BYTES + 1), f"larger than {MAX_EVENT_BYTES} bytes"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse_json(raw)
    assert str(caught.value) == reason


@pytest.mark.parametrize("unit", [b'"a', b'"\\', b"{[", b'{"a":', b"[1,", b'"a\\u0000'])
def test_a_megabyte_of_anything_is_judged_at_once(unit: bytes) -> None:
    raw = unit * (900_000 // len(unit))
    began = time.process_time()
    with pytest.raises(DecodeError):
        parse_json(raw)
    assert time.process_time() - began < 2.0


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(max_examples=80, deadline=None)
@given(VALUES, st.booleans())
def test_ordinary_json_comes_back_as_it_was(value: Any, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:\\ud80019eE-.+ntf \n', max_size=40).map(str.encode))
def test_any_bytes_give_a_storable_value_or_a_reason(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except DecodeError:
        return
    text = json.dumps(value, ensure_ascii=False)
    assert "\0" not in text
    text.encode("utf-8")


def test_text_is_made_storable_without_touching_the_rest() -> None:
    assert storable_text("été \ud800 \0 😀") == "été \ufffd \u2400 😀"


KEYS = st.text('ab\\":{}[], \n\u00e9', max_size=3)


@settings(max_examples=200, deadline=None)
@given(pairs=st.lists(st.tuples(KEYS, st.one_of(KEYS, st.integers(0, 9), st.lists(KEYS))), max_size=5))
def test_a_doubled_key_is_found_whatever_stands_around_it(pairs: list[tuple[str, object]]) -> None:
    raw = "{" + ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in pairs) + "}"
    if len({key for key, _ in pairs}) == len(pairs):
        assert parse_json(raw.encode()) == dict(pairs)
    else:
        with pytest.raises(DecodeError, match="twice"):
            parse_json(raw.encode())
