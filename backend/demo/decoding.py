"""Pieces through the ordinary feeds to records, and records to bytes and back, to pass between processes.

A pickle of a record takes longer than decoding its feed; this takes a tenth of it (measured).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import get_args

import msgspec

from backend.demo.catalogue import ACCOUNT
from backend.demo.stream import Piece
from backend.errors import BadData
from backend.feeds import find_format
from backend.feeds.format import Frame, Settings
from backend.feeds.intake import parse_json
from backend.record import Decoded, Record, Rejected

_SETTINGS = Settings(account=ACCOUNT)
_TYPES: tuple[type[Record], ...] = get_args(Record)
_PLACES = {type_: place for place, type_ in enumerate(_TYPES)}


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

_Packed = list[tuple[str, bytes, list[tuple[int, msgspec.Raw]]]]
_encoder = msgspec.msgpack.Encoder()
_envelope = msgspec.msgpack.Decoder(_Packed)
_decoders = tuple(msgspec.msgpack.Decoder(type_) for type_ in _TYPES)


def pack(pieces: Sequence[Decoded]) -> bytes:
    """Decoded pieces as bytes, for `unpack` of the same program."""
    return _encoder.encode(
        [(one.format, one.raw, [(_PLACES[type(record)], record) for record in one.records]) for one in pieces]
    )


def unpack(packed: bytes) -> list[Decoded]:
    """What was packed: equal to it."""
    return [
        Decoded(format=name, raw=raw, records=tuple(_decoders[place].decode(part) for place, part in parts))
        for name, raw, parts in _envelope.decode(packed)
    ]
