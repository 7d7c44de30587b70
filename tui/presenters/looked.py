"""How far a search for a text got, in words."""

from __future__ import annotations

from datetime import tzinfo

from backend.numbers import format_count, format_minute


class Looked:
    """What a search looked at so far, beyond the rows that were read before."""

    def __init__(self, wanted: str, zone: tzinfo) -> None:
        self._wanted = wanted
        self._zone = zone
        self.rows = 0
        self.to_ms: int | None = None
        """Time of the last row that was looked at."""
        self.told_s = 0.0
        """When the person was told."""

    @property
    def so_far(self) -> str:
        return f'looking for "{self._wanted}": {self._far}'

    @property
    def nowhere(self) -> str:
        return f'"{self._wanted}" is not shown by any row ({self._far})'

    @property
    def _far(self) -> str:
        if self.to_ms is None:
            return "no further rows read"
        rows = "1 row" if self.rows == 1 else f"{format_count(self.rows)} rows"
        return f"{rows} further, as far as {format_minute(self.to_ms, self._zone)}"
