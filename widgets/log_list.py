"""A window on a log: as many rows as fit in memory comfortably, more on demand, live rows at the end.

The list knows nothing of where rows come from. Near an edge it posts `NeedOlder` or `NeedNewer` once and
waits for `add_older` or `add_newer`; the far end is dropped beyond `capacity`. While it follows, it stays
at the newest row; going up ends that, and what arrives then is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from textual import events
from textual.message import Message

from widgets.columns import Column, Row
from widgets.tall_rows import TallRows

CAPACITY = 2_000
"""Rows kept: some forty screens; the source has the rest."""


class LogList(TallRows):
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

    @property
    def has_older(self) -> bool:
        """Whether there are rows before the first, be it that the list let go of them."""
        return self._has_older

    @property
    def has_newer(self) -> bool:
        """Whether there are rows after the last, likewise."""
        return self._has_newer

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

    def failed(self, *, older: bool = True, newer: bool = True) -> None:
        """The last `Need` of these got no answer; coming to the edge again asks again."""
        self._asked_older = self._asked_older and not older
        self._asked_newer = self._asked_newer and not newer

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
        joined = [*self._rows, *fresh] if at_end else [*fresh, *self._rows]
        surplus = max(0, len(joined) - self._capacity)
        kept = joined[surplus:] if at_end else joined[: len(joined) - surplus]
        shift = (0 if at_end else len(fresh)) - (surplus if at_end else 0)
        with self._held_still():
            self._replace(kept, max(0, self._cursor + shift))
        return surplus > 0

    @contextmanager
    def _held_still(self) -> Iterator[None]:
        """The line of the cursor stays where it is on screen, whatever changes above it."""
        line_before = self.tops[self._cursor] - self.scroll_offset.y if self._cursor >= 0 else 0
        self._steering += 1
        yield
        if self._cursor >= 0:
            self._scroll_lines(max(0, self.tops[self._cursor] - line_before))
        self._steering -= 1

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

    # --- what changes heights ---------------------------------------------------------------------

    def set_wrap(self, wraps: bool) -> None:
        with self._held_still():
            super().set_wrap(wraps)
        if self._following:
            self._stick()

    def set_bookmarks(self, keys: Collection[str]) -> None:
        with self._held_still():
            super().set_bookmarks(keys)

    def _heights_changed(self) -> None:
        self._steering += 1
        super()._heights_changed()
        self._steering -= 1

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
        elif self._cursor >= 0:
            self._show(self._cursor, in_part=True)
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
            if self._has_older and not self._asked_older:  # a search that found nothing so far
                self._asked_older = True
                self.post_message(self.NeedOlder(self, None))
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
