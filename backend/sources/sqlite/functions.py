"""Functions that SQLite lacks, and how to call them in SQL.

Text goes in as a blob: SQLite hands a function's text over strictly, and one byte that is not UTF-8 would end
the whole query.
"""

from __future__ import annotations

import sqlite3

from backend.query.match import path_equals
from backend.sources.sqlite.json_text import decode_object


def folded(expression: str) -> str:
    """SQL: the text case-folded, "" for none. SQLite's own lower() knows ASCII only."""
    return f"fold(CAST({expression} AS BLOB))"


def contains(expression: str, place: str, text: str) -> str:
    """SQL: the expression, case-folded, has the case-folded text in it, which is bound at `place`.

    Only what is not ASCII needs our own folding, which costs ten times SQLite's. NULL where that is.
    """
    by_us = f"instr({folded(expression)}, {place})"
    if not text.isascii():
        return by_us
    return f"(instr(lower({expression}), {place}) OR {_of_more_than_ascii(expression, by_us)})"


def equals(expression: str, place: str, text: str) -> str:
    """SQL: the expression, case-folded, is the case-folded text, which is bound at `place`."""
    by_us = f"{folded(expression)} = {place}"
    if not text.isascii():
        return by_us
    return f"(lower({expression}) = {place} OR {_of_more_than_ascii(expression, by_us)})"


def _of_more_than_ascii(expression: str, condition: str) -> str:
    return f"(length({expression}) <> length(CAST({expression} AS BLOB)) AND {condition})"


def path_is(expression: str, path: str, wanted: str) -> str:
    """SQL: the JSON in the expression has this case-folded text at this path."""
    return f"path_is(CAST({expression} AS BLOB), {path}, {wanted})"


def install_functions(connection: sqlite3.Connection) -> None:
    """Makes the functions known to a connection."""
    connection.create_function("fold", 1, _fold, deterministic=True)
    connection.create_function("path_is", 3, _path_is, deterministic=True)


def _fold(text: bytes | None) -> str:
    return text.decode("utf-8", "replace").casefold() if text else ""


def _path_is(text: bytes | None, path: str, wanted: str) -> bool:
    return path_equals(decode_object(text), path, wanted)
