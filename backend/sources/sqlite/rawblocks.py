"""Raw records kept together and compressed: a feed's own redundancy is between its records.

A log row's `raw` is block id * 65536 + place in the block. A place may be blank: the record was forgotten,
or was in the store already.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence

import msgspec

from backend.errors import SourceDamaged

PLACES = 65_536
BLOCK_RECORDS = 256
"""Records in a block: enough to compress well, few enough to read one of them quickly."""
BLOCK_BYTES = 262_144
MOST_BYTES = 72 << 20
"""No block is larger unpacked: a last record may be as large as the largest document that feeds take."""


def pack(records: Sequence[bytes]) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(list(records)), 1)


def unpack(content: bytes) -> list[bytes]:
    """The records of a block. Raises SourceDamaged for what no writer of ours has made."""
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(content, MOST_BYTES)
        if unpacker.unconsumed_tail:
            raise SourceDamaged("a block of raw records is larger than any that parcours writes")
        return msgspec.msgpack.decode(plain, type=list[bytes])
    except (zlib.error, msgspec.DecodeError) as error:
        raise SourceDamaged("a block of raw records cannot be read") from error


def read_raw(connection: sqlite3.Connection, raw: int) -> bytes | None:
    """The record behind a log row's `raw`; None where it was forgotten."""
    found = connection.execute("SELECT content FROM raw_block WHERE id = ?", (raw // PLACES,)).fetchone()
    records = unpack(found[0]) if found else []
    return records[raw % PLACES] or None if raw % PLACES < len(records) else None


class RawWriter:
    """Collects the records of one batch and writes them as blocks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        top = connection.execute("SELECT coalesce(max(id), 0) FROM raw_block").fetchone()[0]
        self._block: int = top + 1
        self._records: list[bytes] = []
        self._size_bytes = 0

    def keep(self, record: bytes) -> int:
        """Takes a record into a block; the number to store with its rows."""
        if len(self._records) >= BLOCK_RECORDS or self._size_bytes >= BLOCK_BYTES:
            self.flush()
        self._records.append(record)
        self._size_bytes += len(record)
        return self._block * PLACES + len(self._records) - 1

    def flush(self) -> None:
        if self._records:
            self._connection.execute("INSERT INTO raw_block VALUES(?, ?)", (self._block, pack(self._records)))
            self._block += 1
            self._records, self._size_bytes = [], 0


def blank_records(connection: sqlite3.Connection, raws: Sequence[int]) -> None:
    """Removes the bytes of these records from their blocks."""
    by_block: dict[int, set[int]] = {}
    for raw in raws:
        by_block.setdefault(raw // PLACES, set()).add(raw % PLACES)
    for block, places in by_block.items():
        found = connection.execute("SELECT content FROM raw_block WHERE id = ?", (block,)).fetchone()
        if found is None:
            continue
        records = [b"" if place in places else record for place, record in enumerate(unpack(found[0]))]
        connection.execute("UPDATE raw_block SET content = ? WHERE id = ?", (pack(records), block))
