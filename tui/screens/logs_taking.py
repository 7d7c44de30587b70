"""Taking rows of a log away: one by the clipboard or in the pager, all as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, get_args

from textual import work
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker

from backend.errors import ParcoursError
from backend.log_export import Form, Written, row_pages, write_rows
from backend.numbers import format_count
from tui.bindings import bound
from tui.screens.chooser import Choice, Chooser
from tui.screens.logs_place import LogsPlace
from tui.screens.row_taking import RowTaking, part_keys
from widgets.shown import notify

FORMS = {"csv": "CSV, cells safe for spreadsheets", "json": "JSON lines", "raw": "records as they came"}
SUFFIXES = {"csv": ".csv", "json": ".ndjson", "raw": ".raw"}


class LogsTaking(LogsPlace, RowTaking[None]):
    """Keys that take rows out of the console: one, or all as a file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.copy", "copy_row"),
        *part_keys("logs"),
        bound("logs.export", "export"),
    ]
    _download: Worker[None] | None = None
    download_note = ""
    """How far a download is; "" for none."""

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
        here = Path.cwd()
        paths = [(form, file_of(text, usual, form, here)) for form in get_args(Form)]
        return [
            Choice(FORMS[form], path.name if path.parent == here else str(path), (form, path))
            for form, path in paths
        ]

    def chosen(choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, tuple):
            write(*choice.value)

    screen.app.push_screen(Chooser("Download these rows", find, hint="a file name"), chosen)


def file_of(typed: str, usual: str, form: str, here: Path) -> Path:
    """The file of a name that was typed, or that of the usual name in a folder that was.

    What has no suffix gets the form's.
    """
    name = typed.strip()
    if name in ("~", ".", ".."):
        name += "/"
    whole = Path(name + usual if not name or name.endswith("/") else name)
    with suppress(RuntimeError):  # "~nobody" stays as it is
        whole = whole.expanduser()
    path = here / whole
    return path if path.suffix in SUFFIXES.values() else path.parent / (path.name + SUFFIXES[form])


def written_line(written: Written) -> str:
    line = f"{format_count(written.rows)} rows in {written.path}"
    if written.without_raw:
        line += f"; {format_count(written.without_raw)} left out: their records were not kept"
    return line
