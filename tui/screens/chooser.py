"""A list to choose from, narrowed by typing: subjects, contacts, time ranges, the keys of a place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import FuzzySearch
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from backend.errors import ParcoursError
from tui.bindings import bound
from widgets.safe_input import SafeInput
from widgets.shown import line, text

MOST_SHOWN = 200
"""Choices listed at once; typing narrows to the others."""
LONGEST_NARROWED = 200
"""Characters from the beginning in which letters may stand apart: almost any letters do in a whole record."""
LONGEST_TOLD = 1_000
"""Characters of a line that are told below the list."""


class Choice(NamedTuple):
    """One line: what it is called, what is said beside it, and what choosing it answers."""

    label: str
    detail: str
    value: object
    is_said_only: bool = False
    """What is wrong with a text as typed so far: there is nothing to choose, and the text stays."""


Find = Callable[[str], Awaitable[Sequence[Choice]]]
"""The choices for a text as typed so far; may raise ParcoursError."""


def among(choices: Sequence[Choice]) -> Find:
    """Find by letters in their order, the best match first; all of them for no text."""

    async def find(text: str) -> Sequence[Choice]:
        typed = text.strip().lower()
        if not typed:
            return choices
        scored = [(closeness(typed, f"{choice.label} {choice.detail}".lower()), choice) for choice in choices]
        return [choice for score, choice in sorted(scored, key=lambda pair: -pair[0]) if score > 0]

    return find


def closeness(typed: str, said: str) -> float:
    """How well a text has the letters that were typed, 0 for not at all. Both in lower case.

    Wherever the first letter stands only the nearest of the others are looked at: Textual's own matcher
    tries every combination, of which a few letters have millions in a line.
    """
    search, at = FuzzySearch(), said.find(typed)
    if at >= 0:
        said, at = said[max(0, at - 1) : at + len(typed)], min(at, 1)
        return 1.5 * search.score(said, range(at, at + len(typed)))
    said = said[:LONGEST_NARROWED]
    best, start = 0.0, -1
    while places := _nearest(typed, said, start + 1):
        best, start = max(best, search.score(said, places)), places[0]
    return best


def _nearest(typed: str, said: str, start: int) -> list[int]:
    """Where the letters stand, each the nearest one behind the one before; none where one is missing."""
    places: list[int] = []
    for letter in typed:
        start = said.find(letter, start) + 1
        if not start:
            return []
        places.append(start - 1)
    return places


class Chooser(ModalScreen[Choice | None]):
    """Answers the chosen line, or None where the person went back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("question.cancel", "cancel", show=True),
        bound("question.confirm", "choose", show=True),
        bound("nav.down", "move(1)"),
        bound("nav.up", "move(-1)"),
        bound("nav.page_down", "move(10)"),
        bound("nav.page_up", "move(-10)"),
    ]

    def __init__(
        self, title: str, find: Find, *, hint: str = "type to narrow", note: Callable[[], str] | None = None
    ) -> None:
        """note: what is to be said of the choices that were found last, below them."""
        super().__init__()
        self._note = note
        self._is_chosen = False
        """Whether the best choice is wanted as soon as what was typed is looked up."""
        self._title = title
        self._find = find
        self._hint = hint
        self._choices: Sequence[Choice] = ()
        self._label_width = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="chooser"):
            yield Static(line(self._title), id="chooser-title")
            yield SafeInput(placeholder=text(self._hint), select_on_focus=False)
            yield OptionList(id="chooser-list", markup=False)
            yield Static(line(""), id="chooser-whole")
            yield Static(line(""), id="chooser-note")

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self.query_one("#chooser-whole").display = False
        self._narrow("")

    @on(SafeInput.Changed)
    def _typed(self, event: SafeInput.Changed) -> None:
        self._narrow(event.value)

    @work(exclusive=True, group="find")
    async def _narrow(self, typed: str) -> None:
        try:
            found = await self._find(typed)
        except ParcoursError as error:
            self._show((), str(error))
        else:
            more = len(found) - MOST_SHOWN
            note = self._note() if self._note is not None else ""
            note = f"{more} more: type to narrow" if more > 0 else note if found else "nothing matches"
            self._show(found[:MOST_SHOWN], note)

    def _show(self, choices: Sequence[Choice], note: str) -> None:
        self._choices = choices
        options = self.query_one(OptionList)
        options.clear_options()
        self._label_width = min(max([len(choice.label) for choice in choices], default=0), 40)
        options.add_options([Option(choice_line(choice, self._label_width)) for choice in choices])
        options.highlighted = 0 if choices else None
        self.call_after_refresh(self._tell_whole)
        self.query_one("#chooser-note", Static).update(line(note))
        if self._is_chosen:
            self._is_chosen = False
            self._choose()

    @on(SafeInput.Submitted)
    def action_choose(self) -> None:
        """Answer the line that stands out, or the best one once what was typed is looked up."""
        self._is_chosen = any(
            worker.group == "find" and worker.node is self and not worker.is_finished
            for worker in self.workers
        )
        if not self._is_chosen:
            self._choose()

    def _choose(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._choices):
            self._answer(self._choices[index])

    def _answer(self, choice: Choice) -> None:
        if not choice.is_said_only:
            self.dismiss(choice)

    @on(OptionList.OptionHighlighted)
    def _tell_whole(self) -> None:
        """Say below the list what the line that stands out has no room for."""
        options, whole = self.query_one(OptionList), self.query_one("#chooser-whole", Static)
        index = options.highlighted
        choice = self._choices[index] if index is not None and index < len(self._choices) else None
        room = options.scrollable_content_region.width
        is_cut = choice is not None and choice_line(choice, self._label_width).cell_length > room > 0
        whole.display = is_cut
        if choice is not None and is_cut:
            said = f"{choice.label.strip()}: {choice.detail}" if choice.detail else choice.label
            whole.update(line(said, LONGEST_TOLD))

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell_whole)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self._answer(self._choices[event.option_index])

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_move(self, lines: int) -> None:
        options = self.query_one(OptionList)
        if options.option_count:
            options.highlighted = min(max((options.highlighted or 0) + lines, 0), options.option_count - 1)


def choice_line(choice: Choice, width: int) -> Content:
    """The choice as one line: its label padded to a column, then what is said beside it."""
    label = line(choice.label)
    padding = " " * max(2, width + 2 - label.cell_length)
    return Content.assemble(label, padding, line(choice.detail).stylize("dim"))
