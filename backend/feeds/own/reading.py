"""The fields of one record of our own format: typed, each read once, what nobody reads is kept.

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
from backend.feeds.times import read_time
from backend.record import Identity, NamedBy, Ref

E = TypeVar("E", bound=StrEnum)

TRUE_TEXTS = frozenset({"true", "yes", "1"})
FALSE_TEXTS = frozenset({"false", "no", "0"})
NO_IDENTITY = frozenset({"", "0", "null", "none"})
NAMED_BY: dict[str, NamedBy] = {by.name.lower(): by for by in NamedBy}
INT64 = 2**63

EMAIL_NAMES = ("email", "email_id", "user_email")
PHONE_NAMES = ("phone", "sms")
TOKEN_NAMES = ("token",)
ID_NAMES = ("contact_id",)


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
        self._read: set[str] = set()

    def raw(self, name: str) -> Any:
        self._read.add(name)
        value = self._values.get(name)
        return None if value == "" else value

    def text(self, *names: str) -> str | None:
        """The first of the fields that is told, as text: a text, a number, true or false."""
        told = None
        for name in names:
            value = self.raw(name)
            if told is not None or value is None:
                continue
            if isinstance(value, dict | list):
                raise self.wrong(name, "is not a text")
            told = str(value).lower() if isinstance(value, bool) else str(value)
        return told

    def required(self, *names: str) -> str:
        told = self.text(*names)
        if told is None:
            raise DecodeError(f"{self.kind}: no {' or '.join(names)}")
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

    def moment(self, *names: str) -> Moment | None:
        """The first of the times that is told."""
        told: Moment | None = None
        for name in names:
            value = self.raw(name)
            if told is not None or value is None:
                continue
            if isinstance(value, bool | dict | list):
                raise self.wrong(name, "is not a time")
            told = self._moment(name, value)
        return told

    def needed_moment(self, *names: str) -> Moment:
        told = self.moment(*names)
        if told is None:
            raise DecodeError(f"{self.kind}: no {' or '.join(names)}")
        return told

    def at_ms(self, *names: str) -> int | None:
        told = self.moment(*names)
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
        namespace = (self.text("contact_namespace") or "").strip().lower()
        if namespace and namespace not in {"id", "email", "phone", "token"}:
            raise self.wrong("contact_namespace", "is none of id, email, phone, token")
        told = [(namespace or ("email" if contact and "@" in contact else "id"), contact)]
        for kind, names in (
            ("email", EMAIL_NAMES),
            ("id", ID_NAMES),
            ("phone", PHONE_NAMES),
            ("token", TOKEN_NAMES),
        ):
            told += [(kind, self.text(name)) for name in names]
        for kind, value in told:
            if value is not None and value.strip().lower() not in NO_IDENTITY:
                one = Identity(kind, value)
                found += [] if one in found else [one]
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
        for column in self._values:
            if column.startswith(name + ".") and column not in self._read:
                part = self.raw(column)
                if part is not None:
                    found.setdefault(column[len(name) + 1 :], part)
        return found

    def names(self, name: str) -> tuple[str, ...] | None:
        """A list of texts: a JSON array, or one text with bars between."""
        value = self.raw(name)
        if value is None:
            return None
        parts = value if isinstance(value, list) else str(value).split("|")
        texts = tuple(str(part).strip() for part in parts if isinstance(part, str | int))
        if len(texts) != len(parts):
            raise self.wrong(name, "is not a list of texts")
        return tuple(text for text in texts if text)

    def rest(self) -> dict[str, Any]:
        """What nobody read, and what the record carries under `fields`."""
        carried = self.folder("fields")
        unknown = {
            name: value
            for name, value in self._values.items()
            if name not in self._read and value is not None and value != ""
        }
        return {**unknown, **carried}

    def wrong(self, name: str, what: str) -> DecodeError:
        return DecodeError(f"{self.kind}: {name} {what}")


def _object_in(text: str) -> Any:
    try:
        return parse_json(text.encode(errors="replace"))
    except DecodeError:
        return text
