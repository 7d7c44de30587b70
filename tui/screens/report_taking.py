"""Taking a report away: as files, as a picture, as the command line that prints it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path

from backend.errors import CannotWrite
from backend.model import PaneData, Report
from backend.safe_file import write_new
from tui.presenters.row_texts import fits_clipboard
from tui.presenters.taking import command_line, csv_of, file_name, pane_csv_of
from tui.screens.arranged import ArrangedPlace
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.place import Data
from widgets.pane_page import PanePage
from widgets.shown import notify


class TakenAway(ArrangedPlace[Data]):
    """Keys that take a report out of the console."""

    @abstractmethod
    def report_on_screen(self) -> Report | None: ...

    def action_copy_command(self) -> None:
        """Copy the command line that prints what is on screen."""
        report = self.report_on_screen()
        if report is None:
            return
        text = command_line(self.session.source.name, report)
        if fits_clipboard(text):
            self.app.copy_to_clipboard(text)
            notify(self, f"copied: {text}")
        else:
            notify(self, "too long for the clipboard")

    def action_export(self) -> None:
        """Choose what to write into a new file of this folder."""
        report = self.report_on_screen()
        if report is None:
            return
        data = {pane.pane: pane for pane in report.panes}
        choices = [Choice("report as CSV", "every pane on the page", (report, None))]
        focused = data.get(self.focused_pane or "")
        if focused is not None:
            choices.append(Choice("pane as CSV", focused.title, (report, focused)))
        choices.append(Choice("picture of the screen", "SVG", (report, "svg")))
        self.app.push_screen(Chooser("Write into a file", among(choices)), self._export_chosen)

    def _export_chosen(self, choice: Choice | None) -> None:
        if choice is None or not isinstance(choice.value, tuple):
            return
        report, what = choice.value
        if isinstance(what, PaneData):
            self._write(file_name(report, what.pane, "csv"), pane_csv_of(what))
        elif what == "svg":
            self.call_after_refresh(self._write_picture, report)
        else:
            shown = tuple(self.query_one(PanePage).panes)
            self._write(file_name(report, report.tab, "csv"), csv_of(report, shown))

    def _write_picture(self, report: Report) -> None:
        picture = self.app.export_screenshot(title="parcours")
        self._write(file_name(report, report.tab, "svg"), [picture.encode()])

    def _write(self, name: str, pieces: Iterable[bytes]) -> None:
        path = Path.cwd() / name
        try:
            size = write_new(path, pieces)
        except CannotWrite as error:
            notify(self, error, severity="error")
        else:
            notify(self, f"written: {path} ({size} bytes)")
