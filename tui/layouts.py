"""Layouts that were saved: one small file for each report and tab, in the user's configuration folder.

Only *save* writes. A file that cannot be understood is left as it is, and said in one line.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from backend.config import default_path, read_settings_text
from backend.errors import ConfigError
from backend.reports.panes import Tab
from backend.safe_file import write_new
from tui.layout import Layout, default_layout, fitted

FOLDER = "layouts"


def layout_path(report: str, tab: str) -> Path:
    """Where the layout of a tab is saved; it need not exist."""
    return default_path().with_name(FOLDER) / f"{report}-{tab}.json"


def load_layout(report: str, tab: Tab) -> tuple[Layout, str | None]:
    """The saved layout, else the default one; and what is wrong with the file, where something is."""
    path = layout_path(report, tab.id)
    try:
        text = read_settings_text(path)
        if text is None:
            return default_layout(tab.panes), None
        layout = msgspec.json.decode(text, type=Layout)
    except ConfigError as error:  # which names the file
        return default_layout(tab.panes), f"the default layout is shown; {error}"
    except msgspec.DecodeError as error:
        return default_layout(tab.panes), f"the default layout is shown; {FOLDER}/{path.name}: {error}"
    return fitted(layout, tab.panes), None


def save_layout(report: str, tab: str, layout: Layout) -> Path:
    """Keep a layout for this user's later reports (F014). Raises: CannotWrite."""
    path = layout_path(report, tab)
    with suppress(OSError):  # the writing below says what is wrong
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_new(path, [msgspec.json.format(msgspec.json.encode(layout)), b"\n"], force=True)
    return path
