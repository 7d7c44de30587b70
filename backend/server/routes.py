"""The questions of a Source as routes: each handler asks the one Source and gives back what it answers.

Nothing is decided here. Each route says in `opt` which scope of a token it needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation

from backend.errors import NothingFound, UsageError
from backend.explaining.audience import Audience, Members
from backend.explaining.facts import Facts
from backend.explaining.verdict import Explained, Verdict
from backend.model import (
    Capabilities,
    ContactRef,
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
from backend.query.language import ROSTER
from backend.record import WorkflowRun
from backend.reports.alert_counts import AlertCounts
from backend.reports.drill import Drill
from backend.server.bodies import read_body
from backend.server.limits import Limits
from backend.server.service import Service
from backend.source import PAGE_LIMIT, Direction
from backend.tokens import Scope, Token
from backend.wire import ExplanationsAsked, Greeting

READ: dict[str, Any] = {"scope": Scope.READ}
PUBLIC: dict[str, Any] = {"scope": None}
BYTES, FIGURES = "application/octet-stream", "text/plain; version=0.0.4"

ServiceGiven = NamedDependency[SkipValidation[Service]]
Query = Annotated[str, QueryParameter(description="A query in our own words.")]
Cursor = Annotated[str | None, QueryParameter(description="From a page's `older` or `newer`; none: begin.")]
Limit = Annotated[int, QueryParameter(description=f"Rows at most; {PAGE_LIMIT} are the most.")]
Slice = Annotated[str, QueryParameter(description="A slice: backend.explaining.audience.Members as JSON.")]
Number = Annotated[
    str, QueryParameter(description="A number of a report: backend.reports.drill.Drill as JSON.")
]
Name = Annotated[str, QueryParameter(description="A field of the log.")]

T = TypeVar("T")


@get("/v1/health", opt=PUBLIC, summary="Whether it runs, and what it speaks. Needs no token, holds no data.")
async def greet(service: ServiceGiven) -> Greeting:
    return Greeting(version=service.version)


@get("/v1/capabilities", opt=READ, summary="Which questions this source can answer to this token.")
async def capabilities(request: Request[Any, Any, Any], service: ServiceGiven) -> Capabilities:
    known = await service.source.capabilities()
    token: Token = request.state.token
    if not known.may_remove or Scope.REMOVE in token.scopes:
        return known
    reasons = {**known.reasons, "remove": "the token may not remove contacts: it lacks the scope remove"}
    return msgspec.structs.replace(known, may_remove=False, reasons=reasons)


@get("/v1/status", opt=READ, summary="Feeds, sizes, ages and findings.")
async def status(service: ServiceGiven) -> Health:
    """Where the store lies on the server is nobody's business elsewhere: `source` is its name."""
    return msgspec.structs.replace(await service.source.health(), source=service.source.name)


@get("/v1/catalog/{kind:str}", opt=READ, summary="All scenarios, campaigns or deliveries. Has an ETag.")
async def catalog(service: ServiceGiven, kind: FromPath[SubjectKind]) -> Response[tuple[Subject, ...]]:
    found = await service.source.catalog(kind)
    return Response(found, headers={"ETag": etag(found)})


@get("/v1/reports/{kind:str}/{subject_id:int}/{tab:str}", opt=READ, summary="One tab of a live report.")
async def live_report(
    service: ServiceGiven,
    kind: FromPath[SubjectKind],
    subject_id: FromPath[int],
    tab: FromPath[str],
    start_ms: FromQuery[int | None] = None,
    end_ms: FromQuery[int | None] = None,
    include_test: FromQuery[bool] = False,
    step_id: FromQuery[int | None] = None,
) -> Response[Report]:
    """Without start_ms and end_ms: the last 24 hours. The ETag leaves out when it was read, which stands in
    the header Parcours-As-Of."""
    subject = await _subject(service, kind, subject_id)
    window = _window(start_ms, end_ms)
    report = await service.source.live_report(
        subject, tab, window, include_test=include_test, step_id=step_id
    )
    same = msgspec.structs.replace(report, as_of_ms=0)
    return Response(report, headers={"ETag": etag(same), "Parcours-As-Of": str(report.as_of_ms)})


@get("/v1/drill", opt=READ, summary="What a number of a report counts: one row for each of its units.")
async def drill(
    service: ServiceGiven,
    number: Number,
    cursor: Cursor = None,
    direction: FromQuery[Direction] = Direction.OLDER,
    limit: Limit = 100,
) -> Page:
    asked = _decoded(number, Drill, "number")

    async def ask(most: int) -> Page:
        return await service.source.drill(asked, cursor, direction=direction, limit=most)

    return await fitting(ask, limit, service.limits)


