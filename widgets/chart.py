"""A chart with a cursor that keys and mouse move: to read values, to open a point, to choose a range.

The cursor is a place in time, so several charts can share one: whoever owns them passes it on.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.chart_drawing import ChartDrawing
from widgets.chart_words import ChartCursor


class Chart(ChartDrawing, can_focus=True):
    """Lines over time with axes, a legend and a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "cursor(-1)", "Earlier", show=False, id="nav.left"),
        Binding("l,right", "cursor(1)", "Later", show=False, id="nav.right"),
        Binding("g,home", "cursor_end(-1)", "First", show=False, id="nav.top"),
        Binding("G,end", "cursor_end(1)", "Last", show=False, id="nav.bottom"),
        Binding("enter", "open", "Open", show=False, id="nav.open"),
    ]

    class Told(Message):
        """What a chart says."""

        def __init__(self, chart: Chart) -> None:
            super().__init__()
            self.chart = chart

        @property
        def control(self) -> Chart:
            return self.chart

    class Chosen(Told):
        """The chart was opened: the point that starts at start_ms; None: the lines as a whole."""

        def __init__(self, chart: Chart, start_ms: int | None) -> None:
            super().__init__(chart)
            self.start_ms = start_ms

    class CursorMoved(Told):
        """A person moved the cursor."""

        def __init__(self, chart: Chart, cursor: ChartCursor) -> None:
            super().__init__(chart)
            self.cursor = cursor

    class RangeChosen(Told):
        """A range was chosen, [start_ms, end_ms)."""

        def __init__(self, chart: Chart, start_ms: int, end_ms: int) -> None:
            super().__init__(chart)
            self.start_ms = start_ms
            self.end_ms = end_ms

    _held_ms: int | None = None
    """The time at which the mouse went down; None: it is up."""

    # --- keys -----------------------------------------------------------------------------------

    def begin_range(self) -> None:
        """Let a range begin at the cursor, at the last point where there was none."""
        at_ms = self._here_ms()
        if at_ms is not None:
            self._go(at_ms, at_ms)

    def action_cursor(self, step: int) -> None:
        axis, cursor = self.words.axis, self._cursor
        at_ms = self._here_ms()
        if axis is not None and at_ms is not None:
            moved = at_ms + step * axis.step_ms if cursor is not None else at_ms
            self._go(moved, None if cursor is None else cursor.since_ms)

    def action_cursor_end(self, side: int) -> None:
        axis = self.words.axis
        if axis is not None:
            since_ms = None if self._cursor is None else self._cursor.since_ms
            self._go(axis.starts(0 if side < 0 else self.words.points - 1), since_ms)

    def action_open(self) -> None:
        axis, cursor = self.words.axis, self._cursor
        if axis is None or cursor is None:
            self.post_message(self.Chosen(self, None))
            return
        first, last = self.words.span(cursor)
        if cursor.since_ms is None:
            self.post_message(self.Chosen(self, axis.starts(first)))
        else:
            self.post_message(self.RangeChosen(self, axis.starts(first), axis.starts(last + 1)))

    def _here_ms(self) -> int | None:
        """Where the point under the cursor starts, the last one where there is no cursor."""
        axis, cursor = self.words.axis, self._cursor
        if axis is None or not self.words.points:
            return None
        return axis.starts(self.words.points - 1 if cursor is None else self.words.point(cursor.at_ms))

    def _go(self, at_ms: int, since_ms: int | None) -> None:
        """Put the cursor on the point of a time."""
        axis = self.words.axis
        if axis is not None and self.words.points:
            cursor = ChartCursor(axis.starts(self.words.point(at_ms)), since_ms)
            self.set_cursor(cursor)
            self.post_message(self.CursorMoved(self, cursor))

    # --- mouse ----------------------------------------------------------------------------------

    def _time_under(self, event: events.MouseEvent) -> int | None:
        """The time at the mouse; None where the chart has no points."""
        axis, frame = self.words.axis, self.plot.frame
        if axis is None or frame is None:
            return None
        return axis.starts(frame.point_at(event.get_content_offset_capture(self).x))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._held_ms = self._time_under(event)
        if self._held_ms is not None:
            event.stop()
            self.focus(scroll_visible=False)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        at_ms = self._time_under(event)
        if self._held_ms is None or at_ms is None:
            return
        event.stop()
        drags = self._cursor is not None and self._cursor.since_ms == self._held_ms
        if drags or at_ms != self._held_ms:
            self._go(at_ms, self._held_ms)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """The end of a drag chooses the range; a click moves the cursor, and opens the point it is on."""
        held_ms, self._held_ms = self._held_ms, None
        if held_ms is None:
            return
        event.stop()
        self.release_mouse()
        at_ms = self._time_under(event)
        if at_ms is None:
            return
        was_here = self._cursor == ChartCursor(at_ms)
        self._go(at_ms, None if at_ms == held_ms else held_ms)
        if was_here or at_ms != held_ms:
            self.action_open()
