"""Lines over time with axes, and below them a legend or what they say at a cursor; drawn off the event loop.

Several lines are told apart by the marks they are drawn with, and by colour as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.geometry import Region
from textual.strip import Strip

from backend import plot
from widgets import shown
from widgets.chart_words import ChartCursor, ChartWords, plain_number
from widgets.leaving import Leaving

KINDS = 6
"""Colours for lines; the seventh has the first one's again, but another mark."""


class ChartDrawing(Leaving):
    """A chart that shows what it is given; `widgets.chart` adds keys and mouse."""

    DEFAULT_CSS = """
    ChartDrawing {
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
        & > .chart--cursor { text-style: reverse; }
        & > .chart--readout { text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--cursor",
        "chart--readout",
        *(f"chart--line-{n}" for n in range(KINDS)),
    }

    def __init__(
        self,
        *,
        empty: str = "no data in this window",
        read: Callable[[float | None], str] = plain_number,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self.words = ChartWords((), None, read)
        self.plot = plot.Plot([], None)
        """What is on show, without the lines below."""
        self._below: list[list[plot.Entry]] = []
        """The legend, or what the lines say at the cursor."""
        self._cursor: ChartCursor | None = None
        self._top = 0.0
        self._drawing = 0
        """Number of the newest drawing that was started; answers of older ones are late."""
        self._is_seen = False
        """Whether it was ever on screen. Until then nothing is drawn: no first frame waits for charts, and
        those that nobody scrolls to cost nothing."""
        self._looks: dict[str, Style] = {}

    # --- values ---------------------------------------------------------------------------------

    @property
    def drawn(self) -> Sequence[str]:
        """The lines on show."""
        return [*self.plot.lines, *(self._row_text(row) for row in self._below)]

    @property
    def cursor(self) -> ChartCursor | None:
        return self._cursor

    def set_chart(self, lines: Sequence[plot.Line], axis: plot.TimeAxis | None, *, top: float = 0.0) -> None:
        """Draw other values; without lines or axis it says that there is nothing. Labels are cleaned.
        top: the axis of numbers reaches at least to it, so that several charts have one scale."""
        safe = tuple(line._replace(label=shown.text(line.label)) for line in lines)
        if (safe, axis, top) != (self.words.lines, self.words.axis, self._top):
            self.words, self._top = self.words._replace(lines=safe, axis=axis), top
            self._start()

    def set_empty(self, reason: str) -> None:
        """Say why there is nothing to draw."""
        if reason != self._empty:
            self._empty = reason
            self.refresh()

    def set_cursor(self, cursor: ChartCursor | None) -> None:
        """Show the cursor at a time, or take it away."""
        before, self._cursor = self._cursor, cursor
        if before == cursor:
            return
        if _mode(before) != _mode(cursor):
            self._start()  # what it says may take more or fewer lines
        elif before is not None and cursor is not None:
            self._say(len(self._below))
            self._repaint(before, cursor)

    def _repaint(self, *cursors: ChartCursor) -> None:
        """Paint only what another place of the cursor changes: the cells between, and the lines below."""
        frame, width = self.plot.frame, self.size.width
        if frame is None:
            return
        cells = [frame.cell_of(point) for cursor in cursors for point in self.words.span(cursor)]
        below = Region(0, len(self.plot.lines), width, len(self._below))
        self.refresh(Region(min(cells), 0, max(cells) - min(cells) + 1, frame.height + 1), below)

    # --- drawing --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._start()

    def notify_style_update(self) -> None:
        self._looks.clear()
        super().notify_style_update()

    def _start(self) -> None:
        self._drawing += 1
        width, height = self.size
        words = self.words
        if words.axis is None or not words.points or not width or not height:
            self.plot, self._below = plot.Plot([], None), []
            self.refresh()
            return
        below = self._lines_below(width)
        if self._is_seen:
            self._draw(
                self._drawing, words, width, height, below if height - below >= plot.LEAST_HEIGHT else 0
            )

    def _lines_below(self, width: int) -> int:
        """Lines that the legend takes, and with a cursor those that any of its places may take."""
        if self._cursor is not None:
            is_range = self._cursor.since_ms is not None
            return len(self._flowed(self.words.widest_readout(is_range=is_range), width))
        return len(self._flowed(self.words.legend(), width)) if len(self.words.lines) > 1 else 0

    @work(exclusive=True, group="plot")
    async def _draw(self, drawing: int, words: ChartWords, width: int, height: int, below: int) -> None:
        assert words.axis is not None
        how = words.lines, width, height - below, words.axis
        drawn = await asyncio.to_thread(plot.draw_plot, *how, top=self._top, ascii_only=shown.is_ascii())
        if drawing == self._drawing:
            self.plot = drawn
            self._say(below)
            self.refresh()

    def _say(self, count: int) -> None:
        """Bring the lines below the chart up to date, as many as there are."""
        entries = self.words.legend() if self._cursor is None else self.words.readout(self._cursor)
        rows = self._flowed(entries, self.size.width)[:count]
        self._below = [*rows, *([] for _ in range(count - len(rows)))]

    def _flowed(self, entries: Sequence[plot.Entry], width: int) -> list[list[plot.Entry]]:
        return plot.flowed(entries, width, ascii_only=shown.is_ascii())

    # --- lines ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        if not self._is_seen:
            self._is_seen = True
            self._start()
        width, lines = self.size.width, self.plot.lines
        if not lines:
            said = "" if y or self.words.points else f" {shown.text(self._empty)}"
            strip = Strip([Segment(said, self.look("axis"))])
        elif y < len(lines):
            strip = self._with_cursor(Strip(self._coloured(lines[y], y)).adjust_cell_length(width), y)
        else:
            place = y - len(lines)
            strip = Strip(self._row_parts(self._below[place] if place < len(self._below) else []))
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    def _with_cursor(self, strip: Strip, y: int) -> Strip:
        """The line with the cell at the cursor marked, or the cells of a range; its ends by a bar, too."""
        cursor, frame = self._cursor, self.plot.frame
        if cursor is None or frame is None or y > frame.height:
            return strip
        first, last = (frame.cell_of(point) for point in self.words.span(cursor))
        before, inside, after = strip.divide([first, last + 1, strip.cell_length])
        bar = shown.glyph("│", "|")
        marked = "".join(
            bar if char == " " and place in (first, last) else char
            for place, char in enumerate(inside.text, first)
        )
        return Strip.join([before, Strip([Segment(marked, self.look("cursor"))]), after])

    def _coloured(self, line: str, y: int) -> list[Segment]:
        """Runs of characters of one line of the chart in the colour of what they are."""
        frame = self.plot.frame
        if frame is None or y >= frame.height:
            return [Segment(line, self.look("axis"))]
        parts = [Segment(line[: frame.left], self.look("axis"))]
        for char in line[frame.left :]:
            style = parts[-1].style if char == " " else self.look(self._part_of(char))
            if parts[-1].style is style:
                parts[-1] = Segment(parts[-1].text + char, style)
            else:
                parts.append(Segment(char, style))
        return parts

    def _part_of(self, char: str) -> str:
        marks = plot.MARKS_ASCII if shown.is_ascii() else plot.MARKS
        return f"line-{max(marks.find(char), 0) % KINDS}"

    def _row_parts(self, row: Sequence[plot.Entry]) -> list[Segment]:
        """One line of the legend, or of what is said at the cursor."""
        parts: list[Segment] = []
        words = self.look("axis" if self._cursor is None else "readout")
        for entry in row:
            if parts:
                parts.append(Segment(plot.ENTRY_GAP))
            if entry.line is not None:
                parts.append(Segment(self._mark(entry.line) + " ", self.look(f"line-{entry.line % KINDS}")))
            parts.append(Segment(entry.text, words))
        return parts

    def _row_text(self, row: Sequence[plot.Entry]) -> str:
        return Strip(self._row_parts(row)).adjust_cell_length(self.size.width).text

    def _mark(self, place: int) -> str:
        if len(self.words.lines) == 1:
            return shown.glyph("━", plot.mark_of(0, ascii_only=True))
        return plot.mark_of(place, ascii_only=shown.is_ascii())

    def look(self, name: str) -> Style:
        """The style of one of the parts in COMPONENT_CLASSES, without the background."""
        style = self._looks.get(name)
        if style is None:
            part = f"chart--{name}"
            color = None if name in ("cursor", "readout") else self.get_component_rich_style(part).color
            style = self._looks[name] = Style(color=color) + self.get_component_styles(part).text_style
        return style


def _mode(cursor: ChartCursor | None) -> tuple[bool, bool]:
    """Whether there is a cursor, and whether it marks a range."""
    return cursor is not None, cursor is not None and cursor.since_ms is not None
