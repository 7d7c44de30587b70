"""HttpSource: a server of ours as a Source. The console sees no difference to a file, but its age.

Reads are asked once; who shows data asks again by itself and says how old the last answer is. A follow
comes back by itself for as long as it takes, and goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from backend.backoff import retry_in_s
from backend.errors import (
    NoSuchSource,
    QueryTimedOut,
    SchemaMismatch,
    SourceUnavailable,
    Unsupported,
    UsageError,
)
from backend.model import (
    Away,
    Capabilities,
    ContactRef,
    Follow,
    Health,
    Histogram,
    LogName,
    Page,
    RejectedRow,
    Report,
    RosterOrder,
    RosterPage,
    StepCount,
    Subject,
    SubjectKind,
    TopValues,
    Window,
)
from backend.query.language import ROSTER, Filter
from backend.removals.removal import RemovalAnswer, RemovalLine
from backend.source import Direction
from backend.sources.address import check_address
from backend.sources.exchange import Exchange, no_server
from backend.sources.server import Server
from backend.wire import API, PROGRAM, ExplanationsAsked, Greeting, RemovalAsked, query_text

if TYPE_CHECKING:
    from backend.explaining.audience import Audience, Members
    from backend.explaining.facts import Facts
    from backend.explaining.verdict import Explained, Verdict
    from backend.record import WorkflowRun
    from backend.reports.alert_counts import AlertCounts
    from backend.reports.drill import Drill

T = TypeVar("T")

WRITE_TRIES = 4
"""How often a removal is sent under its one key before its outcome is called unknown."""
WRITE_WAIT_S = 10.0
"""Where the server asks to be left alone for longer, a person is told so instead."""
READ_ONLY = "servers are read-only here; to change that: allow_removals = true under its name in the settings"
GOES_BY = (SourceUnavailable, QueryTimedOut, NoSuchSource)
"""What a follow waits out."""


class HttpSource:
    """Reads one server. Make it with `HttpSource.open`, which greets the server first."""

    def __init__(self, exchange: Exchange, *, name: str | None = None, may_remove: bool = False) -> None:
        self._server = Server(exchange, name or exchange.address)
        self._may_remove = may_remove
        self._name = name or exchange.address

    @classmethod
    async def open(
        cls,
        address: str,
        token: str | None,
        *,
        ca_file: Path | None = None,
        proxy: str | None = None,
        name: str | None = None,
        may_remove: bool = False,
    ) -> HttpSource:
        """The source at an address, once it has answered to the token.

        Raises: UsageError for an address that may not be used, ConfigError, SourceError.
        """
        exchange = Exchange(
            check_address(address), token, ca_file=ca_file, proxy=proxy, version=metadata.version("parcours")
        )
        source = cls(exchange, name=name, may_remove=may_remove)
        try:
            await source._greet()
            await source.capabilities()
        except BaseException:
            await source.close()
            raise
        return source

    async def _greet(self) -> None:
        greeting = await self._server.ask("/v1/health", Greeting)
        if greeting.program != PROGRAM:
            raise no_server(self._server.exchange.address)
        if greeting.api != API:
            is_older = greeting.api < API
            which, what = ("older", "it") if is_older else ("newer", "parcours here")
            raise SchemaMismatch(
                f"{self._server.exchange.address} is {which} than this program (protocol {greeting.api}, "
                f"here {API}): bring {what} up to date"
            )

    @property
    def name(self) -> str:
        return self._name

    async def capabilities(self) -> Capabilities:
        """The server's for this token; what it allows and the settings here do not, is left out."""
        known = await self._server.ask("/v1/capabilities", Capabilities)
        if not known.may_remove or self._may_remove:
            return known
        reasons = {**known.reasons, "remove": READ_ONLY}
        return msgspec.structs.replace(known, may_remove=False, reasons=reasons)

    async def health(self) -> Health:
        """The server's; `source` and `kind` are ours."""
        health = await self._server.ask("/v1/status", Health)
        return msgspec.structs.replace(
            health, source=self._server.exchange.address, kind=f"server, {health.kind}"
        )

    async def catalog(self, kind: SubjectKind) -> tuple[Subject, ...]:
        answer: tuple[Subject, ...] = (
            await self._server.ask_tagged(f"/v1/catalog/{kind}", tuple[Subject, ...], {})
        )[0]
        return answer

    async def live_report(
        self,
        subject: Subject,
        tab: str,
        window: Window | None = None,
        *,
        include_test: bool = False,
        step_id: int | None = None,
    ) -> Report:
        params = {"include_test": "true"} if include_test else {}
        params |= {} if step_id is None else {"step_id": str(step_id)}
        if window is not None:
            params |= {"start_ms": str(window.start_ms), "end_ms": str(window.end_ms)}
        path = f"/v1/reports/{subject.kind}/{subject.id}/{quote(tab, safe='')}"
        report, as_of = await self._server.ask_tagged(path, Report, params)
        read: Report = report
        return msgspec.structs.replace(read, as_of_ms=int(as_of)) if as_of.isdigit() else read

    async def drill(
        self,
        drill: Drill,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        params = {"number": msgspec.json.encode(drill).decode()}
        return await self._server.ask("/v1/drill", Page, params | _paged(cursor, direction, limit))

    # --- the logs ----------------------------------------------------------------------------------------

    async def log(
        self,
        name: LogName,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        params = _asked(name, query) | _paged(cursor, direction, limit)
        return await self._server.ask(f"/v1/logs/{name}", Page, params)

    async def raw(self, name: LogName, row_id: int) -> bytes | None:
        response, body = await self._server.get(f"/v1/logs/{name}/rows/{row_id}/raw", {}, {})
        return None if response.status_code == 204 else body

    async def newest_id(self, name: LogName) -> int:
        return await self._server.ask(f"/v1/logs/{name}/newest", int)

    def follow(
        self, name: LogName, query: Filter, after: int | None = None, *, every: bool = False
    ) -> AsyncIterator[Follow]:
        """Where it starts is settled at the call, before any later question is asked."""
        asked = _asked(name, query) | ({"every": "true"} if every else {})
        if after is not None:
            return self._follow(name, asked, after)
        start = asyncio.create_task(self._newest(name))
        self._server.starts.add(start)
        start.add_done_callback(self._started)
        return self._follow(name, asked, start)

    def _started(self, start: asyncio.Task[int]) -> None:
        """What went wrong is told to who asks for the first row; nobody need ask."""
        self._server.starts.discard(start)
        if not start.cancelled():
            start.exception()

    async def _newest(self, name: LogName) -> int:
        _, body = await self._server.exchange.get(f"/v1/logs/{name}/newest", {}, {})
        return self._server.decoded(body, int)

    async def _follow(
        self, name: LogName, asked: dict[str, str], start: int | asyncio.Task[int]
    ) -> AsyncIterator[Follow]:
        after = start if isinstance(start, int) else await start
        failures = 0
        while not self._server.is_closed:
            asked_s: float | None = None
            try:
                async for found in self._stream(name, asked, after):
                    is_back, failures, after = failures > 0, 0, found.after
                    if found.rows or found.skipped or is_back:
                        yield found
            except GOES_BY as error:
                failures += 1
                asked_s = error.retry_after_s
                yield Away(rows=(), after=after, reason=str(error))
            await asyncio.sleep(retry_in_s(failures, asked_s))
        raise SourceUnavailable(f"{self._name} was closed")

    async def _stream(self, name: LogName, asked: dict[str, str], after: int) -> AsyncIterator[Follow]:
        """The events of one connection. Raises: what the server says, SourceUnavailable when it ends."""
        path = f"/v1/logs/{name}/follow"
        async with self._server.exchange.stream(path, asked, {"Last-Event-ID": str(after)}) as lines:
            yield Follow(rows=(), after=after)  # it is connected
            event, data = b"", b""
            async for line in lines:
                field, _, value = line.partition(b":")
                if field == b"event":
                    event = value.strip()
                elif field == b"data":
                    data += value
                elif not line:
                    if event == b"problem":
                        raise self._server.problem(data)
                    if event == b"stopping":
                        return
                    if data:
                        yield self._server.decoded(data, Follow)
                    event, data = b"", b""

    async def histogram(self, name: LogName, query: Filter, buckets: int) -> Histogram:
        params = _asked(name, query) | {"buckets": str(buckets)}
        return await self._server.ask(f"/v1/logs/{name}/histogram", Histogram, params)

    async def top_values(self, name: LogName, query: Filter, field: str, limit: int = 10) -> TopValues:
        params = _asked(name, query) | {"field": field, "limit": str(limit)}
        return await self._server.ask(f"/v1/logs/{name}/top", TopValues, params)

    # --- people ------------------------------------------------------------------------------------------

    async def roster(
        self,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.NEWER,
        limit: int = 100,
        order: RosterOrder = RosterOrder.ENTERED,
    ) -> RosterPage:
        params = _asked(ROSTER, query) | _paged(cursor, direction, limit) | {"order": order}
        return await self._server.ask("/v1/roster", RosterPage, params)

    async def steps_inside(self, scenario_id: int | None = None) -> tuple[StepCount, ...]:
        params = {} if scenario_id is None else {"scenario_id": str(scenario_id)}
        return await self._server.ask("/v1/steps-inside", tuple[StepCount, ...], params)

    async def remove(
        self, scenario_id: int, contacts: Sequence[int], *, key: str, actor: str
    ) -> RemovalAnswer:
        """Sent again with its key while the answer is lost, some times."""
        if not self._may_remove:
            raise Unsupported(READ_ONLY)
        asked = RemovalAsked(scenario_id=scenario_id, contacts=tuple(contacts), actor=actor)
        headers = {"Idempotency-Key": quote(key, safe=""), "Content-Type": "application/json"}
        if self._server.is_closed:
            raise SourceUnavailable(f"{self._name} was closed")
        failures = 0
        while True:
            try:
                response, body = await self._server.exchange.post(
                    "/v1/removals", msgspec.json.encode(asked), headers
                )
            except GOES_BY as error:
                failures += 1
                asked_s = error.retry_after_s
                if failures == WRITE_TRIES or (asked_s or 0.0) > WRITE_WAIT_S:
                    raise SourceUnavailable(
                        f"{error}; whether the contacts were removed is not known"
                    ) from error
                await asyncio.sleep(retry_in_s(failures, asked_s))
            else:
                self._server.exchange.check_json(response)
                return self._server.decoded(body, RemovalAnswer)

    async def removal(self, key: str) -> RemovalAnswer | None:
        response, body = await self._server.get("/v1/removals/by-key", {"key": key}, {})
        self._server.exchange.check_json(response)
        return None if body == b"null" else self._server.decoded(body, RemovalAnswer)

    async def removals(self, after: int = 0, limit: int = 100) -> tuple[RemovalLine, ...]:
        params = {"after": str(after), "limit": str(limit)}
        return await self._server.ask("/v1/removals", tuple[RemovalLine, ...], params)

    async def find_contacts(self, text: str, limit: int = 20) -> tuple[ContactRef, ...]:
        return await self._server.ask(
            "/v1/contacts", tuple[ContactRef, ...], {"text": text, "limit": str(limit)}
        )

    async def contact(self, contact_id: int) -> ContactRef:
        return await self._server.ask(f"/v1/contacts/{contact_id}", ContactRef)

    async def trace(
        self,
        contact_id: int,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 200,
    ) -> Page:
        return await self._server.ask(
            f"/v1/contacts/{contact_id}/trace", Page, _paged(cursor, direction, limit)
        )

    async def facts(self, contact_id: int, delivery: Subject | None = None) -> Facts:
        from backend.explaining.facts import Facts  # only who asks why pays for it

        return await self._server.ask(f"/v1/contacts/{contact_id}/facts", Facts, _about(delivery))

    async def explain(self, contact_id: int, delivery: Subject | None = None) -> Verdict:
        from backend.explaining.verdict import Verdict

        return await self._server.ask(f"/v1/contacts/{contact_id}/explain", Verdict, _about(delivery))

    async def explain_all(
        self, names: Sequence[str], delivery: Subject | None = None
    ) -> tuple[Explained, ...]:
        """Asked once: it changes nothing, and a body takes more names than an address."""
        from backend.explaining.verdict import Explained

        asked = ExplanationsAsked(names=tuple(names), delivery_id=delivery.id if delivery else None)
        headers = {"Content-Type": "application/json"}
        if self._server.is_closed:
            raise SourceUnavailable(f"{self._name} was closed")
        response, body = await self._server.exchange.post(
            "/v1/explanations", msgspec.json.encode(asked), headers
        )
        self._server.exchange.check_json(response)
        return self._server.decoded(body, tuple[Explained, ...])

    async def audience(self, delivery: Subject) -> Audience:
        from backend.explaining.audience import Audience

        return await self._server.ask(f"/v1/audiences/{delivery.id}", Audience)

    async def audience_rows(
        self,
        delivery: Subject,
        members: Members,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        params = {"members": msgspec.json.encode(members).decode()} | _paged(cursor, direction, limit)
        return await self._server.ask(f"/v1/audiences/{delivery.id}/rows", Page, params)

    async def delivery_report(
        self,
        delivery: Subject,
        tab: str,
        *,
        view: str = "label",
        period_ms: int | None = None,
        include_test: bool = False,
    ) -> Report:
        params = {"view": view} | ({} if period_ms is None else {"period_ms": str(period_ms)})
        if include_test:
            params["include_test"] = "true"
        path = f"/v1/deliveries/{delivery.id}/reports/{quote(tab, safe='')}"
        return await self._server.ask(path, Report, params)

    async def alert_counts(self) -> AlertCounts:
        from backend.reports.alert_counts import AlertCounts

        return await self._server.ask("/v1/alert-counts", AlertCounts)

    async def workflow_runs(self, limit: int = 100) -> tuple[WorkflowRun, ...]:
        from backend.record import WorkflowRun

        return await self._server.ask("/v1/workflow-runs", tuple[WorkflowRun, ...], {"limit": str(limit)})

    async def rejected(
        self, after: int = 0, limit: int = 100, *, direction: Direction = Direction.NEWER
    ) -> tuple[RejectedRow, ...]:
        params = {"after": str(after), "limit": str(limit), "direction": direction.value}
        return await self._server.ask("/v1/rejected", tuple[RejectedRow, ...], params)

    async def close(self) -> None:
        self._server.is_closed = True
        for start in list(self._server.starts):
            start.cancel()
        await self._server.exchange.close()


def _asked(name: str, query: Filter) -> dict[str, str]:
    if query.log != name:
        raise UsageError(f"this query is for the {query.log} log, not for {name}")
    text = query_text(query)
    return {"q": text} if text else {}


def _about(delivery: Subject | None) -> dict[str, str]:
    return {} if delivery is None else {"delivery_id": str(delivery.id)}


def _paged(cursor: str | None, direction: Direction, limit: int) -> dict[str, str]:
    params = {"direction": direction.value, "limit": str(limit)}
    return params | {"cursor": cursor} if cursor is not None else params
