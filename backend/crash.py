"""A report of an unexpected failure: enough to find the bug, nothing of anybody's data.

It holds the places in the code and the kinds of the exceptions, neither their messages nor the values
of variables: both may quote a contact.
"""

from __future__ import annotations

import platform
import sqlite3
import sys
import time
import traceback
from importlib import metadata
from pathlib import Path

from backend.folders import state_folder
from backend.safe_file import write_new

LAST_FRAMES = 40
"""Innermost places told of each exception: an endless recursion has a thousand that are alike."""


def report_folder() -> Path:
    """Where reports go: the user's state folder; it need not exist."""
    return state_folder()


def write_report(error: BaseException, doing: str, folder: Path) -> Path:
    """Write a report, readable by its owner only, and answer where it is. Raises: CannotWrite, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09d}.txt"
    write_new(path, [describe(error, doing).encode("utf-8", "backslashreplace")])
    return path


def describe(error: BaseException, doing: str) -> str:
    """The report as text; doing: what was under way, in words of the program."""
    lines = [f"parcours stopped: {doing}", versions(), ""]
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(
            f"{type(current).__module__}.{type(current).__qualname__} (its message may hold data: left out)"
        )
        frames = traceback.extract_tb(current.__traceback__)[-LAST_FRAMES:]
        lines += [f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines) + "\n"


def versions() -> str:
    """The versions that matter, without importing what they are of."""
    return (
        f"parcours {_version('parcours')}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, Textual {_version('textual')}, {sys.platform}"
    )


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


def _short(filename: str) -> str:
    """The file without the folders of the machine."""
    return "/".join(Path(filename).parts[-3:])
