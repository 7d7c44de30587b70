"""What server and client agree on: the version, the errors and how a query travels.

Values travel as the JSON that msgspec makes of `backend.model`. An error keeps its class and its sentence,
so a console tells the same of a server as of a file.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from backend import errors
from backend.errors import ParcoursError, QueryError
from backend.query.language import Filter, with_window
from backend.tokens import Token

API = 1
"""Raised when an older client or server could no longer be understood."""
PROGRAM = "parcours"


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What /v1/health says to anybody; it holds no data."""

    program: str = PROGRAM
    version: str
    api: int = API


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why there is no answer. `error` names a class of backend.errors."""

    error: str
    message: str
    column: int | None = None
    """Where a query went wrong."""


Handle = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""No store can be asked for a larger one."""


class RemovalAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a removal; its key is a header."""

    scenario_id: Handle
    contacts: tuple[Handle, ...]
    actor: str
    """Who asks, as the client says."""


class ExplanationsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a question about many contacts."""

    names: tuple[str, ...]
    delivery_id: int | None = None


def actor_of(claimed: str, token: Token) -> str:
    """Who is written down: the name is the client's claim, the token is what was proved."""
    return f"{claimed[:100]} (token {token.id}{' ' + token.name if token.name else ''})"


STATUS: dict[type[ParcoursError], int] = {
    errors.QueryError: 422,
    errors.UsageError: 422,
    errors.NothingFound: 404,
    errors.Refused: 409,
    errors.BadData: 422,
    errors.Unsupported: 501,
    errors.QueryTimedOut: 504,
    errors.SourceUnavailable: 503,
    errors.NoSuchSource: 503,
    errors.SchemaMismatch: 503,
    errors.SourceDamaged: 503,
    errors.CannotWrite: 503,
    errors.WriteFailed: 503,
    errors.AccessRefused: 403,
}
"""The HTTP status of each error; a subclass has its own line or its base's."""

_BY_NAME = {kind.__name__: kind for kind in STATUS}


def problem_of(error: ParcoursError) -> tuple[int, Problem]:
    """The status and body that tell of an error."""
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), errors.SourceUnavailable)
    column = error.column if isinstance(error, QueryError) else None
    return STATUS[kind], Problem(error=kind.__name__, message=str(error), column=column)


def error_of(problem: Problem) -> ParcoursError | None:
    """The error that a body tells of; None where the server names one that this version does not know."""
    kind = _BY_NAME.get(problem.error)
    if kind is None:
        return None
    if kind is QueryError:
        return QueryError(problem.message, problem.column or 0)
    return kind(problem.message)


def query_text(query: Filter) -> str:
    """The query with its times as they are now: "24h" means the same to a server with another clock."""
    if query.start_ms is None and query.end_ms is None:
        return query.text
    return with_window(query, query.start_ms, query.end_ms).text
