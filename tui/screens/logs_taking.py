"""Taking rows away: to the clipboard, into the pager, as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, get_args

from textual import work
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker

from backend.errors import ParcoursError
from backend.log_export import Form, Written, row_pages, write_rows
from backend.model import LogRow
from backend.numbers import format_count
from tui.bindings import bound
from tui.presenters.log_rows import detail_fields
from tui.presenters.row_texts import csv_text, json_text, page_text, record_text, value_text
from tui.presenters.taking import log_command_line
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.log_feed import place_of
from tui.screens.logs_place import LogsPlace
from tui.screens.taking import copy_text, read_text
from widgets.shown import notify

FORMS = {"csv": "CSV, cells safe for spreadsheets", "json": "JSON lines", "raw": "records as they came"}
SUFFIXES = {"csv": ".csv", "json": ".ndjson", "raw": ".raw"}
RAW = "raw record"
JSON = "row as JSON"
CSV = "row as CSV"
COMMAND = "command line"
MARKED_JSON = "marked rows as JSON"
MARKED_CSV = "marked rows as CSV"
ABOUT = {COMMAND: "prints these rows", JSON: "one line", CSV: "with the names of the columns"}


class LogsTaking(LogsPlace):
    """Keys that take rows out of the console."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.copy", "copy_row"),
        bound("logs.copy_menu", "copy_part"),
        bound("logs.pager", "pager"),
        bound("logs.export", "export"),
    ]
    _download: Worker[None] | None = None
    download_note = ""
    """How far a download is; "" for none."""

    # --- clipboard -----------------------------------------------------------------------------------

    def action_copy_row(self) -> None:
        """Copy the row under the cursor as JSON."""
        row = self.view.chosen
        if row is not None:
            self._copy(row, JSON, json_text(row))

    def action_copy_part(self) -> None:
        """Choose what to copy: the row or a part of it, marked rows, or the command that prints all."""
        row = self.view.chosen
        if row is None:
            return
        view = self.view
        texts = {
            COMMAND: log_command_line(self.session.source.name, view.log_name, view.query_filter.text),
            JSON: json_text(row),
            CSV: csv_text(row),
        }
        marked = sorted(view.bookmarks.values(), key=place_of)
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

    # --- pager ---------------------------------------------------------------------------------------

    @work(group="take")
    async def action_pager(self) -> None:
        """Read the row with its record in $PAGER."""
        row = self.view.chosen
        if row is None:
            return
        try:
            raw = await self.session.source.raw(row.log, row.id)
        except ParcoursError as error:
            notify(self, error, severity="warning")
        else:
            read_text(self, page_text(row, raw, self.session.zone))

    # --- files ---------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Write exactly the rows of the filter into a new file; the name may be typed."""
        if self._download is not None and self._download.is_running:
            notify(self, "a download is under way; esc cancels it")
            return
        stamp = datetime.fromtimestamp(self.session.now_ms() / 1000, UTC)

        def write(form: Form, path: Path) -> None:
            self._download = self._write(form, path)

        ask_for_file(self, f"parcours-{self.view.log_name}-{stamp:%Y%m%dT%H%M%SZ}", write)

    @work(group="download")
    async def _write(self, form: Form, path: Path) -> None:
        view = self.view
        self._told(0)
        try:
            pages = row_pages(self.session.source, view.log_name, view.query_filter)
            written = await write_rows(
                self.session.source, pages, form, path, self._told, mask=self.session.mask
            )
        except ParcoursError as error:
            notify(self, str(error), severity="error")
        else:
            notify(self, written_line(written))
        finally:
            self.download_note = ""
            self.say_counts()

    def _told(self, rows: int) -> None:
        self.download_note = f"download: {format_count(rows)} rows, esc cancels"
        self.say_counts()

    def cancel_download(self) -> bool:
        """Stop a download, of which nothing is left then; False where there is none."""
        if self._download is None or not self._download.is_running:
            return False
        self._download.cancel()
        notify(self, "download cancelled: nothing is left of it")
        return True


def ask_for_file(screen: Screen[None], usual: str, write: Callable[[Form, Path], object]) -> None:
    """Lets the person choose the form of a file of rows, and type its name in place of the usual one."""

    async def find(text: str) -> Sequence[Choice]:
        paths = [(form, _path(text.strip() or usual, form)) for form in get_args(Form)]
        return [Choice(FORMS[form], path.name, (form, path)) for form, path in paths]

    def chosen(choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, tuple):
            write(*choice.value)

    screen.app.push_screen(Chooser("Download these rows", find, hint="a file name"), chosen)


def _path(name: str, form: str) -> Path:
    """The file of a name that was typed; what has no suffix gets the form's."""
    path = Path.cwd() / Path(name).expanduser()
    return path if path.suffix in SUFFIXES.values() else path.with_name(path.name + SUFFIXES[form])


def written_line(written: Written) -> str:
    line = f"{format_count(written.rows)} rows in {written.path}"
    if written.without_raw:
        line += f"; {format_count(written.without_raw)} left out: their records were not kept"
    return line
