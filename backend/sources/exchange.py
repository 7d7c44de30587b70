"""One question to a server and its answer, whatever the server is: bounded in time and in size.

The token goes to the configured address and nowhere else: no redirect is followed, no proxy is taken from
the environment, certificates are always verified. What the server says in words is shown only where it is
an error of ours; status lines and headers never are.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from backend.errors import (
    QueryTimedOut,
    SchemaMismatch,
    SourceError,
    SourceUnavailable,
)
from backend.sources.address import check_proxy
from backend.sources.refusing import refused
from backend.sources.trust import trusted
from backend.sources.unreached import CUT_OFF, translated

TOTAL_S = 12.0
"""For a whole exchange: a report has 10 s on the server."""
CONNECT_S = 5.0
SILENCE_S = 40.0
"""A stream that says nothing for longer is dead: the server gives a sign of life every 15 s."""
MOST_BYTES = 8_000_000
"""Of an answer, or of one line of a stream, unpacked."""
STEP_BYTES = 65_536

Params = Mapping[str, str]


class Exchange:
    """A client of one server. Connections are used again."""

    def __init__(
        self,
        address: str,
        token: str | None,
        *,
        ca_file: Path | None = None,
        proxy: str | None = None,
        version: str = "",
        total_s: float = TOTAL_S,
    ) -> None:
        self.address = address
        self.total_s = total_s
        self._has_token = token is not None
        self._proxy = None if proxy is None else check_proxy(proxy)
        headers = {"Accept-Encoding": "gzip", "User-Agent": f"parcours/{version}"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.AsyncClient(
            headers=headers,
            verify=trusted(ca_file),
            follow_redirects=False,
            trust_env=False,
            proxy=self._proxy,
            timeout=httpx.Timeout(total_s, connect=CONNECT_S),
        )

    async def get(self, path: str, params: Params, headers: Params) -> tuple[httpx.Response, bytes]:
        """The answer and its whole body. Raises: SourceError and what the server says."""
        return await self._whole(self._request(path, params, headers))

    async def post(self, path: str, body: bytes, headers: Params) -> tuple[httpx.Response, bytes]:
        """As `get`. After a SourceUnavailable or QueryTimedOut the server may have done it."""
        request = self._client.build_request("POST", self.address + path, content=body, headers=headers)
        return await self._whole(request)

    async def _whole(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        until_s = asyncio.get_running_loop().time() + self.total_s
        async with (
            self._opened(request) as response,
            self._until(until_s, "began to answer and was not done"),
        ):
            body = b"".join([piece async for piece in self._unpacked(response, MOST_BYTES)])
        self._check(response, body)
        return response, body

    @asynccontextmanager
    async def _until(self, until_s: float, did: str) -> AsyncIterator[None]:
        """Raises QueryTimedOut at a time of the loop. did: what the server has done by then."""
        try:
            async with asyncio.timeout_at(until_s):
                yield
        except TimeoutError as error:
            raise QueryTimedOut(f"{self.address} {did} in {self.total_s:g} s") from error

    @asynccontextmanager
    async def stream(self, path: str, params: Params, headers: Params) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of an answer without an end. May be read by another task than the one that opened it.

        Raises: as `get`.
        """
        request = self._request(path, params, headers)
        request.extensions["timeout"] = httpx.Timeout(SILENCE_S, connect=CONNECT_S).as_dict()
        async with self._opened(request) as response:
            if response.status_code != 200:
                pieces = self._unpacked(response, MOST_BYTES)
                self._check(response, b"".join([piece async for piece in pieces]))
            self._check_type(response, "text/event-stream")
            yield self._lines(response)

    async def _lines(self, response: httpx.Response) -> AsyncIterator[bytes]:
        rest = b""
        last_s = time.monotonic()
        async for piece in self._unpacked(response, None):
            *lines, rest = (rest + piece).split(b"\n")
            now_s = time.monotonic()
            if len(rest) > MOST_BYTES or (not lines and now_s - last_s > SILENCE_S):
                raise SourceUnavailable(f"{self.address} sent a line without an end; it is given up")
            last_s = now_s if lines else last_s
            for line in lines:
                yield line.removesuffix(b"\r")
        raise SourceUnavailable(f"{self.address} ended the stream")

    async def close(self) -> None:
        await self._client.aclose()

    def _request(self, path: str, params: Params, headers: Params) -> httpx.Request:
        return self._client.build_request("GET", self.address + path, params=params, headers=headers)

    @asynccontextmanager
    async def _opened(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        has_begun = False
        until_s = asyncio.get_running_loop().time() + self.total_s
        try:
            async with self._until(until_s, "did not answer"):
                response = await self._client.send(request, stream=True)
            has_begun = True
            try:
                yield response
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise translated(
                error, self.address, has_begun=has_begun, connect_s=CONNECT_S, proxy=self._proxy
            ) from error

    async def _unpacked(self, response: httpx.Response, most: int | None) -> AsyncIterator[bytes]:
        """The body, unpacked in small steps. most: bytes; None: any number, as a stream has."""
        declared = response.headers.get("content-length", "")
        if most is not None and declared.isdigit() and int(declared) > most:
            raise self._too_large(most)
        packing = response.headers.get("content-encoding", "").strip().lower()
        if packing not in ("", "identity", "gzip"):
            raise no_server(self.address)
        unzip = zlib.decompressobj(31) if packing == "gzip" else None
        total = 0
        try:
            async for chunk in response.aiter_raw():
                for piece in _steps(unzip, chunk):
                    total += len(piece)
                    if most is not None and total > most:
                        raise self._too_large(most)
                    yield piece
        except zlib.error as error:
            raise SourceUnavailable(f"{self.address}: the answer is damaged") from error
        if unzip is not None and not unzip.eof:
            raise SourceUnavailable(f"{self.address}: {CUT_OFF}")

    def _too_large(self, most: int) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.address}: the answer is larger than {most // 1_000_000} MB; it is given up"
        )

    def _check(self, response: httpx.Response, body: bytes) -> None:
        """Whether this is an answer. Raises: what it says instead."""
        status = response.status_code
        if status in (200, 204, 304):
            return
        location = response.headers.get("location", "")
        error = refused(self.address, status, body, location=location, has_token=self._has_token)
        if isinstance(error, SourceUnavailable):
            error.retry_after_s = retry_after_s(response.headers)
        raise error

    def _check_type(self, response: httpx.Response, wanted: str) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/html":
            raise SchemaMismatch(
                f"{self.address} answers with a web page: another site, or a page to sign in to the network"
            )
        if kind != wanted:
            raise no_server(self.address)

    def check_json(self, response: httpx.Response) -> None:
        """Raises SchemaMismatch for what is no JSON, such as the page of a portal."""
        self._check_type(response, "application/json")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long an answer asks to be left alone: seconds, or a date, which its own clock is asked for."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        until = parsedate_to_datetime(told)
        return max(0.0, (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def no_server(address: str) -> SourceError:
    """What answers there is something else."""
    return SchemaMismatch(f"{address} answers, but not as a parcours server does")


def _steps(unzip: Any, chunk: bytes) -> Any:
    """A chunk as pieces of at most STEP_BYTES."""
    if unzip is None:
        yield chunk
        return
    while chunk and not unzip.eof:
        yield unzip.decompress(chunk, STEP_BYTES)
        chunk = unzip.unconsumed_tail
