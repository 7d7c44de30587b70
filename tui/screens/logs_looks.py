"""How a log looks: its columns, and the fields of the row under the cursor beside it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from backend.errors import ParcoursError
from backend.model import LogRow
from tui.bindings import bound
from tui.presenters.log_columns import data_keys, titles
from tui.presenters.log_rows import detail_fields, raw_fields
from tui.screens.columns_chooser import ColumnsChooser
from tui.screens.logs_place import LogsPlace
from widgets.field_tree import FieldTree
from widgets.log_list import LogList

WIDE = 160
"""Cells from which a pane stands beside the rows."""
RECORD_S = 0.1
"""How long the fields wait for their record: each drawing is paid for over a slow link."""


class LogsLooks(LogsPlace):
    """Keys that change what is shown of the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.columns", "columns"),
        bound("logs.side_pane", "side_pane"),
    ]

    # --- columns -------------------------------------------------------------------------------------

    def action_columns(self) -> None:
        view = self.view
        known = titles(view.log_name)
        data = {key: key for key in data_keys(view.held.values())}
        shown = [column.key for column in view.columns]
        chooser = ColumnsChooser(list({**known, **data}.items()), shown)
        self.app.push_screen(chooser, self._columns_chosen)

    def _columns_chosen(self, keys: tuple[str, ...] | None) -> None:
        if keys is None:
            return
        self.choices.columns[str(self.view.log_name)] = list(keys)
        self.keep_choices()
        self.view.choose_columns(keys)

    # --- side pane -----------------------------------------------------------------------------------

    @property
    def side_pane(self) -> FieldTree:
        return self.query_one("#side-pane", FieldTree)

    def action_side_pane(self) -> None:
        """Show the fields of the row under the cursor beside the rows, or take them away."""
        self.choices.side_pane = not self.choices.side_pane
        self.keep_choices()
        self.lay_out_side_pane()

    def lay_out_side_pane(self) -> None:
        self.side_pane.display = self.choices.side_pane and self.size.width >= WIDE
        if self.side_pane.display:
            self._show_fields(self.view.chosen)

    @on(LogList.Moved)
    def _cursor_moved(self, moved: LogList.Moved) -> None:
        if isinstance(moved.view, LogList) and self.side_pane.display:
            self._show_fields(self.view.chosen)

    @work(exclusive=True, group="side")
    async def _show_fields(self, row: LogRow | None) -> None:
        """The fields with the record, or at once where that takes long; a cursor that goes on ends it."""
        if row is None:
            self.side_pane.set_fields([])
            return
        fields = list(detail_fields(row, self.session.zone))
        reading = asyncio.ensure_future(self._record_of(row))
        try:
            if not (await asyncio.wait({reading}, timeout=RECORD_S))[0]:
                self.side_pane.set_fields(fields)
            self.side_pane.set_fields([*fields, ("raw", await reading)])
        finally:
            reading.cancel()

    async def _record_of(self, row: LogRow) -> str:
        try:
            raw = raw_fields(await self.session.source.raw(row.log, row.id))
        except ParcoursError as error:
            return f"({error})"
        return "\n".join(text for _, text in raw)
