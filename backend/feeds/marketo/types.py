"""Marketo's list of activity types: what a subscription calls them, its own ones included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.errors import DecodeError
from backend.feeds.fields import id_of, text_of
from backend.feeds.format import Frame, Settings
from backend.feeds.marketo.pages import each_result
from backend.feeds.marketo.words import ACTIVITIES, PRODUCT
from backend.record import Record, Rejected, TypeRecord


def is_type(body: Mapping[str, Any]) -> bool:
    return {"id", "name"} <= body.keys() and bool({"primaryAttribute", "attributes"} & body.keys())


def decode_page(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """A list of types, or one. Raises: DecodeError."""
    yield from each_result(frame, lambda body: _decode(body, settings.account))


def _decode(body: Mapping[str, Any], account: str) -> Iterator[Record | Rejected]:
    number, name = id_of(body.get("id")), text_of(body.get("name"))
    if number is None or name is None:
        raise DecodeError("a type without id or name")
    known = ACTIVITIES.get(number)
    yield TypeRecord(product=PRODUCT, account=account, type=known.name if known else number, name=name)
