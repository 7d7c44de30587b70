"""Two ways out of every screen: the clipboard and a new file of the folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.screen import Screen

from backend.errors import CannotWrite
from backend.safe_file import write_new
from tui.copying import CopyingApp
from widgets.shown import maskable_bytes, notify


def copy_text(
    screen: Screen[None], text: str, *, said: str | None = None, name: str = "parcours-copied.txt"
) -> None:
    """Copy a text, and say so: by `said`, else by the text itself. name: of the file it may go into."""
    app = screen.app
    assert isinstance(app, CopyingApp)
    notify(screen, f"{app.take_away(text, name)}: {said or text}")


def write_file(screen: Screen[None], name: str, pieces: Iterable[bytes]) -> None:
    """Write a new file into the folder that the console was started in, and say where it is."""
    path = Path.cwd() / name
    try:
        size = write_new(path, map(maskable_bytes, pieces))
    except CannotWrite as error:
        notify(screen, error, severity="error")
    else:
        notify(screen, f"written: {path} ({size} bytes)")
