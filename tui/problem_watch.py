"""What was set aside since a person last looked: found out now and then, by the newest of them."""

from __future__ import annotations

from backend.source import Direction, Source

MOST_COUNTED = 100
"""Records that one look counts: each is read whole."""


class SetAsideWatch:
    """Counts records that were set aside while the console was open and not looked at."""

    def __init__(self) -> None:
        self.fresh = 0
        self.has_more = False
        """Whether there are more than were counted."""
        self._newest: int | None = None

    async def read(self, source: Source) -> bool:
        """Count what came since; True where there is more than before. Raises: ParcoursError."""
        if self._newest is None:
            rows = await source.rejected(limit=1, direction=Direction.OLDER)
            self._newest = rows[0].id if rows else 0
            return False
        before = self._newest
        rows = await source.rejected(before, MOST_COUNTED)
        more = await source.rejected(rows[-1].id, 1) if rows else ()  # a server may give fewer than asked for
        if self._newest != before:  # the person looked meanwhile
            return False
        self.has_more = bool(more)
        if rows:
            self._newest = rows[-1].id
            self.fresh += len(rows)
        return bool(rows)

    def look(self, newest: int) -> None:
        """The person looks at those up to this one: they are news no more, if it is all that were counted."""
        if self._newest is not None and newest >= self._newest:
            self._newest, self.fresh, self.has_more = newest, 0, False
