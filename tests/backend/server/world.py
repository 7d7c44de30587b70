"""A real server on loopback over a small store, with a token of each scope."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from backend.model import EventKind, StepKind
from backend.record import Decoded, Event, Identity, Ref, ScenarioRow
from backend.server.feed_settings import FeedId, FeedSettings
from backend.server.limits import Limits
from backend.server.logins import Logins
from backend.server.measures import Metrics
from backend.server.service import Service
from backend.server.serving import Place, Server, listen, make_server
from backend.server.sns import Certificates
from backend.server.webhooks import Webhooks
from backend.server.writer import Writer
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.token_writing import TokenStore
from backend.sources.sqlite.writing import Store
from backend.tokens import Scope

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z


class Running(msgspec.Struct):
    """A server, and what a test needs of it."""

    address: str
    port: int
    path: Path
    tokens: dict[str, str]
    """One of each scope, by its name."""
    service: Service
    server: Server
    fetched: list[str]
    """Addresses of certificates that were asked for."""
    certificates: dict[str, bytes]
    """What is found at them."""

    def add(self, *records: Any) -> None:
        with Store(self.path, now_ms=lambda: NOW_MS) as store:
            pieces = [Decoded(format="made", raw=b"{}", records=(record,)) for record in records]
            store.add(pieces, format="made", product="brevo")

    def client(self, scope: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.tokens[scope]}"} if scope else {}
        return httpx.AsyncClient(base_url=self.address, headers=headers, trust_env=False, timeout=60)


def sent(number: int, kind: EventKind = EventKind.SENT) -> Event:
    return Event(
        product="brevo",
        account="main",
        key=("event", str(number)),
        at_ms=NOW_MS - 1_000_000 + number,
        kind=kind,
        type=kind,
        identities=(Identity("email", f"user{number}@example.org"),),
        delivery=Ref("d1", name="Mail A"),
    )


def entered(number: int) -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="main",
        key=("row", str(number)),
        at_ms=NOW_MS - 1_000_000 + number,
        kind=StepKind.ENTERED,
        type="entered",
        scenario=Ref("s1", name="Welcome"),
        identities=(Identity("email", f"user{number}@example.org"),),
    )


@asynccontextmanager
async def serving(
    path: Path,
    *,
    limits: Limits | None = None,
    feeds: dict[FeedId, FeedSettings] | None = None,
    port: int = 0,
    now_ms: Callable[[], int] = lambda: NOW_MS,
) -> AsyncIterator[Running]:
    """A server on the store at a path, which is made where there is none."""
    if not path.exists():
        Store(path, create=True).close()
    with TokenStore(path) as store:
        tokens = {scope.value: store.add("test", frozenset({scope}), now_ms=NOW_MS)[1] for scope in Scope}
    writer = await Writer.open(path, now_ms)
    source = await SqliteSource.open(path, name=path.name, now_ms=now_ms)
    limits = limits or Limits(stop_s=2)
    fetched: list[str] = []
    certificates: dict[str, bytes] = {}

    async def fetch(url: str) -> bytes:
        fetched.append(url)
        return certificates[url]

    metrics = Metrics()
    service = Service(
        source,
        Logins(writer, now_ms=now_ms, monotonic_s=time.monotonic, most_failed=limits.failed_logins),
        version="test",
        webhooks=Webhooks(
            writer, feeds or {}, Certificates(fetch), metrics, now_ms, most_records=limits.body_records
        ),
        limits=limits,
        metrics=metrics,
        now_ms=now_ms,
    )
    place = Place(port=port)
    server = make_server(service, place)
    bound = listen(place)
    task = asyncio.create_task(server.serve([bound]))
    port = bound.getsockname()[1]
    try:
        yield Running(
            address=f"http://127.0.0.1:{port}",
            port=port,
            path=path,
            tokens=tokens,
            service=service,
            server=server,
            fetched=fetched,
            certificates=certificates,
        )
    finally:
        server.should_exit = True
        await task
        await source.close()
        await writer.close()
