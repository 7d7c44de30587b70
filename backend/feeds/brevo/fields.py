"""What all of Brevo's formats share: reading one field, naming the contact, the message and the delivery."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from backend.errors import DecodeError
from backend.feeds.format import Frame, Settings
from backend.feeds.intake import parse_json
from backend.record import Identity, NamedBy, Record, Ref, Rejected

_ABSENT = frozenset({"", "null", "NULL"})


def text_of(value: Any) -> str | None:
    """A field as text, as it was written; None for what says nothing."""
    if type(value) is str:
        return None if value in _ABSENT else value
    if value is None or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else msgspec.json.encode(value).decode()


def id_of(value: Any) -> str | None:
    """A number or text that identifies something: 0 and blanks are none."""
    text = text_of(value)
    if text is None:
        return None
    text = text.strip()
    return None if text in ("", "0", "0.0") else text


def identities(email: str | None, contact_id: Any = None) -> tuple[Identity, ...]:
    """The contact as (e-mail, Brevo's own id), as far as they are told."""
    number = id_of(contact_id)
    known = Identity("email", email) if email else None
    if number is None:
        return (known,) if known else ()
    return (known, Identity("id", number)) if known else (Identity("id", number),)


def bare_message_id(message_id: str | None) -> str | None:
    """The message id without the angle brackets that some of Brevo's answers leave out."""
    return message_id.strip().strip("<>") or None if message_id else None


def message_key(bare_id: str, contact: str | None) -> str:
    """One delivery to one contact: a message id alone may stand for several recipients."""
    return f"{bare_id} {contact.casefold()}" if contact else bare_id


def first_tag(tags: Any, tag: Any) -> str | None:
    """The first tag of a list, of a JSON array in a text, or a plain text."""
    for value in (tags, tag):
        if isinstance(value, str) and value.lstrip().startswith("["):
            try:
                value = parse_json(value.encode())
            except (DecodeError, UnicodeEncodeError):
                pass
        if isinstance(value, list):
            value = next((part for part in value if text_of(part)), None)
        text = text_of(value)
        if text is not None and text.strip() and text != "NA":
            return text.strip()
    return None


def delivery_of(template_id: Any, tag: str | None, subject: str | None) -> Ref | None:
    """Which delivery a transactional message is of: the template, else the tag, else the subject.

    The template's name is not told: the tag, which an automation fills with it, stands for it.
    """
    template = id_of(template_id)
    if template:
        return Ref(template, NamedBy.ID, tag or subject or "")
    if tag:
        return Ref(tag, NamedBy.TAG, tag)
    return Ref(subject, NamedBy.SUBJECT, subject) if subject else None


def campaign_of(camp_id: Any, name: Any) -> tuple[Ref | None, Ref | None]:
    """A campaign as (campaign, its delivery)."""
    key, name = id_of(camp_id), text_of(name) or ""
    if key is None:
        return (Ref(name, NamedBy.NAME, name), None) if name else (None, None)
    return Ref(key, NamedBy.ID, name), Ref(key, NamedBy.CAMPAIGN, name)


def json_object(value: Any) -> Mapping[str, Any]:
    """An object, or one that is written as JSON in a text; {} for anything else."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = parse_json(value.encode())
        except (DecodeError, UnicodeEncodeError):
            return {}
    return value if isinstance(value, dict) else {}


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


def each(frame: Frame, decode_one: Any) -> Iterator[Record | Rejected]:
    """The records of a frame that is one body, a batch of bodies, or an answer that wraps a batch.

    In a batch a bad body is set aside by itself; a bad body alone raises DecodeError.
    """
    value = frame.value
    if isinstance(value, dict) and isinstance(value.get("events"), list):
        value = value["events"]
    if isinstance(value, dict):
        yield from decode_one(value)
        return
    if not isinstance(value, list):
        raise DecodeError("not a JSON object")
    for part in value:
        try:
            if not isinstance(part, dict):
                raise DecodeError("not a JSON object")
            yield from _all(decode_one(part))
        except DecodeError as error:
            yield Rejected(raw=msgspec.json.encode(part), reason=str(error), place=frame.place)


def _all(records: Iterable[Record | Rejected]) -> list[Record | Rejected]:
    """All or none: a body that turns out bad half way gives no record."""
    return list(records)
