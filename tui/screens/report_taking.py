"""Taking a report away: as files, as a picture, by the clipboard, as the command line that prints it."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Iterator

from textual import work

from backend.model import Report
from tui.presenters.taking import (
    chart_csv_of,
    command_line,
    csv_of,
    file_name,
    pane_csv_of,
    plain_text,
)
from tui.screens.arranged import ArrangedPlace
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.place import Data
from tui.screens.taking import copy_text, read_text, write_file
from widgets.pane_page import PanePage
from widgets.shown import is_ascii

PICTURE = "picture of the screen"
COMMAND = "command line"


class TakenAway(ArrangedPlace[Data]):
    """Keys that take a report out of the console."""

    @abstractmethod
    def report_on_screen(self) -> Report | None: ...

    def step_name(self) -> str | None:
        """The one step that is counted; None: all."""
        return None

    def command_text(self) -> str | None:
        report = self.report_on_screen()
        return None if report is None else self._command(report)

    def _command(self, report: Report) -> str:
        known = self.panes_by_id
        has_added = any(known[pane].extra for pane in self._shown if pane in known)
        name = self.session.source.name
        return command_line(name, report, step=self.step_name(), all_panes=has_added)

    def action_copy_menu(self) -> None:
        """Choose what to copy."""
        report = self.report_on_screen()
        if report is not None:
            choices = [Choice(COMMAND, "prints this report", self._command(report))]
            parts = self._parts(report)
            choices += [
                Choice(name, about, b"".join(csv).decode().replace("\r\n", "\n"))
                for name, about, _, csv in parts
            ]
            self.app.push_screen(Chooser("Copy", among(choices)), self._copy_chosen)

    def _copy_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, str):
            copy_text(self, choice.value, said=choice.label)

    @work(group="take")
    async def action_pager(self) -> None:
        """Read what is on the page as plain text in $PAGER."""
        report = self.report_on_screen()
        if report is not None:
            of = report, self._shown, self.app.size.width, self.session.zone
            read_text(self, await asyncio.to_thread(plain_text, *of, ascii_only=is_ascii()))

    def action_export(self) -> None:
        """Choose what to write into a new file of this folder."""
        report = self.report_on_screen()
        if report is not None:
            parts = self._parts(report)
            choices = [Choice(name, about, (file, csv)) for name, about, file, csv in parts]
            picture = file_name(report, report.tab, "svg")
            choices.append(Choice(PICTURE, "SVG", (picture, None)))
            self.app.push_screen(Chooser("Write into a file", among(choices)), self._export_chosen)

    def _export_chosen(self, choice: Choice | None) -> None:
        if choice is None or not isinstance(choice.value, tuple):
            return
        file, csv = choice.value
        if csv is None:
            self.call_after_refresh(self._write_picture, file)
        else:
            write_file(self, file, csv)

    def _write_picture(self, file: str) -> None:
        write_file(self, file, [self.app.export_screenshot(title="parcours").encode()])

    @property
    def _shown(self) -> tuple[str, ...]:
        return tuple(self.query_one(PanePage).panes)

    def _parts(self, report: Report) -> Iterator[tuple[str, str, str, Iterable[bytes]]]:
        """What can be taken as CSV: what to call it, what it is, the name of its file, and its lines."""
        yield (
            "report as CSV",
            "every pane on the page",
            file_name(report, report.tab, "csv"),
            csv_of(report, self._shown),
        )
        focused = next((pane for pane in report.panes if pane.pane == self.focused_pane), None)
        if focused is None:
            return
        pane_file = file_name(report, focused.pane, "csv")
        yield "pane as CSV", focused.title, pane_file, pane_csv_of(focused)
        if focused.series:
            chart_file = file_name(report, f"{focused.pane}-chart", "csv")
            yield "chart as CSV", f"the numbers over time: {focused.title}", chart_file, chart_csv_of(focused)
