"""Who asks: the token of a request against those of the store, and what it may do.

Tokens are read again every second, so a revoked one ends soon everywhere, and for one that is not known, so
a new one counts at once. Wrong ones are counted by address, so that nobody tries many; a right one is let in
all the same: nobody finds one by trying, and many people may share an address.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from backend.errors import CannotWrite, SourceUnavailable
from backend.rfc3339 import format_rfc3339
from backend.tokens import LONGEST, Scope, Token, digest_of

LOG = logging.getLogger("parcours.server")
FRESH_S = 1.0
"""How long the tokens that were read are believed."""
MINUTE_S = 60.0
MOST_ADDRESSES = 10_000
USED_EVERY_MS = 60_000
"""A token's last use is kept no more often than this."""


class Tokens(Protocol):
    """What logins need of the store of tokens."""

    async def all(self) -> Sequence[Token]: ...

    async def used(self, token_id: int, now_ms: int) -> None: ...


class Denied(Exception):
    """Not let in. status: 401 no or wrong token, 403 not its scope, 429 too many wrong ones."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Logins:
    """Checks tokens."""

    def __init__(
        self,
        tokens: Tokens,
        *,
        now_ms: Callable[[], int],
        monotonic_s: Callable[[], float],
        most_failed: int,
    ) -> None:
        self._tokens = tokens
        self._now_ms = now_ms
        self._monotonic_s = monotonic_s
        self._most_failed = most_failed
        self._known: Mapping[bytes, Token] = {}
        self._read_s = float("-inf")
        self._failed: dict[str, list[float]] = {}

    async def check(self, secret: bytes | None, scope: Scope, address: str) -> Token:
        """The token that lets a request in. Raises: Denied."""
        is_barred = self.is_barred(address)
        token = await self._held(secret, looks_again=not is_barred) if secret else None
        if is_barred and token is None:
            raise Denied(429, "too many wrong tokens from this address; try again in a minute")
        if not secret:
            raise Denied(401, "a token is needed: Authorization: Bearer TOKEN")
        if token is None:
            self.failed(address)
            raise Denied(401, "this token is not known here")
        if not token.is_valid(self._now_ms()):  # nobody guessed it, so it is not counted as a wrong one
            raise Denied(401, f"this token {_fate(token)}; a new one is needed")
        if scope not in token.scopes:
            raise Denied(403, f"this token may not do that; it needs the scope {scope}")
        if token.last_used_ms is None or self._now_ms() - token.last_used_ms >= USED_EVERY_MS:
            await self._used(token)
        return token

    async def find(self, secret: bytes) -> Token | None:
        """The valid token of that text."""
        token = await self._held(secret)
        return token if token is not None and token.is_valid(self._now_ms()) else None

    async def _held(self, secret: bytes, *, looks_again: bool = True) -> Token | None:
        """The token of that text, valid or not any more. looks_again: in the store, for an unknown one."""
        digest = digest_of(secret)
        is_stale = self._monotonic_s() - self._read_s > FRESH_S
        if is_stale or (looks_again and digest not in self._known):
            found = await self._tokens.all()
            self._known = {token.digest: token for token in found}
            self._read_s = self._monotonic_s()
        token = self._known.get(digest) if len(secret) <= LONGEST else None
        is_it = token is not None and hmac.compare_digest(token.digest, digest)
        return token if is_it else None

    async def _used(self, token: Token) -> None:
        """Remembered here first, so that a burst of requests writes once."""
        import msgspec

        now_ms = self._now_ms()
        self._known = {**self._known, token.digest: msgspec.structs.replace(token, last_used_ms=now_ms)}
        try:
            await self._tokens.used(token.id, now_ms)
        except (CannotWrite, SourceUnavailable):
            LOG.warning("when token %d was last used could not be written", token.id)  # no reason to refuse

    def is_barred(self, address: str) -> bool:
        """Whether the address gave too many wrong tokens in the last minute."""
        since_s = self._monotonic_s() - MINUTE_S
        tries = [at_s for at_s in self._failed.get(address, ()) if at_s > since_s]
        return len(tries) >= self._most_failed

    def failed(self, address: str) -> None:
        """Count a wrong token or proof."""
        now_s = self._monotonic_s()
        recent = [at_s for at_s in self._failed.pop(address, ()) if at_s > now_s - MINUTE_S]
        self._failed[address] = [*recent, now_s][-self._most_failed :]
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.pop(next(iter(self._failed)))


def _fate(token: Token) -> str:
    """Why a token is not valid any more, in words."""
    if token.revoked_ms is not None:
        return "was revoked"
    return f"expired on {format_rfc3339(token.expires_ms or 0)}"


def secret_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The token in Authorization: Bearer, or as the password of Basic; None where there is none.

    Bytes, whatever they are: nothing here decodes what a stranger sent.
    """
    given = [value for name, value in headers if name.lower() == b"authorization"]
    if len(given) != 1:
        return b"?" if given else None
    scheme, _, rest = given[0].strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return rest.strip() or None
    if scheme.lower() == b"basic":
        try:
            user_password = base64.b64decode(rest.strip(), validate=True)
        except (binascii.Error, ValueError):
            return b"?"
        return user_password.partition(b":")[2] or None
    return b"?"


def address_of(scope: Mapping[str, object], *, behind_proxy: bool) -> str:
    """Who is counted for wrong tokens: the peer, or behind a proxy the last address that it added."""
    client = scope.get("client")
    peer = str(client[0]) if isinstance(client, tuple | list) and client else "?"
    if not behind_proxy:
        return peer
    headers = scope.get("headers")
    assert isinstance(headers, list | tuple)
    told = [value for name, value in headers if name.lower() == b"x-forwarded-for"]
    last = told[-1].rpartition(b",")[2].strip() if told else b""
    return last.decode("ascii", "replace")[:64] or peer
