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
_DOUBTFUL = -2 * MAX_EVENT_BYTES
"""Less than nothing, whatever is added to it: no record has so many texts."""
_decode = msgspec.json.Decoder().decode
_FAST_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def parse_json(raw: bytes) -> Any:
    """The value of one JSON document. Raises: DecodeError with a reason that holds none of the data.

    Most records pass a fast parser. Whatever that one refuses, or where a look at the bytes leaves a
    doubt, is read again by a slower way that repairs what may be repaired and names what may not.
    """
    if len(raw) > MAX_EVENT_BYTES:
        raise DecodeError(f"larger than {MAX_EVENT_BYTES} bytes")
    has_escapes = b"\\" in raw
    if len(raw) <= MAX_TEXT and not (has_escapes and b"\\u0000" in raw):
        try:
            value = _decode(raw)
        except _FAST_ERRORS:
            return _parse_carefully(raw)
        if 2 * _texts(value, MAX_DEPTH) == _quotes(raw, has_escapes=has_escapes):
            return value
    return _parse_carefully(raw)


def storable_text(text: str) -> str:
    """The text without lone surrogates and NUL. Raises: DecodeError where it is too long."""
    if len(text) > MAX_TEXT:
        raise DecodeError(f"a text is longer than {MAX_TEXT} characters")
    if "\0" in text:
        text = text.replace("\0", "\u2400")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _quotes(raw: bytes, *, has_escapes: bool) -> int:
    """How many quotes of a document begin or end a text, those of doubled keys too."""
    quotes = raw.count(b'"')
    return quotes - raw.replace(b"\\\\", b"").count(b'\\"') if has_escapes else quotes


def _texts(value: Any, depth: int) -> int:
    """How many texts the value holds, keys too: half of the quotes, unless a key was doubled. Negative where
    an integer or more than `depth` levels need the careful way."""
    kind = type(value)
    if kind is dict:
        total, parts = len(value), value.values()
    elif kind is list:
        total, parts = 0, value
    elif kind is str:
        return 1
    else:
        return _DOUBTFUL if kind is int and not -_INT64 <= value < _INT64 else 0
    if not depth:
        return _DOUBTFUL
    for part in parts:
        kind = type(part)
        if kind is str:
            total += 1
        elif kind is int:
            if not -_INT64 <= part < _INT64:
                return _DOUBTFUL
        elif kind is dict or kind is list:
            total += _texts(part, depth - 1)
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
