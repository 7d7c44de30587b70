"""Narrowing and widening a log: keep and drop values, top values, times, saved filters, completion."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from backend.errors import ParcoursError, QueryError
from backend.model import DAY_MS, SubjectKind, TopValues
from backend.numbers import format_count
from backend.query.fields import Compare, find_field
from backend.query.language import fields_for, with_term, with_window, without_term
from backend.query.text import TIME_HELP, read_time
from tui.bindings import bound
from tui.log_memory import LogChoices
from tui.presenters.completion import completions, open_term
from tui.presenters.log_columns import data_keys
from tui.presenters.logs import TIME_RANGES, next_concern, since_text
from tui.presenters.row_values import RowValue, row_values
from tui.presenters.times import format_full
from tui.presenters.top_values import counted_line, value_choices
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.logs_place import LogsPlace
from widgets.filter_bar import Completion
from widgets.shown import notify

COMPLETION_S = 1.0
"""How long values are looked for while somebody types."""
COUNTING_S = 0.3
"""How long a list of fields waits for the names in the data."""
MOST_VALUES = 50
SUBJECTS = {kind.value: kind for kind in SubjectKind}


class LogsFiltering(LogsPlace):
    """Keys that change the query."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.keep_value", "choose_value(False)", show=True),
        bound("logs.drop_value", "choose_value(True)"),
        bound("logs.top_values", "top_values"),
        bound("logs.level", "level"),
        bound("logs.widen", "widen"),
        bound("logs.saved_filters", "saved_filters"),
        bound("app.time_range", "choose_time"),
        bound("logs.time_jump", "jump"),
    ]

    # --- values --------------------------------------------------------------------------------------

    def action_choose_value(self, is_dropped: bool) -> None:
        """Keep only the rows with one of the values of the row under the cursor, or drop them."""
        row = self.view.chosen
        values = row_values(row, self.view.query_filter) if row is not None else ()
        choices = [Choice(value.field, value.value, value) for value in values]
        title = "Drop rows with" if is_dropped else "Keep only rows with"

        def chosen(choice: Choice | None) -> None:
            if choice is not None and isinstance(choice.value, RowValue):
                self._narrow(choice.value.field, choice.value.value, is_dropped)

        if choices:
            self.app.push_screen(Chooser(title, among(choices)), chosen)

    def _narrow(self, field: str, value: str | None, is_dropped: bool = False) -> None:
        try:
            self.show_filter(with_term(self.view.query_filter, field, value, negated=is_dropped))
        except QueryError as error:
            notify(self, str(error), severity="warning")

    def action_top_values(self) -> None:
        """Choose a field, then one of its most frequent values."""
        view = self.view
        fields = [f for f in fields_for(view.log_name) if f.compare not in _NOT_COUNTED]
        names = [Choice(field.name, field.hint, field.name) for field in fields]
        counting = asyncio.ensure_future(self._names_in_data())

        def chosen(choice: Choice | None) -> None:
            counting.cancel()
            if choice is not None:
                self._choose_top_value(str(choice.value))

        async def find(text: str) -> Sequence[Choice]:
            """The fields, and the names in the data of all rows of the query as soon as they are counted."""
            await asyncio.wait({counting}, timeout=COUNTING_S)
            is_counted = counting.done() and not counting.cancelled() and counting.exception() is None
            return await among([*names, *(counting.result() if is_counted else ())])(text)

        def note() -> str:
            return "" if counting.done() else "names in the data are being counted: go on typing"

        self.app.push_screen(Chooser("Top values of", find, note=note), chosen)

    async def _names_in_data(self) -> Sequence[Choice]:
        """The names in the data of the query's rows, as `data.order_id`, the most frequent first."""
        found = await self.names_in_data(self.view.query_filter)
        return [
            Choice(one.value, f"in {format_count(one.count)} rows", one.value)
            for one in found.values
            if one.value
        ]

    def _choose_top_value(self, field: str) -> None:
        """The most frequent values, counted once, narrowed by typing; the chosen one is kept."""
        view, query = self.view, self.view.query_filter
        counted: list[TopValues] = []

        async def find(text: str) -> Sequence[Choice]:
            if not counted:
                source = self.session.source
                counted.append(await source.top_values(view.log_name, query, field, MOST_VALUES))
            lines = value_choices(counted[0])
            return await among([Choice(one.label, one.detail, (field, one.value)) for one in lines])(text)

        def note() -> str:
            return counted_line(counted[0], self.session.zone)

        title = f"Top values of {field}: enter keeps one"
        self.app.push_screen(
            Chooser(title, find, note=note), lambda value: None if value is None else self._keep(value)
        )

    def _keep(self, choice: Choice) -> None:
        if isinstance(choice.value, tuple):
            self._narrow(*choice.value)

    def action_level(self) -> None:
        """All rows, then warnings and worse, then errors only, as a part of the query."""
        self.apply_filter(next_concern(self.view.query_filter))

    def action_widen(self) -> None:
        """Take out the condition that keeps the list empty, else the last one."""
        view = self.view
        if view.widenings:
            self.apply_filter(view.widenings[0].text)
        elif view.query_filter.terms:
            last = view.query_filter.terms[-1]
            self.show_filter(without_term(view.query_filter, last.field, last.value))

    # --- times ---------------------------------------------------------------------------------------

    def action_choose_time(self) -> None:
        choices = [Choice(label, "", since) for label, since in TIME_RANGES]
        self.app.push_screen(Chooser("Time range", among(choices)), self._time_chosen)

    def _time_chosen(self, choice: Choice | None) -> None:
        if choice is not None:
            self.apply_filter(since_text(self.view.query_filter, str(choice.value)))

    def action_jump(self) -> None:
        """Go to the rows of a time, without a change of the filter."""
        session = self.session

        async def find(text: str) -> Sequence[Choice]:
            typed = text.strip()
            at_ms = read_time(typed, now_ms=session.now_ms(), zone=session.zone) if typed else None
            if at_ms is None:
                return [Choice(TIME_HELP, "", None, is_said_only=True)]
            return [Choice(format_full(at_ms, session.zone), "go there", at_ms)]

        self.app.push_screen(
            Chooser("Go to a time", find, hint="2h, 14:30, 2026-03-10, 2026-03-10T12:00"), self._go
        )

    def _go(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, int):
            self._go_to_time(choice.value)

    @work(exclusive=True, group="search")
    async def _go_to_time(self, at_ms: int) -> None:
        async def go() -> bool:
            await self.view.load_around(at_ms)
            return True

        await self.tried(go(), "")
        self.say_counts()

    # --- saved filters -------------------------------------------------------------------------------

    def action_saved_filters(self) -> None:
        """Choose a saved filter; a name that is typed saves the present one under it."""
        saved = self.choices.filters.get(self.view.log_name, {})
        now = self.view.query_filter.text

        async def find(text: str) -> Sequence[Choice]:
            name = text.strip()
            choices = [Choice(name, query, ("show", name)) for name, query in sorted(saved.items())]
            found = list(await among(choices)(text))
            if name and now and name not in saved:
                found.append(Choice(f"save as {name}", now, ("save", name)))
            if name in saved:
                found.append(Choice(f"save as {name} again", now, ("save", name)))
                found.append(Choice(f"forget {name}", saved[name], ("forget", name)))
            return found

        hint = "a name; a new one saves the present filter" if now else "a name"
        self.app.push_screen(Chooser("Saved filters", find, hint=hint), self._saved_chosen)

    def _saved_chosen(self, choice: Choice | None) -> None:
        if choice is None or not isinstance(choice.value, tuple):
            return
        wish, name = choice.value
        log, text = str(self.view.log_name), self.view.query_filter.text
        if wish == "show":
            self._apply_saved(self.choices.filters[log][name])
            return

        def change(choices: LogChoices) -> None:
            saved = choices.filters.setdefault(log, {})
            if wish == "save":
                saved[name] = text
            else:
                saved.pop(name, None)

        if self.choose(change):
            notify(self, f"{'saved as' if wish == 'save' else 'forgotten:'} {name}")

    def _apply_saved(self, text: str) -> None:
        try:
            self.apply_filter(text)
        except QueryError as error:
            notify(self, str(error), severity="warning")

    # --- typing --------------------------------------------------------------------------------------

    def history(self) -> Sequence[str]:
        return self.past.history.get(self.view.log_name, ())

    async def completions(self, text: str) -> Sequence[Completion]:
        view = self.view
        rows = list(view.held.values())
        term = open_term(text)
        known: list[str] = []
        if term.field:
            for row in reversed(rows):
                known += [v.value for v in row_values(row, view.query_filter) if v.field == term.field]
            known = list(dict.fromkeys(known))
            with suppress(ParcoursError, TimeoutError):
                async with asyncio.timeout(COMPLETION_S):
                    known += await self._stored_values(term.field, term.part)
        names = list(data_keys(rows))
        if term.part.casefold().startswith("data."):
            with suppress(ParcoursError, TimeoutError):
                async with asyncio.timeout(COMPLETION_S):
                    names += [choice.label for choice in await self._names_in_data()]
        return completions(text, view.log_name, known, names)

    async def _stored_values(self, name: str, part: str) -> Sequence[str]:
        source = self.session.source
        field = find_field(self.view.log_name, name)
        if field is None or field.values or field.compare in (Compare.SINCE, Compare.UNTIL):
            return ()
        if name in SUBJECTS:
            return [subject.name for subject in await source.catalog(SUBJECTS[name])]
        if field.compare is Compare.CONTACT:
            return [contact.shown for contact in await source.find_contacts(part, MOST_VALUES)]
        newest = self.view.cursor_row  # of a large log the newest day has to do
        day = self.view.parsed("")
        if newest is not None:
            day = with_window(day, newest.at_ms - DAY_MS, None)
        counts = await source.top_values(self.view.log_name, day, name, MOST_VALUES)
        return [count.value for count in counts.values if count.value]


_NOT_COUNTED = frozenset({Compare.SINCE, Compare.UNTIL, Compare.PATH})
