"""A question that stands before something that cannot be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from widgets import shown
from widgets.columns import to_width
from widgets.safe_input import SafeInput

LONGEST_ITEM = 120
LONGEST_NAME = 20
"""Characters of an item and of a fact's name: no value may push the question off the screen."""


class Question(ModalScreen[bool]):
    """Answers True only when it was confirmed; escape and the button that has the focus say no.

    `items` are what is hit, one a line. Where `typed` is given, that text must be typed to confirm, so
    that no single key, real or simulated, does it.
    """

    DEFAULT_CSS = """
    Question {
        align: center middle;
        & > VerticalScroll {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 2;
            background: $surface;
            border: heavy $warning;
            border-title-style: bold;
            &.-ascii { border: ascii $warning; }
        }
        .question--items { height: auto; max-height: 12; margin: 1 0; }
        .question--warning { color: $text-warning; margin: 0 0 1 0; }
        SafeInput { padding: 0 1; background: $panel; }
        Horizontal { height: auto; margin: 1 0 0 0; align-horizontal: center; }
        Button { margin: 0 2; min-width: 12; }
        Button:focus { text-style: reverse bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="question.cancel"),
        Binding("enter", "confirm", "Confirm", id="question.confirm"),
    ]

    def __init__(
        self,
        title: str,
        *,
        facts: Sequence[tuple[str, str]] = (),
        items: Sequence[str] = (),
        warning: str = "",
        typed: str | None = None,
        ask: str = "Type the number to confirm",
        confirm: str = "Confirm",
        first: tuple[str, Callable[[], bool]] | None = None,
        name: str | None = None,
        id: str | None = None,
    ) -> None:
        """first: another button, and what it does before it confirms; False keeps it from that."""
        super().__init__(name=name, id=id)
        self._first = first
        self._title_text = title
        self._facts = tuple(facts)
        self._items = tuple(items)
        self._warning = warning
        self._wanted = typed
        self._ask = ask
        self._confirm = confirm

    def compose(self) -> ComposeResult:
        box = VerticalScroll(classes="-ascii" if shown.is_ascii() else "", can_focus=False)
        box.border_title = shown.line(self._title_text)
        with box:
            if self._facts:
                yield Static(_pairs(self._facts), markup=False)
            if self._items:
                with VerticalScroll(classes="question--items", can_focus=False):
                    items = [shown.marked(item, LONGEST_ITEM) for item in self._items]
                    yield Static(_lines(items), markup=False)
            if self._warning:
                yield Static(shown.line(self._warning), markup=False, classes="question--warning")
            if self._wanted is not None:
                yield Static(shown.line(f"{self._ask}:"), markup=False)
                yield SafeInput(id="typed", select_on_focus=False, compact=True)
            with Horizontal():
                yield Button(shown.line("Cancel"), id="no", compact=True)
                if self._first is not None:
                    yield Button(shown.line(self._first[0]), id="first", compact=True)
                yield Button(
                    shown.line(self._confirm), id="yes", disabled=self._wanted is not None, compact=True
                )

    def on_mount(self) -> None:
        self.query_one("#no" if self._wanted is None else "#typed").focus()

    @property
    def is_confirmed(self) -> bool:
        """Whether what must be typed was typed."""
        return self._wanted is None or self.query_one(SafeInput).value.strip() == self._wanted

    @on(SafeInput.Changed)
    def _typed(self, event: SafeInput.Changed) -> None:
        event.stop()
        self.query_one("#yes", Button).disabled = not self.is_confirmed

    @on(SafeInput.Submitted)
    def _entered(self, event: SafeInput.Submitted) -> None:
        event.stop()
        self.action_confirm()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        did_first = event.button.id == "first" and self._first is not None and self._first[1]()
        if did_first or event.button.id == "yes":
            self.action_confirm()
        else:
            self.action_cancel()

    def action_confirm(self) -> None:
        if self.is_confirmed:
            self.dismiss(True)

    def action_cancel(self) -> None:
        self.dismiss(False)


def _pairs(facts: Sequence[tuple[str, str]]) -> Content:
    names = [shown.text(name, LONGEST_NAME) for name, _ in facts]
    width = max(map(cell_len, names))
    values = [shown.text(value, LONGEST_ITEM) for _, value in facts]
    return _lines([f"{to_width(name, width)}   {value}" for name, value in zip(names, values, strict=True)])


def _lines(lines: Sequence[str]) -> Content:
    return shown.block("\n".join(lines))
