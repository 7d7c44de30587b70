"""How a log looks: its columns, and the fields of the row under the cursor beside it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import AwaitMount

from backend.errors import ParcoursError
from backend.model import LogRow
from tui.bindings import bound
from tui.presenters.log_columns import data_keys, titles
from tui.presenters.log_rows import detail_fields, raw_fields
from tui.presenters.top_values import newest_line
from tui.screens.columns_chooser import ColumnsChooser
from tui.screens.logs_place import LogsPlace
from tui.session import Session
from widgets.field_tree import FieldTree
from widgets.log_list import LogList

WIDE = 160
"""Cells from which a pane stands beside the rows."""
RECORD_S = 0.1
"""How long the fields wait for their record: each drawing is paid for over a slow link."""

FIELDS_EVERY_S = 0.3
"""Between two drawings of the fields while a held key moves the cursor."""
FOLLOWED_EVERY_S = 1.0
"""The same while rows that arrive do: nobody reads what goes by faster."""


class LogsLooks(LogsPlace):
    """Keys that change what is shown of the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.columns", "columns"),
        bound("logs.side_pane", "side_pane"),
        bound("logs.wrap", "wrap"),
        bound("logs.all_fields", "all_fields"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._fields_s = 0.0
        """When the fields beside the rows were drawn last because the cursor moved."""
        self._fields_due: Timer | None = None

    # --- columns -------------------------------------------------------------------------------------

    def action_columns(self) -> None:
        view = self.view
        known = titles(view.log_name)
        data = {key: key for key in data_keys(view.held.values())}
        shown = [column.key for column in view.columns]
        chooser = ColumnsChooser(
            list({**known, **data}.items()), shown, "names in the data are being counted"
        )
        self._offer_names(chooser, self.app.push_screen(chooser, self._columns_chosen))

    @work(exclusive=True, group="names")
    async def _offer_names(self, chooser: ColumnsChooser, opened: AwaitMount) -> None:
        """The names in the data of all rows of the log, once they are counted: columns outlive a filter."""
        await opened
        try:
            found = await self.names_in_data(self.view.parsed(""))
        except ParcoursError as error:
            chooser.offer((), f"names in the data of the rows read only: {error}")
            return
        names = [one.value for one in found.values if one.value]
        counted = newest_line(found, self.session.zone)
        chooser.offer([(name, name) for name in names], f"names in the data {counted}" if counted else "")

    def _columns_chosen(self, keys: tuple[str, ...] | None) -> None:
        if keys is None:
            return
        log = str(self.view.log_name)
        self.choose(lambda choices: choices.columns.update({log: list(keys)}))
        self.view.choose_columns(keys)

    # --- lines and fields ----------------------------------------------------------------------------

    def action_wrap(self) -> None:
        """Let long rows go on in the lines below, or cut them again; remembered."""
        wraps = not self.choices.wrap
        self.choose(lambda choices: setattr(choices, "wrap", wraps))
        self.lay_out_rows()

    def lay_out_rows(self) -> None:
        """Wrap the rows of all logs, or cut them, as the person chose."""
        for view in self.views:
            view.list.set_wrap(self.choices.wrap)

    def action_all_fields(self) -> None:
        """Show also the fields that do not apply, in opened rows and beside; and back."""
        shows_all = not self.view.shows_all
        for view in self.views:
            view.show_all_fields(shows_all)
        if self.side_pane.display:
            self._show_fields(self.view.chosen)
        elif shows_all:
            self.view.open_here()

    # --- side pane -----------------------------------------------------------------------------------

    @property
    def side_pane(self) -> FieldTree:
        return self.query_one("#side-pane", FieldTree)

    def action_side_pane(self) -> None:
        """Show the fields of the row under the cursor beside the rows, or take them away."""
        is_shown = not self.choices.side_pane
        self.choose(lambda choices: setattr(choices, "side_pane", is_shown))
        self.lay_out_side_pane()

    def lay_out_side_pane(self) -> None:
        self.side_pane.display = self.choices.side_pane and self.size.width >= WIDE
        if self.side_pane.display:
            self._show_fields(self.view.chosen)

    @on(LogList.Moved)
    def _cursor_moved(self, moved: LogList.Moved) -> None:
        """Show the fields of the row that the cursor came to; of a cursor that goes on, now and then."""
        if not isinstance(moved.view, LogList) or not self.side_pane.display or self._fields_due is not None:
            return
        every_s = FOLLOWED_EVERY_S if moved.view.following else FIELDS_EVERY_S
        wait_s = self._fields_s + every_s - self.session.monotonic_s()
        if wait_s > 0:
            self._fields_due = self.set_timer(wait_s, self._fields_are_due)
        else:
            self._fields_are_due()

    def _fields_are_due(self) -> None:
        self._fields_due, self._fields_s = None, self.session.monotonic_s()
        if self.side_pane.display:
            self._show_fields(self.view.chosen)

    @work(exclusive=True, group="side")
    async def _show_fields(self, row: LogRow | None) -> None:
        """The fields with the record, or at once where that takes long; a cursor that goes on ends it."""
        if row is None:
            self.side_pane.set_fields([])
            return
        fields = list(detail_fields(row, self.session.zone, everything=self.view.shows_all))
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