@get("/v1/logs/{log:str}", opt=READ, summary="A page of a log, oldest row first.")
async def log_page(
    service: ServiceGiven,
    log: FromPath[LogName],
    q: Query = "",
    cursor: Cursor = None,
    direction: FromQuery[Direction] = Direction.OLDER,
    limit: Limit = 100,
) -> Page:
    query = service.parse(q, log)

    async def ask(most: int) -> Page:
        return await service.source.log(log, query, cursor, direction=direction, limit=most)

    return await fitting(ask, limit, service.limits)


@get("/v1/logs/{log:str}/newest", opt=READ, summary="Id of the newest arrival, to follow from.")
async def newest(service: ServiceGiven, log: FromPath[LogName]) -> int:
    return await service.source.newest_id(log)


@get(
    "/v1/logs/{log:str}/rows/{row_id:int}/raw",
    opt=READ,
    media_type=BYTES,
    summary="A record's bytes as they came.",
)
async def raw(service: ServiceGiven, log: FromPath[LogName], row_id: FromPath[int]) -> Response[bytes]:
    """204 where they were not kept."""
    found = await service.source.raw(log, row_id)
    return Response(found or b"", status_code=204 if found is None else 200, media_type=BYTES)


@get("/v1/logs/{log:str}/histogram", opt=READ, summary="A query's rows over its time.")
async def histogram(
    service: ServiceGiven, log: FromPath[LogName], q: Query = "", buckets: FromQuery[int] = 60
) -> Histogram:
    return await service.source.histogram(log, service.parse(q, log), buckets)


@get("/v1/logs/{log:str}/top", opt=READ, summary="The most frequent values of a field.")
async def top_values(
    service: ServiceGiven, log: FromPath[LogName], field: Name, q: Query = "", limit: Limit = 10
) -> TopValues:
    return await service.source.top_values(log, service.parse(q, log), field, min(limit, PAGE_LIMIT))


@get("/v1/roster", opt=READ, summary="Contacts inside scenarios now, sorted.")
async def roster(
    service: ServiceGiven,
    q: Query = "",
    cursor: Cursor = None,
    direction: FromQuery[Direction] = Direction.NEWER,
    limit: Limit = 100,
    order: FromQuery[RosterOrder] = RosterOrder.ENTERED,
) -> RosterPage:
    query = service.parse(q, ROSTER)

    async def ask(most: int) -> RosterPage:
        return await service.source.roster(query, cursor, direction=direction, limit=most, order=order)

    return await fitting(ask, limit, service.limits)


@get("/v1/steps-inside", opt=READ, summary="How many are inside, by scenario and step.")
async def steps_inside(
    service: ServiceGiven, scenario_id: FromQuery[int | None] = None
) -> tuple[StepCount, ...]:
    return await service.source.steps_inside(scenario_id)


@get("/v1/contacts", opt=READ, summary="Contacts known by a text, or by a part of one.")
async def find_contacts(
    service: ServiceGiven, text: FromQuery[str], limit: Limit = 20
) -> tuple[ContactRef, ...]:
    return await service.source.find_contacts(text, limit)


@get("/v1/contacts/{contact_id:int}", opt=READ, summary="One contact and its identities.")
async def contact(service: ServiceGiven, contact_id: FromPath[int]) -> ContactRef:
    return await service.source.contact(contact_id)


@get("/v1/contacts/{contact_id:int}/trace", opt=READ, summary="Everything that happened to one contact.")
async def trace(
    service: ServiceGiven,
    contact_id: FromPath[int],
    cursor: Cursor = None,
    direction: FromQuery[Direction] = Direction.OLDER,
    limit: Limit = 200,
) -> Page:
    async def ask(most: int) -> Page:
        return await service.source.trace(contact_id, cursor, direction=direction, limit=most)

    return await fitting(ask, limit, service.limits)


@get("/v1/contacts/{contact_id:int}/facts", opt=READ, summary="What is known of a contact, for explaining.")
async def facts(
    service: ServiceGiven, contact_id: FromPath[int], delivery_id: FromQuery[int | None] = None
) -> Facts:
    return await service.source.facts(contact_id, await _delivery(service, delivery_id))


@get("/v1/contacts/{contact_id:int}/explain", opt=READ, summary="Why a contact did (not) receive a delivery.")
async def explain(
    service: ServiceGiven, contact_id: FromPath[int], delivery_id: FromQuery[int | None] = None
) -> Verdict:
    """Without a delivery: what keeps the contact from receiving anything."""
    return await service.source.explain(contact_id, await _delivery(service, delivery_id))


@post(
    "/v1/explanations",
    opt=READ,
    status_code=200,
    summary="Why each of many contacts did (not) receive a delivery. Changes nothing.",
)
async def explain_all(request: Request[Any, Any, Any], service: ServiceGiven) -> tuple[Explained, ...]:
    """The body is {"names": ["ada@example.org"], "delivery_id": 7}, with whole addresses, numbers or ids."""
    async with read_body(request, service) as body:
        asked = _decoded(body, ExplanationsAsked, "explanations")
    return await service.source.explain_all(asked.names, await _delivery(service, asked.delivery_id))


