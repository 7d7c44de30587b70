"""One feed while it is read, with what waits for the next transaction."""

from __future__ import annotations

from backend.ingest.feed_reading import FeedReader
from backend.ingest.feed_steps import Step, read_chunk, step_of
from backend.ingest.result import FeedResult
from backend.record import Decoded, Rejected


class FeedRun:
    """What was read of a feed and is not stored yet; `last` says how far that leads."""

    def __init__(self, reader: FeedReader, name: str | None, saved: str | None) -> None:
        self.reader = reader
        self.saved = saved
        """Where an earlier run got to, as the store kept it."""
        self._position_name = name
        self.last = step_of(reader, ())
        self.is_over = False
        self.has_zoneless = False
        """Whether any record's time carried no zone."""
        self.clear()

    def clear(self) -> None:
        self.pieces: list[Decoded] = []
        self.rejected: list[Rejected] = []
        self.records = 0
        self.bytes = 0

    def keep(self, step: Step) -> None:
        self.last = step
        self.pieces += step.pieces
        self.rejected += step.rejected
        self.records += sum(len(piece.records) for piece in step.pieces)
        self.bytes += sum(len(piece.raw) for piece in step.pieces)
        self.bytes += sum(len(piece.raw) for piece in step.rejected)
        self.has_zoneless = self.has_zoneless or step.has_zoneless

    def read(self, size: int) -> int:
        """Read what is there, up to `size` bytes. Answers how many there were; 0 at the damaged end of it."""
        chunk = read_chunk(self.reader, size)
        if isinstance(chunk, Rejected):
            self.keep(step_of(self.reader, [chunk]))
            return 0
        if chunk:
            self.keep(step_of(self.reader, self.reader.take(chunk)))
        return len(chunk)

    def settle(self) -> None:
        """Also take what came of a feed whose format is clear already, though more of it may come."""
        self.keep(step_of(self.reader, self.reader.settle()))

    def positions(self) -> dict[str, str]:
        """How far what waits leads, as the store keeps it."""
        if self._position_name is None or not self.last.position:
            return {}
        return {self._position_name: self.last.position}

    @property
    def has_news(self) -> bool:
        return bool(self.pieces or self.rejected)

    def result(self) -> FeedResult:
        resumed_at = self.reader.resumed_at
        return FeedResult(
            name=self.reader.feed.name,
            format=self.last.format or None,
            resumed_at=resumed_at,
            unchanged=resumed_at is not None and resumed_at == self.last.offset,
        )
