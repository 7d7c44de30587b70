"""Answers without an end, and long ones: rows as they arrive, and a whole log as lines.

A follow is a stream of Server-Sent Events. Each carries as its id the place to go on from, so that a
client that was cut off loses nothing and sees nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath, FromQuery, HeaderParameter
from litestar.response import Stream

from backend.errors import ParcoursError, SourceUnavailable, UsageError
from backend.feeds.own.writing import encode_row
from backend.model import Follow, LogName
from backend.query.language import Filter
from backend.server.limits import Limits
from backend.server.logins import secret_of
from backend.server.routes import READ, Query, ServiceGiven
from backend.server.service import Service
from backend.source import PAGE_LIMIT, Direction
from backend.wire import problem_of

RETRY_MS = 1_000
"""When a client may come back after its stream was ended politely."""
EVENTS, LINES = "text/event-stream", "application/x-ndjson"
HEARTBEAT = b": still here\n\n"

IsLetIn = Callable[[], Awaitable[bool]]


@get(
    "/v1/logs/{log:str}/follow",
    opt=READ,
    media_type=EVENTS,
    summary="Rows as they arrive, as Server-Sent Events.",
)
async def follow(
    request: Request[Any, Any, Any],
    service: ServiceGiven,
    log: FromPath[LogName],
    q: Query = "",
    after: FromQuery[int | None] = None,
    every: FromQuery[bool] = False,
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """Goes on after the Last-Event-ID, else after `after`, else from now. Each event's data is a Follow.

    A flood is passed over but for its newest rows, and counted; every=true: no row is passed over.
    """
    query = service.parse(q, log)
    start = _id(last_event_id) if last_event_id else after
    if start is None:
        start = await service.source.newest_id(log)
    check_room(service)
    secret = secret_of(request.scope["headers"])

    async def is_let_in() -> bool:
        return bool(secret) and await service.logins.find(secret or b"") is not None

    return Stream(events(service, log, query, start, is_let_in, every=every), media_type=EVENTS)


@get(
    "/v1/logs/{log:str}/export",
    opt=READ,
    media_type=LINES,
    summary="A whole log in our own NDJSON, oldest row first.",
)
async def export(service: ServiceGiven, log: FromPath[LogName], q: Query = "") -> Stream:
    """What `parcours ingest` reads. An export that fails half way ends without its last chunk."""
    query = service.parse(q, log)
    check_room(service)
    return Stream(_lines(service, log, query), media_type=LINES)


def check_room(service: Service) -> None:
    """Raises: SourceUnavailable where as many streams run as may."""
    if service.metrics.streams >= service.limits.streams:
        raise SourceUnavailable("too many streams at once; try again later")


async def events(
    service: Service, log: LogName, query: Filter, start: int, is_let_in: IsLetIn, *, every: bool = False
) -> AsyncIterator[bytes]:
    """The stream of one follow, until the server stops or the token ends."""
    async with _counted(service):
        yield f"retry: {RETRY_MS}\nid: {start}\n\n".encode()
        arriving = aiter(service.source.follow(log, query, start, every=every))
        stopping = asyncio.create_task(service.stopping.wait())
        row: asyncio.Task[Follow] | None = None
        try:
            while not stopping.done():
                row = row or asyncio.ensure_future(anext(arriving))
                await asyncio.wait(
                    {row, stopping},
                    timeout=service.limits.heartbeat_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if row.done():
                    found, row = row.result(), None
                    for piece in pieces(found, service.limits):
                        yield piece
                elif not stopping.done():
                    if not await is_let_in():
                        return
                    yield HEARTBEAT
            yield f"retry: {RETRY_MS}\nevent: stopping\ndata: {{}}\n\n".encode()
        except ParcoursError as error:
            _, problem = problem_of(error)
            yield b"event: problem\ndata: " + msgspec.json.encode(problem) + b"\n\n"
        finally:
            stopping.cancel()
            if row is not None:
                row.cancel()
                await asyncio.gather(row, return_exceptions=True)
            close = getattr(arriving, "aclose", None)
            if close is not None:
                await close()


def pieces(found: Follow, limits: Limits) -> Iterator[bytes]:
    """Events of what arrived: several where one would be larger than a client takes."""
    data = msgspec.json.encode(found)
    if len(data) <= limits.page_bytes or len(found.rows) < 2:
        yield b"id: %d\ndata: %s\n\n" % (found.after, data)
        return
    half = len(found.rows) // 2
    first, rest = found.rows[:half], found.rows[half:]
    yield from pieces(Follow(rows=first, after=first[-1].id, skipped=found.skipped), limits)
    yield from pieces(Follow(rows=rest, after=found.after), limits)


async def _lines(service: Service, log: LogName, query: Filter) -> AsyncIterator[bytes]:
    async with _counted(service):
        cursor: str | None = None
        while not service.stopping.is_set():
            page = await service.source.log(log, query, cursor, direction=Direction.NEWER, limit=PAGE_LIMIT)
            if page.rows:
                yield b"".join(msgspec.json.encode(encode_row(row)) + b"\n" for row in page.rows)
            cursor = page.newer
            if cursor is None or not page.has_newer:
                return
        raise SourceUnavailable("the server is stopping")


@asynccontextmanager
async def _counted(service: Service) -> AsyncIterator[None]:
    service.metrics.streams += 1
    try:
        yield
    finally:
        service.metrics.streams -= 1


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise UsageError("Last-Event-ID is no id of this stream")
    return int(text)


STREAMS = (follow, export)
