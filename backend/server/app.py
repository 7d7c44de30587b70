"""The Litestar application of one service: its routes, who may use them, and what its errors look like."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, ControllerRouterHandler

from backend.crash import report_folder, write_report
from backend.errors import CannotWrite, ParcoursError
from backend.server.described import Described
from backend.server.gate import Gate
from backend.server.logins import Denied, address_of, secret_of
from backend.server.removal_routes import REMOVAL_ROUTES
from backend.server.routes import ROUTES
from backend.server.service import Service
from backend.server.streams import STREAMS
from backend.tokens import Scope
from backend.wire import Problem, problem_of

LOG = logging.getLogger("parcours.server")
RETRY_S = 5


def make_app(service: Service) -> ASGIApp:
    """The whole application, with its limits around it."""
    routes: list[ControllerRouterHandler] = [*ROUTES, *STREAMS, *REMOVAL_ROUTES]
    if service.webhooks is not None:
        from backend.server.feed_routes import FEED_ROUTES

        routes += FEED_ROUTES

    def give_service() -> Service:
        return service

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """A route that says nothing of scopes lets nobody in."""
        scope = handler.opt.get("scope", Scope.REMOVE)
        if scope is None or handler.opt.get("has_own_proof"):
            return
        secret = secret_of(connection.scope["headers"])
        address = address_of(connection.scope, behind_proxy=service.behind_proxy)
        connection.state.token = await service.logins.check(secret, scope, address)

    app = Litestar(
        route_handlers=routes,
        dependencies={"service": Provide(give_service, sync_to_thread=False)},
        guards=[guard],
        exception_handlers={
            ParcoursError: _tell_ours,
            Denied: _tell_denied,
            HTTPException: _tell_http,
            HTTP_500_INTERNAL_SERVER_ERROR: _tell_bug,
        },
        openapi_config=OpenAPIConfig(
            title="parcours",
            version=service.version,
            use_handler_docstrings=True,
            render_plugins=[Described()],
            openapi_router=Router(
                "/schema", route_handlers=[], include_in_schema=False, opt={"scope": Scope.READ}
            ),
        ),
        request_max_body_size=service.limits.body_bytes,
        logging_config=None,
    )
    return Gate(app, service.limits, service.metrics)


def _tell_ours(request: Request[Any, Any, Any], error: ParcoursError) -> Response[Problem]:
    status, problem = problem_of(error)
    headers = {"Retry-After": str(RETRY_S)} if status == 503 else {}
    return Response(problem, status_code=status, headers=headers)


def _tell_denied(request: Request[Any, Any, Any], error: Denied) -> Response[Problem]:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}}.get(error.status, {})
    problem = Problem(error="AccessRefused", message=str(error))
    return Response(problem, status_code=error.status, headers=headers)


def _tell_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A report for us on the server, nothing but an apology for the client."""
    try:
        place = str(write_report(error, "parcours serve", report_folder()))
    except (CannotWrite, OSError):
        place = "(it could not be written)"
    LOG.error(
        "internal error (%s); please send the report %s (it holds no data)", type(error).__name__, place
    )
    problem = Problem(error="Bug", message="internal error of the server; its log says more")
    return Response(problem, status_code=HTTP_500_INTERNAL_SERVER_ERROR)


def _tell_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """What Litestar found wrong: no such route or method, a parameter that is no number."""
    if isinstance(error, ValidationException):
        names = [str(part.get("key", "")) for part in error.extra or () if isinstance(part, dict)]
        told = f"wrong or missing: {', '.join(name for name in names if name) or 'a part of the path'}"
        return Response(Problem(error="UsageError", message=told), status_code=422)
    words = {
        404: "there is no such route",
        405: "this route has another method",
        408: "the body came too slowly",
        413: "the body is too large",
    }
    message = words.get(error.status_code, "this request cannot be answered")
    kind = {404: "NoRoute", 405: "NoRoute"}.get(error.status_code, "SourceUnavailable")
    problem = Problem(error=kind, message=message)
    return Response(problem, status_code=error.status_code, headers=error.headers or {})
