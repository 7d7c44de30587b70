"""Removals over HTTP: once for each Idempotency-Key, whatever becomes of the connection."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from litestar import Request, get, post
from litestar.params import FromQuery, HeaderParameter

from backend.errors import UsageError
from backend.removals.removal import RemovalAnswer, RemovalLine
from backend.server.bodies import read_body
from backend.server.routes import READ, Limit, ServiceGiven, fitting
from backend.tokens import Scope, Token
from backend.wire import RemovalAsked, actor_of

REMOVE: dict[str, Any] = {"scope": Scope.REMOVE}


@post(
    "/v1/removals",
    opt=REMOVE,
    status_code=200,
    summary="Take 1 to 50 contacts out of a scenario, all or none.",
)
async def remove(
    request: Request[Any, Any, Any],
    service: ServiceGiven,
    key: Annotated[str, HeaderParameter(name="Idempotency-Key")],
) -> RemovalAnswer:
    """The body is {"scenario_id": 1, "contacts": [7, 8], "actor": "ada"}. Sent again with the same key it
    gives the same answer and does nothing; a key beyond ASCII is percent-encoded. What was begun is
    finished, also when the client has gone."""
    token: Token = request.state.token
    async with read_body(request, service) as body:
        try:
            asked = msgspec.json.decode(body, type=RemovalAsked)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise UsageError("the body of a removal names scenario_id, contacts and actor") from error
    removing = service.source.remove(
        asked.scenario_id, asked.contacts, key=unquote(key), actor=actor_of(asked.actor, token)
    )
    return await asyncio.shield(asyncio.ensure_future(removing))


@get("/v1/removals/by-key", opt=READ, summary="What the removal of a key did; null: it did not happen.")
async def removal(service: ServiceGiven, key: FromQuery[str]) -> RemovalAnswer | None:
    return await service.source.removal(key)


@get("/v1/removals", opt=READ, summary="Each removed contact and whether the product knows.")
async def removals(
    service: ServiceGiven, after: FromQuery[int] = 0, limit: Limit = 100
) -> tuple[RemovalLine, ...]:
    async def ask(most: int) -> tuple[RemovalLine, ...]:
        return await service.source.removals(after, most)

    return await fitting(ask, limit, service.limits)


REMOVAL_ROUTES = (remove, removal, removals)
