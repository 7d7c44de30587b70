"""Strangers' JSON to plain values that are safe to store: the one door for every JSON feed.

What cannot be stored at all is refused (size, encoding, depth, NaN, doubled keys, endless texts); what
can be stored after a small change is changed here and nowhere else: lone surrogates become U+FFFD, NUL
becomes U+2400, integers beyond 64 bit become text. Making text fit to *show* is `backend.clean`'s work.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from backend.errors import DecodeError

MAX_EVENT_BYTES = 1_000_000
"""The largest single record."""
MAX_DEPTH = 32
MAX_TEXT = 65_536
"""The longest single text, in characters."""
MAX_DIGITS = 4_000
"""More digits than this are refused: turning them into a number costs quadratic time."""

_INT64 = 2**63
_BRACKETS = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\]]*+)*+([{}\[\]])', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')
_DOUBTFUL = -2 * MAX_EVENT_BYTES
"""Less than nothing, whatever is added to it: no record has so many keys."""
_decode = msgspec.json.Decoder().decode
_FAST_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def parse_json(raw: bytes) -> Any:
    """The value of one JSON document. Raises: DecodeError with a reason that holds none of the data.

    Most records pass a fast parser. Whatever that one refuses, or where a look at the bytes leaves a
    doubt, is read again by a slower way that repairs what may be repaired and names what may not.
    """
    if len(raw) > MAX_EVENT_BYTES:
        raise DecodeError(f"larger than {MAX_EVENT_BYTES} bytes")
    if len(raw) <= MAX_TEXT and b"\\u0000" not in raw:
        try:
            value = _decode(raw)
        except _FAST_ERRORS:
            return _parse_carefully(raw)
        written = _written_keys(raw)
        if written >= 0 and _keys(value, MAX_DEPTH) == written:
            return value
    return _parse_carefully(raw)


def storable_text(text: str) -> str:
    """The text without lone surrogates and NUL. Raises: DecodeError where it is too long."""
    if len(text) > MAX_TEXT:
        raise DecodeError(f"a text is longer than {MAX_TEXT} characters")
    if "\0" in text:
        text = text.replace("\0", "\u2400")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _written_keys(raw: bytes) -> int:
    """How many keys the objects of a document write, doubled ones too; -1 where the bytes alone do not tell.

    A key is a text with a colon behind it. In a text every quote has a backslash before it, so what looks
    like the end of a key there is told from one by that, unless the key itself ends in a backslash.
    """
    if b'\\\\":' in raw or (_has_blank_colon(raw) and _SPACED_KEY.search(raw)):
        return -1
    return raw.count(b'":') - raw.count(b'\\":')


def _has_blank_colon(raw: bytes) -> bool:
    return b" :" in raw or b"\t:" in raw or b"\n:" in raw or b"\r:" in raw


def _keys(value: Any, depth: int) -> int:
    """How many keys the value's objects have together; negative where an integer or more than `depth`
    levels need the careful way."""
    kind = type(value)
    if kind is dict:
        total, parts = len(value), value.values()
    elif kind is list:
        total, parts = 0, value
    else:
        return _DOUBTFUL if kind is int and not -_INT64 <= value < _INT64 else 0
    if not depth:
        return _DOUBTFUL
    for part in parts:
        kind = type(part)
        if kind is dict or kind is list:
            total += _keys(part, depth - 1)
        elif kind is int and not -_INT64 <= part < _INT64:
            return _DOUBTFUL
    return total


def _parse_carefully(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("not UTF-8") from error
    if _is_deep(raw):
        raise DecodeError(f"nested deeper than {MAX_DEPTH}")
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError, OverflowError) as error:
        raise DecodeError("not JSON") from error
    return _storable(value)


def _is_deep(raw: bytes) -> bool:
    depth = 0
    match = _BRACKETS.match(raw)
    while match and depth <= MAX_DEPTH:
        depth += 1 if match[1] in b"{[" else -1
        match = _BRACKETS.match(raw, match.end())
    return depth > MAX_DEPTH


def _refuse_constant(name: str) -> Any:
    raise DecodeError("a number is NaN or infinite")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise DecodeError("a number is NaN or infinite")
    return number


def _bounded(text: str) -> int | str:
    if len(text) > MAX_DIGITS:
        raise DecodeError(f"a number has more than {MAX_DIGITS} digits")
    if len(text) > 20:
        return text
    number = int(text)
    return number if -_INT64 <= number < _INT64 else text


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise DecodeError("an object has the same key twice")
    return fields


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        fields = {storable_text(key): _storable(part) for key, part in value.items()}
        if len(fields) != len(value):
            raise DecodeError("an object has the same key twice")
        return fields
    if isinstance(value, list):
        return [_storable(part) for part in value]
    return value
