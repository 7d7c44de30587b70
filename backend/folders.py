"""Where a person's settings, state and data lie.

On Linux a variable or a folder of the home says it (XDG Base Directory Specification). The library that knows
other systems, and much else, takes a fourteenth of the start of a command, so only these load it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

PROGRAM = "parcours"


def config_folder() -> Path:
    """For the settings file and what lies beside it; it need not exist."""
    return _of_xdg("XDG_CONFIG_HOME", ".config") or _library().user_config_path(PROGRAM)


def state_folder() -> Path:
    """For what the program remembers by itself; it need not exist."""
    return _of_xdg("XDG_STATE_HOME", ".local/state") or _library().user_state_path(PROGRAM)


def data_folder() -> Path:
    """For what the program makes; it need not exist."""
    return _of_xdg("XDG_DATA_HOME", ".local/share") or _library().user_data_path(PROGRAM, appauthor=False)


def _of_xdg(variable: str, below_home: str) -> Path | None:
    """None where the library has to find it: on another system, or without a home."""
    if sys.platform != "linux":
        return None
    told, home = Path(os.environ.get(variable, "")), Path(os.environ.get("HOME", ""))
    if told.is_absolute():  # another one is to be ignored
        return told / PROGRAM
    return home / below_home / PROGRAM if home.is_absolute() else None


def _library() -> Any:
    import platformdirs

    return platformdirs
