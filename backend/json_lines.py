"""JSON that acts on no terminal: every control as an escape, so that no byte of meaning is lost; masked where
that is asked for."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

from backend.clean import masked

_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_NOT_PLAIN = re.compile(r"[^\n -~]")


def json_escaped(encoded: bytes) -> bytes:
    """The same JSON value without a character that acts on a terminal."""
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    shown = _NOT_PLAIN.sub(_as_json_escape, encoded.decode("utf-8", "surrogatepass"))
    return shown.encode("utf-8")


def _as_json_escape(match: re.Match[str]) -> str:
    character = match.group()
    if unicodedata.category(character) not in _ESCAPED:
        return character
    code = ord(character)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def masked_json(lines: bytes) -> bytes:
    """JSON lines with a***@example.org in place of every address, whatever escapes stand in its text."""
    values = (_masked(msgspec.json.decode(line)) for line in lines.splitlines())
    return b"".join(json_escaped(msgspec.json.encode(value)) + b"\n" for value in values)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {masked(name): _masked(inner) for name, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
