"""What the command line, the environment and the settings say about SOURCE, in that order."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from backend.errors import ConfigError
from backend.open import file_of, is_address, is_path, resolve_name

if TYPE_CHECKING:
    from backend.config import Settings

Function = TypeVar("Function", bound=Callable[..., object])


class Given:
    """What stood before the command, and the settings, read when first asked for."""

    def __init__(self) -> None:
        self.leading: str | None = None
        """SOURCE as given before the command."""
        self.option: str | None = None
        """SOURCE as given by -s before the command."""
        self.resolved: str | None = None
        """The file or address that `source` last answered."""
        self.server: str | None = None
        """The configured server that was last looked up by its name: others may have the same address."""
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        if self._settings is None:
            from backend.config import default_path, load_settings
            from tui.cli.group import COMMANDS

            self._settings = load_settings(default_path(), os.environ, frozenset(COMMANDS))
        return self._settings

    def masks(self) -> bool:
        """Whether addresses are masked; not where the settings cannot be read, which the command says."""
        try:
            return self.settings.mask_contacts
        except ConfigError:
            return False

    def is_source(self, word: str) -> bool:
        """Whether a word in front of a command is a source or feed: a file, an address, a configured name."""
        if word.startswith("-"):
            return word == "-"
        return is_address(word) or is_path(word) or word in self.settings.sources

    def source(self, option: str | None = None) -> str:
        """SOURCE of this command, a configured name already looked up. option: its own -s.

        Raises: click.UsageError where it is given twice or nowhere.
        """
        told = [word for word in (self.leading, self.option, option) if word is not None]
        if len(set(told)) > 1:
            raise click.UsageError(f"SOURCE is given twice: {' and '.join(told)}")
        word = told[0] if told else self.settings.source
        if word is None:
            raise click.UsageError(
                "no SOURCE given; name one, such as ./my.db, set $PARCOURS_SOURCE, or make one: "
                "parcours ingest FEED --db my.db"
            )
        self.resolved = self.look_up(word)
        return self.resolved

    def database(self, option: str | None = None) -> Path:
        """SOURCE where only a file will do. Raises: click.UsageError as `source`, and for an address."""
        name = self.source(option)
        if is_address(name):
            raise click.UsageError(f"this needs a database file, and {name} is an address")
        return Path(name)

    def look_up(self, word: str) -> str:
        """The file or address that a word stands for. Raises: NoSuchSource for a name nobody configured."""
        is_name = not is_path(word) and not is_address(word)
        target = resolve_name(word, self.settings.sources if is_name else {})
        self.server = word if is_name and word in self.settings.servers else None
        if is_address(target):
            return target
        path = str(file_of(target))
        return path if is_path(path) else f"./{path}"  # Path drops the "./" that made it a file


def source_option(function: Function) -> Function:
    """-s SOURCE."""
    help_text = "Database file, address or configured name."
    return click.option("-s", "--source", metavar="SOURCE", type=click.Path(), help=help_text)(function)


def database_option(function: Function) -> Function:
    """--db FILE, for commands that work on a database file; -s does as well."""
    names = ("--db", "-s", "--source", "source")
    return click.option(*names, metavar="FILE", type=click.Path(), help="The database file.")(function)
