"""The tokens of a store's server: made, listed, revoked, and looked up by their digest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from backend.errors import NothingFound, ParcoursError
from backend.sources.sqlite.migrating import open_writer, translated
from backend.sources.sqlite.schema import SERVER_TABLES
from backend.tokens import Scope, Token, digest_of, new_secret

COLUMNS = "id, name, digest, scopes, created_ms, expires_ms, last_used_ms, revoked_ms"
MISSING = "SELECT count(*) < 2 FROM sqlite_schema WHERE type = 'table' AND name IN ('token', 'proof_seen')"
REPLAY_MS = 24 * 3_600_000
"""How long a sender's one-time token is remembered."""


class TokenStore:
    """The table of tokens of one store, for one thread."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """A store that was made before there were tokens gets their tables.

        Raises: NoSuchSource, SchemaMismatch, CannotWrite, SourceUnavailable.
        """
        self._path = path
        self._db = open_writer(path, create=create)
        try:
            with self._border():
                if self._db.execute(MISSING).fetchone()[0]:
                    self._db.executescript(f"BEGIN IMMEDIATE;{SERVER_TABLES}COMMIT;")
        except ParcoursError:
            self._db.close()
            raise

    def __enter__(self) -> TokenStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def add(
        self, name: str, scopes: frozenset[Scope], *, now_ms: int, expires_ms: int | None = None
    ) -> tuple[Token, str]:
        """A new token and its text, which is kept nowhere."""
        secret = new_secret(scopes)
        words = ",".join(sorted(scopes))
        values = (name, digest_of(secret.encode()), words, now_ms, expires_ms)
        with self._border():
            row = self._db.execute(
                "INSERT INTO token(name, digest, scopes, created_ms, expires_ms) VALUES(?,?,?,?,?) "
                f"RETURNING {COLUMNS}",
                values,
            ).fetchone()
        return _token(row), secret

    def all(self) -> tuple[Token, ...]:
        """Every token, revoked ones too, in the order they were made."""
        with self._border():
            rows = self._db.execute(f"SELECT {COLUMNS} FROM token ORDER BY id").fetchall()
        return tuple(_token(row) for row in rows)

    def revoke(self, token_id: int, now_ms: int) -> None:
        """It is not valid any more. Raises: NothingFound."""
        sql = "UPDATE token SET revoked_ms = coalesce(revoked_ms, ?) WHERE id = ?"
        with self._border():
            if not self._db.execute(sql, (now_ms, token_id)).rowcount:
                raise NothingFound(f"there is no token {token_id}; parcours token list names them")

    def used(self, token_id: int, now_ms: int) -> None:
        """Keep when it was last used."""
        with self._border():
            self._db.execute("UPDATE token SET last_used_ms = ? WHERE id = ?", (now_ms, token_id))

    def seen(self, proof: bytes, body: bytes, now_ms: int) -> bool:
        """Keep that a one-time proof came with a body; False where it came with another one before."""
        with self._border():
            self._db.execute("DELETE FROM proof_seen WHERE at_ms < ?", (now_ms - REPLAY_MS,))
            self._db.execute(
                "INSERT OR IGNORE INTO proof_seen(proof, body, at_ms) VALUES(?,?,?)",
                (digest_of(proof), body, now_ms),
            )
            row = self._db.execute(
                "SELECT body FROM proof_seen WHERE proof = ?", (digest_of(proof),)
            ).fetchone()
        return bool(row[0] == body)

    @contextmanager
    def _border(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self._path) from error


def _token(row: tuple[object, ...]) -> Token:
    token_id, name, digest, scopes, created_ms, expires_ms, last_used_ms, revoked_ms = row
    assert isinstance(token_id, int) and isinstance(digest, bytes) and isinstance(created_ms, int)
    return Token(
        id=token_id,
        name=str(name),
        digest=digest,
        scopes=frozenset(Scope(word) for word in str(scopes).split(",")),
        created_ms=created_ms,
        expires_ms=expires_ms if isinstance(expires_ms, int) else None,
        last_used_ms=last_used_ms if isinstance(last_used_ms, int) else None,
        revoked_ms=revoked_ms if isinstance(revoked_ms, int) else None,
    )