@get(
    "/v1/audiences/{delivery_id:int}", opt=READ, summary="What became of everybody a delivery was meant for."
)
async def audience(service: ServiceGiven, delivery_id: FromPath[int]) -> Audience:
    return await service.source.audience(await _subject(service, SubjectKind.DELIVERY, delivery_id))


@get("/v1/audiences/{delivery_id:int}/rows", opt=READ, summary="Who is in a slice of an audience.")
async def audience_rows(
    service: ServiceGiven,
    delivery_id: FromPath[int],
    members: Slice,
    cursor: Cursor = None,
    direction: FromQuery[Direction] = Direction.OLDER,
    limit: Limit = 100,
) -> Page:
    asked = _decoded(members, Members, "members")
    delivery = await _subject(service, SubjectKind.DELIVERY, delivery_id)

    async def ask(most: int) -> Page:
        return await service.source.audience_rows(delivery, asked, cursor, direction=direction, limit=most)

    return await fitting(ask, limit, service.limits)


@get(
    "/v1/deliveries/{delivery_id:int}/reports/{tab:str}",
    opt=READ,
    summary="One tab of a delivery's tracking.",
)
async def delivery_report(
    service: ServiceGiven,
    delivery_id: FromPath[int],
    tab: FromPath[str],
    view: FromQuery[str] = "label",
    period_ms: FromQuery[int | None] = None,
    include_test: FromQuery[bool] = False,
) -> Report:
    """view: label, url or category. period_ms: only reactions within so long after the sending."""
    delivery = await _subject(service, SubjectKind.DELIVERY, delivery_id)
    return await service.source.delivery_report(
        delivery, tab, view=view, period_ms=period_ms, include_test=include_test
    )


@get("/v1/alert-counts", opt=READ, summary="What alerts look at, of all live scenarios and campaigns.")
async def alert_counts(service: ServiceGiven) -> AlertCounts:
    return await service.source.alert_counts()


@get("/v1/workflow-runs", opt=READ, summary="Runs of technical workflows, the latest first.")
async def workflow_runs(service: ServiceGiven, limit: Limit = 100) -> tuple[WorkflowRun, ...]:
    return await service.source.workflow_runs(limit)


@get("/v1/rejected", opt=READ, summary="Records that were set aside, in the order they came or back.")
async def rejected(
    service: ServiceGiven,
    after: FromQuery[int] = 0,
    direction: FromQuery[Direction] = Direction.NEWER,
    limit: Limit = 100,
) -> tuple[RejectedRow, ...]:
    async def ask(most: int) -> tuple[RejectedRow, ...]:
        return await service.source.rejected(after, most, direction=direction)

    return await fitting(ask, limit, service.limits)


@get("/metrics", opt=READ, media_type=FIGURES, summary="Figures of the server, for Prometheus.")
async def metrics(service: ServiceGiven) -> Response[str]:
    health = await service.source.health()
    return Response(service.metrics.text(health), media_type=FIGURES)


ROUTES = (
    *(greet, capabilities, status, catalog, live_report, drill, log_page, newest, raw, histogram, top_values),
    *(roster, steps_inside, find_contacts, contact, trace, facts, explain, audience),
    *(explain_all, audience_rows),
    *(delivery_report, alert_counts, workflow_runs, rejected, metrics),
)


def etag(value: object) -> str:
    """A strong-enough tag of what an answer says."""
    return f'W/"{hashlib.blake2b(msgspec.json.encode(value), digest_size=12).hexdigest()}"'


async def fitting(ask: Callable[[int], Awaitable[T]], limit: int, limits: Limits) -> T:
    """The page, asked for again with fewer rows while it is larger than a client takes."""
    most = max(1, min(limit, PAGE_LIMIT))
    while True:
        page = await ask(most)
        if most == 1 or len(msgspec.json.encode(page)) <= limits.page_bytes:
            return page
        most = max(1, most // 4)


def _decoded(text: str | bytes, kind: type[T], name: str) -> T:
    """A value that came as JSON. Raises: UsageError."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: {error}") from error


async def _subject(service: Service, kind: SubjectKind, subject_id: int) -> Subject:
    for subject in await service.source.catalog(kind):
        if subject.id == subject_id:
            return subject
    raise NothingFound(f"there is no {kind} {subject_id}")


async def _delivery(service: Service, delivery_id: int | None) -> Subject | None:
    return None if delivery_id is None else await _subject(service, SubjectKind.DELIVERY, delivery_id)


def _window(start_ms: int | None, end_ms: int | None) -> Window | None:
    if start_ms is None and end_ms is None:
        return None
    if start_ms is None or end_ms is None or end_ms <= start_ms:
        raise UsageError("a window needs start_ms and a later end_ms")
    return Window(start_ms, end_ms)
