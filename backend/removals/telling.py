"""Telling the product of removals: a configured command gets them as JSON lines on its standard input.

The words of the command are fixed; no data ever becomes one of them. What is told is told in order and at
least once: by one program at a time, which holds a lease, and noted only after the command succeeded.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import msgspec

from backend.errors import ParcoursError
from backend.removals.lines import encode_removal
from backend.removals.removal import RemovalLine
from backend.sources.sqlite.migrating import open_writer, translated
from backend.sources.sqlite.outbox import give_lease, note_failure, note_told, read_untold, take_lease

MOST_AT_ONCE = 50
COMMAND_S = 30.0
LEASE_MS = 90_000
"""Longer than a command may take, so that nobody tells the same at the same time."""
FIRST_WAIT_MS, LONGEST_WAIT_MS = 30_000, 3_600_000
EVERY_S = 10.0

Run = Callable[[Sequence[str], bytes], str | None]
"""Runs a command with this input; None: it succeeded, else why it did not."""


class Told(msgspec.Struct, frozen=True):
    """What one attempt came to."""

    lines: int
    error: str | None = None
    """Why it stopped before all was told; None: all that was due is told."""


def run_command(command: Sequence[str], content: bytes) -> str | None:
    """Runs a command without a shell; gives one line about its failure, None where it succeeded."""
    try:
        ended = subprocess.run(  # noqa: S603 - the words are the owner's own settings, data goes to stdin
            list(command),
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=COMMAND_S,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} did not end within {COMMAND_S:g} s"
    except OSError as error:
        return f"cannot run {command[0]}: {error.strerror or type(error).__name__}"
    if ended.returncode == 0:
        return None
    last = ended.stderr[-2_000:].decode("utf-8", "replace").strip().splitlines()
    said = f": {last[-1][:200]}" if last else ""
    return f"{command[0]} ended with {ended.returncode}{said}"


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


def tell_product(
    path: Path,
    command: Sequence[str],
    *,
    now_ms: Callable[[], int] = wall_clock_ms,
    run: Run = run_command,
    at_once: bool = False,
) -> Told:
    """Tells the product of every removal that it has not heard of, oldest first.

    at_once: also those whose next attempt is not due yet. Raises: what opening or writing a store raises.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    told = 0
    with closing(open_writer(path, create=False)) as db:
        waiting = read_untold(db, 1)  # nothing due: nothing is written, and nobody who follows the file wakes
        if not waiting or not (at_once or _is_due(waiting, now_ms())):
            return Told(0, waiting[0].error if waiting else None)
        try:
            while True:
                with _written(db, path):
                    now = now_ms()
                    if not take_lease(db, holder, now, now + LEASE_MS):
                        return Told(told, "another program is telling the product")
                    lines = read_untold(db, MOST_AT_ONCE)
                if not lines:
                    return Told(told)
                if not (at_once or _is_due(lines, now)):
                    return Told(told, lines[0].error)
                error = run(command, b"".join(encode_removal(line) + b"\n" for line in lines))
                with _written(db, path):
                    _note(db, lines, error, now_ms())
                if error is not None:
                    return Told(told, error)
                told += len(lines)
        finally:
            with _written(db, path):
                give_lease(db, holder)


def _is_due(lines: Sequence[RemovalLine], now_ms: int) -> bool:
    return (lines[0].next_try_ms or 0) <= now_ms


def _note(db: sqlite3.Connection, lines: Sequence[RemovalLine], error: str | None, now_ms: int) -> None:
    handles = [line.id for line in lines]
    if error is None:
        note_told(db, handles, now_ms)
        return
    wait_ms = min(FIRST_WAIT_MS << min(lines[0].attempts, 10), LONGEST_WAIT_MS)
    note_failure(db, handles, error, now_ms + wait_ms)


@contextmanager
def _written(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise translated(error, path) from error


class Teller:
    """Tells the product every few seconds while a program that writes is running anyway."""

    def __init__(self, path: Path, command: Sequence[str], tell: Callable[[str], None]) -> None:
        """tell: takes one line about a failure, once for each new one; called from another thread."""
        self._path = path
        self._command = tuple(command)
        self._tell = tell
        self._said: str | None = None
        self._ended = Event()
        self._thread = Thread(target=self._work, name="removal-teller", daemon=True)

    def __enter__(self) -> Teller:
        if self._command:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._command:
            self._thread.join(COMMAND_S + 5)

    def _work(self) -> None:
        while not self._ended.wait(EVERY_S):
            if not self._path.exists():
                continue
            try:
                failure = tell_product(self._path, self._command).error
            except ParcoursError as error:
                failure = str(error)
            if failure is not None and failure != self._said:
                self._tell(f"removals: {failure}")
            self._said = failure
