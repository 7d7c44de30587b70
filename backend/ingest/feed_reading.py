"""One feed as it is read: its format found out from its first records, its bytes turned into records.

A record that is none is a `Rejected` with reason and place; only a feed as a whole can fail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import tzinfo

import msgspec

from backend.errors import BadData, DecodeError
from backend.feeds import SAMPLE_BYTES, find_format, recognise
from backend.feeds.format import Format, Frame, Settings
from backend.feeds.framing import Framer, open_framer
from backend.ingest.feed_input import FeedInput
from backend.record import Decoded, Record, Rejected

Piece = Decoded | Rejected


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about the feeds of one run."""

    format: str | None = None
    """Name of a format; None: found out from the content of each feed."""
    account: str = "default"
    zone: tzinfo | None = None
    columns: Mapping[str, str] = {}

    @property
    def settings(self) -> Settings:
        return Settings(account=self.account, zone=self.zone, columns=self.columns)

    @property
    def fingerprint(self) -> str:
        """Changes with whatever changes what is read from the same bytes, this program's version included."""
        from importlib import metadata  # with the parser of e-mail headers, which nobody else here needs

        said = (self.format, self.account, str(self.zone), sorted(self.columns.items()))
        told = repr((*said, metadata.version("parcours")))
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file was read: saved as JSON in the transaction that stored what was read."""

    format: str
    framer: str
    """What the framer needs to go on there; "": it can only start over."""
    end: int
    """Bytes of the file that were read."""
    tail: str
    """Digest of the bytes before `end`: a file that was rewritten in place is read again."""
    is_whole: bool
    """The file ended there when it was read."""


class FeedReader:
    """Turns one feed's bytes into pieces. `format` is None until enough was seen of it."""

    def __init__(self, feed: FeedInput, options: Options, format: Format | None) -> None:
        self.feed = feed
        self.format = format
        self.resumed_at: int | None = None
        """The byte at which reading goes on; None: at the beginning."""
        self._options = options
        self._settings = options.settings
        self._framer: Framer | None = None
        self._head = b""
        """What came before the format is known."""
        self._is_whole = False

    # --- going on with a file ----------------------------------------------------------------------------

    @property
    def position_name(self) -> str | None:
        """Under which name a store keeps how far this file was read; None where that makes no sense."""
        identity = self.feed.identity
        return None if identity is None else f"feed:{identity}:{self._options.fingerprint}"

    def position(self) -> str:
        """How far the file was read, to be stored with what was read of it; "" where that makes no sense."""
        if self.feed.identity is None or self.format is None or self._framer is None:
            return ""
        end = self.feed.offset if self._is_whole else self._framer.resume_offset
        position = Position(
            format=self.format.name,
            framer=self._framer.position(),
            end=end,
            tail=self.feed.tail_digest(end),
            is_whole=self._is_whole,
        )
        return msgspec.json.encode(position).decode()

    def resume(self, saved: str, *, may_grow: bool) -> None:
        """Go on where an earlier run got to, if the file is still the one that it read.

        may_grow: what is appended while we look will be read too, so its framing must be known.
        """
        try:
            position = msgspec.json.decode(saved, type=Position)
        except msgspec.MsgspecError:
            return
        size = self.feed.size_bytes or 0
        if position.end > size or self.feed.tail_digest(position.end) != position.tail:
            return
        if position.is_whole and position.end == size and not may_grow:
            self.resumed_at = position.end
            self.feed.seek(position.end)
        elif position.framer:
            self.format = find_format(position.format)
            self._open(self.format, self.feed.head, position.framer)
            assert self._framer is not None
            self.resumed_at = self._framer.resume_offset
            self.feed.seek(self.resumed_at)

    # --- from bytes to records ---------------------------------------------------------------------------

    def take(self, chunk: bytes) -> list[Piece]:
        """The pieces that end in this chunk, in order. Raises: BadData where this is no feed."""
        if self._framer is not None:
            return self._pieces(self._framer.feed(chunk))
        self._head += chunk
        return self._begin(self._head) if len(self._head) >= SAMPLE_BYTES else []

    def settle(self) -> list[Piece]:
        """The pieces of what came so far, where more may come: nothing as long as no format is clear."""
        if not self._head:
            return []
        try:
            return self._begin(self._head)
        except BadData:
            return []

    def finish(self) -> list[Piece]:
        """The last pieces of a feed that has ended. Raises: BadData where it was none."""
        if self.feed.offset == 0:
            raise BadData(f"{self.feed.name} is an empty file")
        pieces = self._begin(self._head) if self._head else []
        if self._framer is not None:
            pieces += self._pieces(self._framer.finish())
        self._is_whole = True
        return pieces

    def _begin(self, head: bytes) -> list[Piece]:
        try:
            format = self.format or recognise(head, columns=self._options.columns)
            self._open(format, head)
        except BadData as error:
            raise BadData(f"{self.feed.name}: {error}") from error
        self.format, self._head = format, b""
        assert self._framer is not None
        return self._pieces(self._framer.feed(head))

    def _open(self, format: Format, head: bytes, position: str | None = None) -> None:
        self._framer = open_framer(format.framing, head, name=self.feed.shown, position=position)

    def _pieces(self, framed: Iterable[Frame | Rejected]) -> list[Piece]:
        assert self.format is not None
        pieces: list[Piece] = []
        for frame in framed:
            if isinstance(frame, Rejected):
                pieces.append(frame)
            else:
                pieces += decode_frame(frame, self.format, self._settings)
        return pieces


def decode_frame(frame: Frame, format: Format, settings: Settings) -> list[Piece]:
    """The records of one frame as one piece, and what of it is set aside."""
    pieces: list[Piece] = []
    records: list[Record] = []
    try:
        for record in format.decode(frame, settings):
            if isinstance(record, Rejected):
                pieces.append(record)
            else:
                records.append(record)
    except DecodeError as error:
        return [*pieces, Rejected(raw=frame.raw, reason=str(error), place=frame.place)]
    if records:
        pieces.append(Decoded(format=format.name, raw=frame.raw, records=tuple(records)))
    return pieces
