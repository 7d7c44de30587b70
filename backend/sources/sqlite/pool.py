"""Reader threads with a connection each: a question is one read transaction with a deadline.

Nothing stays open between two questions, so a writer is never held up and its log can shrink. A file that
was replaced under its name is noticed and opened again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from backend.errors import SourceDamaged, SourceUnavailable, UsageError
from backend.sources.sqlite.opening import (
    OPS_PER_CHECK,
    FileIdentity,
    at_the_border,
    identity_of,
    open_reader,
)
from backend.waiting import answer_of, apart

T = TypeVar("T")

READERS = 3
REOPEN_ON = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_SCHEMA,
    }
)
"""What a file overwritten in place, or a changed schema under the search index, looks like: one more try
on a new connection tells it from real damage."""


SHAPE_ERRORS = (TypeError, ValueError, LookupError, OverflowError)
"""What values of another type or range than the schema allows lead to."""
CHECK_S = 5.0


class Deadline:
    """When one question gives up. `cancel` may be called from any thread."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._cancelled = False
        self._over_at = time.monotonic() + timeout_s

    def start(self) -> None:
        self._over_at = time.monotonic() + self.timeout_s

    def cancel(self) -> None:
        self._cancelled = True

    def left_s(self) -> float:
        return 0.0 if self._cancelled else self._over_at - time.monotonic()

    def is_over(self) -> bool:
        return self.left_s() <= 0

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """A nearer end for a part of the work. What is interrupted there while the rest has time left may be
        answered by less work."""
        whole = self._over_at
        self._over_at = min(whole, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._over_at = whole


def is_interrupt(error: sqlite3.Error) -> bool:
    """Whether the time was over, or the work not wanted any more."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT


Question = Callable[[sqlite3.Connection, Deadline], T]


def quick_check(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Findings of SQLite's own check as far as it gets in its time: it finds what no query says."""
    try:
        lines = [line for (line,) in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.DatabaseError as error:
        if is_interrupt(error):
            return ()
        return (" ".join(str(error).split()),)
    return () if lines == ["ok"] else tuple(" ".join(line.split()) for line in lines)


class Readers:
    """The threads. `ask` is for the event loop, `close` ends them and their connections."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        self._asked: set[Deadline] = set()
        self._threads = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="sqlite-reader")
        self._is_closed = False
        self._identity: FileIdentity | None = None
        self.replaced = 0
        """How often another file was found under the name."""

    async def ask(self, question: Question[T], timeout_s: float) -> T:
        """The answer, from one read transaction. Cancelling the task, or an interrupt, ends the work.

        Raises: QueryTimedOut and what `open_reader` raises.
        """
        deadline = Deadline(timeout_s)
        try:
            return await answer_of(self._submit(question, deadline))
        except BaseException:  # whoever asked is gone; where the work itself failed, there is nothing to end
            deadline.cancel()
            raise

    def start(self, question: Question[T], timeout_s: float) -> Future[T]:
        """The same for who does not wait for the answer yet."""
        return self._submit(question, Deadline(timeout_s))

    def _submit(self, question: Question[T], deadline: Deadline) -> Future[T]:
        if self._is_closed:
            raise SourceUnavailable(f"{self._path} was closed")
        self._asked.add(deadline)
        answer = self._threads.submit(self._answer, question, deadline)
        answer.add_done_callback(lambda _: self._asked.discard(deadline))
        return answer

    def _answer(self, question: Question[T], deadline: Deadline) -> T:
        deadline.start()
        with at_the_border(self._path, deadline.timeout_s):
            connection = self._connection()
            try:
                return self._in_transaction(connection, question, deadline)
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in REOPEN_ON or deadline.is_over():
                    raise
            except SHAPE_ERRORS as error:
                self._tell_damage(connection, error)
                if isinstance(error, OverflowError):
                    raise UsageError("a number was given that is larger than any that is kept") from error
                raise
            return self._in_transaction(self._reopened(), question, deadline)

    def _tell_damage(self, connection: sqlite3.Connection, error: Exception) -> None:
        """Raises SourceDamaged where SQLite finds the file damaged; else the error is a bug of ours."""
        deadline = Deadline(CHECK_S)
        found = self._in_transaction(connection, lambda db, _: quick_check(db), deadline)
        if found:
            raise SourceDamaged(f"{self._path} is damaged: {found[0]}") from error

    def _in_transaction(self, connection: sqlite3.Connection, question: Question[T], deadline: Deadline) -> T:
        connection.set_progress_handler(deadline.is_over, OPS_PER_CHECK)
        try:
            connection.execute("BEGIN")
            return question(connection, deadline)
        finally:
            connection.set_progress_handler(None, 0)
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        known: tuple[FileIdentity, sqlite3.Connection] | None = getattr(self._local, "known", None)
        found = identity_of(self._path, was_there=self._identity is not None)
        self._notice(found)
        return known[1] if known is not None and known[0] == found else self._reopened()

    def _notice(self, found: FileIdentity) -> None:
        """Counts another file once, whichever thread meets it first, be it one that knew none before."""
        with self._lock:
            if self._identity is not None and self._identity != found:
                self.replaced += 1
            self._identity = found

    def _reopened(self) -> sqlite3.Connection:
        known: tuple[FileIdentity, sqlite3.Connection] | None = getattr(self._local, "known", None)
        if known is not None:
            self._local.known = None
            self._forget(known[1])
        connection = open_reader(self._path)
        with self._lock:
            self._open.append(connection)
        self._local.known = (identity_of(self._path), connection)
        return connection

    def _forget(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._open.remove(connection)
        connection.close()

    async def close(self) -> None:
        """Ends all work; later questions raise SourceUnavailable."""
        self._is_closed = True
        for deadline in list(self._asked):
            deadline.cancel()
        await apart(self._threads.shutdown, wait=True)
        while self._open:
            self._open.pop().close()
