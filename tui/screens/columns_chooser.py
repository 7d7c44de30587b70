"""Choosing the columns of a list: which are shown, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.bindings import bound
from widgets.key_line import KeyLine
from widgets.shown import line


class ColumnsChooser(ModalScreen[tuple[str, ...] | None]):
    """Answers the keys of the shown columns in their order, () for the usual ones, None for no change."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    """The keys are the screen's own."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("columns.cancel", "cancel", show=True),
        bound("columns.confirm", "confirm", show=True),
        bound("columns.toggle", "flip", show=True),
        bound("columns.earlier", "shift(-1)", show=True),
        bound("columns.later", "shift(1)", show=True),
        bound("columns.usual", "usual", show=True),
        bound("columns.down", "move(1)"),
        bound("columns.up", "move(-1)"),
        bound("columns.page_down", "move(10)"),
        bound("columns.page_up", "move(-10)"),
        bound("columns.top", "move(-1_000)"),
        bound("columns.bottom", "move(1_000)"),
    ]

    def __init__(self, columns: Sequence[tuple[str, str]], shown: Sequence[str], note: str = "") -> None:
        """columns: key and title of all there are. shown: keys of those on screen, in their order.

        note: what else is to be known of them.
        """
        super().__init__()
        titles = dict(columns)
        self._titles = {**{key: titles.get(key, key) for key in shown}, **titles}
        self._order = list(self._titles)
        self._shown = set(shown)
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(id="chooser"):
            yield Static(line("Columns"), id="chooser-title")
            yield OptionList(id="chooser-list", markup=False)
            yield Static(line(""), id="chooser-note")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._draw(0)

    def offer(self, columns: Sequence[tuple[str, str]], note: str) -> None:
        """More columns, found meanwhile, below the others."""
        if not self.is_attached:
            return
        fresh = {key: title for key, title in columns if key not in self._titles}
        self._titles |= fresh
        self._order += fresh
        self._note = note
        self._draw(self._at)

    def _draw(self, at: int) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(line(self._line(key))) for key in self._order])
        options.highlighted = at
        told = "; ".join(part for part in (f"{len(self._shown)} shown", self._note) if part)
        self.query_one("#chooser-note", Static).update(line(told))

    def _line(self, key: str) -> str:
        mark = "x" if key in self._shown else " "
        title = self._titles[key]
        return f"[{mark}] {title}" if title == key else f"[{mark}] {title}  ({key})"

    @property
    def _at(self) -> int:
        return self.query_one(OptionList).highlighted or 0

    def action_flip(self) -> None:
        """Hide the column, or show it: behind those that are shown, and not far below what is hidden."""
        at, key = self._at, self._order[self._at]
        last = max((place for place, one in enumerate(self._order) if one in self._shown), default=-1)
        self._shown ^= {key}
        if key in self._shown and at > last:
            self._order.insert(last + 1, self._order.pop(at))
        self._draw(min(at + 1, len(self._order) - 1))

    def action_shift(self, step: int) -> None:
        at, to = self._at, self._at + step
        if 0 <= to < len(self._order):
            self._order[at], self._order[to] = self._order[to], self._order[at]
            self._draw(to)

    def action_move(self, step: int) -> None:
        self.query_one(OptionList).highlighted = max(0, min(self._at + step, len(self._order) - 1))

    def action_usual(self) -> None:
        self.dismiss(())

    def action_confirm(self) -> None:
        """At least one column stays."""
        if self._shown:
            self.dismiss(tuple(key for key in self._order if key in self._shown))

    def action_cancel(self) -> None:
        self.dismiss(None)
