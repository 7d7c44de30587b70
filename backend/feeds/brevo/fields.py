"""What all of Brevo's formats share: reading one field, naming the contact, the message and the delivery."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import id_of, text_of
from backend.feeds.format import Settings
from backend.feeds.intake import parse_json
from backend.record import Identity, NamedBy, Ref


def identities(email: str | None, contact_id: Any = None) -> tuple[Identity, ...]:
    """The contact as (e-mail, Brevo's own id), as far as they are told."""
    number = id_of(contact_id)
    known = Identity("email", email) if email else None
    if number is None:
        return (known,) if known else ()
    return (known, Identity("id", number)) if known else (Identity("id", number),)


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
