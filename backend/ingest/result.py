"""What an ingest tells: how far it is, and what it did."""

from __future__ import annotations

from collections import Counter

import msgspec

from backend.errors import ParcoursError
from backend.record import Added


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an ingest is."""

    feed: str
    records: int
    rejected: int
    read_bytes: int
    total_bytes: int | None
    """None where the end of a feed is not known."""
    elapsed_s: float

    @property
    def rate_per_s(self) -> float:
        return self.records / self.elapsed_s if self.elapsed_s > 0 else 0.0


class FeedResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one feed: its format, or why it could not be read."""

    name: str
    format: str | None = None
    resumed_at: int | None = None
    """The byte at which reading went on; None: it was read from its beginning."""
    unchanged: bool = False
    """It was read to its end before, and nothing was added to it."""
    failure: ParcoursError | None = None


class Summary(msgspec.Struct, kw_only=True):
    """What an ingest did, all feeds together."""

    added: Added
    reasons: Counter[str]
    """Why records were set aside."""
    feeds: list[FeedResult]
    warnings: list[str]

    @property
    def failures(self) -> list[FeedResult]:
        return [feed for feed in self.feeds if feed.failure is not None]
