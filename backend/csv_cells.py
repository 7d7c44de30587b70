"""Values as CSV that a spreadsheet shows and never runs (a leaf: standard library only).

A cell that begins like a formula gets an apostrophe, and so does one that begins with an apostrophe:
taking one leading apostrophe away gives the text back. Controls become visible escapes; the loss-free
format is JSON lines.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

Value = str | int | float | bool | None

STARTERS = frozenset(
    "=+-@\t\r\n|%'＝＋－＠"
)  # what a spreadsheet, or its import, takes as the start of a formula
JOINERS = frozenset("\u200c\u200d")  # shape letters and emoji: kept
_SKIPPED = frozenset("\"'`\u2018\u2019\u201c\u201d")
_SUSPECT = re.compile(r"[^ -~]")


def cell(value: Value) -> str:
    """The text of one cell, not quoted yet. Numbers are never touched: -5 stays -5, "-5" becomes '-5."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    shown = _SUSPECT.sub(_visible, value)
    return f"'{shown}" if _starts_formula(value) else shown


def csv_line(values: Iterable[Value]) -> str:
    """One record by RFC 4180, with its line end."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow([cell(value) for value in values])
    return line.getvalue()


def _starts_formula(text: str) -> bool:
    if text.startswith("'"):
        return True
    for character in text:
        if character in STARTERS and character not in _SKIPPED:
            return True
        if character not in _SKIPPED and not _is_blank(character):
            return False
    return False


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {
        "Cc",
        "Cf",
        "Zs",
        "Zl",
        "Zp",
        "Mn",
        "Cn",
    }


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\n" or character in JOINERS:
        return character
    if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character
    return character.encode("unicode_escape").decode("ascii")
