"""Pieces through the ordinary feeds to records."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from backend.demo.catalogue import ACCOUNT
from backend.demo.stream import Piece
from backend.errors import BadData
from backend.feeds import find_format
from backend.feeds.format import Frame, Settings
from backend.feeds.intake import parse_json
from backend.record import Decoded, Record, Rejected

_SETTINGS = Settings(account=ACCOUNT)


def decode(pieces: Sequence[Piece]) -> list[Decoded]:
    """The records of pieces, as any feed's. Raises: BadData where a format does not take one of them."""
    return [Decoded(format=name, raw=raw, records=_records(name, raw)) for _, name, raw in pieces]


def _records(name: str, raw: bytes) -> tuple[Record, ...]:
    records: list[Record] = []
    for record in _format(name).decode(Frame(raw=raw, value=parse_json(raw)), _SETTINGS):
        if isinstance(record, Rejected):
            raise BadData(f"the demonstration wrote what {name} does not take: {record.reason}")
        records.append(record)
    return tuple(records)


_format = cache(find_format)
