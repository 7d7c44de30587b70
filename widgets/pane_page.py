"""A scrolling page of panes on a grid of twelve columns. The layout is plain data: see `place`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual.containers import VerticalScroll
from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from widgets.pane import Pane

COLUMNS = 12
LEAST_CELLS = 38
"""No pane gets narrower: a chart or a table of three columns still says something at this width."""


class Slot(NamedTuple):
    """What a pane asks for: its place in the order, `span` of twelve columns, `height` rows."""

    pane: str
    span: int
    height: int


class Rect(NamedTuple):
    """Where a pane is, in cells of the page."""

    pane: str
    x: int
    y: int
    width: int
    height: int


def place(slots: Sequence[Slot], width: int) -> tuple[Rect, ...]:
    """Lay panes out from left to right in rows of twelve columns, in the order given.

    Neighbours touch; the panes of a row are as high as its highest. On a page too narrow for three panes side
    by side, or for the spans that are asked for, spans grow until no pane is narrower than 38 cells (or than
    the page), panes flow into more rows, and rows fill the page.
    """
    least = min(COLUMNS, -(-LEAST_CELLS * COLUMNS // max(1, width)))
    narrow = least * 3 > COLUMNS or any(slot.span < least for slot in slots)
    placed: list[Rect] = []
    y = 0
    for row in _rows([slot._replace(span=max(least, min(slot.span, COLUMNS))) for slot in slots]):
        height = max(slot.height for slot in row)
        column = 0
        for slot, span in zip(row, _filled(row) if narrow else [slot.span for slot in row], strict=True):
            x, end = width * column // COLUMNS, width * (column + span) // COLUMNS
            placed.append(Rect(slot.pane, x, y, end - x, height))
            column += span
        y += height
    return tuple(placed)


def _rows(slots: Sequence[Slot]) -> list[list[Slot]]:
    rows: list[list[Slot]] = []
    used = COLUMNS
    for slot in slots:
        if used + slot.span > COLUMNS:
            rows.append([])
            used = 0
        rows[-1].append(slot)
        used += slot.span
    return rows


def _filled(row: Sequence[Slot]) -> list[int]:
    """The spans of a row, what is left of the twelve columns shared among them."""
    each, over = divmod(COLUMNS - sum(slot.span for slot in row), len(row))
    return [slot.span + each + (number < over) for number, slot in enumerate(row)]


class _PaneLayout(Layout):
    name = "panes"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        assert isinstance(parent, PanePage)
        by_id = {child.pane_id: child for child in children if isinstance(child, Pane)}
        slots = [slot for slot in parent.slots if slot.pane in by_id]
        parent.pre_layout(self)
        return [
            WidgetPlacement(
                Region(rect.x, rect.y, rect.width, rect.height), Offset(0, 0), Spacing(), by_id[rect.pane]
            )
            for rect in place(slots, size.width)
        ]


class PanePage(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Shows panes where `place` puts them, and scrolls where they do not all fit."""

    DEFAULT_CSS = """
    PanePage {
        height: 1fr;
        width: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """

    class PaneFocused(Message):
        """The focus came to another pane."""

        def __init__(self, page: PanePage, pane: Pane) -> None:
            super().__init__()
            self.page = page
            self.pane = pane

        @property
        def control(self) -> PanePage:
            return self.page

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._slots: tuple[Slot, ...] = ()
        self._pane_layout = _PaneLayout()

    @property
    def layout(self) -> Layout:
        return self._pane_layout

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self._slots

    @property
    def panes(self) -> Mapping[str, Pane]:
        """The panes on the page by their id, in the order of the slots."""
        by_id = {pane.pane_id: pane for pane in self.query_children(Pane)}
        return {slot.pane: by_id[slot.pane] for slot in self._slots if slot.pane in by_id}

    def set_slots(self, slots: Sequence[Slot]) -> None:
        """Lay the panes that are here out anew; panes without a slot are not shown."""
        self._slots = tuple(slots)
        wanted = {slot.pane for slot in slots}
        for pane in self.query_children(Pane):
            pane.display = pane.pane_id in wanted
            pane.refresh(
                layout=True
            )  # only a child's word makes Textual forget where it has put the children
        self.refresh(layout=True)

    async def set_panes(self, slots: Sequence[Slot], panes: Mapping[str, Pane]) -> None:
        """Show other panes. Those that stay keep their state, if they are the same objects."""
        kept = set(panes.values())
        with self.app.batch_update():
            await self.remove_children([pane for pane in self.query_children(Pane) if pane not in kept])
            here = set(self.query_children(Pane))
            await self.mount_all([panes[slot.pane] for slot in slots if panes[slot.pane] not in here])
            self.set_slots(slots)

    @property
    def focused_pane(self) -> Pane | None:
        return next((pane for pane in self.panes.values() if pane.has_focus_within), None)

    def focus_pane(self, pane_id: str) -> bool:
        """Give a pane the focus and show it whole where it fits; False where it takes none."""
        pane = self.panes.get(pane_id)
        if pane is None or not pane.focus_body():
            return False
        self.scroll_to_widget(pane, animate=False, force=True)
        self.post_message(self.PaneFocused(self, pane))
        return True

    def focus_body(self, body: Widget) -> None:
        """Give a body of a pane the focus, and show it."""
        body.focus(scroll_visible=False)
        self.scroll_to_widget(body, animate=False, force=True)

    def focus_next(self, step: int = 1) -> bool:
        """Go to the next body (`step` 1) or the one before (-1), on to the next pane at the end of one."""
        if self.focus_next_body(step):
            return True
        if not self.focus_next_pane(step):
            return False
        if step < 0:
            self.call_later(self.focus_last_body)  # the focus comes to a pane when its turn comes
        return True

    def focus_next_body(self, step: int = 1) -> bool:
        """Go to the next body of the pane, or the one before; False at its ends."""
        here = self.focused_pane
        bodies = [] if here is None else here.focusable_bodies
        focused = next((place for place, body in enumerate(bodies) if body.has_focus), None)
        if focused is None or not 0 <= focused + step < len(bodies):
            return False
        self.focus_body(bodies[focused + step])
        return True

    def focus_last_body(self) -> None:
        """Go to the last body of the pane."""
        pane = self.focused_pane
        if pane is not None and len(pane.focusable_bodies) > 1:
            self.focus_body(pane.focusable_bodies[-1])

    def focus_next_pane(self, step: int = 1) -> bool:
        """Go to the next pane (`step` 1) or the one before (-1), round and round."""
        order = list(self.panes)
        here = self.focused_pane
        start = order.index(here.pane_id) if here is not None else (-1 if step > 0 else 0)
        return any(self.focus_pane(order[(start + step * n) % len(order)]) for n in range(1, len(order) + 1))
