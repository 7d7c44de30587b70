"""What each feed has brought: new records, the newest of them, when it was last heard of."""

from __future__ import annotations

import sqlite3

Feed = tuple[int, int]
"""account, format"""

ADD = (
    "INSERT INTO feed(account_id, format_id, records, rejected, newest_ms, first_received_ms, "
    "last_received_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT DO UPDATE SET "
    "records = records + excluded.records, rejected = rejected + excluded.rejected, "
    "newest_ms = max(coalesce(newest_ms, excluded.newest_ms), coalesce(excluded.newest_ms, newest_ms)), "
    "last_received_ms = max(coalesce(last_received_ms, 0), excluded.last_received_ms)"
)


class FeedCounts:
    """Collects the counts of one batch."""

    def __init__(self) -> None:
        self._records: dict[Feed, int] = {}
        self._newest_ms: dict[Feed, int] = {}
        self._rejected: dict[Feed, int] = {}

    def heard(self, feed: Feed, *, is_new: bool, at_ms: int | None = None) -> None:
        """A record of the feed came; one that was there already only shows that the feed lives."""
        self._records[feed] = self._records.get(feed, 0) + is_new
        if at_ms is not None and at_ms > self._newest_ms.get(feed, -1):
            self._newest_ms[feed] = at_ms

    def rejected(self, feed: Feed, pieces: int) -> None:
        self._rejected[feed] = self._rejected.get(feed, 0) + pieces

    def flush(self, db: sqlite3.Connection, now_ms: int) -> None:
        feeds = sorted({*self._records, *self._rejected})
        db.executemany(
            ADD,
            [
                (
                    *feed,
                    self._records.get(feed, 0),
                    self._rejected.get(feed, 0),
                    self._newest_ms.get(feed),
                    now_ms,
                )
                for feed in feeds
            ],
        )
