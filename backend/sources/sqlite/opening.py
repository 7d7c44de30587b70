"""Opening a store for reading, and the one place where SQLite's errors become ours.

A reader never creates, changes or upgrades a file. The file may come from anywhere: nothing in it but
plain tables of ours is read, and nothing in it can make us write, attach or run anything.
Source: sqlite.org/wal.html, sqlite.org/rescode.html; what each case raises was measured.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from backend.errors import (
    NoSuchSource,
    ParcoursError,
    QueryTimedOut,
    SchemaMismatch,
    SourceDamaged,
    SourceUnavailable,
)
from backend.sources.sqlite.dictionaries import Reader
from backend.sources.sqlite.functions import install_functions
from backend.sources.sqlite.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION, TABLES

BUSY_TIMEOUT_S = 2.0
LONGEST_VALUE_BYTES = 8_000_000
"""A text or blob longer than this ends the query: no record of ours is."""
OPS_PER_CHECK = 10_000
"""Steps of SQLite's machine between two looks at the clock: about 0.1 ms."""

READABLE_PRAGMAS = frozenset({"data_version", "schema_version", "quick_check", "page_count", "page_size"})
ALLOWED_ACTIONS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
    }
)

FileIdentity = tuple[int, int]
"""Device and inode: another pair at the same path is another file."""


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read, on a file that is a store of this version.

    Raises: NoSuchSource, SchemaMismatch, SourceDamaged, SourceUnavailable. Creates no file.
    """
    _check_file(path)
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    with at_the_border(path):
        # check_same_thread is off for closing only: the pool closes connections when its threads ended
        connection = sqlite3.connect(
            *(uri, BUSY_TIMEOUT_S),
            isolation_level=None,
            check_same_thread=False,
            factory=Reader,
            uri=True,
        )
        try:
            _harden(connection)
            _check_schema(connection, path)
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def identity_of(path: Path, *, was_there: bool = True) -> FileIdentity:
    """Which file stands at the path now. was_there: one was seen before. Raises NoSuchSource."""
    try:
        found = path.stat()
    except OSError as error:
        raise NoSuchSource(f"no such file{' any more' if was_there else ''}: {path}") from error
    return found.st_dev, found.st_ino


@contextmanager
def at_the_border(path: Path, timeout_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
    """Turns what sqlite3 raises inside into errors of backend.errors; what is our own bug stays."""
    try:
        yield
    except sqlite3.Error as error:
        known = translate(error, path, timeout_s)
        if known is None:
            raise
        raise known from error
    except UnicodeDecodeError as error:  # SQLite's message quotes what stands in a damaged schema
        raise SourceDamaged(_damaged(path)) from error


def translate(error: sqlite3.Error, path: Path, timeout_s: float) -> ParcoursError | None:
    """What a person should read for an error of SQLite; None: wrong SQL or wrong use, our own bug."""
    extended: int = getattr(error, "sqlite_errorcode", None) or 0
    name: str = getattr(error, "sqlite_errorname", None) or ""
    code = extended & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return QueryTimedOut(f"no answer within {timeout_s:g} s; ask for a shorter time or fewer values")
    if code == sqlite3.SQLITE_NOTADB:
        return SchemaMismatch(f"{path} is not a SQLite database (or an encrypted one)")
    if code == sqlite3.SQLITE_CORRUPT:
        return SourceDamaged(_damaged(path))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return SourceUnavailable(f"{path} is busy: another program keeps it locked")
    if code == sqlite3.SQLITE_TOOBIG:
        return SourceDamaged(f"{path} holds a value larger than {LONGEST_VALUE_BYTES} bytes")
    if code == sqlite3.SQLITE_AUTH:
        return SchemaMismatch(f"{path} wants to do more than be read; it is no store of parcours")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return SourceUnavailable(_cannot_open(path, name))
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PROTOCOL):
        return SourceUnavailable(f"cannot read {path}: {error}")
    if code == sqlite3.SQLITE_ERROR and _differs_from_schema(path):
        return SchemaMismatch(f"{path} has other tables than this version of parcours reads")
    return None


def _damaged(path: Path) -> str:
    return f'{path} is damaged; "parcours doctor" says more'


def _cannot_open(path: Path, name: str) -> str:
    if name == "SQLITE_READONLY_ROLLBACK":
        return f"a program that wrote to {path} crashed; open it once with its owner's rights"
    if not os.access(path.parent, os.W_OK):
        return (
            f"{path} is in a folder that cannot be written, and SQLite needs {path.name}-shm beside it; "
            f"copy {path.name} and {path.name}-wal to a folder of your own"
        )
    return f"cannot open {path}: {name or 'SQLITE_CANTOPEN'}"


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise NoSuchSource(f"no such file: {path}") from error
    except (OSError, ValueError) as error:
        raise NoSuchSource(f"cannot look at {path}: {getattr(error, 'strerror', None) or error}") from error
    if stat.S_ISDIR(found.st_mode):
        raise NoSuchSource(f"{path} is a folder, not a database file")
    if not stat.S_ISREG(found.st_mode):
        raise NoSuchSource(f"{path} is not a regular file")
    if not os.access(path, os.R_OK):
        raise NoSuchSource(f"no permission to read {path}")
    if found.st_size == 0:
        raise SchemaMismatch(f"{path} is an empty file, not a store of parcours")


def _harden(connection: sqlite3.Connection) -> None:
    for pragma in (
        "query_only=1",
        "trusted_schema=0",
        "cell_size_check=1",
        "mmap_size=0",
        "cache_size=-4096",  # KiB: a larger one answers no sooner (measured), and each reader holds its own
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        raise SchemaMismatch(f"{path} is another program's database, not a store of parcours")
    if version > SCHEMA_VERSION:
        raise SchemaMismatch(
            f"{path} has schema {version}, this program reads {SCHEMA_VERSION}: upgrade parcours"
        )
    if version < SCHEMA_VERSION:
        raise SchemaMismatch(
            f"{path} has the older schema {version}; "
            f'"parcours ingest --db {path}" brings it to {SCHEMA_VERSION}, after a backup'
        )
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_schema"))
    for table in sorted(TABLES):
        if kinds.get(table) != "table":
            raise SchemaMismatch(f'{path} has no table "{table}"; it is no store of parcours')


def _prepare(connection: sqlite3.Connection) -> None:
    """Functions of ours, the search index opened, and last the lock on everything but reading."""
    install_functions(connection)
    # virtual tables are built at first use by statements that the authorizer refuses, so they are used before
    connection.execute("SELECT rowid FROM identity_fts WHERE identity_fts MATCH '\"~~~\"' LIMIT 1").fetchall()
    connection.execute("SELECT value FROM json_each('[]')").fetchall()
    connection.set_authorizer(_authorize)


def _authorize(
    action: int, first: str | None, second: str | None, database: str | None, trigger: str | None
) -> int:
    if action in ALLOWED_ACTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first in READABLE_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _differs_from_schema(path: Path) -> bool:
    """Whether a table of the file has not the columns that this version reads."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    with closing(sqlite3.connect(":memory:")) as ours:
        for migration in MIGRATIONS:
            ours.executescript(migration)
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as theirs:
                return any(_columns(ours, table) != _columns(theirs, table) for table in sorted(TABLES))
        except sqlite3.Error:
            return True


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
