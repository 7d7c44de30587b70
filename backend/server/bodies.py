"""A request's body, under the limits of size and time, and of all bodies together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException

from backend.errors import SourceUnavailable
from backend.server.service import Service

CLOSE = {"Connection": "close"}


@asynccontextmanager
async def read_body(request: Request[Any, Any, Any], service: Service) -> AsyncIterator[bytes]:
    """The whole body; its room is given back at the end.

    Raises: HTTPException 413 and 408, SourceUnavailable where too much is being received at once.
    """
    limits = service.limits
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limits.body_bytes:
        raise HTTPException(status_code=413, headers=CLOSE)
    taken = 0
    try:
        parts: list[bytes] = []
        more = True
        try:
            async with asyncio.timeout(limits.body_s):
                while more:
                    message: Any = await request.receive()
                    if message["type"] == "http.disconnect":
                        raise HTTPException(status_code=400, headers=CLOSE)
                    part: bytes = message.get("body", b"")
                    more = message.get("more_body", False)
                    parts.append(part)
                    taken += len(part)
                    service.buffered_bytes += len(part)
                    if taken > limits.body_bytes:
                        raise HTTPException(status_code=413, headers=CLOSE)
                    if service.buffered_bytes > limits.buffered_bytes:
                        raise SourceUnavailable("too much is being sent at once")
        except TimeoutError as error:
            raise HTTPException(status_code=408, headers=CLOSE) from error
        yield b"".join(parts)
    finally:
        service.buffered_bytes -= taken
