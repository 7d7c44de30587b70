"""Opening a store for writing: makes a new one, brings an old one forward, refuses what is not ours.

Only a writer migrates, after a backup beside the file. A lock guards migration and pruning; ordinary
batches need none, because each is one immediate transaction.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from backend.errors import CannotWrite, NoSuchSource, SchemaMismatch, SourceUnavailable, WriteFailed
from backend.sources.sqlite.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION

BUSY_TIMEOUT_S = 5.0
CACHE_KIB = 262_144

REMOTE_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p"})


def open_writer(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection that may write to the store at `path`, at the newest schema.

    Raises: NoSuchSource (missing and not `create`), SchemaMismatch, CannotWrite, SourceUnavailable.
    """
    _check_place(path, create=create)
    is_new = not path.exists() or path.stat().st_size == 0
    if is_new:
        _make_private(path)
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        _refuse_foreign(connection, path)
        if is_new:
            connection.execute("PRAGMA page_size = 8192")
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{CACHE_KIB}",
            "temp_store = MEMORY",
            "secure_delete = OFF",
            "wal_autocheckpoint = 8000",
            "trusted_schema = 0",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection, path)
    except sqlite3.Error as error:
        raise translated(error, path) from error
    return connection


def translated(error: sqlite3.Error, path: Path) -> Exception:
    """The error of ours that a failure of SQLite while writing means."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return SourceUnavailable(f"{path} is busy: another program has been writing for over 5 s; try again")
    if name.startswith("SQLITE_NOTADB"):
        return SchemaMismatch(f"{path} is not a SQLite database (or it is encrypted)")
    if name.startswith("SQLITE_CORRUPT"):
        return SchemaMismatch(f"{path} is damaged; see `parcours doctor -s {path}`")
    if name.startswith("SQLITE_READONLY"):
        return CannotWrite(f"{path} is read-only: write elsewhere or change its rights")
    if name.startswith("SQLITE_CANTOPEN"):
        return CannotWrite(f"cannot open {path} for writing: check the folder and its rights")
    if name.startswith("SQLITE_FULL"):
        return WriteFailed(f"the disk is full; nothing of this batch was stored in {path}")
    if name.startswith("SQLITE_IOERR"):
        return WriteFailed(f"the disk failed while writing {path}; nothing of this batch was stored")
    return error


def _check_place(path: Path, *, create: bool) -> None:
    """Looks at the place without opening the file: closing it again would drop the locks that another
    connection of this process holds on it (POSIX)."""
    if path.exists():
        if not path.is_file():
            raise NoSuchSource(f"{path} is not a file")
    elif not create:
        raise NoSuchSource(f"no such file: {path}")
    elif not path.parent.is_dir():
        raise CannotWrite(f"no such folder: {path.parent}")
    if (kind := _file_system(path.parent)) in REMOTE_FILE_SYSTEMS:
        raise CannotWrite(
            f"{path} lies on a network file system ({kind}), where SQLite's log is not safe; "
            "keep the database on a local disk"
        )


def _file_system(folder: Path) -> str | None:
    """Type of the file system under a folder, where the platform tells (Linux)."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    place = str(folder.resolve())
    best = ("", "")
    for line in mounts:
        _, mount, kind, *_ = line.split(" ")
        inside = place == mount or place.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1] or None


def _make_private(path: Path) -> None:
    """An empty file that only its owner can read: the store holds personal data."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise CannotWrite(f"cannot create {path}: {error.strerror}") from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION and _application_id(connection) == APPLICATION_ID:
        return
    with exclusive(path):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version and version < SCHEMA_VERSION:
            _back_up(connection, path.with_name(f"{path.name}.schema-{version}.backup"))
        for number in range(version, SCHEMA_VERSION):
            connection.executescript(
                f"BEGIN IMMEDIATE;{MIGRATIONS[number]}PRAGMA user_version = {number + 1};"
                f"PRAGMA application_id = {APPLICATION_ID};COMMIT;"
            )


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Before anything is changed: is this a store, of a version that we know?"""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and _application_id(connection) != APPLICATION_ID:
        connection.close()
        raise SchemaMismatch(f"{path} is another program's database; choose another file")
    if version > SCHEMA_VERSION:
        connection.close()
        raise SchemaMismatch(
            f"{path} has schema {version}, this program writes {SCHEMA_VERSION}: upgrade parcours"
        )


def _application_id(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    _make_private(target)
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()


@contextmanager
def exclusive(path: Path, suffix: str = ".lock", busy: str = "is being reorganised") -> Iterator[None]:
    """Holds the store's lock, with our pid in it, for work that two programs must not do at once.

    A program that dies lets go of it. suffix: of the lock's file, one for each kind of work.
    Raises: SourceUnavailable where another program holds it; CannotWrite.
    """
    lock_path = path.with_name(path.name + suffix)
    try:
        lock: IO[str] = lock_path.open("a+", encoding="ascii")
    except OSError as error:
        raise CannotWrite(f"cannot create {lock_path}: {error.strerror}") from error
    with lock:
        _lock_or_refuse(lock, lock_path, f"{path} {busy}")
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        try:
            yield
        finally:
            lock_path.unlink(missing_ok=True)


def _lock_or_refuse(lock: IO[str], lock_path: Path, refusal: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The former holder may have removed the file between our open and our lock.
        is_same = lock_path.exists() and lock_path.stat().st_ino == os.fstat(lock.fileno()).st_ino
    except BlockingIOError:
        is_same = False
    if not is_same:
        lock.seek(0)
        holder = lock.read(20).strip() or "another one"
        raise SourceUnavailable(f"{refusal} by process {holder}; try again later")
