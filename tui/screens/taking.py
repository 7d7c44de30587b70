"""Three ways out of every screen: the clipboard, a new file of the folder, the person's pager."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.app import SuspendNotSupported
from textual.screen import Screen

from backend.errors import CannotWrite
from backend.safe_file import write_new
from tui.copying import CopyingApp
from tui.pager import read_in_pager
from tui.signals import keys_left_to_another
from widgets.shown import maskable_bytes, notify


def copy_text(
    screen: Screen[None], text: str, *, said: str | None = None, name: str = "parcours-copied.txt"
) -> None:
    """Copy a text, and say so: by `said`, else by the text itself. name: of the file it may go into."""
    app = screen.app
    assert isinstance(app, CopyingApp)
    notify(screen, f"{app.take_away(text, name)}: {said or text}")


def read_text(screen: Screen[None], text: str) -> None:
    """Show a text in $PAGER, which has the terminal until it is left."""
    try:
        with screen.app.suspend(), keys_left_to_another():
            wrong = read_in_pager(text)
    except SuspendNotSupported as error:
        wrong = str(error) or "this terminal cannot be left for a pager"
    if wrong is not None:
        notify(screen, wrong, severity="warning")


def write_file(screen: Screen[None], name: str, pieces: Iterable[bytes]) -> None:
    """Write a new file into the folder that the console was started in, and say where it is."""
    path = Path.cwd() / name
    try:
        size = write_new(path, map(maskable_bytes, pieces))
    except CannotWrite as error:
        notify(screen, error, severity="error")
    else:
        notify(screen, f"written: {path} ({size} bytes)")
