"""Tokens of a store: made, kept as digests, in stores of any age."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from backend.sources.sqlite.token_writing import REPLAY_MS, TokenStore
from backend.sources.sqlite.writing import Store
from backend.tokens import Scope, digest_of

NOW_MS = 1_773_144_000_000
READ = frozenset({Scope.READ})


def test_a_store_that_was_made_before_there_were_tokens_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    Store(path, create=True).close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE token; DROP TABLE proof_seen")
    with TokenStore(path) as store:
        made, secret = store.add("team", READ, now_ms=NOW_MS)
    with TokenStore(path) as store:
        (kept,) = store.all()
        assert kept == made and kept.digest == digest_of(secret.encode())
        assert store.seen(b"proof", b"body", NOW_MS)


def test_a_proof_comes_with_one_body_for_as_long_as_senders_try_again(tmp_path: Path) -> None:
    with TokenStore(tmp_path / "my.db", create=True) as store:
        assert store.seen(b"proof", b"body", NOW_MS)
        assert store.seen(b"proof", b"body", NOW_MS + 1)
        assert not store.seen(b"proof", b"other", NOW_MS + REPLAY_MS)
        assert store.seen(b"proof", b"other", NOW_MS + REPLAY_MS + 2)
