"""A chart over time, drawn off the event loop and kept until its values or its size change.

Several lines are told apart by the marks they are drawn with, and by colour as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from backend import plot
from widgets import shown

KINDS = 6
"""Colours for lines; the seventh has the first one's again, but another mark."""


class Chart(Widget, can_focus=True):
    """Lines over time with axes and a legend."""

    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
        min-height: 4;
        background: $surface;
        & > .chart--axis { color: $text-muted; }
        & > .chart--line-0 { color: $primary; }
        & > .chart--line-1 { color: $text-warning; }
        & > .chart--line-2 { color: $text-success; }
        & > .chart--line-3 { color: $text-error; }
        & > .chart--line-4 { color: $secondary; }
        & > .chart--line-5 { color: $accent; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--axis", *(f"chart--line-{n}" for n in range(KINDS))}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Open", show=False, id="nav.open")]

    class Chosen(Message):
        """The chart was opened."""

        def __init__(self, chart: Chart) -> None:
            super().__init__()
            self.chart = chart

        @property
        def control(self) -> Chart:
            return self.chart

    class Drawn(Message):
        """A worker finished the lines of a chart."""

        def __init__(self, chart: Chart, drawing: int, lines: list[str]) -> None:
            super().__init__()
            self.chart = chart
            self.drawing = drawing
            self.lines = lines

        @property
        def control(self) -> Chart:
            return self.chart

    def __init__(
        self, *, empty: str = "no data in this window", id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self._lines: tuple[plot.Line, ...] = ()
        self._axis: plot.TimeAxis | None = None
        self._drawn: list[str] = []
        self._drawing = 0
        """Number of the newest drawing that was started; answers of older ones are late."""

    @property
    def drawn(self) -> Sequence[str]:
        """The lines on show."""
        return self._drawn

    def set_chart(self, lines: Sequence[plot.Line], axis: plot.TimeAxis | None) -> None:
        """Draw other values; without lines or axis it says that there is nothing. Labels are cleaned."""
        safe = tuple(line._replace(label=shown.text(line.label), color=None) for line in lines)
        if (safe, axis) != (self._lines, self._axis):
            self._lines, self._axis = safe, axis
            self._start()

    def set_empty(self, reason: str) -> None:
        """Say why there is nothing to draw."""
        self._empty = reason
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self._start()

    def _start(self) -> None:
        self._drawing += 1
        width, height = self.size
        if self._axis is None or not any(line.values for line in self._lines) or not width or not height:
            self._drawn = []
            self.refresh()
        else:
            self._draw(self._drawing, self._lines, self._axis, width, height)

    @work(thread=True, exclusive=True, group="plot")
    def _draw(
        self, drawing: int, lines: Sequence[plot.Line], axis: plot.TimeAxis, width: int, height: int
    ) -> None:
        if not get_current_worker().is_cancelled:
            drawn = plot.line_chart(lines, width, height, axis, ascii_only=shown.is_ascii())
            self.post_message(self.Drawn(self, drawing, drawn))

    @on(Drawn)
    def _show(self, message: Drawn) -> None:
        message.stop()
        if message.drawing == self._drawing:
            self._drawn = message.lines
            self.refresh()

    def action_open(self) -> None:
        self.post_message(self.Chosen(self))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        axis_style = self.get_component_rich_style("chart--axis")
        if y >= len(self._drawn):
            nothing = y == 0 and not (self._axis and self._lines)
            text = " " + shown.text(self._empty) if nothing else ""
            return Strip([Segment(text, axis_style)]).adjust_cell_length(width, self.rich_style)
        return Strip(self._coloured(self._drawn[y], axis_style)).adjust_cell_length(width, self.rich_style)

    def _coloured(self, line: str, axis_style: Style) -> list[Segment]:
        """Runs of characters of one line of the chart in that line's colour."""
        parts: list[Segment] = []
        for char in line:
            style = self._style_of(char) or axis_style
            if parts and (parts[-1].style is style or char == " "):
                parts[-1] = Segment(parts[-1].text + char, parts[-1].style)
            else:
                parts.append(Segment(char, style))
        return parts

    def _style_of(self, char: str) -> Style | None:
        if "\u2800" <= char <= "\u28ff":
            return self.get_component_rich_style("chart--line-0")
        marks = plot.MARKS_ASCII if shown.is_ascii() else plot.MARKS
        place = marks.find(char)
        if place < 0 or place >= len(self._lines) or len(self._lines) < 2:
            return None
        return self.get_component_rich_style(f"chart--line-{place % KINDS}")
