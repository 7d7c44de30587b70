"""What all of Brevo's formats share: reading one field, naming the contact, the message and the delivery."""

from __future__ import annotations

from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import id_of, text_of
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
            value = next(filter(text_of, value), None)
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
