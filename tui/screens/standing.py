"""Where a person stands on a page of panes: what a way back leads to."""

from __future__ import annotations

from typing import NamedTuple

from widgets.pane_page import PanePage
from widgets.row_view import RowView


class Standing(NamedTuple):
    """The pane, the body of it and the row that keys act on, and how far the page is scrolled."""

    pane: str
    body: int
    key: str | None
    """Of the row; None in a body without rows, such as a chart."""
    scrolled: float
    is_zoomed: bool


def standing_on(page: PanePage, *, is_zoomed: bool) -> Standing | None:
    """Where a person stands; None where no pane has the focus."""
    pane = page.focused_pane
    if pane is None:
        return None
    bodies = pane.focusable_bodies
    place = next((number for number, body in enumerate(bodies) if body.has_focus), 0)
    body = bodies[place] if bodies else None
    key = body.cursor_key if isinstance(body, RowView) else None
    return Standing(pane.pane_id, place, key, page.scroll_y, is_zoomed)


def stand(page: PanePage, standing: Standing) -> bool:
    """Give the focus to where a person stood; False where that is not on the page any more."""
    pane = page.panes.get(standing.pane)
    bodies = [] if pane is None else pane.focusable_bodies
    if not bodies:
        return False
    body = bodies[min(standing.body, len(bodies) - 1)]
    if isinstance(body, RowView) and standing.key is not None:
        body.go_to(standing.key)
    body.focus(scroll_visible=False)
    page.call_after_refresh(page.scroll_to, y=standing.scrolled, animate=False, force=True)
    return True
