"""How a person arranges the panes of a tab: plain data, and everything that can be done to it. Pure.

Every pane of a tab is in `boxes` or in `removed`, once: nothing that is done here loses one. Where the panes
lie in cells is `widgets.pane_page.place`'s to say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from backend.reports.panes import Drawing, Pane
from widgets.pane_page import COLUMNS

LEAST_HEIGHT = 4
"""Lines of a pane, its frame among them: two of what it shows."""
MOST_HEIGHT = 80
MOST_UNDO = 100


class Box(msgspec.Struct, frozen=True):
    """A pane's size and drawing. height None: as high as its content needs; drawing None: all that it has."""

    pane: str
    span: int
    height: int | None = None
    drawing: Drawing | None = None


class Layout(msgspec.Struct, frozen=True):
    """The panes of a tab from left to right and down, and those that were taken away."""

    boxes: tuple[Box, ...] = ()
    removed: tuple[str, ...] = ()

    def box(self, pane: str) -> Box | None:
        return next((box for box in self.boxes if box.pane == pane), None)


class Arrangement(msgspec.Struct, frozen=True):
    """A layout being changed: what was saved, what is on screen, and what it was before, step by step."""

    saved: Layout
    now: Layout
    past: tuple[Layout, ...] = ()

    @property
    def is_changed(self) -> bool:
        return self.now != self.saved


def arranged(layout: Layout) -> Arrangement:
    """A layout that nobody has changed yet."""
    return Arrangement(layout, layout)


def changed(arrangement: Arrangement, layout: Layout) -> Arrangement:
    """With another layout on screen; the one before can be had back."""
    if layout == arrangement.now:
        return arrangement
    past = (*arrangement.past, arrangement.now)[-MOST_UNDO:]
    return Arrangement(arrangement.saved, layout, past)


def undone(arrangement: Arrangement) -> Arrangement:
    """As before the last change; the same where there was none."""
    if not arrangement.past:
        return arrangement
    *past, before = arrangement.past
    return Arrangement(arrangement.saved, before, tuple(past))


def default_layout(panes: Sequence[Pane]) -> Layout:
    """As the catalogue has it, the extra panes left out."""
    return Layout(
        tuple(Box(pane.id, pane.width) for pane in panes if not pane.extra),
        tuple(pane.id for pane in panes if pane.extra),
    )


def fitted(layout: Layout, panes: Sequence[Pane]) -> Layout:
    """A layout of another time for the panes there are now: what is unknown goes, what is new comes last."""
    known = {pane.id for pane in panes}
    boxes = {box.pane: _sound(box) for box in layout.boxes if box.pane in known}
    removed = [pane for pane in dict.fromkeys(layout.removed) if pane in known and pane not in boxes]
    for pane in panes:
        if pane.id not in boxes and pane.id not in removed:
            if pane.extra:
                removed.append(pane.id)
            else:
                boxes[pane.id] = Box(pane.id, pane.width)
    return Layout(tuple(boxes.values()), tuple(removed))


def _sound(box: Box) -> Box:
    height = None if box.height is None else max(LEAST_HEIGHT, min(box.height, MOST_HEIGHT))
    return Box(box.pane, max(1, min(box.span, COLUMNS)), height, box.drawing)


def resized(layout: Layout, pane: str, *, span: int | None = None, height: int | None = None) -> Layout:
    """With another width in columns, or height in lines; both are kept within what a page has."""
    box = layout.box(pane)
    if box is None:
        return layout
    wanted = Box(
        pane, box.span if span is None else span, box.height if height is None else height, box.drawing
    )
    return _with(layout, _sound(wanted))


def drawn_as(layout: Layout, pane: str, drawing: Drawing | None) -> Layout:
    """With another drawing of the pane (F016); None shows all that it has."""
    box = layout.box(pane)
    return layout if box is None else _with(layout, Box(pane, box.span, box.height, drawing))


def moved(layout: Layout, pane: str, step: int) -> Layout:
    """With the pane that many places further on, or back; the ends of the page are as far as it goes."""
    places = [box.pane for box in layout.boxes]
    if pane not in places:
        return layout
    boxes = list(layout.boxes)
    here = places.index(pane)
    box = boxes.pop(here)
    boxes.insert(max(0, min(here + step, len(boxes))), box)
    return Layout(tuple(boxes), layout.removed)


def without(layout: Layout, pane: str) -> Layout:
    """With the pane taken away; it can be added again."""
    if layout.box(pane) is None:
        return layout
    kept = tuple(box for box in layout.boxes if box.pane != pane)
    return Layout(kept, (*layout.removed, pane))


def with_pane(layout: Layout, pane: Pane, after: str | None = None) -> Layout:
    """With a pane that had been taken away, behind the pane `after`, else at the end."""
    if pane.id not in layout.removed:
        return layout
    places = [box.pane for box in layout.boxes]
    place = places.index(after) + 1 if after in places else len(places)
    box = Box(pane.id, pane.width)
    return Layout(
        (*layout.boxes[:place], box, *layout.boxes[place:]),
        tuple(other for other in layout.removed if other != pane.id),
    )


def evened(layout: Layout, row: Collection[str]) -> Layout:
    """With these panes, which stand in one row, sharing its twelve columns alike and as high as they need."""
    inside = [box.pane for box in layout.boxes if box.pane in row]
    if not inside:
        return layout
    each, over = divmod(COLUMNS, len(inside))
    spans = {pane: max(1, each + (place < over)) for place, pane in enumerate(inside)}
    boxes = (
        Box(box.pane, spans[box.pane], None, box.drawing) if box.pane in spans else box
        for box in layout.boxes
    )
    return Layout(tuple(boxes), layout.removed)


def _with(layout: Layout, box: Box) -> Layout:
    return Layout(tuple(box if old.pane == box.pane else old for old in layout.boxes), layout.removed)
