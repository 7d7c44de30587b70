"""Marked rows of the logs: what the filter hides is gone to without it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from backend.model import LogRow
from tui.screens.logs_place import LogsPlace
from tui.screens.paged_list import Walk
from tui.screens.row_marking import RowMarking, marking_keys


class LogsMarking(LogsPlace, RowMarking[None]):
    """Keys that mark rows and lead from one marked row to another."""

    BINDINGS: ClassVar[list[BindingType]] = [*marking_keys("logs")]

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter_text)

    async def reach(self, key: str, row: LogRow) -> Walk:
        """Go to a marked row; a filter that hides it is lifted. Raises: ParcoursError."""
        view = self.view
        if await view.go_to_marked(key, row) is not Walk.FOUND:
            view.lifted, view.query_filter = view.lifted or view.query_filter, view.parsed("")
            await view.load_around(row.at_ms, key)
            view.count()
        self.follow_or_stop()
        return Walk.FOUND
