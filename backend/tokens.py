"""Tokens: what a client shows to a server, who may do what with it, and how one is kept.

A token is 32 random bytes as text, so a plain SHA-256 is a safe way to keep it: nobody can guess what
leads to a digest. The token itself is shown once, when it is made.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

import msgspec

from backend.errors import UsageError

PREFIX = "pcr_"
LONGEST = 200
"""Characters that are looked at; no token of ours is longer."""


class Scope(StrEnum):
    """What a token may do. None of them contains another."""

    READ = "read"
    REMOVE = "remove"
    INGEST = "ingest"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is kept."""

    id: int
    name: str
    digest: bytes
    scopes: frozenset[Scope]
    created_ms: int
    expires_ms: int | None = None
    last_used_ms: int | None = None
    revoked_ms: int | None = None

    def is_valid(self, now_ms: int) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


def new_secret(scopes: frozenset[Scope]) -> str:
    """A new token's text; its letters say what it may do, so that a person sees which it is."""
    letters = "".join(scope[0] for scope in sorted(scopes))
    return f"{PREFIX}{letters}_{secrets.token_urlsafe(32)}"


def digest_of(secret: bytes) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(secret[:LONGEST]).digest()


def parse_scopes(text: str) -> frozenset[Scope]:
    """`read,ingest` as scopes. Raises: UsageError that names those that exist."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        scopes = frozenset(Scope(word) for word in words)
    except ValueError as error:
        raise UsageError(f'"{text}": a scope is one of {", ".join(Scope)}') from error
    if not scopes:
        raise UsageError(f"a token needs a scope: {', '.join(Scope)}")
    return scopes
