"""The way in and out of every request, around the whole application.

In: how many at once. Out: packing, headers, "not changed", a client that does not take what it is sent;
and what is measured. Nothing a stranger wrote is logged: routes by their pattern, never the path or query.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.server.limits import Limits
from backend.server.measures import Metrics

LOG = logging.getLogger("parcours.server")
PACKED_FROM_BYTES = 1_024
PACKED_ASIDE_BYTES = 262_144
"""Larger answers are packed in a thread: it takes over a millisecond."""
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._limits = limits
        self._metrics = metrics
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        out = _Answer(scope, send, self._limits)
        started_s = time.monotonic()
        headers = {name.lower(): value for name, value in scope["headers"]}
        if b"content-length" in headers and b"transfer-encoding" in headers:
            await out.refuse(400, b"give either Content-Length or Transfer-Encoding")
        elif scope["method"] in ("GET", "HEAD") and _has_body(headers):
            await out.refuse(400, b"a question has no body")
        elif self._running - self._metrics.streams >= self._limits.requests:
            await out.refuse(503, b"too many requests at once", retry_s=1)
        else:
            self._running += 1
            try:
                await self._app(scope, receive, out)
            except TimeoutError:
                LOG.info("a client took too long to take its answer")
                raise
            finally:
                self._running -= 1
        took_s = time.monotonic() - started_s
        handler = scope.get("route_handler")
        route = next(iter(sorted(handler.paths)), "?") if handler is not None else "?"
        self._metrics.answered(route, out.status, took_s)
        LOG.info("%s %s %d %.1f ms", scope["method"], route, out.status, took_s * 1000)


class _Answer:
    """`send` of one request."""

    def __init__(self, scope: Scope, send: Send, limits: Limits) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        self._takes_gzip = b"gzip" in headers.get(b"accept-encoding", b"")
        self._known_tag = headers.get(b"if-none-match")
        self._send = send
        self._limits = limits
        self._start: MutableMapping[str, Any] | None = None
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = dict(message)
            self.status = message["status"]
            return
        start, self._start = self._start, None
        if start is None:
            await self._pass(message)
        elif message.get("more_body"):
            await self._begin(start, [])
            await self._pass(message)
        else:
            body = message.get("body", b"")
            assert isinstance(body, bytes)
            await self._whole(start, body)

    async def refuse(self, status: int, message: bytes, *, retry_s: int | None = None) -> None:
        """Answer without asking the application."""
        self.status = status
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        if retry_s is not None:
            headers.append((b"retry-after", str(retry_s).encode()))
        body = b'{"error":"SourceUnavailable","message":"' + message + b'"}'
        await self._whole({"type": "http.response.start", "status": status, "headers": headers}, body)

    async def _whole(self, start: MutableMapping[str, Any], body: bytes) -> None:
        headers = {name.lower(): value for name, value in start["headers"]}
        tag = headers.get(b"etag")
        extra: list[tuple[bytes, bytes]] = []
        if tag is not None and tag == self._known_tag and start["status"] == 200:
            self.status = start["status"] = 304
            body = b""
        elif len(body) >= PACKED_FROM_BYTES and self._takes_gzip:
            is_large = len(body) >= PACKED_ASIDE_BYTES
            body = await asyncio.to_thread(_pack, body) if is_large else _pack(body)
            extra.append((b"content-encoding", b"gzip"))
        extra += [(b"vary", b"accept-encoding"), (b"content-length", str(len(body)).encode())]
        start["headers"] = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
        await self._begin(start, extra)
        await self._pass({"type": "http.response.body", "body": body, "more_body": False})

    async def _begin(self, start: MutableMapping[str, Any], extra: list[tuple[bytes, bytes]]) -> None:
        start["headers"] = [*start["headers"], *extra, *HEADERS]
        await self._pass(start)

    async def _pass(self, message: Any) -> None:
        async with asyncio.timeout(self._limits.send_s):
            await self._send(message)


def _has_body(headers: Mapping[bytes, bytes]) -> bool:
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=4, mtime=0)
