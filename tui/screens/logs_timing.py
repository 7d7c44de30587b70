"""The histogram over the rows, and narrowing and widening their time with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from backend.model import Bucket
from backend.query.language import with_window
from tui.bindings import bound
from tui.presenters.log_histogram import bars_of, missing, widened
from tui.screens.logs_place import LogsPlace
from widgets.log_histogram import Bar, LogHistogram
from widgets.shown import notify

SPARE = 2
"""Cells of a line that bars leave free."""


class LogsTiming(LogsPlace):
    """Keys that change the time that is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("logs.histogram", "histogram"),
        bound("logs.time_narrow", "time_narrow"),
        bound("logs.time_widen", "time_widen"),
    ]

    _given: tuple[Sequence[Bucket], tzinfo, int | None] | None = None
    """What the bars were made of."""
    _bars: Sequence[Bar] = ()

    @property
    def histogram(self) -> LogHistogram:
        return self.query_one(LogHistogram)

    def action_histogram(self) -> None:
        """Show the histogram or take it away, and remember which."""
        is_shown = not self.choices.histogram
        self.choose(lambda choices: setattr(choices, "histogram", is_shown))
        self.lay_out_histogram()
        if self.view.is_read:
            self.view.count()

    def lay_out_histogram(self) -> None:
        """As many bars as there are cells; without the histogram the rows are only counted."""
        self.histogram.display = self.choices.histogram
        self.view.wanted_bars = max(1, self.size.width - SPARE) if self.choices.histogram else 1

    def fit_histogram(self) -> None:
        """As many bars as the new width has room for."""
        wanted = self.view.wanted_bars
        self.lay_out_histogram()
        if self.view.is_read and self.view.wanted_bars != wanted:
            self.view.count()

    def draw_histogram(self) -> None:
        """Bring the bars up to date."""
        if self.choices.histogram:
            view = self.view
            note = "too many rows to count in time: narrow them" if view.tally.is_capped else "counting"
            note = "no rows" if view.tally.matching == 0 else note
            if view.bars:
                note = missing(view.tally.counted_from_ms, view.pruned_before_ms, self.session.zone)
            given = (view.bars, self.session.zone, view.tally.counted_from_ms)
            if given != self._given:  # rows that arrive count nothing anew
                self._given, self._bars = given, bars_of(*given)
            self.histogram.set_bars(self._bars, note)

    @on(LogHistogram.TimeChosen)
    def _time_of_bars_chosen(self, chosen: LogHistogram.TimeChosen) -> None:
        self._look_at(chosen.start_ms, chosen.end_ms)

    def end_range(self) -> bool:
        """Pick no bars any more; False where none are picked."""
        return self.choices.histogram and self.histogram.has_focus and self.histogram.clear_range()

    def action_time_narrow(self) -> None:
        """To the bars that are picked, else to the one of the row under the cursor."""
        picked = self.histogram.picked if self.choices.histogram else ()
        if picked:
            self._look_at(picked[0].start_ms, picked[-1].end_ms)
            return
        row = self.view.chosen
        around = [b for b in self.view.bars if row is not None and _holds(b, row.at_ms)]
        if around and len(self.view.bars) > 1:
            self._look_at(around[0].start_ms, around[0].end_ms)
        else:
            notify(self, "no bar to narrow to: show the histogram first")

    def action_time_widen(self) -> None:
        """Twice the time and as much again on both sides, up to all time."""
        query = self.view.query_filter
        self._look_at(*widened(query.start_ms, query.end_ms, self.session.now_ms()))

    def _look_at(self, start_ms: int | None, end_ms: int | None) -> None:
        self.show_filter(with_window(self.view.query_filter, start_ms, end_ms))


def _holds(bar: Bucket, at_ms: int) -> bool:
    return bar.start_ms <= at_ms < bar.end_ms
