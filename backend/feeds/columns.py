"""Rows of exports whose columns go by name, in any order, under more than one heading."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import text_of
from backend.feeds.format import Settings

SURE = 0.95
LIKELY = 0.6


@lru_cache(maxsize=4096)
def plain_name(header: str) -> str:
    """A column's name for comparing: without case, accents and signs, words joined by one "_"."""
    if not header.isascii():
        header = "".join(c for c in unicodedata.normalize("NFKD", header) if not unicodedata.combining(c))
    return "_".join("".join(c if c.isalnum() else " " for c in header.casefold()).split())


class Row:
    """A row of one of the logs, its columns found by their documented names or by other known headers."""

    def __init__(self, value: Mapping[str, Any], settings: Settings, names: Mapping[str, str]) -> None:
        self._found: dict[str, Any] = {}
        self.rest: dict[str, Any] = {}
        """What has no place, by its own header."""
        for header, part in value.items():
            told = settings.columns.get(header, header) if settings.columns else header
            name = names.get(plain_name(told))
            if name is None or name in self._found:
                if text_of(part) is not None:
                    self.rest[told] = part
            elif text_of(part) is not None:
                self._found[name] = part

    def raw(self, name: str) -> Any:
        return self._found.get(name)

    def text(self, name: str) -> str | None:
        text = text_of(self._found.get(name))
        return text.strip() or None if text else None

    def need(self, name: str) -> str:
        """Raises: DecodeError where the field is not there."""
        text = self.text(name)
        if text is None:
            raise DecodeError(f"no {name}")
        return text


def names_of(columns: Mapping[str, str]) -> dict[str, str]:
    """Column -> "|"-separated headers, turned round: each header's plain name -> the column."""
    return {
        plain_name(header): column
        for column, headers in columns.items()
        for header in (column, *headers.split("|"))
        if header
    }


def judge_columns(
    names: Mapping[str, str],
    certain: Collection[str],
    needed: Collection[Collection[str]],
    unlike: Collection[str] = (),
) -> Callable[[Collection[str]], float]:
    """How sure a set of headers is one log: sure where the product's own names are there, likely where all
    `needed` are found under any of their headers.

    certain: documented names that together name this log and no other. needed: of each group one column
    must be there. unlike: columns that only another log has.
    """

    def judge(headers: Collection[str]) -> float:
        plain = {plain_name(header) for header in headers}
        found = {names[name] for name in plain if name in names}
        if plain & {plain_name(name) for name in unlike}:
            return 0.0
        if not all(found & set(group) for group in needed):
            return 0.0
        own = sum(plain_name(name) in plain for name in certain)
        return SURE if own == len(certain) else LIKELY + 0.02 * own

    return judge
