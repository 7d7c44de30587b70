"""The fields of one record of our own format, typed; what has no name in the format is kept.

A value is absent where it is missing, null or "". Reasons name fields and never quote values, so that
alike mistakes group.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from backend.errors import DecodeError
from backend.feeds.format import Settings
from backend.feeds.intake import parse_json
from backend.feeds.own import names
from backend.feeds.times import read_time
from backend.record import Identity, NamedBy, Ref

E = TypeVar("E", bound=StrEnum)

TRUE_TEXTS = frozenset({"true", "yes", "1"})
FALSE_TEXTS = frozenset({"false", "no", "0"})
NAMESPACES = ("id", "email", "phone", "token")
NO_IDENTITY = frozenset({"", "0", "null", "none"})
NAMED_BY: dict[str, NamedBy] = {by.name.lower(): by for by in NamedBy}
INT64 = 2**63
IDENTITIES = (
    ("email", names.EMAIL),
    ("id", names.CONTACT_ID),
    ("phone", names.PHONE),
    ("token", names.TOKEN),
)


class Moment(msgspec.Struct, frozen=True):
    """A time, and what enters keys for it."""

    at_ms: int
    key_ms: int | None
    raw: str


class Fields:
    """One record of the format. `kind` is the record's name, the first word of every reason."""

    def __init__(self, kind: str, values: Mapping[str, Any], settings: Settings) -> None:
        self.kind = kind
        self.settings = settings
        self._values = values

    def raw(self, name: str) -> Any:
        value = self._values.get(name)
        return None if value == "" else value

    def text(self, *fields: str) -> str | None:
        """The first of the fields that is told, as text: a text, a number, true or false."""
        for name in fields:
            value = self._values.get(name)
            if type(value) is str and value:
                return value
            if value is None or value == "":
                continue
            if isinstance(value, dict | list):
                raise self.wrong(name, "is not a text")
            return str(value).lower() if isinstance(value, bool) else str(value)
        return None

    def required(self, *fields: str) -> str:
        told = self.text(*fields)
        if told is None:
            raise DecodeError(f"{self.kind}: no {' or '.join(fields)}")
        return told

    def number(self, name: str) -> int | None:
        value = self.raw(name)
        if isinstance(value, str):
            digits = value.strip().removeprefix("-")
            if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
                raise self.wrong(name, "is not a whole number")
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not -INT64 <= value < INT64:
            raise self.wrong(name, "is not a whole number")
        return value

    def count(self, name: str) -> int | None:
        value = self.number(name)
        if value is not None and value < 0:
            raise self.wrong(name, "is below 0")
        return value

    def truth(self, name: str) -> bool | None:
        value = self.raw(name)
        if value is None or isinstance(value, bool):
            return value
        folded = str(value).strip().lower() if isinstance(value, str | int) else ""
        if folded in TRUE_TEXTS:
            return True
        if folded in FALSE_TEXTS:
            return False
        raise self.wrong(name, "is neither true nor false")

    def choice(self, name: str, choices: type[E]) -> E | None:
        told = self.text(name)
        if told is None:
            return None
        try:
            return choices(told.strip().lower())
        except ValueError as error:
            raise self.wrong(name, f"is none of {', '.join(choices)}") from error

    def needed(self, name: str, choices: type[E]) -> E:
        found = self.choice(name, choices)
        if found is None:
            raise DecodeError(f"{self.kind}: no {name}")
        return found

    def moment(self, *fields: str) -> Moment | None:
        """The first of the times that is told."""
        for name in fields:
            value = self.raw(name)
            if isinstance(value, bool | dict | list):
                raise self.wrong(name, "is not a time")
            if value is not None:
                return self._moment(name, value)
        return None

    def needed_moment(self, *fields: str) -> Moment:
        told = self.moment(*fields)
        if told is None:
            raise DecodeError(f"{self.kind}: no {' or '.join(fields)}")
        return told

    def at_ms(self, *fields: str) -> int | None:
        told = self.moment(*fields)
        return told.at_ms if told else None

    def _moment(self, name: str, value: Any) -> Moment:
        try:
            told = read_time(value, self.settings.zone)
        except DecodeError as error:
            raise self.wrong(name, f"is {error}") from error
        return Moment(told.at_ms, told.key_ms, str(value).strip())

    def ref(self, noun: str, *id_aliases: str) -> Ref | None:
        """What `noun` (scenario, step, campaign, delivery) the record names, by key, id or name."""
        name = self.text(f"{noun}_name", noun) or ""
        key = self.text(f"{noun}_key")
        told_id = self.text(f"{noun}_id", *id_aliases)
        if key is not None:
            by, colon, rest = key.partition(":")
            if not colon or by.lower() not in NAMED_BY or not rest:
                raise self.wrong(f"{noun}_key", "is not like id:4711, name:Welcome or tag:spring")
            return Ref(rest, NAMED_BY[by.lower()], name)
        if told_id is not None:
            return Ref(told_id, NamedBy.ID, name)
        return Ref(name, NamedBy.NAME, name) if name else None

    def needed_ref(self, noun: str, *id_aliases: str) -> Ref:
        found = self.ref(noun, *id_aliases)
        if found is None:
            raise DecodeError(f"{self.kind}: no {noun}, {noun}_id or {noun}_key")
        return found

    def identities(self) -> tuple[Identity, ...]:
        """All ways in which the record names its person; the one it calls `contact` comes first."""
        found: list[Identity] = []
        contact = self.text("contact")
        if contact is not None:
            namespace = (self.text("contact_namespace") or "").strip().lower()
            if namespace and namespace not in NAMESPACES:
                raise self.wrong("contact_namespace", f"is none of {', '.join(NAMESPACES)}")
            _add(found, namespace or ("email" if "@" in contact else "id"), contact)
        for namespace, aliases in IDENTITIES:
            for name in aliases:
                value = self.text(name)
                if value is not None:
                    _add(found, namespace, value)
        return tuple(found)

    def needed_identities(self) -> tuple[Identity, ...]:
        found = self.identities()
        if not found:
            raise DecodeError(f"{self.kind}: no email, contact_id, phone or token")
        return found

    def folder(self, name: str) -> dict[str, Any]:
        """An object, as such, as JSON text, or as columns `name.part`."""
        value = self.raw(name)
        if isinstance(value, str):
            value = _object_in(value)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "is not an object")
        found: dict[str, Any] = dict(value or {})
        start = name + "."
        for column, part in self._values.items():
            if column.startswith(start) and part is not None and part != "":
                found.setdefault(column[len(start) :], part)
        return found

    def listed(self, name: str) -> tuple[str, ...] | None:
        """A list of texts: a JSON array, or one text with bars between."""
        value = self.raw(name)
        if value is None:
            return None
        parts = value if isinstance(value, list) else str(value).split("|")
        texts = tuple(str(part).strip() for part in parts if isinstance(part, str | int))
        if len(texts) != len(parts):
            raise self.wrong(name, "is not a list of texts")
        return tuple(text for text in texts if text)

    def rest(self, known: frozenset[str]) -> dict[str, Any]:
        """What is not known by name, and what the record carries under `fields`."""
        unknown = {
            name: value
            for name, value in self._values.items()
            if name not in known and value is not None and value != "" and not name.startswith(names.FOLDERS)
        }
        return {**unknown, **self.folder("fields")}

    def wrong(self, name: str, what: str) -> DecodeError:
        return DecodeError(f"{self.kind}: {name} {what}")


def _object_in(text: str) -> Any:
    try:
        return parse_json(text.encode(errors="replace"))
    except DecodeError:
        return text


def _add(found: list[Identity], namespace: str, value: str) -> None:
    one = Identity(namespace, value)
    if value.strip().lower() not in NO_IDENTITY and one not in found:
        found.append(one)
