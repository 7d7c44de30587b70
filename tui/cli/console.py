"""`parcours [SOURCE | FEED...]`: the console, on a source or on feed files through a temporary database."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from backend.errors import BadData, NoSuchSource
from backend.open import is_address, is_database
from tui.cli import output
from tui.cli.given import Given, source_option

HOW_TO_START = """\
nothing to show yet. To look around:
  parcours demo
To see what a product exported:
  parcours export.json
To keep it, and go on adding to it:
  parcours ingest export.json --db my.db
  parcours my.db
parcours --help says more"""


NO_TERMINAL = "the console needs a terminal; for scripts there are parcours report, logs, contacts and trace"


@click.command()
@click.argument("names", metavar="[SOURCE | FEED...]", nargs=-1, type=click.Path(allow_dash=True))
@source_option
@click.pass_obj
def console(given: Given, names: tuple[str, ...], source: str | None) -> int:
    """Open the console on a SOURCE, or on FEED files through a temporary database.

    \b
    parcours my.db
    parcours export.json bounces.csv.gz
    """
    named = [given.look_up(name) if name != "-" else name for name in names]
    if not named:
        if source is None and given.option is None and given.settings.source is None:
            output.lines(HOW_TO_START)
            return 0
        named = [given.source(source)]
    elif source is not None or given.option is not None:
        raise click.UsageError("give SOURCE either first or by -s")
    if is_source(named[0]) and len(named) == 1:
        return show(given.server or named[0], given)
    mixed = [name for name in named if is_source(name)]
    if mixed:
        raise click.UsageError(f"{mixed[0]} is a source: the console shows one source, or feed files")
    with database_of(named) as path:
        return show(path, given)


def is_source(name: str) -> bool:
    """Whether a name is to be opened as it is: an address or a database, known by its content.

    Raises: NoSuchSource, BadData for what can be neither source nor feed.
    """
    if name == "-":
        return False
    if is_address(name):
        return True
    path = Path(name)
    if not path.exists():
        raise NoSuchSource(f"no such file: {name}")
    if path.is_file() and path.stat().st_size == 0:
        raise BadData(f"{name} is an empty file")
    return is_database(path)


@contextmanager
def database_of(names: list[str]) -> Iterator[str]:
    """A temporary database of feed files, gone when the console is left."""
    from tui.cli.ingesting import ingest_into

    folder = Path(tempfile.mkdtemp(prefix="parcours-"))
    try:
        path = folder / "feeds.db"
        ingest_into(path, names)
        if not path.exists():
            raise BadData("none of them holds a record: there is nothing to show")
        yield str(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(name: str, given: Given, *, demo: bool = False) -> int:
    """Run the console until it is left; answers its exit code.

    Raises: click.UsageError where there is no terminal to show it on.
    """
    _sit_at_terminal()
    from tui.app import run

    return run(name, given.settings, demo=demo)


def _sit_at_terminal() -> None:
    """Make sure of a screen and a keyboard: the terminal's own where standard input was the feed."""
    if not sys.stderr.isatty():
        raise click.UsageError(NO_TERMINAL)
    if sys.stdin.isatty():
        return
    try:
        keyboard = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError as error:
        raise click.UsageError(NO_TERMINAL) from error
    os.dup2(keyboard, sys.stdin.fileno())
    os.close(keyboard)
