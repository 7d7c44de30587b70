"""The dictionaries of a store as a connection has read them: handles become names without a statement each.

What was read is kept as long as nobody writes to the file, so a page of rows whose names are known costs its
rows alone. Only what many rows share is kept: neither people nor messages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from backend.errors import SourceDamaged
from backend.record import NamedBy

MOST_KEPT = 50_000
"""Names that one connection keeps; then it begins afresh."""
BY_NAMES = tuple(by.name.lower() for by in NamedBy)

T = TypeVar("T")
Named = tuple[str | None, int | None, str | None]
"""What a scenario, step, campaign or delivery is called, its handle, and its key as LogRow tells it."""
NOBODY: Named = (None, None, None)


class Dictionary(dict[int | None, T], Generic[T]):
    """One table by handle; what is not there yet is read by one seek."""

    def __init__(
        self, execute: Callable[..., Any], select: str, nothing: T, value: Callable[[tuple[Any, ...]], T]
    ) -> None:
        super().__init__({None: nothing})
        self._execute = execute
        self._select = f"{select} WHERE id = ?"
        self._nothing = nothing
        self._value = value

    def __missing__(self, handle: int | None) -> T:
        row = self._execute(self._select, (handle,)).fetchone()
        found = self[handle] = self._nothing if row is None else self._value(row)
        return found

    def forget(self) -> None:
        self.clear()
        self[None] = self._nothing


class Dictionaries:
    """Names by handle; None, and a handle that stands for nothing, have none."""

    def __init__(self, execute: Callable[..., Any]) -> None:
        self._execute = execute
        self._version: int | None = None
        self.words = Dictionary[str | None](execute, "SELECT text FROM word", None, _first)
        self.urls = Dictionary[str | None](execute, "SELECT url FROM url", None, _first)
        self.accounts = Dictionary[tuple[str, str]](
            execute, "SELECT product, account FROM account", ("", ""), _pair
        )
        named = "SELECT name, id, key_kind, key FROM"
        self.scenarios, self.steps, self.campaigns, self.deliveries = (
            Dictionary[Named](execute, f"{named} {table}", NOBODY, _named)
            for table in ("scenario", "step", "campaign", "delivery")
        )
        self._tables: tuple[Dictionary[Any], ...] = (
            *(self.words, self.urls, self.accounts),
            *(self.scenarios, self.steps, self.campaigns, self.deliveries),
        )

    def refresh(self) -> None:
        """Forgets what was read before another program's last write."""
        (version,) = self._execute("PRAGMA data_version").fetchone()
        if version == self._version and sum(len(table) for table in self._tables) < MOST_KEPT:
            return
        self._version = version
        for table in self._tables:
            table.forget()


class IdentitySample(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the store's identities, to judge by how common a text is among all."""

    text: str
    """Their values, case-folded, a line each."""
    rows: int
    scale: float
    """How many identities each of them stands for."""
    high: int
    """The highest id when they were taken."""


class Reader(sqlite3.Connection):
    """A connection that only reads, with what it has read to know again."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.dictionaries = Dictionaries(self.execute)
        self.sample: IdentitySample | None = None


def dictionaries_of(connection: sqlite3.Connection) -> Dictionaries:
    """The dictionaries as they are in the connection's present read."""
    if not isinstance(connection, Reader):  # what else it writes is not to be told by its version
        return Dictionaries(connection.execute)
    connection.dictionaries.refresh()
    return connection.dictionaries


def _first(row: tuple[Any, ...]) -> str:
    return str(row[0])


def _pair(row: tuple[Any, ...]) -> tuple[str, str]:
    return row[0], row[1]


def _named(row: tuple[Any, ...]) -> Named:
    name, handle, by, key = row
    if not 0 <= by < len(BY_NAMES):
        raise SourceDamaged(f"the store is damaged: a name is of the kind {by}, which stands for nothing")
    return name or key, handle, f"{BY_NAMES[by]}:{key}"
