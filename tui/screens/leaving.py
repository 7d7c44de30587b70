"""The question before the console is left while a layout is changed and not saved (R43)."""

from __future__ import annotations

from textual.screen import Screen

from backend.errors import CannotWrite
from backend.reports.panes import REPORTS
from tui.layout import arranged
from tui.layouts import save_layout
from tui.session import Session
from widgets.question import Question
from widgets.shown import notify


def leave_question(screen: Screen[object], session: Session) -> Question:
    """Asks whether to stay, to save every changed layout and leave, or to leave without saving."""

    def save() -> bool:
        try:
            save_layouts(session)
        except CannotWrite as error:
            notify(screen, error, severity="error")
            return False
        return True

    return Question(
        "Leave without saving the layout?",
        items=[_named(*key) for key in session.unsaved_layouts],
        first=("Save and leave", save),
        confirm="Leave",
    )


def save_layouts(session: Session) -> None:
    """Keep every layout that was changed. Raises: CannotWrite; those before it are kept."""
    for report, tab in session.unsaved_layouts:
        now = session.arrangements[report, tab].now
        save_layout(report, tab, now)
        session.arrangements[report, tab] = arranged(now)


def _named(report: str, tab_id: str) -> str:
    kind = REPORTS[report]
    titles = [tab.title for tab in kind.tabs if tab.id == tab_id]
    return f"{kind.title}, {titles[0] if titles else tab_id}"
