"""One server as something to ask: typed answers, those that did not change, and what is asked first."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, TypeVar

import msgspec

from backend.errors import SourceUnavailable
from backend.sources.exchange import Exchange, no_server
from backend.wire import Problem, error_of

T = TypeVar("T")

TAGGED = 32
"""Answers kept to be told "not changed"."""


class Server:
    """A server that is asked questions, one connection or several."""

    def __init__(self, exchange: Exchange, name: str) -> None:
        self.exchange = exchange
        self.is_closed = False
        self.starts: set[asyncio.Task[int]] = set()
        """What was begun before and must be settled before anything else is asked."""
        self._name = name
        self._tagged: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    async def get(self, path: str, params: dict[str, str], headers: dict[str, str]) -> tuple[Any, bytes]:
        """The answer and its body. Raises: SourceError and what the server says."""
        if self.is_closed:
            raise SourceUnavailable(f"{self._name} was closed")
        if self.starts:
            await asyncio.wait(set(self.starts))
        return await self.exchange.get(path, params, headers)

    async def ask(self, path: str, kind: type[T], params: dict[str, str] | None = None) -> T:
        """The answer as a value. Raises: as `get`, SchemaMismatch for what is no such value."""
        response, body = await self.get(path, params or {}, {})
        self.exchange.check_json(response)
        return self.decoded(body, kind)

    async def ask_tagged(self, path: str, kind: Any, params: dict[str, str]) -> tuple[Any, str]:
        """An answer that may be the one from before, and when it was read as the server tells."""
        place = f"{path}?{sorted(params.items())}"
        known = self._tagged.get(place)
        headers = {"If-None-Match": known[0]} if known else {}
        response, body = await self.get(path, params, headers)
        as_of = response.headers.get("parcours-as-of", "")
        if response.status_code == 304 and known:
            return known[1], as_of
        self.exchange.check_json(response)
        answer = self.decoded(body, kind)
        tag = response.headers.get("etag")
        if tag:
            self._tagged[place] = (tag, answer)
            self._tagged.move_to_end(place)
            while len(self._tagged) > TAGGED:
                self._tagged.popitem(last=False)
        return answer, as_of

    def decoded(self, body: bytes, kind: type[T]) -> T:
        """The value of a body. Raises: SchemaMismatch."""
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError) as error:
            raise no_server(self.exchange.address) from error

    def problem(self, data: bytes) -> Exception:
        """The error that a stream tells of."""
        told = error_of(self.decoded(data, Problem))
        return told or SourceUnavailable(f"{self.exchange.address} is in trouble")
