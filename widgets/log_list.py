"""A window on a log: as many rows as fit in memory comfortably, more on demand, live rows at the end.

The list knows nothing of where rows come from. Near an edge it posts `NeedOlder` or `NeedNewer` once and
waits for `add_older` or `add_newer`; the far end is dropped beyond `capacity`. While it follows, it stays
at the newest row; going up ends that, and what arrives then is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets import shown
from widgets.column_view import ColumnView
from widgets.columns import Column, Row, to_width, wrap

CAPACITY = 2_000
"""Rows kept: some forty screens; the source has the rest."""
DETAIL_INDENT = 4
LONGEST_DETAIL = 8_192
"""Code points of one detail value shown in place; the detail pane shows all."""
MOST_OPEN = 1_000
"""Rows that are open at once, on the list or not."""
NAME_WIDTH = 20
"""The widest that the column of names gets in the details."""


class LogList(ColumnView):
    """Rows of a log with a cursor, details opened in place, and follow."""

    class Need(Message):
        """Rows beyond an edge are wanted; the answer is `add_older`, `add_newer`, `set_rows` or `failed`."""

        def __init__(self, view: LogList, key: str | None) -> None:
            super().__init__()
            self.view = view
            self.key = key
            """The row at that edge."""

        @property
        def control(self) -> LogList:
            return self.view

    class NeedOlder(Need):
        """Rows before the first are wanted."""

    class NeedNewer(Need):
        """Rows after the last are wanted."""

    class NeedStart(Need):
        """The very first rows are wanted (`set_rows(..., at="start")`)."""

    class NeedEnd(Need):
        """The newest rows are wanted (`set_rows(..., at="end")`)."""

    class FollowChanged(Message):
        """Following began or ended, or rows arrived below what is seen."""

        def __init__(self, view: LogList, following: bool, new_below: int) -> None:
            super().__init__()
            self.view = view
            self.following = following
            self.new_below = new_below

        @property
        def control(self) -> LogList:
            return self.view

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        empty: str = "no rows",
        capacity: int = CAPACITY,
        can_follow: bool = False,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, empty=empty, name=name, id=id, classes=classes)
        self._capacity = capacity
        self._can_follow = can_follow
        self._following = False
        self._new_below = 0
        self._has_older = self._has_newer = False
        self._asked_older = self._asked_newer = False
        self._opened: dict[str, tuple[tuple[str, str], ...] | None] = {}
        self._steering = 0
        """Above 0 while the list itself scrolls, which is no wish of the person to leave the end."""

    # --- rows -----------------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        return self._following

    @property
    def new_below(self) -> int:
        """Rows that arrived since the person left the end."""
        return self._new_below

    def set_rows(
        self, rows: Sequence[Row], *, has_older: bool = False, has_newer: bool = False, at: str = "end"
    ) -> None:
        """Show other rows, the cursor at their "end", their "start" or on the row of a key."""
        self._has_older, self._has_newer = has_older, has_newer
        self._asked_older = self._asked_newer = False
        places = {"end": len(rows) - 1, "start": 0}
        found = next((index for index, row in enumerate(rows) if row.key == at), None)
        index = found if found is not None else places.get(at, 0)
        self._steering += 1
        self._replace(rows, index)
        if index == len(rows) - 1:
            self._scroll_lines(self.tops[-1])
        elif index > 0:
            self._show(self._cursor)
        else:
            self._scroll_lines(0)
        self._steering -= 1
        if not has_newer:
            self._count_below(0)

    def add_older(self, rows: Sequence[Row], has_older: bool) -> None:
        """The answer to `NeedOlder`: `rows` come before the first. What is seen stays where it is."""
        self._asked_older, self._has_older = False, has_older
        if self._insert(rows, at_end=False):
            self._has_newer = True

    def add_newer(self, rows: Sequence[Row], has_newer: bool) -> None:
        """The answer to `NeedNewer`: `rows` come after the last."""
        self._asked_newer, self._has_newer = False, has_newer
        if self._insert(rows, at_end=True):
            self._has_older = True
        if not has_newer:
            self._count_below(0)

    def append(self, rows: Sequence[Row], skipped: int = 0) -> None:
        """Live rows, with how many were `skipped` before them in a flood.

        While following they are shown. Else they are counted, and shown below where there is room;
        where there is none they are fetched when the person comes down to them.
        """
        if not rows and not skipped:
            return
        if self._following:
            self._has_newer = False
            if self._insert(rows, at_end=True):
                self._has_older = True
            self._stick()
        else:
            if self._has_newer or skipped or len(self._rows) + len(rows) > self._capacity:
                self._has_newer = True
            else:
                self._insert(rows, at_end=True)
            self._count_below(self._new_below + len(rows) + skipped)

    def failed(self) -> None:
        """The last `Need` got no answer; coming to the edge again asks again."""
        self._asked_older = self._asked_newer = False

    def follow(self, following: bool) -> None:
        """Stay at the newest row, or stop it. Starts at the end, asking for it where it is not here."""
        if following == self._following:
            return
        self._following = following
        if following:
            self._go_to_end()
        self.post_message(self.FollowChanged(self, following, self._new_below))

    def _insert(self, rows: Sequence[Row], at_end: bool) -> bool:
        """Add rows at one end and drop beyond capacity at the other; True where some were dropped."""
        known = {row.key for row in self._rows}
        fresh = [row for row in rows if row.key not in known]
        line_before = self.tops[self._cursor] - self.scroll_offset.y if self._cursor >= 0 else 0
        joined = [*self._rows, *fresh] if at_end else [*fresh, *self._rows]
        surplus = max(0, len(joined) - self._capacity)
        kept = joined[surplus:] if at_end else joined[: len(joined) - surplus]
        shift = (0 if at_end else len(fresh)) - (surplus if at_end else 0)
        self._steering += 1
        self._replace(kept, max(0, self._cursor + shift))
        if self._cursor >= 0:
            self._scroll_lines(max(0, self.tops[self._cursor] - line_before))
        self._steering -= 1
        return surplus > 0

    def _stick(self) -> None:
        self._steering += 1
        self._move_to(len(self._rows) - 1, -1)
        self._scroll_lines(self.tops[-1])
        self._steering -= 1

    def _go_to_end(self) -> None:
        if self._has_newer:
            self.post_message(self.NeedEnd(self, self._rows[-1].key if self._rows else None))
        self._new_below = 0
        self._stick()

    def _count_below(self, count: int) -> None:
        if count != self._new_below:
            self._new_below = count
            self.post_message(self.FollowChanged(self, self._following, count))

    # --- details --------------------------------------------------------------------------------

    def toggle_detail(self, key: str | None = None) -> None:
        """Open or close the details of a row, of the one under the cursor where no key is given."""
        key = key if key is not None else self.cursor_key
        if key is None:
            return
        if key in self._opened:
            del self._opened[key]
        else:
            self._open(key, None)
        self._heights_changed()

    def set_detail(self, key: str, detail: Sequence[tuple[str, str]]) -> None:
        """Show other details for a row than it came with, and open it."""
        self._open(key, tuple(detail))
        self._heights_changed()

    def _open(self, key: str, detail: tuple[tuple[str, str], ...] | None) -> None:
        """A row stays open while others are shown, and when it comes back."""
        self._opened[key] = detail
        while len(self._opened) > MOST_OPEN:
            del self._opened[next(iter(self._opened))]

    @property
    def opened(self) -> list[str]:
        """Keys of the rows on the list that are open."""
        return [row.key for row in self._rows if row.key in self._opened]

    def collapse_all(self) -> None:
        if self._opened:
            self._opened.clear()
            self._heights_changed()

    def is_open(self, key: str) -> bool:
        return key in self._opened

    def _heights_changed(self) -> None:
        self._steering += 1
        self._changed()
        if self._cursor >= 0:
            self._show(self._cursor)
        self._steering -= 1

    def height_of(self, row: Row) -> int:
        return 1 if row.key not in self._opened else 1 + len(self._detail_lines(row, self.row_width))

    def look_of(self, row: Row) -> object:
        return (super().look_of(row), row.key in self._opened and (True, self._opened[row.key]))

    def draw(self, row: Row, width: int, selected: bool) -> list[Strip]:
        strips = super().draw(row, width, selected)
        if row.key in self._opened:
            strips += [
                Strip([Segment(name, self.look("dim")), Segment(value)]).adjust_cell_length(width)
                for name, value in self._detail_lines(row, width)
            ]
        return strips

    def under_cursor(self, strips: list[Strip]) -> list[Strip]:
        """Only the row's own line is marked: many lines of details on a coloured ground are hard to read."""
        return [*super().under_cursor(strips[:1]), *strips[1:]]

    def _detail_lines(self, row: Row, width: int) -> list[tuple[str, str]]:
        """Each line of the details: what stands before the value, and the value or a part of it."""
        given = self._opened.get(row.key)
        pairs = [(shown.text(name), shown.text(value, LONGEST_DETAIL)) for name, value in given or row.detail]
        name_width = min(NAME_WIDTH, max((cell_len(name) for name, _ in pairs), default=0))
        lead = " " * DETAIL_INDENT + shown.glyph("│", "|") + " "
        room = max(8, width - len(lead) - name_width - 2)
        lines = []
        for name, value in pairs:
            for number, part in enumerate(wrap(value, room)):
                lines.append((f"{lead}{to_width('' if number else name, name_width)}  ", part))
        return lines or [(lead, "no more fields")]

    # --- moving ---------------------------------------------------------------------------------

    def action_nav_top(self) -> None:
        if self._has_older:
            self._asked_older = True  # the very first rows are asked for: a page before these would undo that
            self.post_message(self.NeedStart(self, self._rows[0].key if self._rows else None))
        super().action_nav_top()

    def action_nav_bottom(self) -> None:
        if self._can_follow and not self._following:
            self.follow(True)
        else:
            self._go_to_end()

    def action_nav(self, step: int) -> None:
        if step > 0 and self._following:
            return  # the end is where it stands already
        super().action_nav(step)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._steering:
            self._person_moved()

    def _move_to(self, index: int, step: int = 1, *, in_part: bool = False) -> None:
        super()._move_to(index, step, in_part=in_part)
        if not self._steering:
            self._person_moved()

    def on_resize(self, event: events.Resize) -> None:
        self._steering += 1
        super().on_resize(event)
        if self._following:
            self._scroll_lines(self.tops[-1])
        self._steering -= 1

    def _person_moved(self) -> None:
        """Stop following away from the end, and ask for rows near an edge."""
        at_end = self._cursor == self._selectable(len(self._rows) - 1, -1)
        bottom_seen = self.scroll_offset.y + self.page_height >= self.tops[-1]
        if self._following and not (at_end and bottom_seen):
            self.follow(False)
        elif at_end and bottom_seen and not self._has_newer:
            self._count_below(0)
        self._ask_at_edges()

    def _ask_at_edges(self) -> None:
        if not self._rows:
            return
        near = self.page_height
        first = min(self.scroll_offset.y, self.tops[max(0, self._cursor)])
        last = max(self.scroll_offset.y + near, self.tops[max(0, self._cursor)])
        if self._has_older and not self._asked_older and first < near:
            self._asked_older = True
            self.post_message(self.NeedOlder(self, self._rows[0].key))
        if self._has_newer and not self._asked_newer and last > self.tops[-1] - near:
            self._asked_newer = True
            self.post_message(self.NeedNewer(self, self._rows[-1].key))
