"""The key of a log row: 64 bits made from what identifies the fact, the same in every process and store.

Keys are scoped by product and account. Parts are joined by NUL, which cannot stand inside one (intake
replaces it), so ("ab", "c") and ("a", "bc") differ. Two facts of one millisecond share a key by chance
once in about 10^19 pairs.
"""

from __future__ import annotations

from hashlib import blake2b

from backend.key_text import parse_key

GIVEN = "#"
"""First part of a key whose second part is the hash itself in 16 hex digits: a row that comes back."""


def key_hash(product: str, account: str, key: tuple[str, ...]) -> int:
    """The signed 64-bit hash of a key. Raises DecodeError for a given hash that is not 16 hex digits."""
    if len(key) == 2 and key[0] == GIVEN:
        return parse_key(key[1])
    digest = blake2b("\0".join((product, account, *key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def once_hash(product: str, account: str, once: tuple[str, ...]) -> int | None:
    """The hash of what makes scenario rows count once together (R08); None where nothing does."""
    if not once:
        return None
    return key_hash(product, account, once if once[0] == GIVEN else ("once", *once))
