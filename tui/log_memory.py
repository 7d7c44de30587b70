"""What the log screen keeps between runs: the person's choices, and where he was.

Choices (saved filters, columns, what is shown) lie in the configuration folder and are written when they
change; filters typed and places lie in the state folder. Both are small files of mode 0600, replaced whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from backend.config import default_path, read_settings_text
from backend.errors import ConfigError
from backend.folders import state_folder
from backend.safe_file import write_new

FILE = "logs.json"
MOST_FILTERS = 100
"""Filters remembered for one log."""
MOST_SOURCES = 20
"""Sources of which the place is remembered."""


class LogChoices(msgspec.Struct):
    """What a person chose for the logs, on every source."""

    filters: dict[str, dict[str, str]] = {}
    """Log -> name -> text of a saved filter."""
    columns: dict[str, list[str]] = {}
    """Log -> keys of its columns in their order; a log without an entry shows the documented ones."""
    histogram: bool = False
    side_pane: bool = True
    wrap: bool = False
    """Whether long rows go on in the lines below."""


class LogPlace(msgspec.Struct):
    """Where somebody was in one log."""

    filter: str = ""
    at_ms: int | None = None
    """Time of the row under the cursor; None: at the end, following."""
    key: str = ""
    """The row under the cursor."""


class SourcePlace(msgspec.Struct):
    """Where somebody was in the logs of one source."""

    log: str = ""
    logs: dict[str, LogPlace] = {}


class LogPast(msgspec.Struct):
    """What was typed and where somebody was."""

    history: dict[str, list[str]] = {}
    """Log -> filters that were applied, oldest first."""
    places: dict[str, SourcePlace] = {}
    """Name of a source -> place, the latest last."""

    def remember_filter(self, log: str, text: str) -> None:
        if text:
            kept = [old for old in self.history.get(log, ()) if old != text]
            self.history[log] = [*kept, text][-MOST_FILTERS:]

    def remember_place(self, source: str, place: SourcePlace) -> None:
        self.places.pop(source, None)
        self.places[source] = place
        while len(self.places) > MOST_SOURCES:
            del self.places[next(iter(self.places))]


def choices_path() -> Path:
    return default_path().with_name(FILE)


def past_path() -> Path:
    return state_folder() / FILE


Kept = TypeVar("Kept", LogChoices, LogPast)


def load(path: Path, kind: type[Kept]) -> tuple[Kept, str | None]:
    """What is kept there, and what is wrong with the file where something is: it is left as it is then."""
    try:
        text = read_settings_text(path)
        return (kind() if text is None else msgspec.json.decode(text, type=kind)), None
    except (ConfigError, msgspec.DecodeError) as error:
        return kind(), f"{path}: {error}"


def keep_past(path: Path, filters: Iterable[tuple[str, str]], source: str, place: SourcePlace) -> None:
    """Add filters, each with its log, and a place to what is kept: other consoles write there, too.

    Raises: CannotWrite.
    """
    past, _ = load(path, LogPast)
    for log, text in filters:
        past.remember_filter(log, text)
    past.remember_place(source, place)
    save(path, past)


def save(path: Path, kept: LogChoices | LogPast) -> None:
    """Raises: CannotWrite."""
    with suppress(OSError):  # the writing below says what is wrong
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_new(path, [msgspec.json.format(msgspec.json.encode(kept)), b"\n"], force=True)
