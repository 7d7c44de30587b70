"""What a person is told where a server answers, but not with what was asked for: one sentence for each way.

What the server says in words is shown only where it is an error of ours; status lines and headers never are.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from backend.errors import AccessRefused, ParcoursError, SchemaMismatch, SourceUnavailable
from backend.wire import Problem, error_of

LONGEST_PROBLEM = 1_000


def refused(address: str, status: int, body: bytes, *, location: str = "", has_token: bool) -> ParcoursError:
    """The error that a status other than 200 and its body tell of.

    location: where a redirect leads. has_token: whether one was sent.
    """
    if 300 <= status < 400:
        return SourceUnavailable(
            f"{address} sends elsewhere ({_host(location)}), which is not followed; "
            "give the address that it leads to"
        )
    told = _told(body)
    if status in (401, 403):
        return _not_let_in(address, status, told, has_token=has_token)
    if status == 429:
        return SourceUnavailable(
            f"{address} is asked too often from here, or with too many wrong tokens; it asks to wait"
        )
    if told is not None:
        return told
    if status in (502, 504):
        return SourceUnavailable(
            f"{address}: the proxy before it cannot reach it (status {status}): stopped, or just starting"
        )
    if status >= 500:
        return SourceUnavailable(f"{address} is in trouble (status {status})")
    if status == 400 and address.startswith("http:"):
        return SchemaMismatch(f"{address} does not take plain http; is it an https address?")
    return SchemaMismatch(
        f"{address} does not know this question (status {status}): it is too old, or something else"
    )


def _told(body: bytes) -> ParcoursError | None:
    """The error of ours that a body tells of; None where it is something else, or too long for a line."""
    try:
        told = error_of(msgspec.json.decode(body, type=Problem))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return told if told is not None and len(str(told)) <= LONGEST_PROBLEM else None


def _not_let_in(address: str, status: int, told: ParcoursError | None, *, has_token: bool) -> ParcoursError:
    if not has_token:
        return AccessRefused(
            f"{address} asks for a token, and none was given; parcours source add --token-file names its file"
        )
    if isinstance(told, AccessRefused):
        return AccessRefused(f"{address}: {told}")
    if status == 401:
        return AccessRefused(f"{address} does not know this token")
    return AccessRefused(f"{address}: this token's scopes do not cover that")


def _host(location: str) -> str:
    """Where a redirect leads: its host only."""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return ascii(host)[1:-1][:100] if host else "nowhere"
