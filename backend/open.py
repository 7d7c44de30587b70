"""SOURCE text to a Source: the only place that knows all of them.

A file is known by a "/" or a "." in its text, an address by "://"; anything else is a name from the
configuration.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import NoSuchSource

if TYPE_CHECKING:
    from backend.config import ServerSettings
    from backend.source import Source

DATABASE_MAGIC = b"SQLite format 3\0"

NO_NAMES: Mapping[str, str] = {}
NO_SERVERS: Mapping[str, ServerSettings] = {}


def resolve_name(text: str, sources: Mapping[str, str] = NO_NAMES) -> str:
    """The file or address that a SOURCE text stands for. Raises NoSuchSource for an unknown name."""
    if is_address(text) or is_path(text):
        return text
    known = sources.get(text)
    if known is not None:
        return known
    if not text:
        raise NoSuchSource("no source was named: give a file, such as ./my.db")
    import difflib

    near = difflib.get_close_matches(text, sources, n=1)
    names = f"; there are: {', '.join(sorted(sources))}" if sources else ""
    guess = f', did you mean "{near[0]}"?' if near else names
    raise NoSuchSource(f'no source is named "{text}"{guess}; a file is written with its folder: ./{text}')


def is_address(text: str) -> bool:
    """Whether the text is a server's address."""
    return "://" in text


def is_path(text: str) -> bool:
    """Whether the text names a file."""
    return "/" in text or "." in text


def is_database(path: Path) -> bool:
    """Whether a regular file begins like a SQLite database."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return file.read(len(DATABASE_MAGIC)) == DATABASE_MAGIC
    except OSError:
        return False


async def open_source(
    text: str,
    sources: Mapping[str, str] = NO_NAMES,
    servers: Mapping[str, ServerSettings] = NO_SERVERS,
) -> Source:
    """The source that a SOURCE text names, opened; close it after use. sources: names -> SOURCE texts.
    servers: what is set for those that are servers, found by name or by address.

    Raises: UsageError, ConfigError, NoSuchSource, AccessRefused, SchemaMismatch, SourceDamaged,
    SourceUnavailable.
    """
    target = resolve_name(text, sources)
    if is_address(target):
        return await _open_server(text if text in servers else target, servers)
    from backend.sources.sqlite.reading import SqliteSource

    return await SqliteSource.open(file_of(target), name=text)


async def _open_server(text: str, servers: Mapping[str, ServerSettings]) -> Source:
    from backend.sources.http import HttpSource
    from backend.token_file import find_token

    name, server = server_at(text, servers)
    token_file = file_of(server.token_file) if server and server.token_file else None
    return await HttpSource.open(
        server.address if server else text,
        find_token(token_file),
        ca_file=file_of(server.ca_file) if server and server.ca_file else None,
        proxy=server.proxy if server else None,
        name=name,
        may_remove=server.allow_removals if server else False,
    )


def server_at(text: str, servers: Mapping[str, ServerSettings]) -> tuple[str | None, ServerSettings | None]:
    """The name and the settings of the server of that name or address; None where it has none."""
    if text in servers:
        return text, servers[text]
    for name, server in servers.items():
        if server.address == text:
            return name, server
    return None, None


def file_of(text: str) -> Path:
    """The path that a text names; a leading ~ is the user's home."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise NoSuchSource(f"{text}: there is no such home folder") from error
