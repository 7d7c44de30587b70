"""Every widget on one small program, showing entries of the corpus: what the tests of this folder drive.

Run as `python -m tests.pty.widget_app [GROUP]`. `]` shows the next entries, `[` plain words of the same
number in their places. The last line says which are shown, and "PWNED" if an action of the data ran.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.widget import Widget
from textual.widgets import Static

from backend.plot import Line, TimeAxis
from tests.pty.corpus import EVERY
from widgets import shown
from widgets.bars import Bar, Bars
from widgets.chart import Chart
from widgets.columns import Column, Row
from widgets.empty_state import EmptyState
from widgets.field_tree import FieldTree
from widgets.figure import FigureValue
from widgets.figure_row import FigureRow
from widgets.filter_bar import FilterBar
from widgets.key_line import KeyLine
from widgets.log_list import LogList
from widgets.pane import Pane
from widgets.pane_page import PanePage, Slot
from widgets.question import Question
from widgets.shown import ControlGuard
from widgets.status_line import Place, StatusLine
from widgets.step_path import StepPath, StepValue
from widgets.table_pane import TablePane
from widgets.terminal import repair_driver, suit_terminal

BATCH = 6
GROUPS = ("lists", "reports", "details")
PLAIN = tuple(f"plain {number}" for number in range(BATCH))


class WidgetApp(App[None], inherit_bindings=False):
    """One group of widgets with the same strings in each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "next", "Next"),
        Binding("left_square_bracket", "plain", "Plain"),
        Binding("exclamation_mark", "ask", "Ask"),
        Binding("at", "tell", "Tell"),
        Binding("tab", "pane", "Pane", priority=True),
        Binding("Q", "quit", "Quit"),
    ]
    CSS = "#said { height: 1; }"

    def __init__(self, group: str) -> None:
        super().__init__()
        self.group = group
        self.animation_level = "none"
        self.batch = -1
        self.words: Sequence[str] = PLAIN
        self.is_pwned = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), ControlGuard()]

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield PanePage()
        yield Static("", id="said", markup=False)
        yield KeyLine()

    async def on_mount(self) -> None:
        self.panes = {name: Pane(name, name, *bodies) for name, bodies in self._bodies().items()}
        half = len(self.panes) > 2
        slots = [Slot(name, 6 if half else 12, 8) for name in self.panes]
        await self.query_one(PanePage).set_panes(slots, self.panes)
        self.query_one(PanePage).focus_next_pane()
        self._show()

    def _bodies(self) -> dict[str, list[Widget]]:
        columns = (Column("a", "a", least=8, grow=1), Column("end", "end", least=3))
        if self.group == "lists":
            return {"log": [LogList(columns, id="log")], "table": [TablePane(id="table")]}
        if self.group == "reports":
            return {"figures": [FigureRow()], "bars": [Bars()], "steps": [StepPath()], "chart": [Chart()]}
        return {
            "fields": [FieldTree()],
            "open": [LogList(columns, id="open")],
            "filter": [FilterBar(), EmptyState("x")],
        }

    def _show(self) -> None:
        words = self.words
        for name, pane in self.panes.items():
            pane.title = words[0] if self.batch >= 0 else name
            pane.set_state(words[1], stale=True, note=words[2])
        self.query_one(StatusLine).set_line([Place("1", words[0], True), Place("2", words[1])], words[2:4])
        getattr(self, f"_show_{self.group}")(words)
        pwned = " PWNED" if self.is_pwned else ""
        self.query_one("#said", Static).update(shown.line(f"batch {self.batch + 1} of {batches()}{pwned}"))

    def _show_lists(self, words: Sequence[str]) -> None:
        rows = [Row(str(n), (word, "|"), "error", (("n", word),)) for n, word in enumerate(words)]
        self.query_one("#log", LogList).set_rows(rows, at="start")
        columns = (Column("a", words[0], grow=1), Column("b", words[1], most=12), Column("end", "|"))
        self.query_one(TablePane).set_table(
            columns, [Row(row.key, (row.cells[0], row.cells[0], "|")) for row in rows]
        )

    def _show_reports(self, words: Sequence[str]) -> None:
        self.query_one(FigureRow).set_figures(
            [
                FigureValue(str(n), word, word, word, (1, 2, 3), note=word if n % 2 else "")
                for n, word in enumerate(words[:3])
            ]
        )
        self.query_one(Bars).set_bars([Bar(str(n), word, n, word) for n, word in enumerate(words)])
        self.query_one(StepPath).set_steps(
            [StepValue(str(n), word, done=word, errors="1", share=0.5) for n, word in enumerate(words)]
        )
        self.query_one(Chart).set_chart([Line(word, [1, 2, 3]) for word in words[:2]], TimeAxis(0, 3_600_000))

    def _show_details(self, words: Sequence[str]) -> None:
        self.query_one(FieldTree).set_fields([(word, {word: word, "list": [word]}) for word in words])
        log = self.query_one("#open", LogList)
        log.set_rows([Row(str(n), (word, "|")) for n, word in enumerate(words)], at="start")
        log.set_detail("0", [(word, word) for word in words])
        bar = self.query_one(FilterBar)
        bar.set_text(words[0])
        bar.error = words[1]
        self.query_one(EmptyState).set_state(*words[:3])

    def action_next(self) -> None:
        self.batch = (self.batch + 1) % batches()
        chosen = EVERY[self.batch * BATCH :][:BATCH]
        self.words = [*chosen, *PLAIN][:BATCH]
        self._show()

    def action_plain(self) -> None:
        self.batch, self.words = -1, PLAIN
        self._show()

    def action_ask(self) -> None:
        words = self.words
        self.push_screen(
            Question(words[0], facts=[(words[1], words[2])], items=words, warning=words[3], typed="6")
        )

    def action_tell(self) -> None:
        self.clear_notifications()
        for word in self.words:
            shown.notify(self, word)

    def action_pane(self) -> None:
        self.query_one(PanePage).focus_next_pane()

    def action_pwned(self) -> None:
        """What the data asks for, and must never get."""
        self.is_pwned = True
        self._show()


def batches() -> int:
    return -(-len(EVERY) // BATCH)


if __name__ == "__main__":
    repair_driver()
    suit_terminal()
    app = WidgetApp(sys.argv[1])
    app.run()
    sys.exit(app.return_code or 0)
