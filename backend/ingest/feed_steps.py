"""A feed in steps: what one chunk of it gave, and how far that leads.

A step says all that ingest has to know of a feed, so that it may come from another process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from backend.errors import BadData, NoSuchSource
from backend.ingest.feed_input import Damaged, Unreadable
from backend.ingest.feed_reading import FeedReader, Piece
from backend.record import LOG_RECORDS, Decoded, Rejected

FEED_ERRORS = (BadData, NoSuchSource, Unreadable)
"""What one feed can be guilty of; a store raises none of these while it adds."""


class Step(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """What a feed gave since the step before."""

    pieces: list[Decoded]
    rejected: list[Rejected]
    position: str
    """How far this leads, to be stored with it; "" where it cannot be gone on with."""
    format: str = ""
    """"" until enough was seen of the feed."""
    product: str = ""
    offset: int
    """Bytes that were read, as decompressed."""
    read_bytes: int
    """The same, as they lie on disk."""
    is_waiting: bool = False
    """Whoever writes into a pipe has written all for now."""
    has_zoneless: bool = False
    """A record's time carried no zone."""


def read_chunk(reader: FeedReader, size: int) -> bytes | Rejected:
    """The next bytes; in place of what is damaged, what is set aside: the feed ends there."""
    try:
        return reader.feed.read(size)
    except Damaged as error:
        return Rejected(raw=b"", reason=str(error), place=reader.feed.name)


def read_steps(reader: FeedReader, chunk_bytes: int) -> Iterator[Step]:
    """A feed to its end. Raises: BadData where it is none, Unreadable."""
    while chunk := read_chunk(reader, chunk_bytes):
        if isinstance(chunk, Rejected):
            yield step_of(reader, [chunk])
            break
        yield step_of(reader, reader.take(chunk))
    yield step_of(reader, reader.finish())


def step_of(reader: FeedReader, pieces: Sequence[Piece]) -> Step:
    """The step that these pieces, which were just read, are."""
    decoded = [piece for piece in pieces if isinstance(piece, Decoded)]
    format, feed = reader.format, reader.feed
    return Step(
        pieces=decoded,
        rejected=[piece for piece in pieces if isinstance(piece, Rejected)],
        position=reader.position(),
        format=format.name if format else "",
        product=format.product if format else "",
        offset=feed.offset,
        read_bytes=feed.read_bytes,
        is_waiting=feed.is_waiting(),
        has_zoneless=any(
            isinstance(record, LOG_RECORDS) and record.key_ms is not None
            for piece in decoded
            for record in piece.records
        ),
    )
