"""The door for webhooks: length, proof, then what `webhooks` makes of the body."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, head, post
from litestar.params import FromPath

from backend.errors import CannotWrite, NothingFound, SourceUnavailable
from backend.server.bodies import read_body
from backend.server.feed_settings import ACCOUNT
from backend.server.logins import Denied, address_of, secret_of
from backend.server.routes import PUBLIC, ServiceGiven
from backend.server.service import Service
from backend.server.webhooks import FEEDS, Acknowledged, Feed, TooMany, Webhooks
from backend.tokens import Scope
from backend.wire import Problem

OPT: dict[str, Any] = {"scope": Scope.INGEST, "has_own_proof": True}
RETRY_S = 60


PATH = "/v1/feeds/{feed:str}/{account:str}"


@head(PATH, opt=PUBLIC, summary="Whether a webhook's address is right: Mandrill asks before it sends.")
async def try_feed(feed: FromPath[str], account: FromPath[str]) -> None:
    """200 where there is such a feed; it says nothing of keys, tokens or data."""
    _known(feed, account)


@post(
    PATH,
    opt=OPT,
    status_code=200,
    summary="A product's webhook. 200 means that all of it is stored.",
)
async def take_feed(
    request: Request[Any, Any, Any], service: ServiceGiven, feed: FromPath[str], account: FromPath[str]
) -> Response[Acknowledged] | Response[Problem]:
    """Its proof is the product's signature, and where it has none a token of scope ingest."""
    webhooks = service.webhooks
    assert webhooks is not None
    known = _known(feed, account)
    address = address_of(request.scope, behind_proxy=service.behind_proxy)
    if not known.has_proof:
        await service.logins.check(secret_of(request.scope["headers"]), Scope.INGEST, address)
    try:
        async with read_body(request, service) as body:
            if known.has_proof:
                await _prove(webhooks, service, request, (feed, account), body, address)
            taken = await asyncio.shield(webhooks.take(feed, account, body))
    except TooMany:
        most = service.limits.body_records
        told = f"more than {most} records in one body: nothing of it was stored; send fewer at once"
        return Response(Problem(error="Refused", message=told), status_code=413)
    except (CannotWrite, SourceUnavailable):
        problem = Problem(error="SourceUnavailable", message="it cannot be stored now; send it again")
        return Response(problem, status_code=known.busy_status, headers={"Retry-After": str(RETRY_S)})
    return Response(taken, status_code=200)


def _known(feed: str, account: str) -> Feed:
    """Raises: NothingFound."""
    if feed not in FEEDS or not ACCOUNT.fullmatch(account):
        raise NothingFound(f"there is no such feed; there are: {', '.join(FEEDS)}")
    return FEEDS[feed]


async def _prove(
    webhooks: Webhooks,
    service: Service,
    request: Request[Any, Any, Any],
    feed: tuple[str, str],
    body: bytes,
    address: str,
) -> None:
    """Raises: Denied for a wrong proof, SourceUnavailable where it cannot be checked now."""
    headers = {name.lower(): value for name, value in request.scope["headers"]}
    try:
        is_genuine = await webhooks.is_genuine(*feed, headers, body)
    except (OSError, ValueError) as error:
        raise SourceUnavailable("the sender's certificate cannot be had now") from error
    if not is_genuine and service.logins.is_barred(address):
        raise Denied(429, "too many wrong proofs from this address; try again in a minute")
    if not is_genuine:
        service.logins.failed(address)
        raise Denied(401, "this is not signed as the sender signs")


FEED_ROUTES = (try_feed, take_feed)
