"""The problems: records that were set aside with their reasons, and queries that failed in this console."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize, ScreenResume
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from backend.errors import ParcoursError
from tui import places
from tui.bindings import bound
from tui.presenters import problems
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.paged_list import PagedList
from tui.screens.place import two_lines
from tui.screens.problem_lists import FailedList, ProblemList, SetAsideList
from tui.screens.row_finding import RowFinding, finding_keys
from tui.screens.taking import copy_text, read_text
from tui.session import Session
from widgets.field_tree import FieldTree
from widgets.log_list import LogList
from widgets.shown import line, notify

WIDE = 160
"""Cells from which the fields of a row stand beside the rows."""
SETTLED_S = 0.1
"""How long the cursor rests before the fields of its row are read."""


class ProblemsScreen(RowFinding[None]):
    """What was set aside, and what failed; back leads to where one was."""

    NAME = places.PROBLEMS.name
    PART_OF = places.STATUS.name
    TITLE_WORD = places.PROBLEMS.title
    INTERVAL_S = 5.0
    FIND_FIRST = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("problems.tab_previous", "tab"),
        bound("problems.tab_next", "tab", show=True),
        *finding_keys("problems"),
        bound("problems.wrap", "wrap", show=True),
        bound("problems.copy", "copy_row", show=True),
        bound("problems.copy_menu", "copy_part"),
        bound("problems.pager", "pager", show=True),
        bound("app.problems", "news"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._lists = (SetAsideList(session), FailedList(session))
        self._has_chosen = False
        """Whether a tab was shown already: the first one is that with something on it."""
        self._is_asked = False
        """Whether the person asked for what is new, wherever the cursor is."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(line(""), classes="headline")
        yield self.find_bar()
        rows = ContentSwitcher(*self._lists, initial=self._lists[0].id)
        yield Horizontal(rows, FieldTree(id="side-pane", empty="no row"))

    @property
    def view(self) -> ProblemList[Any]:
        """The list on screen."""
        current = self.query_one(ContentSwitcher).current
        return next(each for each in self._lists if each.id == current)

    @property
    def found_in(self) -> PagedList[Any]:
        return self.view

    @property
    def _side_pane(self) -> FieldTree:
        return self.query_one("#side-pane", FieldTree)

    # --- reading -------------------------------------------------------------------------------------

    async def fetch(self) -> None:
        """Reads the lists, from a row further down only where it was asked for: what a person reads must not
        jump."""
        set_aside, failed = self._lists
        await failed.load(again=True, stay=True)
        try:
            if self._is_asked:
                await set_aside.load(again=True, stay=True)
                self._is_asked = False
            elif set_aside.is_at_start:
                await set_aside.load_new()
        except ParcoursError:
            await failed.load(again=True, stay=True)  # that reading is one of them
            self._choose_tab()
            raise
        self._choose_tab()

    def _choose_tab(self) -> None:
        """Show the list with something on it, where the person did not choose yet."""
        set_aside, failed = self._lists
        if not self._has_chosen and failed.shown_count and not set_aside.shown_count:
            self.action_tab()
        self._has_chosen = True

    async def show(self, data: None) -> None:
        self._say()
        if self.focused is None:
            self.focus_body()

    def on_screen_resume(self, event: ScreenResume) -> None:
        super().on_screen_resume(event)
        if self._has_chosen:
            self._is_asked |= self._lists[0].has_news
            self._start()

    @on(PagedList.Changed)
    def _say(self) -> None:
        view = self.view
        here = problems.SET_ASIDE if view is self._lists[0] else problems.FAILED
        if self.is_current:
            view.look()
        self.query_one(".headline", Static).update(
            two_lines(problems.tabs_line(here, self.session.failed), view.error or view.counted()),
            layout=False,
        )

    def redraw(self) -> None:
        for each in self._lists:
            each.redraw()
        self._fields_wanted()

    def command_text(self) -> str | None:
        is_set_aside = self.view is self._lists[0]
        return problems.rejected_command_line(self.session.source.name) if is_set_aside else None

    def focus_body(self) -> None:
        self.view.list.focus()

    # --- fields beside the rows ----------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self._fields_wanted()

    @on(LogList.Moved)
    def _moved(self, moved: LogList.Moved) -> None:
        if isinstance(moved.view, LogList):
            self._fields_wanted()

    @work(exclusive=True, group="side")
    async def _fields_wanted(self) -> None:
        """The fields of the row under the cursor beside the rows, as soon as the cursor rests."""
        pane = self._side_pane
        pane.display = self.size.width >= WIDE
        row = self.view.chosen
        if not pane.display or row is None:
            pane.set_fields(())
            return
        await asyncio.sleep(SETTLED_S)
        try:
            fields: Sequence[tuple[str, object]] = await self.view.tree_of(row)
        except ParcoursError as error:
            fields = (("", f"({error})"),)
        pane.set_fields(fields)

    # --- keys ----------------------------------------------------------------------------------------

    def action_refresh_now(self) -> None:
        self._is_asked = True
        super().action_refresh_now()

    def action_news(self) -> None:
        """Read the list with news from its start."""
        if not self.view.has_news and any(each.has_news for each in self._lists):
            self.action_tab()
        self.action_refresh_now()

    def action_tab(self) -> None:
        """The other list."""
        self._has_chosen = True
        other = next(each for each in self._lists if each is not self.view)
        self.end_find()
        self.query_one(ContentSwitcher).current = other.id
        self.focus_body()
        self._say()
        self._fields_wanted()

    def action_wrap(self) -> None:
        """Let long rows go on in the lines below, or cut them again."""
        wraps = not self.view.list.wraps
        for each in self._lists:
            each.list.set_wrap(wraps)

    @work(group="take")
    async def action_copy_row(self) -> None:
        """Copy the record as it came, or all that is known of a failed query."""
        view, row = self.view, self.view.chosen
        if row is None:
            return
        try:
            said, text = await view.text_of(row)
        except ParcoursError as error:
            notify(self, error, severity="warning")
        else:
            self._copy(view.key_of(row), said, text)

    @work(group="take")
    async def action_copy_part(self) -> None:
        """Choose what to copy: one of the fields, or all of it."""
        view, row = self.view, self.view.chosen
        if row is None:
            return
        try:
            (name, text), fields = await view.text_of(row), await view.tree_of(row)
        except ParcoursError as error:
            notify(self, error, severity="warning")
            return
        command = self.command_text()
        whole = [Choice("command line", command, command)] if command is not None else []
        parts = [Choice(each, value, value) for each, value in fields if isinstance(value, str)]
        record = Choice(name, "all of it", text)
        choices = [*whole, record, *(part for part in parts if part.label != "record")]
        self.app.push_screen(Chooser("Copy", among(choices)), partial(self._copy_chosen, view.key_of(row)))

    def _copy_chosen(self, key: str, choice: Choice | None) -> None:
        if choice is not None:
            self._copy(key, choice.label, problems.safe_text(str(choice.value)))

    def _copy(self, key: str, said: str, text: str) -> None:
        copy_text(self, text, said=said, name=f"parcours-{key.replace(':', '-')}.txt")

    @work(group="take")
    async def action_pager(self) -> None:
        """Read the row with its record in $PAGER."""
        view, row = self.view, self.view.chosen
        if row is None:
            return
        try:
            page = await view.page_of(row)
        except ParcoursError as error:
            notify(self, error, severity="warning")
        else:
            read_text(self, page)
