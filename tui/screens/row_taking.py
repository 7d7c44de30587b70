"""Taking a row away: to the clipboard, whole or a part of it, and into the pager."""

from __future__ import annotations

from textual import work
from textual.binding import Binding

from backend.errors import ParcoursError
from backend.model import LogRow
from backend.numbers import format_count
from tui.bindings import bound
from tui.presenters.log_rows import detail_fields
from tui.presenters.row_texts import csv_text, json_text, page_text, record_text, value_text
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.place import Data
from tui.screens.row_place import RowPlace
from tui.screens.taking import copy_text, read_text
from widgets.shown import notify

RAW = "raw record"
JSON = "row as JSON"
CSV = "row as CSV"
COMMAND = "command line"
MARKED_JSON = "marked rows as JSON"
MARKED_CSV = "marked rows as CSV"
ABOUT = {COMMAND: "prints these rows", JSON: "one line", CSV: "with the names of the columns"}


def part_keys(section: str) -> list[Binding]:
    """The keys that take a part of a row, and open it in the pager, by their names in a section."""
    return [bound(f"{section}.copy_menu", "copy_part"), bound(f"{section}.pager", "pager")]


class RowTaking(RowPlace[Data]):
    """Keys that take one row, or the marked ones, out of the console."""

    def action_copy_row(self) -> None:
        """Copy the row under the cursor as JSON."""
        row = self.rows.chosen
        if row is not None:
            self._copy(row, JSON, json_text(row))

    def action_copy_part(self) -> None:
        """Choose what to copy: the row or a part of it, marked rows, or the command that prints all."""
        row = self.rows.chosen
        if row is None:
            return
        command = self.command_text()
        texts = {} if command is None else {COMMAND: command}
        texts |= {JSON: json_text(row), CSV: csv_text(row)}
        marked = self.rows.marked_rows
        about = dict(ABOUT)
        if marked:
            texts |= {MARKED_JSON: json_text(*marked), MARKED_CSV: csv_text(*marked)}
            about |= dict.fromkeys((MARKED_JSON, MARKED_CSV), f"{format_count(len(marked))} of them")
        whole = [*(Choice(name, about[name], name) for name in texts), Choice(RAW, "as it came", RAW)]
        fields = [Choice(name, value, (name, value)) for name, value in detail_fields(row, self.session.zone)]

        def chosen(choice: Choice | None) -> None:
            if choice is None:
                return
            if choice.value == RAW:
                self._copy_raw(row)
            elif isinstance(choice.value, tuple):
                self._copy(row, choice.label, value_text(choice.value[1]))
            else:
                self._copy(row, choice.label, texts[choice.label])

        self.app.push_screen(Chooser("Copy", among([*whole, *fields])), chosen)

    @work(group="take")
    async def _copy_raw(self, row: LogRow) -> None:
        try:
            raw = await self.session.source.raw(row.log, row.id)
        except ParcoursError as error:
            notify(self, str(error), severity="warning")
            return
        if raw is None:
            notify(self, "the raw record was not kept")
        else:
            self._copy(row, RAW, record_text(raw))

    def _copy(self, row: LogRow, what: str, text: str) -> None:
        copy_text(self, text, said=what, name=f"parcours-{row.key}.txt")

    @work(group="take")
    async def action_pager(self) -> None:
        """Read the row with its record in $PAGER."""
        row = self.rows.chosen
        if row is None:
            return
        try:
            raw = await self.session.source.raw(row.log, row.id)
        except ParcoursError as error:
            notify(self, error, severity="warning")
        else:
            read_text(self, page_text(row, raw, self.session.zone))
